//! Operators, and indexing.

use super::literals::bare;
use super::{Want, Why, unparen};
use crate::check::body::is_none;
use crate::check::world::World;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{lint, types as code};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::types::methods::Bound;
use crate::types::{Fit, Type, fit, forms, join};

impl World<'_> {
    pub(super) fn unary(&mut self, op: UnaryOp, op_span: Span, operand: &Expr) -> Type {
        match op {
            UnaryOp::Not => {
                self.condition(operand, "`not`");
                Type::Bool
            }
            UnaryOp::Negate => {
                let ty = self.expr(operand, Want::Any);
                match ty.base() {
                    Type::Int | Type::Float | Type::Duration | Type::Error | Type::Never => ty.base().clone(),
                    _ => {
                        let shown = self.show(&ty);
                        let d = self
                            .error(code::E0308, op_span, format!("`-` does not work on `{shown}`"))
                            .also(operand.span, format!("this is `{shown}`"));
                        self.report(d);
                        Type::Error
                    }
                }
            }
        }
    }

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &Expr,
        right: &Expr,
        want: Want<'_>,
    ) -> Type {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let name = if op == BinaryOp::And { "`and`" } else { "`or`" };
                self.condition(left, name);
                let mark = self.body.mark();
                self.assume(left, op == BinaryOp::And);
                self.condition(right, name);
                self.body.forget_facts(mark);
                Type::Bool
            }
            BinaryOp::Coalesce => self.coalesce(op_span, left, right, want),
            BinaryOp::Eq | BinaryOp::Ne => self.equality(op, op_span, left, right),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => self.order(op, op_span, left, right),
            BinaryOp::In => self.membership(op_span, left, right),
            BinaryOp::Matches => self.matches(left, right),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                self.arithmetic(op, op_span, left, right, want)
            }
        }
    }

    fn coalesce(&mut self, op_span: Span, left: &Expr, right: &Expr, want: Want<'_>) -> Type {
        let hint = want.hint().cloned();
        let got = self.expr(left, hint.as_ref().map_or(Want::Any, Want::Hint));
        let mark = self.body.mark();
        let inner = match got.base() {
            Type::Optional(inner) => (**inner).clone(),
            Type::NoneType | Type::Error => Type::Never,
            _ => {
                let d = Diagnostic::warning(lint::L0707, op_span, "`??` after a value that is never `none`")
                    .label(format!("`{}` is always there", self.show(&got)))
                    .help("drop `??` and what follows it");
                self.report(d);
                got.clone()
            }
        };
        let other = match (&inner, &hint) {
            (Type::Never, _) => hint.clone(),
            (_, Some(h)) if fit(&inner, h, &self.defs) != Fit::No => Some(h.clone()),
            _ => Some(inner.clone()),
        };
        let fallback = self.expr(right, other.as_ref().map_or(Want::Any, Want::Hint));
        self.body.forget_facts(mark);
        if got.is_error() {
            return if fallback == Type::Never { Type::Error } else { fallback };
        }
        match join(&inner, &fallback, &self.defs) {
            Some(ty) => {
                let whole = if matches!(got.base(), Type::Optional(_)) {
                    Type::optional(ty.clone())
                } else {
                    ty.clone()
                };
                self.retarget(left, &got, &whole);
                self.retarget(right, &fallback, &ty);
                ty
            }
            None => {
                self.fits(right, &fallback, &inner, Why::At(left.span, "what stands before `??`"));
                inner
            }
        }
    }

    /// Checks both sides so that a variant or an empty list learns its type from the other side.
    fn sides(&mut self, left: &Expr, right: &Expr) -> (Type, Type) {
        if needs_hint(left) && !needs_hint(right) {
            let r = self.expr(right, Want::Any);
            let l = self.expr(left, Want::Hint(&r));
            return (l, r);
        }
        let l = self.expr(left, Want::Any);
        let r = self.expr(right, Want::Hint(&l));
        (l, r)
    }

    fn equality(&mut self, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr) -> Type {
        let (l, r) = self.sides(left, right);
        if l.is_error() || r.is_error() {
            return Type::Bool;
        }
        let (ls, rs) = (self.show(&l), self.show(&r));
        for (ty, e) in [(&l, left), (&r, right)] {
            if !forms::can(ty, Bound::Equal, &self.defs) {
                let secret = forms::holds(ty, &self.defs, &mut Vec::new(), &|t| matches!(t, Type::Secret));
                let (id, what) = match secret {
                    true => (code::E0310, "a secret has no equality"),
                    false => (code::E0322, "functions cannot be compared"),
                };
                let d = self.error(id, op_span, what).also(e.span, "this one");
                self.report(d);
                return Type::Bool;
            }
        }
        let value = match (is_none(left), is_none(right)) {
            (true, false) => Some((right, &r)),
            (false, true) => Some((left, &l)),
            _ => None,
        };
        if let Some((e, ty)) = value {
            if !matches!(ty.base(), Type::Optional(_) | Type::NoneType | Type::Never) {
                let always = if op == BinaryOp::Eq { "false" } else { "true" };
                let d = Diagnostic::warning(lint::L0707, op_span, format!("this is always {always}"))
                    .label("compared with `none`")
                    .also(e.span, format!("`{}` is never `none`", self.show(ty)));
                self.report(d);
            }
            return Type::Bool;
        }
        // A text compared with a path or role is compared as text.
        let fits = |a: &Type, b: &Type| match fit(a, b, &self.defs) {
            Fit::No => false,
            _ => {
                !matches!((a.base(), bare(b)), (Type::Text, Type::Path | Type::Role))
                    || is_text(left)
                    || is_text(right)
            }
        };
        if !fits(l.base(), r.base()) && !fits(r.base(), l.base()) && join(&l, &r, &self.defs).is_none() {
            let d = self
                .error(code::E0322, op_span, format!("`{ls}` and `{rs}` are never equal"))
                .also(left.span, format!("this is `{ls}`"))
                .also(right.span, format!("this is `{rs}`"));
            self.report(d);
            return Type::Bool;
        }
        if let Some(common) = join(&l, &r, &self.defs) {
            self.retarget(left, &l, &common);
            self.retarget(right, &r, &common);
        }
        Type::Bool
    }

    fn order(&mut self, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr) -> Type {
        let (l, r) = self.sides(left, right);
        // `1 < x < 5` has been reported by the parser.
        let chained = |e: &Expr| matches!(&e.kind, ExprKind::Binary { op, .. } if is_comparison(*op));
        if l.is_error() || r.is_error() || chained(left) || chained(right) {
            return Type::Bool;
        }
        let (lb, rb) = (l.base().clone(), r.base().clone());
        let mixed = matches!((&lb, &rb), (Type::Int, Type::Float) | (Type::Float, Type::Int));
        if mixed {
            self.widen(left, &lb);
            self.widen(right, &rb);
            return Type::Bool;
        }
        if forms::ordered(&lb) && (lb == rb || lb == Type::Never || rb == Type::Never) {
            return Type::Bool;
        }
        let (ls, rs) = (self.show(&l), self.show(&r));
        let mut d = self
            .error(code::E0322, op_span, format!("`{}` cannot compare `{ls}` with `{rs}`", op.symbol()))
            .also(left.span, format!("this is `{ls}`"))
            .also(right.span, format!("this is `{rs}`"));
        if matches!(lb, Type::Optional(_)) || matches!(rb, Type::Optional(_)) {
            d = d.help("give a value for `none` with `??`");
        }
        self.report(d);
        Type::Bool
    }

    fn membership(&mut self, op_span: Span, left: &Expr, right: &Expr) -> Type {
        let (l, r) = match needs_hint(right) {
            true => {
                let l = self.expr(left, Want::Any);
                let hint = Type::list(l.base().clone());
                let r = self.expr(right, Want::Hint(&hint));
                (l, r)
            }
            false => {
                let r = self.expr(right, Want::Any);
                let hint = match r.base() {
                    Type::List(t) => Some((**t).clone()),
                    _ => None,
                };
                let l = self.expr(left, hint.as_ref().map_or(Want::Any, Want::Hint));
                (l, r)
            }
        };
        let ls = self.show(&l);
        let ok = match r.base() {
            Type::Error => true,
            Type::List(item) => {
                l.is_error()
                    || (forms::can(&l, Bound::Equal, &self.defs)
                        && (join(&l, item, &self.defs).is_some() || fit(&l, item, &self.defs) != Fit::No))
            }
            Type::Range => matches!(l.base(), Type::Int | Type::Error | Type::Never),
            Type::Map(_) => matches!(l.base(), Type::Text | Type::Error | Type::Never),
            _ => {
                let rs = self.show(&r);
                let mut d = self
                    .error(
                        code::E0308,
                        op_span,
                        format!("`in` needs a list, a range or a map on its right, not `{rs}`"),
                    )
                    .also(right.span, format!("this is `{rs}`"));
                if let Type::Text = r.base() {
                    d = d.help("`text.contains(part)` asks whether a part stands in a text");
                }
                self.report(d);
                return Type::Bool;
            }
        };
        if !ok {
            let rs = self.show(&r);
            let d = self
                .error(code::E0322, op_span, format!("a `{ls}` is never in `{rs}`"))
                .also(left.span, format!("this is `{ls}`"))
                .also(right.span, format!("this is `{rs}`"));
            self.report(d);
        }
        Type::Bool
    }

    fn matches(&mut self, left: &Expr, right: &Expr) -> Type {
        self.check(left, &Type::Text, Why::Of("`matches` looks at a Text"));
        self.check(right, &Type::Text, Why::Of("a regular expression is a Text"));
        self.valid_regex(right);
        Type::Bool
    }

    pub(super) fn valid_regex(&mut self, e: &Expr) {
        let ExprKind::Text(t) = &unparen(e).kind else { return };
        let Some(pattern) = t.plain() else { return };
        if let Err(error) = crate::types::compiled(&pattern) {
            // The last line says what is wrong; those before draw the pattern, as we do ourselves.
            let text = error.to_string();
            let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let d = self
                .error(code::E0319, e.span, format!("this is no regular expression: {why}"))
                .label("cannot be compiled")
                .help("raw texts need no doubled backslashes: `r\"^\\d+$\"`; look-around and back-references do not exist");
            self.report(d);
        }
    }

    fn widen(&mut self, e: &Expr, base: &Type) {
        if *base == Type::Int {
            self.retarget(e, &Type::Int, &Type::Float);
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr, want: Want<'_>) -> Type {
        use BinaryOp::*;
        use Type::*;
        let list_hint = match want.hint().map(bare) {
            Some(t @ List(_)) if op == Add => Some(t.clone()),
            _ => Option::None,
        };
        let hint = list_hint.as_ref().map_or(Want::Any, Want::Hint);
        let l = self.expr(left, hint);
        let hint = match l.base() {
            List(t) if !super::generics::is_open(t) => Some(l.base().clone()),
            _ => list_hint.clone(),
        };
        let r = self.expr(right, hint.as_ref().map_or(Want::Any, Want::Hint));
        match (op, l.base(), r.base()) {
            (_, Error, _) | (_, _, Error) => Error,
            (_, Never, x) | (_, x, Never) => x.clone(),
            (Add | Sub | Mul | Rem, Int, Int) => Int,
            (Div, Int | Float, Int | Float) | (Add | Sub | Mul | Rem, Int | Float, Int | Float) => {
                let (lb, rb) = (l.base().clone(), r.base().clone());
                self.widen(left, &lb);
                self.widen(right, &rb);
                Float
            }
            (Add, Text, Text) => Text,
            (Add | Sub, Duration, Duration)
            | (Mul, Duration, Int)
            | (Mul, Int, Duration)
            | (Div, Duration, Int) => Duration,
            (Add | Sub, Size, Size) | (Mul, Size, Int) | (Mul, Int, Size) | (Div, Size, Int) => Size,
            (Div, Duration, Duration) | (Div, Size, Size) => Float,
            (Add, Time, Duration) | (Add, Duration, Time) | (Sub, Time, Duration) => Time,
            (Sub, Time, Time) => Duration,
            (Add, List(_), List(_)) => match join(l.base(), r.base(), &self.defs) {
                Some(all) => {
                    self.retarget(left, &l, &all);
                    self.retarget(right, &r, &all);
                    all
                }
                Option::None => self.no_operator(op, op_span, (left, &l), (right, &r)),
            },
            _ => self.no_operator(op, op_span, (left, &l), (right, &r)),
        }
    }

    fn no_operator(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        (left, l): (&Expr, &Type),
        (right, r): (&Expr, &Type),
    ) -> Type {
        let (ls, rs) = (self.show(l), self.show(r));
        let mut d = self
            .error(code::E0308, op_span, format!("`{}` does not work on `{ls}` and `{rs}`", op.symbol()))
            .also(left.span, format!("this is `{ls}`"))
            .also(right.span, format!("this is `{rs}`"));
        d = match (op, l.base(), r.base()) {
            (_, Type::Optional(_), _) | (_, _, Type::Optional(_)) => {
                d.help("give a value for `none` with `??`")
            }
            (BinaryOp::Add, Type::Text, _) | (BinaryOp::Add, _, Type::Text) => {
                d.help("put values into a text with braces: `\"{a} and {b}\"`")
            }
            (BinaryOp::Add, Type::List(_), _) => d.help("`xs.append(x)` or `xs + [x]` adds one item"),
            (BinaryOp::Add, Type::Map(_), _) => {
                d.help("`map.with(key, value)` adds an entry, `map.merge(other)` another map")
            }
            _ => d,
        };
        self.report(d);
        Type::Error
    }

    pub(super) fn index(&mut self, base: &Expr, index: &Expr) -> Type {
        let ty = self.expr(base, Want::Any);
        match ty.base() {
            Type::List(item) => {
                let item = (**item).clone();
                self.check(index, &Type::Int, Why::Of("the index of a list is an Int"));
                item
            }
            Type::Map(value) => {
                let value = (**value).clone();
                self.check(index, &Type::Text, Why::Of("the keys of a map are Text"));
                value
            }
            Type::Error | Type::Never => {
                self.expr(index, Want::Any);
                Type::Error
            }
            other => {
                let d = self
                    .error(code::E0326, base.span, format!("`{}` has no index", self.show(&ty)))
                    .label("neither a list nor a map");
                let d = match other {
                    Type::Text => d.help("`text.slice(from, to)` gives a part of a text"),
                    Type::Json => d.help("`json.get(\"key\")` and `json.at(index)` look into JSON"),
                    Type::Optional(_) => {
                        d.help("it may be `none`: look with `match` or `if x != none` before")
                    }
                    Type::Record(_) | Type::Named(_) => d.help("a field is written `.field`"),
                    _ => d,
                };
                self.report(d);
                self.expr(index, Want::Any);
                Type::Error
            }
        }
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge)
}

fn is_text(e: &Expr) -> bool {
    matches!(unparen(e).kind, ExprKind::Text(_))
}

/// Whether an expression's type comes from its surroundings.
fn needs_hint(e: &Expr) -> bool {
    match &unparen(e).kind {
        ExprKind::Variant(_) => true,
        ExprKind::Call { callee, .. } => matches!(callee.kind, ExprKind::Variant(_)),
        ExprKind::List(items) => items.iter().all(|i| needs_hint(&i.value)),
        ExprKind::Paren(e) => needs_hint(e),
        _ => false,
    }
}
