//! Whether the arms of a `match` cover every value, and whether each can still be chosen.
//!
//! Patterns are taken apart column by column: a row is *useful* if some value matches it and none of the rows before.
//! The arm of all values is useful exactly if something is missing, and the value found is the example shown.

use crate::check::program::Res;
use crate::check::world::World;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{lint, types as code};
use crate::syntax::ast::{Arm, Expr, ExprKind, Pattern, PatternKind};
use crate::types::{DefKind, Field, Type, fields_of};

/// A pattern without names and sugar.
#[derive(Debug, Clone)]
enum Pat {
    Any,
    Ctor(Ctor, Vec<Pat>),
    Or(Vec<Pat>),
}

#[derive(Debug, Clone, PartialEq)]
enum Ctor {
    True,
    False,
    None,
    Some,
    Variant(u32),
    Record,
    /// A list of exactly, or at least, so many items.
    Exactly(usize),
    AtLeast(usize),
    /// A literal or range, which covers only itself.
    Literal(String),
}

/// Work that one match may cost; beyond it nothing is claimed to be missing.
const MAX_WORK: u32 = 200_000;

struct Search<'a, 'e> {
    world: &'a World<'e>,
    work: u32,
}

impl World<'_> {
    pub fn exhaustive(&mut self, subject: &Expr, arms: &[Arm], ty: &Type) {
        let mut rows: Vec<Vec<Pat>> = Vec::with_capacity(arms.len());
        let mut unreachable = Vec::new();
        let mut search = Search { world: self, work: 0 };
        for arm in arms {
            let pat = search.lower(&arm.pattern, ty);
            let row = vec![pat];
            if search.useful(&rows, &row, std::slice::from_ref(ty)).is_none() && search.work < MAX_WORK {
                unreachable.push(arm.pattern.span);
            }
            if arm.guard.is_none() {
                rows.push(row);
            }
        }
        let mut missing = Vec::new();
        while missing.len() < 4 {
            let Some(witness) = search.useful(&rows, &[Pat::Any], std::slice::from_ref(ty)) else { break };
            if search.work >= MAX_WORK {
                break;
            }
            let Some(first) = witness.into_iter().next() else { break };
            missing.push(search.show(&first, ty));
            rows.push(vec![first]);
        }
        for span in unreachable {
            let d = Diagnostic::warning(lint::L0704, span, "this arm is never chosen")
                .label("the arms before take every such value");
            self.report(d);
        }
        if missing.is_empty() {
            return;
        }
        let more = missing.len() > 3;
        missing.truncate(3);
        let list: Vec<String> = missing.iter().map(|m| format!("`{m}`")).collect();
        let rest = if more { " and others" } else { "" };
        let shown = self.show(ty);
        let d = self
            .error(
                code::E0313,
                subject.span,
                match missing[0].as_str() {
                    "_" => "this match does not cover every value".to_owned(),
                    _ => format!("this match does not cover {}{rest}", list.join(", ")),
                },
            )
            .label(format!("a value of type `{shown}`"))
            .help(match missing[0].as_str() {
                "_" => "add an arm `_ => …` for every other value".to_owned(),
                first => format!("add an arm `{first} => …`, or `_ => …` for every other value"),
            });
        self.report(d);
    }
}

impl Search<'_, '_> {
    fn lower(&self, p: &Pattern, ty: &Type) -> Pat {
        let optional = matches!(ty.base(), Type::Optional(_));
        let inner = strip(ty);
        let some = |p: Pat| match optional {
            true => Pat::Ctor(Ctor::Some, vec![p]),
            false => p,
        };
        match &p.kind {
            PatternKind::Any | PatternKind::Bind(_) | PatternKind::Error => Pat::Any,
            PatternKind::Or(list) => Pat::Or(list.iter().map(|p| self.lower(p, ty)).collect()),
            PatternKind::Literal(e) => match &e.kind {
                ExprKind::None => Pat::Ctor(Ctor::None, Vec::new()),
                ExprKind::Bool(true) => some(Pat::Ctor(Ctor::True, Vec::new())),
                ExprKind::Bool(false) => some(Pat::Ctor(Ctor::False, Vec::new())),
                _ => some(Pat::Ctor(Ctor::Literal(self.source(e)), Vec::new())),
            },
            PatternKind::Range { .. } => {
                some(Pat::Ctor(Ctor::Literal(self.world.sources.slice(p.span).to_owned()), Vec::new()))
            }
            PatternKind::Variant { fields, .. } => {
                let Res::Variant(def, index) = self.world.res(p.id) else { return Pat::Any };
                let DefKind::Enum(variants) = &self.world.defs.get(def).kind else { return Pat::Any };
                let declared = &variants[index as usize].fields;
                let args = self.fields(fields, declared);
                some(Pat::Ctor(Ctor::Variant(index), args))
            }
            PatternKind::Record { fields, .. } => match fields_of(inner, &self.world.defs) {
                Some(declared) => some(Pat::Ctor(Ctor::Record, self.fields(fields, declared))),
                None => Pat::Any,
            },
            PatternKind::List { items, rest } => {
                let Type::List(item) = inner else { return Pat::Any };
                let args: Vec<Pat> = items.iter().map(|p| self.lower(p, item)).collect();
                let ctor = match rest {
                    Some(_) => Ctor::AtLeast(args.len()),
                    None => Ctor::Exactly(args.len()),
                };
                some(Pat::Ctor(ctor, args))
            }
        }
    }

    fn source(&self, e: &Expr) -> String {
        match &e.kind {
            ExprKind::Text(t) => format!("{:?}", t.plain().unwrap_or_default()),
            _ => self.world.sources.slice(e.span).to_owned(),
        }
    }

    fn fields(&self, patterns: &[crate::syntax::ast::FieldPattern], declared: &[Field]) -> Vec<Pat> {
        declared
            .iter()
            .map(|d| match patterns.iter().find(|f| f.name.name == d.name).and_then(|f| f.pattern.as_ref()) {
                Some(p) => self.lower(p, &d.ty),
                None => Pat::Any,
            })
            .collect()
    }

    /// The types of what a constructor holds.
    fn arguments(&self, ctor: &Ctor, ty: &Type) -> Vec<Type> {
        match ctor {
            Ctor::Some => vec![strip(ty).clone()],
            Ctor::Variant(i) => match ty.base() {
                Type::Named(def) => match &self.world.defs.get(*def).kind {
                    DefKind::Enum(vs) => {
                        vs.get(*i as usize).map(|v| v.fields.iter().map(|f| f.ty.clone()).collect())
                    }
                    DefKind::Record(_) => None,
                }
                .unwrap_or_default(),
                _ => Vec::new(),
            },
            Ctor::Record => {
                fields_of(ty, &self.world.defs).unwrap_or_default().iter().map(|f| f.ty.clone()).collect()
            }
            Ctor::Exactly(n) | Ctor::AtLeast(n) => match ty.base() {
                Type::List(item) => vec![(**item).clone(); *n],
                _ => Vec::new(),
            },
            Ctor::True | Ctor::False | Ctor::None | Ctor::Literal(_) => Vec::new(),
        }
    }

    /// Every constructor of a type; none if there are too many to list. `longest` is the longest list pattern.
    fn all(&self, ty: &Type, longest: usize) -> Option<Vec<Ctor>> {
        Some(match ty.base() {
            Type::Bool => vec![Ctor::True, Ctor::False],
            Type::Optional(_) => vec![Ctor::Some, Ctor::None],
            Type::List(_) => (0..=longest).map(Ctor::Exactly).chain([Ctor::AtLeast(longest + 1)]).collect(),
            Type::Named(def) => match &self.world.defs.get(*def).kind {
                DefKind::Enum(vs) => (0..vs.len() as u32).map(Ctor::Variant).collect(),
                DefKind::Record(_) => vec![Ctor::Record],
            },
            Type::Record(_) | Type::Output | Type::Approval | Type::Rejection | Type::Failure => {
                vec![Ctor::Record]
            }
            _ => return None,
        })
    }

    /// A value that `row` matches and no row of `rows` does.
    fn useful(&mut self, rows: &[Vec<Pat>], row: &[Pat], types: &[Type]) -> Option<Vec<Pat>> {
        self.work += 1 + rows.len() as u32 / 8;
        if self.work >= MAX_WORK {
            return None;
        }
        let Some((head, rest)) = row.split_first() else {
            return rows.is_empty().then(Vec::new);
        };
        let (ty, rest_types) = types.split_first()?;
        match head {
            Pat::Or(list) => list.iter().find_map(|p| {
                let row: Vec<Pat> = std::iter::once(p.clone()).chain(rest.iter().cloned()).collect();
                self.useful(rows, &row, types)
            }),
            Pat::Ctor(Ctor::AtLeast(n), args) => {
                // Split by length, as far as the other rows tell lengths apart.
                let longest = longest(rows).max(*n);
                (*n..=longest + 1).find_map(|len| {
                    let ctor = if len > longest { Ctor::AtLeast(len) } else { Ctor::Exactly(len) };
                    let mut args = args.clone();
                    args.resize(len, Pat::Any);
                    self.with_ctor(rows, &ctor, &args, rest, ty, rest_types)
                })
            }
            Pat::Ctor(ctor, args) => self.with_ctor(rows, ctor, args, rest, ty, rest_types),
            Pat::Any => {
                let used = heads(rows);
                if let Some(all) = self.all(ty, longest(rows))
                    && !used.is_empty()
                {
                    return all.iter().find_map(|ctor| {
                        let args = vec![Pat::Any; self.arguments(ctor, ty).len()];
                        self.with_ctor(rows, ctor, &args, rest, ty, rest_types)
                    });
                }
                let defaults: Vec<Vec<Pat>> = rows.iter().flat_map(|r| default(r)).collect();
                let mut witness = self.useful(&defaults, rest, rest_types)?;
                witness.insert(0, Pat::Any);
                Some(witness)
            }
        }
    }

    fn with_ctor(
        &mut self,
        rows: &[Vec<Pat>],
        ctor: &Ctor,
        args: &[Pat],
        rest: &[Pat],
        ty: &Type,
        rest_types: &[Type],
    ) -> Option<Vec<Pat>> {
        let arguments = self.arguments(ctor, ty);
        let n = arguments.len();
        let narrowed: Vec<Vec<Pat>> = rows.iter().flat_map(|r| specialize(r, ctor, n)).collect();
        let mut row: Vec<Pat> = args.to_vec();
        row.resize(n, Pat::Any);
        row.extend_from_slice(rest);
        let mut types = arguments;
        types.extend_from_slice(rest_types);
        let mut witness = self.useful(&narrowed, &row, &types)?;
        let tail = witness.split_off(n);
        let mut out = vec![Pat::Ctor(ctor.clone(), witness)];
        out.extend(tail);
        Some(out)
    }

    /// A value as an arm would write it.
    fn show(&self, p: &Pat, ty: &Type) -> String {
        let Pat::Ctor(ctor, args) = p else { return "_".to_owned() };
        let types = self.arguments(ctor, ty);
        let shown = || args.iter().zip(&types).map(|(a, t)| self.show(a, t));
        match ctor {
            Ctor::True => "true".to_owned(),
            Ctor::False => "false".to_owned(),
            Ctor::None => "none".to_owned(),
            Ctor::Some => match &args[..] {
                [inner @ Pat::Ctor(..)] => self.show(inner, strip(ty)),
                _ => "value".to_owned(),
            },
            Ctor::Variant(i) => {
                let Type::Named(def) = ty.base() else { return "_".to_owned() };
                let DefKind::Enum(vs) = &self.world.defs.get(*def).kind else { return "_".to_owned() };
                let Some(v) = vs.get(*i as usize) else { return "_".to_owned() };
                format!(".{}{}", v.name, self.braces(args, &types, &v.fields))
            }
            Ctor::Record => {
                let fields = fields_of(ty, &self.world.defs).unwrap_or_default();
                let inside = self.braces(args, &types, fields);
                if inside.is_empty() { "_".to_owned() } else { inside.trim_start().to_owned() }
            }
            Ctor::Exactly(_) => format!("[{}]", shown().collect::<Vec<_>>().join(", ")),
            Ctor::AtLeast(_) => format!("[{}, ..]", shown().collect::<Vec<_>>().join(", ")),
            Ctor::Literal(text) => text.clone(),
        }
    }

    fn braces(&self, args: &[Pat], types: &[Type], fields: &[Field]) -> String {
        let told: Vec<String> = args
            .iter()
            .zip(types)
            .zip(fields)
            .filter(|((a, _), _)| matches!(a, Pat::Ctor(..)))
            .map(|((a, t), f)| format!("{}: {}", f.name, self.show(a, t)))
            .collect();
        match told.is_empty() {
            true => String::new(),
            false if told.len() == fields.len() => format!(" {{ {} }}", told.join(", ")),
            false => format!(" {{ {}, .. }}", told.join(", ")),
        }
    }
}

fn strip(ty: &Type) -> &Type {
    match ty {
        Type::Optional(inner) => strip(inner),
        Type::Refined(r) => strip(&r.base),
        other => other,
    }
}

fn heads(rows: &[Vec<Pat>]) -> Vec<&Ctor> {
    fn collect<'a>(p: &'a Pat, out: &mut Vec<&'a Ctor>) {
        match p {
            Pat::Any => {}
            Pat::Ctor(c, _) => out.push(c),
            Pat::Or(list) => list.iter().for_each(|p| collect(p, out)),
        }
    }
    let mut out = Vec::new();
    rows.iter().filter_map(|r| r.first()).for_each(|p| collect(p, &mut out));
    out
}

fn longest(rows: &[Vec<Pat>]) -> usize {
    heads(rows)
        .iter()
        .map(|c| match c {
            Ctor::Exactly(n) | Ctor::AtLeast(n) => *n,
            _ => 0,
        })
        .max()
        .unwrap_or(0)
}

/// The rows that remain once the first value is known to be made by `ctor`.
fn specialize(row: &[Pat], ctor: &Ctor, n: usize) -> Vec<Vec<Pat>> {
    let Some((head, rest)) = row.split_first() else { return Vec::new() };
    let with = |mut args: Vec<Pat>| {
        args.resize(n, Pat::Any);
        args.extend_from_slice(rest);
        args
    };
    match head {
        Pat::Any => vec![with(Vec::new())],
        Pat::Or(list) => list
            .iter()
            .flat_map(|p| {
                let row: Vec<Pat> = std::iter::once(p.clone()).chain(rest.iter().cloned()).collect();
                specialize(&row, ctor, n)
            })
            .collect(),
        Pat::Ctor(have, args) => {
            let same = match (have, ctor) {
                (Ctor::AtLeast(least), Ctor::Exactly(len) | Ctor::AtLeast(len)) => least <= len,
                (a, b) => a == b,
            };
            if same { vec![with(args.clone())] } else { Vec::new() }
        }
    }
}

/// The rows that remain once the first value is known to be none of the constructors that stand there.
fn default(row: &[Pat]) -> Vec<Vec<Pat>> {
    let Some((head, rest)) = row.split_first() else { return Vec::new() };
    match head {
        Pat::Any => vec![rest.to_vec()],
        Pat::Ctor(..) => Vec::new(),
        Pat::Or(list) => list
            .iter()
            .flat_map(|p| {
                let row: Vec<Pat> = std::iter::once(p.clone()).chain(rest.iter().cloned()).collect();
                default(&row)
            })
            .collect(),
    }
}
