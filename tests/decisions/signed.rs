//! Signed decisions, collected over people and processes.

use super::sandbox::{stderr, stdout};
use super::team::{SHIP, Team, ended, make_key};
use serde_json::Value as Json;
use std::process::{Command, Stdio};
use wflow::effects::approval::judge_recorded;
use wflow::policy::read_config;
use wflow::source::{Origin, SourceMap};

#[test]
fn several_people_decide_over_several_processes() {
    let team = Team::new(SHIP).started();
    let first = team.votes("approve", "ship", "ada", &["-m", "fine by me"]);
    ended(&first, 75);
    assert!(stderr(&first).contains("waits for further people"), "{}", stderr(&first));
    assert!(team.has("before") && !team.has("after"));
    // What was done stays done: were it run again, its file would be back.
    std::fs::remove_file(team.at.dir.join("before")).expect("there");

    let second = team.votes("approve", "ship", "bob", &[]);
    ended(&second, 0);
    assert_eq!(stdout(&second).trim(), "shipped");
    assert!(team.has("after") && !team.has("before"));
    team.verify();
}

#[test]
fn what_is_recorded_proves_itself_and_ssh_keygen_agrees() {
    let team = Team::new(SHIP).started();
    team.votes("approve", "ship", "ada", &["-m", "fine \"so\" ✓"]);
    team.votes("approve", "ship", "bob", &[]);
    let text = team.at.read("wflow.toml");
    let file = SourceMap::new().add("wflow.toml", Origin::Memory, text.as_str());
    let people = read_config(&text, file).0.people;
    let journal = team.at.journal();
    let data = |event: &Json| event["data"].as_object().expect("data").clone();
    let opened = journal.iter().find(|e| e["type"] == "gate.opened").map(data).expect("opened");
    let decided: Vec<&Json> = journal.iter().filter(|e| e["type"] == "gate.decided").collect();
    assert_eq!(decided.len(), 2);
    for event in &decided {
        let judged = judge_recorded(&data(event), &opened, &team.run(), "w/ship", &people);
        assert_eq!(judged.map(|level| level.name()), Ok("key"));
    }
    // Whatever is changed in it, it proves itself no more.
    let good = data(decided[0]);
    let other = |field: &str, value: Json| {
        let mut bad = good.clone();
        bad.insert(field.to_owned(), value);
        judge_recorded(&bad, &opened, &team.run(), "w/ship", &people)
    };
    for (field, value) in [
        ("approver", "bob"),
        ("decision", "reject"),
        ("comment", "fine"),
        ("nonce", "0"),
        ("assurance", "touch"),
        ("gate", "other"),
        ("digest", "sha256:0"),
        ("signature", decided[1]["data"]["signature"].as_str().expect("signed")),
        ("record", decided[1]["data"]["record"].as_str().expect("signed")),
    ] {
        assert!(other(field, Json::from(value)).is_err(), "{field}");
    }
    assert!(judge_recorded(&good, &opened, "another-run", "w/ship", &people).is_err());
    assert!(judge_recorded(&good, &opened, &team.run(), "w/other", &people).is_err());

    let signers = team.keys.join("allowed_signers");
    let line = std::fs::read_to_string(team.keys.join("ada.pub")).expect("a key");
    std::fs::write(&signers, format!("ada {line}")).expect("written");
    let inbox = team.at.dir.join(format!(".wflow/runs/{}/decisions", team.run()));
    let mine = std::fs::read_dir(&inbox).expect("a folder").flatten().map(|e| e.path()).find(|p| {
        p.extension().is_some_and(|e| e == "json")
            && std::fs::read_to_string(p).is_ok_and(|t| t.contains("\"approver\":\"ada\""))
    });
    let mine = mine.expect("ada's decision");
    let verified = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", "wflow-gate", "-I", "ada", "-f"])
        .arg(&signers)
        .arg("-s")
        .arg(mine.with_extension("json.sig"))
        .stdin(Stdio::from(std::fs::File::open(&mine).expect("a file")))
        .output()
        .expect("ssh-keygen is installed");
    assert!(verified.status.success(), "{}", stderr(&verified));
}

#[test]
fn every_kind_of_key_counts() {
    let kinds: [(&str, &[&str]); 5] = [
        ("ed", &["-t", "ed25519"]),
        ("rsa", &["-t", "rsa", "-b", "2048"]),
        ("p256", &["-t", "ecdsa", "-b", "256"]),
        ("p384", &["-t", "ecdsa", "-b", "384"]),
        ("p521", &["-t", "ecdsa", "-b", "521"]),
    ];
    let team =
        Team::new("workflow w() -> Text { gate go \"Go?\" by 5 of [ed, rsa, p256, p384, p521]  \"gone\" }");
    for (name, kind) in kinds {
        let line = make_key(&team.keys, name, kind);
        team.edit_config(|c| format!("{c}[people.{name}]\nkeys = [\"{line}\"]\n"));
    }
    let team = team.started();
    for (i, (name, _)) in kinds.iter().enumerate() {
        ended(&team.votes("approve", "go", name, &[]), if i == 4 { 0 } else { 75 });
    }
    team.verify();
}

#[test]
fn one_who_says_no_ends_what_needs_all() {
    let team = Team::new(SHIP).started();
    ended(&team.votes("approve", "ship", "ada", &[]), 75);
    let no = team.votes("reject", "ship", "bob", &["-m", "the notes are wrong"]);
    ended(&no, 4);
    assert!(stderr(&no).contains("the notes are wrong"), "{}", stderr(&no));
    assert!(!team.has("after"));
    team.verify();
}

#[test]
fn a_rejection_can_be_handled() {
    let team = Team::new(
        r#"workflow w() -> Text {
            gate go "Go?" by bob on reject r { return "{r.kind}: {r.comment} ({r.by})" }
            "gone"
        }"#,
    )
    .started();
    let no = team.votes("reject", "go", "bob", &["-m", "later"]);
    ended(&no, 0);
    assert_eq!(stdout(&no).trim(), "rejection: later (bob)");
}

#[test]
fn an_approval_can_be_taken_back_while_the_gate_is_open() {
    let team =
        Team::new("workflow w() -> Text { gate go \"Go?\" by 2 of [ada, bob, cleo]  \"gone\" }").started();
    ended(&team.votes("approve", "go", "ada", &[]), 75);
    ended(&team.votes("reject", "go", "ada", &[]), 75);
    ended(&team.votes("approve", "go", "bob", &[]), 75);
    ended(&team.votes("approve", "go", "cleo", &[]), 0);
}

const TWO: &str = r#"
workflow w() -> Text {
    gate one "First?" by bob
    run `touch between`
    gate two "Second?" by ada
    "done"
}
"#;

#[test]
fn a_signed_decision_survives_and_a_removed_key_does_not() {
    let team = Team::new(TWO).started();
    let one = team.votes("approve", "one", "bob", &[]);
    ended(&one, 75);
    assert!(team.has("between"));
    // Nobody is asked again for what is signed.
    let again = team.at.output(&["resume", &team.run()]);
    ended(&again, 75);
    assert!(stderr(&again).contains("gate one: approved by bob"), "{}", stderr(&again));
    assert!(stderr(&again).contains("waits at gate `two`"), "{}", stderr(&again));

    let config = team.at.read("wflow.toml");
    let bobs = std::fs::read_to_string(team.keys.join("bob.pub")).expect("a key");
    let other = make_key(&team.keys, "bob2", &["-t", "ed25519"]);
    team.edit_config(|c| c.replace(bobs.trim(), &other));
    let void = team.at.output(&["resume", &team.run()]);
    ended(&void, 75);
    assert!(
        stderr(&void).contains("the recorded decision of bob at gate `one` counts no more"),
        "{}",
        stderr(&void)
    );
    assert!(stderr(&void).contains("waits at gate `one`"), "{}", stderr(&void));
    let gates = team.gates(&[]);
    assert!(gates["gates"].as_array().expect("a list").iter().any(|g| g["gate"] == "one"), "{gates}");

    // With the key back it is decided anew, and the run comes to its end.
    team.at.write("wflow.toml", config);
    ended(&team.votes("approve", "one", "bob", &[]), 75);
    ended(&team.votes("approve", "two", "ada", &[]), 0);
    team.verify();
}

#[test]
fn a_decision_can_be_handed_in_without_going_on() {
    let team = Team::new(SHIP).started();
    for person in ["ada", "bob"] {
        let file = team.record("approve", "ship", person, &[]);
        team.sign(person, &file);
        ended(&team.hand_in("approve", &file, &["--no-resume"]), 0);
    }
    assert!(!team.has("after"));
    let listed = stdout(&team.at.output(&["runs"]));
    assert!(listed.contains("suspended, decided"), "{listed}");
    assert_eq!(team.gates(&[])["gates"], serde_json::json!([]));
    let go = team.at.output(&["resume", &team.run()]);
    ended(&go, 0);
    assert!(team.has("after"));
    team.verify();
}

#[test]
fn gates_of_parallel_branches_wait_side_by_side() {
    let team = Team::new(
        r#"workflow w() -> Text {
            let both = parallel {
                a: one(),
                b: two(),
            }
            "{both.a}{both.b}"
        }
        task one() -> Text { gate go "Go on with a?" by ada  run `touch a`  "a" }
        task two() -> Text { gate go "Go on with b?" by ada  run `touch b`  "b" }"#,
    )
    .started();
    let gates = team.gates(&[]);
    let paths: Vec<&str> = gates["gates"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|g| g["path"].as_str().expect("a path"))
        .collect();
    assert_eq!(paths.len(), 2, "{gates}");
    let run = team.run();
    let vague = team.at.output(&["approve", &run, "go", "--as", "ada", "--unsigned-out", "x"]);
    assert_eq!(vague.status.code(), Some(2), "{}", stderr(&vague));
    assert!(stderr(&vague).contains(paths[0]) && stderr(&vague).contains(paths[1]), "{}", stderr(&vague));
    ended(&team.votes("approve", paths[1], "ada", &[]), 75);
    assert!(team.has("b") && !team.has("a"));
    ended(&team.votes("approve", paths[0], "ada", &[]), 0);
    team.verify();
}

#[test]
fn who_typed_is_asked_again_and_who_signed_is_not() {
    // Two people; one typed in an earlier process, the other signed.
    let team = Team::with(TWO, "[gates.one]\nmin_assurance = \"terminal\"\n").started();
    let signed = team.votes("approve", "one", "bob", &[]);
    ended(&signed, 75);
    let story = stdout(&team.at.output(&["runs", "show", &team.run()]));
    assert!(story.contains("bob approved  key"), "{story}");
}

#[test]
fn people_who_hand_in_at_once_all_count_and_one_goes_on() {
    let team = Team::new(
        "workflow w() -> Text { gate go \"Go?\" by 3 of [ada, bob, cleo]  run `touch gone`  \"gone\" }",
    )
    .started();
    let files: Vec<_> = ["ada", "bob", "cleo"]
        .iter()
        .map(|person| {
            let file = team.record("approve", "go", person, &[]);
            team.sign(person, &file);
            file
        })
        .collect();
    let run = team.run();
    let children: Vec<_> = files
        .iter()
        .map(|file| {
            let mut command = team.at.wflow(&["approve", &run, "--signed"]);
            command.arg(file).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
        })
        .collect();
    let outs: Vec<_> = children.into_iter().map(|c| c.wait_with_output().expect("it ends")).collect();
    let told: Vec<String> =
        outs.iter().map(|o| format!("{:?} {}{}", o.status.code(), stdout(o), stderr(o))).collect();
    assert!(outs.iter().all(|o| matches!(o.status.code(), Some(0 | 75))), "{told:?}");
    assert_eq!(outs.iter().filter(|o| stdout(o).contains("gone")).count(), 1, "{told:?}");
    assert!(team.has("gone"));
    let intents = team.at.journal().iter().filter(|e| e["type"] == "effect.intended").count();
    assert_eq!(intents, 1);
    team.verify();
}

#[test]
fn a_recorded_rejection_is_the_same_for_whoever_goes_on() {
    let team = Team::new(
        r#"workflow w() -> Text {
            gate go "Go?" by 2 of [ada, bob, cleo] on reject r {
                gate after_all "And now?" by cleo
                return "{r.by}: {r.comment}"
            }
            "gone"
        }"#,
    )
    .started();
    ended(&team.votes("reject", "go", "ada", &["-m", "no"]), 75);
    ended(&team.votes("reject", "go", "bob", &["-m", "never"]), 75);
    let last = team.votes("approve", "after_all", "cleo", &[]);
    ended(&last, 0);
    assert_eq!(stdout(&last).trim(), "ada, bob: no\nnever");
    team.verify();
}
