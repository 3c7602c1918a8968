//! What can follow what was typed so far: names, words of the language, what a value or a module has after a dot.

use super::{Repl, command, is_expression};
use crate::check::{Builtin, Typed};
use crate::syntax::ast::{Item, ItemKind, UseSource};
use crate::syntax::{RESERVED, is_reserved};
use crate::types::methods::{self, On, STATICS};
use crate::types::{DefKind, Type, TypeDefs};

/// Longer expressions before a dot are not looked at: an answer must come while the finger is still on the key.
const LONGEST_RECEIVER: usize = 2000;

const TYPES: &[&str] = &[
    "Bool", "Duration", "Float", "Int", "Json", "Nothing", "Path", "Role", "Secret", "Size", "Text", "Time",
];

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    pub text: String,
    /// With its parameters and result, where they are known.
    pub shown: String,
}

impl Candidate {
    fn plain(text: impl Into<String>) -> Candidate {
        let text = text.into();
        Candidate { shown: text.clone(), text }
    }
}

impl Repl {
    /// Where the word that is being typed begins, and what it could become. `at` is the cursor, in bytes.
    pub fn complete(&mut self, line: &str, at: usize) -> (usize, Vec<Candidate>) {
        let Some(before) = line.get(..at) else { return (at, Vec::new()) };
        let start = before.rfind(|c: char| !is_word(c)).map_or(0, |i| {
            // The character found may be longer than a byte.
            i + before[i..].chars().next().map_or(1, char::len_utf8)
        });
        let word = &before[start..];
        let head = before[..start].trim_end_matches('?');
        let mut found = if before[..start].trim() == ":" {
            command::COMMANDS.iter().map(|c| Candidate::plain(c.0)).collect()
        } else if let Some(rest) = before[..start].strip_suffix('.') {
            self.after_dot(rest.trim_end_matches('?'))
        } else if word.is_empty() && !head.trim().is_empty() {
            Vec::new()
        } else {
            self.names()
        };
        found.retain(|c| c.text.starts_with(word));
        found.sort();
        found.dedup_by(|a, b| a.text == b.text);
        (start, found)
    }

    fn names(&self) -> Vec<Candidate> {
        let kept = self.session.values().iter().map(|v| v.name.to_string());
        let words = RESERVED.iter().chain(TYPES).map(|w| w.to_string());
        let builtins = Builtin::ALL.iter().map(|(name, _)| name.to_string());
        let modules = self.modules.keys().cloned();
        kept.chain(self.defined.iter().cloned())
            .chain(words)
            .chain(builtins)
            .chain(modules)
            .map(Candidate::plain)
            .collect()
    }

    fn after_dot(&mut self, before: &str) -> Vec<Candidate> {
        let receiver = receiver(before);
        if let Some(names) = self.modules.get(receiver)
            && !self.values.contains_key(receiver)
        {
            return names.iter().map(Candidate::plain).collect();
        }
        if let Some(found) = self.of_type_name(receiver) {
            return found;
        }
        if receiver.is_empty() || receiver.len() > LONGEST_RECEIVER || !is_expression(receiver) {
            return Vec::new();
        }
        match self.session.enter(receiver) {
            Typed::Statements(found) => members(&found.value, &found.checked.program.defs),
            _ => Vec::new(),
        }
    }

    /// Variants of an enum, and what can be called on a type.
    fn of_type_name(&self, name: &str) -> Option<Vec<Candidate>> {
        let declared = self.defs.iter().filter(|(_, def)| *def.name == *name).last();
        let known = declared.is_some() || TYPES.contains(&name);
        // A refinement is known by its name alone.
        let refined = self.defined.contains(name) && name.starts_with(char::is_uppercase);
        let mut found: Vec<Candidate> = STATICS.iter().map(|s| Candidate::plain(s.name)).collect();
        if let Some((_, def)) = declared
            && let DefKind::Enum(variants) = &def.kind
        {
            found.extend(variants.iter().map(|v| Candidate::plain(&*v.name)));
        }
        (known || refined).then_some(found)
    }
}

/// Fields, properties and methods of a value of this type.
fn members(ty: &Type, defs: &TypeDefs) -> Vec<Candidate> {
    let mut found = Vec::new();
    let fields = match ty.base() {
        Type::Record(fields) => fields.to_vec(),
        Type::Named(id) => match &defs.get(*id).kind {
            DefKind::Record(fields) => fields.to_vec(),
            DefKind::Enum(_) => Vec::new(),
        },
        _ => Vec::new(),
    };
    for field in fields {
        let shown = format!("{}: {}", field.name, field.ty.show(defs));
        found.push(Candidate { text: field.name.to_string(), shown });
    }
    let own = methods::receiver(ty).into_iter().flat_map(|on| methods::of(on).iter());
    for method in own.chain(methods::of(On::Any)) {
        found.push(Candidate { text: method.name.to_owned(), shown: method.signature() });
    }
    found
}

pub(super) fn item_name(item: &Item) -> Option<&str> {
    Some(match &item.kind {
        ItemKind::Type(t) => &t.name.name,
        ItemKind::Enum(e) => &e.name.name,
        ItemKind::Const(c) => &c.name.name,
        ItemKind::Agent(a) => &a.name.name,
        ItemKind::Callable(c) => &c.name.name,
        ItemKind::Use(u) => match (&u.alias, &u.source) {
            (Some(alias), _) => &alias.name,
            (None, UseSource::Library(name)) => &name.name,
            (None, UseSource::File { .. }) => return None,
        },
        ItemKind::Policy(_) | ItemKind::Test(_) => return None,
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The expression that ends a text, as far back as its brackets, texts and dots reach.
fn receiver(before: &str) -> &str {
    let mut start = before.len();
    let mut open = 0usize;
    let mut quoted = false;
    for (at, c) in before.char_indices().rev() {
        let escaped = before[..at].ends_with('\\');
        let goes_on = match c {
            '"' if !escaped => {
                quoted = !quoted;
                true
            }
            _ if quoted => true,
            ')' | ']' | '}' => {
                open += 1;
                true
            }
            '(' | '[' | '{' => {
                let inside = open > 0;
                open = open.saturating_sub(1);
                inside
            }
            _ if open > 0 => true,
            '.' | '?' => true,
            c => is_word(c),
        };
        if !goes_on {
            break;
        }
        start = at;
    }
    let found = &before[start..];
    // `return [1].` looks at `[1]`; a word of the language begins no receiver.
    match found.split_once(|c: char| !is_word(c)) {
        Some((word, rest)) if is_reserved(word) && !matches!(word, "true" | "false" | "none") => rest,
        _ => found,
    }
}

#[cfg(test)]
mod tests {
    use super::receiver;

    #[test]
    fn a_receiver_reaches_back_over_brackets_and_texts() {
        for (text, wanted) in [
            ("xs", "xs"),
            ("1 + xs", "xs"),
            ("f(a, b).c[0]", "f(a, b).c[0]"),
            ("g(h(x)", "h(x)"),
            ("say \"a (b\"", "\"a (b\""),
            ("[1, 2].map(x => x + 1)", "[1, 2].map(x => x + 1)"),
            ("é(x", "x"),
            ("", ""),
        ] {
            assert_eq!(receiver(text), wanted, "{text}");
        }
    }
}
