//! One line about a run for lists: read from its first event and the end of its journal, whatever lies between.

use super::errors::{damaged, io_failure};
use super::event::{Event, EventType};
use super::lock;
use super::run_dir::{RunDir, RunId};
use super::time::Timestamp;
use crate::diagnostics::{ErrorKind, Failure};
use serde_json::Value;
use std::io::{self, Read, Seek, SeekFrom};

/// So much is read of each end of a journal at first.
const WINDOW: u64 = 4 * 1024;

#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub id: RunId,
    pub workflow: String,
    pub file: Option<String>,
    pub started: Timestamp,
    /// When it ended, or was last heard of.
    pub last: Timestamp,
    pub state: RunState,
    /// The gate it waits at.
    pub gate: Option<String>,
    /// The time it waits for.
    pub until: Option<Timestamp>,
    /// Any other cause for which it is suspended.
    pub reason: Option<String>,
    pub events: u64,
    /// It failed in an effect, which a resumed run does anew.
    pub failed_in_effect: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// A process works on it; its id, if it could be read.
    Running(Option<u32>),
    /// No process does, and it has not ended: `wflow resume`.
    Interrupted,
    Suspended,
    Completed,
    Failed,
    Rejected,
    Cancelled,
    /// It ended before anything was recorded.
    NeverBegan,
}

impl RunState {
    /// It came to an end of its own.
    pub fn is_over(self) -> bool {
        matches!(self, RunState::Completed | RunState::Failed | RunState::Rejected | RunState::Cancelled)
    }

    pub fn name(self) -> &'static str {
        match self {
            RunState::Running(_) => "running",
            RunState::Interrupted => "interrupted",
            RunState::Suspended => "suspended",
            RunState::Completed => "completed",
            RunState::Failed => "failed",
            RunState::Rejected => "rejected",
            RunState::Cancelled => "cancelled",
            RunState::NeverBegan => "never began",
        }
    }
}

/// Does not check the chain: that is [`super::verify_run`]'s.
pub fn summary(dir: &RunDir) -> Result<Summary, Failure> {
    let path = dir.journal_path();
    let failed = |e: io::Error| io_failure(&e, "read the journal", &path);
    let (first, last) = match ends(dir) {
        Ok((Some(first), last)) => (first, last),
        Ok((None, _)) => return Ok(never_began(dir)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(never_began(dir)),
        Err(e) => return Err(failed(e)),
    };
    let start = parse(&first).filter(|e| e.kind == EventType::RunStarted);
    let start = start.ok_or_else(|| damaged(&path, 1, "it is not the start of a run"))?;
    // From the last line backwards; a run that has ended needs no more than that one.
    let mut backwards = last.rsplit(|b| *b == b'\n').filter_map(parse);
    let latest = backwards.next();
    let end = latest.as_ref().unwrap_or(&start);
    let state = match end.kind {
        EventType::RunCompleted => RunState::Completed,
        EventType::RunFailed => RunState::Failed,
        EventType::RunRejected => RunState::Rejected,
        EventType::RunCancelled => RunState::Cancelled,
        EventType::RunSuspended => with_owner(dir, RunState::Suspended)?,
        _ => with_owner(dir, RunState::Interrupted)?,
    };
    let gate = match end.kind.ends_run() {
        true => None,
        false => waiting_gate(latest.iter().cloned().chain(backwards)),
    };
    let suspended = end.kind == EventType::RunSuspended;
    let cause = |field: &str| end.text(field).filter(|_| suspended);
    Ok(Summary {
        id: dir.id().clone(),
        workflow: start.text("workflow").unwrap_or_default().to_owned(),
        file: start.text("file").map(str::to_owned),
        started: start.at,
        last: end.at,
        state,
        gate,
        until: cause("until").and_then(Timestamp::parse),
        reason: cause("reason").map(str::to_owned),
        events: end.seq,
        failed_in_effect: end.data.get("failure").is_some_and(|f| {
            f.get("effect").is_some() && f.get("kind").and_then(Value::as_str) != Some(ErrorKind::Bug.name())
        }),
    })
}

/// Running where a process works on it, and otherwise what the journal says.
pub(super) fn with_owner(dir: &RunDir, otherwise: RunState) -> Result<RunState, Failure> {
    Ok(lock::owner(dir)?.map_or(otherwise, RunState::Running))
}

fn never_began(dir: &RunDir) -> Summary {
    let at = i64::try_from(dir.id().millis()).unwrap_or(i64::MAX);
    Summary {
        id: dir.id().clone(),
        workflow: String::new(),
        file: None,
        started: Timestamp(at),
        last: Timestamp(at),
        state: RunState::NeverBegan,
        gate: None,
        until: None,
        reason: None,
        events: 0,
        failed_in_effect: false,
    }
}

fn parse(line: &[u8]) -> Option<Event> {
    Event::parse(line).ok().map(|(event, _)| event)
}

/// The gate that was opened last, if nobody has decided on it. One of several that wait at once.
fn waiting_gate(backwards: impl Iterator<Item = Event>) -> Option<String> {
    let named = |e: &Event| e.text("gate").map(str::to_owned);
    let mut decided: Vec<String> = Vec::new();
    for event in backwards {
        match event.kind {
            EventType::RunSuspended if event.data.get("gate").is_some_and(Value::is_string) => {
                return named(&event);
            }
            EventType::GateDecided | EventType::GateExpired => decided.push(event.path),
            EventType::GateOpened if !decided.contains(&event.path) => return named(&event),
            // A resumed run asks again where it has to.
            EventType::RunResumed => return None,
            _ => {}
        }
    }
    None
}

/// The first line, if it is whole, and whole lines of the end with at least one event that can be read.
fn ends(dir: &RunDir) -> io::Result<(Option<Vec<u8>>, Vec<u8>)> {
    let mut file = dir.store().open_read(&dir.journal_path())?;
    let size = file.seek(SeekFrom::End(0))?;
    let mut first = None;
    let mut window = WINDOW;
    while first.is_none() {
        let head = read_at(&mut file, 0, window.min(size))?;
        first = head.iter().position(|b| *b == b'\n').map(|end| head[..end].to_vec());
        if window >= size {
            break;
        }
        window *= 16;
    }
    let mut window = WINDOW;
    loop {
        let from = size.saturating_sub(window);
        let mut tail = read_at(&mut file, from, size - from)?;
        // The torn rest of a last line is no event, nor is the cut beginning of the first.
        tail.truncate(tail.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1));
        if from == 0 || tail.rsplit(|b| *b == b'\n').any(|line| parse(line).is_some()) {
            return Ok((first, tail));
        }
        window *= 16;
    }
}

fn read_at(file: &mut Box<dyn super::ReadFile>, from: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
