//! Which of two values comes first: total, and the same on every run.

use super::Value;
use std::cmp::Ordering;

/// Numbers by size, texts by their characters, `none` before everything, lists item by item.
/// The checker lets only comparable types meet; the rest is ordered too, so that sorting can never go wrong.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Int(x), Value::Int(y))
        | (Value::Duration(x), Value::Duration(y))
        | (Value::Size(x), Value::Size(y))
        | (Value::Time(x), Value::Time(y)) => x.cmp(y),
        (Value::Text(x), Value::Text(y)) => x.as_str().cmp(y.as_str()),
        (Value::Float(x), Value::Float(y)) => floats(*x, *y),
        (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
        _ => deep(a, b),
    }
}

/// There is no NaN; should one come, it comes last.
fn floats(x: f64, y: f64) -> Ordering {
    x.partial_cmp(&y).unwrap_or_else(|| x.is_nan().cmp(&y.is_nan()))
}

enum Work<'v> {
    Pair(&'v Value, &'v Value),
    /// What decides when everything before was equal.
    Then(Ordering),
}

fn deep(a: &Value, b: &Value) -> Ordering {
    let mut work = vec![Work::Pair(a, b)];
    while let Some(next) = work.pop() {
        let decided = match next {
            Work::Then(order) => order,
            Work::Pair(a, b) => match (a, b) {
                (Value::List(x), Value::List(y)) => {
                    push(&mut work, x, y);
                    Ordering::Equal
                }
                (Value::Variant(x), Value::Variant(y)) if x.index == y.index => {
                    push(&mut work, &x.fields, &y.fields);
                    Ordering::Equal
                }
                (Value::Variant(x), Value::Variant(y)) => x.index.cmp(&y.index),
                (Value::Record(x), Value::Record(y)) => {
                    push(&mut work, &x.fields, &y.fields);
                    Ordering::Equal
                }
                (Value::Map(x), Value::Map(y)) => {
                    work.push(Work::Then(x.len().cmp(&y.len())));
                    for ((kx, vx), (ky, vy)) in x.iter().zip(y.iter()).rev() {
                        work.push(Work::Pair(vx, vy));
                        work.push(Work::Then(kx.cmp(ky)));
                    }
                    Ordering::Equal
                }
                (Value::Int(x), Value::Float(y)) => floats(*x as f64, *y),
                (Value::Float(x), Value::Int(y)) => floats(*x, *y as f64),
                (Value::Int(x), Value::Int(y))
                | (Value::Duration(x), Value::Duration(y))
                | (Value::Size(x), Value::Size(y))
                | (Value::Time(x), Value::Time(y)) => x.cmp(y),
                (Value::Text(x), Value::Text(y)) | (Value::Secret(x), Value::Secret(y)) => {
                    x.as_str().cmp(y.as_str())
                }
                (Value::Float(x), Value::Float(y)) => floats(*x, *y),
                (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
                (Value::Json(x), Value::Json(y)) => x.to_string().cmp(&y.to_string()),
                (Value::Range(x), Value::Range(y)) => {
                    (x.start, x.end, x.inclusive).cmp(&(y.start, y.end, y.inclusive))
                }
                (Value::Function(x), Value::Function(y)) => x.cmp(y),
                _ => rank(a).cmp(&rank(b)),
            },
        };
        if decided != Ordering::Equal {
            return decided;
        }
    }
    Ordering::Equal
}

fn push<'v>(work: &mut Vec<Work<'v>>, x: &'v [Value], y: &'v [Value]) {
    work.push(Work::Then(x.len().cmp(&y.len())));
    work.extend(x.iter().zip(y).rev().map(|(x, y)| Work::Pair(x, y)));
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::None => 0,
        Value::Nothing => 1,
        Value::Bool(_) => 2,
        Value::Int(_) | Value::Float(_) => 3,
        Value::Duration(_) => 4,
        Value::Size(_) => 5,
        Value::Time(_) => 6,
        Value::Text(_) => 7,
        Value::List(_) => 8,
        Value::Map(_) => 9,
        Value::Record(_) => 10,
        Value::Variant(_) => 11,
        Value::Json(_) => 12,
        Value::Secret(_) => 13,
        Value::Range(_) => 14,
        Value::Function(_) => 15,
    }
}
