//! What a program computes with: values, and everything about them that asks nothing of the outside.
//!
//! - A [`Value`] is 16 bytes, cheap to clone (a counter goes up at most) and `Send + Sync`. Lists, maps, texts and
//!   records are copied on write; whoever is the only owner writes in place.
//! - Values describe themselves: a record or a variant carries its [`RecordLayout`] or [`EnumLayout`], so its text
//!   and JSON forms need no table beside it.
//! - Values of recursive types can be as deep as memory allows. Dropping, comparing, hashing and writing them as text
//!   therefore use no recursion; JSON, which others have to read, has a bound ([`json::MAX_DEPTH`]) and an error.
//! - Reading data of a type (`json`, `parse`) says everything that is wrong with it, each with its JSON path.
//! - The built-in methods stand in `methods/`, one file for each family of receivers.

pub mod answer;
mod convert;
mod drop;
mod equal;
mod form;
pub mod json;
mod layout;
pub mod methods;
mod order;
pub mod parse;
pub mod refine;
mod text;
pub mod time;
mod units;
#[allow(clippy::module_inception)]
mod value;

pub use convert::Convert;
pub use form::{quote, short};
pub use layout::{EnumLayout, Layouts, RecordLayout, VariantLayout, standard};
pub use order::compare;
pub use text::Text;
pub use units::{duration_text, float_text, parse_duration, parse_size, size_text};
pub use value::{Map, Range, Record, Value, Variant};

#[cfg(test)]
mod tests;
