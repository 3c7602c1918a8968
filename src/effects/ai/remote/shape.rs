//! A type's JSON Schema in the form that each provider's structured output takes.
//!
//! Each takes a part of JSON Schema only. What one does not take is left out of what constrains the model's output, and
//! nothing else: the whole schema stands in the question, and the answer is held against it afterwards.

use serde_json::{Map, Value as Json, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Anthropic,
    OpenAi,
    Gemini,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Shaped {
    pub schema: Json,
    /// The provider can hold the model to it; otherwise it is only told of it.
    pub strict: bool,
    /// The answer stands under this key of an object, since the provider gives objects only.
    pub wrapped: bool,
}

/// The key under which a wrapped answer stands.
pub const ANSWER: &str = "answer";

pub fn shape(schema: &Json, dialect: Dialect) -> Shaped {
    let mut strict = true;
    let mut out = walk(schema, dialect, &mut strict);
    let is_object =
        out.get("type").and_then(Json::as_str) == Some("object") && out.get("properties").is_some();
    let wrapped = dialect != Dialect::Gemini && !is_object;
    if wrapped {
        let defs = out.as_object_mut().and_then(|map| map.remove("$defs"));
        out = json!({
            "type": "object",
            "properties": { ANSWER: out },
            "required": [ANSWER],
            "additionalProperties": false
        });
        if let (Some(defs), Some(map)) = (defs, out.as_object_mut()) {
            map.insert("$defs".into(), defs);
        }
    }
    Shaped { schema: out, strict, wrapped }
}

/// The answer without the object around it; what is not in one stays as it is.
pub fn unwrap(text: String) -> String {
    let inner = serde_json::from_str::<Map<String, Json>>(&text).ok().and_then(|mut map| {
        let inner = map.remove(ANSWER)?;
        map.is_empty().then_some(inner)
    });
    inner.map_or(text, |inner| inner.to_string())
}

/// Keywords that the dialect does not take.
fn dropped(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Anthropic => &[
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "minProperties",
            "maxProperties",
            "pattern",
            "allOf",
            "not",
        ],
        Dialect::OpenAi => &["minLength", "maxLength", "minProperties", "maxProperties", "allOf", "not"],
        Dialect::Gemini => &[
            "exclusiveMinimum",
            "exclusiveMaximum",
            "minLength",
            "maxLength",
            "minProperties",
            "maxProperties",
            "pattern",
            "allOf",
            "not",
        ],
    }
}

fn walk(schema: &Json, dialect: Dialect, strict: &mut bool) -> Json {
    let Some(map) = schema.as_object() else { return schema.clone() };
    let said = ["type", "anyOf", "enum", "const", "$ref"].iter().any(|k| map.contains_key(*k));
    if !said {
        // Any value at all: nobody can be held to that.
        *strict = false;
    }
    let mut out = Map::new();
    for (key, value) in map {
        let value = match (key.as_str(), value) {
            (key, _) if dropped(dialect).contains(&key) => continue,
            // Look-around and flags are not in the grammar that it is turned into.
            ("pattern", Json::String(p)) if p.contains("(?") => continue,
            ("const", value) if dialect == Dialect::Gemini => {
                out.insert("enum".into(), json!([value]));
                continue;
            }
            ("$ref", _) => {
                *strict &= dialect != Dialect::Anthropic;
                value.clone()
            }
            ("properties" | "$defs", Json::Object(of)) => {
                let of = of.iter().map(|(name, s)| (name.clone(), walk(s, dialect, strict)));
                Json::Object(of.collect())
            }
            ("items", of) => walk(of, dialect, strict),
            ("anyOf", Json::Array(of)) => of.iter().map(|s| walk(s, dialect, strict)).collect(),
            ("additionalProperties", of @ Json::Object(_)) => {
                // A map: its keys are the model's own.
                *strict &= dialect == Dialect::Gemini;
                walk(of, dialect, strict)
            }
            _ => value.clone(),
        };
        out.insert(key.clone(), value);
    }
    if dialect == Dialect::OpenAi
        && let Some(Json::Object(properties)) = out.get("properties")
    {
        // Strict output has every field; those that may be absent may be null already.
        let names: Vec<&String> = properties.keys().collect();
        let required = json!(names);
        out.insert("required".into(), required);
    }
    Json::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes() -> Json {
        json!({
            "type": "object",
            "properties": {
                "headline": { "type": "string", "maxLength": 80, "pattern": "^[a-z]+$" },
                "count": { "type": "integer", "minimum": 1, "exclusiveMaximum": 9 },
                "why": { "anyOf": [{ "type": "string", "minLength": 1 }, { "type": "null" }] }
            },
            "required": ["headline", "count"],
            "additionalProperties": false
        })
    }

    #[test]
    fn strict_output_has_every_field() {
        let shaped = shape(&notes(), Dialect::OpenAi);
        assert!(shaped.strict && !shaped.wrapped);
        assert_eq!(shaped.schema["required"], json!(["headline", "count", "why"]));
        assert_eq!(
            shaped.schema["properties"]["headline"],
            json!({ "type": "string", "pattern": "^[a-z]+$" })
        );
        assert_eq!(shaped.schema["properties"]["why"]["anyOf"][0], json!({ "type": "string" }));
    }

    #[test]
    fn each_gets_the_keywords_that_it_takes() {
        let anthropic = shape(&notes(), Dialect::Anthropic).schema;
        assert_eq!(anthropic["properties"]["count"], json!({ "type": "integer" }));
        assert_eq!(anthropic["required"], json!(["headline", "count"]));
        let gemini = shape(&notes(), Dialect::Gemini).schema;
        assert_eq!(gemini["properties"]["count"], json!({ "type": "integer", "minimum": 1 }));
        let one = shape(&json!({ "anyOf": [{ "const": "low", "description": "none" }] }), Dialect::Gemini);
        assert_eq!(one.schema["anyOf"][0], json!({ "enum": ["low"], "description": "none" }));
    }

    #[test]
    fn what_is_no_object_is_put_into_one_and_taken_out_again() {
        let list = json!({ "type": "array", "items": { "$ref": "#/$defs/T" }, "$defs": { "T": notes() } });
        let shaped = shape(&list, Dialect::OpenAi);
        assert!(shaped.wrapped && shaped.strict);
        assert_eq!(
            shaped.schema["properties"]["answer"],
            json!({ "type": "array", "items": { "$ref": "#/$defs/T" } })
        );
        assert!(shaped.schema["$defs"]["T"].is_object());
        assert_eq!(unwrap(String::from(r#"{"answer": [1, 2]}"#)), "[1,2]");
        assert_eq!(unwrap(String::from("[1, 2]")), "[1, 2]");
        assert_eq!(unwrap(String::from(r#"{"answer":1,"b":2}"#)), r#"{"answer":1,"b":2}"#);
        assert!(!shape(&list, Dialect::Gemini).wrapped);
        assert!(!shape(&list, Dialect::Anthropic).strict, "it may contain itself");
    }

    #[test]
    fn maps_and_anything_cannot_be_held_to() {
        let map = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
        assert!(!shape(&map, Dialect::OpenAi).strict);
        assert!(!shape(&map, Dialect::Anthropic).strict);
        assert!(shape(&map, Dialect::Gemini).strict);
        assert!(!shape(&json!({}), Dialect::OpenAi).strict);
    }
}
