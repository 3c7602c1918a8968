//! A program that one talks with line by line, and that ends with all it has started when the talk is over.

use super::spawn::{Child, cannot_start, start};
use super::{Cancel, Control, Spawn, Status, tail};
use crate::diagnostics::Failure;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

const CHUNK: usize = 64 * 1024;
/// How much of its standard error is kept for messages.
const ERRORS: usize = 64 * 1024;

/// Until when something is waited for, and what ends the waiting.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    pub until: Option<Instant>,
    pub cancel: &'a [Cancel],
}

/// What comes from the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Without its end of line.
    Line(Vec<u8>),
    /// It says nothing any more.
    Ended,
}

/// Why nothing was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unheard {
    TimedOut,
    Cancelled,
    /// A line went over the limit.
    TooLong,
    Broken(Errno),
}

pub struct Talk {
    child: Child,
    stdin: Option<OwnedFd>,
    stdout: Option<OwnedFd>,
    stderr: Option<OwnedFd>,
    /// Came in and was not heard yet.
    waiting: Vec<u8>,
    /// So much of it holds no end of line.
    looked_at: usize,
    longest: usize,
    errors: Vec<u8>,
    chunk: Vec<u8>,
    /// Its first process has ended.
    gone: bool,
    ended: bool,
}

impl Talk {
    /// Starts the program; `spawn.stdin` is not looked at. No line may be longer than `longest` bytes.
    pub fn start(spawn: &Spawn, longest: usize) -> Result<Talk, Failure> {
        let mut child = start(spawn, true)?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            // `start` gives all three.
            return Err(cannot_start(spawn, Errno::BADF));
        };
        Ok(Talk {
            child,
            stdin: Some(stdin),
            stdout: Some(stdout),
            stderr: Some(stderr),
            waiting: Vec::new(),
            looked_at: 0,
            longest,
            errors: Vec::new(),
            chunk: Vec::with_capacity(CHUNK),
            gone: false,
            ended: false,
        })
    }

    /// Says a line. What the program says meanwhile is kept, so neither waits for the other.
    pub fn say(&mut self, line: &str, patience: Patience<'_>) -> Result<(), Unheard> {
        let bytes = [line.as_bytes(), b"\n"].concat();
        let mut said = 0;
        while let Some(pipe) = &self.stdin {
            let Some(rest) = bytes.get(said..).filter(|rest| !rest.is_empty()) else { return Ok(()) };
            match rustix::io::write(pipe, rest) {
                Ok(count) => said += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.step(true, patience)?,
                // It listens no more: that is heard as its end.
                Err(_) => self.stdin = None,
            }
        }
        Ok(())
    }

    /// The next line.
    pub fn hear(&mut self, patience: Patience<'_>) -> Result<Heard, Unheard> {
        loop {
            let fresh = self.waiting.get(self.looked_at..).unwrap_or_default();
            if let Some(at) = fresh.iter().position(|b| *b == b'\n') {
                let end = self.looked_at + at;
                let mut line: Vec<u8> = self.waiting.drain(..=end).collect();
                line.pop();
                self.looked_at = 0;
                return if line.len() > self.longest { Err(Unheard::TooLong) } else { Ok(Heard::Line(line)) };
            }
            self.looked_at = self.waiting.len();
            if self.waiting.len() > self.longest {
                return Err(Unheard::TooLong);
            }
            if self.stdout.is_none() {
                self.looked_at = 0;
                let rest = std::mem::take(&mut self.waiting);
                return Ok(if rest.is_empty() { Heard::Ended } else { Heard::Line(rest) });
            }
            self.step(false, patience)?;
        }
    }

    /// The end of what it printed to its standard error.
    pub fn errors(&self) -> Option<String> {
        tail(&self.errors)
    }

    /// Waits until something can be moved, and moves it.
    fn step(&mut self, writing: bool, patience: Patience<'_>) -> Result<(), Unheard> {
        let cancelled = || patience.cancel.iter().any(Cancel::is_cancelled);
        if cancelled() {
            return Err(Unheard::Cancelled);
        }
        let events: Vec<_> = patience.cancel.iter().filter_map(Cancel::event).collect();
        let left = match patience.until {
            Some(until) => match until.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => Some(left),
                _ => return Err(Unheard::TimedOut),
            },
            None => None,
        };
        // A flag without a descriptor has to be looked at.
        let often = Duration::from_millis(50);
        let blind = events.len() < patience.cancel.len();
        let wake = match () {
            // What it said is there already.
            () if self.gone => Some(Duration::ZERO),
            () if blind => Some(left.map_or(often, |l| l.min(often))),
            () => left,
        };
        let limit = wake.map(|t| Timespec {
            tv_sec: i64::try_from(t.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(t.subsec_nanos()),
        });
        let mut fds: Vec<PollFd<'_>> =
            events.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
        if !self.gone {
            fds.push(PollFd::from_borrowed_fd(self.child.handle.as_fd(), PollFlags::IN));
        }
        fds.extend(self.stdout.as_ref().map(|p| PollFd::new(p, PollFlags::IN)));
        fds.extend(self.stderr.as_ref().map(|p| PollFd::new(p, PollFlags::IN)));
        if writing {
            fds.extend(self.stdin.as_ref().map(|p| PollFd::new(p, PollFlags::OUT)));
        }
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(Unheard::Broken(error)),
        }
        let gone = !self.gone && fds.get(events.len()).is_some_and(|fd| !fd.revents().is_empty());
        drop(fds);
        let more = self.read();
        // Somebody else may hold its output open; what it said itself is in the pipe.
        if self.gone && !more {
            self.stdout = None;
        }
        self.gone |= gone;
        if cancelled() { Err(Unheard::Cancelled) } else { Ok(()) }
    }

    /// Reads what is there now, and says whether that was anything; both pipes are non-blocking.
    fn read(&mut self) -> bool {
        let before = self.waiting.len();
        let Talk { stdout, stderr, waiting, errors, chunk, .. } = self;
        for (pipe, into) in [(stdout, waiting), (stderr, &mut *errors)] {
            let Some(open) = pipe.as_ref() else { continue };
            chunk.clear();
            match rustix::io::read(open, rustix::buffer::spare_capacity(chunk)) {
                Ok(0) => *pipe = None,
                Ok(_) => into.extend_from_slice(chunk),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => *pipe = None,
            }
        }
        if errors.len() > 2 * ERRORS {
            errors.drain(..errors.len() - ERRORS);
        }
        self.waiting.len() > before
    }

    /// It was said all there is to say: lets it come to its end, then ends what is left of it.
    pub fn finish(&mut self, patience: Duration) -> Option<Status> {
        self.stdin = None;
        let until = Instant::now() + patience;
        let wait = Patience { until: Some(until), cancel: &[] };
        while self.stdout.is_some() && self.step(false, wait).is_ok() {
            // What it still says is heard by nobody.
            self.waiting.clear();
        }
        self.end(Control::GRACE)
    }

    /// Ends it with all that it has started.
    fn end(&mut self, grace: Duration) -> Option<Status> {
        if std::mem::replace(&mut self.ended, true) {
            return None;
        }
        self.stdin = None;
        // Nobody reads what it prints from here on.
        (self.stdout, self.stderr) = (None, None);
        self.child.family.end(grace, &mut std::thread::sleep);
        let status = self.child.wait().ok();
        if self.child.family.may_have_left() {
            self.child.family.end(grace, &mut std::thread::sleep);
        }
        status
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.end(Control::GRACE);
    }
}
