//! Diagnostics and failures become text for people and data for programs. Nothing else formats them.
//!
//! [`text`] draws the source with ariadne; [`short`] is a line each; [`json`], [`sarif`] and [`github`] are for
//! programs. Whatever comes from a source, a value or a command is made harmless before it reaches a terminal: it
//! cannot move the cursor, change colours or turn the direction of writing. Places outside their file, in the middle
//! of a character or in an unknown file are drawn as near as can be; none makes a renderer fail.

mod clean;
mod excerpt;
mod github;
mod json;
mod page;
mod place;
mod sarif;
mod short;
mod text;

pub use clean::{clean, clean_line, json_text};
pub use github::github;
pub use json::{failure_json, json};
pub use page::explain;
pub use sarif::sarif;
pub use short::{short, summary};
pub use text::{failure, text};

use super::{Diagnostic, Severity};
use crate::source::SourceMap;

/// How a terminal wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
    /// Columns; long source lines are cut to it, helps are wrapped at it.
    pub width: usize,
    /// Lines and arrows in Unicode, otherwise ASCII.
    pub unicode: bool,
}

impl Default for Style {
    fn default() -> Style {
        Style { color: false, width: 100, unicode: true }
    }
}

/// The forms of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    Short,
    Json,
    Sarif,
    Github,
}

impl Format {
    pub const ALL: [(&'static str, Format); 5] = [
        ("text", Format::Text),
        ("short", Format::Short),
        ("json", Format::Json),
        ("sarif", Format::Sarif),
        ("github", Format::Github),
    ];

    pub fn from_name(name: &str) -> Option<Format> {
        Self::ALL.into_iter().find(|(n, _)| *n == name).map(|(_, f)| f)
    }
}

/// All findings in one of the forms, with its line end; for people with a summary. `files`: how many were checked.
pub fn render(
    format: Format,
    diagnostics: &[Diagnostic],
    sources: &SourceMap,
    files: usize,
    style: &Style,
) -> String {
    match format {
        Format::Text => {
            let mut out = text(diagnostics, sources, style);
            out.push_str(&summary(diagnostics, files));
            out.push('\n');
            out
        }
        Format::Short => short(diagnostics, sources),
        Format::Json => format!("{}\n", json_text(&json(diagnostics, sources, files))),
        Format::Sarif => format!("{}\n", json_text(&sarif(diagnostics, sources))),
        Format::Github => github(diagnostics, sources),
    }
}

pub(super) fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
