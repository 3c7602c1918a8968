//! `.wflow/ledger.jsonl`: the start and the end of every run of the project in one chain, so that a deleted, replaced
//! or shortened run shows. Appended under a lock, by whichever process owns the run.

use super::canonical::{canonical, digest_of, write_object};
use super::errors::{io_failure, unconfirmed};
use super::event::{EventType, LineDigest};
use super::run_dir::{LEDGER, RunId, Runs};
use super::store::{Store, StoreFile, append_all, read_all};
use super::time::Timestamp;
use crate::diagnostics::codes::journal as codes;
use crate::diagnostics::{ErrorKind, Failure};
use serde_json::{Map, Value};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long another process may take for its own entry.
const TRIES: u32 = 500;
const BETWEEN: Duration = Duration::from_millis(10);
/// The last entry is looked for in so many bytes first.
const TAIL: u64 = 8 * 1024;

#[derive(Clone)]
pub struct Ledger {
    store: Arc<dyn Store>,
    path: PathBuf,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerEntry {
    pub line: u64,
    pub at: Timestamp,
    pub what: Entered,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Entered {
    /// With the digest of the run's first event.
    Started { run: RunId, workflow: String, first: LineDigest },
    /// How it ended, after how many events, with the digest of the last.
    Ended { run: RunId, state: EventType, events: u64, head: LineDigest },
    /// How far it had come when a checkpoint was made, with the digest of that event.
    Noted { run: RunId, events: u64, head: LineDigest },
    /// A torn tail was cut off.
    Cut { bytes: u64 },
}

/// All entries, and where the chain breaks if it does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LedgerContent {
    pub entries: Vec<LedgerEntry>,
    pub damage: Option<(u64, String)>,
    /// Bytes of a torn last line.
    pub torn: u64,
}

impl Ledger {
    pub fn of(runs: &Runs) -> Ledger {
        Ledger { store: runs.store().clone(), path: runs.root().join(LEDGER) }
    }

    /// Enters a start; durable on return. `first` is the digest of the journal's first event, which is durable already.
    pub fn run_started(&self, run: &RunId, workflow: &str, first: LineDigest) -> Result<(), Failure> {
        self.append("run.started", started(run, workflow, first))
    }

    /// The same unless it is there: a crash may have come between a run's first event and its entry.
    pub fn ensure_started(&self, run: &RunId, workflow: &str, first: LineDigest) -> Result<(), Failure> {
        let known = self.read()?.entries;
        if known.iter().any(|e| matches!(&e.what, Entered::Started { run: r, .. } if r == run)) {
            return Ok(());
        }
        self.run_started(run, workflow, first)
    }

    /// Enters an end; durable on return. `head` is [`super::Writer::head`] after the last event became durable.
    pub fn run_ended(&self, run: &RunId, end: EventType, head: (u64, LineDigest)) -> Result<(), Failure> {
        let fields = [
            ("events", Value::from(head.0)),
            ("head", Value::from(head.1.hex())),
            ("run", Value::from(run.as_str())),
            ("state", Value::from(end.name())),
        ];
        self.append("run.ended", members(fields))
    }

    /// The same unless exactly this end is there: a crash may have come between a run's last event and its entry.
    pub fn ensure_ended(&self, run: &RunId, end: EventType, head: (u64, LineDigest)) -> Result<(), Failure> {
        let this = Entered::Ended { run: run.clone(), state: end, events: head.0, head: head.1 };
        match self.read()?.entries.iter().any(|e| e.what == this) {
            true => Ok(()),
            false => self.run_ended(run, end, head),
        }
    }

    /// Enters how far runs have come, all at once; durable on return.
    pub fn runs_noted(&self, noted: &[(RunId, u64, LineDigest)]) -> Result<(), Failure> {
        let entry = |(run, events, head): &(RunId, u64, LineDigest)| {
            let fields = [
                ("events", Value::from(*events)),
                ("head", Value::from(head.hex())),
                ("run", Value::from(run.as_str())),
            ];
            ("run.noted", members(fields))
        };
        match noted {
            [] => Ok(()),
            some => self.append_all(some.iter().map(entry)),
        }
    }

    fn append(&self, kind: &str, data: Map<String, Value>) -> Result<(), Failure> {
        self.append_all([(kind, data)])
    }

    fn append_all<'a>(
        &self,
        entries: impl IntoIterator<Item = (&'a str, Map<String, Value>)>,
    ) -> Result<(), Failure> {
        let failed = |e: io::Error| io_failure(&e, "write the ledger of runs", &self.path);
        let mut file = self.open().map_err(failed)?;
        self.lock(file.as_mut())?;
        let (mut last, intact, size) = self.tail()?;
        if last.0 == 0
            && let Some(folder) = self.path.parent()
        {
            // Whoever made the file may have been ended before its name was durable.
            self.store.sync_dir(folder).map_err(|e| unconfirmed(&e, folder))?;
        }
        let mut lines = Vec::new();
        if intact < size {
            file.truncate(intact).map_err(failed)?;
            self.render(
                &mut lines,
                &mut last,
                "ledger.cut",
                members([("bytes", Value::from(size - intact))]),
            );
        }
        for (kind, data) in entries {
            self.render(&mut lines, &mut last, kind, data);
        }
        append_all(file.as_mut(), &lines).map_err(failed)?;
        file.sync_data().map_err(|e| unconfirmed(&e, &self.path))
    }

    fn open(&self) -> io::Result<Box<dyn StoreFile>> {
        match self.store.open_append(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => match self.store.create_new(&self.path) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => self.store.open_append(&self.path),
                made => made,
            },
            other => other,
        }
    }

    fn lock(&self, file: &mut dyn StoreFile) -> Result<(), Failure> {
        for _ in 0..TRIES {
            if file.try_lock().map_err(|e| io_failure(&e, "lock the ledger of runs", &self.path))? {
                return Ok(());
            }
            self.store.pause(BETWEEN);
        }
        Err(Failure::new(
            ErrorKind::Transient,
            codes::E1507,
            format!("another process keeps {} to itself", self.path.display()),
        )
        .help("look for a stopped `wflow` (`ps -C wflow -o pid,stat,args`), let it go on or end it, then try again"))
    }

    /// Number and digest of the last whole line, where it ends, and the size of the file.
    fn tail(&self) -> Result<((u64, LineDigest), u64, u64), Failure> {
        let (bytes, from) = self
            .read_tail(TAIL)
            .and_then(|(bytes, from)| {
                if from > 0 && lines_in(&bytes) < 2 { self.read_tail(u64::MAX) } else { Ok((bytes, from)) }
            })
            .map_err(|e| io_failure(&e, "read the ledger of runs", &self.path))?;
        let size = from + bytes.len() as u64;
        let mut end = bytes.len();
        while let Some(newline) = bytes[..end].iter().rposition(|b| *b == b'\n') {
            let start = bytes[..newline].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
            let line = &bytes[start..newline];
            if has_hole(line) {
                end = start;
                continue;
            }
            let number = serde_json::from_slice::<Value>(line).ok().and_then(|v| v.get("seq")?.as_u64());
            return match number {
                Some(number) => Ok(((number, LineDigest::of(line)), from + newline as u64 + 1, size)),
                None => Err(self.damaged(None, "its last line is no entry")),
            };
        }
        Ok(((0, LineDigest::START), 0, size))
    }

    /// The time in the latest id among the last entries; nothing where there is none that can be read.
    pub(super) fn newest_run(&self) -> Option<u64> {
        let (bytes, _) = self.read_tail(TAIL).ok()?;
        let lines =
            bytes.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
        lines.filter_map(|entry| Some(RunId::parse(entry.get("run")?.as_str()?)?.millis())).max()
    }

    fn read_tail(&self, most: u64) -> io::Result<(Vec<u8>, u64)> {
        let mut file = self.store.open_read(&self.path)?;
        let size = file.seek(SeekFrom::End(0))?;
        let from = size.saturating_sub(most);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((bytes, from))
    }

    fn render(
        &self,
        out: &mut Vec<u8>,
        last: &mut (u64, LineDigest),
        kind: &str,
        mut data: Map<String, Value>,
    ) {
        data.insert("at".to_owned(), Value::from(self.store.now().rfc3339()));
        data.insert("prev".to_owned(), Value::from(last.1.hex()));
        data.insert("seq".to_owned(), Value::from(last.0 + 1));
        data.insert("type".to_owned(), Value::from(kind));
        // The last line has none after it that would name its digest, so each names its own.
        data.insert("digest".to_owned(), Value::from(own_digest(&data)));
        // One level, so it is never too deep.
        let line = canonical(&Value::Object(data)).unwrap_or_default();
        *last = (last.0 + 1, LineDigest::of(line.as_bytes()));
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }

    fn damaged(&self, line: Option<u64>, why: &str) -> Failure {
        let place = line.map(|n| format!(" at line {n}")).unwrap_or_default();
        let message = format!("{} is damaged{place}: {why}", self.path.display());
        Failure::new(ErrorKind::Verification, codes::E1513, message)
            .help("restore it from a copy, or move it away to begin a new one; `wflow audit verify` shows which runs it proves")
    }

    /// Its whole lines as they stand, without their ends and without a look at what they say.
    pub fn lines(&self) -> Result<Vec<Vec<u8>>, Failure> {
        let bytes = match read_all(self.store.as_ref(), &self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(io_failure(&e, "read the ledger of runs", &self.path)),
        };
        let whole = bytes.split_inclusive(|b| *b == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
        Ok(whole.map(<[u8]>::to_vec).collect())
    }

    /// Reads and checks all of it. A project without runs has an empty one.
    pub fn read(&self) -> Result<LedgerContent, Failure> {
        let bytes = match read_all(self.store.as_ref(), &self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(LedgerContent::default()),
            Err(e) => return Err(io_failure(&e, "read the ledger of runs", &self.path)),
        };
        let mut content = LedgerContent::default();
        let mut prev = LineDigest::START;
        let mut rest = bytes.as_slice();
        for (line, number) in bytes.split_inclusive(|b| *b == b'\n').zip(1..) {
            let text = line.strip_suffix(b"\n");
            if text.is_none_or(has_hole) && lines_in(rest) == 0 {
                content.torn = rest.len() as u64;
                break;
            }
            rest = &rest[line.len()..];
            let text = text.unwrap_or(line);
            match entry(text, number, &prev) {
                Ok(entry) => content.entries.push(entry),
                Err(why) => {
                    content.damage = Some((number, why.to_owned()));
                    break;
                }
            }
            prev = LineDigest::of(text);
        }
        Ok(content)
    }
}

/// Of an entry without this field.
fn own_digest(data: &Map<String, Value>) -> String {
    let mut text = Vec::new();
    // One level, so it is never too deep.
    let _ = write_object(&mut text, data, 0);
    digest_of(&text)
}

/// Lines that are whole.
fn lines_in(bytes: &[u8]) -> usize {
    bytes.split_inclusive(|b| *b == b'\n').filter(|l| l.ends_with(b"\n") && !has_hole(l)).count()
}

/// A part of a write that never reached the disk although a later part did: only so in what a crash left at the end.
fn has_hole(line: &[u8]) -> bool {
    line.contains(&0)
}

fn members<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

fn started(run: &RunId, workflow: &str, first: LineDigest) -> Map<String, Value> {
    members([
        ("head", Value::from(first.hex())),
        ("run", Value::from(run.as_str())),
        ("workflow", Value::from(workflow)),
    ])
}

fn entry(text: &[u8], number: u64, prev: &LineDigest) -> Result<LedgerEntry, &'static str> {
    let value: Value = serde_json::from_slice(text).map_err(|_| "it is no entry")?;
    if canonical(&value).map_or(true, |c| c.as_bytes() != text) {
        return Err("it is not as wflow writes it");
    }
    let mut without = value.as_object().cloned().unwrap_or_default();
    let own = without.shift_remove("digest");
    if own != Some(Value::from(own_digest(&without))) {
        return Err("it was changed");
    }
    let field = |name: &str| value.get(name).and_then(Value::as_str).ok_or("it is no entry");
    let count = |name: &str| value.get(name).and_then(Value::as_u64).ok_or("it is no entry");
    if LineDigest::from_hex(field("prev")?) != Some(*prev) || count("seq")? != number {
        return Err("it does not continue the line before");
    }
    let run = || RunId::parse(field("run")?).ok_or("it names no run");
    let head = || LineDigest::from_hex(field("head")?).ok_or("it holds no digest");
    let what = match field("type")? {
        "run.started" => {
            Entered::Started { run: run()?, workflow: field("workflow")?.to_owned(), first: head()? }
        }
        "run.ended" => {
            let state =
                EventType::from_name(field("state")?).filter(|s| s.ends_run()).ok_or("it names no end")?;
            Entered::Ended { run: run()?, state, events: count("events")?, head: head()? }
        }
        "run.noted" => Entered::Noted { run: run()?, events: count("events")?, head: head()? },
        "ledger.cut" => Entered::Cut { bytes: count("bytes")? },
        _ => return Err("it is of no known kind"),
    };
    Ok(LedgerEntry { line: number, at: Timestamp::parse(field("at")?).ok_or("it has no time")?, what })
}
