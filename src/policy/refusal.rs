//! Why something is refused, and what would allow it, in words.

use super::grammar::Objection;
use super::rules::From;
use super::strict::Miss;
use super::word::{Word, show};
use crate::diagnostics::codes::config as codes;
use crate::diagnostics::{Code, ErrorKind, Failure};
use crate::source::Span;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The command or effect as people see it.
    pub what: String,
    pub why: Why,
    /// The rule that decided, or came nearest.
    pub rule: Option<Span>,
    suggestion: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// There is no `wflow.toml`, so nothing is allowed; a person can be asked.
    Unconfigured,
    Denied {
        rule: Arc<str>,
        from: From,
    },
    NotListed {
        nearest: Option<Arc<str>>,
        from: From,
    },
    /// A value would become an option.
    Dash {
        rule: Arc<str>,
        from: From,
        word: String,
    },
    /// A star would have to cover an option that runs other programs.
    Option {
        rule: Arc<str>,
        from: From,
        objection: Objection,
    },
    Agent {
        agent: Arc<str>,
        miss: Option<Miss>,
    },
    AgentProtected {
        agent: Arc<str>,
        gate: Arc<str>,
    },
    /// No rule gives this effect to the agent.
    AgentEffect {
        agent: Arc<str>,
    },
    EffectDenied {
        rule: Arc<str>,
        from: From,
    },
    EffectNotListed {
        from: From,
        is_write: bool,
    },
    /// A path that is not below the root.
    OutsideRoot,
}

fn whose(from: From) -> &'static str {
    match from {
        From::Project => "`wflow.toml`",
        From::File => "the file's `policy`",
        From::Session => "what was allowed for this run",
    }
}

impl Refusal {
    pub(super) fn new(words: &[Word], why: Why) -> Refusal {
        Refusal { what: show(words), suggestion: super::starter::generalise(words), why, rule: None }
    }

    pub(super) fn at_rule(mut self, span: Span) -> Refusal {
        self.rule = Some(span);
        self
    }

    pub fn code(&self) -> Code {
        match &self.why {
            Why::Unconfigured => codes::E1653,
            Why::Denied { .. } => codes::E1652,
            Why::NotListed { from: From::File, .. } => codes::E1651,
            Why::NotListed { .. } => codes::E1650,
            Why::Dash { .. } => codes::E1654,
            Why::Option { .. } => codes::E1655,
            Why::Agent { .. } | Why::AgentProtected { .. } | Why::AgentEffect { .. } => codes::E1657,
            Why::EffectDenied { .. } | Why::EffectNotListed { .. } | Why::OutsideRoot => codes::E1658,
        }
    }

    /// No rule forbids it, and none allows it: a person may.
    pub fn is_open(&self) -> bool {
        match self.why {
            Why::Unconfigured
            | Why::NotListed { .. }
            | Why::Dash { .. }
            | Why::Option { .. }
            | Why::Agent { .. }
            | Why::AgentEffect { .. }
            | Why::EffectNotListed { .. } => true,
            Why::Denied { .. } | Why::EffectDenied { .. } | Why::AgentProtected { .. } | Why::OutsideRoot => {
                false
            }
        }
    }

    /// One sentence.
    pub fn message(&self) -> String {
        let what = &self.what;
        match &self.why {
            Why::Unconfigured => format!("`{what}` is not allowed: this project has no `wflow.toml`"),
            Why::Denied { rule, from } => format!("`{what}` is denied by `{rule}` in {}", whose(*from)),
            Why::NotListed { from, .. } => format!("`{what}` is not allowed by {}", whose(*from)),
            Why::Dash { word, .. } => format!("the value `{word}` in `{what}` would be taken for an option"),
            Why::Option { objection, from, .. } => {
                format!(
                    "`{}` in `{what}` is not covered by the `*` of a rule in {}",
                    objection.word,
                    whose(*from)
                )
            }
            Why::Agent { agent, .. } => format!("agent `{agent}` may not run `{what}`"),
            Why::AgentProtected { agent, gate } => {
                format!("agent `{agent}` may not run `{what}`: it is protected by gate `{gate}`")
            }
            Why::AgentEffect { agent } => format!("no rule lets agent `{agent}` do this: `{what}`"),
            Why::EffectDenied { rule, from } => format!("`{what}` is denied by `{rule}` in {}", whose(*from)),
            Why::EffectNotListed { from, .. } => format!("`{what}` is not allowed by {}", whose(*from)),
            Why::OutsideRoot => format!("`{what}` does not stay inside the project"),
        }
    }

    /// What to do, as sentences.
    pub fn help(&self) -> Vec<String> {
        let line = &self.suggestion;
        match &self.why {
            Why::Unconfigured => vec![
                "run it at a terminal to be asked once, or run `wflow init` to write a `wflow.toml`".into(),
                format!("what it needs: `allow = [\"{line}\"]` under `[policy]`"),
            ],
            Why::Denied { .. } | Why::EffectDenied { .. } => {
                vec!["a `deny` wins over every `allow`; change the command, or the rule".into()]
            }
            Why::NotListed { nearest, from } => {
                let mut out = Vec::new();
                if let Some(rule) = nearest {
                    out.push(format!("the nearest rule is `{rule}`"));
                }
                out.push(match from {
                    From::File => format!("to allow it, add ``allow `{line}` `` to the file's `policy`"),
                    _ => format!("to allow it, add \"{line}\" to `allow` under `[policy]` in `wflow.toml`"),
                });
                out
            }
            Why::Dash { rule, .. } => vec![
                format!("the `*` in `{rule}` covers no value that begins with `-`"),
                "check the value before the command, or write the option in the command itself".into(),
            ],
            Why::Option { rule, objection, .. } => vec![
                format!("`{}` {}", objection.word, objection.why),
                format!("the rule `{rule}` must spell this word if it is really meant"),
            ],
            Why::Agent { agent, .. } => {
                vec![format!(
                    "if the agent may, add ``allow `{line}` for agent {agent}`` to the file's `policy`"
                )]
            }
            Why::AgentEffect { agent } => {
                vec![format!(
                    "if the agent may, add `allow {} for agent {agent}` to the file's `policy`",
                    self.effect_rule()
                )]
            }
            Why::AgentProtected { .. } => {
                vec![
                    "put it into a step of the workflow, behind the gate; an agent cannot wait for one"
                        .into(),
                ]
            }
            Why::EffectNotListed { from: From::File, .. } => {
                vec![format!("add `allow {}` to the file's `policy`", self.effect_rule())]
            }
            Why::EffectNotListed { is_write: true, .. } => {
                let path = self.what.strip_prefix("write ").unwrap_or(&self.what);
                vec![format!(
                    "add \"{path}\", or a pattern such as \"docs/**\", to `write` under `[policy]` in `wflow.toml`"
                )]
            }
            Why::EffectNotListed { .. } => {
                let name = self.what.split(' ').next().unwrap_or(&self.what);
                vec![format!("add {{ effect = \"{name}\" }} to `allow` under `[policy]` in `wflow.toml`")]
            }
            Why::OutsideRoot => vec!["use a path relative to the project's root, without `..`".into()],
        }
    }

    fn effect_rule(&self) -> String {
        match self.what.split_once(' ') {
            Some((name, argument)) => format!("{name} \"{argument}\""),
            None => self.what.clone(),
        }
    }

    /// As an error of a run.
    pub fn failure(&self) -> Failure {
        let kind = match self.why {
            Why::Unconfigured => ErrorKind::Configuration,
            _ => ErrorKind::Permission,
        };
        let mut failure = Failure::new(kind, self.code(), self.message()).label("this is refused");
        for help in self.help() {
            failure = failure.help(help);
        }
        failure
    }
}

/// The error of a protected command whose gate was not approved in this run.
pub fn unguarded(words: &[Word], gate: &str) -> Failure {
    Failure::new(
        ErrorKind::Permission,
        codes::E1656,
        format!(
            "`{}` may run only after gate `{gate}` was approved, and in this run it was not",
            show(words)
        ),
    )
    .help(format!("put `gate {gate} \"…\"` before it, on every way that leads here"))
}
