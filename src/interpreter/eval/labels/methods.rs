//! Built-in methods. Lists go into them as numbers that stand for their items, so that an item keeps its label where a
//! method only moves it; what looks at values gets them, and gives what is as bad as all of them.

use super::label::Label;
use super::value::{Labelled, Shape};
use super::{Outcome, Walk};
use crate::interpreter::eval::{Exit, internal};
use crate::interpreter::node::{Func, HigherNode, MethodNode};
use crate::value::methods::{Calls, Trouble};
use crate::value::{Map, Record, RecordLayout, Text, Value};
use std::rc::Rc;
use std::sync::Arc;

/// Methods that move items and look at none.
const MOVES: &[&str] = &[
    "first",
    "last",
    "reverse",
    "take",
    "drop",
    "slice",
    "chunks",
    "get",
    "append",
    "prepend",
    "zip",
    "enumerate",
    "values",
];

impl<'l> Walk<'_, 'l> {
    pub(super) fn method(&mut self, node: &'l MethodNode, frame: &mut [Labelled]) -> Outcome {
        let receiver = self.eval(&node.receiver, frame)?;
        if node.optional && receiver.is_none() {
            return Ok(receiver);
        }
        let mut args = vec![receiver];
        for arg in &node.args {
            args.push(self.eval(arg, frame)?);
        }
        let receiver = args[0].clone();
        let result = match &receiver.shape {
            Shape::List(_) | Shape::Map(_) if MOVES.contains(&node.name) => self.moved(node, &args)?,
            _ => {
                let mut plain: Vec<Value> = args.iter().map(Labelled::plain).collect();
                let done = (node.run)(&mut plain).map_err(|failure| self.eval.fail(failure, node.span))?;
                if node.name == "contains"
                    && matches!(receiver.shape, Shape::List(_))
                    && done == Value::Bool(true)
                    && let Some(arg) = node.args.first()
                {
                    self.one_of(arg, &receiver, frame);
                }
                match (&receiver.shape, node.name) {
                    (Shape::Leaf(_), "to_text") => Labelled::leaf(done, receiver.whole()),
                    (Shape::List(items), "min" | "max" | "sort" | "unique" | "flatten" | "present") => {
                        found_again(items, done, &receiver.label)
                    }
                    _ => {
                        let all = args.iter().fold(Label::literal(), |all, a| all.with(&a.whole(), false));
                        let label = Label { alone: all.level, ..all };
                        Labelled::deep(done, &label)
                    }
                }
            }
        };
        Ok(result)
    }

    fn moved(&mut self, node: &'l MethodNode, args: &[Labelled]) -> Outcome {
        let mut hands = Hands::default();
        let by: Vec<Labelled> = match node.name {
            "get" | "take" | "drop" | "slice" | "chunks" => args[1..].to_vec(),
            _ => Vec::new(),
        };
        let mut plain: Vec<Value> = Vec::new();
        for (i, arg) in args.iter().enumerate() {
            let hand = match (node.name, i) {
                (_, 0) | ("zip", _) => hands.open(arg),
                ("append" | "prepend", _) => hands.take(arg.clone()),
                _ => arg.plain(),
            };
            plain.push(hand);
        }
        let done = (node.run)(&mut plain).map_err(|failure| self.eval.fail(failure, node.span))?;
        let own = args.iter().fold(Label::literal(), |all, a| match by.is_empty() {
            true => all.with(&a.label, true),
            false => args[0].label.clone(),
        });
        let mut value = hands.give(done, &own);
        for index in &by {
            value = self.select(value, &index.whole());
        }
        Ok(value)
    }

    pub(super) fn higher(&mut self, node: &'l HigherNode, frame: &mut [Labelled]) -> Outcome {
        let receiver = self.eval(&node.receiver, frame)?;
        if node.optional && receiver.is_none() {
            return Ok(receiver);
        }
        let mut hands = Hands::default();
        let whole = receiver.whole();
        let mut plain = vec![match (&receiver.shape, node.name) {
            (Shape::List(_), _) => hands.open(&receiver),
            (_, "map") if !receiver.is_none() && !matches!(receiver.shape, Shape::Map(_)) => {
                hands.take(receiver.clone())
            }
            _ => receiver.plain(),
        }];
        let mut all = Label::literal();
        for arg in &node.args {
            let arg = self.eval(arg, frame)?;
            all = all.with(&arg.whole(), false);
            plain.push(match node.name {
                "fold" => hands.take(arg),
                _ => arg.plain(),
            });
        }
        let mut values = Vec::new();
        for function in &node.functions {
            values.push(match function {
                Func::Value(node) => self.eval(node, frame)?.plain(),
                Func::Inline { .. } | Func::Named(_) => Value::Nothing,
            });
        }
        let opaque = matches!(receiver.shape, Shape::List(_)) || node.name == "map";
        if node.name == "fold" {
            self.started += 1;
            self.loops.push(self.started);
        }
        let mut caller =
            Caller { walk: self, frame, node, values, hands, said: Label::literal(), exit: None, opaque };
        let done = (node.run)(&mut plain, &mut caller);
        let (hands, said, exit) = (caller.hands, caller.said, caller.exit);
        if node.name == "fold" {
            self.loops.pop();
        }
        let done = done.map_err(|trouble| match (trouble, exit) {
            (Trouble::Failed(failure), _) => self.eval.fail(failure, node.span),
            (Trouble::Callback, Some(exit)) => exit,
            (Trouble::Callback, None) => self.eval.fail(internal("a function did not return"), node.span),
        })?;
        let by = said.with(&whole, false);
        Ok(match node.name {
            "any" | "all" | "count" => Labelled::deep(done, &Label { alone: by.level, ..by }),
            "map" | "flat_map" | "fold" if opaque => {
                let value = hands.give(done, &receiver.label);
                self.select(value, &whole)
            }
            "filter" | "find" | "partition" | "sort_by" | "min_by" | "max_by" | "group_by" => {
                let value = hands.give(done, &receiver.label);
                self.select(value, &said)
            }
            "to_map" => {
                let value = hands.give(done, &receiver.label.with(&said, true));
                self.select(value, &whole)
            }
            _ => {
                let all = by.with(&all, false);
                Labelled::deep(done, &Label { alone: all.level, ..all })
            }
        })
    }
}

/// Items as they were, in another order or fewer of them.
fn found_again(items: &[Labelled], done: Value, own: &Label) -> Labelled {
    let inner = items.iter().filter_map(|i| match &i.shape {
        Shape::List(inner) => Some(inner.iter()),
        _ => None,
    });
    let all: Vec<&Labelled> = items.iter().chain(inner.flatten()).collect();
    let one = |value: &Value| all.iter().find(|i| i.plain() == *value).map(|i| (*i).clone());
    match &done {
        Value::List(values) if one(&done).is_none() => {
            let items = values.iter().map(|v| one(v).unwrap_or(Labelled::deep(v.clone(), own))).collect();
            Labelled { label: own.clone(), ..Labelled::list(items) }
        }
        _ => one(&done).unwrap_or(Labelled::deep(done, own)),
    }
}

/// Values that numbers stand for.
#[derive(Default)]
struct Hands(Vec<Labelled>);

impl Hands {
    fn take(&mut self, value: Labelled) -> Value {
        self.0.push(value);
        Value::Function(self.0.len() as u32 - 1)
    }

    /// A list or map of numbers.
    fn open(&mut self, value: &Labelled) -> Value {
        match &value.shape {
            Shape::List(items) => Value::list(items.iter().map(|i| self.take(i.clone())).collect()),
            Shape::Map(entries) => {
                let mut out = Map::new();
                for (key, value) in entries.iter() {
                    let hand = self.take(value.clone());
                    out.insert(key.clone(), hand);
                }
                Value::map(out)
            }
            _ => value.plain(),
        }
    }

    fn of(&self, value: &Value) -> Option<&Labelled> {
        match value {
            Value::Function(n) => self.0.get(*n as usize),
            _ => None,
        }
    }

    /// With the values in the place of their numbers; what was made around them has this label.
    fn give(&self, value: Value, own: &Label) -> Labelled {
        let all = |values: &[Value]| Rc::new(values.iter().map(|v| self.give(v.clone(), own)).collect());
        let shape = match &value {
            Value::Function(n) => return self.0[*n as usize].clone(),
            Value::List(items) => Shape::List(all(items)),
            Value::Map(entries) => {
                let entries: indexmap::IndexMap<Text, Labelled> =
                    entries.iter().map(|(k, v)| (k.clone(), self.give(v.clone(), own))).collect();
                Shape::Map(Rc::new(entries))
            }
            Value::Record(record) => {
                let record: &Record = record;
                let layout: &Arc<RecordLayout> = &record.layout;
                Shape::Record(layout.clone(), all(&record.fields))
            }
            _ => Shape::Leaf(value),
        };
        Labelled { shape, label: own.clone() }
    }
}

/// Applies the functions that a method was given, in the frame in which it was called.
struct Caller<'c, 'e, 'l, 'f> {
    walk: &'c mut Walk<'e, 'l>,
    frame: &'f mut [Labelled],
    node: &'l HigherNode,
    values: Vec<Value>,
    hands: Hands,
    /// What the functions said, all together.
    said: Label,
    exit: Option<Exit>,
    /// Items are numbers here.
    opaque: bool,
}

impl<'l> Caller<'_, '_, 'l, '_> {
    fn apply(&mut self, which: usize, args: Vec<Labelled>) -> Outcome {
        let named = match (self.node.functions.get(which), self.values.get(which)) {
            (Some(Func::Inline { params, body }), _) => {
                for (slot, arg) in params.iter().zip(args) {
                    self.frame[*slot as usize] = arg;
                }
                return self.walk.eval(body, self.frame);
            }
            (Some(Func::Named(id)), _) => *id,
            (_, Some(Value::Function(id))) => crate::check::CallableId(*id),
            _ => return Err(self.walk.eval.cannot_be("a method without its function", self.node.span)),
        };
        let callable = &self.walk.eval.lowered.callables[named.0 as usize];
        let mut frame = vec![Labelled::literal(Value::Nothing); callable.locals as usize];
        for (place, arg) in frame.iter_mut().zip(args) {
            *place = arg;
        }
        self.walk.callable(callable, &mut frame)
    }

    /// Whether what a function gives goes into the result as it is.
    fn keeps(&self, which: usize) -> bool {
        self.opaque && matches!((self.node.name, which), ("map" | "fold", _) | ("to_map", 1))
    }
}

impl Calls for Caller<'_, '_, '_, '_> {
    fn call(&mut self, which: usize, args: &mut [Value]) -> Result<Value, Trouble> {
        let whole = args.iter().map(|a| match self.hands.of(a) {
            Some(value) if self.opaque => value.clone(),
            // A key of a map, or what a method without numbers hands over.
            _ => Labelled::literal(a.clone()),
        });
        let whole: Vec<Labelled> = whole.collect();
        let handed: Vec<Option<usize>> = args
            .iter()
            .map(|a| match a {
                Value::Function(n) if self.opaque => Some(*n as usize),
                _ => None,
            })
            .collect();
        let value = match self.apply(which, whole) {
            Ok(value) => value,
            Err(exit) => {
                self.exit = Some(exit);
                return Err(Trouble::Callback);
            }
        };
        // What a test has found of an item stays with it.
        if value.as_bool() == Some(true)
            && let Some(Func::Inline { params, .. }) = self.node.functions.get(which)
        {
            for (slot, hand) in params.iter().zip(handed) {
                if let Some(n) = hand {
                    self.hands.0[n] = self.frame[*slot as usize].clone();
                }
            }
        }
        if self.keeps(which) {
            return Ok(self.hands.take(value));
        }
        if self.node.name == "flat_map" {
            return Ok(self.hands.open(&value));
        }
        self.said = self.said.with(&value.whole(), true);
        Ok(value.plain())
    }
}
