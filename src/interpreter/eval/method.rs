//! Built-in methods, with the lambdas that they are given.

use super::{Eval, Exit, Outcome, internal};
use crate::interpreter::node::{Func, HigherNode, MethodNode, Node};
use crate::source::Span;
use crate::value::Value;
use crate::value::methods::{Calls, Trouble};

/// A method has at most so many arguments, the receiver included; more would be kept on the heap.
const INLINE: usize = 4;

impl<'l> Eval<'l> {
    pub(super) fn method(&mut self, node: &'l MethodNode, frame: &mut [Value]) -> Outcome {
        let receiver = self.eval(&node.receiver, frame)?;
        if node.optional && matches!(receiver, Value::None) {
            return Ok(Value::None);
        }
        let done = match self.arguments(receiver, &node.args, frame)? {
            Args::Inline(mut args, count) => (node.run)(&mut args[..count]),
            Args::Heap(mut args) => (node.run)(&mut args),
        };
        done.map_err(|failure| self.fail(failure, node.span))
    }

    pub(super) fn higher(&mut self, node: &'l HigherNode, frame: &mut [Value]) -> Outcome {
        let receiver = self.eval(&node.receiver, frame)?;
        if node.optional && matches!(receiver, Value::None) {
            return Ok(Value::None);
        }
        let args = self.arguments(receiver, &node.args, frame)?;
        let mut values = Vec::new();
        for function in &node.functions {
            values.push(match function {
                Func::Value(node) => self.eval(node, frame)?,
                Func::Inline { .. } | Func::Named(_) => Value::Nothing,
            });
        }
        self.deeper(node.span)?;
        let mut caller =
            Caller { eval: self, frame, functions: &node.functions, values, exit: None, span: node.span };
        let done = match args {
            Args::Inline(mut args, count) => (node.run)(&mut args[..count], &mut caller),
            Args::Heap(mut args) => (node.run)(&mut args, &mut caller),
        };
        let exit = caller.exit;
        done.map_err(|trouble| match (trouble, exit) {
            (Trouble::Failed(failure), _) => self.fail(failure, node.span),
            (Trouble::Callback, Some(exit)) => exit,
            (Trouble::Callback, None) => self.fail(internal("a function did not return"), node.span),
        })
    }

    fn arguments(&mut self, receiver: Value, nodes: &'l [Node], frame: &mut [Value]) -> Outcome<Args> {
        if nodes.len() < INLINE {
            let mut args = [receiver, Value::None, Value::None, Value::None];
            for (i, node) in nodes.iter().enumerate() {
                args[i + 1] = self.eval(node, frame)?;
            }
            return Ok(Args::Inline(args, nodes.len() + 1));
        }
        let mut args = vec![receiver];
        for node in nodes {
            args.push(self.eval(node, frame)?);
        }
        Ok(Args::Heap(args))
    }
}

enum Args {
    Inline([Value; INLINE], usize),
    Heap(Vec<Value>),
}

/// Applies the functions that a method was given, in the frame in which it was called.
struct Caller<'e, 'l, 'f> {
    eval: &'e mut Eval<'l>,
    frame: &'f mut [Value],
    functions: &'l [Func],
    /// Those that are values, at their place.
    values: Vec<Value>,
    exit: Option<Exit>,
    span: Span,
}

impl<'l> Caller<'_, 'l, '_> {
    /// Puts the arguments into the slots of a lambda that was written in place.
    #[inline]
    fn inline(&mut self, which: usize, args: &mut [Value]) -> Option<&'l Node> {
        match self.functions.get(which) {
            Some(Func::Inline { params, body }) => {
                for (slot, arg) in params.iter().zip(args) {
                    self.frame[*slot as usize] = std::mem::take(arg);
                }
                Some(body)
            }
            _ => None,
        }
    }

    fn kept<T>(&mut self, result: Outcome<T>) -> Result<T, Trouble> {
        result.map_err(|exit| {
            self.exit = Some(exit);
            Trouble::Callback
        })
    }
}

impl Calls for Caller<'_, '_, '_> {
    fn call(&mut self, which: usize, args: &mut [Value]) -> Result<Value, Trouble> {
        let result = match self.inline(which, args) {
            Some(body) => self.eval.tick().and_then(|()| self.eval.eval(body, self.frame)),
            None => match (self.functions.get(which), self.values.get(which)) {
                (Some(Func::Named(id)), _) => {
                    self.eval.tick().and_then(|()| self.eval.apply_named(*id, args))
                }
                (_, Some(Value::Function(id))) => {
                    let id = crate::check::CallableId(*id);
                    self.eval.tick().and_then(|()| self.eval.apply_named(id, args))
                }
                _ => Err(self.eval.fail(internal("a method without its function"), self.span)),
            },
        };
        self.kept(result)
    }

    fn test(&mut self, which: usize, args: &mut [Value]) -> Result<bool, Trouble> {
        match self.inline(which, args) {
            Some(body) => {
                let result = self.eval.tick().and_then(|()| self.eval.test(body, self.frame));
                self.kept(result)
            }
            None => match self.call(which, args)? {
                Value::Bool(b) => Ok(b),
                other => {
                    let result: Outcome<bool> = Err(self.eval.not(other, "a condition"));
                    self.kept(result)
                }
            },
        }
    }
}
