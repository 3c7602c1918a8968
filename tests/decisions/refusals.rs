//! Everything that makes a signed decision void, each refused by its own name, with the run as it was.

use super::sandbox::{stderr, stdout};
use super::team::{SHIP, Team, ended, make_key, refused};
use serde_json::{Value as Json, json};
use std::path::Path;

/// Nothing of the run changes when the decision is refused.
#[track_caller]
fn refused_untouched(team: &Team, file: &Path, code: &str) {
    let journal = format!(".wflow/runs/{}/journal.jsonl", team.run());
    let before = team.at.read(&journal);
    refused(&team.hand_in("approve", file, &[]), code);
    assert_eq!(team.at.read(&journal), before, "{code}");
}

#[test]
fn a_record_that_was_changed_or_signed_for_something_else() {
    let team = Team::new(SHIP).started();
    let file = team.record("approve", "ship", "ada", &[]);
    team.sign("ada", &file);
    let good = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, good.replace("\"comment\":\"\"", "\"comment\":\"more\"")).expect("written");
    refused_untouched(&team, &file, "E1206");
    std::fs::write(&file, good.clone() + "\n").expect("written");
    refused_untouched(&team, &file, "E1219");
    std::fs::write(&file, "{}").expect("written");
    refused_untouched(&team, &file, "E1219");
    std::fs::write(&file, &good).expect("written");
    let signature = file.with_extension("json.sig");
    std::fs::write(&signature, "no signature").expect("written");
    refused_untouched(&team, &file, "E1219");
    std::fs::remove_file(&signature).expect("there");
    refused_untouched(&team, &file, "E1219");
    team.sign_for("file", "ada", &file);
    refused_untouched(&team, &file, "E1206");
    std::fs::remove_file(&signature).expect("there");
    team.sign("ada", &file);
    ended(&team.hand_in("approve", &file, &[]), 75);
}

#[test]
fn a_key_that_is_not_the_persons_or_not_listed_today() {
    let team = Team::new(SHIP).started();
    let file = team.record("approve", "ship", "ada", &[]);
    team.sign("bob", &file);
    let out = team.hand_in("approve", &file, &[]);
    refused(&out, "E1207");
    assert!(stderr(&out).contains("is bob's"), "{}", stderr(&out));

    make_key(&team.keys, "eve", &["-t", "ed25519"]);
    let file = team.record("approve", "ship", "ada", &[]);
    team.sign("eve", &file);
    refused_untouched(&team, &file, "E1207");

    // Added after the run began: it does not count for this run.
    let line = std::fs::read_to_string(team.keys.join("eve.pub")).expect("a key");
    let adas = std::fs::read_to_string(team.keys.join("ada.pub")).expect("a key");
    let config = team.at.read("wflow.toml");
    team.edit_config(|c| c.replace(adas.trim(), &format!("{}\", \"{}", adas.trim(), line.trim())));
    refused_untouched(&team, &file, "E1207");

    // Removed today: it counts no more.
    let file = team.record("approve", "ship", "ada", &[]);
    team.sign("ada", &file);
    team.at.write("wflow.toml", config.replace(adas.trim(), line.trim()));
    let out = team.hand_in("approve", &file, &[]);
    refused(&out, "E1207");
    assert!(stderr(&out).contains("today's wflow.toml"), "{}", stderr(&out));
}

#[test]
fn another_run_or_another_gate() {
    let team = Team::new(SHIP).started();
    let file = team.record("approve", "ship", "ada", &[]);
    team.sign("ada", &file);
    let run = team.run();
    let name = file.display().to_string();
    refused(&team.at.output(&["approve", &run, "other", "--signed", &name]), "E1208");
    let team = team.started();
    assert_ne!(team.run(), run);
    refused_untouched(&team, &file, "E1208");
    ended(&team.at.output(&["approve", &run, "ship", "--signed", &name]), 75);
}

#[test]
fn a_gate_that_is_closed_or_not_open_yet() {
    let team = Team::new(
        r#"workflow w() -> Text {
            gate one "First?" by ada
            gate two "Second?" by bob
            gate three "Third?" by bob
            "done"
        }"#,
    )
    .started();
    let late = team.record("approve", "one", "ada", &[]);
    let early = team.changed("one", "ada", |record| {
        record["gate"] = json!("three");
        record["path"] = json!("w/three");
    });
    refused_untouched(&team, &early, "E1210");
    ended(&team.votes("approve", "one", "ada", &[]), 75);
    team.sign("ada", &late);
    refused_untouched(&team, &late, "E1209");
    ended(&team.votes("approve", "two", "bob", &[]), 75);
    ended(&team.votes("approve", "three", "bob", &[]), 0);
    // The run is over.
    refused_untouched(&team, &late, "E1209");
}

#[test]
fn what_was_decided_on_is_not_what_is_there() {
    let team = Team::new(SHIP).started();
    let digest = json!(format!("sha256:{}", "0".repeat(64)));
    let with = |field: &str, value: &Json| {
        let (field, value) = (field.to_owned(), value.clone());
        team.changed("ship", "ada", move |record| record[&field] = value)
    };
    refused_untouched(&team, &with("evidence", &digest), "E1211");
    refused_untouched(&team, &with("workflow", &digest), "E1212");
    refused_untouched(&team, &with("policy", &digest), "E1212");
    refused_untouched(&team, &with("opened", &json!("2020-01-01T00:00:00.000Z")), "E1209");
    let dated = team.changed("ship", "ada", |record| {
        record["expires"] = json!("2090-01-01T00:00:00.000Z");
        record["at"] = json!("2091-01-01T00:00:00.000Z");
    });
    refused_untouched(&team, &dated, "E1213");
    refused_untouched(&team, &with("expires", &json!("2020-01-01T00:00:00.000Z")), "E1213");
    refused_untouched(&team, &with("confirmed", &json!(["All is well"])), "E1218");
    refused_untouched(&team, &with("assurance", &json!("touch")), "E1217");
    refused_untouched(&team, &with("value", &json!(1)), "E1203");
}

#[test]
fn a_decision_counts_once_and_a_person_decides_once() {
    let team = Team::new(SHIP).started();
    let file = team.record("approve", "ship", "ada", &[]);
    team.sign("ada", &file);
    ended(&team.hand_in("approve", &file, &[]), 75);
    refused_untouched(&team, &file, "E1214");
    // Another signature over the same record is the same decision.
    std::fs::remove_file(file.with_extension("json.sig")).expect("there");
    team.sign("ada", &file);
    refused_untouched(&team, &file, "E1214");
    let run = team.run();
    let again = team.at.output(&["approve", &run, "ship", "--as", "ada", "--unsigned-out", "x.json"]);
    refused(&again, "E1216");
    assert!(!team.has("x.json"));
    let again = team.changed("ship", "bob", |record| record["approver"] = json!("ada"));
    std::fs::remove_file(again.with_extension("json.sig")).expect("there");
    team.sign("ada", &again);
    refused_untouched(&team, &again, "E1216");
}

#[test]
fn people_who_do_not_decide() {
    let me = wflow::effects::approval::os_user();
    let team = Team::new("workflow w() { gate ship \"Ship?\" by security }");
    let line = make_key(&team.keys, &me, &["-t", "ed25519"]);
    team.edit_config(|c| {
        format!("{c}[people.{me}]\nkeys = [\"{line}\"]\n")
            .replace("security = [\"bob\"]", &format!("security = [\"bob\", \"{me}\"]"))
    });
    let team = team.started();
    let run = team.run();
    let tries = [("ada", "E1215"), (me.as_str(), "E1215"), ("mallory", "E1207")];
    for (person, code) in tries {
        refused(
            &team.at.output(&["approve", &run, "ship", "--as", person, "--unsigned-out", "x.json"]),
            code,
        );
    }
    for person in ["ada", &me] {
        let file = team.changed("ship", "bob", |record| record["approver"] = json!(person));
        std::fs::remove_file(file.with_extension("json.sig")).expect("there");
        team.sign(person, &file);
        refused_untouched(&team, &file, "E1215");
    }
}

#[test]
fn the_opposite_of_the_command() {
    let team = Team::new(SHIP).started();
    let file = team.record("reject", "ship", "bob", &[]);
    team.sign("bob", &file);
    refused_untouched(&team, &file, "E1225");
    ended(&team.hand_in("reject", &file, &[]), 4);
}

#[test]
fn a_typed_decision_is_no_signed_one() {
    // A key is listed and the gate guards a command: a terminal is not enough any more.
    let team = Team::new(SHIP).started();
    let run = team.run();
    let out = team.at.output(&["approve", &run, "ship"]);
    ended(&out, 75);
    assert!(stderr(&out).contains("level `key`"), "{}", stderr(&out));
    refused(&team.at.output(&["approve", &run, "ship", "--as", "ada", "--key", "nowhere"]), "E1221");
    // Neither said how it is signed.
    assert_eq!(team.at.output(&["approve", &run, "ship", "--as", "ada"]).status.code(), Some(2));
}

#[test]
fn a_passkey_is_asked_for_by_name() {
    let team = Team::with(SHIP, "[gates.ship]\nmin_assurance = \"passkey\"\n").started();
    let run = team.run();
    let key = team.keys.join("ada").display().to_string();
    let out = team.at.output(&["approve", &run, "ship", "--as", "ada", "--key", &key]);
    refused(&out, "E1217");
    assert!(stderr(&out).contains("approval page"), "{}", stderr(&out));
    let file = team.record("approve", "ship", "ada", &[]);
    team.sign("ada", &file);
    refused_untouched(&team, &file, "E1217");
}

#[test]
fn the_value_of_a_secret_is_not_recorded() {
    let team = Team::new(
        r#"workflow w() -> Text {
            let key = secret("DEPLOY_KEY")
            run `printenv KEY` env { KEY: key }
            gate go "Go?" by ada
            "gone"
        }"#,
    );
    let with_secret =
        |args: &[&str]| team.at.wflow(args).env("DEPLOY_KEY", "hunter2-hunter2").output().expect("it starts");
    assert_eq!(with_secret(&["run", "w.wflow"]).status.code(), Some(75));
    let file = team.record("approve", "go", "ada", &["-m", "with hunter2-hunter2"]);
    team.sign("ada", &file);
    let (run, name) = (team.run(), file.display().to_string());
    refused(&with_secret(&["approve", &run, "--signed", &name]), "E1222");
    let file = team.record("approve", "go", "ada", &["-m", "without"]);
    team.sign("ada", &file);
    let name = file.display().to_string();
    let out = with_secret(&["approve", &run, "--signed", &name]);
    ended(&out, 0);
    assert_eq!(stdout(&out).trim(), "gone");
}
