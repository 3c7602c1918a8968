//! The project as it is on disk now: for who goes on with a run that pinned it as it was.

use crate::diagnostics::{ErrorKind, Failure};
use crate::policy::{Project, load_project};
use crate::source::SourceMap;
use std::path::Path;

/// `help` says why it matters that `wflow.toml` can be read.
pub fn project(root: &Path, help: &str) -> Result<(Project, SourceMap), Failure> {
    let mut sources = SourceMap::new();
    let (project, wrong) = load_project(root, &mut sources);
    match wrong.iter().find(|d| d.is_error()) {
        None => Ok((project, sources)),
        Some(first) => {
            let message = format!("{}: {}", sources.place(first.primary.span), first.message);
            Err(Failure::new(ErrorKind::Configuration, first.code, message).help(help))
        }
    }
}
