//! Reading typed values out of TOML, each with its place; what is wrong becomes a diagnostic and reading goes on.

use crate::diagnostics::codes::config as codes;
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::source::{FileId, Span};
use std::sync::Arc;
use std::time::Duration;
use toml_edit::{TableLike, Value};

pub(super) struct Reader {
    pub file: FileId,
    pub diagnostics: Vec<Diagnostic>,
}

/// A text with its place, which is that of what stands between the quotes where these are plain.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub text: Arc<str>,
    pub span: Span,
    /// How many bytes of `span` stand before the text; none where escapes move the places.
    pub inner: Option<usize>,
}

impl Text {
    /// A part of the text.
    pub fn part(&self, at: std::ops::Range<usize>) -> Span {
        match self.inner {
            None => self.span,
            Some(quote) => {
                let start = self.span.start as usize + quote;
                Span::new(self.span.file, start + at.start, start + at.end)
            }
        }
    }
}

impl Reader {
    pub fn span(&self, range: Option<std::ops::Range<usize>>) -> Span {
        let range = range.unwrap_or(0..0);
        Span::new(self.file, range.start, range.end)
    }

    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Every key that is not one of these is an error.
    pub fn only(&mut self, table: &dyn TableLike, place: &str, keys: &[&str]) {
        for (key, item) in table.iter() {
            if keys.contains(&key) {
                continue;
            }
            let span = match table.get_key_value(key).and_then(|(k, _)| k.span()) {
                Some(range) => self.span(Some(range)),
                None => self.span(item.span()),
            };
            let shown = key.escape_debug();
            let message = match place {
                "" => format!("`wflow.toml` has no section `[{shown}]`"),
                place => format!("`[{place}]` has no key `{shown}`"),
            };
            let near = did_you_mean(key, keys.iter().copied());
            let mut diagnostic = Diagnostic::error(codes::E1603, span, message).suggest(near);
            if near.is_none() {
                let list = keys.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
                diagnostic = diagnostic.help(format!("what can stand here: {list}"));
            }
            self.push(diagnostic);
        }
    }

    /// The place of a key of a table.
    pub fn key_span(&self, table: &dyn TableLike, key: &str) -> Span {
        match table.get_key_value(key) {
            Some((k, item)) => self.span(k.span().or_else(|| item.span())),
            None => self.span(None),
        }
    }

    fn wrong(&mut self, what: &str, wanted: &str, found: &str, span: Span) {
        let found = match found {
            "none" => "nothing",
            "inline table" => "table",
            "array of tables" => "list of tables",
            "array" => "list",
            "string" => "text",
            "integer" => "whole number",
            "float" => "number",
            "boolean" => "true or false",
            other => other,
        };
        self.push(
            Diagnostic::error(codes::E1604, span, format!("`{what}` must be {wanted}"))
                .label(format!("this is a {found}").replace("a true or false", "true or false")),
        );
    }

    pub fn table<'a>(&mut self, parent: &'a dyn TableLike, key: &str) -> Option<&'a dyn TableLike> {
        let item = parent.get(key)?;
        let table = item.as_table_like();
        if table.is_none() {
            let span = self.span(item.span());
            self.wrong(key, "a table", item.type_name(), span);
        }
        table
    }

    pub fn text(&mut self, parent: &dyn TableLike, key: &str) -> Option<Text> {
        let item = parent.get(key)?;
        let text = item.as_value().and_then(|v| self.value_text(v));
        if text.is_none() {
            let span = self.span(item.span());
            self.wrong(key, "a text in quotes", item.type_name(), span);
        }
        text
    }

    pub fn value_text(&self, value: &Value) -> Option<Text> {
        let text: Arc<str> = value.as_str()?.into();
        let span = self.span(value.span());
        let extra = (span.end - span.start) as usize;
        // Plain quotes add one byte on each side; anything else means escapes or a text over several lines.
        let inner = (extra == text.len() + 2).then_some(1);
        Some(Text { text, span, inner })
    }

    pub fn bool(&mut self, parent: &dyn TableLike, key: &str) -> Option<bool> {
        let item = parent.get(key)?;
        if item.as_bool().is_none() {
            let span = self.span(item.span());
            self.wrong(key, "`true` or `false`", item.type_name(), span);
        }
        item.as_bool()
    }

    /// A number in a range.
    pub fn number(&mut self, parent: &dyn TableLike, key: &str, least: f64, most: f64) -> Option<f64> {
        let item = parent.get(key)?;
        let span = self.span(item.span());
        let Some(number) = item.as_float().or_else(|| item.as_integer().map(|i| i as f64)) else {
            self.wrong(key, "a number", item.type_name(), span);
            return None;
        };
        if !(least..=most).contains(&number) {
            let message = match most.is_finite() {
                true => format!("`{key}` must be a number from {least} to {most}"),
                false => format!("`{key}` must be a number, {least} or more"),
            };
            self.push(Diagnostic::error(codes::E1605, span, message));
            return None;
        }
        Some(number)
    }

    pub fn whole(&mut self, parent: &dyn TableLike, key: &str) -> Option<i64> {
        let item = parent.get(key)?;
        let span = self.span(item.span());
        match item.as_integer() {
            Some(n) if n > 0 => Some(n),
            Some(_) => {
                self.push(Diagnostic::error(codes::E1605, span, format!("`{key}` must be 1 or more")));
                None
            }
            None => {
                self.wrong(key, "a whole number", item.type_name(), span);
                None
            }
        }
    }

    /// A list of values; a value alone is refused, since a list that grows should not change its shape.
    pub fn list<'a>(&mut self, parent: &'a dyn TableLike, key: &str) -> Vec<&'a Value> {
        let Some(item) = parent.get(key) else { return Vec::new() };
        match item.as_array() {
            Some(array) => array.iter().collect(),
            None => {
                let span = self.span(item.span());
                self.wrong(key, "a list, as in [\"…\"]", item.type_name(), span);
                Vec::new()
            }
        }
    }

    /// A list of texts, each once.
    pub fn texts(&mut self, parent: &dyn TableLike, key: &str) -> Vec<Text> {
        let mut out: Vec<Text> = Vec::new();
        for value in self.list(parent, key) {
            let span = self.span(value.span());
            let Some(text) = self.value_text(value) else {
                self.wrong(key, "a list of texts in quotes", value.type_name(), span);
                continue;
            };
            if let Some(first) = out.iter().find(|t| t.text == text.text) {
                self.push(
                    Diagnostic::error(
                        codes::E1613,
                        span,
                        format!("`{}` is listed twice", text.text.escape_debug()),
                    )
                    .also(first.span, "the first time")
                    .help("remove one of them"),
                );
                continue;
            }
            out.push(text);
        }
        out
    }

    pub fn one_of<T>(&mut self, parent: &dyn TableLike, key: &str, choices: &[(&'static str, T)]) -> Option<T>
    where
        T: Copy,
    {
        let text = self.text(parent, key)?;
        if let Some((_, value)) = choices.iter().find(|(n, _)| *n == &*text.text) {
            return Some(*value);
        }
        let names = || choices.iter().map(|(n, _)| *n);
        let list = names().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
        let message = format!("`{}` is no {key}", text.text.escape_debug());
        let near = did_you_mean(&text.text, names());
        self.push(
            Diagnostic::error(codes::E1605, text.span, message)
                .suggest(near)
                .help(format!("it is one of {list}")),
        );
        None
    }

    pub fn duration(&mut self, parent: &dyn TableLike, key: &str) -> Option<Duration> {
        let text = self.text(parent, key)?;
        let duration = parse_duration(&text.text);
        if duration.is_none() {
            let message = format!("`{}` is no length of time", text.text.escape_debug());
            self.push(
                Diagnostic::error(codes::E1605, text.span, message)
                    .help("write a number and a unit: `500ms`, `30s`, `5m`, `2h`, `7d`"),
            );
        }
        duration
    }
}

/// `500ms 30s 5m 2h 7d`; none for nothing or too long.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match &text[digits..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let millis = number.checked_mul(unit).filter(|m| *m > 0 && *m <= i64::MAX as u64)?;
    Some(Duration::from_millis(millis))
}
