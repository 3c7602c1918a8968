//! Draws the ways through a body: one walk over its tree, in the order of evaluation.

use super::graph::{self, At, Branch, Graph, Kind};
use super::guards::Guards;
use super::solve::Summary;
use crate::check::bits::Bits;
use crate::check::program::*;
use crate::check::world::World;
use crate::source::Span;
use crate::syntax::ast::*;

/// A loop around the place that is being drawn, or what `break` and `continue` cannot leave.
#[derive(Default)]
struct Frame {
    breaks: Vec<At>,
    turns: Vec<At>,
    /// What is said of the `break`s.
    notes: Vec<u32>,
}

pub struct Builder<'a> {
    world: &'a World<'a>,
    guards: &'a Guards<'a>,
    /// Of the callables that are done: all that this one calls.
    summaries: &'a [Option<Summary>],
    module: ModuleId,
    graph: Graph,
    /// Where we are; none where nothing comes.
    now: Option<At>,
    frames: Vec<Frame>,
    returns: Vec<At>,
    /// Names that stand for what is written elsewhere.
    written: crate::check::written::Written<'a>,
    asked: Bits,
}

/// The first word of a clause, so that a label does not cover its whole body.
fn first_word(span: Span, len: u32) -> Span {
    Span { end: span.end.min(span.start + len), ..span }
}

pub fn graph(
    world: &World<'_>,
    guards: &Guards<'_>,
    summaries: &[Option<Summary>],
    module: ModuleId,
    callable: &CallableItem,
) -> Graph {
    let none = Bits::none(guards.len());
    let mut builder = Builder {
        world,
        guards,
        summaries,
        module,
        graph: Graph::new(none.clone()),
        now: None,
        frames: Vec::new(),
        returns: Vec::new(),
        written: crate::check::written::Written::default(),
        asked: none,
    };
    let start = builder.graph.add(Kind::Plain, callable.name.span, &[]);
    builder.now = Some(start);
    builder.block(&callable.body);
    let mut ends = std::mem::take(&mut builder.returns);
    ends.extend(builder.now);
    builder.graph.exit = builder.meet(ends, callable.name.span);
    let all = builder.graph.len() as At;
    let mut graph = builder.graph;
    graph.asked = builder.asked;
    // An `undo` runs after a failure anywhere behind its step.
    for note in &mut graph.notes {
        if note.region.1 == At::MAX {
            note.region.1 = all;
        }
    }
    graph
}

impl<'a> Builder<'a> {
    fn res(&self, id: NodeId) -> Res {
        self.world.module(self.module).tables.res(id)
    }

    /// The next place on the way.
    fn go(&mut self, kind: Kind, span: Span) -> Option<At> {
        let before = self.now?;
        let at = self.graph.add(kind, span, &[before]);
        self.now = Some(at);
        Some(at)
    }

    /// Remembers where something stands, for whoever asks what was approved before it.
    fn mark(&mut self, span: Span) {
        if self.world.env.approvals
            && let Some(now) = self.now
        {
            self.graph.marks.push((span, now));
        }
    }

    /// A way that parts from `from`, with what is to be known of it.
    fn part(&mut self, from: Option<At>, span: Span, text: &'static str) -> Option<u32> {
        self.now = from;
        let at = self.go(Kind::Plain, span)?;
        Some(self.graph.note(at, span, text))
    }

    fn meet(&mut self, ends: Vec<At>, span: Span) -> Option<At> {
        match ends[..] {
            [] => None,
            [one] => Some(one),
            _ => Some(self.graph.add(Kind::Plain, span, &ends)),
        }
    }

    fn close(&mut self, note: Option<u32>, from: Option<At>) {
        let to = self.graph.len() as At;
        if let (Some(note), Some(from)) = (note, from) {
            self.graph.region(note, from, to);
        }
    }

    /// Draws something and says which gates it may ask.
    fn asking(&mut self, draw: impl FnOnce(&mut Self)) -> Bits {
        let outer = std::mem::replace(&mut self.asked, Bits::none(self.guards.len()));
        draw(self);
        let inner = std::mem::replace(&mut self.asked, outer);
        self.asked.add(&inner);
        inner
    }

    fn set(&mut self) -> u32 {
        self.graph.sets.push(Bits::none(self.guards.len()));
        self.graph.sets.len() as u32 - 1
    }

    fn block(&mut self, block: &'a Block) {
        for stmt in &block.stmts {
            match &stmt.kind {
                StmtKind::Let { pattern, value, .. } => {
                    self.expr(value);
                    if let PatternKind::Bind(name) = &pattern.kind
                        && let Res::Local(local) = self.res(name.id)
                    {
                        self.written.bind(local, value);
                    }
                }
                StmtKind::Var { value, .. } => self.expr(value),
                StmtKind::Assign { target, value } => {
                    self.expr(target);
                    self.expr(value);
                }
                StmtKind::Expr(e) => self.expr(e),
            }
        }
    }

    fn all(&mut self, list: impl IntoIterator<Item = &'a Expr>) {
        list.into_iter().for_each(|e| self.expr(e));
    }

    /// What is looked at only sometimes.
    fn perhaps(&mut self, e: &'a Expr, text: &'static str) {
        let from = self.now;
        self.expr(e);
        let with = self.now;
        let note = self.part(from, e.span, text);
        self.close(note, from);
        let ends = with.into_iter().chain(self.now).collect();
        self.now = self.meet(ends, e.span);
    }

    pub fn expr(&mut self, e: &'a Expr) {
        use ExprKind::*;
        match &e.kind {
            None | Bool(_) | Int(_) | Float(_) | Duration(_) | Size(_) | Name(_) | TypeName(_)
            | Variant(_) | Error => {}
            // Pure: nothing in it is a gate or an effect.
            Lambda { .. } => {}
            Text(t) => self.all(t.parts.iter().filter_map(|p| match p {
                TextPart::Expr(e) => Some(e),
                TextPart::Lit(_) => Option::None,
            })),
            List(items) => self.all(items.iter().map(|i| &i.value)),
            Map(entries) => self.all(entries.iter().flat_map(|(k, v)| [k, v])),
            Record(fields) => self.all(fields.iter().map(|f| &f.value)),
            Field { base, .. } => self.expr(base),
            Index { base, index } => self.all([&**base, index]),
            Call { callee, args } => self.call(e, callee, args),
            Unary { operand, .. } => self.expr(operand),
            Binary { op: BinaryOp::Or | BinaryOp::And | BinaryOp::Coalesce, left, right, .. } => {
                self.expr(left);
                self.perhaps(right, "this is not always looked at");
            }
            Binary { left, right, .. } => self.all([&**left, right]),
            Range { start, end, .. } => self.all([&**start, end]),
            Block(b) => self.block(b),
            If { condition, then, otherwise } => {
                self.expr(condition);
                let from = self.now;
                let yes = self.part(from, condition.span, "this holds");
                self.block(then);
                let with = self.now;
                let no = self.part(from, condition.span, "this does not hold");
                otherwise.iter().for_each(|o| self.expr(o));
                self.close(yes, from);
                self.close(no, from);
                let ends = with.into_iter().chain(self.now).collect();
                self.now = self.meet(ends, e.span);
            }
            Match { subject, arms } => {
                self.expr(subject);
                let from = self.now;
                let mut next = from;
                let (mut ends, mut notes) = (Vec::new(), Vec::new());
                for arm in arms {
                    notes.push(self.part(next, arm.pattern.span, "this arm is taken"));
                    if let Some(guard) = &arm.guard {
                        self.expr(guard);
                        let both = next.into_iter().chain(self.now).collect();
                        let here = self.now;
                        next = self.meet(both, guard.span);
                        self.now = here;
                    }
                    self.expr(&arm.body);
                    ends.extend(self.now);
                }
                notes.into_iter().for_each(|n| self.close(n, from));
                self.now = self.meet(ends, e.span);
            }
            For { iterable, body, .. } => {
                self.expr(iterable);
                self.turns(iterable.span, body);
            }
            Repeat { limit, body, otherwise } => {
                self.expr(limit);
                self.repeat(e, limit.span, body, otherwise.as_deref());
            }
            Return(value) => {
                self.all(value.as_deref());
                if let Some(at) = self.go(Kind::Plain, e.span) {
                    let note = self.graph.note(at, first_word(e.span, 6), "it returns here");
                    self.graph.region(note, 0, At::MAX);
                    self.returns.push(at);
                }
                self.now = Option::None;
            }
            Break(value) => {
                self.all(value.as_deref());
                if let Some(at) = self.go(Kind::Plain, e.span) {
                    let note = self.graph.note(at, first_word(e.span, 5), "the loop is left here");
                    if let Some(frame) = self.frames.last_mut() {
                        frame.breaks.push(at);
                        frame.notes.push(note);
                    }
                }
                self.now = Option::None;
            }
            Continue => {
                let at = self.now.take();
                self.frames.iter_mut().last().into_iter().for_each(|f| f.turns.extend(at));
            }
            Try { body, catches } => self.try_(e, body, catches),
            Ensure { condition, message, help } => {
                self.expr(condition);
                let from = self.now;
                self.all(message.as_deref().into_iter().chain(help.as_deref()));
                self.now = from;
            }
            Fail { message, help, .. } => {
                self.expr(message);
                self.all(help.as_deref());
                self.now = Option::None;
            }
            Wait(e) | Say(e) | Paren(e) => self.expr(e),
            Step(s) => self.step(s),
            Parallel { branches } => self.parallel(e, branches),
            ParallelFor { iterable, limit, body, .. } => {
                self.expr(iterable);
                self.all(limit.as_deref());
                self.side_by_side_turns(iterable.span, body);
            }
            Run(run) => self.run(e, run),
            Ask(ask) => self.ask(e, ask),
            Gate(gate) => {
                self.mark(e.span);
                self.gate(gate);
            }
            ReadAs { call, .. } => self.expr(call),
        }
    }

    fn call(&mut self, e: &'a Expr, callee: &'a Expr, args: &'a [Arg]) {
        if let ExprKind::Field { base, .. } = &callee.kind {
            self.expr(base);
        }
        self.all(args.iter().map(|a| &a.value));
        self.mark(e.span);
        match self.res(callee.id) {
            Res::Callable(id) => {
                let summary = self.summaries[id.0 as usize].as_ref();
                let effect = self.guards.task(self.world, id, e.span);
                if let Some(effect) = effect {
                    self.effect(effect);
                }
                let Some(summary) = summary else { return };
                let asked = summary.asked.clone();
                if let Some(at) = self.go(Kind::Call(id), e.span) {
                    if !asked.is_empty() {
                        self.graph.asks.push((at, asked.clone()));
                    }
                    self.asked.add(&asked);
                    if !summary.ends {
                        self.now = None;
                    }
                }
            }
            Res::Builtin(builtin) => {
                let path = args.first().map(|a| self.written.text(self.world, self.module, &a.value));
                let effect = self.guards.builtin(self.world, builtin, path.as_deref(), e.span);
                effect.into_iter().for_each(|effect| self.effect(effect));
            }
            _ => {}
        }
    }

    fn effect(&mut self, effect: super::graph::Effect) {
        if effect.guards.is_empty() && !effect.changes {
            return;
        }
        let span = effect.span;
        self.graph.effects.push(effect);
        self.go(Kind::Effect(self.graph.effects.len() as u32 - 1), span);
    }

    /// The body of a loop, and the gates that it may ask: each turn begins without them.
    fn loop_body(&mut self, head: Span, body: &'a Block) -> (Bits, Frame) {
        let from = self.now;
        let turn = self.set();
        let note = self.go(Kind::Forget(turn), head).map(|at| self.graph.note(at, head, graph::EARLIER_TURN));
        self.frames.push(Frame::default());
        let asked = self.asking(|b| b.block(body));
        let frame = self.frames.pop().unwrap_or_default();
        self.close(note, from);
        if let Some(note) = note {
            self.graph.notes[note as usize].inside = true;
        }
        frame.notes.iter().for_each(|note| self.close(Some(*note), from));
        self.graph.sets[turn as usize] = asked.clone();
        (asked, frame)
    }

    /// `for`: the body runs for none or any number of items.
    fn turns(&mut self, head: Span, body: &'a Block) {
        let from = self.now;
        let (asked, frame) = self.loop_body(head, body);
        let ends: Vec<At> = from.into_iter().chain(frame.breaks).chain(frame.turns).chain(self.now).collect();
        self.now = None;
        let after = self.set();
        if from.is_some() {
            let at = self.graph.add(Kind::Forget(after), head, &ends);
            let note = self.graph.note(at, head, "there may be nothing to go through");
            self.close(Some(note), from);
            self.now = Some(at);
        }
        self.graph.sets[after as usize] = asked;
    }

    /// `repeat`: it ends by `break`, or by its `else`.
    fn repeat(&mut self, e: &Expr, head: Span, body: &'a Block, otherwise: Option<&'a Block>) {
        let from = self.now;
        let (asked, frame) = self.loop_body(head, body);
        let Frame { mut breaks, turns, .. } = frame;
        let out: Vec<At> = turns.into_iter().chain(self.now).collect();
        self.now = None;
        if let Some(block) = otherwise
            && !out.is_empty()
        {
            let last = self.set();
            self.graph.sets[last as usize] = asked.clone();
            let at = self.graph.add(Kind::Forget(last), head, &out);
            let note = self.graph.note(at, head, "the tries run out");
            self.close(Some(note), from);
            self.now = Some(at);
            self.block(block);
            breaks.extend(self.now);
        }
        self.now = self.meet(breaks, e.span);
    }

    fn try_(&mut self, e: &Expr, body: &'a Block, catches: &'a [Catch]) {
        let from = self.now;
        let asked = self.asking(|b| b.block(body));
        let done = self.now;
        let inner = self.graph.len() as At;
        let mut ends: Vec<At> = done.into_iter().collect();
        for catch in catches {
            let Some(from) = from else { break };
            let span = first_word(catch.span, 5);
            self.graph.sets.push(asked.clone());
            let set = self.graph.sets.len() as u32 - 1;
            let before: Vec<At> = [from].into_iter().chain(done).collect();
            let at = self.graph.add(Kind::Forget(set), span, &before);
            let text = match catch.kind.as_ref().is_some_and(|kind| &*kind.name == "rejected") {
                true => "a rejection is caught here",
                false => "an error before the approval is caught here",
            };
            let note = self.graph.note(at, span, text);
            self.graph.region(note, from, inner);
            self.now = Some(at);
            self.block(&catch.body);
            ends.extend(self.now);
        }
        self.now = self.meet(ends, e.span);
    }

    fn step(&mut self, step: &'a Step) {
        self.all(&step.title);
        let from = self.now;
        let asked = self.asking(|b| b.block(&step.body));
        let after = self.now;
        if let Some(undo) = &step.undo {
            let span = Span { end: undo.span.start + 1, ..undo.span };
            let note = self.part(from, span, graph::UNDO);
            if let (Some(note), Some(from)) = (note, from) {
                self.graph.region(note, from, At::MAX);
            }
            // What the step asked again may have been refused there.
            self.graph.sets.push(asked);
            let set = self.graph.sets.len() as u32 - 1;
            self.go(Kind::Forget(set), span);
            let outer = std::mem::take(&mut self.frames);
            self.block(undo);
            self.frames = outer;
        }
        self.now = after;
    }

    fn parallel(&mut self, e: &Expr, branches: &'a [(Ident, Expr)]) {
        let from = self.now;
        let (mut ends, mut notes) = (Vec::new(), Vec::new());
        let mut all_end = true;
        let outer = std::mem::take(&mut self.frames);
        for (name, body) in branches {
            notes.push(self.part(from, name.span, "a branch does not wait for the others"));
            let asked = self.asking(|b| b.expr(body));
            match self.now {
                Some(end) => ends.push(Branch { end, asked }),
                None => all_end = false,
            }
        }
        self.frames = outer;
        notes.into_iter().for_each(|n| self.close(n, from));
        self.now = None;
        if all_end && !ends.is_empty() {
            let before: Vec<At> = ends.iter().map(|b| b.end).collect();
            self.graph.joins.push(ends);
            let kind = Kind::Join(self.graph.joins.len() as u32 - 1);
            self.now = Some(self.graph.add(kind, e.span, &before));
        }
    }

    fn side_by_side_turns(&mut self, head: Span, body: &'a Block) {
        let from = self.now;
        let outer = std::mem::take(&mut self.frames);
        self.frames.push(Frame::default());
        let note = self.part(from, head, "a turn does not wait for the others");
        let asked = self.asking(|b| b.block(body));
        let frame = self.frames.pop();
        self.frames = outer;
        self.close(note, from);
        let ends: Vec<At> =
            from.into_iter().chain(frame.into_iter().flat_map(|f| f.turns)).chain(self.now).collect();
        self.now = None;
        if from.is_some() {
            self.graph.sets.push(asked);
            let set = self.graph.sets.len() as u32 - 1;
            let at = self.graph.add(Kind::Forget(set), head, &ends);
            let note = self.graph.note(at, head, "there may be nothing to go through");
            self.close(Some(note), from);
            self.now = Some(at);
        }
    }

    fn run(&mut self, e: &'a Expr, run: &'a Run) {
        for part in run.command.words.iter().flat_map(|w| &w.parts) {
            if let WordPart::Expr(e) | WordPart::Spread(e) = part {
                self.expr(e);
            }
        }
        self.all([&run.dir, &run.env, &run.stdin, &run.timeout, &run.exits].into_iter().flatten());
        if let Some(retry) = &run.retry {
            self.expr(&retry.times);
            self.all([&retry.every, &retry.on].into_iter().flatten());
        }
        self.mark(e.span);
        let effect = self.guards.command(run.command.span, e.span);
        self.effect(effect);
    }

    fn ask(&mut self, e: &'a Expr, ask: &'a Ask) {
        self.expr(&ask.prompt);
        self.all([&ask.with, &ask.retry, &ask.turns, &ask.timeout].into_iter().flatten());
        self.mark(e.span);
        self.effect(super::graph::Effect {
            span: first_word(e.span, 3),
            guards: Vec::new(),
            changes: true,
            text: "ask".into(),
        });
        if let Some(otherwise) = &ask.otherwise {
            self.perhaps(otherwise, "this is not needed when the AI answers");
        }
    }

    fn gate(&mut self, gate: &'a Gate) {
        self.expr(&gate.question);
        self.all([&gate.show, &gate.timeout, &gate.edit, &gate.assurance].into_iter().flatten());
        self.all(&gate.require);
        let index = self.guards.index(&gate.name.name);
        let from = self.now;
        if let Some(gate_index) = index
            && let Some(at) = self.go(Kind::Ask(gate_index), gate.name.span)
        {
            let mut own = Bits::none(self.guards.len());
            own.insert(gate_index.into());
            self.asked.add(&own);
            self.graph.asks.push((at, own));
        }
        let asked = self.now;
        if let Some(reject) = &gate.on_reject {
            let span = first_word(reject.span, 9);
            let note = self.part(asked, span, "a rejection goes on from here");
            self.close(note, from);
            // It leaves; where it does not, the rejection goes on and nothing behind the gate is reached.
            self.block(&reject.body);
        }
        self.now = asked;
        if let Some(gate_index) = index {
            self.go(Kind::Approve(gate_index), gate.name.span);
        }
    }
}
