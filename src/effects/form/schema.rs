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

/// Whether one line gives it: a text, a number, yes or no, or one of some.
pub fn is_scalar(schema: &Json) -> bool {
    schema.get("enum").is_some() || matches!(kind(schema), "string" | "integer" | "number" | "boolean")
}

/// The schema's limits in words.
pub fn limits(schema: &Json) -> String {
    let number = |key: &str| schema.get(key).map(shown);
    let between = |least: Option<String>, most: Option<String>, what: &str| match (least, most) {
        (Some(a), Some(b)) if a == b => Some(format!("exactly {a}{what}")),
        (Some(a), Some(b)) => Some(format!("{a} to {b}{what}")),
        (Some(a), None) => Some(format!("at least {a}{what}")),
        (None, Some(b)) => Some(format!("at most {b}{what}")),
        (None, None) => None,
    };
    let words = [
        between(number("minLength"), number("maxLength"), " characters"),
        between(number("minItems"), number("maxItems"), ""),
        between(number("minimum"), number("maximum"), ""),
        number("exclusiveMinimum").map(|n| format!("above {n}")),
        number("exclusiveMaximum").map(|n| format!("below {n}")),
        number("pattern").map(|p| format!("matching {p}")),
    ];
    words.into_iter().flatten().map(|w| format!(", {w}")).collect()
}

/// Why a scalar does not satisfy the schema's own limits; what the schema cannot say is judged later.
pub fn misfit(schema: &Json, value: &Json) -> Option<String> {
    let limit = |key: &str| schema.get(key).and_then(Json::as_f64);
    let broken = match value {
        Json::String(text) => {
            let count = text.chars().count();
            let length = count as f64;
            if limit("minLength").is_some_and(|n| length < n)
                || limit("maxLength").is_some_and(|n| length > n)
            {
                let one = if count == 1 { "" } else { "s" };
                return Some(format!("it has {count} character{one}, wanted is {}", wanted(schema)));
            }
            // A pattern that this engine does not know is left to whoever judges the whole value.
            let pattern =
                schema.get("pattern").and_then(Json::as_str).and_then(|p| crate::types::compiled(p).ok());
            pattern.is_some_and(|p| !p.is_match(text))
        }
        Json::Number(n) => n.as_f64().is_some_and(|n| {
            limit("minimum").is_some_and(|m| n < m)
                || limit("maximum").is_some_and(|m| n > m)
                || limit("exclusiveMinimum").is_some_and(|m| n <= m)
                || limit("exclusiveMaximum").is_some_and(|m| n >= m)
        }),
        _ => false,
    };
    broken.then(|| format!("wanted is {}", wanted(schema)))
}

fn wanted(schema: &Json) -> String {
    limits(schema).trim_start_matches(", ").to_owned()
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
        assert_eq!(limits(&json!({"minimum": 1, "maximum": 7})), ", 1 to 7");
    }

    #[test]
    fn limits_are_judged_at_once() {
        let text = json!({"type": "string", "minLength": 3, "maxLength": 60});
        assert_eq!(misfit(&text, &json!("abc")), None);
        assert_eq!(
            misfit(&text, &json!("é")).as_deref(),
            Some("it has 1 character, wanted is 3 to 60 characters")
        );
        let version = json!({"type": "string", "pattern": r"^\d+$"});
        assert_eq!(misfit(&version, &json!("x")).as_deref(), Some(r"wanted is matching ^\d+$"));
        assert_eq!(misfit(&json!({"minimum": 1}), &json!(0)).as_deref(), Some("wanted is at least 1"));
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
