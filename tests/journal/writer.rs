//! Group commit, poisoning, blobs, secrets, ownership.

use super::fake::{FakeStore, Fault};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use wflow::diagnostics::codes::journal as codes;
use wflow::journal::{DiskStore, EventType, Journal, Redactor, RunDir, Runs, Store, Writer};

pub fn data(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("an object is wanted, not {other}"),
    }
}

pub fn project(store: Arc<dyn Store>) -> Runs {
    Runs::of_project(store, Path::new("/project"))
}

fn on_disk() -> (tempfile::TempDir, RunDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let runs = Runs::of_project(Arc::new(DiskStore), folder.path());
    let dir = runs.create().expect("a run");
    (folder, dir)
}

#[test]
fn what_is_committed_is_read_back() {
    let (_folder, dir) = on_disk();
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    writer
        .append(EventType::RunStarted, "", &data(json!({"workflow": "release", "schema": 1})))
        .expect("appends");
    let seq = writer.append(EventType::StepStarted, "release/a", &Map::new()).expect("appends");
    writer.commit(seq).expect("commits");
    assert_eq!((writer.syncs(), writer.durable()), (1, 2));
    writer.close().expect("closes");
    let journal = Journal::read(&dir).expect("whole");
    assert_eq!(journal.events.len(), 2);
    assert_eq!(journal.events[1].path, "release/a");
    assert_eq!(journal.events[0].data, data(json!({"schema": 1, "workflow": "release"})));
    assert_eq!(journal.torn_tail, None);
}

#[test]
fn a_result_alone_becomes_durable_without_a_commit() {
    let (_folder, dir) = on_disk();
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    let seq = writer.append(EventType::RunStarted, "", &data(json!({"schema": 1}))).expect("appends");
    while writer.durable() < seq {
        std::thread::yield_now();
    }
    assert_eq!(Journal::read(&dir).expect("whole").events.len(), 1);
}

#[test]
fn a_no_op_step_has_at_most_400_bytes() {
    let store = FakeStore::default();
    store.set_clock(1_795_000_000_000);
    let dir = project(Arc::new(store)).create().expect("a run");
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    for step in 0..1000 {
        let path = format!("release/step_{step}");
        writer.append(EventType::StepStarted, &path, &Map::new()).expect("appends");
        let seq =
            writer.append(EventType::StepCompleted, &path, &data(json!({"value": null}))).expect("appends");
        writer.commit(seq).expect("commits");
    }
    assert!(writer.bytes() / 1000 <= 400, "{}", writer.bytes());
}

#[test]
fn threads_share_syncs_and_nothing_is_lost_or_reordered() {
    let (_folder, dir) = on_disk();
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let writer = &writer;
            scope.spawn(move || {
                for n in 0..50 {
                    writer
                        .record(EventType::Said, &format!("w/{thread}"), &data(json!({"text": n})))
                        .expect("records");
                }
            });
        }
    });
    assert!(writer.syncs() <= 400);
    assert_eq!(writer.durable(), 400);
    drop(writer);
    let journal = Journal::read(&dir).expect("whole");
    for thread in 0..8 {
        let path = format!("w/{thread}");
        let said: Vec<&Value> =
            journal.events.iter().filter(|e| e.path == path).map(|e| &e.data["text"]).collect();
        assert_eq!(said, (0..50).map(Value::from).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    }
}

#[test]
fn after_a_failed_write_or_sync_every_call_fails() {
    for (fault, code) in
        [(Fault::Full, codes::E1501), (Fault::Short, codes::E1501), (Fault::SyncFails, codes::E1505)]
    {
        let healthy = FakeStore::default();
        let dir = project(Arc::new(healthy.clone())).create().expect("a run");
        let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
        writer.record(EventType::RunStarted, "", &data(json!({"schema": 1}))).expect("records");
        // The next change of the disk is the write of the next event, then comes its sync.
        let call = healthy.calls() + if fault == Fault::SyncFails { 2 } else { 1 };
        drop(writer);
        let store = FakeStore::failing_at(call, fault);
        let dir = project(Arc::new(store.clone())).create().expect("a run");
        let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
        writer.record(EventType::RunStarted, "", &data(json!({"schema": 1}))).expect("the first is fine");
        let failure =
            writer.record(EventType::Said, "w/say", &data(json!({"text": "x"}))).expect_err("fails");
        assert_eq!(failure.code, code, "{fault:?}");
        assert!(failure.notes[0].contains("first 1 events are safe"), "{:?}", failure.notes);
        let calls = store.calls();
        assert_eq!(writer.append(EventType::Said, "w/say", &Map::new()).expect_err("stays so"), failure);
        assert_eq!(writer.commit(2).expect_err("stays so"), failure);
        assert_eq!(writer.commit(1), Ok(()), "what was durable stays durable");
        assert_eq!(store.calls(), calls, "nothing is tried again");
    }
}

#[test]
fn a_background_failure_reaches_the_next_caller() {
    let store = FakeStore::lingering(Duration::from_millis(2));
    let dir = project(Arc::new(store.clone())).create().expect("a run");
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    // Two names of folders, a write, and then its sync.
    store.fail_at(store.calls() + 4, Fault::SyncFails);
    while writer.append(EventType::RunStarted, "", &Map::new()).is_ok() {
        std::thread::yield_now();
    }
    assert_eq!(writer.append(EventType::Said, "", &Map::new()).expect_err("poisoned").code, codes::E1505);
}

#[test]
fn large_and_lookalike_values_come_back_as_they_were() {
    let (_folder, dir) = on_disk();
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    let forged = json!({"blob": format!("sha256:{}", "0".repeat(64)), "bytes": 3});
    let value = json!({
        "big": "x".repeat(20_000),
        "forged": forged,
        "twice": {"blob": "literal", "value": forged},
        "many": vec!["line"; 5000],
    });
    for (n, recorded) in [value.clone(), forged.clone(), json!([forged])].iter().enumerate() {
        let path = format!("w/{n}");
        writer
            .append(EventType::EffectCompleted, &path, &data(json!({"result": recorded})))
            .expect("appends");
    }
    writer.close().expect("closes");
    let journal = Journal::read(&dir).expect("whole");
    assert!(journal.bytes < 3000, "large content is not in the journal: {}", journal.bytes);
    for (event, recorded) in journal.events.iter().zip([value, forged.clone(), json!([forged])]) {
        let mut result = event.data["result"].clone();
        dir.blobs().inline(&mut result).expect("blobs are there");
        assert_eq!(result, recorded);
    }
}

#[test]
fn a_changed_blob_is_not_used() {
    let (_folder, dir) = on_disk();
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    let blob = writer.blobs().put(b"the evidence").expect("stored");
    assert_eq!(dir.blobs().get(&blob).expect("there"), b"the evidence");
    std::fs::write(dir.blobs().path(&blob), "the evidenc3").expect("writes");
    assert_eq!(dir.blobs().get(&blob).expect_err("changed").code, codes::E1512);
    std::fs::remove_file(dir.blobs().path(&blob)).expect("removes");
    assert_eq!(dir.blobs().get(&blob).expect_err("gone").code, codes::E1512);
}

#[test]
fn no_secret_reaches_the_disk() {
    let store = FakeStore::default();
    let dir = project(Arc::new(store.clone())).create().expect("a run");
    let redactor = Redactor::new();
    redactor.add("TOKEN", "hunter2\"hunter2").expect("long enough");
    let writer = Writer::create(&dir, redactor).expect("a journal");
    let secret = "hunter2\"hunter2";
    let big = format!("{}{secret}", "x".repeat(20_000));
    let inner = json!({ "t": secret }).to_string();
    let result = json!({"a": secret, "b": big, "c": inner, secret: 1, "d": [format!("<{secret}>")]});
    writer.append(EventType::EffectCompleted, "w/run", &data(json!({"result": result}))).expect("appends");
    writer.blobs().put(big.as_bytes()).expect("stored");
    writer.close().expect("closes");
    for (path, bytes) in store.files() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("hunter2"), "{}", path.display());
    }
    let mut shown = Journal::read(&dir).expect("whole").events[0].data["result"].clone();
    dir.blobs().inline(&mut shown).expect("blobs are there");
    assert_eq!(shown["d"], json!(["<[secret TOKEN]>"]));
    assert_eq!(shown["[secret TOKEN]"], json!(1));
}

#[test]
fn a_run_has_one_owner() {
    let (_folder, dir) = on_disk();
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    writer.record(EventType::RunStarted, "", &data(json!({"schema": 1}))).expect("records");
    let Err(refused) = Writer::open(&dir, Redactor::new()) else { panic!("a second owner") };
    assert_eq!(refused.code, codes::E1507);
    assert!(refused.message.contains(&format!("process {}", std::process::id())), "{}", refused.message);
    assert_eq!(wflow::journal::owner(&dir), Ok(Some(Some(std::process::id()))));
    drop(writer);
    assert_eq!(wflow::journal::owner(&dir), Ok(None));
    let (writer, events) = Writer::open(&dir, Redactor::new()).expect("free again");
    assert_eq!((writer.epoch(), events.last().map(|e| e.epoch)), (2, Some(1)));
    writer.record(EventType::RunResumed, "", &Map::new()).expect("records");
    drop(writer);
    let epochs: Vec<u64> = Journal::read(&dir).expect("whole").events.iter().map(|e| e.epoch).collect();
    assert_eq!(epochs, [1, 2]);
}

#[test]
fn a_foreign_writer_is_noticed_before_the_next_write() {
    let (_folder, dir) = on_disk();
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    writer.record(EventType::RunStarted, "", &data(json!({"schema": 1}))).expect("records");
    let path = dir.journal_path();
    let text = std::fs::read_to_string(&path).expect("reads");
    std::fs::write(&path, format!("{text}{text}")).expect("writes");
    let failure = writer.record(EventType::Said, "w/say", &Map::new()).expect_err("refused");
    assert_eq!(failure.code, codes::E1515);
}

#[test]
fn a_value_that_no_reader_takes_back_is_refused() {
    let (_folder, dir) = on_disk();
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let failure =
        writer.append(EventType::StepCompleted, "w/a", &data(json!({"value": deep}))).expect_err("refused");
    assert_eq!(failure.code, codes::E1514);
    writer.record(EventType::StepCompleted, "w/a", &Map::new()).expect("the run can go on");
}

#[test]
fn runs_are_found_by_beginning_and_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let runs = Runs::of_project(Arc::new(DiskStore), folder.path());
    assert_eq!(runs.last().map(|_| ()).expect_err("none yet").code, codes::E1508);
    let first = runs.create().expect("a run");
    let second = runs.create().expect("a run");
    std::fs::create_dir(folder.path().join(".wflow/runs/notes")).expect("a stranger's folder");
    assert_eq!(runs.list().expect("lists").len(), 2);
    assert_eq!(runs.find(first.id().as_str()).expect("found").id(), first.id());
    assert_eq!(runs.find(&second.id().short().to_uppercase()).expect("found").id(), second.id());
    let common: String = first.id().as_str().chars().take(8).collect();
    assert_eq!(runs.find(&common).map(|_| ()).expect_err("both").code, codes::E1509);
    let mut wrong = first.id().as_str().to_owned();
    wrong.replace_range(35.., if wrong.ends_with('0') { "1" } else { "0" });
    let unknown = runs.find(&wrong).map(|_| ()).expect_err("none");
    assert_eq!(unknown.code, codes::E1508);
    assert!(unknown.help[0].contains(first.id().as_str()), "{:?}", unknown.help);
    for odd in ["", "../x", "\u{1f600}\u{1f600}"] {
        assert!(runs.find(odd).is_err(), "{odd}");
    }
}

#[cfg(unix)]
#[test]
fn the_records_are_only_for_their_user() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, dir) = on_disk();
    let _writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(dir.path()), mode(&dir.journal_path())), (0o700, 0o600));
}
