//! What went wrong between us and a server, sorted by the status and the provider's own name of the error: never by
//! the words of a message, which only people read.

use super::http::Lost;
use super::server::Server;
use super::wire::Fault;
use crate::diagnostics::codes::ask::{E1301, E1303, E1322, E1323, E1324, E1325, E1326, E1327};
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::ai::Unanswered;
use crate::effects::ai::retry::Miss;
use std::time::{Duration, SystemTime};

/// Characters of what a provider says about an error.
const SHOWN: usize = 600;

/// Says what a reply means: of which provider, which server, which model.
#[derive(Clone, Copy)]
pub struct Status<'a> {
    pub provider: &'a str,
    pub server: &'a Server,
    pub model: &'a str,
}

impl Status<'_> {
    fn place(&self) -> String {
        match self.server.official {
            true => format!("`{}`", self.provider),
            false => format!("`{}` at {}", self.provider, self.server.base),
        }
    }

    pub fn lost(&self, lost: Lost) -> Miss {
        match lost {
            Lost::Cancelled => Miss::ends(Unanswered::Cancelled),
            Lost::Expired => Miss::ends(Unanswered::Unavailable(
                Failure::new(
                    ErrorKind::Timeout,
                    E1303,
                    format!("the provider {} did not answer in time", self.place()),
                )
                .help("give the `ask` a longer `timeout`, or raise `timeout` under `[ai]` in wflow.toml"),
            )),
            Lost::Network(why) => Miss::may_pass(self.unreachable(ErrorKind::Transient, &why), None),
            Lost::Setup(why) => {
                Miss::ends(Unanswered::Unavailable(self.unreachable(ErrorKind::Configuration, &why)))
            }
        }
    }

    fn unreachable(&self, kind: ErrorKind, why: &str) -> Failure {
        let host = &self.server.host;
        let message =
            format!("the provider `{}` cannot be reached at {host}: {}", self.provider, clipped(why));
        let failure = Failure::new(kind, E1301, message);
        match self.server.loopback {
            true => failure.help("start the server, or correct `base_url` under `[ai]` in wflow.toml"),
            false => failure.help("check the network and the proxy settings; `wflow doctor` tries it"),
        }
    }

    /// A reply with an error's status.
    pub fn status(&self, status: u16, fault: Option<&Fault>, after: Option<Duration>) -> Miss {
        let kind = fault.map_or("", |f| f.kind.as_str());
        let said = match kind {
            "" => format!("{status}"),
            kind => format!("{status} ({})", clipped(kind)),
        };
        let make = |error, code, what: &str| {
            let message = format!("the provider {} answers {said}: {what}", self.place());
            self.in_its_words(Failure::new(error, code, message), fault)
        };
        let failed = |failure| Miss::ends(Unanswered::Failed(failure));
        match (status, kind) {
            (402, _) | (_, "billing_error" | "insufficient_quota" | "billing_hard_limit_reached") => failed(
                make(ErrorKind::Permission, E1322, "the account has no credit or may not use this")
                    .help("see the account at the provider"),
            ),
            (401, _) => failed(
                make(ErrorKind::Permission, E1322, "it does not accept the key")
                    .help("check the key in the environment; `wflow doctor` tries it"),
            ),
            (403, _) => failed(
                make(ErrorKind::Permission, E1322, "the key may not do this")
                    .help("check what the key is for, and which models it may use"),
            ),
            (408 | 409 | 425 | 429, _) => {
                let what = match after {
                    Some(_) => "it takes no more questions for now",
                    None => "it takes no more questions just now",
                };
                Miss::may_pass(make(ErrorKind::Transient, E1324, what), after)
            }
            (500 | 502..=504 | 506..=599, _) => {
                Miss::may_pass(make(ErrorKind::Transient, E1324, "it has trouble of its own"), after)
            }
            (404, _) => failed(
                make(
                    ErrorKind::Configuration,
                    E1323,
                    &format!("it does not know the model `{}`, or the address is wrong", clipped(self.model)),
                )
                .help("check `model` of the agent or under `[ai]` in wflow.toml, and `base_url`"),
            ),
            (413, _) => failed(
                make(ErrorKind::Verification, E1323, "the question is too large")
                    .help("send less in `with` and `context`"),
            ),
            (300..=399, _) => failed(
                make(
                    ErrorKind::Configuration,
                    E1323,
                    "it sends us elsewhere, which is not followed with a key",
                )
                .help("correct `base_url` under `[ai]` in wflow.toml"),
            ),
            _ => failed(make(ErrorKind::Configuration, E1323, "it does not accept the request").help(
                "check the model, `max_tokens` and `temperature`, and that the server speaks this protocol",
            )),
        }
    }

    /// The same for whoever knows only the number, with words for people.
    pub fn of(&self, status: u16, words: &str) -> Miss {
        let fault = Fault { message: words.to_owned(), ..Fault::default() };
        self.status(status, Some(&fault), None)
    }

    /// An error that came in the middle of a stream, after a good status.
    pub fn midway(&self, fault: &Fault) -> Miss {
        let status = match fault.kind.as_str() {
            "authentication_error" | "UNAUTHENTICATED" => 401,
            "permission_error" | "PERMISSION_DENIED" => 403,
            "not_found_error" | "NOT_FOUND" => 404,
            "request_too_large" => 413,
            "invalid_request_error" | "INVALID_ARGUMENT" => 400,
            "rate_limit_error" | "rate_limit_exceeded" | "RESOURCE_EXHAUSTED" => 429,
            "overloaded_error" => 529,
            _ => 500,
        };
        self.status(status, Some(fault), fault.after)
    }

    /// A good status, and a body that is no answer.
    pub fn unreadable(&self, why: &str, may_pass: bool) -> Miss {
        let message = format!("what the provider {} replies cannot be read: {}", self.place(), clipped(why));
        match may_pass {
            true => Miss::may_pass(Failure::new(ErrorKind::Transient, E1326, message), None),
            false => Miss::ends(Unanswered::Unavailable(
                Failure::new(ErrorKind::Configuration, E1326, message)
                    .help("check `base_url` under `[ai]` in wflow.toml: something else answers there"),
            )),
        }
    }

    pub fn refused(&self, why: &str) -> Miss {
        let message = match why {
            "" => format!("the model `{}` refused to answer", clipped(self.model)),
            why => format!("the model `{}` refused to answer: {}", clipped(self.model), clipped(why)),
        };
        Miss::ends(Unanswered::Failed(
            Failure::new(ErrorKind::Verification, E1325, message)
                .help("say what it is for in the prompt, or let a person answer (`--provider human`)"),
        ))
    }

    pub fn too_long(&self, max_tokens: i64, shortened: bool) -> Miss {
        let message = format!("the answer was cut off after {max_tokens} tokens, the most that it may have");
        let failure = Failure::new(ErrorKind::Verification, E1327, message);
        Miss::ends(Unanswered::Failed(match shortened {
            true => failure.help("a limit on cost leaves no more: raise `max_cost`, or ask for less"),
            false => failure.help("raise `max_tokens` of the agent or under `[ai]`, or ask for less"),
        }))
    }

    /// With what the provider says itself, which nothing depends on.
    fn in_its_words(&self, failure: Failure, fault: Option<&Fault>) -> Failure {
        match fault.map(|f| f.message.trim()).filter(|m| !m.is_empty()) {
            Some(message) => failure.note(format!("{} says: {}", self.provider, clipped(message))),
            None => failure,
        }
    }
}

fn clipped(text: &str) -> String {
    crate::ui::escape::fit(&crate::ui::escape::line(text), SHOWN).to_string()
}

/// `Retry-After`, as seconds or as a date; `retry-after-ms` where a server is that exact.
pub fn retry_after(header: impl Fn(&'static str) -> Option<String>) -> Option<Duration> {
    let number = |text: String| text.trim().parse::<f64>().ok().filter(|n| *n >= 0.0);
    if let Some(ms) = header("retry-after-ms").and_then(number) {
        return Duration::try_from_secs_f64(ms / 1000.0).ok();
    }
    let text = header("retry-after")?;
    if let Some(seconds) = number(text.clone()) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let format = &time::format_description::well_known::Rfc2822;
    let until = SystemTime::from(time::OffsetDateTime::parse(text.trim(), format).ok()?);
    Some(until.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(name: &'static str, value: &'static str) -> Option<Duration> {
        retry_after(|wanted| (wanted == name).then(|| value.to_owned()))
    }

    #[test]
    fn how_long_to_wait_is_read_in_all_its_forms() {
        assert_eq!(after("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(after("retry-after-ms", "250"), Some(Duration::from_millis(250)));
        assert_eq!(after("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(
            after("retry-after", "Wed, 21 Oct 2099 07:28:00 GMT").is_some_and(|d| d.as_secs() > 1_000_000)
        );
        for nonsense in ["", "soon", "-1", "NaN", "1e400"] {
            assert_eq!(after("retry-after", nonsense), None, "{nonsense}");
        }
    }

    fn kind(status: u16, name: &str) -> (ErrorKind, bool) {
        let server = Server::new("https://api.example.com", None).expect("an address");
        let fault = Fault { kind: name.into(), message: "overloaded 529 refusal".into(), after: None };
        let miss =
            Status { provider: "anthropic", server: &server, model: "m" }.status(status, Some(&fault), None);
        match miss.why {
            Unanswered::Failed(f) | Unanswered::Unavailable(f) => (f.kind, miss.again.is_some()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_status_decides_and_the_message_never() {
        assert_eq!(kind(401, "authentication_error"), (ErrorKind::Permission, false));
        assert_eq!(kind(403, "permission_error"), (ErrorKind::Permission, false));
        assert_eq!(kind(400, "invalid_request_error"), (ErrorKind::Configuration, false));
        assert_eq!(kind(404, "not_found_error"), (ErrorKind::Configuration, false));
        assert_eq!(kind(429, "rate_limit_error"), (ErrorKind::Transient, true));
        assert_eq!(kind(429, "insufficient_quota"), (ErrorKind::Permission, false));
        assert_eq!(kind(529, "overloaded_error"), (ErrorKind::Transient, true));
        assert_eq!(kind(500, ""), (ErrorKind::Transient, true));
        assert_eq!(kind(301, ""), (ErrorKind::Configuration, false));
    }
}
