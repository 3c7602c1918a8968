//! Where a path leads, for whoever else is going to open it.

use super::{Workspace, path, wrong_sort};
use crate::diagnostics::Failure;
use rustix::fs::{AtFlags, FileType, OFlags};
use rustix::io::Errno;
use std::os::fd::AsFd;
use std::path::PathBuf;

/// A path inside the root without links, whether anything is there or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Relative to the root.
    pub real: String,
    pub absolute: PathBuf,
    pub sort: Sort,
    /// Under how many names a file is known.
    pub names: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    File,
    Folder,
    Missing,
}

impl Workspace {
    /// Follows a path as far as there is anything. One that leads out is refused, and so is a link to nothing, which
    /// would decide where something new comes to be, and what is neither file nor folder.
    pub fn place(&self, path: &str) -> Result<Place, Failure> {
        let clean = path::clean(path)?;
        let failed = |errno| self.failure("used", path, errno);
        let (mut there, mut missing): (&str, Vec<&str>) = (&clean, Vec::new());
        let handle = loop {
            match self.root.open_at(there, OFlags::PATH) {
                Ok(handle) => break handle,
                Err(Errno::NOENT) if there != "." => {
                    let (before, name) = there.rsplit_once('/').unwrap_or((".", there));
                    missing.push(name);
                    there = before;
                }
                Err(errno) => return Err(failed(errno)),
            }
        };
        let stat = rustix::fs::fstat(&handle).map_err(failed)?;
        let sort = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile if missing.is_empty() => Sort::File,
            FileType::Directory if missing.is_empty() => Sort::Folder,
            FileType::Directory => Sort::Missing,
            FileType::RegularFile => return Err(failed(Errno::NOTDIR)),
            _ => return Err(wrong_sort(path, "a pipe, socket or device, not a regular file")),
        };
        if let Some(name) = missing.last() {
            match rustix::fs::statat(&handle, *name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => {}
                Ok(_) => {
                    return Err(wrong_sort(path, "a symbolic link to nothing")
                        .help("remove the link, or create the file that it names"));
                }
                Err(errno) => return Err(failed(errno)),
            }
        }
        // Without a name inside the root nobody can be told where it is.
        let mut real = self.root.real(handle.as_fd()).ok_or_else(|| failed(Errno::XDEV))?;
        for name in missing.iter().rev() {
            real = if real == "." { (*name).to_owned() } else { format!("{real}/{name}") };
        }
        let absolute = self.absolute(&real);
        let names = if sort == Sort::File { stat.st_nlink as u64 } else { 1 };
        Ok(Place { real, absolute, sort, names })
    }

    /// Why nothing may write there, for a path without links.
    pub fn never_written(&self, real: &str) -> Option<&'static str> {
        path::protected(real, &self.pinned)
    }

    /// Why no agent may read there, for a path without links.
    pub fn never_read(&self, real: &str) -> Option<&'static str> {
        path::withheld(real)
    }
}
