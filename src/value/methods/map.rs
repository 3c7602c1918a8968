//! Maps.

use super::{Implementation, impossible, take, text};
use crate::diagnostics::Failure;
use crate::value::{Map, RecordLayout, Value};
use std::sync::{Arc, LazyLock};

fn map(args: &mut [Value], index: usize) -> Result<Arc<Map>, Box<Failure>> {
    match take(args, index) {
        Value::Map(entries) => Ok(entries),
        other => Err(impossible("a map", &other)),
    }
}

static ENTRY: LazyLock<Arc<RecordLayout>> =
    LazyLock::new(|| RecordLayout::structural(vec!["key".into(), "value".into()]));

pub(super) fn find(name: &str) -> Option<Implementation> {
    use Implementation::{Higher, Plain};
    Some(match name {
        "len" => Plain(|args| Ok(Value::Int(map(args, 0)?.len() as i64))),
        "is_empty" => Plain(|args| Ok(Value::Bool(map(args, 0)?.is_empty()))),
        "keys" => Plain(|args| Ok(Value::list(map(args, 0)?.keys().cloned().map(Value::Text).collect()))),
        "values" => Plain(|args| Ok(Value::list(map(args, 0)?.values().cloned().collect()))),
        "entries" => Plain(|args| {
            let entries = map(args, 0)?;
            let entries = entries
                .iter()
                .map(|(key, value)| Value::record(&ENTRY, vec![Value::Text(key.clone()), value.clone()]));
            Ok(Value::list(entries.collect()))
        }),
        "get" => Plain(|args| {
            let key = text(args, 1)?;
            Ok(Value::optional(map(args, 0)?.get(&key).cloned()))
        }),
        "contains_key" => Plain(|args| {
            let key = text(args, 1)?;
            Ok(Value::Bool(map(args, 0)?.contains_key(&key)))
        }),
        "with" => Plain(|args| {
            let (key, value) = (text(args, 1)?, take(args, 2));
            let mut entries = map(args, 0)?;
            Arc::make_mut(&mut entries).insert(key, value);
            Ok(Value::Map(entries))
        }),
        "without" => Plain(|args| {
            let key = text(args, 1)?;
            let mut entries = map(args, 0)?;
            if entries.contains_key(&key) {
                Arc::make_mut(&mut entries).shift_remove(&key);
            }
            Ok(Value::Map(entries))
        }),
        "merge" => Plain(|args| {
            let other = map(args, 1)?;
            let mut entries = map(args, 0)?;
            Arc::make_mut(&mut entries).extend(other.iter().map(|(k, v)| (k.clone(), v.clone())));
            Ok(Value::Map(entries))
        }),
        "map_values" => Higher(|args, f| {
            let mut entries = Arc::unwrap_or_clone(map(args, 0)?);
            for value in entries.values_mut() {
                *value = f.call(0, std::slice::from_mut(value))?;
            }
            Ok(Value::map(entries))
        }),
        "filter" => Higher(|args, f| {
            let entries = map(args, 0)?;
            let mut out = Map::new();
            for (key, value) in entries.iter() {
                if f.test(0, &mut [Value::Text(key.clone()), value.clone()])? {
                    out.insert(key.clone(), value.clone());
                }
            }
            Ok(Value::map(out))
        }),
        _ => return None,
    })
}
