//! One line a finding, and the line that counts them.

use super::clean::clean_line;
use super::place::Place;
use super::severity_name;
use crate::diagnostics::{Diagnostic, Severity};
use crate::source::SourceMap;
use std::fmt::Write;

/// `file:line:column: error[E0301]: message`
pub fn short(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let mut out = String::new();
    for d in diagnostics {
        let place = Place::of(d.primary.span, sources).map_or_else(|| "?".to_owned(), |p| p.show());
        let (word, message) = (severity_name(d.severity), clean_line(&d.message));
        let _ = writeln!(out, "{place}: {word}[{}]: {message}", d.code);
    }
    out
}

/// `2 errors, 1 warning in 3 files`; `files` is how many were checked.
pub fn summary(diagnostics: &[Diagnostic], files: usize) -> String {
    let count = |n: usize, word: &str| match n {
        0 => None,
        1 => Some(format!("1 {word}")),
        n => Some(format!("{n} {word}s")),
    };
    let of = |s: Severity| count(diagnostics.iter().filter(|d| d.severity == s).count(), severity_name(s));
    let found: Vec<String> =
        [Severity::Error, Severity::Warning, Severity::Note].into_iter().filter_map(of).collect();
    let files = count(files, "file").unwrap_or_else(|| "no files".into());
    match found.is_empty() {
        true => format!("no problems in {files}"),
        false => format!("{} in {files}", found.join(", ")),
    }
}
