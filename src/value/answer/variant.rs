//! Which variant of an enum an answer means. Never by a part of its name, and never one of several.

use super::coerce::{Shaper, plain};
use super::leniency::Kind;
use super::scalar::undressed;
use super::tree::{CUT, Object, Tree};
use crate::types::{Type, Variant};
use serde_json::{Map, Value as Json};

/// Names under which others than wflow put the name of a variant.
const TAGS: [&str; 4] = ["type", "kind", "tag", "variant"];
/// … and what belongs to it.
const CONTENTS: [&str; 4] = ["value", "data", "fields", "content"];

/// The variant that a word names, and what had to be forgiven.
enum Named<'v> {
    None,
    One(&'v Variant, Option<Kind>),
    Several,
}

fn named<'v>(variants: &'v [Variant], word: &str) -> Named<'v> {
    let word = word.trim();
    let find = |is: &dyn Fn(&Variant) -> bool| {
        let mut all = variants.iter().filter(|v| is(v));
        match (all.next(), all.next()) {
            (None, _) => Named::None,
            (Some(one), None) => Named::One(one, None),
            _ => Named::Several,
        }
    };
    let forms = |v: &Variant, is: &dyn Fn(&str) -> bool| is(v.text_form()) || is(&v.name);
    // As in a program: `Risk.Low`, `.Low`.
    let last = match word.rsplit_once('.') {
        Some((before, last))
            if before.chars().all(char::is_alphanumeric)
                && (before.is_empty() || before.starts_with(char::is_uppercase)) =>
        {
            last
        }
        _ => word,
    };
    // Any other mark would be a word about it.
    let spelled =
        word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.' | '\'' | '\u{2019}'));
    type Try<'f> = (Option<Kind>, &'f dyn Fn(&Variant) -> bool);
    let tries: [Try<'_>; 4] = [
        (None, &|v| **v.text_form() == *word),
        (Some(Kind::EnumName), &|v| *v.name == *word || *v.name == *last),
        (Some(Kind::EnumCase), &|v| forms(v, &|f| f.to_lowercase() == word.to_lowercase())),
        (Some(Kind::EnumSpelling), &|v| {
            forms(v, &|f| spelled && !plain(f).is_empty() && plain(f) == plain(word))
        }),
    ];
    for (kind, is) in tries {
        match find(is) {
            Named::None => {}
            Named::One(v, _) => return Named::One(v, kind),
            Named::Several => return Named::Several,
        }
    }
    Named::None
}

impl Shaper<'_> {
    pub(super) fn variant(&mut self, variants: &[Variant], tree: &Tree, root: bool) -> Json {
        match tree {
            Tree::Text(word) => match self.json_in(word, '{') {
                Some(inner) => self.unpacked(|s| s.variant(variants, &inner, false)),
                None => self.unit(variants, word).unwrap_or_else(|| tree.json()),
            },
            Tree::Bare(word) => self.unit(variants, word).unwrap_or_else(|| {
                let bare = undressed(word);
                match (root && bare.len() < word.len()).then(|| self.unit(variants, bare)).flatten() {
                    Some(json) => {
                        self.note(Kind::Punctuation);
                        json
                    }
                    None => tree.json(),
                }
            }),
            Tree::Number(n) => match variants.iter().any(|v| **v.text_form() == *n.written) {
                true => {
                    self.note(Kind::NumberToText);
                    Json::from(n.written.as_str())
                }
                false => tree.json(),
            },
            Tree::Object(object) => self.full(variants, object, root),
            Tree::List(items) => match items.as_slice() {
                [Tree::Object(object)] => {
                    self.note(Kind::ListToOne);
                    self.full(variants, object, false)
                }
                _ => tree.json(),
            },
            _ => tree.json(),
        }
    }

    /// The text form of the variant without fields that a word names.
    fn unit(&mut self, variants: &[Variant], word: &str) -> Option<Json> {
        match named(variants, word) {
            Named::One(v, kind) if v.fields.is_empty() => {
                if let Some(kind) = kind {
                    self.note(kind);
                }
                Some(Json::from(&**v.text_form()))
            }
            Named::Several => {
                self.problem(format!("{} may be more than one of the variants", Json::from(word)));
                None
            }
            _ => None,
        }
    }

    fn full(&mut self, variants: &[Variant], object: &Object, root: bool) -> Json {
        let whole = || Tree::Object(object.clone()).json();
        if let [(key, inner)] = object.entries.as_slice() {
            match named(variants, key) {
                Named::One(v, kind) => {
                    if let Some(json) = self.content(v, key, inner) {
                        if let Some(kind) = kind {
                            self.note(kind);
                        }
                        return json;
                    }
                }
                Named::Several => {
                    self.problem(format!(
                        "{} may be more than one of the variants",
                        Json::from(key.as_str())
                    ));
                    return whole();
                }
                Named::None => {}
            }
            if root && let Some(inner) = self.unwrapped(object, &[]) {
                self.note(Kind::Wrapper);
                return self.variant(variants, inner, false);
            }
        }
        if let Some(json) = self.tagged(variants, object) {
            return json;
        }
        let mut fit = variants.iter().filter(|v| fits(v, object));
        match (fit.next(), fit.next()) {
            (Some(_), _) if object.open => {
                self.problem(CUT);
                whole()
            }
            (Some(one), None) => {
                self.note(Kind::VariantByFields);
                let fields = self.inside(&one.name, |s| s.fields(&one.fields, object));
                wrapped(&one.name, fields)
            }
            (Some(one), Some(other)) => {
                self.problem(format!(
                    "this may be `{}` or `{}`: write {{\"{}\": {{…}}}} or {{\"{}\": {{…}}}}",
                    one.name, other.name, one.name, other.name
                ));
                whole()
            }
            _ => whole(),
        }
    }

    /// What stands under the name of a variant.
    fn content(&mut self, v: &Variant, key: &str, inner: &Tree) -> Option<Json> {
        match inner {
            Tree::Null(_) if v.fields.is_empty() => {
                self.note(Kind::UnitAsObject);
                Some(Json::from(&**v.text_form()))
            }
            Tree::Object(o) if v.fields.is_empty() && o.entries.is_empty() => {
                self.note(Kind::UnitAsObject);
                Some(Json::from(&**v.text_form()))
            }
            _ if v.fields.is_empty() => None,
            Tree::Object(o) => {
                let fields = self.inside(&v.name, |s| s.fields(&v.fields, o));
                Some(wrapped(&v.name, fields))
            }
            Tree::Text(text) if let Some(Tree::Object(o)) = self.json_in(text, '{') => {
                let v_fields = &v.fields;
                let fields = self.inside(&v.name, |s| s.unpacked(|s| s.fields(v_fields, &o)));
                Some(wrapped(&v.name, fields))
            }
            Tree::Null(_) => Some(wrapped(key, Json::Null)),
            _ => match &*v.fields {
                [only] if !matches!(only.ty.base(), Type::Json) => {
                    let value = self.inside(&v.name, |s| {
                        s.note(Kind::OnlyField);
                        s.inside(only.key(), |s| s.shape(&only.ty, inner, false))
                    });
                    Some(wrapped(&v.name, wrapped(only.key(), value)))
                }
                _ => Some(wrapped(&v.name, inner.json())),
            },
        }
    }

    /// `{"type": "High", "why": "…"}`, `{"kind": "Low"}`, `{"tag": "High", "value": {"why": "…"}}`
    fn tagged(&mut self, variants: &[Variant], object: &Object) -> Option<Json> {
        let mut tags = object.entries.iter().enumerate().filter_map(|(i, (key, value))| {
            let (Tree::Text(word) | Tree::Bare(word)) = value else { return None };
            TAGS.contains(&plain(key).as_str()).then_some((i, key, word))
        });
        let ((at, key, word), None) = (tags.next()?, tags.next()) else { return None };
        let Named::One(v, _) = named(variants, word) else { return None };
        // A field of that name is what it means.
        if variants.iter().any(|v| v.fields.iter().any(|f| plain(f.key()) == plain(key))) {
            return None;
        }
        let mut rest = object.clone();
        rest.entries.remove(at);
        let content = match rest.entries.as_slice() {
            [(key, Tree::Object(inner))]
                if CONTENTS.contains(&plain(key).as_str())
                    && !v.fields.iter().any(|f| plain(f.key()) == plain(key)) =>
            {
                inner.clone()
            }
            _ => rest,
        };
        self.note(Kind::VariantByTag);
        if v.fields.is_empty() {
            if content.entries.is_empty() {
                return Some(Json::from(&**v.text_form()));
            }
            self.problem(format!("the variant `{}` has no fields", v.name));
            return None;
        }
        let fields = self.inside(&v.name, |s| s.fields(&v.fields, &content));
        Some(wrapped(&v.name, fields))
    }
}

/// Whether the object has all that the variant needs, and nothing else.
fn fits(v: &Variant, object: &Object) -> bool {
    let is_field = |key: &str| v.fields.iter().any(|f| **f.key() == *key);
    let given = |key: &str| object.entries.iter().any(|(k, _)| k == key);
    !object.entries.is_empty()
        && object.entries.iter().all(|(key, _)| is_field(key))
        && v.fields.iter().all(|f| matches!(f.ty.base(), Type::Optional(_)) || given(f.key()))
}

fn wrapped(key: &str, value: Json) -> Json {
    Json::Object(Map::from_iter([(key.to_owned(), value)]))
}
