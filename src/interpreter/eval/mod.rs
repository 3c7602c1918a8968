//! The walk over the lowered tree.
//!
//! [`Eval`] is one thread of evaluation: where it is, what is to be undone, which evidence there is. Every node gives
//! a value or an [`Exit`]; what an exit carries (a value of `break` or `return`, a [`Stop`]) waits in the `Eval`, so
//! that results stay two registers wide.

mod access;
mod arithmetic;
mod ask;
mod assign;
mod attempt;
mod call;
mod control;
mod converse;
mod effects;
mod gate;
pub mod labels;
mod method;
mod numbers;
mod parallel;
mod path;
mod patterns;
mod run;
mod settled;
mod stack;
mod step;
mod text;

#[cfg(test)]
mod tests;

pub(super) use patterns::matches;
pub(super) use stack::on_big_stack;

use access::peek;
use stack::{RESERVE, Stack};

use super::lowered::Lowered;
use super::node::*;
use super::world::{At, Because, CancelToken, Passed, Stop, World};
use crate::check::CallableId;
use crate::diagnostics::{ErrorKind, Failure, codes::runtime};
use crate::source::Span;
use crate::value::json::Mismatch;
use crate::value::{Record, Value, Variant, short};
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
    /// Where the branch is that this evaluates; empty for the whole.
    branch: String,
    undos: Vec<step::Undo<'l>>,
    /// The gates that count here: passed before, in this turn of a loop, not in another branch.
    passed: Passed,
    /// The branches around the calls that led here which an untrusted value has decided.
    because: Because,
    /// The values of the steps so far, by their place.
    evidence: Vec<(String, Json)>,
    stack: Stack,
    ticks: u32,
    /// How often it may still look around before it gives up; none: without end.
    patience: Option<u32>,
    /// Whether the world answers calls of tasks.
    answers_calls: bool,
    /// Whether it has something to say about them.
    watches_calls: bool,
    /// Room for making text.
    scratch: String,
}

trait IntoStop {
    fn into_stop(self) -> Stop;
}

impl IntoStop for Box<Failure> {
    fn into_stop(self) -> Stop {
        Stop::Failed(self)
    }
}

/// What was decided around, and here.
fn both(outer: &Because, here: &Because) -> Because {
    match (outer, here) {
        (None, one) | (one, None) => one.clone(),
        (Some(outer), Some(here)) => {
            let new = here.iter().filter(|place| !outer.contains(place));
            Some(outer.iter().chain(new).cloned().collect())
        }
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
            branch: String::new(),
            undos: Vec::new(),
            passed: Passed::default(),
            because: None,
            evidence: Vec::new(),
            stack: Stack::here(room),
            ticks: 0,
            patience: None,
            answers_calls: world.answers_calls(),
            watches_calls: world.watches_calls(),
            scratch: String::new(),
        }
    }

    /// One that gives up after so many thousand turns of loops and calls.
    pub(super) fn apart_from_all(
        lowered: &'l Lowered,
        world: &'l dyn World,
        root: &Root,
        room: usize,
        patience: u32,
    ) -> Eval<'l> {
        Eval { patience: Some(patience), ..Eval::new(lowered, world, root, room) }
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
            branch: self.branch.clone(),
            undos: Vec::new(),
            passed: Arc::clone(&self.passed),
            because: self.because.clone(),
            evidence: Vec::new(),
            stack,
            ticks: 0,
            patience: self.patience,
            answers_calls: self.answers_calls,
            watches_calls: self.watches_calls,
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
                match self.stop_of(exit) {
                    // Somebody has to say first what happened; the run goes on from there.
                    Stop::Failed(failure) if failure.kind == ErrorKind::InDoubt => Err(Stop::Failed(failure)),
                    stop => Err(self.undo_since(0, stop, true)),
                }
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
        At {
            path,
            span,
            cancel: self.cancel.clone(),
            passed: Arc::clone(&self.passed),
            because: self.because.clone(),
        }
    }

    fn at_site(&self, site: &Site, attempt: u32) -> At {
        At {
            because: both(&self.because, &site.because),
            ..self.at(self.path.site(site, attempt), site.span)
        }
    }

    /// Called at every turn of a loop and every call: looks now and then whether somebody wants this to end.
    #[inline]
    fn tick(&mut self) -> Outcome<()> {
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks & 0x3ff == 0 { self.look_around() } else { Ok(()) }
    }

    #[cold]
    fn look_around(&mut self) -> Outcome<()> {
        if let Some(left) = &mut self.patience {
            match left.checked_sub(1) {
                Some(less) => *left = less,
                None => return Err(self.stopped(Stop::Interrupted)),
            }
        }
        if !self.cancel.is_cancelled() {
            return Ok(());
        }
        if !self.whole && self.world.is_on_record(&self.branch) {
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

    fn convert(&mut self, node: &'l ConvertNode, frame: &mut [Value]) -> Outcome {
        let value = self.eval(&node.value, frame)?;
        let judge = self.judge();
        match node.convert.apply(value, &judge) {
            Ok(value) => Ok(value),
            Err(mismatches) => Err(self.fail(unfit(&mismatches), node.span)),
        }
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

/// Names the value in a message.
fn shown(value: &Value) -> String {
    short(value)
}
