//! One body while it is checked: its variables, where they are visible, what is known of them, and what may be done
//! there.

use super::program::{CallableId, LocalId, Res};
use super::world::{Summary, World};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{lint, names};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Ident, UnaryOp};
use crate::types::Type;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LocalKind {
    Param,
    Let,
    Var,
    Pattern,
    Lambda,
    Step,
    Gate,
    It,
    /// `catch e`, `on reject r`.
    Caught,
    /// A value of an earlier entry of a session.
    Earlier,
}

#[derive(Debug)]
pub(super) struct Local {
    pub name: Arc<str>,
    pub ty: Type,
    pub span: Span,
    pub kind: LocalKind,
    pub used: bool,
    /// How many lambdas and parallel branches it stands in.
    pub depth: u32,
}

/// What encloses a statement and decides where `break` and `continue` go.
#[derive(Debug)]
pub(super) enum Frame {
    For,
    ParallelFor,
    Repeat {
        result: Option<Type>,
        span: Span,
    },
    /// What cannot be left: a lambda, an `undo`, a parallel branch.
    Wall(&'static str),
}

/// A place whose type is known better than declared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub local: LocalId,
    pub fields: Vec<Arc<str>>,
}

#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub place: Place,
    pub ty: Type,
    pub holds: bool,
}

/// Step and gate names of one callable.
#[derive(Debug, Default)]
pub(super) struct Points(pub HashMap<Arc<str>, Span>);

#[derive(Debug, Default)]
pub(super) struct Body {
    pub locals: Vec<Local>,
    visible: HashMap<Arc<str>, LocalId>,
    /// What each declaration hid, newest last, so that leaving a scope brings it back.
    hidden: Vec<(Arc<str>, Option<LocalId>)>,
    pub facts: Vec<Fact>,
    pub frames: Vec<Frame>,
    pub depth: u32,
    /// Why effects cannot happen here: "a fn", "a lambda".
    pub pure: Option<&'static str>,
    /// What `return` must give, and where that is said; absent where there is nothing to return from.
    pub result: Option<(Type, Option<Span>)>,
    /// How often something was done besides computing: tells a dropped value from a statement.
    pub acts: u32,
    pub points: Points,
    pub summary: Summary,
    /// Calls of tasks and workflows are allowed though the body is pure: an expectation of a test.
    pub test: bool,
    /// Whose body it is.
    pub callable: Option<CallableId>,
    /// How deep the expression is that is being checked.
    pub nesting: u32,
    /// It was too deep once, and that has been said.
    pub too_deep: bool,
}

/// Brings back what was visible before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    hidden: usize,
    facts: usize,
}

impl Body {
    pub fn pure(why: &'static str) -> Body {
        Body { pure: Some(why), ..Body::default() }
    }

    pub fn add(&mut self, name: Arc<str>, ty: Type, span: Span, kind: LocalKind) -> LocalId {
        let id = self.locals.len() as LocalId;
        let before = self.visible.insert(name.clone(), id);
        self.hidden.push((name.clone(), before));
        self.locals.push(Local { name, ty, span, kind, used: false, depth: self.depth });
        id
    }

    pub fn find(&self, name: &str) -> Option<LocalId> {
        self.visible.get(name).copied()
    }

    pub fn visible_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.visible.keys()
    }

    pub fn mark(&self) -> Mark {
        Mark { hidden: self.hidden.len(), facts: self.facts.len() }
    }

    /// Ends the scopes that began after the mark.
    pub fn leave(&mut self, mark: Mark) {
        self.facts.truncate(mark.facts);
        while self.hidden.len() > mark.hidden {
            let Some((name, before)) = self.hidden.pop() else { break };
            match before {
                Some(id) => self.visible.insert(name, id),
                None => self.visible.remove(&name),
            };
        }
    }

    pub fn forget_facts(&mut self, mark: Mark) {
        self.facts.truncate(mark.facts);
    }

    /// What was known of a variable holds no more.
    pub fn kill(&mut self, local: LocalId) {
        for fact in self.facts.iter_mut().filter(|f| f.place.local == local) {
            fact.holds = false;
        }
    }

    pub fn known(&self, place: &Place) -> Option<&Type> {
        self.facts.iter().rev().find(|f| f.holds && f.place == *place).map(|f| &f.ty)
    }
}

impl World<'_> {
    /// Declares a variable of the body and records where the tree says so.
    pub fn bind(&mut self, name: &Ident, ty: &Type, kind: LocalKind) -> LocalId {
        let id = self.body.add(name.name.clone(), ty.clone(), name.span, kind);
        self.set_type(name.id, ty);
        self.set_res(name.id, Res::Local(id));
        id
    }

    /// The body's own warnings, once it is done.
    pub fn report_unused_locals(&mut self) {
        let locals = std::mem::take(&mut self.body.locals);
        for local in &locals {
            let what = match local.kind {
                LocalKind::Let => "value",
                LocalKind::Var => "variable",
                LocalKind::Param | LocalKind::Lambda => "parameter",
                LocalKind::Pattern | LocalKind::Caught => "name",
                LocalKind::Step | LocalKind::Gate | LocalKind::It | LocalKind::Earlier => continue,
            };
            if local.used || local.ty.is_error() || local.name.starts_with('_') || local.name.is_empty() {
                continue;
            }
            let help = match local.kind {
                LocalKind::Caught => "leave the name out".to_owned(),
                _ => format!("remove it, or call it `_{}` to say that this is meant", local.name),
            };
            let d = Diagnostic::warning(
                lint::L0702,
                local.span,
                format!("the {what} `{}` is never used", local.name),
            )
            .label("never used")
            .help(help);
            self.report(d);
        }
        self.body.locals = locals;
    }

    /// A step or gate of the body; its name may stand once in a callable.
    pub fn point(&mut self, what: &str, name: &Ident) {
        if let Some(first) = self.body.points.0.get(&name.name) {
            let d = self
                .error(
                    names::E0214,
                    name.span,
                    format!("there are two steps or gates called `{}` here", name.name),
                )
                .label(format!("this {what} needs another name"))
                .also(*first, "the first one")
                .help("the journal tells steps and gates apart by their names");
            return self.report(d);
        }
        self.body.points.0.insert(name.name.clone(), name.span);
    }

    /// The place that an expression names, if narrowing can follow it.
    pub fn place(&self, e: &Expr) -> Option<Place> {
        match &e.kind {
            ExprKind::Paren(inner) => self.place(inner),
            ExprKind::Name(_) => match self.res(e.id) {
                Res::Local(local) => Some(Place { local, fields: Vec::new() }),
                _ => None,
            },
            ExprKind::Field { base, name, optional: false }
                if matches!(self.res(e.id), Res::FieldIndex(_)) =>
            {
                let mut place = self.place(base)?;
                place.fields.push(name.name.clone());
                Some(place)
            }
            _ => None,
        }
    }

    /// What is known where a condition was `truth`. The condition has been checked.
    pub fn facts_of(&self, condition: &Expr, truth: bool, out: &mut Vec<Fact>) {
        match &condition.kind {
            ExprKind::Paren(inner) => self.facts_of(inner, truth, out),
            ExprKind::Unary { op: UnaryOp::Not, operand, .. } => self.facts_of(operand, !truth, out),
            ExprKind::Binary { op, left, right, .. } => match (op, truth) {
                (BinaryOp::And, true) | (BinaryOp::Or, false) => {
                    self.facts_of(left, truth, out);
                    self.facts_of(right, truth, out);
                }
                (BinaryOp::Ne, true) | (BinaryOp::Eq, false) => {
                    let value = match (is_none(left), is_none(right)) {
                        (false, true) => left,
                        (true, false) => right,
                        _ => return,
                    };
                    if let Some(place) = self.place(value)
                        && let Type::Optional(inner) = self.ty(value.id)
                    {
                        out.push(Fact { place, ty: (**inner).clone(), holds: true });
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    pub fn assume(&mut self, condition: &Expr, truth: bool) {
        let mut facts = Vec::new();
        self.facts_of(condition, truth, &mut facts);
        self.body.facts.extend(facts);
    }

    /// Before a loop: what the loop's body assigns is no longer known.
    pub fn kill_assigned(&mut self, block: &crate::syntax::ast::Block) {
        if !self.body.facts.iter().any(|f| f.holds) {
            return;
        }
        let mut names = Vec::new();
        super::walk::block(block, &mut |node| {
            if let super::walk::Node::Stmt(stmt) = node
                && let crate::syntax::ast::StmtKind::Assign { target, .. } = &stmt.kind
                && let Some(name) = root_name(target)
            {
                names.push(name.clone());
            }
        });
        for name in names {
            if let Some(local) = self.body.find(&name) {
                self.body.kill(local);
            }
        }
    }
}

pub(super) fn is_none(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::None => true,
        ExprKind::Paren(inner) => is_none(inner),
        _ => false,
    }
}

/// The variable at the start of a place.
pub(super) fn root_name(e: &Expr) -> Option<&Arc<str>> {
    match &e.kind {
        ExprKind::Name(n) => Some(&n.name),
        ExprKind::Paren(e) => root_name(e),
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => root_name(base),
        _ => None,
    }
}
