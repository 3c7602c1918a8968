//! Room for recursion: a text that nests deep is read on a thread with a stack of its own, so that the caller's, however
//! small, is enough.

/// Texts that nest less are read where they are; nearly all do.
const SHALLOW: usize = 12;
/// Several times what the deepest text needs that the scan lets through.
const STACK: usize = 64 * 1024 * 1024;

pub(super) fn with_room<T: Send>(nesting: usize, read: impl FnOnce() -> T + Send) -> Option<T> {
    if nesting <= SHALLOW {
        return Some(read());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, read).ok()?;
        match thread.join() {
            Ok(made) => Some(made),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
