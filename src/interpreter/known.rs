//! What an expression comes to before anything runs: where all that it uses is known, and nothing of it is an effect.

use super::eval::{Eval, Root, matches, on_big_stack};
use super::lower::{lower_expr, lower_pattern};
use super::lowered::Lowered;
use super::node::Node;
use super::pure::PureWorld;
use super::world::{Stop, World};
use crate::check::{CallableId, LocalId, ModuleId, Program};
use crate::diagnostics::Failure;
use crate::syntax::ast::{Expr, Pattern};
use crate::value::Value;
use std::collections::HashMap;

/// Turns of loops and calls, in thousands, after which a value counts as unknown: nobody waits for it.
const PATIENCE: u32 = 512;
/// Stack for one expression.
const ROOM: usize = 32 << 20;

/// The body that an expression stands in: its module, and how many variables it has.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    pub module: ModuleId,
    pub slots: u32,
}

/// The variables of one body whose values are known.
pub type Locals = HashMap<LocalId, Value>;

/// Computes expressions of a program one by one.
pub struct Known<'a> {
    program: &'a Program,
    lowered: &'a Lowered,
    world: &'a dyn World,
}

/// Gives `work` the means to compute, and a stack that is deep enough for every tree.
pub fn with_known<T: Send>(
    program: &Program,
    lowered: &Lowered,
    roles: &(dyn Fn(&str) -> bool + Sync),
    work: impl FnOnce(&Known<'_>) -> T + Send,
) -> Result<T, Box<Failure>> {
    let world = PureWorld { roles };
    let done = on_big_stack(lowered, &world, &Root::default(), |_| {
        Ok(work(&Known { program, lowered, world: &world }))
    });
    done.map_err(|stop| match stop {
        Stop::Failed(failure) => failure,
        _ => Box::new(super::pure::ended()),
    })
}

impl Known<'_> {
    /// The value of an expression of a body in `module`, if it has one that does not depend on the outside. Whatever
    /// variable it uses and does not bind itself must be among `locals`.
    pub fn value(&self, body: Scope, e: &Expr, locals: &Locals) -> Option<Value> {
        let code = lower_expr(self.program, &self.lowered.layouts, body.module, body.slots, e);
        self.compute(&code, body.slots, locals)
    }

    /// Whether a value has the shape of a pattern, and what the pattern binds.
    pub fn matches(&self, body: Scope, pattern: &Pattern, value: &Value) -> Option<Locals> {
        let code = lower_pattern(self.program, &self.lowered.layouts, body.module, body.slots, pattern);
        let mut frame = vec![Value::Nothing; body.slots as usize];
        if !matches(&code, value, &mut frame) {
            return None;
        }
        let bound = frame.into_iter().enumerate().filter(|(_, v)| !matches!(v, Value::Nothing));
        Some(bound.map(|(slot, v)| (slot as LocalId, v)).collect())
    }

    /// The default of a parameter, in the light of the parameters before it.
    pub fn default(&self, id: CallableId, param: usize, locals: &Locals) -> Option<Value> {
        let code = &self.lowered.callables[id.0 as usize];
        let node = code.defaults.get(param)?.as_ref()?;
        self.compute(node, code.locals, locals)
    }

    fn compute(&self, code: &Node, slots: u32, locals: &Locals) -> Option<Value> {
        let root = Root::default();
        let mut eval = Eval::apart_from_all(self.lowered, self.world, &root, ROOM, PATIENCE);
        let most = locals.keys().max().map_or(0, |most| most + 1);
        let mut frame = vec![Value::Nothing; slots.max(most) as usize];
        for (slot, value) in locals {
            frame[*slot as usize] = value.clone();
        }
        eval.eval(code, &mut frame).ok()
    }
}
