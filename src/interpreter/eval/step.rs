//! `step` and its `undo`.
//!
//! What a completed step did is on a stack, with the variables that its `undo` uses as they were then. A stop that
//! nobody handles takes the stack back, newest first; a caught one takes back what its `try` did. Suspension and
//! interruption take nothing back, nor does doubt about an effect that nobody caught: the run goes on later.

use super::path::{Path, Segment};
use super::{Eval, Outcome};
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::node::{Slot, StepNode, UndoNode};
use crate::interpreter::world::{Because, CancelToken, Passed, Stop};
use crate::value::Value;
use std::sync::Arc;

/// How to take one step back.
#[derive(Debug)]
pub(super) struct Undo<'l> {
    step: &'l StepNode,
    undo: &'l UndoNode,
    captured: Vec<(Slot, Value)>,
    locals: usize,
    path: Path<'l>,
    /// The gates that counted then.
    passed: Passed,
    because: Because,
}

impl<'l> Eval<'l> {
    pub(super) fn step(&mut self, node: &'l StepNode, frame: &mut [Value]) -> Outcome {
        let title = self.optional_text_of(node.title.as_ref(), frame)?;
        self.tick()?;
        self.path.push(Segment::Name(&node.name));
        let value = self.step_inside(node, title.as_deref(), frame);
        self.path.pop();
        value
    }

    fn step_inside(&mut self, node: &'l StepNode, title: Option<&str>, frame: &mut [Value]) -> Outcome {
        let at = self.at(self.path.render(), node.span);
        let started = self.world.step_started(&at, &node.name, title);
        self.answered(started, node.span)?;
        let mut value = self.eval(&node.body, frame);
        if let Ok(done) = &value {
            if let Some(slot) = node.slot {
                frame[slot as usize] = done.clone();
            }
            let evidence = self.remember(done);
            let completed = self.world.step_completed(&at, &node.name, &evidence);
            if let Err(exit) = self.answered(completed, node.span) {
                value = Err(exit);
            }
        }
        let failed = match (&value, &self.stop) {
            (Err(super::Exit::Stop), Some(stop)) => {
                self.world.step_failed(&at, &node.name, stop);
                true
            }
            _ => false,
        };
        // Leaving by `return`, `break` or `continue` completes nothing, but what was done is there to be taken back.
        if let (Err(_), false) = (&value, failed) {
            let completed = self.world.step_completed(&at, &node.name, &serde_json::Value::Null);
            if let Err(exit) = self.answered(completed, node.span) {
                value = Err(exit);
            }
        }
        if let Some(undo) = &node.undo {
            let mut captured: Vec<(Slot, Value)> =
                undo.captures.iter().map(|slot| (*slot, frame[*slot as usize].clone())).collect();
            if let Some(own) = undo.own {
                captured.push((own, value.as_ref().map_or(Value::None, Value::clone)));
            }
            let path = self.path.clone();
            self.undos.push(Undo {
                step: node,
                undo,
                captured,
                locals: frame.len(),
                path,
                passed: Arc::clone(&self.passed),
                because: self.because.clone(),
            });
        }
        value
    }

    /// Takes back what was done since the stack had this height, if the stop asks for it. Gives the stop that goes on.
    /// `ends_run` unless a `catch` goes on afterwards.
    pub(super) fn undo_since(&mut self, height: usize, stop: Stop, ends_run: bool) -> Stop {
        let (mut failure, given_up) = match stop {
            Stop::Failed(failure) => (failure, false),
            Stop::GivenUp(failure) => (failure, true),
            // The steps of a cancelled branch belong to whoever cancelled it.
            other => return other,
        };
        let outer = self.begin_undo();
        let mut end = None;
        while self.undos.len() > height {
            let Some(undo) = self.undos.pop() else { break };
            match self.take_back(undo, &mut failure, ends_run) {
                Ok(()) => {}
                Err(stop) => {
                    end = Some(stop);
                    break;
                }
            }
        }
        self.cancel = outer;
        end.unwrap_or(match given_up {
            false => Stop::Failed(failure),
            true => Stop::GivenUp(failure),
        })
    }

    /// What was cancelled is taken back all the same, so it listens to another token.
    fn begin_undo(&mut self) -> CancelToken {
        std::mem::take(&mut self.cancel)
    }

    /// A failing undo is reported and noted; an error means that even undoing has to wait.
    fn take_back(&mut self, undo: Undo<'l>, failure: &mut Failure, ends_run: bool) -> Result<(), Stop> {
        let outer = std::mem::replace(&mut self.path, undo.path);
        let passed = std::mem::replace(&mut self.passed, undo.passed);
        let because = std::mem::replace(&mut self.because, undo.because);
        self.path.push(Segment::Undo);
        let at = self.at(self.path.render(), undo.undo.span);
        let name = &undo.step.name;
        let done = self.world.undo_started(&at, name, ends_run).and_then(|()| {
            let mut frame = vec![Value::Nothing; undo.locals];
            for (slot, value) in undo.captured {
                frame[slot as usize] = value;
            }
            let height = self.undos.len();
            let result = self.eval(&undo.undo.body, &mut frame);
            // Steps inside of an undo are not taken back themselves.
            self.undos.truncate(height);
            let broken = match result {
                Ok(_) => None,
                Err(exit) => match self.stop_of(exit) {
                    Stop::Failed(broken) if broken.kind != ErrorKind::InDoubt => Some(broken),
                    // The undo itself goes on once somebody has said what happened.
                    other => return Err(other),
                },
            };
            if let Some(broken) = &broken {
                failure.notes.push(format!("undoing step `{name}` failed: {broken}"));
            }
            self.world.undo_completed(&at, name, broken.as_deref())
        });
        self.path = outer;
        self.passed = passed;
        self.because = because;
        match done {
            Err(Stop::Failed(broken)) if broken.kind != ErrorKind::InDoubt => {
                failure.notes.push(format!("undoing step `{name}` failed: {broken}"));
                Ok(())
            }
            other => other,
        }
    }
}
