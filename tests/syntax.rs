//! Golden cases of the parser. `tests/syntax/ok/*.wflow` parse without a finding and have a tree in `.ast`;
//! `tests/syntax/err/*.wflow` have findings, as a user would see them, in `.err`. `UPDATE=1` writes them anew.

#[path = "syntax/dump.rs"]
mod dump;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use wflow::diagnostics::{Diagnostic, Severity};
use wflow::source::{FileId, Span};
use wflow::syntax::{Parsed, parse};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = std::fs::read_dir(root().join("tests/syntax").join(folder))
        .expect("the folder of cases is part of the repository")
        .map(|e| e.expect("a readable entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "wflow"))
        .collect();
    out.sort();
    out
}

fn text(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("a readable case");
    wflow::source::decode(path, bytes).expect("a case is UTF-8")
}

/// Line and column, both from one; columns count characters.
fn place(text: &str, span: Span) -> String {
    let before = &text[..span.start as usize];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let marked = &text[span.range()];
    let end = match marked.is_empty() || marked.contains('\n') {
        true => String::new(),
        false => format!("-{}", column + marked.chars().count()),
    };
    format!("{line}:{column}{end}")
}

fn shown(text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for d in diagnostics {
        let kind = if d.severity == Severity::Error { "" } else { " (lint)" };
        let _ = writeln!(out, "{} {}{kind} {}", place(text, d.primary.span), d.code.id(), d.message);
        if !d.primary.text.is_empty() {
            let _ = writeln!(out, "  ^ {}", d.primary.text);
        }
        for l in &d.secondary {
            let _ = writeln!(out, "  {} {}", place(text, l.span), l.text);
        }
        for h in &d.help {
            let _ = writeln!(out, "  help: {h}");
        }
    }
    out
}

fn parsed(text: &str) -> Parsed {
    parse(FileId(0), text)
}

/// Compares with the file beside the case, or writes it.
fn golden(case: &Path, extension: &str, actual: &str, wrong: &mut Vec<String>) {
    let path = case.with_extension(extension);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, actual).expect("the golden file can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected != actual {
        wrong.push(format!("{}\n--- expected\n{expected}\n--- actual\n{actual}", path.display()));
    }
}

#[test]
fn good_files_have_their_trees() {
    let mut wrong = Vec::new();
    for case in cases("ok") {
        let text = text(&case);
        let parsed = parsed(&text);
        if !parsed.diagnostics.is_empty() {
            wrong.push(format!("{}\n{}", case.display(), shown(&text, &parsed.diagnostics)));
        }
        golden(&case, "ast", &dump::file(&parsed.file), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn mistakes_are_told_in_the_users_words() {
    let mut wrong = Vec::new();
    for case in cases("err") {
        let text = text(&case);
        let parsed = parsed(&text);
        if parsed.diagnostics.is_empty() {
            wrong.push(format!("{} has no mistake", case.display()));
        }
        golden(&case, "err", &shown(&text, &parsed.diagnostics), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_message_names_a_rule_of_the_grammar() {
    let grammar = std::fs::read_to_string(root().join("grammar/wflow.pest")).expect("the grammar");
    let rules: Vec<&str> = grammar
        .lines()
        .filter_map(|l| l.split_once('=').map(|(name, _)| name.trim()))
        .filter(|n| n.contains('_') && n.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .filter(|n| *n != "min_assurance")
        .collect();
    for case in cases("err") {
        let text = text(&case);
        for d in parsed(&text).diagnostics {
            let own = format!("{} {} {:?}", d.message, d.primary.text, d.help);
            for rule in &rules {
                let named = own.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|w| w == *rule);
                assert!(!named, "{}: {own} names {rule}", case.display());
            }
        }
    }
}

/// Every shipped file.
#[test]
fn the_standard_library_and_the_examples_parse() {
    let mut folders = vec![root().join("stdlib"), root().join("examples")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "wflow") {
                let text = text(&path);
                let parsed = parsed(&text);
                let shown = shown(&text, &parsed.diagnostics);
                assert!(shown.is_empty(), "{}\n{shown}", path.display());
            }
        }
    }
}
