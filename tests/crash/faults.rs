//! A disk that is full, broken, takes half, or does not confirm, at every change of it.

use super::chance::{Chance, seed};
use super::fake::{FakeStore, Fault, Left};
use super::story::{Life, Story, report};

#[test]
fn a_disk_that_fails_stops_the_run_and_a_resume_goes_on() {
    let seed = seed("faults");
    let mut wrong = Vec::new();
    let mut met = 0;
    for story in Story::all_three() {
        for (kind, fault) in (0..).zip([Fault::Full, Fault::Broken, Fault::Short, Fault::SyncFails]) {
            for call in 1.. {
                let mut chance = Chance(seed ^ (call * 4 + kind));
                let store = FakeStore::failing_at(call, fault);
                let what = format!("SEED={seed}, {fault:?} at change {call}");
                let mut life = Life::new(&story, store, chance.next(), what);
                drop(life.start());
                if !life.store.has_failed() {
                    break;
                }
                met += 1;
                // After a failed sync the kernel may have dropped what was not on disk.
                let left = if chance.coin() { Left::All(chance.next()) } else { Left::Part(chance.next()) };
                life.restart(left);
                let end = life.resume();
                wrong.extend(life.live_on(end).err());
            }
        }
    }
    println!("{met} faults");
    report(wrong);
    assert!(met > 500);
}
