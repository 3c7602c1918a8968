//! What the policy says to calls of tasks, which rules name as `work.create`.

use super::decision::{Decision, Guard, Policy, add_guard};
use super::refusal::{Refusal, Why};
use super::rules::{EFFECTS, EffectRule};
use super::word::{Mood, Word};
use std::sync::Arc;

impl Policy {
    /// What the policy says to a call of a task, by all names that policies have for it. No rule has to allow it: what it
    /// does is judged by itself.
    pub fn decide_call(&self, names: &[Arc<str>]) -> Decision {
        let words = || names.first().map(|n| Word::literal(n.clone())).into_iter().collect::<Vec<_>>();
        let hits = |r: &EffectRule| names.iter().any(|name| r.matches_unknown(name, Mood::May));
        if let Some(rule) = self.sets().flat_map(|s| &s.deny_effects).find(|r| hits(r)) {
            let why = Why::EffectDenied { rule: rule.text().into(), from: rule.from };
            return Decision::Denied(Refusal::new(&words(), why).at_rule(rule.span));
        }
        let rule = names.first().cloned().unwrap_or_else(|| "".into());
        Decision::Allowed { rule, after: self.call_guards(names) }
    }

    /// Gates that guard a call of a task.
    pub fn call_guards(&self, names: &[Arc<str>]) -> Vec<Guard> {
        let mut out = Vec::new();
        for rule in self.sets().flat_map(|s| &s.allow_effects) {
            if let Some(gate) = &rule.after
                && names.iter().any(|name| rule.matches_unknown(name, Mood::May))
            {
                let (gate, always) = (gate.clone(), rule.argument.is_none());
                add_guard(&mut out, Guard { gate, rule: rule.span, from: rule.from, always });
            }
        }
        out
    }

    /// Whether any rule denies or guards calls of tasks.
    pub fn speaks_of_calls(&self) -> bool {
        let of_module = |r: &EffectRule| !EFFECTS.contains(&&*r.name);
        self.sets().any(|s| {
            s.deny_effects.iter().any(of_module)
                || s.allow_effects.iter().any(|r| r.after.is_some() && of_module(r))
        })
    }
}
