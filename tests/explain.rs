//! The pages that `wflow explain` shows: each has its title, and its examples do what they say.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use wflow::check::{Checked, Environment, Memory, check_source};
use wflow::diagnostics::{Area, Code, Diagnostic, codes};
use wflow::policy::Project;
use wflow::source::SourceMap;

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

/// Pages about `wflow.toml`: their examples are project files.
#[test]
fn every_project_file_does_what_it_says() {
    let mut wrong = Vec::new();
    for code in codes::all() {
        let found = |text: &str| -> Vec<&str> {
            let (_, found) = Project::from_text("/project", text, &mut SourceMap::new());
            found.iter().map(|d| d.code.id()).collect()
        };
        for text in blocks(code.0.page, "toml fail") {
            if found(text) != [code.id()] {
                wrong.push(format!("{code}: the file that fails gives {:?}:\n{text}", found(text)));
            }
        }
        for text in blocks(code.0.page, "toml pass") {
            if !found(text).is_empty() {
                wrong.push(format!("{code}: the file that passes gives {:?}:\n{text}", found(text)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What only a run can tell: how the example was run stands behind `run`. A `toml` before it is the project file.
#[test]
fn every_run_does_what_it_says() {
    let mut wrong = Vec::new();
    for code in codes::all() {
        let mut config = None;
        for block in code.0.page.split("\n```").collect::<Vec<_>>().chunks(2) {
            let Some((info, text)) = block.get(1).and_then(|b| b.split_once('\n')) else { continue };
            if info == "toml" {
                config = Some(text);
            }
            let Some((says, args)) = info.strip_prefix("wflow ").and_then(|i| i.split_once(" run")) else {
                continue;
            };
            let (fine, told) = run(config, text, args);
            let as_said = match says {
                "fail" => !fine && told.contains(&format!("error[{code}]")),
                _ => fine,
            };
            if !as_said {
                wrong.push(format!("{code}: the run that is to {says} gives:\n{told}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn run(config: Option<&str>, text: &str, args: &str) -> (bool, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("the folder is writable");
    };
    config.into_iter().for_each(|text| write("wflow.toml", text));
    write("example.wflow", text);
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_wflow")));
    command.args(["run", "example.wflow"]).args(args.split_whitespace()).current_dir(folder.path());
    let out = command.env("NO_COLOR", "1").stdin(Stdio::null()).output().expect("the program starts");
    (out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned())
}

/// Files that cannot be read, keys, rules that are younger than the run, and an agent's own tools are no matter of one
/// example.
const WITHOUT_EXAMPLES: &[&str] = &["E1601", "E1616", "E1653", "E1656", "E1657"];

#[test]
fn what_policies_refuse_has_examples() {
    let bare: Vec<_> = codes::all()
        .filter(|c| c.0.area == Area::Config && !WITHOUT_EXAMPLES.contains(&c.id()))
        .filter(|c| !c.0.page.contains(" fail") || !c.0.page.contains(" pass"))
        .collect();
    assert!(bare.is_empty(), "pages without examples: {bare:?}");
}
