//! The types of the language: what a value can be, how it is written in JSON, and which JSON Schema says so.
//!
//! Declared records and enums are nominal and live in [`TypeDefs`]; a [`Type`] refers to them by [`DefId`], so types
//! may be recursive. A refinement carries the *shapes* that could be read off its predicate (pattern, length, bounds,
//! membership): they become JSON Schema and are checked here without the interpreter. Any other predicate is checked
//! by whoever holds the checked program, through its [`PredicateId`].

mod defs;
mod display;
mod fits;
pub mod forms;
pub mod methods;
mod pattern;
mod records;
mod schema;
mod ty;

pub use defs::{DefId, DefKind, Field, TypeDef, TypeDefs, Variant};
pub use display::Shown;
pub use fits::{Fit, fit, join};
pub use pattern::{compiled, spelled_out};
pub use records::fields_of;
pub use schema::schema;
pub use ty::{FnType, PredicateId, Refinement, Shape, Type};
