//! Which files a command means, and the check of one with its project.

use crate::check::{Checked, Environment, check_file};
use crate::diagnostics::codes::source as codes;
use crate::diagnostics::{Code, Diagnostic};
use crate::policy::{Project, load_project};
use crate::source::{LoadError, Origin, SourceMap, Span};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A file or folder is named once and means all `.wflow` files below it, in order of their names.
pub fn find(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for path in paths {
        if path.is_dir() {
            below(path, &mut out, 0);
        } else {
            out.push(path.clone());
        }
    }
    let mut seen = std::collections::HashSet::new();
    out.retain(|p| seen.insert(p.canonicalize().unwrap_or_else(|_| p.clone())));
    out
}

fn below(folder: &Path, out: &mut Vec<PathBuf>, depth: usize) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let skip = name.starts_with('.') || matches!(name.as_ref(), "target" | "node_modules");
        // A link to a folder could lead back here.
        let is_link = path.symlink_metadata().is_ok_and(|m| m.is_symlink());
        if path.is_dir() {
            if !skip && !is_link && depth < 64 {
                below(&path, out, depth + 1);
            }
        } else if path.extension().is_some_and(|e| e == "wflow") {
            // `./a.wflow` and `a.wflow` are the same to a reader.
            out.push(path.strip_prefix("./").map(Path::to_owned).unwrap_or(path));
        }
    }
}

/// The projects of the files seen so far, each read once.
#[derive(Default)]
pub struct Projects {
    /// Find which gates stand before every effect.
    approvals: bool,
    known: HashMap<PathBuf, (Project, Vec<Diagnostic>, SourceMap)>,
}

/// A file and all that was found in it.
pub struct Unit {
    pub checked: Checked,
    pub project: Project,
    /// Findings in `wflow.toml`, with the sources that they speak of.
    pub config: (Vec<Diagnostic>, SourceMap),
}

impl Projects {
    /// For plans: finds, too, which gates stand before every effect.
    pub fn planned() -> Projects {
        Projects { approvals: true, ..Projects::default() }
    }

    pub fn of(&mut self, file: &Path) -> (Project, Vec<Diagnostic>, SourceMap) {
        let (root, _) = crate::policy::find_root(file);
        self.known
            .entry(root)
            .or_insert_with(|| {
                let mut sources = SourceMap::new();
                let (project, wrong) = load_project(file, &mut sources);
                (project, wrong, sources)
            })
            .clone()
    }

    pub fn check(&mut self, file: &Path, pedantic: bool) -> Result<Unit, LoadError> {
        let (project, wrong, sources) = self.of(file);
        let mut environment = Environment {
            pedantic,
            approvals: self.approvals,
            ..Environment::of_project(&project, &sources)
        };
        // Against rules that cannot be read nothing can be held; that they cannot is reported by itself.
        if wrong.iter().any(Diagnostic::is_error) {
            environment.config = None;
        }
        let checked = check_file(file, &environment)?;
        Ok(Unit { checked, project, config: (wrong, sources) })
    }
}

/// An unreadable file as a finding, with a place in an empty source of its name.
pub fn unreadable(error: &LoadError, sources: &mut SourceMap) -> Diagnostic {
    let id = sources.add(error.path().display().to_string(), Origin::Memory, "");
    let code: Code = match error {
        LoadError::TooLarge { .. } => codes::E0003,
        LoadError::NotUtf8 { .. } | LoadError::Binary { .. } => codes::E0002,
        _ => codes::E0001,
    };
    let help = match error {
        LoadError::Missing { .. } => "check the path; `wflow new NAME` makes a first workflow",
        LoadError::Directory { .. } => "name a file; `wflow check` and `wflow test` take folders",
        LoadError::NotAFile { .. } => "name a file: what runs must be there to be read again",
        LoadError::TooLarge { .. } => {
            "put data into files that the workflow reads, and share code with `use`"
        }
        LoadError::Unreadable { .. } => "check its permissions",
        LoadError::Binary { .. } | LoadError::NotUtf8 { .. } => "save it as UTF-8 text",
    };
    Diagnostic::error(code, Span::new(id, 0, 0), error.to_string()).help(help)
}
