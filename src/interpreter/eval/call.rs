//! Calls of functions, tasks and workflows, and functions as values.

use super::path::Segment;
use super::{Eval, Exit, Outcome, both};
use crate::check::CallableId;
use crate::interpreter::lowered::CallableCode;
use crate::interpreter::node::*;
use crate::value::json::{Mode, describe};
use crate::value::{Value, json};

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
        if self.watches_calls && callable.task {
            let at = self.at_site(&node.site, 1);
            let entered = self.world.enter(&at, &callable.names);
            self.answered(entered, node.site.span)?;
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
        let outer = node.site.because.as_ref().map(|_| {
            let here = both(&self.because, &node.site.because);
            std::mem::replace(&mut self.because, here)
        });
        self.path.push(Segment::Site(&node.site));
        let value = self.body(callable, &mut inner);
        self.path.pop();
        if let Some(outer) = outer {
            self.because = outer;
        }
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
        let Some(answer) = self.world.call(&at, callable.name(), &args) else { return Ok(None) };
        let answer = self.answered(answer, node.site.span)?;
        match self.decode(&callable.signature.result, &answer, Mode::Strict) {
            Ok(value) => Ok(Some(value)),
            Err(mismatches) => {
                let failure =
                    json::mismatch_failure(&format!("the answer for `{}`", callable.name()), &mismatches);
                Err(self.fail(Box::new(failure), node.site.span))
            }
        }
    }

    /// Applies a declared function; the arguments are handed over.
    pub(super) fn apply_named(&mut self, id: CallableId, args: &mut [Value]) -> Outcome {
        let callable = &self.lowered.callables[id.0 as usize];
        let mut frame = vec![Value::Nothing; callable.locals as usize];
        for (place, arg) in frame.iter_mut().zip(args) {
            *place = std::mem::take(arg);
        }
        self.body(callable, &mut frame)
    }
}
