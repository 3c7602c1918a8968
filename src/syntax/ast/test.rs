//! `test "…" { given … expect … }`.

// Tests are few; an expression in place beats an allocation for each.
#![allow(clippy::large_enum_variant)]

use super::{Command, Expr, Ident, Pattern, Stmt};
use crate::source::Span;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct TestItem {
    pub name: Arc<str>,
    pub name_span: Span,
    /// `for { a, b } in [ … ]`
    pub table: Option<(Pattern, Expr)>,
    pub body: Vec<TestStmt>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum TestStmt {
    Given(Given),
    Expect(Expect),
    /// `let` and the like, pure.
    Stmt(Stmt),
}

/// `given effect -> answer, answer`: the answers are used in turn, the last goes on.
#[derive(Debug, Clone)]
pub struct Given {
    pub effect: GivenEffect,
    pub answers: Vec<Answer>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum GivenEffect {
    Run(Command),
    /// `ask`, `ask qa`
    Ask(Option<Expr>),
    Gate(Ident),
    /// `read("VERSION")`, `env("X")`, `exists(..)`, `glob(..)`, `work.get("7")`; without arguments any matches.
    Call {
        callee: Expr,
        args: Option<Vec<GivenArg>>,
    },
    /// `now`, `uuid`
    Name(Ident),
}

/// An argument of a given call: an expression, or `_` for any.
#[derive(Debug, Clone)]
pub enum GivenArg {
    Is(Expr),
    Any(Span),
}

#[derive(Debug, Clone)]
pub enum Answer {
    /// The value: for `run` an Output record or its text, for others the result.
    Value(Expr),
    /// `fail kind "message"`
    Fail { kind: Ident, message: Expr, span: Span },
    /// `approve by alice "fine"`; `value` after `with` for `edit` and `as` gates: `approve by alice with Notes(…)`.
    Approve { by: Option<Ident>, comment: Option<Expr>, value: Option<Expr>, span: Span },
    /// `reject by bob "no"`
    Reject { by: Option<Ident>, comment: Option<Expr>, span: Span },
    /// `timeout`: nobody decides in time.
    Timeout(Span),
}

#[derive(Debug, Clone)]
pub struct Expect {
    pub span: Span,
    pub kind: ExpectKind,
}

#[derive(Debug, Clone)]
pub enum ExpectKind {
    /// `expect w(args) rejected by g`, `… fails kind "text"`, `… suspends at g`; runs the call.
    Outcome { call: Expr, outcome: Outcome },
    /// `expect e`: a Bool expression, usually `w(args) == value`; calls in it run.
    Holds(Expr),
    /// `expect not ran `…` once before ran `…` with stdin "…"`
    Ran { not: bool, command: Command, count: Option<RanCount>, before: Option<Command>, stdin: Option<Expr> },
    /// `expect asked qa with { … }`
    Asked { not: bool, agent: Option<Expr>, with: Option<Expr> },
    /// `expect said "…"`
    Said { not: bool, text: Expr },
    /// `expect wrote "path" "text"`
    Wrote { not: bool, path: Expr, text: Option<Expr> },
}

#[derive(Debug, Clone)]
pub enum RanCount {
    Once,
    /// `3 times`
    Times(Expr),
}

#[derive(Debug, Clone)]
pub enum Outcome {
    RejectedBy(Ident),
    Fails { kind: Ident, text: Option<Expr> },
    SuspendsAt(Ident),
}
