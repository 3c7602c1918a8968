//! Opens paths beneath a folder and nowhere else.

use rustix::fs::{Dir, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Root {
    handle: OwnedFd,
    path: PathBuf,
    /// Whether the kernel resolves beneath a folder by itself (Linux 5.6, not filtered away). Otherwise every name is
    /// opened alone and no symbolic link is followed at all.
    beneath: bool,
}

impl Root {
    pub fn open(path: &Path) -> Result<Root, Errno> {
        let path = path.canonicalize().map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::open(&path, flags, Mode::empty())?;
        let beneath = openat2(handle.as_fd(), ".", OFlags::PATH, Mode::empty()).is_ok();
        Ok(Root { handle, path, beneath })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn open_at(&self, clean: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        self.open_with(self.handle.as_fd(), clean, flags, Mode::empty())
    }

    fn open_with(
        &self,
        base: BorrowedFd<'_>,
        clean: &str,
        flags: OFlags,
        mode: Mode,
    ) -> Result<OwnedFd, Errno> {
        if self.beneath { openat2(base, clean, flags, mode) } else { step_by_step(base, clean, flags, mode) }
    }

    /// Where an opened file or folder really is, relative to the root. `None` if that is not inside, or unknown.
    pub fn real(&self, handle: BorrowedFd<'_>) -> Option<String> {
        let real = std::fs::read_link(format!("/proc/self/fd/{}", handle.as_raw_fd())).ok()?;
        let relative = real.strip_prefix(&self.path).ok()?.to_str()?;
        Some(if relative.is_empty() { ".".to_owned() } else { relative.to_owned() })
    }

    #[cfg(test)]
    pub fn without_kernel_help(mut self) -> Root {
        self.beneath = false;
        self
    }
}

fn openat2(base: BorrowedFd<'_>, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let mut tries = 0;
    loop {
        match rustix::fs::openat2(base, path, flags | OFlags::CLOEXEC, mode, resolve) {
            // Something was renamed during a resolution with `..` in a link; the kernel wants to be asked again.
            Err(Errno::AGAIN) if tries < 100 => tries += 1,
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}

fn step_by_step(base: BorrowedFd<'_>, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut current = rustix::fs::openat(base, ".", folder, Mode::empty())?;
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        let is_link = rustix::fs::statat(&current, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).is_symlink());
        if is_link {
            return Err(Errno::LOOP);
        }
        if names.peek().is_none() {
            return rustix::fs::openat(&current, name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, mode);
        }
        current = rustix::fs::openat(&current, name, folder, Mode::empty())?;
    }
    Ok(current)
}

/// The names in a folder that are text, in no order.
pub(super) fn names(folder: &OwnedFd) -> Vec<String> {
    let Ok(dir) = Dir::read_from(folder) else { return Vec::new() };
    dir.filter_map(|entry| entry.ok()?.file_name().to_str().ok().map(str::to_owned))
        .filter(|name| name != "." && name != "..")
        .collect()
}
