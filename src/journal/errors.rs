//! From what the machine said to a [`Failure`] that a person can act on.

use crate::diagnostics::codes::journal as codes;
use crate::diagnostics::{ErrorKind, Failure, io_text};
use std::io;
use std::path::Path;

/// Something could not be done with a file of the records. `doing` reads like "write the journal".
pub fn io_failure(error: &io::Error, doing: &str, path: &Path) -> Failure {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Failure::new(
            ErrorKind::Configuration,
            codes::E1501,
            format!("cannot {doing}: no space is left for {shown}"),
        )
        .help("free some space (`df -h` shows how much is left), then go on with `wflow resume`"),
        io::ErrorKind::ReadOnlyFilesystem => Failure::new(
            ErrorKind::Permission,
            codes::E1502,
            format!("cannot {doing}: {shown} is on a read-only file system"),
        )
        .help("run in a copy of the project that can be written to, or mount it writable: every run keeps a record"),
        io::ErrorKind::PermissionDenied => Failure::new(
            ErrorKind::Permission,
            codes::E1503,
            format!("cannot {doing}: you may not use {shown}"),
        )
        .help("look at its owner and rights with `ls -ld`; the folder `.wflow` must belong to you"),
        io::ErrorKind::FileTooLarge => Failure::new(
            ErrorKind::Configuration,
            codes::E1501,
            format!("cannot {doing}: {shown} may not grow any more"),
        )
        .help("raise the limit on the size of files (`ulimit -f` shows it), then go on with `wflow resume`"),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => Failure::new(
            ErrorKind::Configuration,
            codes::E1504,
            format!("cannot {doing}: {shown}: {}", io_text(error)),
        )
        .help("something else stands in the place of a folder of the records: move it away"),
        _ => Failure::new(
            ErrorKind::Configuration,
            codes::E1504,
            format!("cannot {doing}: {shown}: {}", io_text(error)),
        )
        .help("check the disk and the path, then try again"),
    }
}

/// Adds what became of the run when writing its journal failed.
pub(super) fn write_failure(error: &io::Error, path: &Path, durable: u64) -> Failure {
    io_failure(error, "write the journal", path).note(kept(durable))
}

/// The same of a sync.
pub(super) fn sync_failure(error: &io::Error, path: &Path, durable: u64) -> Failure {
    unconfirmed(error, path).note(kept(durable))
}

/// A sync that failed may have lost what was written; asking again would not tell.
pub(super) fn unconfirmed(error: &io::Error, path: &Path) -> Failure {
    Failure::new(
        ErrorKind::Configuration,
        codes::E1505,
        format!("the disk did not confirm what was written to {}: {error}", path.display()),
    )
    .help("check the disk (`dmesg`), then go on with `wflow resume`")
}

fn kept(durable: u64) -> String {
    match durable {
        0 => "nothing of this run was recorded, and nothing was done".to_owned(),
        n => format!("the first {n} events are safe on disk; nothing was started that is not among them"),
    }
}

pub(super) fn damaged(path: &Path, line: u64, why: &str) -> Failure {
    Failure::new(
        ErrorKind::Verification,
        codes::E1506,
        format!("{} is damaged at line {line}: {why}", path.display()),
    )
    .help("restore the file from a copy; a damaged record is never continued, and nothing was changed in it")
}

pub(super) fn too_deep() -> Failure {
    Failure::new(
        ErrorKind::Business,
        codes::E1514,
        format!(
            "a value is nested more than {} levels deep and cannot be recorded",
            super::canonical::MAX_DEPTH
        ),
    )
    .help("keep such data as text, or take the part that you need")
}
