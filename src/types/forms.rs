//! What the values of a type can do: be compared, ordered, added, shown as text, written as JSON.

use super::methods::Bound;
use super::records::fields_of;
use super::{DefId, DefKind, Type, TypeDefs};

/// Whether every value of the type can do this.
pub fn can(ty: &Type, what: Bound, defs: &TypeDefs) -> bool {
    match what {
        Bound::Ordered => ordered(ty),
        Bound::Sum => matches!(
            ty.base(),
            Type::Int | Type::Float | Type::Duration | Type::Size | Type::Error | Type::Never
        ),
        Bound::Text => has_text_form(ty, defs),
        Bound::Equal => !holds(ty, defs, &mut Vec::new(), &|t| matches!(t, Type::Secret | Type::Function(_))),
        Bound::Json => has_json_form(ty, defs),
    }
}

pub fn ordered(ty: &Type) -> bool {
    matches!(
        ty.base(),
        Type::Int
            | Type::Float
            | Type::Text
            | Type::Bool
            | Type::Duration
            | Type::Size
            | Type::Time
            | Type::Path
            | Type::Error
            | Type::Never
    )
}

/// May be interpolated: one line of text says all of it.
pub fn has_text_form(ty: &Type, defs: &TypeDefs) -> bool {
    match ty.base() {
        Type::Text
        | Type::Int
        | Type::Float
        | Type::Bool
        | Type::Duration
        | Type::Size
        | Type::Time
        | Type::Path
        | Type::Role
        | Type::Json
        | Type::Error
        | Type::Never => true,
        Type::Named(id) => match &defs.get(*id).kind {
            DefKind::Enum(variants) => variants.iter().all(|v| v.fields.is_empty()),
            DefKind::Record(_) => false,
        },
        _ => false,
    }
}

/// Can be read from a text without more: what a flag on the command line and `T.parse` take.
pub fn has_parse(ty: &Type, defs: &TypeDefs) -> bool {
    !matches!(ty.base(), Type::Never | Type::Role) && has_text_form(ty, defs)
}

pub fn has_json_form(ty: &Type, defs: &TypeDefs) -> bool {
    !holds(ty, defs, &mut Vec::new(), &|t| matches!(t, Type::Secret | Type::Function(_) | Type::Range))
}

/// Whether a value of the type may hold one for which `is` is true.
pub fn holds(ty: &Type, defs: &TypeDefs, seen: &mut Vec<DefId>, is: &dyn Fn(&Type) -> bool) -> bool {
    if is(ty) {
        return true;
    }
    match ty {
        Type::List(t) | Type::Map(t) | Type::Optional(t) => holds(t, defs, seen, is),
        Type::Refined(r) => holds(&r.base, defs, seen, is),
        Type::Record(fields) => fields.iter().any(|f| holds(&f.ty, defs, seen, is)),
        Type::Named(id) => {
            if seen.contains(id) {
                return false;
            }
            seen.push(*id);
            match &defs.get(*id).kind {
                DefKind::Record(_) => {
                    fields_of(ty, defs).unwrap_or_default().iter().any(|f| holds(&f.ty, defs, seen, is))
                }
                DefKind::Enum(variants) => {
                    variants.iter().flat_map(|v| v.fields.iter()).any(|f| holds(&f.ty, defs, seen, is))
                }
            }
        }
        _ => false,
    }
}
