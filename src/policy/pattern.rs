//! Command patterns: what a rule of `wflow.toml` or of a `policy { }` says about commands.
//!
//! A pattern is a list of words. `*` as a word stands for any one word, as the last word for any further words (none
//! included); within a word (`feature/*`) it stands for any text of that word. Quotes make one word; a star inside
//! quotes is a plain star. Nothing else is special. A program is named by its name, by an absolute path, or by `./`
//! and its path in the project.

use super::wide::Wide;
use super::word::{Mood, Part, PatternWord, Word};
use crate::source::Span;
use crate::syntax::ast;
use std::path::Path;
use std::sync::Arc;

/// More options than this in one pattern are refused: each is tried with and without a value.
pub const MOST_OPTIONS: usize = 8;
const MOST_WORDS: usize = 64;
const MOST_BYTES: usize = 4096;

#[derive(Debug, Clone)]
pub struct Pattern {
    /// As it was written.
    pub text: Arc<str>,
    pub span: Span,
    /// Without the last star.
    pub(super) words: Vec<PatternWord>,
    /// Whether the last word was `*`: any further words.
    pub(super) rest: bool,
    pub(super) wide: Wide,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.words == other.words && self.rest == other.rest
    }
}

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternError {
    Empty,
    /// The program is `*`, where that would allow everything.
    AnyProgram,
    OpenQuote(char),
    TooManyOptions,
    TooLong,
    /// `{x}` in a policy: patterns are fixed.
    Interpolation,
    /// A program by a path that is neither absolute nor plainly below the root.
    RelativeProgram,
    ControlCharacter,
}

impl PatternError {
    pub fn message(self) -> String {
        match self {
            PatternError::Empty => "a command pattern cannot be empty".into(),
            PatternError::AnyProgram => "a pattern must begin with the name of a program".into(),
            PatternError::OpenQuote(q) => format!("the quote {q} is not closed"),
            PatternError::TooManyOptions => format!("a pattern can name at most {MOST_OPTIONS} options"),
            PatternError::TooLong => {
                format!("a pattern can have at most {MOST_WORDS} words and {MOST_BYTES} bytes")
            }
            PatternError::Interpolation => "a pattern cannot hold an interpolation".into(),
            PatternError::RelativeProgram => {
                "a program is named by its name, by an absolute path, or by `./` and its path in the project"
                    .into()
            }
            PatternError::ControlCharacter => "a pattern cannot hold control characters".into(),
        }
    }

    pub fn help(self) -> &'static str {
        match self {
            PatternError::Empty => "write the words of the command, for example `git log *`",
            PatternError::AnyProgram => {
                "name the program and use `*` behind it, for example `cargo *`; one rule a program"
            }
            PatternError::OpenQuote(_) => "close the quote, or leave it out: words end at white space",
            PatternError::TooManyOptions => "split it into several patterns",
            PatternError::TooLong => "use `*` for the words that may vary",
            PatternError::Interpolation => "use `*` where a value stands",
            PatternError::RelativeProgram => {
                "write `./scripts/tool *` for a program of the project, `tool *` for one that is installed"
            }
            PatternError::ControlCharacter => "remove it, or use `*` in its place",
        }
    }
}

impl Pattern {
    /// From a text of `wflow.toml`.
    pub fn parse(text: &str, span: Span) -> Result<Pattern, PatternError> {
        if text.len() > MOST_BYTES {
            return Err(PatternError::TooLong);
        }
        let words = split(text)?;
        Pattern::build(text.trim().into(), span, words)
    }

    /// From a command between backticks of a `policy { }` or a test.
    pub fn from_command(command: &ast::Command) -> Result<Pattern, PatternError> {
        let mut words = Vec::new();
        for word in &command.words {
            let mut parts = Vec::new();
            for part in &word.parts {
                parts.push(match part {
                    ast::WordPart::Lit(t) => Part::Lit(t.clone()),
                    ast::WordPart::Any => Part::Star,
                    ast::WordPart::Expr(_) | ast::WordPart::Spread(_) => {
                        return Err(PatternError::Interpolation);
                    }
                });
            }
            words.push(PatternWord::new(parts));
        }
        let text = words.iter().map(show).collect::<Vec<_>>().join(" ");
        Pattern::build(text.into(), command.span, words)
    }

    fn build(text: Arc<str>, span: Span, mut words: Vec<PatternWord>) -> Result<Pattern, PatternError> {
        if words.first().is_none_or(|w| w.text() == Some("")) {
            return Err(PatternError::Empty);
        }
        if words.len() > MOST_WORDS {
            return Err(PatternError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(PatternError::ControlCharacter);
        }
        let program = words[0].prefix();
        let inside = program.starts_with("./") && !program.split('/').any(|part| part == "..");
        if program.contains('/') && !program.starts_with('/') && !inside {
            return Err(PatternError::RelativeProgram);
        }
        let rest = words.len() > 1 && words.last().is_some_and(PatternWord::is_star);
        if rest {
            words.pop();
        }
        // `*` alone (only `deny` and the like can say it) means every command.
        let rest = rest || (words.len() == 1 && words[0].is_star());
        let wide = Wide::compile(&words, rest).ok_or(PatternError::TooManyOptions)?;
        Ok(Pattern { text, span, words, rest, wide })
    }

    /// A rule that grants something must say to which program.
    pub fn with_program(self) -> Result<Pattern, PatternError> {
        match self.words[0].text() {
            Some(_) => Ok(self),
            None => Err(PatternError::AnyProgram),
        }
    }

    /// Whether it is the pattern of a command, word by word: what a test means by it. Nothing is allowed by this, so a
    /// star covers options of every sort.
    pub fn matches_words(&self, argv: &[String]) -> bool {
        let words: Vec<Word> = argv.iter().map(|w| Word::literal(w.as_str())).collect();
        self.describes(&words)
    }

    /// Whether the pattern could mean the command, in the wide way of `deny`.
    pub fn touches(&self, words: &[Word], resolved: Option<&Path>, mood: Mood) -> bool {
        self.wide.matches(words, resolved, mood)
    }

    /// A program's name alone is taken to mean all its commands.
    pub(super) fn or_all_commands(mut self) -> Pattern {
        self.rest |= self.words.len() == 1;
        self
    }

    /// The program's name, where it is spelled out.
    pub fn program(&self) -> Option<&str> {
        self.words[0].text()
    }
}

/// A word of a pattern as it is written, so that parsing it again gives the same.
fn show(word: &PatternWord) -> String {
    let mut out = String::new();
    for part in word.parts() {
        match part {
            Part::Star => out.push('*'),
            Part::Lit(t) if t.contains(|c: char| c.is_whitespace() || "*'\"".contains(c)) => {
                let quote = if t.contains('\'') { '"' } else { '\'' };
                out.push(quote);
                out.push_str(t);
                out.push(quote);
            }
            Part::Lit(t) => out.push_str(t),
        }
    }
    if out.is_empty() { String::from("''") } else { out }
}

fn split(text: &str) -> Result<Vec<PatternWord>, PatternError> {
    let mut words = Vec::new();
    let mut word: Option<Vec<Part>> = None;
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => push(&mut word, c),
            None if c.is_whitespace() => words.extend(word.take().map(PatternWord::new)),
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c == '*' => word.get_or_insert_default().push(Part::Star),
            None => push(&mut word, c),
        }
    }
    if let Some(q) = quote {
        return Err(PatternError::OpenQuote(q));
    }
    words.extend(word.take().map(PatternWord::new));
    Ok(words)
}

fn push(word: &mut Option<Vec<Part>>, c: char) {
    let parts = word.get_or_insert_default();
    let text = match parts.pop() {
        Some(Part::Lit(t)) => format!("{t}{c}"),
        Some(star) => {
            parts.push(star);
            c.to_string()
        }
        None => c.to_string(),
    };
    parts.push(Part::Lit(text.into()));
}
