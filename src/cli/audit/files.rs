//! Files that the audit reads and makes: never one in the place of another.

use crate::cli::exit::Exit;
use crate::cli::report::Trouble;
use crate::diagnostics::codes::{audit, files, usage};
use crate::diagnostics::io_text;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// More than any checkpoint or attestation; guards the memory.
const LARGEST: u64 = 256 << 20;

pub fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    let size = std::fs::metadata(path).map(|m| m.len()).unwrap_or(0);
    let content = match size > LARGEST {
        true => Err(std::io::Error::other("it is far too large")),
        false => std::fs::read(path),
    };
    content.map_err(|e| {
        Trouble::new(files::E1411, format!("{} cannot be read: {}", path.display(), io_text(&e)))
            .help("give the path of the file that was kept")
    })
}

/// Makes a file that must not be there yet, durably; `mode` are its rights.
pub fn create(path: &Path, content: &[u8], mode: u32) -> Result<(), Trouble> {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut file = made.map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Trouble::new(audit::E1803, format!("{} is there already", path.display()))
                .help("choose another file with `--out`, or move that one away first")
        }
        _ => unwritable(path, &e),
    })?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(|e| {
        // A part of it would look like all of it.
        let _ = std::fs::remove_file(path);
        unwritable(path, &e)
    })
}

fn unwritable(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::new(usage::E1705, format!("{} cannot be written: {}", path.display(), io_text(error)))
        .help("choose another place with `--out`")
        .exit(Exit::Failed)
}
