//! `test` items.

use super::Builder;
use crate::syntax::ast::*;
use crate::syntax::misplaced;
use crate::syntax::parser::Rule;
use crate::syntax::tree::P;

impl Builder<'_> {
    pub fn test_item(&mut self, pair: P<'_>) -> TestItem {
        let span = self.span(&pair);
        let mut name = ("".into(), span);
        let mut table = None;
        let mut body = Vec::new();
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::plain_text => name = self.plain_text(p),
                Rule::test_table => {
                    let mut inner = p.into_inner();
                    if let (Some(pattern), Some(rows)) = (inner.next(), inner.next()) {
                        let pattern = self.pattern(pattern);
                        table = Some((pattern, self.expr(rows)));
                    }
                }
                _ => body.extend(self.test_part(p)),
            }
        }
        self.test_in_a_row(&mut body);
        TestItem { name: name.0, name_span: name.1, table, body, span }
    }

    /// The same as for a block, for the statements between `given` and `expect`.
    pub fn test_in_a_row(&mut self, body: &mut Vec<TestStmt>) {
        let mut out = Vec::with_capacity(body.len());
        let mut stmts = Vec::new();
        for part in body.drain(..) {
            match part {
                TestStmt::Stmt(stmt) => stmts.push(stmt),
                other => {
                    self.in_a_row(&mut stmts);
                    out.extend(stmts.drain(..).map(TestStmt::Stmt));
                    out.push(other);
                }
            }
        }
        self.in_a_row(&mut stmts);
        out.extend(stmts.into_iter().map(TestStmt::Stmt));
        *body = out;
    }

    pub fn test_part(&mut self, pair: P<'_>) -> Option<TestStmt> {
        match pair.as_rule() {
            Rule::given => self.given(pair).map(TestStmt::Given),
            Rule::expect => self.expect(pair).map(TestStmt::Expect),
            _ => {
                let stmt = self.stmt(pair);
                if let StmtKind::Expr(e) = &stmt.kind {
                    self.diagnostics.extend(misplaced::test_word(e));
                }
                Some(TestStmt::Stmt(stmt))
            }
        }
    }

    fn given(&mut self, pair: P<'_>) -> Option<Given> {
        let span = self.span(&pair);
        let mut effect = None;
        let mut answers = Vec::new();
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::given_run => {
                    effect = p.into_inner().next().map(|c| GivenEffect::Run(self.command(c, true)));
                }
                Rule::given_ask => {
                    effect = Some(GivenEffect::Ask(p.into_inner().next().map(|a| self.agent_path(a))));
                }
                Rule::given_gate => {
                    effect = p.into_inner().next().map(|n| GivenEffect::Gate(self.name(&n)));
                }
                Rule::given_call => effect = self.given_call(p),
                _ => answers.extend(p.into_inner().next().and_then(|a| self.answer(a))),
            }
        }
        Some(Given { effect: effect?, answers, span })
    }

    fn given_call(&mut self, pair: P<'_>) -> Option<GivenEffect> {
        let mut path = Vec::new();
        let mut args = None;
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::lower => path.push(self.any_name(&p)),
                _ => {
                    let list = p
                        .into_inner()
                        .filter_map(|a| {
                            let inner = a.into_inner().next()?;
                            Some(match inner.as_rule() {
                                Rule::pat_any => GivenArg::Any(self.span(&inner)),
                                _ => GivenArg::Is(self.expr(inner)),
                            })
                        })
                        .collect();
                    args = Some(list);
                }
            }
        }
        let mut path = path.into_iter();
        let first = path.next()?;
        match (path.next(), &args) {
            (None, None) => Some(GivenEffect::Name(first)),
            (second, _) => {
                let span = first.span;
                let base = Expr { id: self.id(), span, kind: ExprKind::Name(first) };
                let callee = match second {
                    None => base,
                    Some(name) => {
                        let span = span.to(name.span);
                        let kind = ExprKind::Field { base: Box::new(base), name, optional: false };
                        Expr { id: self.id(), span, kind }
                    }
                };
                Some(GivenEffect::Call { callee, args })
            }
        }
    }

    fn answer(&mut self, pair: P<'_>) -> Option<Answer> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let (mut by, mut comment, mut value, mut kind) = (None, None, None, None);
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::answer_by => by = p.into_inner().next().map(|n| self.any_name(&n)),
                Rule::answer_with => value = p.into_inner().next().map(|e| self.expr(e)),
                Rule::expr | Rule::clause_expr => value = Some(self.expr(p)),
                Rule::name => kind = Some(self.any_name(&p)),
                _ => comment = Some(self.text_expr(p)),
            }
        }
        Some(match rule {
            Rule::answer_approve => Answer::Approve { by, comment, value, span },
            Rule::answer_reject => Answer::Reject { by, comment, span },
            Rule::answer_timeout => Answer::Timeout(span),
            Rule::answer_fail => Answer::Fail { kind: kind?, message: value?, span },
            _ => Answer::Value(value?),
        })
    }

    fn expect(&mut self, pair: P<'_>) -> Option<Expect> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        let rule = inner.as_rule();
        let mut not = false;
        let (mut command, mut count, mut before, mut stdin) = (None, None, None, None);
        let (mut agent, mut with, mut exprs, mut outcome) = (None, None, Vec::new(), None);
        for p in inner.into_inner() {
            match p.as_rule() {
                Rule::expect_not => not = true,
                Rule::command => command = Some(self.command(p, true)),
                Rule::ran_count => {
                    count = p.into_inner().next().map(|c| match c.as_rule() {
                        Rule::ran_once => RanCount::Once,
                        _ => {
                            let span = self.span(&c);
                            let number = c.into_inner().next().map(|n| self.primary(n, false));
                            RanCount::Times(number.unwrap_or_else(|| self.expr_error(span)))
                        }
                    });
                }
                Rule::ran_before => before = p.into_inner().next().map(|c| self.command(c, true)),
                Rule::ran_stdin => stdin = p.into_inner().next().map(|e| self.expr(e)),
                Rule::agent_path => agent = Some(self.agent_path(p)),
                Rule::with_clause => with = p.into_inner().next().map(|e| self.primary(e, false)),
                Rule::expr | Rule::clause_expr => exprs.push(self.expr(p)),
                Rule::out_rejected => {
                    outcome = p.into_inner().next().map(|n| Outcome::RejectedBy(self.any_name(&n)));
                }
                Rule::out_suspends => {
                    outcome = p.into_inner().next().map(|n| Outcome::SuspendsAt(self.any_name(&n)));
                }
                Rule::out_fails => {
                    let mut parts = p.into_inner();
                    let kind = parts.next().map(|k| self.any_name(&k));
                    let text = parts.next().map(|t| self.text_expr(t));
                    outcome = kind.map(|kind| Outcome::Fails { kind, text });
                }
                _ => exprs.push(self.text_expr(p)),
            }
        }
        let mut exprs = exprs.into_iter();
        let kind = match rule {
            Rule::expect_ran => ExpectKind::Ran { not, command: command?, count, before, stdin },
            Rule::expect_asked => ExpectKind::Asked { not, agent, with },
            Rule::expect_said => ExpectKind::Said { not, text: exprs.next()? },
            Rule::expect_wrote => ExpectKind::Wrote { not, path: exprs.next()?, text: exprs.next() },
            _ => match outcome {
                Some(outcome) => ExpectKind::Outcome { call: exprs.next()?, outcome },
                None => {
                    let value = exprs.next()?;
                    self.diagnostics.extend(misplaced::test_word(&value));
                    ExpectKind::Holds(value)
                }
            },
        };
        Some(Expect { span, kind })
    }
}
