//! A value's JSON form.

use super::{MAX_DEPTH, MAX_EXACT_INT};
use crate::value::{Value, duration_text, short, size_text, time};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// The value nests more deeply than JSON may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooDeep;

/// The JSON form. Secrets and functions have none; the checker keeps them out, and here they are described.
pub fn encode(value: &Value) -> Result<Json, TooDeep> {
    part(value, 0, false)
}

/// For evidence: always gives something. What nests too deeply, and what has no JSON form, is described in words.
pub fn describe(value: &Value) -> Json {
    // With `cut` nothing is too deep.
    part(value, 0, true).unwrap_or(Json::Null)
}

fn part(value: &Value, depth: usize, cut: bool) -> Result<Json, TooDeep> {
    let holds_others = matches!(value, Value::List(_) | Value::Map(_) | Value::Record(_))
        || matches!(value, Value::Variant(v) if !v.fields.is_empty());
    // A variant with fields is an object in an object.
    let levels = if matches!(value, Value::Variant(_)) { 2 } else { 1 };
    if holds_others && depth + levels > MAX_DEPTH {
        return if cut { Ok(Json::from(short(value))) } else { Err(TooDeep) };
    }
    let inner = |value: &Value| part(value, depth + 1, cut);
    Ok(match value {
        Value::Nothing | Value::None => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) => match n.unsigned_abs() <= MAX_EXACT_INT.unsigned_abs() {
            true => Json::from(*n),
            false => Json::from(n.to_string()),
        },
        Value::Float(x) => Json::from(*x),
        Value::Duration(ms) => Json::from(duration_text(*ms)),
        Value::Size(bytes) => Json::from(size_text(*bytes)),
        Value::Time(ms) => Json::from(time::rfc3339(*ms)),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Secret(_) | Value::Function(_) | Value::Range(_) => Json::from(value.to_string()),
        Value::Json(json) => match depth + super::depth(json) > MAX_DEPTH {
            false => Json::clone(json),
            true if cut => Json::from(short(value)),
            true => return Err(TooDeep),
        },
        Value::List(items) => Json::Array(items.iter().map(inner).collect::<Result<_, _>>()?),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| Ok((key.to_string(), inner(value)?)));
            Json::Object(entries.collect::<Result<_, _>>()?)
        }
        Value::Record(r) => object(&r.layout.keys, &r.fields, inner)?,
        Value::Variant(v) => {
            let variant = &v.layout.variants[v.index as usize];
            if v.fields.is_empty() {
                Json::from(&*variant.text)
            } else {
                let fields = object(&variant.fields.keys, &v.fields, |field| part(field, depth + 2, cut))?;
                Json::Object(Map::from_iter([(variant.name.to_string(), fields)]))
            }
        }
    })
}

fn object(
    keys: &[Arc<str>],
    fields: &[Value],
    inner: impl Fn(&Value) -> Result<Json, TooDeep>,
) -> Result<Json, TooDeep> {
    let fields = keys.iter().zip(fields).map(|(key, value)| Ok((key.to_string(), inner(value)?)));
    Ok(Json::Object(fields.collect::<Result<_, _>>()?))
}
