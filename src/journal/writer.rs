//! The owner's end of a journal, shared by threads: [`Writer::append`] puts an event into the next write,
//! [`Writer::commit`] returns when it is durable.
//!
//! Everything appended since the last write goes to disk in one write and one sync, whoever asks for it, so an
//! outcome and the next intent, or the events of parallel branches, share them. What nobody commits becomes durable
//! within [`Store::linger`]. A write or sync that fails ends the writer for good: it is never tried again, and every
//! later call gives the same failure.

use super::blobs::Blobs;
use super::errors::{io_failure, sync_failure, write_failure};
use super::event::{Envelope, Event, EventType, LineDigest};
use super::lock;
use super::read::{Reader, never_began};
use super::redact::Redactor;
use super::render::Render;
use super::run_dir::RunDir;
use super::store::{Store, StoreFile, append_all};
use crate::diagnostics::codes::journal as codes;
use crate::diagnostics::{ErrorKind, Failure};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A line may be rendered into this much before its buffer is given back.
const KEPT_BUFFER: usize = 1 << 20;

pub struct Writer {
    shared: Arc<Shared>,
    flusher: Option<JoinHandle<()>>,
    blobs: Blobs,
    redactor: Redactor,
    epoch: u64,
}

struct Shared {
    store: Arc<dyn Store>,
    path: PathBuf,
    state: Mutex<State>,
    /// A write ended.
    written: Condvar,
    /// There is something for the flusher.
    work: Condvar,
}

struct State {
    /// Whole lines that are not written yet.
    buffer: Vec<u8>,
    /// The buffer of the last write, to be used again.
    spare: Vec<u8>,
    /// Absent while a thread writes.
    file: Option<Box<dyn StoreFile>>,
    /// Folders with names that are to be made durable before the next write.
    new_names: Vec<PathBuf>,
    /// What the file must hold before the next write.
    size: u64,
    /// The last event appended, and the last one durable.
    appended: u64,
    durable: u64,
    head: LineDigest,
    poisoned: Option<Failure>,
    closed: bool,
    flusher_sleeps: bool,
    syncs: u64,
    bytes: u64,
}

impl Writer {
    /// For a new run. The journal's name, and that of its folder, become durable with the first event.
    pub fn create(dir: &RunDir, redactor: Redactor) -> Result<Writer, Failure> {
        let path = dir.journal_path();
        let failed = |e: std::io::Error| io_failure(&e, "create the journal", &path);
        let mut file = dir.store().create_new(&path).map_err(failed)?;
        lock::own(dir, file.as_mut())?;
        let writer = Writer::start(dir, redactor, file, 1, 0, LineDigest::START, 0)?;
        let folders = [dir.path().parent(), Some(dir.path())];
        writer.shared.lock().new_names = folders.into_iter().flatten().map(Path::to_owned).collect();
        Ok(writer)
    }

    /// Takes over an existing run: locks it, reads and checks all of it, cuts off a torn tail and records that. The
    /// epoch is one above the last owner's.
    pub fn open(dir: &RunDir, redactor: Redactor) -> Result<(Writer, Vec<Event>), Failure> {
        let mut events = Vec::new();
        let writer = Writer::take_over(dir, redactor, |event| events.push(event))?;
        Ok((writer, events))
    }

    /// The same, without keeping what is there: every event is given once, in order.
    pub fn take_over(
        dir: &RunDir,
        redactor: Redactor,
        mut see: impl FnMut(Event),
    ) -> Result<Writer, Failure> {
        let path = dir.journal_path();
        let failed = |e: std::io::Error| io_failure(&e, "open the journal", &path);
        let mut file = dir.store().open_append(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => never_began(dir),
            _ => failed(e),
        })?;
        lock::own(dir, file.as_mut())?;
        let mut reader = Reader::open(dir)?;
        let (mut last, mut epoch) = (0, 0);
        while let Some(event) = reader.next().map_err(|e| e.into_failure(dir))? {
            last += 1;
            epoch = event.epoch;
            see(event);
        }
        if last == 0 {
            return Err(never_began(dir));
        }
        if reader.torn_tail().is_some() {
            file.truncate(reader.offset()).map_err(failed)?;
        }
        // Whoever had it may have been ended between a write and its sync. From here on the program is answered from
        // what was read, and the next line says that all before it was durable.
        file.sync_data().map_err(|e| sync_failure(&e, &path, last))?;
        let writer = Writer::start(dir, redactor, file, epoch + 1, last, reader.head(), reader.offset())?;
        if let Some(torn) = reader.torn_tail() {
            let data = Map::from_iter([("bytes".to_owned(), Value::from(torn.bytes))]);
            let seq = writer.append(EventType::JournalCut, "", &data)?;
            writer.commit(seq)?;
        }
        Ok(writer)
    }

    fn start(
        dir: &RunDir,
        redactor: Redactor,
        file: Box<dyn StoreFile>,
        epoch: u64,
        last: u64,
        head: LineDigest,
        size: u64,
    ) -> Result<Writer, Failure> {
        let store = dir.store().clone();
        let shared = Arc::new(Shared {
            store: store.clone(),
            path: dir.journal_path(),
            state: Mutex::new(State {
                buffer: Vec::new(),
                spare: Vec::new(),
                file: Some(file),
                new_names: Vec::new(),
                size,
                appended: last,
                durable: last,
                head,
                poisoned: None,
                closed: false,
                flusher_sleeps: false,
                syncs: 0,
                bytes: 0,
            }),
            written: Condvar::new(),
            work: Condvar::new(),
        });
        let flusher =
            match store.linger() {
                None => None,
                Some(linger) => {
                    let shared = shared.clone();
                    let thread = std::thread::Builder::new().name("journal".to_owned());
                    // Two looks per linger: what is there at two in a row has waited long enough.
                    let spawned = thread.spawn(move || shared.flush_in_background(linger / 2));
                    Some(spawned.map_err(|e| {
                        io_failure(&e, "start the writer of the journal", &dir.journal_path())
                    })?)
                }
            };
        let blobs = Blobs::new(store, dir.path(), redactor.clone());
        Ok(Writer { shared, flusher, blobs, redactor, epoch })
    }

    /// Puts an event into the next write and gives its number. It is not durable yet. Secrets are replaced; large
    /// parts of the data go to blobs first, durably.
    pub fn append(&self, kind: EventType, path: &str, data: &Map<String, Value>) -> Result<u64, Failure> {
        let mut text = Vec::new();
        let render =
            Render { redactor: &self.redactor, blobs: &self.blobs, secrets: !self.redactor.is_empty() };
        // What cannot be recorded is the caller's to hear; a disk that takes no output takes no outcome either, and an
        // effect that happened without one must end the run here, not be told as one that failed.
        if let Err(failure) = render.data(&mut text, data) {
            return Err(if failure.code == codes::E1514 { failure } else { self.shared.poison(failure) });
        }
        let mut state = self.shared.lock();
        if let Some(failure) = &state.poisoned {
            return Err(failure.clone());
        }
        let state = &mut *state;
        let start = state.buffer.len();
        let seq = state.appended + 1;
        // The clock is read under the lock, so that times do not run backwards from line to line by our doing.
        let at = self.shared.store.now();
        let envelope =
            Envelope { seq, at, kind, path, epoch: self.epoch, synced: start == 0, prev: &state.head };
        envelope.write(&mut state.buffer, &text);
        state.head = LineDigest::of(&state.buffer[start..]);
        state.buffer.push(b'\n');
        state.appended = seq;
        if state.flusher_sleeps {
            state.flusher_sleeps = false;
            self.shared.work.notify_one();
        }
        Ok(seq)
    }

    /// Returns when the event and all before it are durable.
    pub fn commit(&self, seq: u64) -> Result<(), Failure> {
        self.shared.commit(seq)
    }

    /// Both.
    pub fn record(&self, kind: EventType, path: &str, data: &Map<String, Value>) -> Result<u64, Failure> {
        let seq = self.append(kind, path, data)?;
        self.commit(seq)?;
        Ok(seq)
    }

    /// Makes everything durable and gives the run back.
    pub fn close(self) -> Result<(), Failure> {
        let last = self.shared.lock().appended;
        self.commit(last)
    }

    pub fn epoch(&self) -> u64 {
        self.epoch
    }
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }
    /// Number and digest of the last event appended.
    pub fn head(&self) -> (u64, LineDigest) {
        let state = self.shared.lock();
        (state.appended, state.head)
    }
    /// The last durable event.
    pub fn durable(&self) -> u64 {
        self.shared.lock().durable
    }
    /// Syncs of the journal so far, by this writer.
    pub fn syncs(&self) -> u64 {
        self.shared.lock().syncs
    }
    /// Bytes written so far, by this writer.
    pub fn bytes(&self) -> u64 {
        self.shared.lock().bytes
    }
}

/// A second writer, by what it left.
fn foreign(message: String) -> Failure {
    Failure::new(ErrorKind::Verification, codes::E1515, message)
        .help("look at it with `wflow audit verify`; nothing more was written or started")
}

impl Drop for Writer {
    fn drop(&mut self) {
        let last = self.shared.lock().appended;
        // A failure here was or will be seen by whoever commits; a drop has nobody to tell.
        let _ = self.shared.commit(last);
        self.shared.lock().closed = true;
        self.shared.work.notify_one();
        if let Some(thread) = self.flusher.take() {
            // It ends at once: it never panics, and waits for nothing once closed.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the writer with this failure, or with the one that has ended it already; gives that.
    fn poison(&self, failure: Failure) -> Failure {
        self.lock().poisoned.get_or_insert(failure).clone()
    }

    fn commit(&self, seq: u64) -> Result<(), Failure> {
        let mut state = self.lock();
        loop {
            if state.durable >= seq {
                return Ok(());
            }
            if let Some(failure) = &state.poisoned {
                return Err(failure.clone());
            }
            state = match state.file.take() {
                // Another thread is writing; what it leaves is ours to write.
                None => self.written.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(file) => self.write(state, file),
            };
        }
    }

    /// One write and one sync for all that is in the buffer, without holding up those who append meanwhile.
    fn write<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        mut file: Box<dyn StoreFile>,
    ) -> MutexGuard<'a, State> {
        let spare = std::mem::take(&mut state.spare);
        let mut batch = std::mem::replace(&mut state.buffer, spare);
        let (last, size, durable) = (state.appended, state.size, state.durable);
        let new_names = std::mem::take(&mut state.new_names);
        drop(state);
        let named = new_names.iter().try_for_each(|folder| {
            self.store.sync_dir(folder).map_err(|e| sync_failure(&e, folder, durable))
        });
        let result = named.and_then(|()| self.write_batch(file.as_mut(), &batch, size, durable));
        let mut state = self.lock();
        match result {
            Ok(()) => {
                state.durable = last;
                state.size += batch.len() as u64;
                state.bytes += batch.len() as u64;
                state.syncs += 1;
                if batch.capacity() <= KEPT_BUFFER {
                    batch.clear();
                    state.spare = batch;
                }
            }
            Err(failure) => {
                state.poisoned = Some(failure);
                state.buffer = Vec::new();
            }
        }
        state.file = Some(file);
        self.written.notify_all();
        state
    }

    fn write_batch(
        &self,
        file: &mut dyn StoreFile,
        batch: &[u8],
        size: u64,
        durable: u64,
    ) -> Result<(), Failure> {
        let failed = |e: std::io::Error| write_failure(&e, &self.path, durable);
        let is_of_size = |file: &mut dyn StoreFile, size: u64| match file.size().map_err(failed)? {
            found if found == size => Ok(()),
            found => Err(foreign(format!(
                "{} has {found} bytes where this process had left {size}: somebody else wrote to it",
                self.path.display()
            ))),
        };
        // The lock keeps others away where locks work. Where they do not, or where the file was replaced under its lock,
        // whoever comes second notices here and goes no further.
        if !file.is_at(&self.path).map_err(failed)? {
            return Err(foreign(format!(
                "{} is not the file any more that this process had opened: somebody replaced it",
                self.path.display()
            )));
        }
        is_of_size(file, size)?;
        append_all(file, batch).map_err(failed)?;
        is_of_size(file, size + batch.len() as u64)?;
        file.sync_data().map_err(|e| sync_failure(&e, &self.path, durable))
    }

    fn flush_in_background(&self, look: Duration) {
        let mut state = self.lock();
        let mut seen = None;
        while !state.closed && state.poisoned.is_none() {
            if state.buffer.is_empty() {
                seen = None;
                state.flusher_sleeps = true;
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.flusher_sleeps = false;
            } else if seen == Some(state.durable) {
                // Nothing has become durable since the last look, so the oldest has waited long enough.
                seen = None;
                match state.file.take() {
                    Some(file) => state = self.write(state, file),
                    None => state = self.written.wait(state).unwrap_or_else(PoisonError::into_inner),
                }
            } else {
                seen = Some(state.durable);
                state = self.work.wait_timeout(state, look).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}
