//! Reads one value out of a text: JSON, and what was clearly meant as JSON.
//!
//! Valid JSON is read as what it is, without a note. Everything else is read only where there is one way to read it;
//! where there are two (an object that goes on after the end of the text, a quote that may or may not end a text) the
//! value is [`Broken`].

use super::leniency::{Kind, Notes};
use super::number;
use super::tree::{Number, Object, Tree};
use crate::value::json::MAX_DEPTH;

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// This is wrong at this byte.
    Syntax(&'static str, usize),
    /// The text ends before the value does.
    Cut,
    TooDeep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    Object,
    List,
}

pub struct Reader<'t> {
    pub(super) text: &'t str,
    pub pos: usize,
    pub notes: Notes,
    /// What is open, from the outside in.
    pub(super) open: Vec<Open>,
}

pub(super) fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '\u{201c}' | '\u{201e}' | '\u{2018}')
}

fn is_key_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '$')
}

/// Whether a key without quotes stands at the beginning, with its colon.
pub(super) fn starts_bare_key(text: &str) -> bool {
    let end = text.find(|c: char| !is_key_char(c)).unwrap_or(text.len());
    (1..=64).contains(&end) && text[end..].trim_start().starts_with(':')
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str, pos: usize) -> Reader<'t> {
        Reader { text, pos, notes: Notes::default(), open: Vec::new() }
    }

    pub fn rest(&self) -> &'t str {
        &self.text[self.pos..]
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn wrong<T>(&self, what: &'static str) -> Result<T, Broken> {
        Err(Broken::Syntax(what, self.pos))
    }

    /// White space and comments; whether a line ended.
    pub fn space(&mut self) -> Result<bool, Broken> {
        let mut line = false;
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { return Ok(line) };
            let comment = match c {
                ' ' | '\t' | '\r' => {
                    self.pos += 1;
                    continue;
                }
                '\n' => {
                    line = true;
                    self.pos += 1;
                    continue;
                }
                c if c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}') => {
                    self.notes.add(Kind::OddSpace);
                    self.pos += c.len_utf8();
                    continue;
                }
                _ if self.open.is_empty() => return Ok(line),
                '#' => rest.find('\n').unwrap_or(rest.len()),
                '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
                '/' if rest.starts_with("/*") => match rest[2..].find("*/") {
                    Some(end) => end + 4,
                    None => return Err(Broken::Cut),
                },
                _ => return Ok(line),
            };
            self.notes.add(Kind::Comment);
            self.pos += comment;
        }
    }

    /// The value that stands here.
    pub fn value(&mut self) -> Result<Tree, Broken> {
        match self.peek() {
            None => Err(Broken::Cut),
            Some('{' | '[') if self.open.len() >= MAX_DEPTH => Err(Broken::TooDeep),
            Some('{') => self.object(),
            Some('[') => self.list(),
            Some(c) if is_quote(c) => self.quoted(self.open.is_empty()).map(Tree::Text),
            Some(_) => self.word(),
        }
    }

    fn object(&mut self) -> Result<Tree, Broken> {
        self.pos += 1;
        self.open.push(Open::Object);
        let mut object = Object::default();
        let mut comma = false;
        loop {
            self.space()?;
            match self.peek() {
                None if object.entries.is_empty() || comma => return Err(Broken::Cut),
                None => {
                    object.open = true;
                    self.notes.add(Kind::MissingBracket);
                    break;
                }
                Some(c @ ('}' | ']')) => {
                    self.close(c, '}', comma);
                    break;
                }
                Some(',') if object.entries.is_empty() || comma => {
                    return self.wrong("a comma with nothing before it stands");
                }
                Some(',') => {
                    self.pos += 1;
                    comma = true;
                    continue;
                }
                Some(c) if !comma && !object.entries.is_empty() => {
                    if !is_quote(c) && !starts_bare_key(self.rest()) {
                        return self.wrong("neither a comma nor a bracket follows the value");
                    }
                    self.notes.add(Kind::MissingComma);
                }
                Some(_) => {}
            }
            let key = self.key()?;
            let value = self.value()?;
            object.entries.push((key, value));
            comma = false;
        }
        self.open.pop();
        Ok(Tree::Object(object))
    }

    fn list(&mut self) -> Result<Tree, Broken> {
        self.pos += 1;
        self.open.push(Open::List);
        let mut items = Vec::new();
        let mut comma = false;
        // Where the last value ended.
        let mut end = self.pos;
        loop {
            let line = self.space()?;
            match self.peek() {
                // More items may have been to come.
                None => return Err(Broken::Cut),
                Some(c @ ('}' | ']')) => {
                    self.close(c, ']', comma);
                    break;
                }
                Some(',') if items.is_empty() || comma => {
                    return self.wrong("a comma with nothing before it stands");
                }
                Some(',') => {
                    self.pos += 1;
                    comma = true;
                    continue;
                }
                Some(c) if !comma && !items.is_empty() => {
                    if !line && !is_quote(c) && !matches!(c, '{' | '[') {
                        return self.wrong("neither a comma nor a bracket follows the value");
                    }
                    self.notes.add(Kind::MissingComma);
                }
                Some(_) => {}
            }
            let item = self.value()?;
            let after = self.pos;
            self.space()?;
            if self.peek() == Some(':') && matches!(item, Tree::Text(_)) && self.open.contains(&Open::Object)
            {
                // It was the next key of the object around: the list had ended before it.
                self.notes.add(Kind::MissingBracket);
                self.pos = end;
                break;
            }
            self.pos = after;
            end = after;
            items.push(item);
            comma = false;
        }
        self.open.pop();
        Ok(Tree::List(items))
    }

    /// At a closing bracket. One of the other kind closes what is around, or is a slip.
    fn close(&mut self, found: char, own: char, comma: bool) {
        if comma {
            self.notes.add(Kind::TrailingComma);
        }
        let other = if own == '}' { Open::List } else { Open::Object };
        let around = &self.open[..self.open.len().saturating_sub(1)];
        if found == own {
            self.pos += 1;
        } else if around.contains(&other) {
            self.notes.add(Kind::MissingBracket);
        } else {
            self.notes.add(Kind::WrongBracket);
            self.pos += 1;
        }
    }

    fn key(&mut self) -> Result<String, Broken> {
        let key = match self.peek() {
            Some(c) if is_quote(c) => self.quoted(true)?,
            _ => {
                let rest = self.rest();
                let end = rest.find(|c: char| !is_key_char(c)).unwrap_or(rest.len());
                if end == 0 {
                    return self.wrong("no key stands");
                }
                self.notes.add(Kind::UnquotedKey);
                self.pos += end;
                rest[..end].to_owned()
            }
        };
        self.space()?;
        match self.peek() {
            None => return Err(Broken::Cut),
            Some(':') => self.pos += 1,
            Some(_) => return self.wrong("no colon follows the key"),
        }
        self.space()?;
        Ok(key)
    }

    /// A number, a literal, or a text without quotes.
    fn word(&mut self) -> Result<Tree, Broken> {
        let rest = self.rest();
        let end = match self.open.is_empty() {
            true => rest.len(),
            false => end_of_word(rest),
        };
        let word = rest[..end].trim();
        let at_the_end = end == rest.len() && !self.open.is_empty();
        let tree = match word {
            "" => return self.wrong("no value stands"),
            "null" => Tree::Null("null"),
            "true" => Tree::Bool(true, "true"),
            "false" => Tree::Bool(false, "false"),
            "None" | "True" | "False" => {
                self.notes.add(Kind::PythonLiteral);
                match word {
                    "None" => Tree::Null("None"),
                    "True" => Tree::Bool(true, "True"),
                    _ => Tree::Bool(false, "False"),
                }
            }
            "undefined" => {
                self.notes.add(Kind::JavaScriptLiteral);
                Tree::Null("undefined")
            }
            // It could have had more digits, or letters.
            _ if at_the_end => return Err(Broken::Cut),
            _ if number::is_json(word) => Tree::Number(Number { written: word.to_owned(), plain: None }),
            _ => match number::plain(word) {
                Some(plain) => {
                    self.notes.add(Kind::NumberForm);
                    Tree::Number(Number { written: word.to_owned(), plain: Some(plain) })
                }
                None => {
                    if word.contains("...") || word.contains('\u{2026}') {
                        return self.wrong("something is left out");
                    }
                    if word.contains(['"', '`', '{', '[', '\u{201c}', '\u{201d}'])
                        || word.contains(": ")
                        || word.ends_with(':')
                    {
                        return self.wrong("no value stands");
                    }
                    self.notes.add(Kind::UnquotedText);
                    Tree::Bare(word.to_owned())
                }
            },
        };
        self.pos += end;
        Ok(tree)
    }
}

/// Where a word inside brackets ends: at a comma, a bracket, a comment or the end of its line.
fn end_of_word(text: &str) -> usize {
    let mut before = '\0';
    for (i, c) in text.char_indices() {
        let comment = before.is_whitespace() && (c == '#' || text[i..].starts_with("//"));
        if comment || matches!(c, ',' | '}' | ']' | '\n') {
            return i;
        }
        before = c;
    }
    text.len()
}
