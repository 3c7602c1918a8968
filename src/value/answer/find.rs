//! Where in an answer its value may stand: the whole, a fenced block, an object among prose.
//!
//! Nothing here knows the wanted type. What stands inside of something broken is never a candidate: a part of a value
//! is not the value.

use super::leniency::{Kind, Notes};
use super::lines;
use super::reader::{Broken, Reader, is_quote, starts_bare_key};
use super::tree::Tree;

/// So many places are tried. An answer with more is not one that anybody can read.
const MAX_PLACES: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Something in brackets or quotes.
    Value,
    /// A line without either, which is all that there is.
    Word,
    /// Lines of `key: value`, which are all that there is.
    Lines,
    /// Several values one after another, as one list.
    Sequence,
}

#[derive(Debug, Clone)]
pub struct Candidate {
    pub tree: Tree,
    pub notes: Notes,
    pub form: Form,
}

#[derive(Debug, Default)]
pub struct Found {
    pub candidates: Vec<Candidate>,
    /// What looks like JSON goes on after the end of the answer, or the model was still thinking.
    pub cut: bool,
    pub too_deep: bool,
    pub too_many: bool,
    /// What is wrong with the first thing that looks like JSON and is none, and at which byte of the answer.
    pub broken: Option<(&'static str, usize)>,
    /// Such a thing comes after all candidates.
    pub broken_last: bool,
}

pub fn candidates(answer: &str) -> Found {
    let mut search = Search { answer, found: Found::default(), places: 0, longer: true };
    let mut text = answer.trim_start();
    let mut notes = Notes::default();
    while let Some(rest) = text.strip_prefix(['\u{feff}', '\u{200b}']) {
        notes.add(Kind::OddSpace);
        text = rest.trim_start();
    }
    let starts_as_value = text.starts_with(|c: char| is_quote(c) || matches!(c, '{' | '['));
    if starts_as_value && search.document(text, notes) {
        return search.found;
    }
    match without_thinking(text) {
        Ok(rest) => {
            if rest.len() < text.len() {
                notes.add(Kind::Thinking);
            }
            if !search.document(rest, notes) {
                search.prose(rest, notes, false);
            }
        }
        Err(()) => search.found.cut = true,
    }
    search.found
}

const THINKING: [&str; 4] = ["think", "thinking", "thought", "reasoning"];

/// The opening (or closing) tag of thinking at the beginning of a text: its length.
fn tag(text: &str, closing: bool) -> Option<usize> {
    let start = if closing { "</" } else { "<" };
    let rest = text.strip_prefix(start)?;
    let name = THINKING.iter().find(|name| {
        rest.get(..name.len()).is_some_and(|t| t.eq_ignore_ascii_case(name))
            && rest[name.len()..].starts_with('>')
    })?;
    Some(start.len() + name.len() + 1)
}

/// The byte after the next closing tag.
fn thinking_ends(text: &str) -> Option<usize> {
    text.match_indices("</").find_map(|(at, _)| Some(at + tag(&text[at..], true)?))
}

/// What follows the thinking with which an answer begins; an error if the model is still thinking.
pub fn without_thinking(text: &str) -> Result<&str, ()> {
    let mut text = text.trim_start();
    while let Some(len) = tag(text, false) {
        let end = thinking_ends(&text[len..]).ok_or(())?;
        text = text[len + end..].trim_start();
    }
    Ok(text)
}

struct Search<'t> {
    answer: &'t str,
    found: Found,
    places: usize,
    /// Whether a value may still be looked for beyond the end of its fence.
    longer: bool,
}

impl<'t> Search<'t> {
    fn add(&mut self, tree: Tree, notes: Notes, form: Form) {
        self.found.candidates.push(Candidate { tree, notes, form });
        self.found.broken_last = false;
    }

    /// Reads the text as a whole; whether it is one value, or several in a row.
    fn document(&mut self, text: &'t str, notes: Notes) -> bool {
        let start = text.trim_start();
        let Some(first) = start.chars().next() else { return false };
        if !matches!(first, '{' | '[') && !is_quote(first) {
            return self.line(start, notes);
        }
        let mut reader = Reader::new(start, 0);
        let tree = match reader.value() {
            Ok(tree) => tree,
            Err(Broken::TooDeep) => {
                self.found.too_deep = true;
                return true;
            }
            Err(_) => return false,
        };
        let rest = reader.rest().trim();
        let mut notes = notes.and(reader.notes);
        if rest.chars().all(|c| matches!(c, '}' | ']' | ')' | ',' | ';' | '.')) {
            if rest.contains(['}', ']', ')']) {
                notes.add(Kind::ExtraBracket);
            } else if !rest.is_empty() {
                notes.add(Kind::Punctuation);
            }
            self.add(tree, notes, Form::Value);
            return true;
        }
        if is_quote(first) {
            return false;
        }
        let mut trees = vec![tree];
        while !reader.rest().trim().is_empty() {
            let line = reader.space().unwrap_or(false);
            if reader.peek() == Some(',') {
                reader.pos += 1;
                let _ = reader.space();
            } else if !line && !reader.rest().starts_with(['{', '[']) {
                return false;
            }
            if reader.rest().trim().is_empty() {
                notes.add(Kind::TrailingComma);
                break;
            }
            match reader.rest().starts_with(['{', '[']).then(|| reader.value()) {
                Some(Ok(tree)) => trees.push(tree),
                _ => return false,
            }
        }
        let notes = notes.and(reader.notes);
        if trees.len() <= MAX_PLACES {
            trees.iter().for_each(|tree| self.add(tree.clone(), notes, Form::Value));
        }
        // Lists one after another may be one list or a list of lists.
        if trees.iter().all(|tree| matches!(tree, Tree::Object(_))) {
            self.add(Tree::List(trees), notes.and(Notes::of(Kind::Sequence)), Form::Sequence);
        }
        true
    }

    /// A text that starts with neither a bracket nor a quote.
    fn line(&mut self, text: &'t str, notes: Notes) -> bool {
        let text = text.trim();
        if let Some((tree, more)) = lines::read(text) {
            self.add(tree, notes.and(more), Form::Lines);
            // A list after a colon may be a field, or the answer.
            return !text.contains('[');
        }
        if text.contains(['\n', '{', '[']) || text.contains("```") {
            return false;
        }
        let mut reader = Reader::new(text, 0);
        match reader.value() {
            Ok(tree) => {
                self.add(tree, notes.and(reader.notes), Form::Word);
                true
            }
            Err(_) => false,
        }
    }

    /// Looks for fenced blocks and for values among prose.
    fn prose(&mut self, text: &'t str, notes: Notes, fenced: bool) {
        let from = self.found.candidates.len();
        let mut notes = notes;
        let mut words = false;
        let mut pos = 0;
        while let Some(at) = text[pos..].find(['{', '[', '`', '~', '<']).map(|at| pos + at) {
            words |= text[pos..at].contains(char::is_alphanumeric);
            let here = &text[at..];
            let next = match here.as_bytes()[0] {
                b'<' => match tag(here, false) {
                    Some(_) => {
                        notes.add(Kind::Thinking);
                        match thinking_ends(here) {
                            Some(end) => at + end,
                            None => {
                                self.found.cut = true;
                                break;
                            }
                        }
                    }
                    None => match tag(here, true) {
                        // All before it was thinking, whose opening tag some models leave out.
                        Some(len) => {
                            notes.add(Kind::Thinking);
                            self.found.candidates.truncate(from);
                            self.found.broken = None;
                            words = false;
                            at + len
                        }
                        None => at + 1,
                    },
                },
                b'`' | b'~' => match fence(text, at).filter(|_| !fenced) {
                    Some(fence) => self.fence(text, &fence, notes.and(Notes::of(Kind::Fence))),
                    None => at + here.bytes().take_while(|b| *b == here.as_bytes()[0]).count(),
                },
                _ => match self.place(text, at, notes) {
                    Some(next) => next,
                    None => break,
                },
            };
            pos = next;
        }
        words |= text[pos..].contains(char::is_alphanumeric);
        if words {
            self.found.candidates[from..].iter_mut().for_each(|c| c.notes.add(Kind::Prose));
        }
    }

    /// A fenced block; where the search goes on.
    fn fence(&mut self, text: &'t str, fence: &Fence, notes: Notes) -> usize {
        let content = &text[fence.from..fence.to];
        if self.document(content, notes) {
            return fence.after;
        }
        // A text in the value may itself hold a line of backticks.
        let start = fence.from + (content.len() - content.trim_start().len());
        if self.longer && text[start..].starts_with(['{', '[']) {
            self.longer = false;
            let mut reader = Reader::new(text, start);
            match reader.value() {
                Ok(tree) if reader.pos > fence.to => {
                    self.add(tree, notes.and(reader.notes), Form::Value);
                    return reader.pos;
                }
                _ => {}
            }
        }
        self.prose(content, notes, true);
        fence.after
    }

    /// A bracket among prose; where the search goes on, or that it ends here.
    fn place(&mut self, text: &'t str, at: usize, notes: Notes) -> Option<usize> {
        self.places += 1;
        if self.places > MAX_PLACES {
            self.found.too_many = true;
            return None;
        }
        let mut reader = Reader::new(text, at);
        match reader.value() {
            Ok(tree) => {
                if stands(text, at, reader.pos, &tree) {
                    self.add(tree, notes.and(reader.notes), Form::Value);
                }
                Some(reader.pos)
            }
            Err(Broken::TooDeep) => {
                self.found.too_deep = true;
                None
            }
            Err(broken) => {
                let inside = text[at + 1..].trim_start();
                let looks_like_json = inside
                    .starts_with(|c: char| is_quote(c) || c.is_ascii_digit() || "{[-".contains(c))
                    || (text[at..].starts_with('{') && starts_bare_key(inside));
                if let (Broken::Syntax(what, pos), true) = (&broken, looks_like_json) {
                    // Both are parts of the same text.
                    let offset = text.as_ptr().addr() - self.answer.as_ptr().addr();
                    self.found.broken.get_or_insert((what, offset + pos));
                    self.found.broken_last = true;
                }
                match (&broken, looks_like_json) {
                    (Broken::Syntax(..), _) => match balanced(&text[at..]) {
                        Some(len) => Some(at + len),
                        None if looks_like_json => {
                            self.found.cut = true;
                            None
                        }
                        None => Some(at + 1),
                    },
                    // A bracket that prose left open, unless there is something in it.
                    (_, false) if !text[at + 1..].contains(['{', '[']) => Some(at + 1),
                    _ => {
                        self.found.cut = true;
                        None
                    }
                }
            }
        }
    }
}

/// Whether a value among words is one, and not a mark such as `[1]`, `[x]`, `[text](url)` or `f() {}`.
fn stands(text: &str, from: usize, to: usize, tree: &Tree) -> bool {
    match tree {
        Tree::Object(object) if !object.entries.is_empty() => return true,
        Tree::List(items) if matches!(items.first(), Some(Tree::Bare(_))) => return false,
        _ => {}
    }
    let before = text[..from].rsplit('\n').next().unwrap_or_default();
    let before = before.trim_end_matches([' ', '\t', '`', '*']);
    let after = text[to..].split('\n').next().unwrap_or_default();
    let after = after.trim_start_matches([' ', '\t', '\r', '`', '*', '.', ';', ',']);
    (before.is_empty() || before.ends_with([':', '=', '>'])) && (after.is_empty() || after.starts_with('<'))
}

struct Fence {
    /// The block's content.
    from: usize,
    to: usize,
    /// Behind its end.
    after: usize,
}

/// A fence that opens a block here: at the beginning of its line, with nothing of the content on it.
fn fence(text: &str, at: usize) -> Option<Fence> {
    let mark = text[at..].chars().next()?;
    let count = text[at..].chars().take_while(|c| *c == mark).count();
    let before = text[..at].trim_end_matches([' ', '\t']);
    if count < 3 || !(before.is_empty() || before.ends_with('\n')) {
        return None;
    }
    let info_end = text[at..].find('\n').map_or(text.len(), |i| at + i);
    if text[at..info_end].contains(['{', '[', '"']) || text[at + count..info_end].contains(mark) {
        return None;
    }
    let from = (info_end + 1).min(text.len());
    let mut start = from;
    while start < text.len() {
        let end = text[start..].find('\n').map_or(text.len(), |i| start + i);
        let line = text[start..end].trim();
        if line.len() >= count && line.chars().all(|c| c == mark) {
            return Some(Fence { from, to: start, after: end });
        }
        start = end + 1;
    }
    Some(Fence { from, to: text.len(), after: text.len() })
}

/// The length of what stands in balanced brackets at the beginning, texts in quotes left out.
fn balanced(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut quoted = false;
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '\\' if quoted => drop(chars.next()),
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '[' => depth += 1,
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(i + c.len_utf8());
                }
            }
            _ => {}
        }
    }
    None
}
