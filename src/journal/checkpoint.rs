//! Checkpoints of the record (C2SP `tlog-checkpoint`): how many lines the ledger had, and the Merkle root over them.
//!
//! The ledger holds the digest of each run's first event, of its last, and, from the moment that a checkpoint is made,
//! of the event that it had come to. A journal is a chain, so that digest commits to everything before it. Whoever keeps
//! a signed checkpoint elsewhere can therefore prove later that neither the ledger nor any journal was cut off or
//! rewritten since.

use super::base64::{STANDARD, decode, encode};
use super::event::LineDigest;
use super::ledger::{Entered, Ledger};
use super::lock;
use super::merkle::{Hash, Tree};
use super::read::{ReadError, Reader};
use super::run_dir::{RunDir, RunId, Runs};
use super::summary::summary;
use super::verify::Verdict;
use crate::diagnostics::codes::audit as codes;
use crate::diagnostics::{ErrorKind, Failure};
use std::collections::HashSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose record it is: the name of the key that signs it.
    pub origin: String,
    /// Lines of the ledger.
    pub size: u64,
    pub root: Hash,
}

impl Checkpoint {
    /// Of the record as it is now. First each run that went on since it was last entered is entered as it stands.
    pub fn make(runs: &Runs, origin: &str) -> Result<Checkpoint, Failure> {
        let ledger = Ledger::of(runs);
        let content = ledger.read()?;
        if let Some((line, why)) = content.damage {
            return Err(refused(format!("the ledger is damaged at line {line}: {why}")));
        }
        let known: HashSet<(RunId, u64)> =
            content.entries.into_iter().filter_map(|e| known(e.what)).collect();
        let mut noted = Vec::new();
        for id in runs.list()? {
            let dir = runs.open(&id);
            let is_known = |events| known.contains(&(id.clone(), events));
            // Most runs have ended, and the ledger knows how.
            if summary(&dir).is_ok_and(|s| s.state.is_over() && is_known(s.events)) {
                continue;
            }
            if let Some((events, head)) = standing(&dir)?.filter(|(events, _)| !is_known(*events)) {
                noted.push((id, events, head));
            }
        }
        ledger.runs_noted(&noted)?;
        let tree = Tree::of(ledger.lines()?.iter().map(Vec::as_slice));
        Ok(Checkpoint { origin: origin.to_owned(), size: tree.leaves(), root: tree.root() })
    }

    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, encode(&self.root, STANDARD, true))
    }

    /// Further lines may follow and mean nothing here.
    pub fn parse(text: &str) -> Option<Checkpoint> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let origin = lines.next().filter(|o| !o.is_empty())?.to_owned();
        let digits = lines.next()?;
        let size: u64 = digits.parse().ok().filter(|n: &u64| n.to_string() == digits)?;
        let root = decode(lines.next()?)?.try_into().ok()?;
        lines.all(|l| !l.is_empty()).then_some(Checkpoint { origin, size, root })
    }
}

/// The run, and the event up to which the entry commits to its journal.
fn known(entry: Entered) -> Option<(RunId, u64)> {
    match entry {
        Entered::Ended { run, events, .. } | Entered::Noted { run, events, .. } => Some((run, events)),
        Entered::Started { run, .. } => Some((run, 1)),
        Entered::Cut { .. } => None,
    }
}

/// How far a run has come, durably; nothing for one that never began. A damaged journal cannot be vouched for.
fn standing(dir: &RunDir) -> Result<Option<(u64, LineDigest)>, Failure> {
    // Of what an owner is writing, only that counts which is known to be safe: everything before the last line that
    // says so. What a process left behind that has ended is made safe now: an entry must not know more than the disk.
    let owned = lock::owner(dir)?.is_some();
    if !owned {
        match dir.store().open_append(&dir.journal_path()).and_then(|mut file| file.sync_data()) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(super::errors::sync_failure(&e, &dir.journal_path(), 0)),
        }
    }
    let mut reader = Reader::open(dir)?;
    let (mut events, mut head, mut safe) = (0, LineDigest::START, (0, LineDigest::START));
    loop {
        match reader.next() {
            Ok(Some(event)) => {
                if event.synced {
                    safe = (events, head);
                }
                (events, head) = (event.seq, reader.head());
            }
            Ok(None) => break,
            Err(ReadError::Damaged { line, why }) => {
                return Err(refused(format!(
                    "the journal of run {} is damaged at line {line}: {why}",
                    dir.id()
                )));
            }
            Err(ReadError::Failed(failure)) => return Err(failure),
        }
    }
    let (events, head) = if owned { safe } else { (events, head) };
    Ok((events > 0).then_some((events, head)))
}

fn refused(why: String) -> Failure {
    Failure::new(ErrorKind::Verification, codes::E1806, format!("a damaged record is not vouched for: {why}"))
        .help("`wflow audit verify` shows all of it; restore it from a copy first")
}

/// What the record says to checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    pub verdict: Verdict,
    /// Lines of the ledger that the latest of the checkpoints vouches for.
    pub size: u64,
    /// Lines since.
    pub added: u64,
}

/// Whether the ledger has only grown since each of them. That the journals are what the ledger says is
/// [`super::verify_run`]'s.
pub fn verify_checkpoints(runs: &Runs, checkpoints: &[Checkpoint]) -> Result<Since, Failure> {
    let ledger = Ledger::of(runs);
    let lines = ledger.lines()?;
    let mut sorted: Vec<&Checkpoint> = checkpoints.iter().collect();
    sorted.sort_by_key(|c| c.size);
    let (mut tree, mut proven) = (Tree::default(), 0);
    let size = sorted.last().map_or(0, |c| c.size);
    let added = (lines.len() as u64).saturating_sub(size);
    let mut verdict = Verdict::Ok;
    for checkpoint in sorted {
        let wanted = usize::try_from(checkpoint.size).unwrap_or(usize::MAX);
        while let Some(line) = lines.get(tree.leaves() as usize).filter(|_| tree.leaves() < checkpoint.size) {
            tree.push(line);
        }
        if wanted > lines.len() {
            let (had, has) = (checkpoint.size, lines.len() as u64);
            let gone = had - has;
            let why = format!(
                "the ledger had {had} lines when the checkpoint was signed, and {gone} of them are gone"
            );
            verdict = Verdict::Damaged { line: has + 1, why };
            break;
        }
        if tree.root() != checkpoint.root {
            verdict = rewritten(&ledger, proven, checkpoint.size)?;
            break;
        }
        proven = checkpoint.size;
    }
    Ok(Since { verdict, size, added })
}

/// A root says that something differs, not where; the ledger's own chain may.
fn rewritten(ledger: &Ledger, proven: u64, size: u64) -> Result<Verdict, Failure> {
    Ok(match ledger.read()?.damage {
        Some((line, why)) if line <= size => Verdict::Damaged { line, why },
        _ => {
            let first = proven + 1;
            let which = if first == size {
                format!("line {size} of it is")
            } else {
                format!("lines {first} to {size} of it are")
            };
            let before = match proven {
                0 => String::new(),
                n => format!("; the first {n} are as an earlier checkpoint knows them"),
            };
            Verdict::Damaged {
                line: first,
                why: format!(
                    "the ledger was rewritten since the checkpoint was signed: {which} not what was signed{before}"
                ),
            }
        }
    })
}
