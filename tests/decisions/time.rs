//! Gates that expire, pass on, and waits that end although no process waits for them.

use super::sandbox::{stderr, stdout};
use super::team::{Team, ended, refused, until};
use serde_json::Value as Json;
use std::process::{Child, Stdio};

fn expired(team: &Team) {
    until("the gate expires", || (team.gates(&[])["gates"][0]["expired"] == true).then_some(()));
}

#[test]
fn a_gate_that_nobody_decided_in_time_rejects_the_run_with_the_next_tick() {
    let team = Team::new("workflow w() { gate go \"Go?\" by ada timeout 10s }").started();
    let file = team.record("approve", "go", "ada", &[]);
    team.sign("ada", &file);
    expired(&team);
    // Signed in time, handed in too late.
    refused(&team.hand_in("approve", &file, &[]), "E1213");
    let tick = team.at.output(&["tick"]);
    ended(&tick, 0);
    assert!(stdout(&tick).contains("w: rejected: nobody decided at gate `go` in time"), "{}", stdout(&tick));
    let again = team.at.output(&["tick"]);
    ended(&again, 0);
    assert_eq!(stdout(&again), "");
    team.verify();
}

#[test]
fn a_decision_in_time_stands_when_the_run_goes_on_later() {
    let team = Team::new("workflow w() -> Text { gate go \"Go?\" by ada timeout 10s  \"gone\" }").started();
    let file = team.record("approve", "go", "ada", &[]);
    team.sign("ada", &file);
    ended(&team.hand_in("approve", &file, &["--no-resume"]), 0);
    let journal = team.at.journal();
    let opened = journal.iter().find(|e| e["type"] == "gate.opened").expect("opened");
    let end = opened["data"]["expires"].as_str().expect("a limit").to_owned();
    let end = wflow::journal::Timestamp::parse(&end).expect("a time");
    until("the gate's time is over", || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        (now.as_millis() as i64 > end.0).then_some(())
    });
    let tick = team.at.output(&["tick", "--format", "json"]);
    ended(&tick, 0);
    let told: Json = serde_json::from_str(&stdout(&tick)).expect("JSON");
    assert_eq!(told["runs"][0]["outcome"], "completed", "{told}");
}

#[test]
fn an_escalated_gate_opens_for_the_next() {
    let team = Team::new(
        "workflow w() -> Text { let ok = gate go \"Go?\" by ada timeout 10s escalate bob  \"gone: {ok.by.join(\", \")}\" }",
    )
    .started();
    assert_eq!(team.gates(&["--person", "bob"])["gates"], serde_json::json!([]));
    expired(&team);
    let tick = team.at.output(&["tick"]);
    ended(&tick, 0);
    assert!(stdout(&tick).contains("suspended at gate go"), "{}", stdout(&tick));
    let gates = team.gates(&["--person", "bob"]);
    assert_eq!(gates["gates"][0]["stage"], 1, "{gates}");
    let run = team.run();
    refused(&team.at.output(&["approve", &run, "go", "--as", "ada", "--unsigned-out", "x.json"]), "E1215");
    let bob = team.votes("approve", "go", "bob", &[]);
    ended(&bob, 0);
    assert_eq!(stdout(&bob).trim(), "gone: bob");
    team.verify();
}

#[test]
fn a_wait_ends_without_a_process_and_what_follows_happens_once() {
    let team = Team::new("workflow w() -> Text { run `touch one`  wait 3s  run `touch two`  \"done\" }");
    let out = team.at.output(&["run", "w.wflow", "--detach"]);
    ended(&out, 75);
    assert!(stderr(&out).contains("waits until"), "{}", stderr(&out));
    assert!(team.has("one") && !team.has("two"));
    let journal = team.at.journal();
    let end = journal.last().expect("an event")["data"]["until"].as_str().expect("a time").to_owned();
    let end = wflow::journal::Timestamp::parse(&end).expect("a time");
    until("the wait is over", || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        (now.as_millis() as i64 > end.0).then_some(())
    });
    let ticks: Vec<Child> = (0..4)
        .map(|_| {
            let mut command = team.at.wflow(&["tick"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
        })
        .collect();
    let outs: Vec<_> = ticks.into_iter().map(|t| t.wait_with_output().expect("it ends")).collect();
    for out in &outs {
        ended(out, 0);
    }
    assert_eq!(outs.iter().filter(|o| stdout(o).contains("completed")).count(), 1);
    let done = team.at.journal().iter().filter(|e| e["type"] == "effect.completed").count();
    assert_eq!(done, 2);
    team.verify();
}

#[test]
fn a_tick_with_nothing_due_does_nothing() {
    let team = Team::new("workflow w() { gate go \"Go?\" by ada timeout 24h }").started();
    let before = team.at.journal().len();
    let tick = team.at.output(&["tick"]);
    ended(&tick, 0);
    assert_eq!(stdout(&tick), "");
    assert_eq!(team.at.journal().len(), before);
}
