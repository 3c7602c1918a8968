//! Moves bytes between us and a command without ever blocking on one stream while another is full: one thread, one
//! `poll`. Keeps what came up to the limit and throws the rest away, so that a command never hangs on a full pipe.

use super::{Control, Stream};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

const CHUNK: usize = 64 * 1024;
/// Longer lines are shown cut.
const LINE: usize = 4096;

pub(super) struct Pump<'a> {
    stdin: Option<OwnedFd>,
    input: &'a [u8],
    written: usize,
    stdout: Incoming,
    stderr: Incoming,
    control: &'a Control<'a>,
    chunk: Vec<u8>,
}

struct Incoming {
    stream: Stream,
    pipe: Option<OwnedFd>,
    kept: Vec<u8>,
    overflowed: bool,
    /// The line that is not complete yet.
    line: Vec<u8>,
}

impl Incoming {
    fn new(stream: Stream, pipe: OwnedFd) -> Incoming {
        Incoming { stream, pipe: Some(pipe), kept: Vec::new(), overflowed: false, line: Vec::new() }
    }

    /// Reads one chunk, if one is there.
    fn read(&mut self, chunk: &mut Vec<u8>, control: &Control) {
        let Some(pipe) = &self.pipe else { return };
        // Most commands print little: memory that nothing was read into is never touched.
        chunk.clear();
        match rustix::io::read(pipe, rustix::buffer::spare_capacity(chunk)) {
            Ok(0) => {
                self.pipe = None;
                self.flush(control);
            }
            Ok(_) => self.take(chunk, control),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => self.pipe = None,
        }
    }

    fn take(&mut self, bytes: &[u8], control: &Control) {
        let room = control.output_limit - self.kept.len();
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.overflowed |= bytes.len() > room;
        if control.on_line.is_none() {
            return;
        }
        for piece in bytes.split_inclusive(|b| matches!(b, b'\n' | b'\r')) {
            let (text, ended) = match piece {
                [text @ .., b'\n' | b'\r'] => (text, true),
                text => (text, false),
            };
            let room = LINE.saturating_sub(self.line.len());
            self.line.extend_from_slice(&text[..text.len().min(room)]);
            if ended {
                self.flush(control);
            }
        }
    }

    fn flush(&mut self, control: &Control) {
        if let (Some(on_line), false) = (control.on_line, self.line.is_empty()) {
            on_line(self.stream, &String::from_utf8_lossy(&self.line));
        }
        self.line.clear();
    }
}

impl<'a> Pump<'a> {
    /// All pipes are non-blocking.
    pub fn new(
        stdin: Option<OwnedFd>,
        input: &'a [u8],
        stdout: OwnedFd,
        stderr: OwnedFd,
        control: &'a Control<'a>,
    ) -> Pump<'a> {
        Pump {
            stdin,
            input,
            written: 0,
            stdout: Incoming::new(Stream::Stdout, stdout),
            stderr: Incoming::new(Stream::Stderr, stderr),
            control,
            chunk: Vec::with_capacity(CHUNK),
        }
    }

    /// Waits until something can be moved, one of `also` is readable, or the time is over; moves what can be moved;
    /// gives which of `also` are readable.
    pub fn step(&mut self, also: &[BorrowedFd<'_>], timeout: Option<Duration>) -> Result<Vec<bool>, Errno> {
        let mut fds: Vec<PollFd<'_>> =
            also.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
        fds.extend(self.stdout.pipe.as_ref().map(|p| PollFd::new(p, PollFlags::IN)));
        fds.extend(self.stderr.pipe.as_ref().map(|p| PollFd::new(p, PollFlags::IN)));
        fds.extend(self.stdin.as_ref().map(|p| PollFd::new(p, PollFlags::OUT)));
        let limit = timeout.map(|t| Timespec {
            tv_sec: i64::try_from(t.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(t.subsec_nanos()),
        });
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        let readable = fds[..also.len()].iter().map(|fd| !fd.revents().is_empty()).collect();
        self.move_now();
        Ok(readable)
    }

    /// Moves what can be moved without waiting. All pipes are non-blocking, so trying costs one system call each.
    fn move_now(&mut self) {
        self.write();
        self.stdout.read(&mut self.chunk, self.control);
        self.stderr.read(&mut self.chunk, self.control);
    }

    fn write(&mut self) {
        while let Some(pipe) = &self.stdin {
            let rest = &self.input[self.written..];
            if rest.is_empty() {
                self.stdin = None;
                return;
            }
            match rustix::io::write(pipe, rest) {
                Ok(count) => self.written += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                // The command closed its input: it wants no more, which is its own business.
                Err(_) => self.stdin = None,
            }
        }
    }

    /// Takes all that is in the pipes now, however much; does not wait for those who still hold them.
    pub fn drain(&mut self) {
        for incoming in [&mut self.stdout, &mut self.stderr] {
            // A pipe holds at most a few MiB; one that somebody keeps filling must not keep us here.
            for _ in 0..1024 {
                let Some(pipe) = &incoming.pipe else { break };
                if !matches!(rustix::io::ioctl_fionread(pipe), Ok(1..)) {
                    // Empty: closed, or held open by somebody. Reading tells.
                    incoming.read(&mut self.chunk, self.control);
                    break;
                }
                incoming.read(&mut self.chunk, self.control);
            }
        }
    }

    /// The stream that went over the limit, if one did.
    pub fn overflowed(&self) -> Option<Stream> {
        [&self.stdout, &self.stderr].into_iter().find(|i| i.overflowed).map(|i| i.stream)
    }

    /// Standard output and standard error, as they came.
    pub fn finish(mut self) -> (Vec<u8>, Vec<u8>) {
        self.stdout.flush(self.control);
        self.stderr.flush(self.control);
        (self.stdout.kept, self.stderr.kept)
    }
}
