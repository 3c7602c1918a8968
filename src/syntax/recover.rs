//! A file with mistakes: cut into items, items into members, statements into the braces inside them, and each tried by
//! itself, so that one run reports every independent mistake once and the good parts still have trees.
//!
//! A piece is tried with its braces emptied, and what stood in them by itself; so every part of a text is read a
//! bounded number of times, however deep the mistake is. Only files with mistakes come here.

use super::ast::*;
use super::build::Builder;
use super::cut::{self, Braces, Hollow, ITEM_WORDS, Piece, Tokens, word};
use super::mistakes::{self, Trouble};
use super::parser::Rule;
use super::scan;
use super::tree::{P, Stopped, Tree};
use super::unclosed;
use crate::diagnostics::Diagnostic;
use crate::source::FileId;

/// A piece with more nesting is first looked at level by level: an unforeseen way to read a mistake twice could then
/// not multiply with the levels.
pub(super) const WHOLE: usize = 12;

pub(super) fn starts_item(file: FileId, text: &str) -> bool {
    let scan = scan::scan(file, text, true);
    scan.tokens
        .first()
        .is_some_and(|t| t.kind == scan::TokenKind::Punct(b'@') || ITEM_WORDS.contains(&word(text, t)))
}

/// Whether the grammar only failed because the text ended: more may come.
pub(super) fn ends_early(text: &str, items: bool) -> bool {
    let rule = if items { Rule::file } else { Rule::stmts };
    match Tree::read(rule, text, 0) {
        Ok(_) => false,
        Err(stopped) => stopped.at >= text.trim_end().len() && !text.ends_with("\n\n"),
    }
}

/// The good items of a file; the others' mistakes are reported.
pub(super) fn file(builder: &mut Builder<'_>) -> Vec<Item> {
    let text = builder.text;
    let scan = scan::scan(builder.file, text, true);
    let mut items = Vec::new();
    if !unclosed::broken(&scan) {
        let tokens = Tokens::new(text, scan.tokens, 0);
        Recovery { builder, tokens }.items(text.len(), &mut items);
        return items;
    }
    // What is open swallows what follows; an item's word at the margin is where sense begins again.
    let before = builder.diagnostics.len();
    for (start, end) in cut::at_margins(text) {
        let own = scan::scan(builder.file, &text[start..end], true);
        if unclosed::broken(&own) {
            unclosed::report(builder, &own, start, end);
        } else {
            let tokens = Tokens::new(text, own.tokens, start);
            Recovery { builder, tokens }.items(end, &mut items);
        }
    }
    if builder.diagnostics.len() == before {
        unclosed::report(builder, &scan, 0, text.len());
    }
    items
}

/// All statements of a whole text, for the repl.
pub(super) fn statements(builder: &mut Builder<'_>) {
    let text = builder.text;
    let scan = scan::scan(builder.file, text, true);
    if unclosed::broken(&scan) {
        unclosed::report(builder, &scan, 0, text.len());
        return;
    }
    let tokens = Tokens::new(text, scan.tokens, 0);
    let all = tokens.all(text.len());
    let mut recovery = Recovery { builder, tokens };
    recovery.block(all, &mut Vec::new());
}

/// What went wrong in a short text that is not cut.
pub(super) fn message(builder: &Builder<'_>, stopped: Stopped) -> Diagnostic {
    let text = builder.text;
    mistakes::explain(&trouble(builder, stopped, (0, text.trim_end().len()), Rule::one_expr))
}

fn trouble<'t>(
    builder: &Builder<'t>,
    stopped: Stopped,
    (start, end): (usize, usize),
    rule: Rule,
) -> Trouble<'t> {
    let text = builder.text;
    let at = stopped.at.min(end.max(start)).min(text.len());
    let at = (0..=at).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    // The place is the token that comes next.
    let at = cut::skip_trivia(text, at).min(end.max(at));
    Trouble { file: builder.file, text, start, at, end, rule, expected: stopped.expected }
}

/// What the braces of a piece hold.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Statements,
    Arms,
    Branches,
    /// A record, a map, or a block in an expression: its beginning tells.
    Value,
    Fields,
    Other,
}

struct Recovery<'b, 'a> {
    builder: &'b mut Builder<'a>,
    tokens: Tokens<'a>,
}

impl<'a> Recovery<'_, 'a> {
    fn items(&mut self, end: usize, items: &mut Vec<Item>) {
        for piece in self.tokens.items(end) {
            self.item(piece, items);
        }
    }

    /// The grammar stopped in a piece, `at` an offset of the file.
    fn report(&mut self, piece: Piece, stopped: Stopped, rule: Rule) {
        let end = self.tokens.last_end(piece);
        let found = mistakes::explain(&trouble(self.builder, stopped, (piece.start, end), rule));
        self.builder.error(found);
    }

    /// Reads a piece and makes something of its parts.
    fn read<T>(
        &mut self,
        piece: Piece,
        rule: Rule,
        make: impl Fn(&mut Builder<'a>, P<'_>) -> Option<T>,
        out: &mut Vec<T>,
    ) -> Result<(), Stopped> {
        let tree = self.tree(piece, rule)?;
        for pair in tree.parts() {
            if pair.as_rule() != Rule::EOI {
                out.extend(make(self.builder, pair));
            }
        }
        Ok(())
    }

    fn tree(&self, piece: Piece, rule: Rule) -> Result<Tree<'a>, Stopped> {
        let text = &self.builder.text[piece.start..piece.end];
        let place = |s: Stopped| Stopped { at: piece.start + s.at, ..s };
        Tree::read(rule, text, piece.start).map_err(place)
    }

    /// Reads each piece; those with mistakes are looked into. True if there was any.
    fn each<T>(
        &mut self,
        pieces: Vec<Piece>,
        rule: Rule,
        make: impl Fn(&mut Builder<'a>, P<'_>) -> Option<T>,
        out: &mut Vec<T>,
    ) -> bool {
        let mut found = false;
        for piece in pieces {
            if self.tokens.nesting(piece) > WHOLE && self.examine(piece, rule) {
                found = true;
            } else if let Err(stopped) = self.read(piece, rule, &make, out) {
                found = true;
                if !self.examine(piece, rule) {
                    self.report(piece, stopped, rule);
                }
            }
        }
        found
    }

    fn item(&mut self, piece: Piece, items: &mut Vec<Item>) {
        let text = self.builder.text;
        let deep = self.tokens.nesting(piece) > WHOLE;
        let make = |b: &mut Builder<'a>, p: P<'_>| Some(b.item(p));
        let error = match deep {
            false => match self.read(piece, Rule::one_item, make, items) {
                Ok(()) => return,
                Err(error) => Some(error),
            },
            true => None,
        };
        let Some((_, body)) = self.tokens.body(piece) else {
            let error = error.or_else(|| self.tree(piece, Rule::one_item).err());
            match error {
                Some(_) if self.examine(piece, Rule::one_item) => {}
                Some(stopped) => self.report(piece, stopped, Rule::one_item),
                None => drop(self.read(piece, Rule::one_item, make, items)),
            }
            return;
        };
        let hollow = Hollow::new(text, piece, &[self.tokens.gap(body)]);
        let mut made = None;
        let mut found = false;
        match Tree::read(Rule::one_item, &hollow.text, piece.start) {
            Ok(tree) => made = self.builder.file(tree.parts()).pop(),
            Err(stopped) => {
                found = true;
                let head = Piece { end: piece.end, ..piece };
                self.report(head, hollow.place(stopped), Rule::one_item);
            }
        }
        let kind = made.map(|item| (item.kind.clone(), item));
        found |= self.members(piece, body, kind, items);
        if !found
            && !deep
            && let Some(stopped) = error
        {
            // Every part is good by itself; the whole is not.
            self.report(piece, stopped, Rule::one_item);
        }
    }

    /// The parts of an item's body, put into its head if that was good.
    fn members(
        &mut self,
        piece: Piece,
        body: Braces,
        head: Option<(ItemKind, Item)>,
        items: &mut Vec<Item>,
    ) -> bool {
        let inside = self.tokens.inside(body);
        let end = self.tokens.list[body.close].end;
        let word = self.tokens.body(piece).map_or("", |(word, _)| word);
        let mut found = false;
        let (kind, item) = match head {
            Some((kind, item)) => (Some(kind), Some(item)),
            None => (None, None),
        };
        let kind = match (word, kind) {
            ("type", kind) => {
                let mut fields = Vec::new();
                let pieces = self.tokens.fields(inside);
                found = self.each(pieces, Rule::one_field, |b, p| Some(b.field_decl(p)), &mut fields);
                kind.map(|mut kind| {
                    if let ItemKind::Type(TypeItem { body, .. }) = &mut kind {
                        *body = TypeBody::Record(fields);
                    }
                    kind
                })
            }
            ("enum", kind) => {
                let mut variants = Vec::new();
                let pieces = self.tokens.variants(inside);
                found = self.each(pieces, Rule::one_variant, |b, p| b.variant(p), &mut variants);
                kind.map(|mut kind| {
                    if let ItemKind::Enum(item) = &mut kind {
                        item.variants = variants;
                    }
                    kind
                })
            }
            ("agent", kind) => {
                let mut settings = Vec::new();
                let pieces = self.tokens.fields(inside);
                found = self.each(pieces, Rule::one_setting, |b, p| b.setting(p), &mut settings);
                kind.map(|mut kind| {
                    if let ItemKind::Agent(item) = &mut kind {
                        item.settings = settings;
                    }
                    kind
                })
            }
            ("policy", kind) => {
                let mut rules = Vec::new();
                let pieces = self.tokens.rules(inside);
                found = self.each(pieces, Rule::one_rule, |b, p| b.policy_rule(p), &mut rules);
                kind.map(|mut kind| {
                    if let ItemKind::Policy(item) = &mut kind {
                        item.span.end = end as u32;
                        item.rules = rules;
                    }
                    kind
                })
            }
            ("test", kind) => {
                let mut parts = Vec::new();
                let pieces = self.tokens.statements(inside);
                for piece in pieces {
                    let mut own = Vec::new();
                    found |= self.each(vec![piece], Rule::one_test_part, |b, p| b.test_part(p), &mut own);
                    self.builder.test_in_a_row(&mut own);
                    parts.append(&mut own);
                }
                kind.map(|mut kind| {
                    if let ItemKind::Test(item) = &mut kind {
                        item.span.end = end as u32;
                        item.body = parts;
                    }
                    kind
                })
            }
            (_, kind) => {
                let mut stmts = Vec::new();
                found |= self.block(inside, &mut stmts);
                let span = self.builder.at(self.tokens.list[body.open].start, end);
                kind.map(|mut kind| {
                    if let ItemKind::Callable(item) = &mut kind {
                        item.body.stmts = stmts;
                        item.body.span = span;
                    }
                    kind
                })
            }
        };
        if let (Some(kind), Some(mut item)) = (kind, item) {
            item.kind = kind;
            item.span.end = end as u32;
            items.push(item);
        }
        found
    }

    /// The statements of a block. Those with mistakes bind their names to nothing known, so that their uses are no
    /// mistakes too.
    fn block(&mut self, inside: Piece, stmts: &mut Vec<Stmt>) -> bool {
        let mut found = false;
        for piece in self.tokens.statements(inside) {
            let mut own = Vec::new();
            if self.each(vec![piece], Rule::stmts, |b, p| Some(b.stmt(p)), &mut own) {
                found = true;
                own = vec![self.lost(piece)];
            }
            self.builder.in_a_row(&mut own);
            stmts.append(&mut own);
        }
        found
    }

    fn lost(&mut self, piece: Piece) -> Stmt {
        let span = self.builder.at(piece.start, self.tokens.last_end(piece));
        let value = self.builder.expr_error(span);
        let Some((start, end)) = self.tokens.bound(piece) else {
            return Stmt { span, attributes: Vec::new(), kind: StmtKind::Expr(value) };
        };
        let own = self.builder.at(start, end);
        let name = Ident { id: self.builder.id(), name: self.builder.text[own.range()].into(), span: own };
        let pattern = Pattern { id: self.builder.id(), span: own, kind: PatternKind::Bind(name) };
        Stmt { span, attributes: Vec::new(), kind: StmtKind::Let { pattern, ty: None, value } }
    }

    /// Looks for the mistakes of a piece: first its own with the braces emptied, then those in its braces. True if
    /// something was reported.
    fn examine(&mut self, piece: Piece, rule: Rule) -> bool {
        let braces = self.tokens.braces(piece);
        let gaps: Vec<(usize, usize)> = braces.iter().map(|b| self.tokens.gap(*b)).collect();
        let hollow = Hollow::new(self.builder.text, piece, &gaps);
        let holds = match Tree::read(rule, &hollow.text, piece.start) {
            Ok(tree) => holds(&tree, &hollow.opens),
            Err(stopped) => {
                self.report(piece, hollow.place(stopped), rule);
                for own in braces {
                    if self.tokens.holds_statements(own) {
                        let inside = self.tokens.inside(own);
                        self.block(inside, &mut Vec::new());
                    }
                }
                return true;
            }
        };
        let mut found = false;
        for (own, holds) in braces.into_iter().zip(holds) {
            found |= self.braces(own, holds);
        }
        found
    }

    fn braces(&mut self, own: Braces, holds: Holds) -> bool {
        let inside = self.tokens.inside(own);
        let nothing = |_: &mut Builder<'a>, _: P<'_>| None::<()>;
        let none = &mut Vec::new();
        match holds {
            Holds::Arms => self.each(self.tokens.arms(inside), Rule::one_arm, nothing, none),
            Holds::Branches => self.each(self.tokens.fields(inside), Rule::one_branch, nothing, none),
            Holds::Fields => {
                let mut pieces = self.tokens.fields(inside);
                // Without any colon it is one mistake, not one a word.
                if !self.tokens.has_colon(inside) {
                    pieces.truncate(1);
                }
                self.each(pieces, Rule::one_field, nothing, none)
            }
            Holds::Value if self.tokens.holds_fields(own) => {
                let rule = match self.tokens.holds_keys(own) {
                    true => Rule::one_map_entry,
                    false => Rule::one_record_field,
                };
                self.each(self.tokens.fields(inside), rule, nothing, none)
            }
            Holds::Statements | Holds::Value => self.block(inside, &mut Vec::new()),
            Holds::Other => false,
        }
    }
}

/// What each pair of emptied braces turned out to be.
fn holds(tree: &Tree<'_>, opens: &[usize]) -> Vec<Holds> {
    let mut out = vec![Holds::Other; opens.len()];
    for (rule, start, end) in tree.all() {
        let first = opens.partition_point(|o| *o < start);
        let mut set = |n: usize, holds: Holds| {
            if opens.get(n).is_some_and(|o| *o < end) {
                out[n] = holds;
            }
        };
        let begins = opens.get(first) == Some(&start);
        match rule {
            Rule::block if begins => set(first, Holds::Statements),
            Rule::record | Rule::map if begins => set(first, Holds::Value),
            Rule::fields | Rule::type_record if begins => set(first, Holds::Fields),
            Rule::match_expr | Rule::parallel => {
                let last = opens.partition_point(|o| *o < end);
                let arms = rule == Rule::match_expr;
                if last > first {
                    set(last - 1, if arms { Holds::Arms } else { Holds::Branches });
                }
            }
            _ => {}
        }
    }
    out
}

/// Whether a text has a mistake that is seen level by level.
pub(super) fn wrong(file: FileId, text: &str) -> bool {
    let mut probe = Builder::new(file, text, &[]);
    self::file(&mut probe);
    !probe.diagnostics.is_empty()
}
