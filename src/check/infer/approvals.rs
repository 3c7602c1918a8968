//! `gate` and its clauses.

use super::{Want, Why};
use crate::check::body::LocalKind;
use crate::check::program::Res;
use crate::check::shapes;
use crate::check::world::World;
use crate::diagnostics::codes::flow;
use crate::syntax::ast::{Approvers, ApproversKind, Expr, ExprKind, Gate};
use crate::types::Type;

impl World<'_> {
    pub(super) fn gate(&mut self, e: &Expr, gate: &Gate) -> Type {
        self.effect(e.span, "waits for people");
        self.point("gate", &gate.name);
        self.gates.push((gate.name.name.clone(), gate.name.span));
        self.text_value(&gate.question, "the question is a text");
        if let Some(by) = &gate.by {
            self.approvers(by);
        }
        for by in &gate.escalate {
            self.approvers(by);
        }
        if let Some(show) = &gate.show {
            self.evidence(show, "what approvers see");
        }
        for criterion in &gate.require {
            self.text_value(criterion, "a criterion is a text");
        }
        if let Some(timeout) = &gate.timeout {
            self.check(timeout, &Type::Duration, Why::Of("a timeout is a Duration such as `24h`"));
        }
        if let Some(assurance) = &gate.assurance {
            self.check(assurance, &Type::Text, Why::Of("a level of assurance is a Text"));
        }
        if gate.timeout.is_none()
            && let Some(by) = gate.escalate.first()
        {
            self.contradiction(
                by.span,
                "`escalate` without a `timeout` never happens",
                "add `timeout 24h` before it",
            );
        }
        let edited = gate.edit.as_ref().map(|v| {
            let ty = self.expr(v, Want::Any);
            self.needs_json_form(v.span, &ty, "what an approver edits");
            ty
        });
        let answered = gate.ty.as_ref().map(|t| {
            let ty = self.resolve(t);
            self.needs_json_form(t.span, &ty, "an answer");
            ty
        });
        if let (Some(edit), Some(ty)) = (&gate.edit, &gate.ty) {
            self.contradiction(
                edit.span.to(ty.span),
                "a gate has `edit` or `as`, not both",
                "`edit` gives back the edited value; `as T` asks for a new one",
            );
        }
        let value = edited.or(answered);
        match &value {
            Some(ty) => self.checks(&gate.checks, ty),
            None => {
                for check in &gate.checks {
                    self.contradiction(
                        check.span,
                        "there is nothing to check: this gate has neither `edit` nor `as`",
                        "a `require` is a criterion that approvers confirm",
                    );
                }
                self.checks(&gate.checks, &Type::Error);
            }
        }
        if let Some(reject) = &gate.on_reject {
            let mark = self.body.mark();
            if let Some(name) = &reject.name {
                self.bind(name, &Type::Rejection, LocalKind::Caught);
            }
            let got = self.block(&reject.body, Want::Drop);
            self.body.leave(mark);
            if !matches!(got, Type::Never | Type::Error) {
                let d = self
                    .error(
                        flow::E0407,
                        reject.span,
                        "`on reject` must leave: nothing after a rejected gate may run",
                    )
                    .label("goes on behind the gate")
                    .help("end it with `return`, `fail`, or `continue` or `break` of an enclosing loop");
                self.report(d);
            }
        }
        self.bind(&gate.name, &Type::Approval, LocalKind::Gate);
        value.unwrap_or(Type::Approval)
    }

    fn approvers(&mut self, by: &Approvers) {
        match &by.kind {
            ApproversKind::One(e) => self.approver(e),
            ApproversKind::And(list) | ApproversKind::Or(list) => list.iter().for_each(|a| self.approvers(a)),
            ApproversKind::Quorum { count, of } => {
                self.check(count, &Type::Int, Why::Of("how many is an Int"));
                self.positive(count, "at least one must approve");
                of.iter().for_each(|a| self.approvers(a));
                let n = shapes::literal(count).and_then(|v| v.as_u64());
                // A role may hold several people, so more than are listed can be possible; a list of people is not
                // told from one of roles here.
                if let Some(n) = n
                    && of.is_empty()
                    && n > 0
                {
                    let d = self.error(
                        flow::E0408,
                        by.span,
                        format!("nobody is listed, so {n} can never approve"),
                    );
                    self.report(d);
                }
            }
        }
    }

    fn approver(&mut self, e: &Expr) {
        let name = match &e.kind {
            ExprKind::Paren(inner) => return self.approver(inner),
            ExprKind::Name(name) => name,
            _ => {
                self.check(e, &Type::Role, Why::Of("a role or person, or a value of type Role"));
                return;
            }
        };
        let constant = matches!(
            self.module(self.current).scope.get(&name.name).map(|d| d.decl),
            Some(crate::check::world::Decl::Const(_))
        );
        if self.body.find(&name.name).is_some() || constant {
            let ty = self.expr(e, Want::Any);
            self.fits(e, &ty, &Type::Role, Why::Of("a role or person"));
            return;
        }
        self.set_res(e.id, Res::Role);
        self.set_type(e.id, &Type::Role);
        self.known_approver(&name.name, name.span);
    }
}
