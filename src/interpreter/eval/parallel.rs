//! `parallel`: branches on threads of their own.
//!
//! Each branch has its own frame (a copy: branches assign no outer variable), its own path and its own undo stack,
//! which joins its parent's in the order of the branches. The first failure cancels the others; a branch that waits at
//! a gate lets them finish. Which stop the whole has does not depend on timing where that can be helped: the first
//! failing branch in source order, then interruption, then the first that waits.

use super::path::{Path, Segment};
use super::step::Undo;
use super::{Eval, Exit, Outcome, RESERVE, Stack, internal, patterns};
use crate::diagnostics::ErrorKind;
use crate::interpreter::node::{Node, ParallelForNode, ParallelNode};
use crate::interpreter::world::{CancelToken, Passed, Stop};
use crate::value::Value;
use serde_json::Value as Json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A branch may be as deep as anything else, but there are several.
const STACK: usize = 64 << 20;
/// Without `limit`: more threads than this at once help nobody.
const MOST: usize = 32;

/// How a branch ended.
struct Ended<'l> {
    /// `None` for a turn that left itself out with `continue`.
    value: Result<Option<Value>, Stop>,
    undos: Vec<Undo<'l>>,
    evidence: Vec<(String, Json)>,
    passed: Passed,
}

/// What a branch does in its own evaluation and frame.
struct Job<'l> {
    segment: Segment<'l>,
    body: &'l Node,
    item: Option<Value>,
}

impl<'l> Eval<'l> {
    pub(super) fn parallel(&mut self, node: &'l ParallelNode, frame: &mut [Value]) -> Outcome {
        let jobs = node.branches.iter().map(|(name, body)| Job {
            segment: Segment::Branch(&node.site, name),
            body,
            item: None,
        });
        let jobs: Vec<Job<'l>> = jobs.collect();
        let count = jobs.len();
        let values = self.side_by_side(jobs, None, count, frame, |_, _, _| true)?;
        let mut fields = vec![Value::None; node.layout.names.len()];
        for ((name, _), value) in node.branches.iter().zip(values) {
            if let Some(index) = node.layout.index_of(name) {
                fields[index] = value.unwrap_or_default();
            }
        }
        Ok(Value::record(&node.layout, fields))
    }

    pub(super) fn parallel_for(&mut self, node: &'l ParallelForNode, frame: &mut [Value]) -> Outcome {
        let items = match self.eval(&node.iterable, frame)? {
            Value::List(items) => items.to_vec(),
            Value::Range(range) => {
                (0..range.len() as i64).map(|i| Value::Int(range.start.wrapping_add(i))).collect()
            }
            other => {
                let what = format!("{} is nothing to go through", other.kind());
                return Err(self.cannot_be(&what, node.site.span));
            }
        };
        let limit = match &node.limit {
            Some(limit) => {
                let limit = self.clause(limit, 1, "the limit of a `parallel for`", node.site.span, frame)?;
                usize::try_from(limit).unwrap_or(MOST)
            }
            None => MOST,
        };
        let jobs = items.into_iter().enumerate().map(|(turn, item)| Job {
            segment: Segment::Turn(turn as u64),
            body: &node.body,
            item: Some(item),
        });
        let jobs = jobs.collect();
        let pattern = &node.pattern;
        let values =
            self.side_by_side(jobs, Some(Segment::Site(&node.site)), limit, frame, |item, _, frame| {
                patterns::matches(pattern, item, frame)
            })?;
        Ok(Value::list(values.into_iter().flatten().collect()))
    }

    fn side_by_side(
        &mut self,
        jobs: Vec<Job<'l>>,
        around: Option<Segment<'l>>,
        limit: usize,
        frame: &[Value],
        bind: impl Fn(&Value, usize, &mut [Value]) -> bool + Sync,
    ) -> Outcome<Vec<Option<Value>>> {
        let token = self.cancel.child();
        let next = AtomicUsize::new(0);
        let ended: Vec<Mutex<Option<Ended<'l>>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
        let mut base = self.path.clone();
        around.into_iter().for_each(|segment| base.push(segment));
        {
            let (this, base, token, jobs, ended, next, bind) =
                (&*self, &base, &token, &jobs, &ended, &next, &bind);
            let work = move |room: usize| {
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let (Some(job), Some(place)) = (jobs.get(index), ended.get(index)) else { return };
                    let outcome = branch(this, job, index, base, token, room, frame, bind);
                    let early = this.world.first_failure_ends_others();
                    if early && outcome.value.as_ref().is_err_and(ends_others) {
                        token.cancel();
                    }
                    // Told after the others were: whoever waits for it sees what it came to.
                    let mut path = base.clone();
                    path.push(job.segment.clone());
                    this.world.branch_ended(&path.render());
                    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
                }
            };
            let work = &work;
            std::thread::scope(|scope| {
                let mut started = 0;
                for _ in 0..limit.min(jobs.len()).clamp(1, MOST) {
                    let thread = std::thread::Builder::new().name(String::from("branch")).stack_size(STACK);
                    match thread.spawn_scoped(scope, move || work(STACK - RESERVE)) {
                        Ok(_) => started += 1,
                        Err(_) => break,
                    }
                }
                if started == 0 {
                    // Without threads the branches go one after the other, on what is left of this stack.
                    work(RESERVE);
                }
            });
        }
        // The turns of a loop keep to themselves what they passed; named branches have all ended.
        let named = jobs.iter().all(|job| matches!(job.segment, Segment::Branch(..)));
        self.join(ended, named)
    }

    fn join(&mut self, ended: Vec<Mutex<Option<Ended<'l>>>>, named: bool) -> Outcome<Vec<Option<Value>>> {
        let before = Arc::clone(&self.passed);
        let mut values = Vec::with_capacity(ended.len());
        let mut worst: Option<Stop> = None;
        for slot in ended {
            let Some(branch) = slot.into_inner().unwrap_or_else(PoisonError::into_inner) else {
                // It never started, since another failed first.
                worst.get_or_insert(Stop::Cancelled);
                continue;
            };
            self.undos.extend(branch.undos);
            if !Arc::ptr_eq(&branch.passed, &before) {
                let passed = Arc::make_mut(&mut self.passed);
                // One that a branch asked again counts as that branch left it.
                passed.retain(|gate| branch.passed.contains(gate) || !before.contains(gate));
                passed.extend(branch.passed.iter().filter(|gate| named && !before.contains(gate)).cloned());
            }
            for (place, value) in branch.evidence {
                match self.evidence.iter_mut().find(|(name, _)| *name == place) {
                    Some((_, old)) => *old = value,
                    None => self.evidence.push((place, value)),
                }
            }
            match branch.value {
                Ok(value) => values.push(value),
                Err(stop) => {
                    if worst.as_ref().is_none_or(|so_far| weight(&stop) > weight(so_far)) {
                        worst = Some(stop);
                    }
                }
            }
        }
        match worst {
            None => Ok(values),
            // The whole run was cancelled, not one branch by another.
            Some(Stop::Cancelled) if self.whole && self.cancel.is_cancelled() => {
                Err(self.stopped(Stop::Interrupted))
            }
            Some(stop) => Err(self.stopped(stop)),
        }
    }
}

/// A branch that waits, for a gate or for somebody who says what happened, lets the others come to their end.
fn ends_others(stop: &Stop) -> bool {
    match stop {
        Stop::Failed(failure) => failure.kind != ErrorKind::InDoubt,
        Stop::Interrupted => true,
        // Each branch comes to the place where it has nothing more on record, so that all is known that is to be taken back.
        Stop::Suspended(_) | Stop::Cancelled | Stop::GivenUp(_) => false,
    }
}

fn weight(stop: &Stop) -> u8 {
    match stop {
        // Nothing is taken back before it is known what was done.
        Stop::Failed(failure) if failure.kind == ErrorKind::InDoubt => 5,
        Stop::Cancelled => 0,
        Stop::Suspended(_) => 1,
        Stop::Interrupted => 2,
        Stop::Failed(_) => 3,
        Stop::GivenUp(_) => 4,
    }
}

#[allow(clippy::too_many_arguments)]
fn branch<'l>(
    parent: &Eval<'l>,
    job: &Job<'l>,
    index: usize,
    base: &Path<'l>,
    token: &CancelToken,
    room: usize,
    frame: &[Value],
    bind: &(impl Fn(&Value, usize, &mut [Value]) -> bool + Sync),
) -> Ended<'l> {
    let mut eval = parent.apart(Stack::here(room));
    eval.path = base.clone();
    eval.path.push(job.segment.clone());
    eval.cancel = token.clone();
    eval.whole = false;
    eval.branch = eval.path.render();
    eval.evidence = parent.evidence.clone();
    let seen = eval.evidence.len();
    let value = if token.is_cancelled() && !eval.world.is_on_record(&eval.branch) {
        Err(Stop::Cancelled)
    } else {
        let mut frame = frame.to_vec();
        match &job.item {
            Some(item) if !bind(item, index, &mut frame) => {
                Err(Stop::Failed(internal("a pattern that must match does not")))
            }
            _ => match eval.eval(job.body, &mut frame) {
                Ok(value) => Ok(Some(value)),
                Err(Exit::Continue) => Ok(None),
                Err(exit) => Err(eval.stop_of(exit)),
            },
        }
    };
    let evidence = eval.evidence.split_off(seen.min(eval.evidence.len()));
    Ended { value, undos: eval.undos, evidence, passed: eval.passed }
}
