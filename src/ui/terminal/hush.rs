//! A terminal that does not show what is typed, though it still turns keys into signals.

use super::{open_tty, signals};
use rustix::process::getpgrp;
use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use std::os::fd::OwnedFd;

/// Until it is dropped, or the process ends, what is typed is kept but not shown.
pub struct Hush {
    tty: OwnedFd,
    before: Termios,
}

impl Hush {
    /// `None` where there is no terminal, where it shows nothing anyway, and for a process in the background, which
    /// would be stopped if it changed the terminal's mode.
    pub fn try_new() -> Option<Hush> {
        let tty = open_tty()?;
        let before = termios::tcgetattr(&tty).ok()?;
        if !is_foreground(&tty) || !before.local_modes.contains(LocalModes::ECHO) {
            return None;
        }
        let mut mode = before.clone();
        mode.local_modes -= LocalModes::ECHO | LocalModes::ECHONL;
        signals::arm(open_tty);
        let hush = Hush { tty, before };
        termios::tcsetattr(&hush.tty, OptionalActions::Now, &mode).ok()?;
        Some(hush)
    }
}

impl Drop for Hush {
    fn drop(&mut self) {
        // In the background the terminal is another's, who has set it as they need it.
        if is_foreground(&self.tty) {
            // A terminal that is gone needs no mode.
            let _ = termios::tcsetattr(&self.tty, OptionalActions::Now, &self.before);
        }
        signals::disarm();
    }
}

fn is_foreground(tty: &OwnedFd) -> bool {
    termios::tcgetpgrp(tty).is_ok_and(|group| group == getpgrp())
}
