//! What is known of a text before the program runs: what the file spells out, through constants and names that never
//! change, with holes for the rest.

use super::program::*;
use super::world::World;
use crate::policy::{Hole, Piece};
use crate::syntax::ast::*;
use std::collections::HashMap;
use std::sync::Arc;

/// How many names are followed to what they stand for.
const MOST_STEPS: u32 = 8;
/// How many parts of a text are looked at; more is not known.
const MOST_PARTS: usize = 64;

/// A part of a text as far as it is written.
pub(super) enum Known {
    Text(Arc<str>),
    /// A variable, of which nothing more is known.
    Local(LocalId),
    Open,
}

/// The names of one body that stand for what is written elsewhere.
#[derive(Default)]
pub(super) struct Written<'a>(HashMap<LocalId, &'a Expr>);

impl<'a> Written<'a> {
    /// A `let`.
    pub fn bind(&mut self, local: LocalId, value: &'a Expr) {
        self.0.insert(local, value);
    }

    /// A text or path as its written parts.
    pub fn text(&self, world: &World<'_>, module: ModuleId, e: &Expr) -> Vec<Piece> {
        let known = self.known(world, module, e).into_iter();
        known
            .map(|known| match known {
                Known::Text(text) => Piece::Lit(text),
                Known::Local(_) | Known::Open => Piece::Hole(Hole::Any),
            })
            .collect()
    }

    /// The same, telling apart the variables that it may be made of.
    pub fn known(&self, world: &World<'_>, module: ModuleId, e: &Expr) -> Vec<Known> {
        let mut out = Vec::new();
        self.parts(world, module, e, MOST_STEPS, &mut out);
        if out.len() > MOST_PARTS {
            out = vec![Known::Open];
        }
        out
    }

    fn parts(&self, world: &World<'_>, module: ModuleId, e: &Expr, steps: u32, out: &mut Vec<Known>) {
        if steps == 0 || out.len() > MOST_PARTS {
            return out.push(Known::Open);
        }
        let tables = &world.module(module).tables;
        match &e.kind {
            ExprKind::Paren(inner) => self.parts(world, module, inner, steps, out),
            ExprKind::Int(n) => out.push(Known::Text(n.to_string().into())),
            ExprKind::Text(text) => {
                for part in &text.parts {
                    match part {
                        TextPart::Lit(t) => out.push(Known::Text(t.clone())),
                        TextPart::Expr(e) => self.parts(world, module, e, steps - 1, out),
                    }
                }
            }
            ExprKind::Binary { op: BinaryOp::Add, left, right, .. }
                if *tables.ty(e.id).base() == crate::types::Type::Text =>
            {
                self.parts(world, module, left, steps - 1, out);
                self.parts(world, module, right, steps - 1, out);
            }
            _ => match tables.res(e.id) {
                Res::Const(id) => {
                    let at = world.consts[id.0 as usize].at;
                    match &world.module(at.module).ast.items[at.item as usize].kind {
                        // Names of this body mean nothing there.
                        ItemKind::Const(c) => {
                            Written::default().parts(world, at.module, &c.value, steps - 1, out)
                        }
                        _ => out.push(Known::Open),
                    }
                }
                Res::Local(local) => match self.0.get(&local) {
                    Some(value) => self.parts(world, module, value, steps - 1, out),
                    None => out.push(Known::Local(local)),
                },
                _ => out.push(Known::Open),
            },
        }
    }
}
