//! What the three protocols have in common: a call, and what comes back piece by piece.

use super::shape::Shaped;
use crate::effects::ai::Message;
use crate::effects::ai::usage::Usage;
use serde_json::Value as Json;
use std::time::Duration;

/// A question in the terms of the wire.
pub struct Call<'a> {
    pub model: &'a str,
    pub system: Option<&'a str>,
    pub messages: &'a [Message],
    pub schema: Option<&'a Shaped>,
    pub max_tokens: i64,
    pub temperature: Option<f64>,
    pub stream: bool,
    /// It goes to the provider itself, not to another server that speaks its protocol.
    pub official: bool,
}

/// A provider's protocol.
pub trait Wire: Send + Sync {
    /// Below the base URL: the version of the protocol, and the path.
    fn path(&self, call: &Call<'_>) -> (&'static str, String);
    fn headers(&self, key: Option<&str>) -> Vec<(&'static str, String)>;
    fn body(&self, call: &Call<'_>) -> Json;
    /// A reply in one piece.
    fn whole(&self, reply: &Json, said: &mut Said);
    /// One event of a stream.
    fn event(&self, data: &Json, said: &mut Said);
    /// What the provider says about an error. It says it in the same form within a stream.
    fn fault(&self, body: &Json) -> Option<Fault>;
    /// A path that answers without cost, for finding out whether the server is there and takes the key.
    fn probe(&self) -> (&'static str, &'static str);
}

/// What has been said so far.
#[derive(Debug, Default)]
pub struct Said {
    pub text: String,
    pub model: Option<String>,
    pub usage: Usage,
    pub end: Option<End>,
    pub fault: Option<Fault>,
}

/// Why an answer came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Done,
    /// It reached the greatest length.
    Length,
    /// The model, or a filter in front of it, will not answer; in the provider's words.
    Refused(String),
}

/// An error as a provider describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fault {
    /// `rate_limit_error`, `insufficient_quota`, `RESOURCE_EXHAUSTED`.
    pub kind: String,
    /// For people; nothing is decided by it.
    pub message: String,
    pub after: Option<Duration>,
}

pub fn text<'a>(json: &'a Json, pointer: &str) -> Option<&'a str> {
    json.pointer(pointer).and_then(Json::as_str)
}

pub fn count(json: &Json, pointer: &str) -> Option<u64> {
    json.pointer(pointer).and_then(Json::as_u64)
}

/// The last message tells of the object around the answer, where there is one.
pub fn text_of(call: &Call<'_>, index: usize) -> String {
    let message = &call.messages[index];
    let last = index + 1 == call.messages.len();
    match call.schema {
        Some(shaped) if last && shaped.wrapped => {
            format!("{}\nPut that value into an object, under the key `answer`.", message.text)
        }
        _ => message.text.clone(),
    }
}
