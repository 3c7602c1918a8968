//! What crashes and tampering leave, and how reading tells them apart.

use super::fake::{FakeStore, Fault, Left};
use super::writer::{data, project};
use serde_json::{Map, json};
use std::sync::Arc;
use wflow::diagnostics::codes::journal as codes;
use wflow::journal::{EventType, Journal, Redactor, RunDir, Writer};

fn small_run(store: &FakeStore) -> RunDir {
    let dir = project(Arc::new(store.clone())).create().expect("a run");
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    writer.append(EventType::RunStarted, "", &data(json!({"schema": 1, "workflow": "w"}))).expect("appends");
    writer.append(EventType::StepStarted, "w/a", &Map::new()).expect("appends");
    writer.record(EventType::StepCompleted, "w/a", &data(json!({"value": "\u{e9}"}))).expect("records");
    writer.record(EventType::RunCompleted, "", &data(json!({"value": null}))).expect("records");
    dir
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_and_the_cut_recorded() {
    let store = FakeStore::default();
    let dir = small_run(&store);
    let whole = store.bytes(&dir.journal_path());
    let first_line = whole.iter().position(|b| *b == b'\n').expect("a line") + 1;
    for length in 0..whole.len() {
        store.put(&dir.journal_path(), whole[..length].to_vec());
        let journal = Journal::read(&dir).expect("a torn tail is no damage");
        let lines = whole[..length].iter().filter(|b| **b == b'\n').count();
        assert_eq!(journal.events.len(), lines, "{length}");
        let at_end_of_line = length == 0 || whole[length - 1] == b'\n';
        assert_eq!(journal.torn_tail.is_none(), at_end_of_line, "{length}");
        match Writer::open(&dir, Redactor::new()) {
            Err(failure) => {
                assert!(length < first_line);
                assert_eq!(failure.code, codes::E1510);
            }
            Ok((writer, _)) => {
                drop(writer);
                let after = Journal::read(&dir).expect("whole again");
                let cut = after.events.len() - lines;
                assert_eq!((cut, after.torn_tail), (usize::from(!at_end_of_line), None), "{length}");
                assert!(cut == 0 || after.events[lines].kind == EventType::JournalCut);
            }
        }
    }
}

#[test]
fn a_hole_in_the_last_write_is_torn_and_one_before_it_is_damage() {
    let store = FakeStore::default();
    let dir = small_run(&store);
    let whole = store.bytes(&dir.journal_path());
    let ends: Vec<usize> = (0..whole.len()).filter(|i| whole[*i] == b'\n').collect();
    // The first write held three events, the second one.
    let mut hole = whole.clone();
    hole[ends[2] + 5..ends[2] + 60].fill(0);
    store.put(&dir.journal_path(), hole);
    let journal = Journal::read(&dir).expect("torn");
    assert_eq!((journal.events.len(), journal.torn_tail.expect("torn").line), (3, 4));
    let mut hole = whole.clone();
    hole[ends[0] + 5..ends[1] + 9].fill(0);
    store.put(&dir.journal_path(), hole.clone());
    assert_eq!(Journal::read(&dir).expect_err("damage").code, codes::E1506);
    store.put(&dir.journal_path(), hole[..=ends[2]].to_vec());
    assert_eq!(Journal::read(&dir).expect("all within the first write").events.len(), 1);
}

#[test]
fn a_line_removed_repeated_or_moved_is_named() {
    let store = FakeStore::default();
    let dir = small_run(&store);
    let whole = String::from_utf8(store.bytes(&dir.journal_path())).expect("text");
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    for (changed, line) in [
        ([lines[0], lines[2], lines[3]].concat(), 2),
        ([lines[0], lines[1], lines[1], lines[2]].concat(), 3),
        ([lines[0], lines[2], lines[1], lines[3]].concat(), 2),
        ([lines[1], lines[2], lines[3]].concat(), 1),
        ([lines[0], "\n", lines[1]].concat(), 2),
        ([lines[0], &lines[1].replace("w/a", "w/b"), lines[2]].concat(), 3),
    ] {
        store.put(&dir.journal_path(), changed.into_bytes());
        let failure = Journal::read(&dir).expect_err("damage");
        assert_eq!(failure.code, codes::E1506);
        assert!(failure.message.contains(&format!("line {line}:")), "{}", failure.message);
    }
}

#[test]
fn a_journal_of_a_newer_version_is_left_alone() {
    let store = FakeStore::default();
    let dir = project(Arc::new(store)).create().expect("a run");
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    writer.record(EventType::RunStarted, "", &data(json!({"schema": 99}))).expect("records");
    assert_eq!(Journal::read(&dir).expect_err("newer").code, codes::E1511);
}

#[test]
fn whatever_a_crash_keeps_is_continued_from_the_last_durable_event() {
    // A crash at each write and sync, with some of what was not synced kept.
    for call in 1.. {
        for keep in [0, 1, 100, usize::MAX] {
            let store = FakeStore::failing_at(call, Fault::Crash);
            let runs = project(Arc::new(store.clone()));
            let mut durable = 0;
            let mut made = None;
            let crashed = (|| {
                let dir = &*made.insert(runs.create()?);
                let writer = Writer::create(dir, Redactor::new())?;
                for (kind, path) in [
                    (EventType::RunStarted, ""),
                    (EventType::StepStarted, "w/a"),
                    (EventType::Said, "w/a/say"),
                ] {
                    writer.append(kind, path, &data(json!({"schema": 1})))?;
                    durable = writer.append(EventType::ValueRecorded, "w/now", &Map::new())?;
                    let committed = writer.commit(durable);
                    durable = writer.durable();
                    committed?;
                }
                Ok::<(), wflow::diagnostics::Failure>(())
            })();
            if crashed.is_ok() {
                return;
            }
            let Some(dir) = made else { continue };
            let after = store.restarted(Left::First(keep));
            let dir = project(Arc::new(after)).open(dir.id());
            match Writer::open(&dir, Redactor::new()) {
                Ok((writer, events)) => {
                    assert!(events.len() as u64 >= durable, "call {call}, keep {keep}");
                    writer.record(EventType::RunResumed, "", &Map::new()).expect("goes on");
                    drop(writer);
                    Journal::read(&dir).expect("whole");
                }
                Err(failure) => assert_eq!((failure.code, durable), (codes::E1510, 0)),
            }
        }
    }
}
