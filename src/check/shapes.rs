//! Reads the shapes off a refinement's predicate: what JSON Schema can say and what needs no evaluation.

use crate::syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::types::{Refinement, Shape, Type, compiled};
use serde_json::Value;
use std::sync::Arc;

/// The conjuncts of known shape, and whether they say everything.
pub(super) fn shapes(predicate: &Expr, base: &Type) -> (Vec<Shape>, bool) {
    let mut out = Vec::new();
    let complete = collect(predicate, base.base(), &mut out);
    (out, complete)
}

fn collect(e: &Expr, base: &Type, out: &mut Vec<Shape>) -> bool {
    match &e.kind {
        ExprKind::Paren(inner) => collect(inner, base, out),
        ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
            let left = collect(left, base, out);
            collect(right, base, out) && left
        }
        ExprKind::Binary { op, left, right, .. } => match one(*op, left, right, base) {
            Some(found) => {
                out.extend(found);
                true
            }
            None => false,
        },
        _ => false,
    }
}

fn one(op: BinaryOp, left: &Expr, right: &Expr, base: &Type) -> Option<Vec<Shape>> {
    match op {
        BinaryOp::Matches if is_it(left) && *base == Type::Text => {
            let ExprKind::Text(lit) = &plain(right).kind else { return None };
            let pattern: Arc<str> = lit.plain()?.into();
            let regex = compiled(&pattern).ok()?;
            Some(vec![Shape::Matches { pattern, regex }])
        }
        BinaryOp::In if is_it(left) => match &plain(right).kind {
            ExprKind::List(items) => {
                let items: Option<Vec<Value>> =
                    items.iter().map(|i| if i.spread { None } else { literal(&i.value) }).collect();
                Some(vec![Shape::OneOf(items?)])
            }
            ExprKind::Range { start, end, inclusive } if *base == Type::Int => Some(vec![
                Shape::Minimum { value: number(start)?, exclusive: false },
                Shape::Maximum { value: number(end)?, exclusive: !inclusive },
            ]),
            _ => None,
        },
        BinaryOp::Eq if is_it(left) => Some(vec![Shape::OneOf(vec![literal(right)?])]),
        BinaryOp::Eq if is_it(right) => Some(vec![Shape::OneOf(vec![literal(left)?])]),
        BinaryOp::Ne if is_it(left) && literal(right)? == "" => Some(vec![Shape::MinLen(1)]),
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge | BinaryOp::Eq => {
            // Turned so that the value stands on the left.
            let (subject, op, bound) = match is_it(left) || is_len(left) {
                true => (left, op, right),
                false => (right, mirrored(op), left),
            };
            match (is_it(subject), is_len(subject)) {
                (true, _) if matches!(base, Type::Int | Type::Float) => bounds(op, number(bound)?),
                (_, true) => lengths(op, number(bound)?),
                _ => None,
            }
        }
        _ => None,
    }
}

fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        other => other,
    }
}

fn bounds(op: BinaryOp, value: f64) -> Option<Vec<Shape>> {
    Some(vec![match op {
        BinaryOp::Lt => Shape::Maximum { value, exclusive: true },
        BinaryOp::Le => Shape::Maximum { value, exclusive: false },
        BinaryOp::Gt => Shape::Minimum { value, exclusive: true },
        BinaryOp::Ge => Shape::Minimum { value, exclusive: false },
        _ => return None,
    }])
}

fn lengths(op: BinaryOp, n: f64) -> Option<Vec<Shape>> {
    if n < 0.0 || n.fract() != 0.0 {
        return None;
    }
    let n = n as u64;
    Some(match op {
        BinaryOp::Lt => vec![Shape::MaxLen(n.checked_sub(1)?)],
        BinaryOp::Le => vec![Shape::MaxLen(n)],
        BinaryOp::Gt => vec![Shape::MinLen(n + 1)],
        BinaryOp::Ge => vec![Shape::MinLen(n)],
        BinaryOp::Eq => vec![Shape::MinLen(n), Shape::MaxLen(n)],
        _ => return None,
    })
}

fn plain(e: &Expr) -> &Expr {
    match &e.kind {
        ExprKind::Paren(inner) => plain(inner),
        _ => e,
    }
}

fn is_it(e: &Expr) -> bool {
    matches!(&plain(e).kind, ExprKind::Name(n) if &*n.name == "it")
}

fn is_len(e: &Expr) -> bool {
    matches!(&plain(e).kind, ExprKind::Field { base, name, optional: false } if &*name.name == "len" && is_it(base))
}

fn number(e: &Expr) -> Option<f64> {
    literal(e)?.as_f64()
}

/// A literal as JSON; durations and sizes have no number there.
pub(super) fn literal(e: &Expr) -> Option<Value> {
    Some(match &plain(e).kind {
        ExprKind::Int(n) => Value::from(*n),
        ExprKind::Float(x) => Value::from(*x),
        ExprKind::Bool(b) => Value::from(*b),
        ExprKind::Text(t) => Value::from(t.plain()?),
        ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => match literal(operand)? {
            Value::Number(n) if n.is_i64() => Value::from(n.as_i64()?.checked_neg()?),
            Value::Number(n) => Value::from(-n.as_f64()?),
            _ => return None,
        },
        _ => return None,
    })
}

/// Why a literal cannot be of the refinement, in words; none if it can, or nobody knows before it runs.
pub(super) fn broken(value: &Expr, refinement: &Refinement) -> Option<String> {
    if let Type::Refined(inner) = &refinement.base
        && let Some(why) = broken(value, inner)
    {
        return Some(why);
    }
    let value = plain(value);
    let list = match &value.kind {
        ExprKind::List(items) if items.iter().all(|i| !i.spread) => Some(items.len() as u64),
        _ => None,
    };
    let json = literal(value);
    let text = json.as_ref().and_then(Value::as_str);
    let len = list.or_else(|| text.map(|t| t.chars().count() as u64));
    let counted = |n: u64| {
        let unit = if list.is_some() { "item" } else { "character" };
        format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
    };
    let number = json.as_ref().and_then(Value::as_f64);
    refinement.shapes.iter().find_map(|shape| match shape {
        Shape::Matches { pattern, regex } => {
            text.filter(|t| !regex.is_match(t)).map(|_| format!("it does not match `{pattern}`"))
        }
        Shape::MinLen(n) => {
            len.filter(|l| l < n).map(|l| format!("it has {} and needs {n} at least", counted(l)))
        }
        Shape::MaxLen(n) => {
            len.filter(|l| l > n).map(|l| format!("it has {} and may have {n} at most", counted(l)))
        }
        Shape::Minimum { value, exclusive } => number
            .filter(|x| x < value || (*exclusive && x == value))
            .map(|_| format!("it must be {} {value}", if *exclusive { "above" } else { "at least" })),
        Shape::Maximum { value, exclusive } => number
            .filter(|x| x > value || (*exclusive && x == value))
            .map(|_| format!("it must be {} {value}", if *exclusive { "below" } else { "at most" })),
        Shape::OneOf(list) => json.as_ref().filter(|v| !list.iter().any(|l| same(l, v))).map(|_| {
            let list: Vec<String> = list.iter().map(Value::to_string).collect();
            format!("it must be one of {}", list.join(", "))
        }),
    })
}

fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(x), Some(y)) => x == y,
        _ => a == b,
    }
}
