//! `key: value` in lines, as in YAML: read only where every line is one and none can mean two things.

use super::leniency::{Kind, Notes};
use super::reader::{Reader, is_quote};
use super::tree::{Object, Tree};

/// The lines as an object, if that is what the text consists of.
pub fn read(text: &str) -> Option<(Tree, Notes)> {
    let mut notes = Notes::of(Kind::Lines);
    let mut object = Object::default();
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() || (object.entries.is_empty() && line == "---") {
            continue;
        }
        let (key, value) = line.split_once(':')?;
        let value = value.strip_prefix("**").unwrap_or(value).trim();
        let key = key.trim_matches(['*', '`', '"', '\'']);
        let plain = key.starts_with(char::is_alphabetic)
            && key.len() <= 64
            && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' '));
        // An object after some words is an object after some words.
        if !plain || value.is_empty() || value.starts_with("//") || value.starts_with('{') {
            return None;
        }
        let value = self::value(value, &mut notes)?;
        object.entries.push((key.to_owned(), value));
    }
    (!object.entries.is_empty()).then_some((Tree::Object(object), notes))
}

fn value(text: &str, notes: &mut Notes) -> Option<Tree> {
    let first = text.chars().next()?;
    if matches!(first, '|' | '>' | '&' | '!' | '%' | '@' | '#') || text.contains(" #") {
        return None;
    }
    let mut reader = Reader::new(text, 0);
    let tree = reader.value();
    if matches!(first, '{' | '[') || is_quote(first) {
        let whole = tree.ok().filter(|_| reader.rest().trim().is_empty());
        *notes = notes.and(reader.notes);
        return whole;
    }
    if text.contains("...") || text.contains('\u{2026}') {
        return None;
    }
    match tree {
        Ok(tree) => {
            *notes = notes.and(reader.notes);
            Some(tree)
        }
        Err(_) => {
            notes.add(Kind::UnquotedText);
            Some(Tree::Bare(text.to_owned()))
        }
    }
}
