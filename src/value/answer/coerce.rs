//! From what an answer says to the JSON form of a type, with every step towards it named.
//!
//! What comes out is judged once more by the strict decoder; what cannot be coerced is left as it is, so that the
//! decoder says what is wrong with it. Nothing is guessed: where two readings fit, that is an error.

use super::leniency::{Kind, Leniency};
use super::reader::Reader;
use super::tree::{CUT, Object, Tree, twice};
use crate::types::{DefKind, Field, Type, fields_of};
use crate::value::json::{Decoder, Mismatch};
use serde_json::{Map, Value as Json};

/// Beyond this many a reader has enough.
const MAX_NOTES: usize = 50;

pub struct Shaper<'a> {
    pub(super) with: &'a Decoder<'a>,
    path: String,
    pub notes: Vec<Leniency>,
    pub problems: Vec<Mismatch>,
    /// Inside of JSON that was in a text.
    in_text: bool,
    /// The name of the wanted type, as an object around it might call it.
    name: String,
}

/// Only the letters and digits, small.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl<'a> Shaper<'a> {
    pub fn new(with: &'a Decoder<'a>, ty: &Type) -> Shaper<'a> {
        let name = plain(&name_of(ty, with));
        Shaper {
            with,
            path: String::from("$"),
            notes: Vec::new(),
            problems: Vec::new(),
            in_text: false,
            name,
        }
    }

    pub(super) fn note(&mut self, kind: Kind) {
        if self.notes.len() < MAX_NOTES {
            let at = (self.path.len() > 1).then(|| self.path.clone());
            self.notes.push(Leniency { kind, at });
        }
    }

    pub(super) fn problem(&mut self, message: impl Into<String>) {
        if self.problems.len() < MAX_NOTES {
            self.problems.push(Mismatch { path: self.path.clone(), message: message.into() });
        }
    }

    pub(super) fn inside<T>(&mut self, key: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.path.len();
        self.path.push('.');
        self.path.push_str(key);
        let out = work(self);
        self.path.truncate(mark);
        out
    }

    /// `root`: the value is the whole answer.
    pub fn shape(&mut self, ty: &Type, tree: &Tree, root: bool) -> Json {
        match ty {
            Type::Refined(r) => {
                let json = self.shape(&r.base, tree, root);
                self.refined(r, json)
            }
            Type::Optional(inner) => self.optional(inner, tree, root),
            Type::List(item) => self.list(item, tree, root),
            Type::Map(item) => self.map(item, tree),
            Type::Json => {
                if let Some(doubt) = tree.doubt() {
                    self.problem(doubt);
                }
                tree.json()
            }
            Type::Named(id) => {
                let with = self.with;
                match &with.defs.get(*id).kind {
                    DefKind::Record(fields) => self.record(fields, tree, root),
                    DefKind::Enum(variants) => self.variant(variants, tree, root),
                }
            }
            Type::Record(fields) => self.record(fields, tree, root),
            Type::Output | Type::Approval | Type::Rejection | Type::Failure => {
                let fields = fields_of(ty, self.with.defs).unwrap_or_default().to_vec();
                self.record(&fields, tree, root)
            }
            _ => match tree {
                Tree::Object(object) if root => match self.unwrapped(object, &[]) {
                    Some(inner) if !matches!(inner, Tree::Object(_) | Tree::List(_)) => {
                        self.note(Kind::Wrapper);
                        self.scalar(ty, inner, false)
                    }
                    _ => tree.json(),
                },
                _ => self.scalar(ty, tree, root),
            },
        }
    }

    fn optional(&mut self, inner: &Type, tree: &Tree, root: bool) -> Json {
        let names_none = |s: &Self| match inner.base() {
            Type::Named(id) => match &s.with.defs.get(*id).kind {
                DefKind::Enum(variants) => variants.iter().any(|v| plain(v.text_form()) == "none"),
                DefKind::Record(_) => false,
            },
            _ => false,
        };
        match tree {
            Tree::Null("None") if names_none(self) => {
                self.problem("`None` may be no value or the variant of that name");
                Json::Null
            }
            Tree::Null(_) => Json::Null,
            Tree::Text(text) | Tree::Bare(text)
                if matches!(text.trim().to_lowercase().as_str(), "null" | "none")
                    && !matches!(inner.base(), Type::Text | Type::Path | Type::Role | Type::Json)
                    && !names_none(self) =>
            {
                self.note(Kind::TextToNone);
                Json::Null
            }
            _ => self.shape(inner, tree, root),
        }
    }

    fn list(&mut self, item: &Type, tree: &Tree, root: bool) -> Json {
        match tree {
            Tree::List(items) => {
                let mark = self.path.len();
                // A list for a list of lists may be its only item, or each of its items one; a list among values may be
                // several of them.
                let lists = match within(item) {
                    Type::List(_) => Some(true),
                    Type::Json | Type::Map(_) => None,
                    _ => Some(false),
                };
                let mut out = Vec::with_capacity(items.len());
                for (i, one) in items.iter().enumerate() {
                    if lists.is_some_and(|lists| lists != matches!(one, Tree::List(_))) {
                        out.push(one.json());
                        continue;
                    }
                    self.path.push_str(&format!("[{i}]"));
                    out.push(self.shape(item, one, false));
                    self.path.truncate(mark);
                }
                Json::Array(out)
            }
            Tree::Object(object) if root => match self.unwrapped(object, &["items", "list", "array"]) {
                Some(inner @ Tree::List(_)) => {
                    self.note(Kind::Wrapper);
                    self.list(item, inner, false)
                }
                _ => self.one_to_list(item, tree, root),
            },
            Tree::Text(text) => match self.json_in(text, '[') {
                Some(inner) => self.unpacked(|s| s.list(item, &inner, false)),
                None => self.one_to_list(item, tree, root),
            },
            _ => self.one_to_list(item, tree, root),
        }
    }

    fn one_to_list(&mut self, item: &Type, tree: &Tree, root: bool) -> Json {
        let base = within(item);
        let fits = match tree {
            Tree::Null(_) | Tree::List(_) => false,
            // One text may be several items in one; as a whole answer it may be anything.
            Tree::Text(text) | Tree::Bare(text) => match base {
                Type::Text => !root && !text.contains([',', ';', '\n']),
                Type::List(_) | Type::Map(_) | Type::Record(_) | Type::Json | Type::Path => false,
                _ => !text.contains(','),
            },
            Tree::Number(_) => matches!(base, Type::Int | Type::Float),
            Tree::Bool(..) => *base == Type::Bool,
            Tree::Object(object) => {
                !object.open && matches!(base, Type::Named(_) | Type::Record(_) | Type::Map(_))
            }
        };
        if !fits {
            return tree.json();
        }
        self.note(Kind::OneToList);
        Json::Array(vec![self.shape(item, tree, root)])
    }

    fn map(&mut self, item: &Type, tree: &Tree) -> Json {
        match tree {
            Tree::Object(object) => {
                if object.open {
                    self.problem(CUT);
                }
                if let Some(key) = object.contradiction() {
                    self.problem(twice(key));
                }
                let mut out = Map::new();
                for (key, value) in &object.entries {
                    let value = self.inside(key, |s| s.shape(item, value, false));
                    out.insert(key.clone(), value);
                }
                Json::Object(out)
            }
            Tree::List(items) if !items.is_empty() => {
                let Some(pairs) = items.iter().map(pair).collect::<Option<Vec<_>>>() else {
                    return tree.json();
                };
                let mut out = Map::new();
                for (key, value) in pairs {
                    let value = self.inside(key, |s| s.shape(item, value, false));
                    if out.insert(key.to_owned(), value).is_some() {
                        self.problem(twice(key));
                    }
                }
                self.note(Kind::PairsToMap);
                Json::Object(out)
            }
            Tree::Text(text) => match self.json_in(text, '{') {
                Some(inner) => self.unpacked(|s| s.map(item, &inner)),
                None => tree.json(),
            },
            _ => tree.json(),
        }
    }

    fn record(&mut self, fields: &[Field], tree: &Tree, root: bool) -> Json {
        match tree {
            Tree::Object(object) => {
                if root
                    && let Some(inner @ Tree::Object(_)) = self.unwrapped(object, &[])
                    && !fields.iter().any(|f| plain(f.key()) == plain(&object.entries[0].0))
                {
                    self.note(Kind::Wrapper);
                    return self.record(fields, inner, false);
                }
                self.fields(fields, object)
            }
            Tree::List(items) => match items.as_slice() {
                [one @ Tree::Object(_)] => {
                    self.note(Kind::ListToOne);
                    self.record(fields, one, false)
                }
                _ => tree.json(),
            },
            Tree::Text(text) => match self.json_in(text, '{') {
                Some(inner) => self.unpacked(|s| s.record(fields, &inner, false)),
                None => tree.json(),
            },
            _ => tree.json(),
        }
    }

    pub(super) fn fields(&mut self, fields: &[Field], object: &Object) -> Json {
        if let Some(key) = object.contradiction() {
            self.problem(twice(key));
        }
        let exact = |key: &str| fields.iter().find(|f| **f.key() == *key);
        let given = |key: &str| object.entries.iter().any(|(k, _)| k == key);
        let mut out = Map::new();
        for (key, value) in &object.entries {
            let field = exact(key).or_else(|| {
                // The one field that is spelled like this and was not given otherwise.
                let key = plain(key);
                let mut like = fields
                    .iter()
                    .filter(|f| (plain(f.key()) == key || plain(&f.name) == key) && !given(f.key()));
                like.next().filter(|_| like.next().is_none())
            });
            let Some(field) = field else {
                out.insert(key.clone(), value.json());
                continue;
            };
            let shaped = self.inside(field.key(), |s| {
                if **field.key() != **key {
                    s.note(Kind::FieldName);
                }
                s.shape(&field.ty, value, false)
            });
            if out.get(&**field.key()).is_some_and(|before| *before != shaped) {
                self.problem(twice(field.key()));
            }
            out.insert(field.key().to_string(), shaped);
        }
        if object.open
            && let Some(missing) = fields.iter().find(|f| !out.contains_key(&**f.key()))
        {
            self.problem(format!("{CUT}: `{}` may have been to come", missing.key()));
        }
        Json::Object(out)
    }

    /// What an object holds that is only a wrapper around the answer: one value, under a name that says so.
    pub(super) fn unwrapped<'t>(&self, object: &'t Object, more: &[&str]) -> Option<&'t Tree> {
        const NAMES: [&str; 7] = ["answer", "result", "value", "output", "response", "json", "data"];
        let [(key, inner)] = object.entries.as_slice() else { return None };
        let key = plain(key);
        let known =
            NAMES.iter().chain(more).any(|name| *name == key) || (key == self.name && !key.is_empty());
        (known && !object.open).then_some(inner)
    }

    /// Valid JSON in a text, one level of it.
    pub(super) fn json_in(&self, text: &str, start: char) -> Option<Tree> {
        let text = text.trim();
        if self.in_text || !text.starts_with(start) {
            return None;
        }
        let mut reader = Reader::new(text, 0);
        let tree = reader.value().ok()?;
        (reader.rest().is_empty() && reader.notes.is_empty()).then_some(tree)
    }

    pub(super) fn unpacked(&mut self, work: impl FnOnce(&mut Self) -> Json) -> Json {
        self.note(Kind::JsonInText);
        self.in_text = true;
        let json = work(self);
        self.in_text = false;
        json
    }
}

/// Without refinements and `?`.
pub(super) fn within(ty: &Type) -> &Type {
    match ty.base() {
        Type::Optional(inner) => within(inner),
        base => base,
    }
}

/// `{"key": "a", "value": 1}`
fn pair(tree: &Tree) -> Option<(&str, &Tree)> {
    let Tree::Object(object) = tree else { return None };
    match object.entries.as_slice() {
        [(k, Tree::Text(key)), (v, value)] | [(v, value), (k, Tree::Text(key))]
            if k == "key" && v == "value" && !object.open =>
        {
            Some((key, value))
        }
        _ => None,
    }
}

fn name_of(ty: &Type, with: &Decoder<'_>) -> String {
    match ty {
        Type::Refined(r) => match &r.name {
            Some(name) => name.to_string(),
            None => name_of(&r.base, with),
        },
        Type::Named(id) => with.defs.get(*id).name.to_string(),
        Type::Optional(inner) => name_of(inner, with),
        Type::List(item) => match name_of(item, with) {
            name if name.is_empty() => name,
            name => format!("{name}s"),
        },
        _ => String::new(),
    }
}
