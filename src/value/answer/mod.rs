//! From the text of an AI's answer to a value of the wanted type.
//!
//! Strict JSON is what is asked for, and what is read first. An answer that is not is read leniently, in two steps:
//! candidates, the places in the text where a value may stand (`find`), without regard to the type; and coercion of
//! each candidate towards the type (`coerce`), whose result the strict decoder judges. Every step from the text to the
//! value has a name ([`Kind`]), and all that were taken are reported.
//!
//! The rule in all of it: a value is taken only where there is one way to read the answer. Two candidates with different
//! values, a value that goes on after the end of the text, an object that may be either of two variants, words that may
//! decline to answer: none of these is a value.

mod coerce;
mod find;
mod forms;
mod leniency;
mod lines;
mod number;
mod quoted;
mod reader;
mod refusal;
mod scalar;
mod tree;
mod variant;

pub use leniency::{Kind, Leniency};

use super::json::{self, Decoder, Mismatch, Mode, encode};
use super::{Value, short};
use crate::types::{DefKind, Shape, Type};
use coerce::{Shaper, plain};
use find::{Candidate, Form};
use leniency::Notes;
use reader::Reader;
use serde_json::Value as Json;
use std::collections::HashSet;
use tree::{CUT, Object, Tree, twice};

/// Longer answers are not read.
pub const MAX_BYTES: usize = 1 << 20;

/// A value, and what was forgiven on the way to it.
#[derive(Debug, Clone)]
pub struct Reading {
    pub value: Value,
    pub leniencies: Vec<Leniency>,
}

/// Reads an answer as a value of the type, or says what is wrong with it in words for whoever gave it.
/// `strict` forbids every leniency.
pub fn read(decoder: &Decoder<'_>, ty: &Type, text: &str, strict: bool) -> Result<Reading, Vec<String>> {
    let decoder = Decoder { mode: Mode::Strict, ..*decoder };
    if text.len() > MAX_BYTES {
        return Err(vec![format!("the answer has {} bytes, more than {MAX_BYTES} are not read", text.len())]);
    }
    let whole = json::parse(text);
    match &whole {
        Ok(json) => match decoder.decode(ty, json) {
            Ok(value) => {
                return match contradiction(text) {
                    Some(problem) => Err(vec![problem]),
                    None => Ok(Reading { value, leniencies: Vec::new() }),
                };
            }
            Err(wrong) if strict => return Err(messages(&wrong)),
            Err(_) => {}
        },
        Err(failure) if strict => {
            return Err(vec![format!(
                "{}; the answer must be one JSON value and nothing else",
                failure.message
            )]);
        }
        Err(_) => {}
    }
    let found = find::candidates(text);
    if found.too_deep {
        return Err(vec![json::too_deep().message]);
    }
    if found.too_many {
        return Err(vec![String::from("the answer has too many values in it: give one and nothing else")]);
    }
    // What came before is not the answer if more was to come.
    if found.cut {
        return Err(vec![format!("{CUT}: its last value is not closed")]);
    }
    let broken = |what: &str, at: usize| {
        let before = &text[..at.min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        vec![format!("not valid JSON: {what} in line {line}, column {column}")]
    };
    if let (true, Some((what, at))) = (found.broken_last, found.broken) {
        // It may have been meant to replace what comes before it.
        return Err(broken(what, at));
    }
    choose(&decoder, ty, &found.candidates).map_err(|wrong| match (wrong.is_empty(), found.broken, whole) {
        (false, ..) => wrong,
        (true, Some((what, at)), _) => broken(what, at),
        (true, None, Err(failure)) => vec![failure.message],
        (true, None, Ok(_)) => vec![String::from("the answer is not of the wanted type")],
    })
}

/// A text without its leading block of thinking, for an answer that needs no type.
pub fn plain_text(text: &str) -> (&str, Option<Leniency>) {
    if text.trim_start().starts_with('<')
        && let Ok(rest) = find::without_thinking(text)
        && rest.len() < text.trim_start().len()
    {
        return (rest, Some(Leniency { kind: Kind::Thinking, at: None }));
    }
    (text, None)
}

/// What of valid JSON would be lost in reading it: one key with two values.
fn contradiction(text: &str) -> Option<String> {
    let tree = Reader::new(text.trim_start(), 0).value().ok()?;
    tree.contradiction().map(twice)
}

fn messages(wrong: &[Mismatch]) -> Vec<String> {
    wrong.iter().map(Mismatch::to_string).collect()
}

/// The one value that the candidates give; no message if none of them can be one at all.
fn choose(decoder: &Decoder<'_>, ty: &Type, candidates: &[Candidate]) -> Result<Reading, Vec<String>> {
    // As the list that all of them are, before each may be the answer.
    let sequence = candidates.iter().find(|c| c.form == Form::Sequence);
    if let (Some(sequence), Type::List(_)) = (sequence, without_optional(ty).base())
        && let Ok((reading, _)) = value(decoder, ty, sequence)
    {
        return Ok(reading);
    }
    let mut taken: Option<(Reading, Json, &Candidate)> = None;
    let mut wrong: Vec<Mismatch> = Vec::new();
    let mut others: Vec<&Candidate> = Vec::new();
    let mut more = Notes::default();
    for candidate in candidates.iter().filter(|c| c.form != Form::Sequence) {
        if let Some(problem) = unfit(decoder, ty, candidate) {
            // What is wrong with the word itself says more.
            match value(decoder, ty, candidate) {
                Err(mismatches) if candidate.form == Form::Word => wrong.extend(mismatches),
                _ => wrong.push(Mismatch { path: String::from("$"), message: problem }),
            }
            continue;
        }
        match value(decoder, ty, candidate) {
            Ok((reading, json)) => match &taken {
                None => taken = Some((reading, json, candidate)),
                Some((_, same, _)) if *same == json => more.add(Kind::Repeated),
                Some((_, other, _)) => {
                    let show = |json: &Json| short(&Value::json(json.clone()));
                    return Err(vec![format!(
                        "the answer can be read in more than one way, as {} and as {}: give one value and nothing else",
                        show(other),
                        show(&json)
                    )]);
                }
            },
            Err(mismatches) => {
                others.push(candidate);
                if wrong.is_empty() || mismatches.len() < wrong.len() {
                    wrong = mismatches;
                }
            }
        }
    }
    match taken {
        Some((mut reading, _, candidate)) => {
            if candidate.form == Form::Value {
                // One like it that cannot be taken may be the one that counts.
                if others.iter().any(|other| alike(&other.tree, &candidate.tree)) {
                    return Err(messages(&wrong));
                }
                if !others.is_empty() {
                    more.add(Kind::Others);
                }
            }
            reading.leniencies.extend(more.leniencies());
            Ok(reading)
        }
        None => Err(messages(&wrong)),
    }
}

/// Whether two candidates try to say the same: objects with a key in common, or two lists.
fn alike(a: &Tree, b: &Tree) -> bool {
    match (a, b) {
        (Tree::Object(a), Tree::Object(b)) => {
            let keys: HashSet<String> = a.entries.iter().map(|(key, _)| plain(key)).collect();
            b.entries.iter().any(|(key, _)| keys.contains(&plain(key)))
        }
        (Tree::List(a), Tree::List(b)) => !a.is_empty() && !b.is_empty(),
        _ => false,
    }
}

/// The value of a candidate, with its JSON form, by which two of them are compared.
fn value(decoder: &Decoder<'_>, ty: &Type, candidate: &Candidate) -> Result<(Reading, Json), Vec<Mismatch>> {
    let mut shaper = Shaper::new(decoder, ty);
    let shaped = shaper.shape(ty, &candidate.tree, true);
    if !shaper.problems.is_empty() {
        return Err(shaper.problems);
    }
    if json::depth(&shaped) > json::MAX_DEPTH {
        return Err(vec![Mismatch { path: String::from("$"), message: json::too_deep().message }]);
    }
    let value = decoder.decode(ty, &shaped)?;
    let json = encode(&value).unwrap_or(shaped);
    let leniencies = candidate.notes.leniencies().chain(shaper.notes).collect();
    Ok((Reading { value, leniencies }, json))
}

fn without_optional(ty: &Type) -> &Type {
    match ty.base() {
        Type::Optional(inner) => without_optional(inner),
        _ => ty,
    }
}

/// Why a candidate of this form cannot be a value of the type, whatever it says.
fn unfit(decoder: &Decoder<'_>, ty: &Type, candidate: &Candidate) -> Option<String> {
    let inner = without_optional(ty);
    match (candidate.form, &candidate.tree) {
        (Form::Word, Tree::Bare(word)) => word_unfit(inner, word),
        // `High: nobody looked at it` says something about `High`.
        (Form::Lines, Tree::Object(object))
            if object.entries.len() == 1 && names_a_variant(decoder, inner, object) =>
        {
            Some(String::from("a line of text stands where JSON is expected"))
        }
        (Form::Lines, Tree::Object(object)) => {
            let fits = match inner.base() {
                Type::Record(_) | Type::Output | Type::Approval | Type::Rejection | Type::Failure => true,
                Type::Named(_) => true,
                // `Answer: 5`
                Type::Text | Type::Path | Type::Json | Type::List(_) | Type::Map(_) => false,
                _ => object.entries.len() == 1,
            };
            (!fits).then(|| String::from("lines of text stand where JSON is expected"))
        }
        _ => None,
    }
}

/// A line without quotes is taken for what it says only where its words are few: it may as well decline to answer, or
/// talk about the question.
fn word_unfit(ty: &Type, word: &str) -> Option<String> {
    let quote = || Some(format!("{} stands without quotes: write it as JSON", short(&Value::from(word))));
    match ty.base() {
        Type::Text => match names_its_words(ty, word) {
            true if !refusal::declines(word) => None,
            _ => quote(),
        },
        Type::Path if refusal::declines(word) || word.contains(char::is_whitespace) => quote(),
        Type::List(item) => match without_optional(item).base() {
            Type::Text | Type::Path | Type::List(_) => quote(),
            _ => word_unfit(without_optional(item), word),
        },
        Type::Json => quote(),
        _ => None,
    }
}

fn names_a_variant(decoder: &Decoder<'_>, ty: &Type, object: &Object) -> bool {
    let Type::Named(id) = ty.base() else { return false };
    match &decoder.defs.get(*id).kind {
        DefKind::Enum(variants) => {
            object.entries.iter().any(|(key, _)| variants.iter().any(|v| plain(&v.name) == plain(key)))
        }
        DefKind::Record(_) => false,
    }
}

/// Whether the refinements of a text say what it looks like, and not only how long it is. A pattern may let a whole
/// sentence through, which is no reason to take one.
fn names_its_words(ty: &Type, word: &str) -> bool {
    match ty {
        Type::Refined(r) => {
            let names = |s: &Shape| match s {
                Shape::OneOf(_) => true,
                Shape::Matches { .. } => !word.contains(char::is_whitespace),
                _ => false,
            };
            r.shapes.iter().any(names) || names_its_words(&r.base, word)
        }
        _ => false,
    }
}
