//! A run again, without any effect: the program that it is pinned to is executed as often as a process worked on the
//! run, and each time everything that it asks of the outside is answered from the journal alone.
//!
//! What each process recorded must be just what the program does after all that was recorded before: no event is
//! missing, none is too many, and each comes to the same end. Where a process ended in the middle, the program must come
//! to that place, and nothing is said of what it would have done afterwards.

mod ends;
mod gate;
mod recorded;
mod world;

use super::stored::{self, Pinned, Stored};
use crate::diagnostics::codes::audit;
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::{Root, Stop};
use crate::journal::{Event, EventType, Journal, Replay, RunDir};
use crate::policy::Project;
use recorded::Recorded;
use serde_json::{Map, Value as Json};
use std::path::Path;
use world::Again;

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reexecution {
    /// That worked on the run, each executed again.
    pub processes: u64,
    pub events: u64,
    pub differences: Vec<Difference>,
}

/// Something that the program does and the journal does not say, or the other way round.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Of the journal; none for what it does not hold.
    pub line: Option<u64>,
    /// Where in the program; empty for the run as a whole.
    pub path: String,
    pub why: String,
}

/// Executes a run again. `root` is the project's folder; nothing in it is looked at.
pub fn reexecute(root: &Path, dir: &RunDir) -> Result<Reexecution, Failure> {
    let events = Journal::read(dir)?.events;
    let Some(first) = events.first().filter(|e| e.kind == EventType::RunStarted) else {
        return Err(cannot(dir, "its journal does not begin with its start"));
    };
    let started = &first.data;
    let load = |pinned: &Map<String, Json>| -> Result<(Stored, Project), Failure> {
        let pinned = Pinned::read(dir, pinned)?;
        let (config, environment) = pinned.project(root);
        let checked = pinned.check(&environment);
        let stored = checked.and_then(|checked| Stored::of(dir, started, checked, &config));
        Ok((stored.map_err(|why| why.refuse(|text| cannot(dir, text)))?, config))
    };
    let mut program = load(started)?;
    let mut out = Reexecution { processes: 0, events: events.len() as u64, differences: Vec::new() };
    let mut before = 0;
    for part in events.chunk_by(|a, b| a.epoch == b.epoch) {
        if let Some(changed) = part.iter().find(|e| e.data.contains_key("accepted_changes")) {
            program = load(&changed.data)?;
        }
        if let Some(begin) = part.iter().find(|e| is_begin(e.kind)) {
            out.processes += 1;
            let resumed = Some(begin).filter(|e| e.kind == EventType::RunResumed);
            let past = Replay::of(events[..before].iter().chain(resumed).cloned());
            execute(dir, started, &program, past, part, &mut out.differences)?;
        }
        before += part.len();
    }
    Ok(out)
}

fn cannot(dir: &RunDir, why: &str) -> Failure {
    Failure::new(
        ErrorKind::Configuration,
        audit::E1808,
        format!("run {} cannot be executed again: {why}", dir.id()),
    )
    .help(format!("`wflow audit verify {}` says whether its record is whole", dir.id().short()))
}

/// A process that did not take the run up executed nothing of it.
fn is_begin(kind: EventType) -> bool {
    matches!(kind, EventType::RunStarted | EventType::RunResumed)
}

/// One process's part, after what was recorded before it.
fn execute(
    dir: &RunDir,
    started: &Map<String, Json>,
    (stored, project): &(Stored, Project),
    past: Replay,
    part: &[Event],
    differences: &mut Vec<Difference>,
) -> Result<(), Failure> {
    let workflow = started.get("workflow").and_then(Json::as_str).unwrap_or_default();
    let world = Again {
        recorded: Recorded::new(dir, past, part),
        config: &project.config,
        mode: stored::mode(started),
    };
    let root = Root { path: workflow.to_owned(), ..Root::default() };
    let result = stored.lowered.run_callable(stored.callable, stored.args.clone(), &world, &root);
    let result = result.and_then(|value| stored.lowered.result_to_json(&value).map_err(Stop::Failed));
    let found = world.recorded.finish();
    let end = part.last().filter(|e| e.kind.ends_run() || e.kind == EventType::RunSuspended);
    differences.extend(ends::differences(dir, end, result, found)?);
    Ok(())
}
