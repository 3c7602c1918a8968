//! The walk through one body: the origin of every local variable, and how branches and loops change them.

use super::Proof;
use super::calls::Summary;
use super::cause::{CauseId, Step};
use super::origin::{Level, Origin};
use super::report::Found;
use crate::check::program::*;
use crate::check::written::Written;
use crate::source::Span;
use crate::syntax::ast::*;
use std::collections::HashMap;
use std::sync::Arc;

/// A loop whose variables still change after so many turns has them all untrusted.
const MOST_TURNS: usize = 40;

pub struct Flow<'p, 'w> {
    pub proof: &'p mut Proof<'w>,
    pub module: ModuleId,
    pub tables: &'w Tables,
    /// By local; the last one stands for the files.
    env: Vec<Origin>,
    /// What was there before, newest last.
    log: Vec<(usize, Origin)>,
    /// Everything that was ever assigned.
    history: Vec<(usize, Origin)>,
    /// What a loop began its turns with, from an earlier walk over it.
    heads: HashMap<NodeId, Vec<(usize, Origin)>>,
    /// What the `undo` of a step may find in variables that were assigned since it began.
    later: HashMap<NodeId, Vec<(usize, Origin)>>,
    /// Steps with an `undo`, and where the history was when they began.
    undos: Vec<(NodeId, usize)>,
    /// What decides whether we are here.
    pub control: Origin,
    /// The same, of what was left early: it holds to the end of the body.
    left: Origin,
    pub dead: bool,
    result: Option<Origin>,
    breaks: Vec<Origin>,
    /// How many loops we are in.
    loops: u32,
    /// The worst that was met since a `try` began.
    met: Origin,
    open: Vec<Found>,
    pub written: Written<'w>,
    /// Written files that hold untrusted text, with where.
    pub code: Vec<(Arc<str>, Span)>,
}

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

impl<'p, 'w> Flow<'p, 'w> {
    pub fn new(proof: &'p mut Proof<'w>, module: ModuleId, locals: usize, files: Origin) -> Flow<'p, 'w> {
        let tables = &proof.world.modules[module.0 as usize].tables;
        let mut env = vec![Origin::literal(); locals];
        env.push(files);
        Flow {
            proof,
            module,
            tables,
            env,
            log: Vec::new(),
            history: Vec::new(),
            heads: HashMap::new(),
            later: HashMap::new(),
            undos: Vec::new(),
            control: Origin::literal(),
            left: Origin::literal(),
            dead: false,
            result: None,
            breaks: Vec::new(),
            loops: 0,
            met: Origin::literal(),
            open: Vec::new(),
            written: Written::default(),
            code: Vec::new(),
        }
    }

    pub fn callable(&mut self, tree: &'w CallableItem, params: Vec<Option<Origin>>) -> Summary {
        let begin = self.env.clone();
        let mut value;
        let mut ends;
        loop {
            self.result = None;
            self.dead = false;
            for (param, given) in tree.params.iter().zip(&params) {
                let origin = match (given, &param.default) {
                    (Some(given), _) => given.clone(),
                    (None, Some(default)) => self.expr(default),
                    (None, None) => Origin::literal(),
                };
                self.bind(&param.name, origin);
            }
            value = self.block(&tree.body);
            ends = !self.dead;
            // An `undo` may run after everything that follows its step.
            let mut changed = false;
            for (step, since) in std::mem::take(&mut self.undos) {
                let known = self.later.entry(step).or_default();
                for (local, origin) in joined(&self.history[since..]) {
                    match known.iter_mut().find(|(l, _)| *l == local) {
                        Some((_, all)) => {
                            let met = all.join(&origin);
                            changed |= !met.same(all);
                            *all = met;
                        }
                        None => {
                            changed = true;
                            known.push((local, origin));
                        }
                    }
                }
            }
            if !changed {
                break;
            }
            self.env.clone_from(&begin);
            self.log.clear();
            self.history.clear();
        }
        let control = self.control.join(&self.left);
        let result = match (self.result.take(), ends) {
            (Some(early), true) => early.join(&value.select(&control)),
            (Some(early), false) => early,
            (None, _) => value,
        };
        // Files at an early return: everything that was ever known of them.
        let files_at = self.env.len() - 1;
        let files = self
            .history
            .iter()
            .filter(|(l, _)| *l == files_at)
            .fold(self.env[files_at].clone(), |all, (_, o)| all.join(o));
        Summary {
            result: result.explained(&|c| c),
            files,
            met: self.met.clone(),
            ends: ends || self.result_given(),
            open: std::mem::take(&mut self.open),
        }
    }

    fn result_given(&self) -> bool {
        self.history.iter().any(|(l, _)| *l == usize::MAX)
    }

    // Variables

    pub fn local(&self, local: LocalId) -> Origin {
        self.env.get(local as usize).cloned().unwrap_or_else(Origin::literal)
    }

    pub fn set(&mut self, local: usize, origin: Origin) {
        if let Some(slot) = self.env.get_mut(local) {
            let before = std::mem::replace(slot, origin);
            self.log.push((local, before));
        }
    }

    /// A name gets its value.
    pub fn bind(&mut self, name: &Ident, origin: Origin) {
        if let Res::Local(local) = self.tables.res(name.id) {
            self.set(local as usize, origin);
        }
    }

    /// The same, told of in errors.
    pub fn hold(&mut self, name: &Ident, origin: Origin) {
        let held = self.told(&origin, name.span, || Step::Held(name.name.clone()));
        self.bind(name, held);
    }

    /// One more step on the way of an origin that is not trusted.
    pub fn told(&mut self, origin: &Origin, span: Span, step: impl Fn() -> Step) -> Origin {
        if origin.whole().level < Level::Outside {
            return origin.clone();
        }
        let mut known: Vec<(CauseId, CauseId)> = Vec::new();
        let cell = std::cell::RefCell::new((&mut self.proof.causes, &mut known));
        origin.explained(&|cause| {
            let (causes, known) = &mut *cell.borrow_mut();
            if cause == CauseId::NONE {
                return cause;
            }
            if let Some((_, to)) = known.iter().find(|(from, _)| *from == cause) {
                return *to;
            }
            let to = causes.add(span, step(), cause);
            known.push((cause, to));
            to
        })
    }

    /// A variable gets another value: what decides about that decides about the value.
    pub fn assign(&mut self, local: usize, origin: Origin) {
        let control = self.control.join(&self.left);
        let origin = origin.select(&control);
        self.history.push((local, origin.clone()));
        self.set(local, origin);
    }

    pub fn files(&self) -> Origin {
        self.env[self.env.len() - 1].clone()
    }

    pub fn set_files(&mut self, origin: Origin) {
        let at = self.env.len() - 1;
        self.history.push((at, origin.clone()));
        self.set(at, origin);
    }

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
        if by.untrusted() && ways.iter().any(|w| w.dead) {
            self.left = self.left.join(&by);
        }
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
                    self.set(local, if is_files { met } else { met.select(&by) });
                }
                let value = all[1..].iter().fold(all[0].value.clone(), |v, w| v.join(&w.value));
                value.select(&by)
            }
        }
    }

    /// Under what `by` decides.
    pub fn under<T>(&mut self, by: &Origin, walk: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.control.clone();
        let by = by.whole();
        if by.untrusted() {
            self.control = self.control.join(&by);
        }
        let out = walk(self);
        self.control = outer;
        out
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
        let mut touched: Vec<usize> = Vec::new();
        for turn in 0.. {
            let mark = self.history.len();
            let way = self.branch(&mut body);
            value = value.join(&way.value);
            let assigned = joined(&self.history[mark..]);
            let mut changed = false;
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
                    met = Origin { word: false, level: Level::Untrusted, ..met.whole() };
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
        value.settled(depth)
    }

    /// Into a loop: the mark of what is kept from turn to turn. Deeper ones share the last.
    pub fn enter(&mut self) -> u32 {
        self.loops += 1;
        1 << self.loops.min(30)
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
        let origin = origin.select(&self.decided());
        if let Some(all) = self.breaks.last_mut() {
            *all = all.join(&origin);
        }
        self.dead = true;
    }

    pub fn breaking(&mut self, walk: impl FnOnce(&mut Self)) -> Origin {
        self.breaks.push(Origin::literal());
        walk(self);
        let depth = 1 << (self.loops + 1).min(30);
        self.breaks.pop().unwrap_or_else(Origin::literal).settled(depth)
    }

    pub fn give_result(&mut self, origin: Origin) {
        let origin = origin.select(&self.decided());
        self.result = Some(match self.result.take() {
            Some(all) => all.join(&origin),
            None => origin,
        });
        // That a value was given is remembered beside the variables.
        self.history.push((usize::MAX, Origin::literal()));
        self.dead = true;
    }

    // Failures

    pub fn meet(&mut self, origin: &Origin) {
        if origin.level > self.met.level {
            self.met = Origin { number: false, ..origin.clone() };
        }
    }

    /// Walks what may fail: gives its way, what its variables may hold by then, and the worst it may speak of.
    pub fn trying(&mut self, walk: impl FnOnce(&mut Self) -> Origin) -> (Way, Vec<(usize, Origin)>, Origin) {
        let outer = std::mem::replace(&mut self.met, Origin::literal());
        let mark = self.history.len();
        let way = self.branch(walk);
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
        self.dead = dead;
    }

    pub fn mark(&self) -> (usize, usize) {
        (self.log.len(), self.history.len())
    }

    // Findings

    pub fn found(&mut self, found: Found) {
        match found.param {
            None => self.proof.report(found),
            Some(_) => {
                if !self.open.iter().any(|o| {
                    o.span == found.span && o.param == found.param && o.sink.code() == found.sink.code()
                }) {
                    self.open.push(found);
                }
            }
        }
    }

    /// What calls have found of what was given to them.
    pub fn take_pending(&mut self) {
        for found in std::mem::take(&mut self.proof.pending) {
            self.found(found);
        }
    }
}

/// Each local once, with all that was assigned to it.
fn joined(history: &[(usize, Origin)]) -> Vec<(usize, Origin)> {
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
