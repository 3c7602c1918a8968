//! Precedence: the grammar gives a flat list of operands and operators; here it becomes a tree.
//!
//! Loosest first: `or`, `and`, `not`, comparisons with `in` and `matches` (which do not chain), `??`, `..`, `+ -`,
//! `* / %`, unary `-`.

use super::Builder;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::syntax::parser::Rule;
use crate::syntax::scan::MAX_CHAIN;
use crate::syntax::tree::P;

#[derive(Clone, Copy, PartialEq)]
enum Infix {
    Binary(BinaryOp),
    Range { inclusive: bool },
}

/// An operand with the prefixes that stand before it.
struct Operand {
    prefixes: Vec<(UnaryOp, Span)>,
    /// Absent only while the tree is being changed.
    expr: Option<Expr>,
    links: usize,
    closed: bool,
}

/// How tightly an operator binds; and `not` between `and` and the comparisons.
fn level(op: Infix) -> u8 {
    match op {
        Infix::Binary(BinaryOp::Or) => 1,
        Infix::Binary(BinaryOp::And) => 2,
        Infix::Binary(
            BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge
            | BinaryOp::In
            | BinaryOp::Matches,
        ) => COMPARISON,
        Infix::Binary(BinaryOp::Coalesce) => 5,
        Infix::Range { .. } => 6,
        Infix::Binary(BinaryOp::Add | BinaryOp::Sub) => 7,
        Infix::Binary(BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem) => 8,
    }
}

const NOT: u8 = 3;
const COMPARISON: u8 = 4;

fn infix(text: &str) -> Infix {
    Infix::Binary(match text {
        "or" => BinaryOp::Or,
        "and" => BinaryOp::And,
        "==" => BinaryOp::Eq,
        "!=" => BinaryOp::Ne,
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::Le,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::Ge,
        "in" => BinaryOp::In,
        "matches" => BinaryOp::Matches,
        "??" => BinaryOp::Coalesce,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Rem,
        "..=" => return Infix::Range { inclusive: true },
        _ => return Infix::Range { inclusive: false },
    })
}

impl Builder<'_> {
    /// An `expr`, `clause_expr`, `guard` or `expr_range`.
    pub fn expr(&mut self, pair: P<'_>) -> Expr {
        let whole = self.span(&pair);
        let outer = std::mem::take(&mut self.height);
        let mut inner = pair.into_inner();
        let Some(first) = inner.next() else { return self.expr_error(whole) };
        let mut next = inner.next();
        // Most expressions have no operator.
        if next.is_none() {
            let expr = match first.only() {
                Some(primary) => self.primary(primary, false),
                None => {
                    let operand = self.operand(first);
                    self.prefixed(operand)
                }
            };
            return if self.raise(outer, 0) { self.too_high(whole) } else { expr };
        }
        let mut first = self.operand(first);
        let mut links = 0;
        // Each operator goes with the operand behind it; most expressions have one.
        let mut rest: Vec<(Infix, Span, Operand)> = Vec::with_capacity(1);
        while let Some(part) = next {
            match part.as_rule() {
                Rule::op | Rule::op_arith | Rule::minus_tight | Rule::range_op => {
                    let span = self.span(&part);
                    let kind = infix(part.as_str());
                    if kind == Infix::Binary(BinaryOp::Sub) && part.as_rule() != Rule::minus_tight {
                        self.even_spaces(span);
                    }
                    let Some(operand) = inner.next() else { break };
                    rest.push((kind, span, self.operand(operand)));
                }
                rule => {
                    links += 1;
                    let last = rest.last_mut().map_or(&mut first, |(_, _, last)| last);
                    match rule {
                        Rule::arrow => self.arrow(last, part),
                        _ => self.link(last, part),
                    }
                }
            }
            next = inner.next();
        }
        if rest.len() > MAX_CHAIN {
            self.error(
                Diagnostic::error(
                    syntax::E0102,
                    whole,
                    format!(
                        "an expression may have at most {MAX_CHAIN} operators; this one has {}",
                        rest.len()
                    ),
                )
                .label("too many operators")
                .help("give parts of it names with `let`, or join a list: `[a, b, c].join(\"\")`"),
            );
            return self.expr_error(whole);
        }
        // The next one stands last.
        rest.reverse();
        let over = rest.len() + links.min(MAX_CHAIN);
        let expr = self.climb(first, &mut rest, 0);
        if self.raise(outer, over) { self.too_high(whole) } else { expr }
    }

    /// Everything from `left` on that binds at least as tightly as `min`. `rest` is reversed: its next part is last.
    fn climb(&mut self, left: Operand, rest: &mut Vec<(Infix, Span, Operand)>, min: u8) -> Expr {
        let mut left = self.prefix_scope(left, rest);
        let mut compared: Option<Span> = None;
        while let Some((op, span)) = rest.last().map(|(op, span, _)| (*op, *span)) {
            let own = level(op);
            if own < min {
                break;
            }
            let Some((_, _, operand)) = rest.pop() else { break };
            let right = self.climb(operand, rest, own + 1);
            if own == COMPARISON {
                if let Some(first) = compared {
                    self.error(
                        Diagnostic::error(syntax::E0108, span, "comparisons do not chain")
                            .label("a second comparison")
                            .also(first, "the first one")
                            .help("join two with `and`: `a < b and b < c`"),
                    );
                }
                compared = Some(span);
            }
            let whole = left.span.to(right.span);
            let kind = match op {
                Infix::Binary(op) => {
                    ExprKind::Binary { op, op_span: span, left: Box::new(left), right: Box::new(right) }
                }
                Infix::Range { inclusive } => {
                    ExprKind::Range { start: Box::new(left), end: Box::new(right), inclusive }
                }
            };
            left = Expr { id: self.id(), span: whole, kind };
        }
        left
    }

    /// `not` takes the comparison that follows it; unary `-` only its operand.
    fn prefix_scope(&mut self, operand: Operand, rest: &mut Vec<(Infix, Span, Operand)>) -> Expr {
        if operand.prefixes.is_empty() {
            return self.prefixed(operand);
        }
        let not_at = operand.prefixes.iter().rposition(|(op, _)| *op == UnaryOp::Not);
        let Some(at) = not_at else { return self.prefixed(operand) };
        let mut outer = operand.prefixes;
        let inner = outer.split_off(at + 1);
        let body = self.climb(Operand { prefixes: inner, ..operand }, rest, NOT + 1);
        self.prefixed(Operand { prefixes: outer, expr: Some(body), links: 0, closed: false })
    }

    fn prefixed(&mut self, operand: Operand) -> Expr {
        let mut expr = match operand.expr {
            Some(expr) => expr,
            None => self.expr_error(Span { file: self.file, start: 0, end: 0 }),
        };
        if operand.prefixes.is_empty() {
            return expr;
        }
        for (op, op_span) in operand.prefixes.into_iter().rev() {
            let span = op_span.to(expr.span);
            // A negative number is a literal, so that the least Int can be written.
            expr = match (op, &expr.kind) {
                (UnaryOp::Negate, ExprKind::Float(f)) => {
                    Expr { id: expr.id, span, kind: ExprKind::Float(-f) }
                }
                (UnaryOp::Negate, ExprKind::Int(i)) => {
                    Expr { id: expr.id, span, kind: ExprKind::Int(i.wrapping_neg()) }
                }
                _ => Expr {
                    id: self.id(),
                    span,
                    kind: ExprKind::Unary { op, op_span, operand: Box::new(expr) },
                },
            };
        }
        expr
    }

    fn operand(&mut self, pair: P<'_>) -> Operand {
        let closed = pair.as_rule() == Rule::closed_operand;
        let mut out = Operand { prefixes: Vec::new(), expr: None, links: 0, closed };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::prefix => {
                    let op = if part.as_str() == "-" { UnaryOp::Negate } else { UnaryOp::Not };
                    out.prefixes.push((op, self.span(&part)));
                }
                _ if out.expr.is_some() => self.link(&mut out, part),
                _ => {
                    let negated = out.prefixes.last().is_some_and(|(op, _)| *op == UnaryOp::Negate);
                    out.expr = Some(self.primary(part, negated));
                }
            }
        }
        if out.prefixes.len() > MAX_CHAIN {
            self.chain_too_long(self.span(&pair));
            out.prefixes.clear();
        }
        self.height += out.links.min(MAX_CHAIN) + out.prefixes.len();
        out
    }

    /// `.field`, `(args)`, `[index]`, `as T` behind an operand.
    fn link(&mut self, operand: &mut Operand, part: P<'_>) {
        let span = self.span(&part);
        operand.links += 1;
        if operand.links > MAX_CHAIN {
            if operand.links == MAX_CHAIN + 1 {
                self.chain_too_long(span);
            }
            return;
        }
        if operand.closed && part.as_rule() != Rule::as_clause {
            operand.closed = false;
            self.error(
                Diagnostic::error(
                    syntax::E0101,
                    span,
                    "nothing can be taken from what ends in a brace or in clauses",
                )
                .label("this belongs to no value")
                .help("put what stands before it into parentheses, or give it a name with `let`"),
            );
        }
        if let Some(base) = operand.expr.take() {
            operand.expr = Some(self.postfix(base, part));
        }
    }

    /// `x => e`: the operand before the arrow is the parameter.
    fn arrow(&mut self, operand: &mut Operand, part: P<'_>) {
        let span = self.span(&part);
        let body = part.into_inner().next().map(|b| self.body(b));
        let body = body.unwrap_or_else(|| self.expr_error(span));
        let before = operand.expr.take();
        let at = before.as_ref().map_or(span, |e| e.span);
        let param = match before.map(|e| e.kind) {
            Some(ExprKind::Name(name)) => Some(name),
            Some(ExprKind::Paren(inner)) => match inner.kind {
                ExprKind::Name(name) => Some(name),
                _ => None,
            },
            _ => None,
        };
        let kind = match param {
            Some(name) => ExprKind::Lambda { params: vec![name], body: Box::new(body) },
            None => {
                self.error(
                    Diagnostic::error(syntax::E0101, at, "only names can stand before `=>`")
                        .label("not a parameter")
                        .help("a lambda is written `x => x + 1` or `(x, y) => x + y`"),
                );
                ExprKind::Error
            }
        };
        operand.expr = Some(Expr { id: self.id(), span: at.to(span), kind });
    }

    pub fn chain_too_long(&mut self, span: Span) {
        self.error(
            Diagnostic::error(syntax::E0102, span, format!("a chain may have at most {MAX_CHAIN} links"))
                .help("give a part of it a name with `let`"),
        );
    }

    /// `a- b`: was `-b` meant, or a difference?
    fn even_spaces(&mut self, span: Span) {
        let before = self.text.as_bytes().get((span.start as usize).wrapping_sub(1)).copied();
        if !before.is_some_and(|b| b.is_ascii_whitespace()) {
            self.error(
                Diagnostic::error(syntax::E0112, span, "a minus sign has space on both sides or on none")
                    .label("space only after it")
                    .help("write `a - b` or `a-b`"),
            );
        }
    }
}
