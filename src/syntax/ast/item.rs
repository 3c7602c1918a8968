//! Items: what stands at the top level of a file.

use super::{Block, Command, Expr, FieldDecl, Ident, TestItem, TypeExpr};
use crate::source::Span;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct Item {
    pub span: Span,
    pub docs: Option<Arc<str>>,
    pub attributes: Vec<Attribute>,
    pub kind: ItemKind,
}

/// `@allow(unused_value, dead_code)`, `@agent_startable`.
#[derive(Debug, Clone)]
pub struct Attribute {
    pub name: Ident,
    pub args: Vec<Ident>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum ItemKind {
    Use(UseItem),
    Type(TypeItem),
    Enum(EnumItem),
    Const(ConstItem),
    Agent(AgentItem),
    Policy(PolicyItem),
    /// `fn`, `task` or `workflow`.
    Callable(CallableItem),
    Test(TestItem),
}

/// `use work`, `use "./x.wflow" as x`.
#[derive(Debug, Clone)]
pub struct UseItem {
    pub source: UseSource,
    /// After `as`; a library module's own name serves otherwise.
    pub alias: Option<Ident>,
}

#[derive(Debug, Clone)]
pub enum UseSource {
    Library(Ident),
    File { path: Arc<str>, span: Span },
}

/// `type Name { fields }` or `type Name = T`.
#[derive(Debug, Clone)]
pub struct TypeItem {
    pub name: Ident,
    pub body: TypeBody,
}

#[derive(Debug, Clone)]
pub enum TypeBody {
    Record(Vec<FieldDecl>),
    Alias(TypeExpr),
}

#[derive(Debug, Clone)]
pub struct EnumItem {
    pub name: Ident,
    pub variants: Vec<VariantDecl>,
}

#[derive(Debug, Clone)]
pub struct VariantDecl {
    pub docs: Option<Arc<str>>,
    pub name: Ident,
    pub fields: Vec<FieldDecl>,
    /// `= "staging"`
    pub text: Option<(Arc<str>, Span)>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct ConstItem {
    pub name: Ident,
    pub ty: Option<TypeExpr>,
    pub value: Expr,
}

/// `agent name { key: value }`; the keys are checked later.
#[derive(Debug, Clone)]
pub struct AgentItem {
    pub name: Ident,
    pub settings: Vec<(Ident, Expr)>,
}

#[derive(Debug, Clone)]
pub struct PolicyItem {
    pub rules: Vec<PolicyRule>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct PolicyRule {
    pub kind: PolicyRuleKind,
    pub subjects: Vec<PolicySubject>,
    /// `after gate g`
    pub after: Option<Ident>,
    /// `for agent coder`
    pub agent: Option<Ident>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyRuleKind {
    Allow,
    Deny,
    Reads,
    Trusted,
    Untrusted,
}

#[derive(Debug, Clone)]
pub enum PolicySubject {
    Command(Command),
    /// Another effect: `work.create`, `write "docs/**"`, `read`; `path` is the dotted name.
    Effect {
        path: Vec<Ident>,
        argument: Option<(Arc<str>, Span)>,
        span: Span,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallableKind {
    Fn,
    Task,
    Workflow,
}

impl CallableKind {
    pub fn keyword(self) -> &'static str {
        match self {
            CallableKind::Fn => "fn",
            CallableKind::Task => "task",
            CallableKind::Workflow => "workflow",
        }
    }
}

#[derive(Debug, Clone)]
pub struct CallableItem {
    pub kind: CallableKind,
    pub name: Ident,
    pub params: Vec<Param>,
    pub result: Option<TypeExpr>,
    pub body: Block,
    /// From the keyword to the result type: where a message about the whole points.
    pub head: Span,
}

/// `name.id` is the binding's id.
#[derive(Debug, Clone)]
pub struct Param {
    pub docs: Option<Arc<str>>,
    pub name: Ident,
    pub ty: TypeExpr,
    pub default: Option<Expr>,
}
