//! An agent's tool calls between the provider whose program makes them and whoever decides about them.
//!
//! A provider knows what a call of its program means and turns it into an [`Act`]; whoever implements [`Tools`] decides
//! about the act, has it on record before it says yes, and gives back how exactly it may be done ([`Grant`]); the
//! provider then sees to it that the program does that and nothing else.

use super::Unanswered;
use crate::policy::AgentTool;
use serde_json::Value as Json;
use std::path::PathBuf;

/// A call that an agent's program asks leave for.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Unique in the conversation.
    pub id: &'a str,
    /// As the program calls the tool.
    pub tool: &'a str,
    pub input: &'a Json,
    /// What it would do, or why it cannot be allowed whoever is asked, in words for the agent.
    pub act: &'a Result<Act, String>,
}

/// What a call would do. Paths are as the agent wrote them, without the project's root before them.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    Read {
        path: String,
    },
    /// Looks through a folder: for names, or in the files.
    Search {
        tool: AgentTool,
        folder: String,
    },
    Write {
        tool: AgentTool,
        path: String,
        /// What changes, for a person to read.
        change: String,
    },
    Run {
        words: Vec<String>,
        timeout_ms: Option<u64>,
    },
}

impl Act {
    pub fn tool(&self) -> AgentTool {
        match self {
            Act::Read { .. } => AgentTool::Read,
            Act::Search { tool, .. } | Act::Write { tool, .. } => *tool,
            Act::Run { .. } => AgentTool::Bash,
        }
    }
}

/// How an act is done that is allowed.
#[derive(Debug, Clone, PartialEq)]
pub enum Grant {
    /// On the file or in the folder that this absolute path, without links, leads to.
    File { path: PathBuf },
    /// The same, without the files that these patterns name.
    Search { path: PathBuf, without: Vec<String> },
    /// With these words, of which the first is the absolute path of a program.
    Run { words: Vec<String>, timeout_ms: u64 },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Allowed(Grant),
    /// In words for the agent.
    Refused(String),
}

/// What came of a call that was allowed.
#[derive(Debug, Clone, PartialEq)]
pub enum CallEnd {
    /// What the program says that it gave, and whether it calls that an error.
    Result { text: String, error: bool },
    /// Nobody saw its end.
    Unseen,
}

/// Whoever decides about the calls of one question.
pub trait Tools: Sync {
    fn judge(&self, call: &Call<'_>) -> Result<Verdict, Unanswered>;
    fn ended(&self, id: &str, end: CallEnd) -> Result<(), Unanswered>;
    /// Whether a call was allowed that may have changed something.
    fn changed(&self) -> bool;
}
