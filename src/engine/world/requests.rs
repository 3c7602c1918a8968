//! The forms in which effects and facts are recorded: what is asked, whose digest a replay matches, and what came back.

use crate::diagnostics::codes::runtime;
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::ai::ProviderRequest;
use crate::effects::ai::context::Context;
use crate::engine::failure_json;
use crate::interpreter::{Answer, AskReply, AskRequest, At, EnvValue, Offer, RunReply, RunRequest, Word};
use crate::journal::{bytes_from_json, digest_of};
use crate::policy::AiConfig;
use serde_json::{Map, Value as Json, json};

/// The words, folder, input and environment; what only matters to the engine is left out.
pub fn run(request: &RunRequest) -> Json {
    let mut map = Map::new();
    map.insert("argv".into(), request.argv.iter().map(|w| w.text.as_str()).collect());
    if let Some(dir) = &request.dir {
        map.insert("in".into(), json!(dir));
    }
    if !request.env.is_empty() {
        let env = request.env.iter().map(|(name, value)| match value {
            EnvValue::Text(text) => (name.clone(), json!(text)),
            EnvValue::Secret { name: secret } => (name.clone(), json!({ "secret": secret })),
        });
        map.insert("env".into(), Json::Object(env.collect()));
    }
    if let Some(stdin) = &request.stdin {
        map.insert("stdin".into(), json!(stdin));
    }
    Json::Object(map)
}

pub fn run_reply(recorded: &Json) -> RunReply {
    let bytes = |key: &str| recorded.get(key).and_then(bytes_from_json).unwrap_or_default();
    let number = |key: &str| recorded.get(key).and_then(Json::as_i64).unwrap_or(0);
    RunReply {
        exit: number("exit"),
        stdout: bytes("stdout"),
        stderr: bytes("stderr"),
        duration_ms: number("duration_ms"),
    }
}

pub fn ask_reply(recorded: &Json) -> AskReply {
    match (recorded.get("text").and_then(Json::as_str), recorded.get("unavailable")) {
        (Some(text), _) => AskReply::Text(text.to_owned()),
        (None, Some(why)) => AskReply::Unavailable(failure_json::from_json(why)),
        (None, None) => AskReply::Text(String::new()),
    }
}

/// An answer as it is put before the person: which one, of how many, and what is wrong with it.
pub fn reply(offer: &Offer<'_>) -> Json {
    let mut map = Map::new();
    map.insert("turn".into(), json!(offer.turn));
    map.insert("turns".into(), json!(offer.turns));
    map.insert("answer".into(), json!(digest_of(offer.answer.as_bytes())));
    if !offer.wrong.is_empty() {
        map.insert("wrong".into(), json!(offer.wrong));
    }
    Json::Object(map)
}

/// What the person said to it.
pub fn word(word: &Word) -> Json {
    match word {
        Word::Accept => json!({ "accepted": true }),
        Word::Says(text) => json!({ "text": text }),
        Word::SendBack(text) if text.is_empty() => json!({ "sent_back": true }),
        Word::SendBack(text) => json!({ "sent_back": true, "text": text }),
    }
}

pub fn word_of(recorded: &Json) -> Word {
    let is = |key: &str| recorded.get(key).and_then(Json::as_bool) == Some(true);
    let text = recorded.get("text").and_then(Json::as_str).unwrap_or_default().to_owned();
    match (is("accepted"), is("sent_back")) {
        (true, _) => Word::Accept,
        (_, true) => Word::SendBack(text),
        _ => Word::Says(text),
    }
}

/// What comes before something that is recorded at this path needs a path of its own.
pub fn before(at: &At, what: &str) -> At {
    At { path: format!("{}:{what}", at.path), ..at.clone() }
}

/// The files that an agent names as its context.
pub fn context(files: &[String]) -> Json {
    json!({ "files": files })
}

/// A question, with what the project says where the agent says nothing.
pub fn ask(request: &AskRequest, config: &AiConfig, context: &Context) -> ProviderRequest {
    ProviderRequest::new(request, config.model.as_deref(), context.texts())
        .without(&context.left_out_in_words())
        .or_options(config.max_tokens, config.temperature)
}

/// Where a wait within a question is recorded.
pub fn wait_of(at: &At, number: u32) -> At {
    At { path: format!("{}{WAIT}{number}", at.path), ..at.clone() }
}

/// Stands between the path of a question and the number of a wait in it.
pub const WAIT: &str = ":wait#";

/// Of `read` and `exists`.
pub fn path(path: &str) -> Json {
    json!({ "path": path })
}

pub fn write(path: &str, text: &str) -> Json {
    json!({ "path": path, "text": text })
}

pub fn glob(pattern: &str) -> Json {
    json!({ "pattern": pattern })
}

/// Of `env` and `secret`.
pub fn name(name: &str) -> Json {
    json!({ "name": name })
}

pub fn wait(millis: i64) -> Json {
    json!({ "ms": millis })
}

pub fn can_wait(at: &At, millis: i64) -> Answer<()> {
    if millis < 0 {
        let message = format!("`wait` cannot wait for a negative time ({millis} ms)");
        return Err(Failure::new(ErrorKind::Verification, runtime::E1001, message).at(at.span).into());
    }
    Ok(())
}

pub fn vouch(because: &str, value: &Json) -> Json {
    json!({ "because": because, "of": value })
}

pub fn backoff(attempt: u32, of: u32) -> Json {
    json!({ "attempt": attempt, "of": of })
}
