//! Workflows as people write them: the proofs must never be in their way. What stands in `tests/accepted`, `examples` and
//! `stdlib` is checked with everything that is proved, and nothing is found.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use wflow::check::{Environment, check_file};
use wflow::diagnostics::Severity;
use wflow::policy::load_project;
use wflow::source::SourceMap;

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder is part of the repository").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "wflow") {
            out.push(path);
        }
    }
}

#[test]
fn what_people_write_is_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for folder in ["tests/accepted", "examples", "stdlib"] {
        files(&root.join(folder), &mut all);
    }
    assert!(all.len() >= 60, "only {} workflows", all.len());
    let mut wrong = String::new();
    for path in &all {
        let found = std::thread::scope(|scope| {
            let work = || {
                let mut sources = SourceMap::new();
                let (project, found) = load_project(path, &mut sources);
                assert!(found.is_empty(), "{found:?}");
                let environment = Environment::of_project(&project, &sources);
                check_file(path, &environment).expect("it can be read").diagnostics
            };
            // A test's thread has less stack than a program.
            let thread = std::thread::Builder::new().stack_size(16 << 20).spawn_scoped(scope, work);
            thread.expect("a thread can start").join().expect("the check does not panic")
        });
        for d in found.iter().filter(|d| d.severity != Severity::Note) {
            let _ = writeln!(wrong, "{}: {} {}", path.display(), d.code, d.message);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What stands within itself many times is still looked at a few times only: a walk that doubles with every level would
/// not come to an end here.
#[test]
fn what_is_nested_is_no_reason_to_wait() {
    let nested = |inner: &str, around: &dyn Fn(usize, &str) -> String| {
        (0..28).fold(inner.to_owned(), |text, level| around(level, &text))
    };
    let folds = nested("p", &|i, e| format!("[\"a\"].fold(\"\", (y{i}, z{i}) => y{i} + z{i} + {e})"));
    let guards = nested("true", &|_, e| format!("(match p {{ \"a\" if {e} => true, _ => false }})"));
    let loops =
        nested("v = v + \"b\"", &|i, e| format!("for _i{i} in 0..2 {{ var u{i} = v\n v = u{i}\n {e} }}"));
    let tries = nested("say v", &|i, e| {
        format!("try {{ step s{i} {{ {e} }} undo {{ say v }}\n v = v + \"a\" }} catch e {{ say e.message }}")
    });
    let text = format!(
        "workflow w(p: Text) {{\n say {folds}\n if {guards} {{ say \"yes\" }}\n var v = \"a\"\n {loops}\n {tries}\n say v\n}}\n"
    );
    let work = move || {
        let files = wflow::check::Memory::new();
        wflow::check::check_source("nested.wflow", &text, &files, &Environment::default()).diagnostics
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(work).expect("a thread can start");
    let found = thread.join().expect("the check does not panic");
    assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
}
