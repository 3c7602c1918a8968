//! `run`, `ask`, `gate` and their clauses.

use super::Builder;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::syntax::ast::*;
use crate::syntax::parser::Rule;
use crate::syntax::scan::MAX_CHAIN;
use crate::syntax::tree::P;

impl Builder<'_> {
    /// `as T`
    pub fn as_clause(&mut self, pair: P<'_>) -> TypeExpr {
        let span = self.span(&pair);
        match pair.into_inner().next() {
            Some(ty) => self.type_opt(ty),
            None => TypeExpr { id: self.id(), span, kind: TypeKind::Error },
        }
    }

    /// The only expression inside a clause.
    fn clause_expr(&mut self, pair: P<'_>) -> Expr {
        let span = self.span(&pair);
        match pair.into_inner().next() {
            Some(e) => self.any_expr(e),
            None => self.expr_error(span),
        }
    }

    /// An expression by whichever rule it was read.
    fn any_expr(&mut self, pair: P<'_>) -> Expr {
        match pair.as_rule() {
            Rule::expr | Rule::clause_expr | Rule::expr_range | Rule::guard => self.expr(pair),
            _ => self.primary(pair, false),
        }
    }

    pub fn run(&mut self, pair: P<'_>) -> Run {
        let span = self.span(&pair);
        let mut run = Run {
            command: Command { span, words: Vec::new() },
            form: None,
            dir: None,
            env: None,
            stdin: None,
            timeout: None,
            retry: None,
            exits: None,
            idempotent: None,
        };
        for p in pair.into_inner() {
            let span = self.span(&p);
            match p.as_rule() {
                Rule::command => run.command = self.command(p, false),
                Rule::as_clause => {
                    let ty = self.as_clause(p);
                    self.once(&mut run.form, ty, "as", span);
                }
                Rule::in_clause => {
                    let e = self.clause_expr(p);
                    self.once(&mut run.dir, e, "in", span);
                }
                Rule::env_clause => {
                    let e = self.clause_expr(p);
                    self.once(&mut run.env, e, "env", span);
                }
                Rule::stdin_clause => {
                    let e = self.clause_expr(p);
                    self.once(&mut run.stdin, e, "stdin", span);
                }
                Rule::timeout => {
                    let e = self.clause_expr(p);
                    self.once(&mut run.timeout, e, "timeout", span);
                }
                Rule::exits => {
                    let e = self.clause_expr(p);
                    self.once(&mut run.exits, e, "exits", span);
                }
                Rule::idempotent => self.once(&mut run.idempotent, span, "idempotent", span),
                Rule::retry_run => {
                    let (mut times, mut every, mut on) = (None, None, None);
                    for part in p.into_inner() {
                        match part.as_rule() {
                            Rule::retry_every => every = Some(self.clause_expr(part)),
                            Rule::retry_on => on = Some(self.clause_expr(part)),
                            _ => times = Some(self.any_expr(part)),
                        }
                    }
                    if let Some(times) = times {
                        self.once(&mut run.retry, Retry { times, every, on }, "retry", span);
                    }
                }
                _ => {}
            }
        }
        run
    }

    /// `writer` or `changelog.writer` as an expression.
    pub fn agent_path(&mut self, pair: P<'_>) -> Expr {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let Some(first) = parts.next() else { return self.expr_error(span) };
        let name = self.name(&first);
        let base = Expr { id: self.id(), span: name.span, kind: ExprKind::Name(name) };
        match parts.next() {
            Some(second) => {
                let name = self.any_name(&second);
                Expr {
                    id: self.id(),
                    span,
                    kind: ExprKind::Field { base: Box::new(base), name, optional: false },
                }
            }
            None => base,
        }
    }

    pub fn ask(&mut self, pair: P<'_>) -> Ask {
        let span = self.span(&pair);
        let mut ask = Ask {
            interactive: None,
            agent: None,
            prompt: self.expr_error(span),
            ty: None,
            with: None,
            retry: None,
            checks: Vec::new(),
            otherwise: None,
            turns: None,
            timeout: None,
        };
        for p in pair.into_inner() {
            let span = self.span(&p);
            match p.as_rule() {
                Rule::interactive => ask.interactive = Some(span),
                Rule::agent_path => ask.agent = Some(self.agent_path(p)),
                Rule::prompt => {
                    ask.prompt = self.linked(p);
                }
                Rule::as_clause => {
                    let ty = self.as_clause(p);
                    self.once(&mut ask.ty, ty, "as", span);
                }
                Rule::with_clause => {
                    let e = self.clause_expr(p);
                    self.once(&mut ask.with, e, "with", span);
                }
                Rule::retry_ask => {
                    let e = self.clause_expr(p);
                    self.once(&mut ask.retry, e, "retry", span);
                }
                Rule::check => {
                    let c = self.check(p);
                    ask.checks.push(c);
                }
                Rule::otherwise => {
                    let body = p.into_inner().next().map(|b| self.body(b));
                    if let Some(body) = body {
                        self.once(&mut ask.otherwise, body, "otherwise", span);
                    }
                }
                Rule::turns => {
                    let e = self.clause_expr(p);
                    self.once(&mut ask.turns, e, "up to … turns", span);
                }
                Rule::timeout => {
                    let e = self.clause_expr(p);
                    self.once(&mut ask.timeout, e, "timeout", span);
                }
                _ => {}
            }
        }
        ask
    }

    fn check(&mut self, pair: P<'_>) -> CheckClause {
        let span = self.span(&pair);
        let mut condition = None;
        let mut message = None;
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::message => message = Some(self.clause_expr(p)),
                _ => condition = Some(self.any_expr(p)),
            }
        }
        let condition = condition.unwrap_or_else(|| self.expr_error(span));
        CheckClause { id: self.id(), condition, message, span }
    }

    pub fn gate(&mut self, pair: P<'_>) -> Gate {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let name = inner.next().map(|n| self.name(&n));
        let question = inner.next().map(|q| self.clause_expr(q));
        let mut gate = Gate {
            name: name.unwrap_or_else(|| Ident { id: self.id(), name: "".into(), span }),
            question: question.unwrap_or_else(|| self.expr_error(span)),
            by: None,
            show: None,
            require: Vec::new(),
            timeout: None,
            escalate: Vec::new(),
            edit: None,
            ty: None,
            checks: Vec::new(),
            on_reject: None,
            assurance: None,
        };
        for p in inner {
            let span = self.span(&p);
            match p.as_rule() {
                Rule::by => {
                    let who = p.into_inner().next().map(|a| self.approvers(a));
                    if let Some(who) = who {
                        self.once(&mut gate.by, who, "by", span);
                    }
                }
                Rule::show => {
                    let e = self.clause_expr(p);
                    self.once(&mut gate.show, e, "show", span);
                }
                Rule::require => {
                    let criteria: Vec<Expr> = p.into_inner().map(|t| self.text_expr(t)).collect();
                    gate.require.extend(criteria);
                }
                Rule::timeout => {
                    let e = self.clause_expr(p);
                    self.once(&mut gate.timeout, e, "timeout", span);
                }
                Rule::escalate => {
                    let to: Vec<Approvers> = p.into_inner().map(|a| self.approvers(a)).collect();
                    gate.escalate.extend(to);
                }
                Rule::edit => {
                    let e = self.clause_expr(p);
                    self.once(&mut gate.edit, e, "edit", span);
                }
                Rule::as_clause => {
                    let ty = self.as_clause(p);
                    self.once(&mut gate.ty, ty, "as", span);
                }
                Rule::check => {
                    let c = self.check(p);
                    gate.checks.push(c);
                }
                Rule::assurance => {
                    let e = self.clause_expr(p);
                    self.once(&mut gate.assurance, e, "min_assurance", span);
                }
                Rule::on_reject => {
                    let (mut name, mut body) = (None, None);
                    for part in p.into_inner() {
                        match part.as_rule() {
                            Rule::lower => name = Some(self.name(&part)),
                            _ => body = Some(self.block(part)),
                        }
                    }
                    if let Some(body) = body {
                        self.once(&mut gate.on_reject, OnReject { name, body, span }, "on reject", span);
                    }
                }
                _ => {}
            }
        }
        gate
    }

    pub fn approvers(&mut self, pair: P<'_>) -> Approvers {
        let span = self.span(&pair);
        let mut parts = Vec::new();
        let mut word: Option<(bool, crate::source::Span)> = None;
        let mut mixed = false;
        for p in pair.into_inner() {
            let own = self.span(&p);
            if p.as_rule() == Rule::approver_op {
                let and = p.as_str() == "and";
                match word {
                    Some((first, at)) if first != and && !mixed => {
                        mixed = true;
                        self.error(
                            Diagnostic::error(
                                syntax::E0109,
                                own,
                                "`and` and `or` are mixed without parentheses",
                            )
                            .label("which one binds first?")
                            .also(at, "the other one")
                            .help("write for example `a and (b or c)`"),
                        );
                    }
                    Some(_) => {}
                    None => word = Some((and, own)),
                }
            } else if let Some(inner) = p.into_inner().next() {
                parts.push(self.approver(inner));
            }
        }
        match (parts.len(), word) {
            (1, _) => parts.remove(0),
            (_, Some((true, _))) => Approvers { span, kind: ApproversKind::And(parts) },
            (0, _) => {
                let e = self.expr_error(span);
                Approvers { span, kind: ApproversKind::One(e) }
            }
            _ => Approvers { span, kind: ApproversKind::Or(parts) },
        }
    }

    fn approver(&mut self, pair: P<'_>) -> Approvers {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::approvers => self.approvers(pair),
            Rule::quorum => {
                let mut inner = pair.into_inner();
                let count = inner.next().map(|o| self.linked(o));
                let of = inner.map(|a| self.approvers(a)).collect();
                let count = count.unwrap_or_else(|| self.expr_error(span));
                Approvers { span, kind: ApproversKind::Quorum { count, of } }
            }
            _ => {
                let expr = self.linked(pair);
                Approvers { span, kind: ApproversKind::One(expr) }
            }
        }
    }

    /// A primary expression and what touches it, as the only children of a pair.
    fn linked(&mut self, pair: P<'_>) -> Expr {
        let span = self.span(&pair);
        let outer = std::mem::take(&mut self.height);
        let mut inner = pair.into_inner();
        let Some(first) = inner.next() else { return self.expr_error(span) };
        let mut expr = self.primary(first, false);
        let mut links = 0;
        for link in inner {
            if links == MAX_CHAIN {
                self.chain_too_long(span);
                break;
            }
            links += 1;
            expr = self.postfix(expr, link);
        }
        if self.raise(outer, links) { self.too_high(span) } else { expr }
    }
}
