//! Findings as the commands by which a GitHub job annotates its files.

use super::place::Place;
use crate::diagnostics::{Diagnostic, Severity};
use crate::source::SourceMap;
use std::fmt::Write;

pub fn github(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let mut out = String::new();
    for d in diagnostics {
        let command = match d.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let mut properties = String::new();
        if let Some(p) = Place::of(d.primary.span, sources) {
            let _ = write!(
                properties,
                "file={},line={},endLine={},",
                property(&p.file.name),
                p.from.line,
                p.to.line
            );
            // Columns are only understood where the place is on one line.
            if p.from.line == p.to.line {
                let _ = write!(properties, "col={},endColumn={},", p.from.column, p.to.column);
            }
        }
        let mut text = d.message.clone();
        for line in &d.help {
            text.push('\n');
            text.push_str(line);
        }
        let _ = writeln!(out, "::{command} {properties}title={}::{}", d.code, escape(&text));
    }
    out
}

fn escape(text: &str) -> String {
    let text = super::clean(text);
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    escape(&super::clean_line(text)).replace(':', "%3A").replace(',', "%2C")
}
