//! Files of the project: read, written and found inside its root, never outside.
//!
//! Every path goes through a handle of the root folder and the kernel's own "beneath" resolution, so neither `..` nor
//! a symbolic link, nor one that is put there meanwhile, leads out. What decides about runs (`wflow.toml`, `.wflow/`,
//! `.git/`, pinned sources) is never written. Whether the policy lists a path for writing is not decided here.

mod access;
mod find;
mod path;
mod place;
mod write;

#[cfg(test)]
mod tests;

use crate::diagnostics::codes::files as codes;
use crate::diagnostics::{ErrorKind, Failure, did_you_mean};
use crate::effects::process::Folder;
use access::Root;
pub use place::{Place, Sort};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

/// The files under one folder.
#[derive(Debug)]
pub struct Workspace {
    root: Root,
    /// Relative paths of files that the run was started from.
    pinned: Vec<String>,
    read_limit: u64,
    find_limits: FindLimits,
}

/// Asked about the place where a path leads, if that is another one, before what is there is used.
pub type Allowed<'a> = &'a mut dyn FnMut(&str) -> Result<(), Failure>;

/// How much `glob` may look at and give.
#[derive(Debug, Clone, Copy)]
pub struct FindLimits {
    pub visited: usize,
    pub found: usize,
}

impl Workspace {
    pub const READ_LIMIT: u64 = 64 * 1024 * 1024;
    pub const FIND_LIMITS: FindLimits = FindLimits { visited: 1_000_000, found: 100_000 };

    pub fn open(root: &Path) -> Result<Workspace, Failure> {
        let root = Root::open(root).map_err(|errno| {
            let kind = match errno {
                Errno::ACCESS | Errno::PERM => ErrorKind::Permission,
                _ => ErrorKind::Configuration,
            };
            let text =
                format!("the project's folder `{}` cannot be opened: {}", root.display(), reason(errno));
            Failure::new(kind, codes::E1412, text)
        })?;
        Ok(Workspace {
            root,
            pinned: Vec::new(),
            read_limit: Self::READ_LIMIT,
            find_limits: Self::FIND_LIMITS,
        })
    }

    /// Paths, relative to the root, that nothing may write: the sources of the run.
    pub fn pin(mut self, paths: impl IntoIterator<Item = String>) -> Workspace {
        self.pinned.extend(paths);
        self
    }

    /// The same paths, the file that the run was started with first.
    pub fn pinned(&self) -> &[String] {
        &self.pinned
    }

    pub fn read_limit(mut self, bytes: u64) -> Workspace {
        self.read_limit = bytes;
        self
    }

    pub fn find_limits(mut self, limits: FindLimits) -> Workspace {
        self.find_limits = limits;
        self
    }

    /// The root, absolute and without symbolic links.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The bytes of a regular file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        self.read_if(path, &mut |_| Ok(()))
    }

    fn read_if(&self, path: &str, allowed: Allowed<'_>) -> Result<Vec<u8>, Failure> {
        let clean = path::clean(path)?;
        // Without NONBLOCK opening a pipe would wait for its other end.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = self.root.open_at(&clean, flags).map_err(|e| self.failure("read", path, e))?;
        self.really(&file, path, &clean, allowed)?;
        let stat = rustix::fs::fstat(&file).map_err(|e| self.failure("read", path, e))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {}
            FileType::Directory => {
                return Err(wrong_sort(path, "a folder, not a file").help("`glob` lists what is in a folder"));
            }
            _ => return Err(wrong_sort(path, "a pipe, socket or device, not a regular file")),
        }
        let too_large = |bytes: u64| {
            Failure::new(
                ErrorKind::Verification,
                codes::E1405,
                format!("`{}` has {bytes} bytes or more; at most {} are read", shown(path), self.read_limit),
            )
            .help("let a command pick out the part that is needed")
        };
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        if size > self.read_limit {
            return Err(too_large(size));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        // It may grow while it is read, and files of /proc have no size at all.
        File::from(file)
            .take(self.read_limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| self.failure("read", path, Errno::from_io_error(&e).unwrap_or(Errno::IO)))?;
        match u64::try_from(bytes.len()) {
            Ok(count) if count <= self.read_limit => Ok(bytes),
            _ => Err(too_large(self.read_limit + 1)),
        }
    }

    /// The text of a UTF-8 file, without a byte order mark.
    pub fn read_text(&self, path: &str) -> Result<String, Failure> {
        self.read_text_if(path, &mut |_| Ok(()))
    }

    pub fn read_text_if(&self, path: &str, allowed: Allowed<'_>) -> Result<String, Failure> {
        let bytes = self.read_if(path, allowed)?;
        let not_text = |why: String| {
            Failure::new(
                ErrorKind::Verification,
                codes::E1404,
                format!("`{}` is not text: {why}", shown(path)),
            )
            .help("let a command read or convert it (`iconv -f latin1 -t utf-8`)")
        };
        if let Some(offset) = bytes.iter().position(|b| *b == 0) {
            return Err(not_text(format!("byte {offset} is zero, as in a binary file")));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(match text.strip_prefix('\u{feff}') {
                Some(rest) => rest.to_owned(),
                None => text,
            }),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let line = error.as_bytes()[..offset].iter().filter(|b| **b == b'\n').count() + 1;
                Err(not_text(format!("byte {offset}, in line {line}, starts no valid UTF-8 character")))
            }
        }
    }

    /// Whether a file or folder is there. A link to nowhere is not; one that leads out is refused.
    pub fn exists(&self, path: &str) -> Result<bool, Failure> {
        self.exists_if(path, &mut |_| Ok(()))
    }

    pub fn exists_if(&self, path: &str, allowed: Allowed<'_>) -> Result<bool, Failure> {
        let clean = path::clean(path)?;
        match self.root.open_at(&clean, OFlags::PATH) {
            Ok(handle) => self.really(&handle, path, &clean, allowed).map(|()| true),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
            Err(errno) => Err(self.failure("looked at", path, errno)),
        }
    }

    /// Where a file or folder really is, relative to the root; none where it is not there.
    pub fn real_path(&self, path: &str) -> Result<Option<String>, Failure> {
        let clean = path::clean(path)?;
        match self.root.open_at(&clean, OFlags::PATH) {
            Ok(handle) => match self.root.real(handle.as_fd()) {
                Some(real) => Ok(Some(real)),
                None => Err(self.failure("looked at", path, Errno::XDEV)),
            },
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(self.failure("looked at", path, errno)),
        }
    }

    /// Asks about the place where an opened path leads, if links led elsewhere.
    fn really(&self, handle: &OwnedFd, path: &str, clean: &str, allowed: Allowed<'_>) -> Result<(), Failure> {
        // Without a name inside the root nobody can say what it is.
        let real = self.root.real(handle.as_fd()).ok_or_else(|| self.failure("read", path, Errno::XDEV))?;
        if real == clean { Ok(()) } else { allowed(&real) }
    }

    /// A folder for a command to run in; `.` is the root.
    pub fn dir(&self, path: &str) -> Result<Folder, Failure> {
        let clean = path::clean(path)?;
        let handle =
            self.root.open_at(&clean, OFlags::PATH | OFlags::DIRECTORY).map_err(|errno| match errno {
                Errno::NOTDIR => wrong_sort(path, "not a folder"),
                errno => self.failure("entered", path, errno),
            })?;
        Ok(Folder::new(handle, self.absolute(&clean)))
    }

    fn absolute(&self, clean: &str) -> PathBuf {
        if clean == "." { self.root().to_owned() } else { self.root().join(clean) }
    }

    /// What an error of the system means for a path.
    fn failure(&self, done: &str, path: &str, errno: Errno) -> Failure {
        let name = shown(path);
        let (kind, code, text) = match errno {
            Errno::NOENT | Errno::NOTDIR => {
                return self.missing(path);
            }
            Errno::XDEV => {
                return Failure::new(
                    ErrorKind::Permission,
                    codes::E1401,
                    format!("`{name}` leads out of the project by a symbolic link"),
                )
                .help("copy what is needed into the project; links inside it must be relative");
            }
            Errno::LOOP => (
                ErrorKind::Permission,
                codes::E1401,
                format!("`{name}` passes a symbolic link that cannot be followed safely"),
            ),
            Errno::ACCESS | Errno::PERM => {
                (ErrorKind::Permission, codes::E1406, format!("`{name}` may not be {done} by you"))
            }
            Errno::ROFS => (
                ErrorKind::Permission,
                codes::E1406,
                format!("`{name}` may not be {done}: the file system is read-only"),
            ),
            Errno::NOSPC | Errno::DQUOT => (
                ErrorKind::Configuration,
                codes::E1407,
                format!("`{name}` cannot be {done}: the disk is full"),
            ),
            Errno::NAMETOOLONG => {
                (ErrorKind::Verification, codes::E1413, format!("the path `{name}` is too long"))
            }
            Errno::ISDIR => return wrong_sort(path, "a folder, not a file"),
            Errno::NXIO => return wrong_sort(path, "a pipe, socket or device, not a regular file"),
            other => {
                (ErrorKind::Transient, codes::E1411, format!("`{name}` cannot be {done}: {}", reason(other)))
            }
        };
        let failure = Failure::new(kind, code, text);
        match code.id() {
            "E1407" => failure.help("make room, then go on with `wflow resume`"),
            "E1406" => failure.help("`ls -ld` shows its owner and its permissions"),
            _ => failure,
        }
    }

    fn missing(&self, path: &str) -> Failure {
        let failure = Failure::new(
            ErrorKind::Business,
            codes::E1403,
            format!("there is no file or folder `{}`", shown(path)),
        );
        // The longest part that exists, and what is in it.
        let (folder, name) = path.trim_end_matches('/').rsplit_once('/').unwrap_or((".", path));
        let names = path::clean(folder)
            .ok()
            .and_then(|clean| self.root.open_at(&clean, OFlags::RDONLY | OFlags::DIRECTORY).ok())
            .map(|handle| access::names(&handle));
        match names {
            Some(names) => match did_you_mean(name, names.iter().map(String::as_str)) {
                Some(near) if folder == "." => failure.help(format!("did you mean `{near}`?")),
                Some(near) => failure.help(format!("did you mean `{folder}/{near}`?")),
                None => failure.help("paths start at the root of the project"),
            },
            None => failure.note(format!("its folder `{}` is not there either", shown(folder))),
        }
    }
}

fn wrong_sort(path: &str, what: &str) -> Failure {
    Failure::new(ErrorKind::Verification, codes::E1408, format!("`{}` is {what}", shown(path)))
}

/// A path as it may stand in a message.
fn shown(path: &str) -> String {
    crate::effects::process::printable(path)
}

fn reason(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    // The number of the error tells a user nothing.
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Owner may write, others as the umask says.
const NEW_FILE: Mode = Mode::from_raw_mode(0o666);
const NEW_FOLDER: Mode = Mode::from_raw_mode(0o777);
