//! Golden cases of plans and pictures. A case is a `.wflow` file of `tests/plan/cases`, in the project of the `wflow.toml`
//! beside it; its lines `//! args: JSON`, `//! mode: pure` and `//! show: text json mermaid dot svg` say what is made of it,
//! and what comes out stands beside it. `UPDATE=1 cargo test --test plan` writes it anew.

mod changes;
mod every;
#[path = "../support/json_schema.rs"]
mod json_schema;
mod made;

use made::Made;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The files of a folder with this ending.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&root).expect("the folder is part of the repository").flatten();
    let mut out: Vec<PathBuf> =
        entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == ending)).collect();
    out.sort();
    assert!(!out.is_empty(), "no {ending} in {folder}");
    out
}

/// Compares with what stands beside the case, or writes it.
fn golden(path: &Path, found: &str, wrong: &mut String) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, found).expect("the folder can be written");
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected != found {
        let _ = writeln!(wrong, "--- {}\nexpected:\n{expected}\nfound:\n{found}", path.display());
    }
}

#[test]
fn plans_and_pictures_are_as_they_were() {
    let mut wrong = String::new();
    for path in files("tests/plan/cases", "wflow") {
        let text = std::fs::read_to_string(&path).expect("the case can be read");
        let line = |key: &str| text.lines().find_map(|l| l.strip_prefix(&format!("//! {key}: ")));
        let made = Made::of(&path, line("args"), line("mode") == Some("pure"));
        for form in line("show").expect("a case says what it shows").split(' ') {
            let ending = if form == "text" { "txt" } else { form };
            golden(&path.with_extension(ending), &made.form(form), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{wrong}\nUPDATE=1 writes what was found");
}

/// Terminals are narrow and wide; nothing may be wider than they are but one long word.
#[test]
fn a_plan_fits_the_terminal() {
    for path in files("tests/plan/cases", "wflow") {
        let made = Made::of(&path, None, false);
        for width in [40, 60, 80, 120] {
            for line in made.text(width).lines() {
                assert!(wflow::ui::escape::width(line) <= width, "{width}: {line}");
            }
        }
    }
}
