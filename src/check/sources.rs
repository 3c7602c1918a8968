//! Where the text of modules comes from: the disk, the library inside the binary, memory.

use crate::source::{LoadError, read_source};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The modules of the standard library, by name.
pub const LIBRARY: &[(&str, &str)] = &[
    ("changelog", include_str!("../../stdlib/changelog.wflow")),
    ("git", include_str!("../../stdlib/git.wflow")),
    ("markdown", include_str!("../../stdlib/markdown.wflow")),
    ("report", include_str!("../../stdlib/report.wflow")),
    ("semver", include_str!("../../stdlib/semver.wflow")),
    ("words", include_str!("../../stdlib/words.wflow")),
];

/// Gives the text of files inside one project root. Paths are relative to that root and hold no `..`.
pub trait Sources {
    fn read(&self, path: &Path) -> Result<String, LoadError>;

    /// The names of the `.wflow` files of a folder, for "did you mean"; empty when nobody knows.
    fn siblings(&self, folder: &Path) -> Vec<String>;

    /// Where a file really is, if it lies on a disk.
    fn absolute(&self, path: &Path) -> Option<PathBuf> {
        let _ = path;
        None
    }

    /// A module of the standard library.
    fn library(&self, name: &str) -> Option<&str> {
        LIBRARY.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
    }

    fn library_names(&self) -> Vec<&str> {
        LIBRARY.iter().map(|(name, _)| *name).collect()
    }
}

/// The files below a folder. A link that leads out of it is refused.
#[derive(Debug, Clone)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    pub fn new(root: impl Into<PathBuf>) -> Disk {
        let root = root.into();
        Disk { root: root.canonicalize().unwrap_or(root) }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl Sources for Disk {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        let full = self.root.join(path);
        if let Ok(real) = full.canonicalize()
            && !real.starts_with(&self.root)
        {
            let error = std::io::Error::other("it is a link that leads out of the project");
            return Err(LoadError::Unreadable { path: path.to_owned(), error });
        }
        // People know the file by its place in the project.
        read_source(&full).map_err(|e| e.at(path))
    }

    fn siblings(&self, folder: &Path) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.root.join(folder)) else { return Vec::new() };
        let names = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
        names.filter(|n| n.ends_with(".wflow")).collect()
    }

    fn absolute(&self, path: &Path) -> Option<PathBuf> {
        Some(self.root.join(path))
    }
}

/// Files in memory: for tests, and for text that was typed.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, String>,
}

impl Memory {
    pub fn new() -> Memory {
        Memory::default()
    }

    pub fn with(mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> Memory {
        self.files.insert(path.into(), text.into());
        self
    }
}

impl Sources for Memory {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        self.files.get(path).cloned().ok_or_else(|| LoadError::Missing { path: path.to_owned() })
    }

    fn siblings(&self, folder: &Path) -> Vec<String> {
        let inside = self.files.keys().filter(|p| p.parent() == Some(folder));
        inside.filter_map(|p| Some(p.file_name()?.to_str()?.to_owned())).collect()
    }
}

/// The folder that a file's modules may come from: the nearest folder above it with a `wflow.toml`, else with a
/// `.git`, else its own.
pub fn project_root(file: &Path) -> PathBuf {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = absolute.parent().unwrap_or(Path::new("/")).to_owned();
    for marker in ["wflow.toml", ".git"] {
        if let Some(root) = folder.ancestors().find(|f| f.join(marker).exists()) {
            return root.to_owned();
        }
    }
    folder
}

/// `folder` joined with a path as written after `use`, without `.` and `..`; none if it leaves the root.
pub(super) fn resolve(folder: &Path, written: &str) -> Option<PathBuf> {
    let mut out: Vec<Component<'_>> = folder.components().collect();
    for part in Path::new(written).components() {
        match part {
            Component::Normal(_) => out.push(part),
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(out.into_iter().collect())
}
