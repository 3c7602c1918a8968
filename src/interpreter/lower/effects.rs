//! What asks the world: the three primitives, steps, branches, and the functions of the language.

use super::Body;
use crate::check::{Builtin, Res};
use crate::interpreter::node::*;
use crate::syntax::ast::{self, Approvers, ApproversKind, Expr, ExprKind, TypeKind, WordPart};
use crate::types::Type;
use crate::value::Value;
use std::sync::Arc;

impl Body<'_> {
    pub fn effect(&mut self, e: &Expr) -> Node {
        match &e.kind {
            ExprKind::Wait(value) => {
                let value = self.expr(value);
                Node::Wait(Box::new(SiteNode { value, site: self.site("wait", e) }))
            }
            ExprKind::Say(value) => {
                let value = self.expr(value);
                Node::Say(Box::new(SiteNode { value, site: self.site("say", e) }))
            }
            ExprKind::Step(step) => self.step(step),
            ExprKind::Parallel { branches } => self.parallel(e, branches),
            ExprKind::ParallelFor { pattern, iterable, limit, body } => {
                let iterable = self.expr(iterable);
                let limit = self.optional_expr(limit.as_deref());
                let pattern = self.pattern(pattern);
                let site = self.site("parallel", e);
                let node = self.block(body, true);
                let body = self.coerced(node, body.id, self.tables.ty(body.id), body.span);
                Node::ParallelFor(Box::new(ParallelForNode { pattern, iterable, limit, body, site }))
            }
            ExprKind::Run(run) => self.run(e, run),
            ExprKind::Ask(ask) => self.ask(e, ask),
            ExprKind::Gate(gate) => self.gate(e, gate),
            ExprKind::ReadAs { call, ty } => match &call.kind {
                ExprKind::Call { callee, args } if self.builtin_of(callee) == Some(Builtin::Read) => {
                    let ty = self.tables.ty(ty.id).clone();
                    self.builtin_call(call, Builtin::Read, args, Some(ty))
                }
                _ => self.broken("`as` after something that is no `read`", e.span),
            },
            _ => self.broken("an unknown effect", e.span),
        }
    }

    pub fn builtin_call(
        &mut self,
        e: &Expr,
        builtin: Builtin,
        args: &[ast::Arg],
        read_as: Option<Type>,
    ) -> Node {
        let label = Builtin::ALL.iter().find(|(_, b)| *b == builtin).map_or("effect", |(name, _)| name);
        let params = match builtin {
            Builtin::Now | Builtin::Uuid => 0,
            Builtin::Write | Builtin::Vouch => 2,
            _ => 1,
        };
        let mut nodes: Vec<Option<Node>> = (0..params).map(|_| None).collect();
        for (param, node) in self.arguments(e, args, params).0 {
            if let Some(place) = nodes.get_mut(param as usize) {
                *place = Some(node);
            }
        }
        let args: Vec<Node> = nodes.into_iter().flatten().collect();
        if args.len() != params {
            return self.broken("a call without all its arguments", e.span);
        }
        let site = self.site(label, e);
        Node::Effect(Box::new(EffectNode { builtin, args, read_as, site }))
    }

    fn step(&mut self, step: &ast::Step) -> Node {
        let title = self.optional_expr(step.title.as_ref());
        // A step is an effect itself: it is recorded.
        self.effects += 1;
        let body = self.scoped(|b| {
            let node = b.block(&step.body, true);
            b.coerced(node, step.body.id, b.tables.ty(step.body.id), step.body.span)
        });
        let undo = step.undo.as_ref().map(|block| {
            let (body, captures) = self.capturing(|b| b.scoped(|b| b.block(block, false)));
            let own = self.tables.undo.get(&step.name.id).copied();
            UndoNode { body, captures, own, span: block.span }
        });
        Node::Step(Box::new(StepNode {
            name: step.name.name.clone(),
            slot: self.slot(&step.name),
            title,
            body,
            undo,
            span: step.name.span,
        }))
    }

    fn parallel(&mut self, e: &Expr, branches: &[(ast::Ident, Expr)]) -> Node {
        let site = self.site("parallel", e);
        let names: Vec<&ast::Ident> = branches.iter().map(|(name, _)| name).collect();
        let layout = self.structural(self.tables.ty(e.id), &names);
        let branches = branches.iter().map(|(name, e)| (name.name.clone(), self.expr(e))).collect();
        Node::Parallel(Box::new(ParallelNode { layout, branches, site }))
    }

    fn run(&mut self, e: &Expr, run: &ast::Run) -> Node {
        let words = run.command.words.iter().map(|w| self.word(w)).collect();
        let form = match &run.form {
            None => RunForm::Output,
            Some(ty) => {
                let denoted = self.tables.ty(ty.id).clone();
                match (&ty.kind, &denoted) {
                    (TypeKind::JsonLines(inner), _) => RunForm::JsonLines(self.tables.ty(inner.id).clone()),
                    (TypeKind::Name { module: None, name }, _) if &*name.name == "Lines" => RunForm::Lines,
                    (TypeKind::Name { module: None, name }, _) if &*name.name == "Output" => RunForm::Output,
                    (_, Type::Text) => RunForm::Text,
                    (_, Type::Output) => RunForm::Output,
                    _ => RunForm::Json(denoted),
                }
            }
        };
        let node = RunNode {
            words,
            form,
            dir: self.optional_expr(run.dir.as_ref()),
            env: self.optional_expr(run.env.as_ref()),
            stdin: self.optional_expr(run.stdin.as_ref()),
            timeout: self.optional_expr(run.timeout.as_ref()),
            exits: self.optional_expr(run.exits.as_ref()),
            retry: run.retry.as_ref().map(|r| RetryNode {
                times: self.expr(&r.times),
                every: self.optional_expr(r.every.as_ref()),
                on: self.optional_expr(r.on.as_ref()),
            }),
            idempotent: run.idempotent.is_some(),
            site: self.site("run", e),
        };
        Node::Run(Box::new(node))
    }

    fn word(&mut self, word: &ast::Word) -> WordNode {
        if let [WordPart::Spread(e)] = &word.parts[..] {
            return WordNode::Spread(self.expr(e));
        }
        let parts: Vec<Part> = word
            .parts
            .iter()
            .map(|part| match part {
                WordPart::Lit(text) => Part::Lit(text.clone()),
                // Only in patterns of policies and tests, which nobody runs.
                WordPart::Any => Part::Lit("*".into()),
                WordPart::Expr(e) | WordPart::Spread(e) => Part::Expr(self.expr(e)),
            })
            .collect();
        match &parts[..] {
            [] => WordNode::Lit("".into()),
            [Part::Lit(text)] => WordNode::Lit(text.clone()),
            _ => WordNode::Parts(parts),
        }
    }

    fn checks(&mut self, checks: &[ast::CheckClause]) -> Vec<CheckNode> {
        checks
            .iter()
            .filter_map(|c| {
                let it = self.slot_of(c.id).or_else(|| self.tables.it.get(&c.id).copied())?;
                self.used(it);
                Some(CheckNode {
                    it,
                    condition: self.expr(&c.condition),
                    message: self.optional_expr(c.message.as_ref()),
                    source: self.source(c.condition.span),
                })
            })
            .collect()
    }

    /// The fields of a `with { }` or `show { }`.
    fn labelled(&mut self, e: &Expr) -> Vec<(Arc<str>, Node)> {
        match &e.kind {
            ExprKind::Record(fields) => {
                fields.iter().map(|f| (f.name.name.clone(), self.expr(&f.value))).collect()
            }
            ExprKind::Map(entries) => entries
                .iter()
                .filter_map(|(k, v)| match &k.kind {
                    ExprKind::Text(text) => Some((text.plain()?.into(), self.expr(v))),
                    _ => None,
                })
                .collect(),
            ExprKind::Paren(inner) => self.labelled(inner),
            _ => vec![("value".into(), self.expr(e))],
        }
    }

    fn ask(&mut self, e: &Expr, ask: &ast::Ask) -> Node {
        let agent = ask.agent.as_ref().and_then(|a| match self.tables.res(a.id) {
            Res::Agent(id) => Some(id),
            _ => None,
        });
        let ty = ask.ty.as_ref().map_or(Type::Text, |ty| self.tables.ty(ty.id).clone());
        let node = AskNode {
            agent,
            prompt: self.expr(&ask.prompt),
            typed: ty != Type::Text,
            ty,
            with: ask.with.as_ref().map(|e| self.labelled(e)).unwrap_or_default(),
            retry: self.optional_expr(ask.retry.as_ref()),
            checks: self.checks(&ask.checks),
            turns: self.optional_expr(ask.turns.as_ref()),
            timeout: self.optional_expr(ask.timeout.as_ref()),
            interactive: ask.interactive.is_some(),
            site: self.site("ask", e),
            // After the site, so that what `otherwise` does is numbered after the question.
            otherwise: self.optional_expr(ask.otherwise.as_ref()),
        };
        Node::Ask(Box::new(node))
    }

    fn gate(&mut self, e: &Expr, gate: &ast::Gate) -> Node {
        self.effects += 1;
        let question = self.expr(&gate.question);
        let edit = self.optional_expr(gate.edit.as_ref());
        let ty = match (&gate.ty, &gate.edit) {
            (Some(ty), _) => Some(self.tables.ty(ty.id).clone()),
            // What comes back satisfies the type of what was given.
            (None, Some(e)) => Some(self.used_type(e).clone()),
            (None, None) => None,
        };
        let node = GateNode {
            name: gate.name.name.clone(),
            slot: self.slot(&gate.name),
            question,
            by: gate.by.as_ref().map(|a| self.approvers(a)),
            show: gate.show.as_ref().map(|e| self.labelled(e)),
            require: gate.require.iter().map(|e| self.expr(e)).collect(),
            timeout: self.optional_expr(gate.timeout.as_ref()),
            escalate: gate.escalate.iter().map(|a| self.approvers(a)).collect(),
            edit,
            ty,
            checks: self.checks(&gate.checks),
            on_reject: gate.on_reject.as_ref().map(|r| {
                let slot = r.name.as_ref().and_then(|n| self.slot(n));
                (slot, self.block(&r.body, false))
            }),
            assurance: self.optional_expr(gate.assurance.as_ref()),
            span: e.span,
        };
        Node::Gate(Box::new(node))
    }

    fn approvers(&mut self, approvers: &Approvers) -> ApproversNode {
        match &approvers.kind {
            ApproversKind::One(e) => ApproversNode::One(match (&e.kind, self.tables.res(e.id)) {
                // A name of `wflow.toml` is its own value.
                (ExprKind::Name(name), Res::Role | Res::None) => Node::Const(Value::from(&*name.name)),
                _ => self.expr(e),
            }),
            ApproversKind::And(all) => ApproversNode::And(all.iter().map(|a| self.approvers(a)).collect()),
            ApproversKind::Or(all) => ApproversNode::Or(all.iter().map(|a| self.approvers(a)).collect()),
            ApproversKind::Quorum { count, of } => {
                ApproversNode::Quorum(self.expr(count), of.iter().map(|a| self.approvers(a)).collect())
            }
        }
    }
}
