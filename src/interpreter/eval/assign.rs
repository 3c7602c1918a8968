//! Assignments: to patterns, to places inside of values, and growing in place.

use super::arithmetic::extend;
use super::{Eval, Outcome, internal, patterns};
use crate::interpreter::node::{AppendNode, BindNode, Node, PlaceNode, PlaceStep};
use crate::value::{Text, Value};
use std::sync::Arc;

/// A step into a value, with its index evaluated.
enum Into_ {
    Field(usize),
    Item(i64),
    Key(Text),
}

impl<'l> Eval<'l> {
    pub(super) fn bind(&mut self, node: &'l BindNode, frame: &mut [Value]) -> Outcome {
        let value = self.eval(&node.value, frame)?;
        match patterns::matches(&node.pattern, &value, frame) {
            true => Ok(Value::Nothing),
            false => Err(self.fail(internal("a pattern that must match does not"), node.span)),
        }
    }

    /// Everything is evaluated before the variable changes, so the parts may use it.
    pub(super) fn append(&mut self, node: &'l AppendNode, frame: &mut [Value]) -> Outcome {
        let slot = node.slot as usize;
        if matches!(frame[slot], Value::Text(_)) {
            let mut more = std::mem::take(&mut self.scratch);
            more.clear();
            for part in &node.parts {
                if let Err(exit) = self.write(part, frame, &mut more) {
                    self.scratch = more;
                    return Err(exit);
                }
            }
            if let Value::Text(text) = &mut frame[slot] {
                text.push_str(&more);
            }
            // A part that made text of its own may have left something; the larger room is kept.
            self.scratch = more;
            return Ok(Value::Nothing);
        }
        if let [Node::List(parts)] = &node.parts[..]
            && let [part] = &parts[..]
            && !part.spread
        {
            // `xs = xs + [x]` makes no list for `[x]`.
            let item = self.eval(&part.value, frame)?;
            if let Value::List(items) = &mut frame[slot] {
                Arc::make_mut(items).push(item);
            }
            return Ok(Value::Nothing);
        }
        let mut more = Vec::with_capacity(node.parts.len());
        for part in &node.parts {
            more.push(self.eval(part, frame)?);
        }
        for value in more {
            match (&mut frame[slot], value) {
                (Value::List(items), Value::List(more)) => extend(items, more),
                (variable, _) => {
                    let what = internal(format!("{} cannot grow", variable.kind()));
                    return Err(self.fail(what, node.span));
                }
            }
        }
        Ok(Value::Nothing)
    }

    pub(super) fn place(&mut self, node: &'l PlaceNode, frame: &mut [Value]) -> Outcome {
        let mut steps = Vec::with_capacity(node.steps.len());
        for step in &node.steps {
            steps.push(match step {
                PlaceStep::Field { index, .. } => Into_::Field(*index as usize),
                PlaceStep::Index { index, .. } => match self.eval(index, frame)? {
                    Value::Int(n) => Into_::Item(n),
                    Value::Text(key) => Into_::Key(key),
                    other => return Err(self.not(other, "an index")),
                },
            });
        }
        let value = self.eval(&node.value, frame)?;
        let mut place = &mut frame[node.slot as usize];
        let last = steps.len().saturating_sub(1);
        for (i, step) in steps.into_iter().enumerate() {
            let span = match &node.steps[i] {
                PlaceStep::Field { span, .. } | PlaceStep::Index { span, .. } => *span,
            };
            place = match (place, step) {
                (Value::Record(record), Into_::Field(index)) => {
                    let index = match &node.steps[i] {
                        PlaceStep::Field { name, .. } if record.layout.def.is_none() => {
                            record.layout.index_of(name).unwrap_or(index)
                        }
                        _ => index,
                    };
                    match Arc::make_mut(record).fields.get_mut(index) {
                        Some(field) => field,
                        None => return Err(self.fail(internal("a record without the field"), span)),
                    }
                }
                (Value::List(items), Into_::Item(index)) => {
                    let len = items.len();
                    match usize::try_from(index).ok().filter(|i| *i < len) {
                        Some(at) => &mut Arc::make_mut(items)[at],
                        None => return Err(self.no_item(index, len, span)),
                    }
                }
                // A new key may only be set, not looked into.
                (Value::Map(entries), Into_::Key(key)) => match i == last || entries.contains_key(&key) {
                    true => Arc::make_mut(entries).entry(key).or_insert(Value::None),
                    false => {
                        let entries = entries.clone();
                        return Err(self.no_key(&key, &entries, span));
                    }
                },
                (other, _) => {
                    let what = internal(format!("{} has no such place", other.kind()));
                    return Err(self.fail(what, span));
                }
            };
        }
        *place = value;
        Ok(Value::Nothing)
    }
}
