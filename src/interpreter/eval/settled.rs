//! What is evaluated apart from a run: constants, agents' settings, the predicates of refinements.

use super::{Eval, Stack, internal};
use crate::check::{AgentId, ConstId};
use crate::diagnostics::Failure;
use crate::interpreter::lowered::Lowered;
use crate::interpreter::world::{AgentSettings, Stop, World};
use crate::types::PredicateId;
use crate::value::Value;
use crate::value::json::Predicates;

impl<'l> Eval<'l> {
    pub(in crate::interpreter) fn judge(&self) -> Judge<'l> {
        Judge { lowered: self.lowered, world: self.world, stack: self.stack }
    }

    /// A constant, evaluated at its first use. Several threads may do so at once; they come to the same value.
    pub(in crate::interpreter) fn constant(&self, id: ConstId) -> Result<Value, Box<Failure>> {
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
    pub(in crate::interpreter) fn agent(&mut self, id: AgentId) -> Result<AgentSettings, Box<Failure>> {
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
                "strict" => settings.strict = value.as_bool() == Some(true),
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

/// Answers for whoever checks a value: evaluates predicates, knows the roles.
pub(in crate::interpreter) struct Judge<'l> {
    lowered: &'l Lowered,
    world: &'l dyn World,
    stack: Stack,
}

impl Predicates for Judge<'_> {
    fn holds(&self, predicate: PredicateId, value: &Value) -> Result<bool, Box<Failure>> {
        let Some(code) = self.lowered.predicates.get(predicate.0 as usize) else {
            return Err(internal("a refinement without its predicate"));
        };
        let mut eval = Eval::new(self.lowered, self.world, &super::Root::default(), 0);
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
