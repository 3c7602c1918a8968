//! Failures in the record: as JSON and back, so that a replayed error is the error that happened.

use crate::diagnostics::codes::{self, journal};
use crate::diagnostics::{ErrorKind, Failure};
use serde_json::{Map, Value as Json, json};

pub fn to_json(failure: &Failure) -> Json {
    let mut map = Map::new();
    map.insert("kind".into(), json!(failure.kind.name()));
    map.insert("code".into(), json!(failure.code.id()));
    map.insert("message".into(), json!(failure.message));
    if !failure.help.is_empty() {
        map.insert("help".into(), json!(failure.help));
    }
    if !failure.notes.is_empty() {
        map.insert("notes".into(), json!(failure.notes));
    }
    if let Some(gate) = &failure.gate {
        map.insert("gate".into(), json!(gate));
    }
    if let Some(effect) = &failure.effect {
        map.insert("effect".into(), json!(effect));
    }
    if let Some(usage) = &failure.usage {
        map.insert("usage".into(), (**usage).clone());
    }
    Json::Object(map)
}

/// The place is not recorded: the replayed program gives it again.
pub fn from_json(json: &Json) -> Failure {
    let text = |key: &str| json.get(key).and_then(Json::as_str).unwrap_or_default();
    let texts = |key: &str| -> Vec<String> {
        let list = json.get(key).and_then(Json::as_array);
        list.map(|l| l.iter().filter_map(|t| t.as_str().map(str::to_owned)).collect()).unwrap_or_default()
    };
    let kind = ErrorKind::from_name(text("kind")).unwrap_or(ErrorKind::Bug);
    // A code that this version does not know was written by a later one; the error is still of the record's kind.
    let code = codes::find(text("code")).unwrap_or(journal::E1511);
    let mut failure = Failure::new(kind, code, text("message"));
    failure.help = texts("help");
    failure.notes = texts("notes");
    failure.gate = json.get("gate").and_then(Json::as_str).map(str::to_owned);
    failure.usage = json.get("usage").cloned().map(Box::new);
    failure.effect = json.get("effect").and_then(Json::as_str).map(str::to_owned);
    failure
}
