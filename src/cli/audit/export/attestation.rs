//! An in-toto statement about a run, in a DSSE envelope: what ran, from which sources, under which policy, what it did
//! and who approved it. Its subject is the run's journal, so it can be held against the record later.

use crate::cli::audit::{files, verified};
use crate::cli::exit::Exit;
use crate::cli::report::Trouble;
use crate::diagnostics::codes::audit as codes;
use crate::effects::process::command_line;
use crate::journal::{
    Envelope, Event, EventType, Journal, Prefix, RunDir, RunId, Runs, SigningKey, Verdict, VerifyingKey,
    digest,
};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::path::Path;

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "urn:wflow:run:v1";

pub fn export(runs: &Runs, dir: &RunDir, key: &SigningKey) -> Result<String, Trouble> {
    let verdict = verified(runs, dir)?.verdict;
    if let Verdict::Damaged { line, why } = &verdict {
        let message =
            format!("a damaged record is not vouched for: line {line} of run {}: {why}", dir.id().short());
        return Err(Trouble::new(codes::E1806, message)
            .help("`wflow audit verify` shows all of it; restore it from a copy first")
            .exit(Exit::Failed));
    }
    let statement = statement(dir, &verdict)?;
    let envelope = Envelope::signed(PAYLOAD_TYPE, statement.to_string().into_bytes(), key);
    Ok(format!("{}\n", envelope.to_json()))
}

fn statement(dir: &RunDir, verdict: &Verdict) -> Result<Json, Trouble> {
    let events = Journal::read(dir)?.events;
    let prefix = Prefix::of(dir, Some(events.len() as u64))?;
    let started = events.first().map(|e| e.data.clone()).unwrap_or_default();
    let part = |key: &str| started.get(key).cloned().unwrap_or_default();
    let sources: Vec<Json> = part("sources")
        .as_array()
        .into_iter()
        .flatten()
        .map(|s| json!({ "name": s.get("name"), "digest": sha256(s.get("blob")) }))
        .collect();
    let mut args = part("args");
    dir.blobs().inline(&mut args)?;
    let (effects, decisions) = deeds(dir, &events)?;
    let (word, why) = match verdict {
        Verdict::Ok => ("ok", None),
        Verdict::Incomplete { why } => ("incomplete", Some(why.clone())),
        Verdict::Damaged { why, .. } => ("damaged", Some(why.clone())),
    };
    Ok(json!({
        "_type": STATEMENT,
        "subject": [{
            "name": format!(".wflow/runs/{}/journal.jsonl", dir.id()),
            "digest": { "sha256": prefix.sha256 },
        }],
        "predicateType": PREDICATE,
        "predicate": {
            "run": dir.id().as_str(),
            "workflow": part("workflow"),
            "file": part("file"),
            "engine": part("engine"),
            "mode": part("mode"),
            "startedBy": part("who"),
            "startedOn": events.first().map(|e| e.at.rfc3339()),
            "finishedOn": events.last().map(|e| e.at.rfc3339()),
            "outcome": events.last().map(|e| e.kind.name()),
            "arguments": { "digest": sha256(digest(&args).ok().map(Json::from).as_ref()) },
            "sources": sources,
            "policy": {
                "config": started.get("config").map(|c| json!({ "digest": sha256(c.get("blob")) })),
                "inForce": part("policy"),
                "grants": part("grants"),
            },
            "journal": {
                "events": prefix.events,
                "bytes": prefix.bytes,
                "head": { "sha256": prefix.head.hex() },
            },
            "effects": effects,
            "decisions": decisions,
            "verdict": { "verdict": word, "why": why },
        },
    }))
}

/// `{"sha256": …}` of a text with a prefix; null of anything else.
fn sha256(text: Option<&Json>) -> Json {
    let hex = text.and_then(Json::as_str).and_then(|t| t.strip_prefix("sha256:"));
    hex.map_or(Json::Null, |hex| json!({ "sha256": hex }))
}

/// What was done and what was decided, in order.
fn deeds(dir: &RunDir, events: &[Event]) -> Result<(Vec<Json>, Vec<Json>), Trouble> {
    let (mut effects, mut decisions): (Vec<Json>, Vec<Json>) = Default::default();
    let mut open: HashMap<&str, usize> = HashMap::new();
    for event in events {
        match event.kind {
            EventType::EffectIntended => {
                let mut request = event.data.get("request").cloned().unwrap_or_default();
                dir.blobs().inline(&mut request)?;
                let mut effect = Map::new();
                effect.insert("path".into(), json!(event.path));
                effect.insert("kind".into(), json!(event.text("kind")));
                effect.insert("request".into(), sha256(event.data.get("digest")));
                let words = request.get("argv").and_then(Json::as_array);
                if let Some(words) = words {
                    let words: Vec<&str> = words.iter().filter_map(Json::as_str).collect();
                    effect.insert("command".into(), json!(command_line(words)));
                }
                if event.text("kind") == Some("write") {
                    effect.insert("file".into(), request.get("path").cloned().unwrap_or_default());
                }
                for key in ["after", "guards", "because"] {
                    if let Some(gates) = event.data.get(key) {
                        effect.insert(key.into(), gates.clone());
                    }
                }
                effect.insert("outcome".into(), json!("unknown"));
                open.insert(&event.path, effects.len());
                effects.push(Json::Object(effect));
            }
            EventType::EffectCompleted | EventType::EffectFailed => {
                let Some(effect) = open.remove(&*event.path).and_then(|at| effects.get_mut(at)) else {
                    continue;
                };
                let failed = event.kind == EventType::EffectFailed;
                effect["outcome"] = json!(if failed { "failed" } else { "completed" });
                if let Some(exit) = event.data.get("result").and_then(|r| r.get("exit")) {
                    effect["exit"] = exit.clone();
                }
            }
            EventType::GateDecided => {
                let part = |key: &str| event.data.get(key).cloned().unwrap_or_default();
                decisions.push(json!({
                    "path": event.path,
                    "gate": part("gate"),
                    "decision": part("decision"),
                    "approver": part("approver"),
                    "assurance": event.text("assurance").unwrap_or("terminal"),
                    "evidence": sha256(event.data.get("digest")),
                    "on": event.at.rfc3339(),
                }));
            }
            _ => {}
        }
    }
    Ok((effects, decisions))
}

/// What an attestation comes to, held against the record.
pub struct Attested {
    pub dir: RunDir,
    /// The key that signed it.
    pub by: String,
    pub events: u64,
    pub verdict: Verdict,
    pub notes: Vec<String>,
}

pub fn verify(runs: &Runs, path: &Path, keys: &[VerifyingKey]) -> Result<Attested, Trouble> {
    let wrong = |code, why: &str| {
        Trouble::new(code, format!("the attestation {} proves nothing: {why}", path.display()))
            .help("take the copy that was kept, and the key of whoever signed it")
            .exit(Exit::Failed)
    };
    let malformed = |why: &str| wrong(codes::E1804, why);
    let envelope = Envelope::parse(&files::read(path)?).ok_or_else(|| malformed("it is no DSSE envelope"))?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(malformed("what it holds is no in-toto statement"));
    }
    let key = envelope.signer(keys).map_err(|why| wrong(codes::E1805, why.0))?;
    let statement: Json =
        serde_json::from_slice(&envelope.payload).map_err(|_| malformed("its statement is not JSON"))?;
    let text = |pointer: &str| statement.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
    if text("/_type") != STATEMENT || text("/predicateType") != PREDICATE {
        return Err(malformed("it is not about a run of wflow, or by a later version"));
    }
    let id = RunId::parse(text("/predicate/run"));
    let events = statement.pointer("/predicate/journal/events").and_then(Json::as_u64);
    let digest = text("/subject/0/digest/sha256");
    let (Some(id), Some(events)) = (id, events) else {
        return Err(malformed("it does not say which run it is about"));
    };
    if !runs.list()?.contains(&id) {
        let message = format!("the attestation {} is about run {id}, which is not here", path.display());
        return Err(Trouble::new(codes::E1809, message)
            .help("verify it in the project that it is about; if that is this one, the run was removed")
            .exit(Exit::Failed));
    }
    let dir = runs.open(&id);
    let (verdict, mut notes) = held_against(&dir, events, digest)?;
    match (text("/predicate/verdict/verdict"), text("/predicate/verdict/why")) {
        ("ok", _) => {}
        (other, why) => notes.push(format!("when it was signed, the verdict was {other}: {why}")),
    }
    Ok(Attested { dir, by: key.name().to_owned(), events, verdict, notes })
}

fn held_against(dir: &RunDir, events: u64, digest: &str) -> Result<(Verdict, Vec<String>), Trouble> {
    let now = match Prefix::of(dir, Some(events)) {
        Ok(now) => now,
        // Where it is damaged is told by the verdict on the run itself.
        Err(failure) => return Ok((Verdict::Damaged { line: 1, why: failure.message }, Vec::new())),
    };
    if now.events < events {
        let gone = events - now.events;
        let why = format!("it knows {events} events of the run, and {gone} of them are gone");
        return Ok((Verdict::Damaged { line: now.events + 1, why }, Vec::new()));
    }
    if now.sha256 != digest {
        let why = String::from("the journal is not the one that it is about: it was rewritten");
        return Ok((Verdict::Damaged { line: 1, why }, Vec::new()));
    }
    let all = Prefix::of(dir, None)?.events;
    let notes = match all - events {
        0 => Vec::new(),
        more => vec![format!("the run went on since, with {more} more events")],
    };
    Ok((Verdict::Ok, notes))
}

/// JSON Schema (draft 2020-12) of the statement in an attestation.
pub fn schema() -> Json {
    let text = json!({ "type": "string" });
    let number = json!({ "type": "integer", "minimum": 0 });
    let object = |properties: Json| {
        let required: Vec<String> =
            properties.as_object().into_iter().flat_map(|p| p.keys().cloned()).collect();
        json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
    };
    let sha256 = json!({
        "type": ["object", "null"],
        "required": ["sha256"],
        "properties": { "sha256": { "type": "string", "pattern": "^[0-9a-f]{64}$" } },
        "additionalProperties": false,
    });
    let texts = json!({ "type": "array", "items": text });
    let effect = json!({
        "type": "object",
        "required": ["path", "kind", "request", "outcome"],
        "properties": {
            "path": text, "kind": text, "request": sha256, "command": text, "file": text, "after": texts,
            "guards": texts, "because": texts, "exit": { "type": "integer" },
            "outcome": { "enum": ["completed", "failed", "unknown"] },
        },
        "additionalProperties": false,
    });
    let decision = object(json!({
        "path": text, "gate": text, "decision": { "enum": ["approve", "reject"] }, "approver": text,
        "assurance": text, "evidence": sha256, "on": text,
    }));
    let predicate = object(json!({
        "run": text, "workflow": text, "file": { "type": ["string", "null"] },
        "engine": { "type": ["string", "null"] }, "mode": { "type": ["string", "null"] },
        "startedBy": { "type": ["object", "null"] }, "startedOn": text, "finishedOn": text, "outcome": text,
        "arguments": object(json!({ "digest": sha256 })),
        "sources": { "type": "array", "items": object(json!({ "name": text, "digest": sha256 })) },
        "policy": object(json!({
            "config": { "type": ["object", "null"] }, "inForce": { "type": ["string", "null"] },
            "grants": { "type": ["object", "null"] },
        })),
        "journal": object(json!({ "events": number, "bytes": number, "head": sha256 })),
        "effects": { "type": "array", "items": effect },
        "decisions": { "type": "array", "items": decision },
        "verdict": object(json!({ "verdict": { "enum": ["ok", "incomplete"] }, "why": { "type": ["string", "null"] } })),
    }));
    let mut schema = object(json!({
        "_type": { "const": STATEMENT },
        "subject": { "type": "array", "items": object(json!({ "name": text, "digest": sha256 })) },
        "predicateType": { "const": PREDICATE },
        "predicate": predicate,
    }));
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("wflow audit export --as attestation");
    schema["description"] = json!("The statement; it travels as the payload of a DSSE envelope.");
    schema
}
