//! The `claude` command line as a provider: one call without tools, or an agent with tools ([`Conversation`]).
//!
//! Without tools it is started in an empty folder of its own. It has a clean environment, reads no settings, hooks or servers of any
//! project, and attaches no file that a prompt happens to name. It ends with all that it has started. What it says of
//! itself is not taken on trust: an error may call itself a success, and an answer in the wrong shape, too.

mod calls;
mod conversation;
mod result;
pub mod shell;
mod start;

pub use conversation::Conversation;

use super::budget::{Account, Budget};
use super::retry::{Miss, with_tries};
use super::{
    Capabilities, Control, Message, Probe, Provider, ProviderReply, ProviderRequest, Role, Unanswered,
};
use crate::diagnostics::codes::ask::{E1303, E1332, E1334};
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::machine::first_line;
use crate::effects::process::{self, Cancel, Finished, Search, Spawn, tail};
use crate::interpreter::Waker;
use crate::policy::AiConfig;
use result::{judge, no_result, result, usage};
use serde_json::Value as Json;
use start::Home;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Where its own installer puts it, after the project's folders and those of the system.
const OWN_FOLDERS: [&str; 2] = ["~/.local/bin", "~/.claude/local"];
const TIMEOUT: Duration = Duration::from_secs(10 * 60);
pub struct Claude {
    root: PathBuf,
    search: Search,
    model: Option<String>,
    timeout: Duration,
    budget: Arc<Budget>,
    /// By the places of conversations that may go on.
    kept: Mutex<HashMap<String, Kept>>,
}

/// A process that waits for the next turn.
struct Kept {
    agent: Conversation,
    /// All that it was told and has answered.
    said: Vec<Message>,
}

impl Kept {
    /// What it is yet to be told, if it knows all the rest.
    fn goes_on(&self, request: &ProviderRequest) -> Option<String> {
        let (last, before) = request.messages.split_last()?;
        (*before == self.said && last.role == Role::User).then(|| format!("Go on:\n\n{}", last.text))
    }
}

impl Claude {
    /// `folders` are the project's own for programs.
    pub fn new(config: &AiConfig, root: &Path, folders: &[Arc<str>], budget: &Arc<Budget>) -> Claude {
        let configured = config.provider == crate::policy::Provider::Claude;
        Claude {
            root: root.canonicalize().unwrap_or_else(|_| root.to_owned()),
            search: search(root, folders),
            model: config.model.as_deref().filter(|_| configured).map(str::to_owned),
            timeout: config.timeout.unwrap_or(TIMEOUT),
            budget: budget.clone(),
            kept: Mutex::default(),
        }
    }

    fn once(&self, request: &ProviderRequest, control: &Control<'_>) -> Result<ProviderReply, Miss> {
        let unavailable = |failure| Miss::ends(Unanswered::Unavailable(failure));
        let program = self.search.resolve("claude", false).map_err(|f| unavailable(missing(&f)))?;
        let account = Account {
            agent: request.agent.as_deref(),
            agent_limit: request.options.max_cost,
            path: control.path,
        };
        // It counts its cost itself, so all that is left is set aside, and what it did not use given back.
        let hold = self.budget.hold_rest(&account, control).map_err(Miss::ends)?;
        let home = Home::new().map_err(unavailable)?;
        let spawn = self.bare(request, control, program, &home, hold.as_ref().map(|(_, left)| *left));
        let finished = run(&spawn.map_err(unavailable)?, control, self.timeout)?;
        let model = self.model(request).unwrap_or("claude");
        let gone = || unavailable(no_result(&finished.status.to_string(), tail(&finished.stderr)));
        let result = result(&finished).ok_or_else(gone)?;
        let usage = usage(&result);
        match (&hold, usage.cost) {
            (Some((hold, _)), Some(cost)) => hold.pay(cost),
            (None, Some(cost)) => self.budget.spent(&account, cost),
            _ => {}
        }
        let text = judge(&result, request.schema.is_some(), model).map_err(|miss| miss.took(&usage))?;
        let used = result.get("modelUsage").and_then(Json::as_object).and_then(|m| m.keys().next().cloned());
        Ok(ProviderReply {
            text,
            model: used.or_else(|| self.model(request).map(str::to_owned)),
            usage: (!usage.is_empty()).then_some(usage),
        })
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One turn of an agent with tools: by the process that was held from the turn before, or else by a new one that is
    /// told all that was said.
    fn turn(&self, request: &ProviderRequest, control: &Control<'_>) -> Result<ProviderReply, Miss> {
        let hold = self.budget.hold_rest(&conversation::account(request, control), control);
        let hold = hold.map_err(Miss::ends)?;
        let left = hold.as_ref().map(|(_, left)| *left);
        let kept = control.talk.and_then(|talk| self.kept().remove(talk));
        let kept = kept.filter(|k| k.agent.keeps_to(left)).and_then(|k| Some((k.goes_on(request)?, k.agent)));
        let (message, mut agent) = match kept {
            Some(kept) => kept,
            None => (prompt(request), Conversation::open(self, request, control, left)?),
        };
        let reply = agent.say(&message, request, control, hold.as_ref().map(|(hold, _)| hold))?;
        match control.talk {
            Some(talk) => {
                let mut said = request.messages.clone();
                said.push(Message { role: Role::Assistant, text: reply.text.clone() });
                self.kept().insert(talk.to_owned(), Kept { agent, said });
            }
            None => agent.close(),
        }
        Ok(reply)
    }

    fn model<'a>(&'a self, request: &'a ProviderRequest) -> Option<&'a str> {
        match request.project_model {
            true => self.model.as_deref(),
            false => request.model.as_deref(),
        }
    }
}

impl Provider for Claude {
    fn name(&self) -> &str {
        "claude"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { structured: true, person: false, tools: true }
    }

    fn answer(&self, request: &ProviderRequest, control: &Control<'_>) -> Result<ProviderReply, Unanswered> {
        if request.options.tools.is_empty() {
            return with_tries(control, || self.once(request, control));
        }
        let Some(tools) = control.tools else { return Err(Unanswered::Failed(nobody_decides(request))) };
        with_tries(control, || {
            self.turn(request, control).map_err(|miss| match miss.why {
                // What was done stands: neither another try nor a value instead of an answer is as if it were not so.
                Unanswered::Unavailable(why) if tools.changed() => Miss::ends(Unanswered::Failed(why)),
                why => Miss { why, ..miss },
            })
        })
    }

    fn over(&self, talk: &str) {
        let kept = self.kept().remove(talk);
        if let Some(kept) = kept {
            kept.agent.close();
        }
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
            ErrorKind::Timeout => not_in_time(),
            _ => missing(&failure),
        };
        Miss::ends(Unanswered::Unavailable(failure))
    })
}

fn not_in_time() -> Failure {
    Failure::new(ErrorKind::Timeout, E1303, "`claude` did not answer in time")
        .help("give the `ask` a longer `timeout`, or raise `timeout` under `[ai]` in wflow.toml")
}

fn missing(failure: &Failure) -> Failure {
    let message = format!("the provider `claude` cannot be started: {}", failure.message);
    Failure::new(ErrorKind::Configuration, E1332, message)
        .help("install it (`npm install -g @anthropic-ai/claude-code`), and list its folder as `path` under [policy] in wflow.toml")
}

/// The calls of its tools need somebody who decides about them.
fn nobody_decides(request: &ProviderRequest) -> Failure {
    let agent = request.agent.as_deref().unwrap_or("?");
    Failure::new(
        ErrorKind::Configuration,
        E1334,
        format!("nobody here decides about the tools of the agent `{agent}`"),
    )
    .help("ask it in a run: `wflow run`")
}
