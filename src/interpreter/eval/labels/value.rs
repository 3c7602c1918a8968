//! A value with a label on each of its parts.

use super::label::{Label, Level, Way, harmless};
use crate::value::{EnumLayout, Range, Record, RecordLayout, Text, Value, Variant};
use indexmap::IndexMap;
use std::rc::Rc;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct Labelled {
    pub shape: Shape,
    /// Of what it is as a whole: its text, how many items there are. Parts have their own.
    pub label: Label,
}

#[derive(Debug, Clone)]
pub enum Shape {
    Leaf(Value),
    List(Rc<Vec<Labelled>>),
    Map(Rc<IndexMap<Text, Labelled>>),
    Record(Arc<RecordLayout>, Rc<Vec<Labelled>>),
    Variant(Arc<EnumLayout>, u32, Rc<Vec<Labelled>>),
}

impl Labelled {
    pub fn leaf(value: Value, label: Label) -> Labelled {
        Labelled { shape: Shape::Leaf(value), label }
    }

    pub fn literal(value: Value) -> Labelled {
        Labelled::fresh(value, &Label::literal())
    }

    pub fn list(items: Vec<Labelled>) -> Labelled {
        Labelled { shape: Shape::List(Rc::new(items)), label: Label::literal() }
    }

    pub fn record(layout: &Arc<RecordLayout>, fields: Vec<Labelled>) -> Labelled {
        Labelled { shape: Shape::Record(layout.clone(), Rc::new(fields)), label: Label::literal() }
    }

    /// As it came from its source: each part has this label, and is looked at as a word.
    pub fn fresh(value: Value, label: &Label) -> Labelled {
        Labelled::deep(value, label).judged()
    }

    /// Each part has this label.
    pub fn deep(value: Value, label: &Label) -> Labelled {
        let all =
            |values: &[Value]| Rc::new(values.iter().map(|v| Labelled::deep(v.clone(), label)).collect());
        let shape = match &value {
            Value::List(items) => Shape::List(all(items)),
            Value::Map(entries) => Shape::Map(Rc::new(
                entries.iter().map(|(k, v)| (k.clone(), Labelled::deep(v.clone(), label))).collect(),
            )),
            Value::Record(r) => Shape::Record(r.layout.clone(), all(&r.fields)),
            Value::Variant(v) => Shape::Variant(v.layout.clone(), v.index, all(&v.fields)),
            _ => Shape::Leaf(value),
        };
        Labelled { shape, label: label.clone() }
    }

    /// Without its labels.
    pub fn plain(&self) -> Value {
        let all = |parts: &[Labelled]| parts.iter().map(Labelled::plain).collect();
        match &self.shape {
            Shape::Leaf(value) => value.clone(),
            Shape::List(items) => Value::List(Arc::new(all(items))),
            Shape::Map(entries) => {
                Value::Map(Arc::new(entries.iter().map(|(k, v)| (k.clone(), v.plain())).collect()))
            }
            Shape::Record(layout, fields) => {
                Value::Record(Arc::new(Record { layout: layout.clone(), fields: all(fields) }))
            }
            Shape::Variant(layout, index, fields) => Value::Variant(Arc::new(Variant {
                layout: layout.clone(),
                index: *index,
                fields: all(fields),
            })),
        }
    }

    pub fn is_none(&self) -> bool {
        matches!(self.shape, Shape::Leaf(Value::None))
    }

    pub fn as_text(&self) -> Option<&str> {
        match &self.shape {
            Shape::Leaf(value) => value.as_text(),
            _ => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match &self.shape {
            Shape::Leaf(value) => value.as_int(),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match &self.shape {
            Shape::Leaf(value) => value.as_bool(),
            _ => None,
        }
    }

    pub fn as_range(&self) -> Option<Range> {
        match &self.shape {
            Shape::Leaf(Value::Range(range)) => Some(**range),
            _ => None,
        }
    }

    fn parts(&self) -> Vec<&Labelled> {
        match &self.shape {
            Shape::Leaf(_) => Vec::new(),
            Shape::List(items) => items.iter().collect(),
            Shape::Map(entries) => entries.values().collect(),
            Shape::Record(_, fields) | Shape::Variant(_, _, fields) => fields.iter().collect(),
        }
    }

    /// The worst of it and its parts.
    pub fn whole(&self) -> Label {
        self.parts().into_iter().fold(self.label.clone(), |all, part| all.with(&part.whole(), true))
    }

    /// With another label on each part.
    pub fn map(&self, by: &dyn Fn(&Labelled) -> Label) -> Labelled {
        let all = |parts: &[Labelled]| Rc::new(parts.iter().map(|p| p.map(by)).collect());
        let shape = match &self.shape {
            Shape::Leaf(value) => Shape::Leaf(value.clone()),
            Shape::List(items) => Shape::List(all(items)),
            Shape::Map(entries) => {
                Shape::Map(Rc::new(entries.iter().map(|(k, v)| (k.clone(), v.map(by))).collect()))
            }
            Shape::Record(layout, fields) => Shape::Record(layout.clone(), all(fields)),
            Shape::Variant(layout, index, fields) => Shape::Variant(layout.clone(), *index, all(fields)),
        };
        Labelled { shape, label: by(self) }
    }

    /// Approved, vouched for.
    pub fn endorsed(&self) -> Labelled {
        self.map(&|_| Label::literal())
    }

    /// Texts are looked at as words: what does no harm is one, whoever wrote it.
    pub fn judged(&self) -> Labelled {
        self.map(&|part| match &part.shape {
            Shape::Leaf(Value::Text(text)) if harmless(text) => {
                Label { alone: Level::Literal, ..part.label.clone() }
            }
            Shape::Leaf(_) => part.clone().settled().label,
            // What holds parts is as bad a word as they are.
            _ => Label { alone: Level::Literal, ..part.label.clone() },
        })
    }

    /// What its kind leaves no room for: yes and no, sizes, numbers without a sign, choices that the file spells out.
    pub fn settled(self) -> Labelled {
        let room = match &self.shape {
            Shape::Leaf(Value::Bool(_) | Value::Size(_) | Value::None | Value::Nothing) => false,
            Shape::Leaf(value @ (Value::Int(_) | Value::Float(_) | Value::Duration(_))) => {
                value.to_string().starts_with('-')
            }
            Shape::Leaf(Value::Range(range)) => range.start < 0,
            Shape::Variant(_, _, fields) => !fields.is_empty(),
            _ => true,
        };
        match room || self.label.alone == Level::Literal {
            true => self,
            false => Labelled { label: Label { alone: Level::Literal, ..self.label }, ..self },
        }
    }

    pub fn chosen(&self, by: &Rc<Way>, in_loop: &dyn Fn(u64) -> bool) -> Labelled {
        self.map(&|part| part.label.chosen(by, in_loop))
    }

    /// The same value in another form (another layout, a wider number): parts keep their labels where they are found.
    pub fn reshaped(&self, value: Value) -> Labelled {
        let field = |fields: &[Labelled], layout: &RecordLayout, name: &str| {
            layout.index_of(name).and_then(|i| fields.get(i)).cloned()
        };
        let shape = match (&value, &self.shape) {
            (Value::List(items), Shape::List(own)) if items.len() == own.len() => Shape::List(Rc::new(
                items.iter().zip(own.iter()).map(|(v, o)| o.reshaped(v.clone())).collect(),
            )),
            (Value::Map(entries), Shape::Map(own)) => Shape::Map(Rc::new(
                entries
                    .iter()
                    .map(|(k, v)| match own.get(k) {
                        Some(o) => (k.clone(), o.reshaped(v.clone())),
                        None => (k.clone(), Labelled::deep(v.clone(), &self.whole())),
                    })
                    .collect(),
            )),
            (Value::Record(new), Shape::Record(layout, own)) => {
                let fields = new.layout.names.iter().zip(&new.fields).map(|(name, v)| {
                    match field(own, layout, name) {
                        Some(o) => o.reshaped(v.clone()),
                        // A field that is left out is `none`.
                        None => Labelled::literal(v.clone()),
                    }
                });
                Shape::Record(new.layout.clone(), Rc::new(fields.collect()))
            }
            (Value::Variant(v), Shape::Variant(_, _, own)) if v.fields.len() == own.len() => {
                let fields = v.fields.iter().zip(own.iter()).map(|(v, o)| o.reshaped(v.clone()));
                Shape::Variant(v.layout.clone(), v.index, Rc::new(fields.collect()))
            }
            (Value::List(_) | Value::Map(_) | Value::Record(_) | Value::Variant(_), _) => {
                return Labelled::deep(value, &self.whole());
            }
            _ => Shape::Leaf(value),
        };
        Labelled { shape, label: self.label.clone() }
    }
}
