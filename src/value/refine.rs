//! Whether a value has the property that its type asks for, and in plain words why not.

use super::json::{Predicates, encode};
use super::{Value, short};
use crate::diagnostics::Failure;
use crate::types::{Refinement, Shape};

/// What is wrong with the value, a sentence without a full stop; nothing if it satisfies the refinement itself (its
/// base is somebody else's concern).
pub fn problem(
    refinement: &Refinement,
    value: &Value,
    predicates: &dyn Predicates,
) -> Result<Option<String>, Box<Failure>> {
    for shape in &refinement.shapes {
        if let Some(problem) = shape_problem(shape, value) {
            return Ok(Some(named(refinement, &problem)));
        }
    }
    if !refinement.complete && !predicates.holds(refinement.id, value)? {
        return Ok(Some(named(
            refinement,
            &format!("{} does not satisfy `{}`", short(value), refinement.source),
        )));
    }
    Ok(None)
}

fn named(refinement: &Refinement, problem: &str) -> String {
    match &refinement.name {
        Some(name) => format!("not a valid `{name}`: {problem}"),
        None => String::from(problem),
    }
}

fn shape_problem(shape: &Shape, value: &Value) -> Option<String> {
    match shape {
        Shape::Matches { pattern, regex } => match value {
            Value::Text(text) if regex.is_match(text) => None,
            _ => Some(format!("{} does not match `{pattern}`", short(value))),
        },
        Shape::MinLen(least) => {
            let (len, unit) = length(value)?;
            (len < *least).then(|| format!("it has {len} {unit}, at least {least} are wanted"))
        }
        Shape::MaxLen(most) => {
            let (len, unit) = length(value)?;
            (len > *most).then(|| format!("it has {len} {unit}, at most {most} are allowed"))
        }
        Shape::Minimum { value: bound, exclusive } => {
            let n = number(value)?;
            let wrong = if *exclusive { n <= *bound } else { n < *bound };
            let words = if *exclusive { "more than" } else { "at least" };
            wrong.then(|| format!("{} is not {words} {}", short(value), bound_text(value, *bound)))
        }
        Shape::Maximum { value: bound, exclusive } => {
            let n = number(value)?;
            let wrong = if *exclusive { n >= *bound } else { n > *bound };
            let words = if *exclusive { "less than" } else { "at most" };
            wrong.then(|| format!("{} is not {words} {}", short(value), bound_text(value, *bound)))
        }
        Shape::OneOf(choices) => {
            let found = Value::json(encode(value).ok()?);
            let fits = choices.iter().any(|c| Value::json(c.clone()) == found);
            (!fits).then(|| {
                let all: Vec<String> = choices.iter().map(ToString::to_string).collect();
                format!("{} is not one of {}", short(value), all.join(", "))
            })
        }
    }
}

fn length(value: &Value) -> Option<(u64, &'static str)> {
    let (len, one, many) = match value {
        Value::Text(text) => (text.chars().count(), "character", "characters"),
        Value::List(items) => (items.len(), "item", "items"),
        Value::Map(entries) => (entries.len(), "entry", "entries"),
        _ => return None,
    };
    Some((len as u64, if len == 1 { one } else { many }))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) | Value::Duration(n) | Value::Size(n) | Value::Time(n) => Some(*n as f64),
        Value::Float(x) => Some(*x),
        _ => None,
    }
}

/// The bound in the form of the value that it bounds.
fn bound_text(like: &Value, bound: f64) -> String {
    match like {
        Value::Float(_) => Value::Float(bound).to_string(),
        Value::Duration(_) => Value::Duration(bound as i64).to_string(),
        Value::Size(_) => Value::Size(bound as i64).to_string(),
        Value::Time(_) => Value::Time(bound as i64).to_string(),
        _ => bound.to_string(),
    }
}

/// Why a text is no path inside the project, from its words alone; symlinks are the world's concern.
pub fn path_problem(text: &str) -> Option<String> {
    let shown = short(&Value::from(text));
    if text.is_empty() {
        Some(String::from("a path cannot be empty"))
    } else if text.starts_with('/') {
        Some(format!("the path {shown} is absolute; paths are relative to the project root"))
    } else if text.split('/').any(|part| part == "..") {
        Some(format!("the path {shown} has `..`; paths stay inside the project"))
    } else if text.contains('\0') {
        Some(format!("the path {shown} has a zero character"))
    } else {
        None
    }
}
