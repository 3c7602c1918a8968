//! Text to a value of a type: what `Int.parse("5")` gives, and what a flag of the command line means.

use super::json::{Decoder, Mismatch, Mode, parse as parse_json};
use super::{Value, parse_duration, parse_size, refine, time};
use crate::types::{DefKind, Type};
use serde_json::Value as Json;

/// Reads one word. Plain types as a program writes them, lists also as `a,b,c`, whatever has parts as JSON.
pub fn parse(decoder: &Decoder<'_>, ty: &Type, text: &str) -> Result<Value, Vec<Mismatch>> {
    let one = |message: String| vec![Mismatch { path: String::from("$"), message }];
    let expected = |what: &str| one(format!("expected {what}, found {}", super::short(&Value::from(text))));
    match ty {
        Type::Text => Ok(Value::from(text)),
        Type::Path | Type::Role => decoder.decode(ty, &Json::from(text)),
        Type::Int => parse_int(text).map(Value::Int).ok_or_else(|| expected("a whole number")),
        Type::Float => parse_float(text).map(Value::Float).ok_or_else(|| expected("a number")),
        Type::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(expected("true or false")),
        },
        Type::Duration => {
            parse_duration(text).map(Value::Duration).ok_or_else(|| expected("a duration such as 20m"))
        }
        Type::Size => parse_size(text).map(Value::Size).ok_or_else(|| expected("a size such as 10MiB")),
        Type::Time => {
            time::parse(text).map(Value::Time).ok_or_else(|| expected("a time such as 2026-11-23T10:00:00Z"))
        }
        Type::Json => parse_json(text).map(Value::json).map_err(|failure| one(failure.message)),
        Type::Optional(inner) => parse(decoder, inner, text),
        Type::Refined(r) => {
            let value = parse(decoder, &r.base, text)?;
            match refine::problem(r, &value, decoder.predicates) {
                Ok(None) => Ok(value),
                Ok(Some(problem)) => Err(one(problem)),
                Err(failure) => Err(one(failure.message)),
            }
        }
        Type::Named(id)
            if matches!(&decoder.defs.get(*id).kind, DefKind::Enum(variants)
                if variants.iter().any(|v| v.fields.is_empty()))
                && !text.trim_start().starts_with('{') =>
        {
            decoder.decode(ty, &Json::from(text))
        }
        Type::List(item) if !text.trim_start().starts_with('[') => {
            if text.is_empty() {
                return Ok(Value::list(Vec::new()));
            }
            let mut items = Vec::new();
            let mut wrong = Vec::new();
            for (i, part) in text.split(',').enumerate() {
                match parse(decoder, item, part.trim()) {
                    Ok(value) => items.push(value),
                    Err(problems) => wrong.extend(problems.into_iter().map(|m| Mismatch {
                        path: m.path.replacen('$', &format!("$[{i}]"), 1),
                        message: m.message,
                    })),
                }
            }
            if wrong.is_empty() { Ok(Value::list(items)) } else { Err(wrong) }
        }
        _ => {
            let json = parse_json(text).map_err(|failure| one(failure.message))?;
            Decoder { mode: Mode::Strict, ..*decoder }.decode(ty, &json)
        }
    }
}

/// Decimal digits with an optional minus sign, `_` between digits as in a literal.
pub fn parse_int(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let fine = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if !fine {
        return None;
    }
    match digits.contains('_') {
        true => text.replace('_', "").parse().ok(),
        false => text.parse().ok(),
    }
}

/// A decimal number; neither infinite nor "not a number".
pub fn parse_float(text: &str) -> Option<f64> {
    let starts = text.strip_prefix('-').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit());
    let x: f64 = text.parse().ok()?;
    (starts && x.is_finite()).then_some(x)
}
