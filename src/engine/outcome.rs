//! How a run, or one process's part of it, ended.

use super::session::{Done, Undo};
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::{Stop, Suspension};
use crate::source::SourceMap;
use serde_json::Value as Json;

#[derive(Debug, Clone)]
pub enum Outcome {
    Completed {
        value: Json,
    },
    /// An error that nothing caught.
    Failed(Failure),
    /// A person said no, or nobody said yes in time.
    Rejected(Failure),
    /// Nobody knows whether an effect happened; a person must say.
    InDoubt(Failure),
    /// Waits outside any process.
    Suspended(Suspension),
    /// A person gave it up, and what it had done was taken back; the notes say what could not be.
    Cancelled(Failure),
    /// Ctrl-C, or the process was told to end. Resumable.
    Interrupted,
}

impl Outcome {
    pub fn of(result: Result<Json, Stop>) -> Outcome {
        match result {
            Ok(value) => Outcome::Completed { value },
            Err(Stop::Failed(f)) => match f.kind {
                ErrorKind::Rejected => Outcome::Rejected(*f),
                ErrorKind::InDoubt => Outcome::InDoubt(*f),
                _ => Outcome::Failed(*f),
            },
            Err(Stop::GivenUp(failure)) => Outcome::Cancelled(*failure),
            Err(Stop::Suspended(at)) => Outcome::Suspended(at),
            Err(Stop::Interrupted | Stop::Cancelled) => Outcome::Interrupted,
        }
    }

    /// One word for listings and JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Completed { .. } => "completed",
            Outcome::Failed(_) => "failed",
            Outcome::Rejected(_) => "rejected",
            Outcome::InDoubt(_) => "in_doubt",
            Outcome::Suspended(_) => "suspended",
            Outcome::Cancelled(_) => "cancelled",
            Outcome::Interrupted => "interrupted",
        }
    }

    /// Whether `wflow resume` can go on from here. A run that failed in an effect does that effect anew; one that failed
    /// by its own computation would fail in the same way, unless its file is changed (`--accept-changes`).
    pub fn resumable(&self) -> bool {
        match self {
            Outcome::Suspended(_) | Outcome::Interrupted | Outcome::InDoubt(_) => true,
            Outcome::Failed(failure) => failure.kind != ErrorKind::Bug && failure.effect.is_some(),
            _ => false,
        }
    }
}

/// One process's part of a run, done.
#[derive(Debug)]
pub struct Finished {
    pub run: String,
    pub workflow: String,
    pub outcome: Outcome,
    /// Whether the outcome is on record. If not (a full disk), the run is as after a crash.
    pub ended: bool,
    /// The gate it waits at asks for a stronger proof than a terminal can give.
    pub needs_assurance: Option<crate::policy::Assurance>,
    /// The last steps that were completed, in order.
    pub steps: Vec<Done>,
    /// Files that changed since the run was started: it went on with the old ones.
    pub changed: Vec<String>,
    /// What else whoever sees this should know.
    pub notices: Vec<String>,
    /// What the places of a failure refer to.
    pub sources: SourceMap,
    /// Of the journal, by this process.
    pub syncs: u64,
    pub bytes: u64,
}

impl Finished {
    /// Whether `wflow resume` can go on from here. Nobody knows what of a step stands that could not be taken back.
    pub fn resumable(&self) -> bool {
        !self.ended || self.outcome.resumable() && self.steps.iter().all(|s| s.undo != Undo::Failed)
    }

    /// Whether it can once its files are changed: it failed by what they say, not by what it met.
    pub fn resumable_with_changes(&self) -> bool {
        let failed = matches!(&self.outcome, Outcome::Failed(f) if f.kind != ErrorKind::Bug);
        failed && self.steps.iter().all(|s| s.undo != Undo::Failed)
    }
}
