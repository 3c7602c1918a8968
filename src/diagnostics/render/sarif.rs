//! Findings as SARIF 2.1.0, which code hosts and editors read.

use super::place::Place;
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::source::{SourceMap, Span};
use serde_json::{Value, json};

pub fn sarif(diagnostics: &[Diagnostic], sources: &SourceMap) -> Value {
    let mut rules: Vec<Code> = Vec::new();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|d| {
            let index = rules.iter().position(|c| *c == d.code).unwrap_or_else(|| {
                rules.push(d.code);
                rules.len() - 1
            });
            result(d, index, sources)
        })
        .collect();
    let rules: Vec<Value> = rules
        .iter()
        .map(|c| {
            json!({
                "id": c.id(),
                "name": c.lint_name().unwrap_or(c.id()),
                "shortDescription": { "text": c.title() },
                "help": { "text": c.0.page, "markdown": c.0.page },
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "wflow", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(d: &Diagnostic, index: usize, sources: &SourceMap) -> Value {
    let mut text = d.message.clone();
    for help in &d.help {
        text.push('\n');
        text.push_str(help);
    }
    let related: Vec<Value> = d
        .secondary
        .iter()
        .enumerate()
        .filter_map(|(i, label)| {
            let mut at = location(label.span, sources)?;
            at["id"] = json!(i);
            at["message"] = json!({ "text": label.text });
            Some(at)
        })
        .collect();
    let mut out = json!({
        "ruleId": d.code.id(),
        "ruleIndex": index,
        "level": match d.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        "message": { "text": text },
        "locations": location(d.primary.span, sources).into_iter().collect::<Vec<_>>(),
    });
    if !related.is_empty() {
        out["relatedLocations"] = Value::from(related);
    }
    out
}

fn location(span: Span, sources: &SourceMap) -> Option<Value> {
    let p = Place::of(span, sources)?;
    Some(json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&p.file.name) },
            "region": {
                "startLine": p.from.line,
                "startColumn": p.from.column,
                "endLine": p.to.line,
                "endColumn": p.to.column,
                "byteOffset": p.start,
                "byteLength": p.end - p.start,
            },
        },
    }))
}

/// A file's name as a relative reference: everything that is not plain in a URI is written as its bytes.
fn uri(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for b in name.bytes() {
        match b {
            b'/' | b'-' | b'.' | b'_' | b'~' => out.push(b as char),
            b if b.is_ascii_alphanumeric() => out.push(b as char),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}
