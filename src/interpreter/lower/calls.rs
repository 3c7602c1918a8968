//! Calls: of callables, constructors, methods, functions of types and of the language.

use super::Body;
use crate::check::{CallableId, Res};
use crate::interpreter::node::*;
use crate::source::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Ident};
use crate::types::methods::{self, Method, Sig};
use crate::types::{DefId, DefKind, Type};
use crate::value::Value;
use crate::value::methods::Implementation;

impl Body<'_> {
    pub fn call(&mut self, e: &Expr, callee: &Expr, args: &[ast::Arg]) -> Node {
        match self.tables.res(callee.id) {
            Res::Callable(id) => self.callable_call(e, id, args),
            Res::Builtin(builtin) => self.builtin_call(e, builtin, args, None),
            Res::Variant(def, index) => self.variant_call(e, def, index, args),
            Res::Method => match &callee.kind {
                // A function of a type: `Version.parse(text)`.
                ExprKind::Field { base, name, .. } if self.tables.res(base.id) == Res::Type => {
                    self.static_call(e, name, args)
                }
                ExprKind::Field { base, name, optional } => self.method_call(e, base, name, *optional, args),
                _ => self.broken("a method without a receiver", e.span),
            },
            Res::Type => self.type_call(e, args),
            _ => match &callee.kind {
                ExprKind::Paren(inner) => self.call(e, inner, args),
                _ => self.broken("a call of something that is no function", e.span),
            },
        }
    }

    fn callable_call(&mut self, e: &Expr, id: CallableId, args: &[ast::Arg]) -> Node {
        let callable = self.program.callable(id);
        let (args, defaults) = self.arguments(e, args, callable.signature.params.len());
        let site = match callable.effects {
            true => self.site(&self.callable_name(id), e),
            false => Site { label: self.callable_name(id), ordinal: 0, span: e.span, because: None },
        };
        Node::Call(Box::new(CallNode { callable: id, args, defaults, site }))
    }

    fn variant_call(&mut self, e: &Expr, def: DefId, index: u32, args: &[ast::Arg]) -> Node {
        let DefKind::Enum(variants) = &self.program.defs.get(def).kind else {
            return self.broken("a variant of a record", e.span);
        };
        let (Some(variant), Some(layout)) = (variants.get(index as usize), self.layouts.enumeration(def))
        else {
            return self.broken("an unknown variant", e.span);
        };
        let fields = self.constructor(e, args, &variant.fields);
        Node::Variant(Box::new(VariantNode { layout: layout.clone(), index, fields }))
    }

    /// `Notes(headline: …)`
    fn type_call(&mut self, e: &Expr, args: &[ast::Arg]) -> Node {
        let Type::Named(def) = self.tables.ty(e.id).base() else {
            return self.broken("a call of a type that is no record", e.span);
        };
        let (DefKind::Record(fields), Some(layout)) =
            (&self.program.defs.get(*def).kind, self.layouts.record(*def))
        else {
            return self.broken("a call of an enum", e.span);
        };
        let fields = self.constructor(e, args, fields);
        Node::Record(Box::new(RecordNode { layout: layout.clone(), fields }))
    }

    /// `T.parse(text)`, `T.from_json(json)`: T is what the result is an optional of.
    fn static_call(&mut self, e: &Expr, name: &Ident, args: &[ast::Arg]) -> Node {
        let Some(arg) = args.first() else { return self.broken("a call without its argument", e.span) };
        let ty = match self.tables.ty(e.id) {
            Type::Optional(inner) => (**inner).clone(),
            other => other.clone(),
        };
        let node = Box::new(ReadNode { value: self.expr(&arg.value), ty });
        match &*name.name {
            "parse" => Node::Parse(node),
            "from_json" => Node::FromJson(node),
            other => self.broken(&format!("the function `{other}` of a type"), e.span),
        }
    }

    fn method_call(
        &mut self,
        e: &Expr,
        base: &Expr,
        name: &Ident,
        optional: bool,
        args: &[ast::Arg],
    ) -> Node {
        let receiver = self.receiver_type(base, optional);
        let Some(method) = methods::find(&receiver, &name.name) else {
            return self.broken(&format!("the method `{}`", name.name), e.span);
        };
        // In the order of the parameters; methods are pure, so the order of evaluation does not show.
        let order = self.tables.call_order.get(&e.id);
        let ordered: Vec<Option<&Expr>> = method
            .params
            .iter()
            .enumerate()
            .map(|(i, param)| match order {
                Some(order) => order.get(i).copied().flatten().and_then(|a| args.get(a as usize)),
                None => args
                    .iter()
                    .find(|a| a.name.as_ref().is_some_and(|n| &*n.name == param.name))
                    .or_else(|| args.get(i).filter(|a| a.name.is_none())),
            })
            .map(|arg| arg.map(|a| &a.value))
            .collect();
        self.method(method, base, &ordered, optional, e.span)
    }

    pub fn method(
        &mut self,
        method: &'static Method,
        base: &Expr,
        args: &[Option<&Expr>],
        optional: bool,
        span: Span,
    ) -> Node {
        let Some(run) = crate::value::methods::find(method.on, method.name) else {
            return self.broken(&format!("the method `{}`", method.name), span);
        };
        let item = match self.receiver_type(base, optional) {
            Type::List(item) => Some(item),
            _ => None,
        };
        let receiver = self.expr(base);
        let mut plain = Vec::new();
        let mut functions = Vec::new();
        for (param, arg) in method.params.iter().zip(args) {
            match (param.ty, arg) {
                (Sig::Function(..), Some(e)) => functions.push(self.function(e)),
                (_, Some(e)) => plain.push(self.expr(e)),
                (_, None) => plain.push(Node::Const(Value::None)),
            }
        }
        let name = method.name;
        match run {
            Implementation::Plain(run) => {
                if method.name == "sum" {
                    plain.push(Node::Const(zero(item.as_deref())));
                }
                Node::Method(Box::new(MethodNode { name, run, receiver, args: plain, optional, span }))
            }
            Implementation::Higher(run) => Node::Higher(Box::new(HigherNode {
                name,
                run,
                receiver,
                args: plain,
                functions,
                optional,
                span,
            })),
        }
    }

    /// A function where a method takes one. A lambda in place needs no value of its own.
    fn function(&mut self, e: &Expr) -> Func {
        match &e.kind {
            ExprKind::Paren(inner) => self.function(inner),
            ExprKind::Lambda { params, body } => {
                let params: Vec<Slot> = params.iter().filter_map(|p| self.slot(p)).collect();
                Func::Inline { params, body: self.expr(body) }
            }
            _ => match self.tables.res(e.id) {
                Res::Callable(id) => Func::Named(id),
                _ => Func::Value(self.expr(e)),
            },
        }
    }
}

/// What the sum of no items is.
fn zero(item: Option<&Type>) -> Value {
    match item.map(Type::base) {
        Some(Type::Float) => Value::Float(0.0),
        Some(Type::Duration) => Value::Duration(0),
        Some(Type::Size) => Value::Size(0),
        _ => Value::Int(0),
    }
}
