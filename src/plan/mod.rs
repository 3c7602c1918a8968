//! What would happen, without doing any of it: a checked program becomes a [`Plan`], and a plan becomes text, JSON, a
//! picture, or what it newly allows compared with an older one.
//!
//! - `build` walks the started workflow, and in place every task that it calls. What depends only on arguments,
//!   constants and literals is computed (`interpreter::with_known`), everything else stays open, as it is written.
//!   What the policies say is asked of `policy`, which gates stand before an effect of `check`.
//! - `text` is for people, `model` is the shape of the JSON, [`graph`] draws.
//! - [`diff`] compares two programs.

mod build;
pub mod diff;
pub mod graph;
mod model;
mod schema;
mod source;
mod text;

pub use build::{Arguments, Setting, plan};
pub use model::*;
pub use schema::schema;
pub use text::text;
