//! Nodes that ask the world.

use super::{Node, Slot};
use crate::check::{AgentId, Builtin};
use crate::interpreter::world::Because;
use crate::source::Span;
use crate::types::Type;
use std::sync::Arc;

/// A place in the program from which the world is asked: part of the path of what happens there.
#[derive(Debug, Clone)]
pub struct Site {
    /// `run`, `ask`, the name of a task.
    pub label: Arc<str>,
    /// Which of this label within the nearest step or callable, from 1.
    pub ordinal: u32,
    pub span: Span,
    /// The places where an untrusted value has decided that this happens, or may have.
    pub because: Because,
}

/// `wait` and `say`.
#[derive(Debug)]
pub struct SiteNode {
    pub value: Node,
    pub site: Site,
}

/// `now()`, `read(path)` and the like.
#[derive(Debug)]
pub struct EffectNode {
    pub builtin: Builtin,
    pub args: Vec<Node>,
    /// `read(path) as T`
    pub read_as: Option<Type>,
    pub site: Site,
}

#[derive(Debug)]
pub struct RunNode {
    pub words: Vec<WordNode>,
    pub form: RunForm,
    pub dir: Option<Node>,
    pub env: Option<Node>,
    pub stdin: Option<Node>,
    pub timeout: Option<Node>,
    pub exits: Option<Node>,
    pub retry: Option<RetryNode>,
    pub idempotent: bool,
    pub site: Site,
}

#[derive(Debug)]
pub enum WordNode {
    Lit(Arc<str>),
    /// One word, whatever the parts hold.
    Parts(Vec<super::Part>),
    /// One word an item.
    Spread(Node),
}

/// What becomes of the standard output.
#[derive(Debug)]
pub enum RunForm {
    Output,
    Text,
    Lines,
    Json(Type),
    JsonLines(Type),
}

#[derive(Debug)]
pub struct RetryNode {
    pub times: Node,
    pub every: Option<Node>,
    pub on: Option<Node>,
}

#[derive(Debug)]
pub struct AskNode {
    pub agent: Option<AgentId>,
    pub prompt: Node,
    pub ty: Type,
    /// Whether `as T` was written and T is not Text: then the answer is JSON.
    pub typed: bool,
    pub with: Vec<(Arc<str>, Node)>,
    pub retry: Option<Node>,
    pub checks: Vec<CheckNode>,
    pub otherwise: Option<Node>,
    pub turns: Option<Node>,
    pub timeout: Option<Node>,
    pub interactive: bool,
    pub site: Site,
}

#[derive(Debug)]
pub struct CheckNode {
    pub it: Slot,
    pub condition: Node,
    pub message: Option<Node>,
    pub source: Arc<str>,
}

#[derive(Debug)]
pub struct GateNode {
    pub name: Arc<str>,
    pub slot: Option<Slot>,
    pub question: Node,
    pub by: Option<ApproversNode>,
    pub show: Option<Vec<(Arc<str>, Node)>>,
    pub require: Vec<Node>,
    pub timeout: Option<Node>,
    pub escalate: Vec<ApproversNode>,
    pub edit: Option<Node>,
    /// Of the edited or answered value.
    pub ty: Option<Type>,
    pub checks: Vec<CheckNode>,
    pub on_reject: Option<(Option<Slot>, Node)>,
    pub assurance: Option<Node>,
    pub span: Span,
}

#[derive(Debug)]
pub enum ApproversNode {
    One(Node),
    And(Vec<ApproversNode>),
    Or(Vec<ApproversNode>),
    Quorum(Node, Vec<ApproversNode>),
}

#[derive(Debug)]
pub struct StepNode {
    pub name: Arc<str>,
    pub slot: Option<Slot>,
    pub title: Option<Node>,
    pub body: Node,
    pub undo: Option<UndoNode>,
    pub span: Span,
}

#[derive(Debug)]
pub struct UndoNode {
    pub body: Node,
    /// The variables that it uses: it sees them as they are when the step is done.
    pub captures: Vec<Slot>,
    /// The step's own value, `none` if it did not come so far.
    pub own: Option<Slot>,
    pub span: Span,
}

#[derive(Debug)]
pub struct ParallelNode {
    pub layout: Arc<crate::value::RecordLayout>,
    pub branches: Vec<(Arc<str>, Node)>,
    pub site: Site,
}

#[derive(Debug)]
pub struct ParallelForNode {
    pub pattern: super::Pat,
    pub iterable: Node,
    pub limit: Option<Node>,
    pub body: Node,
    pub site: Site,
}

/// An agent's settings, each still to be evaluated.
#[derive(Debug, Default)]
pub struct AgentNode {
    pub name: Arc<str>,
    pub locals: u32,
    pub settings: Vec<(Arc<str>, Node, Span)>,
}
