//! Types as written.

use super::{Expr, Ident, NodeId};
use crate::source::Span;

#[derive(Debug, Clone)]
pub struct TypeExpr {
    pub id: NodeId,
    pub span: Span,
    pub kind: TypeKind,
}

#[derive(Debug, Clone)]
pub enum TypeKind {
    /// `Text`, `Version`, `changelog.Entry`.
    Name {
        module: Option<Ident>,
        name: Ident,
    },
    /// `[T]`
    List(Box<TypeExpr>),
    /// `{Text: T}`; the key type is kept so that another one can be refused by the checker.
    Map(Box<TypeExpr>, Box<TypeExpr>),
    /// `T?`
    Optional(Box<TypeExpr>),
    /// `{ a: Int, b: Text }`
    Record(Vec<FieldDecl>),
    /// `T where predicate`, the value is `it`.
    Refined {
        base: Box<TypeExpr>,
        predicate: Box<Expr>,
    },
    /// `JsonLines<T>`, only after `run … as`.
    JsonLines(Box<TypeExpr>),
    Error,
}

/// A field of a record type or of a variant.
#[derive(Debug, Clone)]
pub struct FieldDecl {
    pub docs: Option<std::sync::Arc<str>>,
    pub name: Ident,
    pub ty: TypeExpr,
    /// `as "isDraft"`: its JSON name.
    pub json_name: Option<(std::sync::Arc<str>, Span)>,
    pub span: Span,
}
