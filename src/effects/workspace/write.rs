//! Replaces the text of a file as one act: readers see the old content or the new one, and so does the disk after a
//! power failure.

use super::{NEW_FILE, NEW_FOLDER, Workspace, path, shown, wrong_sort};
use crate::diagnostics::codes::files as codes;
use crate::diagnostics::{ErrorKind, Failure};
use rustix::fs::{Access, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where to write, once links are followed.
struct Target {
    folder: OwnedFd,
    name: String,
    existing: Option<Stat>,
}

impl Workspace {
    /// Writes a file, with missing folders on the way to it. An existing one keeps its permissions; a symbolic link
    /// to a file inside the project keeps being one.
    ///
    /// `allowed` is asked about the place where it would really be, too: a link must not lead from a folder that may be
    /// written into one that may not.
    pub fn write(
        &self,
        path: &str,
        text: &str,
        allowed: &dyn Fn(&str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let clean = path::clean(path)?;
        if path.ends_with('/') || clean == "." {
            return Err(wrong_sort(path, "a folder, not a file"));
        }
        self.refuse_protected(path, &clean)?;
        let failed = |errno| self.failure("written", path, errno);
        let target = self.target(path, &clean, allowed)?;
        if let Some(stat) = &target.existing {
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => {}
                FileType::Directory => return Err(wrong_sort(path, "a folder, not a file")),
                FileType::Symlink => {
                    return Err(wrong_sort(path, "a symbolic link to nothing")
                        .help("remove the link, or create the file that it names"));
                }
                _ => return Err(wrong_sort(path, "a pipe, socket or device, not a regular file")),
            }
            // Renaming asks only the folder; a file that is read-only for us is meant to stay.
            rustix::fs::accessat(&target.folder, target.name.as_str(), Access::WRITE_OK, AtFlags::EACCESS)
                .map_err(failed)?;
        }
        replace(&target, text.as_bytes()).map_err(failed)
    }

    fn refuse_protected(&self, path: &str, real: &str) -> Result<(), Failure> {
        match path::protected(real, &self.pinned) {
            Some(why) => Err(Failure::new(
                ErrorKind::Permission,
                codes::E1402,
                format!("no workflow may write `{}`: {why}", shown(path)),
            )
            .help("choose another path; this file is changed by people only")),
            None => Ok(()),
        }
    }

    /// Where a path leads, however much of it is there.
    fn leads_to(&self, clean: &str) -> Option<String> {
        let (mut there, mut missing) = (clean, String::new());
        loop {
            if let Ok(handle) = self.root.open_at(there, OFlags::PATH) {
                let real = self.root.real(handle.as_fd())?;
                return Some(if real == "." {
                    missing.trim_start_matches('/').into()
                } else {
                    real + &missing
                });
            }
            if there == "." {
                return None;
            }
            let (before, name) = there.rsplit_once('/').unwrap_or((".", there));
            missing = format!("/{name}{missing}");
            there = before;
        }
    }

    fn target(
        &self,
        path: &str,
        clean: &str,
        allowed: &dyn Fn(&str) -> Result<(), Failure>,
    ) -> Result<Target, Failure> {
        let failed = |errno| self.failure("written", path, errno);
        // Before folders are made on the way to it.
        if let Some(real) = self.leads_to(clean).filter(|real| real != clean) {
            allowed(&real)?;
        }
        let real = match self.root.open_at(clean, OFlags::PATH) {
            Ok(handle) => self.root.real(handle.as_fd()),
            Err(Errno::NOENT) => {
                let (folder, name) = clean.rsplit_once('/').unwrap_or((".", clean));
                let folder = self.make_folder(path, folder)?;
                self.root
                    .real(folder.as_fd())
                    .map(|real| if real == "." { name.to_owned() } else { format!("{real}/{name}") })
            }
            Err(errno) => return Err(failed(errno)),
        };
        // Without a name inside the root there is nothing to check, so nothing is written.
        let real = real.ok_or_else(|| failed(Errno::XDEV))?;
        self.refuse_protected(path, &real)?;
        if real != clean {
            allowed(&real)?;
        }
        let (folder, name) = real.rsplit_once('/').unwrap_or((".", &real));
        let folder = self.root.open_at(folder, OFlags::RDONLY | OFlags::DIRECTORY).map_err(failed)?;
        let existing = match rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Some(stat),
            Err(Errno::NOENT) => None,
            Err(errno) => return Err(failed(errno)),
        };
        Ok(Target { folder, name: name.to_owned(), existing })
    }

    /// Opens a folder, after making those on the way that are missing.
    fn make_folder(&self, path: &str, clean: &str) -> Result<OwnedFd, Failure> {
        let failed = |errno| self.failure("written", path, errno);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        match self.root.open_at(clean, flags) {
            Err(Errno::NOENT) => {}
            result => return result.map_err(failed),
        }
        let mut parent = self.root.open_at(".", flags).map_err(failed)?;
        let mut so_far = String::new();
        for name in clean.split('/') {
            if !so_far.is_empty() {
                so_far.push('/');
            }
            so_far.push_str(name);
            parent = match self.root.open_at(&so_far, flags) {
                Err(Errno::NOENT) => {
                    let real = self.root.real(parent.as_fd()).ok_or_else(|| failed(Errno::XDEV))?;
                    self.refuse_protected(path, &format!("{real}/{name}"))?;
                    match rustix::fs::mkdirat(&parent, name, NEW_FOLDER) {
                        // Somebody else made it at the same time, or it is a link to nothing: opening tells.
                        Ok(()) | Err(Errno::EXIST) => {}
                        Err(errno) => return Err(failed(errno)),
                    }
                    rustix::fs::fsync(&parent).map_err(failed)?;
                    self.root.open_at(&so_far, flags).map_err(failed)?
                }
                result => result.map_err(failed)?,
            };
        }
        Ok(parent)
    }
}

/// A new file beside the old one, complete and on disk before it takes its name.
fn replace(target: &Target, bytes: &[u8]) -> Result<(), Errno> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let (file, temporary) = loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!(".wflow-{}-{number}.tmp", std::process::id());
        match rustix::fs::openat(&target.folder, name.as_str(), flags, NEW_FILE) {
            Ok(file) => break (file, name),
            // Left behind by an engine that crashed and had our number.
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno),
        }
    };
    let result = fill(&file, bytes, target.existing.as_ref()).and_then(|()| {
        rustix::fs::renameat(&target.folder, temporary.as_str(), &target.folder, target.name.as_str())
    });
    if let Err(errno) = result {
        let _ = rustix::fs::unlinkat(&target.folder, temporary.as_str(), AtFlags::empty());
        return Err(errno);
    }
    rustix::fs::fsync(&target.folder)
}

fn fill(file: &OwnedFd, bytes: &[u8], existing: Option<&Stat>) -> Result<(), Errno> {
    let file: BorrowedFd<'_> = file.as_fd();
    let mut rest = bytes;
    while !rest.is_empty() {
        match rustix::io::write(file, rest) {
            Ok(0) => return Err(Errno::IO),
            Ok(count) => rest = &rest[count..],
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    if let Some(stat) = existing {
        // Giving a file away needs privileges that we may not have; then it is ours, as if an editor had saved it.
        let owner = rustix::fs::Uid::from_raw(stat.st_uid);
        let group = rustix::fs::Gid::from_raw(stat.st_gid);
        let _ = rustix::fs::fchown(file, Some(owner), Some(group));
        rustix::fs::fchmod(file, Mode::from_raw_mode(stat.st_mode & 0o777))?;
    }
    rustix::fs::fsync(file)
}
