//! The older version of a file, for `wflow plan --diff`: another file, or the same at a revision of the repository.

use super::files::{Projects, Unit};
use super::report::Trouble;
use crate::check::{Environment, Sources, check_source};
use crate::diagnostics::codes::usage;
use crate::diagnostics::{Diagnostic, render};
use crate::effects::process::Search;
use crate::policy::{CONFIG_NAME, Project, read_config};
use crate::source::{LoadError, Origin, SourceMap};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// `old` as it was given; `new` is today's file.
pub fn load(old: &str, file: &Path, new: &Unit) -> Result<Unit, Trouble> {
    let unit = match old.strip_prefix("git:") {
        Some(revision) => of_git(revision, file, new)?,
        None => of_file(Path::new(old), new)?,
    };
    let wrong = |all: &[Diagnostic]| all.iter().filter(|d| d.is_error()).cloned().collect::<Vec<_>>();
    let mut notes = Vec::new();
    for (found, sources) in [
        (wrong(&unit.config.0), &unit.config.1),
        (wrong(&unit.checked.diagnostics), &unit.checked.program.sources),
    ] {
        notes.extend(render::short(&found, sources).lines().map(str::to_owned));
    }
    match notes.is_empty() {
        true => Ok(unit),
        false => Err(Trouble {
            notes,
            ..refused(format!("the older version `{old}` has errors"))
                .help(
                    "a version with errors does nothing, so all that the file does is new: see `wflow plan`",
                )
                .exit(super::exit::Exit::CheckErrors)
        }),
    }
}

fn refused(message: impl Into<String>) -> Trouble {
    Trouble::new(usage::E1716, message)
}

/// Where the older file has no `wflow.toml` of its own, that of today's file holds for both.
fn of_file(old: &Path, new: &Unit) -> Result<Unit, Trouble> {
    let gone = |error: LoadError| refused(error.to_string()).help("`--diff` takes a file, or `git:REV`");
    let unit = Projects::planned().check(old, false).map_err(gone)?;
    if unit.project.is_configured() || !new.project.is_configured() {
        return Ok(unit);
    }
    let environment = Environment { approvals: true, ..Environment::of_project(&new.project, &new.config.1) };
    let checked = crate::check::check_file(old, &environment).map_err(gone)?;
    Ok(Unit { checked, project: new.project.clone(), config: (Vec::new(), SourceMap::new()) })
}

/// The file, what it uses and its `wflow.toml`, as they were.
fn of_git(revision: &str, file: &Path, new: &Unit) -> Result<Unit, Trouble> {
    let root = &new.project.root;
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let absolute = absolute.canonicalize().unwrap_or(absolute);
    let Ok(inside) = absolute.strip_prefix(root) else {
        return Err(refused(format!("`{}` does not lie in the project", file.display())));
    };
    let git = Git::at(root, &new.project, revision)?;
    let there = |e: LoadError| refused(format!("{e} at `{revision}`"));
    let text = git.read(inside).map_err(there)?;
    let mut sources = SourceMap::new();
    let mut project = Project::bare(root.clone());
    let mut wrong = Vec::new();
    if let Ok(text) = git.read(Path::new(CONFIG_NAME)) {
        let id = sources.add(CONFIG_NAME, Origin::Memory, text.as_str());
        let (config, found) = read_config(&text, id);
        (project.config, project.file, wrong) = (config, Some(id), found);
    }
    let environment = Environment { approvals: true, ..Environment::of_project(&project, &sources) };
    let checked = check_source(&inside.to_string_lossy(), &text, &git, &environment);
    Ok(Unit { checked, project, config: (wrong, sources) })
}

/// The files of a project at one commit.
struct Git {
    program: PathBuf,
    root: PathBuf,
    commit: String,
}

impl Git {
    fn at(root: &Path, project: &Project, revision: &str) -> Result<Git, Trouble> {
        let path: Vec<String> = project.config.policy.path.iter().map(ToString::to_string).collect();
        let found = Search::new(root, &path).resolve("git", false);
        let program = found.map_err(|f| refused(f.message).help("install git, or name a file"))?.real;
        let mut git = Git { program, root: root.to_owned(), commit: String::new() };
        let wanted = format!("{revision}^{{commit}}");
        let commit = git.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]);
        let commit = commit.and_then(|out| String::from_utf8(out).ok()).map(|c| c.trim().to_owned());
        match commit.filter(|c| !c.is_empty()) {
            Some(commit) => git.commit = commit,
            None => {
                let message = format!("there is no revision `{}` here", revision.escape_debug());
                return Err(refused(message).help("for example `git:HEAD`, `git:main`, `git:v1.2.0`"));
            }
        }
        Ok(git)
    }

    /// What git prints; none where it fails.
    fn ask(&self, words: &[&str]) -> Option<Vec<u8>> {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.root).args(words).stdin(Stdio::null()).stderr(Stdio::null());
        let out = command.output().ok()?;
        out.status.success().then_some(out.stdout)
    }
}

impl Sources for Git {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        // A blob as it is stored: nothing filters or runs.
        let object = format!("{}:./{}", self.commit, path.to_string_lossy());
        match self.ask(&["cat-file", "blob", &object]) {
            Some(bytes) => crate::source::decode(path, bytes),
            None => Err(LoadError::Missing { path: path.to_owned() }),
        }
    }

    fn siblings(&self, _: &Path) -> Vec<String> {
        Vec::new()
    }
}
