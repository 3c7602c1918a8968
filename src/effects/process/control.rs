//! What limits a running command from outside: time, amount of output, and somebody who changes their mind.

use rustix::event::{EventfdFlags, eventfd};
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    pub fn name(self) -> &'static str {
        match self {
            Stream::Stdout => "standard output",
            Stream::Stderr => "standard error",
        }
    }
}

/// A flag that many may hold and anyone may raise; it stays up. Raising it is one store and one `write`, so a signal
/// handler may do it.
#[derive(Clone)]
pub struct Cancel(Arc<Flag>);

struct Flag {
    raised: AtomicBool,
    /// Becomes readable with the flag. Without one (out of descriptors) waiting falls back to looking now and then.
    event: Option<OwnedFd>,
}

impl Cancel {
    pub fn new() -> Cancel {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).ok();
        Cancel(Arc::new(Flag { raised: AtomicBool::new(false), event }))
    }

    pub fn cancel(&self) {
        self.0.raised.store(true, Ordering::Release);
        if let Some(event) = &self.0.event {
            // A full counter means that it is readable already.
            let _ = rustix::io::write(event, &1u64.to_ne_bytes());
        }
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.raised.load(Ordering::Acquire)
    }

    /// Readable as soon as the flag is up; for polling. Never read from it.
    pub fn event(&self) -> Option<BorrowedFd<'_>> {
        self.0.event.as_ref().map(AsFd::as_fd)
    }
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cancel").field(&self.is_cancelled()).finish()
    }
}

/// Nobody is given time to end by themselves any more.
static HURRY: AtomicBool = AtomicBool::new(false);

/// From now on whatever is being ended, or will be, is ended at once.
pub fn hurry() {
    HURRY.store(true, Ordering::Release);
}

pub(super) fn in_a_hurry() -> bool {
    HURRY.load(Ordering::Acquire)
}

/// Gets each line of output as soon as it is complete, without its end, at most 4 KiB of it, not made printable.
pub type OnLine<'a> = &'a (dyn Fn(Stream, &str) + Sync);

/// The limits of one run of a command.
#[derive(Clone)]
pub struct Control<'a> {
    pub timeout: Option<Duration>,
    /// Between TERM and KILL.
    pub grace: Duration,
    /// Bytes of each stream.
    pub output_limit: usize,
    /// Any of them ends the command.
    pub cancel: Vec<Cancel>,
    pub on_line: Option<OnLine<'a>>,
}

impl Control<'_> {
    pub const OUTPUT_LIMIT: usize = 16 * 1024 * 1024;
    pub const GRACE: Duration = Duration::from_secs(2);

    pub fn is_cancelled(&self) -> bool {
        self.cancel.iter().any(Cancel::is_cancelled)
    }
}

impl Default for Control<'_> {
    fn default() -> Self {
        Control {
            timeout: None,
            grace: Self::GRACE,
            output_limit: Self::OUTPUT_LIMIT,
            cancel: Vec::new(),
            on_line: None,
        }
    }
}
