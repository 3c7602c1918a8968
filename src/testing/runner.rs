//! Runs the `test` blocks of a program: the `given`s become a script, each `expect` is held against what happened.

use super::script::{Answered, GateAnswer, Rule, Subject, Tried};
use super::world::TestWorld;
use crate::check::{Checked, ModuleId, Test};
use crate::diagnostics::codes::usage;
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::{Lowered, Root, Stop, Suspension};
use crate::policy::Pattern;
use crate::source::Span;
use crate::syntax::ast::{
    Answer, BinaryOp, Expect, ExpectKind, Expr, ExprKind, Given, GivenArg, GivenEffect, ItemKind, Outcome,
    RanCount, StmtKind, TestItem, TestStmt,
};
use crate::value::Value;
use serde_json::Value as Json;

#[derive(Debug)]
pub struct TestResult {
    /// The test's name, with the number of its row where it has a table.
    pub name: String,
    pub failure: Option<Failure>,
}

/// Runs the tests of the named file whose names are wanted, in order.
pub fn run_tests(checked: &Checked, roles: &[String], wanted: &dyn Fn(&str) -> bool) -> Vec<TestResult> {
    let lowered = Lowered::new(&checked.program);
    let mut out = Vec::new();
    for test in checked.program.tests.iter().filter(|t| t.at.module == ModuleId(0) && wanted(&t.name)) {
        let ItemKind::Test(item) = &checked.program.item(test.at).kind else { continue };
        let runner = Runner { lowered: &lowered, checked, test, item, roles };
        out.extend(runner.all_rows());
    }
    out
}

struct Runner<'a> {
    lowered: &'a Lowered,
    checked: &'a Checked,
    test: &'a Test,
    item: &'a TestItem,
    roles: &'a [String],
}

/// One row's state: variables, and the world with its script so far.
struct Row {
    locals: Vec<Value>,
    world: TestWorld,
    calls: usize,
}

impl Runner<'_> {
    fn all_rows(&self) -> Vec<TestResult> {
        let name = self.test.name.to_string();
        let Some((_, rows)) = &self.item.table else {
            return vec![TestResult { name, failure: self.row(None).err() }];
        };
        let mut first = self.fresh();
        let values = match self.eval(rows, &mut first) {
            Ok(value) => value,
            Err(stop) => return vec![TestResult { name, failure: Some(self.failure(stop, rows.span)) }],
        };
        let list: Vec<Value> = values.as_list().map(<[Value]>::to_vec).unwrap_or_default();
        list.into_iter()
            .enumerate()
            .map(|(i, value)| TestResult {
                name: format!("{name} [{}]", i + 1),
                failure: self.row(Some((rows, value))).err(),
            })
            .collect()
    }

    fn fresh(&self) -> Row {
        let locals = self.lowered.test_locals(self.test.locals);
        let world = TestWorld { roles: self.roles.to_vec(), ..TestWorld::default() };
        Row { locals, world, calls: 0 }
    }

    fn row(&self, table: Option<(&Expr, Value)>) -> Result<(), Failure> {
        let mut row = self.fresh();
        if let Some((rows, value)) = table {
            self.lowered
                .bind_row(self.test.at.module, rows.id, value, &mut row.locals)
                .map_err(|stop| self.failure(stop, rows.span))?;
        }
        for stmt in &self.item.body {
            match stmt {
                TestStmt::Given(given) => {
                    let rule = self.rule(given, &mut row)?;
                    row.world.script.rules.push(rule);
                }
                TestStmt::Expect(expect) => self.expect(expect, &mut row)?,
                TestStmt::Stmt(stmt) => {
                    // A statement is known by the expression that it evaluates.
                    let expr = match &stmt.kind {
                        StmtKind::Let { value, .. } | StmtKind::Var { value, .. } => value,
                        StmtKind::Assign { value, .. } => value,
                        StmtKind::Expr(e) => e,
                    };
                    self.eval(expr, &mut row).map_err(|stop| self.failure(stop, stmt.span))?;
                }
            }
        }
        Ok(())
    }

    /// Evaluates an expression of the test; calls in it run against the scripted world.
    fn eval(&self, expr: &Expr, row: &mut Row) -> Result<Value, Stop> {
        row.calls += 1;
        let root = Root { path: format!("test#{}", row.calls), ..Root::default() };
        self.lowered.evaluate(self.test.at.module, expr.id, &mut row.locals, &row.world, &root)
    }

    fn json(&self, expr: &Expr, row: &mut Row) -> Result<Json, Failure> {
        let value = self.eval(expr, row).map_err(|stop| self.failure(stop, expr.span))?;
        self.lowered.result_to_json(&value).map_err(|f| f.at(expr.span))
    }

    fn text(&self, expr: &Expr, row: &mut Row) -> Result<String, Failure> {
        Ok(match self.json(expr, row)? {
            Json::String(text) => text,
            other => other.to_string(),
        })
    }

    fn failure(&self, stop: Stop, span: Span) -> Failure {
        match stop {
            Stop::Failed(failure) => failure.at(span),
            other => self.wrong(span, format!("it {}", happened(&Err(other)))),
        }
    }

    fn wrong(&self, span: Span, message: String) -> Failure {
        Failure::new(ErrorKind::Verification, usage::E1710, message).at(span)
    }

    fn rule(&self, given: &Given, row: &mut Row) -> Result<Rule, Failure> {
        let subject = match &given.effect {
            GivenEffect::Run(command) => Subject::Run(
                Pattern::from_command(command)
                    .map_err(|e| self.wrong(command.span, e.message()).help(e.help()))?,
            ),
            GivenEffect::Ask(None) => Subject::Ask(None),
            GivenEffect::Ask(Some(agent)) => Subject::Ask(Some(path_of(agent))),
            GivenEffect::Gate(name) => Subject::Gate(name.name.to_string()),
            GivenEffect::Name(name) => Subject::Call { name: name.name.to_string(), args: None },
            GivenEffect::Call { callee, args } => {
                let args = match args {
                    None => None,
                    Some(list) => Some(
                        list.iter()
                            .map(|arg| match arg {
                                GivenArg::Any(_) => Ok(None),
                                GivenArg::Is(e) => self.json(e, row).map(Some),
                            })
                            .collect::<Result<Vec<_>, _>>()?,
                    ),
                };
                Subject::Call { name: path_of(callee), args }
            }
        };
        let answers = given.answers.iter().map(|a| self.answer(a, row)).collect::<Result<Vec<_>, _>>()?;
        Ok(Rule::new(subject, answers))
    }

    fn answer(&self, answer: &Answer, row: &mut Row) -> Result<Answered, Failure> {
        let comment = |e: &Option<Expr>, row: &mut Row| match e {
            Some(e) => self.text(e, row),
            None => Ok(String::new()),
        };
        Ok(match answer {
            Answer::Value(e) => match &e.kind {
                ExprKind::Fail { kind, message, .. } => self.fails(&kind.name, message, row)?,
                _ => Answered::Value(self.json(e, row)?),
            },
            Answer::Fail { kind, message, .. } => self.fails(&kind.name, message, row)?,
            Answer::Approve { by, comment: words, value, .. } => Answered::Gate(GateAnswer::Approve {
                by: by.as_ref().map(|b| b.name.to_string()),
                comment: comment(words, row)?,
                value: value.as_ref().map(|v| self.json(v, row)).transpose()?,
            }),
            Answer::Reject { by, comment: words, .. } => Answered::Gate(GateAnswer::Reject {
                by: by.as_ref().map(|b| b.name.to_string()),
                comment: comment(words, row)?,
            }),
            Answer::Timeout(_) => Answered::Gate(GateAnswer::Timeout),
        })
    }

    fn fails(&self, kind: &str, message: &Expr, row: &mut Row) -> Result<Answered, Failure> {
        let kind = ErrorKind::from_name(kind).unwrap_or(ErrorKind::Business);
        Ok(Answered::Fail { kind, message: self.text(message, row)? })
    }

    fn expect(&self, expect: &Expect, row: &mut Row) -> Result<(), Failure> {
        let span = expect.span;
        match &expect.kind {
            ExpectKind::Holds(e) => {
                let held = self.holds(e, row, span);
                self.unanswered(row)?;
                held
            }
            ExpectKind::Outcome { call, outcome } => {
                let result = self.eval(call, row);
                self.unanswered(row)?;
                self.outcome(outcome, &result, row, span)
            }
            ExpectKind::Ran { not, command, count, before, stdin } => {
                let pattern =
                    |c| Pattern::from_command(c).map_err(|e| self.wrong(span, e.message()).help(e.help()));
                let wanted = pattern(command)?;
                let input = stdin.as_ref().map(|e| self.text(e, row)).transpose()?;
                let tried = row.world.trace.tried();
                let fits = |t: &Tried| matches!(t, Tried::Ran { argv, stdin } if wanted.matches_words(argv) && (input.is_none() || *stdin == input));
                let times = tried.iter().filter(|t| fits(t)).count();
                let in_order = match before {
                    None => true,
                    Some(later) => {
                        let later = pattern(later)?;
                        let position = |f: &dyn Fn(&Tried) -> bool| tried.iter().position(f);
                        let second =
                            position(&|t| matches!(t, Tried::Ran { argv, .. } if later.matches_words(argv)));
                        match (position(&|t| fits(t)), second) {
                            (Some(first), Some(second)) => first < second,
                            _ => false,
                        }
                    }
                };
                let enough = match count {
                    None => times > 0,
                    Some(RanCount::Once) => times == 1,
                    Some(RanCount::Times(n)) => self.json(n, row)?.as_u64() == Some(times as u64),
                };
                let message = format!("`{}` ran {}", wanted.text, how_often(times));
                self.judge(enough && in_order, *not, span, message, &tried)
            }
            ExpectKind::Asked { not, agent, with } => {
                let agent = agent.as_ref().map(path_of);
                let with = with.as_ref().map(|e| self.json(e, row)).transpose()?;
                let tried = row.world.trace.tried();
                let asked = tried.iter().any(|t| match t {
                    Tried::Asked { agent: who, with: given, .. } => {
                        let right = agent.as_ref().is_none_or(|a| {
                            who.as_deref()
                                .is_some_and(|w| w == a || w.rsplit('.').next() == a.rsplit('.').next())
                        });
                        let shown = with.as_ref().and_then(Json::as_object).is_none_or(|wanted| {
                            wanted
                                .iter()
                                .all(|(k, v)| given.iter().any(|(name, value)| name == k && value == v))
                        });
                        right && shown
                    }
                    _ => false,
                });
                let who = agent.map(|a| format!(" `{a}`")).unwrap_or_default();
                let message = format!("{who} was {}asked so", if asked { "" } else { "not " });
                self.judge(asked, *not, span, message.trim().to_owned(), &tried)
            }
            ExpectKind::Said { not, text } => {
                let text = self.text(text, row)?;
                let tried = row.world.trace.tried();
                let said = tried.iter().any(|t| matches!(t, Tried::Said(s) if s.contains(&text)));
                let message = format!("{text:?} was {}said", if said { "" } else { "not " });
                self.judge(said, *not, span, message, &tried)
            }
            ExpectKind::Wrote { not, path, text } => {
                let path = self.text(path, row)?;
                let text = text.as_ref().map(|t| self.text(t, row)).transpose()?;
                let tried = row.world.trace.tried();
                let wrote = tried.iter().any(|t| {
                    matches!(t, Tried::Wrote { path: p, text: w } if *p == path && text.as_ref().is_none_or(|t| t == w))
                });
                let message = format!("`{path}` was {}written so", if wrote { "" } else { "not " });
                self.judge(wrote, *not, span, message, &tried)
            }
        }
    }

    fn judge(
        &self,
        holds: bool,
        not: bool,
        span: Span,
        message: String,
        tried: &[Tried],
    ) -> Result<(), Failure> {
        match holds != not {
            true => Ok(()),
            false => {
                let failure = self.wrong(span, format!("the expectation does not hold: {message}"));
                Err(failure.note(story(tried)))
            }
        }
    }

    /// A Bool; of a comparison both sides are shown.
    fn holds(&self, e: &Expr, row: &mut Row, span: Span) -> Result<(), Failure> {
        if let ExprKind::Binary { op: op @ (BinaryOp::Eq | BinaryOp::Ne), left, right, .. } = &e.kind {
            let left = self.eval(left, row).map_err(|stop| self.ended(stop, row, span))?;
            let right = self.eval(right, row).map_err(|stop| self.ended(stop, row, span))?;
            if (left == right) == (*op == BinaryOp::Eq) {
                return Ok(());
            }
            let show = |v: &Value| self.lowered.result_to_json(v).map(|j| j.to_string()).unwrap_or_default();
            let failure = self
                .wrong(span, "the expectation does not hold".into())
                .note(format!("left:  {}", show(&left)))
                .note(format!("right: {}", show(&right)));
            return Err(with_story(failure, row));
        }
        let value = self.eval(e, row).map_err(|stop| self.ended(stop, row, span))?;
        match value {
            Value::Bool(true) => Ok(()),
            _ => {
                let failure = self.wrong(span, "the expectation does not hold: it is false".into());
                Err(with_story(failure, row))
            }
        }
    }

    /// The workflow ended otherwise than with a value.
    fn ended(&self, stop: Stop, row: &Row, span: Span) -> Failure {
        let failure = match stop {
            Stop::Failed(failure) => {
                let place = failure.span.map(|s| self.checked.program.sources.place(s));
                let mut out = self.wrong(span, format!("it failed ({}): {}", failure.kind, failure.message));
                if let Some(place) = place {
                    out = out.note(format!("at {place}"));
                }
                failure.notes.iter().cloned().fold(out, Failure::note)
            }
            other => self.failure(other, span),
        };
        with_story(failure, row)
    }

    fn outcome(
        &self,
        outcome: &Outcome,
        result: &Result<Value, Stop>,
        row: &mut Row,
        span: Span,
    ) -> Result<(), Failure> {
        let fits = match (outcome, result) {
            (Outcome::RejectedBy(gate), Err(Stop::Failed(f))) => {
                f.kind == ErrorKind::Rejected && f.gate.as_deref() == Some(gate.name.as_ref())
            }
            (Outcome::Fails { kind, text }, Err(Stop::Failed(f))) => {
                let text = text.as_ref().map(|t| self.text(t, row)).transpose()?;
                f.kind.name() == kind.name.as_ref() && text.is_none_or(|t| f.message.contains(&t))
            }
            (Outcome::SuspendsAt(gate), Err(Stop::Suspended(Suspension::Gate { gate: at, .. }))) => {
                at.as_str() == gate.name.as_ref()
            }
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let failure = self.wrong(span, format!("the expectation does not hold: it {}", happened(result)));
        Err(failure.note(story(&row.world.trace.tried())))
    }

    /// An effect that nothing answered fails the test, whatever the workflow made of it.
    fn unanswered(&self, row: &Row) -> Result<(), Failure> {
        match row.world.trace.unanswered() {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}

fn path_of(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Name(name) => name.name.to_string(),
        ExprKind::Field { base, name, .. } => format!("{}.{}", path_of(base), name.name),
        ExprKind::Paren(inner) => path_of(inner),
        _ => String::new(),
    }
}

fn how_often(times: usize) -> String {
    match times {
        0 => "never".into(),
        1 => "once".into(),
        n => format!("{n} times"),
    }
}

/// How a call ended, in a few words.
fn happened(result: &Result<Value, Stop>) -> String {
    match result {
        Ok(_) => "completed".into(),
        Err(Stop::Failed(f)) => match &f.gate {
            Some(gate) => format!("was rejected by `{gate}`"),
            None => format!("failed ({}): {}", f.kind, f.message),
        },
        Err(Stop::Suspended(Suspension::Gate { gate, .. })) => {
            format!("waits at gate `{gate}`, which no `given` answers")
        }
        Err(Stop::Suspended(Suspension::Until { at, .. })) => format!("waits until {at}"),
        Err(Stop::Suspended(Suspension::Conversation { .. })) => "waits in a conversation".into(),
        Err(Stop::Interrupted | Stop::Cancelled | Stop::GivenUp(_)) => "was interrupted".into(),
    }
}

/// A condition that calls nothing has no story.
fn with_story(failure: Failure, row: &Row) -> Failure {
    let tried = row.world.trace.tried();
    if tried.is_empty() { failure } else { failure.note(story(&tried)) }
}

/// What the workflow did, for a failed expectation.
fn story(tried: &[Tried]) -> String {
    if tried.is_empty() {
        return "nothing was tried".into();
    }
    let mut out = vec![format!("what happened, in order ({}):", tried.len())];
    out.extend(tried.iter().take(20).map(|t| match t {
        Tried::Ran { argv, .. } => format!("run {}", argv.join(" ")),
        Tried::Asked { agent, prompt, .. } => {
            let who = agent.as_ref().map(|a| format!(" {a}")).unwrap_or_default();
            format!("ask{who}: {}", prompt.trim().lines().next().unwrap_or(""))
        }
        Tried::Gate { name } => format!("gate {name}"),
        Tried::Said(text) => format!("say {text}"),
        Tried::Wrote { path, .. } => format!("write {path}"),
    }));
    out.join("\n")
}
