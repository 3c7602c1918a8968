//! Lists: what takes functions.

use super::{Calls, Implementation, Trouble, impossible, list, take};
use crate::value::{Map, RecordLayout, Text, Value, compare};
use std::cmp::Ordering;
use std::sync::{Arc, LazyLock};

type Result<T = Value> = std::result::Result<T, Trouble>;

pub(super) fn find(name: &str) -> Option<Implementation> {
    Some(Implementation::Higher(match name {
        "map" => |args, f| {
            // A list that nobody else holds is mapped in place.
            let mut items = Arc::unwrap_or_clone(list(args, 0)?);
            for item in &mut items {
                *item = f.call(0, std::slice::from_mut(item))?;
            }
            Ok(Value::list(items))
        },
        "filter" => |args, f| {
            let items = list(args, 0)?;
            let mut out = Vec::new();
            for item in items.iter() {
                if f.test(0, &mut [item.clone()])? {
                    out.push(item.clone());
                }
            }
            Ok(Value::list(out))
        },
        "flat_map" => |args, f| {
            let mut out = Vec::new();
            for item in list(args, 0)?.iter() {
                match f.call(0, &mut [item.clone()])? {
                    Value::List(items) => out.extend(Arc::unwrap_or_clone(items)),
                    other => return Err(impossible("a list", &other).into()),
                }
            }
            Ok(Value::list(out))
        },
        "any" => |args, f| Ok(Value::Bool(position(args, f, true)?.is_some())),
        "all" => |args, f| Ok(Value::Bool(position(args, f, false)?.is_none())),
        "find" => |args, f| {
            let items = list(args, 0)?;
            let found = position(&mut [Value::List(items.clone())], f, true)?;
            Ok(Value::optional(found.map(|i| items[i].clone())))
        },
        "count" => |args, f| {
            let mut n = 0;
            for item in list(args, 0)?.iter() {
                n += i64::from(f.test(0, &mut [item.clone()])?);
            }
            Ok(Value::Int(n))
        },
        "fold" => |args, f| {
            let mut so_far = take(args, 1);
            for item in list(args, 0)?.iter() {
                so_far = f.call(0, &mut [so_far, item.clone()])?;
            }
            Ok(so_far)
        },
        "min_by" => |args, f| best(args, f, Ordering::Less),
        "max_by" => |args, f| best(args, f, Ordering::Greater),
        "sort_by" => sort_by,
        "group_by" => |args, f| {
            let items = list(args, 0)?;
            let mut groups: indexmap::IndexMap<Text, Vec<Value>> = indexmap::IndexMap::new();
            for item in items.iter() {
                let key = match f.call(0, &mut [item.clone()])? {
                    Value::Text(text) => text,
                    other => Text::from(other.to_string()),
                };
                groups.entry(key).or_default().push(item.clone());
            }
            Ok(Value::map(groups.into_iter().map(|(key, items)| (key, Value::list(items))).collect()))
        },
        "partition" => |args, f| {
            let (mut yes, mut no) = (Vec::new(), Vec::new());
            for item in list(args, 0)?.iter() {
                match f.test(0, &mut [item.clone()])? {
                    true => yes.push(item.clone()),
                    false => no.push(item.clone()),
                }
            }
            Ok(Value::record(&YES_NO, vec![Value::list(yes), Value::list(no)]))
        },
        "to_map" => |args, f| {
            let items = list(args, 0)?;
            let mut out = Map::with_capacity(items.len());
            for item in items.iter() {
                let key = match f.call(0, &mut [item.clone()])? {
                    Value::Text(text) => text,
                    other => return Err(impossible("a text", &other).into()),
                };
                out.insert(key, f.call(1, &mut [item.clone()])?);
            }
            Ok(Value::map(out))
        },
        _ => return None,
    }))
}

static YES_NO: LazyLock<Arc<RecordLayout>> =
    LazyLock::new(|| RecordLayout::structural(vec!["yes".into(), "no".into()]));

/// The first item for which the function says `wanted`.
fn position(args: &mut [Value], f: &mut dyn Calls, wanted: bool) -> Result<Option<usize>> {
    for (i, item) in list(args, 0)?.iter().enumerate() {
        if f.test(0, &mut [item.clone()])? == wanted {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

fn best(args: &mut [Value], f: &mut dyn Calls, better: Ordering) -> Result {
    let items = list(args, 0)?;
    let mut best: Option<(Value, &Value)> = None;
    for item in items.iter() {
        let key = f.call(0, &mut [item.clone()])?;
        if best.as_ref().is_none_or(|(so_far, _)| compare(&key, so_far) == better) {
            best = Some((key, item));
        }
    }
    Ok(Value::optional(best.map(|(_, item)| item.clone())))
}

/// Each key is computed once. Keys that are numbers, the common case, are compared as numbers.
fn sort_by(args: &mut [Value], f: &mut dyn Calls) -> Result {
    let items = list(args, 0)?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items.iter() {
        keyed.push((f.call(0, &mut [item.clone()])?, item));
    }
    if keyed.iter().all(|(key, _)| matches!(key, Value::Int(_))) {
        let mut numbers: Vec<(i64, &Value)> =
            keyed.into_iter().map(|(key, item)| (key.as_int().unwrap_or_default(), item)).collect();
        numbers.sort_by_key(|(n, _)| *n);
        return Ok(Value::list(numbers.into_iter().map(|(_, item)| item.clone()).collect()));
    }
    keyed.sort_by(|a, b| compare(&a.0, &b.0));
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item.clone()).collect()))
}
