//! Bytes on disk become source text, or a reason why not.

use std::fmt;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A larger source file is refused: nobody reviews it, and it is surely not what was meant.
pub const MAX_SOURCE_BYTES: u64 = 16 * 1024 * 1024;

/// Why a source could not be read.
#[derive(Debug)]
pub enum LoadError {
    Missing {
        path: PathBuf,
    },
    Unreadable {
        path: PathBuf,
        error: std::io::Error,
    },
    Directory {
        path: PathBuf,
    },
    /// A pipe, a socket, a device: nobody else can read again what it gave.
    NotAFile {
        path: PathBuf,
    },
    TooLarge {
        path: PathBuf,
        bytes: u64,
    },
    Binary {
        path: PathBuf,
    },
    NotUtf8 {
        path: PathBuf,
        offset: usize,
        line: usize,
    },
}

impl LoadError {
    pub fn path(&self) -> &Path {
        match self {
            LoadError::Missing { path }
            | LoadError::Unreadable { path, .. }
            | LoadError::Directory { path }
            | LoadError::NotAFile { path }
            | LoadError::TooLarge { path, .. }
            | LoadError::Binary { path }
            | LoadError::NotUtf8 { path, .. } => path,
        }
    }
}

impl LoadError {
    /// The same trouble, told of another name of the file.
    pub fn at(mut self, name: &Path) -> LoadError {
        match &mut self {
            LoadError::Missing { path }
            | LoadError::Unreadable { path, .. }
            | LoadError::Directory { path }
            | LoadError::NotAFile { path }
            | LoadError::TooLarge { path, .. }
            | LoadError::Binary { path }
            | LoadError::NotUtf8 { path, .. } => *path = name.to_owned(),
        }
        self
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path().display();
        match self {
            LoadError::Missing { .. } => write!(f, "there is no file `{path}`"),
            LoadError::Unreadable { error, .. } => {
                let text = error.to_string();
                write!(
                    f,
                    "`{path}` cannot be read: {}",
                    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
                )
            }
            LoadError::Directory { .. } => write!(f, "`{path}` is a folder, not a file"),
            LoadError::NotAFile { .. } => write!(f, "`{path}` is a pipe, a socket or a device, not a file"),
            LoadError::TooLarge { bytes, .. } => write!(
                f,
                "`{path}` has {bytes} bytes; a source file may have at most {} MiB",
                MAX_SOURCE_BYTES / 1024 / 1024
            ),
            LoadError::Binary { .. } => write!(f, "`{path}` is not text: it holds zero bytes"),
            LoadError::NotUtf8 { offset, line, .. } => {
                write!(f, "`{path}` is not UTF-8: byte {offset}, in line {line}, starts no valid character")
            }
        }
    }
}

impl std::error::Error for LoadError {}

/// Reads a source file, bounded in size.
pub fn read_source(path: &Path) -> Result<String, LoadError> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => LoadError::Missing { path: path.to_owned() },
        _ => LoadError::Unreadable { path: path.to_owned(), error },
    };
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if meta.is_dir() {
        return Err(LoadError::Directory { path: path.to_owned() });
    }
    let not_a_file = || LoadError::NotAFile { path: path.to_owned() };
    if !meta.is_file() {
        return Err(not_a_file());
    }
    // Opening a pipe that took the file's place meanwhile must not wait for a writer.
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(not_a_file());
    }
    if meta.len() > MAX_SOURCE_BYTES {
        return Err(LoadError::TooLarge { path: path.to_owned(), bytes: meta.len() });
    }
    let mut bytes = Vec::with_capacity(meta.len() as usize + 1);
    // It may grow while it is read, and some files in /proc say that they are empty.
    file.take(MAX_SOURCE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_SOURCE_BYTES {
        return Err(LoadError::TooLarge { path: path.to_owned(), bytes: bytes.len() as u64 });
    }
    decode(path, bytes)
}

/// Bytes to text: UTF-8 only, a byte order mark is dropped, zero bytes are refused.
pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<String, LoadError> {
    if bytes.contains(&0) {
        return Err(LoadError::Binary { path: path.to_owned() });
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            Ok(text)
        }
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..offset].iter().filter(|b| **b == b'\n').count() + 1;
            Err(LoadError::NotUtf8 { path: path.to_owned(), offset, line })
        }
    }
}
