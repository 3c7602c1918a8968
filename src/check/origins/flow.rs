//! The walk through one body: the origin of every local variable, and how branches and loops change them.

mod ways;

use super::Proof;
use super::calls::Summary;
use super::cause::{CauseId, Step};
use super::code::Code;
use super::origin::{Level, Origin};
use super::report::Found;
use crate::check::program::*;
use crate::check::written::Written;
use crate::source::Span;
use crate::syntax::ast::*;
use std::collections::HashMap;

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
    /// Where untrusted values have decided that we are here; those of `left` come after.
    decisions: Vec<Span>,
    left_decisions: Vec<Span>,
    /// The `try` that we are in, the innermost last.
    tries: Vec<Span>,
    pub dead: bool,
    result: Option<Origin>,
    breaks: Vec<Origin>,
    /// How many loops we are in.
    loops: u32,
    /// The worst that was met since a `try` began.
    met: Origin,
    open: Vec<Found>,
    /// What a condition has compared, by the expression: what it says about the other side depends on it.
    pub compared: HashMap<NodeId, Origin>,
    /// What each `fold` came to, from an earlier walk over it: the next begins with that.
    pub folds: HashMap<NodeId, Origin>,
    pub written: Written<'w>,
    /// Something outside is changed.
    pub acts: bool,
    /// By what an AI decided, outside of any loop of this body.
    pub chosen: CauseId,
    /// How many parameters there are: they are the first variables.
    pub params: u32,
    /// What is written and executed.
    pub code: Code,
    /// What an `undo` executes: it may run after all that is written later.
    undo_code: Vec<std::ops::Range<usize>>,
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
            decisions: Vec::new(),
            left_decisions: Vec::new(),
            tries: Vec::new(),
            dead: false,
            result: None,
            breaks: Vec::new(),
            loops: 0,
            met: Origin::literal(),
            open: Vec::new(),
            compared: HashMap::new(),
            folds: HashMap::new(),
            written: Written::default(),
            acts: false,
            chosen: CauseId::NONE,
            params: 0,
            code: Code::default(),
            undo_code: Vec::new(),
        }
    }

    pub fn callable(&mut self, tree: &'w CallableItem, params: Vec<Option<Origin>>) -> Summary {
        let begin = self.env.clone();
        self.params = tree.params.len() as u32;
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
                for (local, origin) in ways::joined(&self.history[since..]) {
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
        std::mem::take(&mut self.undo_code).into_iter().for_each(|execs| self.meet_code(execs));
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
            result,
            files,
            met: self.met.clone(),
            ends: ends || self.result_given(),
            open: std::mem::take(&mut self.open),
            code: std::mem::take(&mut self.code),
            acts: self.acts,
            chosen: (self.chosen != CauseId::NONE).then(|| Origin::new(Level::Untrusted, self.chosen)),
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

    pub fn compare(&mut self, e: &Expr, origin: &Origin) {
        self.compared.insert(e.id, origin.whole());
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
