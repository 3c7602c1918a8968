//! As much of JSON Schema (draft 2020-12) as wflow's own schemas use. A keyword that is not known here is a mistake of
//! the test, so that nothing is taken for checked that is not.

use regex::Regex;
use serde_json::Value;

/// Everything that does not fit, each with its place.
pub fn mismatches(schema: &Value, value: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    check(schema, schema, value, "$", &mut wrong);
    wrong
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let rules = match schema {
        Value::Bool(true) => return,
        Value::Object(rules) => rules,
        _ => panic!("{at}: {schema} is no schema"),
    };
    for (keyword, rule) in rules {
        let mut miss = |what: String| wrong.push(format!("{at}: {what}"));
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "format" | "default" => {}
            "$ref" => {
                let pointer = rule.as_str().and_then(|r| r.strip_prefix('#')).expect("a local reference");
                let target = root.pointer(pointer).unwrap_or_else(|| panic!("{pointer} leads nowhere"));
                check(root, target, value, at, wrong);
            }
            "type" => {
                let names = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                if !names.iter().any(|n| is_of_type(value, n.as_str().expect("a type's name"))) {
                    miss(format!("{value} is no {rule}"));
                }
            }
            "const" if value != rule => miss(format!("{value} is not {rule}")),
            "enum" if !rule.as_array().expect("a list").contains(value) => {
                miss(format!("{value} is none of {rule}"));
            }
            "const" | "enum" => {}
            "pattern" => {
                let pattern = Regex::new(rule.as_str().expect("a pattern")).expect("a pattern");
                if value.as_str().is_some_and(|t| !pattern.is_match(t)) {
                    miss(format!("{value} does not match {rule}"));
                }
            }
            "minimum" | "maximum" => {
                let (limit, number) = (rule.as_f64().expect("a number"), value.as_f64());
                if number.is_some_and(|n| if keyword == "minimum" { n < limit } else { n > limit }) {
                    miss(format!("{value} is beyond {rule}"));
                }
            }
            "minLength" | "maxLength" | "minItems" | "maxItems" => {
                let limit = rule.as_u64().expect("a count") as usize;
                let len = match value {
                    Value::String(text) if keyword.ends_with("Length") => Some(text.chars().count()),
                    Value::Array(items) if keyword.ends_with("Items") => Some(items.len()),
                    _ => None,
                };
                if len.is_some_and(|l| if keyword.starts_with("min") { l < limit } else { l > limit }) {
                    miss(format!("{value} has another length than {keyword} {rule}"));
                }
            }
            "required" => {
                let names = rule.as_array().expect("a list").iter().filter_map(Value::as_str);
                for name in names.filter(|n| value.as_object().is_some_and(|o| !o.contains_key(*n))) {
                    miss(format!("`{name}` is missing"));
                }
            }
            "properties" => {
                let parts = rule.as_object().expect("an object");
                for (name, part) in parts {
                    if let Some(member) = value.get(name) {
                        check(root, part, member, &format!("{at}.{name}"), wrong);
                    }
                }
            }
            "additionalProperties" => {
                let known = rules.get("properties").and_then(Value::as_object);
                for (name, member) in value.as_object().into_iter().flatten() {
                    if known.is_some_and(|k| k.contains_key(name)) {
                        continue;
                    }
                    match rule {
                        Value::Bool(false) => wrong.push(format!("{at}: `{name}` is too much")),
                        other => check(root, other, member, &format!("{at}.{name}"), wrong),
                    }
                }
            }
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}[{i}]"), wrong);
                }
            }
            "anyOf" | "oneOf" => {
                let options = rule.as_array().expect("a list");
                let of = |option: &Value| {
                    let mut inner = Vec::new();
                    check(root, option, value, at, &mut inner);
                    inner
                };
                let results: Vec<Vec<String>> = options.iter().map(of).collect();
                let fitting = results.iter().filter(|r| r.is_empty()).count();
                if fitting == 0 {
                    let nearest = results.into_iter().min_by_key(Vec::len).unwrap_or_default();
                    wrong.push(format!("{at}: fits no choice; of the nearest: {}", nearest.join("; ")));
                } else if keyword == "oneOf" && fitting > 1 {
                    wrong.push(format!("{at}: fits {fitting} choices"));
                }
            }
            other => panic!("{at}: the keyword `{other}` is not known to this test"),
        }
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_f64().is_some_and(|n| n.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("`{other}` is no type"),
    }
}
