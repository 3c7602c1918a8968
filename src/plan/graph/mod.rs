//! A plan as a picture: Mermaid, DOT, or SVG that is laid out here.
//!
//! `items` keeps of the plan what a picture shows, as nested parts. `flow` draws the arrows between them, for
//! programs that lay out themselves; `layout` places the parts in each other, so that nothing can overlap, and
//! `svg` writes that down.

mod dot;
mod flow;
mod items;
mod layout;
mod mermaid;
mod shape;
mod svg;

pub use dot::dot;
pub use mermaid::mermaid;
pub use svg::svg;
