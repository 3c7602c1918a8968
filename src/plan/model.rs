//! What would happen, as data. Its JSON form is what `wflow plan --format json` prints: `docs/plan.md` describes it.

use crate::policy::Hole;
use crate::source::Span;
use serde::Serialize;
use serde_json::Value as Json;
use std::sync::Arc;

/// Of the JSON form; grows only when readers of the older one would go wrong.
pub const VERSION: u32 = 1;

/// What one start of a workflow would come to.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    pub wflow_plan: u32,
    pub file: String,
    pub workflow: String,
    pub place: Place,
    /// Its doc comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    pub params: Vec<Param>,
    pub result: String,
    pub mode: ModeName,
    /// Whether there is a `wflow.toml`.
    pub configured: bool,
    pub body: Vec<Node>,
    /// What is never allowed, or what this mode cannot do: a run would end there.
    pub refused: Vec<Mention>,
    /// What is allowed or not by a value that is not known yet.
    pub depends: Vec<Mention>,
    pub vouches: Vec<Mention>,
    pub uses: Uses,
    /// False where calls were left unexpanded since the plan would be too large.
    pub complete: bool,
    /// The statements in their order, for comparisons: only where sources are canonical.
    #[serde(skip)]
    pub tokens: Vec<Token>,
    #[serde(skip)]
    pub agent_startable: bool,
}

/// A statement, or its head, as far as it is of interest to a comparison.
#[derive(Debug, Clone)]
pub struct Token {
    pub text: String,
    pub weight: Weight,
    pub place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// What it does is compared by itself: only that it has moved is of interest.
    Judged,
    /// What a task is given: of no interest once the call is gone.
    Given,
    /// It computes, or decides the order.
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ModeName {
    Pure,
    Ai,
    Interactive,
}

#[derive(Debug, Clone, Serialize)]
pub struct Param {
    pub name: Arc<str>,
    #[serde(rename = "type")]
    pub ty: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Given, or its default where anything was given; absent: open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
}

/// A line of a file, as people look for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Place {
    pub file: Arc<str>,
    pub line: usize,
    pub column: usize,
}

/// Something to be looked at, with its place.
#[derive(Debug, Clone, Serialize)]
pub struct Mention {
    pub text: String,
    pub why: String,
    pub place: Place,
}

/// Everything of the outside that is named anywhere in the plan and can be reached, each once.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Uses {
    pub commands: Vec<String>,
    pub reads: Vec<String>,
    pub writes: Vec<String>,
    pub env: Vec<String>,
    pub secrets: Vec<String>,
    pub agents: Vec<String>,
    pub gates: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Node {
    #[serde(flatten)]
    pub what: What,
    pub place: Place,
    /// Gates of the same body that are surely approved before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approved: Vec<Arc<str>>,
    #[serde(skip)]
    pub span: Span,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    Step(Step),
    Run(Box<Run>),
    Ask(Box<Ask>),
    Gate(Box<Gate>),
    /// `read`, `write`, `glob`, `exists`, `env`, `secret`, `now`, `uuid`.
    Effect(Effect),
    Vouch {
        value: String,
        because: Filled,
    },
    Wait {
        time: Filled,
    },
    Say {
        text: Filled,
    },
    /// `if`, `match`, and what `and`, `or`, `??` look at only sometimes.
    Choice(Choice),
    Loop(Loop),
    Parallel {
        branches: Vec<Branch>,
    },
    Try {
        body: Vec<Node>,
        catches: Vec<Branch>,
    },
    Call(Call),
    /// What must hold to go on.
    Ensure {
        condition: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<Filled>,
        /// Where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        holds: Option<bool>,
    },
    Leave {
        how: How,
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<Filled>,
    },
    /// What stands behind something that leaves.
    Unreached {
        body: Vec<Node>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    Return,
    Break,
    Continue,
    Fail,
}

/// A text of which some may be open.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Filled {
    /// `git push origin {branch}`: what is open stands in braces, as it is written.
    pub text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holes: Vec<Open>,
    /// What it consists of.
    #[serde(skip)]
    pub bits: Vec<Bit>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Open {
    pub source: String,
    #[serde(rename = "type")]
    pub ty: String,
    /// Where there are only few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Arc<str>>>,
    #[serde(skip)]
    pub hole: Hole,
}

/// A part of a text.
#[derive(Debug, Clone)]
pub enum Bit {
    Lit(String),
    Hole(Open),
}

/// A word of a command.
#[derive(Debug, Clone)]
pub struct WordShape {
    /// One word for each item of a list.
    pub spread: bool,
    /// Its beginning stands in the file: only then can it be an option without a rule that spells it.
    pub spelled: bool,
    pub bits: Vec<Bit>,
}

impl WordShape {
    pub fn value(text: String) -> WordShape {
        WordShape { spread: false, spelled: false, bits: vec![Bit::Lit(text)] }
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub name: Arc<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Filled>,
    pub body: Vec<Node>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<Node>,
}

/// What the policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    Allowed,
    Never,
    Depends,
    /// There is no `wflow.toml`: a person is asked at the start.
    Asked,
}

#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    pub says: Says,
    /// By which rules it is, or may be, allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Ruling>,
    /// Why it is, or may be, refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The gates that protect it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<After>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Ruling {
    pub rule: String,
    pub place: Place,
}

#[derive(Debug, Clone, Serialize)]
pub struct After {
    pub gate: Arc<str>,
    /// Whether it protects it for all values, or only for some.
    pub always: bool,
    pub place: Place,
}

#[derive(Debug, Clone, Serialize)]
pub struct Run {
    pub command: Filled,
    pub verdict: Verdict,
    /// The policy says that it changes nothing.
    pub reads_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<Filled>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdin: Option<Filled>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exits: Option<String>,
    pub idempotent: bool,
    #[serde(skip)]
    pub shape: Vec<WordShape>,
}

/// A field of `with`, `show` or `env`: its name, and what stands there.
#[derive(Debug, Clone, Serialize)]
pub struct Named {
    pub name: Arc<str>,
    pub value: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Check {
    pub condition: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Filled>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Ask {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Agent>,
    /// Who answers: of the agent, or of `wflow.toml`.
    pub provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub prompt: Filled,
    #[serde(rename = "type")]
    pub ty: String,
    /// JSON Schema of the answer; absent for a Text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<Named>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turns: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    pub interactive: bool,
    /// US dollars, of `wflow.toml`: of one question, and of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost_per_ask: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Otherwise>,
    /// False in mode `pure`: `otherwise` serves, or the run does not start.
    pub asked: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Otherwise {
    pub value: String,
    pub body: Vec<Node>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Agent {
    pub name: Arc<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// Commands that the policies let it run by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_turns: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    pub strict: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Gate {
    pub name: Arc<str>,
    pub question: Filled,
    /// Each must hold: of `wflow.toml` and of the file. Empty: whoever may approve.
    pub by: Vec<String>,
    /// People behind the roles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Holder>,
    /// Whether whoever starts the run may approve.
    pub self_approval: bool,
    pub assurance: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub escalate: Vec<String>,
    /// Absent: the values of the steps so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show: Option<Vec<Named>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<Filled>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit: Option<String>,
    /// Of what is edited or answered.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// What happens after a rejection; absent: the run ends as rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_reject: Option<Vec<Node>>,
    #[serde(skip)]
    pub timeout_ms: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Holder {
    pub role: Arc<str>,
    pub people: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Effect {
    pub name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<Filled>,
    /// Of `write`: what is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    pub form: ChoiceForm,
    /// The condition, or what is looked at.
    pub subject: String,
    pub branches: Vec<Branch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceForm {
    If,
    Match,
    /// `and`, `or`, `??`: the right side.
    Sometimes,
}

#[derive(Debug, Clone, Serialize)]
pub struct Branch {
    pub label: String,
    /// Where it is known: whether this way is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken: Option<bool>,
    pub body: Vec<Node>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Loop {
    pub form: LoopForm,
    /// `file in files`, or how often at most.
    pub head: String,
    /// Where it is known: how many turns, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<usize>,
    /// Of `parallel for`: how many at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    pub body: Vec<Node>,
    /// Of `repeat`: when the tries run out; absent: the run fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Vec<Node>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoopForm {
    For,
    ParallelFor,
    Repeat,
}

#[derive(Debug, Clone, Serialize)]
pub struct Call {
    /// As the started file calls it: `git.is_clean`.
    pub task: String,
    pub args: Vec<Named>,
    /// Gates that protect the task by its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<After>,
    pub body: Vec<Node>,
    /// False where the plan would be too large.
    pub expanded: bool,
}

impl What {
    /// The parts that it consists of, each a list of nodes.
    pub fn bodies(&self) -> Vec<&[Node]> {
        match self {
            What::Step(s) => vec![&s.body, &s.undo],
            What::Ask(a) => a.otherwise.iter().map(|o| o.body.as_slice()).collect(),
            What::Gate(g) => g.on_reject.iter().map(Vec::as_slice).collect(),
            What::Choice(c) => c.branches.iter().map(|b| b.body.as_slice()).collect(),
            What::Loop(l) => std::iter::once(l.body.as_slice()).chain(l.otherwise.as_deref()).collect(),
            What::Parallel { branches } => branches.iter().map(|b| b.body.as_slice()).collect(),
            What::Try { body, catches } => {
                std::iter::once(body.as_slice()).chain(catches.iter().map(|c| c.body.as_slice())).collect()
            }
            What::Call(c) => vec![&c.body],
            What::Unreached { body } => vec![body],
            What::Run(_)
            | What::Effect(_)
            | What::Vouch { .. }
            | What::Wait { .. }
            | What::Say { .. }
            | What::Ensure { .. }
            | What::Leave { .. } => Vec::new(),
        }
    }
}
