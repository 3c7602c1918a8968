//! `wflow audit checkpoint`: vouches, signed, for how far the record has come. Kept elsewhere, it proves later that
//! nothing was cut off or rewritten.

use super::{files, keys};
use crate::cli::exit::Exit;
use crate::cli::report::Trouble;
use crate::cli::runs::of_project;
use crate::journal::{Checkpoint, Note};
use std::path::Path;

pub fn checkpoint(signing_key: Option<&Path>, out: Option<&Path>) -> Result<Exit, Trouble> {
    let key = keys::signing(signing_key)?;
    let made = Checkpoint::make(&of_project(), key.name())?;
    let note = Note::signed(made.to_text(), &key).to_string();
    match out {
        None => out!("{note}"),
        Some(path) => {
            files::create(path, note.as_bytes(), 0o644)?;
            errln!("{} vouches for {} of the ledger; keep it elsewhere", path.display(), lines(made.size));
        }
    }
    Ok(Exit::Completed)
}

pub fn lines(n: u64) -> String {
    format!("{n} line{}", if n == 1 { "" } else { "s" })
}
