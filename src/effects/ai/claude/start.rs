//! How the program is started: with which options and variables, and in which folder.

use super::Claude;
use crate::diagnostics::codes::ask::E1332;
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::ai::{Control, ProviderRequest};
use crate::effects::process::{Environment, EnvironmentRules, Folder, Program, Spawn};
use serde_json::Value as Json;
use std::path::PathBuf;

/// One for the answer, and some for giving it in its form again.
const TURNS: i64 = 6;
/// Of an agent with tools that says nothing about it: a call is a turn.
const TURNS_WITH_TOOLS: i64 = 100;
/// A longer text is no word of a command line any more.
pub const LONGEST_WORD: usize = 100 * 1024;

/// From the environment of wflow: how it reaches its server, and who pays.
const PASSED: [&str; 12] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CONFIG_DIR",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "NODE_EXTRA_CA_CERTS",
];

/// What commands of an agent do not get to see, besides: how it reaches its server, and who pays.
const WITHHELD: [&str; 6] = [
    "CLAUDECODE",
    "CLAUDE_CODE_CHILD_SESSION",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_EXECPATH",
    "CLAUDE_CODE_SESSION_ID",
    "GIT_EDITOR",
];

const SET: [(&str, &str); 6] = [
    ("CLAUDE_CODE_DISABLE_ATTACHMENTS", "1"),
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("CLAUDE_CODE_DISABLE_AUTO_MEMORY", "1"),
    ("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS", "1"),
    ("CLAUDE_CODE_MAX_RETRIES", "2"),
    ("DISABLE_AUTOUPDATER", "1"),
];

/// An empty folder, gone with the call.
pub struct Home(PathBuf);

impl Home {
    pub fn new() -> Result<Home, Failure> {
        let path = std::env::temp_dir().join(format!("wflow-claude-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&path).map_err(|e| {
            let why = crate::diagnostics::io_text(&e);
            Failure::new(
                ErrorKind::Configuration,
                E1332,
                format!("no folder for `claude` can be made: {why}"),
            )
            .help("set TMPDIR to a folder that can be written")
        })?;
        Ok(Home(path))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What cannot be removed is empty, and in the folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Claude {
    /// For one answer, in an empty folder. What is asked comes by its standard input.
    pub(super) fn bare(
        &self,
        request: &ProviderRequest,
        control: &Control<'_>,
        program: Program,
        home: &Home,
        left: Option<f64>,
    ) -> Result<Spawn, Failure> {
        let mut words = words(&["-p", "--output-format", "json", "--tools", ""]);
        words.extend(["--max-turns".to_owned(), TURNS.to_string()]);
        let prompt = self.options(request, left, &mut words, super::prompt(request));
        Ok(Spawn {
            program,
            words,
            folder: Folder::open(&home.0)?,
            environment: self.environment()?,
            stdin: Some(prompt.into_bytes()),
            run: control.run.to_owned(),
        })
    }

    /// For a conversation with tools, in the project's root. Every call of a tool asks for leave.
    pub(super) fn with_tools(
        &self,
        request: &ProviderRequest,
        control: &Control<'_>,
        program: Program,
        left: Option<f64>,
    ) -> Result<Spawn, Failure> {
        let mut words =
            words(&["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"]);
        words.extend(self::words(&["--permission-prompt-tool", "stdio", "--permission-mode", "default"]));
        // Without this it lets some calls pass by itself.
        words.extend(self::words(&["--settings", r#"{"permissions":{"ask":["*"]}}"#]));
        words.extend(["--tools".to_owned(), request.options.tools.join(",")]);
        // In a conversation it says how many answers there are, each with as many calls as it takes.
        let own = request.options.max_turns.filter(|_| !request.interactive);
        let turns = own.unwrap_or(TURNS_WITH_TOOLS);
        words.extend(["--max-turns".to_owned(), turns.to_string()]);
        // A system text too long for a word goes into the first message, which is not said here.
        self.options(request, left, &mut words, String::new());
        Ok(Spawn {
            program,
            words,
            folder: Folder::open(&self.root)?,
            environment: self.environment()?,
            stdin: None,
            run: control.run.to_owned(),
        })
    }

    /// What is the same in both. Gives the prompt, which holds the system text where that is too long.
    fn options(
        &self,
        request: &ProviderRequest,
        left: Option<f64>,
        words: &mut Vec<String>,
        mut prompt: String,
    ) -> String {
        words.extend(self::words(&[
            "--setting-sources",
            "",
            "--strict-mcp-config",
            "--disable-slash-commands",
        ]));
        words.extend(self::words(&["--no-session-persistence"]));
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        if let Some(model) = self.model(request) {
            option("--model", model.to_owned());
        }
        match request.system.as_deref() {
            Some(system) if system.len() > LONGEST_WORD => prompt = format!("{system}\n\n{prompt}"),
            Some(system) => option("--system-prompt", system.to_owned()),
            // Its own speaks of a terminal and of tools.
            None => option("--system-prompt", String::from("You do the task that you are given.")),
        }
        if let Some(schema) = request.schema.as_ref().map(Json::to_string).filter(|s| s.len() < LONGEST_WORD)
        {
            option("--json-schema", schema);
        }
        if let Some(left) = left {
            option("--max-budget-usd", format!("{left:.6}"));
        }
        prompt
    }

    fn environment(&self) -> Result<Environment, Failure> {
        let rules = EnvironmentRules { pass: PASSED.map(str::to_owned).into(), allow: Vec::new() };
        let mut environment = Environment::clean(&self.search, &rules);
        for (name, value) in SET {
            environment.set(name, value)?;
        }
        Ok(environment)
    }
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|word| (*word).to_owned()).collect()
}

/// The variables that a command of an agent must not get: those that the program was given, and those that it adds.
pub fn withheld() -> impl Iterator<Item = &'static str> {
    PASSED.into_iter().chain(SET.map(|(name, _)| name)).chain(WITHHELD)
}
