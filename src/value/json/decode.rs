//! JSON against a type: the value, or everything that is wrong with it.

use super::{MAX_EXACT_INT, Mismatch, Predicates};
use crate::diagnostics::did_you_mean;
use crate::types::{DefKind, Field, Type, TypeDefs, fields_of};
use crate::value::{
    Layouts, Map, RecordLayout, Text, Value, duration_text, parse_duration, parse_size, refine, size_text,
    standard, time,
};
use serde_json::Value as Json;
use std::sync::Arc;

/// What becomes of fields that the type does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are errors: answers of an AI, arguments, what people typed.
    Strict,
    /// They are dropped: output of commands and files, whose makers add fields freely.
    Lenient,
}

/// Beyond this many the reader has enough.
const MAX_MISMATCHES: usize = 100;

pub struct Decoder<'a> {
    pub defs: &'a TypeDefs,
    pub layouts: &'a Layouts,
    pub predicates: &'a dyn Predicates,
    pub mode: Mode,
}

impl Decoder<'_> {
    /// Recursion is bounded by the depth of the JSON, which its reader has bounded.
    pub fn decode(&self, ty: &Type, json: &Json) -> Result<Value, Vec<Mismatch>> {
        let mut walk = Walk { with: self, path: Vec::new(), wrong: Vec::new(), structural: Vec::new() };
        match walk.value(ty, json) {
            Some(value) if walk.wrong.is_empty() => Ok(value),
            _ => Err(walk.wrong),
        }
    }
}

enum Segment<'j> {
    Key(&'j str),
    Index(usize),
}

struct Walk<'d, 'j> {
    with: &'d Decoder<'d>,
    path: Vec<Segment<'j>>,
    wrong: Vec<Mismatch>,
    /// The layouts of structural records met so far, by their fields' address.
    structural: Vec<(*const Field, Arc<RecordLayout>)>,
}

impl<'j> Walk<'_, 'j> {
    fn say(&mut self, message: impl Into<String>) -> Option<Value> {
        if self.wrong.len() < MAX_MISMATCHES {
            self.wrong.push(Mismatch { path: self.render(), message: message.into() });
        }
        None
    }

    fn render(&self) -> String {
        let mut out = String::from("$");
        for segment in &self.path {
            match segment {
                Segment::Key(key) if is_plain(key) => {
                    out.push('.');
                    out.push_str(key);
                }
                Segment::Key(key) => out.push_str(&format!("[{}]", Json::from(*key))),
                Segment::Index(i) => out.push_str(&format!("[{i}]")),
            }
        }
        out
    }

    fn expected(&mut self, what: &str, found: &Json) -> Option<Value> {
        self.say(format!("expected {what}, found {}", found_words(found)))
    }

    /// `None` after saying what is wrong.
    fn value(&mut self, ty: &Type, json: &'j Json) -> Option<Value> {
        match ty {
            Type::Text => match json {
                Json::String(text) => Some(Value::from(text.as_str())),
                other => self.expected("a text", other),
            },
            Type::Path => match json {
                Json::String(text) => match refine::path_problem(text) {
                    None => Some(Value::from(text.as_str())),
                    Some(problem) => self.say(problem),
                },
                other => self.expected("a path", other),
            },
            Type::Role => match json {
                Json::String(text) if self.with.predicates.is_role(text) => Some(Value::from(text.as_str())),
                Json::String(text) => self.say(format!("`{text}` is no person or role of `wflow.toml`")),
                other => self.expected("the name of a person or role", other),
            },
            Type::Int => match whole(json) {
                Some(n) => Some(Value::Int(n)),
                None => self.expected("a whole number", json),
            },
            Type::Float => match json.as_f64() {
                Some(x) if x.is_finite() => Some(Value::Float(x)),
                _ => self.expected("a number", json),
            },
            Type::Bool => match json {
                Json::Bool(b) => Some(Value::Bool(*b)),
                other => self.expected("true or false", other),
            },
            Type::Duration => match json.as_str().and_then(parse_duration) {
                Some(ms) => Some(Value::Duration(ms)),
                None => self.expected(&format!("a duration such as \"{}\"", duration_text(1_200_000)), json),
            },
            Type::Size => match json.as_str().and_then(parse_size) {
                Some(bytes) => Some(Value::Size(bytes)),
                None => self.expected(&format!("a size such as \"{}\"", size_text(10 << 20)), json),
            },
            Type::Time => match json.as_str().and_then(time::parse) {
                Some(ms) => Some(Value::Time(ms)),
                None => self.expected("a time such as \"2026-11-23T10:00:00Z\"", json),
            },
            Type::Json => Some(Value::json(json.clone())),
            Type::Nothing | Type::NoneType => match json {
                Json::Null => Some(if *ty == Type::Nothing { Value::Nothing } else { Value::None }),
                other => self.expected("null", other),
            },
            Type::Optional(inner) => match json {
                Json::Null => Some(Value::None),
                other => self.value(inner, other),
            },
            Type::List(item) => match json {
                Json::Array(items) => {
                    let mut out = Vec::with_capacity(items.len());
                    for (i, one) in items.iter().enumerate() {
                        self.path.push(Segment::Index(i));
                        out.extend(self.value(item, one));
                        self.path.pop();
                    }
                    Some(Value::list(out))
                }
                other => self.expected("a list", other),
            },
            Type::Map(item) => match json {
                Json::Object(entries) => {
                    let mut out = Map::with_capacity(entries.len());
                    for (key, one) in entries {
                        self.path.push(Segment::Key(key));
                        if let Some(value) = self.value(item, one) {
                            out.insert(Text::from(key.as_str()), value);
                        }
                        self.path.pop();
                    }
                    Some(Value::map(out))
                }
                other => self.expected("an object", other),
            },
            Type::Record(fields) => {
                let layout = self.structural_layout(fields);
                let values = self.fields(fields, json)?;
                Some(Value::record(&layout, values))
            }
            Type::Named(id) => {
                let with = self.with;
                match &with.defs.get(*id).kind {
                    DefKind::Record(fields) => {
                        let values = self.fields(fields, json)?;
                        Some(Value::record(with.layouts.record(*id)?, values))
                    }
                    DefKind::Enum(_) => self.variant(*id, json),
                }
            }
            Type::Refined(r) => {
                let wrong_before = self.wrong.len();
                let value = self.value(&r.base, json)?;
                if self.wrong.len() > wrong_before {
                    return None;
                }
                match refine::problem(r, &value, self.with.predicates) {
                    Ok(None) => Some(value),
                    Ok(Some(problem)) => self.say(problem),
                    Err(failure) => self.say(failure.message),
                }
            }
            Type::Output => self.standard(ty, &standard::OUTPUT, json),
            Type::Approval => self.standard(ty, &standard::APPROVAL, json),
            Type::Rejection => self.standard(ty, &standard::REJECTION, json),
            Type::Failure => self.standard(ty, &standard::FAILURE, json),
            Type::Secret => self.say("a secret cannot be given as data; name it with `secret(\"NAME\")`"),
            Type::Function(_) | Type::Range | Type::Never | Type::Error => {
                self.say("a value of this type cannot be given as data")
            }
        }
    }

    fn structural_layout(&mut self, fields: &Arc<[Field]>) -> Arc<RecordLayout> {
        let key = fields.as_ptr();
        if let Some((_, layout)) = self.structural.iter().find(|(k, _)| *k == key) {
            return layout.clone();
        }
        let layout = Arc::new(RecordLayout::of_fields(fields));
        self.structural.push((key, layout.clone()));
        layout
    }

    /// Values in the order of the declaration.
    fn fields(&mut self, fields: &[Field], json: &'j Json) -> Option<Vec<Value>> {
        let Json::Object(entries) = json else {
            self.expected("an object", json);
            return None;
        };
        let mut out = Vec::with_capacity(fields.len());
        for field in fields {
            match entries.get(&**field.key()) {
                Some(one) => {
                    // The map's own key lives as long as the JSON does.
                    let key = entries.get_key_value(&**field.key()).map_or("", |(k, _)| k.as_str());
                    self.path.push(Segment::Key(key));
                    out.extend(self.value(&field.ty, one));
                    self.path.pop();
                }
                None if matches!(field.ty.base(), Type::Optional(_)) => out.push(Value::None),
                None => {
                    self.say(format!("the field `{}` is missing", field.key()));
                }
            }
        }
        if self.with.mode == Mode::Strict {
            for key in entries.keys().filter(|key| !fields.iter().any(|f| **f.key() == ***key)) {
                let known = fields.iter().map(|f| &**f.key());
                let help = match did_you_mean(key, known) {
                    Some(near) => format!("; did you mean `{near}`?"),
                    None => String::new(),
                };
                self.say(format!("there is no field `{key}`{help}"));
            }
        }
        (out.len() == fields.len()).then_some(out)
    }

    fn variant(&mut self, id: crate::types::DefId, json: &'j Json) -> Option<Value> {
        let with = self.with;
        let DefKind::Enum(variants) = &with.defs.get(id).kind else { return None };
        let layout = with.layouts.enumeration(id)?;
        let choices = || {
            let all: Vec<String> = variants
                .iter()
                .map(|v| match v.fields.is_empty() {
                    true => format!("\"{}\"", v.text_form()),
                    false => format!("{{\"{}\": …}}", v.name),
                })
                .collect();
            all.join(", ")
        };
        match json {
            Json::String(text) => {
                match variants.iter().position(|v| v.fields.is_empty() && **v.text_form() == **text) {
                    Some(index) => with.layouts.unit(id, index as u32).cloned(),
                    None => match variants.iter().find(|v| !v.fields.is_empty() && *v.name == **text) {
                        Some(v) => {
                            let fields: Vec<&str> = v.fields.iter().map(|f| &**f.key()).collect();
                            self.say(format!(
                                "`{text}` has fields: write {{\"{text}\": {{…}}}} with {}",
                                fields.join(", ")
                            ))
                        }
                        None => self.expected(&format!("one of {}", choices()), json),
                    },
                }
            }
            Json::Object(entries) if entries.len() == 1 => {
                let (key, inner) = entries.iter().next()?;
                match variants.iter().position(|v| !v.fields.is_empty() && *v.name == **key) {
                    Some(index) => {
                        self.path.push(Segment::Key(key));
                        let fields = self.fields(&variants[index].fields, inner);
                        self.path.pop();
                        Some(Value::variant(layout, index as u32, fields?))
                    }
                    None => self.expected(&format!("one of {}", choices()), json),
                }
            }
            other => self.expected(&format!("one of {}", choices()), other),
        }
    }

    /// The language's own records: `{ by: [Text], at: Time }` and the like.
    fn standard(&mut self, ty: &Type, layout: &Arc<RecordLayout>, json: &'j Json) -> Option<Value> {
        let with = self.with;
        let values = self.fields(fields_of(ty, with.defs)?, json)?;
        Some(Value::record(layout, values))
    }
}

/// A whole number; as text only where JSON's numbers would not keep it.
fn whole(json: &Json) -> Option<i64> {
    match json {
        Json::Number(n) => n.as_i64().or_else(|| {
            let x = n.as_f64()?;
            // At 2^53 itself the number that was written may have been the next one.
            (x.fract() == 0.0 && x.abs() < MAX_EXACT_INT as f64).then_some(x as i64)
        }),
        Json::String(text) => {
            let n: i64 = text.parse().ok()?;
            (n.unsigned_abs() > MAX_EXACT_INT.unsigned_abs() && n.to_string() == *text).then_some(n)
        }
        _ => None,
    }
}

fn is_plain(key: &str) -> bool {
    let mut chars = key.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

/// What stands there instead, short.
fn found_words(json: &Json) -> String {
    match json {
        Json::Null => String::from("null"),
        Json::Array(items) => format!("a list of {}", items.len()),
        Json::Object(_) => String::from("an object"),
        Json::String(text) => crate::value::short(&Value::from(text.as_str())),
        other => other.to_string(),
    }
}
