//! The built-in methods and functions as data: what each is called on, its parameters, its result, one line about it.
//!
//! The checker reads the signatures, the run-time side implements each entry under the same receiver and name, the
//! reference is generated from the same lines. A *property* is written without parentheses (`text.len`). Nothing
//! here changes its receiver: what "adds" gives a new value.

mod lists;
mod scalars;
mod signature;
mod statics;
mod texts;

pub use signature::{Bound, Method, On, ParamSig, Sig};
pub use statics::{BUILTINS, BuiltinFunction, STATICS, StaticFunction};

use super::Type;

/// Every method, grouped by receiver, in the order of the reference.
pub fn all() -> impl Iterator<Item = &'static Method> {
    [
        lists::LIST,
        lists::MAP,
        texts::TEXT,
        texts::PATH,
        texts::JSON,
        scalars::INT,
        scalars::FLOAT,
        scalars::DURATION,
        scalars::SIZE,
        scalars::TIME,
        scalars::RANGE,
        scalars::OPTIONAL,
        scalars::ANY,
    ]
    .into_iter()
    .flatten()
}

/// The methods that only this receiver has.
pub fn of(on: On) -> &'static [Method] {
    match on {
        On::List => lists::LIST,
        On::Map => lists::MAP,
        On::Text => texts::TEXT,
        On::Path => texts::PATH,
        On::Json => texts::JSON,
        On::Int => scalars::INT,
        On::Float => scalars::FLOAT,
        On::Duration => scalars::DURATION,
        On::Size => scalars::SIZE,
        On::Time => scalars::TIME,
        On::Range => scalars::RANGE,
        On::Optional => scalars::OPTIONAL,
        On::Any => scalars::ANY,
    }
}

/// Which group a receiver's own methods are in; a refinement has those of its base.
pub fn receiver(ty: &Type) -> Option<On> {
    Some(match ty.base() {
        Type::List(_) => On::List,
        Type::Map(_) => On::Map,
        Type::Text => On::Text,
        Type::Path => On::Path,
        Type::Json => On::Json,
        Type::Int => On::Int,
        Type::Float => On::Float,
        Type::Duration => On::Duration,
        Type::Size => On::Size,
        Type::Time => On::Time,
        Type::Range => On::Range,
        Type::Optional(_) | Type::NoneType => On::Optional,
        _ => return None,
    })
}

/// The method or property of this name on a value of this type.
pub fn find(ty: &Type, name: &str) -> Option<&'static Method> {
    receiver(ty)
        .and_then(|on| of(on).iter().find(|m| m.name == name))
        .or_else(|| scalars::ANY.iter().find(|m| m.name == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_method_stands_twice() {
        let mut seen = std::collections::HashSet::new();
        for m in all() {
            assert!(seen.insert((m.on, m.name)), "{:?}.{} stands twice", m.on, m.name);
            assert!(!m.doc.is_empty() && !m.doc.ends_with('.'), "{}", m.name);
        }
    }

    #[test]
    fn every_method_stands_in_the_group_of_its_receiver() {
        for m in all() {
            assert!(of(m.on).iter().any(|o| std::ptr::eq(o, m)), "{:?}.{}", m.on, m.name);
        }
    }

    #[test]
    fn signatures_read_like_the_language() {
        let show = |ty: &Type, name| find(ty, name).map(Method::signature).unwrap_or_default();
        assert_eq!(show(&Type::list(Type::Int), "map"), "map(f: T => U) -> [U]");
        assert_eq!(show(&Type::list(Type::Int), "join"), "join(separator?: Text) -> Text");
        assert_eq!(show(&Type::list(Type::Int), "fold"), "fold(start: U, f: (U, T) => U) -> U");
        assert_eq!(show(&Type::Text, "len"), "len: Int");
    }
}
