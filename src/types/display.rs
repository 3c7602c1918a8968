//! Types as the user writes them.

use super::{Field, Type, TypeDefs};
use std::fmt;

impl Type {
    /// For messages: `[Notes]`, `{Text: Int}?`, `Text where it.len <= 80`.
    pub fn show<'a>(&'a self, defs: &'a TypeDefs) -> Shown<'a> {
        Shown { ty: self, defs }
    }
}

/// A type together with the table that knows the names of declared ones.
pub struct Shown<'a> {
    ty: &'a Type,
    defs: &'a TypeDefs,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |ty| Shown { ty, defs: self.defs };
        match self.ty {
            Type::Never => f.write_str("Never"),
            Type::NoneType => f.write_str("none"),
            Type::Error => f.write_str("?"),
            Type::List(t) if matches!(**t, Type::Never) => f.write_str("[]"),
            Type::List(t) => write!(f, "[{}]", show(t)),
            Type::Map(t) if matches!(**t, Type::Never) => f.write_str("{}"),
            Type::Map(t) => write!(f, "{{Text: {}}}", show(t)),
            Type::Optional(t) => match &**t {
                Type::Refined(r) if r.name.is_none() => write!(f, "({})?", show(t)),
                Type::Function(_) => write!(f, "({})?", show(t)),
                _ => write!(f, "{}?", show(t)),
            },
            Type::Record(fields) => write_record(f, fields, self.defs),
            Type::Named(id) => f.write_str(&self.defs.get(*id).name),
            Type::Refined(r) => match &r.name {
                Some(name) => f.write_str(name),
                None => write!(f, "{} where {}", show(&r.base), r.source),
            },
            Type::Function(t) => {
                match &t.params[..] {
                    [one] => write!(f, "{}", show(one))?,
                    params => {
                        f.write_str("(")?;
                        for (i, p) in params.iter().enumerate() {
                            write!(f, "{}{}", if i > 0 { ", " } else { "" }, show(p))?;
                        }
                        f.write_str(")")?;
                    }
                }
                write!(f, " => {}", show(&t.result))
            }
            Type::Text => f.write_str("Text"),
            Type::Int => f.write_str("Int"),
            Type::Float => f.write_str("Float"),
            Type::Bool => f.write_str("Bool"),
            Type::Duration => f.write_str("Duration"),
            Type::Size => f.write_str("Size"),
            Type::Time => f.write_str("Time"),
            Type::Path => f.write_str("Path"),
            Type::Json => f.write_str("Json"),
            Type::Secret => f.write_str("Secret"),
            Type::Role => f.write_str("Role"),
            Type::Nothing => f.write_str("Nothing"),
            Type::Range => f.write_str("Range"),
            Type::Output => f.write_str("Output"),
            Type::Approval => f.write_str("Approval"),
            Type::Rejection => f.write_str("Rejection"),
            Type::Failure => f.write_str("Failure"),
        }
    }
}

fn write_record(f: &mut fmt::Formatter<'_>, fields: &[Field], defs: &TypeDefs) -> fmt::Result {
    if fields.is_empty() {
        return f.write_str("{ }");
    }
    f.write_str("{ ")?;
    for (i, field) in fields.iter().enumerate() {
        write!(f, "{}{}: {}", if i > 0 { ", " } else { "" }, field.name, field.ty.show(defs))?;
    }
    f.write_str(" }")
}
