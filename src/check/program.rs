//! A checked program: the trees of all its modules with everything that the checker found out about them.
//!
//! Findings about parts of a tree are in [`Tables`], plain vectors indexed by the tree's `NodeId`. Whoever lowers or
//! explains a program looks them up and decides nothing anew.

use super::module_names::module_names;
use crate::diagnostics::Diagnostic;
use crate::source::{Origin, SourceFile, SourceMap, Span};
use crate::syntax::ast::{self, NodeId};
use crate::types::{DefId, PredicateId, Type, TypeDefs};
use std::collections::HashMap;
use std::sync::Arc;

/// Dense index of a module; 0 is the file that was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub u32);

/// Dense index of a `fn`, `task` or `workflow` over all modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallableId(pub u32);

/// Dense index of a `const` over all modules; one is evaluated before those that use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConstId(pub u32);

/// Dense index of an `agent` over all modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgentId(pub u32);

/// Where in one file's tree an item stands: its index in `ast::File::items`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ItemRef {
    pub module: ModuleId,
    pub item: u32,
}

/// A local variable of one callable, const, test, predicate or lambda chain: dense from zero within that body.
/// Lambdas share the numbering of the body that they stand in, so a captured variable is just a lower number.
pub type LocalId = u32;

/// What a name, type name, variant or field-of-a-module refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Res {
    #[default]
    None,
    Local(LocalId),
    Const(ConstId),
    Callable(CallableId),
    Agent(AgentId),
    /// A person or role named in `wflow.toml`.
    Role,
    Module(ModuleId),
    /// A record type used as a constructor, or a type whose static function (`parse`) is called.
    Type,
    /// Variant number of a declared enum.
    Variant(DefId, u32),
    /// A function of the language itself: `now`, `read`, `secret`, `vouch` …
    Builtin(Builtin),
    /// A method of a built-in type; which one follows from the receiver's type and the name.
    Method,
    /// Field number within the receiver's record type (sorted as declared).
    FieldIndex(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Builtin {
    Now,
    Uuid,
    Env,
    Read,
    Write,
    Glob,
    Exists,
    Secret,
    Vouch,
}

impl Builtin {
    pub const ALL: [(&'static str, Builtin); 9] = [
        ("now", Builtin::Now),
        ("uuid", Builtin::Uuid),
        ("env", Builtin::Env),
        ("read", Builtin::Read),
        ("write", Builtin::Write),
        ("glob", Builtin::Glob),
        ("exists", Builtin::Exists),
        ("secret", Builtin::Secret),
        ("vouch", Builtin::Vouch),
    ];
    pub fn from_name(name: &str) -> Option<Builtin> {
        Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, b)| *b)
    }
}

/// Findings about one module's tree, by `NodeId`.
#[derive(Debug, Default, Clone)]
pub struct Tables {
    /// The type of each expression *as written*, before any coercion; of each binding: the variable's type;
    /// of each `TypeExpr`: the type that it denotes; of the name of a declared type: that type. A loop whose value nobody takes has Nothing. An optional has no
    /// wrapper: where it is known to be there, the type is simply the inner one.
    pub types: Vec<Type>,
    /// For `Name`, `TypeName`, `Variant`, `Field` expressions (their expr id), binding idents (`Res::Local`), and
    /// variant patterns (the pattern's id). The alternatives of `A or B` bind the same locals. A `Field` with
    /// `Res::Method` outside of a call is a property (`x.len`); a `Name` with `Res::Callable` outside of a call is a
    /// `fn` given as a value; `.parse` and `.from_json` on a type are `Res::Method` on a base with `Res::Type`.
    pub res: Vec<Res>,
    /// Where a value gets another type than its expression has (widening, refinement checks, into an optional):
    /// expression id → target type. The run-time check belongs exactly there.
    pub coercions: HashMap<NodeId, Type>,
    /// For a call with named or left-out arguments: for each parameter in order, the index of its argument, or none
    /// for the default. Absent when the arguments are simply positional and complete. Also for constructors (fields
    /// are the parameters, none is `none`), and for every record literal where a type was asked for: for each field
    /// of its type, the index of the literal's field.
    pub call_order: HashMap<NodeId, Vec<Option<u32>>>,
    /// Predicates of `where` in this module, by the id of the predicate expression.
    pub predicates: HashMap<NodeId, PredicateId>,
    /// Local id of `it` in a refinement predicate or `check` clause: by the id of the predicate expression, or of the clause.
    pub it: HashMap<NodeId, LocalId>,
    /// Local id of a step's own optional value inside its `undo`: by the id of the step's name.
    pub undo: HashMap<NodeId, LocalId>,
    /// For an effect or a call that stands where an untrusted value has decided, or may have: what was decided by it.
    pub because: HashMap<NodeId, Vec<Span>>,
}

impl Tables {
    pub fn new(nodes: u32) -> Tables {
        Tables {
            types: vec![Type::Error; nodes as usize],
            res: vec![Res::None; nodes as usize],
            ..Tables::default()
        }
    }
    pub fn ty(&self, id: NodeId) -> &Type {
        self.types.get(id.index()).unwrap_or(&Type::Error)
    }
    pub fn res(&self, id: NodeId) -> Res {
        self.res.get(id.index()).copied().unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
pub struct Module {
    pub id: ModuleId,
    pub ast: Arc<ast::File>,
    pub tables: Arc<Tables>,
    /// What `use` names: local name → module.
    pub uses: HashMap<Arc<str>, ModuleId>,
}

#[derive(Debug, Clone)]
pub struct Signature {
    pub params: Vec<ParamInfo>,
    pub result: Type,
}

#[derive(Debug, Clone)]
pub struct ParamInfo {
    pub name: Arc<str>,
    pub ty: Type,
    pub has_default: bool,
    pub docs: Option<Arc<str>>,
}

#[derive(Debug, Clone)]
pub struct Callable {
    pub id: CallableId,
    pub kind: ast::CallableKind,
    pub name: Arc<str>,
    pub at: ItemRef,
    pub signature: Arc<Signature>,
    /// How many locals the body (with its lambdas) has; parameters are the first ones.
    pub locals: u32,
    pub agent_startable: bool,
    /// Whether its body, or what it calls, may ask for an effect. Always false for a `fn`.
    pub effects: bool,
}

#[derive(Debug, Clone)]
pub struct Const {
    pub id: ConstId,
    pub name: Arc<str>,
    pub at: ItemRef,
    pub ty: Type,
    pub locals: u32,
}

#[derive(Debug, Clone)]
pub struct Agent {
    pub id: AgentId,
    pub name: Arc<str>,
    pub at: ItemRef,
    pub locals: u32,
}

/// A predicate of a refinement: the expression, in whose body local 0 is `it`.
#[derive(Debug, Clone)]
pub struct Predicate {
    pub id: PredicateId,
    pub module: ModuleId,
    /// Finds the expression: the id of the `Expr`.
    pub expr: Arc<ast::Expr>,
    pub locals: u32,
    pub source: Arc<str>,
}

/// A `test`, with the number of its locals.
#[derive(Debug, Clone)]
pub struct Test {
    pub name: Arc<str>,
    pub at: ItemRef,
    pub locals: u32,
}

/// Everything that is known about a program that may run. Also made for one with errors, for editors.
#[derive(Debug, Clone)]
pub struct Program {
    pub sources: SourceMap,
    pub modules: Vec<Module>,
    pub defs: Arc<TypeDefs>,
    pub callables: Vec<Callable>,
    /// In an order in which each uses only earlier ones.
    pub consts: Vec<Const>,
    pub agents: Vec<Agent>,
    pub predicates: Vec<Predicate>,
    pub tests: Vec<Test>,
    /// For [`Program::approved_before`].
    pub approved: Arc<HashMap<Span, Vec<Arc<str>>>>,
}

impl Program {
    /// How policies call the modules: by module, its names.
    pub fn module_names(&self) -> Vec<Vec<Arc<str>>> {
        module_names(self.modules.iter().map(|m| (&m.uses, self.sources.file(m.ast.id))))
    }
}

/// What checking gives.
#[derive(Debug, Clone)]
pub struct Checked {
    pub program: Program,
    /// In source order per file.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

impl Program {
    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }
    pub fn callable(&self, id: CallableId) -> &Callable {
        &self.callables[id.0 as usize]
    }
    pub fn item(&self, at: ItemRef) -> &ast::Item {
        &self.module(at.module).ast.items[at.item as usize]
    }
    /// The tree of a callable.
    pub fn callable_ast(&self, id: CallableId) -> Option<&ast::CallableItem> {
        match &self.item(self.callable(id).at).kind {
            ast::ItemKind::Callable(c) => Some(c),
            _ => None,
        }
    }
    /// The source files that it is made of, the named one first, without the library's.
    pub fn own_files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.modules.iter().map(|m| self.sources.file(m.ast.id)).filter(|f| f.origin != Origin::Std)
    }

    /// Workflows of the named file, in source order.
    pub fn workflows(&self) -> impl Iterator<Item = &Callable> {
        self.callables.iter().filter(|c| c.kind == ast::CallableKind::Workflow && c.at.module == ModuleId(0))
    }
    /// Gates of its own body that are surely approved before what stands at a span, where that was asked for.
    pub fn approved_before(&self, span: Span) -> Vec<Arc<str>> {
        self.approved.get(&span).cloned().unwrap_or_default()
    }
    pub fn span_of(&self, at: ItemRef) -> Span {
        self.item(at).span
    }
}
