//! Which type can stand where another is asked for, and what two types have in common.
//!
//! Nothing is converted behind the user's back but: Int to Float, a value into an optional, a value into a
//! refinement of its type (checked), a Text into a Path or Role (checked), and records by their fields.

use super::records::fields_of;
use super::{Field, Type, TypeDefs};
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// The value serves as it is.
    Same,
    /// It fits after a widening or a check at run time.
    Convert,
    No,
}

impl Fit {
    fn and(self, other: impl FnOnce() -> Fit) -> Fit {
        match self {
            Fit::No => Fit::No,
            Fit::Same => other(),
            Fit::Convert => match other() {
                Fit::No => Fit::No,
                _ => Fit::Convert,
            },
        }
    }
}

/// Whether a value of type `got` can stand where `want` is asked for.
pub fn fit(got: &Type, want: &Type, defs: &TypeDefs) -> Fit {
    use Type::*;
    match (got, want) {
        (Error | Never, _) | (_, Error) => Fit::Same,
        (Refined(a), Refined(b)) if a.id == b.id => Fit::Same,
        (NoneType, Optional(_) | NoneType) => Fit::Same,
        (Optional(a), Optional(b)) => fit(a, b, defs),
        (a, Optional(b)) => fit(a, b, defs).and(|| Fit::Convert),
        // The check looks at the base value, whatever it was refined to before.
        (a, Refined(r)) => match fit(a, &r.base, defs) {
            Fit::No => Fit::No,
            _ => Fit::Convert,
        },
        (Refined(r), b) => fit(&r.base, b, defs),
        (Int, Float) | (Text, Path) | (Text, Role) => Fit::Convert,
        (List(a), List(b)) | (Map(a), Map(b)) => fit(a, b, defs),
        (Named(a), Named(b)) => match a == b {
            true => Fit::Same,
            false => Fit::No,
        },
        (Function(a), Function(b)) => match a == b {
            true => Fit::Same,
            false => Fit::No,
        },
        (Record(_) | Named(_) | Output | Approval | Rejection | Failure, Record(b)) => {
            match fields_of(got, defs) {
                Some(a) => records(a, b, defs, matches!(got, Record(_))),
                None => Fit::No,
            }
        }
        (Record(a), Named(_)) => match fields_of(want, defs) {
            Some(b) => records(a, b, defs, false),
            None => Fit::No,
        },
        _ => match std::mem::discriminant(got) == std::mem::discriminant(want) {
            true => Fit::Same,
            false => Fit::No,
        },
    }
}

/// Every field of `b` has one in `a` that fits, or is optional; `a` has no others.
fn records(a: &[Field], b: &[Field], defs: &TypeDefs, structural: bool) -> Fit {
    let in_place = structural
        && a.len() == b.len()
        && a.iter().zip(b).all(|(x, y)| x.name == y.name && x.json_name == y.json_name);
    let start = if in_place { Fit::Same } else { Fit::Convert };
    if a.iter().any(|f| !b.iter().any(|g| g.name == f.name)) {
        return Fit::No;
    }
    b.iter().fold(start, |so_far, field| {
        so_far.and(|| match a.iter().find(|f| f.name == field.name) {
            Some(f) => fit(&f.ty, &field.ty, defs),
            None if matches!(field.ty, Type::Optional(_)) => Fit::Convert,
            None => Fit::No,
        })
    })
}

/// The narrowest type that both fit; none if they have nothing in common.
pub fn join(a: &Type, b: &Type, defs: &TypeDefs) -> Option<Type> {
    use Type::*;
    Some(match (a, b) {
        (Error, _) | (_, Error) => Error,
        (Never, x) | (x, Never) => x.clone(),
        (NoneType, NoneType) => NoneType,
        (NoneType, x) | (x, NoneType) => Type::optional(x.clone()),
        (Optional(x), Optional(y)) => Type::optional(join(x, y, defs)?),
        (Optional(x), y) | (y, Optional(x)) => Type::optional(join(x, y, defs)?),
        (Refined(x), Refined(y)) if x.id == y.id => a.clone(),
        (Refined(x), y) => join(&x.base, y, defs)?,
        (x, Refined(y)) => join(x, &y.base, defs)?,
        (Int, Float) | (Float, Int) => Float,
        (List(x), List(y)) => Type::list(join(x, y, defs)?),
        (Map(x), Map(y)) => Type::map(join(x, y, defs)?),
        (Record(x), Record(y)) if x != y => Record(join_records(x, y, defs)?),
        _ if fit(a, b, defs) == Fit::Same => b.clone(),
        _ if fit(b, a, defs) == Fit::Same => a.clone(),
        (Text, Path) | (Path, Text) | (Text, Role) | (Role, Text) => return None,
        _ if fit(a, b, defs) == Fit::Convert => b.clone(),
        _ if fit(b, a, defs) == Fit::Convert => a.clone(),
        _ => return None,
    })
}

fn join_records(a: &[Field], b: &[Field], defs: &TypeDefs) -> Option<Arc<[Field]>> {
    if a.len() != b.len() {
        return None;
    }
    a.iter()
        .map(|f| {
            let other = b.iter().find(|g| g.name == f.name)?;
            Some(Field { ty: join(&f.ty, &other.ty, defs)?, ..f.clone() })
        })
        .collect()
}
