//! Verification: what is proved, what is missing, what is wrong.

use super::fake::FakeStore;
use super::writer::{data, project};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use wflow::journal::{
    Entered, EventType, Journal, Judgement, Ledger, Outcome, Redactor, Replay, RunDir, RunState, Runs, Shown,
    Standing, StepState, Verdict, Writer, digest, schema, summary, verify_ledger, verify_run,
    verify_run_with,
};

pub type Line<'a> = (EventType, &'a str, Value);

/// Of what the gate shows.
fn evidence() -> String {
    let shown = Shown {
        gate: "ship",
        question: "Publish?",
        evidence: &json!([["notes", "fine"]]),
        require: &json!(["It is right"]),
        edit: &Value::Null,
        form: &Value::Null,
    };
    shown.digest().expect("not deep")
}

fn of(request: Value) -> String {
    digest(&request).expect("not deep")
}

/// A whole run: a step, a gate, a protected effect, an undone step.
pub fn story() -> Vec<Line<'static>> {
    let d = evidence();
    vec![
        (
            EventType::RunStarted,
            "",
            json!({"schema": 1, "workflow": "release", "file": "release.wflow", "args": {"version": "1.2.0"}}),
        ),
        (EventType::StepStarted, "release/notes", json!({"title": "Draft"})),
        (
            EventType::EffectIntended,
            "release/notes/ask#1",
            json!({"kind": "ask", "digest": of(json!({})), "request": {}}),
        ),
        (EventType::EffectCompleted, "release/notes/ask#1", json!({"result": "n".repeat(9000)})),
        (EventType::StepCompleted, "release/notes", json!({"value": {"blob": "sha256:", "bytes": 1}})),
        (
            EventType::GateOpened,
            "release/ship",
            json!({
                "gate": "ship", "question": "Publish?", "digest": d, "evidence": [["notes", "fine"]],
                "require": ["It is right"],
            }),
        ),
        (
            EventType::GateDecided,
            "release/ship",
            json!({
                "gate": "ship", "decision": "approve", "approver": "alice", "digest": d, "assurance": "terminal",
                "confirmed": ["It is right"], "nonce": "7", "final": true,
            }),
        ),
        (EventType::StepStarted, "release/publish", json!({})),
        (
            EventType::EffectIntended,
            "release/publish/run#1",
            json!({
                "kind": "run", "request": {"argv": ["publish"]}, "digest": of(json!({"argv": ["publish"]})),
                "after": ["ship"], "guards": ["release/ship"],
            }),
        ),
        (EventType::EffectCompleted, "release/publish/run#1", json!({"result": {"exit": 0}})),
        (EventType::Said, "release/say#1", json!({"text": "done"})),
        (EventType::RunCompleted, "", json!({"value": null})),
    ]
}

pub fn write(runs: &Runs, lines: &[Line<'_>], ledger: bool) -> RunDir {
    let dir = runs.create().expect("a run");
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    let book = Ledger::of(runs);
    for (i, (kind, path, event)) in lines.iter().enumerate() {
        writer.record(*kind, path, &data(event.clone())).expect("records");
        if ledger && i == 0 {
            book.run_started(dir.id(), "release", writer.head().1).expect("enters");
        }
    }
    if let Some((kind, ..)) = lines.last().filter(|(kind, ..)| ledger && kind.ends_run()) {
        book.run_ended(dir.id(), *kind, writer.head()).expect("enters");
    }
    dir
}

fn verdict(runs: &Runs, dir: &RunDir) -> Verdict {
    verify_run(runs, dir).expect("readable").verdict
}

fn damaged(runs: &Runs, lines: &[Line<'_>]) -> (u64, String) {
    match verdict(runs, &write(runs, lines, true)) {
        Verdict::Damaged { line, why } => (line, why),
        other => panic!("{other}"),
    }
}

#[test]
fn a_whole_run_is_ok() {
    let runs = project(Arc::new(FakeStore::default()));
    let report = verify_run(&runs, &write(&runs, &story(), true)).expect("readable");
    assert_eq!(report.verdict, Verdict::Ok);
    assert_eq!((report.events, report.effects, report.decisions, report.blobs), (12, 2, 1, 1));
    assert_eq!(verify_ledger(&runs).expect("readable").verdict, Verdict::Ok);
}

#[test]
fn no_flipped_or_missing_byte_is_ok() {
    let store = FakeStore::default();
    let runs = project(Arc::new(store.clone()));
    let dir = write(&runs, &story(), true);
    let ledger = Path::new("/project/.wflow/ledger.jsonl").to_owned();
    let blob = store.files().into_iter().find(|(p, _)| p.parent().is_some_and(|d| d.ends_with("blobs")));
    let blob = blob.expect("a blob").0;
    for path in [dir.journal_path(), ledger, blob.clone()] {
        let whole = store.bytes(&path);
        // All bytes of a blob are alike: its digest covers them.
        let step = if path == blob { 89 } else { 1 };
        for at in (0..whole.len()).step_by(step) {
            for bits in [0x01, 0x20, 0x80, whole[at]] {
                let mut changed = whole.clone();
                changed[at] ^= bits;
                store.put(&path, changed);
                let result = verify_run(&runs, &dir).map(|r| r.verdict);
                assert_ne!(result, Ok(Verdict::Ok), "byte {at} of {} ^ {bits:#x}", path.display());
            }
            store.put(&path, whole[..at].to_vec());
            assert_ne!(verify_run(&runs, &dir).map(|r| r.verdict), Ok(Verdict::Ok), "cut at {at}");
        }
        store.put(&path, whole);
    }
    assert_eq!(verdict(&runs, &dir), Verdict::Ok);
}

#[test]
fn without_its_end_or_the_ledger_it_is_incomplete() {
    let runs = project(Arc::new(FakeStore::default()));
    let incomplete = |lines: &[Line<'_>], ledger| match verdict(&runs, &write(&runs, lines, ledger)) {
        Verdict::Incomplete { why } => why,
        other => panic!("{other}"),
    };
    assert!(incomplete(&story(), false).contains("the ledger does not know this run"));
    assert!(incomplete(&story()[..3], true).contains("has not ended"));
    let mut waiting = story()[..6].to_vec();
    waiting.push((EventType::RunSuspended, "", json!({"gate": "ship"})));
    assert!(incomplete(&waiting, true).contains("suspended at gate ship"));
    let mut doubt = story();
    doubt.remove(9);
    assert!(incomplete(&doubt, true).contains("release/publish/run#1"));
}

#[test]
fn each_broken_rule_is_named_with_its_line() {
    let runs = project(Arc::new(FakeStore::default()));
    let without = |i: usize| {
        let mut lines = story();
        lines.remove(i);
        lines
    };
    let changed = |i: usize, field: &str, value: Value| {
        let mut lines = story();
        lines[i].2[field] = value;
        lines
    };
    let mut gone = story();
    gone[6].2.as_object_mut().expect("an object").remove("final");
    let mut twice = story();
    twice.insert(7, twice[6].clone());
    let mut late = changed(6, "at", json!("2026-01-01T00:00:01.000Z"));
    late[5].2["expires"] = json!("2026-01-01T00:00:00.000Z");
    let mut of_bob = story();
    of_bob[5].2["by"] = json!(["alice and bob"]);
    let mut appended = story();
    appended.push((EventType::Said, "release/say#2", json!({"text": "more"})));
    for (lines, line, why) in [
        (without(0), 1, "not the start"),
        (without(2), 3, "without an intent"),
        (without(1), 4, "without having begun"),
        (without(5), 6, "gate ship is not open"),
        (without(6), 8, "without an approved gate ship"),
        (changed(6, "decision", json!("reject")), 9, "without an approved gate ship"),
        (
            changed(6, "digest", json!(format!("sha256:{}", "0".repeat(64)))),
            7,
            "something else than was shown",
        ),
        (changed(8, "guards", json!(["elsewhere"])), 9, "without an approved gate ship"),
        (changed(8, "after", json!(["ship", "legal"])), 9, "without an approved gate legal"),
        (appended, 13, "after the end"),
        (gone, 9, "without an approved gate ship"),
        (twice, 8, "was used before"),
        (late, 7, "after it had closed"),
        (of_bob, 7, "bob did not approve it"),
        (changed(5, "evidence", json!([["notes", "awful"]])), 6, "is not what its digest is of"),
        (changed(5, "question", json!("Look?")), 6, "is not what its digest is of"),
        (changed(5, "min_assurance", json!("key")), 7, "asks for proof by key"),
        (changed(6, "confirmed", json!([])), 7, "without confirming `It is right`"),
        (changed(6, "assurance", json!("key")), 7, "said to be signed, and is not"),
        (changed(8, "request", json!({"argv": ["destroy"]})), 9, "is not what its digest is of"),
    ] {
        let (at, said) = damaged(&runs, &lines);
        assert!(said.contains(why), "{said}");
        assert_eq!(at, line, "{said}");
    }
}

/// The story, decided in one process and gone on with in another.
fn decided_before(runs: &Runs, change: impl Fn(&mut Value)) -> RunDir {
    let mut lines = story();
    change(&mut lines[6].2);
    let dir = write(runs, &lines[..7], true);
    let (writer, _) = Writer::open(&dir, Redactor::new()).expect("opens");
    writer.record(EventType::RunResumed, "", &data(json!({}))).expect("records");
    for (kind, path, event) in &lines[7..] {
        writer.record(*kind, path, &data(event.clone())).expect("records");
    }
    Ledger::of(runs).ensure_ended(dir.id(), EventType::RunCompleted, writer.head()).expect("enters");
    Ledger::of(runs).ensure_ended(dir.id(), EventType::RunCompleted, writer.head()).expect("is there");
    dir
}

#[test]
fn a_terminal_decision_does_not_outlive_its_process() {
    let runs = project(Arc::new(FakeStore::default()));
    let dir = decided_before(&runs, |_| {});
    assert!(matches!(verdict(&runs, &dir), Verdict::Damaged { line: 10, .. }));
    assert_eq!(Ledger::of(&runs).read().expect("reads").entries.len(), 2);
}

#[test]
fn a_signed_decision_counts_as_far_as_somebody_can_tell() {
    let runs = project(Arc::new(FakeStore::default()));
    let dir = decided_before(&runs, |decision| {
        decision["assurance"] = json!("key");
        decision["signature"] = json!("signed by alice");
    });
    let judged = |says: Judgement| {
        let judge = |signed: &wflow::journal::SignedDecision<'_>| {
            assert_eq!(signed.opened["gate"], "ship");
            assert_eq!(signed.decided["signature"], "signed by alice");
            assert_eq!((signed.event.seq, &signed.started["workflow"]), (7, &json!("release")));
            says.clone()
        };
        verify_run_with(&runs, &dir, Some(&judge)).expect("readable").verdict
    };
    assert_eq!(judged(Judgement::Valid), Verdict::Ok);
    for unknown in [verdict(&runs, &dir), judged(Judgement::Unknown("no key".into()))] {
        assert!(unknown.to_string().starts_with("INCOMPLETE: line 7: the signature of alice"), "{unknown}");
    }
    let forged = judged(Judgement::Forged("it is by eve".into()));
    assert_eq!(
        forged.to_string(),
        "DAMAGED at line 7: the signature of alice on the gate ship is not good: it is by eve"
    );
}

#[test]
fn a_replaced_secret_leaves_its_digest_unproven() {
    let runs = project(Arc::new(FakeStore::default()));
    let mut lines = story();
    lines[8].2["request"] = json!({"argv": ["publish", "[secret TOKEN]"]});
    let verdict = verdict(&runs, &write(&runs, &lines, true));
    assert!(verdict.to_string().starts_with("INCOMPLETE: line 9"), "{verdict}");
}

#[test]
fn a_deleted_replaced_or_shortened_run_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let runs = Runs::of_project(Arc::new(wflow::journal::DiskStore), folder.path());
    let first = write(&runs, &story(), true);
    let second = write(&runs, &story(), true);
    let third = write(&runs, &story(), false);
    assert_eq!(verify_ledger(&runs).expect("reads").findings[0].run, *third.id());
    std::fs::remove_dir_all(third.path()).expect("removes");
    assert_eq!(verify_ledger(&runs).expect("reads").verdict, Verdict::Ok);

    let text = std::fs::read_to_string(second.journal_path()).expect("reads");
    let shorter: String = text.split_inclusive('\n').take(7).collect();
    std::fs::write(second.journal_path(), shorter).expect("writes");
    assert!(matches!(verdict(&runs, &second), Verdict::Damaged { line: 8, .. }));
    assert_eq!(verify_ledger(&runs).expect("reads").findings.len(), 1);
    std::fs::copy(first.journal_path(), second.journal_path()).expect("copies");
    assert!(matches!(verdict(&runs, &second), Verdict::Damaged { line: 1, .. }));

    std::fs::remove_dir_all(first.path()).expect("removes");
    let report = verify_ledger(&runs).expect("reads");
    assert!(matches!(report.verdict, Verdict::Damaged { line: 1, .. }), "{}", report.verdict);
    assert!(report.findings[0].why.contains("is gone"));
}

#[test]
fn a_torn_ledger_is_cut_and_says_so() {
    let store = FakeStore::default();
    let runs = project(Arc::new(store.clone()));
    let ledger = Ledger::of(&runs);
    let path = runs.root().join("ledger.jsonl");
    let id = runs.create().expect("a run").id().clone();
    let first = wflow::journal::LineDigest([7; 32]);
    ledger.run_started(&id, "a", first).expect("enters");
    ledger.run_started(&id, &"long ".repeat(5000), first).expect("enters");
    let whole = store.bytes(&path);
    for length in [whole.len() - 1, whole.len() - 9000, 10] {
        store.put(&path, whole[..length].to_vec());
        ledger.run_started(&id, "b", first).expect("enters");
        let content = ledger.read().expect("reads");
        assert_eq!((content.damage.clone(), content.torn), (None, 0));
        let cut = &content.entries[content.entries.len() - 2].what;
        assert!(matches!(cut, Entered::Cut { bytes } if *bytes > 0), "{cut:?}");
    }
}

#[test]
fn many_processes_enter_one_after_the_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let runs = Runs::of_project(Arc::new(wflow::journal::DiskStore), folder.path());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let id = runs.create().expect("a run").id().clone();
                    Ledger::of(&runs)
                        .run_started(&id, "w", wflow::journal::LineDigest([1; 32]))
                        .expect("enters");
                }
            });
        }
    });
    let content = Ledger::of(&runs).read().expect("reads");
    assert_eq!((content.entries.len(), content.damage), (40, None));
}

#[test]
fn the_replay_knows_outcomes_doubts_decisions_and_what_was_undone() {
    let runs = project(Arc::new(FakeStore::default()));
    let mut lines = story();
    lines.truncate(9);
    lines.extend([
        (EventType::RunResumed, "", json!({})),
        (EventType::EffectFailed, "release/publish/run#1", json!({"failure": {"kind": "business"}})),
        (EventType::UndoStarted, "release/publish", json!({})),
        (
            EventType::EffectIntended,
            "release/publish/undo/run#1",
            json!({"kind": "run", "digest": of(Value::Null)}),
        ),
    ]);
    let dir = write(&runs, &lines, true);
    let events = Journal::read(&dir).expect("whole").events;
    let mut replay = Replay::of(events);
    assert_eq!((replay.standing, replay.events, replay.epoch), (Standing::Open, 13, 1));
    assert_eq!(replay.started["args"]["version"], "1.2.0");
    let Outcome::Value(mut answer) = replay.at("release/notes/ask#1").expect("recorded").outcome.clone()
    else {
        panic!("it has a result")
    };
    dir.blobs().inline(&mut answer).expect("there");
    assert_eq!(answer, json!("n".repeat(9000)));
    assert!(matches!(&replay.at("release/publish/run#1").expect("recorded").outcome, Outcome::Failed(_)));
    assert_eq!(replay.in_doubt().map(|(path, _)| path).collect::<Vec<_>>(), ["release/publish/undo/run#1"]);
    assert_eq!(replay.gate("release/ship").expect("asked").decisions[0].data["approver"], "alice");
    assert_eq!(replay.step_at("release/publish").expect("began").state, StepState::Undoing);

    let (writer, _) = Writer::open(&dir, Redactor::new()).expect("opens");
    writer
        .append(EventType::EffectCompleted, "release/publish/undo/run#1", &data(json!({})))
        .expect("appends");
    writer.record(EventType::UndoCompleted, "release/publish", &data(json!({}))).expect("records");
    let events = Journal::read(&dir).expect("whole").events;
    events.into_iter().skip(13).for_each(|event| replay.apply(event));
    assert!(replay.at("release/publish/run#1").is_some(), "a `try` that took it back is gone through again");
    assert_eq!(replay.step_at("release/publish").expect("began").state, StepState::Undone);

    // The same at the end of a run that failed: it is to be done again.
    let ends = data(json!({"ends_run": true}));
    writer.record(EventType::UndoStarted, "release/publish", &ends).expect("records");
    writer.record(EventType::UndoCompleted, "release/publish", &data(json!({}))).expect("records");
    let failed = json!({"failure": {"kind": "business", "code": "E1103", "message": "x", "effect": "release/later/run#1"}});
    writer.record(EventType::RunFailed, "", &data(failed)).expect("records");
    let replay = Replay::of(Journal::read(&dir).expect("whole").events);
    assert_eq!(replay.at("release/publish/run#1"), None);
    assert_eq!(replay.step_at("release/publish"), None);
    assert!(replay.at("release/notes/ask#1").is_some());
}

#[test]
fn a_summary_reads_the_ends() {
    let runs = project(Arc::new(FakeStore::default()));
    let never = runs.create().expect("a run");
    assert_eq!(summary(&never).expect("reads").state, RunState::NeverBegan);
    let done = summary(&write(&runs, &story(), true)).expect("reads");
    assert_eq!((done.state, done.events, done.workflow.as_str()), (RunState::Completed, 12, "release"));
    assert_eq!((done.file.as_deref(), done.gate), (Some("release.wflow"), None));

    let mut waiting = story()[..6].to_vec();
    let open = summary(&write(&runs, &waiting, true)).expect("reads");
    assert_eq!((open.state, open.gate.as_deref()), (RunState::Interrupted, Some("ship")));
    waiting.push((EventType::RunSuspended, "", json!({"gate": "ship"})));
    let dir = write(&runs, &waiting, true);
    let suspended = summary(&dir).expect("reads");
    assert_eq!((suspended.state, suspended.gate.as_deref()), (RunState::Suspended, Some("ship")));

    let (writer, _) = Writer::open(&dir, Redactor::new()).expect("opens");
    for n in 0..500 {
        writer
            .append(EventType::Said, &format!("w/say#{n}"), &data(json!({"text": "y".repeat(8000)})))
            .expect("appends");
    }
    writer.commit(writer.head().0).expect("commits");
    let busy = summary(&dir).expect("reads");
    assert!(matches!(busy.state, RunState::Running(Some(_))), "{:?}", busy.state);
    assert_eq!(busy.events, 507);
}

#[test]
fn what_is_written_is_what_is_documented() {
    let runs = project(Arc::new(FakeStore::default()));
    for event in Journal::read(&write(&runs, &story(), true)).expect("whole").events {
        assert_eq!(schema::departures(&event), Vec::<String>::new());
    }
    let published = schema::schema();
    let names: Vec<&String> = published["$defs"].as_object().expect("definitions").keys().collect();
    assert_eq!(names.len(), EventType::ALL.len() + 1);
    for kind in EventType::ALL {
        assert_eq!(published["$defs"][kind.name()]["properties"]["type"]["const"], kind.name());
    }
}
