//! The bodies of items: callables, constants, agents.

use super::body::{Body, LocalKind};
use super::infer::{Want, Why};
use super::program::*;
use super::world::*;
use crate::diagnostics::codes::flow;
use crate::source::Span;
use crate::syntax::ast::{self, CallableKind, ItemKind};
use crate::types::Type;
use std::sync::Arc;

impl World<'_> {
    /// Checks the bodies of a module's items; types of names are known by now.
    pub fn check_items(&mut self, module: ModuleId) {
        self.current = module;
        let file = Arc::clone(&self.module(module).ast);
        for i in 0..self.consts.len() {
            if self.consts[i].at.module == module {
                let span = self.consts[i].at;
                let span = self.module(module).ast.items[span.item as usize].span;
                self.const_type(ConstId(i as u32), span);
            }
        }
        let mut callables = self
            .callables
            .iter()
            .filter(|c| c.at.module == module)
            .map(|c| (c.id, c.at.item))
            .collect::<Vec<_>>()
            .into_iter();
        let mut agents = self
            .agents
            .iter()
            .filter(|a| a.at.module == module)
            .map(|a| a.id)
            .collect::<Vec<_>>()
            .into_iter();
        for item in &file.items {
            match &item.kind {
                ItemKind::Callable(c) => {
                    if let Some((id, _)) = callables.next() {
                        self.callable_body(id, c);
                    }
                }
                ItemKind::Agent(a) => {
                    if let Some(id) = agents.next() {
                        self.body = Body::pure("an agent's setting");
                        self.agent_settings(a);
                        self.agents[id.0 as usize].locals = self.body.locals.len() as u32;
                    }
                }
                _ => {}
            }
        }
    }

    /// Tests speak of gates, so they are checked when all bodies have been.
    pub fn check_tests(&mut self) {
        for i in std::mem::replace(&mut self.checked_tests, self.tests.len())..self.tests.len() {
            let at = self.tests[i].at;
            self.current = at.module;
            let file = Arc::clone(&self.module(at.module).ast);
            if let ItemKind::Test(t) = &file.items[at.item as usize].kind {
                self.test_body(t);
                self.tests[i].locals = self.body.locals.len() as u32;
            }
        }
    }

    fn callable_body(&mut self, id: CallableId, c: &ast::CallableItem) {
        let signature = Arc::clone(&self.callables[id.0 as usize].signature);
        self.body = match c.kind {
            CallableKind::Fn => Body::pure("a `fn`"),
            CallableKind::Task | CallableKind::Workflow => Body::default(),
        };
        self.body.callable = Some(id);
        self.body.locals.reserve(c.params.len() + 8);
        for (p, info) in c.params.iter().zip(&signature.params) {
            if let Some(default) = &p.default {
                let pure = self.body.pure.replace("a default");
                self.check(default, &info.ty, Why::At(p.ty.span, "the parameter has this type"));
                self.body.pure = pure;
            }
            self.bind(&p.name, &info.ty, LocalKind::Param);
        }
        let (result, span) = (signature.result.clone(), c.result.as_ref().map(|r| r.span));
        self.body.result = Some((result.clone(), span));
        match &result {
            Type::Nothing => {
                self.block(&c.body, Want::Drop);
            }
            result => {
                let why = span.map_or(Why::None, |s| Why::At(s, "the result type is given here"));
                self.block(&c.body, Want::Must(result, why));
            }
        }
        self.report_unused_locals();
        self.callables[id.0 as usize].locals = self.body.locals.len() as u32;
        self.callable_summaries[id.0 as usize] = std::mem::take(&mut self.body.summary);
    }

    /// The type of a constant, which is checked when somebody first asks.
    pub fn const_type(&mut self, id: ConstId, from: Span) -> Type {
        let index = id.0 as usize;
        match self.const_states[index] {
            ConstState::Done => return self.consts[index].ty.clone(),
            ConstState::InProgress => {
                let name = self.consts[index].name.clone();
                let d = self
                    .error(flow::E0410, from, format!("the constant `{name}` depends on itself"))
                    .label("while its value is being found");
                self.report(d);
                return Type::Error;
            }
            ConstState::Waiting => {}
        }
        self.const_states[index] = ConstState::InProgress;
        let at = self.consts[index].at;
        let file = Arc::clone(&self.module(at.module).ast);
        let before = std::mem::replace(&mut self.current, at.module);
        let outer = std::mem::replace(&mut self.body, Body::pure("a constant"));
        let mut ty = Type::Error;
        if let ItemKind::Const(c) = &file.items[at.item as usize].kind {
            ty = match &c.ty {
                Some(written) => {
                    let declared = self.resolve(written);
                    // Known before its value, so that the value may be looked at again without a circle.
                    self.consts[index].ty = declared.clone();
                    self.check(&c.value, &declared, Why::At(written.span, "the type is given here"));
                    declared
                }
                None => self.expr(&c.value, Want::Any),
            };
            self.set_type(c.name.id, &ty);
            self.set_res(c.name.id, Res::Const(id));
        }
        self.report_unused_locals();
        let done = std::mem::replace(&mut self.body, outer);
        self.current = before;
        self.consts[index].ty = ty.clone();
        self.consts[index].locals = done.locals.len() as u32;
        self.const_summaries[index] = done.summary;
        self.const_states[index] = ConstState::Done;
        ty
    }
}
