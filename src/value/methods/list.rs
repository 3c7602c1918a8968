//! Lists: what needs no function.

use super::{Implementation, Outcome, count, impossible, int, list, take, wrong};
use crate::diagnostics::codes::runtime;
use crate::value::{RecordLayout, Value, compare};
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

pub(super) fn find(name: &str) -> Option<Implementation> {
    Some(Implementation::Plain(match name {
        "len" => |args| Ok(Value::Int(list(args, 0)?.len() as i64)),
        "is_empty" => |args| Ok(Value::Bool(list(args, 0)?.is_empty())),
        "flatten" => flatten,
        "present" => |args| {
            let mut items = Arc::unwrap_or_clone(list(args, 0)?);
            items.retain(|v| !matches!(v, Value::None));
            Ok(Value::list(items))
        },
        "sum" => sum,
        "min" => |args| Ok(Value::optional(list(args, 0)?.iter().min_by(|a, b| compare(a, b)).cloned())),
        // The first of equal ones, as `min` does.
        "max" => {
            |args| Ok(Value::optional(list(args, 0)?.iter().rev().max_by(|a, b| compare(a, b)).cloned()))
        }
        "sort" => |args| {
            let mut items = Arc::unwrap_or_clone(list(args, 0)?);
            sort(&mut items);
            Ok(Value::list(items))
        },
        "reverse" => |args| {
            let mut items = Arc::unwrap_or_clone(list(args, 0)?);
            items.reverse();
            Ok(Value::list(items))
        },
        "unique" => |args| {
            let items = list(args, 0)?;
            let mut seen: HashSet<&Value> = HashSet::with_capacity(items.len());
            let kept = items.iter().filter(|v| seen.insert(v)).cloned().collect();
            Ok(Value::list(kept))
        },
        "join" => join,
        "first" => |args| Ok(Value::optional(list(args, 0)?.first().cloned())),
        "last" => |args| Ok(Value::optional(list(args, 0)?.last().cloned())),
        "get" => |args| {
            let index = usize::try_from(int(args, 1)?).ok();
            let items = list(args, 0)?;
            Ok(Value::optional(index.and_then(|i| items.get(i)).cloned()))
        },
        "take" => |args| {
            let n = count(args, 1, "how many items to take")?;
            let mut items = Arc::unwrap_or_clone(list(args, 0)?);
            items.truncate(n);
            Ok(Value::list(items))
        },
        "drop" => |args| {
            let n = count(args, 1, "how many items to drop")?;
            let items = list(args, 0)?;
            Ok(Value::list(items.get(n..).unwrap_or_default().to_vec()))
        },
        "slice" => |args| {
            let (from, to) = bounds(args)?;
            let items = list(args, 0)?;
            let to = to.min(items.len());
            Ok(Value::list(items.get(from..to).unwrap_or_default().to_vec()))
        },
        "chunks" => |args| {
            let size = int(args, 1)?;
            let items = list(args, 0)?;
            match usize::try_from(size) {
                Ok(size) if size > 0 => {
                    Ok(Value::list(items.chunks(size).map(|c| Value::list(c.to_vec())).collect()))
                }
                _ => {
                    Err(wrong(runtime::E1019, format!("the size of chunks is at least 1, and it is {size}")))
                }
            }
        },
        "zip" => |args| {
            let (left, right) = (list(args, 0)?, list(args, 1)?);
            let pairs = left.iter().zip(right.iter());
            Ok(Value::list(pairs.map(|(l, r)| Value::record(&PAIR, vec![l.clone(), r.clone()])).collect()))
        },
        "enumerate" => |args| {
            let items = Arc::unwrap_or_clone(list(args, 0)?);
            let pairs = items.into_iter().enumerate();
            Ok(Value::list(
                pairs.map(|(i, v)| Value::record(&INDEXED, vec![Value::Int(i as i64), v])).collect(),
            ))
        },
        "contains" => |args| {
            let item = take(args, 1);
            Ok(Value::Bool(list(args, 0)?.contains(&item)))
        },
        "index_of" => |args| {
            let item = take(args, 1);
            let index = list(args, 0)?.iter().position(|v| *v == item);
            Ok(Value::optional(index.map(|i| Value::Int(i as i64))))
        },
        "append" => |args| {
            let item = take(args, 1);
            let mut items = list(args, 0)?;
            Arc::make_mut(&mut items).push(item);
            Ok(Value::List(items))
        },
        "prepend" => |args| {
            let item = take(args, 1);
            let mut items = list(args, 0)?;
            Arc::make_mut(&mut items).insert(0, item);
            Ok(Value::List(items))
        },
        _ => return None,
    }))
}

static PAIR: LazyLock<Arc<RecordLayout>> =
    LazyLock::new(|| RecordLayout::structural(vec!["left".into(), "right".into()]));
static INDEXED: LazyLock<Arc<RecordLayout>> =
    LazyLock::new(|| RecordLayout::structural(vec!["index".into(), "item".into()]));

/// The bounds of `slice`: the second is "to the end" where it was left out.
pub(super) fn bounds(args: &mut [Value]) -> Result<(usize, usize), Box<crate::diagnostics::Failure>> {
    let from = count(args, 1, "the start of a slice")?;
    let to = match args.get(2) {
        None | Some(Value::None) => usize::MAX,
        Some(_) => count(args, 2, "the end of a slice")?,
    };
    Ok((from, to))
}

/// Ascending and stable. Lists of plain numbers, the common case, are sorted as numbers.
pub(super) fn sort(items: &mut [Value]) {
    if items.iter().all(|v| matches!(v, Value::Int(_))) {
        let mut numbers: Vec<i64> = items.iter().filter_map(Value::as_int).collect();
        numbers.sort_unstable();
        for (item, n) in items.iter_mut().zip(numbers) {
            *item = Value::Int(n);
        }
    } else {
        items.sort_by(compare);
    }
}

fn flatten(args: &mut [Value]) -> Outcome {
    let lists = list(args, 0)?;
    let mut out = Vec::with_capacity(lists.iter().filter_map(Value::as_list).map(<[Value]>::len).sum());
    for inner in lists.iter() {
        match inner {
            Value::List(items) => out.extend_from_slice(items),
            other => return Err(impossible("a list", other)),
        }
    }
    Ok(Value::list(out))
}

/// The second argument, which no program writes, is the zero of the items' type.
fn sum(args: &mut [Value]) -> Outcome {
    let zero = match take(args, 1) {
        Value::None => Value::Int(0),
        zero => zero,
    };
    let items = list(args, 0)?;
    let overflow = || wrong(runtime::E1002, format!("the sum of {} items is out of range", items.len()));
    let mut total = zero;
    for item in items.iter() {
        total = match (&total, item) {
            (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_add(*b).ok_or_else(overflow)?),
            (Value::Duration(a), Value::Duration(b)) => {
                Value::Duration(a.checked_add(*b).ok_or_else(overflow)?)
            }
            (Value::Size(a), Value::Size(b)) => Value::Size(a.checked_add(*b).ok_or_else(overflow)?),
            (a, b) => match (a.as_float(), b.as_float()) {
                (Some(a), Some(b)) if (a + b).is_finite() => Value::Float(a + b),
                (Some(_), Some(_)) => return Err(overflow()),
                _ => return Err(impossible("a number", b)),
            },
        };
    }
    Ok(total)
}

fn join(args: &mut [Value]) -> Outcome {
    use std::fmt::Write;
    let separator = match take(args, 1) {
        Value::Text(text) => text,
        _ => crate::value::Text::default(),
    };
    let items = list(args, 0)?;
    let mut out = String::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(&separator);
        }
        match item {
            Value::Text(text) => out.push_str(text),
            // Writing to a String cannot fail.
            other => {
                let _ = write!(out, "{other}");
            }
        }
    }
    Ok(Value::from(out))
}
