//! A summary of every run in one file, so that a list of very many runs reads one file instead of thousands.
//!
//! Promise: what it gives is what [`summary()`] gives. An entry holds as long as the journal's size and time of change are
//! those it was made from; journals only grow, so a change shows. Whether a process works on a run that has not ended is
//! always looked up. It is a convenience only: it may be deleted at any time, nothing that decides or verifies reads it,
//! and a folder that cannot be written has none.

use super::run_dir::{RunDir, RunId, Runs};
use super::store::{append_all, read_all};
use super::summary::{RunState, Summary, summary, with_owner};
use super::time::Timestamp;
use crate::diagnostics::Failure;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::PathBuf;

/// Part of the file's name: another form of entry is another file.
const NAME: &str = "index-1.jsonl";

pub struct Index<'r> {
    runs: &'r Runs,
    entries: HashMap<String, Entry>,
    changed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    run: String,
    /// Of the journal, with the time of its last change in nanoseconds.
    size: u64,
    changed: i64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    workflow: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    started: i64,
    last: i64,
    state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    events: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    failed_in_effect: bool,
}

/// What the journal alone says: whether a process works on the run is nothing to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Open,
    Suspended,
    Completed,
    Failed,
    Rejected,
    Cancelled,
}

impl<'r> Index<'r> {
    /// What is there of it; an index that is missing or cannot be read is an empty one.
    pub fn open(runs: &'r Runs) -> Index<'r> {
        let text = read_all(runs.store().as_ref(), &path(runs)).unwrap_or_default();
        let lines = text.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<Entry>(line).ok());
        let entries = lines.map(|entry| (entry.run.clone(), entry)).collect();
        Index { runs, entries, changed: false }
    }

    /// As [`summary()`], from the index where its entry still holds.
    pub fn summary(&mut self, id: &RunId) -> Result<Summary, Failure> {
        let dir = self.runs.open(id);
        let stamp = self.runs.store().stamp(&dir.journal_path()).ok().flatten();
        if let (Some((size, changed)), Some(entry)) = (stamp, self.entries.get(id.as_str()))
            && (entry.size, entry.changed) == (size, changed)
        {
            return entry.summary(&dir);
        }
        let fresh = summary(&dir)?;
        // The stamp was taken first: what was written since shows at the next look.
        match stamp.and_then(|stamp| Entry::of(&fresh, stamp)) {
            Some(entry) => drop(self.entries.insert(id.as_str().to_owned(), entry)),
            None => drop(self.entries.remove(id.as_str())),
        }
        self.changed = true;
        Ok(fresh)
    }

    /// Keeps what was learnt, for the runs that there are. It is not missed where it cannot be kept.
    pub fn save(self, there: &[RunId]) {
        if !self.changed && self.entries.len() <= there.len() {
            return;
        }
        let mut text = Vec::new();
        for entry in there.iter().filter_map(|id| self.entries.get(id.as_str())) {
            if serde_json::to_writer(&mut text, entry).is_ok() {
                text.push(b'\n');
            }
        }
        let store = self.runs.store();
        let target = path(self.runs);
        // Others may save at the same time; each has a file of its own until it is whole.
        let temporary = target.with_extension(format!("tmp-{}", std::process::id()));
        let written = store.create_new(&temporary).and_then(|mut file| append_all(file.as_mut(), &text));
        if written.and_then(|()| store.rename(&temporary, &target)).is_err() {
            let _ = store.remove_file(&temporary);
        }
    }
}

fn path(runs: &Runs) -> PathBuf {
    runs.root().join(NAME)
}

impl Entry {
    /// `None` for what may still become anything: a run that has not begun.
    fn of(known: &Summary, (size, changed): (u64, i64)) -> Option<Entry> {
        let state = match known.state {
            RunState::Running(_) | RunState::Interrupted => State::Open,
            RunState::Suspended => State::Suspended,
            RunState::Completed => State::Completed,
            RunState::Failed => State::Failed,
            RunState::Rejected => State::Rejected,
            RunState::Cancelled => State::Cancelled,
            RunState::NeverBegan => return None,
        };
        Some(Entry {
            run: known.id.as_str().to_owned(),
            size,
            changed,
            workflow: known.workflow.clone(),
            file: known.file.clone(),
            started: known.started.0,
            last: known.last.0,
            state,
            gate: known.gate.clone(),
            until: known.until.map(|t| t.0),
            reason: known.reason.clone(),
            events: known.events,
            failed_in_effect: known.failed_in_effect,
        })
    }

    fn summary(&self, dir: &RunDir) -> Result<Summary, Failure> {
        let state = match self.state {
            State::Open => with_owner(dir, RunState::Interrupted)?,
            State::Suspended => with_owner(dir, RunState::Suspended)?,
            State::Completed => RunState::Completed,
            State::Failed => RunState::Failed,
            State::Rejected => RunState::Rejected,
            State::Cancelled => RunState::Cancelled,
        };
        Ok(Summary {
            id: dir.id().clone(),
            workflow: self.workflow.clone(),
            file: self.file.clone(),
            started: Timestamp(self.started),
            last: Timestamp(self.last),
            state,
            gate: self.gate.clone(),
            until: self.until.map(Timestamp),
            reason: self.reason.clone(),
            events: self.events,
            failed_in_effect: self.failed_in_effect,
        })
    }
}
