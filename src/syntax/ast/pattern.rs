//! Patterns of `match`.

use super::{Expr, Ident, NodeId};
use crate::source::Span;

#[derive(Debug, Clone)]
pub struct Pattern {
    pub id: NodeId,
    pub span: Span,
    pub kind: PatternKind,
}

#[derive(Debug, Clone)]
pub enum PatternKind {
    /// `_`
    Any,
    /// A lower-case name binds the value.
    Bind(Ident),
    /// A literal: number, text without interpolation, Bool, Duration, Size, `none`; a number may have a minus sign.
    Literal(Box<Expr>),
    /// `1..5`, `1..=5`
    Range {
        start: Box<Expr>,
        end: Box<Expr>,
        inclusive: bool,
    },
    /// `.High { why }`, `Risk.High { why: p }`, `changelog.Risk.Low`. `rest` is a trailing `..`.
    Variant {
        module: Option<Box<Ident>>,
        enum_name: Option<Box<Ident>>,
        variant: Ident,
        fields: Vec<FieldPattern>,
        rest: bool,
    },
    /// `{ a, b: p, .. }`
    Record {
        fields: Vec<FieldPattern>,
        rest: bool,
    },
    /// `[a, b, ..rest]`: `rest` is `Some(None)` for a bare `..`, `Some(Some(name))` for `..name`, always last.
    List {
        items: Vec<Pattern>,
        rest: Option<Option<Ident>>,
    },
    /// `A or B`
    Or(Vec<Pattern>),
    Error,
}

#[derive(Debug, Clone)]
pub struct FieldPattern {
    pub name: Ident,
    /// Absent for a bare name, which binds a value of that name (then `name.id` is the binding).
    pub pattern: Option<Pattern>,
}
