//! `wflow gates` and `wflow show`.

use super::json_schema::mismatches;
use super::sandbox::{stderr, stdout};
use super::team::{SHIP, Team, ended};
use serde_json::Value as Json;

fn schema(team: &Team, name: &str) -> Json {
    serde_json::from_str(&stdout(&team.at.output(&["schema", name]))).expect("a schema")
}

#[test]
fn gates_are_listed_by_person_role_and_workflow() {
    let team = Team::with(SHIP, "[gates.ship]\ntimeout = \"24h\"\n").started();
    team.at.write("v.wflow", "workflow v() { gate check \"Look?\" by cleo or bob }");
    ended(&team.at.output(&["run", "v.wflow"]), 75);
    let named = |more: &[&str]| -> Vec<String> {
        let gates = team.gates(more);
        let all = gates["gates"].as_array().expect("a list").clone();
        all.iter().map(|g| g["gate"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(named(&[]), ["ship", "check"]);
    assert_eq!(named(&["--person", "ada"]), ["ship"]);
    assert_eq!(named(&["--person", "bob"]), ["ship", "check"]);
    assert_eq!(named(&["--role", "manager"]), ["ship"]);
    assert_eq!(named(&["--workflow", "v"]), ["check"]);
    assert_eq!(named(&["--person", "ada", "--workflow", "v"]), [""; 0]);
    let text = stdout(&team.at.output(&["gates"]));
    for part in ["Publish 1.2?", "Look?", "ada, bob, cleo", "bob, cleo", "expires", "in 1d", "just now"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let none = Team::new(SHIP);
    assert_eq!(stdout(&none.at.output(&["gates"])), "nothing waits\n");
}

#[test]
fn what_is_printed_fits_its_schema() {
    let team = Team::with(
        "workflow w() { let n = 1  gate go \"Go?\" by ada and bob show { n } require \"Fine\" edit n timeout 24h }",
        "",
    )
    .started();
    ended(&team.votes("approve", "go", "ada", &["-m", "x"]), 75);
    let gates = team.gates(&[]);
    assert_eq!(mismatches(&schema(&team, "gates"), &gates), [""; 0]);
    assert_eq!(gates["gates"][0]["missing"], serde_json::json!(["bob"]));
    let run = team.run();
    let shown: Json =
        serde_json::from_str(&stdout(&team.at.output(&["show", &run, "--format", "json"]))).expect("JSON");
    assert_eq!(mismatches(&schema(&team, "gate"), &shown), [""; 0]);
    assert_eq!(shown["gates"][0]["whole"], true);
    let tick: Json =
        serde_json::from_str(&stdout(&team.at.output(&["tick", "--format", "json"]))).expect("JSON");
    assert_eq!(mismatches(&schema(&team, "tick"), &tick), [""; 0]);
    // The journal, too.
    let journal = schema(&team, "journal");
    for event in team.at.journal() {
        assert_eq!(mismatches(&journal, &event), [""; 0], "{event}");
    }
}

#[test]
fn evidence_is_shown_to_its_end_and_safely() {
    let long: Vec<String> = (1..=300).map(|i| format!("line {i}.")).collect();
    let text = format!("{}\\u{{1b}}[2J", long.join("\\n"));
    let team = Team::new(&format!(
        "workflow w() {{ let log = \"{text}\"  gate go \"Go?\" by ada show {{ log }} require \"Read it\" }}"
    ))
    .started();
    let run = team.run();
    let shown = stdout(&team.at.output(&["show", &run, "go"]));
    assert!(shown.contains("line 1.") && shown.contains("line 300.") && shown.contains("Read it"), "{shown}");
    assert!(shown.contains("\\x1b[2J") && !shown.contains('\u{1b}'));
    assert!(shown.contains("sha256:") && shown.contains("a decision signs"), "{shown}");
    let nothing = team.at.output(&["show", &run, "other"]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(stderr(&nothing).contains("E1205"), "{}", stderr(&nothing));
}

#[test]
fn a_run_that_cannot_be_read_hides_no_other() {
    let team = Team::new(SHIP).started();
    let broken = team.run();
    let team = team.started();
    let path = format!(".wflow/runs/{broken}/journal.jsonl");
    let text = team.at.read(&path).replacen("\"gate\":\"ship\"", "\"gate\":\"shop\"", 1);
    team.at.write(&path, text);
    let gates = team.gates(&[]);
    assert_eq!(gates["gates"].as_array().map(Vec::len), Some(1), "{gates}");
    assert_eq!(gates["unreadable"][0]["run"], broken.as_str(), "{gates}");
    assert_eq!(mismatches(&schema(&team, "gates"), &gates), [""; 0]);
}
