//! Findings as data: one schema, `wflow/diagnostics/1`.

use super::place::Place;
use super::severity_name;
use crate::diagnostics::{Diagnostic, Failure, Label, Severity};
use crate::source::{LineColumn, SourceMap, Span};
use serde_json::{Value, json};

pub const SCHEMA: &str = "wflow/diagnostics/1";
pub const FAILURE_SCHEMA: &str = "wflow/failure/1";

/// All findings. Bytes count from zero, lines and columns (in characters) from one; an end is the first place behind.
pub fn json(diagnostics: &[Diagnostic], sources: &SourceMap, files: usize) -> Value {
    let count = |s: Severity| diagnostics.iter().filter(|d| d.severity == s).count();
    json!({
        "schema": SCHEMA,
        "diagnostics": diagnostics.iter().map(|d| one(d, sources)).collect::<Vec<_>>(),
        "summary": {
            "errors": count(Severity::Error),
            "warnings": count(Severity::Warning),
            "notes": count(Severity::Note),
            "files": files,
        },
    })
}

fn one(d: &Diagnostic, sources: &SourceMap) -> Value {
    json!({
        "code": d.code.id(),
        "name": d.code.lint_name(),
        "severity": severity_name(d.severity),
        "message": d.message,
        "at": place(d.primary.span, sources),
        "label": d.primary.text,
        "related": d.secondary.iter().map(|l| related(l, sources)).collect::<Vec<_>>(),
        "help": d.help,
    })
}

fn related(label: &Label, sources: &SourceMap) -> Value {
    json!({ "at": place(label.span, sources), "label": label.text })
}

/// Null where the file is not known.
fn place(span: Span, sources: &SourceMap) -> Value {
    let Some(p) = Place::of(span, sources) else { return Value::Null };
    let point = |byte: usize, at: LineColumn| json!({ "byte": byte, "line": at.line, "column": at.column });
    json!({ "file": &*p.file.name, "start": point(p.start, p.from), "end": point(p.end, p.to) })
}

/// An error of a run.
pub fn failure_json(failure: &Failure, sources: &SourceMap) -> Value {
    json!({
        "schema": FAILURE_SCHEMA,
        "kind": failure.kind.name(),
        "code": failure.code.id(),
        "message": failure.message,
        "at": failure.span.map(|s| place(s, sources)),
        "label": failure.label,
        "help": failure.help,
        "notes": failure.notes,
        "gate": failure.gate,
    })
}
