//! Making lists, maps and records, and looking into them.

use super::{Eval, Exit, Outcome, internal};
use crate::diagnostics::{ErrorKind, Failure, codes::runtime};
use crate::interpreter::node::{FieldNode, ListPart, Node, Pair};
use crate::source::Span;
use crate::value::{Map, Text, Value};

impl<'l> Eval<'l> {
    pub(super) fn list(&mut self, parts: &'l [ListPart], frame: &mut [Value]) -> Outcome {
        let mut items = Vec::with_capacity(parts.len());
        for part in parts {
            match (self.eval(&part.value, frame)?, part.spread) {
                (Value::List(more), true) => items.extend_from_slice(&more),
                (value, _) => items.push(value),
            }
        }
        Ok(Value::list(items))
    }

    pub(super) fn map(&mut self, node: &'l (Vec<(Node, Node)>, Span), frame: &mut [Value]) -> Outcome {
        let mut entries = Map::with_capacity(node.0.len());
        for (key, value) in &node.0 {
            let key = match self.eval(key, frame)? {
                Value::Text(text) => text,
                other => Text::from(other.to_string()),
            };
            let value = self.eval(value, frame)?;
            entries.insert(key, value);
        }
        Ok(Value::map(entries))
    }

    /// The fields of a record in its order; what was not written is `none`.
    pub(super) fn fields(
        &mut self,
        count: usize,
        nodes: &'l [(u32, Node)],
        frame: &mut [Value],
    ) -> Outcome<Vec<Value>> {
        if nodes.len() == count && nodes.iter().enumerate().all(|(i, (index, _))| i == *index as usize) {
            let mut fields = Vec::with_capacity(count);
            for (_, node) in nodes {
                fields.push(self.eval(node, frame)?);
            }
            return Ok(fields);
        }
        let mut fields = vec![Value::None; count];
        for (index, node) in nodes {
            fields[*index as usize] = self.eval(node, frame)?;
        }
        Ok(fields)
    }

    pub(super) fn field(&mut self, node: &'l FieldNode, frame: &mut [Value]) -> Outcome {
        if let Some(base) = peek(&node.base, frame) {
            return match part(base, node) {
                Some(value) => Ok(value.clone()),
                None => self.no_field(base.clone(), node),
            };
        }
        let base = self.eval(&node.base, frame)?;
        match part(&base, node) {
            Some(value) => Ok(value.clone()),
            None => self.no_field(base, node),
        }
    }

    pub(super) fn no_field(&mut self, base: Value, node: &FieldNode) -> Outcome {
        if node.optional && matches!(base, Value::None) {
            return Ok(Value::None);
        }
        let failure = internal(format!("{} has no field `{}`", base.kind(), node.name));
        Err(self.fail(failure, node.span))
    }

    pub(super) fn index(&mut self, pair: &'l Pair, frame: &mut [Value]) -> Outcome {
        let base = self.eval(&pair.left, frame)?;
        if let Value::Map(entries) = &base {
            let key = self.eval(&pair.right, frame)?;
            let Some(key) = key.as_text() else {
                return Err(self.fail(crate::value::methods::impossible("a text", &key), pair.span));
            };
            return match entries.get(key) {
                Some(value) => Ok(value.clone()),
                None => Err(self.no_key(key, entries, pair.span)),
            };
        }
        let index = self.int(&pair.right, frame)?;
        match &base {
            Value::List(items) => match usize::try_from(index).ok().and_then(|i| items.get(i)) {
                Some(item) => Ok(item.clone()),
                None => Err(self.no_item(index, items.len(), pair.span)),
            },
            other => Err(self.fail(internal(format!("{} has no items", other.kind())), pair.span)),
        }
    }

    #[cold]
    pub(super) fn no_item(&mut self, index: i64, len: usize, span: Span) -> Exit {
        let message = match len {
            0 => format!("there is no item {index} in an empty list"),
            _ => format!("there is no item {index} in a list of {len}"),
        };
        let failure = Failure::new(ErrorKind::Verification, runtime::E1001, message);
        let failure = match len {
            0 => failure,
            _ => failure.label(format!("its items are 0 to {}", len - 1)),
        };
        self.fail(Box::new(failure.help("`get(i)` gives `none` where there is no such item")), span)
    }

    #[cold]
    pub(super) fn no_key(&mut self, key: &str, entries: &Map, span: Span) -> Exit {
        let near = crate::diagnostics::did_you_mean(key, entries.keys().map(Text::as_str));
        let message = format!("there is no key {} in the map", crate::value::quote(key));
        let mut failure = Failure::new(ErrorKind::Verification, runtime::E1007, message);
        if let Some(near) = near {
            failure = failure.help(format!("did you mean {}?", crate::value::quote(near)));
        }
        self.fail(Box::new(failure.help("`get(key)` gives `none` where there is no such key")), span)
    }
}

/// A value that can be looked at where it is, so that nothing has to be counted up and down.
#[inline]
pub(super) fn peek<'f>(node: &'f Node, frame: &'f [Value]) -> Option<&'f Value> {
    match node {
        Node::Local(slot) => frame.get(*slot as usize),
        Node::Const(value) => Some(value),
        Node::Field(field) => part(peek(&field.base, frame)?, field),
        _ => None,
    }
}

/// The field of a record, where it is expected or, in a structural record of another order, by its name.
#[inline]
fn part<'v>(base: &'v Value, node: &FieldNode) -> Option<&'v Value> {
    let Value::Record(record) = base else { return None };
    let index = node.index as usize;
    if record.layout.def.is_some() || record.layout.names.get(index).is_some_and(|n| **n == *node.name) {
        return record.fields.get(index);
    }
    record.fields.get(record.layout.index_of(&node.name)?)
}
