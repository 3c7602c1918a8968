//! The pages that `wflow explain` shows: each has its title, and its examples do what they say.

use std::sync::Arc;
use wflow::check::{Checked, Environment, Memory, check_source};
use wflow::diagnostics::{Area, Code, Diagnostic, codes};

/// The fenced blocks of a page whose info string is this.
fn blocks<'a>(page: &'a str, info: &str) -> Vec<&'a str> {
    let fence = format!("```{info}\n");
    page.split(&fence).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

fn check(code: Code, text: &str) -> Checked {
    let files = Memory::new()
        .with("example.wflow", text)
        .with("lib.wflow", "fn one() -> Int { _hidden() }\nfn _hidden() -> Int { 1 }\n");
    let environment = Environment {
        approvers: Some(["alice", "bob", "carol", "release_manager", "security"].map(Arc::from).to_vec()),
        pedantic: code == codes::lint::L0706,
        ..Environment::default()
    };
    on_a_main_stack(|| check_source("example.wflow", text, &files, &environment))
}

/// A test's thread has less stack than a program, whose frames are smaller, too.
fn on_a_main_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(16 << 20).spawn_scoped(scope, work);
        thread.expect("a thread can start").join().expect("the check does not panic")
    })
}

fn ids(checked: &Checked) -> Vec<&'static str> {
    checked.diagnostics.iter().map(|d| d.code.id()).collect()
}

#[test]
fn every_page_starts_with_its_title() {
    for code in codes::all() {
        let title = format!("# {}: {}", code.id(), code.title());
        assert_eq!(code.0.page.lines().next(), Some(&*title), "the page of {code}");
    }
}

#[test]
fn every_example_does_what_it_says() {
    let mut wrong = Vec::new();
    for code in codes::all() {
        for text in blocks(code.0.page, "wflow fail") {
            let checked = check(code, text);
            let found = ids(&checked);
            // A mistake in a policy may also make a command refused.
            let expected = |d: &Diagnostic| {
                d.code == code || (code.0.area == Area::Config && d.code == codes::policy::E0501)
            };
            let others = checked.diagnostics.iter().filter(|d| d.is_error() && !expected(d)).count();
            if !found.contains(&code.id()) || others > 0 {
                wrong.push(format!("{code}: the example that fails gives {found:?}:\n{text}"));
            }
        }
        for text in blocks(code.0.page, "wflow pass") {
            let found = check(code, text);
            if found.has_errors() || ids(&found).contains(&code.id()) {
                wrong.push(format!("{code}: the example that passes gives {:?}:\n{text}", ids(&found)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_the_checker_reports_has_examples() {
    let areas = [Area::Syntax, Area::Names, Area::Types, Area::Flow, Area::Policy, Area::Lint];
    let bare: Vec<_> = codes::all()
        .filter(|c| areas.contains(&c.0.area))
        .filter(|c| blocks(c.0.page, "wflow fail").is_empty() || blocks(c.0.page, "wflow pass").is_empty())
        .collect();
    // Too deep to be shown.
    let bare: Vec<_> = bare.into_iter().filter(|c| c.id() != "E0102").collect();
    assert!(bare.is_empty(), "pages without examples: {bare:?}");
}
