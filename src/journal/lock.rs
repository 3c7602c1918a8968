//! One owner per run: an OS lock on the journal itself, so no lock file can be stale, be deleted or be replaced. A
//! note beside it (`owner`) says who has it, for messages only.

use super::errors::io_failure;
use super::run_dir::RunDir;
use super::store::{Process, StoreFile, append_all, read_all};
use crate::diagnostics::codes::journal as codes;
use crate::diagnostics::{ErrorKind, Failure};
use serde_json::{Value, json};
use std::io;
use std::time::Duration;

/// Whoever looks whether a run is owned takes its lock for a moment, and what a killed owner was just starting shares the
/// lock until it has become another program; neither must turn an owner away.
const TRIES: u32 = 30;
const BETWEEN: Duration = Duration::from_millis(10);

/// Takes the lock of a run's journal, or says who has it.
pub(super) fn own(dir: &RunDir, file: &mut dyn StoreFile) -> Result<(), Failure> {
    for attempt in 1..=TRIES {
        match file.try_lock() {
            Ok(true) => {
                return note_owner(dir).map_err(|e| io_failure(&e, "take over the run", &dir.owner_path()));
            }
            Ok(false) if attempt < TRIES => dir.store().pause(BETWEEN),
            Ok(false) => break,
            Err(e) => return Err(io_failure(&e, "lock the journal", &dir.journal_path())),
        }
    }
    let (who, help) = match owner_note(dir) {
        Some(pid) => (
            format!("process {pid}"),
            format!(
                "let it finish, or end it (`kill {pid}`; if it is stopped, `kill -CONT {pid}` first) and resume again"
            ),
        ),
        None => ("another process".to_owned(), "let it finish, then resume again".to_owned()),
    };
    Err(Failure::new(
        ErrorKind::Transient,
        codes::E1507,
        format!("the run {} is being worked on by {who}", dir.id()),
    )
    .help(help))
}

/// The process that owns the run now, if any. `None` within: it is owned, but its note cannot be read.
pub fn owner(dir: &RunDir) -> Result<Option<Option<u32>>, Failure> {
    match dir.store().is_locked(&dir.journal_path()) {
        Ok(true) => Ok(Some(owner_note(dir))),
        Ok(false) => Ok(None),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io_failure(&e, "look at the lock of", &dir.journal_path())),
    }
}

fn note_owner(dir: &RunDir) -> io::Result<()> {
    let store = dir.store();
    let path = dir.owner_path();
    let Process { pid, start } = store.process();
    let text = json!({ "pid": pid, "start": start, "since": store.now().rfc3339() }).to_string();
    let mut file = match store.create_new(&path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => store.open_append(&path)?,
        other => other?,
    };
    file.truncate(0)?;
    append_all(file.as_mut(), text.as_bytes())
}

/// Only a process that runs and is the one that wrote the note: people are told to end it, and its number may have gone
/// to another one meanwhile.
fn owner_note(dir: &RunDir) -> Option<u32> {
    let bytes = read_all(dir.store().as_ref(), &dir.owner_path()).ok()?;
    let note: Value = serde_json::from_slice(&bytes).ok()?;
    let process =
        Process { pid: note.get("pid")?.as_u64()?.try_into().ok()?, start: note.get("start")?.as_u64()? };
    dir.store().lives(&process).then_some(process.pid)
}
