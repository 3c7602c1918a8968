//! From one static type to another: what is to be done, and checked, when a value gets a new type.
//!
//! The plan is made once when a program is lowered. It looks only at parts where the types differ, so it costs
//! nothing where nothing can be wrong.

use super::json::{Mismatch, Predicates, encode};
use super::{Layouts, Map, RecordLayout, Value, refine};
use crate::diagnostics::Failure;
use crate::types::{Refinement, Type, TypeDefs, fields_of};
use std::sync::Arc;

#[derive(Debug, Clone)]
pub enum Convert {
    /// It fits as it is.
    Keep,
    /// Int to Float.
    Widen,
    /// Text to Path.
    Path,
    /// Text to Role.
    Role,
    /// Anything to its JSON form.
    Json,
    /// Whatever the first does, then the refinement must hold.
    Refine(Box<Convert>, Arc<Refinement>),
    /// Where there is a value.
    Optional(Box<Convert>),
    List(Box<Convert>),
    Map(Box<Convert>),
    /// For each field of the new layout: the number of the old field and what becomes of it.
    Record {
        layout: Arc<RecordLayout>,
        fields: Vec<(Arc<str>, Convert)>,
    },
}

impl Convert {
    pub fn plan(from: &Type, to: &Type, defs: &TypeDefs, layouts: &Layouts) -> Convert {
        if from == to {
            return Convert::Keep;
        }
        let plan = |from: &Type, to: &Type| Convert::plan(from, to, defs, layouts);
        match (from, to) {
            (Type::Never | Type::NoneType, _) => Convert::Keep,
            (Type::Optional(f), Type::Optional(t)) => match plan(f, t) {
                Convert::Keep => Convert::Keep,
                inner => Convert::Optional(Box::new(inner)),
            },
            (from, Type::Optional(t)) => plan(from, t),
            (from, Type::Refined(r)) if has_refinement(from, r) => Convert::Keep,
            (from, Type::Refined(r)) => Convert::Refine(Box::new(plan(from, &r.base)), r.clone()),
            (Type::Refined(f), to) => plan(&f.base, to),
            (Type::Int, Type::Float) => Convert::Widen,
            (Type::Text, Type::Path) => Convert::Path,
            (Type::Text, Type::Role) => Convert::Role,
            (Type::Json, Type::Json) => Convert::Keep,
            (_, Type::Json) => Convert::Json,
            (Type::List(f), Type::List(t)) => match plan(f, t) {
                Convert::Keep => Convert::Keep,
                inner => Convert::List(Box::new(inner)),
            },
            (Type::Map(f), Type::Map(t)) => match plan(f, t) {
                Convert::Keep => Convert::Keep,
                inner => Convert::Map(Box::new(inner)),
            },
            // Records go by their fields; a structural one in the same order is the same.
            (from, Type::Record(_) | Type::Named(_)) => {
                let (Some(f), Some(t)) = (fields_of(from, defs), fields_of(to, defs)) else {
                    return Convert::Keep;
                };
                let fields: Vec<(Arc<str>, Convert)> = t
                    .iter()
                    .map(|field| {
                        let old = f.iter().find(|old| old.name == field.name);
                        (field.name.clone(), old.map_or(Convert::Keep, |old| plan(&old.ty, &field.ty)))
                    })
                    .collect();
                let in_place = matches!((from, to), (Type::Record(_), Type::Record(_)))
                    && f.len() == t.len()
                    && f.iter().zip(t).all(|(a, b)| a.name == b.name && a.json_name == b.json_name);
                if in_place && fields.iter().all(|(_, c)| c.is_keep()) {
                    return Convert::Keep;
                }
                let layout = match to {
                    Type::Named(id) => layouts.record(*id).cloned(),
                    _ => None,
                };
                let layout = layout.unwrap_or_else(|| Arc::new(RecordLayout::of_fields(t)));
                Convert::Record { layout, fields }
            }
            _ => Convert::Keep,
        }
    }

    pub fn is_keep(&self) -> bool {
        matches!(self, Convert::Keep)
    }

    /// Does it. The error lists what is wrong, with paths into the value.
    pub fn apply(&self, value: Value, predicates: &dyn Predicates) -> Result<Value, Vec<Mismatch>> {
        let mut wrong = Vec::new();
        let value = self.walk(value, predicates, &mut String::from("$"), &mut wrong);
        if wrong.is_empty() { Ok(value) } else { Err(wrong) }
    }

    /// The recursion is as deep as the plan, which is as deep as the types are written.
    fn walk(
        &self,
        value: Value,
        predicates: &dyn Predicates,
        path: &mut String,
        wrong: &mut Vec<Mismatch>,
    ) -> Value {
        let mut say = |message: String| wrong.push(Mismatch { path: path.clone(), message });
        match (self, value) {
            (Convert::Keep, value) => value,
            (Convert::Widen, Value::Int(n)) => Value::Float(n as f64),
            (Convert::Path, Value::Text(text)) => {
                if let Some(problem) = refine::path_problem(&text) {
                    say(problem);
                }
                Value::Text(text)
            }
            (Convert::Role, Value::Text(text)) => {
                if !predicates.is_role(&text) {
                    say(format!("`{text}` is no person or role of `wflow.toml`"));
                }
                Value::Text(text)
            }
            (Convert::Json, value) => match encode(&value) {
                Ok(json) => Value::json(json),
                Err(_) => {
                    say(super::json::too_deep().message);
                    value
                }
            },
            (Convert::Refine(first, refinement), value) => {
                let before = wrong.len();
                let value = first.walk(value, predicates, path, wrong);
                if wrong.len() == before {
                    match refine::problem(refinement, &value, predicates) {
                        Ok(None) => {}
                        Ok(Some(message)) => wrong.push(Mismatch { path: path.clone(), message }),
                        Err(failure) => {
                            wrong.push(Mismatch { path: path.clone(), message: evaluation(&failure) })
                        }
                    }
                }
                value
            }
            (Convert::Optional(_), Value::None) => Value::None,
            (Convert::Optional(inner), value) => inner.walk(value, predicates, path, wrong),
            (Convert::List(inner), Value::List(items)) => {
                let mut items = Arc::unwrap_or_clone(items);
                for (i, item) in items.iter_mut().enumerate() {
                    let mark = path.len();
                    path.push_str(&format!("[{i}]"));
                    *item = inner.walk(std::mem::take(item), predicates, path, wrong);
                    path.truncate(mark);
                }
                Value::list(items)
            }
            (Convert::Map(inner), Value::Map(entries)) => {
                let mut out = Map::with_capacity(entries.len());
                for (key, item) in Arc::unwrap_or_clone(entries) {
                    let mark = path.len();
                    path.push_str(&format!(".{key}"));
                    let item = inner.walk(item, predicates, path, wrong);
                    path.truncate(mark);
                    out.insert(key, item);
                }
                Value::map(out)
            }
            (Convert::Record { layout, fields }, Value::Record(old)) => {
                let mut out = Vec::with_capacity(fields.len());
                for (name, convert) in fields {
                    let value = old.layout.index_of(name).and_then(|i| old.fields.get(i)).cloned();
                    let mark = path.len();
                    path.push_str(&format!(".{name}"));
                    // A field that is not there can only be an optional one.
                    out.push(convert.walk(value.unwrap_or(Value::None), predicates, path, wrong));
                    path.truncate(mark);
                }
                Value::record(layout, out)
            }
            (_, value) => value,
        }
    }
}

fn evaluation(failure: &Failure) -> String {
    format!("its condition cannot be evaluated: {}", failure.message)
}

fn has_refinement(from: &Type, wanted: &Refinement) -> bool {
    let mut ty = from;
    while let Type::Refined(r) = ty {
        if r.id == wanted.id {
            return true;
        }
        ty = &r.base;
    }
    false
}
