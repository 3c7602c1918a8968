//! The lowered program, and what others ask of it: run a callable, read its arguments, evaluate a test's parts.

use super::eval::{Eval, Root};
use super::lower::lower;
use super::node::{AgentNode, Node, Pat};
use super::pure::PureWorld;
use super::world::{AgentSettings, Stop, World};
use crate::check::{AgentId, CallableId, ConstId, ModuleId, Program, Signature};
use crate::diagnostics::{ErrorKind, Failure, codes::runtime, did_you_mean};
use crate::source::SourceMap;
use crate::syntax::ast::NodeId;
use crate::types::TypeDefs;
use crate::value::answer::{self, Reading};
use crate::value::json::{Decoder, Mismatch, Mode, TooDeep, encode};
use crate::value::{Layouts, Value, parse};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// A program ready to be evaluated, by several threads at once if need be.
#[derive(Debug)]
pub struct Lowered {
    pub(super) callables: Vec<CallableCode>,
    pub(super) consts: Vec<ConstCode>,
    pub(super) agents: Vec<AgentNode>,
    pub(super) predicates: Vec<PredicateCode>,
    /// Expressions and statements of tests, by their id.
    pub(super) tests: HashMap<(ModuleId, NodeId), TestCode>,
    pub(super) defs: Arc<TypeDefs>,
    pub(super) layouts: Layouts,
    pub(super) sources: SourceMap,
}

#[derive(Debug)]
pub(super) struct CallableCode {
    /// Qualified as the started file and its policy call it; at least one.
    pub names: Arc<[Arc<str>]>,
    pub params: u32,
    pub locals: u32,
    pub defaults: Vec<Option<Node>>,
    pub body: Node,
    pub effects: bool,
    /// A `task` or `workflow`.
    pub task: bool,
    pub signature: Arc<Signature>,
}

impl CallableCode {
    /// As messages and tests call it.
    pub fn name(&self) -> &str {
        self.names.first().map_or("", |name| name)
    }
}

#[derive(Debug)]
pub(super) struct ConstCode {
    pub node: Node,
    pub locals: u32,
    /// Evaluated when it is first used.
    pub value: OnceLock<Result<Value, Box<Failure>>>,
}

#[derive(Debug)]
pub(super) struct PredicateCode {
    pub node: Node,
    pub locals: u32,
}

#[derive(Debug)]
pub(super) struct TestCode {
    pub node: Node,
    /// The rows' pattern, for the expression of a table.
    pub pattern: Option<Pat>,
    pub locals: u32,
}

/// Something about one argument: the parameter's name, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentProblem {
    pub name: String,
    pub message: String,
}

/// The arguments of a workflow as they came: JSON, or one text for each flag.
pub enum Given<'a> {
    Json(&'a serde_json::Map<String, Json>),
    Flags(&'a [(String, String)]),
}

impl Lowered {
    /// A checked program without errors. One with errors can be lowered too: what is broken fails when it is reached.
    pub fn new(program: &Program) -> Lowered {
        lower(program)
    }

    pub fn layouts(&self) -> &Layouts {
        &self.layouts
    }

    pub fn defs(&self) -> &Arc<TypeDefs> {
        &self.defs
    }

    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// As the started file calls it: `work.get`, or the name alone.
    pub fn name(&self, id: CallableId) -> &str {
        self.callables[id.0 as usize].name()
    }

    /// Calls a workflow, task or function and undoes what is to be undone. The thread that calls needs no stack of its
    /// own: evaluation gets one.
    pub fn run_callable(
        &self,
        id: CallableId,
        args: Vec<Value>,
        world: &dyn World,
        root: &Root,
    ) -> Result<Value, Stop> {
        super::eval::on_big_stack(self, world, root, move |eval| eval.start(id, args))
    }

    /// A constant's value.
    pub fn constant(
        &self,
        id: ConstId,
        roles: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Value, Box<Failure>> {
        self.purely(roles, move |eval| eval.constant(id))
    }

    /// What an agent is set to.
    pub fn agent_settings(
        &self,
        id: AgentId,
        roles: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<AgentSettings, Box<Failure>> {
        self.purely(roles, move |eval| eval.agent(id))
    }

    /// The arguments of a callable, defaults included; or everything that is wrong with them.
    pub fn arguments(
        &self,
        id: CallableId,
        given: &Given<'_>,
        roles: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Vec<Value>, Vec<ArgumentProblem>> {
        let nothing = match given {
            Given::Json(map) => map.is_empty(),
            Given::Flags(flags) => flags.is_empty(),
        };
        // Most workflows take nothing, and a thread to find that out is not cheap.
        if nothing && self.callables[id.0 as usize].params == 0 {
            return Ok(Vec::new());
        }
        let mut problems = Vec::new();
        let args = self.purely(roles, |eval| {
            let mut frame = eval.frame_of(id);
            problems = eval.read_arguments(id, given, &mut frame);
            frame.truncate(self.callables[id.0 as usize].params as usize);
            Ok(frame)
        });
        match args {
            _ if !problems.is_empty() => Err(problems),
            Ok(args) => Ok(args),
            Err(failure) => Err(vec![ArgumentProblem { name: String::new(), message: failure.message }]),
        }
    }

    /// Those arguments that were given, by the index of their parameter; or everything that is wrong with them.
    pub fn some_arguments(
        &self,
        id: CallableId,
        given: &serde_json::Map<String, Json>,
        roles: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<HashMap<usize, Value>, Vec<ArgumentProblem>> {
        let callable = &self.callables[id.0 as usize];
        let mut problems = self.arguments(id, &Given::Json(given), roles).err().unwrap_or_default();
        let declared = |name: &str| callable.signature.params.iter().any(|p| *p.name == *name);
        problems.retain(|p| given.contains_key(&p.name) || !declared(&p.name));
        if !problems.is_empty() {
            return Err(problems);
        }
        let value = |(i, param): (usize, &crate::check::ParamInfo)| {
            let json = given.get(&*param.name)?;
            Some((i, self.decode(&param.ty, json, Mode::Strict, roles).ok()?))
        };
        Ok(callable.signature.params.iter().enumerate().filter_map(value).collect())
    }

    /// A result's JSON form.
    pub fn result_to_json(&self, value: &Value) -> Result<Json, Box<Failure>> {
        encode(value).map_err(|TooDeep| crate::value::json::too_deep())
    }

    /// A value in the JSON form of the type, strictly: for `result` of a callable answered by a test, and the like.
    pub fn decode(
        &self,
        ty: &crate::types::Type,
        json: &Json,
        mode: Mode,
        roles: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Value, Vec<Mismatch>> {
        let mut out = Err(Vec::new());
        let done = self.purely(roles, |eval| {
            out = eval.decode(ty, json, mode);
            Ok(())
        });
        match done {
            Ok(()) => out,
            Err(failure) => Err(vec![Mismatch { path: String::from("$"), message: failure.message }]),
        }
    }

    /// An AI's answer as a value of the type, or what is wrong with it.
    pub fn read_answer(
        &self,
        ty: &crate::types::Type,
        text: &str,
        strict: bool,
        roles: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Reading, Vec<String>> {
        let mut out = Err(Vec::new());
        let done = self.purely(roles, |eval| {
            out = eval.read_answer(ty, text, strict);
            Ok(())
        });
        match done {
            Ok(()) => out,
            Err(failure) => Err(vec![failure.message]),
        }
    }

    /// Variables of a test, all unset.
    pub fn test_locals(&self, locals: u32) -> Vec<Value> {
        vec![Value::Nothing; locals as usize]
    }

    /// Evaluates an expression or a statement of a test in the test's variables. Calls of tasks and workflows in it
    /// run against the world.
    pub fn evaluate(
        &self,
        module: ModuleId,
        expr: NodeId,
        locals: &mut Vec<Value>,
        world: &dyn World,
        root: &Root,
    ) -> Result<Value, Stop> {
        let code = self.test_code(module, expr)?;
        locals.resize(locals.len().max(code.locals as usize), Value::Nothing);
        super::eval::on_big_stack(self, world, root, |eval| {
            let value = eval.eval(&code.node, locals);
            eval.finish(value)
        })
    }

    /// Binds a row of a test's table: `rows` is the id of the expression of the rows.
    pub fn bind_row(
        &self,
        module: ModuleId,
        rows: NodeId,
        row: Value,
        locals: &mut Vec<Value>,
    ) -> Result<(), Stop> {
        let code = self.test_code(module, rows)?;
        locals.resize(locals.len().max(code.locals as usize), Value::Nothing);
        if let Some(pattern) = &code.pattern
            && !super::eval::matches(pattern, &row, locals)
        {
            let message = String::from("a row of the table does not have the shape of its pattern");
            return Err(Failure::new(ErrorKind::Verification, runtime::E1006, message).into());
        }
        Ok(())
    }

    fn test_code(&self, module: ModuleId, expr: NodeId) -> Result<&TestCode, Stop> {
        self.tests.get(&(module, expr)).ok_or_else(|| {
            let message = String::from("an expression of a test was not lowered");
            Failure::new(ErrorKind::Bug, runtime::E1022, message).into()
        })
    }

    /// Evaluates something that cannot have effects.
    fn purely<T: Send>(
        &self,
        roles: &(dyn Fn(&str) -> bool + Sync),
        work: impl FnOnce(&mut Eval<'_>) -> Result<T, Box<Failure>> + Send,
    ) -> Result<T, Box<Failure>> {
        let world = PureWorld { roles };
        let root = Root::default();
        let done = super::eval::on_big_stack(self, &world, &root, |eval| work(eval).map_err(Stop::Failed));
        done.map_err(|stop| match stop {
            Stop::Failed(failure) => failure,
            _ => Box::new(super::pure::ended()),
        })
    }
}

impl<'l> Eval<'l> {
    pub(super) fn frame_of(&self, id: CallableId) -> Vec<Value> {
        vec![Value::Nothing; self.lowered.callables[id.0 as usize].locals as usize]
    }

    /// Fills the parameters, and says what is wrong with each.
    fn read_arguments(
        &mut self,
        id: CallableId,
        given: &Given<'_>,
        frame: &mut [Value],
    ) -> Vec<ArgumentProblem> {
        let lowered = self.lowered;
        let callable = &lowered.callables[id.0 as usize];
        let params = &callable.signature.params;
        let mut problems = Vec::new();
        let names: Vec<&str> = match given {
            Given::Json(map) => map.keys().map(String::as_str).collect(),
            Given::Flags(flags) => flags.iter().map(|(name, _)| name.as_str()).collect(),
        };
        for name in names {
            if !params.iter().any(|p| *p.name == *name) {
                let mut message = format!("`{}` has no parameter `{name}`", callable.name());
                if let Some(near) = did_you_mean(name, params.iter().map(|p| &*p.name)) {
                    message.push_str(&format!("; did you mean `{near}`?"));
                }
                problems.push(ArgumentProblem { name: name.to_owned(), message });
            }
        }
        for (i, param) in params.iter().enumerate() {
            let read = match given {
                Given::Json(map) => {
                    map.get(&*param.name).map(|json| self.decode(&param.ty, json, Mode::Strict))
                }
                Given::Flags(flags) => {
                    // The last of a flag given twice counts, as programs commonly do.
                    let text = flags.iter().rev().find(|(name, _)| **name == *param.name);
                    text.map(|(_, text)| self.parse(&param.ty, text))
                }
            };
            let message = match (read, callable.defaults.get(i).and_then(Option::as_ref)) {
                (Some(Ok(value)), _) => {
                    frame[i] = value;
                    continue;
                }
                (Some(Err(mismatches)), _) => {
                    let all: Vec<String> = mismatches
                        .iter()
                        .map(|m| if m.path == "$" { m.message.clone() } else { m.to_string() })
                        .collect();
                    all.join("; ")
                }
                (None, Some(default)) => match self.eval(default, frame) {
                    Ok(value) => {
                        frame[i] = value;
                        continue;
                    }
                    Err(exit) => match self.stop_of(exit) {
                        Stop::Failed(failure) => {
                            format!("its default cannot be evaluated: {}", failure.message)
                        }
                        _ => String::from("its default cannot be evaluated"),
                    },
                },
                (None, None) if matches!(param.ty, crate::types::Type::Optional(_)) => {
                    frame[i] = Value::None;
                    continue;
                }
                (None, None) => String::from("it is missing and has no default"),
            };
            problems.push(ArgumentProblem { name: param.name.to_string(), message });
        }
        problems
    }

    pub(super) fn decode(
        &self,
        ty: &crate::types::Type,
        json: &Json,
        mode: Mode,
    ) -> Result<Value, Vec<Mismatch>> {
        let judge = self.judge();
        let (defs, layouts) = (&*self.lowered.defs, &self.lowered.layouts);
        Decoder { defs, layouts, predicates: &judge, mode }.decode(ty, json)
    }

    pub(super) fn read_answer(
        &self,
        ty: &crate::types::Type,
        text: &str,
        strict: bool,
    ) -> Result<Reading, Vec<String>> {
        let judge = self.judge();
        let (defs, layouts) = (&*self.lowered.defs, &self.lowered.layouts);
        answer::read(&Decoder { defs, layouts, predicates: &judge, mode: Mode::Strict }, ty, text, strict)
    }

    pub(super) fn parse(&self, ty: &crate::types::Type, text: &str) -> Result<Value, Vec<Mismatch>> {
        let judge = self.judge();
        let (defs, layouts) = (&*self.lowered.defs, &self.lowered.layouts);
        parse::parse(&Decoder { defs, layouts, predicates: &judge, mode: Mode::Strict }, ty, text)
    }
}
