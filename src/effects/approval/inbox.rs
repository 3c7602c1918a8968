//! Signed decisions on their way into a run: files in its folder, named by what they hold. Whoever hands one in writes
//! it; the process that owns the run reads it, judges it and records it. Nothing in here counts by being here.
//!
//! `<digest>.json` is the record to the letter and `<digest>.json.sig` its signature, so that `ssh-keygen -Y verify` can
//! be run on them; `<digest>.refused` says why it was not taken. They stay as what was handed in.

use crate::diagnostics::Failure;
use crate::journal::{RunDir, Store, append_all, digest_of, io_failure, read_all};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A decision is larger only by its value, and that was in a journal before.
const LONGEST: u64 = 64 << 20;

pub struct Inbox {
    store: Arc<dyn Store>,
    run: PathBuf,
    dir: PathBuf,
}

impl Inbox {
    pub fn of(run: &RunDir) -> Inbox {
        let dir = run.path().join("decisions");
        Inbox { store: run.store().clone(), run: run.path().to_owned(), dir }
    }

    /// Durable on return; gives its name.
    pub fn put(&self, record: &str, signature: &str) -> Result<String, Failure> {
        let name = digest_of(format!("{record}\n{signature}").as_bytes());
        let name = name.strip_prefix("sha256:").unwrap_or(&name).to_owned();
        let failed = |e: io::Error| io_failure(&e, "hand in the decision", &self.dir);
        match self.store.create_dir(&self.dir) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(failed(e)),
            _ => self.store.sync_dir(&self.run).map_err(failed)?,
        }
        match self.store.remove_file(&self.file(&name, "refused")) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
            _ => {}
        }
        // Whoever sees the record finds its signature.
        self.write(&self.file(&name, "json.sig"), signature.as_bytes()).map_err(failed)?;
        self.write(&self.file(&name, "json"), record.as_bytes()).map_err(failed)?;
        self.store.sync_dir(&self.dir).map_err(failed)?;
        Ok(name)
    }

    fn file(&self, name: &str, kind: &str) -> PathBuf {
        self.dir.join(format!("{name}.{kind}"))
    }

    fn write(&self, target: &Path, content: &[u8]) -> io::Result<()> {
        let temporary = self.dir.join(format!(".tmp-{}", uuid::Uuid::new_v4().simple()));
        let mut file = self.store.create_new(&temporary)?;
        append_all(file.as_mut(), content)?;
        file.sync_data()?;
        self.store.rename(&temporary, target)
    }

    /// What lies there and was not refused, in the order of its names.
    pub fn names(&self) -> Result<Vec<String>, Failure> {
        let all = match self.store.list(&self.dir) {
            Ok(all) => all,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(io_failure(&e, "look for decisions in", &self.dir)),
        };
        let refused: Vec<&str> = all.iter().filter_map(|n| n.strip_suffix(".refused")).collect();
        let records = all.iter().filter_map(|n| n.strip_suffix(".json"));
        let mut names: Vec<String> = records.filter(|n| !refused.contains(n)).map(str::to_owned).collect();
        names.sort();
        Ok(names)
    }

    /// Record and signature; `None` where they are no text, or are gone.
    pub fn get(&self, name: &str) -> Option<(String, String)> {
        Some((self.read(&self.file(name, "json"))?, self.read(&self.file(name, "json.sig"))?))
    }

    fn read(&self, path: &Path) -> Option<String> {
        let size = self.store.size(path).ok()??;
        if size > LONGEST {
            return None;
        }
        String::from_utf8(read_all(self.store.as_ref(), path).ok()?).ok()
    }

    /// Says why it was not taken.
    pub fn refuse(&self, name: &str, why: &str) -> Result<(), Failure> {
        let target = self.file(name, "refused");
        self.write(&target, why.as_bytes()).map_err(|e| io_failure(&e, "refuse the decision", &target))
    }

    pub fn refusal(&self, name: &str) -> Option<String> {
        self.read(&self.file(name, "refused"))
    }
}
