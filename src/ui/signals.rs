//! A terminal in raw mode is put back even when a signal ends the process or the process exits elsewhere.
//!
//! The mode that the terminal had first is kept for the life of the process. A signal whose handler is the default
//! one gets a handler here that restores and then lets the signal do what it does; a handler that somebody else
//! installed stays: its owner unwinds, and unwinding restores.

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

struct Saved {
    tty: OwnedFd,
    mode: libc::termios,
}

static SAVED: OnceLock<Saved> = OnceLock::new();
static RAW: AtomicBool = AtomicBool::new(false);
static PASTES: AtomicBool = AtomicBool::new(false);

/// Ends the mode in which a terminal marks what is pasted.
pub const PASTES_UNMARKED: &str = "\x1b[?2004l";

const DEADLY: [libc::c_int; 4] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT];

/// From now on an abrupt end restores. `tty` is another handle of the terminal, still in its ordinary mode.
pub fn arm(tty: impl FnOnce() -> Option<OwnedFd>) {
    if SAVED.get().is_none()
        && let Some(tty) = tty()
    {
        // SAFETY: termios is plain data that tcgetattr fills; it is used only if that succeeded.
        let mode = unsafe {
            let mut mode = std::mem::zeroed::<libc::termios>();
            if libc::tcgetattr(tty.as_raw_fd(), &mut mode) != 0 {
                return;
            }
            mode
        };
        if SAVED.set(Saved { tty, mode }).is_ok() {
            // SAFETY: the function has the wanted signature and never unwinds.
            unsafe { libc::atexit(restore_at_exit) };
        }
    }
    RAW.store(true, Ordering::Release);
    for signal in DEADLY {
        // SAFETY: asks for and sets a disposition; the handler does only what a signal handler may.
        unsafe {
            let mut now = std::mem::zeroed::<libc::sigaction>();
            if libc::sigaction(signal, std::ptr::null(), &mut now) == 0 && now.sa_sigaction == libc::SIG_DFL {
                let mut ours = std::mem::zeroed::<libc::sigaction>();
                ours.sa_sigaction = on_signal as *const () as libc::sighandler_t;
                libc::sigaction(signal, &ours, std::ptr::null_mut());
            }
        }
    }
}

/// The terminal is in its ordinary mode again; signals do what they did before.
pub fn disarm() {
    RAW.store(false, Ordering::Release);
    for signal in DEADLY {
        // SAFETY: takes back only the handler that `arm` installed.
        unsafe {
            let mut now = std::mem::zeroed::<libc::sigaction>();
            if libc::sigaction(signal, std::ptr::null(), &mut now) == 0
                && now.sa_sigaction == on_signal as *const () as libc::sighandler_t
            {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
    }
}

/// Runs a program that has the terminal. The keys that end programs end that one, not this process.
pub fn without_keys(mut command: Command) -> std::io::Result<ExitStatus> {
    const KEYS: [libc::c_int; 2] = [libc::SIGINT, libc::SIGQUIT];
    // SAFETY: between fork and exec only `signal` is called, which may be.
    unsafe {
        command.pre_exec(|| {
            for key in KEYS {
                libc::signal(key, libc::SIG_DFL);
            }
            Ok(())
        });
    }
    // SAFETY: asks for and sets dispositions, and puts back the same ones.
    let before = KEYS.map(|key| unsafe {
        let mut before = std::mem::zeroed::<libc::sigaction>();
        let mut ignore = std::mem::zeroed::<libc::sigaction>();
        ignore.sa_sigaction = libc::SIG_IGN;
        (libc::sigaction(key, &ignore, &mut before) == 0).then_some(before)
    });
    let result = command.status();
    for (key, before) in KEYS.into_iter().zip(before) {
        if let Some(before) = before {
            // SAFETY: as above.
            unsafe { libc::sigaction(key, &before, std::ptr::null_mut()) };
        }
    }
    result
}

/// Whether the terminal marks what is pasted into it, which an abrupt end takes back, too.
pub fn marks_pastes(marks: bool) {
    PASTES.store(marks, Ordering::Release);
}

fn restore() {
    if PASTES.swap(false, Ordering::AcqRel)
        && let Some(saved) = SAVED.get()
    {
        // SAFETY: write may be called in a signal handler; the text lives as long as the process.
        unsafe { libc::write(saved.tty.as_raw_fd(), PASTES_UNMARKED.as_ptr().cast(), PASTES_UNMARKED.len()) };
    }
    if RAW.swap(false, Ordering::AcqRel)
        && let Some(saved) = SAVED.get()
    {
        // SAFETY: tcsetattr may be called in a signal handler; both arguments live as long as the process.
        unsafe { libc::tcsetattr(saved.tty.as_raw_fd(), libc::TCSANOW, &saved.mode) };
    }
}

extern "C" fn restore_at_exit() {
    restore();
}

extern "C" fn on_signal(signal: libc::c_int) {
    restore();
    // SAFETY: both may be called in a handler; the signal is delivered again when this one returns.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}
