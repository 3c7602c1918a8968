//! Branches, loops, steps, branches side by side, errors.

use super::flow::Flow;
use super::origin::{Level, Origin};
use crate::source::Span;
use crate::syntax::ast::*;

impl<'w> Flow<'_, 'w> {
    pub fn control_expr(&mut self, e: &'w Expr) -> Origin {
        use ExprKind::*;
        match &e.kind {
            If { condition, then, otherwise } => {
                let by = self.expr(condition);
                let before = self.code_mark();
                let yes = self.branch(|flow| {
                    flow.assume(condition, true);
                    flow.under(&by, condition.span, |flow| flow.block(then))
                });
                let written = self.take_written(before);
                let no = self.branch(|flow| {
                    flow.assume(condition, false);
                    match otherwise {
                        Some(e) => flow.under(&by, condition.span, |flow| flow.expr(e)),
                        Option::None => Origin::literal(),
                    }
                });
                self.give_written(written);
                self.meet_ways(vec![yes, no], &by)
            }
            Match { subject, arms } => self.match_(subject, arms),
            For { pattern, iterable, body } => {
                let items = self.expr(iterable);
                self.for_(e, iterable.span, pattern, &items, body)
            }
            ParallelFor { pattern, iterable, limit, body } => {
                let items = self.expr(iterable);
                self.each(limit.as_deref());
                self.for_(e, iterable.span, pattern, &items, body)
            }
            Repeat { limit, body, otherwise } => {
                let by = self.expr(limit);
                let mut value = self.breaking(|flow| {
                    flow.under(&by, limit.span, |flow| {
                        flow.turns(e.id, |flow| flow.block(body));
                    });
                });
                if let Some(block) = otherwise {
                    let way = self.branch(|flow| flow.block(block));
                    if !way.dead() {
                        value = value.join(&way.value);
                    }
                    let left = self.branch(|_| Origin::literal());
                    self.meet_ways(vec![way, left], &by);
                }
                value.select(&by)
            }
            Return(value) => {
                let origin = value.as_deref().map_or_else(Origin::literal, |e| self.expr(e));
                self.give_result(origin);
                Origin::literal()
            }
            Break(value) => {
                let origin = value.as_deref().map_or_else(Origin::literal, |e| self.expr(e));
                self.give_break(origin);
                Origin::literal()
            }
            Continue => {
                self.go_away();
                Origin::literal()
            }
            Try { body, catches } => self.try_(body, catches),
            Ensure { condition, message, help } => {
                let by = self.expr(condition);
                let failing = self.branch(|flow| {
                    flow.assume(condition, false);
                    flow.each(message.as_deref().into_iter().chain(help.as_deref()));
                    flow.dead = true;
                    Origin::literal()
                });
                let holds = self.branch(|flow| {
                    flow.assume(condition, true);
                    Origin::literal()
                });
                self.meet_ways(vec![failing, holds], &by)
            }
            Fail { message, help, .. } => {
                self.expr(message);
                self.each(help.as_deref());
                self.dead = true;
                Origin::literal()
            }
            Step(step) => self.step(step),
            Parallel { branches } => self.parallel(branches),
            _ => Origin::literal(),
        }
    }

    fn match_(&mut self, subject: &'w Expr, arms: &'w [Arm]) -> Origin {
        let by = self.expr(subject);
        let place = self.place(subject);
        // A guard decides, too.
        let mut guards = Origin::literal();
        let mut ways = Vec::new();
        let before = self.code_mark();
        let mut written = Vec::new();
        for arm in arms {
            ways.push(self.branch(|flow| {
                // What equals something that the file spells out leaves no room.
                if let Some(place) = &place
                    && spelled(&arm.pattern)
                {
                    let now = flow.at(place);
                    flow.put(place, now.word());
                }
                flow.pattern(&arm.pattern, &by);
                // A guard decides about its arm and about those behind it.
                let earlier = guards.clone();
                if let Some(guard) = &arm.guard {
                    let says = flow.under(&by.combine(&earlier), subject.span, |flow| flow.expr(guard));
                    guards = guards.combine(&says);
                    flow.assume(guard, true);
                }
                flow.under(&by.combine(&guards), subject.span, |flow| flow.expr(&arm.body))
            }));
            written.push(self.take_written(before));
        }
        written.into_iter().for_each(|code| self.give_written(code));
        let by = by.combine(&guards);
        self.meet_ways(ways, &by)
    }

    fn for_(
        &mut self,
        e: &'w Expr,
        at: Span,
        pattern: &'w Pattern,
        items: &Origin,
        body: &'w Block,
    ) -> Origin {
        let by = items.whole();
        let value = self.under(&by, at, |flow| {
            flow.turns(e.id, |flow| {
                flow.pattern(pattern, items);
                let value = flow.block(body);
                // Which items there are is decided by what left a turn early, too.
                value.select(&flow.decided())
            })
        });
        value.select(&by)
    }

    fn try_(&mut self, body: &'w Block, catches: &'w [Catch]) -> Origin {
        let (done, assigned, met) = self.trying(body.span, |flow| flow.block(body));
        let mut ways = vec![done];
        for catch in catches {
            ways.push(self.branch(|flow| {
                flow.perhaps(&assigned);
                if let Some(name) = &catch.name {
                    let level = met.level.max(Level::Outside);
                    let cause = match met.level >= Level::Outside {
                        true => met.cause,
                        false => flow.proof.causes.add(name.span, super::Step::Failure, super::CauseId::NONE),
                    };
                    let message = Origin::new(level, cause);
                    let fixed = Origin::literal();
                    let failure = Origin::record(vec![
                        ("kind".into(), fixed.clone()),
                        ("code".into(), fixed),
                        ("message".into(), message.clone()),
                        ("help".into(), message),
                    ]);
                    flow.hold(name, failure);
                }
                flow.under(&met, catch.body.span, |flow| flow.block(&catch.body))
            }));
        }
        // An error decides which of them is taken.
        self.meet_ways(ways, &met)
    }

    fn step(&mut self, step: &'w Step) -> Origin {
        self.each(&step.title);
        let since = self.mark();
        let value = self.block(&step.body);
        if let Some(undo) = &step.undo {
            self.undo(step, since, &value, undo);
        }
        self.hold(&step.name, value.clone());
        value
    }

    /// Branches see what the others write into files, in whatever order they run.
    fn parallel(&mut self, branches: &'w [(Ident, Expr)]) -> Origin {
        let begun = self.code_mark();
        loop {
            let before = self.files();
            let mut parts = Vec::new();
            let mut dead = false;
            for (name, body) in branches {
                let way = self.branch(|flow| {
                    let value = flow.expr(body);
                    let files = flow.files();
                    Origin::record(vec![("value".into(), value), ("files".into(), files)])
                });
                dead |= way.dead();
                parts.push((name.name.clone(), way.value.field("value")));
                let files = way.value.field("files");
                let met = self.files().join(&files);
                if !met.same(&self.files()) {
                    self.set_files(met);
                }
            }
            if self.files().same(&before) {
                self.code_again(begun);
                self.dead |= dead;
                return Origin::record(parts);
            }
        }
    }
}

/// A pattern of nothing but texts and numbers that stand in the file.
fn spelled(pattern: &Pattern) -> bool {
    match &pattern.kind {
        PatternKind::Literal(_) => true,
        PatternKind::Or(all) => all.iter().all(spelled),
        _ => false,
    }
}
