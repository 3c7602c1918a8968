//! Types of expressions, found from what is written and from what is asked for.
//!
//! Every expression gets a type in the tables, *as written*; where its value goes into another type the target
//! stands in `coercions` at the innermost expression that gives the value. What went wrong once has the type
//! [`Type::Error`], which fits everywhere, so that one mistake makes one message.

mod access;
mod approvals;
mod arguments;
mod ask;
mod blocks;
mod calls;
mod commands;
mod control;
mod generics;
mod literals;
mod loops;
mod operators;
mod patterns;

use super::program::CallableId;
use super::shapes;
use super::world::World;
use crate::diagnostics::codes::{flow, names, types as code};
use crate::diagnostics::did_you_mean;
use crate::source::Span;
use crate::syntax::ast::{Block, Expr, ExprKind, StmtKind};
use crate::types::{Fit, Refinement, Type, fit, join};

/// Beyond this many expressions inside each other the checker refuses, so that no stack overflows.
const MAX_NESTING: u32 = 512;

/// What the surroundings want of an expression.
#[derive(Clone, Copy)]
pub(super) enum Want<'a> {
    Any,
    /// This would be nice; nobody checks it here.
    Hint(&'a Type),
    /// It must fit this; control flow hands it down to the expressions that give the value.
    Must(&'a Type, Why),
    /// The value is dropped.
    Drop,
}

impl<'a> Want<'a> {
    pub fn hint(self) -> Option<&'a Type> {
        match self {
            Want::Hint(t) | Want::Must(t, _) => Some(t),
            _ => None,
        }
    }
}

/// Why a type is asked for.
#[derive(Clone, Copy)]
pub(super) enum Why {
    At(Span, &'static str),
    Of(&'static str),
    /// A parameter of a declared callable, by number.
    Param(CallableId, u32),
    None,
}

impl World<'_> {
    /// The type of an expression; fills the tables for it and for all that it holds.
    pub fn expr(&mut self, e: &Expr, want: Want<'_>) -> Type {
        self.body.nesting += 1;
        if self.body.nesting > MAX_NESTING {
            self.body.nesting -= 1;
            self.body.acts += 1;
            if !std::mem::replace(&mut self.body.too_deep, true) {
                let d = self
                    .error(
                        flow::E0416,
                        e.span,
                        format!("more than {MAX_NESTING} expressions stand inside each other"),
                    )
                    .label("one too many")
                    .help("give parts of it a name with `let`");
                self.report(d);
            }
            return Type::Error;
        }
        let acts = self.body.acts;
        let ty = self.expr_kind(e, want);
        self.body.nesting -= 1;
        self.set_type(e.id, &ty);
        if let Want::Drop = want
            && acts == self.body.acts
        {
            self.dropped(e, &ty);
        }
        ty
    }

    fn expr_kind(&mut self, e: &Expr, want: Want<'_>) -> Type {
        match &e.kind {
            ExprKind::None => Type::NoneType,
            ExprKind::Bool(_) => Type::Bool,
            ExprKind::Int(_) => Type::Int,
            ExprKind::Float(_) => Type::Float,
            ExprKind::Duration(_) => Type::Duration,
            ExprKind::Size(_) => Type::Size,
            ExprKind::Text(t) => self.text(t),
            ExprKind::List(items) => self.list(items, want),
            ExprKind::Map(entries) => self.map(e, entries, want),
            ExprKind::Record(fields) => self.record(e, fields, want),
            ExprKind::Name(_) | ExprKind::TypeName(_) | ExprKind::Variant(_) | ExprKind::Field { .. } => {
                self.access(e, want)
            }
            ExprKind::Index { base, index } => self.index(base, index),
            ExprKind::Call { callee, args } => self.call(e, callee, args, want),
            ExprKind::Lambda { params, body } => self.stray_lambda(e, params, body),
            ExprKind::Unary { op, op_span, operand } => self.unary(*op, *op_span, operand),
            ExprKind::Binary { op, op_span, left, right } => self.binary(*op, *op_span, left, right, want),
            ExprKind::Range { start, end, .. } => {
                self.check(start, &Type::Int, Why::Of("a range goes from Int to Int"));
                self.check(end, &Type::Int, Why::Of("a range goes from Int to Int"));
                Type::Range
            }
            ExprKind::Block(block) => self.block(block, want),
            ExprKind::If { condition, then, otherwise } => {
                self.if_(e, condition, then, otherwise.as_deref(), want)
            }
            ExprKind::Match { subject, arms } => self.match_(e, subject, arms, want),
            ExprKind::For { pattern, iterable, body } => self.for_(pattern, iterable, body, want),
            ExprKind::Repeat { limit, body, otherwise } => {
                self.repeat(e, limit, body, otherwise.as_deref(), want)
            }
            ExprKind::Return(value) => self.return_(e, value.as_deref()),
            ExprKind::Break(value) => self.break_(e, value.as_deref()),
            ExprKind::Continue => self.continue_(e),
            ExprKind::Try { body, catches } => self.try_(e, body, catches, want),
            ExprKind::Ensure { condition, message, help } => {
                self.ensure(condition, message.as_deref(), help.as_deref())
            }
            ExprKind::Fail { kind, message, help } => self.fail(kind, message, help.as_deref()),
            ExprKind::Wait(time) => {
                self.effect(e.span, "waits");
                self.check(time, &Type::Duration, Why::Of("`wait` takes a Duration such as `2m`"));
                Type::Nothing
            }
            ExprKind::Say(text) => {
                self.effect(e.span, "says something");
                self.text_value(text, "`say` shows a text");
                Type::Nothing
            }
            ExprKind::Step(step) => self.step(e, step),
            ExprKind::Parallel { branches } => self.parallel(branches),
            ExprKind::ParallelFor { pattern, iterable, limit, body } => {
                self.parallel_for(pattern, iterable, limit.as_deref(), body)
            }
            ExprKind::Run(run) => self.run(e, run),
            ExprKind::Ask(ask) => self.ask(e, ask),
            ExprKind::Gate(gate) => self.gate(e, gate),
            ExprKind::ReadAs { call, ty } => self.read_as(call, ty),
            ExprKind::Paren(inner) => self.expr(inner, want),
            ExprKind::Error => {
                self.body.acts += 1;
                Type::Error
            }
        }
    }

    /// The expression must fit `expected`.
    pub fn check(&mut self, e: &Expr, expected: &Type, why: Why) -> Type {
        let got = self.expr(e, Want::Must(expected, why));
        self.fits(e, &got, expected, why);
        got
    }

    /// Reports a value that does not fit; records the conversion of one that does.
    pub fn fits(&mut self, e: &Expr, got: &Type, expected: &Type, why: Why) -> bool {
        match fit(got, expected, &self.defs) {
            Fit::Same => true,
            Fit::Convert => {
                self.convert(e, expected, why);
                true
            }
            Fit::No => {
                self.mismatch(e, got, expected, why);
                false
            }
        }
    }

    fn convert(&mut self, e: &Expr, target: &Type, why: Why) {
        let e = unparen(e);
        // The innermost type that has a condition, behind what may be absent.
        let inner = match target {
            Type::Optional(inner) => inner,
            other => other,
        };
        match inner {
            Type::Refined(r) => self.refute_literal(e, r, why),
            Type::Role => {
                if let ExprKind::Text(t) = &e.kind
                    && let Some(name) = t.plain()
                {
                    self.known_approver(&name, e.span);
                }
            }
            _ => {}
        }
        self.tables().coercions.insert(e.id, target.clone());
    }

    fn refute_literal(&mut self, e: &Expr, r: &Refinement, why: Why) {
        let Some(reason) = shapes::broken(e, r) else { return };
        let message = match &r.name {
            Some(name) => format!("this is no `{name}`: {reason}"),
            None => format!("this value is refused: {reason}"),
        };
        let d = self.error(code::E0318, e.span, message).label(format!("must satisfy `{}`", r.source));
        let d = self.because(d, why);
        self.report(d);
    }

    fn mismatch(&mut self, e: &Expr, got: &Type, expected: &Type, why: Why) {
        let (wanted, found) = (self.show(expected), self.show(got));
        let optional = matches!(got, Type::Optional(inner) if fit(inner, expected, &self.defs) != Fit::No)
            || matches!(got, Type::NoneType);
        let (id, message) = match optional {
            true => (code::E0312, format!("expected `{wanted}`, but this may be `none`")),
            false => (code::E0301, format!("expected `{wanted}`, found `{found}`")),
        };
        let mut d = self.error(id, e.span, message).label(match why {
            Why::Of(text) => text.to_owned(),
            _ => format!("this is `{found}`"),
        });
        d = self.because(d, why);
        d = match (got.base(), expected.base()) {
            (Type::Optional(_), _) if optional => {
                d.help("give a value for `none` with `??`, or look with `match` or `if x != none`")
            }
            (Type::Float, Type::Int) => d.help("`round()`, `floor()`, `ceil()` and `to_int()` give an Int"),
            (_, Type::Text) if crate::types::forms::has_text_form(got, &self.defs) => {
                d.help("`\"{…}\"` or `to_text()` makes a text of it")
            }
            (Type::Text, Type::Int | Type::Float | Type::Duration | Type::Size | Type::Time | Type::Bool) => {
                d.help(format!(
                    "`{wanted}.parse(text)` reads one from a text and gives `none` if it is not one"
                ))
            }
            (Type::Output, Type::Text) => {
                d.help("`run … as Text` gives the standard output; so does `.stdout`")
            }
            (_, Type::Json) => d.help("`to_json()` gives the JSON form"),
            (Type::Json, _) => {
                d.help(format!("`{wanted}.from_json(json)` gives it, or `none` if it does not fit"))
            }
            _ => d,
        };
        self.report(d);
    }

    /// Adds the place that asked for the type.
    pub fn because(&self, d: crate::diagnostics::Diagnostic, why: Why) -> crate::diagnostics::Diagnostic {
        match why {
            Why::At(span, text) => d.also(span, text),
            Why::Param(id, index) => match self.param_span(id, index) {
                Some(span) => d.also(span, "the parameter is declared here"),
                None => d,
            },
            Why::Of(_) | Why::None => d,
        }
    }

    pub fn condition(&mut self, e: &Expr, of: &str) {
        let got = self.expr(e, Want::Hint(&Type::Bool));
        if matches!(got.base(), Type::Bool | Type::Error | Type::Never) {
            return;
        }
        let shown = self.show(&got);
        let mut d = self
            .error(code::E0311, e.span, format!("the condition of {of} is `{shown}`, not `Bool`"))
            .label("must be true or false");
        d = match got.base() {
            Type::Optional(_) => d.help("write `!= none` to ask whether it is there"),
            Type::Text | Type::List(_) | Type::Map(_) => d.help("write `.is_empty` or `.len > 0`"),
            Type::Int | Type::Float => d.help("compare it: `!= 0`"),
            Type::Output => d.help("compare its exit code: `.exit == 0`"),
            _ => d,
        };
        self.report(d);
    }

    /// Something beside computing happens here; refused where it may not.
    pub fn effect(&mut self, span: Span, verb: &str) {
        self.body.acts += 1;
        self.body.summary.effects = true;
        let Some(place) = self.body.pure else { return };
        let help = match place {
            "a `fn`" => "make it a `task`, or do this before and hand the value in",
            "a lambda" => "write a `for` or `parallel for` loop, whose body may do this",
            _ => "do this in a task or workflow and hand the value in",
        };
        let d = self
            .error(flow::E0401, span, format!("{place} is pure, but this {verb}"))
            .label("an effect")
            .help(help);
        self.report(d);
    }

    /// A role or person must be one that the project names, where it names any.
    pub fn known_approver(&mut self, name: &str, span: Span) {
        let Some(known) = &self.env.approvers else { return };
        if known.iter().any(|n| &**n == name) {
            return;
        }
        let near = did_you_mean(name, known.iter().map(|n| &**n));
        let mut d = crate::diagnostics::Diagnostic::error(
            names::E0212,
            span,
            format!("`wflow.toml` names no role or person `{name}`"),
        )
        .suggest(near);
        if known.is_empty() {
            d = d.help("declare roles there: `[roles]` and `[people.NAME]`");
        }
        self.report(d);
    }

    /// The common type of several expressions; each is converted to it.
    pub fn join_all(&mut self, parts: &[(&Expr, Type)], what: &str) -> Type {
        let mut so_far = Type::Never;
        for (e, ty) in parts {
            match join(&so_far, ty, &self.defs) {
                Some(t) => so_far = t,
                None => {
                    let (a, b) = (self.show(&so_far), self.show(ty));
                    let first = parts[0].0.span;
                    let d = self
                        .error(code::E0329, e.span, format!("{what} of different types: `{a}` and `{b}`"))
                        .label(format!("this is `{b}`"))
                        .also(first, format!("this is `{a}`"));
                    self.report(d);
                    return Type::Error;
                }
            }
        }
        for (e, ty) in parts {
            self.retarget(e, ty, &so_far);
        }
        so_far
    }

    /// The value of `e` goes into `target`: recorded where the value comes from.
    pub fn retarget(&mut self, e: &Expr, got: &Type, target: &Type) {
        if fit(got, target, &self.defs) != Fit::Convert {
            return;
        }
        match &e.kind {
            ExprKind::Paren(inner) => self.retarget_expr(inner, target),
            ExprKind::Block(b) => self.retarget_block(b, target),
            ExprKind::If { then, otherwise, .. } => {
                self.retarget_block(then, target);
                if let Some(e) = otherwise {
                    self.retarget_expr(e, target);
                }
            }
            ExprKind::Match { arms, .. } => arms.iter().for_each(|a| self.retarget_expr(&a.body, target)),
            ExprKind::Try { body, catches } => {
                self.retarget_block(body, target);
                catches.iter().for_each(|c| self.retarget_block(&c.body, target));
            }
            _ => {
                self.tables().coercions.insert(e.id, target.clone());
            }
        }
    }

    fn retarget_expr(&mut self, e: &Expr, target: &Type) {
        let got = match self.tables().coercions.get(&e.id) {
            Some(t) => t.clone(),
            None => self.ty(e.id).clone(),
        };
        self.retarget(e, &got, target);
    }

    pub fn retarget_block(&mut self, b: &Block, target: &Type) {
        if let Some(last) = b.stmts.last()
            && let StmtKind::Expr(e) = &last.kind
        {
            self.retarget_expr(e, target);
        }
    }
}

pub(super) fn unparen(e: &Expr) -> &Expr {
    match &e.kind {
        ExprKind::Paren(inner) => unparen(inner),
        _ => e,
    }
}
