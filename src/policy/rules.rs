//! Rules: what one policy says, of `wflow.toml` or of a file, as data.

use super::glob::PathPattern;
use super::pattern::{Pattern, PatternError};
use super::wide::Subject;
use super::word::{Mood, Piece, Word};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::config as codes;
use crate::source::Span;
use crate::syntax::ast::{PolicyItem, PolicyRuleKind, PolicySubject};
use std::path::Path;
use std::sync::Arc;

/// Effects of the language, beside commands, that a policy may speak of; others are tasks of a module, `work.create`.
pub const EFFECTS: &[&str] = &["read", "write", "glob", "exists", "env", "secret"];

/// Whose rule it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Project,
    File,
    /// Said by the person at the terminal, for one run.
    Session,
}

/// A rule about commands.
#[derive(Debug, Clone)]
pub struct Rule {
    pub pattern: Pattern,
    pub from: From,
    /// The gate that must be approved before.
    pub after: Option<Arc<str>>,
    /// Only for the tool calls of this agent.
    pub agent: Option<Arc<str>>,
}

impl Rule {
    pub fn span(&self) -> Span {
        self.pattern.span
    }
}

/// A rule about another effect: `work.create`, `write "docs/**"`.
#[derive(Debug, Clone)]
pub struct EffectRule {
    /// `work.create`; `work.*` and `work` cover all of a module.
    pub name: Arc<str>,
    pub argument: Option<PathPattern>,
    pub from: From,
    pub after: Option<Arc<str>>,
    pub agent: Option<Arc<str>>,
    pub span: Span,
}

impl EffectRule {
    pub fn matches(&self, name: &str, argument: Option<&str>) -> bool {
        let module = self.name.strip_suffix(".*").unwrap_or(&self.name);
        let named = *self.name == *name || name.strip_prefix(module).is_some_and(|r| r.starts_with('.'));
        named
            && match (&self.argument, argument) {
                (None, _) => true,
                (Some(p), Some(a)) => p.matches(a),
                (Some(_), None) => false,
            }
    }

    /// The same for an argument that is not known (or not given): whether it may or must match.
    pub fn matches_unknown(&self, name: &str, mood: Mood) -> bool {
        let without = EffectRule { argument: None, ..self.clone() };
        without.matches(name, None) && (mood == Mood::May || self.argument.is_none())
    }

    /// The same for an argument of which some is known.
    pub fn may_match(&self, name: &str, argument: &[Piece]) -> bool {
        self.matches_unknown(name, Mood::May) && self.argument.as_ref().is_none_or(|p| p.may_match(argument))
    }

    /// The same for `glob`: whether a pattern of which some is known could find a file that the rule speaks of.
    pub fn may_find(&self, pattern: &[Piece]) -> bool {
        self.matches_unknown("glob", Mood::May) && self.argument.as_ref().is_none_or(|p| p.may_find(pattern))
    }

    /// As people write it.
    pub fn text(&self) -> String {
        match &self.argument {
            Some(a) => format!("{} \"{}\"", self.name, a.text),
            None => self.name.to_string(),
        }
    }
}

/// All rules of one policy.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    pub allow: Vec<Rule>,
    pub deny: Vec<Rule>,
    pub reads: Vec<Rule>,
    pub trusted: Vec<Rule>,
    pub untrusted: Vec<Rule>,
    pub allow_effects: Vec<EffectRule>,
    pub deny_effects: Vec<EffectRule>,
    /// Files whose content is to be trusted, or is not to be, by `read "…"`.
    pub trusted_effects: Vec<EffectRule>,
    pub untrusted_effects: Vec<EffectRule>,
}

/// How much what comes from a command or a file is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    Trusted,
    Untrusted,
    /// No rule speaks of it.
    Unsaid,
}

impl RuleSet {
    /// The rules of a file's `policy { }` blocks, with what is wrong in them.
    pub fn from_items<'a>(items: impl IntoIterator<Item = &'a PolicyItem>) -> (RuleSet, Vec<Diagnostic>) {
        let mut set = RuleSet::default();
        let mut diagnostics = Vec::new();
        for rule in items.into_iter().flat_map(|i| &i.rules) {
            let after = rule.after.as_ref().map(|g| g.name.clone());
            let agent = rule.agent.as_ref().map(|a| a.name.clone());
            for (at, words) in [(&rule.after, "after gate"), (&rule.agent, "for agent")] {
                if let Some(name) = at
                    && rule.kind != PolicyRuleKind::Allow
                {
                    diagnostics.push(
                        Diagnostic::error(codes::E1615, name.span, format!("only `allow` can say `{words}`"))
                            .help(format!("remove `{words} {}`, or write an `allow` rule", name.name)),
                    );
                }
            }
            for subject in &rule.subjects {
                match subject {
                    PolicySubject::Command(command) => {
                        let pattern = Pattern::from_command(command)
                            .and_then(|p| if widening(rule.kind) { p.with_program() } else { Ok(p) });
                        match pattern {
                            Ok(pattern) => {
                                let (after, agent) = (after.clone(), agent.clone());
                                set.commands(rule.kind).push(Rule {
                                    pattern,
                                    from: From::File,
                                    after,
                                    agent,
                                });
                            }
                            Err(error) => diagnostics.push(bad_pattern(error, command.span)),
                        }
                    }
                    PolicySubject::Effect { path, argument, span } => {
                        let name = path.iter().map(|p| &*p.name).collect::<Vec<_>>().join(".");
                        let argument = match argument {
                            None => None,
                            Some((text, at)) => match PathPattern::parse(text, *at) {
                                Ok(p) => Some(p),
                                Err(message) => {
                                    diagnostics.push(bad_path(&message, *at));
                                    continue;
                                }
                            },
                        };
                        let Some(list) = set.effects(rule.kind) else {
                            diagnostics.push(
                                Diagnostic::error(
                                    codes::E1615,
                                    *span,
                                    format!("`reads` lists commands, and `{name}` is none"),
                                )
                                .help("reading files needs no such rule; write a command between backticks"),
                            );
                            continue;
                        };
                        list.push(EffectRule {
                            name: name.into(),
                            argument,
                            from: From::File,
                            after: after.clone(),
                            agent: agent.clone(),
                            span: *span,
                        });
                    }
                }
            }
        }
        (set, diagnostics)
    }

    fn commands(&mut self, kind: PolicyRuleKind) -> &mut Vec<Rule> {
        match kind {
            PolicyRuleKind::Allow => &mut self.allow,
            PolicyRuleKind::Deny => &mut self.deny,
            PolicyRuleKind::Reads => &mut self.reads,
            PolicyRuleKind::Trusted => &mut self.trusted,
            PolicyRuleKind::Untrusted => &mut self.untrusted,
        }
    }

    fn effects(&mut self, kind: PolicyRuleKind) -> Option<&mut Vec<EffectRule>> {
        match kind {
            PolicyRuleKind::Allow => Some(&mut self.allow_effects),
            PolicyRuleKind::Deny => Some(&mut self.deny_effects),
            PolicyRuleKind::Trusted => Some(&mut self.trusted_effects),
            PolicyRuleKind::Untrusted => Some(&mut self.untrusted_effects),
            PolicyRuleKind::Reads => None,
        }
    }

    /// Gates named by any `after`.
    pub fn gates(&self) -> impl Iterator<Item = (&Arc<str>, Span)> {
        let commands = self.allow.iter().filter_map(|r| r.after.as_ref().map(|g| (g, r.span())));
        commands.chain(self.allow_effects.iter().filter_map(|r| r.after.as_ref().map(|g| (g, r.span))))
    }
}

/// Whether a rule of this kind gives something, so that a pattern for every program is a mistake.
fn widening(kind: PolicyRuleKind) -> bool {
    matches!(kind, PolicyRuleKind::Allow | PolicyRuleKind::Reads | PolicyRuleKind::Trusted)
}

pub(super) fn bad_pattern(error: PatternError, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E1610, span, error.message()).help(error.help())
}

pub(super) fn bad_path(message: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E1611, span, message)
        .help("write a path below the project's root, such as `docs/**` or `CHANGELOG.md`")
}

/// The first rule that may (widely) match, for `deny` and `untrusted`.
pub(super) fn widely<'a>(
    rules: &'a [Rule],
    words: &[Word],
    resolved: Option<&Path>,
    mood: Mood,
) -> Option<&'a Rule> {
    if rules.is_empty() {
        return None;
    }
    let subject = Subject::of(words, resolved);
    rules.iter().find(|r| r.pattern.wide.concerns(&subject) && r.pattern.wide.matches(words, resolved, mood))
}

/// The first rule that covers the command, word by word.
pub(super) fn strictly<'a>(
    rules: &'a [Rule],
    words: &[Word],
    resolved: Option<&Path>,
    mood: Mood,
) -> Option<&'a Rule> {
    rules.iter().find(|r| r.pattern.covers(words, resolved, mood))
}
