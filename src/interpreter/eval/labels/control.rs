//! Branches, loops, errors.

use super::label::{Label, Level};
use super::operators::change;
use super::value::{Labelled, Shape};
use super::{Outcome, Walk, tree};
use crate::diagnostics::codes::runtime;
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::eval::attempt::{failure_value, takes};
use crate::interpreter::eval::path::Segment;
use crate::interpreter::eval::{Exit, patterns};
use crate::interpreter::node::*;
use crate::interpreter::world::Stop;
use crate::value::Value;
use std::rc::Rc;
use std::sync::Arc;

impl<'l> Walk<'_, 'l> {
    pub(super) fn control(&mut self, node: &'l Node, frame: &mut [Labelled]) -> Outcome {
        match node {
            Node::If(node) => {
                let by = self.eval(&node.condition, frame)?;
                let arm = if by.as_bool() == Some(true) { &node.then } else { &node.otherwise };
                let parts = [&node.then, &node.otherwise];
                let value = self.under(&by.label, &parts, |walk| walk.eval(arm, frame))?;
                Ok(self.select(value, &by.label))
            }
            Node::Match(node) => self.choose_arm(node, frame),
            Node::For(node) => self.for_each(node, frame),
            Node::Repeat(node) => self.repeat(node, frame),
            Node::Return(value) => {
                let value = self.eval(value, frame)?;
                self.carried = self.decided(value);
                Err(Exit::Return)
            }
            Node::Break(value) => {
                let value = self.eval(value, frame)?;
                self.carried = self.decided(value);
                Err(Exit::Break)
            }
            Node::Continue => Err(Exit::Continue),
            Node::Try(node) => self.attempt(node, frame),
            Node::Ensure(node) => {
                if self.eval(&node.condition, frame)?.as_bool() == Some(true) {
                    return Ok(Labelled::literal(Value::Nothing));
                }
                let message = match &node.message {
                    Some(message) => self.eval(message, frame)?.plain().to_string(),
                    None => format!("`{}` does not hold", node.source),
                };
                let mut failure = Failure::new(ErrorKind::Business, runtime::E1008, message);
                if let Some(help) = &node.help {
                    failure = failure.help(self.eval(help, frame)?.plain().to_string());
                }
                Err(self.eval.fail(Box::new(failure), node.span))
            }
            Node::Fail(node) => {
                let message = self.eval(&node.message, frame)?.plain().to_string();
                let mut failure = Failure::new(node.kind, runtime::E1009, message);
                if let Some(help) = &node.help {
                    failure = failure.help(self.eval(help, frame)?.plain().to_string());
                }
                Err(self.eval.fail(Box::new(failure), node.span))
            }
            _ => Err(self.eval.cannot_be("an unknown kind of control", crate::source::Span::default())),
        }
    }

    fn choose_arm(&mut self, node: &'l MatchNode, frame: &mut [Labelled]) -> Outcome {
        let subject = self.eval(&node.subject, frame)?;
        let mut by = subject.whole();
        let parts: Vec<&'l Node> = node.arms.iter().map(|arm| &arm.body).collect();
        for arm in &node.arms {
            let mut plain = Walk::frame(frame);
            if !patterns::matches(&arm.pattern, &subject.plain(), &mut plain) {
                continue;
            }
            // What equals something that the file spells out leaves no room.
            let subject = match spelled(&arm.pattern) {
                true => {
                    change(&node.subject, frame, &as_word);
                    as_word(&subject)
                }
                false => subject.clone(),
            };
            self.bind(&arm.pattern, &subject, frame);
            if let Some(guard) = &arm.guard {
                let says = self.under(&by, &[], |walk| walk.eval(guard, frame))?;
                by = by.with(&says.label, false);
                if says.as_bool() != Some(true) {
                    continue;
                }
            }
            let value = self.under(&by, &parts, |walk| walk.eval(&arm.body, frame))?;
            return Ok(self.select(value, &by));
        }
        Err(self.eval.cannot_be("a `match` without an arm that fits", node.span))
    }

    /// Names of a pattern that matches get what they stand for.
    pub(super) fn bind(&mut self, pattern: &'l Pat, value: &Labelled, frame: &mut [Labelled]) {
        match (pattern, &value.shape) {
            (Pat::Bind(slot), _) => frame[*slot as usize] = value.clone(),
            (Pat::Variant { fields, .. }, Shape::Variant(_, _, own)) => {
                for (index, inner) in fields {
                    if let Some(part) = own.get(*index as usize) {
                        self.bind(inner, part, frame);
                    }
                }
            }
            (Pat::Record(fields), Shape::Record(layout, own)) => {
                for (name, inner) in fields {
                    if let Some(part) = layout.index_of(name).and_then(|i| own.get(i)) {
                        self.bind(inner, part, frame);
                    }
                }
            }
            (Pat::List { items, rest }, Shape::List(own)) => {
                items.iter().zip(own.iter()).for_each(|(p, v)| self.bind(p, v, frame));
                if let Some(Some(slot)) = rest {
                    let left = own.get(items.len()..).unwrap_or_default().to_vec();
                    frame[*slot as usize] = Labelled { label: value.label.clone(), ..Labelled::list(left) };
                }
            }
            (Pat::Or(all), _) => {
                let mut plain = Walk::frame(frame);
                let fits = |p: &&Pat| patterns::matches(p, &value.plain(), &mut plain);
                if let Some(one) = all.iter().find({
                    let mut fits = fits;
                    move |p| fits(p)
                }) {
                    self.bind(one, value, frame);
                }
            }
            _ => {}
        }
    }

    // Loops

    fn enter(&mut self) {
        self.started += 1;
        self.loops.push(self.started);
    }

    fn for_each(&mut self, node: &'l ForNode, frame: &mut [Labelled]) -> Outcome {
        let items = self.eval(&node.iterable, frame)?;
        let by = items.whole();
        let list: Vec<Labelled> = match (&items.shape, items.as_range()) {
            (Shape::List(items), _) => items.to_vec(),
            (_, Some(range)) => {
                let numbers = (0..range.len()).map(|i| Value::Int(range.start.wrapping_add(i as i64)));
                numbers.map(|n| Labelled::leaf(n, items.label.clone()).settled()).collect()
            }
            _ => return Err(self.eval.cannot_be("nothing to go through", node.span)),
        };
        let before = node.effects.then(|| Arc::clone(&self.eval.passed));
        self.enter();
        let mut out = Vec::new();
        let mut end = Ok(());
        for (turn, item) in list.iter().enumerate() {
            self.bind(&node.pattern, item, frame);
            if let Some(before) = &before {
                self.eval.back_to(before);
                self.path().push(Segment::Turn(turn as u64));
            }
            let done = self.under(&by, &[&node.body], |walk| {
                let value = walk.eval(&node.body, frame)?;
                Ok(walk.decided(value))
            });
            if node.effects {
                self.path().pop();
            }
            match done {
                Ok(value) => out.push(value),
                Err(Exit::Continue) => {}
                Err(Exit::Break) => break,
                Err(exit) => {
                    end = Err(exit);
                    break;
                }
            }
        }
        self.loops.pop();
        end?;
        before.iter().for_each(|before| self.eval.back_to(before));
        match node.collect {
            true => {
                let left = self.left.clone();
                let all = self.select(Labelled::list(out), &by);
                // Which items there are is decided by what left a turn early, too.
                Ok(left.map_or(all.clone(), |way| self.choose(&all, &way)))
            }
            false => Ok(Labelled::literal(Value::Nothing)),
        }
    }

    fn repeat(&mut self, node: &'l RepeatNode, frame: &mut [Labelled]) -> Outcome {
        let limit = self.eval(&node.limit, frame)?;
        let by = limit.label.clone();
        let turns = limit.as_int().unwrap_or(1).max(1) as u64;
        let before = node.effects.then(|| Arc::clone(&self.eval.passed));
        self.enter();
        let mut end = None;
        for turn in 0..turns {
            if let Some(before) = &before {
                self.eval.back_to(before);
                self.path().push(Segment::Turn(turn));
            }
            let done = self.under(&by, &[&node.body], |walk| walk.eval(&node.body, frame));
            if node.effects {
                self.path().pop();
            }
            match done {
                Ok(_) | Err(Exit::Continue) => {}
                Err(Exit::Break) => {
                    end = Some(Ok(std::mem::replace(&mut self.carried, Labelled::literal(Value::Nothing))));
                    break;
                }
                Err(exit) => {
                    end = Some(Err(exit));
                    break;
                }
            }
        }
        self.loops.pop();
        if let Some(end) = end {
            return end.map(|value| self.select(value, &by));
        }
        before.iter().for_each(|before| self.eval.back_to(before));
        match &node.otherwise {
            Some(otherwise) => {
                let value = self.eval(otherwise, frame)?;
                Ok(self.select(value, &by))
            }
            None => {
                let message = "the body did not reach a `break`";
                let failure = Failure::new(ErrorKind::Business, runtime::E1010, message);
                Err(self.eval.fail(Box::new(failure), node.span))
            }
        }
    }

    // Errors

    fn attempt(&mut self, node: &'l TryNode, frame: &mut [Labelled]) -> Outcome {
        let outer = std::mem::replace(&mut self.met, Label::literal());
        let mark = self.assigned.len();
        let mut met = Label::literal();
        let value = self.attempted(node, &mut met, frame);
        let all = std::mem::replace(&mut self.met, outer);
        self.meet(&all);
        if met.untrusted() {
            // Whether all of it was done is decided by what failed, or could have.
            // Who leaves from here has not failed before, or has.
            let leaves = matches!(value, Err(Exit::Break | Exit::Continue | Exit::Return));
            if leaves || node.catches.iter().any(|c| tree::leaves(&c.body)) {
                self.left = self.left.take().or(met.way.clone());
                self.carried = self.select(self.carried.clone(), &met);
            }
            for at in mark..self.assigned.len() {
                let slot = self.assigned[at];
                frame[slot as usize] = self.select(frame[slot as usize].clone(), &met);
            }
        }
        value.map(|value| self.select(value, &met))
    }

    /// `met`: the worst in the body, which has decided whether it failed.
    fn attempted(&mut self, node: &'l TryNode, met: &mut Label, frame: &mut [Labelled]) -> Outcome {
        let (height, seen) = (self.undos.len(), self.eval.evidence.len());
        let before = Arc::clone(&self.eval.passed);
        let done = self.eval(&node.body, frame);
        met.clone_from(&self.met);
        let stop = match done {
            Err(Exit::Stop) => self.eval.stop_of(Exit::Stop),
            other => return other,
        };
        let catch = match &stop {
            Stop::Failed(failure) => node.catches.iter().find(|c| takes(c, failure)),
            _ => None,
        };
        let Some(catch) = catch else { return Err(self.eval.stopped(stop)) };
        match self.undo_since(height, stop, false) {
            Stop::Failed(failure) if failure.kind != ErrorKind::InDoubt => {
                self.eval.back_to(&before);
                self.eval.evidence.truncate(seen);
                if let Some(slot) = catch.slot {
                    frame[slot as usize] = self.caught(&failure);
                }
                self.eval(&catch.body, frame)
            }
            other => Err(self.eval.stopped(other)),
        }
    }

    /// What is known of an error: a message can hold all that was met before.
    fn caught(&self, failure: &Failure) -> Labelled {
        let span = failure.span.unwrap_or_default();
        let label = match self.met.level >= Level::Outside {
            true => Label { alone: self.met.level, ..self.met.clone() },
            false => self.label(Level::Outside, span, "a message can hold what went wrong inside", None),
        };
        let whole = Labelled::literal(failure_value(failure));
        let Shape::Record(layout, fields) = &whole.shape else { return whole };
        let fields = layout.names.iter().zip(fields.iter()).map(|(name, field)| match &**name {
            "kind" | "code" => field.clone(),
            _ => field.map(&|_| label.clone()),
        });
        Labelled { shape: Shape::Record(layout.clone(), Rc::new(fields.collect())), label: Label::literal() }
    }
}

fn as_word(value: &Labelled) -> Labelled {
    Labelled { label: Label { alone: Level::Literal, ..value.label.clone() }, ..value.clone() }
}

/// A pattern of nothing but what stands in the file.
fn spelled(pattern: &Pat) -> bool {
    match pattern {
        Pat::Const(_) => true,
        Pat::Or(all) => all.iter().all(spelled),
        _ => false,
    }
}
