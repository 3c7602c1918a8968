//! Ctrl-C and requests to end: once suspends the run cleanly, twice ends now. Both can be resumed.

use crate::interpreter::CancelToken;
use rustix::pipe::{PipeFlags, pipe_with};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};

/// Where the handler writes; -1 before there is a pipe.
static PIPE: AtomicI32 = AtomicI32::new(-1);
static KEEP: OnceLock<OwnedFd> = OnceLock::new();

extern "C" fn on_signal(_: libc::c_int) {
    let byte = [1u8];
    let fd = PIPE.load(Ordering::Acquire);
    if fd >= 0 {
        // SAFETY: write is allowed in a handler; the descriptor lives as long as the process.
        unsafe { libc::write(fd, byte.as_ptr().cast(), 1) };
    }
}

/// A token that is cancelled by the first signal.
pub fn token() -> CancelToken {
    let token = CancelToken::default();
    let Ok((read, write)) = pipe_with(PipeFlags::CLOEXEC) else { return token };
    PIPE.store(write.as_raw_fd(), Ordering::Release);
    if KEEP.set(write).is_err() {
        return token;
    }
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: installs a handler that only writes a byte; interrupted calls are started again.
        unsafe {
            let mut action = std::mem::zeroed::<libc::sigaction>();
            action.sa_sigaction = on_signal as *const () as libc::sighandler_t;
            action.sa_flags = libc::SA_RESTART;
            libc::sigaction(signal, &action, std::ptr::null_mut());
        }
    }
    let cancel = token.clone();
    // Without the thread a signal changes nothing, which is safe: the second one is not counted on.
    let _ = std::thread::Builder::new().name("signals".into()).spawn(move || {
        let mut byte = [0u8];
        let mut count = 0;
        while matches!(rustix::io::retry_on_intr(|| rustix::io::read(&read, &mut byte)), Ok(n) if n > 0) {
            count += 1;
            match count {
                1 => cancel.cancel(),
                _ => std::process::exit(130),
            }
        }
    });
    token
}
