//! `try`: what is caught was first taken back.

use super::{Eval, Exit, Outcome};
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::node::{CatchNode, TryNode};
use crate::interpreter::world::Stop;
use crate::value::{Value, standard};
use std::sync::Arc;

impl<'l> Eval<'l> {
    pub(super) fn attempt(&mut self, node: &'l TryNode, frame: &mut [Value]) -> Outcome {
        let (height, seen) = (self.undos.len(), self.evidence.len());
        let before = Arc::clone(&self.passed);
        let exit = match self.eval(&node.body, frame) {
            Err(Exit::Stop) => self.stop_of(Exit::Stop),
            other => return other,
        };
        let catch = match &exit {
            Stop::Failed(failure) => node.catches.iter().find(|c| takes(c, failure)),
            _ => None,
        };
        let Some(catch) = catch else { return Err(self.stopped(exit)) };
        match self.undo_since(height, exit, false) {
            // Doubt about an undo: somebody has to say first what happened.
            Stop::Failed(failure) if failure.kind != ErrorKind::InDoubt => {
                self.back_to(&before);
                // What was taken back is no evidence any more.
                self.evidence.truncate(seen);
                if let Some(slot) = catch.slot {
                    frame[slot as usize] = failure_value(&failure);
                }
                self.eval(&catch.body, frame)
            }
            other => Err(self.stopped(other)),
        }
    }
}

pub(super) fn takes(catch: &CatchNode, failure: &Failure) -> bool {
    match catch.kind {
        Some(kind) => kind == failure.kind,
        None => failure.kind.caught_by_default(),
    }
}

/// What `catch e` binds.
pub(super) fn failure_value(failure: &Failure) -> Value {
    let fields = [failure.kind.name(), failure.code.id(), failure.message.as_str(), &failure.help.join("\n")];
    Value::record(&standard::FAILURE, fields.iter().map(|t| Value::from(*t)).collect())
}
