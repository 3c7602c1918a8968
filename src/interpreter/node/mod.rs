//! The lowered program: what the checker found out is decided, so evaluation only walks.
//!
//! Names are slots of a frame, methods are function pointers, texts and commands are parts, a change of type is a
//! node of its own. Operators whose operands are known to be Int, Float or Bool have nodes that compute on bare
//! numbers. A node that cannot be a leaf is boxed, so that a [`Node`] stays as small as a pointer and a half.

mod effect;

pub use effect::*;

use crate::check::{CallableId, ConstId};
use crate::diagnostics::ErrorKind;
use crate::source::Span;
use crate::types::Type;
use crate::value::methods::{Calls, Outcome, Trouble};
use crate::value::{Convert, EnumLayout, RecordLayout, Value};
use regex::Regex;
use std::sync::Arc;

/// Which variable of a frame.
pub type Slot = u32;

#[derive(Debug)]
pub enum Node {
    // Values
    Const(Value),
    Local(Slot),
    Global(ConstId),
    Text(Box<[Part]>),
    List(Box<[ListPart]>),
    Map(Box<(Vec<(Node, Node)>, Span)>),
    Record(Box<RecordNode>),
    Variant(Box<VariantNode>),
    Range(Box<RangeNode>),
    Function(CallableId),

    // Access
    Field(Box<FieldNode>),
    Index(Box<Pair>),
    Len(Box<(Node, Span)>),

    // Calls
    Call(Box<CallNode>),
    Method(Box<MethodNode>),
    Higher(Box<HigherNode>),
    Parse(Box<ReadNode>),
    FromJson(Box<ReadNode>),

    // Operators on numbers and truth values that are known to be such
    IntAdd(Box<Pair>),
    IntSub(Box<Pair>),
    IntMul(Box<Pair>),
    IntRem(Box<Pair>),
    IntNegate(Box<(Node, Span)>),
    FloatAdd(Box<Pair>),
    FloatSub(Box<Pair>),
    FloatMul(Box<Pair>),
    FloatDiv(Box<Pair>),
    FloatNegate(Box<Node>),
    IntLt(Box<(Node, Node)>),
    IntLe(Box<(Node, Node)>),
    IntEq(Box<(Node, Node)>),
    IntNe(Box<(Node, Node)>),
    FloatLt(Box<(Node, Node)>),
    FloatLe(Box<(Node, Node)>),
    And(Box<(Node, Node)>),
    Or(Box<(Node, Node)>),
    Not(Box<Node>),

    // Operators on anything
    Arithmetic(Box<ArithmeticNode>),
    Equal(Box<(Node, Node)>),
    Less(Box<(Node, Node)>),
    LessEqual(Box<(Node, Node)>),
    In(Box<Pair>),
    Matches(Box<(Node, Regex)>),
    MatchesValue(Box<Pair>),
    Coalesce(Box<(Node, Node)>),
    Convert(Box<ConvertNode>),
    Widen(Box<Node>),

    // Statements and control
    Seq(Box<[Node]>),
    Set(Box<(Slot, Node)>),
    /// To what is known to be an Int.
    SetInt(Box<(Slot, Node)>),
    Bind(Box<BindNode>),
    Append(Box<AppendNode>),
    Place(Box<PlaceNode>),
    If(Box<IfNode>),
    Match(Box<MatchNode>),
    For(Box<ForNode>),
    Repeat(Box<RepeatNode>),
    Return(Box<Node>),
    Break(Box<Node>),
    Continue,
    Try(Box<TryNode>),
    Ensure(Box<EnsureNode>),
    Fail(Box<FailNode>),

    // Effects
    Wait(Box<SiteNode>),
    Say(Box<SiteNode>),
    Effect(Box<EffectNode>),
    Run(Box<RunNode>),
    Ask(Box<AskNode>),
    Gate(Box<GateNode>),
    Step(Box<StepNode>),
    Parallel(Box<ParallelNode>),
    ParallelFor(Box<ParallelForNode>),

    /// What the checker should have refused; says what it was.
    Broken(Box<(String, Span)>),
}

/// The operands of an operator, and where it stands.
#[derive(Debug)]
pub struct Pair {
    pub left: Node,
    pub right: Node,
    pub span: Span,
}

#[derive(Debug)]
pub enum Part {
    Lit(Arc<str>),
    Expr(Node),
}

#[derive(Debug)]
pub struct ListPart {
    pub value: Node,
    pub spread: bool,
}

#[derive(Debug)]
pub struct RecordNode {
    pub layout: Arc<RecordLayout>,
    /// In source order, each with the number of its field; fields without one are `none`.
    pub fields: Vec<(u32, Node)>,
}

#[derive(Debug)]
pub struct VariantNode {
    pub layout: Arc<EnumLayout>,
    pub index: u32,
    pub fields: Vec<(u32, Node)>,
}

#[derive(Debug)]
pub struct RangeNode {
    pub start: Node,
    pub end: Node,
    pub inclusive: bool,
}

#[derive(Debug)]
pub struct FieldNode {
    pub base: Node,
    pub index: u32,
    pub name: Arc<str>,
    /// `base?.field`: `none` stays `none`.
    pub optional: bool,
    pub span: Span,
}

#[derive(Debug)]
pub struct CallNode {
    pub callable: CallableId,
    /// In source order, each with the number of its parameter.
    pub args: Vec<(u32, Node)>,
    /// Parameters without an argument.
    pub defaults: Vec<u32>,
    pub site: Site,
}

#[derive(Debug)]
pub struct MethodNode {
    pub name: &'static str,
    pub run: fn(&mut [Value]) -> Outcome,
    pub receiver: Node,
    pub args: Vec<Node>,
    /// `base?.method()`: `none` stays `none`.
    pub optional: bool,
    pub span: Span,
}

pub struct HigherNode {
    pub name: &'static str,
    pub run: fn(&mut [Value], &mut dyn Calls) -> Result<Value, Trouble>,
    pub receiver: Node,
    pub args: Vec<Node>,
    pub functions: Vec<Func>,
    pub optional: bool,
    pub span: Span,
}

impl std::fmt::Debug for HigherNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HigherNode").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

/// A function among a method's arguments.
#[derive(Debug)]
pub enum Func {
    /// A lambda written in place: runs in the frame around it, so it captures for free.
    Inline {
        params: Vec<Slot>,
        body: Node,
    },
    Named(CallableId),
    Value(Node),
}

/// Text or JSON read as a type.
#[derive(Debug)]
pub struct ReadNode {
    pub value: Node,
    pub ty: Type,
}

#[derive(Debug)]
pub struct ArithmeticNode {
    pub op: crate::syntax::ast::BinaryOp,
    pub left: Node,
    pub right: Node,
    pub span: Span,
}

#[derive(Debug)]
pub struct ConvertNode {
    pub value: Node,
    pub convert: Convert,
    pub span: Span,
}

#[derive(Debug)]
pub struct BindNode {
    pub pattern: Pat,
    pub value: Node,
    pub span: Span,
}

/// `x = x + a + b` on a Text or a list: grows in place where nobody else holds the value.
#[derive(Debug)]
pub struct AppendNode {
    pub slot: Slot,
    pub parts: Vec<Node>,
    pub span: Span,
}

#[derive(Debug)]
pub struct PlaceNode {
    pub slot: Slot,
    pub steps: Vec<PlaceStep>,
    pub value: Node,
}

#[derive(Debug)]
pub enum PlaceStep {
    Field { index: u32, name: Arc<str>, span: Span },
    Index { index: Node, span: Span },
}

#[derive(Debug)]
pub struct IfNode {
    pub condition: Node,
    pub then: Node,
    pub otherwise: Node,
}

#[derive(Debug)]
pub struct MatchNode {
    pub subject: Node,
    pub arms: Vec<ArmNode>,
    pub span: Span,
}

#[derive(Debug)]
pub struct ArmNode {
    pub pattern: Pat,
    pub guard: Option<Node>,
    pub body: Node,
}

#[derive(Debug)]
pub enum Pat {
    Any,
    Bind(Slot),
    Const(Value),
    Range { start: Value, end: Value, inclusive: bool },
    Variant { index: u32, fields: Vec<(u32, Pat)> },
    Record(Vec<(Arc<str>, Pat)>),
    List { items: Vec<Pat>, rest: Option<Option<Slot>> },
    Or(Vec<Pat>),
}

#[derive(Debug)]
pub struct ForNode {
    pub pattern: Pat,
    pub iterable: Node,
    pub body: Node,
    /// Whether the list of values is used.
    pub collect: bool,
    /// Whether the body has effects, whose paths tell the iterations apart.
    pub effects: bool,
    pub span: Span,
}

#[derive(Debug)]
pub struct RepeatNode {
    pub limit: Node,
    pub body: Node,
    pub otherwise: Option<Node>,
    pub effects: bool,
    pub span: Span,
}

#[derive(Debug)]
pub struct TryNode {
    pub body: Node,
    pub catches: Vec<CatchNode>,
}

#[derive(Debug)]
pub struct CatchNode {
    /// Absent: every kind that is caught by default.
    pub kind: Option<ErrorKind>,
    pub slot: Option<Slot>,
    pub body: Node,
}

#[derive(Debug)]
pub struct EnsureNode {
    pub condition: Node,
    pub message: Option<Node>,
    pub help: Option<Node>,
    /// Operands of the comparison that may be looked at again, as written.
    pub compared: Vec<(Arc<str>, Node)>,
    pub source: Arc<str>,
    pub span: Span,
}

#[derive(Debug)]
pub struct FailNode {
    pub kind: ErrorKind,
    pub message: Node,
    pub help: Option<Node>,
    pub span: Span,
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_node_is_small() {
        assert_eq!(std::mem::size_of::<super::Node>(), 24);
    }
}
