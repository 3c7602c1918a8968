//! Expressions and statements. Whatever has a value, Nothing included, is an expression.

use super::{Ident, NodeId, Pattern, TypeExpr};
use crate::source::Span;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct Expr {
    pub id: NodeId,
    pub span: Span,
    pub kind: ExprKind,
}

/// `{ … }` as a block: statements, the last one's value is the block's if it is an expression.
#[derive(Debug, Clone)]
pub struct Block {
    pub id: NodeId,
    pub span: Span,
    pub stmts: Vec<Stmt>,
}

#[derive(Debug, Clone)]
pub struct Stmt {
    pub span: Span,
    /// `@allow(name)` before a statement.
    pub attributes: Vec<super::Attribute>,
    pub kind: StmtKind,
}

#[derive(Debug, Clone)]
pub enum StmtKind {
    /// `let x: T = e`; a pattern other than a name must match always. `name.id` is the binding's id.
    Let {
        pattern: Pattern,
        ty: Option<Box<TypeExpr>>,
        value: Expr,
    },
    Var {
        name: Ident,
        ty: Option<Box<TypeExpr>>,
        value: Expr,
    },
    /// `x = e`, `x.f = e`, `x[i] = e` (the target is a place: name, field or index).
    Assign {
        target: Expr,
        value: Expr,
    },
    Expr(Expr),
}

/// What is large and rare stands in boxes: an expression is moved several times while its tree is built.
#[derive(Debug, Clone)]
pub enum ExprKind {
    // Literals
    None,
    Bool(bool),
    /// Beyond the range of Int: a diagnostic was made and the value is 0.
    Int(i64),
    Float(f64),
    /// Milliseconds.
    Duration(i64),
    /// Bytes.
    Size(i64),
    Text(TextLit),
    List(Vec<ListItem>),
    /// `{"k": v}`
    Map(Vec<(Expr, Expr)>),
    /// `{ a: 1, b }`
    Record(Vec<RecordField>),

    // Names and access
    /// A local, step, gate, constant, parameter, function, agent, module; `it`.
    Name(Ident),
    /// A type's name where a value stands: `Version.parse(x)`, `Notes(headline: …)`, `Risk.Low`.
    TypeName(Ident),
    /// `.Low`, `.High(why: "…")` is a Call of this.
    Variant(Ident),
    /// `e.field`, `e?.field`; a method is a Call whose callee is a Field. A type or variant may stand on the right.
    Field {
        base: Box<Expr>,
        name: Ident,
        optional: bool,
    },
    Index {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    Call {
        callee: Box<Expr>,
        args: Vec<Arg>,
    },
    Lambda {
        params: Vec<Ident>,
        body: Box<Expr>,
    },

    // Operators
    Unary {
        op: UnaryOp,
        op_span: Span,
        operand: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        op_span: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Range {
        start: Box<Expr>,
        end: Box<Expr>,
        inclusive: bool,
    },

    // Control
    Block(Block),
    If {
        condition: Box<Expr>,
        then: Block,
        otherwise: Option<Box<Expr>>,
    },
    Match {
        subject: Box<Expr>,
        arms: Vec<Arm>,
    },
    For {
        pattern: Box<Pattern>,
        iterable: Box<Expr>,
        body: Block,
    },
    Repeat {
        limit: Box<Expr>,
        body: Block,
        otherwise: Option<Box<Block>>,
    },
    Return(Option<Box<Expr>>),
    Break(Option<Box<Expr>>),
    Continue,
    Try {
        body: Block,
        catches: Vec<Catch>,
    },
    Ensure {
        condition: Box<Expr>,
        message: Option<Box<Expr>>,
        help: Option<Box<Expr>>,
    },
    Fail {
        kind: Ident,
        message: Box<Expr>,
        help: Option<Box<Expr>>,
    },
    Wait(Box<Expr>),
    Say(Box<Expr>),
    Step(Box<Step>),
    Parallel {
        branches: Vec<(Ident, Expr)>,
    },
    ParallelFor {
        pattern: Box<Pattern>,
        iterable: Box<Expr>,
        limit: Option<Box<Expr>>,
        body: Block,
    },

    // The three primitives
    Run(Box<Run>),
    Ask(Box<Ask>),
    Gate(Box<Gate>),

    /// `read(path) as T`; the call itself is `call`. Any other call with `as` is refused by the checker.
    ReadAs {
        call: Box<Expr>,
        ty: Box<TypeExpr>,
    },
    /// `(e)`, kept so that the formatter and the mixed and/or rule see it.
    Paren(Box<Expr>),
    Error,
}

/// `[a, xs...]`: a plain item or, with three dots, all items of a list.
#[derive(Debug, Clone)]
pub struct ListItem {
    pub value: Expr,
    pub spread: bool,
}

#[derive(Debug, Clone)]
pub struct RecordField {
    pub name: Ident,
    /// For a bare name an [`ExprKind::Name`] with the same span.
    pub value: Expr,
    pub shorthand: bool,
}

#[derive(Debug, Clone)]
pub struct Arg {
    pub name: Option<Ident>,
    pub value: Expr,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    Not,
    Negate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    Matches,
    Coalesce,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

impl BinaryOp {
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
            BinaryOp::In => "in",
            BinaryOp::Matches => "matches",
            BinaryOp::Coalesce => "??",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Rem => "%",
        }
    }
}

/// Text with its interpolations; a text without any has one `Lit` part or none.
#[derive(Debug, Clone)]
pub struct TextLit {
    pub form: TextForm,
    pub parts: Vec<TextPart>,
}

impl TextLit {
    /// The text if it has no interpolation.
    pub fn plain(&self) -> Option<String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                TextPart::Lit(t) => out.push_str(t),
                TextPart::Expr(_) => return None,
            }
        }
        Some(out)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    Quoted,
    Block,
    Raw,
}

#[derive(Debug, Clone)]
pub enum TextPart {
    Lit(Arc<str>),
    Expr(Expr),
}

/// One arm of a `match`.
#[derive(Debug, Clone)]
pub struct Arm {
    pub pattern: Pattern,
    /// `if c` after the pattern.
    pub guard: Option<Expr>,
    pub body: Expr,
    pub span: Span,
}

/// `catch kind e { }`, `catch e { }`, `catch { }`.
#[derive(Debug, Clone)]
pub struct Catch {
    pub kind: Option<Ident>,
    pub name: Option<Ident>,
    pub body: Block,
    pub span: Span,
}

/// `step name "Title" { … } undo { … }`. `name.id` is the binding's id.
#[derive(Debug, Clone)]
pub struct Step {
    pub name: Ident,
    pub title: Option<Expr>,
    pub body: Block,
    pub undo: Option<Block>,
}

/// A command between backticks, split into words.
#[derive(Debug, Clone)]
pub struct Command {
    pub span: Span,
    pub words: Vec<Word>,
}

#[derive(Debug, Clone)]
pub struct Word {
    pub span: Span,
    pub parts: Vec<WordPart>,
    /// Some part of it stood in quotes: an empty one is still a word.
    pub quoted: bool,
}

#[derive(Debug, Clone)]
pub enum WordPart {
    Lit(Arc<str>),
    /// `{expr}`: stays inside this word, whatever it holds.
    Expr(Expr),
    /// `{list...}`: one word an item; always the only part of its word.
    Spread(Expr),
    /// `*` in a pattern of a policy or a test.
    Any,
}

#[derive(Debug, Clone)]
pub struct Run {
    pub command: Command,
    /// `as Text | Lines | Json | T | JsonLines<T>`
    pub form: Option<TypeExpr>,
    pub dir: Option<Expr>,
    /// `env { NAME: e }`, a record or map expression.
    pub env: Option<Expr>,
    pub stdin: Option<Expr>,
    pub timeout: Option<Expr>,
    pub retry: Option<Retry>,
    /// `exits [0, 1]`: a list or a range.
    pub exits: Option<Expr>,
    pub idempotent: Option<Span>,
}

/// `retry n every d on [codes]`
#[derive(Debug, Clone)]
pub struct Retry {
    pub times: Expr,
    pub every: Option<Expr>,
    pub on: Option<Expr>,
}

#[derive(Debug, Clone)]
pub struct Ask {
    /// `ask interactive`
    pub interactive: Option<Span>,
    /// The agent: a name or `module.name`.
    pub agent: Option<Expr>,
    pub prompt: Expr,
    pub ty: Option<TypeExpr>,
    /// `with { }`: a record expression.
    pub with: Option<Expr>,
    pub retry: Option<Expr>,
    pub checks: Vec<CheckClause>,
    pub otherwise: Option<Expr>,
    /// `up to 5 turns`
    pub turns: Option<Expr>,
    pub timeout: Option<Expr>,
}

/// `check condition else "message"`; the value is `it`. `id` is the binding of `it`.
#[derive(Debug, Clone)]
pub struct CheckClause {
    pub id: NodeId,
    pub condition: Expr,
    pub message: Option<Expr>,
    pub span: Span,
}

/// `gate name "Question?" …`. `name.id` is the binding's id.
#[derive(Debug, Clone)]
pub struct Gate {
    pub name: Ident,
    pub question: Expr,
    pub by: Option<Approvers>,
    /// A record expression.
    pub show: Option<Expr>,
    pub require: Vec<Expr>,
    pub timeout: Option<Expr>,
    pub escalate: Vec<Approvers>,
    /// `edit v`
    pub edit: Option<Expr>,
    /// `as T`
    pub ty: Option<TypeExpr>,
    pub checks: Vec<CheckClause>,
    pub on_reject: Option<OnReject>,
    /// `min_assurance "key"` and the like are the policy's; this is the file's tightening, if any.
    pub assurance: Option<Expr>,
}

/// Who must approve. Also parsed from `wflow.toml`'s `by`.
#[derive(Debug, Clone)]
pub struct Approvers {
    pub span: Span,
    pub kind: ApproversKind,
}

#[derive(Debug, Clone)]
pub enum ApproversKind {
    /// A role, a person, or a value of type Role; names resolve to a local first.
    One(Expr),
    And(Vec<Approvers>),
    Or(Vec<Approvers>),
    /// `2 of [a, b, c]`
    Quorum {
        count: Expr,
        of: Vec<Approvers>,
    },
}

/// `on reject r { … }`
#[derive(Debug, Clone)]
pub struct OnReject {
    pub name: Option<Ident>,
    pub body: Block,
    pub span: Span,
}
