//! What a JSON Schema says about one value, as far as a form needs it.

use crate::ui::json;
use serde_json::Value as Json;

/// The kind of value. Where a number may also be written as text (it is too large for one), it is a number.
pub fn kind(schema: &Json) -> &str {
    match schema.get("type") {
        Some(Json::String(kind)) => kind,
        Some(Json::Array(kinds)) => {
            let kinds = || kinds.iter().filter_map(Json::as_str).filter(|k| *k != "null");
            kinds().find(|k| *k != "string").or(kinds().next()).unwrap_or("null")
        }
        _ if schema.get("properties").is_some() => "object",
        _ => "any",
    }
}

/// Whether null is among the forms.
pub fn optional(schema: &Json) -> bool {
    let in_types = schema.get("type").and_then(Json::as_array).is_some_and(|t| t.iter().any(|k| k == "null"));
    let forms = ["anyOf", "oneOf"].iter().filter_map(|k| schema.get(k)).filter_map(Json::as_array).flatten();
    in_types || forms.into_iter().any(|f| f.get("type").is_some_and(|t| t == "null"))
}

/// What was typed, as a value of this kind.
pub fn scalar_from(kind: &str, typed: &str) -> Option<Json> {
    let word = typed.trim();
    match kind {
        "string" => Some(Json::from(typed)),
        "integer" => {
            let n = word.replace('_', "").parse::<i64>().ok()?;
            // Beyond this a JSON number is not exact everywhere.
            Some(if n.unsigned_abs() < 1 << 53 { Json::from(n) } else { Json::from(n.to_string()) })
        }
        "number" => word.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Json::Number),
        _ => match word.to_lowercase().as_str() {
            "y" | "yes" | "true" => Some(Json::Bool(true)),
            "n" | "no" | "false" => Some(Json::Bool(false)),
            _ => None,
        },
    }
}

/// A value in a list of choices.
pub fn shown(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        other => json::compact(other),
    }
}

/// The schema's limits in words.
pub fn limits(schema: &Json) -> String {
    let words = [
        ("minLength", "at least {} characters"),
        ("maxLength", "at most {} characters"),
        ("minItems", "at least {}"),
        ("maxItems", "at most {}"),
        ("minimum", "from {}"),
        ("exclusiveMinimum", "above {}"),
        ("maximum", "up to {}"),
        ("exclusiveMaximum", "below {}"),
        ("pattern", "matching {}"),
    ];
    let mut out = String::new();
    for (key, text) in words {
        if let Some(value) = schema.get(key) {
            out.push_str(", ");
            out.push_str(&text.replace("{}", &shown(value)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn kinds_and_limits_are_read() {
        assert_eq!(kind(&json!({"type": ["string", "integer"]})), "integer");
        assert_eq!(kind(&json!({"type": ["null", "string"]})), "string");
        assert!(optional(&json!({"anyOf": [{"type": "integer"}, {"type": "null"}]})));
        assert_eq!(limits(&json!({"minimum": 1, "maximum": 7})), ", from 1, up to 7");
    }

    #[test]
    fn what_is_typed_becomes_a_value_of_its_kind() {
        assert_eq!(scalar_from("integer", " 1_000 "), Some(json!(1000)));
        assert_eq!(scalar_from("integer", "9007199254740993"), Some(json!("9007199254740993")));
        assert_eq!(scalar_from("integer", "1.5"), None);
        assert_eq!(scalar_from("number", "NaN"), None);
        assert_eq!(scalar_from("boolean", "Yes"), Some(json!(true)));
        assert_eq!(scalar_from("string", " a "), Some(json!(" a ")));
    }
}
