//! Operators. Where both operands are known to be Int or Float, the node computes on bare numbers.

use super::Body;
use crate::interpreter::node::*;
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::types::Type;
use crate::value::Value;

impl Body<'_> {
    pub fn unary(&mut self, e: &Expr, op: UnaryOp, operand: &Expr) -> Node {
        let node = self.expr(operand);
        match (op, self.used_type(operand).base(), node) {
            (UnaryOp::Not, _, node) => Node::Not(Box::new(node)),
            // A literal with its sign is a literal; the smallest Int has none, and is written as a difference.
            (UnaryOp::Negate, _, Node::Const(Value::Int(n))) if n != i64::MIN => Node::Const(Value::Int(-n)),
            (UnaryOp::Negate, _, Node::Const(Value::Float(x))) => Node::Const(Value::Float(-x)),
            (UnaryOp::Negate, Type::Int, node) => Node::IntNegate(Box::new((node, e.span))),
            (UnaryOp::Negate, Type::Float, node) => Node::FloatNegate(Box::new(node)),
            (UnaryOp::Negate, ty, right) => {
                let left = Node::Const(match ty {
                    Type::Size => Value::Size(0),
                    _ => Value::Duration(0),
                });
                Node::Arithmetic(Box::new(ArithmeticNode { op: BinaryOp::Sub, left, right, span: e.span }))
            }
        }
    }

    pub fn binary(&mut self, e: &Expr, op: BinaryOp, left: &Expr, right: &Expr) -> Node {
        let kind = number_kind(self.used_type(left), self.used_type(right));
        if op == BinaryOp::Matches {
            return self.matches(left, right, e.span);
        }
        let (l, r) = (self.expr(left), self.expr(right));
        let both = |l, r| Box::new((l, r));
        let pair = |left, right| Box::new(Pair { left, right, span: e.span });
        match (op, kind) {
            (BinaryOp::And, _) => Node::And(both(l, r)),
            (BinaryOp::Or, _) => Node::Or(both(l, r)),
            (BinaryOp::Coalesce, _) => Node::Coalesce(both(l, r)),
            (BinaryOp::In, _) => Node::In(pair(l, r)),

            (BinaryOp::Eq, Some(Kind::Int)) => Node::IntEq(both(l, r)),
            (BinaryOp::Ne, Some(Kind::Int)) => Node::IntNe(both(l, r)),
            (BinaryOp::Eq, _) => Node::Equal(both(l, r)),
            (BinaryOp::Ne, _) => Node::Not(Box::new(Node::Equal(both(l, r)))),

            // `a > b` is `b < a`; operands are pure or evaluated in order below.
            (BinaryOp::Lt, Some(Kind::Int)) => Node::IntLt(both(l, r)),
            (BinaryOp::Le, Some(Kind::Int)) => Node::IntLe(both(l, r)),
            (BinaryOp::Gt, Some(Kind::Int)) => Node::Not(Box::new(Node::IntLe(both(l, r)))),
            (BinaryOp::Ge, Some(Kind::Int)) => Node::Not(Box::new(Node::IntLt(both(l, r)))),
            (BinaryOp::Lt, Some(Kind::Float)) => Node::FloatLt(both(l, r)),
            (BinaryOp::Le, Some(Kind::Float)) => Node::FloatLe(both(l, r)),
            (BinaryOp::Gt, Some(Kind::Float)) => Node::Not(Box::new(Node::FloatLe(both(l, r)))),
            (BinaryOp::Ge, Some(Kind::Float)) => Node::Not(Box::new(Node::FloatLt(both(l, r)))),
            (BinaryOp::Lt, None) => Node::Less(both(l, r)),
            (BinaryOp::Le, None) => Node::LessEqual(both(l, r)),
            (BinaryOp::Gt, None) => Node::Not(Box::new(Node::LessEqual(both(l, r)))),
            (BinaryOp::Ge, None) => Node::Not(Box::new(Node::Less(both(l, r)))),

            (BinaryOp::Add, Some(Kind::Int)) => Node::IntAdd(pair(l, r)),
            (BinaryOp::Sub, Some(Kind::Int)) => Node::IntSub(pair(l, r)),
            (BinaryOp::Mul, Some(Kind::Int)) => Node::IntMul(pair(l, r)),
            (BinaryOp::Rem, Some(Kind::Int)) => Node::IntRem(pair(l, r)),
            (BinaryOp::Add, Some(Kind::Float)) => Node::FloatAdd(pair(l, r)),
            (BinaryOp::Sub, Some(Kind::Float)) => Node::FloatSub(pair(l, r)),
            (BinaryOp::Mul, Some(Kind::Float)) => Node::FloatMul(pair(l, r)),
            // `/` of two Ints is a Float too.
            (BinaryOp::Div, Some(_)) => Node::FloatDiv(pair(l, r)),
            (op, _) => Node::Arithmetic(Box::new(ArithmeticNode { op, left: l, right: r, span: e.span })),
        }
    }

    fn matches(&mut self, left: &Expr, right: &Expr, span: Span) -> Node {
        let value = self.expr(left);
        let fixed = match &right.kind {
            ExprKind::Text(text) => text.plain().and_then(|pattern| crate::types::compiled(&pattern).ok()),
            _ => None,
        };
        match fixed {
            Some(regex) => Node::Matches(Box::new((value, regex))),
            None => Node::MatchesValue(Box::new(Pair { left: value, right: self.expr(right), span })),
        }
    }

    /// The operands that a text or list is extended by, if `x = e` is `x = x + a + b`.
    pub fn appended<'e>(&self, slot: Slot, value: &'e Expr) -> Option<Vec<&'e Expr>> {
        let growing = |e: &Expr| matches!(self.used_type(e).base(), Type::Text | Type::List(_));
        let mut parts = Vec::new();
        let mut e = value;
        loop {
            // A coercion in between would be left out.
            if self.tables.coercions.contains_key(&e.id) {
                return None;
            }
            match &e.kind {
                ExprKind::Paren(inner) if !parts.is_empty() => e = inner,
                ExprKind::Binary { op: BinaryOp::Add, left, right, .. }
                    if growing(right) && growing(left) =>
                {
                    parts.push(&**right);
                    e = left;
                }
                ExprKind::Name(_) if !parts.is_empty() && self.slot_of(e.id) == Some(slot) => {
                    parts.reverse();
                    return Some(parts);
                }
                _ => return None,
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Int,
    Float,
}

/// Whether an operator's operands are both Int, or numbers of which one is a Float.
fn number_kind(left: &Type, right: &Type) -> Option<Kind> {
    match (left.base(), right.base()) {
        (Type::Int, Type::Int) => Some(Kind::Int),
        (Type::Float | Type::Int, Type::Float) | (Type::Float, Type::Int) => Some(Kind::Float),
        _ => None,
    }
}
