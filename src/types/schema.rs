//! The JSON Schema (draft 2020-12) of a type: what an AI is told, what a form is made from, what `wflow schema` prints.
//!
//! It says what the JSON form of a value looks like (see `docs/language.md`). A refinement's known shapes become
//! keywords; what has no keyword is checked after the answer. Types that hold themselves are put under `$defs`.

use super::{DefId, DefKind, Field, Refinement, Shape, Type, TypeDefs, Variant};
use serde_json::{Map, Value as Json, json};

/// The schema of a type, complete in itself.
pub fn schema(ty: &Type, defs: &TypeDefs) -> Json {
    let mut maker = Maker { defs, open: Vec::new(), recursive: Vec::new() };
    let mut out = maker.of(ty);
    // Each recursive type is written once; writing it may find further ones.
    let mut done: Map<String, Json> = Map::new();
    while let Some(id) = maker.recursive.iter().copied().find(|id| !done.contains_key(&maker.name(*id))) {
        maker.open = vec![];
        let body = maker.definition(id);
        done.insert(maker.name(id), body);
    }
    if !done.is_empty() {
        if let Type::Named(id) = ty
            && done.contains_key(&maker.name(*id))
        {
            out = json!({ "$ref": format!("#/$defs/{}", maker.name(*id)) });
        }
        out["$defs"] = Json::Object(done);
    }
    out
}

struct Maker<'d> {
    defs: &'d TypeDefs,
    /// Types that are being written right now.
    open: Vec<DefId>,
    recursive: Vec<DefId>,
}

impl Maker<'_> {
    /// The name under `$defs`; two modules may declare the same one.
    fn name(&self, id: DefId) -> String {
        let name = &self.defs.get(id).name;
        let same = self.defs.iter().filter(|(other, d)| d.name == *name && other.0 < id.0).count();
        if same == 0 { name.to_string() } else { format!("{name}{}", same + 1) }
    }

    fn of(&mut self, ty: &Type) -> Json {
        match ty {
            Type::Text | Type::Path | Type::Role => json!({ "type": "string" }),
            Type::Int => json!({ "type": "integer" }),
            Type::Float => json!({ "type": "number" }),
            Type::Bool => json!({ "type": "boolean" }),
            Type::Duration => {
                json!({ "type": "string", "pattern": r"^-?\d+(ms|s|m|h|d)$", "description": "a duration, such as 90s or 24h" })
            }
            Type::Size => {
                json!({ "type": "string", "pattern": r"^\d+(B|KiB|MiB|GiB|TiB)$", "description": "a size, such as 10KiB" })
            }
            Type::Time => json!({ "type": "string", "format": "date-time" }),
            Type::Nothing | Type::NoneType | Type::Never => json!({ "type": "null" }),
            Type::List(item) => json!({ "type": "array", "items": self.of(item) }),
            Type::Map(item) => json!({ "type": "object", "additionalProperties": self.of(item) }),
            Type::Optional(item) => match self.of(item) {
                Json::Object(map) if map.is_empty() => json!({}),
                inner => json!({ "anyOf": [inner, { "type": "null" }] }),
            },
            Type::Record(fields) => self.record(fields, None),
            Type::Named(id) if self.open.contains(id) || self.recursive.contains(id) => {
                if !self.recursive.contains(id) {
                    self.recursive.push(*id);
                }
                json!({ "$ref": format!("#/$defs/{}", self.name(*id)) })
            }
            Type::Named(id) => self.definition(*id),
            Type::Refined(refinement) => self.refined(refinement),
            Type::Output | Type::Approval | Type::Rejection | Type::Failure => {
                let defs = self.defs;
                self.record(super::fields_of(ty, defs).unwrap_or_default(), None)
            }
            // Without a JSON form, or any: nothing can be said.
            Type::Json | Type::Secret | Type::Function(_) | Type::Range | Type::Error => json!({}),
        }
    }

    fn definition(&mut self, id: DefId) -> Json {
        self.open.push(id);
        let def = self.defs.get(id);
        let docs = def.docs.as_deref();
        let out = match &def.kind {
            DefKind::Record(fields) => self.record(fields, docs),
            DefKind::Enum(variants) => self.choice(variants, docs),
        };
        self.open.pop();
        out
    }

    fn record(&mut self, fields: &[Field], docs: Option<&str>) -> Json {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in fields {
            let mut property = self.of(&field.ty);
            if let Some(docs) = &field.docs {
                property["description"] = json!(&**docs);
            }
            properties.insert(field.key().to_string(), property);
            if !matches!(field.ty.base(), Type::Optional(_)) {
                required.push(json!(&**field.key()));
            }
        }
        let mut out = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            out["required"] = Json::Array(required);
        }
        out["additionalProperties"] = json!(false);
        described(out, docs)
    }

    /// Variants without fields are texts, one with fields is an object with its name as the only key.
    fn choice(&mut self, variants: &[Variant], docs: Option<&str>) -> Json {
        let texts: Vec<Json> =
            variants.iter().filter(|v| v.fields.is_empty()).map(|v| json!(&**v.text_form())).collect();
        let mut options = Vec::new();
        if !texts.is_empty() {
            options.push(json!({ "enum": texts }));
        }
        for variant in variants.iter().filter(|v| !v.fields.is_empty()) {
            let body = self.record(&variant.fields, variant.docs.as_deref());
            options.push(json!({
                "type": "object",
                "properties": { variant.name.as_ref(): body },
                "required": [variant.name.as_ref()],
                "additionalProperties": false,
            }));
        }
        let out = if options.len() == 1 { options.remove(0) } else { json!({ "anyOf": options }) };
        described(out, docs)
    }

    fn refined(&mut self, refinement: &Refinement) -> Json {
        let mut out = self.of(&refinement.base);
        let length = match refinement.base.base() {
            Type::List(_) => ("minItems", "maxItems"),
            Type::Map(_) => ("minProperties", "maxProperties"),
            _ => ("minLength", "maxLength"),
        };
        for shape in &refinement.shapes {
            let (key, value) = match shape {
                Shape::Matches { pattern, .. } => ("pattern", json!(&**pattern)),
                Shape::MinLen(n) => (length.0, json!(n)),
                Shape::MaxLen(n) => (length.1, json!(n)),
                Shape::Minimum { value, exclusive: false } => ("minimum", number(*value)),
                Shape::Minimum { value, exclusive: true } => ("exclusiveMinimum", number(*value)),
                Shape::Maximum { value, exclusive: false } => ("maximum", number(*value)),
                Shape::Maximum { value, exclusive: true } => ("exclusiveMaximum", number(*value)),
                Shape::OneOf(values) => ("enum", json!(values)),
            };
            match out.get(key) {
                // A second pattern cannot stand beside the first.
                Some(_) if key == "pattern" => {
                    let all = out.as_object_mut().map(|m| m.entry("allOf").or_insert(json!([])));
                    if let Some(Json::Array(all)) = all {
                        all.push(json!({ "pattern": value }));
                    }
                }
                _ => out[key] = value,
            }
        }
        if !refinement.complete && out.get("description").is_none() {
            out["description"] = json!(format!("such that {}", refinement.source));
        }
        out
    }
}

fn described(mut schema: Json, docs: Option<&str>) -> Json {
    if let Some(docs) = docs {
        schema["description"] = json!(docs);
    }
    schema
}

/// Whole numbers are written without a fraction.
fn number(value: f64) -> Json {
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}
