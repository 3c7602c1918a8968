//! `wflow.toml` as typed data: what no workflow may widen.

use super::approvers::Approvers;
use super::glob::PathPattern;
use super::pattern::Pattern;
use super::rules::RuleSet;
use crate::source::Span;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Everything the project's file says. [`Config::default`] is a project without one: nothing is allowed.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// `[project] name`
    pub name: Option<Arc<str>>,
    pub policy: PolicyConfig,
    pub people: People,
    pub gates: BTreeMap<Arc<str>, GateConfig>,
    pub approvals: Approvals,
    pub ai: AiConfig,
    pub tracker: Option<TrackerConfig>,
    pub audit: AuditConfig,
    /// SHA-256 of the text, in hex; none without a file.
    pub digest: Option<String>,
}

/// `[policy]`
#[derive(Debug, Clone, Default)]
pub struct PolicyConfig {
    pub rules: RuleSet,
    /// Programs, or commands, that may use the network.
    pub network: Vec<Pattern>,
    /// Where `write()` and sandboxed commands may write.
    pub write: Vec<PathPattern>,
    /// None: as strict as the machine can.
    pub sandbox: Option<Sandbox>,
    /// Of a `run` that names none.
    pub timeout: Option<Duration>,
    /// Further folders that are searched for programs: absolute, from `~/`, or relative to the root.
    pub path: Vec<Arc<str>>,
    /// Variables that pass from the caller's environment to commands.
    pub env: Vec<Arc<str>>,
    /// Programs whose standard input is code, beside the known ones.
    pub interpreters: Vec<Arc<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sandbox {
    Strict,
    Files,
    Off,
}

/// `[people]` and `[roles]`
#[derive(Debug, Clone, Default)]
pub struct People {
    pub people: BTreeMap<Arc<str>, Person>,
    pub roles: BTreeMap<Arc<str>, Role>,
}

#[derive(Debug, Clone)]
pub struct Person {
    /// As people read it; the key of the table where there is none.
    pub name: Arc<str>,
    /// Lines as in `authorized_keys`.
    pub keys: Vec<Arc<str>>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Role {
    pub members: Vec<Arc<str>>,
    pub span: Span,
}

impl People {
    /// Whether `name` is this person, or a role that this person has.
    pub fn holds(&self, person: &str, name: &str) -> bool {
        match self.roles.get(name) {
            Some(role) => role.members.iter().any(|m| **m == *person),
            None => person == name,
        }
    }

    /// Whether this person counts where a gate names nobody.
    pub fn may_approve(&self, person: &str) -> bool {
        self.people.is_empty() || self.people.contains_key(person)
    }

    /// Whether a person or role of this name exists.
    pub fn knows(&self, name: &str) -> bool {
        self.people.contains_key(name) || self.roles.contains_key(name)
    }

    /// Every name of a person or role.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.people.keys().chain(self.roles.keys()).map(|n| &**n)
    }
}

/// `[gates.name]`: what a file may only tighten.
#[derive(Debug, Clone, Default)]
pub struct GateConfig {
    pub by: Option<Approvers>,
    pub min_assurance: Option<Assurance>,
    pub timeout: Option<Duration>,
    pub span: Span,
}

/// How a decision is proved; the later, the stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Assurance {
    #[default]
    Terminal,
    Key,
    Touch,
    Passkey,
}

impl Assurance {
    pub const ALL: [Assurance; 4] =
        [Assurance::Terminal, Assurance::Key, Assurance::Touch, Assurance::Passkey];

    pub fn name(self) -> &'static str {
        match self {
            Assurance::Terminal => "terminal",
            Assurance::Key => "key",
            Assurance::Touch => "touch",
            Assurance::Passkey => "passkey",
        }
    }

    pub fn from_name(name: &str) -> Option<Assurance> {
        Self::ALL.into_iter().find(|a| a.name() == name)
    }
}

/// `[approvals]`
#[derive(Debug, Clone, Copy, Default)]
pub struct Approvals {
    pub self_approval: Option<bool>,
    pub min_assurance: Option<Assurance>,
}

/// `[ai]`
#[derive(Debug, Clone, Default)]
pub struct AiConfig {
    pub provider: Provider,
    pub model: Option<Arc<str>>,
    /// US dollars a run.
    pub max_cost: Option<f64>,
    /// US dollars a question, with all its tries.
    pub max_cost_per_ask: Option<f64>,
    pub max_tokens: Option<i64>,
    pub temperature: Option<f64>,
    /// Of one answer.
    pub timeout: Option<Duration>,
    /// Another server that speaks the provider's protocol.
    pub base_url: Option<Arc<str>>,
    /// Whether answers come piece by piece.
    pub stream: Option<bool>,
    /// Further tries of what may pass.
    pub retries: Option<u32>,
    /// How much of an agent's `context` is sent at most.
    pub context_tokens: Option<u64>,
    /// By model.
    pub prices: BTreeMap<Arc<str>, Price>,
    /// The recording that `replay` answers from.
    pub cassette: Option<Arc<str>>,
}

/// What a model's tokens cost, in US dollars a million.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    pub input: f64,
    pub output: f64,
    /// As `input` where it is not said.
    pub cache_read: Option<f64>,
    pub cache_write: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Provider {
    Anthropic,
    OpenAi,
    Gemini,
    Claude,
    #[default]
    Human,
    Replay,
}

impl Provider {
    pub const ALL: [Provider; 6] = [
        Provider::Anthropic,
        Provider::OpenAi,
        Provider::Gemini,
        Provider::Claude,
        Provider::Human,
        Provider::Replay,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Provider::Anthropic => "anthropic",
            Provider::OpenAi => "openai",
            Provider::Gemini => "gemini",
            Provider::Claude => "claude",
            Provider::Human => "human",
            Provider::Replay => "replay",
        }
    }

    pub fn from_name(name: &str) -> Option<Provider> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }
}

/// `[tracker]`
#[derive(Debug, Clone)]
pub struct TrackerConfig {
    pub kind: Arc<str>,
    pub path: Option<Arc<str>>,
}

/// `[audit]`
#[derive(Debug, Clone, Default)]
pub struct AuditConfig {
    /// Public keys (`NAME+HASH+KEY`) whose checkpoints and attestations count.
    pub keys: Vec<Arc<str>>,
}

/// Programs whose standard input is code.
const INTERPRETERS: &[&str] = &[
    "sh",
    "bash",
    "dash",
    "zsh",
    "ksh",
    "fish",
    "python",
    "python3",
    "pypy3",
    "node",
    "nodejs",
    "deno",
    "bun",
    "perl",
    "ruby",
    "php",
    "lua",
    "tclsh",
    "psql",
    "mysql",
    "mariadb",
    "sqlite3",
    "duckdb",
    "osascript",
    "pwsh",
    "R",
    "Rscript",
    "ghci",
    "irb",
    "gdb",
    "bc",
    "dc",
    "ed",
    "ex",
    "xargs",
    "parallel",
    "ssh",
    "at",
    "batch",
    "crontab",
];

impl Config {
    /// Off as soon as roles are declared, unless the file says otherwise.
    pub fn self_approval(&self) -> bool {
        self.approvals.self_approval.unwrap_or(self.people.roles.is_empty())
    }

    /// The least assurance that a decision of this gate needs. Once somebody has a key, typing at the terminal is no
    /// longer enough for a gate that guards a protected command, unless the gate itself says so.
    pub fn min_assurance(&self, gate: &str, guards_protected: bool) -> Assurance {
        let general = self.approvals.min_assurance.unwrap_or_default();
        let own = self.gates.get(gate).and_then(|g| g.min_assurance);
        let listed = || self.people.people.values().flat_map(|p| &p.keys);
        let default = match guards_protected {
            true if listed().any(|k| k.starts_with("sk-")) => Assurance::Touch,
            true if listed().next().is_some() => Assurance::Key,
            _ => Assurance::Terminal,
        };
        general.max(own.unwrap_or(default))
    }

    /// Whether a command's standard input may be code: its program's, or that of a command which its program starts.
    /// Words that are not known are none.
    pub fn reads_code(&self, words: &[Option<&str>]) -> bool {
        let [Some(program), rest @ ..] = words else { return true };
        let shell = matches!(super::wide::base_name(program), "su" | "runuser");
        self.is_interpreter(program)
            || shell
            || super::grammar::starts_others(program, None)
                && rest.iter().any(|w| w.is_none_or(|w| self.is_interpreter(w)))
    }

    /// Whether what a program reads from its standard input is code to it.
    pub fn is_interpreter(&self, program: &str) -> bool {
        let base = super::wide::base_name(program);
        let versionless = base.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        INTERPRETERS.contains(&base)
            || INTERPRETERS.contains(&versionless)
            || self.policy.interpreters.iter().any(|i| **i == *base || **i == *program)
    }
}
