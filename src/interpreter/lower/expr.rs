//! Expressions that are no operator, call, control or effect: literals, names, access.

use super::Body;
use crate::check::{Builtin, Res};
use crate::interpreter::node::*;
use crate::source::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Ident, TextLit, TextPart};
use crate::types::{Field, Type, methods};
use crate::value::{RecordLayout, Value};
use std::sync::Arc;

impl Body<'_> {
    /// An expression whose value is used, with its coercion.
    pub fn expr(&mut self, e: &Expr) -> Node {
        let node = self.bare(e, true);
        self.coerced(node, e.id, self.tables.ty(e.id), e.span)
    }

    pub fn optional_expr(&mut self, e: Option<&Expr>) -> Option<Node> {
        e.map(|e| self.expr(e))
    }

    /// Without its coercion; `used` is false where the value is dropped.
    pub fn bare(&mut self, e: &Expr, used: bool) -> Node {
        match &e.kind {
            ExprKind::None => Node::Const(Value::None),
            ExprKind::Bool(b) => Node::Const(Value::Bool(*b)),
            ExprKind::Int(n) => Node::Const(Value::Int(*n)),
            ExprKind::Float(x) => Node::Const(Value::Float(*x)),
            ExprKind::Duration(ms) => Node::Const(Value::Duration(*ms)),
            ExprKind::Size(bytes) => Node::Const(Value::Size(*bytes)),
            ExprKind::Text(text) => self.text(text),
            ExprKind::List(items) => self.list(items),
            ExprKind::Map(entries) => {
                let entries = entries.iter().map(|(k, v)| (self.expr(k), self.expr(v))).collect();
                Node::Map(Box::new((entries, e.span)))
            }
            ExprKind::Record(fields) => self.record(e, fields),
            ExprKind::Name(_) | ExprKind::TypeName(_) | ExprKind::Variant(_) => self.name(e),
            ExprKind::Field { base, name, optional } => self.field(e, base, name, *optional),
            ExprKind::Index { base, index } => {
                let (left, right) = (self.expr(base), self.expr(index));
                Node::Index(Box::new(Pair { left, right, span: e.span }))
            }
            ExprKind::Call { callee, args } => self.call(e, callee, args),
            ExprKind::Lambda { .. } => self.broken("a lambda as a value", e.span),
            ExprKind::Unary { op, operand, .. } => self.unary(e, *op, operand),
            ExprKind::Binary { op, left, right, .. } => self.binary(e, *op, left, right),
            ExprKind::Range { start, end, inclusive } => {
                let (start, end) = (self.expr(start), self.expr(end));
                Node::Range(Box::new(RangeNode { start, end, inclusive: *inclusive }))
            }
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Error => self.broken("something that could not be read", e.span),
            ExprKind::Block(_)
            | ExprKind::If { .. }
            | ExprKind::Match { .. }
            | ExprKind::For { .. }
            | ExprKind::Repeat { .. }
            | ExprKind::Return(_)
            | ExprKind::Break(_)
            | ExprKind::Continue
            | ExprKind::Try { .. }
            | ExprKind::Ensure { .. }
            | ExprKind::Fail { .. } => self.control(e, used),
            ExprKind::Wait(_)
            | ExprKind::Say(_)
            | ExprKind::Step(_)
            | ExprKind::Parallel { .. }
            | ExprKind::ParallelFor { .. }
            | ExprKind::Run(_)
            | ExprKind::Ask(_)
            | ExprKind::Gate(_)
            | ExprKind::ReadAs { .. } => self.effect(e),
        }
    }

    pub fn text(&mut self, text: &TextLit) -> Node {
        match text.plain() {
            Some(plain) => Node::Const(Value::from(plain)),
            None => Node::Text(self.parts(text).into()),
        }
    }

    fn parts(&mut self, text: &TextLit) -> Vec<Part> {
        text.parts
            .iter()
            .map(|part| match part {
                TextPart::Lit(text) => Part::Lit(text.clone()),
                TextPart::Expr(e) => Part::Expr(self.expr(e)),
            })
            .collect()
    }

    fn list(&mut self, items: &[ast::ListItem]) -> Node {
        let parts: Vec<ListPart> =
            items.iter().map(|i| ListPart { value: self.expr(&i.value), spread: i.spread }).collect();
        if parts.iter().all(|p| !p.spread && matches!(p.value, Node::Const(_))) {
            let values = parts.into_iter().filter_map(|p| match p.value {
                Node::Const(v) => Some(v),
                _ => None,
            });
            return Node::Const(Value::list(values.collect()));
        }
        Node::List(parts.into())
    }

    /// The layout of a structural record: as its type lists the fields.
    pub fn structural(&self, ty: &Type, names: &[&Ident]) -> Arc<RecordLayout> {
        match ty.base() {
            Type::Record(fields) => Arc::new(RecordLayout::of_fields(fields)),
            _ => RecordLayout::structural(names.iter().map(|n| n.name.clone()).collect()),
        }
    }

    fn record(&mut self, e: &Expr, fields: &[ast::RecordField]) -> Node {
        let names: Vec<&Ident> = fields.iter().map(|f| &f.name).collect();
        let layout = match self.tables.ty(e.id).base() {
            // `{}` is a map where one is expected.
            Type::Map(_) if fields.is_empty() => return Node::Const(Value::map(Default::default())),
            Type::Named(id) => match self.layouts.record(*id) {
                Some(layout) => layout.clone(),
                None => return self.broken("a record of an enum's type", e.span),
            },
            ty => self.structural(ty, &names),
        };
        let mut nodes = Vec::with_capacity(fields.len());
        for field in fields {
            let value = self.expr(&field.value);
            match layout.index_of(&field.name.name) {
                Some(index) => nodes.push((index as u32, value)),
                None => return self.broken("an unknown field", field.name.span),
            }
        }
        Node::Record(Box::new(RecordNode { layout, fields: nodes }))
    }

    fn name(&mut self, e: &Expr) -> Node {
        self.resolved(self.tables.res(e.id), e.span, || match &e.kind {
            ExprKind::Name(n) | ExprKind::TypeName(n) | ExprKind::Variant(n) => n.name.to_string(),
            _ => String::new(),
        })
    }

    /// What a name stands for, where it stands alone.
    fn resolved(&mut self, res: Res, span: Span, name: impl Fn() -> String) -> Node {
        match res {
            Res::Local(slot) => {
                self.used(slot);
                Node::Local(slot)
            }
            Res::Const(id) => Node::Global(id),
            Res::Callable(id) => Node::Function(id),
            Res::Role => Node::Const(Value::from(name())),
            Res::Variant(def, index) => match self.layouts.unit(def, index) {
                Some(unit) => Node::Const(unit.clone()),
                None => self.broken("an unknown variant", span),
            },
            Res::None
            | Res::Agent(_)
            | Res::Module(_)
            | Res::Type
            | Res::Builtin(_)
            | Res::Method
            | Res::FieldIndex(_) => self.broken(&format!("`{}` as a value", name()), span),
        }
    }

    fn field(&mut self, e: &Expr, base: &Expr, name: &Ident, optional: bool) -> Node {
        match self.tables.res(e.id) {
            Res::FieldIndex(index) => {
                let base = self.expr(base);
                let name = name.name.clone();
                Node::Field(Box::new(FieldNode { base, index, name, optional, span: e.span }))
            }
            Res::Method => self.property(e, base, name, optional),
            res => self.resolved(res, e.span, || name.name.to_string()),
        }
    }

    /// A method that is written without parentheses.
    fn property(&mut self, e: &Expr, base: &Expr, name: &Ident, optional: bool) -> Node {
        let receiver = self.receiver_type(base, optional);
        if !optional
            && &*name.name == "len"
            && matches!(receiver.base(), Type::List(_) | Type::Text | Type::Map(_))
        {
            return Node::Len(Box::new((self.expr(base), e.span)));
        }
        let Some(method) = methods::find(&receiver, &name.name) else {
            return self.broken(&format!("the property `{}`", name.name), e.span);
        };
        self.method(method, base, &[], optional, e.span)
    }

    /// Of what a method is called: after `?.` the value inside.
    pub fn receiver_type(&self, base: &Expr, optional: bool) -> Type {
        match (optional, self.used_type(base).base()) {
            (true, Type::Optional(inner)) => (**inner).clone(),
            (_, ty) => ty.clone(),
        }
    }

    /// The arguments of a call, each with the number of its parameter, in source order; and the parameters without.
    pub fn arguments(&mut self, e: &Expr, args: &[ast::Arg], params: usize) -> (Vec<(u32, Node)>, Vec<u32>) {
        let order = self.tables.call_order.get(&e.id);
        let mut missing = Vec::new();
        let mut param_of: Vec<Option<u32>> = vec![None; args.len()];
        match order {
            Some(order) => {
                for (param, arg) in order.iter().enumerate() {
                    match arg.and_then(|a| param_of.get_mut(a as usize)) {
                        Some(of) => *of = Some(param as u32),
                        None => missing.push(param as u32),
                    }
                }
            }
            None => {
                for (i, of) in param_of.iter_mut().enumerate() {
                    *of = Some(i as u32);
                }
                missing.extend(args.len() as u32..params as u32);
            }
        }
        let nodes =
            args.iter().zip(param_of).filter_map(|(arg, param)| Some((param?, self.expr(&arg.value))));
        (nodes.collect(), missing)
    }

    /// The fields of a constructor, by name or in order.
    pub fn constructor(&mut self, e: &Expr, args: &[ast::Arg], fields: &[Field]) -> Vec<(u32, Node)> {
        if self.tables.call_order.contains_key(&e.id) || args.iter().all(|a| a.name.is_none()) {
            return self.arguments(e, args, fields.len()).0;
        }
        args.iter()
            .enumerate()
            .filter_map(|(i, arg)| {
                let index = match &arg.name {
                    Some(name) => fields.iter().position(|f| f.name == name.name)?,
                    None => i,
                };
                Some((index as u32, self.expr(&arg.value)))
            })
            .collect()
    }

    pub fn builtin_of(&self, callee: &Expr) -> Option<Builtin> {
        match self.tables.res(callee.id) {
            Res::Builtin(b) => Some(b),
            _ => None,
        }
    }
}
