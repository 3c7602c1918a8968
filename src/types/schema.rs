//! JSON Schema (draft 2020-12) of any type: what an AI is told of, what `wflow schema` prints.
//!
//! A value's JSON form always satisfies its type's schema. The other way round holds but for predicates that have no
//! known shape (they stand in `description` and are checked afterwards) and for Int beyond 2^53, whose form is text.
//! Types that contain themselves stand under `$defs`; all others are written in place, which every provider of
//! structured output understands.

use super::pattern::is_portable;
use super::records::fields_of;
use super::{DefId, DefKind, Field, Refinement, Shape, Type, TypeDefs, Variant};
use serde_json::{Map, Value, json};

/// The schema of a type, complete in itself.
pub fn schema(ty: &Type, defs: &TypeDefs) -> Value {
    let mut writer = Writer { defs, recursive: recursive(defs), used: Vec::new() };
    let mut out = writer.of(ty);
    let mut named = Map::new();
    let mut next = 0;
    while let Some(id) = writer.used.get(next).copied() {
        named.insert(writer.name(id), Value::Object(writer.declared(id)));
        next += 1;
    }
    if !named.is_empty() {
        out.insert("$defs".into(), Value::Object(named));
    }
    Value::Object(out)
}

struct Writer<'a> {
    defs: &'a TypeDefs,
    /// By number of the definition: whether it contains itself.
    recursive: Vec<bool>,
    /// Recursive definitions that were referred to, each once.
    used: Vec<DefId>,
}

impl Writer<'_> {
    /// The name under `$defs`; two modules may declare the same one.
    fn name(&self, id: DefId) -> String {
        let name = &self.defs.get(id).name;
        match self.defs.iter().take_while(|(other, _)| *other != id).filter(|(_, d)| d.name == *name).count()
        {
            0 => name.to_string(),
            n => format!("{name}{}", n + 1),
        }
    }

    fn of(&mut self, ty: &Type) -> Map<String, Value> {
        let value = match ty {
            Type::Text | Type::Path | Type::Role => json!({ "type": "string" }),
            Type::Int => json!({ "type": "integer" }),
            Type::Float => json!({ "type": "number" }),
            Type::Bool => json!({ "type": "boolean" }),
            Type::Duration => json!({
                "type": "string",
                "pattern": "^-?[0-9]+(ms|s|m|h|d)$",
                "description": "a duration such as 30s, 5m or 2h"
            }),
            Type::Size => json!({
                "type": "string",
                "pattern": "^[0-9]+(B|KiB|MiB|GiB)$",
                "description": "a size such as 10KiB or 5MiB"
            }),
            Type::Time => json!({ "type": "string", "format": "date-time" }),
            Type::Json | Type::Error => json!({}),
            Type::Nothing | Type::NoneType => json!({ "type": "null" }),
            Type::List(item) => json!({ "type": "array", "items": self.of(item) }),
            Type::Map(item) => json!({ "type": "object", "additionalProperties": self.of(item) }),
            Type::Optional(inner) => json!({ "anyOf": [self.of(inner), { "type": "null" }] }),
            Type::Refined(r) => return self.refined(r),
            Type::Named(id) if self.recursive.get(id.0 as usize) == Some(&true) => {
                if !self.used.contains(id) {
                    self.used.push(*id);
                }
                json!({ "$ref": format!("#/$defs/{}", self.name(*id)) })
            }
            Type::Named(id) => return self.declared(*id),
            Type::Record(fields) => return self.record(fields),
            Type::Output | Type::Approval | Type::Rejection | Type::Failure => {
                let fields = fields_of(ty, self.defs).unwrap_or_default().to_vec();
                return self.record(&fields);
            }
            // No value of these has a JSON form.
            Type::Secret | Type::Never | Type::Function(_) | Type::Range => json!({ "not": {} }),
        };
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    fn declared(&mut self, id: DefId) -> Map<String, Value> {
        let def = self.defs.get(id);
        let mut out = match &def.kind {
            DefKind::Record(fields) => self.record(fields),
            DefKind::Enum(variants) => self.choice(variants),
        };
        describe(&mut out, def.docs.as_deref());
        out
    }

    fn record(&mut self, fields: &[Field]) -> Map<String, Value> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in fields {
            let mut schema = self.of(&field.ty);
            describe(&mut schema, field.docs.as_deref());
            properties.insert(field.key().to_string(), Value::Object(schema));
            if !matches!(field.ty, Type::Optional(_)) {
                required.push(json!(**field.key()));
            }
        }
        let mut out = Map::new();
        out.insert("type".into(), json!("object"));
        out.insert("properties".into(), Value::Object(properties));
        out.insert("required".into(), Value::Array(required));
        out.insert("additionalProperties".into(), json!(false));
        out
    }

    fn choice(&mut self, variants: &[Variant]) -> Map<String, Value> {
        let mut out = Map::new();
        let (plain, full): (Vec<&Variant>, Vec<&Variant>) =
            variants.iter().partition(|v| v.fields.is_empty());
        let texts: Vec<Value> = plain.iter().map(|v| json!(**v.text_form())).collect();
        let told = plain.iter().any(|v| v.docs.is_some());
        if full.is_empty() && !told {
            out.insert("type".into(), json!("string"));
            out.insert("enum".into(), Value::Array(texts));
            return out;
        }
        let mut any: Vec<Value> = Vec::with_capacity(variants.len());
        if told {
            for v in &plain {
                let mut one = Map::new();
                one.insert("const".into(), json!(**v.text_form()));
                describe(&mut one, v.docs.as_deref());
                any.push(Value::Object(one));
            }
        } else if !texts.is_empty() {
            any.push(json!({ "type": "string", "enum": texts }));
        }
        for v in full {
            let mut one = Map::new();
            one.insert("type".into(), json!("object"));
            one.insert("properties".into(), json!({ &*v.name: self.record(&v.fields) }));
            one.insert("required".into(), json!([*v.name]));
            one.insert("additionalProperties".into(), json!(false));
            describe(&mut one, v.docs.as_deref());
            any.push(Value::Object(one));
        }
        out.insert("anyOf".into(), Value::Array(any));
        out
    }

    fn refined(&mut self, r: &Refinement) -> Map<String, Value> {
        let mut out = self.of(&r.base);
        let base = r.base.base();
        let (least, most) = match base {
            Type::List(_) => ("minItems", "maxItems"),
            Type::Map(_) => ("minProperties", "maxProperties"),
            _ => ("minLength", "maxLength"),
        };
        let number = |x: f64| match base {
            Type::Int if x.fract() == 0.0 && x.abs() < 9e15 => json!(x as i64),
            _ => json!(x),
        };
        let mut complete = r.complete;
        for shape in &r.shapes {
            let (key, value) = match shape {
                // What others would read otherwise, or not at all, is told in words.
                Shape::Matches { pattern, .. } if !is_portable(pattern) => {
                    complete = false;
                    continue;
                }
                Shape::Matches { pattern, .. } => ("pattern", json!(**pattern)),
                Shape::MinLen(n) => (least, json!(n)),
                Shape::MaxLen(n) => (most, json!(n)),
                Shape::Minimum { value, exclusive: false } => ("minimum", number(*value)),
                Shape::Minimum { value, exclusive: true } => ("exclusiveMinimum", number(*value)),
                Shape::Maximum { value, exclusive: false } => ("maximum", number(*value)),
                Shape::Maximum { value, exclusive: true } => ("exclusiveMaximum", number(*value)),
                Shape::OneOf(list) => ("enum", Value::Array(list.clone())),
            };
            add(&mut out, key, value);
        }
        if !complete {
            let rule = format!("must satisfy: {}", r.source);
            let text = match out.get("description").and_then(Value::as_str) {
                Some(before) => format!("{before}; {rule}"),
                None => rule,
            };
            out.insert("description".into(), json!(text));
        }
        out
    }
}

/// Adds a keyword; one that stands there already says something else, so both must hold.
fn add(out: &mut Map<String, Value>, key: &str, value: Value) {
    match out.get(key) {
        None => {
            out.insert(key.into(), value);
        }
        Some(same) if *same == value => {}
        Some(_) => {
            let more = json!({ key: value });
            match out.get_mut("allOf").and_then(Value::as_array_mut) {
                Some(all) => all.push(more),
                None => {
                    out.insert("allOf".into(), json!([more]));
                }
            }
        }
    }
}

/// What the author wrote about it goes before what the type says of itself.
fn describe(out: &mut Map<String, Value>, docs: Option<&str>) {
    let Some(docs) = docs.map(str::trim).filter(|d| !d.is_empty()) else { return };
    let text = match out.get("description").and_then(Value::as_str) {
        Some(own) => format!("{docs} ({own})"),
        None => docs.to_owned(),
    };
    out.insert("description".into(), json!(text));
}

/// Which definitions contain themselves.
fn recursive(defs: &TypeDefs) -> Vec<bool> {
    defs.iter()
        .map(|(start, _)| {
            let mut seen = vec![false; defs.iter().count()];
            let mut todo = parts(start, defs);
            while let Some(id) = todo.pop() {
                if id == start {
                    return true;
                }
                if !std::mem::replace(&mut seen[id.0 as usize], true) {
                    todo.extend(parts(id, defs));
                }
            }
            false
        })
        .collect()
}

/// The definitions that a definition's fields name.
fn parts(id: DefId, defs: &TypeDefs) -> Vec<DefId> {
    let mut out = Vec::new();
    match &defs.get(id).kind {
        DefKind::Record(fields) => fields.iter().for_each(|f| named(&f.ty, &mut out)),
        DefKind::Enum(vs) => vs.iter().flat_map(|v| v.fields.iter()).for_each(|f| named(&f.ty, &mut out)),
    }
    out
}

fn named(ty: &Type, out: &mut Vec<DefId>) {
    match ty {
        Type::Named(id) => out.push(*id),
        Type::List(t) | Type::Map(t) | Type::Optional(t) => named(t, out),
        Type::Refined(r) => named(&r.base, out),
        Type::Record(fields) => fields.iter().for_each(|f| named(&f.ty, out)),
        _ => {}
    }
}
