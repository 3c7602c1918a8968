//! Ways that part, loops, and calls, which are expanded in place.

use super::{Builder, Flow, Frame, MOST_DEPTH, MOST_NODES};
use crate::check::{CallableId, Res};
use crate::interpreter::{Locals, Scope};
use crate::plan::model::{
    Bit, Branch, Call, Choice, ChoiceForm, Filled, How, Loop, LoopForm, Named, Node, Step as StepPart,
    Weight, What,
};
use crate::source::Span;
use crate::syntax::ast::{Arg, Arm, BinaryOp, Block, Expr, ExprKind, Pattern, TextPart};
use crate::value::Value;
use std::collections::HashMap;

/// Where ways meet: on if any goes on.
fn meet(flows: impl IntoIterator<Item = Flow>) -> Flow {
    flows.into_iter().max().unwrap_or(Flow::On)
}

impl<'a> Builder<'a> {
    pub(super) fn expr(&mut self, e: &'a Expr, out: &mut Vec<Node>) -> Flow {
        use ExprKind as K;
        match &e.kind {
            K::None
            | K::Bool(_)
            | K::Int(_)
            | K::Float(_)
            | K::Duration(_)
            | K::Size(_)
            | K::Name(_)
            | K::TypeName(_)
            | K::Variant(_)
            | K::Error => Flow::On,
            // Pure: nothing in it is an effect.
            K::Lambda { .. } => Flow::On,
            K::Text(t) => {
                let parts = t.parts.iter().filter_map(|p| match p {
                    TextPart::Expr(e) => Some(e),
                    TextPart::Lit(_) => None,
                });
                self.all(parts, out)
            }
            K::List(items) => self.all(items.iter().map(|i| &i.value), out),
            K::Map(entries) => self.all(entries.iter().flat_map(|(k, v)| [k, v]), out),
            K::Record(fields) => self.all(fields.iter().map(|f| &f.value), out),
            K::Field { base, .. } => self.expr(base, out),
            K::Index { base, index } => self.all([&**base, index], out),
            K::Call { callee, args } => self.call(e, callee, args, out),
            K::Unary { operand, .. } => self.expr(operand, out),
            K::Binary {
                op: op @ (BinaryOp::Or | BinaryOp::And | BinaryOp::Coalesce), left, right, ..
            } => self.sometimes(e, *op, left, right, out),
            K::Binary { left, right, .. } => self.all([&**left, right], out),
            K::Range { start, end, .. } => self.all([&**start, end], out),
            K::Block(b) => {
                let (mut nodes, flow) = self.block(b);
                out.append(&mut nodes);
                flow
            }
            K::If { condition, then, otherwise } => self.if_(e, condition, then, otherwise.as_deref(), out),
            K::Match { subject, arms } => self.match_(e, subject, arms, out),
            K::For { pattern, iterable, body } => {
                self.turns(e, LoopForm::For, pattern, iterable, None, body, out)
            }
            K::ParallelFor { pattern, iterable, limit, body } => {
                self.turns(e, LoopForm::ParallelFor, pattern, iterable, limit.as_deref(), body, out)
            }
            K::Repeat { limit, body, otherwise } => {
                let flow = self.expr(limit, out);
                let head = format!("up to {}", self.fill(limit).text);
                self.judged(e.span, || format!("repeat {head}"));
                let (body, _) = self.within(format!("repeat {head}"), |b| b.block(body));
                let otherwise =
                    otherwise.as_ref().map(|o| self.within("the tries ran out".into(), |b| b.block(o).0));
                let times = match self.value(limit) {
                    Some(Value::Int(n)) => usize::try_from(n).ok(),
                    _ => None,
                };
                let empty = body.is_empty() && otherwise.iter().all(Vec::is_empty);
                if !empty {
                    let what = Loop { form: LoopForm::Repeat, head, times, limit: None, body, otherwise };
                    self.put(What::Loop(what), e.span, out);
                }
                flow
            }
            K::Return(value) => {
                let flow = self.all(value.as_deref(), out);
                let text = value.as_ref().map(|v| self.fill(v));
                if let Some(value) = value {
                    self.plain(e.span, || format!("return {}", crate::syntax::print_expr(value)));
                }
                self.leave(How::Return, text, e.span, out);
                flow.min(Flow::Returns)
            }
            K::Break(value) => {
                self.all(value.as_deref(), out);
                if let Some(value) = value {
                    self.plain(e.span, || format!("break {}", crate::syntax::print_expr(value)));
                }
                self.leave(How::Break, None, e.span, out);
                Flow::Turns
            }
            K::Continue => {
                self.leave(How::Continue, None, e.span, out);
                Flow::Turns
            }
            K::Fail { kind, message, help } => {
                self.all([&**message].into_iter().chain(help.as_deref()), out);
                let mut text = self.fill(message);
                text.text = format!("{}: {}", kind.name, text.text);
                self.leave(How::Fail, Some(text), e.span, out);
                Flow::Fails
            }
            K::Try { body, catches } => {
                let (body, flow) = self.block(body);
                let mut flows = vec![flow];
                let catches = catches
                    .iter()
                    .map(|c| {
                        let kind = c.kind.as_ref().map_or("any error", |k| &k.name);
                        self.plain(c.span, || format!("catch {kind}"));
                        let (body, flow) = self.within(format!("catch {kind}"), |b| b.block(&c.body));
                        flows.push(flow);
                        Branch { label: kind.to_owned(), taken: None, body }
                    })
                    .collect();
                if !body.is_empty() {
                    self.put(What::Try { body, catches }, e.span, out);
                }
                meet(flows)
            }
            K::Ensure { condition, message, .. } => {
                let flow = self.expr(condition, out);
                let holds = match self.value(condition) {
                    Some(Value::Bool(b)) => Some(b),
                    _ => None,
                };
                let message = message.as_ref().map(|m| self.fill(m));
                let condition = self.source(condition);
                self.judged(e.span, || format!("ensure {condition}"));
                self.put(What::Ensure { condition, message, holds }, e.span, out);
                if holds == Some(false) { Flow::Fails } else { flow }
            }
            K::Wait(time) => {
                let flow = self.expr(time, out);
                let time = self.fill(time);
                self.judged(e.span, || format!("wait {}", time.text));
                self.put(What::Wait { time }, e.span, out);
                flow
            }
            K::Say(text) => {
                let flow = self.expr(text, out);
                let text = self.fill(text);
                self.put(What::Say { text }, e.span, out);
                flow
            }
            K::Paren(inner) => self.expr(inner, out),
            K::Step(step) => {
                self.all(&step.title, out);
                let title = step.title.as_ref().map(|t| self.fill(t));
                let (body, flow) = self.block(&step.body);
                let undo = step.undo.as_ref().map(|u| self.within("undo".into(), |b| b.block(u).0));
                let undo = undo.unwrap_or_default();
                let what = StepPart { name: step.name.name.clone(), title, body, undo };
                self.put(What::Step(what), e.span, out);
                flow
            }
            K::Parallel { branches } => {
                let mut flows = Vec::new();
                let branches: Vec<Branch> = branches
                    .iter()
                    .map(|(name, e)| {
                        let (body, flow) = self.apart(e);
                        flows.push(flow);
                        Branch { label: name.name.to_string(), taken: None, body }
                    })
                    .collect();
                if branches.iter().any(|b| !b.body.is_empty()) {
                    let names = || branches.iter().map(|b| b.label.as_str()).collect::<Vec<_>>().join(", ");
                    self.plain(e.span, || format!("parallel {}", names()));
                    self.put(What::Parallel { branches }, e.span, out);
                }
                flows.into_iter().min().unwrap_or(Flow::On)
            }
            K::Run(run) => self.run(e, run, out),
            K::Ask(ask) => self.ask(e, ask, out),
            K::Gate(gate) => self.gate(e, gate, out),
            K::ReadAs { call, .. } => self.expr(call, out),
        }
    }

    fn leave(&mut self, how: How, text: Option<Filled>, span: Span, out: &mut Vec<Node>) {
        // What is returned is only of interest where it is short.
        self.judged(span, || format!("{how:?}"));
        let text = text.filter(|t| {
            how == How::Fail
                || self.setting.canonical
                || t.text.chars().count() <= 40 && !t.text.contains('\n')
        });
        self.put(What::Leave { how, text }, span, out);
    }

    fn truth(&self, e: &Expr) -> Option<bool> {
        match self.value(e) {
            Some(Value::Bool(b)) => Some(b),
            _ => None,
        }
    }

    /// The right side of `and`, `or` and `??`.
    fn sometimes(
        &mut self,
        e: &'a Expr,
        op: BinaryOp,
        left: &'a Expr,
        right: &'a Expr,
        out: &mut Vec<Node>,
    ) -> Flow {
        let flow = self.expr(left, out);
        let when = format!("{} {}", self.source(left), op.symbol());
        let tokens = self.tokens.len();
        let (body, right_flow) = self.within(when, |b| b.apart(right));
        if body.is_empty() {
            // It is looked at with the whole that it is a part of.
            self.tokens.truncate(tokens);
            return flow;
        }
        let value = self.value(left);
        let taken = match (op, &value) {
            (BinaryOp::Coalesce, Some(v)) => Some(matches!(v, Value::None)),
            (BinaryOp::And, Some(Value::Bool(b))) => Some(*b),
            (BinaryOp::Or, Some(Value::Bool(b))) => Some(!*b),
            _ => None,
        };
        // `x ?? fail …` is a check as any other.
        if op == BinaryOp::Coalesce
            && let [Node { what: What::Leave { how: How::Fail, text }, .. }] = &body[..]
        {
            let what = What::Ensure {
                condition: format!("{} != none", self.source(left)),
                message: text.clone(),
                holds: taken.map(|t| !t),
            };
            self.put(what, e.span, out);
        } else {
            let label = match op {
                BinaryOp::Coalesce => "is none",
                BinaryOp::And => "holds",
                _ => "does not hold",
            };
            let branch = Branch { label: label.to_owned(), taken, body };
            let what =
                Choice { form: ChoiceForm::Sometimes, subject: self.source(left), branches: vec![branch] };
            self.put(What::Choice(what), e.span, out);
        }
        match (flow, taken) {
            (Flow::On, Some(true)) => right_flow,
            (flow, _) => flow,
        }
    }

    fn if_(
        &mut self,
        e: &'a Expr,
        condition: &'a Expr,
        then: &'a Block,
        otherwise: Option<&'a Expr>,
        out: &mut Vec<Node>,
    ) -> Flow {
        let flow = self.expr(condition, out);
        let truth = self.truth(condition);
        let (when, not) = (self.source(condition), format!("not ({})", self.source(condition)));
        let (yes, yes_flow) = self.within(when, |b| b.block(then));
        let (no, no_flow) = match otherwise {
            Some(o) => self.within(not, |b| b.apart(o)),
            None => (Vec::new(), Flow::On),
        };
        if !(yes.is_empty() && no.is_empty()) {
            let subject = self.source(condition);
            let mut branches = vec![Branch { label: "yes".into(), taken: truth, body: yes }];
            if otherwise.is_some() && !no.is_empty() {
                branches.push(Branch { label: "no".into(), taken: truth.map(|t| !t), body: no });
            }
            self.put(What::Choice(Choice { form: ChoiceForm::If, subject, branches }), e.span, out);
        }
        match (flow, truth) {
            (Flow::On, Some(true)) => yes_flow,
            (Flow::On, Some(false)) => no_flow,
            (Flow::On, None) => meet([yes_flow, no_flow]),
            (left, _) => left,
        }
    }

    fn match_(&mut self, e: &'a Expr, subject: &'a Expr, arms: &'a [Arm], out: &mut Vec<Node>) -> Flow {
        let flow = self.expr(subject, out);
        let value = self.value(subject);
        // Whether an arm before has been taken for sure, or may have been.
        let (mut over, mut maybe) = (false, false);
        let (mut branches, mut flows) = (Vec::new(), Vec::new());
        for arm in arms {
            let mut taken = None;
            if over {
                taken = Some(false);
            } else if let Some(value) = &value {
                match self.known.matches(self.frame.scope, &arm.pattern, value) {
                    None => taken = Some(false),
                    Some(bound) => {
                        self.frame.values.extend(bound);
                        let guard = arm.guard.as_ref().map_or(Some(true), |g| self.truth(g));
                        taken = guard.filter(|g| !*g || !maybe);
                        over = guard == Some(true) && !maybe;
                        maybe |= guard.is_none();
                    }
                }
            }
            let mut body = Vec::new();
            if let Some(guard) = &arm.guard {
                self.expr(guard, &mut body);
            }
            let mut label = self.pattern(&arm.pattern);
            if let Some(guard) = &arm.guard {
                label.push_str(&format!(" if {}", self.source(guard)));
            }
            let when = format!("{} is {label}", self.source(subject));
            let (mut nodes, flow) = self.within(when, |b| b.apart(&arm.body));
            body.append(&mut nodes);
            if taken != Some(false) {
                flows.push(flow);
            }
            branches.push(Branch { label, taken, body });
        }
        if branches.iter().any(|b| !b.body.is_empty()) {
            let subject = self.source(subject);
            // What an arm means depends on those before it.
            let labels = || branches.iter().map(|b| b.label.as_str()).collect::<Vec<_>>().join(" | ");
            self.plain(e.span, || format!("match {subject} {{ {} }}", labels()));
            self.put(What::Choice(Choice { form: ChoiceForm::Match, subject, branches }), e.span, out);
        }
        if flow == Flow::On { meet(flows) } else { flow }
    }

    #[allow(clippy::too_many_arguments)]
    fn turns(
        &mut self,
        e: &'a Expr,
        form: LoopForm,
        pattern: &'a Pattern,
        iterable: &'a Expr,
        limit: Option<&'a Expr>,
        body: &'a Block,
        out: &mut Vec<Node>,
    ) -> Flow {
        let flow = self.all([iterable].into_iter().chain(limit), out);
        let value = self.value(iterable);
        let times = match &value {
            Some(Value::List(items)) => Some(items.len()),
            Some(Value::Range(r)) => {
                let end = r.end.saturating_add(i64::from(r.inclusive));
                Some(usize::try_from(end.saturating_sub(r.start)).unwrap_or(0))
            }
            _ => None,
        };
        let head = format!("{} in {}", self.pattern(pattern), self.shown(iterable, value.as_ref()));
        self.judged(e.span, || format!("for {head}"));
        let (body, _) = self.within(format!("for {head}"), |b| b.block(body));
        if !body.is_empty() {
            let limit = limit.map(|l| self.fill(l).text);
            self.put(What::Loop(Loop { form, head, times, limit, body, otherwise: None }), e.span, out);
        }
        flow
    }

    /// The value where it is short, the source otherwise.
    fn shown(&self, e: &Expr, value: Option<&Value>) -> String {
        let most = if self.setting.canonical { usize::MAX } else { 60 };
        let text = value.map(ToString::to_string).filter(|t| t.chars().count() <= most);
        text.unwrap_or_else(|| self.source(e))
    }

    fn call(&mut self, e: &'a Expr, callee: &'a Expr, args: &'a [Arg], out: &mut Vec<Node>) -> Flow {
        let mut flow = match &callee.kind {
            ExprKind::Field { base, .. } => self.expr(base, out),
            _ => Flow::On,
        };
        flow = flow.min(self.all(args.iter().map(|a| &a.value), out));
        match self.res(callee.id) {
            Res::Builtin(builtin) => {
                self.builtin(e, builtin, args, out);
                flow
            }
            Res::Callable(id) if self.program.callable(id).effects => flow.min(self.task(e, id, args, out)),
            _ => match &callee.kind {
                ExprKind::Paren(inner) => flow.min(self.call(e, inner, args, out)),
                _ => flow,
            },
        }
    }

    fn task(&mut self, e: &'a Expr, id: CallableId, args: &'a [Arg], out: &mut Vec<Node>) -> Flow {
        let callable = self.program.callable(id);
        let order = self.program.module(self.frame.scope.module).tables.call_order.get(&e.id);
        let mut values = Locals::new();
        let mut texts = HashMap::new();
        let mut named = Vec::new();
        for (i, param) in callable.signature.params.iter().enumerate() {
            let at = match order {
                Some(order) => order.get(i).copied().flatten().map(|at| at as usize),
                None => Some(i),
            };
            let value = match at.and_then(|at| args.get(at)) {
                Some(arg) => {
                    let bits = self.bits(&arg.value);
                    let value = super::values::filled_of(bits.clone()).text;
                    named.push(Named { name: param.name.clone(), value });
                    texts.insert(i as u32, bits);
                    self.value(&arg.value)
                }
                None => {
                    let tree = self.program.callable_ast(id);
                    let written = tree.and_then(|t| t.params.get(i)).and_then(|p| p.default.as_ref());
                    if let Some(default) = written {
                        let text = || format!("{} = {}", param.name, crate::syntax::print_expr(default));
                        self.token(e.span, Weight::Given, text);
                    }
                    self.known.default(id, i, &values)
                }
            };
            values.extend(value.map(|v| (i as u32, v)));
        }
        // Holes of the caller mean nothing in the callee, but what is known around them does.
        texts.retain(|i, bits| !values.contains_key(i) && bits.iter().any(|b| matches!(b, Bit::Lit(_))));
        let task = self.setting.lowered.name(id).to_owned();
        let after = match task.contains('.') {
            true => self.afters(&self.policy.effect_guards(&task, None)),
            false => Vec::new(),
        };
        let signature = &callable.signature;
        let params: Vec<String> = signature.params.iter().map(|p| self.type_text(&p.ty)).collect();
        let result = self.type_text(&signature.result);
        self.token(e.span, Weight::Given, || format!("call {task}({}) -> {result}", params.join(", ")));
        for arg in &named {
            self.token(e.span, Weight::Given, || format!("{}: {}", arg.name, arg.value));
        }
        let expanded = self.depth < MOST_DEPTH && self.nodes < MOST_NODES;
        let mut flow = Flow::On;
        let mut body = Vec::new();
        if expanded && let Some(tree) = self.program.callable_ast(id) {
            let scope = Scope { module: callable.at.module, slots: callable.locals };
            let outer = std::mem::replace(&mut self.frame, Frame { scope, values, texts });
            self.depth += 1;
            (body, flow) = self.block(&tree.body);
            self.depth -= 1;
            self.frame = outer;
        } else {
            self.complete = false;
        }
        self.put(What::Call(Call { task, args: named, after, body, expanded }), e.span, out);
        // It returns to where it was called.
        if flow == Flow::Fails { Flow::Fails } else { Flow::On }
    }
}
