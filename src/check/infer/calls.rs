//! Calls: of callables, constructors, variants, methods, functions of the language.

use super::access::Head;
use super::arguments::Callee;
use super::{Want, Why, unparen};
use crate::check::program::*;
use crate::check::world::World;
use crate::diagnostics::codes::{flow, types as code};
use crate::syntax::ast::{Arg, CallableKind, Expr, ExprKind, Ident, TypeExpr};
use crate::types::methods::{BuiltinFunction, Method, Sig, StaticFunction};
use crate::types::{DefKind, Field, Type, fields_of, forms};
use std::sync::Arc;

impl World<'_> {
    pub(super) fn call(&mut self, e: &Expr, callee: &Expr, args: &[Arg], want: Want<'_>) -> Type {
        match self.head(callee, want.hint()) {
            Head::Bad => {
                self.body.acts += 1;
                self.any_arguments(args);
                Type::Error
            }
            Head::Callable(id) => self.call_callable(e, id, args),
            Head::Builtin(b) => self.call_builtin(e, b, args, want),
            Head::Type(ty) => self.construct(e, callee, &ty, args),
            Head::Variant(def, index) => {
                let (fields, name) = match &self.defs.get(def).kind {
                    DefKind::Enum(vs) => (vs[index as usize].fields.clone(), vs[index as usize].name.clone()),
                    DefKind::Record(_) => return Type::Error,
                };
                self.construct_with(e, args, &fields, &name, self.defs.get(def).span);
                Type::Named(def)
            }
            Head::Method(_, method, _) if method.property => {
                let d = self
                    .error(code::E0307, e.span, format!("`{}` is a property", method.name))
                    .label("called like a method")
                    .help(format!("write `.{}` without parentheses", method.name));
                self.report(d);
                self.any_arguments(args);
                Type::Error
            }
            Head::Method(receiver, method, optional) => {
                let ty = self.call_method(e, &receiver, method, args, want);
                if optional { Type::optional(ty) } else { ty }
            }
            Head::Static(ty, f) => self.call_static(e, &ty, f, args),
            Head::Value(ty) => {
                self.set_type(callee.id, &ty);
                if !ty.is_error() {
                    let shown = self.show(&ty);
                    let d = self
                        .error(
                            code::E0307,
                            callee.span,
                            format!("a value of type `{shown}` cannot be called"),
                        )
                        .label(format!("this is `{shown}`"));
                    self.report(d);
                }
                self.any_arguments(args);
                Type::Error
            }
            Head::Module(_) | Head::Agent => {
                let help = match matches!(self.res(callee.id), Res::Agent(_)) {
                    true => "ask it: `ask agent \"…\"`",
                    false => "call one of its members: `module.name(…)`",
                };
                let d = self.error(code::E0307, callee.span, "this cannot be called").help(help);
                self.report(d);
                self.any_arguments(args);
                Type::Error
            }
        }
    }

    pub(super) fn any_arguments(&mut self, args: &[Arg]) {
        for arg in args {
            // A lambda whose parameters have no types would only add a message of its own.
            if !matches!(unparen(&arg.value).kind, ExprKind::Lambda { .. } | ExprKind::Variant(_)) {
                self.expr(&arg.value, Want::Any);
            }
        }
    }

    fn call_callable(&mut self, e: &Expr, id: CallableId, args: &[Arg]) -> Type {
        let callable = &self.callables[id.0 as usize];
        let (kind, signature) = (callable.kind, Arc::clone(&callable.signature));
        self.body.summary.calls.push((id, e.span));
        if kind != CallableKind::Fn {
            if self.body.test {
                self.body.acts += 1;
            } else {
                let verb = format!("calls the {} `{}`", kind.keyword(), self.callables[id.0 as usize].name);
                self.effect(e.span, &verb);
            }
        }
        let params: Vec<(&str, bool)> = signature.params.iter().map(|p| (&*p.name, p.has_default)).collect();
        let callee = match args.len() == params.len() && args.iter().all(|a| a.name.is_none()) {
            // The plain case needs no words.
            true => Callee { signature: String::new(), declared: None, params: &params },
            false => {
                Callee { signature: self.signature_text(id), declared: self.head_span(id), params: &params }
            }
        };
        let order = self.arguments(e, args, &callee);
        for (i, arg) in order.iter().enumerate() {
            if let Some(arg) = arg {
                self.check(&args[*arg as usize].value, &signature.params[i].ty, Why::Param(id, i as u32));
            }
        }
        signature.result.clone()
    }

    fn construct(&mut self, e: &Expr, callee: &Expr, ty: &Type, args: &[Arg]) -> Type {
        if let Type::Named(id) = ty.base()
            && let Some(fields) = fields_of(ty, &self.defs)
        {
            let (fields, def) = (fields.to_vec(), self.defs.get(*id));
            let (name, span) = (def.name.clone(), def.span);
            self.construct_with(e, args, &fields, &name, span);
            return Type::Named(*id);
        }
        let shown = self.show(ty);
        let d = self.error(code::E0307, callee.span, format!("`{shown}` cannot be made by a call"));
        let d = match ty {
            Type::Named(_) => d.help(format!("name a variant: `{shown}.Name(…)`")),
            Type::Refined(_) => {
                d.help(format!("write the plain value where `{shown}` is expected, or `{shown}.parse(text)`"))
            }
            Type::Record(_) => d.help("write the record: `{ field: value }`"),
            _ if forms::has_parse(ty, &self.defs) => {
                d.help(format!("`{shown}.parse(text)` reads one from a text"))
            }
            _ => d,
        };
        self.report(d);
        self.any_arguments(args);
        Type::Error
    }

    fn construct_with(
        &mut self,
        e: &Expr,
        args: &[Arg],
        fields: &[Field],
        name: &str,
        span: crate::source::Span,
    ) {
        let params: Vec<(&str, bool)> =
            fields.iter().map(|f| (&*f.name, matches!(f.ty, Type::Optional(_)))).collect();
        let shown: Vec<String> = fields.iter().map(|f| format!("{}: {}", f.name, self.show(&f.ty))).collect();
        let signature = format!("{name}({})", shown.join(", "));
        // Fields have names, and a reader should see them; one alone is clear.
        if let Some(arg) = args.iter().find(|a| a.name.is_none())
            && fields.len() > 1
        {
            let d = self
                .error(code::E0305, arg.span, format!("the fields of `{name}` are given by name"))
                .label("which field is this?")
                .help(format!("it is `{signature}`"));
            self.report(d);
            for arg in args {
                self.expr(&arg.value, Want::Any);
            }
            return;
        }
        // Unknown and missing fields are spoken of as fields.
        let mut order: Vec<Option<u32>> = vec![None; fields.len()];
        let why = Why::At(span, "declared here");
        for (i, arg) in args.iter().enumerate() {
            let at = match &arg.name {
                Some(n) => params.iter().position(|(p, _)| *p == &*n.name),
                None if i < fields.len() => Some(i),
                None => None,
            };
            match (at, &arg.name) {
                (Some(at), _) => {
                    if let Some(first) = order[at] {
                        let d = self
                            .error(code::E0306, arg.span, format!("`{}` is given twice", fields[at].name))
                            .label("again")
                            .also(args[first as usize].span, "first here");
                        self.report(d);
                    }
                    order[at] = Some(i as u32);
                    self.check(&arg.value, &fields[at].ty, why);
                }
                (None, Some(n)) => {
                    self.expr(&arg.value, Want::Any);
                    self.unknown_field(n.span, &n.name, name, fields, why);
                }
                (None, None) => {
                    self.expr(&arg.value, Want::Any);
                    let d = self
                        .error(code::E0304, arg.span, format!("`{name}` has no more fields"))
                        .label("too many")
                        .also(span, "declared here");
                    self.report(d);
                }
            }
        }
        let missing: Vec<&Field> = fields
            .iter()
            .zip(&order)
            .filter(|(f, o)| o.is_none() && !matches!(f.ty, Type::Optional(_) | Type::Error))
            .map(|(f, _)| f)
            .collect();
        self.missing_fields(e.span, &missing, name, why);
        let plain = order.len() == args.len() && order.iter().enumerate().all(|(i, o)| *o == Some(i as u32));
        if !plain {
            self.tables().call_order.insert(e.id, order);
        }
    }

    fn call_builtin(&mut self, e: &Expr, b: Builtin, args: &[Arg], want: Want<'_>) -> Type {
        let name = Builtin::ALL.iter().find(|(_, x)| *x == b).map_or("", |(n, _)| n);
        // Every entry of `Builtin::ALL` stands in the table of functions; a test says so.
        let Some(f) = BuiltinFunction::find(name) else { return Type::Error };
        if f.effect {
            let verb = match b {
                Builtin::Now => "asks for the time",
                Builtin::Uuid => "asks for a random id",
                Builtin::Env => "reads the environment",
                Builtin::Read => "reads a file",
                Builtin::Write => "writes a file",
                Builtin::Glob => "looks for files",
                Builtin::Exists => "looks for a file",
                Builtin::Secret => "reads a secret",
                Builtin::Vouch => "vouches for a value",
            };
            self.effect(e.span, verb);
        }
        let params: Vec<(&str, bool)> = f.params.iter().map(|p| (p.name, p.optional)).collect();
        let callee = Callee { signature: f.signature(), declared: None, params: &params };
        let order = self.arguments(e, args, &callee);
        if b == Builtin::Vouch {
            let ty = match order.first().copied().flatten() {
                Some(i) => self.expr(&args[i as usize].value, want.hint().map_or(Want::Any, Want::Hint)),
                None => Type::Error,
            };
            if let Some(Some(i)) = order.get(1) {
                self.check(&args[*i as usize].value, &Type::Text, Why::Of("the reason is a Text"));
            }
            return ty;
        }
        self.fixed_arguments(args, &order, f.params, None);
        self.fixed(&f.result, None)
    }

    fn call_static(&mut self, e: &Expr, ty: &Type, f: &'static StaticFunction, args: &[Arg]) -> Type {
        let possible = match f.name {
            "parse" => forms::has_parse(ty, &self.defs),
            _ => forms::has_json_form(ty, &self.defs),
        };
        if !possible {
            let shown = self.show(ty);
            let id = if f.name == "parse" { code::E0309 } else { code::E0320 };
            let d = self
                .error(id, e.span, format!("`{shown}` has no `{}`", f.name))
                .label(if f.name == "parse" { "it has no text form" } else { "it has no JSON form" })
                .help(format!("there is `{}` on {}", f.signature(), f.on));
            self.report(d);
        }
        let params: Vec<(&str, bool)> = f.params.iter().map(|p| (p.name, p.optional)).collect();
        let callee = Callee { signature: f.signature(), declared: None, params: &params };
        let order = self.arguments(e, args, &callee);
        self.fixed_arguments(args, &order, f.params, Some(ty));
        match possible {
            true => self.fixed(&f.result, Some(ty)),
            false => Type::Error,
        }
    }

    fn fixed_arguments(
        &mut self,
        args: &[Arg],
        order: &[Option<u32>],
        params: &'static [crate::types::methods::ParamSig],
        this: Option<&Type>,
    ) {
        for (param, arg) in params.iter().zip(order) {
            if let Some(arg) = arg {
                let ty = self.fixed(&param.ty, this);
                self.check(&args[*arg as usize].value, &ty, Why::Of("the function takes this type"));
            }
        }
    }

    /// A signature's type without variables.
    fn fixed(&self, sig: &Sig, this: Option<&Type>) -> Type {
        super::generics::instantiate(sig, &[None, None], this).unwrap_or(Type::Error)
    }

    pub(super) fn method_result(&mut self, e: &Expr, receiver: &Type, method: &'static Method) -> Type {
        self.call_method(e, receiver, method, &[], Want::Any)
    }

    /// `read(path) as T`
    pub(super) fn read_as(&mut self, call: &Expr, written: &TypeExpr) -> Type {
        self.expr(call, Want::Any);
        let ty = self.resolve(written);
        let reads = matches!(&call.kind, ExprKind::Call { callee, .. }
            if matches!(self.res(callee.id), Res::Builtin(Builtin::Read)));
        if !reads && !self.ty(call.id).is_error() {
            let d = self
                .error(flow::E0413, written.span, "`as` cannot stand here")
                .label("only `run`, `ask`, `gate` and `read(path)` take a type")
                .help("a text becomes another type by `T.parse(text)`, JSON by `T.from_json(json)`");
            self.report(d);
            return Type::Error;
        }
        self.needs_json_form(written.span, &ty, "a file");
        ty
    }

    pub(super) fn stray_lambda(&mut self, e: &Expr, params: &[Ident], body: &Expr) -> Type {
        let d = self
            .error(code::E0317, e.span, "nothing tells the types of this lambda's parameters")
            .label("only an argument of a built-in method may be a lambda")
            .help("declare a `fn` instead");
        self.report(d);
        let unknown = Type::Error;
        self.lambda(e, params, body, &vec![unknown; params.len()], Want::Any);
        Type::Error
    }
}
