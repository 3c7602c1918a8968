//! What an answer says, before its type is known: JSON, and what looks like it.

use serde_json::Value as Json;

#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// `null`, and how it was written: `None` may also be the name of a variant.
    Null(&'static str),
    Bool(bool, &'static str),
    Number(Number),
    /// In quotes.
    Text(String),
    /// Without quotes: a text, or whatever the type makes of it.
    Bare(String),
    List(Vec<Tree>),
    Object(Object),
}

/// As it was written, for whoever wants a text, and in a form of JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    pub written: String,
    /// Absent: as it was written.
    pub plain: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object {
    /// In order; a key may stand more than once.
    pub entries: Vec<(String, Tree)>,
    /// The text ended before the closing bracket came: only the type says whether more was to come.
    pub open: bool,
}

impl Number {
    pub fn json(&self) -> Json {
        let text = self.plain.as_deref().unwrap_or(&self.written);
        // Too large for a number: a text, which the type refuses.
        serde_json::from_str(text).unwrap_or_else(|_| Json::from(self.written.as_str()))
    }
}

impl Object {
    /// A key that stands more than once with different values.
    pub fn contradiction(&self) -> Option<&str> {
        // Most objects are small; for the others a table keeps this from growing with the square.
        if self.entries.len() <= 8 {
            let mut pairs = self.entries.iter().enumerate();
            return pairs.find_map(|(i, (key, value))| {
                let again = self.entries[..i].iter().find(|(k, _)| k == key)?;
                (again.1 != *value).then_some(key.as_str())
            });
        }
        let mut seen = std::collections::HashMap::with_capacity(self.entries.len());
        self.entries.iter().find_map(|(key, value)| match seen.insert(key.as_str(), value) {
            Some(before) if before != value => Some(key.as_str()),
            _ => None,
        })
    }
}

impl Tree {
    /// As JSON, without regard to a type.
    pub fn json(&self) -> Json {
        match self {
            Tree::Null(_) => Json::Null,
            Tree::Bool(b, _) => Json::Bool(*b),
            Tree::Number(n) => n.json(),
            Tree::Text(text) | Tree::Bare(text) => Json::from(text.as_str()),
            Tree::List(items) => items.iter().map(Tree::json).collect(),
            Tree::Object(object) => {
                Json::Object(object.entries.iter().map(|(k, v)| (k.clone(), v.json())).collect())
            }
        }
    }

    /// What would keep it from being JSON of any type: an object that the end of the text cut off, a text without
    /// quotes, a key with two values.
    pub fn doubt(&self) -> Option<String> {
        match self {
            Tree::Bare(text) => {
                Some(format!("{} stands without quotes", crate::value::short(&text.as_str().into())))
            }
            Tree::Number(n) if n.json().is_string() => Some(format!("{} is no number", n.written)),
            Tree::List(items) => items.iter().find_map(Tree::doubt),
            Tree::Object(object) if object.open => Some(String::from(CUT)),
            Tree::Object(object) => match object.contradiction() {
                Some(key) => Some(twice(key)),
                None => object.entries.iter().find_map(|(_, value)| value.doubt()),
            },
            _ => None,
        }
    }

    /// The first key anywhere in it that stands twice with different values.
    pub fn contradiction(&self) -> Option<&str> {
        match self {
            Tree::List(items) => items.iter().find_map(Tree::contradiction),
            Tree::Object(object) => object
                .contradiction()
                .or_else(|| object.entries.iter().find_map(|(_, value)| value.contradiction())),
            _ => None,
        }
    }
}

pub const CUT: &str = "the answer ends before it is complete";

pub fn twice(key: &str) -> String {
    format!("the key `{key}` stands more than once, with different values")
}
