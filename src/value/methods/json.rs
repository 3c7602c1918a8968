//! Json: looking into data whose shape is not declared.

use super::{Implementation, impossible, int, take, text};
use crate::diagnostics::Failure;
use crate::value::{Text, Value};
use serde_json::Value as Json;
use std::sync::Arc;

fn json(args: &mut [Value]) -> Result<Arc<Json>, Box<Failure>> {
    match take(args, 0) {
        Value::Json(json) => Ok(json),
        other => Err(impossible("Json", &other)),
    }
}

fn found(json: Option<&Json>) -> Value {
    Value::optional(json.cloned().map(Value::json))
}

pub(super) fn find(name: &str) -> Option<Implementation> {
    Some(Implementation::Plain(match name {
        "get" => |args| {
            let key = text(args, 1)?;
            Ok(found(json(args)?.get(key.as_str())))
        },
        "at" => |args| {
            let index = usize::try_from(int(args, 1)?).ok();
            let json = json(args)?;
            Ok(found(index.and_then(|i| json.get(i))))
        },
        "keys" => |args| {
            let json = json(args)?;
            let keys = json.as_object().into_iter().flat_map(|o| o.keys());
            Ok(Value::list(keys.map(|k| Value::from(k.as_str())).collect()))
        },
        "as_text" => |args| Ok(Value::optional(json(args)?.as_str().map(Value::from))),
        "as_int" => |args| Ok(Value::optional(json(args)?.as_i64().map(Value::Int))),
        "as_float" => |args| Ok(Value::optional(json(args)?.as_f64().map(Value::Float))),
        "as_bool" => |args| Ok(Value::optional(json(args)?.as_bool().map(Value::Bool))),
        "as_list" => |args| {
            let json = json(args)?;
            let items = json.as_array().map(|items| items.iter().cloned().map(Value::json).collect());
            Ok(Value::optional(items.map(Value::list)))
        },
        "as_map" => |args| {
            let json = json(args)?;
            let entries = json
                .as_object()
                .map(|o| o.iter().map(|(k, v)| (Text::from(k.as_str()), Value::json(v.clone()))));
            Ok(Value::optional(entries.map(|e| Value::map(e.collect()))))
        },
        "is_null" => |args| Ok(Value::Bool(json(args)?.is_null())),
        // Writing JSON to a text cannot fail.
        "pretty" => |args| Ok(Value::from(serde_json::to_string_pretty(&*json(args)?).unwrap_or_default())),
        _ => return None,
    }))
}
