//! Bodies, and what a call of one gives: each is walked once for every combination of origins that it is called with.

use super::Proof;
use super::cause::{CauseId, Step};
use super::code::Code;
use super::flow::Flow;
use super::origin::{Level, Origin};
use super::report::Found;
use crate::check::program::*;
use crate::source::Span;
use crate::syntax::ast::{CallableItem, Expr};
use std::rc::Rc;
use std::sync::Arc;

/// What a caller has to know of a body, for the origins that it gave. Their causes are the parameters.
pub struct Summary {
    pub result: Origin,
    /// What files hold at its end.
    pub files: Origin,
    /// The worst that a failure inside may speak of.
    pub met: Origin,
    pub ends: bool,
    /// What parameters reach that they must not.
    pub open: Vec<Found>,
    /// It changes something outside.
    pub acts: bool,
    /// It does so by what an AI decided.
    pub chosen: Option<Origin>,
    /// What it and all that it calls write and execute.
    pub code: Code,
}

impl<'w> Proof<'w> {
    /// Walks a body; without a parameter's origin it takes its default.
    pub fn body(
        &mut self,
        id: CallableId,
        tree: &'w CallableItem,
        params: Vec<Option<Origin>>,
        files: Origin,
    ) -> Summary {
        let callable = &self.world.callables[id.0 as usize];
        let module = callable.at.module;
        let mut flow = Flow::new(self, module, callable.locals as usize, files);
        flow.callable(tree, params)
    }

    /// What a call gives; `args` in the order of the parameters.
    pub fn call(
        &mut self,
        id: CallableId,
        args: Vec<Option<Origin>>,
        files: &Origin,
        span: Span,
    ) -> Option<(Rc<Summary>, Origin)> {
        let tree = self.tree(id)?;
        let mut key = Vec::with_capacity(args.len() + 1);
        for arg in &args {
            match arg {
                Some(arg) => arg.key(&mut key),
                None => key.push(u8::MAX),
            }
        }
        files.key(&mut key);
        let summary = match self.summaries.get(&(id, key.clone())) {
            Some(known) => known.clone(),
            None => {
                let count = args.len();
                let as_param = |proof: &mut Self, index: usize, span: Span, origin: &Origin| {
                    if origin.whole().level == Level::Literal {
                        return origin.explained(&|_| CauseId::NONE);
                    }
                    let cause = proof.causes.add(span, Step::Param(index), CauseId::NONE);
                    origin.explained(&|_| cause)
                };
                let params = args
                    .iter()
                    .enumerate()
                    .map(|(i, arg)| {
                        let span = tree.params.get(i).map_or(tree.name.span, |p| p.name.span);
                        arg.as_ref().map(|a| as_param(self, i, span, a))
                    })
                    .collect();
                let inner = as_param(self, count, tree.name.span, files);
                let summary = Rc::new(self.body(id, tree, params, inner));
                self.summaries.insert((id, key), summary.clone());
                summary
            }
        };
        let name: Arc<str> = tree.name.name.clone();
        let given = |index: usize| match args.get(index) {
            Some(Some(arg)) => arg.whole().cause,
            Some(None) => CauseId::NONE,
            None => files.whole().cause,
        };
        for open in &summary.open {
            let Some(index) = open.param else { continue };
            let cause = given(index);
            let mut way = self.causes.way(cause);
            if let Some(param) = tree.params.get(index) {
                way.push((span, Step::Passed(name.clone(), param.name.name.clone()).text()));
            }
            way.extend(open.way.iter().cloned());
            let param = self.causes.param(cause);
            self.pending.push(Found { way, param, ..open.clone() });
        }
        // Each cause inside that is a parameter goes on with what was given for it.
        let result = self.seen_from(&summary.result, &name, span, args.len(), &given);
        Some((summary, result))
    }

    /// What a body gave, explained to its caller.
    fn seen_from(
        &mut self,
        inner: &Origin,
        name: &Arc<str>,
        span: Span,
        files: usize,
        given: &dyn Fn(usize) -> CauseId,
    ) -> Origin {
        let mut known: Vec<(CauseId, CauseId)> = Vec::new();
        let causes = std::cell::RefCell::new(&mut self.causes);
        let known_cell = std::cell::RefCell::new(&mut known);
        inner.explained(&|cause| {
            if cause == CauseId::NONE {
                return cause;
            }
            if let Some((_, to)) = known_cell.borrow().iter().find(|(from, _)| *from == cause) {
                return *to;
            }
            let mut causes = causes.borrow_mut();
            let (before, step) = match causes.param(cause) {
                Some(index) if index == files => (given(index), Step::ReadBack(name.clone())),
                Some(index) => (given(index), Step::Returned(name.clone())),
                None => (cause, Step::Returned(name.clone())),
            };
            let to = causes.add(span, step, before);
            known_cell.borrow_mut().push((cause, to));
            to
        })
    }

    /// A call writes what its caller gave.
    fn written_by(
        &mut self,
        files: &Origin,
        id: CallableId,
        args: &[Option<Origin>],
        span: Span,
    ) -> Option<CauseId> {
        let index = self.causes.param(files.cause)?;
        let given = args.get(index)?.as_ref()?.whole().cause;
        let name = self.world.callables[id.0 as usize].name.clone();
        Some(self.causes.add(span, Step::WrittenBy(name), given))
    }

    /// The files and the worst inside, explained to the caller.
    pub fn inner(&mut self, inner: &Origin, args: &[Option<Origin>], files: &Origin) -> Origin {
        let causes = &self.causes;
        inner.explained(&|cause| match causes.param(cause) {
            Some(index) => match args.get(index) {
                Some(Some(arg)) => arg.whole().cause,
                Some(None) => CauseId::NONE,
                None => files.cause,
            },
            None => cause,
        })
    }
}

impl<'w> Flow<'_, 'w> {
    /// A call of a `fn`, `task` or `workflow`.
    pub fn call_body(
        &mut self,
        e: &'w Expr,
        id: CallableId,
        args: Vec<Option<Origin>>,
        given: &[Option<&'w Expr>],
    ) -> Origin {
        self.happens(e.id);
        let files = self.files();
        let args: Vec<Option<Origin>> = args.iter().map(|a| a.as_ref().map(Self::outer)).collect();
        let Some((summary, result)) = self.proof.call(id, args.clone(), &files, e.span) else {
            return Origin::literal();
        };
        self.take_pending();
        let name = &self.proof.world.callables[id.0 as usize].name;
        let origin = |index: usize| args.get(index).cloned().flatten().unwrap_or_else(Origin::literal);
        let code = self.code_of_params(&summary.code, name, e.span, &origin);
        self.code_call(e, id, given, &code);
        let after = self.proof.inner(&summary.files, &args, &files);
        if !after.same(&files) {
            let written = self.proof.written_by(&summary.files, id, &args, e.span);
            self.set_files(match written {
                Some(cause) => after.explained(&|_| cause),
                None => after,
            });
        }
        let chosen = summary.chosen.as_ref().map(|by| self.proof.inner(by, &args, &files));
        self.called(summary.acts, chosen.as_ref(), e.span);
        let met = self.proof.inner(&summary.met, &args, &files);
        self.meet(&met);
        self.dead |= !summary.ends;
        self.inner(&result)
    }
}
