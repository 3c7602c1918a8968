//! Golden cases of comparisons: a file of `tests/plan/diff` has the old and the new version of a program, and beside it
//! stands what the change newly allows. `UPDATE=1 cargo test --test plan` writes it anew.

use crate::{files, golden, json_schema};
use std::fmt::Write as _;
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

/// The statements of a program's tasks and workflows but those that only talk, by their place in the text.
fn statements(checked: &Checked) -> Vec<std::ops::Range<usize>> {
    use wflow::syntax::ast::{Block, Expr, ExprKind, ItemKind, StmtKind};
    fn blocks<'a>(e: &'a Expr, out: &mut Vec<&'a Block>) {
        wflow::check::each_expr(e, &mut |e| match &e.kind {
            ExprKind::Block(b) => out.push(b),
            ExprKind::If { then, .. } => out.push(then),
            ExprKind::For { body, .. } | ExprKind::ParallelFor { body, .. } => out.push(body),
            ExprKind::Repeat { body, otherwise, .. } => {
                out.push(body);
                out.extend(otherwise.as_deref());
            }
            ExprKind::Step(step) => {
                out.push(&step.body);
                out.extend(&step.undo);
            }
            ExprKind::Try { body, catches } => {
                out.push(body);
                out.extend(catches.iter().map(|c| &c.body));
            }
            ExprKind::Gate(gate) => out.extend(gate.on_reject.as_ref().map(|r| &r.body)),
            _ => {}
        });
    }
    let mut found = Vec::new();
    for item in &checked.program.modules[0].ast.items {
        let ItemKind::Callable(callable) = &item.kind else { continue };
        let mut todo = vec![&callable.body];
        while let Some(block) = todo.pop() {
            for stmt in &block.stmts {
                let value = match &stmt.kind {
                    StmtKind::Let { value, .. }
                    | StmtKind::Var { value, .. }
                    | StmtKind::Assign { value, .. } => value,
                    StmtKind::Expr(e) => e,
                };
                let only_says = |b: &Block| {
                    b.stmts
                        .iter()
                        .all(|s| matches!(&s.kind, StmtKind::Expr(e) if matches!(e.kind, ExprKind::Say(_))))
                };
                let talks = match &value.kind {
                    ExprKind::Say(_) => true,
                    ExprKind::If { then, otherwise: None, .. } => only_says(then),
                    ExprKind::For { body, .. } => only_says(body),
                    _ => false,
                };
                if !talks {
                    found.push(stmt.span.range());
                }
                // Only the outermost: each of their own statements comes with them.
                let mut inner = Vec::new();
                blocks(value, &mut inner);
                let outer = inner.iter().filter(|b| {
                    !inner
                        .iter()
                        .any(|o| o.span != b.span && o.span.start <= b.span.start && b.span.end <= o.span.end)
                });
                todo.extend(outer.copied());
            }
        }
    }
    found
}

/// Whatever statement is taken out of a program: the comparison with it says something, in both directions, and what was
/// there and is not any more is never all that it says of the way back.
#[test]
fn no_statement_is_missed_unseen() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/accepted");
    let (mut tried, mut wrong) = (0, String::new());
    for entry in std::fs::read_dir(root).expect("the folder is part of the repository").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|e| e != "wflow") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        // Its tests would no longer hold, and they are no part of what is compared.
        let text = text.split("\ntest ").next().unwrap_or_default().to_owned();
        let environment = Environment { approvals: true, ..Environment::default() };
        let check = |text: &str| check_source("a.wflow", text, &Memory::new(), &environment);
        let whole = check(&text);
        assert!(!whole.has_errors(), "{}: {:?}", path.display(), whole.diagnostics);
        for range in statements(&whole) {
            let without = format!("{}{}", &text[..range.start], &text[range.end..]);
            let less = check(&without);
            if less.has_errors()
                || wflow::syntax::print(&less.program.modules[0].ast)
                    == wflow::syntax::print(&whole.program.modules[0].ast)
            {
                continue;
            }
            tried += 1;
            let compare = |a: &Checked, b: &Checked| {
                let old = Version { program: &a.program, config: None, name: "old" };
                diff(old, Version { program: &b.program, config: None, name: "new" }, None)
                    .expect("comparable")
            };
            let (gone, back) = (compare(&whole, &less), compare(&less, &whole));
            let silent = |d: &PlanDiff| !d.asks_for_review() && d.no_longer_allowed.is_empty();
            if silent(&gone) || silent(&back) || !gone.asks_for_review() && !back.asks_for_review() {
                let _ = writeln!(wrong, "{}: {}", path.display(), &text[range]);
            }
        }
    }
    assert!(tried > 100, "only {tried} statements could be left out");
    assert!(wrong.is_empty(), "left out unseen:\n{wrong}");
}

/// The numbers, truth values and texts of a program's tasks and workflows, but those that only people read.
fn literals(checked: &Checked, text: &str) -> Vec<(std::ops::Range<usize>, String)> {
    use wflow::syntax::ast::{Expr, ExprKind, ItemKind, StmtKind};
    let mut talk: Vec<&Expr> = Vec::new();
    let mut all: Vec<&Expr> = Vec::new();
    for item in &checked.program.modules[0].ast.items {
        let ItemKind::Callable(callable) = &item.kind else { continue };
        for stmt in &callable.body.stmts {
            let value = match &stmt.kind {
                StmtKind::Let { value, .. }
                | StmtKind::Var { value, .. }
                | StmtKind::Assign { value, .. } => value,
                StmtKind::Expr(e) => e,
            };
            wflow::check::each_expr(value, &mut |e| match &e.kind {
                ExprKind::Text(_) | ExprKind::Int(_) | ExprKind::Bool(_) | ExprKind::Duration(_) => {
                    all.push(e)
                }
                ExprKind::Say(said) => talk.push(said),
                ExprKind::Step(step) => talk.extend(&step.title),
                ExprKind::Ensure { message, help, .. } => {
                    talk.extend(message.iter().chain(help).map(|m| &**m))
                }
                ExprKind::Fail { message, help, .. } => {
                    talk.push(message);
                    talk.extend(help.as_deref());
                }
                ExprKind::Ask(ask) => talk.extend(ask.checks.iter().filter_map(|c| c.message.as_ref())),
                ExprKind::Gate(gate) => talk.extend(gate.checks.iter().filter_map(|c| c.message.as_ref())),
                _ => {}
            });
        }
    }
    let only_read =
        |e: &&&Expr| !talk.iter().any(|t| t.span.start <= e.span.start && e.span.end <= t.span.end);
    let other = |e: &&Expr| {
        let range = e.span.range();
        let written = &text[range.clone()];
        let new = match &e.kind {
            ExprKind::Bool(b) => (!b).to_string(),
            ExprKind::Int(n) => (n + 1).to_string(),
            ExprKind::Duration(_) => format!("1{written}"),
            _ if written.ends_with("\"\"\"") => format!("{}z\"\"\"", &written[..written.len() - 3]),
            _ if written.ends_with('"') => format!("{}z\"", &written[..written.len() - 1]),
            _ => return None,
        };
        Some((range, new))
    };
    all.iter().filter(only_read).filter_map(other).collect()
}

/// Whatever number, truth value or text of a program is another: the comparison says something, one way or the other.
#[test]
fn no_value_is_another_unseen() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/accepted");
    let (mut tried, mut wrong) = (0, String::new());
    for entry in std::fs::read_dir(root).expect("the folder is part of the repository").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|e| e != "wflow") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        let text = text.split("\ntest ").next().unwrap_or_default().to_owned();
        let environment = Environment { approvals: true, ..Environment::default() };
        let check = |text: &str| check_source("a.wflow", text, &Memory::new(), &environment);
        let whole = check(&text);
        for (range, new) in literals(&whole, &text) {
            let changed = format!("{}{new}{}", &text[..range.start], &text[range.end..]);
            let other = check(&changed);
            if other.has_errors() {
                continue;
            }
            tried += 1;
            let old = Version { program: &whole.program, config: None, name: "old" };
            let new = Version { program: &other.program, config: None, name: "new" };
            let there = diff(old, new, None).expect("comparable");
            let back = diff(new, old, None).expect("comparable");
            if !there.asks_for_review() && !back.asks_for_review() {
                let _ = writeln!(wrong, "{}: {}", path.display(), &text[range]);
            }
        }
    }
    assert!(wrong.is_empty(), "changed unseen:\n{wrong}");
    assert!(tried > 100, "only {tried} values could be changed");
}
