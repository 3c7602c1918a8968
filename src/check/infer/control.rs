//! `match`, `try`, `ensure`, `fail`, `return`, `step`.

use super::blocks::Branch;
use super::{Want, Why};
use crate::check::body::{Frame, LocalKind};
use crate::check::world::World;
use crate::diagnostics::codes::{flow, names};
use crate::diagnostics::{ErrorKind, did_you_mean};
use crate::syntax::ast::{Arm, Block, Catch, Expr, Ident, PatternKind, Step};
use crate::types::Type;

impl World<'_> {
    pub(super) fn match_(&mut self, e: &Expr, subject: &Expr, arms: &[Arm], want: Want<'_>) -> Type {
        let ty = self.expr(subject, Want::Any);
        let place = self.place(subject);
        let mut parts: Vec<(Branch<'_>, Type)> = Vec::with_capacity(arms.len());
        // After an arm that takes `none`, the others see the value without it.
        let mut left = ty.clone();
        // A wrong pattern says nothing about what is covered.
        let mut sound = true;
        for arm in arms {
            let mark = self.body.mark();
            let found = self.diagnostics.len();
            self.pattern(&arm.pattern, &left, LocalKind::Pattern);
            sound &= found == self.diagnostics.len();
            if let (Some(place), Type::Optional(inner)) = (&place, &ty)
                && (left != ty || !takes_none(&arm.pattern.kind))
                && !matches!(arm.pattern.kind, PatternKind::Any | PatternKind::Bind(_))
            {
                let fact =
                    crate::check::body::Fact { place: place.clone(), ty: (**inner).clone(), holds: true };
                self.body.facts.push(fact);
            }
            if let Some(guard) = &arm.guard {
                self.condition(guard, "an arm");
                self.assume(guard, true);
            }
            let got = self.expr(&arm.body, want);
            let got = self.settle(&arm.body, got, want);
            self.body.leave(mark);
            parts.push((Branch::Expr(&arm.body), got));
            if arm.guard.is_none()
                && takes_none(&arm.pattern.kind)
                && let Type::Optional(inner) = &ty
            {
                left = (**inner).clone();
            }
        }
        if !ty.is_error() && sound {
            self.exhaustive(subject, arms, &ty);
        }
        if parts.is_empty() {
            return Type::Nothing;
        }
        self.branches(e, &parts, want)
    }

    pub(super) fn try_(&mut self, e: &Expr, body: &Block, catches: &[Catch], want: Want<'_>) -> Type {
        self.body.acts += 1;
        self.kill_assigned(body);
        let mark = self.body.mark();
        let first = self.block(body, want);
        let mut parts = vec![(Branch::Block(body), first)];
        for catch in catches {
            self.body.forget_facts(mark);
            if let Some(kind) = &catch.kind {
                self.error_kind(kind);
            }
            let inner = self.body.mark();
            if let Some(name) = &catch.name {
                self.bind(name, &Type::Failure, LocalKind::Caught);
            }
            let got = self.block(&catch.body, want);
            self.body.leave(inner);
            parts.push((Branch::Block(&catch.body), got));
        }
        self.body.forget_facts(mark);
        self.branches(e, &parts, want)
    }

    pub fn error_kind(&mut self, kind: &Ident) {
        if ErrorKind::from_name(&kind.name).is_some() {
            return;
        }
        let near = did_you_mean(&kind.name, ErrorKind::ALL.iter().map(|k| k.name()));
        let all: Vec<&str> = ErrorKind::ALL.iter().map(|k| k.name()).collect();
        let d = self
            .error(names::E0215, kind.span, format!("there is no kind of error `{}`", kind.name))
            .label("unknown kind")
            .suggest(near)
            .help(format!("the kinds are {}", all.join(", ")));
        self.report(d);
    }

    pub(super) fn ensure(&mut self, condition: &Expr, message: Option<&Expr>, help: Option<&Expr>) -> Type {
        self.body.acts += 1;
        self.condition(condition, "`ensure`");
        let mark = self.body.mark();
        self.assume(condition, false);
        if let Some(message) = message {
            self.text_value(message, "the message is a text");
        }
        if let Some(help) = help {
            self.text_value(help, "the help is a text");
        }
        self.body.forget_facts(mark);
        self.assume(condition, true);
        Type::Nothing
    }

    pub(super) fn fail(&mut self, kind: &Ident, message: &Expr, help: Option<&Expr>) -> Type {
        self.body.acts += 1;
        self.error_kind(kind);
        self.text_value(message, "the message is a text");
        if let Some(help) = help {
            self.text_value(help, "the help is a text");
        }
        Type::Never
    }

    pub(super) fn return_(&mut self, e: &Expr, value: Option<&Expr>) -> Type {
        self.body.acts += 1;
        let wall = self.body.frames.iter().rev().find_map(|f| match f {
            Frame::Wall(what) => Some(*what),
            _ => None,
        });
        if let Some(what) = wall {
            let d = self
                .error(flow::E0414, e.span, format!("`return` cannot leave {what}"))
                .label("leaves from here")
                .help("let the value be its last expression");
            self.report(d);
            if let Some(v) = value {
                self.expr(v, Want::Any);
            }
            return Type::Never;
        }
        let Some((expected, span)) = self.body.result.clone() else {
            let d = self
                .error(flow::E0406, e.span, "there is nothing to return from here")
                .label("not in a `fn`, `task` or `workflow`");
            self.report(d);
            if let Some(v) = value {
                self.expr(v, Want::Any);
            }
            return Type::Never;
        };
        let why =
            span.map_or(Why::Of("there is no result type"), |s| Why::At(s, "the result type is given here"));
        match value {
            Some(v) => {
                self.check(v, &expected, why);
            }
            None => {
                if !matches!(expected, Type::Nothing | Type::Error) {
                    let shown = self.show(&expected);
                    let d = self
                        .error(
                            flow::E0409,
                            e.span,
                            format!("this returns nothing, but `{shown}` is promised"),
                        )
                        .label("a value is missing");
                    let d = self.because(d, why);
                    self.report(d);
                }
            }
        }
        Type::Never
    }

    pub(super) fn step(&mut self, e: &Expr, step: &Step) -> Type {
        self.effect(e.span, "has a step");
        self.point("step", &step.name);
        if let Some(title) = &step.title {
            self.text_value(title, "the title of a step is a text");
        }
        let ty = self.block(&step.body, Want::Any);
        let kept = if ty == Type::Never { Type::Nothing } else { ty.clone() };
        self.needs_json_form(step.name.span, &kept, "the evidence of a step");
        if let Some(undo) = &step.undo {
            let mark = self.body.mark();
            // It may not have come so far.
            let maybe = match &kept {
                Type::Nothing => Type::Nothing,
                other => Type::optional(other.clone()),
            };
            self.body.add(step.name.name.clone(), maybe, step.name.span, LocalKind::Step);
            let id = self.body.locals.len() as u32 - 1;
            self.tables().undo.insert(step.name.id, id);
            self.body.frames.push(Frame::Wall("an `undo`"));
            self.block(undo, Want::Drop);
            self.body.frames.pop();
            self.body.leave(mark);
        }
        self.bind(&step.name, &kept, LocalKind::Step);
        ty
    }
}

fn takes_none(pattern: &PatternKind) -> bool {
    match pattern {
        PatternKind::Literal(e) => crate::check::body::is_none(e),
        PatternKind::Or(list) => list.iter().any(|p| takes_none(&p.kind)),
        _ => false,
    }
}
