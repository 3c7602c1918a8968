//! Golden cases of comparisons: a file of `tests/plan/diff` has the old and the new version of a program, and beside it
//! stands what the change newly allows. `UPDATE=1 cargo test --test plan` writes it anew.

use crate::{files, golden, json_schema};
use std::path::Path;
use wflow::check::{Checked, Environment, Memory, check_source};
use wflow::plan::diff::{PlanDiff, Version, diff, text};
use wflow::policy::{Config, Project};
use wflow::source::SourceMap;
use wflow::ui::style::Style;

/// A version in the project of `tests/plan/diff/wflow.toml`.
pub struct Side {
    checked: Checked,
    config: Config,
}

impl Side {
    pub fn of(name: &str, program: &str) -> Side {
        let toml = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plan/diff/wflow.toml");
        let toml = std::fs::read_to_string(toml).expect("the project's file can be read");
        let mut sources = SourceMap::new();
        let (project, found) = Project::from_text("/", &toml, &mut sources);
        assert!(found.is_empty(), "{found:?}");
        let environment = Environment { approvals: true, ..Environment::of_project(&project, &sources) };
        let checked = check_source(name, program, &Memory::new(), &environment);
        let errors: Vec<_> = checked.diagnostics.iter().filter(|d| d.is_error()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}\n{program}");
        Side { checked, config: project.config }
    }

    fn version(&self) -> Version<'_> {
        Version { program: &self.checked.program, config: Some(&self.config), name: "release.wflow" }
    }

    pub fn to(&self, new: &Side) -> PlanDiff {
        diff(self.version(), new.version(), None).expect("they can be compared")
    }
}

/// What a case is about, its old and its new version.
fn parts(text: &str) -> [&str; 3] {
    let (about, rest) = text.split_once("== old\n").expect("a case has an old version");
    let (old, new) = rest.split_once("== new\n").expect("a case has a new version");
    [about, old, new]
}

fn cases(check: impl Fn(&Path, [&str; 3])) {
    for path in files("tests/plan/diff", "case") {
        let text = std::fs::read_to_string(&path).expect("a case can be read");
        check(&path, parts(&text));
    }
}

#[test]
fn what_a_change_allows_is_as_it_was() {
    let mut wrong = String::new();
    for path in files("tests/plan/diff", "case") {
        let whole = std::fs::read_to_string(&path).expect("a case can be read");
        let [_, old, new] = parts(&whole);
        let found = Side::of("release.wflow", old).to(&Side::of("release.wflow", new));
        golden(&path.with_extension("out"), &text(&found, Style::PLAIN, 100), &mut wrong);
        let json = serde_json::to_value(&found).expect("a comparison is JSON");
        let misfits = json_schema::mismatches(&wflow::plan::diff::schema(), &json);
        assert!(misfits.is_empty(), "{}: {misfits:#?}", path.display());
    }
    assert!(wrong.is_empty(), "{wrong}\nUPDATE=1 writes what was found");
}

#[test]
fn nothing_is_new_in_the_same_program() {
    cases(|path, [_, old, new]| {
        for program in [old, new] {
            let found = Side::of("a.wflow", program).to(&Side::of("a.wflow", program));
            let empty = !found.asks_for_review() && found.no_longer_allowed.is_empty();
            assert!(empty, "{}: {found:#?}", path.display());
        }
    });
}

/// What is new one way is gone the other, and what nobody can tell is so both ways.
#[test]
fn no_change_is_unseen_from_both_sides() {
    cases(|path, [_, old, new]| {
        let (old, new) = (Side::of("a.wflow", old), Side::of("a.wflow", new));
        let (there, back) = (old.to(&new), new.to(&old));
        let same = path.file_stem().is_some_and(|n| n == "formatting");
        assert_eq!(there.asks_for_review() || back.asks_for_review(), !same, "{}", path.display());
    });
}

/// Printing a program anew changes all of its formatting and nothing of what it does.
#[test]
fn formatting_is_no_change() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/accepted");
    for entry in std::fs::read_dir(root).expect("the folder is part of the repository").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|e| e != "wflow") {
            continue;
        }
        let (checked, project) = crate::made::checked(&path);
        let Some(module) = checked.program.modules.first() else { continue };
        let printed = wflow::syntax::print(&module.ast);
        let environment = Environment {
            approvers: project
                .is_configured()
                .then(|| project.config.people.names().map(std::sync::Arc::from).collect()),
            config: project.is_configured().then(|| project.config.clone().into()),
            approvals: true,
            ..Environment::default()
        };
        let again =
            check_source("again.wflow", &printed, &wflow::check::Disk::new(&project.root), &environment);
        assert!(!again.has_errors(), "{}: {:?}", path.display(), again.diagnostics);
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        let first = check_source("again.wflow", &text, &wflow::check::Disk::new(&project.root), &environment);
        let config = project.is_configured().then_some(&project.config);
        let version = |c: &'_ Checked| -> PlanDiff {
            let old = Version { program: &first.program, config, name: "a.wflow" };
            diff(old, Version { program: &c.program, config, name: "a.wflow" }, None).expect("comparable")
        };
        let found = version(&again);
        let empty = !found.asks_for_review() && found.no_longer_allowed.is_empty();
        assert!(empty, "{}: {found:#?}", path.display());
    }
}
