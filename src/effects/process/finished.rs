//! How a command ended, and the failures that say so.

use super::{Stream, tail};
use crate::diagnostics::codes::run as codes;
use crate::diagnostics::{ErrorKind, Failure};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Exit(i32),
    Signal(i32),
}

impl Status {
    pub fn exit_code(self) -> Option<i32> {
        match self {
            Status::Exit(code) => Some(code),
            Status::Signal(_) => None,
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Status::Exit(code) => write!(f, "exit code {code}"),
            Status::Signal(number) => match signal_name(number) {
                Some(name) => write!(f, "signal {number} ({name})"),
                None => write!(f, "signal {number}"),
            },
        }
    }
}

/// `SIGKILL` for 9; the numbers differ between architectures.
fn signal_name(number: i32) -> Option<&'static str> {
    Some(match number {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGUSR1 => "SIGUSR1",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGUSR2 => "SIGUSR2",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        libc::SIGVTALRM => "SIGVTALRM",
        libc::SIGPROF => "SIGPROF",
        libc::SIGIO => "SIGIO",
        libc::SIGPWR => "SIGPWR",
        libc::SIGSYS => "SIGSYS",
        _ => return None,
    })
}

/// Signals that come from somebody else (a shutdown, the kernel out of memory), not from what the program did wrong:
/// the same command may well succeed a moment later.
fn from_outside(number: i32) -> bool {
    [libc::SIGHUP, libc::SIGINT, libc::SIGTERM, libc::SIGKILL, libc::SIGPWR].contains(&number)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    pub status: Status,
    /// As they came; see [`Finished::text`].
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub duration: Duration,
    pub pid: u32,
    /// Processes that the command had left behind and that could not be ended (another user's, say).
    pub survivors: Vec<u32>,
}

impl Finished {
    /// `Ok` with the exit code if it is one of `exits`; otherwise the failure, with the end of what was printed.
    ///
    /// A failing exit code is `business`, whatever the number: programs do not agree on what theirs mean. A signal
    /// from outside is `transient`, a crash `business`.
    pub fn check(&self, command: &str, exits: &[i64]) -> Result<i32, Failure> {
        match self.status {
            Status::Exit(code) if exits.contains(&i64::from(code)) => Ok(code),
            Status::Exit(code) => {
                let expected = match exits {
                    [0] => String::new(),
                    _ => format!(", not with {}", one_of(exits)),
                };
                let failure = Failure::new(
                    ErrorKind::Business,
                    codes::E1103,
                    format!("`{command}` ended with exit code {code}{expected}"),
                )
                .label("this command failed");
                Err(self.with_output(failure).help(
                    "if this exit code is fine, list it: `exits [0, …]`; if trying again can help: `retry 2`",
                ))
            }
            Status::Signal(number) => {
                let kind = if from_outside(number) { ErrorKind::Transient } else { ErrorKind::Business };
                let mut failure =
                    Failure::new(kind, codes::E1104, format!("`{command}` was ended by {}", self.status))
                        .label("this command was ended from outside or crashed");
                if number == libc::SIGKILL {
                    failure =
                        failure.help("was it out of memory? `dmesg` shows what the kernel killed and why");
                }
                Err(self.with_output(failure))
            }
        }
    }

    fn with_output(&self, failure: Failure) -> Failure {
        with_tails(failure, &self.stdout, &self.stderr)
    }

    /// One stream as text, if it is UTF-8.
    pub fn text(&self, command: &str, stream: Stream) -> Result<&str, Failure> {
        let bytes = match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        };
        std::str::from_utf8(bytes).map_err(|error| {
            let offset = error.valid_up_to();
            let line = bytes[..offset].iter().filter(|b| **b == b'\n').count() + 1;
            Failure::new(
                ErrorKind::Verification,
                codes::E1108,
                format!(
                    "the {} of `{command}` is not UTF-8: byte {offset} (0x{:02x}), in line {line}",
                    stream.name(),
                    bytes[offset]
                ),
            )
            .label("this command printed something that is not text")
            .help("let the command print UTF-8, or write to a file that another command converts (`iconv`)")
        })
    }
}

/// Adds the end of both streams as notes.
pub(super) fn with_tails(mut failure: Failure, stdout: &[u8], stderr: &[u8]) -> Failure {
    for (name, bytes) in [("standard error", stderr), ("standard output", stdout)] {
        if let Some(end) = tail(bytes) {
            failure = failure.note(format!("{name} ended with:\n{end}"));
        }
    }
    failure
}

fn one_of(codes: &[i64]) -> String {
    match codes {
        [] => "any that is allowed (`exits` is empty)".to_owned(),
        [one] => one.to_string(),
        [rest @ .., last] => {
            format!("{} or {last}", rest.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))
        }
    }
}
