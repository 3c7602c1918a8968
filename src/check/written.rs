//! What is known of a text before the program runs: what the file spells out, through constants and names that never
//! change, with holes for the rest.

use super::program::*;
use super::world::World;
use crate::policy::{Hole, Piece};
use crate::syntax::ast::*;
use std::collections::HashMap;

/// How many names are followed to what they stand for.
const MOST_STEPS: u32 = 8;
/// How many parts of a text are looked at; more is not known.
const MOST_PARTS: usize = 64;

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
        let mut out = Vec::new();
        self.parts(world, module, e, MOST_STEPS, &mut out);
        if out.len() > MOST_PARTS {
            out = vec![Piece::Hole(Hole::Any)];
        }
        out
    }

    fn parts(&self, world: &World<'_>, module: ModuleId, e: &Expr, steps: u32, out: &mut Vec<Piece>) {
        let hole = |out: &mut Vec<Piece>| out.push(Piece::Hole(Hole::Any));
        if steps == 0 || out.len() > MOST_PARTS {
            return hole(out);
        }
        let tables = &world.module(module).tables;
        match &e.kind {
            ExprKind::Paren(inner) => self.parts(world, module, inner, steps, out),
            ExprKind::Int(n) => out.push(Piece::Lit(n.to_string().into())),
            ExprKind::Text(text) => {
                for part in &text.parts {
                    match part {
                        TextPart::Lit(t) => out.push(Piece::Lit(t.clone())),
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
                        _ => hole(out),
                    }
                }
                Res::Local(local) => match self.0.get(&local) {
                    Some(value) => self.parts(world, module, value, steps - 1, out),
                    None => hole(out),
                },
                _ => hole(out),
            },
        }
    }
}
