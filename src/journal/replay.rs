//! What a resumed run needs of its journal: which effect at which path had which outcome, which steps were taken
//! back, what was decided, and where the run stands.

use super::event::{Event, EventType};
use super::time::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

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
    recorded: BTreeMap<String, Recorded>,
    steps: BTreeMap<String, StepRecord>,
    gates: BTreeMap<String, GateRecord>,
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
    /// Its step was taken back: it answers no more.
    pub undone: bool,
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
    /// It belongs to a step that was taken back: it is asked anew.
    pub undone: bool,
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
    pub fn apply(&mut self, event: Event) {
        self.epoch = event.epoch;
        self.events = event.seq;
        let Event { seq, at, kind, path, epoch, mut data, .. } = event;
        let mut take = |field: &str| data.get_mut(field).map(Value::take).unwrap_or_default();
        let fact = |kind: String, value: Value| {
            let outcome = Outcome::Value(value);
            Recorded { seq, epoch, kind, digest: String::new(), outcome, undone: false }
        };
        match kind {
            EventType::RunStarted => {
                self.started = data;
                self.started_at = at;
            }
            EventType::StepStarted => self.step(path, seq, StepState::Started, None),
            EventType::StepCompleted => self.step(path, seq, StepState::Completed, None),
            EventType::UndoStarted => self.step(path, seq, StepState::Undoing, None),
            EventType::UndoCompleted => {
                let failure = Some(take("failure")).filter(|f| !f.is_null());
                if failure.is_none() {
                    self.forget_under(&path);
                }
                self.step(path, seq, StepState::Undone, failure);
            }
            EventType::EffectIntended => {
                let (kind, digest) = (text(&take("kind")), text(&take("digest")));
                let outcome = Outcome::InDoubt(data);
                self.recorded.insert(path, Recorded { seq, epoch, kind, digest, outcome, undone: false });
            }
            EventType::EffectCompleted => self.outcome(&path, Outcome::Value(take("result"))),
            EventType::EffectFailed => self.outcome(&path, Outcome::Failed(take("failure"))),
            EventType::ValueRecorded => {
                let recorded = fact(text(&take("kind")), take("value"));
                self.recorded.insert(path, recorded);
            }
            EventType::Said => {
                let recorded = fact("said".to_owned(), take("text"));
                self.recorded.insert(path, recorded);
            }
            EventType::GateOpened => {
                let gate = GateRecord {
                    opened: data,
                    opened_at: at,
                    epoch,
                    decisions: Vec::new(),
                    expired: false,
                    undone: false,
                };
                self.gates.insert(path, gate);
            }
            EventType::GateDecided => {
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
            EventType::RunResumed => self.standing = Standing::Open,
            EventType::RunCompleted => self.standing = Standing::Completed,
            EventType::RunFailed => self.standing = Standing::Failed,
            EventType::RunRejected => self.standing = Standing::Rejected,
            EventType::RunCancelled => self.standing = Standing::Cancelled,
            EventType::JournalCut => {}
        }
    }

    fn step(&mut self, path: String, seq: u64, state: StepState, undo_failure: Option<Value>) {
        self.steps.insert(path, StepRecord { state, seq, undo_failure });
    }

    fn outcome(&mut self, path: &str, outcome: Outcome) {
        if let Some(recorded) = self.recorded.get_mut(path) {
            recorded.outcome = outcome;
        }
    }

    fn forget_under(&mut self, step: &str) {
        let inside = format!("{step}/");
        let under = |path: &String| path.starts_with(&inside);
        for (_, recorded) in self.recorded.range_mut(inside.clone()..).take_while(|(path, _)| under(path)) {
            recorded.undone = true;
        }
        for (_, gate) in self.gates.range_mut(inside.clone()..).take_while(|(path, _)| under(path)) {
            gate.undone = true;
        }
        for (_, nested) in self.steps.range_mut(inside.clone()..).take_while(|(path, _)| under(path)) {
            nested.state = StepState::Undone;
        }
    }

    /// What is recorded at a path, unless its step was taken back.
    pub fn at(&self, path: &str) -> Option<&Recorded> {
        self.recorded.get(path).filter(|r| !r.undone)
    }

    /// The same, to be taken out: a value that was given to the run need not be kept.
    pub fn take(&mut self, path: &str) -> Option<Recorded> {
        self.at(path)?;
        self.recorded.remove(path)
    }

    /// The gate at a path as it was last opened, unless its step was taken back.
    pub fn gate(&self, path: &str) -> Option<&GateRecord> {
        self.gates.get(path).filter(|g| !g.undone)
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
            .filter(|(_, r)| !r.undone && matches!(r.outcome, Outcome::InDoubt(_)))
            .map(|(path, r)| (path.as_str(), r))
    }

    /// Gates that were opened and are neither settled by their decisions nor expired, with their paths.
    pub fn waiting(&self) -> impl Iterator<Item = (&str, &GateRecord)> {
        self.gates
            .iter()
            .filter(|(_, g)| !g.undone && !g.expired && !g.decisions.iter().any(Decision::settles))
            .map(|(path, g)| (path.as_str(), g))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
