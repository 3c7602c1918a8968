//! Patterns: what they bind, whether they can match, and (in `exhaustive`) whether they cover every value.

pub(crate) mod exhaustive;

use super::literals::bare;
use super::{Want, Why};
use crate::check::body::LocalKind;
use crate::check::program::Res;
use crate::check::world::{Decl, World};
use crate::diagnostics::codes::types as code;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, FieldPattern, Ident, Pattern, PatternKind};
use crate::types::{DefKind, Field, Fit, Type, fields_of, fit};
use std::sync::Arc;

impl World<'_> {
    /// A pattern that must always match: of `let` and `for`.
    pub fn bind_always(&mut self, pattern: &Pattern, ty: &Type, kind: LocalKind) {
        self.pattern(pattern, ty, kind);
        if !ty.is_error() && !self.always(pattern, ty) {
            let d = self
                .error(code::E0325, pattern.span, "this pattern does not match every value")
                .label(format!("of type `{}`", self.show(ty)))
                .help("use `match`, which says what happens otherwise");
            self.report(d);
        }
    }

    fn always(&self, pattern: &Pattern, ty: &Type) -> bool {
        match &pattern.kind {
            PatternKind::Any | PatternKind::Bind(_) | PatternKind::Error => true,
            PatternKind::Record { fields, .. } => {
                !matches!(ty.base(), Type::Optional(_))
                    && fields.iter().all(|f| f.pattern.as_ref().is_none_or(|p| self.always(p, self.ty(p.id))))
            }
            PatternKind::List { items, rest } => items.is_empty() && rest.is_some(),
            PatternKind::Variant { fields, .. } => {
                let single = match bare(ty) {
                    Type::Named(id) => matches!(&self.defs.get(*id).kind, DefKind::Enum(v) if v.len() == 1),
                    _ => false,
                };
                single
                    && fields.iter().all(|f| f.pattern.as_ref().is_none_or(|p| self.always(p, self.ty(p.id))))
            }
            PatternKind::Or(list) => list.iter().any(|p| self.always(p, ty)),
            PatternKind::Literal(_) | PatternKind::Range { .. } => false,
        }
    }

    /// Checks a pattern against the type of the value and binds its names.
    pub fn pattern(&mut self, pattern: &Pattern, ty: &Type, kind: LocalKind) {
        self.set_type(pattern.id, ty);
        match &pattern.kind {
            PatternKind::Any | PatternKind::Error => {}
            PatternKind::Bind(name) => self.bind_pattern(name, ty, kind),
            PatternKind::Literal(e) => self.literal_pattern(e, ty),
            PatternKind::Range { start, end, .. } => {
                for e in [start, end] {
                    let got = self.expr(e, Want::Any);
                    let inner = bare(ty).clone();
                    if !matches!(inner, Type::Int | Type::Float | Type::Error)
                        || (matches!(inner, Type::Int) && matches!(got, Type::Float))
                    {
                        return self.cannot(e.span, &got, ty);
                    }
                }
            }
            PatternKind::Variant { module, enum_name, variant, fields, rest } => {
                self.variant_pattern(
                    pattern,
                    module.as_deref(),
                    enum_name.as_deref(),
                    variant,
                    fields,
                    *rest,
                    ty,
                    kind,
                );
            }
            PatternKind::Record { fields, rest } => {
                let inner = bare(ty).clone();
                match fields_of(&inner, &self.defs) {
                    Some(declared) => {
                        let declared = declared.to_vec();
                        let shown = self.show(&inner);
                        self.field_patterns(pattern.span, fields, *rest, &declared, &shown, kind);
                    }
                    None => {
                        self.lost_fields(fields, kind);
                        if !inner.is_error() {
                            self.cannot_be(pattern.span, "a record", ty);
                        }
                    }
                }
            }
            PatternKind::List { items, rest } => {
                let item = match bare(ty) {
                    Type::List(t) => (**t).clone(),
                    Type::Error | Type::Never => Type::Error,
                    _ => {
                        self.cannot_be(pattern.span, "a list", ty);
                        Type::Error
                    }
                };
                for p in items {
                    self.pattern(p, &item, kind);
                }
                if let Some(Some(name)) = rest {
                    self.bind_pattern(name, &Type::list(item), kind);
                }
            }
            PatternKind::Or(list) => self.or_pattern(list, ty, kind),
        }
    }

    fn bind_pattern(&mut self, name: &Ident, ty: &Type, kind: LocalKind) {
        self.bind(name, ty, kind);
    }

    fn literal_pattern(&mut self, e: &Expr, ty: &Type) {
        if let ExprKind::None = e.kind {
            self.set_type(e.id, &Type::NoneType);
            if !matches!(ty.base(), Type::Optional(_) | Type::NoneType | Type::Error | Type::Never) {
                self.cannot_be(e.span, "`none`", ty);
            }
            return;
        }
        let got = self.expr(e, Want::Any);
        let inner = bare(ty);
        let fits = match (&got, inner) {
            (_, Type::Error | Type::Never) | (Type::Error, _) => true,
            (Type::Int, Type::Float) => true,
            (Type::Text, Type::Text | Type::Path | Type::Role) => true,
            (a, b) => fit(a, b, &self.defs) == Fit::Same,
        };
        if !fits {
            self.cannot(e.span, &got, ty);
        }
    }

    fn cannot(&mut self, span: Span, got: &Type, ty: &Type) {
        let got = format!("`{}`", self.show(got));
        self.cannot_be(span, &got, ty);
    }

    fn cannot_be(&mut self, span: Span, what: &str, ty: &Type) {
        let shown = self.show(ty);
        let d = self
            .error(code::E0314, span, format!("this pattern is {what}, but the value is `{shown}`"))
            .label("can never match");
        self.report(d);
    }

    #[allow(clippy::too_many_arguments)] // the parts of one pattern
    fn variant_pattern(
        &mut self,
        pattern: &Pattern,
        module: Option<&Ident>,
        enum_name: Option<&Ident>,
        variant: &Ident,
        fields: &[FieldPattern],
        rest: bool,
        ty: &Type,
        kind: LocalKind,
    ) {
        if let Some(name) = enum_name {
            let named = self.enum_named(module, name);
            match (bare(&named), bare(ty)) {
                (Type::Error, _) | (_, Type::Error) => return self.lost_fields(fields, kind),
                (Type::Named(a), Type::Named(b)) if a == b => {}
                _ => {
                    let shown = format!("a `{}`", self.show(&named));
                    self.cannot_be(pattern.span, &shown, ty);
                    return self.lost_fields(fields, kind);
                }
            }
        }
        let def = match bare(ty) {
            Type::Named(def) if matches!(self.defs.get(*def).kind, DefKind::Enum(_)) => *def,
            Type::Error | Type::Never => return self.lost_fields(fields, kind),
            _ => {
                let what = format!("the variant `.{}`", variant.name);
                self.cannot_be(pattern.span, &what, ty);
                return self.lost_fields(fields, kind);
            }
        };
        let Some(index) = self.find_variant(def, variant) else { return self.lost_fields(fields, kind) };
        self.set_res(pattern.id, Res::Variant(def, index));
        let declared: Vec<Field> = match &self.defs.get(def).kind {
            DefKind::Enum(vs) => vs[index as usize].fields.to_vec(),
            DefKind::Record(_) => Vec::new(),
        };
        // Without braces a variant's fields do not matter.
        let rest = rest || fields.is_empty();
        let shown: Arc<str> = variant.name.clone();
        self.field_patterns(pattern.span, fields, rest, &declared, &shown, kind);
    }

    fn enum_named(&mut self, module: Option<&Ident>, name: &Ident) -> Type {
        let decl = match module {
            Some(m) => match self.lookup(&m.name) {
                Some((Decl::Module(id), _)) => self.member(id, name),
                _ => {
                    self.unknown_name(m);
                    return Type::Error;
                }
            },
            None => match self.lookup(&name.name) {
                Some((decl, _)) => Some(decl),
                None => {
                    self.unknown_type(name);
                    None
                }
            },
        };
        match decl {
            Some(Decl::Type(slot)) => self.declared_type(slot, name),
            Some(_) | None => Type::Error,
        }
    }

    /// Binds the names of a pattern whose type is unknown, so that they do not count as unknown names.
    fn lost_fields(&mut self, fields: &[FieldPattern], kind: LocalKind) {
        for f in fields {
            match &f.pattern {
                Some(p) => self.pattern(p, &Type::Error, kind),
                None => self.bind_pattern(&f.name, &Type::Error, kind),
            }
        }
    }

    fn field_patterns(
        &mut self,
        span: Span,
        fields: &[FieldPattern],
        rest: bool,
        declared: &[Field],
        of: &str,
        kind: LocalKind,
    ) {
        for f in fields {
            let ty = match declared.iter().find(|d| d.name == f.name.name) {
                Some(d) => d.ty.clone(),
                None => {
                    self.unknown_field(f.name.span, &f.name.name, of, declared, Why::None);
                    Type::Error
                }
            };
            match &f.pattern {
                Some(p) => self.pattern(p, &ty, kind),
                None => self.bind_pattern(&f.name, &ty, kind),
            }
        }
        if rest {
            return;
        }
        let missing: Vec<&Field> =
            declared.iter().filter(|d| !fields.iter().any(|f| f.name.name == d.name)).collect();
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|f| format!("`{}`", f.name)).collect();
            let d = self
                .error(code::E0316, span, format!("the pattern says nothing about {}", names.join(", ")))
                .label("not complete")
                .help("add `..` if they do not matter");
            self.report(d);
        }
    }

    /// Each alternative binds the same names with the same types; they share one variable each.
    fn or_pattern(&mut self, list: &[Pattern], ty: &Type, kind: LocalKind) {
        let Some((first, others)) = list.split_first() else { return };
        let start = self.body.locals.len();
        self.pattern(first, ty, kind);
        let bound: Vec<(Arc<str>, Type, u32)> = (start..self.body.locals.len())
            .map(|i| (self.body.locals[i].name.clone(), self.body.locals[i].ty.clone(), i as u32))
            .collect();
        for other in others {
            let mark = self.body.mark();
            let from = self.body.locals.len();
            self.pattern(other, ty, kind);
            let here: Vec<(Arc<str>, Type, Span)> =
                self.body.locals[from..].iter().map(|l| (l.name.clone(), l.ty.clone(), l.span)).collect();
            for (name, found, span) in &here {
                match bound.iter().find(|(n, ..)| n == name) {
                    Some((_, t, _)) if t == found || t.is_error() || found.is_error() => {}
                    Some((_, t, _)) => {
                        let (a, b) = (self.show(t), self.show(found));
                        let d = self
                            .error(
                                code::E0324,
                                *span,
                                format!("`{name}` is `{a}` in one alternative and `{b}` in this"),
                            )
                            .also(first.span, "the other alternative");
                        self.report(d);
                    }
                    None => {
                        let d = self
                            .error(code::E0324, *span, format!("`{name}` is bound in this alternative only"))
                            .also(first.span, "not bound here");
                        self.report(d);
                    }
                }
            }
            for (name, ..) in &bound {
                if !here.iter().any(|(n, ..)| n == name) {
                    let d = self
                        .error(code::E0324, other.span, format!("`{name}` is not bound in this alternative"))
                        .also(first.span, "bound here");
                    self.report(d);
                }
            }
            self.body.leave(mark);
            // The names of later alternatives are the variables of the first.
            self.same_locals(other, &bound);
            for local in &mut self.body.locals[from..] {
                local.used = true;
            }
        }
    }

    fn same_locals(&mut self, pattern: &Pattern, bound: &[(Arc<str>, Type, u32)]) {
        let set = |w: &mut Self, name: &Ident| {
            if let Some((_, _, id)) = bound.iter().find(|(n, ..)| *n == name.name) {
                w.set_res(name.id, Res::Local(*id));
            }
        };
        match &pattern.kind {
            PatternKind::Bind(name) => set(self, name),
            PatternKind::Variant { fields, .. } | PatternKind::Record { fields, .. } => {
                for f in fields {
                    match &f.pattern {
                        Some(p) => self.same_locals(p, bound),
                        None => set(self, &f.name),
                    }
                }
            }
            PatternKind::List { items, rest } => {
                items.iter().for_each(|p| self.same_locals(p, bound));
                if let Some(Some(name)) = rest {
                    set(self, name);
                }
            }
            PatternKind::Or(list) => list.iter().for_each(|p| self.same_locals(p, bound)),
            PatternKind::Any | PatternKind::Literal(_) | PatternKind::Range { .. } | PatternKind::Error => {}
        }
    }
}
