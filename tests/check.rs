//! Golden cases of the checker. A case is a file in `tests/check/ok` (nothing may be found) or `tests/check/err` (what
//! is found stands in the `.err` file beside it); a folder is a case of several files whose entry is `main.wflow`.
//! `UPDATE=1 cargo test --test check` writes the `.err` files anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wflow::check::{Checked, Environment, check_file};
use wflow::diagnostics::{Diagnostic, Severity};
use wflow::policy::load_project;
use wflow::source::{SourceMap, Span};

/// The nearest `wflow.toml` inside the cases; or, for a case that is one file, a line `//! approvers: a, b` for the
/// people that such a file would name.
fn environment(path: &Path) -> Environment {
    let mut sources = SourceMap::new();
    let (project, found) = load_project(path, &mut sources);
    assert!(found.is_empty(), "{found:?}");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let list = |key: &str| {
        let line = text.lines().find_map(|l| l.strip_prefix("//! ")?.strip_prefix(key))?;
        Some(line.split(',').map(|n| Arc::from(n.trim())).collect())
    };
    let mut environment = Environment::of_project(&project, &sources);
    environment.approvers = environment.approvers.or_else(|| list("approvers:"));
    environment.pedantic = text.contains("//! pedantic");
    environment
}

fn cases(folder: &str) -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check").join(folder);
    let mut out = Vec::new();
    for entry in std::fs::read_dir(&root).expect("the folder is part of the repository").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            out.push((name, path.join("main.wflow")));
        } else if let Some(stem) = name.strip_suffix(".wflow") {
            out.push((stem.to_owned(), path));
        }
    }
    out.sort();
    out
}

fn check(path: &Path) -> Checked {
    // A test's thread has less stack than a program, whose frames are smaller, too.
    std::thread::scope(|scope| {
        let work = || check_file(path, &environment(path)).expect("a case can be read");
        let thread = std::thread::Builder::new().stack_size(16 << 20).spawn_scoped(scope, work);
        thread.expect("a thread can start").join().expect("the check does not panic")
    })
}

/// `line:column CODE message`, then labels and helps, each on a line of its own.
fn render(checked: &Checked) -> String {
    let main = checked.program.module(wflow::check::ModuleId(0)).ast.id;
    let place = |span: Span| {
        let file = checked.program.sources.file(span.file);
        let at = file.line_column(span.start as usize);
        let end = file.line_column(span.end as usize);
        let name = match span.file == main {
            true => String::new(),
            false => format!("{}:", file.name.rsplit('/').next().unwrap_or_default()),
        };
        match at.line == end.line {
            true => format!("{name}{}:{}-{}", at.line, at.column, end.column),
            false => format!("{name}{}:{}-{}:{}", at.line, at.column, end.line, end.column),
        }
    };
    let mut out = String::new();
    for Diagnostic { code, severity, message, primary, secondary, help } in &checked.diagnostics {
        let word = match severity {
            Severity::Error => "",
            Severity::Warning => "warning ",
            Severity::Note => "note ",
        };
        let _ = writeln!(out, "{} {code} {word}{message}", place(primary.span));
        if !primary.text.is_empty() {
            let _ = writeln!(out, "    here: {}", primary.text);
        }
        for label in secondary {
            let _ = writeln!(out, "    {}: {}", place(label.span), label.text);
        }
        for help in help {
            let _ = writeln!(out, "    help: {help}");
        }
    }
    out
}

#[test]
fn good_programs_are_found_good() {
    let mut wrong = String::new();
    for (name, path) in cases("ok") {
        let found = render(&check(&path));
        if !found.is_empty() {
            let _ = writeln!(wrong, "--- ok/{name}\n{found}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn mistakes_are_found_and_said() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = String::new();
    for (name, path) in cases("err") {
        let found = render(&check(&path));
        let golden = match path.ends_with("main.wflow") {
            true => path.with_file_name("expected.err"),
            false => path.with_extension("err"),
        };
        if found.is_empty() {
            let _ = writeln!(wrong, "--- err/{name}: nothing was found");
            continue;
        }
        if update {
            std::fs::write(&golden, &found).expect("the folder can be written");
            continue;
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        if expected != found {
            let _ = writeln!(wrong, "--- err/{name}\nexpected:\n{expected}\nfound:\n{found}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}\nUPDATE=1 writes what was found");
}
/// Every code of the checker stands in some golden case.
#[test]
fn every_code_has_a_case() {
    use wflow::diagnostics::{Area, codes};
    let mut seen = String::new();
    for (_, path) in cases("err") {
        for d in check(&path).diagnostics {
            seen.push_str(d.code.id());
            seen.push(' ');
        }
    }
    let areas = [Area::Names, Area::Types, Area::Flow, Area::Policy, Area::Lint];
    let missing: Vec<_> =
        codes::all().filter(|c| areas.contains(&c.0.area) && !seen.contains(c.id())).collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}
