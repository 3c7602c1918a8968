//! Nodes that are known to be Int, Float or Bool, computed on bare numbers.

use super::{Eval, Outcome, peek, shown};
use crate::diagnostics::{ErrorKind, Failure, codes::runtime};
use crate::interpreter::node::{Node, Pair};
use crate::source::Span;
use crate::value::{Value, compare};
use std::cmp::Ordering;

type Exit = super::Exit;

impl<'l> Eval<'l> {
    #[inline]
    pub(super) fn int(&mut self, node: &'l Node, frame: &mut [Value]) -> Outcome<i64> {
        match node {
            Node::Const(Value::Int(n)) => Ok(*n),
            Node::Local(slot) => match &frame[*slot as usize] {
                Value::Int(n) => Ok(*n),
                other => Err(self.not(other.clone(), "an Int")),
            },
            Node::IntAdd(pair) => {
                let (a, b) = self.ints(pair, frame)?;
                a.checked_add(b).ok_or_else(|| self.overflow(a, "+", b, pair.span))
            }
            Node::IntSub(pair) => {
                let (a, b) = self.ints(pair, frame)?;
                a.checked_sub(b).ok_or_else(|| self.overflow(a, "-", b, pair.span))
            }
            Node::IntMul(pair) => {
                let (a, b) = self.ints(pair, frame)?;
                a.checked_mul(b).ok_or_else(|| self.overflow(a, "*", b, pair.span))
            }
            Node::IntRem(pair) => {
                let (a, b) = self.ints(pair, frame)?;
                match b {
                    0 => Err(self.by_zero(&Value::Int(a), "%", pair.span)),
                    // The one quotient that overflows leaves no rest.
                    -1 => Ok(0),
                    b => Ok(a % b),
                }
            }
            Node::IntNegate(node) => {
                let n = self.int(&node.0, frame)?;
                n.checked_neg().ok_or_else(|| self.no_opposite(n, node.1))
            }
            Node::Len(node) => {
                if let Some(value) = peek(&node.0, frame)
                    && let Some(len) = length(value)
                {
                    return Ok(len);
                }
                let value = self.eval(&node.0, frame)?;
                match length(&value) {
                    Some(len) => Ok(len),
                    None => Err(self.not(value, "something with a length")),
                }
            }
            other => match self.eval_or_peek(other, frame)? {
                Value::Int(n) => Ok(n),
                other => Err(self.not(other, "an Int")),
            },
        }
    }

    #[inline]
    fn eval_or_peek(&mut self, node: &'l Node, frame: &mut [Value]) -> Outcome {
        match node {
            Node::Field(_) => match peek(node, frame) {
                Some(value) => Ok(value.clone()),
                None => self.eval(node, frame),
            },
            _ => self.eval(node, frame),
        }
    }

    #[inline]
    fn ints(&mut self, pair: &'l Pair, frame: &mut [Value]) -> Outcome<(i64, i64)> {
        let a = self.int(&pair.left, frame)?;
        let b = self.int(&pair.right, frame)?;
        Ok((a, b))
    }

    pub(super) fn float(&mut self, node: &'l Node, frame: &mut [Value]) -> Outcome<f64> {
        let result = match node {
            Node::Const(Value::Float(x)) => return Ok(*x),
            Node::Widen(inner) => return self.float(inner, frame),
            Node::FloatNegate(inner) => return Ok(-self.float(inner, frame)?),
            Node::FloatAdd(pair) => {
                let (a, b) = self.floats(pair, frame)?;
                (a + b, a, "+", b, pair.span)
            }
            Node::FloatSub(pair) => {
                let (a, b) = self.floats(pair, frame)?;
                (a - b, a, "-", b, pair.span)
            }
            Node::FloatMul(pair) => {
                let (a, b) = self.floats(pair, frame)?;
                (a * b, a, "*", b, pair.span)
            }
            Node::FloatDiv(pair) => {
                let (a, b) = self.floats(pair, frame)?;
                if b == 0.0 {
                    return Err(self.by_zero(&Value::Float(a), "/", pair.span));
                }
                (a / b, a, "/", b, pair.span)
            }
            other => {
                let value = self.eval(other, frame)?;
                return match value.as_float() {
                    Some(x) => Ok(x),
                    None => Err(self.not(value, "a number")),
                };
            }
        };
        match result {
            (x, ..) if x.is_finite() => Ok(x),
            (_, a, op, b, span) => Err(self.out_of_range(&Value::Float(a), op, &Value::Float(b), span)),
        }
    }

    fn floats(&mut self, pair: &'l Pair, frame: &mut [Value]) -> Outcome<(f64, f64)> {
        let a = self.float(&pair.left, frame)?;
        let b = self.float(&pair.right, frame)?;
        Ok((a, b))
    }

    #[inline]
    pub(super) fn test(&mut self, node: &'l Node, frame: &mut [Value]) -> Outcome<bool> {
        match node {
            Node::Const(Value::Bool(b)) => Ok(*b),
            Node::IntLt(pair) => Ok(self.int(&pair.0, frame)? < self.int(&pair.1, frame)?),
            Node::IntLe(pair) => Ok(self.int(&pair.0, frame)? <= self.int(&pair.1, frame)?),
            Node::IntEq(pair) => Ok(self.int(&pair.0, frame)? == self.int(&pair.1, frame)?),
            Node::IntNe(pair) => Ok(self.int(&pair.0, frame)? != self.int(&pair.1, frame)?),
            Node::FloatLt(pair) => Ok(self.float(&pair.0, frame)? < self.float(&pair.1, frame)?),
            Node::FloatLe(pair) => Ok(self.float(&pair.0, frame)? <= self.float(&pair.1, frame)?),
            Node::And(pair) => Ok(self.test(&pair.0, frame)? && self.test(&pair.1, frame)?),
            Node::Or(pair) => Ok(self.test(&pair.0, frame)? || self.test(&pair.1, frame)?),
            Node::Not(inner) => Ok(!self.test(inner, frame)?),
            Node::Equal(pair) => self.compared(pair, frame, |a, b| a == b),
            Node::Less(pair) => self.compared(pair, frame, |a, b| compare(a, b) == Ordering::Less),
            Node::LessEqual(pair) => self.compared(pair, frame, |a, b| compare(a, b) != Ordering::Greater),
            Node::In(pair) => self.is_in(pair, frame),
            Node::Matches(node) => {
                let value = self.eval(&node.0, frame)?;
                match value.as_text() {
                    Some(text) => Ok(node.1.is_match(text)),
                    None => Err(self.not(value, "a text")),
                }
            }
            Node::MatchesValue(pair) => {
                let (text, pattern) = (self.eval(&pair.left, frame)?, self.eval(&pair.right, frame)?);
                let Some(pattern) = pattern.as_text() else { return Err(self.not(pattern, "a text")) };
                let Some(text) = text.as_text() else { return Err(self.not(text, "a text")) };
                match crate::value::methods::is_match(text, pattern) {
                    Ok(matches) => Ok(matches),
                    Err(failure) => Err(self.fail(failure, pair.span)),
                }
            }
            other => match self.eval_or_peek(other, frame)? {
                Value::Bool(b) => Ok(b),
                other => Err(self.not(other, "a condition")),
            },
        }
    }

    /// Two values side by side; both are only looked at where they are, if that can be.
    fn compared(
        &mut self,
        pair: &'l (Node, Node),
        frame: &mut [Value],
        how: impl Fn(&Value, &Value) -> bool,
    ) -> Outcome<bool> {
        if let (Some(a), Some(b)) = (peek(&pair.0, frame), peek(&pair.1, frame)) {
            return Ok(how(a, b));
        }
        let a = self.eval(&pair.0, frame)?;
        let b = self.eval(&pair.1, frame)?;
        Ok(how(&a, &b))
    }

    fn is_in(&mut self, pair: &'l Pair, frame: &mut [Value]) -> Outcome<bool> {
        let item = self.eval(&pair.left, frame)?;
        let whole = self.eval(&pair.right, frame)?;
        Ok(match (&item, &whole) {
            (item, Value::List(items)) => items.contains(item),
            (Value::Int(n), Value::Range(range)) => range.contains(*n),
            (Value::Text(key), Value::Map(entries)) => entries.contains_key(key),
            _ => return Err(self.not(whole, "something that holds others")),
        })
    }

    #[cold]
    pub(super) fn not(&mut self, value: Value, wanted: &str) -> Exit {
        self.fail(crate::value::methods::impossible(wanted, &value), Span::default())
    }

    #[cold]
    fn no_opposite(&mut self, n: i64, span: Span) -> Exit {
        let message = format!("{n} without its sign is out of the range of Int");
        self.fail(Box::new(Failure::new(ErrorKind::Verification, runtime::E1002, message)), span)
    }

    #[cold]
    fn overflow(&mut self, a: i64, op: &str, b: i64, span: Span) -> Exit {
        self.out_of_range(&Value::Int(a), op, &Value::Int(b), span)
    }

    #[cold]
    pub(super) fn out_of_range(&mut self, a: &Value, op: &str, b: &Value, span: Span) -> Exit {
        let message = format!("{} {op} {} is out of the range of {}", shown(a), shown(b), a.kind());
        self.fail(Box::new(Failure::new(ErrorKind::Verification, runtime::E1002, message)), span)
    }

    #[cold]
    pub(super) fn by_zero(&mut self, a: &Value, op: &str, span: Span) -> Exit {
        // `/` computes in Float, and whoever wrote `1 / n` would not know `1.0` again.
        let a = match a {
            Value::Float(x) if x.fract() == 0.0 && x.abs() < 1e15 => (*x as i64).to_string(),
            other => shown(other),
        };
        let message = format!("{a} {op} 0 has no result");
        let failure =
            Failure::new(ErrorKind::Verification, runtime::E1003, message).label("the divisor is zero");
        self.fail(Box::new(failure), span)
    }
}

fn length(value: &Value) -> Option<i64> {
    Some(match value {
        Value::List(items) => items.len() as i64,
        Value::Map(entries) => entries.len() as i64,
        Value::Text(text) if text.is_ascii() => text.len() as i64,
        Value::Text(text) => text.chars().count() as i64,
        _ => return None,
    })
}
