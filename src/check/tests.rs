//! `test` items: what is given has the type of the effect that it answers, what is expected is pure.

use super::body::{Body, LocalKind};
use super::infer::{Want, Why};
use super::program::*;
use super::world::*;
use crate::diagnostics::codes::{flow, names, types as code};
use crate::diagnostics::did_you_mean;
use crate::syntax::ast::{
    Answer, Expect, ExpectKind, Expr, ExprKind, Given, GivenArg, GivenEffect, Ident, Outcome, RanCount,
    TestItem, TestStmt,
};
use crate::types::methods::BuiltinFunction;
use crate::types::{Type, forms};

impl World<'_> {
    pub fn test_body(&mut self, test: &TestItem) {
        self.body = Body::pure("a test");
        if let Some((pattern, table)) = &test.table {
            let ty = self.expr(table, Want::Any);
            let item = match ty.base() {
                Type::List(t) => (**t).clone(),
                Type::Error => Type::Error,
                _ => {
                    let shown = self.show(&ty);
                    let d = self.error(
                        code::E0323,
                        table.span,
                        format!("`{shown}` is no table: a list is needed"),
                    );
                    self.report(d);
                    Type::Error
                }
            };
            self.bind_always(pattern, &item, LocalKind::Pattern);
        }
        for stmt in &test.body {
            match stmt {
                TestStmt::Given(given) => self.given(given),
                TestStmt::Expect(expect) => self.expect(expect),
                TestStmt::Stmt(stmt) => {
                    self.statements(std::slice::from_ref(stmt), stmt.span, Want::Drop);
                }
            }
        }
        self.report_unused_locals();
    }

    fn given(&mut self, given: &Given) {
        // The type of the answers; none where any JSON value may be one.
        let mut gate = None;
        let mut run = false;
        let ty = match &given.effect {
            GivenEffect::Run(command) => {
                self.command(command);
                run = true;
                None
            }
            GivenEffect::Ask(agent) => {
                if let Some(agent) = agent {
                    self.agent(agent);
                }
                None
            }
            GivenEffect::Gate(name) => {
                self.known_gate(name);
                gate = Some(name);
                None
            }
            GivenEffect::Name(name) => self.given_builtin(name),
            GivenEffect::Call { callee, args } => self.given_call(callee, args.as_deref()),
        };
        for answer in &given.answers {
            match answer {
                Answer::Value(e) if run => self.given_output(e),
                Answer::Value(e) => match &ty {
                    Some(ty) => {
                        self.check(e, ty, Why::Of("what the effect gives"));
                    }
                    None => {
                        let got = self.expr(e, Want::Any);
                        self.needs_json_form(e.span, &got, "an answer");
                    }
                },
                Answer::Fail { kind, message, .. } => {
                    self.error_kind(kind);
                    self.text_value(message, "the message is a text");
                }
                Answer::Approve { by, comment, value, span } => {
                    self.only_gates(gate.is_some(), *span);
                    self.given_person(by.as_ref());
                    if let Some(comment) = comment {
                        self.text_value(comment, "a comment is a text");
                    }
                    if let Some(value) = value {
                        self.expr(value, Want::Any);
                    }
                }
                Answer::Reject { by, comment, span } => {
                    self.only_gates(gate.is_some(), *span);
                    self.given_person(by.as_ref());
                    if let Some(comment) = comment {
                        self.text_value(comment, "a comment is a text");
                    }
                }
                Answer::Timeout(_) => {}
            }
        }
    }

    fn given_person(&mut self, by: Option<&Ident>) {
        if let Some(by) = by {
            self.known_approver(&by.name, by.span);
        }
    }

    fn only_gates(&mut self, gate: bool, span: crate::source::Span) {
        if !gate {
            let d = self
                .error(flow::E0415, span, "only a gate is approved or rejected")
                .help("answer other effects with a value, or with `fail kind \"message\"`");
            self.report(d);
        }
    }

    /// `{ exit: 101, stderr: "…" }` with any of the fields, or a text, or what the command gives as JSON.
    fn given_output(&mut self, e: &Expr) {
        if let ExprKind::Record(fields) = &e.kind {
            let known = [
                ("exit", Type::Int),
                ("stdout", Type::Text),
                ("stderr", Type::Text),
                ("duration", Type::Duration),
            ];
            let output = fields.iter().any(|f| matches!(&*f.name.name, "exit" | "stdout" | "stderr"));
            for f in fields {
                match known.iter().find(|(n, _)| *n == &*f.name.name) {
                    Some((_, ty)) if output => {
                        self.check(&f.value, ty, Why::Of("the output of a command has this type"));
                    }
                    _ => {
                        let got = self.expr(&f.value, Want::Any);
                        if output {
                            let near = did_you_mean(&f.name.name, known.iter().map(|(n, _)| *n));
                            let d = self
                                .error(
                                    code::E0302,
                                    f.name.span,
                                    format!("the output of a command has no `{}`", f.name.name),
                                )
                                .label("unknown")
                                .suggest(near)
                                .help("its fields are exit, stdout, stderr, duration");
                            self.report(d);
                        }
                        self.needs_json_form(f.value.span, &got, "an answer");
                    }
                }
            }
            return;
        }
        let got = self.expr(e, Want::Any);
        self.needs_json_form(e.span, &got, "an answer");
    }

    fn given_builtin(&mut self, name: &Ident) -> Option<Type> {
        match BuiltinFunction::find(&name.name).filter(|f| f.effect) {
            Some(f) => self.builtin_result(f),
            None => {
                let near = did_you_mean(&name.name, Builtin::ALL.iter().map(|(n, _)| *n));
                let d = self
                    .error(names::E0201, name.span, format!("there is no effect `{}`", name.name))
                    .label("cannot be given")
                    .suggest(near)
                    .help("`given` answers run, ask, gate, now, uuid, env, read, glob, exists, secret and tasks");
                self.report(d);
                Some(Type::Error)
            }
        }
    }

    /// `read` may be read as any type, so its answer is anything.
    fn builtin_result(&self, f: &BuiltinFunction) -> Option<Type> {
        use crate::types::methods::Sig;
        Some(match (f.name, f.result) {
            ("read", _) => return None,
            ("vouch", _) => return None,
            ("secret", _) | (_, Sig::Text) => Type::Text,
            // `Time.parse("…")` is how a time is written, and gives an optional.
            (_, Sig::Time) => Type::optional(Type::Time),
            (_, Sig::Bool) => Type::Bool,
            (_, Sig::Nothing) => Type::Nothing,
            (_, Sig::List(_)) => Type::list(Type::Path),
            (_, Sig::Optional(_)) => Type::optional(Type::Text),
            _ => return None,
        })
    }

    fn given_call(&mut self, callee: &Expr, args: Option<&[GivenArg]>) -> Option<Type> {
        let (params, result): (Vec<Type>, Option<Type>) = match &callee.kind {
            ExprKind::Name(name) if Builtin::from_name(&name.name).is_some() => {
                self.set_res(callee.id, Res::Builtin(Builtin::from_name(&name.name)?));
                let f = BuiltinFunction::find(&name.name)?;
                let params = f.params.iter().map(|p| if p.name == "path" { Type::Path } else { Type::Text });
                (params.collect(), self.builtin_result(f))
            }
            _ => {
                self.body.test = true;
                let ty = self.callee(callee);
                self.body.test = false;
                match ty {
                    Some(id) => {
                        let signature = self.callables[id.0 as usize].signature.clone();
                        let params = signature.params.iter().map(|p| p.ty.clone()).collect();
                        (params, Some(signature.result.clone()))
                    }
                    None => (Vec::new(), Some(Type::Error)),
                }
            }
        };
        for (i, arg) in args.unwrap_or_default().iter().enumerate() {
            match (arg, params.get(i)) {
                (GivenArg::Any(_), Some(_)) => {}
                (GivenArg::Is(e), Some(ty)) => {
                    self.check(e, ty, Why::Of("the parameter has this type"));
                }
                (GivenArg::Is(e), None) => {
                    self.expr(e, Want::Any);
                    if !params.is_empty() || result != Some(Type::Error) {
                        let d = self
                            .error(code::E0304, e.span, format!("this takes {} arguments", params.len()))
                            .label("too many");
                        self.report(d);
                    }
                }
                (GivenArg::Any(_), None) => {}
            }
        }
        result
    }

    pub fn known_gate(&mut self, name: &Ident) {
        if self.gates.iter().any(|(n, _)| *n == name.name) {
            return;
        }
        let near = did_you_mean(&name.name, self.gates.iter().map(|(n, _)| &**n)).map(str::to_owned);
        let d = self
            .error(names::E0217, name.span, format!("there is no gate `{}`", name.name))
            .label("no gate has this name")
            .suggest(near.as_deref());
        self.report(d);
    }

    fn expect(&mut self, expect: &Expect) {
        match &expect.kind {
            ExpectKind::Outcome { call, outcome } => {
                self.expected_call(call);
                match outcome {
                    Outcome::RejectedBy(gate) | Outcome::SuspendsAt(gate) => self.known_gate(gate),
                    Outcome::Fails { kind, text } => {
                        self.error_kind(kind);
                        if let Some(text) = text {
                            self.text_value(text, "the message is a text");
                        }
                    }
                }
            }
            ExpectKind::Holds(e) => {
                self.body.test = true;
                self.condition(e, "`expect`");
                self.body.test = false;
            }
            ExpectKind::Ran { command, count, before, stdin, .. } => {
                self.command(command);
                if let Some(before) = before {
                    self.command(before);
                }
                if let Some(RanCount::Times(n)) = count {
                    self.check(n, &Type::Int, Why::Of("how often is an Int"));
                }
                if let Some(stdin) = stdin {
                    self.text_value(stdin, "the standard input is a text");
                }
            }
            ExpectKind::Asked { agent, with, .. } => {
                if let Some(agent) = agent {
                    self.agent(agent);
                }
                if let Some(with) = with {
                    self.evidence(with, "what an AI is sent");
                }
            }
            ExpectKind::Said { text, .. } => {
                self.text_value(text, "what is said is a text");
            }
            ExpectKind::Wrote { path, text, .. } => {
                self.check(path, &Type::Path, Why::Of("the path of a file"));
                if let Some(text) = text {
                    self.text_value(text, "what is written is a text");
                }
            }
        }
    }

    /// What an outcome is expected of must be a call of something that has effects.
    fn expected_call(&mut self, call: &Expr) {
        self.body.test = true;
        let ty = self.expr(call, Want::Any);
        self.body.test = false;
        let calls = match &call.kind {
            ExprKind::Call { callee, .. } => matches!(self.res(callee.id), Res::Callable(_)),
            ExprKind::Paren(_) => true,
            _ => false,
        };
        if !calls && !ty.is_error() && !forms::holds(&ty, &self.defs, &mut Vec::new(), &|t| t.is_error()) {
            let d = self
                .error(code::E0307, call.span, "an outcome is expected of a call")
                .label("not a call of a workflow or task");
            self.report(d);
        }
    }
}
