//! Large content beside the journal, in `blobs/`, each file named by the SHA-256 of what it holds.
//!
//! A blob is whole and durable before any event refers to it, and is given out only if it still has its digest.
//! Secrets are replaced before the digest is taken.

use super::canonical::{hex, sha256};
use super::errors::io_failure;
use super::redact::Redactor;
use super::store::{Store, append_all, read_all};
use crate::diagnostics::codes::journal as codes;
use crate::diagnostics::{ErrorKind, Failure};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Texts and members of event data above this many bytes become blobs.
pub const INLINE_LIMIT: usize = 8 * 1024;

/// Names a blob: `{"blob":"sha256:…","bytes":N}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRef {
    /// 64 hex digits.
    pub hex: String,
    pub bytes: u64,
}

impl BlobRef {
    pub fn digest(&self) -> String {
        format!("sha256:{}", self.hex)
    }
    pub fn to_json(&self) -> Value {
        json!({ "blob": self.digest(), "bytes": self.bytes })
    }
    /// Reads any object with such members, also one with further ones beside them (`name`).
    pub fn from_json(map: &Map<String, Value>) -> Option<BlobRef> {
        let hex = map.get("blob")?.as_str()?.strip_prefix("sha256:")?;
        super::canonical::from_hex(hex)?;
        Some(BlobRef { hex: hex.to_owned(), bytes: map.get("bytes")?.as_u64()? })
    }
}

/// Whether a value of a user looks like a reference, and therefore must be written as a literal.
pub(super) fn looks_like_ref(map: &Map<String, Value>) -> bool {
    map.get("blob").and_then(Value::as_str).is_some_and(|b| b == "literal" || b.starts_with("sha256:"))
}

/// The `blobs/` folder of one run. Shared by threads.
pub struct Blobs {
    store: Arc<dyn Store>,
    dir: PathBuf,
    redactor: Redactor,
    /// Blobs that this process has seen become durable; `None` until the folder itself is.
    durable: Mutex<Option<HashSet<[u8; 32]>>>,
    temporary: AtomicU64,
}

impl Blobs {
    pub fn new(store: Arc<dyn Store>, run_dir: &Path, redactor: Redactor) -> Blobs {
        Blobs {
            store,
            dir: run_dir.join("blobs"),
            redactor,
            durable: Mutex::new(None),
            temporary: AtomicU64::new(0),
        }
    }

    pub fn path(&self, blob: &BlobRef) -> PathBuf {
        self.dir.join(&blob.hex)
    }

    /// Stores content; durable on return. The same content is stored once.
    pub fn put(&self, content: &[u8]) -> Result<BlobRef, Failure> {
        let content = self.redactor.bytes(content);
        self.put_clean(&content)
    }

    /// For content that holds no secret any more.
    pub(super) fn put_clean(&self, content: &[u8]) -> Result<BlobRef, Failure> {
        let digest = sha256(content);
        let blob = BlobRef { hex: hex(&digest), bytes: content.len() as u64 };
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        if durable.as_ref().is_some_and(|known| known.contains(&digest)) {
            return Ok(blob);
        }
        self.write(&blob, content, durable.is_none())
            .map_err(|e| io_failure(&e, "store an output", &self.path(&blob)))?;
        durable.get_or_insert_default().insert(digest);
        Ok(blob)
    }

    /// Stores what a new run is pinned to, before its first event: all is written, then all synced, which a disk does
    /// in hardly more time than one. Durable on return but for the name of the folder itself, which is with the first
    /// event.
    pub fn put_first(&self, contents: &[&[u8]]) -> Result<Vec<BlobRef>, Failure> {
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        let mut new = HashSet::new();
        let mut blobs = Vec::with_capacity(contents.len());
        let mut open = Vec::with_capacity(contents.len());
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |e: std::io::Error| io_failure(&e, "store the sources of the run", &path)
        };
        self.store.create_dir(&self.dir).map_err(failed(&self.dir))?;
        for content in contents {
            let content = self.redactor.bytes(content);
            let digest = sha256(&content);
            let blob = BlobRef { hex: hex(&digest), bytes: content.len() as u64 };
            if new.insert(digest) {
                // Nobody looks here yet, so it may have its name before it is whole.
                let path = self.path(&blob);
                let mut file = self.store.create_new(&path).map_err(failed(&path))?;
                append_all(file.as_mut(), &content).map_err(failed(&path))?;
                file.begin_write();
                open.push((file, path));
            }
            blobs.push(blob);
        }
        for (mut file, path) in open {
            file.sync_data().map_err(failed(&path))?;
        }
        self.store.sync_dir(&self.dir).map_err(failed(&self.dir))?;
        durable.get_or_insert_default().extend(new);
        Ok(blobs)
    }

    fn write(&self, blob: &BlobRef, content: &[u8], first: bool) -> std::io::Result<()> {
        if first {
            match self.store.create_dir(&self.dir) {
                Ok(()) => {}
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
            if let Some(run_dir) = self.dir.parent() {
                self.store.sync_dir(run_dir)?;
            }
        }
        let target = self.path(blob);
        // One that a crashed process left whole is written again: nobody knows whether it was durable.
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = self.dir.join(format!(".tmp-{}-{number}", self.store.process().pid));
        let result = (|| {
            let mut file = match self.store.create_new(&temporary) {
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                    // Left by a crashed process that had our number; only the owner of the run writes here.
                    self.store.remove_file(&temporary)?;
                    self.store.create_new(&temporary)?
                }
                other => other?,
            };
            append_all(file.as_mut(), content)?;
            file.sync_data()?;
            self.store.rename(&temporary, &target)?;
            self.store.sync_dir(&self.dir)
        })();
        if result.is_err() {
            // What matters is the first error; a left-over temporary file does no harm.
            let _ = self.store.remove_file(&temporary);
        }
        result
    }

    /// The content, if it is there and has its digest.
    pub fn get(&self, blob: &BlobRef) -> Result<Vec<u8>, Failure> {
        let path = self.path(blob);
        let content = read_all(self.store.as_ref(), &path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => bad_blob(&path, "is missing"),
            _ => io_failure(&e, "read a stored output", &path),
        })?;
        if hex(&sha256(&content)) != blob.hex {
            return Err(bad_blob(&path, "was changed: it does not have its digest any more"));
        }
        Ok(content)
    }

    pub fn get_text(&self, blob: &BlobRef) -> Result<String, Failure> {
        String::from_utf8(self.get(blob)?).map_err(|_| bad_blob(&self.path(blob), "is not text"))
    }

    /// Puts stored content back in the place of each reference, so that the value is what was recorded.
    pub fn inline(&self, value: &mut Value) -> Result<(), Failure> {
        match value {
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.inline(item)),
            Value::Object(map) if looks_like_ref(map) => {
                if let Some(mut literal) = map.remove("value") {
                    // Its members may hold references, it is none.
                    self.members(&mut literal)?;
                    *value = literal;
                } else if let Some(blob) = BlobRef::from_json(map) {
                    *value = if map.get("as").is_some() {
                        let mut parsed = serde_json::from_slice(&self.get(&blob)?)
                            .map_err(|_| bad_blob(&self.path(&blob), "is not JSON"))?;
                        self.inline(&mut parsed)?;
                        parsed
                    } else {
                        Value::String(self.get_text(&blob)?)
                    };
                }
                Ok(())
            }
            _ => self.members(value),
        }
    }

    fn members(&self, value: &mut Value) -> Result<(), Failure> {
        match value {
            Value::Object(map) => map.values_mut().try_for_each(|member| self.inline(member)),
            _ => Ok(()),
        }
    }
}

fn bad_blob(path: &Path, what: &str) -> Failure {
    Failure::new(
        ErrorKind::Verification,
        codes::E1512,
        format!("the stored output {} {what}", path.display()),
    )
    .help("restore the file from a copy")
}
