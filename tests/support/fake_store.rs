//! A machine that fails on demand: a disk in memory that knows what is durable, clocks that can be set, processes that
//! die. A file's bytes are durable when they were synced, its name when its folder was.

use super::chance::Chance;
use std::collections::BTreeMap;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use wflow::journal::{Process, ReadFile, Store, StoreFile, Timestamp};

/// What happens at the n-th change of the disk (from 1): a write, a sync, a new, moved or removed name.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(dead_code, reason = "each test file uses its part")]
pub enum Fault {
    /// No room; a sync says that the disk is broken.
    Full,
    /// The disk is broken.
    Broken,
    /// A write takes half of it, and the next change finds the disk full.
    Short,
    /// Only of a sync.
    SyncFails,
    /// Nothing works from here on.
    Crash,
}

/// What is there after a crash of what was not synced. Each number is a seed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(dead_code, reason = "each test file uses its part")]
pub enum Left {
    /// All: only the process died. Of the write that it died in, a part.
    All(u64),
    /// None.
    Synced,
    /// Of the names some, of the bytes a part with holes.
    Part(u64),
    /// All names, and so many bytes of each file.
    First(usize),
}

#[derive(Clone)]
pub struct FakeStore {
    disk: Arc<Mutex<Disk>>,
    pub linger: Option<Duration>,
    pub process: Process,
}

impl Default for FakeStore {
    fn default() -> FakeStore {
        let process = Process { pid: std::process::id(), start: 1 };
        FakeStore { disk: Arc::default(), linger: None, process }
    }
}

#[derive(Default)]
struct Disk {
    contents: BTreeMap<u64, Content>,
    names: BTreeMap<PathBuf, Node>,
    durable: BTreeMap<PathBuf, Node>,
    /// Changes of names that no sync has made durable.
    pending: Vec<Change>,
    calls: u64,
    fault: Option<(u64, Fault)>,
    met: bool,
    dead: bool,
    clock: i64,
    elapsed: Duration,
    next: u64,
    /// Where the write began during which it crashed.
    torn: Option<(u64, usize)>,
}

#[derive(Default, Clone)]
struct Content {
    bytes: Vec<u8>,
    synced: Vec<u8>,
    /// What a sync confirmed; a crash may leave more than that.
    confirmed: Vec<u8>,
    owner: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Node {
    Folder,
    File(u64),
}

#[derive(Debug, Clone)]
enum Change {
    Made(PathBuf, Node),
    Removed(PathBuf),
    Moved(PathBuf, PathBuf, Node),
}

impl Change {
    fn is_in(&self, folder: &Path) -> bool {
        let (Change::Made(path, _) | Change::Removed(path) | Change::Moved(_, path, _)) = self;
        path.parent() == Some(folder)
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, Node>) {
        match self {
            Change::Made(path, node) => drop(names.insert(path.clone(), *node)),
            Change::Removed(path) => drop(names.remove(path)),
            Change::Moved(from, to, node) => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
        }
    }
}

#[allow(dead_code, reason = "each test file uses its part")]
impl FakeStore {
    pub fn failing_at(call: u64, fault: Fault) -> FakeStore {
        let store = FakeStore::default();
        store.fail_at(call, fault);
        store
    }

    pub fn lingering(time: Duration) -> FakeStore {
        FakeStore { linger: Some(time), ..FakeStore::default() }
    }

    pub fn fail_at(&self, call: u64, fault: Fault) {
        let mut disk = self.lock();
        disk.fault = Some((call, fault));
        disk.met = false;
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().expect("no test panics while it holds the disk")
    }

    /// Changes of the disk so far.
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// A moment at which it may crash besides those of its own.
    pub fn moment(&self) {
        let mut disk = self.lock();
        if disk.fault() == Some(Fault::Crash) {
            disk.dead = true;
        }
    }

    pub fn is_dead(&self) -> bool {
        self.lock().dead
    }

    /// Whether the fault came to pass.
    pub fn has_failed(&self) -> bool {
        self.lock().met
    }

    /// The machine after the process, or with it the machine, has died: no lock is held, no fault is due.
    pub fn restarted(&self, left: Left) -> FakeStore {
        let disk = self.lock();
        let mut chance = Chance(match left {
            Left::All(seed) | Left::Part(seed) => seed,
            Left::Synced | Left::First(_) => 0,
        });
        let (mut names, mut durable, mut pending) = match left {
            Left::All(_) => (disk.names.clone(), disk.durable.clone(), disk.pending.clone()),
            Left::First(_) => (disk.names.clone(), disk.names.clone(), Vec::new()),
            Left::Synced => (disk.durable.clone(), disk.durable.clone(), Vec::new()),
            Left::Part(_) => {
                let mut names = disk.durable.clone();
                disk.pending.iter().filter(|_| chance.coin()).for_each(|change| change.apply(&mut names));
                (names.clone(), names, Vec::new())
            }
        };
        // What a folder that is gone held is gone with it.
        let known = disk.names.clone();
        let gone = |names: &BTreeMap<PathBuf, Node>, path: &Path| {
            path.parent().is_some_and(|p| known.contains_key(p) && !names.contains_key(p))
        };
        while let Some(lost) = names.keys().find(|p| gone(&names, p)).cloned() {
            names.remove(&lost);
            durable.remove(&lost);
        }
        pending.retain(|_| matches!(left, Left::All(_)));
        let mut contents = disk.contents.clone();
        for (id, content) in &mut contents {
            content.owner = None;
            match left {
                Left::All(_) => {
                    if let Some((_, from)) = disk.torn.filter(|(torn, _)| torn == id) {
                        let written = (content.bytes.len() - from) as u64;
                        content.bytes.truncate(from + chance.below(written + 1) as usize);
                    }
                    continue;
                }
                Left::Synced => content.bytes = content.synced.clone(),
                Left::First(keep) => content.bytes.truncate(content.synced.len().saturating_add(keep)),
                Left::Part(_) => partly(content, &mut chance),
            }
            content.synced = content.bytes.clone();
        }
        let fresh = Disk {
            contents,
            names,
            durable,
            pending,
            clock: disk.clock,
            elapsed: disk.elapsed,
            next: disk.next,
            ..Disk::default()
        };
        let process = Process { start: self.process.start + 1, ..self.process };
        FakeStore { disk: Arc::new(Mutex::new(fresh)), linger: self.linger, process }
    }

    pub fn bytes(&self, path: &Path) -> Vec<u8> {
        let disk = self.lock();
        disk.content(path).map(|c| c.bytes.clone()).unwrap_or_default()
    }

    /// What would be there if the machine crashed now and lost all that it may lose.
    pub fn durable_bytes(&self, path: &Path) -> Vec<u8> {
        self.named_durably(path, |content| &content.synced)
    }

    /// What the disk said to be durable.
    pub fn confirmed_bytes(&self, path: &Path) -> Vec<u8> {
        self.named_durably(path, |content| &content.confirmed)
    }

    fn named_durably(&self, path: &Path, of: impl Fn(&Content) -> &Vec<u8>) -> Vec<u8> {
        let disk = self.lock();
        let named = path.ancestors().all(|p| !disk.names.contains_key(p) || disk.durable.contains_key(p));
        match disk.durable.get(path) {
            Some(Node::File(id)) if named => disk.contents.get(id).map(|c| of(c).clone()).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// Replaces the content, durably.
    pub fn put(&self, path: &Path, bytes: Vec<u8>) {
        let mut disk = self.lock();
        if !disk.names.contains_key(path) {
            let node = disk.new_file();
            disk.names.insert(path.to_owned(), node);
            disk.durable.insert(path.to_owned(), node);
        }
        if let Ok(content) = disk.content_mut(path) {
            content.synced = bytes.clone();
            content.bytes = bytes;
        }
    }

    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let disk = self.lock();
        disk.names.keys().filter_map(|p| Some((p.clone(), disk.content(p)?.bytes.clone()))).collect()
    }

    pub fn set_clock(&self, millis: i64) {
        self.lock().clock = millis;
    }

    pub fn clock(&self) -> i64 {
        self.lock().clock
    }
}

/// Of what was not synced a beginning of any length, in which sectors are missing.
fn partly(content: &mut Content, chance: &mut Chance) {
    const SECTOR: usize = 512;
    let same = content.bytes.iter().zip(&content.synced).take_while(|(a, b)| a == b).count();
    if same < content.synced.len() {
        // Cut or replaced: the one or the other.
        if chance.coin() {
            content.bytes = content.synced.clone();
            return;
        }
    }
    let more = (content.bytes.len() - same) as u64;
    content.bytes.truncate(same + chance.below(more + 1) as usize);
    let mut at = same;
    while at < content.bytes.len() {
        let end = ((at / SECTOR + 1) * SECTOR).min(content.bytes.len());
        if chance.below(4) == 0 {
            content.bytes[at..end].fill(0);
        }
        at = end;
    }
}

impl Disk {
    fn alive(&self) -> io::Result<()> {
        if self.dead { Err(io::Error::other("crashed")) } else { Ok(()) }
    }

    fn fault(&mut self) -> Option<Fault> {
        self.calls += 1;
        let fault = match self.fault {
            Some((call, fault)) if call == self.calls => Some(fault),
            Some((call, Fault::Short)) if call + 1 == self.calls => Some(Fault::Full),
            _ => None,
        };
        self.met |= fault.is_some();
        fault
    }

    /// For a change that either is or is not; a crash comes after it.
    fn change(&mut self) -> io::Result<()> {
        self.alive()?;
        match self.fault() {
            Some(Fault::Full) => Err(io::ErrorKind::StorageFull.into()),
            Some(Fault::Broken) => Err(io::Error::other("I/O error")),
            Some(Fault::Crash) => {
                self.dead = true;
                Ok(())
            }
            Some(Fault::Short | Fault::SyncFails) | None => Ok(()),
        }
    }

    /// For a sync; a crash comes before it.
    fn sync(&mut self) -> io::Result<()> {
        self.alive()?;
        match self.fault() {
            Some(Fault::Crash) => {
                self.dead = true;
                self.alive()
            }
            Some(Fault::Full | Fault::Broken | Fault::SyncFails) => Err(io::Error::other("I/O error")),
            Some(Fault::Short) | None => Ok(()),
        }
    }

    fn new_file(&mut self) -> Node {
        self.next += 1;
        self.contents.insert(self.next, Content::default());
        Node::File(self.next)
    }

    fn id(&self, path: &Path) -> io::Result<u64> {
        match self.names.get(path) {
            Some(Node::File(id)) => Ok(*id),
            Some(Node::Folder) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn content(&self, path: &Path) -> Option<&Content> {
        self.contents.get(&self.id(path).ok()?)
    }

    fn content_mut(&mut self, path: &Path) -> io::Result<&mut Content> {
        let id = self.id(path)?;
        self.contents.get_mut(&id).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn record(&mut self, change: Change) {
        change.apply(&mut self.names);
        self.pending.push(change);
    }
}

struct Handle {
    disk: Arc<Mutex<Disk>>,
    file: u64,
    id: u64,
}

impl Handle {
    fn machine(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().expect("no test panics while it holds the disk")
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Ok(mut disk) = self.disk.lock()
            && let Some(content) = disk.contents.get_mut(&self.file)
            && content.owner == Some(self.id)
        {
            content.owner = None;
        }
    }
}

impl Store for FakeStore {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.lock();
        disk.alive()?;
        if disk.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        disk.change()?;
        disk.record(Change::Made(path.to_owned(), Node::Folder));
        Ok(())
    }
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StoreFile>> {
        let mut disk = self.lock();
        disk.alive()?;
        if disk.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        disk.change()?;
        let node = disk.new_file();
        disk.record(Change::Made(path.to_owned(), node));
        disk.next += 1;
        let Node::File(file) = node else { unreachable!("it was made one") };
        Ok(Box::new(Handle { disk: self.disk.clone(), file, id: disk.next }))
    }
    fn open_append(&self, path: &Path) -> io::Result<Box<dyn StoreFile>> {
        let mut disk = self.lock();
        disk.alive()?;
        let file = disk.id(path)?;
        disk.next += 1;
        Ok(Box::new(Handle { disk: self.disk.clone(), file, id: disk.next }))
    }
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn ReadFile>> {
        let mut disk = self.lock();
        disk.alive()?;
        Ok(Box::new(Cursor::new(disk.content_mut(path)?.bytes.clone())))
    }
    fn size(&self, path: &Path) -> io::Result<Option<u64>> {
        let disk = self.lock();
        disk.alive()?;
        Ok(match disk.names.get(path) {
            Some(Node::File(id)) => disk.contents.get(id).map(|c| c.bytes.len() as u64),
            Some(Node::Folder) => Some(0),
            None => None,
        })
    }
    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let disk = self.lock();
        let names = disk.names.keys().filter(|p| p.parent() == Some(dir));
        Ok(names.filter_map(|p| p.file_name()?.to_str().map(str::to_owned)).collect())
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut disk = self.lock();
        let node = Node::File(disk.id(from)?);
        disk.change()?;
        disk.record(Change::Moved(from.to_owned(), to.to_owned(), node));
        Ok(())
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.lock();
        disk.id(path)?;
        disk.change()?;
        disk.record(Change::Removed(path.to_owned()));
        Ok(())
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.lock();
        disk.sync()?;
        let (now, later): (Vec<Change>, _) = disk.pending.drain(..).partition(|c| c.is_in(path));
        disk.pending = later;
        now.iter().for_each(|change| change.apply(&mut disk.durable));
        Ok(())
    }
    fn now(&self) -> Timestamp {
        let mut disk = self.lock();
        disk.clock += 1;
        Timestamp(disk.clock)
    }
    fn elapsed(&self) -> Duration {
        let mut disk = self.lock();
        disk.elapsed += Duration::from_micros(1);
        disk.elapsed
    }
    fn process(&self) -> Process {
        self.process
    }
    fn lives(&self, process: &Process) -> bool {
        *process == self.process
    }
    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        Ok(self.lock().content_mut(path)?.owner.is_some())
    }
    fn pause(&self, time: Duration) {
        let mut disk = self.lock();
        disk.clock += time.as_millis() as i64;
        disk.elapsed += time;
        drop(disk);
        std::thread::yield_now();
    }
    fn linger(&self) -> Option<Duration> {
        self.linger
    }
}

impl StoreFile for Handle {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut disk = self.machine();
        disk.alive()?;
        let before = disk.contents.get(&self.file).map_or(0, |c| c.bytes.len());
        let length = match disk.fault() {
            Some(Fault::Full) => return Err(io::ErrorKind::StorageFull.into()),
            Some(Fault::Broken) => return Err(io::Error::other("I/O error")),
            Some(Fault::Short) => bytes.len().div_ceil(2),
            Some(Fault::Crash) => {
                // The restart decides how far it came.
                disk.torn = Some((self.file, before));
                disk.dead = true;
                bytes.len()
            }
            Some(Fault::SyncFails) | None => bytes.len(),
        };
        if let Some(content) = disk.contents.get_mut(&self.file) {
            content.bytes.extend_from_slice(&bytes[..length]);
        }
        disk.alive().map(|()| length)
    }
    fn sync_data(&mut self) -> io::Result<()> {
        let mut disk = self.machine();
        disk.sync()?;
        if let Some(content) = disk.contents.get_mut(&self.file) {
            content.synced = content.bytes.clone();
            content.confirmed = content.bytes.clone();
        }
        Ok(())
    }
    fn size(&mut self) -> io::Result<u64> {
        let disk = self.machine();
        disk.alive()?;
        Ok(disk.contents.get(&self.file).map_or(0, |c| c.bytes.len() as u64))
    }
    fn is_at(&mut self, path: &Path) -> io::Result<bool> {
        Ok(self.machine().names.get(path) == Some(&Node::File(self.file)))
    }
    fn truncate(&mut self, size: u64) -> io::Result<()> {
        let mut disk = self.machine();
        disk.change()?;
        if let Some(content) = disk.contents.get_mut(&self.file) {
            content.bytes.truncate(size as usize);
        }
        Ok(())
    }
    fn try_lock(&mut self) -> io::Result<bool> {
        let id = self.id;
        let mut disk = self.machine();
        let Some(content) = disk.contents.get_mut(&self.file) else { return Ok(false) };
        let free = content.owner.is_none_or(|owner| owner == id);
        if free {
            content.owner = Some(id);
        }
        Ok(free)
    }
    fn lock(&mut self) -> io::Result<()> {
        while !self.try_lock()? {
            std::thread::yield_now();
        }
        Ok(())
    }
}
