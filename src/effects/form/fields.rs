//! One value after the other, by the shape of its JSON Schema.

mod choice;
mod items;

use super::lines::{json_lines_after, text_lines};
use super::schema::{kind, limits, misfit, optional, scalar_from, shown};
use crate::ui::dialog::Dialog;
use crate::ui::terminal::Ended;
use crate::ui::{escape, json};
use choice::{Choice, Chosen};
use serde_json::{Map, Value as Json};

/// Below this depth a value is typed as JSON.
const DEEPEST: usize = 24;

const HELP: &[&str] = &[
    "Enter       keeps the value in brackets, or leaves an optional value out",
    "-           leaves an optional value out",
    "\"\"          an empty text",
    "<<          a text of several lines, which ends with a line `.`",
    "{ … or [ …  at the first question: all of it as JSON, typed or pasted",
    "!json       this value as JSON on one line: !json [1, 2]",
    "!schema     the JSON Schema of all of it",
    "!cancel     leaves the form",
];

/// `None`: the person left the form. `name` is what a value without fields is called.
pub fn fill(
    dialog: &mut Dialog<'_>,
    name: &str,
    schema: &Json,
    before: Option<&Json>,
) -> Result<Option<Json>, Ended> {
    let mut form = Form { dialog, root: schema, untouched: true };
    let fields = matches!(kind(form.resolved(schema)), "object" | "any");
    match form.value(schema, if fields { "" } else { name }, before, 0) {
        Ok(value) | Err(Left::Whole(value)) => Ok(Some(value)),
        Err(Left::Form) => Ok(None),
        Err(Left::Terminal(ended)) => Err(ended),
    }
}

enum Left {
    Form,
    /// All of it came as JSON.
    Whole(Json),
    Terminal(Ended),
}

impl From<Ended> for Left {
    fn from(ended: Ended) -> Left {
        Left::Terminal(ended)
    }
}

/// What was typed at a question.
enum Typed {
    Nothing,
    None,
    Json(Json),
    Text(String),
}

struct Form<'d, 'w, 's> {
    dialog: &'d mut Dialog<'w>,
    /// Where `$ref` points into.
    root: &'s Json,
    /// Nothing was typed yet: all of it may still come as JSON.
    untouched: bool,
}

impl<'s> Form<'_, '_, 's> {
    fn value(
        &mut self,
        schema: &'s Json,
        name: &str,
        before: Option<&Json>,
        depth: usize,
    ) -> Result<Json, Left> {
        let schema = self.resolved(schema);
        if depth > DEEPEST {
            return self.raw(name, before);
        }
        if let Some(only) = schema.get("const") {
            return Ok(only.clone());
        }
        if schema.get("type").and_then(Json::as_array).is_some_and(|t| t.iter().any(|k| k == "null")) {
            return Ok(self.maybe(schema, name, before, depth)?.unwrap_or(Json::Null));
        }
        self.shape(schema, name, before, depth)
    }

    /// A value that is there.
    fn shape(
        &mut self,
        schema: &'s Json,
        name: &str,
        before: Option<&Json>,
        depth: usize,
    ) -> Result<Json, Left> {
        let schema = self.resolved(schema);
        if let Some(values) = schema.get("enum").and_then(Json::as_array) {
            let options =
                values.iter().map(|v| Choice::new(shown(v), None, Chosen::Value(v.clone()))).collect();
            return self.choose(name, options, before, depth);
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(forms) = schema.get(key).and_then(Json::as_array) {
                return self.one_of(forms, name, before, depth);
            }
        }
        match kind(schema) {
            "object" if schema.get("properties").is_some() => self.record(schema, name, before, depth),
            "object" => self.map(schema, name, before, depth),
            "array" => self.list(schema, name, before, depth),
            "string" | "integer" | "number" | "boolean" => {
                Ok(self.scalar(schema, name, before, false)?.unwrap_or(Json::Null))
            }
            "null" => Ok(Json::Null),
            _ => self.raw(name, before),
        }
    }

    fn resolved(&self, mut schema: &'s Json) -> &'s Json {
        // A chain of references longer than this refers to itself.
        for _ in 0..32 {
            let Some(pointer) = schema.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix('#'))
            else {
                break;
            };
            match self.root.pointer(pointer) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn ask(&mut self, prompt: &str) -> Result<Typed, Left> {
        loop {
            // What was typed before the first question was shown does not answer it; a paste answers several.
            let typed = match self.untouched {
                true => self.dialog.ask(prompt)?,
                false => self.dialog.next_line(prompt)?,
            };
            let word = typed.trim();
            match word {
                "?" => HELP.iter().for_each(|line| self.dialog.say(line)),
                "!schema" => {
                    let width = self.dialog.terminal.size().columns.saturating_sub(6).min(110);
                    self.dialog.pages(&json::pretty(self.root, width))?;
                }
                "!cancel" => return Err(Left::Form),
                _ if self.untouched && self.opens_all(word) => {
                    let text = json_lines_after(self.dialog, &typed)?;
                    match serde_json::from_str(&text) {
                        Ok(value) => return Err(Left::Whole(value)),
                        Err(e) => self.dialog.say(&format!("That is not JSON: {e}")),
                    }
                }
                _ => {
                    if let Some(typed) = self.typed(typed)? {
                        self.untouched = false;
                        return Ok(typed);
                    }
                }
            }
        }
    }

    fn typed(&mut self, typed: String) -> Result<Option<Typed>, Left> {
        let word = typed.trim();
        Ok(Some(match word {
            "" => Typed::Nothing,
            "-" => Typed::None,
            "<<" => Typed::Text(text_lines(self.dialog)?),
            _ if word.len() > 1 && word.starts_with('"') && word.ends_with('"') => {
                // Quotes around a text are a habit, not a part of it.
                Typed::Text(serde_json::from_str(word).unwrap_or(typed))
            }
            _ => match word.strip_prefix("!json ") {
                Some(text) => match serde_json::from_str(text) {
                    Ok(value) => Typed::Json(value),
                    Err(e) => {
                        self.dialog.say(&format!("That is not JSON: {e}"));
                        return Ok(None);
                    }
                },
                None => Typed::Text(typed),
            },
        }))
    }

    /// Whether the first line typed begins the whole value as JSON.
    fn opens_all(&self, word: &str) -> bool {
        let root = self.resolved(self.root);
        let choice = ["anyOf", "oneOf"].iter().any(|k| root.get(k).is_some());
        match kind(root) {
            _ if choice => word.starts_with('{'),
            "object" => word.starts_with('{'),
            "array" => word.starts_with('['),
            "any" => word.starts_with(['{', '[']),
            _ => false,
        }
    }

    fn hint(&mut self, schema: &Json) {
        if let Some(text) = schema.get("description").and_then(Json::as_str) {
            self.dialog.quote(text);
        }
    }

    /// `None` only where it may be left out.
    fn scalar(
        &mut self,
        schema: &Json,
        name: &str,
        before: Option<&Json>,
        optional: bool,
    ) -> Result<Option<Json>, Left> {
        self.hint(schema);
        let kind = kind(schema);
        let words = match kind {
            "string" => "text",
            "integer" => "whole number",
            "number" => "number",
            _ => "y or n",
        };
        let free = if optional { ", optional" } else { "" };
        let prompt = prompt(name, &format!("{words}{free}{}", limits(schema)), before);
        loop {
            let typed = match (self.ask(&prompt)?, before) {
                (Typed::Json(value), _) => return Ok(Some(value)),
                (Typed::Nothing, Some(value)) => return Ok(Some(value.clone())),
                (Typed::Nothing | Typed::None, _) if optional => return Ok(None),
                (Typed::Text(text), _) => text,
                (Typed::None, _) => String::from("-"),
                (Typed::Nothing, None) => {
                    self.dialog.say(&format!("A value is needed here: {words}."));
                    continue;
                }
            };
            match scalar_from(kind, &typed) {
                None => self.dialog.say(&format!("That does not fit: {words}.")),
                Some(value) => match misfit(schema, &value) {
                    None => return Ok(Some(value)),
                    Some(why) => self.dialog.say(&format!("That does not fit: {why}.")),
                },
            }
        }
    }

    fn raw(&mut self, name: &str, before: Option<&Json>) -> Result<Json, Left> {
        let prompt = prompt(name, "JSON", before);
        loop {
            let text = match (self.ask(&prompt)?, before) {
                (Typed::Json(value), _) => return Ok(value),
                (Typed::Nothing, Some(value)) => return Ok(value.clone()),
                (Typed::None, _) => return Ok(Json::Null),
                (Typed::Text(text), _) => text,
                (Typed::Nothing, None) => continue,
            };
            match serde_json::from_str(&text) {
                Ok(value) => return Ok(value),
                Err(e) if e.is_eof() => match serde_json::from_str(&json_lines_after(self.dialog, &text)?) {
                    Ok(value) => return Ok(value),
                    Err(e) => self.dialog.say(&format!("That is not JSON: {e}")),
                },
                Err(e) => self.dialog.say(&format!("That is not JSON: {e}")),
            }
        }
    }

    fn record(
        &mut self,
        schema: &'s Json,
        name: &str,
        before: Option<&Json>,
        depth: usize,
    ) -> Result<Json, Left> {
        self.hint(schema);
        let mut out = Map::new();
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        for (key, field) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            let place = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            let old = before.and_then(|b| b.get(key));
            if required.contains(&key.as_str()) || optional(self.resolved(field)) {
                let value = self.value(field, &place, old, depth + 1)?;
                if required.contains(&key.as_str()) || !value.is_null() {
                    out.insert(key.clone(), value);
                }
            } else if let Some(value) = self.maybe(field, &place, old, depth)? {
                out.insert(key.clone(), value);
            }
        }
        Ok(Json::Object(out))
    }

    /// A value that may be left out: by Enter where one line could give it, otherwise by a question before.
    fn maybe(
        &mut self,
        schema: &'s Json,
        name: &str,
        before: Option<&Json>,
        depth: usize,
    ) -> Result<Option<Json>, Left> {
        let schema = self.resolved(schema);
        let before = before.filter(|b| !b.is_null());
        let choice = ["enum", "anyOf", "oneOf", "const"].iter().any(|k| schema.get(k).is_some());
        if !choice && matches!(kind(schema), "string" | "integer" | "number" | "boolean") {
            return self.scalar(schema, name, before, true);
        }
        let question = format!(
            "{}: give a value? (y, Enter {}) ",
            label(name),
            match before {
                Some(_) => "keeps it",
                None => "leaves it out",
            }
        );
        loop {
            let given = match self.ask(&question)? {
                Typed::Json(value) => return Ok(Some(value)),
                Typed::Nothing => return Ok(before.cloned()),
                Typed::None => false,
                Typed::Text(text) => match text.trim().to_lowercase().as_str() {
                    "y" | "yes" => true,
                    "n" | "no" => false,
                    _ => continue,
                },
            };
            return if given { self.shape(schema, name, before, depth + 1).map(Some) } else { Ok(None) };
        }
    }
}

fn label(name: &str) -> &str {
    if name.is_empty() { "value" } else { name }
}

fn prompt(name: &str, words: &str, before: Option<&Json>) -> String {
    let old = before.map(|b| format!(" [{}]", escape::fit(&json::compact(b), 40))).unwrap_or_default();
    let name = if name.is_empty() { String::new() } else { format!("{} ", escape::line(name)) };
    format!("{name}({words}){old}: ")
}
