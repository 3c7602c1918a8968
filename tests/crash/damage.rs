//! Bytes that change, or are missing, under a run.

use super::chance::{Chance, seed};
use super::fake::{FakeStore, Fault, Left};
use super::story::{Life, Process, Story};
use wflow::journal::{EventType, Journal, Verdict, verify_run};

/// A run that died when it had come far.
fn halfway(seed: u64) -> Life {
    let story = Story::new("all", EventType::RunCompleted);
    let mut life = Life::new(&story, FakeStore::failing_at(120, Fault::Crash), seed, "halfway");
    drop(life.start());
    life.restart(Left::Synced);
    life
}

#[test]
fn no_flipped_or_missing_byte_of_a_finished_run_is_ok() {
    let mut chance = Chance(seed("finished"));
    let (mut flips, mut cuts) = (0, 0);
    for story in Story::all_three() {
        let mut life = Life::new(&story, FakeStore::default(), 1, "finished");
        drop(life.start());
        let (runs, dir) = (story.runs(&life.store), life.run().expect("a run"));
        let whole = life.store.bytes(&dir.journal_path());
        // The longest record would take its minutes: each time other bytes of it.
        let every = if whole.len() < 15_000 || std::env::var_os("ALL_BYTES").is_some() { 1 } else { 8 };
        for at in (0..whole.len()).filter(|_| chance.below(every) == 0).collect::<Vec<_>>() {
            let mut changed = whole.clone();
            changed[at] ^= 1 << chance.below(8);
            life.store.put(&dir.journal_path(), changed);
            let flipped = verify_run(&runs, &dir).map(|r| r.verdict);
            assert_ne!(flipped, Ok(Verdict::Ok), "byte {at}");
            flips += 1;
            // Each cut once in a while: most of them look alike.
            if chance.below(4) == 0 || whole[at] == b'\n' {
                life.store.put(&dir.journal_path(), whole[..at].to_vec());
                assert_ne!(verify_run(&runs, &dir).map(|r| r.verdict), Ok(Verdict::Ok), "cut at {at}");
                cuts += 1;
            }
        }
        life.store.put(&dir.journal_path(), whole);
        assert_eq!(verify_run(&runs, &dir).map(|r| r.verdict), Ok(Verdict::Ok));
    }
    println!("{flips} flips, {cuts} cuts");
}

#[test]
fn a_run_under_way_is_read_as_it_was_up_to_the_damage_or_not_at_all() {
    let mut chance = Chance(seed("reading"));
    let life = halfway(1);
    let dir = life.run().expect("a run");
    let whole = life.store.bytes(&dir.journal_path());
    let right = Journal::read(&dir).expect("whole").events;
    let last_line = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n').expect("lines") + 1;
    let (mut refused, mut shortened) = (0, 0);
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << chance.below(8);
        life.store.put(&dir.journal_path(), changed);
        match Journal::read(&dir) {
            Err(_) => refused += 1,
            // No line follows the last one that would tell its digest.
            Ok(_) if at >= last_line => {}
            Ok(read) => {
                assert!(right.starts_with(&read.events) && read.torn_tail.is_some(), "byte {at}");
                shortened += 1;
            }
        }
        if chance.below(8) > 0 && whole[at] != b'\n' {
            continue;
        }
        life.store.put(&dir.journal_path(), whole[..at].to_vec());
        let read = Journal::read(&dir).expect("a beginning");
        assert!(right.starts_with(&read.events), "cut at {at}");
    }
    println!("{} flips: {refused} refused, {shortened} read as torn", whole.len());
}

#[test]
fn a_damaged_run_is_refused_or_goes_on_from_before_the_damage() {
    let seed = seed("resuming");
    let (mut refused, mut ended) = (0, 0);
    for turn in 0..120 {
        let mut chance = Chance(seed ^ turn);
        let mut life = halfway(turn);
        life.what = format!("SEED={seed}, turn {turn}");
        let files: Vec<_> = life
            .store
            .files()
            .into_iter()
            .filter(|(path, bytes)| {
                !bytes.is_empty()
                    && !path.ends_with("owner")
                    && path.starts_with(life.run().expect("a run").path())
            })
            .collect();
        let (path, whole) = &files[chance.below(files.len() as u64) as usize];
        let is_journal = path.ends_with("journal.jsonl");
        let last_line = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        // The last line of a journal has none after it that would tell its digest.
        let room = if is_journal { last_line } else { whole.len() };
        let at = chance.below(room as u64) as usize;
        let mut changed = whole.clone();
        if is_journal && chance.below(3) == 0 {
            changed.truncate(at);
        } else {
            changed[at] ^= 1 << chance.below(8);
        }
        life.store.put(path, changed.clone());
        life.forget_acknowledged();
        let before = life.facts.lock().expect("nobody else has it").acts;
        match life.resume() {
            // Refused: nothing was done, and with the right file it goes on.
            Process::Open(why) if why.contains("E15") && !why.contains("E1518") => {
                assert_eq!(
                    life.facts.lock().expect("nobody else has it").acts,
                    before,
                    "{}: {why}",
                    life.what
                );
                let now = life.store.bytes(path);
                assert!(now.starts_with(&changed), "{}: a damaged file was changed", life.what);
                life.store.put(path, whole.clone());
                let end = life.resume();
                if let Err(wrong) = life.live_on(end) {
                    panic!("{wrong}");
                }
                refused += 1;
            }
            Process::Nothing => refused += 1,
            // A torn end was cut: what it held is in doubt or is done again by whoever says so; the record is whole.
            _ => {
                let wrong = &life.facts.lock().expect("nobody else has it").wrong;
                assert!(wrong.is_empty(), "{}: {wrong:?}", life.what);
                ended += 1;
            }
        }
    }
    println!("{refused} refused, {ended} went on");
    assert!(refused > 20);
}
