//! `policy { }` of a file: the gates and agents that it names exist.

use super::program::ModuleId;
use super::world::*;
use crate::diagnostics::codes::policy as code;
use crate::diagnostics::did_you_mean;
use crate::policy::EFFECTS;
use crate::syntax::ast::{ItemKind, PolicySubject};
use std::sync::Arc;

impl World<'_> {
    pub fn check_policy(&mut self, module: ModuleId) {
        self.current = module;
        let file = Arc::clone(&self.module(module).ast);
        for item in &file.items {
            let ItemKind::Policy(policy) = &item.kind else { continue };
            for rule in &policy.rules {
                if let Some(gate) = &rule.after
                    && !self.gates.iter().any(|(n, _)| *n == gate.name)
                {
                    let near =
                        did_you_mean(&gate.name, self.gates.iter().map(|(n, _)| &**n)).map(str::to_owned);
                    let d = self
                        .error(code::E0502, gate.span, format!("no workflow has a gate `{}`", gate.name))
                        .label("nothing could ever open it")
                        .suggest(near.as_deref())
                        .help(format!("add `gate {} \"Question?\"` to a workflow", gate.name));
                    self.report(d);
                }
                if let Some(agent) = &rule.agent
                    && !matches!(self.lookup(&agent.name), Some((Decl::Agent(_), _)))
                {
                    let agents = self.names(|d| matches!(d, Decl::Agent(_)));
                    let near = did_you_mean(&agent.name, agents.iter().map(|n| &**n)).map(str::to_owned);
                    let d = self
                        .error(code::E0503, agent.span, format!("there is no agent `{}`", agent.name))
                        .suggest(near.as_deref());
                    self.report(d);
                }
                for subject in &rule.subjects {
                    self.policy_effect(subject);
                }
            }
        }
    }

    fn policy_effect(&mut self, subject: &PolicySubject) {
        let PolicySubject::Effect { path, span, .. } = subject else { return };
        match &path[..] {
            [one] if EFFECTS.contains(&&*one.name) => {}
            [module, member] => match self.lookup(&module.name) {
                Some((Decl::Module(id), _)) => {
                    if &*member.name != "*" {
                        self.member(id, member);
                    }
                }
                _ if self.may_exist(&module.name) => {}
                _ => {
                    let d = self
                        .error(code::E0504, *span, format!("no module is called `{}`", module.name))
                        .label("unknown")
                        .help(format!("`use {}` makes it known", module.name));
                    self.report(d);
                }
            },
            _ => {
                let name: Vec<&str> = path.iter().map(|p| &*p.name).collect();
                let name = name.join(".");
                let near = did_you_mean(&name, EFFECTS.iter().copied());
                let d = self
                    .error(code::E0504, *span, format!("there is no effect `{name}`"))
                    .label("unknown")
                    .suggest(near)
                    .help(format!(
                        "commands stand between backticks; other effects are {}",
                        EFFECTS.join(", ")
                    ));
                self.report(d);
            }
        }
    }
}
