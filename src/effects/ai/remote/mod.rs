//! Providers on a server: `anthropic`, `openai` and whatever speaks its protocol, `gemini`.
//!
//! One question is one POST. What differs between the protocols is in one file each, behind `wire::Wire`; what is
//! the same is here: the key, the limits, the stream, and what an error means.

mod anthropic;
mod gemini;
mod http;
mod openai;
mod probe;
mod server;
mod shape;
mod sse;
mod trouble;
mod watch;
mod wire;

use super::budget::{Account, Budget};
use super::keys::{self, Key};
use super::retry::{Miss, with_tries};
use super::usage::estimate;
use super::{Capabilities, Control, Heard, Provider, ProviderReply, ProviderRequest, Unanswered, prices};
use crate::diagnostics::codes::ask::{E1321, E1330, E1334};
use crate::diagnostics::{ErrorKind, Failure};
use crate::journal::Redactor;
use crate::policy::{AiConfig, Price, Provider as ProviderName};
use http::{Client, Response};
pub use probe::Probe;
use serde_json::Value as Json;
pub use server::Server;
use shape::{Dialect, Shaped};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};
pub use trouble::Status;
use trouble::retry_after;
use watch::Watch;
use wire::{Call, End, Said, Wire};

/// Of an answer, where neither the agent nor the project says anything.
const MAX_TOKENS: i64 = 8192;
/// The whole of one answer, unless the project or the question says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10 * 60);

pub struct Remote {
    kind: ProviderName,
    wire: Box<dyn Wire>,
    dialect: Dialect,
    server: Server,
    client: OnceLock<Client>,
    key: OnceLock<Result<Option<Key>, Failure>>,
    redactor: Redactor,
    /// `[ai] model`, where it is this provider that `[ai]` names.
    model: Option<String>,
    stream: bool,
    timeout: Duration,
    prices: Vec<(String, Price)>,
    budget: Arc<Budget>,
}

impl Remote {
    /// None for a provider that is not on a server.
    pub fn new(
        kind: ProviderName,
        config: &AiConfig,
        redactor: &Redactor,
        budget: &Arc<Budget>,
    ) -> Option<Result<Remote, Failure>> {
        let (wire, dialect, own): (Box<dyn Wire>, _, _) = match kind {
            ProviderName::Anthropic => (Box::new(anthropic::Anthropic), Dialect::Anthropic, anthropic::URL),
            ProviderName::OpenAi => (Box::new(openai::OpenAi), Dialect::OpenAi, openai::URL),
            ProviderName::Gemini => (Box::new(gemini::Gemini), Dialect::Gemini, gemini::URL),
            _ => return None,
        };
        // `base_url` and `model` belong to the provider that `[ai]` names.
        let configured = config.provider == kind;
        let base_url = config.base_url.as_deref().filter(|_| configured);
        Some(Server::new(own, base_url).map(|server| Remote {
            kind,
            wire,
            dialect,
            server,
            client: OnceLock::new(),
            key: OnceLock::new(),
            redactor: redactor.clone(),
            model: config.model.as_deref().filter(|_| configured).map(str::to_owned),
            stream: config.stream.unwrap_or(true),
            timeout: config.timeout.unwrap_or(TIMEOUT),
            prices: config.prices.iter().map(|(name, price)| (name.to_string(), *price)).collect(),
            budget: budget.clone(),
        }))
    }

    fn own_key_name(&self) -> &'static str {
        match self.kind {
            ProviderName::Anthropic => anthropic::KEY,
            ProviderName::Gemini => gemini::KEY,
            _ => openai::KEY,
        }
    }

    /// The key, looked for once. A server that is not the provider's own may need none.
    fn key(&self) -> Result<Option<&Key>, Failure> {
        let found = self.key.get_or_init(|| {
            let name = self.server.key_name(self.own_key_name());
            let Some(key) = keys::find(&name) else {
                return match self.server.official {
                    true => Err(no_key(self.kind.name(), &name)),
                    false => Ok(None),
                };
            };
            self.server.may_have_key()?;
            self.redactor.add(&key.name, &key.value)?;
            Ok(Some(key))
        });
        found.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| Client::new(&self.server))
    }

    fn model<'a>(&'a self, request: &'a ProviderRequest) -> Result<&'a str, Failure> {
        let named = match request.project_model {
            true => self.model.as_deref(),
            false => request.model.as_deref(),
        };
        let usual = match self.kind {
            ProviderName::Anthropic if self.server.official => Some("claude-sonnet-4-5"),
            ProviderName::OpenAi if self.server.official => Some("gpt-5-mini"),
            ProviderName::Gemini if self.server.official => Some("gemini-2.5-flash"),
            _ => None,
        };
        named.or(usual).ok_or_else(|| {
            let message = format!("the server at {} has to be told which model answers", self.server.base);
            Failure::new(ErrorKind::Configuration, E1330, message)
                .help("set `model` under `[ai]` in wflow.toml, or of the agent")
        })
    }

    /// One try.
    fn once(&self, request: &ProviderRequest, control: &Control<'_>) -> Result<ProviderReply, Miss> {
        let failed = |failure| Miss::ends(Unanswered::Failed(failure));
        // Without a key it cannot be reached; with a wrong one it is reached, and says so.
        let key = self.key().map_err(|f| Miss::ends(Unanswered::Unavailable(f)))?;
        let model = self.model(request).map_err(failed)?;
        if !request.options.tools.is_empty() {
            return Err(failed(no_tools(self.kind.name(), request.agent.as_deref())));
        }
        let shaped = request.schema.as_ref().map(|schema| shape::shape(schema, self.dialect));
        let wanted = request.options.max_tokens.unwrap_or(MAX_TOKENS);
        let asked: usize = request.messages.iter().map(|m| m.text.len()).sum::<usize>()
            + request.system.as_ref().map_or(0, String::len);
        let account = Account {
            agent: request.agent.as_deref(),
            agent_limit: request.options.max_cost,
            path: control.path,
        };
        let price = prices::of(model, &self.prices);
        let hold = self.budget.hold(&account, model, price, estimate(asked), wanted, control);
        let hold = hold.map_err(Miss::ends)?;
        let call = Call {
            model,
            system: request.system.as_deref(),
            messages: &request.messages,
            schema: shaped.as_ref(),
            max_tokens: hold.max_tokens,
            temperature: request.options.temperature,
            stream: self.stream,
            official: self.server.official,
        };
        let mut said = Said::default();
        let result = self.call(&call, key, &mut said, control);
        if !said.usage.is_empty() {
            // An answer that broke off was paid for, too.
            said.usage.cost = price.map(|price| prices::cost(&price, &said.usage));
            hold.pay(said.usage.cost.unwrap_or(0.0));
        }
        let took = said.usage;
        result.map_err(|miss| miss.took(&took))?;
        let other = self.other(model);
        match said.end.take() {
            Some(End::Refused(why)) => return Err(other.refused(&why).took(&took)),
            Some(End::Length) => {
                return Err(other.too_long(hold.max_tokens, hold.max_tokens < wanted).took(&took));
            }
            Some(End::Done) | None => {}
        }
        let wrapped = shaped.is_some_and(|Shaped { wrapped, .. }| wrapped);
        Ok(ProviderReply {
            text: if wrapped { shape::unwrap(said.text) } else { said.text },
            model: said.model.or_else(|| Some(model.to_owned())),
            usage: (!said.usage.is_empty()).then_some(said.usage),
        })
    }

    fn other<'a>(&'a self, model: &'a str) -> Status<'a> {
        Status { provider: self.kind.name(), server: &self.server, model }
    }

    fn call(
        &self,
        call: &Call<'_>,
        key: Option<&Key>,
        said: &mut Said,
        control: &Control<'_>,
    ) -> Result<(), Miss> {
        let other = self.other(call.model);
        let (version, path) = self.wire.path(call);
        let url = self.server.url(version, &path);
        let headers = self.wire.headers(key.map(|k| k.value.as_str()));
        let watch = Watch::begin(control.cancel, Some(self.deadline(control)));
        let body = self.wire.body(call);
        let response = self.client().post(&url, &headers, &body, &watch);
        let mut response = response.map_err(|lost| other.lost(lost))?;
        if response.status != 200 {
            return Err(self.refusal(&mut response, &watch, &other));
        }
        match response.mime.as_str() {
            "text/event-stream" => self.stream(response, said, &watch, &other, control),
            // A server that does not stream answers in one piece.
            "application/json" => self.whole(response, said, &watch, &other),
            mime => {
                Err(other
                    .unreadable(&format!("it is `{mime}`, and neither JSON nor a stream of events"), false))
            }
        }
    }

    fn deadline(&self, control: &Control<'_>) -> Instant {
        let until = control.until.map(|t| t.duration_since(SystemTime::now()).unwrap_or_default());
        let most = Duration::from_secs(365 * 24 * 3600);
        Instant::now() + until.unwrap_or(self.timeout).min(most)
    }

    fn refusal(&self, response: &mut Response, watch: &Watch, other: &Status<'_>) -> Miss {
        let after = retry_after(|name| response.header(name).map(str::to_owned));
        let body = match response.bytes(watch) {
            Ok(bytes) => serde_json::from_slice::<Json>(&bytes).unwrap_or_default(),
            Err(lost @ (http::Lost::Cancelled | http::Lost::Expired)) => return other.lost(lost),
            // The status says enough.
            Err(_) => Json::Null,
        };
        let fault = self.wire.fault(&body);
        let after = after.or(fault.as_ref().and_then(|f| f.after));
        other.status(response.status, fault.as_ref(), after)
    }

    fn whole(
        &self,
        mut response: Response,
        said: &mut Said,
        watch: &Watch,
        other: &Status<'_>,
    ) -> Result<(), Miss> {
        let bytes = response.bytes(watch).map_err(|lost| other.lost(lost))?;
        let reply: Json = serde_json::from_slice(&bytes)
            .map_err(|e| other.unreadable(&format!("it is not JSON: {e}"), true))?;
        if let Some(fault) = self.wire.fault(&reply) {
            return Err(other.midway(&fault));
        }
        self.wire.whole(&reply, said);
        match &said.end {
            Some(_) => Ok(()),
            None => Err(other.unreadable("it is JSON, but no answer in this protocol", false)),
        }
    }

    fn stream(
        &self,
        response: Response,
        said: &mut Said,
        watch: &Watch,
        other: &Status<'_>,
        control: &Control<'_>,
    ) -> Result<(), Miss> {
        let mut events = sse::Events::new(response.body);
        let mut told = 0;
        loop {
            let event = match events.next() {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(error) => return Err(other.lost(http::broken(&error, watch))),
            };
            // Whoever waits for the end of the stream lets the connection be used again.
            if event.data == "[DONE]" {
                continue;
            }
            let data: Json = serde_json::from_str(&event.data)
                .map_err(|e| other.unreadable(&format!("an event of the stream is not JSON: {e}"), true))?;
            self.wire.event(&data, said);
            if let Some(fault) = said.fault.take() {
                return Err(other.midway(&fault));
            }
            if said.text.len() > told {
                told = said.text.len();
                (control.heard)(Heard { text: &said.text });
            }
        }
        match said.end {
            Some(_) => Ok(()),
            None => Err(other.unreadable("the stream was cut off before the end of the answer", true)),
        }
    }
}

impl Provider for Remote {
    fn name(&self) -> &str {
        self.kind.name()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { structured: true, person: false, tools: false }
    }

    fn answer(&self, request: &ProviderRequest, control: &Control<'_>) -> Result<ProviderReply, Unanswered> {
        with_tries(control, || self.once(request, control))
    }
}

fn no_key(provider: &str, name: &str) -> Failure {
    let message = format!("the provider `{provider}` needs a key, and `{name}` is not set");
    Failure::new(ErrorKind::Configuration, E1321, message)
        .help(format!("set it in the environment of wflow: `export {name}=…`"))
        .help(format!(
            "or keep it in the keyring: `secret-tool store --label wflow service wflow key {name}`"
        ))
}

fn no_tools(provider: &str, agent: Option<&str>) -> Failure {
    let agent = agent.unwrap_or("the agent");
    let message = format!("the agent `{agent}` lists tools, and the provider `{provider}` calls none");
    Failure::new(ErrorKind::Configuration, E1334, message)
        .help("use the provider `claude` for it, or remove `tools`")
}
