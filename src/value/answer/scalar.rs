//! Values without parts: numbers, truth values, durations, sizes, times, and texts with a refinement.

use super::coerce::Shaper;
use super::leniency::Kind;
use super::tree::Tree;
use super::{forms, number};
use crate::types::{Refinement, Shape, Type};
use crate::value::json::MAX_EXACT_INT;
use crate::value::{Value, parse_duration, parse_size, refine, time};
use serde_json::Value as Json;

/// Without marks of emphasis and the end of a sentence.
pub(super) fn undressed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`' | '"' | '\''))
        .trim_end_matches(['.', '!', ';', ','])
        .trim_end_matches(['*', '_', '`', '"', '\''])
}

impl Shaper<'_> {
    pub(super) fn scalar(&mut self, ty: &Type, tree: &Tree, root: bool) -> Json {
        let text = match tree {
            Tree::Text(text) | Tree::Bare(text) => text.as_str(),
            Tree::Number(n) if *ty == Type::Text => {
                self.note(Kind::NumberToText);
                return Json::from(n.written.as_str());
            }
            Tree::Bool(_, word @ ("true" | "false")) if *ty == Type::Text => {
                self.note(Kind::BoolToText);
                return Json::from(*word);
            }
            other => return other.json(),
        };
        if let Some(json) = self.said_by(ty, text) {
            return json;
        }
        // The last try: without what stands around a word that is all of the answer.
        let bare = undressed(text);
        if let (Tree::Bare(_), true, true) = (tree, root, bare.len() < text.len())
            && let Some(json) = self.said_by(ty, bare)
        {
            self.note(Kind::Punctuation);
            return json;
        }
        Json::from(text)
    }

    /// The JSON form of what a text says, or nothing if it says no value of the type.
    fn said_by(&mut self, ty: &Type, text: &str) -> Option<Json> {
        let (kind, json) = match ty {
            Type::Int => {
                if is_large_int(text) {
                    return Some(Json::from(text));
                }
                let json: Json = serde_json::from_str(&number::in_text(text, true)?).ok()?;
                let whole = json.as_i64().is_some()
                    || json.as_f64().is_some_and(|x| x.fract() == 0.0 && x.abs() < MAX_EXACT_INT as f64);
                (Kind::TextToInt, Some(json).filter(|_| whole)?)
            }
            Type::Float => (Kind::TextToFloat, serde_json::from_str(&number::in_text(text, false)?).ok()?),
            Type::Bool => {
                let lower = text.trim().to_lowercase();
                let value = match lower.as_str() {
                    "true" | "yes" => true,
                    "false" | "no" => false,
                    _ => return None,
                };
                (Kind::TextToBool, Json::Bool(value))
            }
            Type::Duration if parse_duration(text).is_none() => {
                (Kind::DurationForm, Json::from(crate::value::duration_text(forms::duration(text)?)))
            }
            Type::Size if parse_size(text).is_none() => {
                (Kind::SizeForm, Json::from(crate::value::size_text(forms::size(text)?)))
            }
            Type::Time if time::parse(text).is_none() => {
                (Kind::TimeForm, Json::from(time::rfc3339(forms::moment(text)?)))
            }
            _ => return Some(Json::from(text)),
        };
        self.note(kind);
        Some(json)
    }

    /// A text that misses its refinement only by white space around it, or by the case of a word that is listed.
    pub(super) fn refined(&mut self, r: &Refinement, json: Json) -> Json {
        let Json::String(text) = &json else { return json };
        if r.base.base() != &Type::Text {
            return json;
        }
        let predicates = self.with.predicates;
        let fits = |text: &str| matches!(refine::problem(r, &Value::from(text), predicates), Ok(None));
        if fits(text) {
            return json;
        }
        let trimmed = text.trim();
        if trimmed.len() < text.len() && fits(trimmed) {
            self.note(Kind::WhiteSpace);
            return Json::from(trimmed);
        }
        let words = r.shapes.iter().filter_map(|s| match s {
            Shape::OneOf(words) => Some(words),
            _ => None,
        });
        let same = |word: &&str| word.to_lowercase() == trimmed.to_lowercase() && fits(word);
        let mut same = words.flatten().filter_map(Json::as_str).filter(same);
        match (same.next(), same.next()) {
            (Some(word), None) => {
                self.note(Kind::LiteralCase);
                Json::from(word)
            }
            _ => json,
        }
    }
}

/// An Int beyond 2^53, whose form is text.
fn is_large_int(text: &str) -> bool {
    text.parse::<i64>()
        .is_ok_and(|n| n.unsigned_abs() > MAX_EXACT_INT.unsigned_abs() && n.to_string() == text)
}
