//! An agent's tool calls: each is decided by the policy and the rules for files, or by the person at the terminal where
//! neither says anything, is on record before it is allowed, and so is what came of it.

use super::question::Listener;
use crate::diagnostics::codes::ask::{E1350, E1352, E1354, E1355};
use crate::diagnostics::{ErrorKind, Failure, did_you_mean};
use crate::effects::ai::Unanswered;
use crate::effects::ai::tools::{Act, Call, CallEnd, Grant, Tools, Verdict};
use crate::effects::approval::os_user;
use crate::effects::permission::{Permission, Wish};
use crate::effects::process::command_line;
use crate::effects::workspace::{Place, Sort};
use crate::engine::effect::Intent;
use crate::engine::session::Session;
use crate::interpreter::At;
use crate::journal::call_path;
use crate::policy::{AgentTool, Decision, Refusal, Word};
use crate::ui::progress::Event;
use crate::ui::terminal::Ended;
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// So many refusals, one after the other, and the agent is not asked any further.
const MOST_REFUSALS: u32 = 20;
/// Of a command for which the agent names none; the policy's own is the most.
const TIMEOUT: Duration = Duration::from_secs(2 * 60);

/// The names of the tools that an agent lists are known.
pub fn check_names(agent: &str, tools: &[String]) -> Result<(), Failure> {
    let Some(unknown) = tools.iter().find(|t| AgentTool::from_name(t).is_none()) else { return Ok(()) };
    let shown = crate::ui::escape::line(unknown);
    let failure = Failure::new(
        ErrorKind::Configuration,
        E1350,
        format!("the agent `{agent}` lists the tool `{shown}`, which there is not"),
    );
    Err(match did_you_mean(unknown, AgentTool::ALL.iter().map(|t| t.name())) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure,
    }
    .help(format!("tools are {}", AgentTool::names())))
}

/// The calls of an interrupted question that may have changed something, in words. The event with this number began it.
pub fn left_behind(session: &Session, question: &str, began: u64) -> Vec<String> {
    let calls = session.record.calls(question);
    let of_it = calls.iter().filter(|c| c.seq > began && c.allowed && c.changes);
    of_it
        .map(|c| format!("{}{}", in_words(&c.request), if c.ended { "" } else { " (nobody saw its end)" }))
        .collect()
}

/// A recorded call in a line.
fn in_words(request: &Json) -> String {
    let tool = request.get("tool").and_then(Json::as_str).unwrap_or("a tool");
    let words = request.get("argv").and_then(Json::as_array);
    match (words, request.get("path").and_then(Json::as_str)) {
        (Some(words), _) => format!("{tool} {}", command_line(words.iter().filter_map(Json::as_str))),
        (None, Some(path)) => format!("{tool} {path}"),
        (None, None) => tool.to_owned(),
    }
}

/// Decides about the calls of one question, for as long as it is asked.
pub struct Overseer<'a> {
    session: &'a Session,
    at: &'a At,
    agent: &'a str,
    /// The person who talks with the agent, if one does.
    listener: Option<&'a Listener>,
    next: AtomicU64,
    /// Paths of calls under way, by the program's own names for them.
    open: Mutex<HashMap<String, String>>,
    /// Refusals since a call was allowed.
    refused: AtomicU32,
    changed: AtomicBool,
}

/// What is decided about an act.
enum Ruling {
    Allowed {
        grant: Grant,
        rule: String,
    },
    /// No rule speaks of it: a person may allow it.
    Open {
        grant: Grant,
        why: Refusal,
    },
    Refused(String),
}

impl<'a> Overseer<'a> {
    /// Ends what earlier processes left open.
    pub fn new(
        session: &'a Session,
        at: &'a At,
        agent: &'a str,
        listener: Option<&'a Listener>,
    ) -> Result<Overseer<'a>, Failure> {
        let calls = session.record.calls(&at.path);
        for call in calls.iter().filter(|c| !c.ended) {
            session.record.failed(&call.path, &unseen())?;
        }
        let last = calls.iter().map(|c| c.number).max().unwrap_or(0);
        Ok(Overseer {
            session,
            at,
            agent,
            listener,
            next: AtomicU64::new(last + 1),
            open: Mutex::default(),
            refused: AtomicU32::new(0),
            changed: AtomicBool::new(false),
        })
    }

    fn rule(&self, act: &Act) -> Result<Ruling, String> {
        match act {
            Act::Read { path } => {
                let place = self.place(path)?;
                if place.sort == Sort::Folder {
                    return Err(format!("`{path}` is a folder, not a file"));
                }
                self.readable(path, &place)?;
                Ok(Ruling::Allowed { grant: Grant::File { path: place.absolute }, rule: "read".to_owned() })
            }
            Act::Search { folder, .. } => {
                let place = self.place(folder)?;
                self.readable(folder, &place)?;
                let without = self.not_searched()?;
                let grant = Grant::Search { path: place.absolute, without };
                Ok(Ruling::Allowed { grant, rule: "read".to_owned() })
            }
            Act::Write { path, .. } => self.rule_write(path),
            Act::Run { words, timeout_ms } => self.rule_run(words, *timeout_ms),
        }
    }

    fn place(&self, path: &str) -> Result<Place, String> {
        self.session.workspace.place(path).map_err(|failure| failure.message)
    }

    /// Both what the agent wrote and where it leads may be read.
    fn readable(&self, path: &str, place: &Place) -> Result<(), String> {
        if let Some(why) = self.session.workspace.never_read(&place.real) {
            return Err(format!("`{path}` may not be looked at: {why}"));
        }
        // What stands for all that is in a folder.
        let inside = format!("{}/_", place.real);
        let names = [path, &place.real, &inside];
        let names = if place.sort == Sort::Folder { &names[..] } else { &names[..2] };
        for name in names {
            for policy in &self.session.policies {
                // The root as a whole is looked through, without what may not be read.
                if let Some(refusal) = policy.decide_file_for_agent(self.agent, "read", name).refusal()
                    && place.real != "."
                {
                    return Err(refusal.message());
                }
            }
        }
        Ok(())
    }

    /// Patterns of what no search may look into.
    fn not_searched(&self) -> Result<Vec<String>, String> {
        let own = [".wflow", ".git"].map(str::to_owned);
        let by_rules = self.session.policies.iter().flat_map(|p| p.unread_by_agents());
        let mut all: Vec<String> = Vec::new();
        for pattern in own.into_iter().chain(by_rules) {
            // They are handed over in one text, between spaces.
            if pattern.contains([' ', '\t', '\n', ',']) || pattern.starts_with('!') {
                return Err(format!(
                    "files that match `{pattern}` may not be read, and a search cannot be told to leave them out"
                ));
            }
            if !all.contains(&pattern) {
                all.push(pattern);
            }
        }
        Ok(all)
    }

    fn rule_write(&self, path: &str) -> Result<Ruling, String> {
        let workspace = &self.session.workspace;
        let place = self.place(path)?;
        if place.sort == Sort::Folder {
            return Err(format!("`{path}` is a folder, not a file"));
        }
        if let Some(why) = workspace.never_written(&place.real).or_else(|| workspace.never_written(path)) {
            return Err(format!("nobody but people may write `{path}`: {why}"));
        }
        if place.names > 1 {
            return Err(format!("`{path}` is one file under several names, and the others may not be meant"));
        }
        // Whoever changes a file is shown parts of it.
        self.readable(path, &place)?;
        let names = if place.real == path { vec![path] } else { vec![path, place.real.as_str()] };
        let decisions = names.iter().flat_map(|name| {
            self.session.policies.iter().map(|p| p.decide_file_for_agent(self.agent, "write", name))
        });
        Ok(ruled(decisions.collect(), Grant::File { path: place.absolute.clone() }))
    }

    fn rule_run(&self, words: &[String], timeout_ms: Option<u64>) -> Result<Ruling, String> {
        let session = self.session;
        let name = words.first().map_or("", String::as_str);
        let found = session.search.resolve(name, name.contains('/'));
        let resolved = found.as_ref().ok().map(|p| p.real.clone());
        let known: Vec<Word> = words.iter().map(|w| Word::literal(w.as_str())).collect();
        let decisions: Vec<Decision> = session
            .policies
            .iter()
            .map(|p| p.decide_for_agent(self.agent, &known, resolved.as_deref()))
            .collect();
        if let Some(refusal) = decisions.iter().filter_map(Decision::refusal).find(|r| !r.is_open()) {
            return Err(refusal.message());
        }
        let program = found.map_err(|failure| failure.message)?;
        let path = program.path.to_str().ok_or("its path is not text")?.to_owned();
        let most = u64::try_from(session.default_timeout().as_millis()).unwrap_or(u64::MAX);
        let usual = u64::try_from(TIMEOUT.as_millis()).unwrap_or(u64::MAX);
        let words = [path].into_iter().chain(words.iter().skip(1).cloned()).collect();
        let timeout_ms = timeout_ms.unwrap_or(usual).min(most);
        Ok(ruled(decisions, Grant::Run { words, timeout_ms }))
    }

    /// The form in which a call is recorded.
    fn request(&self, call: &Call<'_>) -> Json {
        let mut out = Map::new();
        out.insert("tool".into(), json!(call.tool));
        out.insert("input".into(), call.input.clone());
        match call.act {
            Ok(Act::Run { words, .. }) => drop(out.insert("argv".into(), json!(words))),
            Ok(Act::Read { path } | Act::Write { path, .. } | Act::Search { folder: path, .. }) => {
                out.insert("path".into(), json!(path));
            }
            Err(_) => {}
        }
        Json::Object(out)
    }

    /// Whether a call like this leaves everything as it was.
    fn only_looks(&self, act: &Act) -> bool {
        match act {
            Act::Run { words, .. } => {
                let name = words.first().map_or("", String::as_str);
                let found = self.session.search.resolve(name, name.contains('/')).ok();
                let words: Vec<Word> = words.iter().map(|w| Word::literal(w.as_str())).collect();
                self.session.reads(&words, found.as_ref().map(|p| p.real.as_path()))
            }
            other => !other.tool().may_change(),
        }
    }

    /// Puts it to the person at the terminal.
    fn ask(
        &self,
        path: &str,
        what: &str,
        act: &Act,
        why: &Refusal,
    ) -> Result<Result<String, String>, Unanswered> {
        let session = self.session;
        let nobody = |why: &Refusal| format!("{}; nobody is here who could allow it", why.message());
        if session.detach {
            return Ok(Err(nobody(why)));
        }
        let whole = match act {
            Act::Write { change, .. } => session.record.redactor().text(change).into_owned(),
            _ => String::new(),
        };
        let stop = || session.interrupt.is_cancelled() || self.at.cancel.is_cancelled();
        let reason = why.message();
        let wish = Wish { agent: self.agent, what, whole: &whole, why: &reason, path };
        let said = match self.listener {
            Some(listener) => listener.lock().unwrap_or_else(PoisonError::into_inner).permits(&wish, &stop),
            None => {
                let _one = session.terminal.lock().unwrap_or_else(PoisonError::into_inner);
                session.progress.event(Event::TerminalTaken);
                let said = session.people.permit(&wish, &stop);
                session.progress.event(Event::TerminalFree);
                said
            }
        };
        match said {
            Ok(Permission::Once) => Ok(Ok(os_user())),
            Ok(Permission::No(words)) if words.is_empty() => {
                Ok(Err(String::from("the person here does not allow it")))
            }
            Ok(Permission::No(words)) => {
                Ok(Err(format!("the person here does not allow it, and says: {words}")))
            }
            Err(Ended::Interrupted) => Err(Unanswered::Interrupted),
            Err(Ended::Stopped) if session.interrupt.is_cancelled() => Err(Unanswered::Interrupted),
            Err(Ended::Stopped) => Err(Unanswered::Cancelled),
            Err(_) => Ok(Err(nobody(why))),
        }
    }

    fn refuse(&self, path: &str, request: &Json, message: String) -> Result<Verdict, Unanswered> {
        let failure = Failure::new(ErrorKind::Permission, E1352, message.clone());
        let failure = self.session.redacted(failure.at(self.at.span));
        let digest = self.session.record.digest(request);
        let intent = Intent::plain(self.at, "tool", request);
        self.session.record.refused(path, &intent, &digest, &failure).map_err(Unanswered::Failed)?;
        let refused = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
        if refused >= MOST_REFUSALS {
            let message = format!("{refused} tool calls of the agent `{}` in a row were refused", self.agent);
            let failure = Failure::new(ErrorKind::Permission, E1354, message)
                .note(format!("the last one: {}", failure.message))
                .help(
                    "say in its `system` text what it may do, or allow what it needs with a rule `for agent`",
                );
            return Err(Unanswered::Failed(failure));
        }
        Ok(Verdict::Refused(message))
    }
}

impl Tools for Overseer<'_> {
    fn judge(&self, call: &Call<'_>) -> Result<Verdict, Unanswered> {
        let session = self.session;
        if session.interrupt.is_cancelled() {
            return Err(Unanswered::Interrupted);
        }
        let path = call_path(&self.at.path, self.next.fetch_add(1, Ordering::Relaxed));
        let request = self.request(call);
        let what = session.record.redactor().text(&in_words(&request)).into_owned();
        if let Some(listener) = self.listener {
            listener.lock().unwrap_or_else(PoisonError::into_inner).does(&what);
        }
        let ruling = match call.act {
            Ok(act) => self.rule(act).unwrap_or_else(Ruling::Refused),
            Err(why) => Ruling::Refused(why.clone()),
        };
        let Ok(act) = call.act else {
            let Ruling::Refused(why) = ruling else { return Ok(Verdict::Refused(String::new())) };
            return self.refuse(&path, &request, why);
        };
        let (grant, allowed) = match ruling {
            Ruling::Allowed { grant, rule } => (grant, json!({ "rule": rule })),
            Ruling::Refused(why) => return self.refuse(&path, &request, why),
            Ruling::Open { grant, why } => match self.ask(&path, &what, act, &why)? {
                Ok(who) => (grant, json!({ "by": who })),
                Err(why) => return self.refuse(&path, &request, why),
            },
        };
        self.refused.store(0, Ordering::Relaxed);
        let repeatable = self.only_looks(act);
        let intent =
            Intent { repeatable, allowed: Some(allowed), ..Intent::plain(self.at, "tool", &request) };
        // On disk before the program is told.
        session
            .record
            .intend(&path, &intent, &session.record.digest(&request))
            .map_err(Unanswered::Failed)?;
        if !repeatable {
            self.changed.store(true, Ordering::Relaxed);
        }
        session
            .progress
            .event(Event::Started { path: path.clone(), text: format!("{}: {what}", self.agent) });
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(call.id.to_owned(), path);
        Ok(Verdict::Allowed(grant))
    }

    fn ended(&self, id: &str, end: CallEnd) -> Result<(), Unanswered> {
        let Some(path) = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(id) else {
            return Ok(());
        };
        let record = &self.session.record;
        self.session.progress.event(Event::Ended { path: path.clone() });
        let recorded = match end {
            CallEnd::Result { text, error } => {
                let mut result = json!({ "text": text, "error": error });
                record.redactor().value(&mut result);
                record.completed(&path, &result)
            }
            // Interrupted: whether it had its effect is not known, and the record says just that.
            CallEnd::Unseen if self.session.interrupt.is_cancelled() => Ok(()),
            CallEnd::Unseen => record.failed(&path, &unseen()),
        };
        recorded.map_err(Unanswered::Failed)
    }

    fn changed(&self) -> bool {
        self.changed.load(Ordering::Relaxed)
    }
}

/// All must allow; what any forbids is refused; what is left open by one is open.
fn ruled(decisions: Vec<Decision>, grant: Grant) -> Ruling {
    let mut rules = Vec::new();
    let mut open = None;
    for decision in decisions {
        match decision {
            Decision::Allowed { rule, .. } => rules.push(rule.to_string()),
            Decision::Denied(why) | Decision::NotAllowed(why) if !why.is_open() => {
                return Ruling::Refused(why.message());
            }
            Decision::Denied(why) | Decision::NotAllowed(why) => open = open.or(Some(why)),
        }
    }
    match open {
        Some(why) => Ruling::Open { grant, why },
        None => {
            rules.dedup();
            Ruling::Allowed { grant, rule: rules.join(", ") }
        }
    }
}

fn unseen() -> Failure {
    Failure::new(ErrorKind::InDoubt, E1355, "nobody saw how this tool call ended")
}
