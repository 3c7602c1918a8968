//! Branches, loops, failures: how the variables of a body change on its ways, and what they hold where those meet.

use super::Flow;
use crate::check::origins::cause::CauseId;
use crate::check::origins::origin::{Level, Origin};
use crate::source::Span;
use crate::syntax::ast::*;
use std::collections::HashMap;

/// A loop whose variables still change after so many turns has them all untrusted.
const MOST_TURNS: usize = 40;

/// What a way through a branch gave.
pub struct Way {
    pub value: Origin,
    changes: Vec<(usize, Origin)>,
    dead: bool,
}

impl Way {
    /// Nothing behind it is reached.
    pub fn dead(&self) -> bool {
        self.dead
    }
}

impl<'w> Flow<'_, 'w> {
    // Branches

    /// Walks a branch and takes back what it changed.
    pub fn branch(&mut self, walk: impl FnOnce(&mut Self) -> Origin) -> Way {
        let mark = self.log.len();
        let value = walk(self);
        let mut changes: Vec<(usize, Origin)> = Vec::new();
        while self.log.len() > mark {
            let Some((local, before)) = self.log.pop() else { break };
            let after = std::mem::replace(&mut self.env[local], before);
            if !changes.iter().any(|(l, _)| *l == local) {
                changes.push((local, after));
            }
        }
        Way { value, changes, dead: std::mem::take(&mut self.dead) }
    }

    /// Where branches meet. `by` has decided which was taken.
    pub fn meet_ways(&mut self, ways: Vec<Way>, by: &Origin) -> Origin {
        let by = by.whole();
        let mut alive: Vec<Way> = ways.into_iter().filter(|w| !w.dead).collect();
        match &mut alive[..] {
            [] => {
                self.dead = true;
                Origin::literal()
            }
            [only] => {
                for (local, origin) in std::mem::take(&mut only.changes) {
                    self.set(local, origin);
                }
                only.value.clone()
            }
            all => {
                let mut locals: Vec<usize> = Vec::new();
                for (local, _) in all.iter().flat_map(|w| &w.changes) {
                    if !locals.contains(local) {
                        locals.push(*local);
                    }
                }
                for local in locals {
                    let end = |w: &Way| match w.changes.iter().find(|(l, _)| *l == local) {
                        Some((_, origin)) => origin.clone(),
                        None => self.env[local].clone(),
                    };
                    let first = end(&all[0]);
                    let met = all[1..].iter().fold(first, |met, w| met.join(&end(w)));
                    let is_files = local + 1 == self.env.len();
                    let met = if is_files { met } else { met.select(&by) };
                    if by.untrusted() && !is_files {
                        // Loops and errors around ask what was assigned; by now it is more than that.
                        self.history.push((local, met.clone()));
                    }
                    self.set(local, met);
                }
                let value = all[1..].iter().fold(all[0].value.clone(), |v, w| v.join(&w.value));
                value.select(&by)
            }
        }
    }

    /// Under what `by` decides, at this place.
    pub fn under<T>(&mut self, by: &Origin, at: Span, walk: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.control.clone();
        let by = by.whole();
        if by.untrusted() {
            self.control = self.control.join(&by);
        }
        let out = self.because(&by, at, walk);
        self.control = outer;
        out
    }

    /// Where effects are recorded as happening because of `by`, if that is untrusted.
    pub fn because<T>(&mut self, by: &Origin, at: Span, walk: impl FnOnce(&mut Self) -> T) -> T {
        let depth = self.decisions.len();
        if by.untrusted() {
            self.decisions.push(at);
        }
        let out = walk(self);
        self.decisions.truncate(depth);
        out
    }

    /// An effect, or a call that may have some.
    pub fn happens(&mut self, id: NodeId) {
        if self.decisions.is_empty() && self.left_decisions.is_empty() {
            return;
        }
        let all = self.decisions.iter().chain(&self.left_decisions).copied();
        self.proof.because.entry((self.module, id)).or_default().extend(all);
    }

    pub fn decided(&self) -> Origin {
        self.control.join(&self.left)
    }

    // Loops

    /// Walks the body of a loop until nothing changes; what holds afterwards may come from any turn, or none.
    pub fn turns(&mut self, id: NodeId, mut body: impl FnMut(&mut Self) -> Origin) -> Origin {
        for (local, origin) in self.heads.get(&id).cloned().unwrap_or_default() {
            let met = self.env[local].join(&origin);
            self.set(local, met);
        }
        let mut value = Origin::literal();
        let depth = self.enter();
        let begun = self.code_mark();
        let mut touched: Vec<usize> = Vec::new();
        for turn in 0.. {
            let mark = self.history.len();
            let decided = self.left_decisions.len();
            let way = self.branch(&mut body);
            value = value.join(&way.value);
            let assigned = joined(&self.history[mark..]);
            // What leaves a turn early decides about the beginning of the next.
            let mut changed = self.left_decisions.len() > decided;
            for (local, origin) in assigned {
                if local >= self.env.len() {
                    continue;
                }
                let is_files = local + 1 == self.env.len();
                let mut met = self.env[local].join(&origin);
                if !is_files {
                    met = met.carry(depth);
                    touched.push(local);
                }
                if turn > MOST_TURNS {
                    met = Origin::new(Level::Untrusted, met.whole().cause);
                }
                if !met.same(&self.env[local]) {
                    changed = true;
                    let head = self.heads.entry(id).or_default();
                    match head.iter_mut().find(|(l, _)| *l == local) {
                        Some((_, known)) => *known = met.clone(),
                        None => head.push((local, met.clone())),
                    }
                    self.set(local, met);
                }
            }
            if !changed {
                break;
            }
        }
        touched.sort_unstable();
        touched.dedup();
        for local in touched {
            let settled = self.env[local].settled(depth);
            self.set(local, settled);
        }
        self.leave();
        self.code_again(begun);
        value.settled(depth)
    }

    /// Into a loop: the mark of what is kept from turn to turn. Deeper ones share the last.
    pub fn enter(&mut self) -> u32 {
        self.loops += 1;
        1 << self.loops.min(30)
    }

    pub fn in_loop(&self) -> bool {
        self.loops > 0
    }

    pub fn leave(&mut self) {
        self.loops -= 1;
    }

    /// A body's loops are its own: what comes from those around its call has the first mark.
    pub fn outer(origin: &Origin) -> Origin {
        origin.marked(&|carried| u32::from(carried != 0))
    }

    /// The same for what a call gives back.
    pub fn inner(&self, origin: &Origin) -> Origin {
        let around = (1 << (self.loops.min(30) + 1)) - 1;
        origin.marked(&|carried| if carried & 1 == 1 { around } else { 0 })
    }

    /// What is left early: `break`.
    pub fn give_break(&mut self, origin: Origin) {
        self.go_away();
        let origin = origin.select(&self.decided());
        if let Some(all) = self.breaks.last_mut() {
            *all = all.join(&origin);
        }
    }

    /// Out of the way that goes on; whether that happens decides about all that follows.
    pub fn go_away(&mut self) {
        self.dead = true;
        let decisions = self.decisions.clone();
        let control = self.control.clone();
        self.leave_by(&control, &decisions);
        // In a `try` whoever comes here has not failed before, which the values that were met decide.
        if let Some(at) = self.tries.last().copied() {
            let met = self.met.clone();
            self.leave_by(&met, &[at]);
        }
    }

    fn leave_by(&mut self, by: &Origin, decisions: &[Span]) {
        if by.untrusted() {
            self.left = self.left.join(by);
            let known = &mut self.left_decisions;
            let new: Vec<Span> = decisions.iter().filter(|at| !known.contains(at)).copied().collect();
            known.extend(new);
        }
    }

    pub fn breaking(&mut self, walk: impl FnOnce(&mut Self)) -> Origin {
        self.breaks.push(Origin::literal());
        walk(self);
        let depth = 1 << (self.loops + 1).min(30);
        self.breaks.pop().unwrap_or_else(Origin::literal).settled(depth)
    }

    pub fn give_result(&mut self, origin: Origin) {
        self.go_away();
        let origin = origin.select(&self.decided());
        self.result = Some(match self.result.take() {
            Some(all) => all.join(&origin),
            None => origin,
        });
        // That a value was given is remembered beside the variables.
        self.history.push((usize::MAX, Origin::literal()));
    }

    // Failures

    pub fn meet(&mut self, origin: &Origin) {
        if origin.level > self.met.level {
            self.met = Origin::new(origin.level, origin.cause);
        }
    }

    /// Walks what may fail: gives its way, what its variables may hold by then, and the worst it may speak of.
    pub fn trying(
        &mut self,
        at: Span,
        walk: impl FnOnce(&mut Self) -> Origin,
    ) -> (Way, Vec<(usize, Origin)>, Origin) {
        let outer = std::mem::replace(&mut self.met, Origin::literal());
        let mark = self.history.len();
        self.tries.push(at);
        let way = self.branch(walk);
        self.tries.pop();
        let assigned = joined(&self.history[mark..]);
        let met = self.met.clone();
        self.met = outer;
        self.meet(&met);
        (way, assigned, met)
    }

    /// Variables may hold one of these.
    pub fn perhaps(&mut self, assigned: &[(usize, Origin)]) {
        for (local, origin) in assigned {
            if *local < self.env.len() {
                let met = self.env[*local].join(origin);
                self.set(*local, met);
            }
        }
    }

    /// What runs after any failure behind the head of a step: variables are as they were there, or as they are made
    /// later.
    pub fn undo(
        &mut self,
        step: &'w crate::syntax::ast::Step,
        since: (usize, usize),
        value: &Origin,
        block: &'w Block,
    ) {
        let id = step.name.id;
        self.undos.push((id, since.1));
        self.proof.undone = true;
        let dead = std::mem::take(&mut self.dead);
        let executed = self.code_mark().execs;
        self.branch(|flow| {
            for at in (since.0..flow.log.len()).rev() {
                let (local, before) = flow.log[at].clone();
                flow.set(local, before);
            }
            let later = flow.later.get(&id).cloned().unwrap_or_default();
            flow.perhaps(&later);
            if flow.proof.ever_written != CauseId::NONE {
                let files = Origin::new(Level::Untrusted, flow.proof.ever_written);
                let at = flow.env.len() - 1;
                flow.set(at, files);
            }
            if let Some(own) = flow.tables.undo.get(&id) {
                flow.set(*own as usize, value.clone());
            }
            flow.block(block)
        });
        self.undo_code.push(executed..self.code_mark().execs);
        self.dead = dead;
    }

    pub fn mark(&self) -> (usize, usize) {
        (self.log.len(), self.history.len())
    }
}

/// Each local once, with all that was assigned to it.
pub fn joined(history: &[(usize, Origin)]) -> Vec<(usize, Origin)> {
    let mut at: HashMap<usize, usize> = HashMap::new();
    let mut out: Vec<(usize, Origin)> = Vec::new();
    for (local, origin) in history {
        match at.get(local) {
            Some(i) => out[*i].1 = out[*i].1.join(origin),
            None => {
                at.insert(*local, out.len());
                out.push((*local, origin.clone()));
            }
        }
    }
    out
}
