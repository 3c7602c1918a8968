//! What a resumed run needs of its journal: which effect at which path had which outcome, which steps were taken
//! back, what was decided, and where the run stands.
//!
//! What is recorded answers the program that asks for it again, an undo included: a `try` that caught an error and took
//! its steps back did so, and a resumed run goes through it once more in the same way, from the record. Two things end
//! that:
//!
//! - *The run failed.* What its end took back is to be done again, and so is the effect that failed, with all its tries;
//!   so are the effects of its siblings that were cancelled for it. A resumed run does them anew, everything else answers.
//! - *Its files were changed and a person accepted that.* What was recorded before answers as far as the changed program
//!   asks for the same in the same order. With the first effect of its own everything that it had not asked for by then
//!   is out of date, except in branches beside it, which have an order of their own. Decisions are void at once.

use super::calls::{Call, Calls};
use super::event::{Event, EventType};
use super::time::Timestamp;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};

/// An index over the events of one run. Later events of a path replace earlier ones.
#[derive(Debug, Default)]
pub struct Replay {
    /// The data of `run.started`.
    pub started: Map<String, Value>,
    pub started_at: Timestamp,
    /// The highest epoch.
    pub epoch: u64,
    /// How many events there are.
    pub events: u64,
    pub standing: Standing,
    /// Of every decision on a gate: none counts twice.
    pub nonces: HashSet<String>,
    /// By question: what answers that came to nothing have cost, US dollars.
    pub lost: BTreeMap<String, f64>,
    recorded: BTreeMap<String, Recorded>,
    calls: Calls,
    steps: BTreeMap<String, StepRecord>,
    gates: BTreeMap<String, GateRecord>,
    /// Steps that the end of the run took back, or began to.
    ending: Vec<String>,
    /// Of the event with which a person moved the run to changed files, the last if there were several.
    accepted: u64,
    /// Of `run.failed`, where the run failed; null otherwise.
    pub failure: Value,
    /// A person gave the run up, in these words: from then on everything is only taken back.
    pub giving_up: Option<String>,
}

/// Where a run stands according to its last events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// Under way, or interrupted.
    #[default]
    Open,
    Suspended,
    Completed,
    Failed,
    Rejected,
    Cancelled,
}

/// An effect, a fact of the outside, or a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    pub seq: u64,
    pub epoch: u64,
    /// `run`, `ask`, `now`, `said` …
    pub kind: String,
    /// Of the request; empty for facts and messages.
    pub digest: String,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Intended, and nobody knows whether it happened. The data of `effect.intended`.
    InDoubt(Map<String, Value>),
    /// The `result`, `value` or `text`; may hold references into `blobs/`.
    Value(Value),
    /// The `failure`.
    Failed(Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    Started,
    Completed,
    /// Its undo began and did not end.
    Undoing,
    Undone,
}

#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    pub state: StepState,
    /// It came to its end, whatever was done with it afterwards.
    pub completed: bool,
    /// Of the last event about it.
    pub seq: u64,
    /// The failure of its undo, if that failed.
    pub undo_failure: Option<Value>,
}

/// A gate since it was last opened.
#[derive(Debug, Clone, PartialEq)]
pub struct GateRecord {
    /// The data of `gate.opened`.
    pub opened: Map<String, Value>,
    pub opened_at: Timestamp,
    pub epoch: u64,
    /// The data of each `gate.decided` since, with when and by which owner it was taken.
    pub decisions: Vec<Decision>,
    pub expired: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub seq: u64,
    pub at: Timestamp,
    pub epoch: u64,
    pub data: Map<String, Value>,
}

impl Decision {
    /// Whether the gate was decided with it; with others it still waited for further people.
    pub fn settles(&self) -> bool {
        self.data.get("final").and_then(Value::as_bool) == Some(true)
    }
}

impl Replay {
    pub fn of(events: impl IntoIterator<Item = Event>) -> Replay {
        let mut replay = Replay::default();
        for event in events {
            replay.apply(event);
        }
        replay
    }

    /// Takes in one more event, in order.
    pub fn apply(&mut self, mut event: Event) {
        self.epoch = event.epoch;
        self.events = event.seq;
        if self.calls.take(&mut event) {
            return;
        }
        let Event { seq, at, kind, path, epoch, mut data, .. } = event;
        let mut take = |field: &str| data.get_mut(field).map(Value::take).unwrap_or_default();
        let fact = |kind: String, value: Value| {
            let outcome = Outcome::Value(value);
            Recorded { seq, epoch, kind, digest: String::new(), outcome }
        };
        match kind {
            EventType::RunStarted => {
                self.started = data;
                self.started_at = at;
            }
            EventType::StepStarted => self.step(path, seq, StepState::Started, None),
            EventType::StepCompleted => self.step(path, seq, StepState::Completed, None),
            EventType::UndoStarted => {
                if take("ends_run") == Value::Bool(true) {
                    self.ending.push(path.clone());
                }
                self.step(path, seq, StepState::Undoing, None);
            }
            EventType::UndoCompleted => {
                let failure = Some(take("failure")).filter(|f| !f.is_null());
                self.step(path, seq, StepState::Undone, failure);
            }
            EventType::EffectIntended => {
                let (kind, digest) = (text(&take("kind")), text(&take("digest")));
                let outcome = Outcome::InDoubt(data);
                self.recorded.insert(path, Recorded { seq, epoch, kind, digest, outcome });
            }
            EventType::EffectCompleted => self.outcome(&path, Outcome::Value(take("result"))),
            EventType::EffectFailed => {
                let failure = take("failure");
                if let Some(cost) = failure.get("usage").and_then(|u| u.get("cost")).and_then(Value::as_f64) {
                    *self.lost.entry(path.clone()).or_default() += cost;
                }
                self.outcome(&path, Outcome::Failed(failure));
            }
            EventType::ValueRecorded => {
                let recorded = fact(text(&take("kind")), take("value"));
                self.recorded.insert(path, recorded);
            }
            EventType::Said => {
                let recorded = fact("said".to_owned(), take("text"));
                self.recorded.insert(path, recorded);
            }
            EventType::GateOpened => {
                let gate =
                    GateRecord { opened: data, opened_at: at, epoch, decisions: Vec::new(), expired: false };
                self.gates.insert(path, gate);
            }
            EventType::GateDecided => {
                self.nonces.extend(data.get("nonce").and_then(Value::as_str).map(str::to_owned));
                if let Some(gate) = self.gates.get_mut(&path) {
                    gate.decisions.push(Decision { seq, at, epoch, data });
                }
            }
            EventType::GateExpired => {
                if let Some(gate) = self.gates.get_mut(&path) {
                    gate.expired = true;
                }
            }
            EventType::RunSuspended => self.standing = Standing::Suspended,
            EventType::RunResumed => {
                self.standing = Standing::Open;
                if data.contains_key("accepted_changes") {
                    self.accept_changes(seq);
                }
                if let Some(why) = data.get("gives_up") {
                    self.giving_up = Some(text(why));
                }
            }
            EventType::RunCompleted => self.standing = Standing::Completed,
            EventType::RunFailed => {
                self.standing = Standing::Failed;
                self.failure = take("failure");
                let effect = self.failure.get("effect").and_then(Value::as_str).map(str::to_owned);
                self.forget_end(effect.as_deref());
            }
            EventType::RunRejected => self.standing = Standing::Rejected,
            EventType::RunCancelled => self.standing = Standing::Cancelled,
            EventType::JournalCut => {}
        }
    }

    fn step(&mut self, path: String, seq: u64, state: StepState, undo_failure: Option<Value>) {
        let before = self.steps.get(&path).is_some_and(|s| s.completed);
        let completed = state == StepState::Completed || before && state != StepState::Started;
        self.steps.insert(path, StepRecord { state, completed, seq, undo_failure });
    }

    fn outcome(&mut self, path: &str, outcome: Outcome) {
        if let Some(recorded) = self.recorded.get_mut(path) {
            recorded.outcome = outcome;
        }
    }

    /// The run failed: what its end took back, and what failed, is to be done again.
    fn forget_end(&mut self, failed: Option<&str>) {
        for step in std::mem::take(&mut self.ending) {
            // One whose undo failed stands half: nobody may do it again.
            if self.steps.get(&step).is_some_and(|s| s.state == StepState::Undone && s.undo_failure.is_none())
            {
                self.forget_under(&step);
            }
        }
        if let Some(failed) = failed {
            let first = first_try(failed).to_owned();
            let again = |path: &String| first_try(path) == first;
            let tries = self.recorded.range(first.clone()..).take_while(|(path, _)| path.starts_with(&first));
            let tries: Vec<String> = tries.map(|(path, _)| path.clone()).filter(again).collect();
            tries.iter().for_each(|path| drop(self.recorded.remove(path)));
        }
        self.recorded.retain(|_, r| !matches!(&r.outcome, Outcome::Failed(f) if was_cancelled(f)));
    }

    fn forget_under(&mut self, step: &str) {
        let inside = format!("{step}/");
        let outside = |path: &str| path != step && !path.starts_with(&inside);
        self.recorded.retain(|path, _| outside(path));
        self.gates.retain(|path, _| outside(path));
        self.steps.retain(|path, _| outside(path));
    }

    /// From the event with this number on the run goes on with changed files.
    pub fn accept_changes(&mut self, seq: u64) {
        self.accepted = seq;
        self.gates.clear();
        self.steps.clear();
        self.ending.clear();
    }

    /// What is recorded at a path.
    pub fn at(&self, path: &str) -> Option<&Recorded> {
        self.recorded.get(path)
    }

    /// The tool calls that the question at a path led to, in order.
    pub fn calls(&self, question: &str) -> Vec<&Call> {
        self.calls.of(question)
    }

    /// What answers this request, to be taken out: a value that was given to the run need not be kept.
    ///
    /// `Err` is what stands at the path for another request, which only a mistake of the engine can bring about.
    pub fn take(&mut self, path: &str, kind: &str, digest: &str) -> Result<Option<Recorded>, Box<Recorded>> {
        let fits = |r: &Recorded| r.kind == kind && (r.digest.is_empty() || r.digest == digest);
        match self.recorded.remove(path) {
            Some(recorded) if recorded.seq > self.accepted && !fits(&recorded) => Err(Box::new(recorded)),
            Some(recorded) if recorded.seq > self.accepted => {
                self.depart(path);
                Ok(Some(recorded))
            }
            Some(recorded) if fits(&recorded) => Ok(Some(recorded)),
            _ => {
                self.depart(path);
                Ok(None)
            }
        }
    }

    /// The changed program does something of its own at this path.
    fn depart(&mut self, path: &str) {
        if self.accepted > 0 {
            let accepted = self.accepted;
            self.recorded.retain(|other, r| r.seq > accepted || beside(other, path));
        }
    }

    /// The paths of all that the program has not asked for again.
    pub fn ahead(&self) -> impl Iterator<Item = &str> {
        self.recorded.keys().map(String::as_str)
    }

    /// The same beneath one path.
    pub fn ahead_under<'a>(&'a self, inside: &'a str) -> impl Iterator<Item = &'a str> {
        let from = self.recorded.range(inside.to_owned()..).map(|(path, _)| path.as_str());
        from.take_while(move |path| path.starts_with(inside))
    }

    /// The gate at a path as it was last opened.
    pub fn gate(&self, path: &str) -> Option<&GateRecord> {
        self.gates.get(path)
    }

    pub fn step_at(&self, path: &str) -> Option<&StepRecord> {
        self.steps.get(path)
    }

    /// Every step with its path.
    pub fn steps(&self) -> impl Iterator<Item = (&str, &StepRecord)> {
        self.steps.iter().map(|(path, step)| (path.as_str(), step))
    }

    /// Effects of which nobody knows whether they happened, with their paths.
    pub fn in_doubt(&self) -> impl Iterator<Item = (&str, &Recorded)> {
        self.recorded
            .iter()
            .filter(|(_, r)| matches!(r.outcome, Outcome::InDoubt(_)))
            .map(|(path, r)| (path.as_str(), r))
    }

    /// Steps whose undo failed at the end of the run: they stand half, and only people can do something about it.
    pub fn half_undone(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter(|(_, s)| s.undo_failure.is_some()).map(|(path, _)| path.as_str())
    }

    /// Gates that were opened and are neither settled by their decisions nor expired, with their paths.
    pub fn waiting(&self) -> impl Iterator<Item = (&str, &GateRecord)> {
        self.gates
            .iter()
            .filter(|(_, g)| !g.expired && !g.decisions.iter().any(Decision::settles))
            .map(|(path, g)| (path.as_str(), g))
    }
}

/// The path of an effect without what tells its tries and the pauses between them apart.
fn first_try(path: &str) -> &str {
    let from = path.rfind('/').map_or(0, |slash| slash + 1);
    let name = &path[from..];
    &path[..from + name.find(['@', ':']).unwrap_or(name.len())]
}

/// Whether a failure is only that a branch beside it failed first.
fn was_cancelled(failure: &Value) -> bool {
    failure.get("code").and_then(Value::as_str) == Some(crate::diagnostics::codes::run::E1107.id())
}

/// The branches of `parallel` that a place is in, from the outside in.
pub(crate) fn branches(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.scan((0, false), move |(from, in_for), to| {
        let segment = &path[*from..to];
        let is_branch =
            *in_for && segment.starts_with('[') || segment.starts_with("parallel#") && segment.contains('.');
        *in_for = segment.starts_with("parallel#") && !segment.contains('.');
        *from = to + 1;
        Some(is_branch.then(|| &path[..to]))
    })
    .flatten()
}

/// Whether two places are in different branches of one `parallel`.
pub(crate) fn beside(a: &str, b: &str) -> bool {
    let mut before = "";
    let (mut a, mut b) = (a.split('/'), b.split('/'));
    loop {
        match (a.next(), b.next()) {
            (Some(x), Some(y)) if x == y => before = x,
            (Some(x), Some(y)) => {
                let turns = before.starts_with("parallel#") && x.starts_with('[') && y.starts_with('[');
                let site = |segment: &str| -> Option<String> {
                    let (site, _) = segment.strip_prefix("parallel#")?.split_once('.')?;
                    Some(site.to_owned())
                };
                return turns || site(x).is_some_and(|x| site(y) == Some(x));
            }
            _ => return false,
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{beside, branches};

    #[test]
    fn branches_are_told_from_the_outside_in() {
        let of = |path| branches(path).collect::<Vec<_>>();
        assert_eq!(of("w/a/run#1"), Vec::<&str>::new());
        assert_eq!(of("w/parallel#1.b/s/run#1"), ["w/parallel#1.b"]);
        let nested = "w/parallel#1.b/s/parallel#2/[3]/x/[4]/run#1";
        assert_eq!(of(nested), ["w/parallel#1.b", "w/parallel#1.b/s/parallel#2/[3]"]);
        assert!(beside("w/parallel#1.a", nested) && !beside("w/parallel#1.b", nested));
    }
}
