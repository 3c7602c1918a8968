//! Choices and loops.

use super::path::Segment;
use super::{Eval, Exit, Outcome, internal, patterns, shown, wrong};
use crate::diagnostics::{ErrorKind, Failure, codes::runtime};
use crate::interpreter::node::*;
use crate::interpreter::world::Passed;
use crate::value::Value;
use std::sync::Arc;

impl<'l> Eval<'l> {
    pub(super) fn choose(&mut self, node: &'l MatchNode, frame: &mut [Value]) -> Outcome {
        let subject = self.eval(&node.subject, frame)?;
        for arm in &node.arms {
            if !patterns::matches(&arm.pattern, &subject, frame) {
                continue;
            }
            let allowed = match &arm.guard {
                Some(guard) => self.test(guard, frame)?,
                None => true,
            };
            if allowed {
                drop(subject);
                return self.eval(&arm.body, frame);
            }
        }
        Err(self.fail(internal(format!("no arm of the `match` takes {}", shown(&subject))), node.span))
    }

    pub(super) fn for_each(&mut self, node: &'l ForNode, frame: &mut [Value]) -> Outcome {
        let before = node.effects.then(|| Arc::clone(&self.passed));
        let value = self.for_items(node, frame, before.as_ref());
        // What was approved in a turn counts until its end; leaving by `return` takes it along.
        if let (Ok(_), Some(before)) = (&value, &before) {
            self.back_to(before);
        }
        value
    }

    fn for_items(&mut self, node: &'l ForNode, frame: &mut [Value], before: Option<&Passed>) -> Outcome {
        let mut out = Vec::new();
        match self.eval(&node.iterable, frame)? {
            Value::Range(range) => {
                let mut n = range.start;
                // Counting the turns, because one more than the last number may be no Int.
                for turn in 0..range.len() {
                    match &node.pattern {
                        Pat::Bind(slot) => match &mut frame[*slot as usize] {
                            // Nothing is to be dropped here.
                            Value::Int(old) => *old = n,
                            other => *other = Value::Int(n),
                        },
                        pattern => self.matched(pattern, &Value::Int(n), node, frame)?,
                    }
                    if !self.turn(node, turn, frame, &mut out, before)? {
                        break;
                    }
                    n = n.wrapping_add(1);
                }
            }
            Value::List(items) => {
                if node.collect {
                    out.reserve(items.len());
                }
                for (turn, item) in items.iter().enumerate() {
                    match &node.pattern {
                        Pat::Bind(slot) => frame[*slot as usize] = item.clone(),
                        pattern => self.matched(pattern, item, node, frame)?,
                    }
                    if !self.turn(node, turn as u64, frame, &mut out, before)? {
                        break;
                    }
                }
            }
            other => {
                let what = internal(format!("{} is nothing to go through", other.kind()));
                return Err(self.fail(what, node.span));
            }
        }
        Ok(if node.collect { Value::list(out) } else { Value::Nothing })
    }

    /// What was passed since then counts no more, nor does what was asked again since then.
    pub(super) fn back_to(&mut self, before: &Passed) {
        if !Arc::ptr_eq(&self.passed, before) {
            let left = before.iter().filter(|gate| self.passed.contains(gate)).cloned();
            self.passed = Arc::new(left.collect());
        }
    }

    fn matched(&mut self, pattern: &Pat, item: &Value, node: &ForNode, frame: &mut [Value]) -> Outcome<()> {
        match patterns::matches(pattern, item, frame) {
            true => Ok(()),
            false => Err(self.fail(internal("a pattern that must match does not"), node.span)),
        }
    }

    /// One turn; false when the loop was left by `break`.
    #[inline]
    fn turn(
        &mut self,
        node: &'l ForNode,
        turn: u64,
        frame: &mut [Value],
        out: &mut Vec<Value>,
        before: Option<&Passed>,
    ) -> Outcome<bool> {
        self.tick()?;
        if let Some(before) = before {
            self.back_to(before);
            self.path.push(Segment::Turn(turn));
        }
        let done = match node.collect {
            true => self.eval(&node.body, frame).map(|value| out.push(value)),
            false => self.exec(&node.body, frame),
        };
        if node.effects {
            self.path.pop();
        }
        match done {
            Ok(()) | Err(Exit::Continue) => Ok(true),
            Err(Exit::Break) => Ok(false),
            Err(exit) => Err(exit),
        }
    }

    pub(super) fn repeat(&mut self, node: &'l RepeatNode, frame: &mut [Value]) -> Outcome {
        let limit = self.int(&node.limit, frame)?;
        // The body runs at least once, whatever the limit.
        let turns = limit.max(1) as u64;
        let before = node.effects.then(|| Arc::clone(&self.passed));
        for turn in 0..turns {
            self.tick()?;
            if let Some(before) = &before {
                self.back_to(before);
                self.path.push(Segment::Turn(turn));
            }
            let done = self.exec(&node.body, frame);
            if node.effects {
                self.path.pop();
            }
            match done {
                Ok(()) | Err(Exit::Continue) => {}
                Err(Exit::Break) => return Ok(std::mem::take(&mut self.carried)),
                Err(exit) => return Err(exit),
            }
        }
        before.iter().for_each(|before| self.back_to(before));
        match &node.otherwise {
            Some(otherwise) => self.eval(otherwise, frame),
            None => {
                let times = if turns == 1 { "once" } else { "times" };
                let message = match turns {
                    1 => format!("the body ran {times} and did not reach a `break`"),
                    n => format!("the body ran {n} {times} and did not reach a `break`"),
                };
                let failure = Failure::new(ErrorKind::Business, runtime::E1010, message)
                    .help("say what happens then with `else { … }` after the body");
                Err(self.fail(Box::new(failure), node.span))
            }
        }
    }

    pub(super) fn ensure(&mut self, node: &'l EnsureNode, frame: &mut [Value]) -> Outcome {
        if self.test(&node.condition, frame)? {
            return Ok(Value::Nothing);
        }
        let message = match &node.message {
            Some(message) => self.text_of(message, frame)?,
            None => format!("`{}` does not hold", node.source),
        };
        let mut failure = Failure::new(ErrorKind::Business, runtime::E1008, message);
        if let Some(help) = self.optional_text_of(node.help.as_ref(), frame)? {
            failure = failure.help(help);
        }
        for (source, value) in &node.compared {
            // What cannot be evaluated was not evaluated by the condition either.
            if let Ok(value) = self.eval(value, frame) {
                failure = failure.note(format!("{source} is {}", shown(&value)));
            }
        }
        Err(self.fail(Box::new(failure), node.span))
    }

    pub(super) fn fail_node(&mut self, node: &'l FailNode, frame: &mut [Value]) -> Outcome {
        let message = self.text_of(&node.message, frame)?;
        let mut failure = Failure::new(node.kind, runtime::E1009, message);
        if let Some(help) = self.optional_text_of(node.help.as_ref(), frame)? {
            failure = failure.help(help);
        }
        Err(self.fail(Box::new(failure), node.span))
    }

    /// A clause that counts something: at least `least`.
    pub(super) fn clause(
        &mut self,
        node: &'l Node,
        least: i64,
        what: &str,
        span: crate::source::Span,
        frame: &mut [Value],
    ) -> Outcome<i64> {
        let n = self.int(node, frame)?;
        match n >= least {
            true => Ok(n),
            false => {
                Err(self
                    .fail(wrong(runtime::E1019, format!("{what} is at least {least}, and it is {n}")), span))
            }
        }
    }

    /// A clause that is a time: not negative.
    pub(super) fn duration_clause(
        &mut self,
        node: Option<&'l Node>,
        what: &str,
        span: crate::source::Span,
        frame: &mut [Value],
    ) -> Outcome<Option<i64>> {
        let Some(node) = node else { return Ok(None) };
        match self.eval(node, frame)? {
            Value::Duration(ms) if ms >= 0 => Ok(Some(ms)),
            value @ Value::Duration(_) => {
                let message = format!("{what} cannot be negative, and it is {}", shown(&value));
                Err(self.fail(wrong(runtime::E1019, message), span))
            }
            other => Err(self.not(other, "a Duration")),
        }
    }
}
