//! Texts. Positions and lengths count characters.

use super::{Implementation, Outcome, count, list::bounds, take, text, wrong};
use crate::diagnostics::{Failure, codes::runtime};
use crate::value::{RecordLayout, Text, Value, short};
use regex::Regex;
use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

/// A text may not grow beyond this by `repeat` or padding: it would only be a mistake in a number.
const MAX_BYTES: usize = 1 << 30;

static HALVES: LazyLock<Arc<RecordLayout>> =
    LazyLock::new(|| RecordLayout::structural(vec!["left".into(), "right".into()]));

pub(super) fn find(name: &str) -> Option<Implementation> {
    Some(Implementation::Plain(match name {
        "len" => |args| Ok(Value::Int(length(&text(args, 0)?) as i64)),
        "is_empty" => |args| Ok(Value::Bool(text(args, 0)?.is_empty())),
        "trim" => |args| part(args, str::trim),
        "trim_start" => |args| part(args, str::trim_start),
        "trim_end" => |args| part(args, str::trim_end),
        "lines" => |args| Ok(texts(text(args, 0)?.lines())),
        "words" => |args| Ok(texts(text(args, 0)?.split_whitespace())),
        "chars" => |args| {
            let text = text(args, 0)?;
            let mut buffer = [0; 4];
            Ok(Value::list(text.chars().map(|c| Value::from(&*c.encode_utf8(&mut buffer))).collect()))
        },
        "split" => |args| {
            let (whole, separator) = (text(args, 0)?, text(args, 1)?);
            match separator.is_empty() {
                true => Err(wrong(
                    runtime::E1019,
                    String::from("a separator cannot be empty; `chars()` gives the characters"),
                )),
                false => Ok(texts(whole.split(separator.as_str()))),
            }
        },
        "split_once" => |args| {
            let (whole, separator) = (text(args, 0)?, text(args, 1)?);
            let halves = whole.split_once(separator.as_str());
            Ok(Value::optional(
                halves.map(|(l, r)| Value::record(&HALVES, vec![Value::from(l), Value::from(r)])),
            ))
        },
        "starts_with" => |args| Ok(Value::Bool(text(args, 0)?.starts_with(text(args, 1)?.as_str()))),
        "ends_with" => |args| Ok(Value::Bool(text(args, 0)?.ends_with(text(args, 1)?.as_str()))),
        "contains" => |args| Ok(Value::Bool(text(args, 0)?.contains(text(args, 1)?.as_str()))),
        "find" => |args| {
            let (whole, wanted) = (text(args, 0)?, text(args, 1)?);
            let at = whole.find(wanted.as_str());
            Ok(Value::optional(at.map(|i| Value::Int(length(&whole[..i]) as i64))))
        },
        "matches" => |args| {
            let (whole, pattern) = (text(args, 0)?, text(args, 1)?);
            with_regex(&pattern, |regex| Value::Bool(regex.is_match(&whole)))
        },
        "find_all" => |args| {
            let (whole, pattern) = (text(args, 0)?, text(args, 1)?);
            with_regex(&pattern, |regex| texts(regex.find_iter(&whole).map(|m| m.as_str())))
        },
        "captures" => |args| {
            let (whole, pattern) = (text(args, 0)?, text(args, 1)?);
            with_regex(&pattern, |regex| {
                Value::optional(regex.captures(&whole).map(|groups| {
                    Value::list(
                        groups.iter().map(|g| Value::optional(g.map(|m| Value::from(m.as_str())))).collect(),
                    )
                }))
            })
        },
        "replace" => |args| {
            let (whole, from, to) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
            match from.is_empty() {
                true => Err(wrong(runtime::E1019, String::from("the text to replace cannot be empty"))),
                false => Ok(Value::from(whole.replace(from.as_str(), &to))),
            }
        },
        "strip_prefix" => |args| {
            let (whole, prefix) = (text(args, 0)?, text(args, 1)?);
            Ok(Value::optional(whole.strip_prefix(prefix.as_str()).map(Value::from)))
        },
        "strip_suffix" => |args| {
            let (whole, suffix) = (text(args, 0)?, text(args, 1)?);
            Ok(Value::optional(whole.strip_suffix(suffix.as_str()).map(Value::from)))
        },
        "upper" => |args| Ok(Value::from(text(args, 0)?.to_uppercase())),
        "lower" => |args| Ok(Value::from(text(args, 0)?.to_lowercase())),
        "slice" => |args| {
            let (from, to) = bounds(args)?;
            let whole = text(args, 0)?;
            Ok(Value::from(whole.chars().skip(from).take(to.saturating_sub(from)).collect::<String>()))
        },
        "repeat" => |args| {
            let times = count(args, 1, "how often to repeat a text")?;
            let whole = text(args, 0)?;
            match whole.len().checked_mul(times) {
                Some(bytes) if bytes <= MAX_BYTES => Ok(Value::from(whole.repeat(times))),
                _ => Err(wrong(
                    runtime::E1019,
                    format!("{} repeated {times} times is too long a text", short(&Value::Text(whole))),
                )),
            }
        },
        "pad_left" => |args| {
            let (whole, padding) = padding(args)?;
            Ok(Value::from(padding + &whole))
        },
        "pad_right" => |args| {
            let (whole, padding) = padding(args)?;
            let mut whole = whole;
            whole.push_str(&padding);
            Ok(Value::Text(whole))
        },
        _ => return None,
    }))
}

fn length(text: &str) -> usize {
    // Counting bytes is enough for most texts, and much faster.
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

fn texts<'t>(parts: impl Iterator<Item = &'t str>) -> Value {
    Value::list(parts.map(Value::from).collect())
}

/// A part of the receiver; the receiver itself where it is all of it.
fn part(args: &mut [Value], cut: fn(&str) -> &str) -> Outcome {
    let whole = text(args, 0)?;
    let cut = cut(&whole);
    Ok(match cut.len() == whole.len() {
        true => Value::Text(whole),
        false => Value::from(cut),
    })
}

fn padding(args: &mut [Value]) -> Result<(Text, String), Box<Failure>> {
    let width = count(args, 1, "a width")?;
    let whole = text(args, 0)?;
    let with = match take(args, 2) {
        Value::Text(with) => with,
        _ => Text::from(" "),
    };
    let missing = width.saturating_sub(length(&whole));
    if missing == 0 {
        return Ok((whole, String::new()));
    }
    if with.is_empty() {
        return Err(wrong(runtime::E1019, String::from("the text to fill up with cannot be empty")));
    }
    if missing > MAX_BYTES / 4 {
        return Err(wrong(runtime::E1019, format!("{width} characters are too long a text")));
    }
    Ok((whole, with.chars().cycle().take(missing).collect()))
}

/// Compiles a pattern once in a row: programs use the same few again and again.
pub(crate) fn with_regex(pattern: &str, then: impl FnOnce(&Regex) -> Value) -> Outcome {
    const KEPT: usize = 16;
    thread_local! {
        static RECENT: RefCell<Vec<(String, Regex)>> = const { RefCell::new(Vec::new()) };
    }
    RECENT.with_borrow_mut(|recent| {
        if let Some(at) = recent.iter().position(|(p, _)| p == pattern) {
            let found = recent.remove(at);
            recent.push(found);
        } else {
            let regex = Regex::new(&crate::types::spelled_out(pattern))
                .map_err(|error| pattern_failure(pattern, &error))?;
            if recent.len() == KEPT {
                recent.remove(0);
            }
            recent.push((pattern.to_owned(), regex));
        }
        // Something was pushed in both cases.
        Ok(recent.last().map_or(Value::Nothing, |(_, regex)| then(regex)))
    })
}

pub(crate) fn pattern_failure(pattern: &str, error: &regex::Error) -> Box<Failure> {
    let last = error.to_string();
    let last = last.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    wrong(runtime::E1020, format!("`{pattern}` is no regular expression: {last}"))
}
