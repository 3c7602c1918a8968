//! Ctrl-C and requests to end: once asks what runs to end and suspends the run; twice ends what runs at once; a third
//! time the process ends where it is. Each can be resumed.

use crate::effects::process;
use crate::interpreter::CancelToken;
use crate::ui::progress::{Event, Progress};
use rustix::pipe::{PipeFlags, pipe_with};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, OnceLock};

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

/// A token that is cancelled by the first signal, which is also said.
pub fn token(progress: &Arc<Progress>) -> CancelToken {
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
    // The frame must go when its run is over, so this does not keep it.
    let progress = Arc::downgrade(progress);
    // Without the thread a signal changes nothing, which is safe: the second one is not counted on.
    let _ = std::thread::Builder::new().name("signals".into()).spawn(move || {
        let mut byte = [0u8];
        let mut count = 0;
        while matches!(rustix::io::retry_on_intr(|| rustix::io::read(&read, &mut byte)), Ok(n) if n > 0) {
            count += 1;
            match count {
                1 => {
                    if let Some(progress) = progress.upgrade() {
                        let text =
                            "interrupted: what runs is asked to end; Ctrl-C again ends it at once".into();
                        progress.event(Event::Note { text });
                    }
                    cancel.cancel();
                }
                2 => process::hurry(),
                _ => {
                    errln!("\nended at once; `wflow resume --last` goes on");
                    std::process::exit(130);
                }
            }
        }
    });
    token
}
