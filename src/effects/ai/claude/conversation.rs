//! A talk with an agent that has tools: a process of the program that is held over one or several turns.
//!
//! It runs in the project's root, where its tools work, with nothing of the checkout in force. Every call of a tool
//! comes as a question here and is decided by [`Tools`](crate::effects::ai::tools::Tools). Whatever the program does
//! that it did not ask for ends the talk, and with it the process and all that it has started.

use super::calls::{self, ANSWERS};
use super::result::{judge, no_result, usage};
use super::{Claude, missing, not_in_time};
use crate::diagnostics::codes::ask::{E1351, E1353};
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::ai::budget::{Account, Hold};
use crate::effects::ai::retry::Miss;
use crate::effects::ai::tools::{Call, CallEnd, Tools, Verdict};
use crate::effects::ai::{Control, Heard, ProviderReply, ProviderRequest, Unanswered};
use crate::effects::process::{self, Cancel, Patience, Talk, Unheard};
use crate::interpreter::Waker;
use crate::ui::escape;
use serde_json::{Value as Json, json};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Of one line that it says. What a tool gives stands in one.
const LONGEST_LINE: usize = 32 << 20;
/// How long it may take to come to its end once nothing more is said to it.
const FAREWELL: Duration = Duration::from_secs(2);

pub struct Conversation {
    talk: Talk,
    root: PathBuf,
    /// The tools that the agent lists.
    listed: Vec<String>,
    typed: bool,
    model: Option<String>,
    timeout: Duration,
    budget: Arc<super::Budget>,
    /// The most that the process may cost.
    limit: Option<f64>,
    /// What the process has cost when it last said so.
    cost: f64,
    /// The requests that it made: none is answered twice.
    requests: HashSet<String>,
    /// Every call of a tool by its id.
    calls: HashMap<String, Stage>,
    /// The words before each command, which take from it what it must not see.
    before_commands: Vec<String>,
    /// What the agent has said in this turn.
    heard: String,
    /// A system text too long for its own option.
    before: Option<String>,
}

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The model wants it.
    Wanted,
    Allowed,
    Refused,
    Ended,
    /// The answer in its form: it touches nothing.
    Answer,
}

impl Conversation {
    /// Starts the program. Nothing is asked before the first [`say`](Self::say). It counts its cost itself, and ends where
    /// it comes to `limit`.
    pub fn open(
        claude: &Claude,
        request: &ProviderRequest,
        control: &Control<'_>,
        limit: Option<f64>,
    ) -> Result<Conversation, Miss> {
        let unavailable = |failure| Miss::ends(Unanswered::Unavailable(failure));
        let program = claude.search.resolve("claude", false).map_err(|f| unavailable(missing(&f)))?;
        let spawn = claude.with_tools(request, control, program, limit).map_err(unavailable)?;
        let env = claude.search.resolve("env", false).map_err(unavailable)?;
        let unset = super::start::withheld().flat_map(|name| ["-u".to_owned(), name.to_owned()]);
        let before_commands = [env.path.display().to_string()].into_iter().chain(unset).collect();
        let talk = Talk::start(&spawn, LONGEST_LINE).map_err(|f| unavailable(missing(&f)))?;
        Ok(Conversation {
            talk,
            root: claude.root.clone(),
            listed: request.options.tools.clone(),
            typed: request.schema.is_some(),
            model: claude.model(request).map(str::to_owned),
            timeout: claude.timeout,
            budget: claude.budget.clone(),
            limit,
            cost: 0.0,
            requests: HashSet::new(),
            calls: HashMap::new(),
            before_commands,
            heard: String::new(),
            before: request.system.clone().filter(|s| s.len() > super::start::LONGEST_WORD),
        })
    }

    /// One turn: says a message and gives the answer to it. Its tools are called meanwhile, as far as they may be. What it
    /// may cost is set aside in `hold`, where there is a limit.
    pub fn say(
        &mut self,
        message: &str,
        request: &ProviderRequest,
        control: &Control<'_>,
        hold: Option<&Hold<'_>>,
    ) -> Result<ProviderReply, Miss> {
        let Some(tools) = control.tools else {
            return Err(Miss::ends(Unanswered::Failed(super::nobody_decides(request))));
        };
        let message = match self.before.take() {
            Some(system) => format!("{message}\n\n{system}"),
            None => message.to_owned(),
        };
        self.heard.clear();
        let cancel = Cancel::new();
        let raised = cancel.clone();
        // Held until the turn is over: dropping it ends the subscription.
        let waker: Arc<Waker> = Arc::new(move || raised.cancel());
        control.cancel.subscribe(&waker);
        let cancel = [cancel];
        let left = control.until.map(|until| until.duration_since(SystemTime::now()).unwrap_or_default());
        let mut clock = Clock { until: Instant::now() + left.unwrap_or(self.timeout), cancel: &cancel };

        let line = json!({ "type": "user", "message": { "role": "user", "content": message } }).to_string();
        let told = self.talk.say(&line, clock.patience());
        told.map_err(|unheard| self.unheard(unheard, control))?;
        let result = self.turn(&mut clock, tools, control);
        // Whatever came of it: nothing that was allowed stays without an end.
        for (id, stage) in &mut self.calls {
            if *stage == Stage::Allowed {
                *stage = Stage::Ended;
                if !matches!(result, Err(Miss { why: Unanswered::Interrupted, .. })) {
                    tools.ended(id, CallEnd::Unseen).map_err(Miss::ends)?;
                }
            }
        }
        let result = result?;
        let mut usage = usage(&result);
        if let Some(total) = usage.cost {
            let cost = (total - self.cost).max(0.0);
            match hold {
                Some(hold) => hold.pay(cost),
                None => self.budget.spent(&account(request, control), cost),
            }
            (self.cost, usage.cost) = (total, Some(cost));
        }
        let text = judge(&result, self.typed, self.model.as_deref().unwrap_or("claude"));
        let text = text.map_err(|miss| miss.took(&usage))?;
        let used = result.get("modelUsage").and_then(Json::as_object).and_then(|m| m.keys().next().cloned());
        Ok(ProviderReply {
            text,
            model: used.or_else(|| self.model.clone()),
            usage: (!usage.is_empty()).then_some(usage),
        })
    }

    /// Whether the process keeps to a limit by itself.
    pub fn keeps_to(&self, left: Option<f64>) -> bool {
        left.is_none_or(|left| self.limit.is_some_and(|limit| limit - self.cost <= left))
    }

    /// Nothing more is said: it comes to its end, and what is left of it is ended.
    pub fn close(mut self) {
        self.talk.finish(FAREWELL);
    }

    /// Hears and answers until the turn has its result.
    fn turn(
        &mut self,
        clock: &mut Clock<'_>,
        tools: &dyn Tools,
        control: &Control<'_>,
    ) -> Result<Json, Miss> {
        loop {
            let line = match self.talk.hear(clock.patience()) {
                Ok(process::Heard::Line(line)) => line,
                Ok(process::Heard::Ended) => return Err(self.gone()),
                Err(unheard) => return Err(self.unheard(unheard, control)),
            };
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let Ok(event @ Json::Object(_)) = serde_json::from_slice::<Json>(&line) else {
                let shown = escape::fit(&escape::line(&String::from_utf8_lossy(&line)), 200);
                return Err(unreadable(format!("it said `{shown}`, which is no message")));
            };
            match text(&event, "type") {
                "system" if text(&event, "subtype") == "init" => self.check_init(&event)?,
                "system" if text(&event, "subtype").starts_with("hook") => {
                    return Err(breach(String::from("it runs a hook, which nobody gave it")));
                }
                "assistant" => self.assistant(&event, control)?,
                "control_request" => self.request(&event, clock, tools, control)?,
                "user" => self.results(&event, tools)?,
                "result" => return Ok(event),
                _ => {}
            }
        }
    }

    /// What it says it has must be what it was given.
    fn check_init(&self, event: &Json) -> Result<(), Miss> {
        let names = |key: &str| event.get(key).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let mine = |tool: &&str| *tool != ANSWERS && !self.listed.iter().any(|l| l == tool);
        if let Some(tool) = names("tools").iter().filter_map(Json::as_str).find(mine) {
            return Err(breach(format!("it offers the tool `{tool}` to the agent, which does not list it")));
        }
        if let Some(server) = names("mcp_servers").first() {
            let name = server.get("name").and_then(Json::as_str).unwrap_or("?");
            return Err(breach(format!("it uses the server `{name}`, which nobody gave it")));
        }
        match event.get("permissionMode").and_then(Json::as_str) {
            Some("default") | None => Ok(()),
            Some(mode) => Err(breach(format!("it asks for leave in its mode `{mode}`, not for every call"))),
        }
    }

    fn assistant(&mut self, event: &Json, control: &Control<'_>) -> Result<(), Miss> {
        for block in blocks(event) {
            match text(block, "type") {
                "text" => {
                    if !self.heard.is_empty() {
                        self.heard.push_str("\n\n");
                    }
                    self.heard.push_str(text(block, "text"));
                    (control.heard)(Heard { text: &self.heard });
                }
                "tool_use" | "server_tool_use" => {
                    if event.get("parent_tool_use_id").is_some_and(|p| !p.is_null()) {
                        return Err(breach(String::from("it has started a further agent")));
                    }
                    let (id, tool) = (text(block, "id"), text(block, "name"));
                    if text(block, "type") == "server_tool_use" {
                        return Err(breach(format!("its server calls the tool `{tool}` without asking")));
                    }
                    let stage = if tool == ANSWERS && self.typed { Stage::Answer } else { Stage::Wanted };
                    // It may have asked for leave before it told.
                    self.calls.entry(id.to_owned()).or_insert(stage);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// It asks for leave, or for something that it does not get.
    fn request(
        &mut self,
        event: &Json,
        clock: &mut Clock<'_>,
        tools: &dyn Tools,
        control: &Control<'_>,
    ) -> Result<(), Miss> {
        let number = text(event, "request_id").to_owned();
        let asked = event.get("request").unwrap_or(&Json::Null);
        if number.is_empty() || !self.requests.insert(number.clone()) {
            return Err(unreadable(format!("it made the request `{}` twice", escape::line(&number))));
        }
        let response = match text(asked, "subtype") {
            "can_use_tool" => {
                let before = Instant::now();
                let answer = self.leave(asked, tools)?;
                // A person may have been asked, whose time is not the agent's.
                clock.until += before.elapsed();
                json!({ "subtype": "success", "request_id": number, "response": answer })
            }
            other => {
                json!({ "subtype": "error", "request_id": number, "error": format!("`{other}` is not served") })
            }
        };
        let line = json!({ "type": "control_response", "response": response }).to_string();
        self.talk.say(&line, clock.patience()).map_err(|unheard| self.unheard(unheard, control))
    }

    /// Whether a tool may be called.
    fn leave(&mut self, asked: &Json, tools: &dyn Tools) -> Result<Json, Miss> {
        let tool = text(asked, "tool_name");
        let input = asked.get("input").unwrap_or(&Json::Null);
        let id = text(asked, "tool_use_id").to_owned();
        if id.is_empty() {
            return Err(unreadable(format!(
                "it asked for the tool `{}` without saying for which call",
                escape::line(tool)
            )));
        }
        if tool == ANSWERS && self.typed {
            self.calls.insert(id, Stage::Answer);
            return Ok(json!({ "behavior": "allow", "updatedInput": input }));
        }
        if !matches!(self.calls.get(&id), None | Some(Stage::Wanted)) {
            return Err(unreadable(format!(
                "it asked twice for leave to make the call `{}`",
                escape::line(&id)
            )));
        }
        // What it said before was not its answer.
        self.heard.clear();
        let act = calls::act(tool, input, &self.listed, &self.root);
        let verdict = tools.judge(&Call { id: &id, tool, input, act: &act }).map_err(Miss::ends)?;
        let (stage, answer) = match verdict {
            Verdict::Allowed(grant) => {
                let input = calls::granted(tool, input, &grant, &self.before_commands);
                (Stage::Allowed, json!({ "behavior": "allow", "updatedInput": input }))
            }
            Verdict::Refused(message) => (Stage::Refused, json!({ "behavior": "deny", "message": message })),
        };
        self.calls.insert(id, stage);
        Ok(answer)
    }

    /// What came of calls. One that gives something without leave was made without asking.
    fn results(&mut self, event: &Json, tools: &dyn Tools) -> Result<(), Miss> {
        for block in blocks(event).iter().filter(|b| text(b, "type") == "tool_result") {
            let id = text(block, "tool_use_id");
            let error = block.get("is_error").and_then(Json::as_bool) == Some(true);
            let given = content(block.get("content").unwrap_or(&Json::Null));
            match self.calls.get(id) {
                Some(Stage::Allowed) => {
                    self.calls.insert(id.to_owned(), Stage::Ended);
                    tools.ended(id, CallEnd::Result { text: given, error }).map_err(Miss::ends)?;
                }
                Some(Stage::Answer) => {}
                // Its own words about a call that it did not make.
                Some(Stage::Refused) if error => {}
                _ if error && given.starts_with("<tool_use_error>") => {}
                _ => return Err(breach(String::from("it called a tool without asking for leave"))),
            }
        }
        Ok(())
    }

    /// It ended without a result.
    fn gone(&mut self) -> Miss {
        let status = self.talk.finish(FAREWELL);
        let status = status.map_or_else(|| String::from("no exit code"), |s| s.to_string());
        Miss::ends(Unanswered::Unavailable(no_result(&status, self.talk.errors())))
    }

    fn unheard(&self, unheard: Unheard, control: &Control<'_>) -> Miss {
        let why = match unheard {
            Unheard::Cancelled => {
                debug_assert!(control.cancel.is_cancelled());
                Unanswered::Cancelled
            }
            Unheard::TimedOut => Unanswered::Unavailable(not_in_time()),
            Unheard::TooLong => {
                return unreadable(format!("it said a line of over {} MiB", LONGEST_LINE >> 20));
            }
            Unheard::Broken(errno) => return unreadable(format!("waiting for it failed: {errno}")),
        };
        Miss::ends(why)
    }
}

/// Until when is waited.
struct Clock<'a> {
    until: Instant,
    cancel: &'a [Cancel],
}

impl Clock<'_> {
    fn patience(&self) -> Patience<'_> {
        Patience { until: Some(self.until), cancel: self.cancel }
    }
}

pub fn account<'a>(request: &'a ProviderRequest, control: &Control<'a>) -> Account<'a> {
    let agent = request.agent.as_deref();
    Account { agent, agent_limit: request.options.max_cost, path: control.path }
}

fn text<'a>(value: &'a Json, key: &str) -> &'a str {
    value.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// The parts of a message.
fn blocks(event: &Json) -> &[Json] {
    let content = event.get("message").and_then(|m| m.get("content"));
    content.and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// What a tool gave, as text. What is no text is told by its size.
fn content(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(parts) => {
            let part = |p: &Json| match text(p, "type") {
                "text" => text(p, "text").to_owned(),
                other => {
                    let bytes = p.get("source").map_or(0, |s| text(s, "data").len());
                    format!("({} of {bytes} characters)", if other.is_empty() { "something" } else { other })
                }
            };
            parts.iter().map(part).collect::<Vec<_>>().join("\n")
        }
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// It did something that it was not given leave for. Nothing it says is worth anything then.
fn breach(what: String) -> Miss {
    let message = format!("the program of the agent does not keep to what it may: {what}");
    let failure = Failure::new(ErrorKind::Permission, E1351, message)
        .help("it was ended; look at what it may have changed, and at its version: `wflow doctor`");
    Miss::ends(Unanswered::Failed(failure))
}

fn unreadable(what: String) -> Miss {
    let message = format!("the conversation with the agent's program cannot be followed: {what}");
    let failure = Failure::new(ErrorKind::Verification, E1353, message)
        .help("it was ended; look at its version with `wflow doctor`, and start it by hand to see what is wrong with it");
    Miss::ends(Unanswered::Failed(failure))
}
