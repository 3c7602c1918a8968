//! A crash at every change of the disk, and within every effect, of runs that use everything.

use super::chance::{Chance, seed};
use super::fake::{FakeStore, Fault, Left};
use super::story::{Life, Process, Story, report};

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
                let store = FakeStore::failing_at(call, Fault::Crash);
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
