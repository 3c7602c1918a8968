//! Operators, and what a comparison that holds says of the values in it.

use super::label::{Label, Level};
use super::value::{Labelled, Shape};
use super::{Outcome, Walk};
use crate::interpreter::eval::Exit;
use crate::interpreter::node::*;
use crate::source::Span;
use crate::value::{Value, compare};
use std::cmp::Ordering;

impl<'l> Walk<'_, 'l> {
    pub(super) fn operator(&mut self, node: &'l Node, frame: &mut [Labelled]) -> Outcome {
        match node {
            Node::IntAdd(pair) | Node::IntSub(pair) | Node::IntMul(pair) | Node::IntRem(pair) => {
                let (a, b) = (self.eval(&pair.left, frame)?, self.eval(&pair.right, frame)?);
                let label = a.label.with(&b.label, false);
                let (Some(a), Some(b)) = (a.as_int(), b.as_int()) else { return Err(self.odd(pair.span)) };
                let (op, made) = match node {
                    Node::IntAdd(_) => ("+", a.checked_add(b)),
                    Node::IntSub(_) => ("-", a.checked_sub(b)),
                    Node::IntMul(_) => ("*", a.checked_mul(b)),
                    _ if b == 0 => return Err(self.eval.by_zero(&Value::Int(a), "%", pair.span)),
                    _ => ("%", Some(a.wrapping_rem(b))),
                };
                match made {
                    Some(n) => Ok(Labelled::leaf(Value::Int(n), label)),
                    None => Err(self.eval.out_of_range(&Value::Int(a), op, &Value::Int(b), pair.span)),
                }
            }
            Node::IntNegate(inner) => {
                let value = self.eval(&inner.0, frame)?;
                match value.as_int().and_then(i64::checked_neg) {
                    Some(n) => Ok(Labelled::leaf(Value::Int(n), value.label)),
                    None => Err(self.eval.out_of_range(&Value::Int(0), "-", &value.plain(), inner.1)),
                }
            }
            Node::Len(inner) => {
                let value = self.eval(&inner.0, frame)?;
                let whole = value.whole();
                let len = match &value.shape {
                    Shape::List(items) => items.len(),
                    Shape::Map(entries) => entries.len(),
                    Shape::Leaf(Value::Text(text)) => text.as_str().chars().count(),
                    _ => return Err(self.odd(inner.1)),
                };
                Ok(Labelled::leaf(Value::Int(len as i64), Label { alone: whole.level, ..whole }))
            }
            Node::FloatAdd(pair) | Node::FloatSub(pair) | Node::FloatMul(pair) | Node::FloatDiv(pair) => {
                let (a, b) = (self.eval(&pair.left, frame)?, self.eval(&pair.right, frame)?);
                let label = a.label.with(&b.label, false);
                let (Some(a), Some(b)) = (a.plain().as_float(), b.plain().as_float()) else {
                    return Err(self.odd(pair.span));
                };
                let (op, made) = match node {
                    Node::FloatAdd(_) => ("+", a + b),
                    Node::FloatSub(_) => ("-", a - b),
                    Node::FloatMul(_) => ("*", a * b),
                    _ if b == 0.0 => return Err(self.eval.by_zero(&Value::Float(a), "/", pair.span)),
                    _ => ("/", a / b),
                };
                match made.is_finite() {
                    true => Ok(Labelled::leaf(Value::Float(made), label)),
                    false => Err(self.eval.out_of_range(&Value::Float(a), op, &Value::Float(b), pair.span)),
                }
            }
            Node::FloatNegate(inner) => {
                let value = self.eval(inner, frame)?;
                let x = value.plain().as_float().unwrap_or_default();
                Ok(Labelled::leaf(Value::Float(-x), value.label))
            }
            Node::Arithmetic(node) => {
                let (a, b) = (self.eval(&node.left, frame)?, self.eval(&node.right, frame)?);
                let joins = matches!(
                    (&a.shape, &b.shape),
                    (Shape::List(_), Shape::List(_))
                        | (Shape::Leaf(Value::Text(_)), Shape::Leaf(Value::Text(_)))
                );
                if joins && node.op == crate::syntax::ast::BinaryOp::Add {
                    return Ok(self.joined(node, a, b));
                }
                let label = a.whole().with(&b.whole(), false);
                let value = self.eval.operate(node.op, a.plain(), b.plain(), node.span)?;
                Ok(Labelled::deep(value, &label))
            }
            _ => self.truth(node, frame),
        }
    }

    /// What is yes or no.
    fn truth(&mut self, node: &'l Node, frame: &mut [Labelled]) -> Outcome {
        let yes_no = |holds: bool, label: Label| Ok(Labelled::leaf(Value::Bool(holds), label).settled());
        match node {
            Node::And(pair) | Node::Or(pair) => {
                let first = self.eval(&pair.0, frame)?;
                let goes_on = matches!(node, Node::And(_));
                if first.as_bool() != Some(goes_on) {
                    return Ok(first);
                }
                let by = first.label.clone();
                let second = self.under(&by, &[&pair.1], |walk| walk.eval(&pair.1, frame))?;
                let label = by.with(&second.label, false);
                yes_no(second.as_bool() == Some(true), label)
            }
            Node::Not(inner) => {
                let value = self.eval(inner, frame)?;
                yes_no(value.as_bool() != Some(true), value.label)
            }
            Node::Equal(pair) | Node::IntEq(pair) => {
                let (a, b) = self.both(pair, frame)?;
                let holds = a.plain() == b.plain();
                if holds {
                    self.one_of(&pair.0, &b, frame);
                    self.one_of(&pair.1, &a, frame);
                }
                yes_no(holds, a.whole().with(&b.whole(), false))
            }
            Node::IntNe(pair) => {
                let (a, b) = self.both(pair, frame)?;
                let differs = a.plain() != b.plain();
                if !differs {
                    self.one_of(&pair.0, &b, frame);
                    self.one_of(&pair.1, &a, frame);
                }
                yes_no(differs, a.whole().with(&b.whole(), false))
            }
            Node::IntLt(pair) | Node::FloatLt(pair) | Node::Less(pair) => {
                let (a, b) = self.both(pair, frame)?;
                let order = numbers(&a, &b).unwrap_or_else(|| compare(&a.plain(), &b.plain()));
                yes_no(order == Ordering::Less, a.whole().with(&b.whole(), false))
            }
            Node::IntLe(pair) | Node::FloatLe(pair) | Node::LessEqual(pair) => {
                let (a, b) = self.both(pair, frame)?;
                let order = numbers(&a, &b).unwrap_or_else(|| compare(&a.plain(), &b.plain()));
                yes_no(order != Ordering::Greater, a.whole().with(&b.whole(), false))
            }
            Node::In(pair) => {
                let (item, whole) = (self.eval(&pair.left, frame)?, self.eval(&pair.right, frame)?);
                let plain = item.plain();
                let holds = match (&plain, &whole.shape) {
                    (one, Shape::List(items)) => items.iter().any(|i| i.plain() == *one),
                    (Value::Int(n), Shape::Leaf(Value::Range(range))) => range.contains(*n),
                    (Value::Text(key), Shape::Map(entries)) => entries.contains_key(key),
                    _ => return Err(self.odd(pair.span)),
                };
                if holds {
                    self.one_of(&pair.left, &whole, frame);
                }
                yes_no(holds, item.whole().with(&whole.whole(), false))
            }
            Node::Matches(node) => {
                let value = self.eval(&node.0, frame)?;
                yes_no(node.1.is_match(value.as_text().unwrap_or_default()), value.label)
            }
            Node::MatchesValue(pair) => {
                let (text, pattern) = (self.eval(&pair.left, frame)?, self.eval(&pair.right, frame)?);
                let (t, p) = (text.as_text().unwrap_or_default(), pattern.as_text().unwrap_or_default());
                match crate::value::methods::is_match(t, p) {
                    Ok(holds) => yes_no(holds, text.label.with(&pattern.label, false)),
                    Err(failure) => Err(self.eval.fail(failure, pair.span)),
                }
            }
            _ => Err(self.odd(Span::default())),
        }
    }

    fn both(&mut self, pair: &'l (Node, Node), frame: &mut [Labelled]) -> Outcome<(Labelled, Labelled)> {
        Ok((self.eval(&pair.0, frame)?, self.eval(&pair.1, frame)?))
    }

    /// The value of a place was found equal to, or among, what is trusted.
    pub(super) fn one_of(&mut self, node: &Node, of: &Labelled, frame: &mut [Labelled]) {
        if of.whole().level > Level::Person {
            return;
        }
        change(node, frame, &|value| match value.shape {
            Shape::Leaf(_) => {
                Labelled { label: Label { alone: Level::Literal, ..value.label.clone() }, ..value.clone() }
            }
            _ => value.clone(),
        });
    }

    fn odd(&mut self, span: Span) -> Exit {
        self.eval.cannot_be("operands that do not fit", span)
    }
}

fn numbers(a: &Labelled, b: &Labelled) -> Option<Ordering> {
    let (Shape::Leaf(a), Shape::Leaf(b)) = (&a.shape, &b.shape) else { return None };
    match (a, b) {
        (Value::Float(_), _) | (_, Value::Float(_)) => a.as_float()?.partial_cmp(&b.as_float()?),
        _ => None,
    }
}

/// Changes what a place, a variable or a field of one, holds.
pub(super) fn change(node: &Node, frame: &mut [Labelled], by: &dyn Fn(&Labelled) -> Labelled) {
    match node {
        Node::Local(slot) => {
            let place = &mut frame[*slot as usize];
            *place = by(place);
        }
        Node::Field(field) if !field.optional => {
            change(&field.base, frame, &|base| {
                let Shape::Record(layout, fields) = &base.shape else { return base.clone() };
                let at = match layout.def {
                    None => layout.index_of(&field.name).unwrap_or(field.index as usize),
                    Some(_) => field.index as usize,
                };
                let mut fields = fields.to_vec();
                if let Some(place) = fields.get_mut(at) {
                    *place = by(place);
                }
                Labelled {
                    shape: Shape::Record(layout.clone(), std::rc::Rc::new(fields)),
                    label: base.label.clone(),
                }
            });
        }
        _ => {}
    }
}
