//! A program is checked before anything of it runs.

mod program;

pub use program::*;
