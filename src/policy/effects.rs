//! What the policy says to effects that are no commands: files, the environment, secrets, tracked work.

use super::decision::{Decision, Guard, Judgement, Policy, Verdict, add_guard};
use super::refusal::{Refusal, Why};
use super::rules::{EffectRule, From};
use super::word::{Mood, Piece, Word};

/// Effects that need no `allow`.
const FREE: &[&str] = &["read", "glob", "exists", "env", "secret", "now", "uuid", "say", "wait"];

impl Policy {
    /// What the policy says to another effect of whose argument only some is known.
    pub fn judge_effect(&self, name: &str, argument: Option<&[Piece]>) -> Judgement {
        let known: Option<Option<String>> = argument
            .map(|pieces| {
                let text = pieces.iter().map(|p| match p {
                    Piece::Lit(t) => Some(&**t),
                    Piece::Hole(_) => None,
                });
                text.collect()
            })
            .map_or(Some(None), |text: Option<String>| text.map(Some));
        if let Some(known) = known {
            return match self.decide_effect(name, known.as_deref()) {
                Decision::Allowed { after, .. } => {
                    Judgement { verdict: Verdict::Always, after, refusal: None }
                }
                Decision::Denied(refusal) | Decision::NotAllowed(refusal) => {
                    Judgement { verdict: Verdict::Never, after: Vec::new(), refusal: Some(refusal) }
                }
            };
        }
        let after = self.effect_guards(name, argument);
        let pieces = argument.unwrap_or_default();
        let may = |r: &EffectRule| match name {
            "glob" if argument.is_some() => r.may_find(pieces),
            _ => r.may_match(name, pieces),
        };
        let denied = self.sets().flat_map(|s| &s.deny_effects).any(may);
        let free = FREE.contains(&name) && !denied;
        let verdict = if free { Verdict::Always } else { Verdict::Depends };
        Judgement { verdict, after, refusal: None }
    }

    /// What the policy says to another effect: `write`, `read`, `work.create` … A path is relative to the root.
    pub fn decide_effect(&self, name: &str, argument: Option<&str>) -> Decision {
        let words = [Word::literal(name)].into_iter().chain(argument.map(Word::literal)).collect::<Vec<_>>();
        let is_path = matches!(name, "write" | "read" | "exists");
        let tidy;
        let argument = match argument {
            Some(path) if is_path => match super::glob::tidy(path) {
                Some(t) => {
                    tidy = t;
                    Some(tidy.as_str())
                }
                // The root itself can be looked at; no pattern means it.
                None if name != "write" && path.split('/').all(|part| part == ".") => Some("."),
                None => return Decision::NotAllowed(Refusal::new(&words, Why::OutsideRoot)),
            },
            other => other,
        };
        let hits = |r: &EffectRule| match (name, argument) {
            // A rule speaks of the files, the argument is a pattern for them.
            ("glob", Some(pattern)) => r.may_find(&[Piece::Lit(pattern.into())]),
            _ => r.matches(name, argument),
        };
        if let Some(rule) = self.sets().flat_map(|s| &s.deny_effects).find(|r| hits(r)) {
            let why = Why::EffectDenied { rule: rule.text().into(), from: rule.from };
            return Decision::Denied(Refusal::new(&words, why).at_rule(rule.span));
        }
        let mut after = Vec::new();
        for rule in self.sets().flat_map(|s| &s.allow_effects).filter(|r| hits(r)) {
            if let Some(gate) = &rule.after {
                add_guard(
                    &mut after,
                    Guard { gate: gate.clone(), rule: rule.span, from: rule.from, always: true },
                );
            }
        }
        for from in [From::Project, From::File] {
            if !self.effect_listed(name, argument, from) {
                let unconfigured =
                    from == From::Project && self.project.is_none() && self.session_writes.is_empty();
                let why = match unconfigured {
                    true => Why::Unconfigured,
                    false => Why::EffectNotListed { from, is_write: name == "write" },
                };
                return Decision::NotAllowed(Refusal::new(&words, why));
            }
        }
        Decision::Allowed { rule: name.into(), after }
    }

    /// Gates that may guard an effect of which only some of the argument is known; none: nothing of it, or it has none.
    pub fn effect_guards(&self, name: &str, argument: Option<&[Piece]>) -> Vec<Guard> {
        let known = argument.and_then(|pieces| {
            let text: Option<String> = pieces
                .iter()
                .map(|p| match p {
                    Piece::Lit(t) => Some(&**t),
                    Piece::Hole(_) => None,
                })
                .collect();
            text.map(|t| super::glob::tidy(&t).unwrap_or(t))
        });
        let mut out = Vec::new();
        for rule in self.sets().flat_map(|s| &s.allow_effects) {
            let Some(gate) = &rule.after else { continue };
            let (may, always) = match (&known, argument) {
                (_, Some(pieces)) if name == "glob" => (rule.may_find(pieces), known.is_some()),
                (Some(text), _) => (rule.matches(name, Some(text)), true),
                (None, Some(pieces)) => {
                    (rule.may_match(name, pieces), rule.matches_unknown(name, Mood::Must))
                }
                (None, None) => {
                    (rule.matches_unknown(name, Mood::May), rule.matches_unknown(name, Mood::Must))
                }
            };
            if may {
                add_guard(&mut out, Guard { gate: gate.clone(), rule: rule.span, from: rule.from, always });
            }
        }
        out
    }

    fn effect_listed(&self, name: &str, argument: Option<&str>, from: From) -> bool {
        let listed =
            |rules: &[EffectRule]| rules.iter().any(|r| r.agent.is_none() && r.matches(name, argument));
        // Looking is free: within the root everybody may read what no rule denies.
        if FREE.contains(&name) {
            return true;
        }
        let module = name.split('.').next().unwrap_or(name);
        match from {
            From::File => match &self.file {
                None => true,
                Some(f) if listed(&f.allow_effects) => true,
                // A file that says nothing about writing may write what the project allows.
                Some(f) => name == "write" && !f.allow_effects.iter().any(|r| *r.name == *name),
            },
            _ => {
                let writes = match &self.project {
                    Some(p) => &p.write,
                    None => &self.session_writes,
                };
                let own = name == "write" && argument.is_some_and(|a| writes.iter().any(|w| w.matches(a)));
                let tracked = module == "work" && self.tracker;
                own || tracked || self.project.as_ref().is_some_and(|p| listed(&p.rules.allow_effects))
            }
        }
    }

    /// Whether the project lists this effect for an agent, or for all.
    pub(super) fn project_lists(&self, name: &str, argument: Option<&str>, agent: &str) -> Result<(), Why> {
        let Some(project) = &self.project else {
            let granted = argument.is_some_and(|a| self.session_writes.iter().any(|w| w.matches(a)));
            return if granted { Ok(()) } else { Err(Why::Unconfigured) };
        };
        let own = name == "write" && argument.is_some_and(|a| project.write.iter().any(|w| w.matches(a)));
        let may =
            |r: &&EffectRule| r.agent.as_deref().is_none_or(|a| a == agent) && r.matches(name, argument);
        match own || project.rules.allow_effects.iter().any(|r| may(&r)) {
            true => Ok(()),
            false => Err(Why::EffectNotListed { from: From::Project, is_write: name == "write" }),
        }
    }
}
