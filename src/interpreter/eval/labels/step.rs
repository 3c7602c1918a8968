//! Steps with their `undo`, and branches side by side.

use super::value::{Labelled, Shape};
use super::{Outcome, Walk};
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::eval::Exit;
use crate::interpreter::eval::path::{Path, Segment};
use crate::interpreter::node::*;
use crate::interpreter::world::{Because, Passed, Stop};
use crate::value::Value;
use std::sync::Arc;

/// How to take one step back.
pub(super) struct Undo<'l> {
    step: &'l StepNode,
    undo: &'l UndoNode,
    captured: Vec<(Slot, Labelled)>,
    locals: usize,
    path: Path<'l>,
    passed: Passed,
    because: Because,
    body: std::rc::Rc<super::Body>,
    calls: u64,
}

impl<'l> Walk<'_, 'l> {
    pub(super) fn step(&mut self, node: &'l StepNode, frame: &mut [Labelled]) -> Outcome {
        let title = match &node.title {
            Some(title) => Some(self.eval(title, frame)?.plain().to_string()),
            None => None,
        };
        self.path().push(Segment::Name(&node.name));
        let value = self.step_inside(node, title.as_deref(), frame);
        self.path().pop();
        value
    }

    fn step_inside(&mut self, node: &'l StepNode, title: Option<&str>, frame: &mut [Labelled]) -> Outcome {
        let world = self.eval.world;
        let at = self.eval.at(self.eval.path.render(), node.span);
        let started = world.step_started(&at, &node.name, title);
        self.eval.answered(started, node.span)?;
        let mut value = self.eval(&node.body, frame);
        if let Ok(done) = &value {
            if let Some(slot) = node.slot {
                frame[slot as usize] = done.clone();
            }
            let evidence = self.eval.remember(&done.plain());
            let completed = world.step_completed(&at, &node.name, &evidence);
            if let Err(exit) = self.eval.answered(completed, node.span) {
                value = Err(exit);
            }
        }
        let failed = match (&value, &self.eval.stop) {
            (Err(Exit::Stop), Some(stop)) => {
                world.step_failed(&at, &node.name, stop);
                true
            }
            _ => false,
        };
        if let (Err(_), false) = (&value, failed) {
            let completed = world.step_completed(&at, &node.name, &serde_json::Value::Null);
            if let Err(exit) = self.eval.answered(completed, node.span) {
                value = Err(exit);
            }
        }
        if let Some(undo) = &node.undo {
            let mut captured: Vec<(Slot, Labelled)> =
                undo.captures.iter().map(|slot| (*slot, frame[*slot as usize].clone())).collect();
            if let Some(own) = undo.own {
                captured.push((own, value.as_ref().map_or(Labelled::literal(Value::None), Labelled::clone)));
            }
            self.undos.push(Undo {
                step: node,
                undo,
                captured,
                locals: frame.len(),
                path: self.eval.path.clone(),
                passed: Arc::clone(&self.eval.passed),
                because: self.eval.because.clone(),
                body: self.body.clone(),
                calls: self.calls,
            });
        }
        value
    }

    /// Takes back what was done since the stack had this height, if the stop asks for it.
    pub(super) fn undo_since(&mut self, height: usize, stop: Stop, ends_run: bool) -> Stop {
        let (mut failure, given_up) = match stop {
            Stop::Failed(failure) => (failure, false),
            Stop::GivenUp(failure) => (failure, true),
            other => return other,
        };
        while self.undos.len() > height {
            let Some(undo) = self.undos.pop() else { break };
            if let Err(stop) = self.take_back(undo, &mut failure, ends_run) {
                return stop;
            }
        }
        if given_up { Stop::GivenUp(failure) } else { Stop::Failed(failure) }
    }

    fn take_back(&mut self, undo: Undo<'l>, failure: &mut Failure, ends_run: bool) -> Result<(), Stop> {
        let outer = (
            std::mem::replace(&mut self.eval.path, undo.path),
            std::mem::replace(&mut self.eval.passed, undo.passed),
            std::mem::replace(&mut self.eval.because, undo.because),
            std::mem::replace(&mut self.body, undo.body),
            std::mem::replace(&mut self.calls, undo.calls),
            std::mem::take(&mut self.assigned),
        );
        self.path().push(Segment::Undo);
        let at = self.eval.at(self.eval.path.render(), undo.undo.span);
        let (name, world) = (&undo.step.name, self.eval.world);
        let done = world.undo_started(&at, name, ends_run).and_then(|()| {
            let mut frame = vec![Labelled::literal(Value::Nothing); undo.locals];
            for (slot, value) in undo.captured {
                frame[slot as usize] = value;
            }
            let height = self.undos.len();
            let result = self.eval(&undo.undo.body, &mut frame);
            self.undos.truncate(height);
            let broken = match result {
                Ok(_) => None,
                Err(exit) => match self.eval.stop_of(exit) {
                    Stop::Failed(broken) if broken.kind != ErrorKind::InDoubt => Some(broken),
                    other => return Err(other),
                },
            };
            if let Some(broken) = &broken {
                failure.notes.push(format!("undoing step `{name}` failed: {broken}"));
            }
            world.undo_completed(&at, name, broken.as_deref())
        });
        (self.eval.path, self.eval.passed, self.eval.because, self.body, self.calls, self.assigned) = outer;
        match done {
            Err(Stop::Failed(broken)) if broken.kind != ErrorKind::InDoubt => {
                failure.notes.push(format!("undoing step `{name}` failed: {broken}"));
                Ok(())
            }
            other => other,
        }
    }

    /// The branches of a `parallel`, in the order in which they are written; a failure ends the rest.
    pub(super) fn side_by_side(&mut self, node: &'l Node, frame: &mut [Labelled]) -> Outcome {
        match node {
            Node::Parallel(node) => {
                let mut fields = vec![Labelled::literal(Value::None); node.layout.names.len()];
                let mut passed = Vec::new();
                for (name, body) in &node.branches {
                    let segment = Segment::Branch(&node.site, name);
                    let value = self.branch(segment, body, &mut frame.to_vec(), &mut passed)?;
                    if let Some(index) = node.layout.index_of(name) {
                        fields[index] = value.unwrap_or(Labelled::literal(Value::Nothing));
                    }
                }
                self.settle(passed, true);
                Ok(Labelled::record(&node.layout, fields))
            }
            Node::ParallelFor(node) => {
                let items = self.eval(&node.iterable, frame)?;
                let by = items.whole();
                if let Some(limit) = &node.limit {
                    let limit = self.eval(limit, frame)?.plain();
                    let limit = limit.as_int().unwrap_or(1);
                    if limit < 1 {
                        let message =
                            format!("the limit of a `parallel for` is at least 1, and it is {limit}");
                        let code = crate::diagnostics::codes::runtime::E1019;
                        return Err(self
                            .eval
                            .fail(crate::interpreter::eval::wrong(code, message), node.site.span));
                    }
                }
                let list: Vec<Labelled> = match (&items.shape, items.as_range()) {
                    (Shape::List(items), _) => items.to_vec(),
                    (_, Some(range)) => (0..range.len() as i64)
                        .map(|i| Value::Int(range.start.wrapping_add(i)))
                        .map(|n| Labelled::leaf(n, items.label.clone()).settled())
                        .collect(),
                    _ => return Err(self.eval.cannot_be("nothing to go through", node.site.span)),
                };
                self.path().push(Segment::Site(&node.site));
                let mut out = Vec::new();
                let mut passed = Vec::new();
                let mut end = Ok(());
                self.started += 1;
                self.loops.push(self.started);
                for (turn, item) in list.iter().enumerate() {
                    let mut own = frame.to_vec();
                    self.bind(&node.pattern, item, &mut own);
                    let segment = Segment::Turn(turn as u64);
                    let done = self.under(&by, &[&node.body], |walk| {
                        let value = walk.branch(segment, &node.body, &mut own, &mut passed)?;
                        Ok(value.map(|v| walk.decided(v)))
                    });
                    match done {
                        Ok(value) => out.extend(value),
                        Err(exit) => {
                            end = Err(exit);
                            break;
                        }
                    }
                }
                self.loops.pop();
                self.path().pop();
                end?;
                self.settle(passed, false);
                let left = self.left.clone();
                let all = self.select(Labelled::list(out), &by);
                Ok(left.map_or(all.clone(), |way| self.choose(&all, &way)))
            }
            _ => Err(self.eval.cannot_be("no branches", crate::source::Span::default())),
        }
    }

    /// One branch; what is passed in it counts only there until all are done. None if it left itself out.
    fn branch(
        &mut self,
        segment: Segment<'l>,
        body: &'l Node,
        frame: &mut [Labelled],
        passed: &mut Vec<Passed>,
    ) -> Outcome<Option<Labelled>> {
        let before = Arc::clone(&self.eval.passed);
        self.path().push(segment);
        let value = self.eval(body, frame);
        self.path().pop();
        passed.push(std::mem::replace(&mut self.eval.passed, before));
        match value {
            Ok(value) => Ok(Some(value)),
            Err(Exit::Continue) => Ok(None),
            Err(exit) => Err(exit),
        }
    }

    /// What each of the branches has passed counts behind them, if they have names.
    fn settle(&mut self, branches: Vec<Passed>, named: bool) {
        let before = Arc::clone(&self.eval.passed);
        for branch in branches {
            let passed = Arc::make_mut(&mut self.eval.passed);
            passed.retain(|gate| branch.contains(gate) || !before.contains(gate));
            passed.extend(branch.iter().filter(|gate| named && !before.contains(gate)).cloned());
        }
    }
}
