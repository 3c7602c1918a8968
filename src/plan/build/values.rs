//! What is known of values: computed where nothing is open, texts with holes otherwise.

use super::Builder;
use crate::check::{LocalId, Res, each_expr, hole};
use crate::interpreter::Locals;
use crate::plan::model::{Bit, Filled, Open, WordShape};
use crate::policy::{Hole, Piece, Word as PolicyWord};
use crate::syntax::ast::*;
use crate::types::Type;
use crate::value::Value;
use std::collections::HashSet;
use std::sync::Arc;

/// How many values a hole may have that are named.
const FEW: usize = 12;

impl<'a> Builder<'a> {
    /// What an expression comes to, if that is known before anything runs.
    pub fn value(&self, e: &Expr) -> Option<Value> {
        match &e.kind {
            ExprKind::Text(text) if text.parts.iter().all(|p| matches!(p, TextPart::Lit(_))) => {
                return text.plain().map(Value::from);
            }
            ExprKind::Name(_) => match self.res(e.id) {
                Res::Local(local) if !self.frame.values.contains_key(&local) => return None,
                Res::Role => return None,
                _ => {}
            },
            _ => {}
        }
        let mut pure = true;
        let mut used: Vec<LocalId> = Vec::new();
        let mut own: HashSet<LocalId> = HashSet::new();
        each_expr(e, &mut |e| {
            pure &= !self.acts(e);
            if let (ExprKind::Name(_), Res::Local(local)) = (&e.kind, self.res(e.id)) {
                used.push(local);
            }
            self.binds(e, &mut |local| {
                own.insert(local);
            });
        });
        let known = |l: &LocalId| self.frame.values.contains_key(l) || own.contains(l);
        if !pure || !used.iter().all(known) {
            return None;
        }
        let value = self.known.value(self.frame.scope, e, &self.frame.values)?;
        (!matches!(value, Value::Secret(_))).then_some(value)
    }

    /// Whether it may touch the outside, or leave where it stands.
    fn acts(&self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Wait(_)
            | ExprKind::Say(_)
            | ExprKind::Step(_)
            | ExprKind::Run(_)
            | ExprKind::Ask(_)
            | ExprKind::Gate(_)
            | ExprKind::ReadAs { .. }
            | ExprKind::Parallel { .. }
            | ExprKind::ParallelFor { .. }
            | ExprKind::Error => true,
            ExprKind::Call { callee, .. } => match self.res(callee.id) {
                Res::Builtin(_) => true,
                Res::Callable(id) => self.program.callable(id).effects,
                _ => false,
            },
            _ => false,
        }
    }

    /// The variables that an expression itself declares.
    fn binds(&self, e: &Expr, see: &mut dyn FnMut(LocalId)) {
        let mut name = |ident: &Ident| {
            if let Res::Local(local) = self.res(ident.id) {
                see(local);
            }
        };
        match &e.kind {
            ExprKind::Lambda { params, .. } => params.iter().for_each(name),
            ExprKind::Block(b) => stmt_names(b, &mut name),
            ExprKind::If { then, .. } => stmt_names(then, &mut name),
            ExprKind::For { pattern, body, .. } => {
                pattern_names(pattern, &mut name);
                stmt_names(body, &mut name);
            }
            ExprKind::Repeat { body, otherwise, .. } => {
                stmt_names(body, &mut name);
                otherwise.iter().for_each(|b| stmt_names(b, &mut name));
            }
            ExprKind::Match { arms, .. } => arms.iter().for_each(|a| pattern_names(&a.pattern, &mut name)),
            ExprKind::Try { body, catches } => {
                stmt_names(body, &mut name);
                for catch in catches {
                    catch.name.iter().for_each(&mut name);
                    stmt_names(&catch.body, &mut name);
                }
            }
            _ => {}
        }
    }

    /// What a `let` makes known.
    pub fn bind(&mut self, pattern: &'a Pattern, value: &'a Expr) {
        if let Some(value) = self.value(value) {
            let bound: Option<Locals> = self.known.matches(self.frame.scope, pattern, &value);
            self.frame.values.extend(bound.unwrap_or_default());
            return;
        }
        if let PatternKind::Bind(name) = &pattern.kind
            && let Res::Local(local) = self.res(name.id)
            && *self.ty(value.id).base() == Type::Text
        {
            let bits = self.bits(value);
            if bits.iter().any(|b| matches!(b, Bit::Lit(_))) {
                self.frame.texts.insert(local, bits);
            }
        }
    }

    pub fn bits(&self, e: &Expr) -> Vec<Bit> {
        if let Some(value) = self.value(e) {
            return vec![Bit::Lit(value.to_string())];
        }
        match &e.kind {
            ExprKind::Paren(inner) => self.bits(inner),
            ExprKind::Text(text) => {
                let part = |p: &TextPart| match p {
                    TextPart::Lit(t) => vec![Bit::Lit(t.to_string())],
                    TextPart::Expr(e) => self.bits(e),
                };
                text.parts.iter().flat_map(part).collect()
            }
            ExprKind::Binary { op: BinaryOp::Add, left, right, .. }
                if *self.ty(e.id).base() == Type::Text =>
            {
                [self.bits(left), self.bits(right)].concat()
            }
            ExprKind::Name(_) => match self.res(e.id) {
                Res::Local(local) if self.frame.texts.contains_key(&local) => {
                    self.frame.texts[&local].clone()
                }
                _ => vec![Bit::Hole(self.open(e))],
            },
            _ => vec![Bit::Hole(self.open(e))],
        }
    }

    fn open(&self, e: &Expr) -> Open {
        let ty = self.ty(e.id);
        let hole = hole(ty, &self.program.defs);
        let values = match &hole {
            Hole::OneOf(texts) if texts.len() <= FEW => Some(texts.to_vec()),
            _ => None,
        };
        Open { source: self.source(e), ty: self.type_text(ty), values, hole }
    }

    /// A text as far as it is known.
    pub fn fill(&self, e: &Expr) -> Filled {
        filled(self.bits(e))
    }

    /// The words of a command, and the command as people see it.
    pub fn command(&self, command: &Command) -> (Vec<PolicyWord>, Filled, Vec<WordShape>) {
        let (mut words, mut text, mut holes) = (Vec::new(), Vec::new(), Vec::new());
        let mut shape = Vec::new();
        for word in &command.words {
            if let [WordPart::Spread(e)] = &word.parts[..] {
                if let Some(Value::List(items)) = self.value(e) {
                    for item in items.iter() {
                        words.push(PolicyWord::interpolated(item.to_string()));
                        text.push(quoted(&item.to_string()));
                        shape.push(WordShape::value(item.to_string()));
                    }
                    continue;
                }
                let item = match self.ty(e.id).base() {
                    Type::List(item) => hole(item, &self.program.defs),
                    _ => Hole::Any,
                };
                words.push(PolicyWord::Many(item.clone()));
                let open = self.open(e);
                text.push(format!("{{{}...}}", open.source));
                let open = Open { hole: item, ..open };
                shape.push(WordShape { spread: true, spelled: false, bits: vec![Bit::Hole(open.clone())] });
                holes.push(open);
                continue;
            }
            let (mut pieces, mut bits) = (Vec::new(), Vec::new());
            for part in &word.parts {
                match part {
                    WordPart::Lit(t) => {
                        pieces.push(Piece::Lit(t.clone()));
                        bits.push(Bit::Lit(t.to_string()));
                    }
                    WordPart::Expr(e) | WordPart::Spread(e) => {
                        for bit in self.bits(e) {
                            // A value that is known is still a value: it may not become an option.
                            pieces.push(Piece::Hole(match &bit {
                                Bit::Lit(t) => Hole::OneOf(Arc::from([Arc::from(t.as_str())])),
                                Bit::Hole(open) => open.hole.clone(),
                            }));
                            bits.push(bit);
                        }
                    }
                    WordPart::Any => pieces.push(Piece::Hole(Hole::Any)),
                }
            }
            let spelled = !matches!(word.parts.first(), Some(WordPart::Expr(_)));
            shape.push(WordShape { spread: false, spelled, bits: bits.clone() });
            let one = filled(bits);
            words.push(PolicyWord::from_pieces(pieces));
            text.push(quoted(&one.text));
            holes.extend(one.holes);
        }
        (words, Filled { text: text.join(" "), holes, bits: Vec::new() }, shape)
    }
}

fn filled(bits: Vec<Bit>) -> Filled {
    let mut out = Filled::default();
    for bit in &bits {
        match bit {
            Bit::Lit(text) => out.text.push_str(text),
            Bit::Hole(open) => {
                out.text.push_str(&format!("{{{}}}", open.source));
                out.holes.push(open.clone());
            }
        }
    }
    out.bits = bits;
    out
}

/// The pieces of a text, for the policy.
pub fn pieces(bits: &[Bit]) -> Vec<Piece> {
    bits.iter()
        .map(|b| match b {
            Bit::Lit(t) => Piece::Lit(t.as_str().into()),
            Bit::Hole(open) => Piece::Hole(open.hole.clone()),
        })
        .collect()
}

pub fn filled_of(bits: Vec<Bit>) -> Filled {
    filled(bits)
}

fn quoted(word: &str) -> String {
    match word.is_empty() || word.contains(char::is_whitespace) {
        true => format!("'{}'", word.replace('\'', "\\'")),
        false => word.to_owned(),
    }
}

fn stmt_names(block: &Block, see: &mut dyn FnMut(&Ident)) {
    for stmt in &block.stmts {
        match &stmt.kind {
            StmtKind::Let { pattern, .. } => pattern_names(pattern, see),
            StmtKind::Var { name, .. } => see(name),
            _ => {}
        }
    }
}

fn pattern_names(pattern: &Pattern, see: &mut dyn FnMut(&Ident)) {
    match &pattern.kind {
        PatternKind::Bind(name) => see(name),
        PatternKind::Variant { fields, .. } | PatternKind::Record { fields, .. } => {
            for field in fields {
                match &field.pattern {
                    Some(p) => pattern_names(p, see),
                    None => see(&field.name),
                }
            }
        }
        PatternKind::List { items, rest } => {
            items.iter().for_each(|p| pattern_names(p, see));
            rest.iter().flatten().for_each(see);
        }
        PatternKind::Or(of) => of.iter().for_each(|p| pattern_names(p, see)),
        PatternKind::Any | PatternKind::Literal(_) | PatternKind::Range { .. } | PatternKind::Error => {}
    }
}
