//! What the tool calls of an agent may do: the tools that there are, and effects other than commands.

use super::decision::{Decision, Policy};
use super::refusal::{Refusal, Why};
use super::rules::EffectRule;
use super::word::Word;

/// The tools that an agent may list, by the names that models know them under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AgentTool {
    Bash,
    Edit,
    Glob,
    Grep,
    NotebookEdit,
    Read,
    Write,
}

impl AgentTool {
    pub const ALL: [AgentTool; 7] = [
        AgentTool::Bash,
        AgentTool::Edit,
        AgentTool::Glob,
        AgentTool::Grep,
        AgentTool::NotebookEdit,
        AgentTool::Read,
        AgentTool::Write,
    ];

    pub fn name(self) -> &'static str {
        match self {
            AgentTool::Bash => "Bash",
            AgentTool::Edit => "Edit",
            AgentTool::Glob => "Glob",
            AgentTool::Grep => "Grep",
            AgentTool::NotebookEdit => "NotebookEdit",
            AgentTool::Read => "Read",
            AgentTool::Write => "Write",
        }
    }

    pub fn from_name(name: &str) -> Option<AgentTool> {
        Self::ALL.into_iter().find(|t| t.name() == name)
    }

    /// Whether a call may leave something else behind than it found.
    pub fn may_change(self) -> bool {
        match self {
            AgentTool::Bash | AgentTool::Edit | AgentTool::NotebookEdit | AgentTool::Write => true,
            AgentTool::Glob | AgentTool::Grep | AgentTool::Read => false,
        }
    }

    /// All names, for advice.
    pub fn names() -> String {
        let names: Vec<String> = Self::ALL.iter().map(|t| format!("`{}`", t.name())).collect();
        names.join(", ")
    }
}

impl Policy {
    /// What the policy says to an agent's reading or writing of a file, whose path is relative to the root.
    ///
    /// Reading needs no rule, as everywhere. To write, the project must list the path for writing, and a rule of either
    /// policy must give it to this agent. What waits for a gate is never an agent's.
    pub fn decide_file_for_agent(&self, agent: &str, name: &str, path: &str) -> Decision {
        let words = [Word::literal(name), Word::literal(path)];
        let Some(path) = super::glob::tidy(path) else {
            return Decision::NotAllowed(Refusal::new(&words, Why::OutsideRoot));
        };
        let path = Some(path.as_str());
        let hits = |r: &EffectRule| r.matches(name, path);
        if let Some(rule) = self.sets().flat_map(|s| &s.deny_effects).find(|r| hits(r)) {
            let why = Why::EffectDenied { rule: rule.text().into(), from: rule.from };
            return Decision::Denied(Refusal::new(&words, why).at_rule(rule.span));
        }
        let mut allows = self.sets().flat_map(|s| &s.allow_effects).filter(|r| hits(r));
        if let Some((rule, gate)) = allows.clone().find_map(|r| r.after.as_ref().map(|gate| (r, gate))) {
            let why = Why::AgentProtected { agent: agent.into(), gate: gate.clone() };
            return Decision::NotAllowed(Refusal::new(&words, why).at_rule(rule.span));
        }
        if name == "read" {
            return Decision::Allowed { rule: "read".into(), after: Vec::new() };
        }
        let of_agent = |r: &&EffectRule| r.agent.as_deref() == Some(agent);
        if let Err(why) = self.project_lists(name, path, agent) {
            return Decision::NotAllowed(Refusal::new(&words, why));
        }
        match allows.find(of_agent) {
            Some(rule) => Decision::Allowed { rule: rule.text().into(), after: Vec::new() },
            None => Decision::NotAllowed(Refusal::new(&words, Why::AgentEffect { agent: agent.into() })),
        }
    }

    /// Patterns of files that an agent may not read wherever it looks for something.
    pub fn unread_by_agents(&self) -> Vec<String> {
        let kept = |r: &&EffectRule| r.matches_unknown("read", super::word::Mood::May);
        let denied = self.sets().flat_map(|s| &s.deny_effects).filter(kept);
        let waiting = self.sets().flat_map(|s| &s.allow_effects).filter(kept).filter(|r| r.after.is_some());
        let pattern = |r: &EffectRule| r.argument.as_ref().map_or(String::from("**"), |p| p.text.to_string());
        denied.chain(waiting).map(pattern).collect()
    }
}
