//! The checked program becomes the tree that is walked: once, before anything runs.
//!
//! Nothing is decided anew: names, types and coercions come from the checker's tables. What a program with errors
//! could contain becomes [`Node::Broken`], which fails when it is reached, so lowering itself cannot fail.

mod calls;
mod control;
mod effects;
mod expr;
mod operators;
mod patterns;

use super::lowered::{CallableCode, ConstCode, Lowered, PredicateCode, TestCode};
use super::node::*;
use super::world::Because;
use crate::check::{Callable, CallableId, ModuleId, Program, Res, Tables};
use crate::source::Span;
use crate::syntax::ast::{self, Expr, Ident, NodeId};
use crate::types::Type;
use crate::value::{Convert, Layouts, Value};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Lowers everything that can be evaluated.
pub fn lower(program: &Program) -> Lowered {
    let layouts = Layouts::new(&program.defs);
    let names = qualified_names(program);
    let callables = program
        .callables
        .iter()
        .map(|callable| {
            let mut body = Body::new(program, &layouts, callable.at.module, callable.locals);
            let (defaults, code) = match program.callable_ast(callable.id) {
                Some(item) => {
                    let defaults =
                        item.params.iter().map(|p| p.default.as_ref().map(|e| body.expr(e))).collect();
                    (defaults, body.callable(&item.body, &callable.signature.result))
                }
                None => {
                    (Vec::new(), Node::Broken(Box::new((String::from("a missing body"), Span::default()))))
                }
            };
            CallableCode {
                names: names[callable.id.0 as usize].clone(),
                params: callable.signature.params.len() as u32,
                locals: callable.locals.max(callable.signature.params.len() as u32),
                defaults,
                body: code,
                effects: callable.effects,
                task: callable.kind != ast::CallableKind::Fn,
                signature: callable.signature.clone(),
            }
        })
        .collect();
    let consts = program
        .consts
        .iter()
        .map(|c| {
            let mut body = Body::new(program, &layouts, c.at.module, c.locals);
            let node = match &program.item(c.at).kind {
                ast::ItemKind::Const(item) => body.expr(&item.value),
                _ => body.broken("a constant", program.span_of(c.at)),
            };
            ConstCode { node, locals: c.locals, value: OnceLock::new() }
        })
        .collect();
    let agents = program
        .agents
        .iter()
        .map(|agent| {
            let mut body = Body::new(program, &layouts, agent.at.module, agent.locals);
            let settings = match &program.item(agent.at).kind {
                ast::ItemKind::Agent(item) => item
                    .settings
                    .iter()
                    .map(|(key, value)| (key.name.clone(), body.expr(value), value.span))
                    .collect(),
                _ => Vec::new(),
            };
            AgentNode { name: agent.name.clone(), locals: agent.locals, settings }
        })
        .collect();
    let predicates = program
        .predicates
        .iter()
        .map(|p| {
            let mut body = Body::new(program, &layouts, p.module, p.locals.max(1));
            PredicateCode { node: body.expr(&p.expr), locals: p.locals.max(1) }
        })
        .collect();
    let mut tests = HashMap::new();
    for test in &program.tests {
        let mut body = Body::new(program, &layouts, test.at.module, test.locals);
        if let ast::ItemKind::Test(item) = &program.item(test.at).kind {
            body.test(item, &mut |id, code| {
                tests.insert((test.at.module, id), code);
            });
        }
    }
    Lowered {
        callables,
        consts,
        agents,
        predicates,
        tests,
        defs: program.defs.clone(),
        layouts,
        sources: program.sources.clone(),
    }
}

/// One expression of a body that has `slots` variables.
pub fn lower_expr(program: &Program, layouts: &Layouts, module: ModuleId, slots: u32, e: &Expr) -> Node {
    Body::new(program, layouts, module, slots).expr(e)
}

/// The same for a pattern.
pub fn lower_pattern(
    program: &Program,
    layouts: &Layouts,
    module: ModuleId,
    slots: u32,
    pattern: &ast::Pattern,
) -> Pat {
    Body::new(program, layouts, module, slots).pattern(pattern)
}

/// By callable, `work.get` for each name that policies have for its module, the named file's first; the named file's
/// own stand alone.
fn qualified_names(program: &Program) -> Vec<Arc<[Arc<str>]>> {
    let modules = program.module_names();
    let qualified = |c: &Callable| match &modules[c.at.module.0 as usize][..] {
        [] => Arc::from([c.name.clone()]),
        names => names.iter().map(|prefix| format!("{prefix}.{}", c.name).into()).collect(),
    };
    program.callables.iter().map(qualified).collect()
}

/// The body of one callable, constant, agent, predicate or test while it is lowered.
struct Body<'p> {
    program: &'p Program,
    layouts: &'p Layouts,
    tables: &'p Tables,
    locals: u32,
    /// How many sites of each label the nearest step or callable has so far.
    sites: HashMap<Arc<str>, u32>,
    /// Variables used so far, for each construct around that has to keep some.
    uses: Vec<Vec<Slot>>,
    /// How many effects were lowered so far: tells whether a part has any.
    effects: u32,
}

impl<'p> Body<'p> {
    fn new(program: &'p Program, layouts: &'p Layouts, module: ModuleId, locals: u32) -> Body<'p> {
        Body {
            program,
            layouts,
            tables: &program.module(module).tables,
            locals,
            sites: HashMap::new(),
            uses: Vec::new(),
            effects: 0,
        }
    }

    fn broken(&self, what: &str, span: Span) -> Node {
        Node::Broken(Box::new((what.to_owned(), span)))
    }

    fn callable(&mut self, block: &ast::Block, result: &Type) -> Node {
        if *result == Type::Nothing {
            let mut nodes = self.statements(block, false);
            nodes.push(Node::Const(Value::Nothing));
            return Node::Seq(nodes.into());
        }
        let body = self.block(block, true);
        self.coerced(body, block.id, self.tables.ty(block.id), block.span)
    }

    /// The variable that a binding declares.
    fn slot(&self, name: &Ident) -> Option<Slot> {
        self.slot_of(name.id)
    }

    fn slot_of(&self, id: NodeId) -> Option<Slot> {
        match self.tables.res(id) {
            Res::Local(slot) => Some(slot),
            _ => None,
        }
    }

    fn used(&mut self, slot: Slot) {
        for uses in &mut self.uses {
            if !uses.contains(&slot) {
                uses.push(slot);
            }
        }
    }

    /// Lowers something that has to keep variables, and says which it uses.
    fn capturing(&mut self, lower: impl FnOnce(&mut Self) -> Node) -> (Node, Vec<Slot>) {
        self.uses.push(Vec::new());
        let node = lower(self);
        let captures = self.uses.pop().unwrap_or_default();
        (node, captures)
    }

    /// Lowers something and says whether it has effects.
    fn with_effects(&mut self, lower: impl FnOnce(&mut Self) -> Node) -> (Node, bool) {
        let before = self.effects;
        let node = lower(self);
        (node, self.effects > before)
    }

    /// A new scope of site numbers: a step, an undo.
    fn scoped<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::take(&mut self.sites);
        let out = lower(self);
        self.sites = outer;
        out
    }

    fn site(&mut self, label: &str, e: &Expr) -> Site {
        self.effects += 1;
        let label: Arc<str> = label.into();
        let ordinal = self.sites.entry(label.clone()).or_insert(0);
        *ordinal += 1;
        let ordinal = *ordinal;
        Site { label, ordinal, span: e.span, because: self.because(e) }
    }

    fn because(&self, e: &Expr) -> Because {
        let places = self.tables.because.get(&e.id)?;
        Some(places.iter().map(|span| self.program.sources.place(*span).to_string().into()).collect())
    }

    /// The type of a value where it is used: after its coercion.
    fn used_type(&self, e: &Expr) -> &'p Type {
        match &e.kind {
            ast::ExprKind::Paren(inner) if !self.tables.coercions.contains_key(&e.id) => {
                self.used_type(inner)
            }
            _ => self.tables.coercions.get(&e.id).unwrap_or_else(|| self.tables.ty(e.id)),
        }
    }

    /// Adds the change of type that the checker found at a node.
    fn coerced(&mut self, node: Node, id: NodeId, from: &Type, span: Span) -> Node {
        let Some(to) = self.tables.coercions.get(&id) else { return node };
        self.converted(node, from, to, span)
    }

    fn converted(&mut self, node: Node, from: &Type, to: &Type, span: Span) -> Node {
        match (Convert::plan(from, to, &self.program.defs, self.layouts), node) {
            (Convert::Keep, node) => node,
            (Convert::Widen, Node::Const(Value::Int(n))) => Node::Const(Value::Float(n as f64)),
            (Convert::Widen, node) => Node::Widen(Box::new(node)),
            (convert, value) => Node::Convert(Box::new(ConvertNode { value, convert, span })),
        }
    }

    fn source(&self, span: Span) -> Arc<str> {
        self.program.sources.slice(span).into()
    }

    fn callable_name(&self, id: CallableId) -> Arc<str> {
        self.program.callable(id).name.clone()
    }

    /// Every expression of a test that its runner evaluates by itself.
    fn test(&mut self, item: &ast::TestItem, add: &mut dyn FnMut(NodeId, TestCode)) {
        let locals = self.locals;
        if let Some((pattern, rows)) = &item.table {
            let code = TestCode { node: self.expr(rows), pattern: Some(self.pattern(pattern)), locals };
            add(rows.id, code);
        }
        for statement in &item.body {
            match statement {
                ast::TestStmt::Stmt(s) => {
                    let (id, node) = match &s.kind {
                        ast::StmtKind::Let { value, .. }
                        | ast::StmtKind::Var { value, .. }
                        | ast::StmtKind::Assign { value, .. } => (value.id, self.statement(s, false)),
                        ast::StmtKind::Expr(e) => (e.id, self.statement(s, false)),
                    };
                    add(id, TestCode { node, pattern: None, locals });
                }
                ast::TestStmt::Given(given) => self.given(given, add),
                ast::TestStmt::Expect(expect) => self.expect(expect, add),
            }
        }
    }

    fn add(&mut self, e: &Expr, add: &mut dyn FnMut(NodeId, TestCode)) {
        let code = TestCode { node: self.expr(e), pattern: None, locals: self.locals };
        add(e.id, code);
    }

    fn given(&mut self, given: &ast::Given, add: &mut dyn FnMut(NodeId, TestCode)) {
        match &given.effect {
            ast::GivenEffect::Run(command) => self.command_parts(command, add),
            ast::GivenEffect::Call { args: Some(args), .. } => {
                for arg in args {
                    if let ast::GivenArg::Is(e) = arg {
                        self.add(e, add);
                    }
                }
            }
            _ => {}
        }
        for answer in &given.answers {
            match answer {
                ast::Answer::Value(e) | ast::Answer::Fail { message: e, .. } => self.add(e, add),
                ast::Answer::Approve { comment, value, .. } => {
                    comment.iter().chain(value).for_each(|e| self.add(e, add));
                }
                ast::Answer::Reject { comment, .. } => comment.iter().for_each(|e| self.add(e, add)),
                ast::Answer::Timeout(_) => {}
            }
        }
    }

    fn expect(&mut self, expect: &ast::Expect, add: &mut dyn FnMut(NodeId, TestCode)) {
        match &expect.kind {
            ast::ExpectKind::Outcome { call, outcome } => {
                self.add(call, add);
                if let ast::Outcome::Fails { text: Some(text), .. } = outcome {
                    self.add(text, add);
                }
            }
            ast::ExpectKind::Holds(e) => {
                self.add(e, add);
                // The two sides of a comparison are shown when it does not hold.
                if let ast::ExprKind::Binary { left, right, .. } = &e.kind {
                    self.add(left, add);
                    self.add(right, add);
                }
            }
            ast::ExpectKind::Ran { command, count, before, stdin, .. } => {
                self.command_parts(command, add);
                if let Some(ast::RanCount::Times(n)) = count {
                    self.add(n, add);
                }
                before.iter().for_each(|c| self.command_parts(c, add));
                stdin.iter().for_each(|e| self.add(e, add));
            }
            ast::ExpectKind::Asked { with, .. } => with.iter().for_each(|e| self.add(e, add)),
            ast::ExpectKind::Said { text, .. } => self.add(text, add),
            ast::ExpectKind::Wrote { path, text, .. } => {
                self.add(path, add);
                text.iter().for_each(|e| self.add(e, add));
            }
        }
    }

    fn command_parts(&mut self, command: &ast::Command, add: &mut dyn FnMut(NodeId, TestCode)) {
        for part in command.words.iter().flat_map(|w| &w.parts) {
            if let ast::WordPart::Expr(e) | ast::WordPart::Spread(e) = part {
                self.add(e, add);
            }
        }
    }
}
