//! Where a text with mistakes is cut: into items, members, statements, and the braces inside them.

use super::scan::{Token, TokenKind};
use super::tree::Stopped;
use crate::diagnostics::did_you_mean;

pub const ITEM_WORDS: &[&str] =
    &["use", "type", "enum", "const", "agent", "policy", "fn", "task", "workflow", "test"];
pub const STATEMENT_WORDS: &[&str] = &[
    "let", "var", "if", "match", "for", "repeat", "return", "break", "continue", "try", "ensure", "fail",
    "wait", "say", "step", "parallel", "run", "ask", "gate",
];
pub const POLICY_WORDS: &[&str] = &["allow", "deny", "reads", "trusted", "untrusted"];
/// A line that starts with one of these goes on with the statement before it.
const CONTINUES: &[&str] = &[
    "else",
    "catch",
    "undo",
    "by",
    "show",
    "require",
    "timeout",
    "escalate",
    "on",
    "edit",
    "as",
    "check",
    "with",
    "retry",
    "otherwise",
    "up",
    "env",
    "stdin",
    "exits",
    "idempotent",
    "in",
    "and",
    "or",
    "matches",
    "help",
    "limit",
    "min_assurance",
    "every",
    "where",
    "after",
];
/// After one of these words an expression is still to come.
const EXPECTING: &[&str] = &[
    "else",
    "otherwise",
    "not",
    "and",
    "or",
    "in",
    "return",
    "say",
    "break",
    "ensure",
    "expect",
    "given",
    "matches",
    "with",
    "wait",
    "if",
    "where",
    "edit",
    "check",
];
/// Words with which other languages begin an item.
const FOREIGN_ITEMS: &[&str] =
    &["function", "def", "func", "import", "from", "struct", "record", "class", "interface", "pub", "export"];

pub fn word<'t>(text: &'t str, token: &Token) -> &'t str {
    text.get(token.start..token.end).unwrap_or("")
}

/// The start of the first token at or after an offset that stands in no text or command.
pub fn skip_trivia(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start().len();
        if !text[at..].starts_with("//") {
            return at;
        }
        at += text[at..].find('\n').unwrap_or(text.len() - at);
    }
}

/// A part of the text: tokens `lo..hi`, bytes `start..end`.
#[derive(Debug, Clone, Copy)]
pub struct Piece {
    pub lo: usize,
    pub hi: usize,
    pub start: usize,
    pub end: usize,
}

/// A pair of braces, by the places of its tokens.
#[derive(Debug, Clone, Copy)]
pub struct Braces {
    pub open: usize,
    pub close: usize,
}

/// The tokens of a text whose brackets are balanced.
pub struct Tokens<'a> {
    text: &'a str,
    pub list: Vec<Token>,
    partner: Vec<usize>,
}

impl<'a> Tokens<'a> {
    /// `base`: where in the text the scanned part began.
    pub fn new(text: &'a str, mut list: Vec<Token>, base: usize) -> Self {
        let mut partner = vec![usize::MAX; list.len()];
        let mut open = Vec::new();
        for (i, token) in list.iter_mut().enumerate() {
            token.start += base;
            token.end += base;
            match token.kind {
                TokenKind::Open(_) => open.push(i),
                TokenKind::Close(_) => {
                    if let Some(o) = open.pop() {
                        partner[o] = i;
                    }
                }
                _ => {}
            }
        }
        Tokens { text, list, partner }
    }

    fn word(&self, i: usize) -> &'a str {
        self.list.get(i).map_or("", |t| self.text.get(t.start..t.end).unwrap_or(""))
    }

    fn kind(&self, i: usize) -> Option<TokenKind> {
        self.list.get(i).map(|t| t.kind)
    }

    pub fn all(&self, end: usize) -> Piece {
        let start = self.list.first().map_or(0, |t| t.start);
        Piece { lo: 0, hi: self.list.len(), start, end }
    }

    /// What stands between two braces.
    pub fn inside(&self, braces: Braces) -> Piece {
        let (start, end) = self.gap(braces);
        Piece { lo: braces.open + 1, hi: braces.close, start, end }
    }

    /// The same as offsets.
    pub fn gap(&self, braces: Braces) -> (usize, usize) {
        (self.list[braces.open].end, self.list[braces.close].start)
    }

    /// The end of a piece's last token.
    pub fn last_end(&self, piece: Piece) -> usize {
        match piece.hi > piece.lo {
            true => self.list[piece.hi - 1].end,
            false => piece.start,
        }
    }

    /// The tokens of a piece that stand in no bracket of it.
    fn outer(&self, piece: Piece) -> Vec<usize> {
        let mut out = Vec::new();
        let mut i = piece.lo;
        while i < piece.hi {
            out.push(i);
            if matches!(self.list[i].kind, TokenKind::Open(_)) && self.partner[i] < piece.hi {
                i = self.partner[i];
                out.push(i);
            }
            i += 1;
        }
        out
    }

    /// The outermost braces of a piece, those inside other brackets included.
    pub fn braces(&self, piece: Piece) -> Vec<Braces> {
        let mut out = Vec::new();
        let mut i = piece.lo;
        while i < piece.hi {
            if self.list[i].kind == TokenKind::Open(b'{') && self.partner[i] < piece.hi {
                out.push(Braces { open: i, close: self.partner[i] });
                i = self.partner[i];
            }
            i += 1;
        }
        out
    }

    /// How many brackets nest in a piece.
    pub fn nesting(&self, piece: Piece) -> usize {
        let (mut depth, mut most) = (0usize, 0);
        for token in &self.list[piece.lo..piece.hi] {
            match token.kind {
                TokenKind::Open(_) => {
                    depth += 1;
                    most = most.max(depth);
                }
                TokenKind::Close(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        most
    }

    fn cut(&self, piece: Piece, mut starts: Vec<usize>) -> Vec<Piece> {
        if piece.lo >= piece.hi {
            return Vec::new();
        }
        if starts.first() != Some(&piece.lo) {
            starts.insert(0, piece.lo);
        }
        let mut out = Vec::with_capacity(starts.len());
        for (n, lo) in starts.iter().enumerate() {
            let hi = starts.get(n + 1).copied().unwrap_or(piece.hi);
            let end = if hi < piece.hi { self.list[hi].start } else { piece.end };
            out.push(Piece { lo: *lo, hi, start: self.list[*lo].start, end });
        }
        out
    }

    /// Cut at words that start an item outside of brackets, with the attributes before them.
    pub fn items(&self, end: usize) -> Vec<Piece> {
        let all = self.all(end);
        let outer = self.outer(all);
        let mut starts: Vec<usize> = Vec::new();
        let mut pending = false;
        for (n, &i) in outer.iter().enumerate() {
            let token = &self.list[i];
            if !token.first_on_line || matches!(token.kind, TokenKind::Close(_)) {
                continue;
            }
            if token.kind == TokenKind::Punct(b'@') {
                if !pending {
                    starts.push(i);
                }
                pending = true;
            } else if token.kind == TokenKind::Word && self.starts_item(&outer, n) {
                if !pending {
                    starts.push(i);
                }
                pending = false;
            }
        }
        self.cut(all, starts)
    }

    fn starts_item(&self, outer: &[usize], n: usize) -> bool {
        let here = self.word(outer[n]);
        if ITEM_WORDS.contains(&here) {
            return true;
        }
        // `wrokflow name(`: a word followed by a name, near to an item's word; or another language's.
        let named = outer.get(n + 1).is_some_and(|i| {
            matches!(
                self.list[*i].kind,
                TokenKind::Word | TokenKind::Text | TokenKind::Command | TokenKind::Open(b'{')
            )
        });
        named
            && !CONTINUES.contains(&here)
            && (FOREIGN_ITEMS.contains(&here)
                || STATEMENT_WORDS.contains(&here)
                || matches!(here, "given" | "expect")
                || did_you_mean(here, ITEM_WORDS.iter().copied()).is_some())
    }

    /// The word of an item and the braces of its body.
    pub fn body(&self, piece: Piece) -> Option<(&'a str, Braces)> {
        let outer = self.outer(piece);
        let at = outer.iter().position(|i| ITEM_WORDS.contains(&self.word(*i)))?;
        let kind = self.word(outer[at]);
        // The first braces, but the last where types with braces may stand before.
        let mut opens = outer[at..].iter().filter(|i| self.list[**i].kind == TokenKind::Open(b'{'));
        let open = match kind {
            "fn" | "task" | "workflow" | "test" => *opens.next_back()?,
            "type" if self.word(*outer.get(at + 2)?) != "{" => return None,
            "type" | "enum" | "agent" | "policy" => *opens.next()?,
            _ => return None,
        };
        Some((kind, Braces { open, close: self.partner[open] }))
    }

    /// Cut at lines that start a statement.
    pub fn statements(&self, piece: Piece) -> Vec<Piece> {
        let outer = self.outer(piece);
        let mut starts = Vec::new();
        for (n, &i) in outer.iter().enumerate().skip(1) {
            let token = &self.list[i];
            let after = &self.list[outer[n - 1]];
            if matches!(token.kind, TokenKind::Close(_)) || after.kind == TokenKind::Punct(b'.') {
                continue;
            }
            let here = self.word(i);
            let keyword = token.kind == TokenKind::Word
                && (STATEMENT_WORDS.contains(&here) || matches!(here, "given" | "expect"));
            // `x++` of other languages ends its statement.
            let doubled = n > 1
                && after.kind == self.list[outer[n - 2]].kind
                && matches!(after.kind, TokenKind::Punct(b'+' | b'-'))
                && after.start == self.list[outer[n - 2]].end;
            let waiting = match after.kind {
                _ if doubled => false,
                TokenKind::Punct(b) => b"=+-*/?,:<>!%@".contains(&b),
                TokenKind::Word => EXPECTING.contains(&self.word(outer[n - 1])),
                _ => false,
            };
            let starts_here = match token.kind {
                // `let` and `var` start a statement wherever they stand.
                TokenKind::Word if matches!(here, "let" | "var") => token.first_on_line || !waiting,
                _ if !token.first_on_line => false,
                // Even after `x =` a line with a new statement is one.
                TokenKind::Word if waiting => keyword && self.statement_after_gap(&outer, n),
                TokenKind::Word => keyword || !CONTINUES.contains(&here),
                TokenKind::Punct(b'@') => true,
                TokenKind::Open(_) => !waiting && token.kind != TokenKind::Open(b'{'),
                _ => false,
            };
            if starts_here {
                starts.push(i);
            }
        }
        // An attribute's statement belongs to it.
        starts.retain(|s| {
            let before = outer.iter().position(|i| i == s).and_then(|n| n.checked_sub(2));
            !before.is_some_and(|b| self.list[outer[b]].kind == TokenKind::Punct(b'@'))
        });
        self.cut(piece, starts)
    }

    /// A value was still to come when the line ended, and this word starts a statement that has none.
    fn statement_after_gap(&self, outer: &[usize], n: usize) -> bool {
        matches!(self.word(outer[n]), "given" | "expect")
            || matches!(self.word(outer[n]), "return" | "break" | "continue" | "say" | "wait" | "ensure")
                && !matches!(self.word(outer[n - 1]), "?" | "else" | "otherwise" | ">" | ":")
    }

    /// Cut after commas and before `name:`.
    pub fn fields(&self, piece: Piece) -> Vec<Piece> {
        let outer = self.outer(piece);
        let mut starts = Vec::new();
        for (n, &i) in outer.iter().enumerate().skip(1) {
            let token = &self.list[i];
            let comma = self.kind(outer[n - 1]) == Some(TokenKind::Punct(b','));
            let named = matches!(token.kind, TokenKind::Word | TokenKind::Text)
                && outer.get(n + 1).is_some_and(|j| self.kind(*j) == Some(TokenKind::Punct(b':')));
            let line =
                token.first_on_line && token.kind == TokenKind::Word && !CONTINUES.contains(&self.word(i));
            if comma || named || line {
                starts.push(i);
            }
        }
        self.cut(piece, starts)
    }

    pub fn variants(&self, piece: Piece) -> Vec<Piece> {
        let outer = self.outer(piece);
        let mut starts = Vec::new();
        for (n, &i) in outer.iter().enumerate().skip(1) {
            let comma = self.kind(outer[n - 1]) == Some(TokenKind::Punct(b','));
            let waiting = self.kind(outer[n - 1]) == Some(TokenKind::Punct(b'='));
            if comma || self.list[i].kind == TokenKind::Word && !waiting {
                starts.push(i);
            }
        }
        self.cut(piece, starts)
    }

    pub fn rules(&self, piece: Piece) -> Vec<Piece> {
        let outer = self.outer(piece);
        let mut starts = Vec::new();
        for (n, &i) in outer.iter().enumerate().skip(1) {
            let token = &self.list[i];
            let comma = self.kind(outer[n - 1]) == Some(TokenKind::Punct(b','));
            let known = POLICY_WORDS.contains(&self.word(i));
            let line = token.first_on_line
                && token.kind == TokenKind::Word
                && !matches!(self.word(i), "after" | "for");
            if known && (!comma || token.first_on_line) || line && !comma {
                starts.push(i);
            }
        }
        self.cut(piece, starts)
    }

    /// Cut before the pattern of each `=>`.
    pub fn arms(&self, piece: Piece) -> Vec<Piece> {
        let outer = self.outer(piece);
        let mut starts: Vec<usize> = Vec::new();
        let mut arrow = false;
        for (n, &i) in outer.iter().enumerate() {
            let token = &self.list[i];
            let comma = n > 0 && self.kind(outer[n - 1]) == Some(TokenKind::Punct(b','));
            let here = self.word(i);
            if n > 0 && (token.first_on_line || comma) && !matches!(token.kind, TokenKind::Close(_)) {
                let waiting = self.kind(outer[n - 1]) == Some(TokenKind::Punct(b'>'));
                let goes_on = token.kind == TokenKind::Word && CONTINUES.contains(&here)
                    || token.kind == TokenKind::Punct(b'.')
                        && self.word(i + 1).starts_with(|c: char| c.is_ascii_lowercase());
                let pattern = token.first_on_line
                    && !matches!(self.word(outer[n - 1]), "or" | "|" | "if" | "-")
                    && match token.kind {
                        TokenKind::Punct(b'.') => true,
                        TokenKind::Word => here == "_" || here.starts_with(|c: char| c.is_ascii_uppercase()),
                        _ => false,
                    };
                if (arrow || pattern) && !waiting && !goes_on {
                    starts.push(i);
                    arrow = false;
                }
            }
            arrow |= token.kind == TokenKind::Punct(b'=') && self.word(i + 1) == ">";
        }
        self.cut(piece, starts)
    }

    pub fn has_colon(&self, piece: Piece) -> bool {
        self.list[piece.lo..piece.hi].iter().any(|t| t.kind == TokenKind::Punct(b':'))
    }

    /// Whether the braces hold `name:` or `name,` or `"key":`, as a record or a map does.
    pub fn holds_fields(&self, braces: Braces) -> bool {
        let at = braces.open + 1;
        at < braces.close
            && matches!(self.list[at].kind, TokenKind::Word | TokenKind::Text)
            && matches!(self.kind(at + 1), Some(TokenKind::Punct(b':' | b',')))
    }

    /// Whether the braces hold a map rather than a record.
    pub fn holds_keys(&self, braces: Braces) -> bool {
        self.kind(braces.open + 1) == Some(TokenKind::Text)
    }

    /// Whether the braces surely hold statements.
    pub fn holds_statements(&self, braces: Braces) -> bool {
        let at = braces.open + 1;
        at < braces.close
            && (STATEMENT_WORDS.contains(&self.word(at)) && !self.holds_fields(braces)
                || self.list[at].kind == TokenKind::Word
                    && matches!(self.kind(at + 1), Some(TokenKind::Open(b'(')))
                    && self.list[at + 1].start == self.list[at].end)
    }

    /// The name that a statement binds, where it stands: `let x`, `var x`, `step x`, `gate x`.
    pub fn bound(&self, piece: Piece) -> Option<(usize, usize)> {
        let binds = matches!(self.word(piece.lo), "let" | "var" | "step" | "gate");
        let name = self.list.get(piece.lo + 1).filter(|_| piece.lo + 1 < piece.hi)?;
        let lower = word(self.text, name).starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        (binds && name.kind == TokenKind::Word && lower).then_some((name.start, name.end))
    }
}

/// A piece with its braces emptied.
pub struct Hollow {
    pub text: String,
    /// Where a part begins, here and in the source.
    parts: Vec<(usize, usize)>,
    /// Where each pair of braces stands.
    pub opens: Vec<usize>,
}

impl Hollow {
    pub fn new(text: &str, piece: Piece, gaps: &[(usize, usize)]) -> Self {
        let mut out = Hollow { text: String::new(), parts: Vec::new(), opens: Vec::new() };
        let mut at = piece.start;
        for (start, end) in gaps {
            out.part(text, at, *start);
            out.opens.push(out.text.len() - 1);
            at = *end;
        }
        out.part(text, at, piece.end);
        out
    }

    fn part(&mut self, text: &str, from: usize, to: usize) {
        self.parts.push((self.text.len(), from));
        self.text.push_str(&text[from..to]);
    }

    /// Where in the source the grammar stopped.
    pub fn place(&self, stopped: Stopped) -> Stopped {
        Stopped { at: self.source(stopped.at), ..stopped }
    }

    /// Where in the source an offset of it stands.
    fn source(&self, at: usize) -> usize {
        let n = self.parts.partition_point(|(here, _)| *here <= at);
        self.parts.get(n.saturating_sub(1)).map_or(at, |(here, source)| source + (at - here))
    }
}

/// Parts of a text that begin with an item's word at the very start of a line, with what stands before the word.
pub fn at_margins(text: &str) -> Vec<(usize, usize)> {
    let mut starts = vec![0];
    let mut at = 0;
    let mut seen = false;
    for line in text.split_inclusive('\n') {
        let first = line.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or("");
        if ITEM_WORDS.contains(&first) && line[first.len()..].starts_with([' ', '\t']) {
            if seen {
                starts.push(at);
            }
            seen = true;
        }
        at += line.len();
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    starts.into_iter().zip(ends).collect()
}
