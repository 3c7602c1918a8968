//! What a value can be.

use super::{DefId, Field};
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    Text,
    Int,
    Float,
    Bool,
    Duration,
    Size,
    Time,
    /// A path inside the project root; Text widens to it where the text is a literal, otherwise it is checked.
    Path,
    Json,
    Secret,
    Role,
    Nothing,
    /// What `fail`, `return`, `break`, `continue` have: fits everywhere.
    Never,
    /// The type of `none`, which fits every optional.
    NoneType,
    List(Arc<Type>),
    /// Keys are Text.
    Map(Arc<Type>),
    Optional(Arc<Type>),
    /// A structural record, fields in source order.
    Record(Arc<[Field]>),
    /// A declared record or enum.
    Named(DefId),
    Refined(Arc<Refinement>),
    Function(Arc<FnType>),
    /// The half-open or closed range of Int, only in `for`, `in` and `exits`.
    Range,
    /// What `run` gives without `as`: `{ exit: Int, stdout: Text, stderr: Text, duration: Duration }`.
    Output,
    /// What a gate gives: `{ by: [Text], comments: [Text], at: Time }`.
    Approval,
    /// What `on reject r` binds: `{ kind: Text, by: Text, comment: Text }` (kind is `rejection` or `timeout`).
    Rejection,
    /// What `catch e` binds: `{ kind: Text, code: Text, message: Text, help: Text }`.
    Failure,
    /// Something was wrong here and has been reported; fits everywhere and reports nothing more.
    Error,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FnType {
    pub params: Vec<Type>,
    pub result: Type,
}

/// Which predicate of the checked program; dense from zero over the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PredicateId(pub u32);

/// `base where predicate`.
#[derive(Debug, Clone)]
pub struct Refinement {
    /// The declared name (`Version`), absent where it was written in place.
    pub name: Option<Arc<str>>,
    pub base: Type,
    pub id: PredicateId,
    /// The conjuncts that have a known shape.
    pub shapes: Vec<Shape>,
    /// Whether the shapes say everything, so that the predicate itself need not be evaluated.
    pub complete: bool,
    /// The predicate as written, for messages.
    pub source: Arc<str>,
}

impl PartialEq for Refinement {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

#[derive(Debug, Clone)]
pub enum Shape {
    /// A regular expression, as written, and compiled.
    Matches {
        pattern: Arc<str>,
        regex: regex::Regex,
    },
    /// Characters of a text, items of a list, entries of a map.
    MinLen(u64),
    MaxLen(u64),
    Minimum {
        value: f64,
        exclusive: bool,
    },
    Maximum {
        value: f64,
        exclusive: bool,
    },
    /// `it in ["a", "b"]`, as JSON.
    OneOf(Vec<serde_json::Value>),
}

impl Type {
    pub fn list(item: Type) -> Type {
        Type::List(Arc::new(item))
    }
    pub fn map(item: Type) -> Type {
        Type::Map(Arc::new(item))
    }
    /// `T?`; an optional of an optional is the same optional.
    pub fn optional(item: Type) -> Type {
        match item {
            Type::Optional(_) | Type::Error | Type::NoneType => item,
            item => Type::Optional(Arc::new(item)),
        }
    }

    /// Without refinements at the top: what operators and methods look at.
    pub fn base(&self) -> &Type {
        match self {
            Type::Refined(r) => r.base.base(),
            other => other,
        }
    }

    pub fn is_error(&self) -> bool {
        matches!(self, Type::Error)
    }
}
