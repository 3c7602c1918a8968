//! The fields of records that the language itself declares.

use super::{DefKind, Field, Type, TypeDefs};
use std::sync::{Arc, LazyLock};

type Fields = LazyLock<Arc<[Field]>>;

static OUTPUT: Fields = LazyLock::new(|| {
    fields([
        ("exit", Type::Int, "the exit code"),
        ("stdout", Type::Text, "the standard output"),
        ("stderr", Type::Text, "the standard error output"),
        ("duration", Type::Duration, "how long it ran"),
    ])
});

static APPROVAL: Fields = LazyLock::new(|| {
    fields([
        ("by", Type::list(Type::Text), "who approved"),
        ("comments", Type::list(Type::Text), "what they wrote"),
        ("at", Type::Time, "when the last of them did"),
    ])
});

static REJECTION: Fields = LazyLock::new(|| {
    fields([
        ("kind", Type::Text, "`rejection` or `timeout`"),
        ("by", Type::Text, "who rejected, empty for a timeout"),
        ("comment", Type::Text, "what they wrote"),
    ])
});

static FAILURE: Fields = LazyLock::new(|| {
    fields([
        ("kind", Type::Text, "the kind: `business`, `transient` …"),
        ("code", Type::Text, "the code that `wflow explain` knows"),
        ("message", Type::Text, "what happened"),
        ("help", Type::Text, "what to do about it"),
    ])
});

fn fields<const N: usize>(list: [(&str, Type, &str); N]) -> Arc<[Field]> {
    list.into_iter()
        .map(|(name, ty, docs)| Field { docs: Some(docs.into()), ..Field::new(name, ty) })
        .collect()
}

/// The fields of a value of this type, if it is a record of any kind.
pub fn fields_of<'a>(ty: &'a Type, defs: &'a TypeDefs) -> Option<&'a [Field]> {
    Some(match ty.base() {
        Type::Record(fields) => fields,
        Type::Named(id) => match &defs.get(*id).kind {
            DefKind::Record(fields) => fields,
            DefKind::Enum(_) => return None,
        },
        Type::Output => &OUTPUT,
        Type::Approval => &APPROVAL,
        Type::Rejection => &REJECTION,
        Type::Failure => &FAILURE,
        _ => return None,
    })
}
