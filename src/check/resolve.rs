//! Types as written become types: fields, variants, signatures, refinements with the shapes of their predicates.
//! Refuses unknown types, types that contain themselves, and types that cannot stand where they stand.

use super::declare::BUILTIN_TYPES;
use super::program::*;
use super::world::*;
use super::{body::Body, shapes};
use crate::diagnostics::codes::{flow, names, types as code};
use crate::diagnostics::did_you_mean;
use crate::syntax::ast::{self, FieldDecl, Ident, ItemKind, TypeBody, TypeExpr, TypeKind};
use crate::types::{DefId, DefKind, Field, PredicateId, Refinement, Type, Variant, forms};
use std::sync::Arc;

impl World<'_> {
    /// Resolves every type that the items of a module name.
    pub fn resolve_items(&mut self, module: ModuleId) {
        self.current = module;
        let file = Arc::clone(&self.module(module).ast);
        for slot in 0..self.types.len() {
            let at = self.types[slot].at;
            if at.module != module {
                continue;
            }
            match &file.items[at.item as usize].kind {
                ItemKind::Type(ast::TypeItem { body: TypeBody::Record(fields), .. }) => {
                    let fields = self.fields(fields);
                    self.finish_def(slot, DefKind::Record(fields));
                }
                ItemKind::Enum(e) => {
                    let variants = self.variants(e);
                    self.finish_def(slot, DefKind::Enum(variants));
                }
                _ => {
                    self.alias(TypeSlot(slot as u32));
                }
            }
            let (ItemKind::Type(ast::TypeItem { name, .. }) | ItemKind::Enum(ast::EnumItem { name, .. })) =
                &file.items[at.item as usize].kind
            else {
                continue;
            };
            if let TypeState::Done(ty) = &self.types[slot].state {
                let ty = ty.clone();
                self.set_type(name.id, &ty);
            }
        }
    }

    /// The parameters and results of a module's callables.
    pub fn resolve_signatures(&mut self, module: ModuleId) {
        self.current = module;
        let file = Arc::clone(&self.module(module).ast);
        for i in 0..self.callables.len() {
            let at = self.callables[i].at;
            if at.module != module {
                continue;
            }
            if let ItemKind::Callable(c) = &file.items[at.item as usize].kind {
                let signature = self.signature(c);
                self.callables[i].signature = Arc::new(signature);
            }
        }
    }

    fn finish_def(&mut self, slot: usize, kind: DefKind) {
        if let TypeState::Done(Type::Named(id)) = self.types[slot].state {
            self.defs.get_mut(id).kind = kind;
        }
    }

    fn signature(&mut self, c: &ast::CallableItem) -> Signature {
        let mut params: Vec<ParamInfo> = Vec::with_capacity(c.params.len());
        for (i, p) in c.params.iter().enumerate() {
            let ty = self.resolve(&p.ty);
            if let Some(first) = c.params[..i].iter().find(|q| q.name.name == p.name.name) {
                self.twice("parameter", &p.name, first.name.span);
            }
            if c.kind == ast::CallableKind::Workflow && !forms::has_json_form(&ty, &self.defs) {
                let message = format!("`{}` cannot be given on the command line", self.show(&ty));
                let d = self
                    .error(code::E0330, p.ty.span, message)
                    .label("a parameter of a workflow is a flag")
                    .help("take a type with a JSON form; a secret comes from `secret(\"NAME\")` inside");
                self.report(d);
            }
            params.push(ParamInfo {
                name: p.name.name.clone(),
                ty,
                has_default: p.default.is_some(),
                docs: p.docs.clone(),
            });
        }
        let result = c.result.as_ref().map_or(Type::Nothing, |r| self.resolve(r));
        Signature { params, result }
    }

    fn twice(&mut self, what: &str, name: &Ident, first: crate::source::Span) {
        let d = self
            .error(names::E0203, name.span, format!("the {what} `{}` is declared twice", name.name))
            .label("declared again")
            .also(first, "first declared here");
        self.report(d);
    }

    fn fields(&mut self, decls: &[FieldDecl]) -> Arc<[Field]> {
        let mut out: Vec<Field> = Vec::with_capacity(decls.len());
        for d in decls {
            let ty = self.resolve(&d.ty);
            let json_name = d.json_name.as_ref().map(|(n, _)| n.clone());
            let field = Field { name: d.name.name.clone(), ty, json_name, docs: d.docs.clone() };
            if let Some(j) = out.iter().position(|f| f.name == field.name) {
                self.twice("field", &d.name, decls[j].name.span);
                continue;
            }
            if let Some(j) = out.iter().position(|f| f.key() == field.key()) {
                let span = d.json_name.as_ref().map_or(d.name.span, |(_, s)| *s);
                let e = self
                    .error(names::E0203, span, format!("two fields are called `{}` in JSON", field.key()))
                    .also(decls.get(j).map_or(span, |f| f.name.span), "the other one");
                self.report(e);
            }
            out.push(field);
        }
        out.into()
    }

    fn variants(&mut self, e: &ast::EnumItem) -> Arc<[Variant]> {
        let mut out: Vec<Variant> = Vec::with_capacity(e.variants.len());
        for v in &e.variants {
            let fields = self.fields(&v.fields);
            if let Some(first) = e.variants.iter().find(|w| w.name.name == v.name.name)
                && first.span != v.span
            {
                self.twice("variant", &v.name, first.name.span);
                continue;
            }
            if let Some((_, span)) = &v.text
                && !fields.is_empty()
            {
                let d = self
                    .error(
                        flow::E0415,
                        *span,
                        format!("`{}` has fields, so it has no text form", v.name.name),
                    )
                    .label("only a variant without fields can be written as a text")
                    .help("drop the text or the fields");
                self.report(d);
            }
            let variant = Variant {
                name: v.name.name.clone(),
                fields,
                text: v.text.as_ref().map(|(t, _)| t.clone()),
                docs: v.docs.clone(),
            };
            if let Some(other) = out.iter().find(|o| o.text_form() == variant.text_form()) {
                let span = v.text.as_ref().map_or(v.name.span, |(_, s)| *s);
                let message = format!("`{}` and `{}` have the same text form", other.name, v.name.name);
                let d = self.error(names::E0203, span, message).label("written the same way");
                self.report(d);
            }
            out.push(variant);
        }
        out.into()
    }

    /// The type that an alias stands for.
    pub fn alias(&mut self, slot: TypeSlot) -> Type {
        let index = slot.0 as usize;
        let at = self.types[index].at;
        match &self.types[index].state {
            TypeState::Done(ty) => return ty.clone(),
            TypeState::InProgress => {
                let file = Arc::clone(&self.module(at.module).ast);
                if let ItemKind::Type(t) = &file.items[at.item as usize].kind {
                    let d = self
                        .error(code::E0321, t.name.span, format!("the type `{}` stands for itself", t.name.name))
                        .help("a record (`type T { … }`) may refer to itself through a list or an optional field");
                    self.report(d);
                }
                self.types[index].state = TypeState::Done(Type::Error);
                return Type::Error;
            }
            TypeState::Waiting => {}
        }
        self.types[index].state = TypeState::InProgress;
        let before = std::mem::replace(&mut self.current, at.module);
        let file = Arc::clone(&self.module(at.module).ast);
        let mut ty = Type::Error;
        if let ItemKind::Type(t) = &file.items[at.item as usize].kind
            && let TypeBody::Alias(written) = &t.body
        {
            ty = self.resolve_named(written, Some(&t.name.name));
        }
        self.current = before;
        if matches!(self.types[index].state, TypeState::Done(_)) {
            ty = Type::Error;
        }
        self.types[index].state = TypeState::Done(ty.clone());
        ty
    }

    pub fn resolve(&mut self, written: &TypeExpr) -> Type {
        self.resolve_named(written, None)
    }

    /// `name` is what a refinement written here is called.
    fn resolve_named(&mut self, written: &TypeExpr, name: Option<&Arc<str>>) -> Type {
        let ty = match &written.kind {
            TypeKind::Name { module, name } => self.type_name(module.as_ref(), name),
            TypeKind::List(item) => Type::list(self.resolve(item)),
            TypeKind::Map(key, value) => {
                let key_type = self.resolve(key);
                if !matches!(key_type.base(), Type::Text | Type::Error) {
                    let d = self
                        .error(
                            code::E0332,
                            key.span,
                            format!("`{}` cannot be the key of a map", self.show(&key_type)),
                        )
                        .label("keys are Text")
                        .help("write `{Text: T}` and turn the key into text with `to_text()`");
                    self.report(d);
                }
                Type::map(self.resolve(value))
            }
            TypeKind::Optional(inner) => Type::optional(self.resolve(inner)),
            TypeKind::Record(fields) => Type::Record(self.fields(fields)),
            TypeKind::Refined { base, predicate } => {
                let base = self.resolve(base);
                self.refinement(base, predicate, name)
            }
            TypeKind::JsonLines(_) => {
                let d = self
                    .error(code::E0332, written.span, "`JsonLines<T>` is not a type of values")
                    .label("only after `run … as`")
                    .help("its value is a list: write `[T]`");
                self.report(d);
                Type::Error
            }
            TypeKind::Error => Type::Error,
        };
        self.set_type(written.id, &ty);
        ty
    }

    fn refinement(&mut self, base: Type, predicate: &ast::Expr, name: Option<&Arc<str>>) -> Type {
        if base.is_error() {
            return Type::Error;
        }
        let id = PredicateId(self.predicates.len() as u32);
        let (shapes, complete) = shapes::shapes(predicate, &base);
        let source: Arc<str> = self.sources.slice(predicate.span).into();
        self.predicates.push(Predicate {
            id,
            module: self.current,
            expr: Arc::new(predicate.clone()),
            locals: 1,
            source: source.clone(),
        });
        self.tables().predicates.insert(predicate.id, id);
        self.tables().it.insert(predicate.id, 0);
        self.pending.push((id, base.clone()));
        Type::Refined(Arc::new(Refinement { name: name.cloned(), base, id, shapes, complete, source }))
    }

    fn type_name(&mut self, module: Option<&Ident>, name: &Ident) -> Type {
        if let Some(module) = module {
            return match self.lookup(&module.name) {
                Some((Decl::Module(id), _)) => {
                    self.set_res(module.id, Res::Module(id));
                    match self.member(id, name) {
                        Some(Decl::Type(slot)) => self.declared_type(slot, name),
                        Some(_) => self.not_a_type(name),
                        None => Type::Error,
                    }
                }
                Some(_) => self.not_a_type(module),
                None if self.may_exist(&module.name) => Type::Error,
                None => {
                    let modules = self.names(|d| matches!(d, Decl::Module(_)));
                    let near = did_you_mean(&module.name, modules.iter().map(|n| &**n)).map(str::to_owned);
                    let d = self
                        .error(names::E0201, module.span, format!("no module is called `{}`", module.name))
                        .suggest(near.as_deref())
                        .help(format!(
                            "`use {}` or `use \"./file.wflow\" as {}` names one",
                            module.name, module.name
                        ));
                    self.report(d);
                    Type::Error
                }
            };
        }
        if let Some((_, ty)) = BUILTIN_TYPES.iter().find(|(n, _)| *n == &*name.name) {
            return ty.clone();
        }
        match self.lookup(&name.name) {
            Some((Decl::Type(slot), _)) => self.declared_type(slot, name),
            Some(_) => self.not_a_type(name),
            None => {
                self.unknown_type(name);
                Type::Error
            }
        }
    }

    pub fn declared_type(&mut self, slot: TypeSlot, name: &Ident) -> Type {
        self.set_res(name.id, Res::Type);
        self.alias(slot)
    }

    fn not_a_type(&mut self, name: &Ident) -> Type {
        let d = self.error(names::E0202, name.span, format!("`{}` is not a type", name.name));
        self.report(d);
        Type::Error
    }

    pub fn unknown_type(&mut self, name: &Ident) {
        if self.may_exist(&name.name) {
            return;
        }
        let declared = self.names(|d| matches!(d, Decl::Type(_)));
        let candidates = BUILTIN_TYPES.iter().map(|(n, _)| *n).chain(declared.iter().map(|n| &**n));
        let usual = match &*name.name {
            "String" | "Str" | "string" => Some("Text"),
            "Integer" | "Number" | "Long" => Some("Int"),
            "Boolean" => Some("Bool"),
            "Double" | "Decimal" => Some("Float"),
            "Void" | "Unit" | "None" => Some("Nothing"),
            "Lines" | "List" | "Array" | "Vec" | "Map" | "Dict" | "Object" | "Option" | "Optional" => None,
            _ => did_you_mean(&name.name, candidates),
        };
        let mut d = self
            .error(names::E0202, name.span, format!("there is no type `{}`", name.name))
            .label("not declared here")
            .suggest(usual);
        match &*name.name {
            "Lines" => d = d.help("`Lines` stands only after `run … as`; elsewhere it is `[Text]`"),
            "List" | "Array" | "Vec" => d = d.help("a list of Text is written `[Text]`"),
            "Map" | "Dict" | "Object" => d = d.help("a map is written `{Text: T}`"),
            "Option" | "Optional" => d = d.help("a value that may be absent is written `T?`"),
            _ => {}
        }
        self.report(d);
    }

    /// A member of another module, unless it is private or not there, which is reported.
    pub fn member(&mut self, module: ModuleId, name: &Ident) -> Option<Decl> {
        let state = &mut self.modules[module.0 as usize];
        let found = state.scope.get_mut(&name.name).filter(|d| !matches!(d.decl, Decl::Module(_))).map(|d| {
            d.used = true;
            (d.decl, d.span)
        });
        match found {
            Some((_, span)) if name.name.starts_with('_') => {
                let d = self
                    .error(names::E0208, name.span, format!("`{}` is private to its module", name.name))
                    .label("a name that starts with `_` is only for its own file")
                    .also(span, "declared here");
                self.report(d);
                None
            }
            Some((decl, _)) => Some(decl),
            None if self.module(module).lost.contains(&*name.name) => None,
            None => {
                let state = self.module(module);
                let visible = state
                    .scope
                    .iter()
                    .filter(|(n, d)| !n.starts_with('_') && !matches!(d.decl, Decl::Module(_)));
                let near = did_you_mean(&name.name, visible.map(|(n, _)| &**n)).map(str::to_owned);
                let file = self.sources.file(state.ast.id).name.clone();
                let d = self
                    .error(names::E0209, name.span, format!("`{file}` has no `{}`", name.name))
                    .label("not declared there")
                    .suggest(near.as_deref());
                self.report(d);
                None
            }
        }
    }

    /// Records that can never be made because they always hold one of their own kind.
    pub fn refuse_endless_types(&mut self) {
        for i in 0..self.types.len() {
            let TypeState::Done(Type::Named(id)) = self.types[i].state else { continue };
            if self.types[i].at.module != self.home_of(id) || !self.endless(id, id, &mut Vec::new()) {
                continue;
            }
            let def = self.defs.get(id);
            let (name, span) = (def.name.clone(), def.span);
            let d = self
                .error(code::E0321, span, format!("every `{name}` would hold another `{name}` without end"))
                .help("make one of the fields optional (`T?`) or a list (`[T]`)");
            self.report(d);
        }
    }

    fn home_of(&self, id: DefId) -> ModuleId {
        let file = self.defs.get(id).span.file;
        ModuleId(self.modules.iter().position(|m| m.ast.id == file).unwrap_or(0) as u32)
    }

    fn endless(&self, start: DefId, at: DefId, seen: &mut Vec<DefId>) -> bool {
        if seen.contains(&at) {
            return false;
        }
        seen.push(at);
        let DefKind::Record(fields) = &self.defs.get(at).kind else { return false };
        fields.iter().any(|f| match f.ty.base() {
            Type::Named(id) => *id == start || self.endless(start, *id, seen),
            _ => false,
        })
    }

    /// The predicates of refinements: pure conditions over `it`.
    pub fn check_predicates(&mut self) {
        while let Some((id, base)) = self.pending.pop() {
            let predicate = self.predicates[id.0 as usize].clone();
            let before = std::mem::replace(&mut self.current, predicate.module);
            let outer = std::mem::replace(&mut self.body, Body::pure("a refinement"));
            let it = self.body.add("it".into(), base, predicate.expr.span, super::body::LocalKind::It);
            debug_assert_eq!(it, 0);
            self.condition(&predicate.expr, "a refinement");
            self.predicates[id.0 as usize].locals = self.body.locals.len() as u32;
            let done = std::mem::replace(&mut self.body, outer);
            self.predicate_summaries.push(done.summary);
            self.current = before;
        }
    }
}
