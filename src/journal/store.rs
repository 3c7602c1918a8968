//! The one seam between the journal and the machine: every file, folder, lock, clock and process the journal uses.
//!
//! Nothing else in `journal/` touches them, and the engine takes the store of a run from its options, so a test that
//! implements [`Store`] can crash at any write or sync of a whole run, fill the disk, shorten a write, fail a sync,
//! move the clock or give a dead owner's number away. [`DiskStore`] is the real thing.

use super::time::Timestamp;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

/// A process, named for good: its number may be given to another one, but not with the same start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    /// In clock ticks since boot.
    pub start: u64,
}

/// Disk, clocks and processes. All paths are absolute or relative to the process's directory.
pub trait Store: Send + Sync {
    /// One folder, only for the user (0700); its parent exists. `AlreadyExists` if there is one.
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// A new empty file, only for the user (0600), open for appending. `AlreadyExists` if there is one.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StoreFile>>;
    /// An existing file, open for appending.
    fn open_append(&self, path: &Path) -> io::Result<Box<dyn StoreFile>>;
    /// An existing file, open for reading from its start.
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn ReadFile>>;
    /// Its length in bytes, or nothing if there is no such file or folder.
    fn size(&self, path: &Path) -> io::Result<Option<u64>>;
    /// Its length and when it was last changed, in nanoseconds: whoever knows both knows whether a journal has grown.
    fn stamp(&self, path: &Path) -> io::Result<Option<(u64, i64)>> {
        Ok(self.size(path)?.map(|size| (size, 0)))
    }
    /// The names in a folder, in no order; only those that are text.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Replaces the target if there is one.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// What the clock on the wall says. It may be set forward and back at any time.
    fn now(&self) -> Timestamp;
    /// Time since some moment before this process; it only goes forward, also while the machine sleeps.
    fn elapsed(&self) -> Duration;
    /// This process.
    fn process(&self) -> Process;
    /// Whether this very process runs here.
    fn lives(&self, process: &Process) -> bool;
    /// Whether somebody holds the lock of that file now.
    fn is_locked(&self, path: &Path) -> io::Result<bool>;
    /// Lets time pass.
    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
    /// How long a record may wait for another to share its sync; `None` switches the background flusher off.
    fn linger(&self) -> Option<Duration> {
        Some(Duration::from_millis(20))
    }
}

/// A file open for appending. Dropping it gives its lock back.
pub trait StoreFile: Send {
    /// Appends some of the bytes and says how many, like `write`.
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Asks the disk to begin with what was appended, so that a sync of several files waits once. Promises nothing.
    fn begin_write(&mut self) {}
    /// Makes all that was appended durable (fdatasync).
    fn sync_data(&mut self) -> io::Result<()>;
    fn size(&mut self) -> io::Result<u64>;
    /// Whether the file of this name is still this one, not another that was put into its place.
    fn is_at(&mut self, path: &Path) -> io::Result<bool>;
    fn truncate(&mut self, size: u64) -> io::Result<()>;
    /// Takes the exclusive lock of this file if nobody else has it.
    fn try_lock(&mut self) -> io::Result<bool>;
    /// Takes it, and waits until whoever has it is done.
    fn lock(&mut self) -> io::Result<()>;
}

pub trait ReadFile: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadFile for T {}

/// The machine's own disk and clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskStore;

struct DiskFile(fs::File);

impl Store for DiskStore {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StoreFile>> {
        let mut options = fs::OpenOptions::new();
        options.read(true).append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Box::new(DiskFile(options.open(path)?)))
    }

    fn open_append(&self, path: &Path) -> io::Result<Box<dyn StoreFile>> {
        Ok(Box::new(DiskFile(fs::OpenOptions::new().read(true).append(true).open(path)?)))
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn ReadFile>> {
        Ok(Box::new(fs::File::open(path)?))
    }

    fn size(&self, path: &Path) -> io::Result<Option<u64>> {
        match fs::metadata(path) {
            Ok(found) => Ok(Some(found.len())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    #[cfg(unix)]
    fn stamp(&self, path: &Path) -> io::Result<Option<(u64, i64)>> {
        use std::os::unix::fs::MetadataExt;
        match fs::metadata(path) {
            Ok(found) => {
                let changed = found.mtime().saturating_mul(1_000_000_000).saturating_add(found.mtime_nsec());
                Ok(Some((found.len(), changed)))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        fs::File::open(path)?.sync_all()
    }

    fn now(&self) -> Timestamp {
        let millis = |d: Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
        Timestamp(match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => millis(after),
            Err(before) => -millis(before.duration()),
        })
    }

    fn elapsed(&self) -> Duration {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: fills plain data. Every kernel that wflow runs on has this clock.
        unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &mut time) };
        Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
    }

    fn process(&self) -> Process {
        let pid = std::process::id();
        Process { pid, start: start_of(pid).unwrap_or(0) }
    }

    fn lives(&self, process: &Process) -> bool {
        start_of(process.pid) == Some(process.start)
    }

    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        let file = fs::File::open(path)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(fs::TryLockError::WouldBlock) => Ok(true),
            Err(fs::TryLockError::Error(e)) => Err(e),
        }
    }
}

impl StoreFile for DiskFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    #[cfg(target_os = "linux")]
    fn begin_write(&mut self) {
        use std::os::fd::AsRawFd;
        // SAFETY: the descriptor is open; nothing of ours is read or written. A refusal costs only the head start.
        unsafe { libc::sync_file_range(self.0.as_raw_fd(), 0, 0, libc::SYNC_FILE_RANGE_WRITE) };
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn size(&mut self) -> io::Result<u64> {
        self.0.seek(SeekFrom::End(0))
    }

    fn is_at(&mut self, path: &Path) -> io::Result<bool> {
        use std::os::unix::fs::MetadataExt;
        let own = self.0.metadata()?;
        match fs::metadata(path) {
            Ok(named) => Ok((named.dev(), named.ino()) == (own.dev(), own.ino())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        self.0.set_len(size)
    }

    fn try_lock(&mut self) -> io::Result<bool> {
        match self.0.try_lock() {
            Ok(()) => Ok(true),
            Err(fs::TryLockError::WouldBlock) => Ok(false),
            Err(fs::TryLockError::Error(e)) => Err(e),
        }
    }

    fn lock(&mut self) -> io::Result<()> {
        self.0.lock()
    }
}

/// When a process began, in clock ticks since boot; nothing if there is none of that number.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, parentheses included.
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// Appends everything. A short write goes on with the rest; an interrupted one is made again.
pub fn append_all(file: &mut dyn StoreFile, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.append(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// The whole content of a file.
pub fn read_all(store: &dyn Store, path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    store.open_read(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}
