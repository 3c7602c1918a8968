//! Texts with their interpolations, lists, maps, records.

use super::{Want, Why};
use crate::check::world::World;
use crate::diagnostics::codes::types as code;
use crate::diagnostics::did_you_mean;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, ListItem, RecordField, TextLit, TextPart};
use crate::types::{Field, Type, fields_of, forms};

/// What a wanted type says about a literal: behind optionals and refinements.
pub(super) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Optional(inner) => bare(inner),
        Type::Refined(r) => bare(&r.base),
        other => other,
    }
}

impl World<'_> {
    pub fn text(&mut self, t: &TextLit) -> Type {
        for part in &t.parts {
            if let TextPart::Expr(e) = part {
                self.interpolated(e, "a text");
            }
        }
        Type::Text
    }

    /// A value inside a text or a command word.
    pub fn interpolated(&mut self, e: &Expr, place: &str) -> Type {
        let ty = self.expr(e, Want::Any);
        self.needs_text_form(e.span, &ty, place);
        ty
    }

    pub fn needs_text_form(&mut self, span: Span, ty: &Type, place: &str) {
        if forms::has_text_form(ty, &self.defs) {
            return;
        }
        let shown = self.show(ty);
        if let Type::Secret = ty.base() {
            let d = self
                .error(code::E0310, span, format!("a secret cannot go into {place}"))
                .label("its value would be recorded and shown")
                .help("hand it to a command through `env { NAME: secret(\"NAME\") }`");
            return self.report(d);
        }
        let d = self.error(
            code::E0309,
            span,
            format!("`{shown}` has no text form, so it cannot go into {place}"),
        );
        let d = match ty.base() {
            Type::Optional(_) | Type::NoneType => d.help("say what stands there for `none`: `{x ?? \"…\"}`"),
            Type::List(_) => {
                d.help("join the items: `{xs.join(\", \")}`; in a command `{xs...}` is one word an item")
            }
            Type::Output => d.help("write `.stdout`, or `run … as Text`"),
            Type::Record(_) | Type::Named(_) | Type::Map(_) | Type::Approval => {
                d.help("name a field, or write `{x.to_json()}`")
            }
            _ => d,
        };
        self.report(d);
    }

    /// An expression whose value is shown as a text: a literal, or anything with a text form.
    pub fn text_value(&mut self, e: &Expr, why: &'static str) -> Type {
        let ty = self.expr(e, Want::Hint(&Type::Text));
        if !forms::has_text_form(&ty, &self.defs) {
            match ty.base() {
                Type::Secret => self.needs_text_form(e.span, &ty, "a text"),
                _ => {
                    self.fits(e, &ty, &Type::Text, Why::Of(why));
                }
            }
        }
        ty
    }

    pub fn list(&mut self, items: &[ListItem], want: Want<'_>) -> Type {
        let wanted = match want.hint().map(bare) {
            Some(Type::List(t)) if !matches!(**t, Type::Never | Type::Error) => Some((**t).clone()),
            _ => None,
        };
        let why = match want {
            Want::Must(_, why) => why,
            _ => Why::None,
        };
        if let Some(item_type) = wanted {
            let list = Type::list(item_type.clone());
            for item in items {
                match item.spread {
                    true => self.check(&item.value, &list, why),
                    false => self.check(&item.value, &item_type, why),
                };
            }
            return list;
        }
        let mut parts: Vec<(&Expr, Type)> = Vec::with_capacity(items.len());
        let mut spread = Vec::new();
        for item in items {
            let hint = parts.first().map(|(_, t)| t.clone());
            let hint = hint.as_ref().map_or(Want::Any, Want::Hint);
            if !item.spread {
                let ty = self.expr(&item.value, hint);
                parts.push((&item.value, ty));
                continue;
            }
            let ty = self.expr(&item.value, Want::Any);
            match ty.base() {
                Type::List(t) => spread.push((&item.value, (**t).clone())),
                Type::Error => return Type::Error,
                _ => {
                    let shown = self.show(&ty);
                    let d = self
                        .error(code::E0301, item.value.span, format!("`...` needs a list, found `{shown}`"))
                        .label(format!("this is `{shown}`"));
                    self.report(d);
                    return Type::Error;
                }
            }
        }
        let mut all = self.join_all(&parts, "items");
        for (e, ty) in spread {
            match crate::types::join(&all, &ty, &self.defs) {
                Some(t) => all = t,
                None => {
                    let target = Type::list(all.clone());
                    self.fits(e, &Type::list(ty), &target, Why::None);
                }
            }
        }
        Type::list(all)
    }

    pub fn map(&mut self, e: &Expr, entries: &[(Expr, Expr)], want: Want<'_>) -> Type {
        let wanted = want.hint().map(bare);
        if entries.is_empty() && matches!(wanted, Some(Type::Record(_) | Type::Named(_))) {
            return self.record(e, &[], want);
        }
        let why = match want {
            Want::Must(_, why) => why,
            _ => Why::None,
        };
        let wanted = match wanted {
            Some(Type::Map(t)) if !matches!(**t, Type::Never | Type::Error) => Some((**t).clone()),
            _ => None,
        };
        let mut seen: Vec<(String, Span)> = Vec::new();
        let mut parts: Vec<(&Expr, Type)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            self.check(key, &Type::Text, Why::Of("the keys of a map are Text"));
            if let ExprKind::Text(t) = &key.kind
                && let Some(text) = t.plain()
            {
                // Quadratic only in the literal keys of one map.
                if let Some((_, first)) = seen.iter().find(|(k, _)| *k == text) {
                    let d = self
                        .error(code::E0331, key.span, format!("the key {text:?} stands twice"))
                        .also(*first, "first here");
                    self.report(d);
                }
                seen.push((text, key.span));
            }
            match &wanted {
                Some(t) => {
                    self.check(value, t, why);
                }
                None => {
                    let ty = self.expr(value, Want::Any);
                    parts.push((value, ty));
                }
            }
        }
        Type::map(match wanted {
            Some(t) => t,
            None => self.join_all(&parts, "values"),
        })
    }

    pub fn record(&mut self, e: &Expr, fields: &[RecordField], want: Want<'_>) -> Type {
        for (i, f) in fields.iter().enumerate() {
            if let Some(first) = fields[..i].iter().find(|g| g.name.name == f.name.name) {
                let d = self
                    .error(code::E0331, f.name.span, format!("the field `{}` stands twice", f.name.name))
                    .also(first.name.span, "first here");
                self.report(d);
            }
        }
        match want.hint().map(bare) {
            Some(target @ (Type::Record(_) | Type::Named(_))) => {
                let target = target.clone();
                if let Some(declared) = fields_of(&target, &self.defs) {
                    let declared: Vec<Field> = declared.to_vec();
                    return self.record_of(e, fields, &target, &declared);
                }
            }
            Some(Type::Map(t)) if fields.is_empty() => return Type::Map(t.clone()),
            Some(Type::Map(_)) => {
                let d = self
                    .error(code::E0301, e.span, "expected a map, found a record")
                    .label("a record has fixed fields")
                    .help("the keys of a map stand in quotes: `{ \"key\": value }`");
                self.report(d);
                for f in fields {
                    self.expr(&f.value, Want::Any);
                }
                return Type::Error;
            }
            _ => {}
        }
        let mut out: Vec<Field> = Vec::with_capacity(fields.len());
        for f in fields {
            let ty = self.expr(&f.value, Want::Any);
            if !out.iter().any(|g| g.name == f.name.name) {
                out.push(Field::new(f.name.name.clone(), ty));
            }
        }
        Type::Record(out.into())
    }

    /// A record literal where a record type is asked for: each field against the declared one.
    fn record_of(&mut self, e: &Expr, fields: &[RecordField], target: &Type, declared: &[Field]) -> Type {
        let why = match target {
            Type::Named(id) => Why::At(self.defs.get(*id).span, "the type is declared here"),
            _ => Why::None,
        };
        let shown = self.show(target);
        let mut order: Vec<Option<u32>> = vec![None; declared.len()];
        for (i, f) in fields.iter().enumerate() {
            match declared.iter().position(|d| d.name == f.name.name) {
                Some(at) => {
                    order[at] = Some(i as u32);
                    self.check(&f.value, &declared[at].ty, why);
                }
                None => {
                    self.expr(&f.value, Want::Any);
                    self.unknown_field(f.name.span, &f.name.name, &shown, declared, why);
                }
            }
        }
        let missing: Vec<&Field> = declared
            .iter()
            .zip(&order)
            .filter(|(d, o)| o.is_none() && !matches!(d.ty, Type::Optional(_) | Type::Error))
            .map(|(d, _)| d)
            .collect();
        self.missing_fields(e.span, &missing, &shown, why);
        self.tables().call_order.insert(e.id, order);
        target.clone()
    }

    pub fn unknown_field(&mut self, span: Span, name: &str, of: &str, declared: &[Field], why: Why) {
        let near = did_you_mean(name, declared.iter().map(|d| &*d.name));
        let mut d = self
            .error(code::E0302, span, format!("`{of}` has no field `{name}`"))
            .label("unknown")
            .suggest(near);
        if near.is_none() && !declared.is_empty() {
            let all: Vec<String> = declared.iter().map(|d| format!("`{}`", d.name)).collect();
            d = d.help(format!("its fields are {}", all.join(", ")));
        }
        let d = self.because(d, why);
        self.report(d);
    }

    pub fn missing_fields(&mut self, span: Span, missing: &[&Field], of: &str, why: Why) {
        if missing.is_empty() {
            return;
        }
        let names: Vec<String> = missing.iter().map(|f| format!("`{}`", f.name)).collect();
        let (noun, verb) = if missing.len() == 1 { ("field", "is") } else { ("fields", "are") };
        let help: Vec<String> = missing.iter().map(|f| format!("{}: {}", f.name, self.show(&f.ty))).collect();
        let d = self
            .error(code::E0316, span, format!("the {noun} {} of `{of}` {verb} missing", names.join(", ")))
            .label("not complete")
            .help(format!("add `{}`", help.join(", ")));
        let d = self.because(d, why);
        self.report(d);
    }

    /// Each field's value must have a JSON form: what is shown, sent or recorded.
    pub fn evidence(&mut self, e: &Expr, place: &str) {
        let fields = match &e.kind {
            ExprKind::Record(fields) => fields,
            _ => {
                let ty = self.expr(e, Want::Any);
                return self.needs_json_form(e.span, &ty, place);
            }
        };
        let mut out: Vec<Field> = Vec::with_capacity(fields.len());
        for (i, f) in fields.iter().enumerate() {
            if let Some(first) = fields[..i].iter().find(|g| g.name.name == f.name.name) {
                let d = self
                    .error(code::E0331, f.name.span, format!("`{}` stands twice", f.name.name))
                    .also(first.name.span, "first here");
                self.report(d);
            }
            let ty = self.expr(&f.value, Want::Any);
            self.needs_json_form(f.value.span, &ty, place);
            out.push(Field::new(f.name.name.clone(), ty));
        }
        self.set_type(e.id, &Type::Record(out.into()));
    }

    pub fn needs_json_form(&mut self, span: Span, ty: &Type, place: &str) {
        if forms::has_json_form(ty, &self.defs) {
            return;
        }
        let secret = forms::holds(ty, &self.defs, &mut Vec::new(), &|t| matches!(t, Type::Secret));
        let shown = self.show(ty);
        let d = match secret {
            true => self
                .error(code::E0310, span, format!("a secret cannot go into {place}"))
                .label("its value would be recorded and shown")
                .help("a secret goes only into `env { }` of a `run`"),
            false => self.error(
                code::E0320,
                span,
                format!("`{shown}` has no JSON form, so it cannot go into {place}"),
            ),
        };
        self.report(d);
    }
}
