//! Clocks that are set forward and back by a year, between and during processes.

use super::chance::{Chance, seed};
use super::fake::{FakeStore, Fault, Left};
use super::story::{Life, Process, Story, report};
use std::time::Duration;
use wflow::journal::{EventType, Journal, Store, Verdict, verify_ledger};

const HOUR: i64 = 60 * 60 * 1000;
const YEAR: i64 = 365 * 24 * HOUR;
const NOW: i64 = 50 * YEAR;

#[test]
fn a_clock_that_jumps_changes_no_run() {
    let seed = seed("clock");
    let mut wrong = Vec::new();
    for story in Story::all_three() {
        for turn in 0..40 {
            let mut chance = Chance(seed ^ turn);
            let store = FakeStore::failing_at(1 + chance.below(150), Fault::Crash);
            store.set_clock(if chance.coin() { NOW } else { 1 });
            let mut life = Life::new(&story, store, chance.next(), format!("SEED={seed}, turn {turn}"));
            life.jumps = true;
            let mut end = life.start();
            if life.store.has_failed() {
                life.restart(Left::All(chance.next()));
                end = life.resume();
            }
            wrong.extend(life.live_on(end).err());
        }
    }
    report(wrong);
}

fn waiting() -> Life {
    let story = Story::new("waits", EventType::RunCompleted);
    let store = FakeStore::default();
    store.set_clock(NOW);
    let mut life = Life::new(&story, store, 1, "waits");
    life.absent = true;
    life
}

#[track_caller]
fn open(end: &Process) {
    assert!(matches!(end, Process::Open(_)), "it waits at its gate");
}

#[test]
fn a_wait_lasts_no_longer_than_it_says_after_the_clock_was_set_back() {
    // It dies as soon as the wait is on record.
    let recorded = |life: &Life| {
        let journal =
            life.run().map(|dir| life.store.confirmed_bytes(&dir.journal_path())).unwrap_or_default();
        String::from_utf8_lossy(&journal).contains("wait#1")
    };
    let lives = (1..).map(|at| {
        let mut life = waiting();
        life.store.fail_at(at, Fault::Crash);
        drop(life.start());
        life
    });
    let mut life = lives.take(200).find(recorded).expect("it comes so far");
    life.restart(Left::Synced);
    life.store.set_clock(NOW - YEAR);
    let began = life.store.elapsed();
    open(&life.resume());
    let waited = life.store.elapsed() - began;
    assert!(waited <= Duration::from_millis(2 * HOUR as u64 + 1000), "{waited:?}");
    // And one that was set forward does not make it wait again.
    life.restart(Left::All(1));
    life.store.set_clock(NOW + YEAR);
    let began = life.store.elapsed();
    drop(life.resume());
    assert!(life.store.elapsed() - began < Duration::from_secs(1));
}

#[test]
fn a_gate_expires_by_the_clock_and_never_stays_open_longer_than_it_may() {
    for (by, end) in
        [(YEAR, EventType::RunRejected), (-YEAR, EventType::RunCompleted), (0, EventType::RunCompleted)]
    {
        let mut life = waiting();
        open(&life.start());
        life.store.set_clock(life.store.clock() + by);
        life.absent = false;
        drop(life.resume());
        let events = Journal::read(&life.run().expect("a run")).expect("whole").events;
        assert_eq!(events.last().map(|e| e.kind), Some(end), "by {by}");
        let wrong = &life.facts.lock().expect("nobody else has it").wrong;
        assert!(wrong.is_empty(), "by {by}: {wrong:?}");
    }
}

#[test]
fn runs_sort_by_when_they_began_although_the_clock_was_set_back() {
    let story = Story::new("rejected", EventType::RunRejected);
    let store = FakeStore::default();
    let mut begun = Vec::new();
    for clock in [NOW, NOW - YEAR, NOW + YEAR, 0, NOW, -YEAR] {
        store.set_clock(clock);
        let mut life = Life::new(&story, store.clone(), 1, "order");
        drop(life.start());
        let last = story.runs(&store).last().expect("a run").id().clone();
        assert!(!begun.contains(&last), "the newest run is the last of the list");
        begun.push(last);
    }
    assert_eq!(story.runs(&store).list().expect("a list"), begun);
    assert_eq!(verify_ledger(&story.runs(&store)).expect("readable").verdict, Verdict::Ok);
}
