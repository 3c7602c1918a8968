//! A crash at every change of the disk, and within every effect, of runs that use everything.

use super::chance::{Chance, seed};
use super::fake::{FakeStore, Fault, Left};
use super::story::{Life, Process, Story, report};
use std::time::Duration;
use wflow::journal::EventType;

fn left(which: u64, chance: &mut Chance) -> Left {
    match which % 3 {
        0 => Left::All(chance.next()),
        1 => Left::Synced,
        _ => Left::Part(chance.next()),
    }
}

#[test]
fn without_faults_each_run_comes_to_its_end_in_one_process() {
    for story in Story::all_three() {
        let mut life = Life::new(&story, FakeStore::default(), 1, "no fault");
        let end = life.start();
        if let Process::Open(why) = &end {
            panic!("{why}");
        }
        report(life.live_on(end).err().into_iter().collect());
        assert_eq!(life.processes, 1);
    }
}

#[test]
fn a_crash_at_every_change_loses_nothing_and_does_nothing_twice() {
    let seed = seed("points");
    let mut wrong = Vec::new();
    let (mut points, mut processes, mut doubts) = (0, 0, 0);
    for story in Story::all_three() {
        for which in 0..3 {
            for call in 1.. {
                let mut chance = Chance(seed ^ (call * 3 + which));
                let mut store = FakeStore::failing_at(call, Fault::Crash);
                // Now and then with the thread that makes durable what nobody waits for.
                store.linger = (call % 5 == 0).then_some(Duration::from_millis(2));
                let what = format!("SEED={seed}, crash at change {call}, kind {which}");
                let mut life = Life::new(&story, store, chance.next(), what);
                drop(life.start());
                if !life.store.has_failed() {
                    break;
                }
                points += 1;
                life.restart(left(which, &mut chance));
                // Sometimes it crashes again, and again, while it recovers.
                while chance.below(3) == 0 {
                    life.store.fail_at(1 + chance.below(60), Fault::Crash);
                    drop(life.resume());
                    points += u64::from(life.store.has_failed());
                    life.restart(left(chance.next(), &mut chance));
                }
                let end = life.resume();
                wrong.extend(life.live_on(end).err());
                processes += life.processes;
                doubts += life.facts.lock().expect("nobody else has it").doubts;
            }
        }
    }
    println!("{points} crashes, {processes} processes, {doubts} doubts settled by a person");
    report(wrong);
    assert!(points > 500 && doubts > 50);
}

#[test]
fn a_gate_that_is_decided_otherwise_after_a_crash_does_nothing_and_can_be_decided_again() {
    let story = Story::new("all", EventType::RunCompleted);
    let done = |life: &Life| {
        let happened = &life.facts.lock().expect("nobody else has it").happened;
        happened.len() > 3 && life.acknowledges("level3")
    };
    let lives = (100..).map(|call| {
        let mut life = Life::new(&story, FakeStore::failing_at(call, Fault::Crash), 1, "decided otherwise");
        drop(life.start());
        life
    });
    let mut life = lives.take(300).find(done).expect("it comes so far");
    life.restart(Left::All(1));
    let acts = |life: &Life| life.facts.lock().expect("nobody else has it").happened.values().sum::<u32>();
    let before = acts(&life);
    life.level = 4;
    for _ in 0..2 {
        match life.resume() {
            Process::Open(why) => assert!(why.contains("E1517") && why.contains("decide as it was"), "{why}"),
            _ => panic!("what was done does not belong to what was decided now"),
        }
    }
    assert_eq!(acts(&life), before, "nothing was done or taken back");
    life.level = 3;
    let end = life.resume();
    report(life.live_on(end).err().into_iter().collect());
}

#[test]
fn a_run_that_is_given_up_after_a_crash_is_taken_back_whole() {
    let seed = seed("given up");
    let mut wrong = Vec::new();
    let story = Story::new("all", EventType::RunCompleted);
    for turn in 0..60 {
        let mut chance = Chance(seed ^ turn);
        let store = FakeStore::failing_at(10 + chance.below(170), Fault::Crash);
        let mut life = Life::new(&story, store, chance.next(), format!("SEED={seed}, turn {turn}"));
        drop(life.start());
        if !life.store.has_failed() {
            continue;
        }
        life.restart(left(chance.next(), &mut chance));
        if life.has_ended() {
            continue;
        }
        life.given_up = true;
        // Giving up may crash, too.
        if chance.coin() {
            life.store.fail_at(1 + chance.below(40), Fault::Crash);
            drop(life.resume());
            life.restart(left(chance.next(), &mut chance));
        }
        let end = life.resume();
        wrong.extend(life.live_on(end).err());
    }
    report(wrong);
}
