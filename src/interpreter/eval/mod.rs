//! The walk over the lowered tree.
//!
//! [`Eval`] is one thread of evaluation: where it is, what is to be undone, which evidence there is. Every node gives
//! a value or an [`Exit`]; what an exit carries (a value of `break` or `return`, a [`Stop`]) waits in the `Eval`, so
//! that results stay two registers wide.

mod arithmetic;
mod ask;
mod assign;
mod attempt;
mod call;
mod control;
mod effects;
mod gate;
mod method;
mod numbers;
mod parallel;
mod path;
mod patterns;
mod run;
mod step;
mod text;

#[cfg(test)]
mod tests;

pub(super) use patterns::matches;

use super::lowered::Lowered;
use super::node::*;
use super::world::{AgentSettings, At, CancelToken, Stop, World};
use crate::check::{CallableId, ConstId};
use crate::diagnostics::{ErrorKind, Failure, codes::runtime};
use crate::source::Span;
use crate::types::PredicateId;
use crate::value::json::{Mismatch, Predicates};
use crate::value::{Map, Record, Text, Value, Variant, short};
use path::Path;
use serde_json::Value as Json;
use std::sync::Arc;

/// Where a run of something starts: the first part of every path, and what ends it from outside.
#[derive(Debug, Clone, Default)]
pub struct Root {
    pub path: String,
    /// Cancelling it ends the run as interrupted: nothing is undone.
    pub cancel: CancelToken,
}

/// Why a node gives no value. What belongs to it waits in the [`Eval`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Break,
    Continue,
    Return,
    Stop,
}

pub type Outcome<T = Value> = Result<T, Exit>;

pub struct Eval<'l> {
    pub(super) lowered: &'l Lowered,
    world: &'l dyn World,
    /// Of [`Exit::Stop`].
    stop: Option<Stop>,
    /// Of [`Exit::Break`] and [`Exit::Return`].
    carried: Value,
    path: Path<'l>,
    cancel: CancelToken,
    /// Whether `cancel` is that of the whole run.
    whole: bool,
    undos: Vec<step::Undo<'l>>,
    /// The values of the steps so far, by their place.
    evidence: Vec<(String, Json)>,
    stack: Stack,
    ticks: u32,
    /// Whether the world answers calls of tasks.
    answers_calls: bool,
    /// Room for making text.
    scratch: String,
}

/// How much of the thread's stack may be used, from an address downwards.
#[derive(Debug, Clone, Copy)]
struct Stack {
    top: usize,
    room: usize,
}

impl Stack {
    fn here(room: usize) -> Stack {
        let marker = 0u8;
        Stack { top: std::ptr::from_ref(&marker) as usize, room }
    }

    fn is_used_up(&self) -> bool {
        let marker = 0u8;
        self.top.saturating_sub(std::ptr::from_ref(&marker) as usize) > self.room
    }
}

/// Memory is taken only as it is touched; a machine that grants less gets less, and the guard knows.
const STACKS: [usize; 3] = [512 << 20, 64 << 20, 8 << 20];
/// What is kept for the deepest single expression and whatever the world does.
const RESERVE: usize = 3 << 20;

/// Evaluates on a thread with a large stack and waits for it.
pub(super) fn on_big_stack<'l, T: Send>(
    lowered: &'l Lowered,
    world: &'l dyn World,
    root: &Root,
    work: impl FnOnce(&mut Eval<'l>) -> Result<T, Stop> + Send,
) -> Result<T, Stop> {
    // Handed over through a cell, because a failed start must not lose it.
    let work = std::sync::Mutex::new(Some(work));
    let work = &work;
    std::thread::scope(|scope| {
        for size in STACKS {
            let spawned = std::thread::Builder::new()
                .name(String::from("evaluate"))
                .stack_size(size)
                .spawn_scoped(scope, move || {
                    let work = work.lock().ok().and_then(|mut w| w.take());
                    let mut eval = Eval::new(lowered, world, root, size - RESERVE);
                    match work {
                        Some(work) => work(&mut eval),
                        None => Err(internal("nothing to evaluate").into_stop()),
                    }
                });
            if let Ok(thread) = spawned {
                return thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        }
        let message = "there is not enough memory for a thread that evaluates the program";
        Err(Failure::new(ErrorKind::Transient, runtime::E1011, message).into())
    })
}

trait IntoStop {
    fn into_stop(self) -> Stop;
}

impl IntoStop for Box<Failure> {
    fn into_stop(self) -> Stop {
        Stop::Failed(self)
    }
}

/// Something that the checker should have made impossible.
fn internal(message: impl Into<String>) -> Box<Failure> {
    Box::new(Failure::new(ErrorKind::Bug, runtime::E1022, message))
}

/// Data or an argument that is wrong.
fn wrong(code: crate::diagnostics::Code, message: impl Into<String>) -> Box<Failure> {
    Box::new(Failure::new(ErrorKind::Verification, code, message))
}

impl<'l> Eval<'l> {
    fn new(lowered: &'l Lowered, world: &'l dyn World, root: &Root, room: usize) -> Eval<'l> {
        Eval {
            lowered,
            world,
            stop: None,
            carried: Value::Nothing,
            path: Path::new(&root.path),
            cancel: root.cancel.clone(),
            whole: true,
            undos: Vec::new(),
            evidence: Vec::new(),
            stack: Stack::here(room),
            ticks: 0,
            answers_calls: world.answers_calls(),
            scratch: String::new(),
        }
    }

    /// Another evaluation from here: of a predicate, of a branch on a thread of its own.
    fn apart(&self, stack: Stack) -> Eval<'l> {
        Eval {
            lowered: self.lowered,
            world: self.world,
            stop: None,
            carried: Value::Nothing,
            path: self.path.clone(),
            cancel: self.cancel.clone(),
            whole: self.whole,
            undos: Vec::new(),
            evidence: Vec::new(),
            stack,
            ticks: 0,
            answers_calls: self.answers_calls,
            scratch: String::new(),
        }
    }

    /// The call that a run consists of.
    pub(super) fn start(&mut self, id: CallableId, args: Vec<Value>) -> Result<Value, Stop> {
        let callable = &self.lowered.callables[id.0 as usize];
        let mut frame = args;
        frame.resize(callable.locals as usize, Value::Nothing);
        let value = self.body(callable, &mut frame);
        self.finish(value)
    }

    /// What a whole evaluation ends with, after undoing what is to be undone.
    pub(super) fn finish(&mut self, value: Outcome) -> Result<Value, Stop> {
        match value {
            Ok(value) => Ok(value),
            Err(exit) => {
                let stop = self.stop_of(exit);
                Err(self.undo_since(0, stop))
            }
        }
    }

    /// The stop of an exit that reached the end of a body.
    pub(super) fn stop_of(&mut self, exit: Exit) -> Stop {
        match (exit, self.stop.take()) {
            (Exit::Stop, Some(stop)) => stop,
            _ => internal("control left the body that it belongs to").into_stop(),
        }
    }

    pub(super) fn judge(&self) -> Judge<'l> {
        Judge { lowered: self.lowered, world: self.world, stack: self.stack }
    }

    fn stopped(&mut self, stop: Stop) -> Exit {
        self.stop = Some(stop);
        Exit::Stop
    }

    fn fail(&mut self, mut failure: Box<Failure>, span: Span) -> Exit {
        failure.span.get_or_insert(span);
        self.stopped(Stop::Failed(failure))
    }

    /// The world's answer; its failures point here unless they point somewhere already.
    fn answered<T>(&mut self, answer: Result<T, Stop>, span: Span) -> Outcome<T> {
        answer.map_err(|stop| match stop {
            Stop::Failed(failure) => self.fail(failure, span),
            other => self.stopped(other),
        })
    }

    fn at(&self, path: String, span: Span) -> At {
        At { path, span, cancel: self.cancel.clone() }
    }

    fn at_site(&self, site: &Site, attempt: u32) -> At {
        self.at(self.path.site(site, attempt), site.span)
    }

    /// Called at every turn of a loop and every call: looks now and then whether somebody wants this to end.
    #[inline]
    fn tick(&mut self) -> Outcome<()> {
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks & 0x3ff == 0 { self.look_around() } else { Ok(()) }
    }

    #[cold]
    fn look_around(&mut self) -> Outcome<()> {
        if !self.cancel.is_cancelled() {
            return Ok(());
        }
        let stop = if self.whole { Stop::Interrupted } else { Stop::Cancelled };
        Err(self.stopped(stop))
    }

    #[inline]
    fn deeper(&mut self, span: Span) -> Outcome<()> {
        match self.stack.is_used_up() {
            false => Ok(()),
            true => Err(self.too_deep(span)),
        }
    }

    #[cold]
    fn too_deep(&mut self, span: Span) -> Exit {
        let failure = Failure::new(ErrorKind::Verification, runtime::E1011, "calls nest too deeply here");
        self.fail(Box::new(failure.help("put some of the functions that call each other into one")), span)
    }

    pub(super) fn eval(&mut self, node: &'l Node, frame: &mut [Value]) -> Outcome {
        match node {
            Node::Const(value) => Ok(value.clone()),
            Node::Local(slot) => Ok(frame[*slot as usize].clone()),
            Node::Global(id) => self.constant(*id).map_err(|failure| self.stopped(Stop::Failed(failure))),
            Node::Text(parts) => self.text(parts, frame),
            Node::List(parts) => self.list(parts, frame),
            Node::Map(node) => self.map(node, frame),
            Node::Record(node) => {
                let fields = self.fields(node.layout.names.len(), &node.fields, frame)?;
                Ok(Value::Record(Arc::new(Record { layout: node.layout.clone(), fields })))
            }
            Node::Variant(node) => {
                let count = node.layout.variants[node.index as usize].fields.names.len();
                let fields = self.fields(count, &node.fields, frame)?;
                Ok(Value::Variant(Arc::new(Variant {
                    layout: node.layout.clone(),
                    index: node.index,
                    fields,
                })))
            }
            Node::Range(node) => {
                let (start, end) = (self.int(&node.start, frame)?, self.int(&node.end, frame)?);
                Ok(Value::Range(Arc::new(crate::value::Range { start, end, inclusive: node.inclusive })))
            }
            Node::Function(id) => Ok(Value::Function(id.0)),
            Node::Field(node) => self.field(node, frame),
            Node::Index(pair) => self.index(pair, frame),
            Node::Len(_) => Ok(Value::Int(self.int(node, frame)?)),
            Node::Call(node) => self.call(node, frame),
            Node::Method(node) => self.method(node, frame),
            Node::Higher(node) => self.higher(node, frame),
            Node::Parse(node) => {
                let text = self.eval(&node.value, frame)?;
                Ok(Value::optional(text.as_text().and_then(|text| self.parse(&node.ty, text).ok())))
            }
            Node::FromJson(node) => match self.eval(&node.value, frame)? {
                Value::Json(json) => {
                    let read = self.decode(&node.ty, &json, crate::value::json::Mode::Strict);
                    Ok(Value::optional(read.ok()))
                }
                other => Err(self.fail(crate::value::methods::impossible("Json", &other), Span::default())),
            },
            Node::IntAdd(_) | Node::IntSub(_) | Node::IntMul(_) | Node::IntRem(_) | Node::IntNegate(_) => {
                Ok(Value::Int(self.int(node, frame)?))
            }
            Node::FloatAdd(_)
            | Node::FloatSub(_)
            | Node::FloatMul(_)
            | Node::FloatDiv(_)
            | Node::FloatNegate(_)
            | Node::Widen(_) => Ok(Value::Float(self.float(node, frame)?)),
            Node::IntLt(_)
            | Node::IntLe(_)
            | Node::IntEq(_)
            | Node::IntNe(_)
            | Node::FloatLt(_)
            | Node::FloatLe(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Not(_)
            | Node::Equal(_)
            | Node::Less(_)
            | Node::LessEqual(_)
            | Node::In(_)
            | Node::Matches(_)
            | Node::MatchesValue(_) => Ok(Value::Bool(self.test(node, frame)?)),
            Node::Arithmetic(node) => self.arithmetic(node, frame),
            Node::Coalesce(pair) => match self.eval(&pair.0, frame)? {
                Value::None => self.eval(&pair.1, frame),
                value => Ok(value),
            },
            Node::Convert(node) => self.convert(node, frame),
            Node::Seq(nodes) => {
                let Some((last, rest)) = nodes.split_last() else { return Ok(Value::Nothing) };
                for node in rest {
                    self.exec(node, frame)?;
                }
                self.eval(last, frame)
            }
            Node::Set(_) | Node::SetInt(_) => {
                self.exec(node, frame)?;
                Ok(Value::Nothing)
            }
            Node::Bind(node) => self.bind(node, frame),
            Node::Append(node) => self.append(node, frame),
            Node::Place(node) => self.place(node, frame),
            Node::If(node) => match self.test(&node.condition, frame)? {
                true => self.eval(&node.then, frame),
                false => self.eval(&node.otherwise, frame),
            },
            Node::Match(node) => self.choose(node, frame),
            Node::For(node) => self.for_each(node, frame),
            Node::Repeat(node) => self.repeat(node, frame),
            Node::Return(value) => {
                self.carried = self.eval(value, frame)?;
                Err(Exit::Return)
            }
            Node::Break(value) => {
                self.carried = self.eval(value, frame)?;
                Err(Exit::Break)
            }
            Node::Continue => Err(Exit::Continue),
            Node::Try(node) => self.attempt(node, frame),
            Node::Ensure(node) => self.ensure(node, frame),
            Node::Fail(node) => self.fail_node(node, frame),
            Node::Wait(node) => self.wait(node, frame),
            Node::Say(node) => self.say(node, frame),
            Node::Effect(node) => self.effect(node, frame),
            Node::Run(node) => self.run(node, frame),
            Node::Ask(node) => self.ask(node, frame),
            Node::Gate(node) => self.gate(node, frame),
            Node::Step(node) => self.step(node, frame),
            Node::Parallel(node) => self.parallel(node, frame),
            Node::ParallelFor(node) => self.parallel_for(node, frame),
            Node::Broken(what) => {
                let failure = internal(format!("the program has {} here", what.0));
                Err(self.fail(failure, what.1))
            }
        }
    }

    /// For whoever does not look at the value.
    pub(super) fn exec(&mut self, node: &'l Node, frame: &mut [Value]) -> Outcome<()> {
        match node {
            Node::SetInt(set) => {
                let n = self.int(&set.1, frame)?;
                match &mut frame[set.0 as usize] {
                    // Nothing is to be dropped here.
                    Value::Int(old) => *old = n,
                    other => *other = Value::Int(n),
                }
                Ok(())
            }
            Node::Set(set) => {
                let value = self.eval(&set.1, frame)?;
                frame[set.0 as usize] = value;
                Ok(())
            }
            Node::Seq(nodes) => {
                for node in nodes {
                    self.exec(node, frame)?;
                }
                Ok(())
            }
            Node::If(node) => match self.test(&node.condition, frame)? {
                true => self.exec(&node.then, frame),
                false => self.exec(&node.otherwise, frame),
            },
            Node::Const(_) => Ok(()),
            other => self.eval(other, frame).map(drop),
        }
    }

    fn list(&mut self, parts: &'l [ListPart], frame: &mut [Value]) -> Outcome {
        let mut items = Vec::with_capacity(parts.len());
        for part in parts {
            match (self.eval(&part.value, frame)?, part.spread) {
                (Value::List(more), true) => items.extend_from_slice(&more),
                (value, _) => items.push(value),
            }
        }
        Ok(Value::list(items))
    }

    fn map(&mut self, node: &'l (Vec<(Node, Node)>, Span), frame: &mut [Value]) -> Outcome {
        let mut entries = Map::with_capacity(node.0.len());
        for (key, value) in &node.0 {
            let key = match self.eval(key, frame)? {
                Value::Text(text) => text,
                other => Text::from(other.to_string()),
            };
            let value = self.eval(value, frame)?;
            entries.insert(key, value);
        }
        Ok(Value::map(entries))
    }

    /// The fields of a record in its order; what was not written is `none`.
    fn fields(&mut self, count: usize, nodes: &'l [(u32, Node)], frame: &mut [Value]) -> Outcome<Vec<Value>> {
        if nodes.len() == count && nodes.iter().enumerate().all(|(i, (index, _))| i == *index as usize) {
            let mut fields = Vec::with_capacity(count);
            for (_, node) in nodes {
                fields.push(self.eval(node, frame)?);
            }
            return Ok(fields);
        }
        let mut fields = vec![Value::None; count];
        for (index, node) in nodes {
            fields[*index as usize] = self.eval(node, frame)?;
        }
        Ok(fields)
    }

    fn field(&mut self, node: &'l FieldNode, frame: &mut [Value]) -> Outcome {
        if let Some(base) = peek(&node.base, frame) {
            return match part(base, node) {
                Some(value) => Ok(value.clone()),
                None => self.no_field(base.clone(), node),
            };
        }
        let base = self.eval(&node.base, frame)?;
        match part(&base, node) {
            Some(value) => Ok(value.clone()),
            None => self.no_field(base, node),
        }
    }

    fn no_field(&mut self, base: Value, node: &FieldNode) -> Outcome {
        if node.optional && matches!(base, Value::None) {
            return Ok(Value::None);
        }
        let failure = internal(format!("{} has no field `{}`", base.kind(), node.name));
        Err(self.fail(failure, node.span))
    }

    fn index(&mut self, pair: &'l Pair, frame: &mut [Value]) -> Outcome {
        let base = self.eval(&pair.left, frame)?;
        if let Value::Map(entries) = &base {
            let key = self.eval(&pair.right, frame)?;
            let Some(key) = key.as_text() else {
                return Err(self.fail(crate::value::methods::impossible("a text", &key), pair.span));
            };
            return match entries.get(key) {
                Some(value) => Ok(value.clone()),
                None => Err(self.no_key(key, entries, pair.span)),
            };
        }
        let index = self.int(&pair.right, frame)?;
        match &base {
            Value::List(items) => match usize::try_from(index).ok().and_then(|i| items.get(i)) {
                Some(item) => Ok(item.clone()),
                None => Err(self.no_item(index, items.len(), pair.span)),
            },
            other => Err(self.fail(internal(format!("{} has no items", other.kind())), pair.span)),
        }
    }

    #[cold]
    fn no_item(&mut self, index: i64, len: usize, span: Span) -> Exit {
        let message = match len {
            0 => format!("there is no item {index} in an empty list"),
            _ => format!("there is no item {index} in a list of {len}"),
        };
        let failure = Failure::new(ErrorKind::Verification, runtime::E1001, message);
        let failure = match len {
            0 => failure,
            _ => failure.label(format!("its items are 0 to {}", len - 1)),
        };
        self.fail(Box::new(failure.help("`get(i)` gives `none` where there is no such item")), span)
    }

    #[cold]
    fn no_key(&mut self, key: &str, entries: &Map, span: Span) -> Exit {
        let near = crate::diagnostics::did_you_mean(key, entries.keys().map(Text::as_str));
        let message = format!("there is no key {} in the map", crate::value::quote(key));
        let mut failure = Failure::new(ErrorKind::Verification, runtime::E1007, message);
        if let Some(near) = near {
            failure = failure.help(format!("did you mean {}?", crate::value::quote(near)));
        }
        self.fail(Box::new(failure.help("`get(key)` gives `none` where there is no such key")), span)
    }

    fn convert(&mut self, node: &'l ConvertNode, frame: &mut [Value]) -> Outcome {
        let value = self.eval(&node.value, frame)?;
        let judge = self.judge();
        match node.convert.apply(value, &judge) {
            Ok(value) => Ok(value),
            Err(mismatches) => Err(self.fail(unfit(&mismatches), node.span)),
        }
    }

    /// A constant, evaluated at its first use. Several threads may do so at once; they come to the same value.
    pub(super) fn constant(&self, id: ConstId) -> Result<Value, Box<Failure>> {
        let code = &self.lowered.consts[id.0 as usize];
        if let Some(known) = code.value.get() {
            return known.clone();
        }
        let mut eval = self.apart(self.stack);
        let mut frame = vec![Value::Nothing; code.locals as usize];
        let value = match eval.eval(&code.node, &mut frame) {
            Ok(value) => Ok(value),
            Err(exit) => match eval.stop_of(exit) {
                Stop::Failed(failure) => Err(failure),
                _ => return Err(internal("a constant was stopped")),
            },
        };
        code.value.get_or_init(|| value).clone()
    }

    /// An agent's settings, evaluated.
    pub(super) fn agent(&mut self, id: crate::check::AgentId) -> Result<AgentSettings, Box<Failure>> {
        let node = &self.lowered.agents[id.0 as usize];
        let mut frame = vec![Value::Nothing; node.locals as usize];
        let mut settings = AgentSettings { name: node.name.to_string(), ..AgentSettings::default() };
        for (key, value, span) in &node.settings {
            let value = match self.eval(value, &mut frame) {
                Ok(value) => value,
                Err(exit) => {
                    return Err(match self.stop_of(exit) {
                        Stop::Failed(failure) => failure,
                        _ => internal("an agent's setting was stopped"),
                    });
                }
            };
            let text = || Some(value.to_string());
            let texts = || match &value {
                Value::List(items) => items.iter().map(ToString::to_string).collect(),
                one => vec![one.to_string()],
            };
            match &**key {
                "system" => settings.system = text(),
                "model" => settings.model = text(),
                "provider" => settings.provider = text(),
                "context" => settings.context = texts(),
                "tools" => settings.tools = texts(),
                "max_turns" => settings.max_turns = value.as_int(),
                "max_tokens" => settings.max_tokens = value.as_int(),
                "temperature" => settings.temperature = value.as_float(),
                "max_cost" => settings.max_cost = value.as_float(),
                other => {
                    let mut failure = internal(format!("an agent has no setting `{other}`"));
                    failure.span = Some(*span);
                    return Err(failure);
                }
            }
        }
        Ok(settings)
    }
}

/// The failure of a value that does not fit where it goes.
fn unfit(mismatches: &[Mismatch]) -> Box<Failure> {
    let failure = Failure::new(ErrorKind::Verification, runtime::E1004, String::new());
    Box::new(match mismatches {
        [one] if one.path == "$" => Failure { message: one.message.clone(), ..failure },
        [one] => Failure { message: format!("{} (at `{}`)", one.message, one.path), ..failure },
        many => Failure {
            message: format!("the value breaks its type in {} places", many.len()),
            notes: many.iter().map(Mismatch::to_string).collect(),
            ..failure
        },
    })
}

/// A value that can be looked at where it is, so that nothing has to be counted up and down.
#[inline]
fn peek<'f>(node: &'f Node, frame: &'f [Value]) -> Option<&'f Value> {
    match node {
        Node::Local(slot) => frame.get(*slot as usize),
        Node::Const(value) => Some(value),
        Node::Field(field) => part(peek(&field.base, frame)?, field),
        _ => None,
    }
}

/// The field of a record, where it is expected or, in a structural record of another order, by its name.
#[inline]
fn part<'v>(base: &'v Value, node: &FieldNode) -> Option<&'v Value> {
    let Value::Record(record) = base else { return None };
    let index = node.index as usize;
    if record.layout.def.is_some() || record.layout.names.get(index).is_some_and(|n| **n == *node.name) {
        return record.fields.get(index);
    }
    record.fields.get(record.layout.index_of(&node.name)?)
}

/// Answers for whoever checks a value: evaluates predicates, knows the roles.
pub(super) struct Judge<'l> {
    lowered: &'l Lowered,
    world: &'l dyn World,
    stack: Stack,
}

impl Predicates for Judge<'_> {
    fn holds(&self, predicate: PredicateId, value: &Value) -> Result<bool, Box<Failure>> {
        let Some(code) = self.lowered.predicates.get(predicate.0 as usize) else {
            return Err(internal("a refinement without its predicate"));
        };
        let mut eval = Eval::new(self.lowered, self.world, &Root::default(), 0);
        eval.stack = self.stack;
        let mut frame = vec![Value::Nothing; code.locals as usize];
        frame[0] = value.clone();
        match eval.test(&code.node, &mut frame) {
            Ok(holds) => Ok(holds),
            Err(exit) => Err(match eval.stop_of(exit) {
                Stop::Failed(failure) => failure,
                _ => internal("a predicate was stopped"),
            }),
        }
    }

    fn is_role(&self, name: &str) -> bool {
        self.world.is_role(name)
    }
}

/// Names the value in a message.
fn shown(value: &Value) -> String {
    short(value)
}
