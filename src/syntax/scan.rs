//! The pre-scan: one linear pass that finds comments and bounds nesting before any parser or tree walker recurses.
//!
//! It knows just enough of the language not to be fooled by brackets in texts, commands and comments.

use super::ast::{Comment, CommentKind};
use super::nesting::Nesting;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::{FileId, Span};

/// Brackets, interpolations and words that take an expression may nest this deep.
pub const MAX_NESTING: usize = 100;
/// Operators in one expression, links of a chain, `else if`s: what nests in the tree without brackets.
pub const MAX_CHAIN: usize = 200;
/// How many expressions may stand inside each other, brackets and chains together.
pub const MAX_TREE: usize = 800;

#[derive(Debug, Default)]
pub struct Scan {
    pub comments: Vec<Comment>,
    pub too_deep: Option<Diagnostic>,
    /// How deep it nests, at most.
    pub nesting: usize,
    /// Brackets without their partner: the offset and the character.
    pub unclosed: Vec<(usize, char)>,
    pub unopened: Vec<(usize, char)>,
    /// A text or command that never ends: where it starts.
    pub unterminated: Option<(usize, &'static str)>,
    /// The outermost interpolation that is open at the end: its brace, and what ends the text that it stands in.
    pub open_interpolation: Option<(usize, char)>,
    /// The brace of the interpolation in which the first text without an end stands.
    pub unterminated_in: Option<usize>,
    /// Tokens for recovery; only made on request.
    pub tokens: Vec<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TokenKind {
    Word,
    Number,
    /// A whole text or command, interpolations included.
    Text,
    Command,
    Open(u8),
    Close(u8),
    Punct(u8),
}

/// A token; a text or command with its interpolations is one.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
    pub first_on_line: bool,
}

/// What an opened thing is closed by.
#[derive(Clone, Copy, PartialEq)]
enum Frame {
    /// A bracket, by its closing byte.
    Bracket(u8, usize),
    /// `{` inside a text or command: closing returns into it.
    Interp(Mode, usize),
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Quoted,
    Block,
    Command,
    /// `'…'` or `"…"` inside a command.
    CommandQuote(u8),
}

impl Mode {
    fn closer(self) -> char {
        if matches!(self, Mode::Quoted | Mode::Block) { '"' } else { '`' }
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    file: FileId,
    at: usize,
    out: Scan,
    frames: Vec<Frame>,
    /// Texts that stand around the current interpolation: where their token starts.
    starts: Vec<(usize, TokenKind, bool)>,
    want_tokens: bool,
    fresh_line: bool,
    nesting: Nesting,
}

pub fn scan(file: FileId, text: &str, want_tokens: bool) -> Scan {
    let mut s = Scanner {
        bytes: text.as_bytes(),
        file,
        at: 0,
        out: Scan::default(),
        frames: Vec::new(),
        starts: Vec::new(),
        want_tokens,
        fresh_line: true,
        nesting: Nesting::default(),
    };
    s.code();
    s.out.nesting = s.nesting.most;
    s.out.open_interpolation = s.frames.iter().find_map(|f| match f {
        Frame::Interp(mode, at) => Some((*at, mode.closer())),
        Frame::Bracket(..) => None,
    });
    s.out
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn starts_with(&self, what: &[u8]) -> bool {
        self.bytes[self.at..].starts_with(what)
    }

    fn token(&mut self, kind: TokenKind, start: usize, end: usize) {
        if self.want_tokens && self.starts.is_empty() {
            self.out.tokens.push(Token { kind, start, end, first_on_line: self.fresh_line });
        }
        self.fresh_line = false;
    }

    fn push(&mut self, frame: Frame) {
        self.frames.push(frame);
        self.nesting.open();
        self.bound();
    }

    #[cold]
    fn deep(&mut self, message: String) {
        if self.out.too_deep.is_none() {
            let span = Span::new(self.file, self.at, (self.at + 1).min(self.bytes.len()));
            self.out.too_deep = Some(
                Diagnostic::error(syntax::E0102, span, message)
                    .label("this level is one too many")
                    .help("give parts of it names with `let`, or move them into a `fn` or `task`"),
            );
        }
    }

    fn code(&mut self) {
        while let Some(&b) = self.bytes.get(self.at) {
            match b {
                b'\n' => {
                    self.fresh_line = true;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' => {
                    self.at += 1;
                    while self.peek(0) == b' ' {
                        self.at += 1;
                    }
                }
                b'/' if self.peek(1) == b'/' => self.comment(),
                b'"' => {
                    let mode = if self.starts_with(b"\"\"\"") { Mode::Block } else { Mode::Quoted };
                    self.begin(mode);
                    if !self.inside(mode) {
                        return;
                    }
                }
                b'`' => {
                    self.begin(Mode::Command);
                    if !self.inside(Mode::Command) {
                        return;
                    }
                }
                b'(' | b'[' | b'{' => {
                    self.token(TokenKind::Open(b), self.at, self.at + 1);
                    let close = match b {
                        b'(' => b')',
                        b'[' => b']',
                        _ => b'}',
                    };
                    self.push(Frame::Bracket(close, self.at));
                    self.at += 1;
                }
                b')' | b']' | b'}' => {
                    if !self.close(b) {
                        return;
                    }
                }
                b'r' if self.raw() => {}
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
                b'0'..=b'9' => {
                    let start = self.at;
                    while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' {
                        self.at += 1;
                    }
                    self.nesting.value();
                    self.token(TokenKind::Number, start, self.at);
                }
                _ => {
                    let wide = match b {
                        0xF0.. => 4,
                        0xE0.. => 3,
                        0xC0.. => 2,
                        _ => 1,
                    };
                    self.nesting.punct(b, self.peek(1));
                    self.bound();
                    let end = (self.at + wide).min(self.bytes.len());
                    self.token(TokenKind::Punct(b), self.at, end);
                    self.at = end;
                }
            }
            if self.out.too_deep.is_some() {
                return;
            }
        }
        for frame in &self.frames {
            match *frame {
                Frame::Bracket(close, at) => {
                    let open = match close {
                        b')' => '(',
                        b']' => '[',
                        _ => '{',
                    };
                    self.out.unclosed.push((at, open));
                }
                Frame::Interp(_, at) => self.out.unclosed.push((at, '{')),
            }
        }
    }

    #[inline]
    fn bound(&mut self) {
        // A word that holds a bracket counts beside it.
        if self.frames.len() > MAX_NESTING || self.nesting.most > 2 * MAX_NESTING {
            self.deep(format!("this nests deeper than {MAX_NESTING} levels"));
        }
    }

    fn word(&mut self) {
        let start = self.at;
        while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' {
            self.at += 1;
        }
        self.nesting.word(&self.bytes[start..self.at]);
        self.bound();
        self.token(TokenKind::Word, start, self.at);
    }

    fn comment(&mut self) {
        let start = self.at;
        let end =
            self.bytes[start..].iter().position(|b| *b == b'\n').map_or(self.bytes.len(), |n| start + n);
        let text = &self.bytes[start..end];
        let kind = match text {
            [b'/', b'/', b'/', b'/', ..] => CommentKind::Line,
            [b'/', b'/', b'/', ..] => CommentKind::Doc,
            [b'/', b'/', b'!', ..] => CommentKind::ModuleDoc,
            _ => CommentKind::Line,
        };
        let trimmed = end - usize::from(text.last() == Some(&b'\r'));
        self.out.comments.push(Comment { kind, span: Span::new(self.file, start, trimmed) });
        self.at = end;
    }

    /// A raw text, skipped whole. False if it is an ordinary word.
    fn raw(&mut self) -> bool {
        let mut hashes = 0;
        while self.peek(1 + hashes) == b'#' {
            hashes += 1;
        }
        if self.peek(1 + hashes) != b'"' || hashes > 3 {
            return false;
        }
        let start = self.at;
        let mut i = self.at + 2 + hashes;
        loop {
            match self.bytes.get(i) {
                None => {
                    self.out.unterminated = Some((start, "raw text"));
                    self.token(TokenKind::Text, start, self.bytes.len());
                    self.at = self.bytes.len();
                    return true;
                }
                Some(b'"')
                    if self.bytes[i + 1..].iter().take(hashes).filter(|b| **b == b'#').count() == hashes =>
                {
                    self.at = i + 1 + hashes;
                    self.nesting.value();
                    self.token(TokenKind::Text, start, self.at);
                    return true;
                }
                Some(_) => i += 1,
            }
        }
    }

    fn begin(&mut self, mode: Mode) {
        let kind = if mode == Mode::Command { TokenKind::Command } else { TokenKind::Text };
        self.starts.push((self.at, kind, self.fresh_line));
        self.at += if mode == Mode::Block { 3 } else { 1 };
    }

    fn finish(&mut self) {
        if let Some((start, kind, fresh)) = self.starts.pop() {
            self.fresh_line = fresh;
            self.token(kind, start, self.at);
            self.nesting.value();
        }
    }

    /// Goes on inside a text or command until it ends or an interpolation opens. False at the end of the file.
    fn inside(&mut self, mode: Mode) -> bool {
        let mut mode = mode;
        loop {
            let Some(&b) = self.bytes.get(self.at) else {
                let start = self.starts.last().map_or(self.at, |s| s.0);
                let what = match mode {
                    Mode::Quoted => "text",
                    Mode::Block => "text block",
                    _ => "command",
                };
                self.out.unterminated.get_or_insert((start, what));
                while !self.starts.is_empty() {
                    self.finish();
                }
                return false;
            };
            match (mode, b) {
                (_, b'\\') => self.at = (self.at + 2).min(self.bytes.len()),
                (_, b'{') => {
                    self.push(Frame::Interp(mode, self.at));
                    self.at += 1;
                    return true;
                }
                (Mode::Quoted, b'"') => {
                    self.at += 1;
                    self.finish();
                    return true;
                }
                // A text in quotes ends at the line's end at the latest; the parser says what is missing.
                (Mode::Quoted, b'\n') => {
                    let start = self.starts.last().map_or(self.at, |s| s.0);
                    if self.out.unterminated.is_none() {
                        self.out.unterminated = Some((start, "text"));
                        if let Some(Frame::Interp(_, at)) = self.frames.last() {
                            self.out.unterminated_in = Some(*at);
                        }
                    }
                    self.finish();
                    return true;
                }
                (Mode::Block, b'"') if self.starts_with(b"\"\"\"") => {
                    self.at += 3;
                    self.finish();
                    return true;
                }
                (Mode::Command | Mode::CommandQuote(_), b'`') => {
                    self.at += 1;
                    self.finish();
                    return true;
                }
                (Mode::Command, b'\'' | b'"') => {
                    mode = Mode::CommandQuote(b);
                    self.at += 1;
                }
                (Mode::CommandQuote(q), b) if q == b => {
                    mode = Mode::Command;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
    }

    /// A closing bracket. False when the file ended inside the text that it led back into.
    fn close(&mut self, b: u8) -> bool {
        match self.frames.last().copied() {
            Some(Frame::Interp(mode, _)) if b == b'}' => {
                self.frames.pop();
                self.nesting.close();
                self.at += 1;
                return self.inside(mode);
            }
            Some(Frame::Bracket(close, _)) if close == b => {
                self.frames.pop();
                self.nesting.close();
                self.token(TokenKind::Close(b), self.at, self.at + 1);
            }
            // Closes an outer one: what is open inside stays without its partner.
            Some(Frame::Bracket(_, at))
                if self.frames.iter().rev().any(|f| matches!(f, Frame::Bracket(c, _) if *c == b))
                    && !self.frames.iter().any(|f| matches!(f, Frame::Interp(..))) =>
            {
                while let Some(Frame::Bracket(c, open)) = self.frames.pop() {
                    self.nesting.close();
                    if c == b {
                        break;
                    }
                    let open_char = self.bytes[open] as char;
                    self.out.unclosed.push((open, open_char));
                }
                let _ = at;
                self.token(TokenKind::Close(b), self.at, self.at + 1);
            }
            _ => {
                self.out.unopened.push((self.at, b as char));
                self.token(TokenKind::Punct(b), self.at, self.at + 1);
            }
        }
        self.at += 1;
        true
    }
}
