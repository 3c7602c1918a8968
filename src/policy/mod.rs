//! `wflow.toml` and `policy { }` say whether a command may run, and after which gate.
//!
//! - [`load_project`] finds the project's root and reads its `wflow.toml` into a [`Config`], reporting every mistake.
//! - [`Policy`] is the project's policy and the started file's together: [`Policy::decide`] for a command that is
//!   about to run, [`Policy::judge`] for one of which only some words are known.
//! - [`Approvers`] and [`Demand`] say who must approve a gate and whether they have.
//!
//! Everything here fails closed: what is not understood is refused, with the words that would allow it.

mod agent;
mod ai;
mod approvers;
mod approvers_text;
mod calls;
mod config;
mod decision;
mod effects;
mod glob;
mod grammar;
mod grammar_table;
mod index;
mod pattern;
mod project;
mod read;
mod refusal;
mod rules;
mod starter;
mod strict;
mod toml;
mod wide;
mod word;

pub use agent::AgentTool;
pub use approvers::{Approvers, Demand, Standing};
pub use approvers_text::ApproversError;
pub use config::*;
pub use decision::{Decision, Guard, Judgement, Policy, Ruling, Verdict};
pub use glob::PathPattern;
pub use grammar::Objection;
pub use pattern::{Pattern, PatternError};
pub use project::{CONFIG_NAME, Project, RootBy, find_root, load_project};
pub use read::{read_config, sha256_hex};
pub use refusal::{Refusal, Why, unguarded};
pub use rules::{EFFECTS, EffectRule, From, Rule, RuleSet, Trust};
pub use starter::{Uses, generalise, starter};
pub use strict::Miss;
pub use toml::parse_duration;
pub use word::{Hole, Mood, PatternWord, Piece, Word, show};
