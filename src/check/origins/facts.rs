//! What a condition says about the values in it: one of a trusted list, equal to what the file spells out.

use super::flow::Flow;
use super::origin::{Level, Origin};
use crate::check::program::*;
use crate::syntax::ast::*;
use std::sync::Arc;

/// A local variable, or a field of one.
pub struct Place {
    pub local: LocalId,
    pub path: Vec<Arc<str>>,
}

impl<'w> Flow<'_, 'w> {
    /// The place that an expression names.
    pub fn place(&self, e: &Expr) -> Option<Place> {
        match &e.kind {
            ExprKind::Paren(inner) => self.place(inner),
            ExprKind::Name(_) => match self.tables.res(e.id) {
                Res::Local(local) => Some(Place { local, path: Vec::new() }),
                _ => None,
            },
            ExprKind::Field { base, name, optional: false }
                if matches!(self.tables.res(e.id), Res::FieldIndex(_)) =>
            {
                let mut place = self.place(base)?;
                place.path.push(name.name.clone());
                Some(place)
            }
            _ => None,
        }
    }

    pub fn at(&self, place: &Place) -> Origin {
        place.path.iter().fold(self.local(place.local), |o, name| o.field(name))
    }

    pub fn put(&mut self, place: &Place, origin: Origin) {
        let whole = self.local(place.local).with(&place.path, origin);
        self.set(place.local as usize, whole);
    }

    /// Takes for granted that a condition, which was walked, is `truth`.
    pub fn assume(&mut self, condition: &'w Expr, truth: bool) {
        match &condition.kind {
            ExprKind::Paren(inner) => self.assume(inner, truth),
            ExprKind::Unary { op: UnaryOp::Not, operand, .. } => self.assume(operand, !truth),
            ExprKind::Binary { op, left, right, .. } => match (op, truth) {
                (BinaryOp::And, true) | (BinaryOp::Or, false) => {
                    self.assume(left, truth);
                    self.assume(right, truth);
                }
                (BinaryOp::In, true) => self.one_of(left, right),
                (BinaryOp::Eq, true) | (BinaryOp::Ne, false) => {
                    self.one_of(left, right);
                    self.one_of(right, left);
                }
                _ => {}
            },
            ExprKind::Call { callee, args } if truth => {
                if let ExprKind::Field { base, name, .. } = &callee.kind
                    && &*name.name == "contains"
                    && matches!(self.tables.ty(base.id).base(), crate::types::Type::List(_))
                    && let [arg] = &args[..]
                {
                    self.one_of(&arg.value, base);
                }
            }
            _ => {}
        }
    }

    fn one_of(&mut self, value: &'w Expr, of: &'w Expr) {
        let Some(place) = self.place(value) else { return };
        let now = self.at(&place);
        if now.alone < Level::Outside || !is_scalar(self.tables.ty(value.id)) {
            return;
        }
        let Some(list) = self.compared.get(&of.id) else { return };
        if list.level <= Level::Person {
            self.put(&place, now.word());
        }
    }
}

fn is_scalar(ty: &crate::types::Type) -> bool {
    use crate::types::Type::*;
    match ty.base() {
        Text | Int | Float | Path | Duration | Size | Time => true,
        Optional(inner) => is_scalar(inner),
        _ => false,
    }
}
