//! Loops and parallel branches.

use super::blocks::Branch;
use super::{Want, Why};
use crate::check::body::{Frame, LocalKind};
use crate::check::world::World;
use crate::diagnostics::codes::{flow, names, types as code};
use crate::syntax::ast::{Block, Expr, Ident, Pattern};
use crate::types::{Field, Type};

impl World<'_> {
    /// What the items of a loop are; reports what cannot be looped over.
    fn items(&mut self, iterable: &Expr) -> Type {
        let ty = self.expr(iterable, Want::Any);
        match ty.base() {
            Type::List(item) => (**item).clone(),
            Type::Range => Type::Int,
            Type::Error | Type::Never => Type::Error,
            other => {
                let shown = self.show(&ty);
                let d = self
                    .error(code::E0323, iterable.span, format!("`{shown}` is nothing to loop over"))
                    .label("a list or a range is needed");
                let d = match other {
                    Type::Map(_) => d.help("`.entries()` gives a list of `{ key, value }`"),
                    Type::Text => d.help("`.lines()`, `.words()` and `.chars()` give lists"),
                    Type::Int => d.help("`0..n` counts from 0 up to but without `n`"),
                    Type::Optional(_) => d.help("it may be `none`: `?? []`"),
                    Type::Output => d.help("`run … as Lines` gives the lines of the output"),
                    Type::Json => d.help("`.as_list()` gives the items, if it is an array"),
                    _ => d,
                };
                self.report(d);
                Type::Error
            }
        }
    }

    pub(super) fn for_(&mut self, pattern: &Pattern, iterable: &Expr, body: &Block, want: Want<'_>) -> Type {
        let item = self.items(iterable);
        self.kill_assigned(body);
        let mark = self.body.mark();
        self.bind_always(pattern, &item, LocalKind::Pattern);
        self.body.frames.push(Frame::For);
        let result = match want {
            Want::Drop => {
                self.block(body, Want::Drop);
                Type::Nothing
            }
            Want::Must(Type::List(t), why) => {
                let got = self.block(body, Want::Must(t, why));
                if got == Type::Never { Type::list(got) } else { Type::List(t.clone()) }
            }
            Want::Hint(Type::List(t)) => Type::list(self.block(body, Want::Hint(t))),
            Want::Must(Type::Nothing, _) => {
                self.block(body, Want::Drop);
                Type::Nothing
            }
            _ => Type::list(self.block(body, Want::Any)),
        };
        self.body.frames.pop();
        self.body.leave(mark);
        result
    }

    pub(super) fn repeat(
        &mut self,
        e: &Expr,
        limit: &Expr,
        body: &Block,
        otherwise: Option<&Block>,
        want: Want<'_>,
    ) -> Type {
        self.body.acts += 1;
        self.check(limit, &Type::Int, Why::Of("how often is an Int"));
        self.positive(limit, "`repeat up to` runs its body at least once");
        self.kill_assigned(body);
        let expected = match want {
            Want::Must(t, why) => Some((t.clone(), why)),
            _ => None,
        };
        let frame = Frame::Repeat { result: expected.as_ref().map(|(t, _)| t.clone()), span: e.span };
        self.body.frames.push(frame);
        self.breaks.push(Vec::new());
        self.block(body, Want::Drop);
        self.body.frames.pop();
        let found = self.breaks.pop().unwrap_or_default();
        let left = !found.is_empty();
        let mut ty = Type::Never;
        for got in found {
            ty = match crate::types::join(&ty, &got, &self.defs) {
                Some(t) => t,
                None => {
                    let (a, b) = (self.show(&ty), self.show(&got));
                    let d = self
                        .error(
                            code::E0329,
                            e.span,
                            format!("`break` gives values of different types: `{a}` and `{b}`"),
                        )
                        .label("in this loop");
                    self.report(d);
                    Type::Error
                }
            };
        }
        let Some(block) = otherwise else {
            return match (left, want) {
                (false, _) => Type::Never,
                (true, Want::Drop) => Type::Nothing,
                _ => ty,
            };
        };
        let hint = ty.clone();
        let inner = match want {
            Want::Any | Want::Hint(_) if left && hint != Type::Nothing => Want::Hint(&hint),
            other => other,
        };
        let got = self.block(block, inner);
        if !left {
            return got;
        }
        let body_part = (Branch::Block(body), ty);
        // The values of `break` are converted where they stand; only the types are joined here.
        match want {
            Want::Must(..) | Want::Drop => self.branches(e, &[body_part, (Branch::Block(block), got)], want),
            _ => match crate::types::join(&body_part.1, &got, &self.defs) {
                Some(t) => {
                    self.retarget_block(block, &t);
                    t
                }
                None => {
                    let (a, b) = (self.show(&body_part.1), self.show(&got));
                    let d = self
                        .error(
                            code::E0329,
                            Branch::Block(block).span(),
                            format!("`break` gives `{a}`, `else` gives `{b}`"),
                        )
                        .label(format!("this gives `{b}`"));
                    self.report(d);
                    Type::Error
                }
            },
        }
    }

    /// A literal number that must be at least one.
    pub(super) fn positive(&mut self, e: &Expr, why: &str) {
        let value = match crate::check::shapes::literal(e) {
            Some(v) => v.as_i64(),
            None => None,
        };
        if let Some(n) = value
            && n < 1
        {
            let d = self.error(flow::E0408, e.span, format!("{n} can never work here")).label(why.to_owned());
            self.report(d.help("write a number of at least 1"));
        }
    }

    pub(super) fn break_(&mut self, e: &Expr, value: Option<&Expr>) -> Type {
        self.body.acts += 1;
        match self.body.frames.last() {
            Some(Frame::Repeat { result, span }) => {
                let (result, span) = (result.clone(), *span);
                let got = match (value, result) {
                    (Some(v), Some(t)) => {
                        self.check(v, &t, Why::At(span, "the value of this loop"));
                        t
                    }
                    (Some(v), None) => self.expr(v, Want::Any),
                    (None, _) => Type::Nothing,
                };
                if let Some(list) = self.breaks.last_mut() {
                    list.push(got);
                }
            }
            Some(Frame::For) => {
                if let Some(v) = value {
                    self.expr(v, Want::Any);
                    let d = self
                        .error(flow::E0411, v.span, "a `for` loop takes no value from `break`")
                        .label("its value is the list of what its body gives")
                        .help("`repeat up to n` takes one; or search with `xs.find(x => …)`");
                    self.report(d);
                }
            }
            other => {
                let (id, message) = match other {
                    Some(Frame::Wall(what)) => (flow::E0414, format!("`break` cannot leave {what}")),
                    Some(Frame::ParallelFor) => {
                        (flow::E0414, "`break` cannot stop the other branches of `parallel for`".to_owned())
                    }
                    _ => (flow::E0405, "`break` stands outside a loop".to_owned()),
                };
                let d = self.error(id, e.span, message).label("leaves nothing");
                self.report(d);
                if let Some(v) = value {
                    self.expr(v, Want::Any);
                }
            }
        }
        Type::Never
    }

    pub(super) fn continue_(&mut self, e: &Expr) -> Type {
        self.body.acts += 1;
        let (id, message) = match self.body.frames.last() {
            Some(Frame::For | Frame::Repeat { .. } | Frame::ParallelFor) => return Type::Never,
            Some(Frame::Wall(what)) => (flow::E0414, format!("`continue` cannot leave {what}")),
            None => (flow::E0405, "`continue` stands outside a loop".to_owned()),
        };
        let d = self.error(id, e.span, message).label("there is no loop to go on with");
        self.report(d);
        Type::Never
    }

    /// Something that runs beside others: it changes no variable of theirs and is left only at its end.
    fn branch<R>(&mut self, frame: Frame, check: impl FnOnce(&mut Self) -> R) -> R {
        let mark = self.body.mark();
        self.body.depth += 1;
        self.body.frames.push(frame);
        let out = check(self);
        self.body.frames.pop();
        self.body.depth -= 1;
        self.body.leave(mark);
        out
    }

    pub(super) fn parallel(&mut self, branches: &[(Ident, Expr)]) -> Type {
        self.body.acts += 1;
        let mut fields: Vec<Field> = Vec::with_capacity(branches.len());
        for (i, (name, value)) in branches.iter().enumerate() {
            if let Some((first, _)) = branches[..i].iter().find(|(n, _)| n.name == name.name) {
                let d = self
                    .error(names::E0203, name.span, format!("two branches are called `{}`", name.name))
                    .also(first.span, "the first one");
                self.report(d);
            }
            let ty = self.branch(Frame::Wall("a parallel branch"), |w| w.expr(value, Want::Any));
            let ty = if ty == Type::Never { Type::Nothing } else { ty };
            if !fields.iter().any(|f| f.name == name.name) {
                fields.push(Field::new(name.name.clone(), ty));
            }
        }
        Type::Record(fields.into())
    }

    pub(super) fn parallel_for(
        &mut self,
        pattern: &Pattern,
        iterable: &Expr,
        limit: Option<&Expr>,
        body: &Block,
    ) -> Type {
        self.body.acts += 1;
        let item = self.items(iterable);
        if let Some(limit) = limit {
            self.check(limit, &Type::Int, Why::Of("how many at once is an Int"));
            self.positive(limit, "at least one must run");
        }
        let ty = self.branch(Frame::Wall("a parallel branch"), |w| {
            w.body.frames.push(Frame::ParallelFor);
            w.bind_always(pattern, &item, LocalKind::Pattern);
            let ty = w.block(body, Want::Any);
            w.body.frames.pop();
            ty
        });
        Type::list(ty)
    }
}
