//! `wflow audit replay`: the same for every way that a run can go; any change of its record is a difference.

use crate::json_schema::mismatches;
use crate::project::{approve, approved, at_terminal, json, last_line, project, run, told};
use crate::sandbox::{Sandbox, stdout};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wflow::journal::{DiskStore, Event, EventType, Journal, Redactor, RunDir, Runs, Writer};

/// It verifies as this, and executes again to the same.
#[track_caller]
fn same(sandbox: &Sandbox, verdict: &str) {
    let code = if verdict == "OK" { 0 } else { 5 };
    let verified = told(sandbox, &["audit", "verify", "last"], code);
    assert!(last_line(&verified).starts_with(verdict), "{verified}");
    let replayed = told(sandbox, &["audit", "replay", "last"], 0);
    assert_eq!(last_line(&replayed), "THE SAME");
}

#[test]
fn whatever_a_run_does_it_does_again() {
    let sandbox = project();
    run(&sandbox, "everything", 0);
    same(&sandbox, "OK");
    // Nothing is done: what the run had written is not written again, and nothing is read.
    std::fs::remove_dir_all(sandbox.dir.join("out")).expect("removed");
    sandbox.write("w.wflow", "workflow other() {}\n");
    same(&sandbox, "OK");
    assert!(!sandbox.dir.join("out").exists());
}

#[test]
fn failures_and_what_they_took_back() {
    let sandbox = project();
    run(&sandbox, "undone", 1);
    same(&sandbox, "OK");
    let undos = sandbox.journal().iter().filter(|e| e["type"] == "undo.completed").count();
    assert_eq!(undos, 2);
    run(&sandbox, "beside", 0);
    same(&sandbox, "OK");
}

#[test]
fn gates_approved_rejected_and_edited() {
    let sandbox = project();
    approved(&sandbox);
    same(&sandbox, "OK");

    let mut screen = at_terminal(&sandbox, &["run", "w.wflow", "--workflow", "gated", "--mode", "pure"]);
    screen.wait_for("decide as");
    screen.answer(">", "no");
    screen.answer("why", "not yet");
    assert_eq!(screen.finish().status.code(), Some(4));
    same(&sandbox, "OK");

    let mut screen = at_terminal(&sandbox, &["run", "w.wflow", "--workflow", "edited", "--mode", "pure"]);
    screen.wait_for("decide as");
    screen.answer(">", "yes");
    screen.wait_for("type the word `");
    let word = screen.wait_for("`");
    screen.answer("word>", &word);
    screen.answer("comment", "as it is");
    assert_eq!(screen.finish().status.code(), Some(0));
    same(&sandbox, "OK");
}

#[test]
fn runs_of_several_processes() {
    let sandbox = project();
    run(&sandbox, "gated", 75);
    same(&sandbox, "INCOMPLETE: the run is suspended at gate ship");
    assert_eq!(sandbox.output(&["resume", "--last"]).status.code(), Some(75));
    same(&sandbox, "INCOMPLETE: the run is suspended at gate ship");
    approve(at_terminal(&sandbox, &["approve", "last", "ship"]), 0);
    same(&sandbox, "OK");
    let output = sandbox.output(&["audit", "replay", "last", "--format", "json"]);
    assert_eq!(json(&output)["processes"], 3);
}

#[test]
fn a_run_whose_process_was_killed() {
    let sandbox = project();
    let mut child =
        sandbox.wflow(&["run", "w.wflow", "--workflow", "doubtful", "--quiet"]).spawn().expect("starts");
    let deadline = Instant::now() + Duration::from_secs(60);
    while !sandbox.dir.join("again").exists() {
        assert!(Instant::now() < deadline, "the command never began");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    same(&sandbox, "INCOMPLETE: the run has not ended");
    assert_eq!(sandbox.output(&["resume", "--last"]).status.code(), Some(0));
    same(&sandbox, "OK");
}

/// The newest run again as another one, with changed events.
fn rewritten(sandbox: &Sandbox, change: impl Fn(&mut Vec<Event>)) -> RunDir {
    let runs = Runs::of_project(Arc::new(DiskStore), &sandbox.dir);
    let from = runs.last().expect("a run");
    let mut events = Journal::read(&from).expect("whole").events;
    change(&mut events);
    let dir = runs.create().expect("a run");
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    std::fs::create_dir_all(dir.path().join("blobs")).expect("a folder");
    for blob in std::fs::read_dir(from.path().join("blobs")).into_iter().flatten().flatten() {
        std::fs::copy(blob.path(), dir.path().join("blobs").join(blob.file_name())).expect("copied");
    }
    for event in events {
        writer.record(event.kind, &event.path, &event.data).expect("records");
    }
    dir
}

fn at(events: &[Event], kind: EventType, path: &str) -> usize {
    events.iter().position(|e| e.kind == kind && e.path.contains(path)).expect("it is there")
}

/// What the replay says of the changed record.
#[track_caller]
fn difference(sandbox: &Sandbox, change: impl Fn(&mut Vec<Event>)) -> String {
    let dir = rewritten(sandbox, change);
    let told = told(sandbox, &["audit", "replay", dir.id().as_str()], 1);
    std::fs::remove_dir_all(dir.path()).expect("removed");
    let (first, last) = (told.lines().nth(1).unwrap_or_default(), last_line(&told));
    assert!(last.starts_with("DIFFERS in "), "{told}");
    first.trim().to_owned()
}

#[test]
fn every_change_of_the_record_is_a_difference() {
    use EventType::*;
    let sandbox = project();
    run(&sandbox, "everything", 0);
    let runs = Runs::of_project(Arc::new(DiskStore), &sandbox.dir);
    let events = Journal::read(&runs.last().expect("a run")).expect("whole").events;
    let again = rewritten(&sandbox, |_| {});
    assert_eq!(last_line(&told(&sandbox, &["audit", "replay", again.id().as_str()], 0)), "THE SAME");
    std::fs::remove_dir_all(again.path()).expect("removed");

    // No event but the first can be left out.
    for i in 1..events.len() - 1 {
        let said = difference(&sandbox, |events| drop(events.remove(i)));
        assert!(!said.is_empty(), "{:?}", events[i]);
    }
    // None can be made up.
    let said = difference(&sandbox, |events| {
        let mut more = events[at(events, Said, "")].clone();
        more.path = "everything/say#9".into();
        events.insert(events.len() - 1, more);
    });
    assert!(said.ends_with("the journal holds `said`, which the program does not do"), "{said}");
    let other = |events: &mut Vec<Event>, kind, path: &str, field: &str, value: Json| {
        let i = at(events, kind, path);
        events[i].data.insert(field.into(), value);
    };
    let said = difference(&sandbox, |events| {
        let exit = json!({ "exit": 0, "stdout": "changed\n", "stderr": "", "duration_ms": 1 });
        other(events, EffectCompleted, "one/run", "result", exit);
    });
    assert!(said.contains("everything/") && said.contains("the program has the value \"changed\""), "{said}");
    let said = difference(&sandbox, |events| {
        let digest = json!(format!("sha256:{}", "0".repeat(64)));
        other(events, EffectIntended, "two/run", "digest", digest);
    });
    assert!(said.ends_with("the program asks for another `run` here than is recorded"), "{said}");
    let said = difference(&sandbox, |events| other(events, Said, "", "text", json!("another")));
    assert!(said.contains("and \"another\" is recorded"), "{said}");
    let said = difference(&sandbox, |events| other(events, RunCompleted, "", "value", json!(["x"])));
    assert!(said.contains("is recorded") && said.starts_with("line "), "{said}");
    let said = difference(&sandbox, |events| {
        let failure = json!({ "kind": "business", "code": "E1009", "message": "no" });
        let data: Map<String, Json> = [("failure".to_owned(), failure)].into_iter().collect();
        let last = events.last_mut().expect("an end");
        (last.kind, last.data) = (RunFailed, data);
    });
    assert!(said.ends_with("`run.failed` is recorded, and the program completes"), "{said}");
}

#[test]
fn a_decision_about_something_else_is_a_difference() {
    use EventType::*;
    let sandbox = project();
    approved(&sandbox);
    let said = difference(&sandbox, |events| {
        let i = at(events, EffectCompleted, "draft/run");
        events[i].data.insert(
            "result".into(),
            json!({ "exit": 0, "stdout": "awful\n", "stderr": "", "duration_ms": 1 }),
        );
        let i = at(events, StepCompleted, "draft");
        events[i].data.insert("value".into(), json!("awful"));
    });
    assert!(said.ends_with("the program shows something else at gate `ship` than is recorded"), "{said}");
    let said = difference(&sandbox, |events| {
        let i = at(events, GateDecided, "ship");
        events[i].data.insert("decision".into(), json!("reject"));
    });
    assert!(
        said.starts_with("line ") && said.contains("`run.completed` is recorded, and the program fails"),
        "{said}"
    );
}

#[test]
fn what_it_prints_is_as_its_schema_says() {
    let sandbox = project();
    run(&sandbox, "undone", 1);
    let schema = json(&sandbox.output(&["schema", "replay"]));
    let output = json(&sandbox.output(&["audit", "replay", "last", "--format", "json"]));
    assert_eq!(mismatches(&schema, &output), Vec::<String>::new());
    assert_eq!((output["same"].clone(), output["differences"].clone()), (json!(true), json!([])));
    let dir = rewritten(&sandbox, |events| drop(events.remove(3)));
    let output = sandbox.output(&["audit", "replay", dir.id().as_str(), "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(mismatches(&schema, &json(&output)), Vec::<String>::new(), "{}", stdout(&output));
}
