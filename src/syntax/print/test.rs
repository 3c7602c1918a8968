//! Tests.

use super::Printer;
use crate::syntax::ast::*;

impl Printer {
    pub fn test(&mut self, test: &TestItem) {
        self.put("test ");
        self.quoted(&test.name);
        if let Some((pattern, rows)) = &test.table {
            self.put(" for ");
            self.pattern(pattern);
            self.put(" in ");
            self.bounded(rows);
        }
        self.put(" ");
        self.braced(test.body.is_empty(), |p| {
            for part in &test.body {
                match part {
                    TestStmt::Stmt(stmt) => p.stmts(std::slice::from_ref(stmt), true),
                    TestStmt::Given(given) => {
                        p.line();
                        p.given(given);
                    }
                    TestStmt::Expect(expect) => {
                        p.line();
                        p.expect(&expect.kind);
                    }
                }
            }
        });
    }

    fn given(&mut self, given: &Given) {
        self.put("given ");
        match &given.effect {
            GivenEffect::Run(command) => {
                self.put("run ");
                self.command(command);
            }
            GivenEffect::Ask(agent) => {
                self.put("ask");
                if let Some(agent) = agent {
                    self.put(" ");
                    self.expr(agent);
                }
            }
            GivenEffect::Gate(name) => {
                self.put("gate ");
                self.put(&name.name);
            }
            GivenEffect::Name(name) => self.put(&name.name),
            GivenEffect::Call { callee, args } => {
                self.expr(callee);
                if let Some(args) = args {
                    self.put("(");
                    self.list(args, |p, arg| match arg {
                        GivenArg::Is(e) => p.expr(e),
                        GivenArg::Any(_) => p.put("_"),
                    });
                    self.put(")");
                }
            }
        }
        self.put(" -> ");
        self.list(&given.answers, |p, answer| p.answer(answer));
    }

    fn answer(&mut self, answer: &Answer) {
        let by = |p: &mut Self, by: &Option<Ident>, comment: &Option<Expr>| {
            if let Some(by) = by {
                p.put(" by ");
                p.put(&by.name);
            }
            if let Some(comment) = comment {
                p.put(" ");
                p.expr(comment);
            }
        };
        match answer {
            Answer::Value(e) => match &e.kind {
                ExprKind::Name(_) | ExprKind::Call { .. } => self.parenthesised(e),
                // So would what begins with the word of another answer.
                _ => self.apart_from(e, &["approve", "reject", "timeout", "fail"]),
            },
            Answer::Fail { kind, message, .. } => {
                self.put("fail ");
                self.put(&kind.name);
                self.put(" ");
                self.clause_value(message);
            }
            Answer::Approve { by: who, comment, value, .. } => {
                self.put("approve");
                by(self, who, comment);
                if let Some(value) = value {
                    self.put(" with ");
                    self.bounded(value);
                }
            }
            Answer::Reject { by: who, comment, .. } => {
                self.put("reject");
                by(self, who, comment);
            }
            Answer::Timeout(_) => self.put("timeout"),
        }
    }

    fn expect(&mut self, expect: &ExpectKind) {
        self.put("expect ");
        let negated = |p: &mut Self, not: bool| p.put(if not { "not " } else { "" });
        match expect {
            ExpectKind::Holds(e) => self.expected(e),
            ExpectKind::Outcome { call, outcome } => {
                self.expected(call);
                match outcome {
                    Outcome::RejectedBy(gate) => {
                        self.put(" rejected by ");
                        self.put(&gate.name);
                    }
                    Outcome::SuspendsAt(gate) => {
                        self.put(" suspends at ");
                        self.put(&gate.name);
                    }
                    Outcome::Fails { kind, text } => {
                        self.put(" fails ");
                        self.put(&kind.name);
                        if let Some(text) = text {
                            self.put(" ");
                            self.expr(text);
                        }
                    }
                }
            }
            ExpectKind::Ran { not, command, count, before, stdin } => {
                negated(self, *not);
                self.put("ran ");
                self.command(command);
                match count {
                    Some(RanCount::Once) => self.put(" once"),
                    Some(RanCount::Times(n)) => {
                        self.put(" ");
                        self.expr(n);
                        self.put(" times");
                    }
                    None => {}
                }
                if let Some(before) = before {
                    self.put(" before ran ");
                    self.command(before);
                }
                if let Some(stdin) = stdin {
                    self.put(" with stdin ");
                    self.clause_value(stdin);
                }
            }
            ExpectKind::Asked { not, agent, with } => {
                negated(self, *not);
                self.put("asked");
                if let Some(agent) = agent {
                    self.put(" ");
                    self.expr(agent);
                }
                if let Some(with) = with {
                    self.put(" with ");
                    self.expr(with);
                }
            }
            ExpectKind::Said { not, text } => {
                negated(self, *not);
                self.put("said ");
                self.clause_value(text);
            }
            ExpectKind::Wrote { not, path, text } => {
                negated(self, *not);
                self.put("wrote ");
                self.expr(path);
                if let Some(text) = text {
                    self.put(" ");
                    self.expr(text);
                }
            }
        }
    }

    /// What begins with `not` or with a word of tests would be read as another form.
    fn expected(&mut self, e: &Expr) {
        self.apart_from(e, &["not", "ran", "asked", "said", "wrote", "expect", "given"]);
    }

    /// In parentheses if it begins with one of these words.
    fn apart_from(&mut self, e: &Expr, words: &[&str]) {
        let text = self.apart(|p| p.bounded(e));
        let word = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or("");
        match words.contains(&word) {
            true => self.parenthesised(e),
            false => self.put(&text),
        }
    }
}
