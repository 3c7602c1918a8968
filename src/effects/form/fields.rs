//! One value after the other, by the shape of its JSON Schema.

use super::lines::text_lines;
use super::schema::{kind, limits, optional, scalar_from, shown};
use crate::ui::dialog::Dialog;
use crate::ui::style::Paint;
use crate::ui::terminal::Ended;
use crate::ui::{escape, json};
use serde_json::{Map, Value as Json};

/// Below this depth a value is typed as JSON.
const DEEPEST: usize = 24;

const HELP: &[&str] = &[
    "Enter       keeps the value in brackets, or leaves an optional value out",
    "-           leaves an optional value out",
    "\"\"          an empty text",
    "<<          a text of several lines, which ends with a line `.`",
    "!json       this value as JSON on one line: !json [1, 2]",
    "!cancel     leaves the form",
];

/// `None`: the person left the form.
pub fn fill(dialog: &mut Dialog<'_>, schema: &Json, before: Option<&Json>) -> Result<Option<Json>, Ended> {
    dialog.painted(Paint::Dim, "`?` shows help, `!cancel` leaves the form.");
    let mut form = Form { dialog, root: schema };
    match form.value(schema, "", before, 0) {
        Ok(value) => Ok(Some(value)),
        Err(Left::Form) => Ok(None),
        Err(Left::Terminal(ended)) => Err(ended),
    }
}

enum Left {
    Form,
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
            let options = values.iter().map(|v| (shown(v), Chosen::Value(v.clone()))).collect();
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
            let typed = self.dialog.next_line(prompt)?;
            match typed.trim() {
                "?" => {
                    for line in HELP {
                        self.dialog.say(line);
                    }
                }
                "!cancel" => return Err(Left::Form),
                "" => return Ok(Typed::Nothing),
                "-" => return Ok(Typed::None),
                "\"\"" => return Ok(Typed::Text(String::new())),
                "<<" => return Ok(Typed::Text(text_lines(self.dialog)?)),
                other => match other.strip_prefix("!json ") {
                    Some(text) => match serde_json::from_str(text) {
                        Ok(value) => return Ok(Typed::Json(value)),
                        Err(e) => self.dialog.say(&format!("That is not JSON: {e}")),
                    },
                    None => return Ok(Typed::Text(typed)),
                },
            }
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
                Some(value) => return Ok(Some(value)),
                None => self.dialog.say(&format!("That does not fit: {words}.")),
            }
        }
    }

    fn raw(&mut self, name: &str, before: Option<&Json>) -> Result<Json, Left> {
        let prompt = prompt(name, "JSON on one line", before);
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

    fn one_of(
        &mut self,
        forms: &'s [Json],
        name: &str,
        before: Option<&Json>,
        depth: usize,
    ) -> Result<Json, Left> {
        let (nulls, others): (Vec<&Json>, Vec<&Json>) = forms
            .iter()
            .partition(|f| kind(self.resolved(f)) == "null" || f.get("const") == Some(&Json::Null));
        if !nulls.is_empty() {
            return match others.as_slice() {
                [only] => Ok(self.maybe(only, name, before, depth)?.unwrap_or(Json::Null)),
                _ => {
                    let mut options = self.options(&others);
                    let question = format!("{} (optional)", label(name));
                    options.push((String::from("none"), Chosen::Value(Json::Null)));
                    self.choose(&question, options, before, depth)
                }
            };
        }
        let options = self.options(&others);
        self.choose(name, options, before, depth)
    }

    fn options(&self, forms: &[&'s Json]) -> Vec<(String, Chosen<'s>)> {
        let mut out = Vec::new();
        for form in forms {
            let form = self.resolved(form);
            if let Some(values) = form.get("enum").and_then(Json::as_array) {
                out.extend(values.iter().map(|v| (shown(v), Chosen::Value(v.clone()))));
            } else if let Some(value) = form.get("const") {
                out.push((shown(value), Chosen::Value(value.clone())));
            } else {
                let fields = form.get("properties").and_then(Json::as_object);
                let tag =
                    fields.filter(|f| f.len() == 1).and_then(|f| f.keys().next()).map(|k| k.to_string());
                let title = form.get("title").and_then(Json::as_str).map(str::to_owned);
                let label = tag.or(title).unwrap_or_else(|| kind(form).to_owned());
                out.push((label, Chosen::Form(form)));
            }
        }
        out
    }

    fn choose(
        &mut self,
        name: &str,
        options: Vec<(String, Chosen<'s>)>,
        before: Option<&Json>,
        depth: usize,
    ) -> Result<Json, Left> {
        if !name.is_empty() {
            self.dialog.say(&format!("{name}:"));
        }
        for (i, (label, _)) in options.iter().enumerate() {
            self.dialog.say(&format!("  {}  {label}", i + 1));
        }
        let prompt = prompt("", &format!("number from 1 to {}", options.len()), before);
        loop {
            let typed = match (self.ask(&prompt)?, before) {
                (Typed::Json(value), _) => return Ok(value),
                (Typed::Nothing, Some(value)) => return Ok(value.clone()),
                (Typed::Text(text), _) => text,
                _ => continue,
            };
            let word = typed.trim();
            let by_number =
                word.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|i| *i < options.len());
            let by_name = options.iter().position(|(label, _)| label.eq_ignore_ascii_case(word));
            match by_name.or(by_number).map(|i| &options[i].1) {
                Some(Chosen::Value(value)) => return Ok(value.clone()),
                Some(Chosen::Form(form)) => return self.value(form, name, before, depth + 1),
                None => self.dialog.say(&format!("Please type a number from 1 to {}.", options.len())),
            }
        }
    }

    fn list(
        &mut self,
        schema: &'s Json,
        name: &str,
        before: Option<&Json>,
        depth: usize,
    ) -> Result<Json, Left> {
        self.hint(schema);
        let any = &Json::Bool(true);
        let item = schema.get("items").unwrap_or(any);
        let old = before.and_then(Json::as_array).filter(|items| !items.is_empty());
        self.dialog.say(&format!("{}: a list{}", label(name), limits(schema)));
        if let Some(old) = old {
            let question = format!("{}: keep the {} items?", label(name), old.len());
            if self.dialog.yes_or_no(&question)? {
                return Ok(Json::Array(old.clone()));
            }
        }
        let mut out = Vec::new();
        let most = schema.get("maxItems").and_then(Json::as_u64).unwrap_or(u64::MAX);
        let single = matches!(kind(self.resolved(item)), "string" | "integer" | "number")
            && self.resolved(item).get("enum").is_none();
        while (out.len() as u64) < most {
            let place = format!("{}[{}]", name, out.len());
            if single {
                // Enter ends the list, so the item itself is not asked for by the scalar's own question.
                match self.ask(&format!("{place} (Enter ends the list): "))? {
                    Typed::Nothing => break,
                    Typed::Json(value) => out.push(value),
                    Typed::None => out.push(Json::from("-")),
                    Typed::Text(text) => match scalar_from(kind(self.resolved(item)), &text) {
                        Some(value) => out.push(value),
                        None => self.dialog.say("That is not a number of the right kind."),
                    },
                }
            } else {
                match self.ask(&format!("{place}: add one? (y, Enter ends the list) "))? {
                    Typed::Nothing | Typed::None => break,
                    Typed::Json(value) => out.push(value),
                    Typed::Text(t) if matches!(t.trim(), "y" | "yes") => {
                        out.push(self.value(item, &place, None, depth + 1)?);
                    }
                    Typed::Text(t) if matches!(t.trim(), "n" | "no") => break,
                    Typed::Text(_) => self.dialog.say("Please type y, or Enter."),
                }
            }
        }
        Ok(Json::Array(out))
    }

    fn map(
        &mut self,
        schema: &'s Json,
        name: &str,
        before: Option<&Json>,
        depth: usize,
    ) -> Result<Json, Left> {
        let Some(item) = schema.get("additionalProperties").filter(|s| s.is_object()) else {
            return self.raw(name, before);
        };
        self.hint(schema);
        self.dialog.say(&format!("{}: keys and values", label(name)));
        let old = before.and_then(Json::as_object);
        let mut out = Map::new();
        loop {
            match self.ask("key (Enter ends): ")? {
                Typed::Nothing | Typed::None => return Ok(Json::Object(out)),
                Typed::Json(value) => return Ok(value),
                Typed::Text(key) => {
                    let place = format!("{name}.{key}");
                    let value = self.value(item, &place, old.and_then(|o| o.get(&key)), depth + 1)?;
                    out.insert(key, value);
                }
            }
        }
    }
}

enum Chosen<'s> {
    Value(Json),
    Form(&'s Json),
}

fn label(name: &str) -> &str {
    if name.is_empty() { "value" } else { name }
}

fn prompt(name: &str, words: &str, before: Option<&Json>) -> String {
    let old = before.map(|b| format!(" [{}]", escape::fit(&json::compact(b), 40))).unwrap_or_default();
    let name = if name.is_empty() { String::new() } else { format!("{} ", escape::line(name)) };
    format!("{name}({words}){old}: ")
}
