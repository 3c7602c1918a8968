//! Where runs live: `.wflow/runs/<id>/` with `journal.jsonl`, `blobs/` and `owner`. Ids are UUIDv7, so they sort by
//! time; people name a run by its id or by any beginning or end of it that fits only one.

use super::errors::{io_failure, unconfirmed};
use super::store::Store;
use crate::diagnostics::codes::journal as codes;
use crate::diagnostics::{ErrorKind, Failure, did_you_mean};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of the ledger in `.wflow/`.
pub(super) const LEDGER: &str = "ledger.jsonl";

/// `0198f2c4-7a31-7c52-9d0e-3f6b1c2a4e5d`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

impl RunId {
    /// Only the written form: lower case, with dashes, version 7.
    pub fn parse(text: &str) -> Option<RunId> {
        let id = uuid::Uuid::try_parse(text).ok()?;
        (id.get_version_num() == 7 && id.as_hyphenated().to_string() == text).then(|| RunId(text.to_owned()))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// When it was made, in milliseconds since 1970.
    pub(super) fn millis(&self) -> u64 {
        let made = uuid::Uuid::try_parse(&self.0).ok().and_then(|id| id.get_timestamp());
        made.map_or(0, |at| {
            let (seconds, nanos) = at.to_unix();
            seconds * 1000 + u64::from(nanos / 1_000_000)
        })
    }
    /// The last eight characters: enough to tell runs of a project apart, and accepted by [`Runs::find`].
    pub fn short(&self) -> &str {
        &self.0[self.0.len() - 8..]
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All runs of a project.
#[derive(Clone)]
pub struct Runs {
    store: Arc<dyn Store>,
    /// `.wflow`
    root: PathBuf,
}

/// The folder of one run.
#[derive(Clone)]
pub struct RunDir {
    store: Arc<dyn Store>,
    path: PathBuf,
    id: RunId,
}

impl Runs {
    /// Of the project in this folder. Nothing is created until a run is.
    pub fn of_project(store: Arc<dyn Store>, project: &Path) -> Runs {
        Runs { store, root: project.join(".wflow") }
    }

    /// `.wflow`
    pub fn root(&self) -> &Path {
        &self.root
    }
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }
    fn folder(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// A folder for a new run. Its name becomes durable with the run's first event: before, there is no run.
    pub fn create(&self) -> Result<RunDir, Failure> {
        let folder = self.folder();
        self.ensure_dir(&self.root)?;
        self.ensure_dir(&folder)?;
        // Folders that are there may have been made by a process that was ended before it could make their names
        // durable. The ledger is made after that, so where it is, they are.
        let known = self
            .store
            .size(&self.root.join(LEDGER))
            .map_err(|e| io_failure(&e, "use the folder of the records", &self.root))?;
        if known.is_none() {
            self.sync_names(&self.root)?;
            self.sync_names(&folder)?;
        }
        // Ids sort by when their runs began, also where the clock was set back in between.
        let after = super::Ledger::of(self).newest_run().map_or(0, |newest| newest + 1);
        let millis = u64::try_from(self.store.now().0).unwrap_or(0).max(after);
        let (seconds, nanos) = (millis / 1000, (millis % 1000) as u32 * 1_000_000);
        let id = uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos));
        let id = RunId(id.as_hyphenated().to_string());
        let path = folder.join(id.as_str());
        self.store.create_dir(&path).map_err(|e| io_failure(&e, "create the folder of the run", &path))?;
        Ok(RunDir { store: self.store.clone(), path, id })
    }

    fn ensure_dir(&self, path: &Path) -> Result<(), Failure> {
        match self.store.size(path) {
            Ok(Some(_)) => Ok(()),
            Ok(None) => self.make_dir(path),
            Err(e) => Err(io_failure(&e, "use the folder of the records", path)),
        }
    }

    fn make_dir(&self, path: &Path) -> Result<(), Failure> {
        match self.store.create_dir(path) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                Err(io_failure(&e, "create the folder of the records", path))
            }
            // Somebody else made it at the same moment.
            _ => Ok(()),
        }
    }

    /// Makes the name of a folder durable.
    fn sync_names(&self, path: &Path) -> Result<(), Failure> {
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.store.sync_dir(parent).map_err(|e| io_failure(&e, "create the folder of the records", path))
    }

    /// Every run, oldest first. Other names in the folder are nobody's business.
    pub fn list(&self) -> Result<Vec<RunId>, Failure> {
        let folder = self.folder();
        let names = match self.store.list(&folder) {
            Ok(names) => names,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(io_failure(&e, "list the runs", &folder)),
        };
        let mut ids: Vec<RunId> = names.iter().filter_map(|name| RunId::parse(name)).collect();
        ids.sort();
        Ok(ids)
    }

    pub fn open(&self, id: &RunId) -> RunDir {
        RunDir { store: self.store.clone(), path: self.folder().join(id.as_str()), id: id.clone() }
    }

    /// The latest run.
    pub fn last(&self) -> Result<RunDir, Failure> {
        match self.list()?.last() {
            Some(id) => Ok(self.open(id)),
            None => Err(no_runs()),
        }
    }

    /// By id, or by any beginning or end of one that fits only one run.
    pub fn find(&self, text: &str) -> Result<RunDir, Failure> {
        let wanted = text.trim().to_lowercase();
        let ids = self.list()?;
        if ids.is_empty() {
            return Err(no_runs());
        }
        let fits: Vec<&RunId> = ids
            .iter()
            .filter(|id| {
                !wanted.is_empty() && (id.as_str().starts_with(&wanted) || id.as_str().ends_with(&wanted))
            })
            .collect();
        match fits.as_slice() {
            [only] => Ok(self.open(only)),
            [] => Err(unknown(&wanted, &ids)),
            several => Err(ambiguous(&wanted, several)),
        }
    }
}

fn no_runs() -> Failure {
    Failure::new(ErrorKind::Configuration, codes::E1508, "there is no run of this project yet")
        .help("start one with `wflow run FILE`, or change to the folder of the project that you mean")
}

fn unknown(wanted: &str, ids: &[RunId]) -> Failure {
    let failure = Failure::new(
        ErrorKind::Configuration,
        codes::E1508,
        format!("there is no run `{}`", wanted.escape_debug()),
    );
    // People type a beginning or an end, so the nearest is looked for among those of the same length.
    let length = wanted.chars().count();
    let ends = ids.iter().rev().filter_map(|id| {
        let tail = id.as_str().len().checked_sub(length)?;
        Some([(&id.as_str()[..length], id), (&id.as_str()[tail..], id)])
    });
    let candidates: Vec<(&str, &RunId)> = ends.flatten().collect();
    let near = did_you_mean(wanted, candidates.iter().map(|(part, _)| *part))
        .and_then(|part| candidates.iter().find(|(p, _)| *p == part))
        .map(|(_, id)| *id)
        .or_else(|| ids.iter().find(|id| did_you_mean(wanted, [id.as_str()]).is_some()));
    match near {
        Some(id) => failure.help(format!("did you mean {id}?")),
        None => failure.help("`wflow runs` lists the runs of this project"),
    }
}

fn ambiguous(wanted: &str, several: &[&RunId]) -> Failure {
    let shown = 5;
    let mut failure = Failure::new(
        ErrorKind::Configuration,
        codes::E1509,
        format!("`{}` fits {} runs", wanted.escape_debug(), several.len()),
    )
    .help("give more characters; the last ones tell runs apart best");
    // The newest are the likeliest to be meant.
    for id in several.iter().rev().take(shown) {
        failure = failure.note(id.to_string());
    }
    if several.len() > shown {
        failure = failure.note(format!("and {} more", several.len() - shown));
    }
    failure
}

impl RunDir {
    pub fn id(&self) -> &RunId {
        &self.id
    }
    pub fn path(&self) -> &Path {
        &self.path
    }
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }
    pub fn journal_path(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }
    pub(super) fn owner_path(&self) -> PathBuf {
        self.path.join("owner")
    }
    /// Makes durable what is in the journal, whoever wrote it.
    pub fn sync(&self) -> Result<(), Failure> {
        let path = self.journal_path();
        let mut file =
            self.store.open_append(&path).map_err(|e| io_failure(&e, "open the journal", &path))?;
        file.sync_data().map_err(|e| unconfirmed(&e, &path))
    }
    /// The blobs of the run, for reading.
    pub fn blobs(&self) -> super::Blobs {
        super::Blobs::new(self.store.clone(), &self.path, super::Redactor::default())
    }
}
