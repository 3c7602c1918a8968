//! Gates with `edit` and `as`: what is approved is a value, and it may change on the way.

use super::sandbox::stdout;
use super::team::{Team, ended, refused};

const EDIT: &str = r#"
type Notes { headline: Text where it.len <= 12 }
workflow w() -> Text {
    let notes = Notes(headline: "first")
    let final = gate accept "Use these?" by ada and bob edit notes check it.headline != "bad" else "not bad"
    final.headline
}
"#;

#[test]
fn an_edit_voids_the_approvals_before_it() {
    let team = Team::new(EDIT).started();
    ended(&team.votes("approve", "accept", "ada", &[]), 75);
    ended(&team.votes("approve", "accept", "bob", &["--value", r#"{"headline": "second"}"#]), 75);
    let gates = team.gates(&[]);
    assert_eq!(gates["gates"][0]["may_decide"], serde_json::json!(["ada"]), "{gates}");
    let shown = stdout(&team.at.output(&["show", &team.run()]));
    assert!(shown.contains("edited") && shown.contains("second"), "{shown}");
    let last = team.votes("approve", "accept", "ada", &[]);
    ended(&last, 0);
    assert_eq!(stdout(&last).trim(), "second");
    team.verify();
}

#[test]
fn who_looked_at_an_older_value_looks_again() {
    let team = Team::new(EDIT).started();
    let stale = team.record("approve", "accept", "ada", &[]);
    ended(&team.votes("approve", "accept", "bob", &["--value", r#"{"headline": "second"}"#]), 75);
    team.sign("ada", &stale);
    refused(&team.hand_in("approve", &stale, &[]), "E1224");
    // A rejection is about the gate, not about a value.
    ended(&team.votes("reject", "accept", "ada", &[]), 4);
}

#[test]
fn a_value_that_the_file_refuses_is_not_taken() {
    let team = Team::new(EDIT).started();
    for value in [r#"{"headline": "bad"}"#, r#"{"headline": "much too long for it"}"#, r#"{"title": "x"}"#] {
        refused(&team.votes("approve", "accept", "bob", &["--value", value]), "E1203");
    }
    ended(&team.votes("approve", "accept", "bob", &[]), 75);
    ended(&team.votes("approve", "accept", "ada", &[]), 0);
    team.verify();
}

#[test]
fn a_form_is_answered_with_a_signature() {
    let team = Team::new(
        r#"enum Route { North, South { why: Text } }
        workflow w() -> Text {
            let route = gate where_to "Which way?" by ada as Route
            match route { North => "north", South { why } => "south: {why}" }
        }"#,
    )
    .started();
    let run = team.run();
    let out = team.at.output(&["approve", &run, "where_to", "--as", "ada", "--unsigned-out", "x.json"]);
    assert_eq!(out.status.code(), Some(2));
    let answer = team.votes("approve", "where_to", "ada", &["--value", r#"{"South": {"why": "sun"}}"#]);
    ended(&answer, 0);
    assert_eq!(stdout(&answer).trim(), "south: sun");
    team.verify();
}
