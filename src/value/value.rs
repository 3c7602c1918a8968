//! The value itself.

use super::{EnumLayout, RecordLayout, Text};
use indexmap::IndexMap;
use serde_json::Value as Json;
use std::sync::Arc;

/// What an expression gives. Paths and roles are texts: only their types tell them apart.
#[derive(Debug, Clone, Default)]
pub enum Value {
    #[default]
    Nothing,
    /// The absent value of an optional.
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Milliseconds.
    Duration(i64),
    /// Bytes.
    Size(i64),
    /// Milliseconds since 1970, UTC.
    Time(i64),
    Text(Text),
    List(Arc<Vec<Value>>),
    Map(Arc<Map>),
    Record(Arc<Record>),
    Variant(Arc<Variant>),
    /// At most [`super::json::MAX_DEPTH`] deep: whoever makes one sees to that.
    Json(Arc<Json>),
    /// Only its name; the secret itself never enters a value.
    Secret(Text),
    Range(Arc<Range>),
    /// A declared function: which one is known to whoever made it.
    Function(u32),
}

/// In the order in which the keys came, so that every run goes through it the same way.
pub type Map = IndexMap<Text, Value>;

#[derive(Debug, Clone)]
pub struct Record {
    pub layout: Arc<RecordLayout>,
    /// As many as the layout names.
    pub fields: Vec<Value>,
}

#[derive(Debug, Clone)]
pub struct Variant {
    pub layout: Arc<EnumLayout>,
    pub index: u32,
    pub fields: Vec<Value>,
}

/// Whole numbers from `start` to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range {
    pub start: i64,
    pub end: i64,
    pub inclusive: bool,
}

impl Range {
    pub fn contains(&self, n: i64) -> bool {
        self.start <= n && if self.inclusive { n <= self.end } else { n < self.end }
    }

    /// How many numbers it has; more than `u64` holds cannot be.
    pub fn len(&self) -> u64 {
        let width = i128::from(self.end) - i128::from(self.start) + i128::from(self.inclusive);
        width.clamp(0, i128::from(u64::MAX)) as u64
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Value {
    pub fn text(text: impl Into<Text>) -> Value {
        Value::Text(text.into())
    }

    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Arc::new(items))
    }

    pub fn map(entries: Map) -> Value {
        Value::Map(Arc::new(entries))
    }

    pub fn json(json: Json) -> Value {
        Value::Json(Arc::new(json))
    }

    /// `fields` in the order of the layout.
    pub fn record(layout: &Arc<RecordLayout>, fields: Vec<Value>) -> Value {
        Value::Record(Arc::new(Record { layout: layout.clone(), fields }))
    }

    pub fn variant(layout: &Arc<EnumLayout>, index: u32, fields: Vec<Value>) -> Value {
        Value::Variant(Arc::new(Variant { layout: layout.clone(), index, fields }))
    }

    /// `none` for an absent value.
    pub fn optional(value: Option<Value>) -> Value {
        value.unwrap_or(Value::None)
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// An Int counts as the Float it widens to.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Value::Float(x) => Some(*x),
            Value::Int(n) => Some(*n as f64),
            _ => None,
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(t) => Some(t.as_str()),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The field of a record or of a variant, by its name in the program.
    pub fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Record(r) => r.layout.index_of(name).and_then(|i| r.fields.get(i)),
            Value::Variant(v) => {
                v.layout.variants[v.index as usize].fields.index_of(name).and_then(|i| v.fields.get(i))
            }
            _ => None,
        }
    }

    /// What kind of value it is, in the words of the language: for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Nothing => "Nothing",
            Value::None => "none",
            Value::Bool(_) => "Bool",
            Value::Int(_) => "Int",
            Value::Float(_) => "Float",
            Value::Duration(_) => "Duration",
            Value::Size(_) => "Size",
            Value::Time(_) => "Time",
            Value::Text(_) => "Text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Record(_) => "a record",
            Value::Variant(_) => "a variant",
            Value::Json(_) => "Json",
            Value::Secret(_) => "Secret",
            Value::Range(_) => "a range",
            Value::Function(_) => "a function",
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Int(n)
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Value {
        Value::Float(x)
    }
}

impl From<&str> for Value {
    fn from(t: &str) -> Value {
        Value::Text(Text::from(t))
    }
}

impl From<String> for Value {
    fn from(t: String) -> Value {
        Value::Text(Text::from(t))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_small_and_may_cross_threads() {
        fn crosses<T: Send + Sync>() {}
        crosses::<Value>();
        assert_eq!(std::mem::size_of::<Value>(), 16);
        // So that an evaluation's result travels in two registers.
        assert_eq!(std::mem::size_of::<Result<Value, u8>>(), 16);
    }

    #[test]
    fn ranges_at_the_edges_of_int() {
        let all = Range { start: i64::MIN, end: i64::MAX, inclusive: true };
        assert!(all.contains(i64::MAX) && all.contains(0));
        assert_eq!(all.len(), u64::MAX);
        assert!(Range { start: 5, end: 5, inclusive: false }.is_empty());
        assert!(Range { start: 5, end: 1, inclusive: true }.is_empty());
    }
}
