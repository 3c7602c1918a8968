//! The parser's pairs become the tree. What the grammar is lenient about is refused here: reserved words as names,
//! unknown escapes and units, chained comparisons, shell habits.

mod command;
mod control;
mod expr;
mod item;
mod operators;
mod pattern;
mod primitive;
mod test;
mod text;
mod types;

use super::ast::{self, Comment, CommentKind, Ident, NodeId};
use super::parser::Rule;
use super::scan::MAX_TREE;
use super::tree::{P, Pairs};
use super::words::is_reserved;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::{FileId, Span};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// Builds the tree of one text. In recovery it is fed with pieces of the text.
pub(super) struct Builder<'a> {
    pub file: FileId,
    pub text: &'a str,
    comments: &'a [Comment],
    next: u32,
    /// The height of the highest expression built since somebody last looked.
    pub height: usize,
    /// The names so far, and whether they are reserved words.
    names: HashMap<Arc<str>, bool, BuildHasherDefault<NameHasher>>,
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Builder<'a> {
    pub fn new(file: FileId, text: &'a str, comments: &'a [Comment]) -> Self {
        Builder {
            file,
            text,
            comments,
            next: 0,
            height: 0,
            names: HashMap::with_capacity_and_hasher(64, BuildHasherDefault::default()),
            diagnostics: Vec::new(),
        }
    }

    pub fn done(self) -> (FileId, Option<Arc<str>>, u32, Vec<Diagnostic>) {
        let docs = self.module_docs();
        (self.file, docs, self.next, self.diagnostics)
    }

    pub fn nodes(&self) -> u32 {
        self.next
    }

    pub fn id(&mut self) -> NodeId {
        self.next += 1;
        NodeId(self.next - 1)
    }

    pub fn span(&self, pair: &P<'_>) -> Span {
        let (start, end) = pair.range();
        Span::new(self.file, start, end)
    }

    /// The span of a member, without the comma that may end it.
    fn without_comma(&self, pair: &P<'_>) -> Span {
        let span = self.span(pair);
        match self.text.as_bytes().get(span.end as usize - 1) {
            Some(b',') => {
                let end = self.trimmed(span.start as usize, span.end as usize - 1);
                Span { end: end as u32, ..span }
            }
            _ => span,
        }
    }

    /// Without trivia at the end.
    fn trimmed(&self, start: usize, end: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = end.min(bytes.len());
        loop {
            let before = end;
            while end > start && matches!(bytes[end - 1], b' ' | b'\n' | b'\t' | b'\r') {
                end -= 1;
            }
            // A comment ends with its line, so one can only stand before a line end or the end of the text.
            if before == end && end != bytes.len() {
                return end;
            }
            let after = self.comments.partition_point(|c| (c.span.end as usize) < end);
            match self.comments.get(after) {
                Some(c) if c.span.end as usize == end && c.span.start as usize >= start => {
                    end = c.span.start as usize;
                }
                _ => return end,
            }
        }
    }

    pub fn at(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    pub fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn shared(&mut self, name: &str) -> (Arc<str>, bool) {
        if let Some((known, reserved)) = self.names.get_key_value(name) {
            return (known.clone(), *reserved);
        }
        let shared: Arc<str> = name.into();
        let reserved = is_reserved(name);
        self.names.insert(shared.clone(), reserved);
        (shared, reserved)
    }

    /// A name as it stands: fields, arguments, kinds may be any word.
    pub fn any_name(&mut self, pair: &P<'_>) -> Ident {
        self.ident(pair).0
    }

    fn ident(&mut self, pair: &P<'_>) -> (Ident, bool) {
        let span = self.span(pair);
        let (name, reserved) = self.shared(pair.as_str());
        (Ident { id: self.id(), name, span }, reserved)
    }

    /// A name that is declared or used as a value: reserved words are refused.
    pub fn name(&mut self, pair: &P<'_>) -> Ident {
        let (ident, reserved) = self.ident(pair);
        if reserved {
            self.error(
                Diagnostic::error(
                    syntax::E0104,
                    ident.span,
                    format!("`{}` is a word of the language and cannot be a name", ident.name),
                )
                .label("a name is expected here")
                .help(format!("choose another name, such as `{}_`", ident.name)),
            );
        }
        ident
    }

    /// The `///` lines directly before an offset of the whole text.
    pub fn docs(&self, start: Span) -> Option<Arc<str>> {
        let mut end = start.start as usize;
        let mut index = self.comments.partition_point(|c| (c.span.end as usize) <= end);
        let mut lines: Vec<&str> = Vec::new();
        while index > 0 {
            index -= 1;
            let comment = &self.comments[index];
            let between = self.text.get(comment.span.end as usize..end).unwrap_or("x");
            if comment.kind != CommentKind::Doc || !between.trim().is_empty() {
                break;
            }
            lines.push(self.text[comment.span.range()].trim_start_matches('/').trim_end());
            end = comment.span.start as usize;
        }
        if lines.is_empty() {
            return None;
        }
        lines.reverse();
        Some(join_docs(&lines))
    }

    fn module_docs(&self) -> Option<Arc<str>> {
        let lines: Vec<&str> = self
            .comments
            .iter()
            .filter(|c| c.kind == CommentKind::ModuleDoc)
            .map(|c| self.text[c.span.range()].trim_start_matches("//!").trim_end())
            .collect();
        (!lines.is_empty()).then(|| join_docs(&lines))
    }

    pub fn file(&mut self, pairs: Pairs<'_>) -> Vec<ast::Item> {
        let mut items = Vec::new();
        for pair in pairs {
            if pair.as_rule() == Rule::item {
                items.push(self.item(pair));
            }
        }
        items
    }

    pub fn stmts(&mut self, pairs: Pairs<'_>) -> Vec<ast::Stmt> {
        let mut stmts = Vec::new();
        for pair in pairs {
            if pair.as_rule() == Rule::stmt {
                stmts.push(self.stmt(pair));
            }
        }
        self.in_a_row(&mut stmts);
        stmts
    }

    /// A clause that was given before.
    pub fn once<T>(&mut self, slot: &mut Option<T>, value: T, clause: &str, span: Span) {
        if slot.is_some() {
            self.error(
                Diagnostic::error(syntax::E0110, span, format!("the clause `{clause}` is given twice"))
                    .label("the second one")
                    .help("keep one of them"),
            );
        } else {
            *slot = Some(value);
        }
    }

    /// Takes note of an expression that stands `over` the highest built since `outer` was put aside. True if the tree
    /// has become too high.
    pub fn raise(&mut self, outer: usize, over: usize) -> bool {
        let own = self.height + over;
        self.height = outer.max(own);
        own > MAX_TREE
    }

    pub fn too_high(&mut self, span: Span) -> ast::Expr {
        self.height = 0;
        self.error(
            Diagnostic::error(
                syntax::E0102,
                span,
                format!("more than {MAX_TREE} expressions stand inside each other"),
            )
            .label("nested too deep")
            .help("give parts of it names with `let`"),
        );
        self.expr_error(span)
    }

    pub fn expr_error(&mut self, span: Span) -> ast::Expr {
        ast::Expr { id: self.id(), span, kind: ast::ExprKind::Error }
    }
}

/// Names are short and looked up often; whoever makes them collide slows down only the reading of their own file.
#[derive(Default)]
pub(super) struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<8>();
        let rest = rest.iter().fold(bytes.len() as u64, |w, b| w << 8 | u64::from(*b));
        for word in chunks.iter().map(|c| u64::from_le_bytes(*c)).chain([rest]) {
            self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }

    /// A text ends with one; its length is in already.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

fn join_docs(lines: &[&str]) -> Arc<str> {
    let text: Vec<&str> = lines.iter().map(|l| l.strip_prefix(' ').unwrap_or(l)).collect();
    text.join("\n").trim().into()
}
