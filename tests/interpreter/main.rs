//! Golden cases of the interpreter: each `cases/NAME.wflow` has a workflow `main`, which runs against a scripted
//! world; `NAME.out` beside it says what the world was asked, under which paths, and how it ended. `UPDATE=1` writes
//! the `.out` files anew.
//!
//! The script stands in `//@` lines at the top of a case: `args JSON`, `mode pure`, `roles NAME …`, `sorted` (the order
//! of what happened is left to threads), `passed` (commands show the gates that count where they run), and answers, used in turn, of which the last goes on:
//!
//! ```text
//! //@ run git log => {"exit": 0, "stdout": "abc\n"}      the longest beginning that fits
//! //@ run sleep => {"fail": "timeout", "message": "took longer than 1s"}
//! //@ ask => "text" | {"unavailable": "transient"}        or  ask AGENT => …
//! //@ gate ship => "approve" | {"by": ["bob"], "comments": ["fine"], "value": …} | {"reject": "no"} | "expire" | "suspend"
//! //@ read VERSION => "1.2.0"                             likewise env, exists, glob, now, call TASK
//! ```

mod api;
mod world;

use std::fmt::Write;
use std::path::Path;
use wflow::check::{Environment, Memory, check_source};
use wflow::interpreter::{Given, Lowered, Root, Stop};
use world::ScriptedWorld;

#[test]
fn golden() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interpreter/cases");
    let mut cases: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of cases")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "wflow"))
        .collect();
    cases.sort();
    let only = std::env::var("CASE").unwrap_or_default();
    let mut wrong = Vec::new();
    for case in cases.iter().filter(|c| c.to_string_lossy().contains(&only)) {
        let text = std::fs::read_to_string(case).expect("a readable case");
        let found = play(&text);
        assert_eq!(found, play(&text), "{} is not the same twice", case.display());
        let expected_path = case.with_extension("out");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected_path, &found).expect("a writable folder");
            continue;
        }
        let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
        if found != expected {
            wrong.push(format!("== {}\n-- expected\n{expected}-- found\n{found}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\nUPDATE=1 accepts what was found", wrong.join("\n"));
}

/// Every code of this area is met by at least one case, but for the one that only a fault of wflow itself gives.
#[test]
fn every_code_has_a_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interpreter/cases");
    let all: String = std::fs::read_dir(folder)
        .expect("the folder of cases")
        .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok())
        .collect();
    for code in wflow::diagnostics::codes::all().filter(|c| c.id().starts_with("E10")) {
        // Arguments and chains of calls are met in `api`; a fault of wflow itself cannot be written as a case.
        if ["E1011", "E1021", "E1022"].contains(&code.id()) {
            continue;
        }
        assert!(all.contains(&format!("[{}]", code.id())), "no case gives {code}");
    }
}

fn play(text: &str) -> String {
    let mut out = String::new();
    let checked = check_source("case.wflow", text, &Memory::default(), &Environment::default());
    for d in checked.diagnostics.iter().filter(|d| d.is_error()) {
        let place = checked.program.sources.place(d.primary.span);
        let _ = writeln!(out, "not checked: {place}: {} [{}]", d.message, d.code);
    }
    if !out.is_empty() {
        return out;
    }
    let world = ScriptedWorld::new(text);
    let program = &checked.program;
    let lowered = Lowered::new(program);
    let main = program.workflows().find(|w| &*w.name == "main").expect("a workflow `main`").id;
    let args = world.args();
    let roles = |name: &str| world.has_role(name);
    let args = match lowered.arguments(main, &Given::Json(&args), &roles) {
        Ok(args) => args,
        Err(problems) => {
            for p in problems {
                let _ = writeln!(out, "argument {}: {}", p.name, p.message);
            }
            return out;
        }
    };
    let root = Root { path: String::from("main"), ..Root::default() };
    let result = lowered.run_callable(main, args, &world, &root);
    for line in world.trace() {
        let _ = writeln!(out, "{line}");
    }
    match result {
        Ok(value) => {
            let _ = writeln!(out, "=> {value}");
        }
        Err(Stop::Failed(failure)) => {
            let _ = writeln!(out, "!! {}: {failure}", failure.kind);
            if let Some(span) = failure.span {
                let _ =
                    writeln!(out, "   at {}: {}", program.sources.place(span), program.sources.slice(span));
            }
            if !failure.label.is_empty() {
                let _ = writeln!(out, "   label: {}", failure.label);
            }
            for note in &failure.notes {
                let _ = writeln!(out, "   note: {}", note.replace('\n', "\n         "));
            }
            for help in &failure.help {
                let _ = writeln!(out, "   help: {help}");
            }
            if let Some(gate) = &failure.gate {
                let _ = writeln!(out, "   gate: {gate}");
            }
        }
        Err(Stop::Suspended(suspension)) => {
            let _ = writeln!(out, "|| {suspension:?}");
        }
        Err(stop) => {
            let _ = writeln!(out, "|| {stop:?}");
        }
    }
    out
}
