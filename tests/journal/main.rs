//! The journal as its users see it: what is on disk after writing, crashing, tampering, and what is read back.

mod chain;
#[path = "../support/chance.rs"]
mod chance;
mod checkpoint;
#[path = "../support/fake_store.rs"]
mod fake;
mod note;
mod verify;
mod writer;
