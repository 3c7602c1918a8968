//! `wflow audit verify`: does a journal prove what it says? Checks the chain, the pairing of intents and outcomes,
//! decisions against what was shown, gates before protected effects, blobs, and the ledger. Never `Ok` about what it
//! cannot know.

use super::blobs::BlobRef;
use super::canonical::{digest, write_object};
use super::event::{Envelope, Event, EventType, LineDigest};
use super::judge::Judge;
use super::ledger::Ledger;
use super::pairing::Pairing;
use super::read::{ReadError, Reader};
use super::run_dir::{RunDir, Runs};
use super::verify_ledger::Known;
use crate::diagnostics::Failure;
use serde_json::{Map, Value};
use std::collections::HashSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Whole, ended, and the ledger says the same.
    Ok,
    /// Nothing is wrong with what is there, but it is not all.
    Incomplete { why: String },
    /// What is there cannot be as it was written, or breaks a rule.
    Damaged { line: u64, why: String },
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Verdict::Ok => f.write_str("OK"),
            Verdict::Incomplete { why } => write!(f, "INCOMPLETE: {why}"),
            Verdict::Damaged { line, why } => write!(f, "DAMAGED at line {line}: {why}"),
        }
    }
}

/// A verdict with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub verdict: Verdict,
    pub events: u64,
    pub effects: u64,
    pub decisions: u64,
    pub blobs: u64,
}

/// One run. A failure only if it could not be read at all. Decisions that were signed are not judged, so a run with
/// one is never `Ok`.
pub fn verify_run(runs: &Runs, dir: &RunDir) -> Result<Report, Failure> {
    verify_run_with(runs, dir, None)
}

/// The same with somebody who can tell whether a decision was signed by whom it names.
pub fn verify_run_with(runs: &Runs, dir: &RunDir, judge: Option<&Judge<'_>>) -> Result<Report, Failure> {
    let known = Known::of(&Ledger::of(runs), dir.id())?;
    let mut reader = Reader::open(dir)?;
    let mut seen = Seen {
        report: empty_report(),
        pairing: Pairing::new(dir, judge),
        unknown: None,
        blobs: HashSet::new(),
        last: None,
    };
    let verdict = match seen.all(dir, &mut reader, &known) {
        Ok(()) => seen.end(&reader, &known),
        Err(ReadError::Damaged { line, why }) => Verdict::Damaged { line, why },
        Err(ReadError::Failed(failure)) => return Err(failure),
    };
    Ok(Report { verdict, ..seen.report })
}

fn empty_report() -> Report {
    Report { verdict: Verdict::Ok, events: 0, effects: 0, decisions: 0, blobs: 0 }
}

struct Seen<'a> {
    report: Report,
    pairing: Pairing<'a>,
    /// A digest that nobody can compute again.
    unknown: Option<(u64, String)>,
    /// Checked already.
    blobs: HashSet<String>,
    last: Option<Event>,
}

impl Seen<'_> {
    fn all(&mut self, dir: &RunDir, reader: &mut Reader, known: &Known) -> Result<(), ReadError> {
        let mut prev = LineDigest::START;
        while let Some(event) = reader.next()? {
            let line = event.seq;
            let wrong = |why: String| ReadError::Damaged { line, why };
            as_written(&event, &prev, reader.line()).map_err(|why| wrong(why.to_owned()))?;
            prev = reader.head();
            if line == 1 && known.first.is_some_and(|first| first != prev) {
                return Err(wrong("the ledger knows another beginning of this run".to_owned()));
            }
            match known.heads.get(&line) {
                Some(then) if then.head != prev && then.ended => {
                    return Err(wrong(
                        "the ledger knows another event here, with which the run had ended".to_owned(),
                    ));
                }
                Some(then) if then.head != prev => {
                    return Err(wrong(
                        "the ledger knows another event here, to which the run had come when a checkpoint was made"
                            .to_owned(),
                    ));
                }
                _ => {}
            }
            self.stored(dir, &event)?;
            let data = in_place(dir, &event).map_err(|failure| wrong(failure.message))?;
            self.pairing.check(&event, &data, dir.id()).map_err(wrong)?;
            self.request(&event, &data).map_err(wrong)?;
            self.report.events = line;
            self.report.effects += u64::from(event.kind == EventType::EffectIntended);
            self.report.decisions += u64::from(event.kind == EventType::GateDecided);
            self.last = Some(event);
        }
        Ok(())
    }

    /// Whether what was asked of the outside is what its digest is of.
    fn request(&mut self, event: &Event, data: &Map<String, Value>) -> Result<(), String> {
        let asked = matches!(event.kind, EventType::EffectIntended | EventType::ValueRecorded);
        let (true, Some(recorded)) = (asked, data.get("digest")) else { return Ok(()) };
        let request = data.get("request").unwrap_or(&Value::Null);
        if digest(request).ok().as_deref() == recorded.as_str() {
            return Ok(());
        }
        let path = &event.path;
        if !hides(request) {
            return Err(format!("what is asked for at {path} is not what its digest is of"));
        }
        let why = format!("what is asked for at {path} holds a secret, so its digest proves nothing");
        self.unknown.get_or_insert((event.seq, why));
        Ok(())
    }

    /// Every blob that the event refers to, and those that such blobs refer to.
    fn stored(&mut self, dir: &RunDir, event: &Event) -> Result<(), ReadError> {
        let mut found = Vec::new();
        event.data.values().for_each(|value| references(value, &mut found));
        while let Some((blob, json)) = found.pop() {
            if !self.blobs.insert(blob.hex.clone()) {
                continue;
            }
            let wrong = |why: String| ReadError::Damaged { line: event.seq, why };
            let content = dir.blobs().get(&blob).map_err(|failure| wrong(failure.message))?;
            if content.len() as u64 != blob.bytes {
                return Err(wrong(format!("the stored output {} has another length", blob.hex)));
            }
            if json {
                let value: Value = serde_json::from_slice(&content)
                    .map_err(|_| wrong(format!("the stored output {} is not JSON", blob.hex)))?;
                references(&value, &mut found);
            }
            self.report.blobs += 1;
        }
        Ok(())
    }

    fn end(&self, reader: &Reader, known: &Known) -> Verdict {
        let events = self.report.events;
        let incomplete = |why: String| Verdict::Incomplete { why };
        let Some(last) = &self.last else {
            return match known.first {
                None => incomplete("the run never began".to_owned()),
                Some(_) => {
                    Verdict::Damaged { line: 1, why: "the ledger knows a beginning that is gone".to_owned() }
                }
            };
        };
        if known.heads.keys().any(|end| *end > events) {
            return Verdict::Damaged { line: events + 1, why: cut_short(known, events) };
        }
        if let Some(torn) = reader.torn_tail() {
            return incomplete(format!(
                "a crash left line {} unfinished; `wflow resume` goes on from there",
                torn.line
            ));
        }
        match last.kind {
            EventType::RunSuspended => {
                let gate = last.text("gate").map(|g| format!(" at gate {g}")).unwrap_or_default();
                return incomplete(format!("the run is suspended{gate}"));
            }
            kind if !kind.ends_run() => return incomplete("the run has not ended".to_owned()),
            _ => {}
        }
        // A run is only cancelled when a person has said of each such effect that it did not happen.
        let open = self.pairing.open_effect().filter(|_| last.kind != EventType::RunCancelled);
        if let Some((path, line)) = open {
            return incomplete(format!("nobody knows whether the effect {path} of line {line} happened"));
        }
        if let Some(path) = self.pairing.open_undo() {
            return incomplete(format!("nobody knows whether the step {path} was taken back"));
        }
        if let Some((line, why)) = self.unknown.as_ref().or(self.pairing.unknown()) {
            return incomplete(format!("line {line}: {why}"));
        }
        if let Some(damage) = &known.damage {
            return incomplete(format!("{damage}, so nobody can tell whether something was cut off"));
        }
        match (known.first, known.heads.get(&events).filter(|then| then.ended)) {
            (Some(_), Some(_)) => Verdict::Ok,
            (None, _) => incomplete(
                "the ledger does not know this run, so nobody can tell whether something was cut off"
                    .to_owned(),
            ),
            (Some(_), None) => incomplete("its end is not in the ledger".to_owned()),
        }
    }
}

fn cut_short(known: &Known, events: u64) -> String {
    let had = known.heads.keys().max().copied().unwrap_or(events);
    format!("the ledger knows {had} events of this run, and {} of them are gone", had - events)
}

/// Whether the line is what the writer makes of the event.
fn as_written(event: &Event, prev: &LineDigest, line: &[u8]) -> Result<(), &'static str> {
    let mut data = Vec::new();
    if !event.data.is_empty() {
        write_object(&mut data, &event.data, 0).map_err(|_| "it is nested too deep")?;
    }
    let Event { seq, at, kind, epoch, synced, .. } = *event;
    let mut written = Vec::with_capacity(line.len());
    Envelope { seq, at, kind, path: &event.path, epoch, synced, prev }.write(&mut written, &data);
    if written == line { Ok(()) } else { Err("it is not as wflow writes it") }
}

/// References in a value, with whether they stand for JSON.
fn references(value: &Value, found: &mut Vec<(BlobRef, bool)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(map) if map.get("blob").and_then(Value::as_str) == Some("literal") => {
            if let Some(Value::Object(literal)) = map.get("value") {
                literal.values().for_each(|member| references(member, found));
            }
        }
        Value::Object(map) => match BlobRef::from_json(map) {
            Some(blob) => found.push((blob, map.contains_key("as"))),
            None => map.values().for_each(|member| references(member, found)),
        },
        _ => {}
    }
}

/// Members that name what a run is pinned to by digest.
const PINNED: &[&str] = &["config", "policy", "sources"];

/// The data of an event that rules look into, with its large parts in their places. What effects gave is no business of
/// theirs.
fn in_place(dir: &RunDir, event: &Event) -> Result<Map<String, Value>, Failure> {
    let outcome = matches!(
        event.kind,
        EventType::EffectCompleted | EventType::EffectFailed | EventType::StepCompleted | EventType::Said
    );
    if outcome {
        return Ok(Map::new());
    }
    let mut data = event.data.clone();
    for (name, value) in &mut data {
        if !PINNED.contains(&name.as_str()) {
            dir.blobs().inline(value)?;
        }
    }
    Ok(data)
}

/// Whether a secret was replaced in it.
pub(super) fn hides(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("[secret "),
        Value::Array(items) => items.iter().any(hides),
        Value::Object(map) => map.iter().any(|(key, member)| key.contains("[secret ") || hides(member)),
        _ => false,
    }
}

/// For a member that only some events have.
pub(super) fn texts<'a>(data: &'a Map<String, Value>, field: &str) -> Vec<&'a str> {
    data.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
