//! What each event holds: the table behind the published JSON Schema (`wflow schema journal`), the checks of tests,
//! and the reference for whoever writes or reads events.

use super::event::{Event, EventType};
use super::read::SCHEMA_VERSION;
use serde_json::{Map, Value, json};

/// The form of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Count,
    Flag,
    /// `sha256:` and 64 hex digits.
    Digest,
    Time,
    Texts,
    Object,
    Objects,
    Any,
    /// One of these words.
    Word(&'static [&'static str]),
}

#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub required: bool,
    pub form: Form,
    pub about: &'static str,
}

const fn must(name: &'static str, form: Form, about: &'static str) -> Field {
    Field { name, required: true, form, about }
}
const fn may(name: &'static str, form: Form, about: &'static str) -> Field {
    Field { name, required: false, form, about }
}

/// The words of a decision, and of how sure it is who took it.
pub const DECISIONS: &[&str] = &["approve", "reject"];
pub const ASSURANCES: &[&str] = &["terminal", "key", "touch", "passkey"];

const GATE: Field = must("gate", Form::Text, "the gate's name");
const FAILURE: Field =
    must("failure", Form::Object, "kind, code, message, and what else is known of the error");

/// The fields of an event's data, by name.
pub fn fields(kind: EventType) -> &'static [Field] {
    match kind {
        EventType::RunStarted => {
            const {
                &[
                    must("workflow", Form::Text, "the workflow's name"),
                    may("file", Form::Text, "the file it stands in, relative to the project"),
                    may("args", Form::Object, "its arguments, by name"),
                    may("sources", Form::Objects, "every source file: its name and its content as a blob"),
                    may("policy", Form::Any, "the policy in force"),
                    may("config", Form::Any, "the project's configuration, as a blob"),
                    may("who", Form::Object, "who started it: user, uid, host"),
                    may("engine", Form::Text, "the engine's version"),
                    may("mode", Form::Word(&["pure", "ai", "interactive"]), "how AIs are asked"),
                    may("grants", Form::Object, "what the person allowed for this run alone"),
                    may("run", Form::Text, "the run's id"),
                    must("schema", Form::Count, "the version of this schema"),
                ]
            }
        }
        EventType::StepStarted => const { &[may("title", Form::Text, "what people see")] },
        EventType::StepCompleted => {
            const { &[may("value", Form::Any, "the step's value; absent for Nothing")] }
        }
        EventType::EffectIntended => {
            const {
                &[
                    must("kind", Form::Text, "run, ask, reply, write, wait …"),
                    may("request", Form::Any, "what is asked of the outside"),
                    must("digest", Form::Digest, "of the request: a replay answers only the same request"),
                    may("after", Form::Texts, "protected: the gates that must be approved before it"),
                    may("guards", Form::Texts, "the paths of the approved gates it relies on"),
                    may(
                        "because",
                        Form::Texts,
                        "places around it where an untrusted value decided, or may have",
                    ),
                    may("repeatable", Form::Flag, "it may be done again after a crash"),
                    may("allowed", Form::Object, "a tool call of an agent: the rule that allows it, or who"),
                    may("attempt", Form::Count, "which try it is"),
                    may("settled_by", Form::Text, "who said, after a crash, that it shall be done"),
                    may("settled", Form::Text, "in which words"),
                ]
            }
        }
        EventType::EffectCompleted => {
            const {
                &[
                    may("result", Form::Any, "what came back; absent for Nothing"),
                    may(
                        "settled_by",
                        Form::Text,
                        "who said, after a crash, that it did happen; nobody saw the result",
                    ),
                ]
            }
        }
        EventType::EffectFailed => const { &[FAILURE] },
        EventType::GateOpened => {
            const {
                &[
                    GATE,
                    may("question", Form::Text, "what is asked"),
                    may("evidence", Form::Any, "what is shown, in order"),
                    must("digest", Form::Digest, "of all that is shown; part of each decision"),
                    may("by", Form::Any, "who may decide"),
                    may("except", Form::Texts, "who started the run and may not decide"),
                    may("since", Form::Time, "when it was opened, as decisions name it"),
                    may("workflow", Form::Text, "the digest of the sources that decisions are about"),
                    may("policy", Form::Text, "the digest of the policy that decisions are taken under"),
                    may("form_type", Form::Text, "the type of that value"),
                    may("require", Form::Texts, "criteria that each approver confirms"),
                    may("edit", Form::Any, "the value that may be edited"),
                    may("form", Form::Any, "JSON Schema of the value that is edited or answered"),
                    may("expires", Form::Time, "until when"),
                    may("min_assurance", Form::Word(ASSURANCES), "how sure it must be who decides"),
                    may("stage", Form::Count, "how often it was passed on to others before"),
                ]
            }
        }
        EventType::GateDecided => {
            const {
                &[
                    GATE,
                    must("decision", Form::Word(DECISIONS), "what they decided"),
                    must("approver", Form::Text, "who"),
                    may("comment", Form::Text, "in their words"),
                    must("digest", Form::Digest, "of what they were shown"),
                    may(
                        "assurance",
                        Form::Word(ASSURANCES),
                        "how it is known who they are; terminal if absent",
                    ),
                    may("value", Form::Any, "what they edited or answered"),
                    may("record", Form::Text, "the decision to the letter, as it was signed"),
                    may("signature", Form::Text, "over the record, as `ssh-keygen -Y sign` writes it"),
                    may("key", Form::Text, "the fingerprint of the key"),
                    may("at", Form::Time, "when they decided"),
                    may("nonce", Form::Text, "makes a signed decision count once"),
                    may("account", Form::Text, "the account at the terminal"),
                    may("claimed", Form::Flag, "the account is not the approver's own"),
                    may("confirmed", Form::Texts, "the criteria that were confirmed"),
                    may("final", Form::Flag, "with it the gate was decided"),
                ]
            }
        }
        EventType::GateExpired => const { &[GATE] },
        EventType::ValueRecorded => {
            const {
                &[
                    must("kind", Form::Text, "now, uuid, env, read, glob, exists, call …"),
                    may("value", Form::Any, "what it was; absent for none"),
                    may("digest", Form::Digest, "of the request, where there is one"),
                    may("request", Form::Any, "what was asked for"),
                    may("after", Form::Texts, "protected: the gates that must be approved before it"),
                    may("guards", Form::Texts, "the paths of the approved gates it relies on"),
                ]
            }
        }
        EventType::Said => const { &[must("text", Form::Text, "what was shown")] },
        EventType::UndoStarted => {
            const { &[may("ends_run", Form::Flag, "the run ends with it; without, an error was caught")] }
        }
        EventType::UndoCompleted => const { &[may("failure", Form::Object, "why it did not succeed")] },
        EventType::RunSuspended => {
            const {
                &[
                    may("gate", Form::Text, "the gate it waits at"),
                    may(
                        "until",
                        Form::Time,
                        "the first time at which something happens without anybody's doing",
                    ),
                    may("reason", Form::Text, "any other cause"),
                ]
            }
        }
        EventType::RunResumed => {
            const {
                &[
                    may(
                        "accepted_changes",
                        Form::Any,
                        "it goes on with today's files: every decision before is void",
                    ),
                    may("who", Form::Object, "who resumed it: user, uid, host"),
                    may("engine", Form::Text, "the engine's version"),
                    may("sources", Form::Objects, "today's source files, where it goes on with them"),
                    may("config", Form::Any, "today's configuration, as a blob, where it goes on with it"),
                    may("gives_up", Form::Text, "it is only taken back from here on; why"),
                ]
            }
        }
        EventType::RunCompleted => {
            const { &[may("value", Form::Any, "the workflow's value; absent for Nothing")] }
        }
        EventType::RunFailed => const { &[FAILURE] },
        EventType::RunRejected => {
            const {
                &[
                    GATE,
                    may("comment", Form::Text, "in the words of who said no"),
                    may("failure", Form::Object, "as an error"),
                ]
            }
        }
        EventType::RunCancelled => {
            const {
                &[
                    may("who", Form::Object, "who gave it up"),
                    may("comment", Form::Text, "why"),
                    may("failure", Form::Object, "what could not be taken back"),
                ]
            }
        }
        EventType::JournalCut => const { &[must("bytes", Form::Count, "how much was cut off")] },
    }
}

const BLOB: &str = "#/$defs/blob";

impl Form {
    fn schema(self) -> Value {
        // Any text or value may be stored beside the journal when it is large.
        let or_blob = |plain: Value| json!({ "anyOf": [plain, { "$ref": BLOB }] });
        match self {
            Form::Text => or_blob(json!({ "type": "string" })),
            Form::Count => json!({ "type": "integer", "minimum": 0 }),
            Form::Flag => json!({ "type": "boolean" }),
            Form::Digest => json!({ "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" }),
            Form::Time => json!({ "type": "string", "format": "date-time" }),
            Form::Texts => or_blob(json!({ "type": "array", "items": { "type": "string" } })),
            Form::Object => json!({ "type": "object" }),
            Form::Objects => or_blob(json!({ "type": "array", "items": { "type": "object" } })),
            Form::Any => json!({}),
            Form::Word(words) => json!({ "enum": words }),
        }
    }

    fn fits(self, value: &Value) -> bool {
        let stored = value.get("blob").is_some();
        match self {
            Form::Text => value.is_string() || stored,
            Form::Count => value.is_u64(),
            Form::Flag => value.is_boolean(),
            Form::Digest => {
                let hex = value.as_str().and_then(|t| t.strip_prefix("sha256:"));
                hex.is_some_and(|h| super::canonical::from_hex(h).is_some())
            }
            Form::Time => value.as_str().is_some_and(|t| super::Timestamp::parse(t).is_some()),
            Form::Texts => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)) || stored,
            Form::Object => value.is_object(),
            Form::Objects => value.as_array().is_some_and(|all| all.iter().all(Value::is_object)) || stored,
            Form::Any => true,
            Form::Word(words) => value.as_str().is_some_and(|t| words.contains(&t)),
        }
    }
}

/// JSON Schema (draft 2020-12) of one line of a journal.
pub fn schema() -> Value {
    let mut events = Map::new();
    for kind in EventType::ALL {
        events.insert(kind.name().to_owned(), event_schema(*kind));
    }
    let any: Vec<Value> =
        EventType::ALL.iter().map(|k| json!({ "$ref": format!("#/$defs/{}", k.name()) })).collect();
    events.insert(
        "blob".to_owned(),
        json!({
            "description": "Stands for large content in the file blobs/<hex>; with `as`, that is JSON. A user's own object that looks so is written {\"blob\":\"literal\",\"value\":…}.",
            "type": "object",
            "required": ["blob"],
            "properties": {
                "blob": { "type": "string", "pattern": "^(sha256:[0-9a-f]{64}|literal)$" },
                "bytes": { "type": "integer", "minimum": 0 },
                "as": { "const": "json" },
                "value": {},
            },
            "additionalProperties": false,
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wflow journal event",
        "description": format!("One line of journal.jsonl: canonical JSON (RFC 8785). Version {SCHEMA_VERSION}."),
        "oneOf": any,
        "$defs": events,
    })
}

fn event_schema(kind: EventType) -> Value {
    let mut data = Map::new();
    let mut required = Vec::new();
    for field in fields(kind) {
        let mut form = field.form.schema();
        form["description"] = Value::from(field.about);
        data.insert(field.name.to_owned(), form);
        if field.required {
            required.push(field.name);
        }
    }
    let mut top = vec!["at", "epoch", "prev", "seq", "type"];
    if !required.is_empty() {
        top.push("data");
    }
    json!({
        "description": kind.about(),
        "type": "object",
        "required": top,
        "properties": {
            "at": { "type": "string", "format": "date-time", "description": "RFC 3339, UTC, milliseconds" },
            "data": {
                "type": "object",
                "properties": data,
                "required": required,
                "additionalProperties": false,
            },
            "epoch": { "type": "integer", "minimum": 1, "description": "grows with each owner of the run" },
            "path": { "type": "string", "description": "where in the program" },
            "prev": { "type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the line before" },
            "seq": { "type": "integer", "minimum": 1 },
            "synced": { "const": true, "description": "all before was durable when this line was written" },
            "type": { "const": kind.name() },
        },
        "additionalProperties": false,
    })
}

/// Where an event departs from the schema; empty if nowhere.
pub fn departures(event: &Event) -> Vec<String> {
    let known = fields(event.kind);
    let name = event.kind.name();
    let missing = known.iter().filter(|f| f.required && !event.data.contains_key(f.name));
    let mut found: Vec<String> = missing.map(|f| format!("{name} lacks `{}`", f.name)).collect();
    for (key, value) in &event.data {
        match known.iter().find(|f| f.name == key) {
            None => found.push(format!("{name} has no `{}`", key.escape_debug())),
            Some(field) if !field.form.fits(value) => {
                found.push(format!("`{key}` of {name} has another form"))
            }
            Some(_) => {}
        }
    }
    found
}
