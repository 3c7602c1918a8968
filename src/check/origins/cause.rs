//! The way of a value from where it came into the program to where it is used, as a tree that grows by one node a step.

use crate::source::Span;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CauseId(u32);

impl CauseId {
    pub const NONE: CauseId = CauseId(0);
}

/// What happened to the value.
#[derive(Debug, Clone)]
pub enum Step {
    Asked,
    /// A command's output, by a rule of the policy.
    UntrustedCommand,
    /// A command's output after it received an untrusted value.
    Received,
    Output,
    /// A file or another fact of the outside.
    Fact,
    UntrustedFile,
    /// A command or file after an untrusted value was written or handed on.
    Tainted,
    Started,
    Failure,
    /// The index of a parameter of the body that is looked at; the last one stands for the files.
    Param(usize),
    Held(Arc<str>),
    Written,
    /// An agent with tools was at work.
    Worked,
    /// Something is changed by what an AI has decided.
    Decided,
    Passed(Arc<str>, Arc<str>),
    Returned(Arc<str>),
    /// A call writes what it was given, or hands it to a command.
    WrittenBy(Arc<str>),
    /// A call gives what was written before.
    ReadBack(Arc<str>),
}

impl Step {
    pub fn text(&self) -> String {
        match self {
            Step::Asked => "an AI answers here".into(),
            Step::UntrustedCommand => "the policy calls what this command prints untrusted".into(),
            Step::Received => "a command that received an untrusted value prints what it likes".into(),
            Step::Output => "a command printed it".into(),
            Step::Fact => "it comes from outside the program here".into(),
            Step::UntrustedFile => "the policy calls this file untrusted".into(),
            Step::Tainted => {
                "this may give back an untrusted value that was written or handed on before".into()
            }
            Step::Started => "an AI may start this workflow and choose its arguments".into(),
            Step::Failure => "a message can hold what went wrong inside".into(),
            Step::Param(_) => "given by the caller".into(),
            Step::Held(name) => format!("`{name}` holds it"),
            Step::Written => "an untrusted value leaves the program here".into(),
            Step::Worked => "an AI with tools may write files or run commands here".into(),
            Step::Decided => "what is changed here tells what an AI has decided".into(),
            Step::Passed(task, name) => format!("passed to `{task}` as `{name}`"),
            Step::Returned(task) => format!("`{task}` gives it back"),
            Step::WrittenBy(task) => format!("`{task}` writes it or hands it to a command"),
            Step::ReadBack(task) => format!("`{task}` may give back what was written or handed on before"),
        }
    }
}

#[derive(Debug)]
struct Cause {
    span: Span,
    step: Step,
    before: CauseId,
}

#[derive(Debug, Default)]
pub struct Causes(Vec<Cause>);

impl Causes {
    /// A step of a value that is not trusted; others have no way to be shown.
    pub fn add(&mut self, span: Span, step: Step, before: CauseId) -> CauseId {
        self.0.push(Cause { span, step, before });
        CauseId(self.0.len() as u32)
    }

    fn get(&self, id: CauseId) -> Option<&Cause> {
        self.0.get((id.0 as usize).checked_sub(1)?)
    }

    /// The parameter that a value comes from, if it comes from one.
    pub fn param(&self, mut id: CauseId) -> Option<usize> {
        while let Some(cause) = self.get(id) {
            if let Step::Param(index) = cause.step {
                return Some(index);
            }
            id = cause.before;
        }
        None
    }

    /// From the source on.
    pub fn way(&self, mut id: CauseId) -> Vec<(Span, String)> {
        let mut out: Vec<(Span, String)> = Vec::new();
        while let Some(cause) = self.get(id) {
            if !matches!(cause.step, Step::Param(_)) && out.last().is_none_or(|(s, _)| *s != cause.span) {
                out.push((cause.span, cause.step.text()));
            }
            id = cause.before;
        }
        out.reverse();
        out
    }
}
