//! The origin of an expression's value.

use super::flow::Flow;
use super::origin::{Level, Origin};
use super::room;
use crate::check::program::*;
use crate::syntax::ast::*;
use crate::types::Type;

impl<'w> Flow<'_, 'w> {
    pub fn block(&mut self, block: &'w Block) -> Origin {
        let mut value = Origin::literal();
        for stmt in &block.stmts {
            value = Origin::literal();
            match &stmt.kind {
                StmtKind::Let { pattern, value, ty } => {
                    let mut origin = self.expr(value);
                    if let Some(ty) = ty {
                        origin = self.typed(origin, self.tables.ty(ty.id));
                    }
                    if let PatternKind::Bind(name) = &pattern.kind {
                        self.hold(name, origin);
                        if let Res::Local(local) = self.tables.res(name.id) {
                            self.written.bind(local, value);
                        }
                    } else {
                        self.pattern(pattern, &origin);
                    }
                }
                StmtKind::Var { name, value, .. } => {
                    let origin = self.expr(value);
                    let told = self.told(&origin, name.span, || super::Step::Held(name.name.clone()));
                    if let Res::Local(local) = self.tables.res(name.id) {
                        self.assign(local as usize, told);
                    }
                }
                StmtKind::Assign { target, value } => {
                    let origin = self.expr(value);
                    self.assignment(target, origin);
                }
                StmtKind::Expr(e) => value = self.expr(e),
            }
            if self.dead {
                // Nothing behind it runs.
                break;
            }
        }
        value
    }

    fn assignment(&mut self, target: &'w Expr, origin: Origin) {
        let told = self.told(&origin, target.span, || super::Step::Held(written(target).into()));
        match self.place(target) {
            Some(place) => {
                let whole = match &place.path[..] {
                    [] => told,
                    path => self.local(place.local).with(path, told),
                };
                self.assign(place.local as usize, whole);
            }
            // An item: the list is no better than what it gets, and where it goes is decided by the index.
            None => {
                let mut base = target;
                let mut all = told;
                loop {
                    match &base.kind {
                        ExprKind::Paren(inner) => base = inner,
                        ExprKind::Field { base: inner, .. } => base = inner,
                        ExprKind::Index { base: inner, index } => {
                            let by = self.expr(index);
                            all = all.select(&by);
                            // A key becomes a part of the map, an index does not.
                            if matches!(self.tables.ty(inner.id).base(), Type::Map(_)) {
                                all = all.join(&by.whole());
                            }
                            base = inner;
                        }
                        _ => break,
                    }
                }
                if let Some(place) = self.place(base) {
                    let whole = self.local(place.local).whole().join(&all.whole());
                    self.assign(place.local as usize, whole);
                }
            }
        }
    }

    /// What a value of this type leaves no room for.
    pub fn typed(&mut self, origin: Origin, ty: &Type) -> Origin {
        let inner = match ty {
            Type::Optional(inner) => inner,
            Type::List(inner) => inner,
            other => other,
        };
        match inner.base() {
            Type::Int | Type::Float => {
                let positive = room::is_positive(inner) || (origin.number && origin.positive);
                origin.counted(positive)
            }
            _ if origin.alone <= Level::Person => origin,
            Type::Bool | Type::Size => origin.word(),
            Type::Role => Origin::literal(),
            Type::Text => match inner {
                Type::Refined(r) if self.proof.rooms.of_text(r).is_none() => origin.word(),
                _ => origin,
            },
            base if room::is_choice(base, &self.proof.world.defs) => origin.word(),
            _ => origin,
        }
    }

    pub fn expr(&mut self, e: &'w Expr) -> Origin {
        let origin = self.value(e);
        let tables = self.tables;
        let mut origin = self.typed(origin, tables.ty(e.id));
        // A check at run time stands exactly where a value gets another type.
        if let Some(ty) = tables.coercions.get(&e.id) {
            origin = self.typed(origin, ty);
        }
        if origin.level > Level::Literal {
            self.meet(&origin);
        }
        origin
    }

    pub fn each(&mut self, list: impl IntoIterator<Item = &'w Expr>) {
        for e in list {
            self.expr(e);
        }
    }

    fn value(&mut self, e: &'w Expr) -> Origin {
        use ExprKind::*;
        match &e.kind {
            None | Bool(_) | Duration(_) | Size(_) | TypeName(_) | Variant(_) | Error => Origin::literal(),
            Int(n) => Origin::number(*n >= 0),
            Float(n) => Origin::number(*n >= 0.0),
            Text(text) => {
                let mut all = Origin::literal();
                for part in &text.parts {
                    if let TextPart::Expr(e) = part {
                        let piece = self.expr(e);
                        all = all.concat(&piece);
                    }
                }
                all
            }
            Name(_) => match self.tables.res(e.id) {
                Res::Local(local) => self.local(local),
                _ => Origin::literal(),
            },
            List(items) => {
                let mut all = Option::None;
                for item in items {
                    let origin = self.expr(&item.value);
                    all = Some(match all {
                        Option::None => origin,
                        Some(all) => Origin::join(&all, &origin),
                    });
                }
                all.unwrap_or_else(Origin::literal)
            }
            Map(entries) => {
                let mut all = Origin::literal();
                for (key, value) in entries {
                    let (key, value) = (self.expr(key), self.expr(value));
                    all = all.join(&key.whole()).join(&value);
                }
                all
            }
            Record(fields) => {
                let parts = fields.iter().map(|f| (f.name.name.clone(), self.expr(&f.value))).collect();
                Origin::record(parts)
            }
            Field { base, name, .. } => match self.tables.res(e.id) {
                Res::FieldIndex(_) => {
                    let origin = self.expr(base);
                    let mut origin = origin.field(&name.name);
                    // An exit code is never negative.
                    if *self.tables.ty(base.id).base() == Type::Output && &*name.name == "exit" {
                        origin = origin.counted(true);
                    }
                    origin
                }
                Res::Method => {
                    let origin = self.expr(base);
                    self.property(&origin, &name.name)
                }
                _ => Origin::literal(),
            },
            Index { base, index } => {
                let base = self.expr(base);
                let index = self.expr(index);
                picked(&base, &index)
            }
            Call { callee, args } => self.call_expr(e, callee, args),
            // Walked by the method that it is given to.
            Lambda { .. } => Origin::literal(),
            Unary { op, operand, .. } => {
                let origin = self.expr(operand);
                match op {
                    UnaryOp::Not => origin.whole().word(),
                    UnaryOp::Negate => origin.combine(&Origin::literal()),
                }
            }
            Binary { op, left, right, .. } => self.binary(e, *op, left, right),
            Range { start, end, .. } => {
                let (start, end) = (self.expr(start), self.expr(end));
                start.combine(&end).counted(start.positive)
            }
            Block(b) => self.block(b),
            Paren(inner) => self.expr(inner),
            Wait(inner) | Say(inner) => {
                self.expr(inner);
                self.happens(e.id);
                Origin::literal()
            }
            Run(run) => self.run(e, run),
            Ask(ask) => self.ask(e, ask),
            Gate(gate) => self.gate(gate),
            ReadAs { call, .. } => self.expr(call).whole(),
            _ => self.control_expr(e),
        }
    }

    fn binary(&mut self, e: &'w Expr, op: BinaryOp, left: &'w Expr, right: &'w Expr) -> Origin {
        use BinaryOp::*;
        let a = self.expr(left);
        let b = match op {
            And | Or => {
                let way = self.branch(|flow| {
                    flow.assume(left, op == And);
                    flow.under(&a, left.span, |flow| flow.expr(right))
                });
                let none = self.branch(|_| Origin::literal());
                let value = way.value.clone();
                self.meet_ways(vec![way, none], &a);
                value
            }
            Coalesce => {
                let way = self.branch(|flow| flow.under(&a, left.span, |flow| flow.expr(right)));
                let none = self.branch(|_| Origin::literal());
                let (value, ends) = (way.value.clone(), !way.dead());
                self.meet_ways(vec![way, none], &a);
                if !ends {
                    return a;
                }
                return a.join(&value).select(&a);
            }
            _ => self.expr(right),
        };
        let both = a.combine(&b);
        if matches!(op, In | Eq | Ne) {
            self.compare(left, &a);
            self.compare(right, &b);
        }
        match op {
            Add => match self.tables.ty(e.id).base() {
                Type::Text => a.concat(&b),
                Type::List(_) => a.join(&b),
                Type::Int | Type::Float => both.counted(a.positive && b.positive),
                _ => both,
            },
            Mul | Div | Rem if a.number && b.number => both.counted(a.positive && b.positive),
            Sub | Mul | Div | Rem => both,
            // Yes or no.
            _ => both.word(),
        }
    }

    /// Names of a pattern get what they stand for.
    pub fn pattern(&mut self, pattern: &'w Pattern, origin: &Origin) {
        match &pattern.kind {
            PatternKind::Any | PatternKind::Literal(_) | PatternKind::Range { .. } | PatternKind::Error => {}
            PatternKind::Bind(name) => self.hold(name, origin.clone()),
            PatternKind::Variant { fields, .. } | PatternKind::Record { fields, .. } => {
                for field in fields {
                    let part = origin.field(&field.name.name);
                    match &field.pattern {
                        Some(inner) => self.pattern(inner, &part),
                        None => self.hold(&field.name, part),
                    }
                }
            }
            PatternKind::List { items, rest } => {
                items.iter().for_each(|item| self.pattern(item, origin));
                if let Some(Some(name)) = rest {
                    self.hold(name, origin.clone());
                }
            }
            PatternKind::Or(all) => {
                // The alternatives bind the same names, which may stand for any of them.
                let ways = all
                    .iter()
                    .map(|one| {
                        self.branch(|flow| {
                            flow.pattern(one, origin);
                            Origin::literal()
                        })
                    })
                    .collect();
                self.meet_ways(ways, &Origin::literal());
            }
        }
    }
}

/// One of several, by an index or key.
pub fn picked(base: &Origin, by: &Origin) -> Origin {
    let by = by.whole();
    match by.level <= Level::Person {
        true => base.clone(),
        false => base.combine(&by),
    }
}

fn written(target: &Expr) -> &str {
    match &target.kind {
        ExprKind::Name(name) => &name.name,
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } | ExprKind::Paren(base) => written(base),
        _ => "it",
    }
}
