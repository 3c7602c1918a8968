//! Whether a value has the shape of a pattern. The recursion is as deep as the pattern is written.

use crate::interpreter::node::Pat;
use crate::value::{Value, compare};
use std::cmp::Ordering;

/// Binds what the pattern names; what was bound before it failed does not matter, since nobody looks at it then.
pub(crate) fn matches(pattern: &Pat, value: &Value, frame: &mut [Value]) -> bool {
    match pattern {
        Pat::Any => true,
        Pat::Bind(slot) => {
            frame[*slot as usize] = value.clone();
            true
        }
        Pat::Const(wanted) => wanted == value,
        Pat::Range { start, end, inclusive } => match value {
            Value::Int(_) | Value::Float(_) => {
                let end = compare(value, end);
                compare(start, value) != Ordering::Greater
                    && (end == Ordering::Less || *inclusive && end == Ordering::Equal)
            }
            _ => false,
        },
        Pat::Variant { index, fields } => match value {
            Value::Variant(v) => {
                v.index == *index
                    && fields
                        .iter()
                        .all(|(i, p)| v.fields.get(*i as usize).is_some_and(|v| matches(p, v, frame)))
            }
            _ => false,
        },
        Pat::Record(fields) => {
            matches!(value, Value::Record(_))
                && fields.iter().all(|(name, p)| value.field(name).is_some_and(|v| matches(p, v, frame)))
        }
        Pat::List { items, rest } => match value {
            Value::List(values) => {
                let fits = match rest {
                    None => values.len() == items.len(),
                    Some(_) => values.len() >= items.len(),
                };
                if !fits || !items.iter().zip(values.iter()).all(|(p, v)| matches(p, v, frame)) {
                    return false;
                }
                if let Some(Some(slot)) = rest {
                    frame[*slot as usize] = Value::list(values[items.len()..].to_vec());
                }
                true
            }
            _ => false,
        },
        Pat::Or(alternatives) => alternatives.iter().any(|p| matches(p, value, frame)),
    }
}
