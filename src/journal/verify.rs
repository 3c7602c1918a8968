//! `wflow audit verify`: does a journal prove what it says? Checks the chain, the pairing of intents and outcomes,
//! decisions against what was shown, gates before protected effects, blobs, and the ledger. Never `Ok` about what it
//! cannot know.

use super::blobs::BlobRef;
use super::canonical::write_object;
use super::event::{Envelope, Event, EventType, LineDigest};
use super::ledger::{Entered, Ledger};
use super::pairing::Pairing;
use super::read::{ReadError, Reader};
use super::run_dir::{RunDir, RunId, Runs};
use super::summary::{RunState, summary};
use crate::diagnostics::Failure;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

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

struct Wrong {
    line: u64,
    why: String,
}

/// One run. A failure only if it could not be read at all.
pub fn verify_run(runs: &Runs, dir: &RunDir) -> Result<Report, Failure> {
    let known = Known::of(&Ledger::of(runs), dir.id())?;
    let mut reader = Reader::open(dir)?;
    let mut seen =
        Seen { report: empty_report(), pairing: Pairing::default(), blobs: HashSet::new(), last: None };
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

/// What the ledger says about one run.
struct Known {
    first: Option<LineDigest>,
    /// The digest of the last event at each end.
    ends: HashMap<u64, LineDigest>,
    damage: Option<String>,
}

impl Known {
    fn of(ledger: &Ledger, id: &RunId) -> Result<Known, Failure> {
        let content = ledger.read()?;
        let mut known = Known { first: None, ends: HashMap::new(), damage: None };
        for entry in content.entries {
            match entry.what {
                Entered::Started { run, first, .. } if run == *id => known.first = Some(first),
                Entered::Ended { run, events, head, .. } if run == *id => {
                    known.ends.insert(events, head);
                }
                _ => {}
            }
        }
        known.damage =
            content.damage.map(|(line, why)| format!("the ledger is damaged at line {line}: {why}"));
        Ok(known)
    }
}

struct Seen {
    report: Report,
    pairing: Pairing,
    /// Checked already.
    blobs: HashSet<String>,
    last: Option<Event>,
}

impl Seen {
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
            if known.ends.get(&line).is_some_and(|head| *head != prev) {
                return Err(wrong(
                    "the ledger knows another event here, with which the run had ended".to_owned(),
                ));
            }
            self.pairing.check(&event, dir.id()).map_err(wrong)?;
            self.stored(dir, &event)?;
            self.report.events = line;
            self.report.effects += u64::from(event.kind == EventType::EffectIntended);
            self.report.decisions += u64::from(event.kind == EventType::GateDecided);
            self.last = Some(event);
        }
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
        if known.ends.keys().any(|end| *end > events) {
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
        if let (EventType::RunCompleted, Some((path, line))) = (last.kind, self.pairing.open_effect()) {
            return incomplete(format!("nobody knows whether the effect {path} of line {line} happened"));
        }
        if let Some(damage) = &known.damage {
            return incomplete(format!("{damage}, so nobody can tell whether something was cut off"));
        }
        match (known.first, known.ends.get(&events)) {
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
    let had = known.ends.keys().max().copied().unwrap_or(events);
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

/// Something about a run that the ledger and the folder of runs do not agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub run: RunId,
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerReport {
    pub verdict: Verdict,
    pub runs: u64,
    pub findings: Vec<Finding>,
}

/// The ledger against the runs that are there: none deleted, none replaced, none unknown, each end entered.
pub fn verify_ledger(runs: &Runs) -> Result<LedgerReport, Failure> {
    let content = Ledger::of(runs).read()?;
    let ids: HashSet<RunId> = runs.list()?.into_iter().collect();
    let mut wrong: Option<Wrong> = content.damage.clone().map(|(line, why)| Wrong { line, why });
    let mut findings = Vec::new();
    let mut started: HashSet<RunId> = HashSet::new();
    let mut ended: HashMap<RunId, u64> = HashMap::new();
    for entry in &content.entries {
        match &entry.what {
            Entered::Started { run, workflow, .. } => {
                if started.insert(run.clone()) && !ids.contains(run) {
                    let why = format!("the run {run} of {workflow}, started {}, is gone", entry.at);
                    findings.push(Finding { run: run.clone(), why: why.clone() });
                    wrong.get_or_insert(Wrong { line: entry.line, why });
                }
            }
            Entered::Ended { run, events, .. } => {
                ended.insert(run.clone(), *events);
            }
            Entered::Cut { .. } => {}
        }
    }
    let mut present: Vec<&RunId> = ids.iter().collect();
    present.sort();
    for id in present {
        let Some(why) = disagreement(runs, id, &started, &ended)? else { continue };
        findings.push(Finding { run: id.clone(), why });
    }
    let verdict = match (wrong, findings.first()) {
        (Some(Wrong { line, why }), _) => Verdict::Damaged { line, why },
        (None, Some(finding)) => Verdict::Incomplete { why: finding.why.clone() },
        (None, None) if content.torn > 0 => {
            Verdict::Incomplete { why: "a crash left the last line of the ledger unfinished".to_owned() }
        }
        (None, None) => Verdict::Ok,
    };
    Ok(LedgerReport { verdict, runs: started.len() as u64, findings })
}

fn disagreement(
    runs: &Runs,
    id: &RunId,
    started: &HashSet<RunId>,
    ended: &HashMap<RunId, u64>,
) -> Result<Option<String>, Failure> {
    let now = match summary(&runs.open(id)) {
        Ok(now) => now,
        Err(failure) => return Ok(Some(failure.message)),
    };
    let over = matches!(
        now.state,
        RunState::Completed | RunState::Failed | RunState::Rejected | RunState::Cancelled
    );
    Ok(match (started.contains(id), ended.get(id)) {
        // Whoever just made the folder has not entered it yet.
        (false, _) if matches!(now.state, RunState::NeverBegan | RunState::Running(_)) => None,
        (false, _) => Some(format!("the run {id} is not in the ledger")),
        (true, _) if now.state == RunState::NeverBegan => {
            Some(format!("the journal of the run {id} is gone"))
        }
        (true, Some(events)) if now.events < *events => {
            Some(format!("the run {id} had {events} events when it ended and has {} now", now.events))
        }
        (true, Some(events)) if over && now.events == *events => None,
        (true, _) if over => Some(format!("the end of the run {id} is not in the ledger")),
        _ => None,
    })
}

/// For a member that only some events have.
pub(super) fn texts<'a>(data: &'a Map<String, Value>, field: &str) -> Vec<&'a str> {
    data.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
