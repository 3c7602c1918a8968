//! Equality and hashing: of what values hold, whoever shares it; without recursion.

use super::Value;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        if let Some(answer) = simple(self, other) {
            return answer;
        }
        let mut work = vec![(self, other)];
        while let Some((a, b)) = work.pop() {
            match simple(a, b) {
                Some(true) => {}
                Some(false) => return false,
                None => {
                    if !parts(a, b, &mut work) {
                        return false;
                    }
                }
            }
        }
        true
    }
}

/// There is no NaN among Floats, so equality is total.
impl Eq for Value {}

/// The answer where it needs no look inside.
fn simple(a: &Value, b: &Value) -> Option<bool> {
    Some(match (a, b) {
        (Value::Nothing, Value::Nothing) | (Value::None, Value::None) => true,
        (Value::Bool(x), Value::Bool(y)) => x == y,
        (Value::Int(x), Value::Int(y))
        | (Value::Duration(x), Value::Duration(y))
        | (Value::Size(x), Value::Size(y))
        | (Value::Time(x), Value::Time(y)) => x == y,
        (Value::Float(x), Value::Float(y)) => x == y,
        (Value::Int(x), Value::Float(y)) | (Value::Float(y), Value::Int(x)) => *x as f64 == *y,
        (Value::Text(x), Value::Text(y)) => x == y,
        (Value::Json(x), Value::Json(y)) => json_equal(x, y),
        (Value::Range(x), Value::Range(y)) => x == y,
        (Value::Secret(x), Value::Secret(y)) => x == y,
        (Value::Function(x), Value::Function(y)) => x == y,
        (Value::List(x), Value::List(y)) if Arc::ptr_eq(x, y) => true,
        (Value::Map(x), Value::Map(y)) if Arc::ptr_eq(x, y) => true,
        (Value::Record(x), Value::Record(y)) if Arc::ptr_eq(x, y) => true,
        (Value::Variant(x), Value::Variant(y)) if Arc::ptr_eq(x, y) => true,
        (Value::List(_), Value::List(_))
        | (Value::Map(_), Value::Map(_))
        | (Value::Record(_), Value::Record(_))
        | (Value::Variant(_), Value::Variant(_)) => return None,
        _ => false,
    })
}

/// Adds the pairs that must be equal too; false if the outsides differ already.
fn parts<'v>(a: &'v Value, b: &'v Value, work: &mut Vec<(&'v Value, &'v Value)>) -> bool {
    match (a, b) {
        (Value::List(x), Value::List(y)) => {
            if x.len() != y.len() {
                return false;
            }
            for pair in x.iter().zip(y.iter()) {
                match simple(pair.0, pair.1) {
                    Some(true) => {}
                    Some(false) => return false,
                    None => work.push(pair),
                }
            }
            true
        }
        (Value::Map(x), Value::Map(y)) => {
            x.len() == y.len()
                && x.iter().all(|(key, value)| match y.get(key) {
                    Some(other) => {
                        work.push((value, other));
                        true
                    }
                    None => false,
                })
        }
        (Value::Record(x), Value::Record(y)) => {
            if Arc::ptr_eq(&x.layout, &y.layout) || x.layout.names == y.layout.names {
                x.layout.def == y.layout.def && {
                    work.extend(x.fields.iter().zip(y.fields.iter()));
                    true
                }
            } else {
                // Structural records of the same fields in another order.
                x.fields.len() == y.fields.len()
                    && x.layout.names.iter().zip(&x.fields).all(|(name, value)| {
                        match y.layout.index_of(name) {
                            Some(i) => {
                                work.push((value, &y.fields[i]));
                                true
                            }
                            None => false,
                        }
                    })
            }
        }
        (Value::Variant(x), Value::Variant(y)) => {
            x.layout.def == y.layout.def && x.index == y.index && {
                work.extend(x.fields.iter().zip(y.fields.iter()));
                true
            }
        }
        _ => false,
    }
}

/// Numbers are equal by what they say: `1` and `1.0` are the same number.
fn json_equal(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value as Json;
    match (a, b) {
        (Json::Number(x), Json::Number(y)) => {
            x == y || x.as_f64() == y.as_f64() && !(x.is_i64() && y.is_i64())
        }
        (Json::Array(x), Json::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| json_equal(x, y))
        }
        (Json::Object(x), Json::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| json_equal(v, w)))
        }
        _ => a == b,
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut work = vec![self];
        while let Some(value) = work.pop() {
            match value {
                Value::Nothing => state.write_u8(0),
                Value::None => state.write_u8(1),
                Value::Bool(b) => b.hash(state),
                // Equal numbers hash equally, whole Floats among them.
                Value::Int(n) => hash_float(*n as f64, state),
                Value::Float(x) => hash_float(*x, state),
                Value::Duration(n) | Value::Size(n) | Value::Time(n) => n.hash(state),
                Value::Text(t) | Value::Secret(t) => t.hash(state),
                Value::List(items) => {
                    state.write_usize(items.len());
                    work.extend(items.iter());
                }
                // Independent of the order of the entries.
                Value::Map(entries) => state.write_usize(entries.len()),
                Value::Record(r) => {
                    state.write_usize(r.fields.len());
                    if r.layout.def.is_some() {
                        work.extend(r.fields.iter());
                    }
                }
                Value::Variant(v) => {
                    v.index.hash(state);
                    work.extend(v.fields.iter());
                }
                Value::Json(j) => match &**j {
                    serde_json::Value::String(t) => t.hash(state),
                    serde_json::Value::Number(n) => hash_float(n.as_f64().unwrap_or(0.0), state),
                    _ => state.write_u8(2),
                },
                Value::Range(r) => r.hash(state),
                Value::Function(f) => f.hash(state),
            }
        }
    }
}

fn hash_float<H: Hasher>(x: f64, state: &mut H) {
    // Minus zero equals zero.
    (if x == 0.0 { 0.0f64 } else { x }).to_bits().hash(state);
}
