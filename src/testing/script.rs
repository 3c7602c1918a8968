//! The answers of a test, as plain data, and the record of what the workflow then did.

use crate::diagnostics::{ErrorKind, Failure};
use crate::policy::Pattern;
use serde_json::Value as Json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Which effects a `given` answers.
#[derive(Debug)]
pub enum Subject {
    Run(Pattern),
    /// Any agent's, or one agent's.
    Ask(Option<String>),
    Gate(String),
    /// `read`, `env`, `glob`, `exists`, `now`, `uuid`, or a task's qualified name; `None` for an argument is any.
    Call {
        name: String,
        args: Option<Vec<Option<Json>>>,
    },
}

#[derive(Debug, Clone)]
pub enum GateAnswer {
    Approve { by: Option<String>, comment: String, value: Option<Json> },
    Reject { by: Option<String>, comment: String },
    Timeout,
}

/// One answer of a `given`.
#[derive(Debug, Clone)]
pub enum Answered {
    Value(Json),
    Fail { kind: ErrorKind, message: String },
    Gate(GateAnswer),
}

/// A `given`: its answers are used in turn, the last goes on.
#[derive(Debug)]
pub struct Rule {
    pub subject: Subject,
    pub answers: Vec<Answered>,
    used: AtomicUsize,
}

impl Rule {
    pub fn new(subject: Subject, answers: Vec<Answered>) -> Rule {
        Rule { subject, answers, used: AtomicUsize::new(0) }
    }

    fn next(&self) -> Option<Answered> {
        let turn = self.used.fetch_add(1, Ordering::SeqCst).min(self.answers.len().saturating_sub(1));
        self.answers.get(turn).cloned()
    }
}

/// All `given`s of a test. The last that matches wins.
#[derive(Debug, Default)]
pub struct Script {
    pub rules: Vec<Rule>,
}

impl Script {
    pub fn answer(&self, matches: impl Fn(&Subject) -> bool) -> Option<Answered> {
        self.rules.iter().rev().find(|r| matches(&r.subject)).and_then(Rule::next)
    }
}

/// Something that the workflow tried, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Tried {
    Ran { argv: Vec<String>, stdin: Option<String> },
    Asked { agent: Option<String>, with: Vec<(String, Json)>, prompt: String },
    Gate { name: String },
    Said(String),
    Wrote { path: String, text: String },
}

/// What happened in a test so far.
#[derive(Debug, Default)]
pub struct Trace {
    tried: Mutex<Vec<Tried>>,
    unanswered: Mutex<Option<Failure>>,
}

impl Trace {
    pub fn push(&self, tried: Tried) {
        self.tried.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(tried);
    }

    pub fn tried(&self) -> Vec<Tried> {
        self.tried.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Keeps the first effect that nothing answered: it fails the test even where the workflow catches errors.
    pub fn note_unanswered(&self, failure: &Failure) {
        self.unanswered
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get_or_insert_with(|| failure.clone());
    }

    pub fn unanswered(&self) -> Option<Failure> {
        self.unanswered.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}
