//! What went wrong, said so that somebody can act on it.
//!
//! - [`Code`]: the stable code of one mistake, with its title and its explain page. Codes stand in `codes/`, one
//!   file per area; a page stands in `pages/`, and its examples are run by a test.
//! - [`Diagnostic`]: a finding about source text, made before anything runs.
//! - [`Failure`]: an error of a run. It has a kind (what class of trouble, hence whether trying again may help) and
//!   points at the source wherever one place is to blame.
//!
//! Rendering (terminal, short, JSON, SARIF, GitHub) is in `render/`; nothing else formats a diagnostic.

mod code;
pub mod codes;
mod diagnostic;
mod failure;
pub mod render;
mod suggest;

pub use code::{Area, Code};
pub use diagnostic::{Diagnostic, Label, Severity};
pub use failure::{ErrorKind, Failure, io_text};
pub use suggest::did_you_mean;
