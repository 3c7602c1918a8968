//! The events of a run, and one line of its journal.
//!
//! A line is canonical JSON: `at data epoch path prev seq synced type`, where what is empty is left out. `prev` is the
//! SHA-256 of the line before (64 zeros on the first). `synced` stands on a line before which everything was durable
//! when it was written, so a reader can tell the tail of a crash from damage.

use super::canonical::{from_hex, write_hex, write_string, write_unsigned};
use super::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// SHA-256 of a line without its line end.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineDigest(pub [u8; 32]);

impl LineDigest {
    /// What the first line names as the one before it.
    pub const START: LineDigest = LineDigest([0; 32]);

    pub fn of(line: &[u8]) -> LineDigest {
        LineDigest(super::canonical::sha256(line))
    }
    pub fn hex(&self) -> String {
        super::canonical::hex(&self.0)
    }
    pub fn from_hex(text: &str) -> Option<LineDigest> {
        from_hex(text).map(LineDigest)
    }
}

impl std::fmt::Debug for LineDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

macro_rules! event_types {
    ($($variant:ident $name:literal $doc:literal;)*) => {
        /// What happened, in the past tense.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventType { $(#[doc = $doc] $variant,)* }

        impl EventType {
            pub const ALL: &'static [EventType] = &[$(EventType::$variant),*];

            pub fn name(self) -> &'static str {
                match self { $(EventType::$variant => $name,)* }
            }
            /// One sentence for people.
            pub fn about(self) -> &'static str {
                match self { $(EventType::$variant => $doc,)* }
            }
            pub fn from_name(name: &str) -> Option<EventType> {
                match name { $($name => Some(EventType::$variant),)* _ => None }
            }
        }
    };
}

event_types! {
    RunStarted "run.started" "The run began: what it runs, with which arguments, under which policy, for whom.";
    StepStarted "step.started" "A step began.";
    StepCompleted "step.completed" "A step ended; its value is kept as evidence.";
    EffectIntended "effect.intended" "An effect on the outside is about to start; on disk before it does.";
    EffectCompleted "effect.completed" "The effect at this path happened, with this result.";
    EffectFailed "effect.failed" "The effect at this path failed.";
    GateOpened "gate.opened" "People were asked to decide; the digest is that of what they are shown.";
    GateDecided "gate.decided" "A person decided on a gate.";
    GateExpired "gate.expired" "Nobody decided in time.";
    ValueRecorded "value.recorded" "A fact of the outside was read (clock, uuid, environment, file).";
    Said "said" "A message was shown to the user.";
    UndoStarted "undo.started" "Taking back the step at this path began.";
    UndoCompleted "undo.completed" "Taking back the step at this path ended.";
    RunSuspended "run.suspended" "The run waits outside any process.";
    RunResumed "run.resumed" "A process took the run up again.";
    RunCompleted "run.completed" "The run came to its end, with this value.";
    RunFailed "run.failed" "The run ended with an error.";
    RunRejected "run.rejected" "A person said no, or nobody said yes in time.";
    RunCancelled "run.cancelled" "A person gave the run up.";
    JournalCut "journal.cut" "The torn tail that a crash had left was cut off.";
}

impl EventType {
    /// No process goes on with the run after it, unless it is resumed after a failure.
    pub fn ends_run(self) -> bool {
        matches!(
            self,
            EventType::RunCompleted | EventType::RunFailed | EventType::RunRejected | EventType::RunCancelled
        )
    }
    /// Nothing at all may follow it.
    pub fn is_final(self) -> bool {
        self.ends_run() && self != EventType::RunFailed
    }
}

/// An event as it stands in a journal. Large parts of `data` are references into `blobs/`: see [`super::Blobs::inline`].
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// 1 for the first.
    pub seq: u64,
    pub at: Timestamp,
    pub kind: EventType,
    /// Where in the program; empty for events of the run as a whole.
    pub path: String,
    /// Grows with each owner of the run.
    pub epoch: u64,
    /// Everything before this line was durable when it was written.
    pub synced: bool,
    pub data: Map<String, Value>,
}

/// The fields around the data, as they go into a line.
pub(super) struct Envelope<'a> {
    pub seq: u64,
    pub at: Timestamp,
    pub kind: EventType,
    pub path: &'a str,
    pub epoch: u64,
    pub synced: bool,
    pub prev: &'a LineDigest,
}

impl Envelope<'_> {
    /// Writes the line without its end. `data` is the canonical text of an object that is not empty, or nothing.
    pub fn write(&self, out: &mut Vec<u8>, data: &[u8]) {
        out.extend_from_slice(b"{\"at\":\"");
        self.at.write_to(out);
        out.push(b'"');
        if !data.is_empty() {
            out.extend_from_slice(b",\"data\":");
            out.extend_from_slice(data);
        }
        out.extend_from_slice(b",\"epoch\":");
        write_unsigned(out, self.epoch);
        if !self.path.is_empty() {
            out.extend_from_slice(b",\"path\":");
            write_string(out, self.path);
        }
        out.extend_from_slice(b",\"prev\":\"");
        write_hex(out, &self.prev.0);
        out.extend_from_slice(b"\",\"seq\":");
        write_unsigned(out, self.seq);
        if self.synced {
            out.extend_from_slice(b",\"synced\":true");
        }
        out.extend_from_slice(b",\"type\":\"");
        out.extend_from_slice(self.kind.name().as_bytes());
        out.extend_from_slice(b"\"}");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvent<'a> {
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(default)]
    data: Map<String, Value>,
    epoch: u64,
    #[serde(default)]
    path: String,
    #[serde(borrow)]
    prev: Cow<'a, str>,
    seq: u64,
    #[serde(default)]
    synced: bool,
    #[serde(borrow)]
    r#type: Cow<'a, str>,
}

impl Event {
    /// Reads one line, and which line it names as the one before. The error says what is wrong with it.
    pub fn parse(line: &[u8]) -> Result<(Event, LineDigest), String> {
        let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8 text".to_owned())?;
        let raw: RawEvent<'_> =
            serde_json::from_str(text).map_err(|e| format!("it is not an event: {}", plain(&e)))?;
        let prev = LineDigest::from_hex(&raw.prev).ok_or("`prev` is not a digest")?;
        let kind = EventType::from_name(&raw.r#type)
            .ok_or_else(|| format!("there is no event `{}`", raw.r#type.escape_debug()))?;
        let at = Timestamp::parse(&raw.at).ok_or("`at` is not a time")?;
        let event = Event {
            seq: raw.seq,
            at,
            kind,
            path: raw.path,
            epoch: raw.epoch,
            synced: raw.synced,
            data: raw.data,
        };
        Ok((event, prev))
    }

    pub fn text(&self, field: &str) -> Option<&str> {
        self.data.get(field).and_then(Value::as_str)
    }
}

/// The reader's message without its position: the line is named by whoever reports it.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// Bytes as JSON: text where they are, otherwise `{"base64":"…"}`. Only where no value of a user can stand.
pub fn bytes_to_json(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(_) => {
            serde_json::json!({ "base64": super::base64::encode(bytes, super::base64::STANDARD, true) })
        }
    }
}

pub fn bytes_from_json(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Object(map) if map.len() == 1 => super::base64::decode(map.get("base64")?.as_str()?),
        _ => None,
    }
}
