//! Subprocesses, without a shell anywhere.
//!
//! - [`Search::resolve`] turns a program's name into one checked file ([`Program`]).
//! - [`Environment`] is the small clean environment it gets.
//! - [`run`] starts it in a session of its own, reads both streams, and ends with [`Finished`] or a `Failure`. When it
//!   returns, nothing that the command started is running any more: neither background jobs nor daemons.
//!
//! Whether a command may run at all is not decided here. Linux only: the guarantees rest on pidfds, child subreapers
//! and `/proc`.

mod control;
mod describe;
mod environment;
mod family;
mod finished;
mod proc;
mod pump;
mod resolve;
mod run;
mod spawn;
mod talk;

#[cfg(test)]
mod tests;

pub use control::{Cancel, Control, OnLine, Stream, hurry};
pub use describe::{command_line, printable, tail};
pub use environment::{Environment, EnvironmentRules, refused_name};
pub use family::{end_orphans, orphans};
pub use finished::{Finished, Status};
pub use resolve::{Program, STANDARD_PATH, Search};
pub use run::run;
pub use spawn::{Folder, Spawn};
pub use talk::{Heard, Patience, Talk, Unheard};
