//! The way to the processes of commands. [`Processes`] is the real one; a test that must know of every start, or make
//! one fail, gives another.

use crate::diagnostics::Failure;
use crate::effects::process::{self, Control, Finished, Spawn};

pub trait Commands: Send + Sync {
    /// Runs a command to its end. `path` is where in the run it stands.
    fn run(&self, path: &str, spawn: &Spawn, control: &Control<'_>) -> Result<Finished, Failure>;
    /// Ends what an engine that died has left running for this run; gives what could not be ended.
    fn end_orphans(&self, run: &str) -> Vec<u32>;
}

/// Real processes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Processes;

impl Commands for Processes {
    fn run(&self, _path: &str, spawn: &Spawn, control: &Control<'_>) -> Result<Finished, Failure> {
        process::run(spawn, control)
    }

    fn end_orphans(&self, run: &str) -> Vec<u32> {
        process::end_orphans(run, Control::GRACE)
    }
}
