//! The way to standard output and standard error. A reader that has seen enough (`| head`) is no error; an output that
//! cannot be written otherwise (a full disk behind `>`) is one, and no command then ends as if all were well.

use crate::diagnostics::io_text;
use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

/// Why something could not be written to standard output.
static LOST: OnceLock<String> = OnceLock::new();

pub fn out(text: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = LOST.set(io_text(&error));
    }
}

/// What cannot be said here can be said nowhere.
pub fn err(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

pub fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// Like `print!` and its kin, but nothing that goes wrong with the output is a reason to panic.
macro_rules! out {
    ($($arg:tt)*) => { $crate::cli::print::out(&format!($($arg)*)) };
}

macro_rules! err {
    ($($arg:tt)*) => { $crate::cli::print::err(&format!($($arg)*)) };
}

macro_rules! outln {
    ($($arg:tt)*) => { $crate::cli::print::out(&format!("{}\n", format_args!($($arg)*))) };
}

macro_rules! errln {
    ($($arg:tt)*) => { $crate::cli::print::err(&format!("{}\n", format_args!($($arg)*))) };
}
