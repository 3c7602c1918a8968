//! Calls, and what built-in methods make of origins.

use super::exprs::picked;
use super::flow::Flow;
use super::origin::Origin;
use crate::check::program::*;
use crate::syntax::ast::*;
use crate::types::methods::{On, receiver};
use crate::types::{Type, fields_of};
use std::sync::Arc;

impl<'w> Flow<'_, 'w> {
    pub fn call_expr(&mut self, e: &'w Expr, callee: &'w Expr, args: &'w [Arg]) -> Origin {
        let world = self.proof.world;
        let order: Vec<Option<usize>> = match self.tables.call_order.get(&e.id) {
            Some(order) => order.iter().map(|o| o.map(|i| i as usize)).collect(),
            None => (0..args.len()).map(Some).collect(),
        };
        match self.tables.res(callee.id) {
            Res::Callable(id) => {
                let origins: Vec<Origin> = args.iter().map(|a| self.expr(&a.value)).collect();
                let wanted = world.callables[id.0 as usize].signature.params.len();
                let place = |i: usize| order.get(i).copied().flatten();
                let given = (0..wanted).map(|i| place(i).and_then(|i| origins.get(i).cloned())).collect();
                let exprs: Vec<_> =
                    (0..wanted).map(|i| place(i).and_then(|i| args.get(i)).map(|a| &a.value)).collect();
                self.call_body(e, id, given, &exprs)
            }
            Res::Builtin(builtin) => {
                let origins: Vec<(&'w Expr, Origin)> =
                    args.iter().map(|a| (&a.value, self.expr(&a.value))).collect();
                let given: Vec<Option<(&'w Expr, Origin)>> =
                    order.iter().map(|o| o.and_then(|i| origins.get(i).cloned())).collect();
                self.builtin(e, builtin, &given)
            }
            Res::Type | Res::Variant(..) => {
                let origins: Vec<Origin> = args.iter().map(|a| self.expr(&a.value)).collect();
                let names = self.field_names(e, callee);
                let mut parts: Vec<(Arc<str>, Origin)> = Vec::new();
                for (field, arg) in order.iter().enumerate() {
                    let Some(arg) = arg else { continue };
                    let (Some(origin), Some(given)) = (origins.get(*arg), args.get(*arg)) else { continue };
                    let name = match &given.name {
                        Some(name) => name.name.clone(),
                        None => match names.get(field) {
                            Some(name) => name.clone(),
                            None => return origins.iter().fold(Origin::literal(), |a, b| a.combine(b)),
                        },
                    };
                    parts.push((name, origin.clone()));
                }
                Origin::record(parts)
            }
            Res::Method => {
                let ExprKind::Field { base, name, .. } = &callee.kind else { return self.all(args) };
                if self.tables.res(base.id) == Res::Type {
                    return self.all(args);
                }
                let origin = self.expr(base);
                if &*name.name == "contains" {
                    self.compare(base, &origin);
                }
                let ty = self.tables.ty(base.id);
                // `?.` looks at the value inside.
                let ty = match (&callee.kind, ty) {
                    (ExprKind::Field { optional: true, .. }, Type::Optional(inner)) => inner,
                    _ => ty,
                };
                let args: Vec<Option<&'w Expr>> =
                    order.iter().map(|o| o.and_then(|i| args.get(i)).map(|a| &a.value)).collect();
                self.method(receiver(ty), &name.name, &origin, &args)
            }
            _ => self.all(args),
        }
    }

    fn all(&mut self, args: &'w [Arg]) -> Origin {
        let mut all = Origin::literal();
        for arg in args {
            let origin = self.expr(&arg.value);
            all = all.combine(&origin);
        }
        all
    }

    fn field_names(&self, e: &Expr, callee: &Expr) -> Vec<Arc<str>> {
        let defs = &self.proof.world.defs;
        if let Res::Variant(def, variant) = self.tables.res(callee.id) {
            return match &defs.get(def).kind {
                crate::types::DefKind::Enum(variants) => match variants.get(variant as usize) {
                    Some(v) => v.fields.iter().map(|f| f.name.clone()).collect(),
                    None => Vec::new(),
                },
                crate::types::DefKind::Record(_) => Vec::new(),
            };
        }
        let fields = fields_of(self.tables.ty(e.id), defs).unwrap_or_default();
        fields.iter().map(|f| f.name.clone()).collect()
    }

    /// Without parentheses: `x.len`, `t.date`.
    pub fn property(&mut self, origin: &Origin, name: &str) -> Origin {
        let origin = origin.whole();
        match name {
            "len" | "bytes" | "kibibytes" | "month" | "day" | "hour" | "minute" | "second" => {
                origin.counted(true)
            }
            "is_empty" | "is_null" => origin.word(),
            _ => origin.combine(&Origin::literal()),
        }
    }

    /// What a lambda, or a `fn` given by its name, makes of its arguments.
    fn apply(&mut self, f: &'w Expr, inputs: &[Origin]) -> Origin {
        match &f.kind {
            ExprKind::Paren(inner) => self.apply(inner, inputs),
            ExprKind::Lambda { params, body } => {
                for (param, input) in params.iter().zip(inputs) {
                    self.bind(param, input.clone());
                }
                self.expr(body)
            }
            _ => match self.tables.res(f.id) {
                Res::Callable(id) => self.call_body(f, id, inputs.iter().cloned().map(Some).collect(), &[]),
                _ => inputs.iter().fold(Origin::literal(), |a, b| a.combine(b)),
            },
        }
    }

    fn method(&mut self, on: Option<On>, name: &str, this: &Origin, args: &[Option<&'w Expr>]) -> Origin {
        let first = args.first().copied().flatten();
        let second = args.get(1).copied().flatten();
        match (on, name) {
            (Some(On::List), "map" | "flat_map") | (Some(On::Optional), "map") => {
                let made = first.map(|f| self.apply(f, std::slice::from_ref(this)));
                made.unwrap_or_else(Origin::literal).select(this)
            }
            (Some(On::List), "filter" | "find") => {
                let (by, kept) = self.tested(first, this);
                kept.select(&by)
            }
            (Some(On::List), "partition") => {
                let (by, kept) = self.tested(first, this);
                let (yes, no) = (kept.select(&by), this.select(&by));
                Origin::record(vec![("yes".into(), yes), ("no".into(), no)])
            }
            (Some(On::List), "sort_by" | "min_by" | "max_by") => {
                let by = first.map(|f| self.apply(f, std::slice::from_ref(this)));
                this.select(&by.unwrap_or_else(Origin::literal))
            }
            (Some(On::List), "any" | "all" | "count") => {
                let by = first.map(|f| self.apply(f, std::slice::from_ref(this)));
                let both = this.combine(&by.unwrap_or_else(Origin::literal));
                match name {
                    "count" => both.counted(true),
                    _ => both.word(),
                }
            }
            (Some(On::List), "fold") => {
                let start = first.map(|e| self.expr(e)).unwrap_or_else(Origin::literal);
                let Some(f) = second else { return this.combine(&start) };
                // As a variable of a loop: what earlier turns made goes into the next.
                let depth = self.enter();
                let mut so_far = match self.folds.get(&f.id) {
                    Some(before) => start.carry(depth).join(before),
                    None => start.carry(depth),
                };
                loop {
                    let next = self.apply(f, &[so_far.clone(), this.clone()]).select(this);
                    let met = so_far.join(&next).carry(depth);
                    if met.same(&so_far) {
                        self.folds.insert(f.id, met.clone());
                        self.leave();
                        return met.settled(depth);
                    }
                    so_far = met;
                }
            }
            (Some(On::List), "group_by") => {
                let by = first.map(|f| self.apply(f, std::slice::from_ref(this)));
                let by = by.unwrap_or_else(Origin::literal);
                this.select(&by).join(&Origin::record(vec![("key".into(), by.whole())]))
            }
            (Some(On::List), "to_map") => {
                let key = first.map(|f| self.apply(f, std::slice::from_ref(this)));
                let value = second.map(|f| self.apply(f, std::slice::from_ref(this)));
                let key = key.unwrap_or_else(Origin::literal);
                value.unwrap_or_else(Origin::literal).join(&key.whole()).select(this)
            }
            (Some(On::List), "zip") => {
                let other = first.map(|e| self.expr(e)).unwrap_or_else(Origin::literal);
                let (left, right) = (this.select(&other), other.select(this));
                Origin::record(vec![("left".into(), left), ("right".into(), right)])
            }
            (Some(On::List), "enumerate") => {
                let index = this.whole().counted(true);
                Origin::record(vec![("index".into(), index), ("item".into(), this.clone())])
            }
            (
                Some(On::List),
                "first" | "last" | "min" | "max" | "sort" | "reverse" | "unique" | "flatten" | "present",
            ) => this.clone(),
            (Some(On::List), "append" | "prepend") => {
                let item = first.map(|e| self.expr(e)).unwrap_or_else(Origin::literal);
                this.join(&item)
            }
            (Some(On::List), "get" | "take" | "drop" | "slice" | "chunks") | (Some(On::Map), "get") => {
                let mut out = this.clone();
                for arg in args.iter().flatten() {
                    let by = self.expr(arg);
                    out = picked(&out, &by);
                }
                out
            }
            (Some(On::List), "index_of") | (Some(On::Text), "find") => {
                let by = first.map(|e| self.expr(e)).unwrap_or_else(Origin::literal);
                this.combine(&by).counted(true)
            }
            (Some(On::Map), "values" | "map_values") if first.is_none() => this.clone(),
            (Some(On::Int), "abs") => this.whole().counted(true),
            (Some(On::Int), "max" | "min") => {
                let other = first.map(|e| self.expr(e)).unwrap_or_else(Origin::literal);
                let positive = match name {
                    "max" => this.positive || other.positive,
                    _ => this.positive && other.positive,
                };
                this.combine(&other).counted(positive)
            }
            (Some(On::Int), "clamp") => {
                let low = first.map(|e| self.expr(e)).unwrap_or_else(Origin::literal);
                let high = second.map(|e| self.expr(e)).unwrap_or_else(Origin::literal);
                this.combine(&low).combine(&high).counted(low.positive)
            }
            (_, "to_text") => this.whole(),
            _ => {
                // Whatever it is, it is no better than what it was made of.
                let inputs = [this.clone(), this.clone()];
                let mut all = this.combine(&Origin::literal());
                for arg in args.iter().flatten() {
                    let origin = self.expr(arg);
                    let made = self.apply_if_function(arg, &inputs);
                    all = all.combine(&origin).combine(&made);
                }
                let yes_or_no =
                    matches!(name, "contains" | "contains_key" | "starts_with" | "ends_with" | "matches");
                match yes_or_no {
                    true => all.word(),
                    false => all,
                }
            }
        }
    }

    fn apply_if_function(&mut self, f: &'w Expr, inputs: &[Origin]) -> Origin {
        match (&f.kind, self.tables.res(f.id)) {
            (ExprKind::Lambda { .. }, _) => self.apply(f, inputs),
            (ExprKind::Name(_) | ExprKind::Field { .. }, Res::Callable(_)) => self.apply(f, inputs),
            _ => Origin::literal(),
        }
    }

    /// What a test says, and the items that pass it.
    fn tested(&mut self, test: Option<&'w Expr>, this: &Origin) -> (Origin, Origin) {
        let Some(test) = test else { return (Origin::literal(), this.clone()) };
        let by = self.apply(test, std::slice::from_ref(this));
        let mut lambda = test;
        while let ExprKind::Paren(inner) = &lambda.kind {
            lambda = inner;
        }
        let kept = match &lambda.kind {
            ExprKind::Lambda { params, body } => match params.first().map(|p| self.tables.res(p.id)) {
                Some(Res::Local(local)) => {
                    let way = self.branch(|flow| {
                        flow.assume(body, true);
                        flow.local(local)
                    });
                    way.value
                }
                _ => this.clone(),
            },
            _ => this.clone(),
        };
        (by, kept)
    }
}
