//! The controlling terminal, opened by its own name, never standard input: what is piped into the process cannot
//! answer anything here.
//!
//! One conversation at a time: whoever opens a [`Terminal`] has it alone until it is dropped; others wait. While it is
//! open the terminal neither echoes nor turns keys into signals, so ^C arrives here as [`Ended::Interrupted`]. Its
//! ordinary mode comes back on drop (hence also when a thread panics), and when a signal or `exit` ends the process.

mod compose;
mod editor;
mod hush;
mod keys;

pub use hush::Hush;

use super::signals;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{self, LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios};
use std::io;
use std::os::fd::OwnedFd;
use std::process::{Command, ExitStatus};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How long a read goes without looking whether it should end.
const GLANCE: Duration = Duration::from_millis(100);

/// Why no input came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// ^C.
    Interrupted,
    /// ^D on an empty line.
    End,
    /// The deadline passed.
    Expired,
    /// Somebody else ended the wait.
    Stopped,
    /// The terminal was closed.
    Gone,
}

/// Until when to wait for input.
#[derive(Clone, Copy, Default)]
pub struct Wait<'a> {
    pub until: Option<SystemTime>,
    /// Looked at ten times a second.
    pub stop: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl Wait<'_> {
    pub fn over(&self) -> Option<Ended> {
        if self.stop.is_some_and(|stop| stop()) {
            return Some(Ended::Stopped);
        }
        (self.remaining() == Some(Duration::ZERO)).then_some(Ended::Expired)
    }

    /// Time left before the deadline.
    pub fn remaining(&self) -> Option<Duration> {
        self.until.map(|t| t.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub columns: usize,
    pub rows: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    Shown,
    Hidden,
}

/// Whether there is a controlling terminal.
pub fn exists() -> bool {
    open_tty().is_some()
}

fn open_tty() -> Option<OwnedFd> {
    let fd =
        rustix::fs::open("/dev/tty", OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    termios::isatty(&fd).then_some(fd)
}

static HELD: Mutex<bool> = Mutex::new(false);
static RELEASED: Condvar = Condvar::new();

/// The right to speak with the person.
struct Floor;

impl Floor {
    fn take(wait: &Wait<'_>) -> Result<Floor, Ended> {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        while *held {
            if let Some(ended) = wait.over() {
                return Err(ended);
            }
            held = RELEASED.wait_timeout(held, GLANCE).unwrap_or_else(PoisonError::into_inner).0;
        }
        *held = true;
        Ok(Floor)
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        *HELD.lock().unwrap_or_else(PoisonError::into_inner) = false;
        RELEASED.notify_all();
    }
}

/// A conversation with the person at the controlling terminal.
pub struct Terminal {
    tty: OwnedFd,
    before: Termios,
    /// Bytes that were read and not used yet.
    pending: std::collections::VecDeque<u8>,
    // Dropped last, after the mode is restored.
    _floor: Floor,
}

impl Terminal {
    /// Waits until nobody else speaks. `Gone` where there is no controlling terminal.
    pub fn open(wait: &Wait<'_>) -> Result<Terminal, Ended> {
        let tty = open_tty().ok_or(Ended::Gone)?;
        let floor = Floor::take(wait)?;
        let before = termios::tcgetattr(&tty).map_err(|_| Ended::Gone)?;
        let mut terminal = Terminal { tty, before, pending: Default::default(), _floor: floor };
        terminal.raw()?;
        Ok(terminal)
    }

    fn raw(&mut self) -> Result<(), Ended> {
        let mut mode = self.before.clone();
        mode.local_modes -= LocalModes::ICANON
            | LocalModes::ECHO
            | LocalModes::ECHONL
            | LocalModes::ISIG
            | LocalModes::IEXTEN;
        mode.special_codes[SpecialCodeIndex::VMIN] = 1;
        mode.special_codes[SpecialCodeIndex::VTIME] = 0;
        signals::arm(open_tty);
        termios::tcsetattr(&self.tty, OptionalActions::Now, &mode).map_err(|_| Ended::Gone)
    }

    fn cooked(&mut self) {
        // A terminal that is gone needs no mode.
        let _ = termios::tcsetattr(&self.tty, OptionalActions::Now, &self.before);
        signals::disarm();
    }

    pub fn size(&self) -> Size {
        match termios::tcgetwinsize(&self.tty) {
            Ok(s) if s.ws_col > 0 && s.ws_row > 0 => Size { columns: s.ws_col.into(), rows: s.ws_row.into() },
            _ => Size { columns: 80, rows: 24 },
        }
    }

    /// Writes text as it is: whoever calls has escaped what came from outside.
    pub fn print(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            match rustix::io::write(&self.tty, rest) {
                Ok(n) => rest = &rest[n..],
                Err(Errno::INTR | Errno::AGAIN) => {}
                // The next read finds that the terminal is gone.
                Err(_) => return,
            }
        }
    }

    pub fn println(&mut self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// Forgets what was typed so far: a line typed before a question was shown does not answer it.
    pub fn drain(&mut self) {
        self.pending.clear();
        let _ = termios::tcflush(&self.tty, QueueSelector::IFlush);
    }

    /// A line without its end. See [`Echo`]; a longer prompt belongs printed before.
    pub fn line(&mut self, prompt: &str, echo: Echo, wait: &Wait<'_>) -> Result<String, Ended> {
        editor::line(self, prompt, echo, wait)
    }

    /// A text of one line or several, with a cursor, and earlier ones to choose from. Enter ends it; behind a `\`, or with
    /// Alt, it begins a new line, as it does in what is pasted.
    pub fn compose(&mut self, prompt: &str, earlier: &[String], wait: &Wait<'_>) -> Result<String, Ended> {
        compose::text(self, prompt, earlier, wait)
    }

    /// Until the next question nothing is read: what is typed is not shown, and ^C is a signal again.
    pub fn rest(&mut self) {
        let mut mode = self.before.clone();
        mode.local_modes -= LocalModes::ECHO | LocalModes::ECHONL;
        // A terminal that is gone is noticed by the next read.
        let _ = termios::tcsetattr(&self.tty, OptionalActions::Now, &mode);
    }

    /// Reads keys again.
    pub fn wake(&mut self) -> Result<(), Ended> {
        self.raw()
    }

    /// The next key as a character; keys that are sequences (arrows …) are skipped.
    pub fn key(&mut self, wait: &Wait<'_>) -> Result<char, Ended> {
        loop {
            match editor::next(self, wait)? {
                '\u{3}' => return Err(Ended::Interrupted),
                '\u{4}' => return Err(Ended::End),
                '\u{1a}' => self.stop_process(),
                '\r' => return Ok('\n'),
                c => return Ok(c),
            }
        }
    }

    /// Gives the terminal, in its ordinary mode, to another program until it ends. ^C and ^\ are that program's then.
    pub fn run(&mut self, mut command: Command) -> Result<io::Result<ExitStatus>, Ended> {
        self.cooked();
        let result = self.tty.try_clone().and_then(|input| {
            let (output, errors) = (self.tty.try_clone()?, self.tty.try_clone()?);
            command.stdin(input).stdout(output).stderr(errors);
            signals::without_keys(command)
        });
        self.raw()?;
        self.drain();
        Ok(result)
    }

    /// ^Z: stops as any program does, and goes on where it was.
    fn stop_process(&mut self) {
        self.cooked();
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
        // A terminal that is gone by now is noticed by the next read.
        let _ = self.raw();
    }

    /// One byte, or why there is none.
    fn byte(&mut self, wait: &Wait<'_>) -> Result<u8, Ended> {
        while self.pending.is_empty() {
            if let Some(ended) = wait.over() {
                return Err(ended);
            }
            let slice = wait.remaining().map_or(GLANCE, |r| r.min(GLANCE));
            self.fill(slice)?;
        }
        Ok(self.pending.pop_front().unwrap_or_default())
    }

    /// Whether more input is there already or comes within `time`.
    fn more(&mut self, time: Duration) -> Result<bool, Ended> {
        if self.pending.is_empty() {
            self.fill(time)?;
        }
        Ok(!self.pending.is_empty())
    }

    fn fill(&mut self, time: Duration) -> Result<(), Ended> {
        let mut fds = [PollFd::new(&self.tty, PollFlags::IN)];
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(time.subsec_nanos()) };
        match poll(&mut fds, Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => return Ok(()),
            Ok(_) => {}
            Err(_) => return Err(Ended::Gone),
        }
        let mut buffer = [0; 4096];
        match rustix::io::read(&self.tty, &mut buffer) {
            Ok(0) => Err(Ended::Gone),
            Ok(n) => {
                self.pending.extend(&buffer[..n]);
                Ok(())
            }
            Err(Errno::INTR | Errno::AGAIN) => Ok(()),
            Err(_) => Err(Ended::Gone),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.cooked();
    }
}
