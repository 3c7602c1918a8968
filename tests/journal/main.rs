//! The journal as its users see it: what is on disk after writing, crashing, tampering, and what is read back.

mod chain;
mod checkpoint;
mod fake;
mod note;
mod verify;
mod writer;
