//! Recorded answers: a cassette is a file of JSON lines, to be read by people and kept beside a project.
//!
//! The first line is `{"wflow_cassette":1}`. Every other line is one answer:
//!
//! ```json
//! {"key":"sha256:…","n":1,"path":"release/notes/ask#1","request":{…},"reply":{"json":{…}}}
//! ```
//!
//! `request` is what the question was (model, system, messages, schema, options; never a secret) and `key` the SHA-256
//! of its canonical JSON; a line written by hand may leave `key`, `n` and `path` out. `n` counts the times that the
//! same question was asked, and `path` says where. `reply` is one of `{"json": value}`, `{"text": "…"}`,
//! `{"unavailable": failure}` and `{"failed": failure}`. Of two lines for the same occurrence the later one holds, so
//! recording again is appending. What the person says in a conversation is recorded in the same form: `request` is
//! `{"turn": 1, "to": "…"}`, the answer that they were shown, and `reply` holds `{"json": {"accepted": true}}`,
//! `{"json": {"text": "…"}}` or `{"json": {"sent_back": true}}`. A question is answered by a line of its own path, otherwise by the line of its
//! number; one that nothing answers is an error that shows the nearest recorded question. Gates are never recorded.

use super::nearest::nearest;
use super::provider::key_of;
use super::{Capabilities, Control, Offered, Provider, ProviderReply, ProviderRequest, Unanswered};
use crate::diagnostics::codes::ask::{E1305, E1306, E1307, E1308};
use crate::diagnostics::codes::find;
use crate::diagnostics::{ErrorKind, Failure, io_text};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

const VERSION: i64 = 1;

/// A cassette larger than this was not recorded by wflow.
const MAX_BYTES: u64 = 256 << 20;

/// Replaces the values of secrets in a text.
pub type Redact = Arc<dyn Fn(&str) -> String + Send + Sync>;

#[derive(Debug, Clone, PartialEq)]
enum Reply {
    Text(String),
    Unavailable(Failure),
    Failed(Failure),
}

#[derive(Debug, Clone)]
struct Entry {
    key: String,
    n: u64,
    path: Option<String>,
    request: Json,
    reply: Reply,
}

/// Counts how often each question was asked.
#[derive(Default)]
struct Counter(Mutex<HashMap<String, u64>>);

impl Counter {
    fn next(&self, key: &str) -> u64 {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let n = counts.entry(key.to_owned()).or_default();
        *n += 1;
        *n
    }
}

/// Answers from a cassette only.
pub struct Replay {
    file: PathBuf,
    entries: Vec<Entry>,
    asked: Counter,
    redact: Redact,
}

impl Replay {
    pub fn open(file: &Path, redact: Redact) -> Result<Replay, Failure> {
        let entries = load(file)?;
        Ok(Replay { file: file.to_owned(), entries, asked: Counter::default(), redact })
    }

    fn find(&self, key: &str, path: &str, n: u64) -> Option<&Entry> {
        let same = || self.entries.iter().rev().filter(|e| e.key == key);
        same().find(|e| e.path.as_deref() == Some(path)).or_else(|| same().find(|e| e.n == n))
    }
}

impl Provider for Replay {
    fn name(&self) -> &str {
        "replay"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { structured: true, person: false, tools: true }
    }

    fn answer(&self, request: &ProviderRequest, control: &Control<'_>) -> Result<ProviderReply, Unanswered> {
        let request = normal(redacted(&request.canonical(), &self.redact));
        let key = key_of(&request);
        let n = self.asked.next(&key);
        match self.find(&key, control.path, n).map(|e| &e.reply) {
            Some(Reply::Text(text)) => Ok(ProviderReply::text(text.clone())),
            Some(Reply::Unavailable(why)) => Err(Unanswered::Unavailable(why.clone())),
            Some(Reply::Failed(why)) => Err(Unanswered::Failed(why.clone())),
            None => Err(Unanswered::Failed(self.miss(&request, &key, control.path, n))),
        }
    }

    fn recorded_word(&self, path: &str, answer: &Offered<'_>) -> Option<Result<Json, Failure>> {
        let request = normal(redacted(&word_request(answer), &self.redact));
        let key = key_of(&request);
        let n = self.asked.next(&key);
        Some(match self.find(&key, path, n).map(|e| &e.reply) {
            Some(Reply::Text(text)) => {
                Ok(serde_json::from_str(text).unwrap_or_else(|_| json!({ "text": text })))
            }
            Some(Reply::Unavailable(why) | Reply::Failed(why)) => Err(why.clone()),
            None => Err(self.no_word(path)),
        })
    }

    fn was_asked(&self, request: &ProviderRequest) {
        self.asked.count(request, &self.redact);
    }
}

impl Counter {
    fn count(&self, request: &ProviderRequest, redact: &Redact) {
        self.next(&key_of(&normal(redacted(&request.canonical(), redact))));
    }
}

/// What the person is asked.
fn word_request(answer: &Offered<'_>) -> Json {
    json!({ "turn": answer.turn, "to": answer.answer })
}

impl Replay {
    fn no_word(&self, path: &str) -> Failure {
        let message = format!(
            "the cassette {} does not say what the person said to the answer at `{path}`",
            self.file.display()
        );
        Failure::new(ErrorKind::Configuration, E1305, message)
            .help("talk yourself: run it at a terminal without `--replay-person`")
            .help(format!("or record the conversation: run it with `--record {}`", self.file.display()))
    }

    fn miss(&self, request: &Json, key: &str, path: &str, n: u64) -> Failure {
        let file = self.file.display();
        let known = self.entries.iter().filter(|e| e.key == key).count();
        let message = match known {
            0 => format!("the cassette {file} has no answer to the question at `{path}`"),
            _ => format!(
                "the cassette {file} has {known} answers to the question at `{path}`, which was asked {n} times"
            ),
        };
        let mut failure = Failure::new(ErrorKind::Configuration, E1305, message)
            .help(format!("record it: run again with `--record {file}`"));
        if known == 0 {
            let recorded = self.entries.iter().map(|e| (e.path.as_deref(), &e.request));
            failure.notes = nearest(request, recorded);
        }
        failure
    }
}

/// A cassette that answers are written to, by all providers of a run.
pub struct Tape {
    file: PathBuf,
    out: Mutex<File>,
    asked: Counter,
    redact: Redact,
}

impl Tape {
    /// Appends to the cassette, or makes it. One that cannot be read is refused, not overwritten.
    pub fn open(file: &Path, redact: Redact) -> Result<Tape, Failure> {
        let fail = |e: std::io::Error| {
            let message = format!("the cassette {} cannot be written: {e}", file.display());
            Failure::new(ErrorKind::Configuration, E1308, message)
                .help("check the folder and its permissions")
        };
        let fresh = !file.exists();
        if !fresh {
            load(file)?;
        }
        let mut out = File::options().append(true).create(true).open(file).map_err(fail)?;
        if fresh {
            out.write_all(format!("{}\n", json!({ "wflow_cassette": VERSION })).as_bytes()).map_err(fail)?;
        }
        Ok(Tape { file: file.to_owned(), out: Mutex::new(out), asked: Counter::default(), redact })
    }

    fn write(&self, line: Json) -> Result<(), Failure> {
        let mut text = line.to_string();
        text.push('\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(text.as_bytes()).and_then(|()| out.sync_data()).map_err(|e| {
            let message = format!("the answer cannot be recorded in {}: {e}", self.file.display());
            Failure::new(ErrorKind::Configuration, E1308, message)
                .help("make room, or run without `--record`")
        })
    }
}

/// Asks another provider and writes down what it said.
pub struct Record {
    inner: Arc<dyn Provider>,
    tape: Arc<Tape>,
}

impl Record {
    pub fn new(inner: Arc<dyn Provider>, tape: Arc<Tape>) -> Record {
        Record { inner, tape }
    }
}

impl Provider for Record {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn answer(&self, request: &ProviderRequest, control: &Control<'_>) -> Result<ProviderReply, Unanswered> {
        let said = self.inner.answer(request, control);
        let redact = &self.tape.redact;
        let reply = match &said {
            Ok(reply) => text_reply(&redact(&reply.text), request.schema.is_some()),
            Err(Unanswered::Unavailable(why)) => json!({ "unavailable": failure_json(why, redact) }),
            Err(Unanswered::Failed(why)) => json!({ "failed": failure_json(why, redact) }),
            Err(Unanswered::Interrupted | Unanswered::Cancelled) => return said,
        };
        let request = normal(redacted(&request.canonical(), redact));
        let key = key_of(&request);
        let n = self.tape.asked.next(&key);
        let line = json!({ "key": key, "n": n, "path": control.path, "request": request, "reply": reply });
        self.tape.write(line).map_err(Unanswered::Failed)?;
        said
    }

    fn recorded_word(&self, path: &str, answer: &Offered<'_>) -> Option<Result<Json, Failure>> {
        self.inner.recorded_word(path, answer)
    }

    fn record_word(&self, path: &str, answer: &Offered<'_>, word: &Json) -> Result<(), Failure> {
        let redact = &self.tape.redact;
        let request = normal(redacted(&word_request(answer), redact));
        let key = key_of(&request);
        let n = self.tape.asked.next(&key);
        let reply = json!({ "json": redacted(word, redact) });
        self.tape.write(json!({ "key": key, "n": n, "path": path, "request": request, "reply": reply }))
    }

    fn was_asked(&self, request: &ProviderRequest) {
        self.tape.asked.count(request, &self.tape.redact);
        self.inner.was_asked(request);
    }

    fn over(&self, talk: &str) {
        self.inner.over(talk);
    }
}

/// JSON is recorded as such where that loses nothing, so that people can read it.
fn text_reply(text: &str, structured: bool) -> Json {
    if structured && let Ok(value) = serde_json::from_str::<Json>(text) {
        let again = value.to_string();
        if again == without_space(text) {
            return json!({ "json": value });
        }
    }
    json!({ "text": text })
}

/// An answer that is JSON comes back without the white space that it had ([`text_reply`]), so where a later question quotes
/// it, what it had there makes no difference either.
fn normal(mut request: Json) -> Json {
    let compact = |text: &mut Json| {
        if let Some(value) = text.as_str().and_then(|t| serde_json::from_str::<Json>(t).ok()) {
            let again = value.to_string();
            if text.as_str().is_some_and(|t| without_space(t) == again) {
                *text = Json::String(again);
            }
        }
    };
    if let Some(answer) = request.get_mut("to") {
        compact(answer);
    }
    for message in request.get_mut("messages").and_then(Json::as_array_mut).into_iter().flatten() {
        if message.get("role").and_then(Json::as_str) == Some("assistant")
            && let Some(text) = message.get_mut("text")
        {
            compact(text);
        }
    }
    request
}

/// JSON text without the white space between its tokens.
fn without_space(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut inside, mut escaped) = (false, false);
    for c in text.chars() {
        if inside {
            (inside, escaped) = (escaped || c != '"', !escaped && c == '\\');
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            inside = c == '"';
        }
        out.push(c);
    }
    out
}

fn redacted(value: &Json, redact: &Redact) -> Json {
    match value {
        Json::String(s) => Json::String(redact(s)),
        Json::Array(items) => items.iter().map(|v| redacted(v, redact)).collect(),
        Json::Object(map) => {
            Json::Object(map.iter().map(|(k, v)| (k.clone(), redacted(v, redact))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn failure_json(why: &Failure, redact: &Redact) -> Json {
    let help: Vec<String> = why.help.iter().map(|h| redact(h)).collect();
    json!({ "kind": why.kind.name(), "code": why.code.id(), "message": redact(&why.message), "help": help })
}

fn failure_from(value: &Json) -> Option<Failure> {
    let text = |key| value.get(key).and_then(Json::as_str);
    let code = find(text("code")?)?;
    let mut failure = Failure::new(ErrorKind::from_name(text("kind")?)?, code, text("message")?);
    let help = value.get("help").and_then(Json::as_array).into_iter().flatten();
    failure.help = help.filter_map(Json::as_str).map(str::to_owned).collect();
    Some(failure)
}

fn load(file: &Path) -> Result<Vec<Entry>, Failure> {
    let unreadable = |why: String| {
        let message = format!("the cassette {} cannot be read: {why}", file.display());
        Failure::new(ErrorKind::Configuration, E1306, message)
            .help("check the path, or make the cassette with `wflow run … --record FILE`")
    };
    let mut text = String::new();
    let source = File::open(file).map_err(|e| unreadable(io_text(&e)))?;
    source.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|e| unreadable(io_text(&e)))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(unreadable(format!("it is larger than {} MiB", MAX_BYTES >> 20)));
    }
    let damaged = |number: usize, why: &str| {
        let message = format!("line {number} of the cassette {} cannot be used: {why}", file.display());
        Failure::new(ErrorKind::Verification, E1307, message)
            .help("correct or remove the line, or record the cassette again")
    };
    let mut lines = text.lines().enumerate().map(|(i, l)| (i + 1, l)).filter(|(_, l)| !l.trim().is_empty());
    let version = lines
        .next()
        .and_then(|(_, l)| serde_json::from_str::<Json>(l).ok())
        .and_then(|v| v.get("wflow_cassette").and_then(Json::as_i64));
    match version {
        Some(VERSION) => {}
        Some(other) => {
            return Err(damaged(1, &format!("it is of version {other}; this wflow reads {VERSION}")));
        }
        None => return Err(damaged(1, r#"a cassette starts with the line {"wflow_cassette":1}"#)),
    }
    let mut entries = Vec::new();
    let mut counts: HashMap<String, u64> = HashMap::new();
    for (number, line) in lines {
        let value: Json = serde_json::from_str(line).map_err(|e| damaged(number, &e.to_string()))?;
        entries.push(entry(value, &mut counts).map_err(|why| damaged(number, &why))?);
    }
    Ok(entries)
}

fn entry(mut value: Json, counts: &mut HashMap<String, u64>) -> Result<Entry, String> {
    let known = ["key", "n", "path", "request", "reply"];
    let Some(map) = value.as_object_mut() else { return Err("it is not an object".into()) };
    if let Some(key) = map.keys().find(|k| !known.contains(&k.as_str())) {
        return Err(format!("`{key}` means nothing here"));
    }
    let Some(request) = map.remove("request").filter(Json::is_object) else {
        return Err("it has no `request`".into());
    };
    let as_written = key_of(&request);
    let request = normal(request);
    let key = key_of(&request);
    match map.get("key") {
        Some(Json::String(stated)) if *stated != key && *stated != as_written => {
            return Err(
                "its `key` is not the digest of its `request`; after a change, leave `key` out".into()
            );
        }
        None | Some(Json::String(_)) => {}
        Some(_) => return Err("`key` is a text".into()),
    }
    let seen = counts.entry(key.clone()).or_default();
    let n = match map.get("n") {
        None => *seen + 1,
        Some(n) => n.as_u64().filter(|n| *n > 0).ok_or("`n` is a number from 1")?,
    };
    *seen = n.max(*seen);
    let path = map.get("path").and_then(Json::as_str).map(str::to_owned);
    let reply = map.get("reply").and_then(Json::as_object).filter(|r| r.len() == 1);
    let reply = match reply.and_then(|r| r.iter().next()) {
        Some((kind, value)) => match (kind.as_str(), value) {
            ("text", Json::String(text)) => Reply::Text(text.clone()),
            ("json", value) => Reply::Text(value.to_string()),
            ("unavailable", value) => {
                Reply::Unavailable(failure_from(value).ok_or("`unavailable` is not an error")?)
            }
            ("failed", value) => Reply::Failed(failure_from(value).ok_or("`failed` is not an error")?),
            (other, _) => return Err(format!("`reply` has no form `{other}`")),
        },
        None => return Err("`reply` holds one of `json`, `text`, `unavailable`, `failed`".into()),
    };
    Ok(Entry { key, n, path, request, reply })
}

#[cfg(test)]
#[path = "cassette_tests.rs"]
mod tests;
