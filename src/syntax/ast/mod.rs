//! The typed syntax tree: what a file says, with a byte span for every part and an id for every part that later
//! passes have something to say about.
//!
//! It holds the whole language, so that a pass added later adds meaning and no syntax. Text is decoded (escapes and
//! dedent are done), commands are split into words, numbers have values. Parts that the parser could not read are
//! [`ExprKind::Error`], [`TypeKind::Error`] or absent, and a diagnostic has been made for each.

mod expr;
mod item;
mod pattern;
mod test;
mod types;

pub use expr::*;
pub use item::*;
pub use pattern::*;
pub use test::*;
pub use types::*;

use crate::source::{FileId, Span};
use std::sync::Arc;

/// Identifies a part of one file's tree; dense from zero, so passes keep their findings in plain vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct NodeId(pub u32);

impl NodeId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A name where it is declared or used. Names are shared, not copied.
#[derive(Debug, Clone, PartialEq)]
pub struct Ident {
    pub id: NodeId,
    pub name: Arc<str>,
    pub span: Span,
}

/// A whole file.
#[derive(Debug, Clone)]
pub struct File {
    pub id: FileId,
    /// The `//!` lines, joined, without their markers.
    pub docs: Option<Arc<str>>,
    pub items: Vec<Item>,
    /// Every comment in source order, for the formatter.
    pub comments: Vec<Comment>,
    /// One more than the largest [`NodeId`] of the tree.
    pub nodes: u32,
}

impl File {
    /// Its `policy { }` items.
    pub fn policies(&self) -> impl Iterator<Item = &PolicyItem> {
        self.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Policy(policy) => Some(policy),
            _ => None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentKind {
    Line,
    Doc,
    ModuleDoc,
}

/// A comment with its markers, without its line end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comment {
    pub kind: CommentKind,
    pub span: Span,
}
