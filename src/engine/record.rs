//! A run's journal as the engine uses it: what answers from the past, and what is added.

use super::effect::{Intent, Permit};
use super::failure_json;
use crate::diagnostics::codes::{journal, run};
use crate::diagnostics::{ErrorKind, Failure};
use crate::journal::{
    Call, EventType, GateRecord, Outcome, Redactor, Replay, StepRecord, Writer, beside, branches, digest,
    digest_of,
};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is recorded at a path.
pub enum Earlier {
    Nothing,
    Completed(Json),
    Failed(Failure),
    /// A branch beside it failed first.
    Cancelled,
    /// Intended, without an outcome.
    InDoubt,
}

pub struct Record {
    writer: Writer,
    replay: Mutex<Replay>,
    ahead: Mutex<Ahead>,
}

/// What of the record the program has yet to come to again, besides what [`Replay`] knows of effects.
#[derive(Default)]
struct Ahead {
    /// Steps that it has not entered.
    steps: BTreeSet<String>,
    /// Branches that are on record, were not seen to end, and have begun nothing new: each may still come to a failure
    /// that it came to before.
    branches: BTreeSet<String>,
    /// Branches that have ended: what the record holds of them is asked for by their undos only.
    ended: Vec<String>,
}

impl Record {
    pub fn new(writer: Writer, past: Replay) -> Record {
        let steps: BTreeSet<String> = past.steps().map(|(path, _)| path.to_owned()).collect();
        let all = steps.iter().map(String::as_str).chain(past.ahead().filter(|path| !is_of_undo(path)));
        let branches = all.flat_map(branches).map(str::to_owned).collect();
        let ahead = Mutex::new(Ahead { steps, branches, ended: Vec::new() });
        Record { writer, replay: Mutex::new(past), ahead }
    }

    fn replay(&self) -> MutexGuard<'_, Replay> {
        // The index is only read and drained; a thread that died while holding it left it whole.
        self.replay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn redactor(&self) -> &Redactor {
        self.writer.redactor()
    }

    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// `sha256:…` of a request.
    pub fn digest(&self, request: &Json) -> String {
        digest(request).unwrap_or_else(|_| digest_of(request.to_string().as_bytes()))
    }

    pub fn earlier(&self, path: &str, kind: &str, digest: &str) -> Result<Earlier, Failure> {
        let recorded = match self.replay().take(path, kind, digest) {
            Ok(Some(recorded)) => recorded,
            Ok(None) => return Ok(Earlier::Nothing),
            Err(other) => {
                return Err(Failure::new(
                    ErrorKind::Bug,
                    journal::E1517,
                    format!("the record holds another effect at `{path}` than the program asks for (`{}`, not `{kind}`)", other.kind),
                )
                .help(
                    "the run stops here and nothing was done; if a gate was just decided otherwise than before, resume again and decide as it was: what was done since rests on that",
                ));
            }
        };
        Ok(match recorded.outcome {
            Outcome::Value(mut value) => {
                self.writer.blobs().inline(&mut value)?;
                Earlier::Completed(value)
            }
            Outcome::Failed(mut failure) => {
                self.writer.blobs().inline(&mut failure)?;
                match failure_json::from_json(&failure) {
                    failure if failure.code == run::E1107 => Earlier::Cancelled,
                    failure => Earlier::Failed(failure),
                }
            }
            Outcome::InDoubt(_) => Earlier::InDoubt,
        })
    }

    /// Whether what is recorded at a path answers whoever asks for it again.
    pub fn is_answered(&self, path: &str) -> bool {
        self.replay().at(path).is_some_and(|r| !matches!(r.outcome, Outcome::InDoubt(_)))
    }

    /// Whether the effect at a path was begun by an earlier process, and nobody knows how it ended; with the number of
    /// the event.
    pub fn is_in_doubt(&self, path: &str) -> Option<u64> {
        let replay = self.replay();
        replay.at(path).filter(|r| matches!(r.outcome, Outcome::InDoubt(_))).map(|r| r.seq)
    }

    /// The tool calls that the question at a path led to in earlier processes.
    pub fn calls(&self, question: &str) -> Vec<Call> {
        self.replay().calls(question).into_iter().cloned().collect()
    }

    /// What answers to the question at a path cost that came to nothing, US dollars.
    pub fn lost(&self, question: &str) -> f64 {
        self.replay().lost.get(question).copied().unwrap_or(0.0)
    }

    /// Whether a decision with this number is recorded.
    pub fn is_used(&self, nonce: &str) -> bool {
        self.replay().nonces.contains(nonce)
    }

    pub fn use_up(&self, nonce: &str) {
        self.replay().nonces.insert(nonce.to_owned());
    }

    pub fn gate(&self, path: &str) -> Option<GateRecord> {
        self.replay().gate(path).cloned()
    }

    pub fn step(&self, path: &str) -> Option<StepRecord> {
        self.replay().step_at(path).cloned()
    }

    fn ahead(&self) -> MutexGuard<'_, Ahead> {
        // Sets and lists that only grow and shrink by whole entries.
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program has come to this step.
    pub fn entered(&self, step: &str) {
        self.ahead().steps.remove(step);
    }

    /// Something new is about to be begun here: what is on record of its branches is behind it.
    pub fn departs(&self, path: &str) {
        let mut ahead = self.ahead();
        if !ahead.branches.is_empty() {
            branches(path).for_each(|branch| {
                ahead.branches.remove(branch);
            });
        }
    }

    pub fn branch_ended(&self, path: &str) {
        let inside = format!("{path}/");
        self.ahead().branches.retain(|branch| branch != path && !branch.starts_with(&inside));
        // Usually nothing is left of it.
        if self.is_ahead(path) {
            self.ahead().ended.push(format!("{path}/"));
        }
    }

    /// Whether anything is recorded at this very path.
    pub fn has(&self, path: &str) -> bool {
        self.replay().at(path).is_some()
    }

    /// Whether anything beneath this path was not come to again. What an undo did is: undos come last.
    pub fn is_ahead(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        let steps = self.ahead().steps.range(inside.clone()..).next().is_some_and(|s| s.starts_with(&inside));
        steps || self.replay().ahead_under(&inside).any(|path| !is_of_undo(path))
    }

    /// How much of the branches beside this path was not come to again, and how many of them have yet to show what they
    /// come to.
    pub fn ahead_beside(&self, path: &str) -> usize {
        if !path.contains("/parallel#") {
            return 0;
        }
        let (ahead, replay) = (self.ahead(), self.replay());
        let all =
            ahead.steps.iter().map(String::as_str).chain(replay.ahead().filter(|path| !is_of_undo(path)));
        let over = |path: &str| ahead.ended.iter().any(|ended| path.starts_with(ended));
        let records = all.filter(|other| beside(other, path) && !over(other)).count();
        records + ahead.branches.iter().filter(|branch| beside(branch, path)).count()
    }

    pub fn append(&self, kind: EventType, path: &str, data: Map<String, Json>) -> Result<u64, Failure> {
        self.writer.append(kind, path, &data)
    }

    /// Appends, and returns when it is on disk.
    pub fn write(&self, kind: EventType, path: &str, data: Map<String, Json>) -> Result<(), Failure> {
        self.writer.record(kind, path, &data).map(drop)
    }

    /// Returns when all that was appended is on disk.
    pub fn commit(&self) -> Result<(), Failure> {
        self.writer.commit(self.writer.head().0)
    }

    /// On disk before the effect starts.
    pub fn intend(&self, path: &str, intent: &Intent<'_>, digest: &str) -> Result<(), Failure> {
        self.write(EventType::EffectIntended, path, intended(intent, digest))
    }

    pub fn completed(&self, path: &str, result: &Json) -> Result<(), Failure> {
        let data = if result.is_null() { Map::new() } else { members([("result", result.clone())]) };
        self.append(EventType::EffectCompleted, path, data).map(drop)
    }

    /// A result that a person gave for one that nobody saw.
    pub fn said_to_be(&self, path: &str, result: &Json, who: &str) -> Result<(), Failure> {
        let mut data = members([("settled_by", json!(who))]);
        if !result.is_null() {
            data.insert("result".into(), result.clone());
        }
        self.append(EventType::EffectCompleted, path, data).map(drop)
    }

    pub fn failed(&self, path: &str, failure: &Failure) -> Result<(), Failure> {
        let data = members([("failure", failure_json::to_json(failure))]);
        self.append(EventType::EffectFailed, path, data).map(drop)
    }

    /// An effect that was tried and refused: it never started, and that it was tried is on record.
    pub fn refused(
        &self,
        path: &str,
        intent: &Intent<'_>,
        digest: &str,
        why: &Failure,
    ) -> Result<(), Failure> {
        self.append(EventType::EffectIntended, path, intended(intent, digest))?;
        self.failed(path, why)?;
        self.commit()
    }

    /// A fact of the outside. It is on disk before anything that was computed from it leaves the engine.
    pub fn value(
        &self,
        path: &str,
        kind: &str,
        (request, digest): (&Json, &str),
        value: &Json,
        permit: &Permit,
    ) -> Result<(), Failure> {
        let mut data = members([("kind", json!(kind))]);
        guarded(&mut data, &permit.after, &permit.guards);
        if !value.is_null() {
            data.insert("value".into(), value.clone());
        }
        if !request.is_null() {
            data.insert("request".into(), request.clone());
            data.insert("digest".into(), json!(digest));
        }
        self.append(EventType::ValueRecorded, path, data).map(drop)
    }
}

fn is_of_undo(path: &str) -> bool {
    path.contains("/undo/")
}

fn intended(intent: &Intent<'_>, digest: &str) -> Map<String, Json> {
    let mut data = members([
        ("kind", json!(intent.kind)),
        ("request", intent.request.clone()),
        ("digest", json!(digest)),
    ]);
    guarded(&mut data, &intent.after, &intent.guards);
    if let Some(places) = &intent.because {
        data.insert("because".into(), places.iter().map(|p| json!(**p)).collect());
    }
    if let Some((who, answer)) = &intent.settled {
        data.insert("settled_by".into(), json!(who));
        data.insert("settled".into(), json!(answer));
    }
    if intent.repeatable {
        data.insert("repeatable".into(), json!(true));
    }
    if let Some(allowed) = &intent.allowed {
        data.insert("allowed".into(), allowed.clone());
    }
    data
}

/// The gates that had to be approved first, and where they were.
fn guarded(data: &mut Map<String, Json>, after: &[String], guards: &[String]) {
    if !after.is_empty() {
        data.insert("after".into(), json!(after));
        data.insert("guards".into(), json!(guards));
    }
}

/// An object of these members.
pub fn members<const N: usize>(fields: [(&str, Json); N]) -> Map<String, Json> {
    fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}
