//! Whole runs on a machine that fails: the real interpreter and the real engine, with the journal on a disk that
//! crashes, fills up, breaks and lies, and with people, commands and answers that keep a record of their own, which the
//! journal is held against. `SEED=n` repeats what a failure printed.

#[path = "../support/chance.rs"]
mod chance;
mod clock;
mod damage;
#[path = "../support/fake_store.rs"]
mod fake;
mod faults;
mod outside;
mod points;
mod story;
