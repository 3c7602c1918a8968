//! A machine that fails on demand: an in-memory disk that forgets what was not synced.

use std::collections::BTreeMap;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use wflow::journal::{ReadFile, Store, StoreFile, Timestamp};

/// What happens at the n-th write or sync (from 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    Full,
    /// The call writes half of it, and the next one finds the disk full.
    Short,
    SyncFails,
    /// Nothing works from here on.
    Crash,
}

#[derive(Clone, Default)]
pub struct FakeStore {
    pub disk: Arc<Mutex<Disk>>,
    pub linger: Option<Duration>,
}

#[derive(Default)]
pub struct Disk {
    dirs: Vec<PathBuf>,
    files: BTreeMap<PathBuf, Content>,
    calls: u64,
    fault: Option<(u64, Fault)>,
    dead: bool,
    clock: i64,
    next_handle: u64,
}

#[derive(Default, Clone)]
struct Content {
    bytes: Vec<u8>,
    synced: usize,
    owner: Option<u64>,
}

impl FakeStore {
    pub fn failing_at(call: u64, fault: Fault) -> FakeStore {
        let store = FakeStore::default();
        store.lock().fault = Some((call, fault));
        store
    }
    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().expect("no test panics while it holds the disk")
    }
    /// Writes and syncs so far.
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }
    /// The machine after a restart: of unsynced bytes only the first `keep` of each file are there, no lock is held.
    pub fn restarted(&self, keep: usize) -> FakeStore {
        let disk = self.lock();
        let mut files = disk.files.clone();
        for content in files.values_mut() {
            content.bytes.truncate(content.synced.saturating_add(keep));
            content.synced = content.bytes.len();
            content.owner = None;
        }
        let fresh = Disk { dirs: disk.dirs.clone(), files, clock: disk.clock, ..Disk::default() };
        FakeStore { disk: Arc::new(Mutex::new(fresh)), linger: None }
    }
    pub fn bytes(&self, path: &Path) -> Vec<u8> {
        self.lock().files.get(path).map(|c| c.bytes.clone()).unwrap_or_default()
    }
    pub fn put(&self, path: &Path, bytes: Vec<u8>) {
        self.lock().files.entry(path.to_owned()).or_default().bytes = bytes;
    }
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        self.lock().files.iter().map(|(p, c)| (p.clone(), c.bytes.clone())).collect()
    }
    pub fn set_clock(&self, millis: i64) {
        self.lock().clock = millis;
    }
}

impl Disk {
    fn alive(&self) -> io::Result<()> {
        if self.dead { Err(io::Error::other("crashed")) } else { Ok(()) }
    }
    fn fault(&mut self) -> Option<Fault> {
        self.calls += 1;
        match self.fault {
            Some((call, fault)) if call == self.calls => Some(fault),
            Some((call, Fault::Short)) if call + 1 == self.calls => Some(Fault::Full),
            _ => None,
        }
    }
    fn file(&mut self, path: &Path) -> io::Result<&mut Content> {
        self.files.get_mut(path).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

struct Handle {
    disk: Arc<Mutex<Disk>>,
    path: PathBuf,
    id: u64,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Ok(mut disk) = self.disk.lock()
            && let Ok(content) = disk.file(&self.path)
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
        if disk.dirs.iter().any(|d| d == path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        disk.dirs.push(path.to_owned());
        Ok(())
    }
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StoreFile>> {
        let mut disk = self.lock();
        disk.alive()?;
        if disk.files.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        disk.files.insert(path.to_owned(), Content::default());
        drop(disk);
        self.open_append(path)
    }
    fn open_append(&self, path: &Path) -> io::Result<Box<dyn StoreFile>> {
        let mut disk = self.lock();
        disk.alive()?;
        disk.file(path)?;
        disk.next_handle += 1;
        Ok(Box::new(Handle { disk: self.disk.clone(), path: path.to_owned(), id: disk.next_handle }))
    }
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn ReadFile>> {
        let mut disk = self.lock();
        disk.alive()?;
        Ok(Box::new(Cursor::new(disk.file(path)?.bytes.clone())))
    }
    fn size(&self, path: &Path) -> io::Result<Option<u64>> {
        let disk = self.lock();
        disk.alive()?;
        Ok(match disk.files.get(path) {
            Some(content) => Some(content.bytes.len() as u64),
            None => disk.dirs.iter().any(|d| d == path).then_some(0),
        })
    }
    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let disk = self.lock();
        let names = disk.files.keys().chain(&disk.dirs).filter(|p| p.parent() == Some(dir));
        Ok(names.filter_map(|p| p.file_name()?.to_str().map(str::to_owned)).collect())
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut disk = self.lock();
        disk.alive()?;
        let content = disk.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        disk.files.insert(to.to_owned(), content);
        Ok(())
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.lock();
        disk.alive()?;
        disk.files.remove(path).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn sync_dir(&self, _path: &Path) -> io::Result<()> {
        self.lock().alive()
    }
    fn now(&self) -> Timestamp {
        let mut disk = self.lock();
        disk.clock += 1;
        Timestamp(disk.clock)
    }
    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        Ok(self.lock().file(path)?.owner.is_some())
    }
    fn pause(&self, _time: Duration) {}
    fn linger(&self) -> Option<Duration> {
        self.linger
    }
}

impl StoreFile for Handle {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut disk = self.disk.lock().expect("no test panics while it holds the disk");
        disk.alive()?;
        let length = match disk.fault() {
            Some(Fault::Full) => return Err(io::ErrorKind::StorageFull.into()),
            Some(Fault::Short) => bytes.len().div_ceil(2),
            Some(Fault::Crash) => {
                // The bytes may or may not have come so far: the restart decides.
                disk.file(&self.path)?.bytes.extend_from_slice(bytes);
                disk.dead = true;
                return Err(io::Error::other("crashed"));
            }
            _ => bytes.len(),
        };
        disk.file(&self.path)?.bytes.extend_from_slice(&bytes[..length]);
        Ok(length)
    }
    fn sync_data(&mut self) -> io::Result<()> {
        let mut disk = self.disk.lock().expect("no test panics while it holds the disk");
        disk.alive()?;
        match disk.fault() {
            Some(Fault::Crash) => {
                disk.dead = true;
                return Err(io::Error::other("crashed"));
            }
            Some(Fault::SyncFails | Fault::Full | Fault::Short) => return Err(io::Error::other("I/O error")),
            None => {}
        }
        let content = disk.file(&self.path)?;
        content.synced = content.bytes.len();
        Ok(())
    }
    fn size(&mut self) -> io::Result<u64> {
        let mut disk = self.disk.lock().expect("no test panics while it holds the disk");
        Ok(disk.file(&self.path)?.bytes.len() as u64)
    }
    fn truncate(&mut self, size: u64) -> io::Result<()> {
        let mut disk = self.disk.lock().expect("no test panics while it holds the disk");
        disk.alive()?;
        let content = disk.file(&self.path)?;
        content.bytes.truncate(size as usize);
        content.synced = content.synced.min(content.bytes.len());
        Ok(())
    }
    fn try_lock(&mut self) -> io::Result<bool> {
        let mut disk = self.disk.lock().expect("no test panics while it holds the disk");
        let content = disk.file(&self.path)?;
        let free = content.owner.is_none() || content.owner == Some(self.id);
        if free {
            content.owner = Some(self.id);
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
