//! Which effects are protected, and by which gates.

use super::graph::Effect;
use crate::check::allowed::Judged;
use crate::check::module_names::module_names;
use crate::check::program::*;
use crate::check::world::World;
use crate::policy::{From, Guard, Piece, Policy};
use crate::source::Span;
use std::collections::HashMap;
use std::sync::Arc;

/// The gates that guard anything, numbered, and what is known of each command.
pub struct Guards<'a> {
    policy: &'a Policy,
    names: Vec<Arc<str>>,
    index: HashMap<Arc<str>, u16>,
    commands: &'a HashMap<Span, Judged>,
    /// Gates of the file's policy that no workflow has: that was said where they are named.
    missing: Vec<u16>,
    /// How policies call the modules.
    modules: Vec<Vec<Arc<str>>>,
}

impl<'a> Guards<'a> {
    pub fn of(world: &World<'_>, policy: &'a Policy, commands: &'a HashMap<Span, Judged>) -> Guards<'a> {
        let mut names: Vec<Arc<str>> = policy.gates().map(Arc::from).collect();
        if world.env.approvals {
            names.extend(world.gates.iter().map(|(name, _)| name.clone()));
        }
        names.sort();
        names.dedup();
        // More gates than this stand in no file that can be read.
        names.truncate(u16::MAX.into());
        let missing = (0..names.len() as u16)
            .filter(|i| !world.gates.iter().any(|(gate, _)| *gate == names[usize::from(*i)]))
            .collect();
        let index = names.iter().enumerate().map(|(i, n)| (n.clone(), i as u16)).collect();
        let modules = world.modules.iter().map(|m| (&m.uses, world.sources.file(m.ast.id)));
        let modules = module_names(modules);
        Guards { policy, names, index, commands, missing, modules }
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn index(&self, gate: &str) -> Option<u16> {
        self.index.get(gate).copied()
    }

    pub fn name(&self, gate: u16) -> &str {
        &self.names[gate as usize]
    }

    fn of_rules(&self, rules: &[Guard]) -> Vec<(u16, Span)> {
        let told = |gate: u16, guard: &Guard| guard.from == From::File && self.missing.contains(&gate);
        let found = rules.iter().filter_map(|g| Some((self.index(&g.gate)?, g)));
        found.filter(|(gate, g)| !told(*gate, g)).map(|(gate, g)| (gate, g.rule)).collect()
    }

    /// A command; one that nobody has judged is not reached.
    pub fn command(&self, words: Span, whole: Span) -> Effect {
        match self.commands.get(&words) {
            None => Effect { span: whole, guards: Vec::new(), changes: false, text: String::new() },
            Some(judged) => Effect {
                span: words,
                guards: self.of_rules(&judged.after),
                changes: !judged.reads,
                text: judged.text.clone(),
            },
        }
    }

    /// A function of the language that touches the outside.
    pub fn builtin(
        &self,
        world: &World<'_>,
        builtin: Builtin,
        argument: Option<&[Piece]>,
        span: Span,
    ) -> Option<Effect> {
        let name = match builtin {
            Builtin::Write => "write",
            Builtin::Read => "read",
            Builtin::Glob => "glob",
            Builtin::Exists => "exists",
            Builtin::Env => "env",
            Builtin::Secret => "secret",
            Builtin::Now | Builtin::Uuid | Builtin::Vouch => return None,
        };
        let guards = self.of_rules(&self.policy.effect_guards(name, argument));
        let changes = builtin == Builtin::Write;
        Some(Effect { span, guards, changes, text: short(world, span) })
    }

    /// A call of a task that the policy speaks of by name, as in `allow work.create after gate commitment`.
    pub fn task(&self, world: &World<'_>, id: CallableId, span: Span) -> Option<Effect> {
        let callable = &world.callables[id.0 as usize];
        let modules = &self.modules[callable.at.module.0 as usize];
        let names: Vec<_> = modules.iter().map(|m| Arc::from(format!("{m}.{}", callable.name))).collect();
        let guards = self.policy.call_guards(&names);
        (!guards.is_empty()).then(|| Effect {
            span,
            guards: self.of_rules(&guards),
            changes: false,
            text: short(world, span),
        })
    }
}

/// The source, on one line.
fn short(world: &World<'_>, span: Span) -> String {
    let text = world.sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
