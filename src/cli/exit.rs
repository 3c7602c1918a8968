//! Exit codes: what a program that calls `wflow` may rely on.

use std::process::ExitCode;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Completed = 0,
    Failed = 1,
    Usage = 2,
    CheckErrors = 3,
    Rejected = 4,
    InDoubt = 5,
    Suspended = 75,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
