//! A journal read back, line by line, with its chain checked. Three ends are told apart: whole; torn (what a crash
//! leaves of the last unconfirmed write); damaged, with the line.

use super::errors::{damaged, io_failure};
use super::event::{Event, EventType, LineDigest};
use super::run_dir::RunDir;
use crate::diagnostics::codes::journal as codes;
use crate::diagnostics::{ErrorKind, Failure};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};

/// The version of the event schema that this engine writes.
pub const SCHEMA_VERSION: u64 = 1;
/// No line is longer: large content lies in blobs. Guards the memory against a file that is no journal.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// What a crash left behind the last intact line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TornTail {
    /// The line that is not whole.
    pub line: u64,
    /// Where the intact part ends.
    pub offset: u64,
    pub bytes: u64,
}

/// Why reading stopped.
#[derive(Debug)]
pub enum ReadError {
    Damaged { line: u64, why: String },
    Failed(Failure),
}

/// Everything of one run.
#[derive(Debug)]
pub struct Journal {
    pub events: Vec<Event>,
    pub torn_tail: Option<TornTail>,
    /// Digest of the last intact line.
    pub head: LineDigest,
    /// Length of the intact part.
    pub bytes: u64,
}

impl Journal {
    /// Reads and checks all of it. Damage is refused with its line.
    pub fn read(dir: &RunDir) -> Result<Journal, Failure> {
        let mut reader = Reader::open(dir)?;
        let mut events = Vec::new();
        while let Some(event) = reader.next().map_err(|e| e.into_failure(dir))? {
            events.push(event);
        }
        Ok(Journal { events, torn_tail: reader.torn_tail, head: reader.head, bytes: reader.offset })
    }

    /// The highest epoch so far.
    pub fn epoch(&self) -> u64 {
        self.events.last().map_or(0, |e| e.epoch)
    }
}

impl ReadError {
    pub fn into_failure(self, dir: &RunDir) -> Failure {
        match self {
            ReadError::Damaged { line, why } => damaged(&dir.journal_path(), line, &why),
            ReadError::Failed(failure) => failure,
        }
    }
}

/// Gives the events in order without keeping them.
pub struct Reader {
    file: BufReader<Box<dyn super::store::ReadFile>>,
    dir: RunDir,
    line: Vec<u8>,
    /// Of the last line given.
    number: u64,
    epoch: u64,
    head: LineDigest,
    /// Where the next line begins.
    offset: u64,
    torn_tail: Option<TornTail>,
}

impl Reader {
    pub fn open(dir: &RunDir) -> Result<Reader, Failure> {
        let path = dir.journal_path();
        let file = dir.store().open_read(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => never_began(dir),
            _ => io_failure(&e, "read the journal", &path),
        })?;
        Ok(Reader {
            file: BufReader::with_capacity(256 * 1024, file),
            dir: dir.clone(),
            line: Vec::new(),
            number: 0,
            epoch: 0,
            head: LineDigest::START,
            offset: 0,
            torn_tail: None,
        })
    }

    /// The digest of the last line given.
    pub fn head(&self) -> LineDigest {
        self.head
    }
    /// After the last event: whether a torn tail follows it.
    pub fn torn_tail(&self) -> Option<TornTail> {
        self.torn_tail
    }
    /// Where the last line given ends.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }
    /// The last line given, without its end.
    pub fn line(&self) -> &[u8] {
        self.line.strip_suffix(b"\n").unwrap_or(&self.line)
    }

    /// The next event; nothing at the end of the intact part.
    #[expect(clippy::should_implement_trait, reason = "an iterator would have to be asked for its errors")]
    pub fn next(&mut self) -> Result<Option<Event>, ReadError> {
        if self.torn_tail.is_some() || !self.fill()? {
            return Ok(None);
        }
        let number = self.number + 1;
        if self.line.last() != Some(&b'\n') {
            if self.line.len() as u64 >= LONGEST_LINE {
                return Err(ReadError::Damaged {
                    line: number,
                    why: "it is longer than any event".to_owned(),
                });
            }
            return self.torn(self.line.len() as u64);
        }
        if self.line.contains(&0) {
            return self.hole();
        }
        let event = self.check(number).map_err(|why| ReadError::Damaged { line: number, why })?;
        if let Some(version) = newer_schema(&event) {
            return Err(ReadError::Failed(newer(&self.dir, version)));
        }
        self.number = number;
        self.epoch = event.epoch;
        self.head = LineDigest::of(self.line());
        self.offset += self.line.len() as u64;
        Ok(Some(event))
    }

    fn fill(&mut self) -> Result<bool, ReadError> {
        self.line.clear();
        let read = self.file.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut self.line);
        read.map(|n| n > 0)
            .map_err(|e| ReadError::Failed(io_failure(&e, "read the journal", &self.dir.journal_path())))
    }

    fn check(&self, number: u64) -> Result<Event, String> {
        let (event, prev) = Event::parse(self.line())?;
        if event.seq != number {
            return Err(format!("it is event {} where {number} is due", event.seq));
        }
        if prev != self.head {
            return Err("it does not continue the line before".to_owned());
        }
        if event.epoch < self.epoch {
            return Err(format!(
                "it was written by an owner (epoch {}) whom another had followed",
                event.epoch
            ));
        }
        Ok(event)
    }

    fn torn(&mut self, bytes: u64) -> Result<Option<Event>, ReadError> {
        self.torn_tail = Some(TornTail { line: self.number + 1, offset: self.offset, bytes });
        self.line.clear();
        Ok(None)
    }

    /// A line with zero bytes: a part of a write that never reached the disk although a later part did. That is
    /// only so within the last write, so nothing behind it may say that all before was durable.
    fn hole(&mut self) -> Result<Option<Event>, ReadError> {
        let mut bytes = self.line.len() as u64;
        while self.fill()? {
            bytes += self.line.len() as u64;
            if Event::parse(self.line()).is_ok_and(|(event, _)| event.synced) {
                let why = "a part of it is missing, although later lines were written after it was safe";
                return Err(ReadError::Damaged { line: self.number + 1, why: why.to_owned() });
            }
        }
        self.torn(bytes)
    }
}

fn newer_schema(event: &Event) -> Option<u64> {
    let version = event.data.get("schema").and_then(Value::as_u64)?;
    (event.kind == EventType::RunStarted && version > SCHEMA_VERSION).then_some(version)
}

fn newer(dir: &RunDir, version: u64) -> Failure {
    Failure::new(
        ErrorKind::Configuration,
        codes::E1511,
        format!(
            "the run {} was recorded by a newer wflow (schema {version}, this one knows {SCHEMA_VERSION})",
            dir.id()
        ),
    )
    .help("update wflow; nothing was changed")
}

pub(super) fn never_began(dir: &RunDir) -> Failure {
    Failure::new(ErrorKind::Configuration, codes::E1510, format!("the run {} never began", dir.id()))
        .help("start the workflow anew with `wflow run`; nothing was executed")
}
