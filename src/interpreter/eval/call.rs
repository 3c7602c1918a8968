//! Calls of functions, tasks and workflows, and functions as values.

use super::path::Segment;
use super::{Eval, Exit, Outcome, internal};
use crate::check::CallableId;
use crate::interpreter::lowered::CallableCode;
use crate::interpreter::node::*;
use crate::source::Span;
use crate::value::json::{Mode, describe};
use crate::value::{Function, Value, json};
use std::sync::Arc;

/// Above this, the id of a function value is that of a callable, below that of a lambda.
const NAMED: u32 = 1 << 31;

/// A declared function as a value.
pub(super) fn named(id: CallableId) -> Value {
    Value::Function(Arc::new(Function { id: id.0 | NAMED, captured: Vec::new() }))
}

impl<'l> Eval<'l> {
    pub(super) fn call(&mut self, node: &'l CallNode, frame: &mut [Value]) -> Outcome {
        let callable = &self.lowered.callables[node.callable.0 as usize];
        let mut inner = vec![Value::Nothing; callable.locals as usize];
        for (param, arg) in &node.args {
            let value = self.eval(arg, frame)?;
            inner[*param as usize] = value;
        }
        self.tick()?;
        self.deeper(node.site.span)?;
        for param in &node.defaults {
            inner[*param as usize] = match &callable.defaults[*param as usize] {
                Some(default) => self.eval(default, &mut inner)?,
                // Without a default it can only be an optional.
                None => Value::None,
            };
        }
        if !callable.effects {
            return self.body(callable, &mut inner);
        }
        if self.answers_calls
            && callable.task
            && let Some(value) = self.answered_call(callable, node, &inner)?
        {
            return Ok(value);
        }
        self.path.push(Segment::Site(&node.site));
        let value = self.body(callable, &mut inner);
        self.path.pop();
        value
    }

    /// Runs a body in its frame; `return` ends here.
    #[inline]
    pub(super) fn body(&mut self, callable: &'l CallableCode, frame: &mut [Value]) -> Outcome {
        match self.eval(&callable.body, frame) {
            Err(Exit::Return) => Ok(std::mem::take(&mut self.carried)),
            other => other,
        }
    }

    /// What a test answers in the place of a task.
    fn answered_call(
        &mut self,
        callable: &'l CallableCode,
        node: &'l CallNode,
        frame: &[Value],
    ) -> Outcome<Option<Value>> {
        let args: Vec<_> = frame[..callable.params as usize].iter().map(describe).collect();
        let at = self.at_site(&node.site, 1);
        let Some(answer) = self.world.call(&at, &callable.name, &args) else { return Ok(None) };
        let answer = self.answered(answer, node.site.span)?;
        match self.decode(&callable.signature.result, &answer, Mode::Strict) {
            Ok(value) => Ok(Some(value)),
            Err(mismatches) => {
                let failure =
                    json::mismatch_failure(&format!("the answer for `{}`", callable.name), &mismatches);
                Err(self.fail(Box::new(failure), node.site.span))
            }
        }
    }

    /// A lambda as a value keeps the variables that it uses.
    pub(super) fn lambda(&self, id: u32, frame: &[Value]) -> Value {
        let lambda = &self.lowered.lambdas[id as usize];
        let captured = lambda.captures.iter().map(|slot| (*slot, frame[*slot as usize].clone())).collect();
        Value::Function(Arc::new(Function { id, captured }))
    }

    pub(super) fn apply_node(&mut self, node: &'l ApplyNode, frame: &mut [Value]) -> Outcome {
        let function = self.eval(&node.function, frame)?;
        let mut args = Vec::with_capacity(node.args.len());
        for arg in &node.args {
            args.push(self.eval(arg, frame)?);
        }
        match &function {
            Value::Function(function) => self.apply(function, &mut args, node.span),
            other => Err(self.fail(internal(format!("{} is no function", other.kind())), node.span)),
        }
    }

    /// Applies a function value; the arguments are handed over.
    pub(super) fn apply(&mut self, function: &Function, args: &mut [Value], span: Span) -> Outcome {
        self.tick()?;
        self.deeper(span)?;
        if function.id & NAMED != 0 {
            return self.apply_named(CallableId(function.id & !NAMED), args);
        }
        let lambda = &self.lowered.lambdas[function.id as usize];
        let mut frame = vec![Value::Nothing; lambda.locals as usize];
        for (slot, value) in &function.captured {
            frame[*slot as usize] = value.clone();
        }
        for (slot, arg) in lambda.params.iter().zip(args) {
            frame[*slot as usize] = std::mem::take(arg);
        }
        self.eval(&lambda.body, &mut frame)
    }

    pub(super) fn apply_named(&mut self, id: CallableId, args: &mut [Value]) -> Outcome {
        let callable = &self.lowered.callables[id.0 as usize];
        let mut frame = vec![Value::Nothing; callable.locals as usize];
        for (place, arg) in frame.iter_mut().zip(args) {
            *place = std::mem::take(arg);
        }
        self.body(callable, &mut frame)
    }
}
