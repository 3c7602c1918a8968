//! What a value is to be, in words for a person: the fields of a record below each other, everything else in a line.

use super::schema::{kind, limits, optional, shown};
use crate::ui::escape;
use serde_json::Value as Json;

/// Below this depth only the kind is said.
const DEEPEST: usize = 5;

/// The schema in words, as safe lines.
pub fn outline(schema: &Json) -> Vec<String> {
    let mut out = Vec::new();
    let top = Outline { root: schema };
    let schema = top.resolved(schema);
    match schema.get("properties").and_then(Json::as_object) {
        Some(fields) => top.fields(schema, fields, 0, &mut out),
        None => out.push(top.with_docs(schema, 0)),
    }
    out.iter().map(|line| escape::line(line)).collect()
}

struct Outline<'s> {
    root: &'s Json,
}

impl<'s> Outline<'s> {
    fn resolved(&self, mut schema: &'s Json) -> &'s Json {
        // A chain of references longer than this refers to itself.
        for _ in 0..32 {
            let pointer = schema.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix('#'));
            match pointer.and_then(|p| self.root.pointer(p)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn fields(
        &self,
        schema: &'s Json,
        fields: &'s serde_json::Map<String, Json>,
        depth: usize,
        out: &mut Vec<String>,
    ) {
        let required = |key: &str| {
            let list = schema.get("required").and_then(Json::as_array);
            list.is_some_and(|l| l.iter().any(|k| k == key))
        };
        let widest = fields.keys().map(|k| escape::width(k)).max().unwrap_or(0);
        for (key, field) in fields {
            let field = self.resolved(field);
            let gap = " ".repeat(2 * depth);
            let rest = " ".repeat(widest.saturating_sub(escape::width(key)));
            let free = if required(key) || optional(field) { "" } else { ", optional" };
            let inner = self.resolved(self.only(field).unwrap_or(field));
            match inner.get("properties").and_then(Json::as_object).filter(|_| depth < DEEPEST) {
                Some(below) => {
                    let free = if required(key) && !optional(field) { "" } else { " (optional)" };
                    out.push(format!("{gap}{key}{free}{}", docs(field)));
                    self.fields(inner, below, depth + 1, out);
                }
                None => {
                    out.push(format!("{gap}{key}{rest}  {}{free}{}", self.words(field, depth), docs(field)))
                }
            }
        }
    }

    /// The form of an optional value, if it has one other form only.
    fn only(&self, schema: &'s Json) -> Option<&'s Json> {
        let forms = ["anyOf", "oneOf"].iter().find_map(|k| schema.get(k)).and_then(Json::as_array)?;
        let mut others = forms.iter().filter(|f| kind(self.resolved(f)) != "null");
        others.next().filter(|_| others.next().is_none())
    }

    fn with_docs(&self, schema: &'s Json, depth: usize) -> String {
        format!("{}{}", self.words(schema, depth), docs(schema))
    }

    fn words(&self, schema: &'s Json, depth: usize) -> String {
        let schema = self.resolved(schema);
        if let Some(values) = schema.get("enum").and_then(Json::as_array) {
            return any_of(values.iter().map(shown).collect());
        }
        if let Some(value) = schema.get("const") {
            return shown(value);
        }
        if let Some(forms) = ["anyOf", "oneOf"].iter().find_map(|k| schema.get(k)).and_then(Json::as_array) {
            let others = forms.iter().map(|f| self.resolved(f)).filter(|f| kind(f) != "null");
            let each = others.flat_map(|f| match f.get("enum").and_then(Json::as_array) {
                Some(values) => values.iter().map(shown).collect(),
                None => vec![self.words(f, depth + 1)],
            });
            let all = any_of(each.collect());
            return if optional(schema) { format!("{all}, optional") } else { all };
        }
        if depth > DEEPEST {
            return kind(schema).to_owned();
        }
        let limits = limits(schema);
        match kind(schema) {
            "string" => format!("text{limits}"),
            "integer" => format!("whole number{limits}"),
            "number" => format!("number{limits}"),
            "boolean" => String::from("yes or no"),
            "array" => match schema.get("items") {
                Some(item) => format!("list of {}{}", self.words(item, depth + 1), in_brackets(&limits)),
                None => format!("list{limits}"),
            },
            "object" => match schema.get("properties").and_then(Json::as_object) {
                Some(fields) => {
                    let each =
                        fields.iter().map(|(key, field)| format!("{key}: {}", self.words(field, depth + 1)));
                    format!("{{ {} }}", each.collect::<Vec<_>>().join(", "))
                }
                None => match schema.get("additionalProperties").filter(|s| s.is_object()) {
                    Some(item) => format!("map of {}", self.words(item, depth + 1)),
                    None => String::from("any JSON object"),
                },
            },
            "null" => String::from("null"),
            _ => String::from("any JSON"),
        }
    }
}

fn in_brackets(limits: &str) -> String {
    match limits.strip_prefix(", ") {
        Some(words) => format!(" ({words})"),
        None => String::new(),
    }
}

fn docs(schema: &Json) -> String {
    let text = schema.get("description").and_then(Json::as_str).unwrap_or_default();
    match text.lines().next().filter(|l| !l.is_empty()) {
        Some(line) => format!(" - {line}"),
        None => String::new(),
    }
}

fn any_of(words: Vec<String>) -> String {
    match words.as_slice() {
        [] => String::from("nothing"),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::outline;
    use serde_json::json;

    #[test]
    fn a_record_is_told_field_by_field() {
        let schema = json!({
            "type": "object",
            "properties": {
                "headline": {"type": "string", "maxLength": 80, "description": "One line"},
                "highlights": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "risk": {"anyOf": [
                    {"enum": ["Low", "Medium"]},
                    {"type": "object", "properties": {"High": {
                        "type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]
                    }}, "required": ["High"]}
                ]},
                "issue": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "by": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
            },
            "required": ["headline", "highlights", "risk", "by"]
        });
        assert_eq!(
            outline(&schema),
            [
                "headline    text, at most 80 characters - One line",
                "highlights  list of text (at least 1)",
                "risk        Low, Medium or { High: { why: text } }",
                "issue       whole number, optional",
                "by",
                "  name  text",
            ]
        );
        assert_eq!(outline(&json!({"type": "string", "minLength": 3})), ["text, at least 3 characters"]);
        let tree = json!({"$ref": "#/$defs/T", "$defs": {"T": {
            "type": "object", "properties": {"below": {"type": "array", "items": {"$ref": "#/$defs/T"}}}
        }}});
        assert!(outline(&tree)[0].starts_with("below  list of { below: list of"));
    }
}
