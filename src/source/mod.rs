//! Files become text with spans.
//!
//! A [`Span`] is a byte range in one file of a [`SourceMap`]; every later layer speaks of places only through it.
//! Lines and columns are computed when somebody looks: columns count characters, tabs are one.

mod load;
mod map;

pub use load::{LoadError, MAX_SOURCE_BYTES, decode, read_source};
pub use map::{FileId, LineColumn, Origin, SourceFile, SourceMap, Span};
