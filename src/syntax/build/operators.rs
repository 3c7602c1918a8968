//! Precedence: the grammar gives a flat list of operands and operators; here it becomes a tree.
//!
//! Loosest first: `or`, `and`, `not`, comparisons with `in` and `matches` (which do not chain), `??`, `..`, `+ -`,
//! `* / %`, unary `-`.

use super::{Builder, P};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::syntax::parser::Rule;
use crate::syntax::scan::MAX_CHAIN;

#[derive(Clone, Copy, PartialEq)]
enum Infix {
    Binary(BinaryOp),
    Range { inclusive: bool },
}

/// An operand with the prefixes that stand before it.
struct Operand {
    prefixes: Vec<(UnaryOp, Span)>,
    expr: Expr,
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
    /// An `expr`, `clause_expr` or `expr_range`.
    pub fn expr(&mut self, pair: P<'_>) -> Expr {
        let whole = self.span(&pair);
        let mut inner = pair.into_inner();
        let Some(first) = inner.next() else { return self.expr_error(whole) };
        let first = self.operand(first);
        // Most expressions have no operator.
        let Some(op) = inner.next() else { return self.prefixed(first) };
        let mut operands = vec![first];
        let mut ops: Vec<(Infix, Span)> = Vec::new();
        let mut next_op = Some(op);
        while let Some(op) = next_op {
            let span = self.span(&op);
            let kind = infix(op.as_str());
            if kind == Infix::Binary(BinaryOp::Sub) && op.as_rule() != Rule::minus_tight {
                self.even_spaces(span);
            }
            ops.push((kind, span));
            match inner.next() {
                Some(operand) => {
                    let operand = self.operand(operand);
                    operands.push(operand);
                }
                None => break,
            }
            next_op = inner.next();
        }
        if ops.len() > MAX_CHAIN {
            self.error(
                Diagnostic::error(
                    syntax::E0102,
                    whole,
                    format!(
                        "an expression may have at most {MAX_CHAIN} operators; this one has {}",
                        ops.len()
                    ),
                )
                .help("give parts of it names with `let`, or join a list: `[a, b, c].join(\"\")`"),
            );
            return self.expr_error(whole);
        }
        let mut operands = operands.into_iter();
        let Some(first) = operands.next() else { return self.expr_error(whole) };
        let mut rest: Vec<(Infix, Span, Operand)> =
            ops.into_iter().zip(operands).map(|((op, span), operand)| (op, span, operand)).collect();
        rest.reverse();
        self.climb(first, &mut rest, 0)
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
        let not_at = operand.prefixes.iter().rposition(|(op, _)| *op == UnaryOp::Not);
        let Some(at) = not_at else { return self.prefixed(operand) };
        let mut outer = operand.prefixes;
        let inner = outer.split_off(at + 1);
        let body = self.climb(Operand { prefixes: inner, expr: operand.expr }, rest, NOT + 1);
        self.prefixed(Operand { prefixes: outer, expr: body })
    }

    fn prefixed(&mut self, operand: Operand) -> Expr {
        let mut expr = operand.expr;
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
        let whole = self.span(&pair);
        let mut prefixes = Vec::new();
        let mut expr: Option<Expr> = None;
        let mut links = 0usize;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::prefix => {
                    let op = if part.as_str() == "-" { UnaryOp::Negate } else { UnaryOp::Not };
                    prefixes.push((op, self.span(&part)));
                }
                Rule::call
                | Rule::index
                | Rule::dot_field
                | Rule::dot_lower
                | Rule::optional_field
                | Rule::as_clause => {
                    links += 1;
                    if links > MAX_CHAIN {
                        if links == MAX_CHAIN + 1 {
                            self.chain_too_long(whole);
                        }
                        continue;
                    }
                    if let Some(base) = expr.take() {
                        expr = Some(self.postfix(base, part));
                    }
                }
                _ => {
                    let negated = prefixes.last().is_some_and(|(op, _)| *op == UnaryOp::Negate);
                    expr = Some(self.primary(part, negated));
                }
            }
        }
        if prefixes.len() > MAX_CHAIN {
            self.chain_too_long(whole);
            prefixes.clear();
        }
        Operand { prefixes, expr: expr.unwrap_or_else(|| self.expr_error(whole)) }
    }

    pub fn operand_expr(&mut self, pair: P<'_>) -> Expr {
        let operand = self.operand(pair);
        self.prefixed(operand)
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
