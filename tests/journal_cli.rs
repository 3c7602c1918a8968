//! The record of real runs: that a disk which cannot take it stops the run with nothing lost, that it satisfies its
//! published schema, and that it is the same for the same program.

#[path = "support/json_schema.rs"]
mod json_schema;
#[path = "support/sandbox.rs"]
mod sandbox;

use json_schema::mismatches;
use sandbox::{Sandbox, stderr, stdout};
use serde_json::{Value as Json, json};
use std::process::{Command, Output};

const POLICY: &str = r#"
[policy]
allow = ["echo *", "false", "touch *", "head -c *"]
write = ["out/**"]



"#;

const MUCH: &str = "workflow a() {
    step first \"First\" { run `touch first` }
    for i in 0..500 { say \"line {i}: something that takes its place in the record of the run\" }
    step last \"Last\" { run `touch last` }
}";

fn sh(sandbox: &Sandbox, line: &str) -> Output {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]);
    sandbox.prepare(&mut command);
    command.output().expect("a shell starts")
}

#[test]
fn a_limit_on_files_stops_the_run_and_loses_nothing() {
    let sandbox = Sandbox::with(&[("wflow.toml", POLICY), ("a.wflow", MUCH)]);
    // In blocks of 512 bytes for one shell, of 1024 for another: both are less than the record needs.
    let output = sh(&sandbox, "ulimit -f 20; exec wflow run a.wflow");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("error[E15"), "{}", stderr(&output));
    assert!(sandbox.dir.join("first").exists() && !sandbox.dir.join("last").exists());
    let resumed = sandbox.output(&["resume", "--last"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
    assert!(sandbox.dir.join("last").exists());
    let lines = stderr(&output).matches("line ").count() + stderr(&resumed).matches("line ").count();
    assert!(lines >= 500, "every line was said: {lines}");
    let verified = sandbox.output(&["audit", "verify"]);
    assert!(stdout(&verified).trim_end().ends_with("OK"), "{}", stdout(&verified));
}

#[test]
fn no_room_for_even_the_start_means_that_nothing_runs() {
    let sandbox = Sandbox::with(&[("wflow.toml", POLICY), ("a.wflow", MUCH)]);
    let output = sh(&sandbox, "ulimit -f 0; exec wflow run a.wflow");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("error[E15"), "{}", stderr(&output));
    assert!(!sandbox.dir.join("first").exists());
    let listed = sandbox.output(&["runs"]);
    assert_eq!(listed.status.code(), Some(0), "{}", stderr(&listed));
}

/// Whether this machine lets us have file systems of our own.
fn can_mount() -> bool {
    let line = "unshare -rm sh -c 'mount -t tmpfs -o size=64k none /mnt' 2>/dev/null";
    Command::new("/bin/sh").args(["-c", line]).status().is_ok_and(|s| s.success())
}

#[test]
fn a_full_disk_stops_the_run_and_a_resume_goes_on() {
    if !can_mount() {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let sandbox = Sandbox::with(&[("wflow.toml", POLICY), ("a.wflow", MUCH)]);
    std::fs::create_dir(sandbox.dir.join(".wflow")).expect("a folder");
    let line = "unshare -rm sh -c 'mount -t tmpfs -o size=64k none .wflow && wflow run a.wflow; echo \"exit $?\"; \
                mount -o remount,size=4m .wflow && wflow resume --last; echo \"exit $?\"; wflow audit verify | tail -n 1'";
    let output = sh(&sandbox, line);
    let (out, err) = (stdout(&output), stderr(&output));
    assert_eq!(out.lines().collect::<Vec<_>>(), ["exit 1", "exit 0", "OK"], "{err}");
    assert!(err.contains("error[E1501]"), "{err}");
    assert!(sandbox.dir.join("last").exists());
}

#[test]
fn a_read_only_folder_means_that_nothing_runs() {
    if !can_mount() {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let sandbox = Sandbox::with(&[("wflow.toml", POLICY), ("a.wflow", MUCH)]);
    std::fs::create_dir(sandbox.dir.join(".wflow")).expect("a folder");
    let line = "unshare -rm sh -c 'mount -t tmpfs -o ro none .wflow && exec wflow run a.wflow'";
    let output = sh(&sandbox, line);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("error[E1502]"), "{}", stderr(&output));
    assert!(!sandbox.dir.join("first").exists());
}

#[test]
fn something_else_in_the_place_of_the_record() {
    for make in ["touch .wflow", "mkdir .wflow && touch .wflow/runs", "ln -s nowhere .wflow"] {
        let sandbox = Sandbox::with(&[("wflow.toml", POLICY), ("a.wflow", MUCH)]);
        assert!(sh(&sandbox, make).status.success());
        for args in [
            &["run", "a.wflow"][..],
            &["run", "a.wflow", "--format", "json"],
            &["resume", "--last"],
            &["runs"],
        ] {
            let output = sandbox.output(args);
            let told = format!("{}{}", stdout(&output), stderr(&output));
            assert!(told.contains("E15") || args == ["runs"], "{make}, {args:?}: {told}");
            assert!(!told.contains("panicked") && !told.contains("os error"), "{make}, {args:?}: {told}");
            assert!(
                output.status.code().is_some_and(|c| c == 1 || c == 2 || (c == 0 && args == ["runs"])),
                "{told}"
            );
        }
        assert!(!sandbox.dir.join("first").exists(), "{make}");
    }
}

const ALL: &str = r#"
type Note { text: Text where it.len <= 20 }
workflow all(n: Int = 2) -> Note {
    step first "First" { run `echo out` as Text }
    step large "Large" { run `head -c 20000 /dev/zero` }
    let when = now()
    let id = uuid()
    let home = env("NOWHERE")
    wait 1ms
    write("out/a.txt", "text")
    let text = read("out/a.txt")
    let found = glob("out/*")
    let there = exists("out")
    parallel { a: run `echo a`, b: run `echo b` }
    parallel for i in [1, 2, 3] { run `echo {i}` }
    try { run `false` } catch e { say e.message }
    say "{when} {id} {home ?? "-"} {text} {found.len} {there} {first} {large.exit}"
    ask "A note, please." as Note otherwise Note(text: "none")
}
workflow fails() {
    step a "A" { run `echo a` } undo { run `false` }
    step b "B" { run `echo b` } undo { run `echo back` }
    run `false` retry 1 every 1ms
}
workflow refused(word: Text) { run `touch {word}` }
workflow rejected() { gate g "Go?" require "It is fine" timeout 0s }
workflow waits() { gate g "Go?" show { a: [1, 2] } by anyone }
workflow pure(n: Int = 3) -> [Int] {
    step one "One" { say "one" }
    for i in 0..n { step inner "Inner {i}" { i * i } }
}
"#;

fn of_all() -> Sandbox {
    let people = "[people.ann]\nname = \"Ann\"\n[roles]\nanyone = [\"ann\"]\n";
    Sandbox::with(&[("wflow.toml", &format!("{POLICY}{people}")), ("a.wflow", ALL)])
}

#[test]
fn every_line_of_a_record_satisfies_the_published_schema() {
    let sandbox = of_all();
    let schema: Json = serde_json::from_str(&stdout(&sandbox.output(&["schema", "journal"]))).expect("JSON");
    let mut seen = std::collections::BTreeSet::new();
    for args in [
        &["all", "--mode", "pure"][..],
        &["fails"],
        &["refused", "--word=-x"],
        &["rejected"],
        &["waits"],
        &["pure"],
    ] {
        let mut all = vec!["run", "a.wflow", "--workflow"];
        all.extend(args);
        let output = sandbox.output(&all);
        assert!(matches!(output.status.code(), Some(0 | 1 | 4 | 75)), "{args:?}: {}", stderr(&output));
        if args[0] == "waits" {
            assert_eq!(sandbox.output(&["resume", "--last"]).status.code(), Some(75));
        }
        for event in sandbox.journal() {
            let wrong = mismatches(&schema, &event);
            assert!(wrong.is_empty(), "{args:?}: {event}\n{}", wrong.join("\n"));
            seen.insert(event["type"].as_str().unwrap_or_default().to_owned());
        }
    }
    for kind in [
        "run.started",
        "step.completed",
        "effect.failed",
        "gate.opened",
        "gate.expired",
        "value.recorded",
        "said",
        "undo.completed",
        "run.suspended",
        "run.resumed",
        "run.completed",
        "run.failed",
        "run.rejected",
    ] {
        assert!(seen.contains(kind), "{kind} was not recorded: {seen:?}");
    }
    for (args, name) in [
        (&["runs", "--format", "json"][..], "runs"),
        (&["runs", "show", "last", "--format", "json"], "run"),
        (&["audit", "verify", "--format", "json"], "audit"),
    ] {
        let schema: Json = serde_json::from_str(&stdout(&sandbox.output(&["schema", name]))).expect("JSON");
        let value: Json = serde_json::from_str(&stdout(&sandbox.output(args))).expect("JSON");
        assert_eq!(mismatches(&schema, &value), Vec::<String>::new(), "{args:?}");
    }
    assert_ne!(mismatches(&schema, &json!({ "type": "run.started" })), Vec::<String>::new());
}

#[test]
fn what_fits_a_types_schema_is_taken_as_an_argument_and_nothing_else() {
    let sandbox = Sandbox::with(&[(
        "a.wflow",
        r#"
        enum Risk { Low, High { why: Text } }
        enum Stage { Staging = "staging", Production = "production" }
        type Version = Text where it matches r"^[0-9]+\.[0-9]+$"
        type Notes {
            headline: Text where 1 <= it.len and it.len <= 10
            risk: Risk
            stage: Stage?
            versions: [Version] where 1 <= it.len
            count: Int where 1 <= it and it <= 5
            is_draft: Bool as "isDraft"
        }
        workflow a(notes: Notes) -> Notes { notes }
        "#,
    )]);
    let schema: Json =
        serde_json::from_str(&stdout(&sandbox.output(&["schema", "Notes", "a.wflow"]))).expect("JSON");
    let good = json!({
        "headline": "ä日本", "risk": "Low", "stage": "staging", "versions": ["1.2"], "count": 5, "isDraft": false
    });
    let mut tried = vec![(good.clone(), true)];
    let mut other = |key: &str, value: Json, fits: bool| {
        let mut changed = good.clone();
        changed[key] = value;
        tried.push((changed, fits));
    };
    other("risk", json!({ "High": { "why": "x" } }), true);
    other("stage", Json::Null, true);
    for (key, value) in [
        ("headline", json!("")),
        ("headline", json!("eleven long")),
        ("headline", json!(1)),
        ("risk", json!("High")),
        ("risk", json!({ "High": {} })),
        ("risk", json!({ "High": { "why": "x", "more": 1 } })),
        ("risk", json!("low")),
        ("stage", json!("Staging")),
        ("versions", json!([])),
        ("versions", json!(["1"])),
        ("versions", json!("1.2")),
        ("count", json!(6)),
        ("count", json!(1.5)),
        ("count", json!("3")),
        ("isDraft", json!("no")),
        ("extra", json!(1)),
    ] {
        other(key, value, false);
    }
    let mut missing = good.clone();
    missing.as_object_mut().expect("an object").remove("risk");
    tried.push((missing, false));
    for (value, fits) in tried {
        assert_eq!(mismatches(&schema, &value).is_empty(), fits, "the schema on {value}");
        let args = json!({ "notes": value }).to_string();
        let output = sandbox.output(&["run", "a.wflow", "--json-args", &args]);
        assert_eq!(output.status.code(), Some(if fits { 0 } else { 2 }), "{value}: {}", stderr(&output));
        if fits {
            let back: Json = serde_json::from_str(&stdout(&output)).expect("JSON");
            assert_eq!(back, value);
        }
    }
}

#[test]
fn two_runs_of_a_pure_workflow_leave_the_same_record() {
    let sandbox = of_all();
    let mut records = Vec::new();
    for _ in 0..2 {
        let output = sandbox.output(&["run", "a.wflow", "--workflow", "pure"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let mut events = sandbox.journal();
        for event in &mut events {
            let event = event.as_object_mut().expect("an object");
            for volatile in ["at", "prev"] {
                event.remove(volatile);
            }
            // Of the first event: the run's own id.
            if let Some(data) = event.get_mut("data").and_then(Json::as_object_mut) {
                data.remove("run");
            }
        }
        assert!(events.len() > 5);
        records.push(events);
    }
    assert_eq!(records[0], records[1]);
}

#[test]
fn a_damaged_record_is_refused_with_its_line_and_a_torn_end_is_not() {
    let sandbox = of_all();
    assert_eq!(sandbox.output(&["run", "a.wflow", "--workflow", "waits"]).status.code(), Some(75));
    let id = sandbox.runs().pop().expect("a run");
    let journal = format!(".wflow/runs/{id}/journal.jsonl");
    let whole = sandbox.read(&journal);
    sandbox.write(&journal, format!("{whole}{{\"seq\":99,\"ty"));
    let resumed = sandbox.output(&["resume", "--last"]);
    assert_eq!(resumed.status.code(), Some(75), "{}", stderr(&resumed));
    let whole = sandbox.read(&journal);
    sandbox.write(&journal, whole.replacen("Go?", "Stop?", 1));
    for args in [&["resume", "--last"][..], &["audit", "verify", "last"], &["approve", &id, "g"]] {
        let output = sandbox.output(args);
        let told = format!("{}{}", stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(1), "{args:?}: {told}");
        assert!(told.to_lowercase().contains("damaged") && told.contains("line "), "{args:?}: {told}");
    }
}
