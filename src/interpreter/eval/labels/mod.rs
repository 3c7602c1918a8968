//! Evaluation that knows of every value where it came from.
//!
//! The checker proves that untrusted values stay data (`check/origins`). This walk is the judge of that proof: it goes
//! over the same lowered tree as `Eval` and asks the same [`World`], but each value, down to the fields of records,
//! items of lists and values of maps, carries a [`Label`], and whoever watches is told of every value that arrives
//! where not every value may. Labels are made from what happens, value by value; nothing is asked of the checker.
//!
//! **Why a walk of its own.** A value is 16 bytes and an evaluation's result two registers wide; a label in there, or a
//! type parameter through all of `eval/`, would cost every run something and every build the whole interpreter twice.
//! A second walk costs a run nothing. It shares with the first whatever makes or reads values: built-in methods,
//! operators, JSON, answers, the forms of requests, paths. What it has of its own is the order of evaluation, and
//! `tests/soundness` holds both against each other: the same requests under the same paths, and the same end.
//!
//! **What a label says.** The rules are those of the language reference, applied to the one execution that there is:
//! - A value is as its source says; what is computed from several is as the worst of them.
//! - As one *word* it may be less: a text that does no harm as a word ([`harmless`], of this very text), yes or no, a
//!   number without a sign, a choice of what the file spells out. Texts beside each other are no worse words than their
//!   pieces, as long as the file says how many pieces there are: a place that puts together again what it has put
//!   together itself spells, as do methods on texts.
//! - What an untrusted value decides is *chosen*: variables assigned under it, values of branches, of loops, of what is
//!   left early, of what is picked by it. Once more: as one word it is what it was.
//! - Approved, vouched for, one of a trusted list, equal to what is trusted: as designed.
//! - After an untrusted value was written or handed to a command, what is read is untrusted, unless the policy trusts it.
//!
//! Branches of `parallel` run one after the other here. Nothing is cancelled and nobody interrupts.

mod control;
mod effects;
mod exprs;
mod gate;
mod label;
mod methods;
mod operators;
mod run;
mod step;
mod tree;
mod value;

pub use label::{Label, Level, Way, harmless};

use super::path::Path;
use super::stack::Stack;
use super::{Eval, Exit, Root};
use crate::check::CallableId;
use crate::interpreter::lowered::{CallableCode, Lowered};
use crate::interpreter::node::{Node, Slot};
use crate::interpreter::world::{At, RunRequest, Stop, World};
use crate::policy::Trust;
use crate::source::Span;
use crate::value::Value;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use value::Labelled;

type Outcome<T = Labelled> = Result<T, Exit>;

/// What the thread of a labelled evaluation has to have at least.
const ROOM: usize = 12 << 20;

/// Where one value arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    Path,
    /// The name of a variable or a secret.
    Variable,
    /// What an AI is told to do.
    Instructions,
    Question,
    Criterion,
    Reason,
}

/// The labels of a command's parts.
#[derive(Debug, Clone)]
pub struct RunLabels {
    /// Of each interpolation: the number of its word, and what it is.
    pub words: Vec<(usize, Label, String)>,
    pub dir: Option<Label>,
    pub env: Vec<(String, Label)>,
    pub stdin: Option<Label>,
    /// Whether an untrusted value has decided that the command runs.
    pub decided: bool,
}

/// Is told what arrives where, and says what the policy does.
pub trait Watch {
    /// A command is about to be asked for.
    fn run(&self, at: &At, request: &RunRequest, labels: &RunLabels);
    fn arrives(&self, sink: Sink, span: Span, text: &str, label: &Label);
    fn trust(&self, request: &RunRequest) -> Trust;
    fn trust_file(&self, path: &str) -> Trust;
}

/// One labelled evaluation.
struct Walk<'e, 'l> {
    eval: &'e mut Eval<'l>,
    watch: &'e dyn Watch,
    /// Of [`Exit::Break`] and [`Exit::Return`].
    carried: Labelled,
    undos: Vec<step::Undo<'l>>,
    /// The untrusted value that has decided that this is executed.
    control: Option<Rc<Way>>,
    /// The same of what was, or could have been, left early: it holds to the end of the body.
    left: Option<Rc<Way>>,
    /// How many branches around, callers' as well, an untrusted value has decided.
    inside: u32,
    /// The worst that was evaluated since the nearest `try`.
    met: Label,
    /// An untrusted value has left the program.
    files: Option<Rc<Way>>,
    /// The loops that are going on, the innermost last; the first `inner` belong to callers.
    loops: Vec<u64>,
    started: u64,
    /// The calls that led here, as one number.
    calls: u64,
    /// Variables as they were assigned.
    assigned: Vec<Slot>,
    bodies: HashMap<*const CallableCode, Rc<Body>>,
    body: Rc<Body>,
}

/// What a body's text says.
#[derive(Default)]
struct Body {
    /// Assigned more than where they are declared.
    variables: HashSet<Slot>,
    returns: bool,
}

impl Lowered {
    /// Calls a workflow with arguments that all have this level, and tells what arrives where. Evaluates on the thread
    /// that calls, which has a stack of 16 MiB or more.
    pub fn run_labelled(
        &self,
        id: CallableId,
        args: Vec<Value>,
        level: Level,
        world: &dyn World,
        watch: &dyn Watch,
        root: &Root,
    ) -> Result<Value, Stop> {
        let mut eval = Eval::new(self, world, root, ROOM);
        let callable = &self.callables[id.0 as usize];
        let mut walk = Walk {
            eval: &mut eval,
            watch,
            carried: Labelled::literal(Value::Nothing),
            undos: Vec::new(),
            control: None,
            left: None,
            inside: 0,
            met: Label::literal(),
            files: None,
            loops: Vec::new(),
            started: 0,
            calls: 0,
            assigned: Vec::new(),
            bodies: HashMap::new(),
            body: Rc::default(),
        };
        let span = Span::default();
        let label = Label::new(level, walk.way(span, "given when the run is started", None));
        let mut frame: Vec<Labelled> = args.into_iter().map(|v| Labelled::fresh(v, &label)).collect();
        frame.resize(callable.locals as usize, Labelled::literal(Value::Nothing));
        let value = walk.callable(callable, &mut frame);
        walk.finish(value)
    }
}

impl<'l> Walk<'_, 'l> {
    fn finish(&mut self, value: Outcome) -> Result<Value, Stop> {
        match value {
            Ok(value) => Ok(value.plain()),
            Err(exit) => match self.eval.stop_of(exit) {
                Stop::Failed(failure) if failure.kind == crate::diagnostics::ErrorKind::InDoubt => {
                    Err(Stop::Failed(failure))
                }
                stop => Err(self.undo_since(0, stop, true)),
            },
        }
    }

    /// Runs a body in its frame; `return` ends here.
    fn callable(&mut self, callable: &'l CallableCode, frame: &mut [Labelled]) -> Outcome {
        let body = match self.bodies.get(&std::ptr::from_ref(callable)) {
            Some(known) => known.clone(),
            None => {
                let body = Rc::new(Body {
                    variables: tree::variables(&callable.body),
                    returns: tree::returns(&callable.body),
                });
                self.bodies.insert(callable, body.clone());
                body
            }
        };
        let inside = self.inside;
        self.inside += u32::from(self.left.is_some());
        let outer = (
            std::mem::replace(&mut self.body, body),
            self.control.take(),
            self.left.take(),
            std::mem::take(&mut self.assigned),
        );
        let result = match self.eval(&callable.body, frame) {
            Err(Exit::Return) => Ok(std::mem::replace(&mut self.carried, Labelled::literal(Value::Nothing))),
            Ok(value) if self.body.returns => Ok(self.decided(value)),
            other => other,
        };
        (self.body, self.control, self.left, self.assigned) = outer;
        self.inside = inside;
        result
    }

    fn way(&self, span: Span, what: &'static str, before: Option<&Rc<Way>>) -> Option<Rc<Way>> {
        Some(Rc::new(Way { span, what, before: before.cloned() }))
    }

    fn label(&self, level: Level, span: Span, what: &'static str, before: Option<&Rc<Way>>) -> Label {
        Label::new(level, self.way(span, what, before))
    }

    /// Whether a turn that a label speaks of still goes on.
    fn choose(&self, value: &Labelled, by: &Rc<Way>) -> Labelled {
        value.chosen(by, &|turn| self.loops.contains(&turn))
    }

    /// Chosen by `by`, if that is untrusted.
    fn select(&self, value: Labelled, by: &Label) -> Labelled {
        match (&by.way, by.untrusted()) {
            (Some(way), true) => self.choose(&value, way),
            _ => value,
        }
    }

    /// Chosen by what has decided that this is executed.
    fn decided(&self, value: Labelled) -> Labelled {
        match self.control.as_ref().or(self.left.as_ref()) {
            Some(way) => self.choose(&value, way),
            None => value,
        }
    }

    fn assign(&mut self, slot: Slot, value: Labelled, frame: &mut [Labelled]) {
        let value = match self.body.variables.contains(&slot) {
            true => self.decided(value),
            false => value,
        };
        self.assigned.push(slot);
        frame[slot as usize] = value;
    }

    /// Evaluates under what `by` has decided. `parts` are all that could have been chosen.
    fn under<T>(&mut self, by: &Label, parts: &[&'l Node], work: impl FnOnce(&mut Self) -> T) -> T {
        let outer = (self.control.clone(), self.inside);
        if by.untrusted() {
            self.inside += 1;
            self.control = self.control.take().or(by.way.clone());
            if parts.iter().any(|part| tree::leaves(part)) {
                self.left = self.left.take().or(by.way.clone());
            }
        }
        let out = work(self);
        (self.control, self.inside) = outer;
        out
    }

    fn meet(&mut self, label: &Label) {
        if label.level > self.met.level {
            self.met = label.clone();
        }
    }

    fn frame(frame: &[Labelled]) -> Vec<Value> {
        frame.iter().map(Labelled::plain).collect()
    }

    fn path(&mut self) -> &mut Path<'l> {
        &mut self.eval.path
    }

    /// The number of a place with the calls around it.
    fn place<T>(&self, node: &T) -> u64 {
        let at = std::ptr::from_ref(node) as usize as u64;
        (self.calls ^ at).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23) ^ at
    }

    fn small_stack() -> Stack {
        Stack::here(1 << 20)
    }
}
