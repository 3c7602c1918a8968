//! `glob`: the files of the project that match a pattern, sorted.
//!
//! `*` and `?` stay within one name, `**` spans folders. Hidden names match only a part of the pattern that itself
//! starts with a dot; `.git` and `.wflow` never. Links to files inside count, links to folders are not entered. With a
//! `/` at its end a pattern finds folders, otherwise files.

use super::{Workspace, path, shown};
use crate::diagnostics::codes::files as codes;
use crate::diagnostics::{ErrorKind, Failure};
use globset::{Glob, GlobBuilder, GlobMatcher};
use rustix::fs::{Dir, FileType, OFlags};
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};

struct Pattern {
    whole: GlobMatcher,
    folders: bool,
    /// The leading names without a wildcard: where to start.
    start: String,
    /// How deep it can match, counted in names; unlimited with `**`.
    depth: Option<usize>,
    /// The parts that start with a dot.
    hidden: Vec<GlobMatcher>,
}

impl Workspace {
    pub fn glob(&self, pattern: &str) -> Result<Vec<String>, Failure> {
        let wanted = Pattern::parse(pattern)?;
        let failed = |at: &str, errno| self.failure("searched", at, errno);
        let mut found = Vec::new();
        let mut visited = 0;
        let never = |name: &str| matches!(name, ".git" | ".wflow");
        let mut open =
            if wanted.start.split('/').any(never) { Vec::new() } else { vec![wanted.start.clone()] };
        while let Some(folder) = open.pop() {
            let handle = match self.root.open_at(&folder, OFlags::RDONLY | OFlags::DIRECTORY) {
                Ok(handle) => handle,
                // The start need not exist, and anything may vanish meanwhile.
                Err(Errno::NOENT | Errno::NOTDIR) => continue,
                Err(errno) => return Err(failed(&folder, errno)),
            };
            for entry in Dir::read_from(&handle).map_err(|e| failed(&folder, e))? {
                let entry = entry.map_err(|e| failed(&folder, e))?;
                let raw = entry.file_name().to_bytes();
                if matches!(raw, b"." | b"..") {
                    continue;
                }
                visited += 1;
                if visited > self.find_limits.visited || found.len() > self.find_limits.found {
                    return Err(self.too_many(pattern));
                }
                let lossy = String::from_utf8_lossy(raw);
                let path = if folder == "." { lossy.to_string() } else { format!("{folder}/{lossy}") };
                if never(&lossy)
                    || lossy.starts_with('.') && !wanted.hidden.iter().any(|h| h.is_match(&*lossy))
                {
                    continue;
                }
                let sort = self.sort(&handle, &entry, &path);
                let matches = wanted.whole.is_match(&path);
                if matches && std::str::from_utf8(raw).is_err() {
                    return Err(Failure::new(
                        ErrorKind::Verification,
                        codes::E1404,
                        format!("the name of `{}` is not UTF-8, so it cannot be given as Text", shown(&path)),
                    )
                    .help("rename it, or use a pattern that leaves it out"));
                }
                match sort {
                    Sort::Folder => {
                        let names = path.matches('/').count() + 1;
                        if wanted.depth.is_none_or(|depth| names < depth) && std::str::from_utf8(raw).is_ok()
                        {
                            open.push(path.clone());
                        }
                        if matches && wanted.folders {
                            found.push(path);
                        }
                    }
                    Sort::LinkedFolder if matches && wanted.folders => found.push(path),
                    Sort::File if matches && !wanted.folders => found.push(path),
                    _ => {}
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    fn sort(&self, folder: &OwnedFd, entry: &rustix::fs::DirEntry, path: &str) -> Sort {
        let direct = match entry.file_type() {
            // Some file systems do not say it in the listing.
            FileType::Unknown => {
                rustix::fs::statat(folder, entry.file_name(), rustix::fs::AtFlags::SYMLINK_NOFOLLOW)
                    .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode))
            }
            known => known,
        };
        match direct {
            FileType::Directory => Sort::Folder,
            FileType::RegularFile => Sort::File,
            FileType::Symlink => {
                // One that leads out or nowhere is not there for a workflow.
                let Ok(handle) = self.root.open_at(path, OFlags::PATH) else { return Sort::Other };
                match rustix::fs::fstat(handle.as_fd()).map(|stat| FileType::from_raw_mode(stat.st_mode)) {
                    Ok(FileType::RegularFile) => Sort::File,
                    Ok(FileType::Directory) => Sort::LinkedFolder,
                    _ => Sort::Other,
                }
            }
            _ => Sort::Other,
        }
    }

    fn too_many(&self, pattern: &str) -> Failure {
        Failure::new(
            ErrorKind::Verification,
            codes::E1410,
            format!(
                "the pattern `{}` looks at more than {} files or gives more than {}",
                shown(pattern),
                self.find_limits.visited,
                self.find_limits.found
            ),
        )
        .help("start it in a deeper folder")
    }
}

enum Sort {
    File,
    Folder,
    LinkedFolder,
    Other,
}

impl Pattern {
    fn parse(pattern: &str) -> Result<Pattern, Failure> {
        let bad = |why: String| {
            Failure::new(
                ErrorKind::Verification,
                codes::E1409,
                format!("`{}` is not a valid file pattern: {why}", shown(pattern)),
            )
        };
        if pattern.contains('\0') {
            return Err(bad("it holds a zero byte".to_owned()));
        }
        // The rules of paths hold for patterns.
        let clean = path::clean(pattern)?;
        let whole = compile(&clean).map_err(|error| {
            bad(error.kind().to_string()).help(
                "`*`, `**`, `?`, `[ab]` and `{a,b}` have a meaning; `\\` before one of them takes it away",
            )
        })?;
        let wild = |name: &str| name.contains(['*', '?', '[', ']', '{', '}', '\\']);
        let names: Vec<&str> = clean.split('/').collect();
        let fixed = names.iter().take_while(|name| !wild(name)).count().min(names.len() - 1);
        let start = if fixed == 0 { ".".to_owned() } else { names[..fixed].join("/") };
        // Braces may hold a `/`, so then the names cannot be counted.
        let countable = !clean.contains("**") && !clean.contains('{');
        let hidden = names
            .iter()
            .flat_map(|name| name.split(['{', ',', '}']).chain([*name]))
            .filter(|part| part.starts_with('.') || part.starts_with("{."))
            .filter_map(|part| compile(part).ok())
            .collect();
        Ok(Pattern {
            whole,
            folders: pattern.ends_with('/'),
            start,
            depth: countable.then_some(names.len()),
            hidden,
        })
    }
}

fn compile(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    let glob: Glob = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build()?;
    Ok(glob.compile_matcher())
}
