//! `release_manager and security`, `2 of [a, b, c]`: the text of `by` in `wflow.toml`.

use super::approvers::Approvers;
use std::ops::Range;

/// Where the text goes wrong, in bytes of it, and what to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApproversError {
    pub at: Range<usize>,
    pub message: String,
    pub help: &'static str,
}

const SHAPES: &str = "write a name, `a and b`, `a or b`, or `2 of [a, b, c]`";
/// Parentheses within parentheses.
const MOST_DEPTH: usize = 16;

impl Approvers {
    pub fn parse(text: &str) -> Result<Approvers, ApproversError> {
        let mut parser = Parser { text, tokens: tokens(text)?, at: 0 };
        let parsed = parser.expression(0)?;
        if let Some((token, range)) = parser.tokens.get(parser.at).cloned() {
            return Err(parser.error(range, format!("`{token}` is not expected here")));
        }
        if !parsed.is_small() {
            return Err(parser.error(0..text.len(), "too many ways to fulfil this".into()));
        }
        Ok(parsed)
    }
}

type Token<'a> = (&'a str, Range<usize>);

fn tokens(text: &str) -> Result<Vec<Token<'_>>, ApproversError> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let length = match c {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '(' | ')' | '[' | ']' | ',' => 1,
            c if word(c) => text[at..].find(|c| !word(c)).unwrap_or(text.len() - at),
            c => {
                return Err(ApproversError {
                    at: at..at + c.len_utf8(),
                    message: format!("`{}` has no meaning here", c.escape_debug()),
                    help: SHAPES,
                });
            }
        };
        out.push((&text[at..at + length], at..at + length));
        at += length;
    }
    Ok(out)
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn error(&self, at: Range<usize>, message: String) -> ApproversError {
        ApproversError { at, message, help: SHAPES }
    }

    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).map(|t| t.0)
    }

    fn eat(&mut self, token: &str) -> bool {
        let hit = self.peek() == Some(token);
        self.at += usize::from(hit);
        hit
    }

    fn expect(&mut self, token: &str) -> Result<(), ApproversError> {
        if self.eat(token) {
            return Ok(());
        }
        let at = self.tokens.get(self.at).map_or(self.text.len()..self.text.len(), |t| t.1.clone());
        Err(self.error(at, format!("`{token}` is missing")))
    }

    fn expression(&mut self, depth: usize) -> Result<Approvers, ApproversError> {
        let first = self.single(depth)?;
        let Some(word @ ("and" | "or")) = self.peek() else { return Ok(first) };
        let mut all = vec![first];
        while self.eat(word) {
            all.push(self.single(depth)?);
        }
        if let Some(other @ ("and" | "or")) = self.peek() {
            let range = self.tokens[self.at].1.clone();
            return Err(ApproversError {
                at: range,
                message: format!("`{word}` and `{other}` are mixed without parentheses"),
                help: "say what belongs together: `a and (b or c)` or `(a and b) or c`",
            });
        }
        Ok(if word == "and" { Approvers::All(all) } else { Approvers::Any(all) })
    }

    fn single(&mut self, depth: usize) -> Result<Approvers, ApproversError> {
        let end = self.text.len();
        let Some((token, range)) = self.tokens.get(self.at).cloned() else {
            return Err(self.error(end..end, "a name is missing".into()));
        };
        if depth > MOST_DEPTH {
            return Err(self.error(range, "too many parentheses within parentheses".into()));
        }
        self.at += 1;
        if token == "(" {
            let inner = self.expression(depth + 1)?;
            self.expect(")")?;
            return Ok(inner);
        }
        if token.starts_with(|c: char| c.is_ascii_digit()) {
            let Ok(count) = token.parse::<usize>() else {
                return Err(self.error(range, format!("`{token}` is no number of people")));
            };
            self.expect("of")?;
            self.expect("[")?;
            let mut of = Vec::new();
            while !self.eat("]") {
                of.push(self.expression(depth + 1)?);
                if !self.eat(",") {
                    self.expect("]")?;
                    break;
                }
            }
            if count == 0 || count > of.len() {
                let message = format!("`{count} of` a list of {} can never be right", of.len());
                return Err(self.error(range, message));
            }
            return Ok(Approvers::Quorum { count, of });
        }
        if matches!(token, ")" | "[" | "]" | "," | "and" | "or" | "of") {
            return Err(self.error(range, format!("a name is missing before `{token}`")));
        }
        Ok(Approvers::One(token.into()))
    }
}
