//! The JSON Schema of declared types.

use serde_json::{Value, json};
use wflow::check::{Environment, Memory, check_source};
use wflow::types::{Type, schema};

/// The schema of the type that a parameter named `x` of a function has.
fn schema_of(text: &str) -> Value {
    let checked = check_source("a.wflow", text, &Memory::new(), &Environment::default());
    assert!(!checked.has_errors(), "{:?}", checked.diagnostics);
    let ty: &Type = &checked.program.callables[0].signature.params[0].ty;
    schema(ty, &checked.program.defs)
}

#[test]
fn records_say_what_is_needed_and_nothing_else_is_allowed() {
    let found = schema_of(
        r#"
        /// What changed.
        type Notes {
            /// One line.
            headline: Text where it.len <= 80
            highlights: [Text] where 1 <= it.len and it.len <= 7
            is_draft: Bool? as "isDraft"
        }
        fn f(x: Notes) -> Text { x.headline }
        "#,
    );
    assert_eq!(
        found,
        json!({
            "type": "object",
            "properties": {
                "headline": { "type": "string", "maxLength": 80, "description": "One line." },
                "highlights": { "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": 7 },
                "isDraft": { "anyOf": [{ "type": "boolean" }, { "type": "null" }] }
            },
            "required": ["headline", "highlights"],
            "additionalProperties": false,
            "description": "What changed."
        })
    );
}

#[test]
fn enums_are_texts_or_objects_of_one_key() {
    assert_eq!(
        schema_of("enum Stage { Staging = \"staging\", Live } fn f(x: Stage) -> Bool { x == .Live }"),
        json!({ "type": "string", "enum": ["staging", "Live"] })
    );
    assert_eq!(
        schema_of("enum Risk { Low, High { why: Text } } fn f(x: Risk) -> Bool { x == .Low }"),
        json!({
            "anyOf": [
                { "type": "string", "enum": ["Low"] },
                {
                    "type": "object",
                    "properties": { "High": {
                        "type": "object",
                        "properties": { "why": { "type": "string" } },
                        "required": ["why"],
                        "additionalProperties": false
                    } },
                    "required": ["High"],
                    "additionalProperties": false
                }
            ]
        })
    );
}

#[test]
fn refinements_say_what_a_schema_can_say() {
    let of = |refinement: &str| schema_of(&format!("fn f(x: {refinement}) -> Text {{ \"{{x}}\" }}"));
    assert_eq!(of(r#"Text where it matches r"^\d+$""#), json!({ "type": "string", "pattern": r"^\d+$" }));
    assert_eq!(
        of(r#"Text where it matches r"(?i)^ab?$""#),
        json!({ "type": "string", "description": r#"must satisfy: it matches r"(?i)^ab?$""# })
    );
    assert_eq!(
        of("Int where 0 <= it and it < 10"),
        json!({ "type": "integer", "minimum": 0, "exclusiveMaximum": 10 })
    );
    assert_eq!(of("Float where it > 0.5"), json!({ "type": "number", "exclusiveMinimum": 0.5 }));
    assert_eq!(of(r#"Text where it in ["a", "b"]"#), json!({ "type": "string", "enum": ["a", "b"] }));
    assert_eq!(of("Int where it in 1..=3"), json!({ "type": "integer", "minimum": 1, "maximum": 3 }));
    assert_eq!(
        of("Int where it % 2 == 0 and it < 9"),
        json!({ "type": "integer", "exclusiveMaximum": 9, "description": "must satisfy: it % 2 == 0 and it < 9" })
    );
}

#[test]
fn a_type_that_contains_itself_stands_under_defs() {
    let found = schema_of("type Tree { name: Text, children: [Tree] } fn f(x: Tree) -> Text { x.name }");
    assert_eq!(found["$ref"], json!("#/$defs/Tree"));
    assert_eq!(found["$defs"]["Tree"]["properties"]["children"]["items"], json!({ "$ref": "#/$defs/Tree" }));
}
