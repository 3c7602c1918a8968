//! Operators on durations, sizes, times, texts and lists.

use super::{Eval, Outcome, internal};
use crate::interpreter::node::ArithmeticNode;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;
use crate::value::{Value, time};
use std::sync::Arc;

impl<'l> Eval<'l> {
    pub(super) fn arithmetic(&mut self, node: &'l ArithmeticNode, frame: &mut [Value]) -> Outcome {
        let left = self.eval(&node.left, frame)?;
        let right = self.eval(&node.right, frame)?;
        self.operate(node.op, left, right, node.span)
    }

    pub(super) fn operate(&mut self, op: BinaryOp, left: Value, right: Value, span: Span) -> Outcome {
        use BinaryOp::{Add, Div, Mul, Rem, Sub};
        use Value::{Duration, Float, Int, List, Size, Text, Time};
        let result = match (op, &left, &right) {
            (Add, Text(_), Text(b)) => {
                let b = b.clone();
                let Text(mut text) = left else { return Ok(left) };
                text.push_str(&b);
                return Ok(Text(text));
            }
            (Add, List(_), List(b)) => {
                let b = b.clone();
                let List(mut items) = left else { return Ok(left) };
                extend(&mut items, b);
                return Ok(List(items));
            }
            (Add, Duration(a), Duration(b)) => a.checked_add(*b).map(Duration),
            (Sub, Duration(a), Duration(b)) => a.checked_sub(*b).map(Duration),
            (Add, Size(a), Size(b)) => a.checked_add(*b).map(Size),
            (Sub, Size(a), Size(b)) => a.checked_sub(*b).map(Size),
            (Add, Time(a), Duration(b)) | (Add, Duration(b), Time(a)) => in_time(a.checked_add(*b)),
            (Sub, Time(a), Duration(b)) => in_time(a.checked_sub(*b)),
            (Sub, Time(a), Time(b)) => a.checked_sub(*b).map(Duration),
            (Mul, Duration(a), Int(b)) | (Mul, Int(b), Duration(a)) => a.checked_mul(*b).map(Duration),
            (Mul, Size(a), Int(b)) | (Mul, Int(b), Size(a)) => a.checked_mul(*b).map(Size),
            (Div, Duration(a), Duration(b)) | (Div, Size(a), Size(b)) => match *b {
                0 => return Err(self.by_zero(&left, "/", span)),
                b => Some(Float(*a as f64 / b as f64)),
            },
            (Div, Duration(a), divisor) | (Div, Size(a), divisor) => match divisor.as_float() {
                Some(0.0) => return Err(self.by_zero(&left, "/", span)),
                Some(x) => {
                    scaled(*a, 1.0 / x).map(|n| if matches!(left, Size(_)) { Size(n) } else { Duration(n) })
                }
                None => return Err(self.nonsense(op, &left, &right, span)),
            },
            (Rem, a, b) => match (a.as_float(), b.as_float()) {
                (Some(_), Some(0.0)) => return Err(self.by_zero(&left, "%", span)),
                (Some(a), Some(b)) => Some(Float(a % b)),
                _ => return Err(self.nonsense(op, &left, &right, span)),
            },
            _ => return Err(self.nonsense(op, &left, &right, span)),
        };
        result.ok_or_else(|| self.out_of_range(&left, op.symbol(), &right, span))
    }

    fn nonsense(&mut self, op: BinaryOp, left: &Value, right: &Value, span: Span) -> super::Exit {
        let message = format!("`{}` between {} and {}", op.symbol(), left.kind(), right.kind());
        self.fail(internal(message), span)
    }
}

/// Adds the items of one list to another, moving them where nobody else holds them.
pub(super) fn extend(items: &mut Arc<Vec<Value>>, more: Arc<Vec<Value>>) {
    let items = Arc::make_mut(items);
    match Arc::try_unwrap(more) {
        Ok(mut own) => items.append(&mut own),
        Err(shared) => items.extend_from_slice(&shared),
    }
}

fn in_time(millis: Option<i64>) -> Option<Value> {
    millis.filter(|ms| (time::MIN..=time::MAX).contains(ms)).map(Value::Time)
}

/// To the nearest whole number, if that is one.
fn scaled(n: i64, factor: f64) -> Option<i64> {
    let x = (n as f64 * factor).round();
    // 2^63 is the first Float that is no Int.
    (x.is_finite() && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x))
        .then_some(x as i64)
}
