//! Which rules speak of a program, so that a command is not compared with the rules of all others.

use super::pattern::Pattern;
use super::rules::{Rule, RuleSet};
use super::wide::{Subject, base_name};
use super::word::Word;
use std::collections::HashMap;
use std::sync::Arc;

/// Of one policy.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// Of `allow`, by the name that the command must have.
    allow: ByName,
    /// Of `allow … after gate`, and of `deny`, by the last part of the program's path.
    guards: ByName,
    deny: ByName,
}

#[derive(Debug, Clone, Default)]
struct ByName {
    named: HashMap<Arc<str>, Vec<usize>>,
    /// Those that may speak of any program.
    any: Vec<usize>,
    all: Vec<usize>,
}

impl ByName {
    fn of<'a>(
        rules: impl Iterator<Item = (usize, &'a Rule)>,
        name: impl Fn(&Pattern) -> Option<&str>,
    ) -> ByName {
        let mut out = ByName::default();
        for (at, rule) in rules {
            out.all.push(at);
            match name(&rule.pattern) {
                Some(name) => out.named.entry(name.into()).or_default().push(at),
                None => out.any.push(at),
            }
        }
        out
    }

    /// In the order of the rules; without names all of them.
    fn of_names(&self, names: Option<&[&str]>) -> Vec<usize> {
        let Some(names) = names else { return self.all.clone() };
        let mut out = self.any.clone();
        out.extend(names.iter().filter_map(|name| self.named.get(*name)).flatten());
        out.sort_unstable();
        out.dedup();
        out
    }
}

impl Index {
    pub fn of(rules: &RuleSet) -> Index {
        // A path is compared with the file that was found, too.
        fn exact(pattern: &Pattern) -> Option<&str> {
            pattern.program().filter(|name| !name.starts_with('/'))
        }
        let guarding = rules.allow.iter().enumerate().filter(|(_, rule)| rule.after.is_some());
        Index {
            allow: ByName::of(rules.allow.iter().enumerate(), exact),
            guards: ByName::of(guarding, last_name),
            deny: ByName::of(rules.deny.iter().enumerate(), last_name),
        }
    }

    /// The rules that can cover a command word by word.
    pub fn allow<'r>(&self, rules: &'r RuleSet, words: &[Word]) -> Vec<&'r Rule> {
        let program = words.first().and_then(Word::known);
        let found = self.allow.of_names(program.as_ref().map(std::slice::from_ref));
        found.into_iter().filter_map(|at| rules.allow.get(at)).collect()
    }

    /// The rules that may guard a command.
    pub fn guards<'r>(&self, rules: &'r RuleSet, subject: &Subject<'_>) -> Vec<&'r Rule> {
        self.guards.of_names(subject.names()).into_iter().filter_map(|at| rules.allow.get(at)).collect()
    }

    pub fn deny<'r>(&self, rules: &'r RuleSet, subject: &Subject<'_>) -> Vec<&'r Rule> {
        self.deny.of_names(subject.names()).into_iter().filter_map(|at| rules.deny.get(at)).collect()
    }
}

fn last_name(pattern: &Pattern) -> Option<&str> {
    pattern.program().map(base_name)
}
