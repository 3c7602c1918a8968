//! Collects what each module declares. Promises that a name stands for one thing; refuses names of the language.

use super::program::*;
use super::world::*;
use crate::diagnostics::codes::names as code;
use crate::syntax::ast::{self, Ident, ItemKind};
use crate::types::{DefKind, Type, TypeDef};
use std::sync::Arc;

/// Names of built-in types.
pub(super) const BUILTIN_TYPES: &[(&str, Type)] = &[
    ("Text", Type::Text),
    ("Int", Type::Int),
    ("Float", Type::Float),
    ("Bool", Type::Bool),
    ("Duration", Type::Duration),
    ("Size", Type::Size),
    ("Time", Type::Time),
    ("Path", Type::Path),
    ("Json", Type::Json),
    ("Secret", Type::Secret),
    ("Role", Type::Role),
    ("Nothing", Type::Nothing),
    ("Output", Type::Output),
    ("Approval", Type::Approval),
    ("Rejection", Type::Rejection),
    ("Failure", Type::Failure),
];

impl World<'_> {
    /// Declares every item of a module. `uses` were loaded before.
    pub fn declare(&mut self, module: ModuleId) {
        self.current = module;
        let file = Arc::clone(&self.module(module).ast);
        for (index, item) in file.items.iter().enumerate() {
            let at = ItemRef { module, item: index as u32 };
            match &item.kind {
                ItemKind::Use(_) | ItemKind::Policy(_) => {}
                ItemKind::Test(test) => self.tests.push(Test { name: test.name.clone(), at, locals: 0 }),
                ItemKind::Type(t) => {
                    let state = match &t.body {
                        ast::TypeBody::Alias(_) => TypeState::Waiting,
                        ast::TypeBody::Record(_) => {
                            let kind = DefKind::Record(Arc::from([]));
                            TypeState::Done(self.define(&t.name, item, kind))
                        }
                    };
                    self.types.push(TypeDecl { at, state });
                    self.declare_name(&t.name, Decl::Type(TypeSlot(self.types.len() as u32 - 1)));
                }
                ItemKind::Enum(e) => {
                    let ty = self.define(&e.name, item, DefKind::Enum(Arc::from([])));
                    self.types.push(TypeDecl { at, state: TypeState::Done(ty) });
                    self.declare_name(&e.name, Decl::Type(TypeSlot(self.types.len() as u32 - 1)));
                }
                ItemKind::Const(c) => {
                    let id = ConstId(self.consts.len() as u32);
                    self.consts.push(Const { id, name: c.name.name.clone(), at, ty: Type::Error, locals: 0 });
                    self.const_states.push(ConstState::Waiting);
                    self.const_summaries.push(Summary::default());
                    self.declare_name(&c.name, Decl::Const(id));
                }
                ItemKind::Agent(a) => {
                    let id = AgentId(self.agents.len() as u32);
                    self.agents.push(Agent { id, name: a.name.name.clone(), at, locals: 0 });
                    self.declare_name(&a.name, Decl::Agent(id));
                }
                ItemKind::Callable(c) => {
                    let id = CallableId(self.callables.len() as u32);
                    self.callables.push(Callable {
                        id,
                        kind: c.kind,
                        name: c.name.name.clone(),
                        at,
                        signature: Arc::new(Signature { params: Vec::new(), result: Type::Error }),
                        locals: 0,
                        agent_startable: item.attributes.iter().any(|a| &*a.name.name == "agent_startable"),
                        effects: false,
                    });
                    self.callable_summaries.push(Summary::default());
                    self.declare_name(&c.name, Decl::Callable(id));
                }
            }
        }
    }

    fn define(&mut self, name: &Ident, item: &ast::Item, kind: DefKind) -> Type {
        let def = TypeDef { name: name.name.clone(), span: name.span, docs: item.docs.clone(), kind };
        Type::Named(self.defs.add(def))
    }

    pub fn declare_name(&mut self, name: &Ident, decl: Decl) {
        if name.name.is_empty() {
            return;
        }
        let language = match decl {
            Decl::Type(_) => BUILTIN_TYPES.iter().any(|(n, _)| *n == &*name.name),
            _ => Builtin::from_name(&name.name).is_some() || &*name.name == "it",
        };
        if language {
            let d = self
                .error(code::E0211, name.span, format!("`{}` belongs to the language", name.name))
                .label("cannot be declared anew")
                .help("choose another name");
            return self.report(d);
        }
        let here = self.here();
        if let Some(first) = here.scope.get(&name.name) {
            let first = first.span;
            let d = self
                .error(code::E0203, name.span, format!("`{}` is declared twice", name.name))
                .label("declared again")
                .also(first, "first declared here")
                .help("give one of them another name");
            return self.report(d);
        }
        here.scope.insert(name.name.clone(), Declared { decl, span: name.span, used: false });
    }
}
