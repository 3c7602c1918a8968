//! What a name, a type's name, a variant or a field refers to.

use super::literals::bare;
use super::{Want, Why};
use crate::check::body::LocalKind;
use crate::check::program::*;
use crate::check::world::{Decl, World};
use crate::diagnostics::codes::{lint, names, types as code};
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{CallableKind, Expr, ExprKind, Ident};
use crate::types::methods::{self, Method, StaticFunction};
use crate::types::{DefId, DefKind, FnType, Type, fields_of};
use std::sync::Arc;

/// What stands before a call's parentheses, or alone.
pub(super) enum Head {
    Value(Type),
    Module(ModuleId),
    Type(Type),
    Callable(CallableId),
    Agent,
    Builtin(Builtin),
    Variant(DefId, u32),
    /// The receiver's type without its optional, and whether `?.` stood there.
    Method(Type, &'static Method, bool),
    Static(Type, &'static StaticFunction),
    /// Reported already.
    Bad,
}

impl World<'_> {
    /// The value of a name, variant or field.
    pub fn access(&mut self, e: &Expr, want: Want<'_>) -> Type {
        let span = e.span;
        match self.head(e, want.hint()) {
            Head::Value(ty) => ty,
            Head::Bad => {
                self.body.acts += 1;
                Type::Error
            }
            Head::Variant(def, index) => self.bare_variant(e, def, index),
            Head::Method(receiver, method, optional) if method.property => {
                let ty = self.method_result(e, &receiver, method);
                if optional { Type::optional(ty) } else { ty }
            }
            Head::Method(_, method, _) => self.not_a_value(
                span,
                format!("`{}` is a method", method.name),
                format!("call it: `{}`", method.signature()),
            ),
            Head::Callable(id) => {
                let callable = &self.callables[id.0 as usize];
                if callable.kind == CallableKind::Fn {
                    let signature = Arc::clone(&callable.signature);
                    self.body.summary.calls.push((id, span));
                    return Type::Function(Arc::new(FnType {
                        params: signature.params.iter().map(|p| p.ty.clone()).collect(),
                        result: signature.result.clone(),
                    }));
                }
                let (kind, name) = (callable.kind.keyword(), callable.name.clone());
                self.not_a_value(
                    span,
                    format!("`{name}` is a {kind}, not a value"),
                    format!("call it: `{name}(…)`"),
                )
            }
            Head::Module(_) => {
                self.not_a_value(span, "a module is not a value", "name one of its members: `module.name`")
            }
            Head::Type(ty) => {
                let shown = self.show(&ty);
                let help = match ty.base() {
                    Type::Named(def) => match &self.defs.get(*def).kind {
                        DefKind::Record(_) => format!("make one: `{shown}(…)`"),
                        DefKind::Enum(_) => format!("name a variant: `{shown}.Name`"),
                    },
                    _ => format!("`{shown}.parse(text)` reads one from a text"),
                };
                self.not_a_value(span, format!("`{shown}` is a type, not a value"), help)
            }
            Head::Agent => self.not_a_value(span, "an agent is not a value", "ask it: `ask agent \"…\"`"),
            Head::Builtin(b) => {
                let name = Builtin::ALL.iter().find(|(_, x)| *x == b).map_or("", |(n, _)| n);
                self.not_a_value(
                    span,
                    format!("`{name}` is a function, not a value"),
                    format!("call it: `{name}(…)`"),
                )
            }
            Head::Static(_, f) => self.not_a_value(
                span,
                format!("`{}` is a function, not a value", f.name),
                format!("call it: `{}`", f.signature()),
            ),
        }
    }

    fn not_a_value(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) -> Type {
        let d = self.error(code::E0328, span, message).label("not a value").help(help);
        self.report(d);
        self.body.acts += 1;
        Type::Error
    }

    fn bare_variant(&mut self, e: &Expr, def: DefId, index: u32) -> Type {
        if let DefKind::Enum(variants) = &self.defs.get(def).kind
            && let Some(v) = variants.get(index as usize)
            && v.fields.iter().any(|f| !matches!(f.ty, Type::Optional(_)))
        {
            let fields: Vec<String> = v.fields.iter().map(|f| format!("{}: …", f.name)).collect();
            let d = self
                .error(code::E0316, e.span, format!("the variant `{}` has fields", v.name))
                .label("fields are missing")
                .help(format!("write `.{}({})`", v.name, fields.join(", ")));
            self.report(d);
        }
        Type::Named(def)
    }

    pub(super) fn head(&mut self, e: &Expr, hint: Option<&Type>) -> Head {
        match &e.kind {
            ExprKind::Name(name) => self.name(e, name),
            ExprKind::TypeName(name) => self.type_head(e, name),
            ExprKind::Variant(name) => self.variant_of(e, name, hint),
            ExprKind::Field { base, name, optional } => self.field_head(e, base, name, *optional),
            _ => Head::Value(self.expr(e, Want::Any)),
        }
    }

    fn name(&mut self, e: &Expr, name: &Ident) -> Head {
        if let Some(local) = self.body.find(&name.name) {
            let found = &mut self.body.locals[local as usize];
            found.used = true;
            let ty = found.ty.clone();
            self.set_res(e.id, Res::Local(local));
            let known = match self.body.facts.is_empty() {
                true => None,
                false => self.place(e).and_then(|p| self.body.known(&p).cloned()),
            };
            let ty = known.unwrap_or(ty);
            self.set_type(e.id, &ty);
            return Head::Value(ty);
        }
        if let Some((decl, _)) = self.lookup(&name.name) {
            return self.declared(e, name, decl);
        }
        if let Some(b) = Builtin::from_name(&name.name) {
            self.set_res(e.id, Res::Builtin(b));
            return Head::Builtin(b);
        }
        self.unknown_name(name);
        Head::Bad
    }

    pub(super) fn declared(&mut self, e: &Expr, name: &Ident, decl: Decl) -> Head {
        match decl {
            Decl::Const(id) => {
                self.set_res(e.id, Res::Const(id));
                self.body.summary.consts.push((id, name.span));
                let ty = self.const_type(id, name.span);
                self.set_type(e.id, &ty);
                Head::Value(ty)
            }
            Decl::Callable(id) => {
                self.set_res(e.id, Res::Callable(id));
                Head::Callable(id)
            }
            Decl::Agent(id) => {
                self.set_res(e.id, Res::Agent(id));
                Head::Agent
            }
            Decl::Module(id) => {
                self.set_res(e.id, Res::Module(id));
                Head::Module(id)
            }
            Decl::Type(slot) => {
                self.set_res(e.id, Res::Type);
                let ty = self.declared_type(slot, name);
                self.set_type(e.id, &ty);
                if ty.is_error() { Head::Bad } else { Head::Type(ty) }
            }
        }
    }

    /// The callable that an expression names; anything else is reported.
    pub fn callee(&mut self, e: &Expr) -> Option<CallableId> {
        match self.head(e, None) {
            Head::Callable(id) => return Some(id),
            Head::Bad => {}
            _ => {
                let d = self
                    .error(code::E0307, e.span, "a task or workflow is needed here")
                    .label("not something that can be called");
                self.report(d);
            }
        }
        None
    }

    pub(super) fn unknown_name(&mut self, name: &Ident) {
        if self.may_exist(&name.name) {
            return;
        }
        let declared = self.names(|d| !matches!(d, Decl::Type(_)));
        let candidates = self
            .body
            .visible_names()
            .map(|n| &**n)
            .chain(declared.iter().map(|n| &**n))
            .chain(Builtin::ALL.iter().map(|(n, _)| *n));
        let near = did_you_mean(&name.name, candidates).map(str::to_owned);
        // What was surely meant is not unused, too.
        if let Some(local) = near.as_deref().and_then(|n| self.body.find(n)) {
            self.body.locals[local as usize].used = true;
        }
        let mut d = self
            .error(names::E0201, name.span, format!("there is no `{}` here", name.name))
            .label("unknown name")
            .suggest(near.as_deref());
        d = match &*name.name {
            "null" | "nil" | "undefined" | "None" => d.help("what may be absent is `none`"),
            "print" | "println" | "echo" | "log" => d.help("`say \"…\"` shows a text to the user"),
            "len" => d.help("it is a property: `x.len`"),
            "it" => d.help("`it` is the value in a refinement (`where`) or a `check`"),
            "self" | "this" => d.help("there are no methods of one's own; take the value as a parameter"),
            _ if self.body.points.0.contains_key(&name.name) => {
                d.help("a step's or gate's name is known after it, in the same block")
            }
            _ => d,
        };
        self.report(d);
    }

    fn type_head(&mut self, e: &Expr, name: &Ident) -> Head {
        if let Some((_, ty)) = crate::check::declare::BUILTIN_TYPES.iter().find(|(n, _)| *n == &*name.name) {
            self.set_res(e.id, Res::Type);
            self.set_type(e.id, ty);
            return Head::Type(ty.clone());
        }
        match self.lookup(&name.name) {
            Some((decl, _)) => self.declared(e, name, decl),
            None => {
                self.unknown_type(name);
                Head::Bad
            }
        }
    }

    fn variant_of(&mut self, e: &Expr, name: &Ident, hint: Option<&Type>) -> Head {
        match hint.map(bare) {
            Some(Type::Named(def)) if matches!(self.defs.get(*def).kind, DefKind::Enum(_)) => {
                self.variant(e, *def, name)
            }
            Some(Type::Error) => Head::Bad,
            other => {
                let owners = self.enums_with(&name.name);
                let mut d = match other {
                    Some(ty) => self.error(
                        code::E0327,
                        e.span,
                        format!(
                            "`.{}` stands where `{}` is expected, which is no enum",
                            name.name,
                            self.show(ty)
                        ),
                    ),
                    None => self.error(
                        code::E0327,
                        e.span,
                        format!("nothing tells which enum `.{}` belongs to", name.name),
                    ),
                }
                .label("a variant of which type?");
                d = match &owners[..] {
                    [] => d,
                    [one, ..] => d.help(format!("write `{one}.{}`", name.name)),
                };
                self.report(d);
                Head::Bad
            }
        }
    }

    fn enums_with(&self, variant: &str) -> Vec<Arc<str>> {
        self.defs
            .iter()
            .filter(|(_, d)| matches!(&d.kind, DefKind::Enum(vs) if vs.iter().any(|v| &*v.name == variant)))
            .map(|(_, d)| d.name.clone())
            .collect()
    }

    fn variant(&mut self, e: &Expr, def: DefId, name: &Ident) -> Head {
        match self.find_variant(def, name) {
            Some(index) => {
                self.set_res(e.id, Res::Variant(def, index));
                Head::Variant(def, index)
            }
            None => Head::Bad,
        }
    }

    /// The number of a variant; an unknown one is reported.
    pub(super) fn find_variant(&mut self, def: DefId, name: &Ident) -> Option<u32> {
        let decl = self.defs.get(def);
        let DefKind::Enum(variants) = &decl.kind else { return None };
        if let Some(i) = variants.iter().position(|v| v.name == name.name) {
            return Some(i as u32);
        }
        let near = did_you_mean(&name.name, variants.iter().map(|v| &*v.name));
        let mut d = Diagnostic::error(
            code::E0315,
            name.span,
            format!("`{}` has no variant `{}`", decl.name, name.name),
        )
        .label("unknown variant")
        .also(decl.span, "the enum is declared here")
        .suggest(near);
        if near.is_none() {
            let all: Vec<String> = variants.iter().map(|v| format!("`{}`", v.name)).collect();
            d = d.help(format!("its variants are {}", all.join(", ")));
        }
        self.report(d);
        None
    }

    fn field_head(&mut self, e: &Expr, base: &Expr, name: &Ident, optional: bool) -> Head {
        match self.head(base, None) {
            Head::Bad => Head::Bad,
            Head::Module(id) => match self.member(id, name) {
                Some(decl) => self.declared(e, name, decl),
                None => Head::Bad,
            },
            Head::Type(ty) => self.of_type(e, ty, name),
            Head::Value(ty) => {
                self.set_type(base.id, &ty);
                self.field_of(e, base, &ty, name, optional)
            }
            other => {
                // A method without parentheses, a property, a variant: as a value, or its own message.
                let ty = match other {
                    Head::Method(receiver, method, opt) if method.property => {
                        let ty = self.method_result(base, &receiver, method);
                        if opt { Type::optional(ty) } else { ty }
                    }
                    Head::Variant(def, index) => self.bare_variant(base, def, index),
                    Head::Method(_, method, _) => self.not_a_value(
                        base.span,
                        format!("`{}` is a method", method.name),
                        format!("call it: `{}`", method.signature()),
                    ),
                    _ => {
                        let d = self
                            .error(code::E0328, base.span, "this is not a value, so it has no fields")
                            .label("not a value");
                        self.report(d);
                        Type::Error
                    }
                };
                self.set_type(base.id, &ty);
                self.field_of(e, base, &ty, name, optional)
            }
        }
    }

    fn of_type(&mut self, e: &Expr, ty: Type, name: &Ident) -> Head {
        if let Type::Named(def) = ty.base()
            && matches!(self.defs.get(*def).kind, DefKind::Enum(_))
            && name.name.starts_with(char::is_uppercase)
        {
            return self.variant(e, *def, name);
        }
        if let Some(f) = StaticFunction::find(&name.name) {
            self.set_res(e.id, Res::Method);
            return Head::Static(ty, f);
        }
        let shown = self.show(&ty);
        let near = did_you_mean(&name.name, methods::STATICS.iter().map(|f| f.name));
        let d = self
            .error(code::E0303, name.span, format!("the type `{shown}` has no `{}`", name.name))
            .suggest(near)
            .help("types have `T.parse(text)` and `T.from_json(json)`");
        self.report(d);
        Head::Bad
    }

    fn field_of(&mut self, e: &Expr, base: &Expr, ty: &Type, name: &Ident, optional: bool) -> Head {
        let mut receiver = ty;
        let mut wrap = false;
        match (ty.base(), optional) {
            (Type::Error, _) => return Head::Bad,
            (Type::Never, _) => return Head::Value(Type::Never),
            (Type::Optional(inner), true) => {
                receiver = inner;
                wrap = true;
            }
            // What the optional itself has: `map`, `to_json`.
            (Type::Optional(_), false) if methods::find(ty, &name.name).is_some() => {}
            (Type::Optional(inner), false) if self.has_member(inner, &name.name) => {
                let d = self
                    .error(code::E0312, base.span, "this may be `none`, which has no fields")
                    .label(format!("this is `{}`", self.show(ty)))
                    .help(format!("write `?.{}`, or look with `match` or `if x != none` before", name.name));
                self.report(d);
                return Head::Bad;
            }
            (Type::Optional(inner), false) => receiver = inner,
            (_, true) => {
                let d =
                    Diagnostic::warning(lint::L0707, name.span, "`?.` after a value that is never `none`")
                        .label(format!("`{}` is always there", self.show(ty)))
                        .help("write `.`");
                self.report(d);
            }
            _ => {}
        }
        if let Some(fields) = fields_of(receiver, &self.defs)
            && let Some(index) = fields.iter().position(|f| f.name == name.name)
        {
            let mut found = fields[index].ty.clone();
            self.set_res(e.id, Res::FieldIndex(index as u32));
            if wrap {
                found = Type::optional(found);
            }
            if !self.body.facts.is_empty()
                && let Some(known) = self.place(e).and_then(|p| self.body.known(&p).cloned())
            {
                found = known;
            }
            self.set_type(e.id, &found);
            return Head::Value(found);
        }
        if let Some(method) = methods::find(receiver, &name.name) {
            self.set_res(e.id, Res::Method);
            return Head::Method(receiver.clone(), method, wrap);
        }
        self.unknown_member(receiver, name);
        Head::Bad
    }

    fn has_member(&self, ty: &Type, name: &str) -> bool {
        fields_of(ty, &self.defs).is_some_and(|f| f.iter().any(|f| &*f.name == name))
            || methods::receiver(ty).is_some_and(|on| methods::of(on).iter().any(|m| m.name == name))
    }

    fn unknown_member(&mut self, ty: &Type, name: &Ident) {
        let shown = self.show(ty);
        let own = methods::receiver(ty).map(methods::of).unwrap_or_default().iter();
        let all: Vec<&str> = own.chain(methods::of(methods::On::Any)).map(|m| m.name).collect();
        let usual = match (ty.base(), &*name.name) {
            (Type::List(_) | Type::Text | Type::Map(_), "length" | "size" | "count") => Some("len"),
            (Type::List(_), "push" | "add") => Some("append"),
            (Type::List(_), "reduce") => Some("fold"),
            (Type::List(_), "some") => Some("any"),
            (Type::List(_), "every") => Some("all"),
            (Type::List(_) | Type::Text, "includes" | "has") => Some("contains"),
            (Type::Map(_), "contains" | "has") => Some("contains_key"),
            (Type::Text, "uppercase" | "to_upper" | "to_uppercase") => Some("upper"),
            (Type::Text, "lowercase" | "to_lower" | "to_lowercase") => Some("lower"),
            (Type::Text, "strip") => Some("trim"),
            (_, "to_string" | "str" | "string") => Some("to_text"),
            _ => None,
        };
        match fields_of(ty, &self.defs) {
            Some(fields) => {
                let fields = fields.to_vec();
                let why = match ty.base() {
                    Type::Named(id) => Why::At(self.defs.get(*id).span, "the type is declared here"),
                    _ => Why::None,
                };
                self.unknown_field(name.span, &name.name, &shown, &fields, why);
            }
            None => {
                let near = usual.or_else(|| did_you_mean(&name.name, all.iter().copied()));
                let mut d = self
                    .error(code::E0303, name.span, format!("`{shown}` has no method `{}`", name.name))
                    .label("unknown method")
                    .suggest(near);
                if let Type::Json = ty.base() {
                    d = d.help("`.get(\"key\")` and `.at(index)` look into JSON; `T.from_json(json)` makes a typed value");
                }
                if let Type::Named(_) = ty.base() {
                    d = d.help("look into an enum with `match`");
                }
                self.report(d);
            }
        }
    }

    /// Whether assigning to a local is possible where we are; reports why not.
    pub(super) fn assignable(&mut self, local: LocalId, span: Span) -> bool {
        use crate::diagnostics::codes::flow;
        let found = &self.body.locals[local as usize];
        let (name, declared, kind, depth) = (found.name.clone(), found.span, found.kind, found.depth);
        if kind != LocalKind::Var {
            let d = self
                .error(flow::E0403, span, format!("`{name}` cannot change"))
                .label("assigned here")
                .also(declared, "declared here without `var`")
                .help(match kind {
                    LocalKind::Let => format!("declare it with `var {name} = …`"),
                    _ => format!("take a variable of its own: `var new_{name} = {name}`"),
                });
            self.report(d);
            return false;
        }
        if depth < self.body.depth {
            let d = self
                .error(flow::E0404, span, format!("`{name}` belongs to the outside"))
                .label("assigned inside a lambda or a parallel branch")
                .also(declared, "declared outside")
                .help("give the new value as the result: of `fold`, of a `for` loop, of the branch");
            self.report(d);
            return false;
        }
        true
    }
}
