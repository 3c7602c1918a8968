//! Patterns: literals become values, names become slots, variants become numbers.

use super::Body;
use crate::check::Res;
use crate::interpreter::node::*;
use crate::syntax::ast::{Expr, ExprKind, FieldPattern, Pattern, PatternKind, UnaryOp};
use crate::types::{DefKind, Field, Type};
use crate::value::Value;

impl Body<'_> {
    pub fn pattern(&mut self, pattern: &Pattern) -> Pat {
        match &pattern.kind {
            PatternKind::Any | PatternKind::Error => Pat::Any,
            PatternKind::Bind(name) => match self.slot(name).or_else(|| self.slot_of(pattern.id)) {
                Some(slot) => {
                    self.used(slot);
                    Pat::Bind(slot)
                }
                None => Pat::Any,
            },
            PatternKind::Literal(e) => Pat::Const(self.literal(e)),
            PatternKind::Range { start, end, inclusive } => {
                Pat::Range { start: self.literal(start), end: self.literal(end), inclusive: *inclusive }
            }
            PatternKind::Variant { variant, fields, .. } => {
                let res = match self.tables.res(pattern.id) {
                    Res::None => self.tables.res(variant.id),
                    res => res,
                };
                let found = match res {
                    Res::Variant(def, index) => Some((def, index)),
                    _ => self.variant_by_name(self.tables.ty(pattern.id), &variant.name),
                };
                let Some((def, index)) = found else { return Pat::Or(Vec::new()) };
                let declared = match &self.program.defs.get(def).kind {
                    DefKind::Enum(variants) => variants.get(index as usize).map(|v| v.fields.clone()),
                    DefKind::Record(_) => None,
                };
                let declared = declared.unwrap_or_else(|| Vec::<Field>::new().into());
                let fields = fields
                    .iter()
                    .filter_map(|f| {
                        let index = declared.iter().position(|d| d.name == f.name.name)?;
                        Some((index as u32, self.field_pattern(f)))
                    })
                    .collect();
                Pat::Variant { index, fields }
            }
            PatternKind::Record { fields, .. } => {
                Pat::Record(fields.iter().map(|f| (f.name.name.clone(), self.field_pattern(f))).collect())
            }
            PatternKind::List { items, rest } => {
                let items = items.iter().map(|p| self.pattern(p)).collect();
                let rest = rest.as_ref().map(|name| {
                    let slot = name.as_ref().and_then(|n| self.slot(n));
                    slot.into_iter().for_each(|s| self.used(s));
                    slot
                });
                Pat::List { items, rest }
            }
            PatternKind::Or(alternatives) => Pat::Or(alternatives.iter().map(|p| self.pattern(p)).collect()),
        }
    }

    fn field_pattern(&mut self, field: &FieldPattern) -> Pat {
        match &field.pattern {
            Some(pattern) => self.pattern(pattern),
            None => match self.slot(&field.name) {
                Some(slot) => {
                    self.used(slot);
                    Pat::Bind(slot)
                }
                None => Pat::Any,
            },
        }
    }

    fn variant_by_name(&self, ty: &Type, name: &str) -> Option<(crate::types::DefId, u32)> {
        let ty = match ty.base() {
            Type::Optional(inner) => inner.base(),
            other => other,
        };
        let Type::Named(def) = ty else { return None };
        match &self.program.defs.get(*def).kind {
            DefKind::Enum(variants) => {
                variants.iter().position(|v| &*v.name == name).map(|index| (*def, index as u32))
            }
            DefKind::Record(_) => None,
        }
    }

    fn literal(&self, e: &Expr) -> Value {
        match &e.kind {
            ExprKind::Bool(b) => Value::Bool(*b),
            ExprKind::Int(n) => Value::Int(*n),
            ExprKind::Float(x) => Value::Float(*x),
            ExprKind::Duration(ms) => Value::Duration(*ms),
            ExprKind::Size(bytes) => Value::Size(*bytes),
            ExprKind::Text(text) => Value::from(text.plain().unwrap_or_default()),
            ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => match self.literal(operand) {
                Value::Int(n) => Value::Int(n.wrapping_neg()),
                Value::Float(x) => Value::Float(-x),
                Value::Duration(n) => Value::Duration(n.wrapping_neg()),
                Value::Size(n) => Value::Size(n.wrapping_neg()),
                other => other,
            },
            ExprKind::Paren(inner) => self.literal(inner),
            _ => Value::None,
        }
    }
}
