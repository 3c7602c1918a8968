//! The `claude` command line as a provider: one call, without tools.
//!
//! It is started in an empty folder of its own with a clean environment, reads no settings, hooks or servers of any
//! project, and attaches no file that a prompt happens to name. It ends with all that it has started. What it says of
//! itself is not taken on trust: an error may call itself a success, and an answer in the wrong shape, too.

use super::budget::{Account, Budget};
use super::remote::{Server, Status};
use super::retry::{Miss, with_tries};
use super::usage::Usage;
use super::{Capabilities, Control, Probe, Provider, ProviderReply, ProviderRequest, Role, Unanswered};
use crate::diagnostics::codes::ask::{E1303, E1328, E1332, E1334};
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::machine::first_line;
use crate::effects::process::{
    self, Cancel, Environment, EnvironmentRules, Finished, Folder, Program, Search, Spawn, tail,
};
use crate::interpreter::Waker;
use crate::policy::AiConfig;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Where its own installer puts it, after the project's folders and those of the system.
const OWN_FOLDERS: [&str; 2] = ["~/.local/bin", "~/.claude/local"];
const TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// One for the answer, and some for giving it in its form again.
const TURNS: &str = "6";
/// A longer text is no word of a command line any more.
const LONGEST_WORD: usize = 100 * 1024;

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

const SET: [(&str, &str); 4] = [
    ("CLAUDE_CODE_DISABLE_ATTACHMENTS", "1"),
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("CLAUDE_CODE_MAX_RETRIES", "2"),
    ("DISABLE_AUTOUPDATER", "1"),
];

pub struct Claude {
    search: Search,
    model: Option<String>,
    timeout: Duration,
    budget: Arc<Budget>,
}

impl Claude {
    /// `folders` are the project's own for programs.
    pub fn new(config: &AiConfig, root: &Path, folders: &[Arc<str>], budget: &Arc<Budget>) -> Claude {
        let configured = config.provider == crate::policy::Provider::Claude;
        Claude {
            search: search(root, folders),
            model: config.model.as_deref().filter(|_| configured).map(str::to_owned),
            timeout: config.timeout.unwrap_or(TIMEOUT),
            budget: budget.clone(),
        }
    }

    fn once(&self, request: &ProviderRequest, control: &Control<'_>) -> Result<ProviderReply, Miss> {
        let unavailable = |failure| Miss::ends(Unanswered::Unavailable(failure));
        if !request.options.tools.is_empty() {
            return Err(Miss::ends(Unanswered::Failed(no_tools(request.agent.as_deref()))));
        }
        let program = self.search.resolve("claude", false).map_err(|f| unavailable(missing(&f)))?;
        let account = Account {
            agent: request.agent.as_deref(),
            agent_limit: request.options.max_cost,
            path: control.path,
        };
        // It counts its cost itself, so all that is left is set aside, and what it did not use given back.
        let hold = self.budget.hold_rest(&account, control).map_err(Miss::ends)?;
        let home = Home::new().map_err(unavailable)?;
        let spawn = self.spawn(request, control, program, &home, hold.as_ref().map(|(_, left)| *left));
        let finished = run(&spawn.map_err(unavailable)?, control, self.timeout)?;
        let model = self.model(request).unwrap_or("claude");
        let result = result(&finished).ok_or_else(|| unavailable(no_result(&finished)))?;
        let usage = usage(&result);
        match (&hold, usage.cost) {
            (Some((hold, _)), Some(cost)) => hold.pay(cost),
            (None, Some(cost)) => self.budget.spent(&account, cost),
            _ => {}
        }
        let text = judge(&result, request.schema.is_some(), model)?;
        let used = result.get("modelUsage").and_then(Json::as_object).and_then(|m| m.keys().next().cloned());
        Ok(ProviderReply {
            text,
            model: used.or_else(|| self.model(request).map(str::to_owned)),
            usage: (!usage.is_empty()).then_some(usage),
        })
    }

    fn model<'a>(&'a self, request: &'a ProviderRequest) -> Option<&'a str> {
        match request.project_model {
            true => self.model.as_deref(),
            false => request.model.as_deref(),
        }
    }

    fn spawn(
        &self,
        request: &ProviderRequest,
        control: &Control<'_>,
        program: Program,
        home: &Home,
        left: Option<f64>,
    ) -> Result<Spawn, Failure> {
        let mut words: Vec<String> = ["-p", "--output-format", "json", "--setting-sources", ""]
            .into_iter()
            .chain(["--strict-mcp-config", "--disable-slash-commands", "--no-session-persistence"])
            .chain(["--tools", "", "--max-turns", TURNS])
            .map(str::to_owned)
            .collect();
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        if let Some(model) = self.model(request) {
            option("--model", model.to_owned());
        }
        let mut prompt = prompt(request);
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
        let rules = EnvironmentRules { pass: PASSED.map(str::to_owned).into(), allow: Vec::new() };
        let mut environment = Environment::clean(&self.search, &rules);
        for (name, value) in SET {
            environment.set(name, value)?;
        }
        Ok(Spawn {
            program,
            words,
            folder: Folder::open(&home.0)?,
            environment,
            stdin: Some(prompt.into_bytes()),
            run: control.run.to_owned(),
        })
    }
}

impl Provider for Claude {
    fn name(&self) -> &str {
        "claude"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { structured: true, person: false, tools: false }
    }

    fn answer(&self, request: &ProviderRequest, control: &Control<'_>) -> Result<ProviderReply, Unanswered> {
        with_tries(control, || self.once(request, control))
    }
}

fn search(root: &Path, folders: &[Arc<str>]) -> Search {
    let all: Vec<&str> = folders.iter().map(|f| &**f).chain(OWN_FOLDERS).collect();
    Search::new(root, &all)
}

/// Which one would be started, and its version.
pub fn probe(root: &Path, folders: &[Arc<str>]) -> Probe {
    match search(root, folders).resolve("claude", false) {
        Ok(program) => match first_line(&program.real, "--version") {
            Some(version) => Probe::good(format!("{version}, {}", program.real.display())),
            None => Probe::bad(
                format!("{} does not say its version", program.real.display()),
                "install it anew: `npm install -g @anthropic-ai/claude-code`",
            ),
        },
        Err(_) => Probe::bad(
            "the program `claude` is not found",
            "install it: `npm install -g @anthropic-ai/claude-code`, and list its folder as `path` under [policy]",
        ),
    }
}

/// An empty folder, gone with the call.
struct Home(PathBuf);

impl Home {
    fn new() -> Result<Home, Failure> {
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

/// Everything in one text. Its first line is ours, so that no prompt can be a command of the program.
fn prompt(request: &ProviderRequest) -> String {
    let mut out = String::from("Your task:\n\n");
    for (i, message) in request.messages.iter().enumerate() {
        match message.role {
            Role::Assistant => out.push_str("\n\nYou answered:\n\n"),
            Role::User if i > 0 => out.push_str("\n\n"),
            Role::User => {}
        }
        out.push_str(&message.text);
    }
    out
}

fn run(spawn: &Spawn, control: &Control<'_>, most: Duration) -> Result<Finished, Miss> {
    let cancel = Cancel::new();
    let raised = cancel.clone();
    // Held until it has ended: dropping it ends the subscription.
    let waker: Arc<Waker> = Arc::new(move || raised.cancel());
    control.cancel.subscribe(&waker);
    let left = control.until.map(|until| until.duration_since(SystemTime::now()).unwrap_or_default());
    let timeout = left.unwrap_or(most);
    let limits = process::Control { timeout: Some(timeout), cancel: vec![cancel], ..Default::default() };
    let finished = process::run(spawn, &limits);
    drop(waker);
    finished.map_err(|failure| {
        if control.cancel.is_cancelled() {
            return Miss::ends(Unanswered::Cancelled);
        }
        let failure = match failure.kind {
            ErrorKind::Timeout => Failure::new(ErrorKind::Timeout, E1303, "`claude` did not answer in time")
                .help("give the `ask` a longer `timeout`, or raise `timeout` under `[ai]` in wflow.toml"),
            _ => missing(&failure),
        };
        Miss::ends(Unanswered::Unavailable(failure))
    })
}

/// The object that tells how it went; the last one, should there be several lines.
fn result(finished: &Finished) -> Option<Json> {
    let text = String::from_utf8_lossy(&finished.stdout);
    let lines = text.lines().rev().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    lines.into_iter().find(|v| v.get("type").and_then(Json::as_str) == Some("result"))
}

fn usage(result: &Json) -> Usage {
    let tokens =
        |name: &str| result.get("usage").and_then(|u| u.get(name)).and_then(Json::as_u64).unwrap_or(0);
    Usage {
        input: tokens("input_tokens"),
        output: tokens("output_tokens"),
        cache_read: tokens("cache_read_input_tokens"),
        cache_write: tokens("cache_creation_input_tokens"),
        cost: result.get("total_cost_usd").and_then(Json::as_f64),
    }
}

/// The answer, or why there is none. `subtype: success` says nothing about that.
fn judge(result: &Json, typed: bool, model: &str) -> Result<String, Miss> {
    let text = |key: &str| result.get(key).and_then(Json::as_str).unwrap_or_default();
    let said = text("result");
    if let Some(status) = result.get("api_error_status").and_then(Json::as_u64) {
        let status = u16::try_from(status).unwrap_or(500);
        return Err(Status { provider: "claude", server: &Server::anthropic(), model }.of(status, said));
    }
    let failed =
        |kind, code, message: String| Err(Miss::ends(Unanswered::Failed(Failure::new(kind, code, message))));
    match text("subtype") {
        "error_max_budget_usd" => {
            let message = String::from("`claude` stopped at its share of the limit on cost");
            return failed(ErrorKind::Permission, E1328, message);
        }
        "success" => {}
        other => {
            let message = format!("`claude` gave no answer ({})", crate::ui::escape::line(other));
            return failed(ErrorKind::Verification, E1332, message);
        }
    }
    if result.get("num_turns").and_then(Json::as_u64) == Some(0) {
        let message = String::from("`claude` took the question as a command of its own");
        return failed(ErrorKind::Verification, E1332, message);
    }
    if result.get("is_error").and_then(Json::as_bool) != Some(false) {
        let message = format!(
            "`claude` gave no answer: {}",
            crate::ui::escape::fit(&crate::ui::escape::line(said), 300)
        );
        let failure = Failure::new(ErrorKind::Configuration, E1332, message)
            .help("start `claude` by hand to see whether it is logged in");
        return Err(Miss::ends(Unanswered::Unavailable(failure)));
    }
    match text("stop_reason") {
        "refusal" => {
            return Err(Status { provider: "claude", server: &Server::anthropic(), model }.refused(said));
        }
        "max_tokens" => {
            return failed(
                ErrorKind::Verification,
                crate::diagnostics::codes::ask::E1327,
                String::from("the answer was cut off at its greatest length"),
            );
        }
        _ => {}
    }
    Ok(match result.get("structured_output").filter(|v| typed && !v.is_null()) {
        Some(value) => value.to_string(),
        // It is held against the type all the same, and asked for again if it does not fit.
        None => said.to_owned(),
    })
}

fn missing(failure: &Failure) -> Failure {
    let message = format!("the provider `claude` cannot be started: {}", failure.message);
    Failure::new(ErrorKind::Configuration, E1332, message)
        .help("install it (`npm install -g @anthropic-ai/claude-code`), and list its folder as `path` under [policy] in wflow.toml")
}

fn no_result(finished: &Finished) -> Failure {
    let message = format!("`claude` ended with {} and said nothing that is a result", finished.status);
    let failure = Failure::new(ErrorKind::Configuration, E1332, message)
        .help("start `claude` by hand to see what is wrong with it");
    match tail(&finished.stderr) {
        Some(text) => failure.note(text),
        None => failure,
    }
}

fn no_tools(agent: Option<&str>) -> Failure {
    let message =
        format!("the agent `{}` lists tools, which this version lets nobody call", agent.unwrap_or("?"));
    Failure::new(ErrorKind::Configuration, E1334, message)
        .help("remove `tools`, and send what it needs in `with`")
}
