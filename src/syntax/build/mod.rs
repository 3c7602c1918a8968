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
use super::words::is_reserved;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::{FileId, Span};
use pest::iterators::{Pair, Pairs};
use std::collections::HashMap;
use std::sync::Arc;

pub(super) type P<'i> = Pair<'i, Rule>;

/// Builds the tree of one text. In recovery it is fed with pieces of the text, each at its `base`.
pub(super) struct Builder<'a> {
    pub file: FileId,
    pub text: &'a str,
    pub base: usize,
    comments: &'a [Comment],
    next: u32,
    names: HashMap<&'a str, Arc<str>>,
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Builder<'a> {
    pub fn new(file: FileId, text: &'a str, comments: &'a [Comment]) -> Self {
        Builder { file, text, base: 0, comments, next: 0, names: HashMap::new(), diagnostics: Vec::new() }
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
        let s = pair.as_span();
        // A rule may have eaten the trivia behind it; nobody wants to see that underlined.
        let text = pair.as_str();
        let trimmed = trim_end(text);
        Span::new(self.file, self.base + s.start(), self.base + s.start() + trimmed)
    }

    pub fn at(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.base + start, self.base + end)
    }

    pub fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let shared: Arc<str> = name.into();
        // The key is looked up in the text itself, which outlives the map.
        if let Some(at) = self.text.find(name) {
            self.names.insert(&self.text[at..at + name.len()], shared.clone());
        }
        shared
    }

    /// A name as it stands: fields, arguments, kinds may be any word.
    pub fn any_name(&mut self, pair: &P<'_>) -> Ident {
        let span = self.span(pair);
        Ident { id: self.id(), name: self.shared(pair.as_str()), span }
    }

    /// A name that is declared or used as a value: reserved words are refused.
    pub fn name(&mut self, pair: &P<'_>) -> Ident {
        let ident = self.any_name(pair);
        if is_reserved(&ident.name) {
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

    pub fn file(&mut self, pairs: Pairs<'_, Rule>) -> Vec<ast::Item> {
        let mut items = Vec::new();
        for pair in pairs.flat_map(|p| p.into_inner()) {
            if pair.as_rule() == Rule::item {
                items.push(self.item(pair));
            }
        }
        items
    }

    pub fn stmts(&mut self, pairs: Pairs<'_, Rule>) -> Vec<ast::Stmt> {
        let mut stmts = Vec::new();
        for pair in pairs.flat_map(|p| p.into_inner()) {
            if pair.as_rule() == Rule::stmt {
                stmts.push(self.stmt(pair));
            }
        }
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

    pub fn expr_error(&mut self, span: Span) -> ast::Expr {
        ast::Expr { id: self.id(), span, kind: ast::ExprKind::Error }
    }
}

fn join_docs(lines: &[&str]) -> Arc<str> {
    let text: Vec<&str> = lines.iter().map(|l| l.strip_prefix(' ').unwrap_or(l)).collect();
    text.join("\n").trim().into()
}

/// How long a text is without the trivia at its end.
fn trim_end(text: &str) -> usize {
    let trimmed = text.trim_end();
    // Only a comment can hide behind the last line's code; look for one only where a line holds `//`.
    match trimmed.rfind('\n') {
        _ if !trimmed.contains("//") => trimmed.len(),
        at => {
            let line_start = at.map_or(0, |i| i + 1);
            let line = &trimmed[line_start..];
            match line.find("//") {
                Some(c) if !line[..c].contains(['"', '`']) => trim_end(&trimmed[..line_start + c]),
                _ => trimmed.len(),
            }
        }
    }
}
