//! Where the project begins, and what its `wflow.toml` says.

use super::config::Config;
use super::read::read_config;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::config as codes;
use crate::source::{FileId, LoadError, Origin, SourceMap, Span, read_source};
use std::path::{Path, PathBuf};

pub const CONFIG_NAME: &str = "wflow.toml";

/// What made a folder the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootBy {
    Config,
    Git,
    /// Nothing: the folder of the file itself.
    Folder,
}

/// The project that a file belongs to.
#[derive(Debug, Clone)]
pub struct Project {
    /// Absolute, with symbolic links resolved where the folder exists.
    pub root: PathBuf,
    pub by: RootBy,
    pub config: Config,
    /// `wflow.toml` in the source map; none where there is no such file.
    pub file: Option<FileId>,
}

impl Project {
    /// A project without a `wflow.toml`.
    pub fn bare(root: impl Into<PathBuf>) -> Project {
        Project { root: root.into(), by: RootBy::Folder, config: Config::default(), file: None }
    }

    /// From a text, for tests and for the repl.
    pub fn from_text(
        root: impl Into<PathBuf>,
        text: &str,
        sources: &mut SourceMap,
    ) -> (Project, Vec<Diagnostic>) {
        let file = sources.add(CONFIG_NAME, Origin::Memory, text);
        let (config, diagnostics) = read_config(text, file);
        (Project { root: root.into(), by: RootBy::Config, config, file: Some(file) }, diagnostics)
    }

    /// Whether there is a `wflow.toml`.
    pub fn is_configured(&self) -> bool {
        self.file.is_some()
    }
}

/// The nearest folder upwards with a `wflow.toml`, or else with a `.git`, or else the folder itself. `start` is a
/// folder or a file, which need not exist.
pub fn find_root(start: &Path) -> (PathBuf, RootBy) {
    let absolute = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
    let resolved = absolute.canonicalize().unwrap_or(absolute);
    let folder = match resolved.is_dir() {
        true => resolved.as_path(),
        false => resolved.parent().unwrap_or(&resolved),
    };
    let with = |name: &str| folder.ancestors().find(|f| f.join(name).symlink_metadata().is_ok());
    match (with(CONFIG_NAME), with(".git")) {
        (Some(root), _) => (root.to_owned(), RootBy::Config),
        (None, Some(root)) => (root.to_owned(), RootBy::Git),
        (None, None) => (folder.to_owned(), RootBy::Folder),
    }
}

/// Finds the project of a file or folder and reads its `wflow.toml`, which is added to the sources.
pub fn load_project(start: &Path, sources: &mut SourceMap) -> (Project, Vec<Diagnostic>) {
    let (root, by) = find_root(start);
    let mut project = Project { root, by, config: Config::default(), file: None };
    if by != RootBy::Config {
        return (project, Vec::new());
    }
    let path = project.root.join(CONFIG_NAME);
    let (text, trouble) = match read_source(&path) {
        Ok(text) => (text, None),
        Err(error) => (String::new(), Some(error)),
    };
    let file = sources.add(CONFIG_NAME, Origin::Disk(path), text.as_str());
    project.file = Some(file);
    if let Some(error) = trouble {
        let help = match error {
            LoadError::Directory { .. } => "rename the folder: this name is for the project's file",
            LoadError::Missing { .. } => "it is a link that leads nowhere; mend or remove it",
            _ => "nothing may run before the project's rules can be read",
        };
        let place = Span::new(file, 0, 0);
        // Short where it lies at hand; from anywhere else only the whole path finds it.
        let here = std::env::current_dir().ok();
        let near = here.and_then(|here| error.path().strip_prefix(here).map(Path::to_owned).ok());
        let error = match near {
            Some(near) => error.at(&near),
            None => error,
        };
        return (project, vec![Diagnostic::error(codes::E1601, place, error.to_string()).help(help)]);
    }
    let (config, diagnostics) = read_config(&text, file);
    project.config = config;
    (project, diagnostics)
}
