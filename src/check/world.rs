//! What a program declares, and the state that all passes share.

use super::program::*;
use crate::diagnostics::{Code, Diagnostic};
use crate::policy::{Config, Project};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{self, NodeId};
use crate::types::{Type, TypeDefs};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What is known beside the files.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// People and roles that `wflow.toml` names; none when there is no such file, and then any name will do.
    pub approvers: Option<Vec<Arc<str>>>,
    /// What `wflow.toml` says, if there is one.
    pub config: Option<Arc<Config>>,
    /// Sources read before, `wflow.toml` among them: labels point into it.
    pub sources: SourceMap,
    /// Report what only matters to some: `ask` without `otherwise`.
    pub pedantic: bool,
    /// Find for every effect which gates are surely approved before it: for plans.
    pub approvals: bool,
}

impl Environment {
    /// What a project says; `sources` is the map that [`crate::policy::load_project`] filled.
    pub fn of_project(project: &Project, sources: &SourceMap) -> Environment {
        let config = project.is_configured().then(|| Arc::new(project.config.clone()));
        Environment {
            approvers: config.as_ref().map(|c| c.people.names().map(Arc::from).collect()),
            config,
            sources: sources.clone(),
            pedantic: false,
            approvals: false,
        }
    }
}

/// Which type declaration; dense over all modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TypeSlot(pub u32);

/// What a name of a module stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decl {
    Const(ConstId),
    Callable(CallableId),
    Agent(AgentId),
    Type(TypeSlot),
    Module(ModuleId),
}

#[derive(Debug)]
pub(super) struct Declared {
    pub decl: Decl,
    pub span: Span,
    pub used: bool,
}

pub(super) enum TypeState {
    Waiting,
    InProgress,
    Done(Type),
}

pub(super) struct TypeDecl {
    pub at: ItemRef,
    pub state: TypeState,
}

pub(super) struct ModuleState {
    pub ast: Arc<ast::File>,
    pub scope: HashMap<Arc<str>, Declared>,
    pub uses: HashMap<Arc<str>, ModuleId>,
    pub tables: Tables,
    /// An earlier entry of a session, whose names are visible here.
    pub before: Option<ModuleId>,
    /// Names that a part with syntax errors, or a module that could not be read, may have declared.
    pub lost: HashSet<String>,
    /// It has syntax errors: what was left out may use any name.
    pub partial: bool,
}

/// What one body does, for the passes that look at the whole program.
#[derive(Debug, Default, Clone)]
pub(super) struct Summary {
    pub calls: Vec<(CallableId, Span)>,
    pub consts: Vec<(ConstId, Span)>,
    pub effects: bool,
}

/// A constant's type is found when somebody first asks.
pub(super) enum ConstState {
    Waiting,
    InProgress,
    Done,
}

pub(super) struct World<'e> {
    pub env: &'e Environment,
    pub sources: SourceMap,
    pub modules: Vec<ModuleState>,
    pub defs: TypeDefs,
    pub types: Vec<TypeDecl>,
    pub callables: Vec<Callable>,
    pub consts: Vec<Const>,
    pub agents: Vec<Agent>,
    pub predicates: Vec<Predicate>,
    pub tests: Vec<Test>,
    pub diagnostics: Vec<Diagnostic>,
    pub callable_summaries: Vec<Summary>,
    pub const_summaries: Vec<Summary>,
    pub predicate_summaries: Vec<Summary>,
    pub const_states: Vec<ConstState>,
    /// Refinements whose predicates wait for their check: predicate, module, base type.
    pub pending: Vec<(crate::types::PredicateId, Type)>,
    /// Every gate of the program, by name.
    pub gates: Vec<(Arc<str>, Span)>,
    /// The module that is being looked at.
    pub current: ModuleId,
    pub body: super::body::Body,
    /// The types that `break` gives, of the `repeat` loops that enclose us.
    pub breaks: Vec<Vec<Type>>,
    /// The newest piece of a session.
    pub last_piece: Option<ModuleId>,
    /// How many of the tests have been checked.
    pub checked_tests: usize,
    /// Whether there is a policy that commands are held against.
    pub judging: bool,
    pub planned: Vec<super::allowed::Planned>,
    /// For [`Program::approved_before`].
    pub approved: HashMap<Span, Vec<Arc<str>>>,
}

impl World<'_> {
    pub fn module(&self, id: ModuleId) -> &ModuleState {
        &self.modules[id.0 as usize]
    }

    pub fn here(&mut self) -> &mut ModuleState {
        &mut self.modules[self.current.0 as usize]
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub fn error(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, span, message)
    }

    pub fn show(&self, ty: &Type) -> String {
        ty.show(&self.defs).to_string()
    }

    pub fn tables(&mut self) -> &mut Tables {
        &mut self.modules[self.current.0 as usize].tables
    }

    pub fn ty(&self, id: NodeId) -> &Type {
        self.modules[self.current.0 as usize].tables.ty(id)
    }

    pub fn res(&self, id: NodeId) -> Res {
        self.modules[self.current.0 as usize].tables.res(id)
    }

    pub fn set_type(&mut self, id: NodeId, ty: &Type) {
        if let Some(slot) = self.tables().types.get_mut(id.index()) {
            *slot = ty.clone();
        }
    }

    pub fn set_res(&mut self, id: NodeId, res: Res) {
        if let Some(slot) = self.tables().res.get_mut(id.index()) {
            *slot = res;
        }
    }

    /// A name of the current module, or of the entries before it.
    pub fn lookup(&mut self, name: &str) -> Option<(Decl, Span)> {
        let mut module = Some(self.current);
        while let Some(id) = module {
            let state = &mut self.modules[id.0 as usize];
            if let Some(found) = state.scope.get_mut(name) {
                found.used = true;
                return Some((found.decl, found.span));
            }
            module = state.before;
        }
        None
    }

    /// Whether nobody can say that a name does not exist, because a part of the file could not be read.
    pub fn may_exist(&self, name: &str) -> bool {
        self.module(self.current).lost.contains(name)
    }

    /// The names of the current module that `keep` accepts, for "did you mean".
    pub fn names(&self, keep: impl Fn(Decl) -> bool) -> Vec<Arc<str>> {
        let mut out = Vec::new();
        let mut module = Some(self.current);
        while let Some(id) = module {
            let state = self.module(id);
            out.extend(state.scope.iter().filter(|(_, d)| keep(d.decl)).map(|(n, _)| n.clone()));
            module = state.before;
        }
        out
    }
}
