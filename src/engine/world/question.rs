//! `ask`: one call of a provider.

use super::tools::Overseer;
use super::{requests, tools};
use crate::diagnostics::Failure;
use crate::effects::ai::budget::Account;
use crate::effects::ai::context::{self, Context};
use crate::effects::ai::retry::Wait;
use crate::effects::ai::tools::Tools;
use crate::effects::ai::usage::{Usage, estimate};
use crate::effects::ai::{self, Control, Heard, Provider, ProviderRequest, Providers, Unanswered};
use crate::effects::conversation::Partner;
use crate::engine::doubt::Settled;
use crate::engine::effect::{Intent, Permit};
use crate::engine::failure_json;
use crate::engine::session::Session;
use crate::interpreter::{AgentSettings, Answer, AskReply, AskRequest, At, Stop};
use crate::policy::AgentTool;
use crate::ui::progress::Event;
use serde_json::{Map, Value as Json, json};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How often a frame shows how far an answer has come.
const TOLD: Duration = Duration::from_millis(100);

pub fn ask(session: &Session, at: &At, request: &AskRequest) -> Answer<AskReply> {
    let Some(providers) = &session.providers else {
        return Ok(AskReply::Unavailable(ai::pure()));
    };
    let provider = provider(providers, at, request)?;
    let context = context(session, at, request)?;
    let full = requests::ask(request, &session.config.ai, &context);
    put(session, at, request, &full, providers, provider.as_ref(), Turn::default())
}

/// Whoever follows an answer as it comes in.
pub type Listener = Mutex<Box<dyn Partner>>;

pub fn provider(providers: &Providers, at: &At, request: &AskRequest) -> Answer<Arc<dyn Provider>> {
    let provider = providers.of(request.agent.as_ref().and_then(|a| a.provider.as_deref()));
    provider.map_err(|f| f.at(at.span).into())
}

/// What a question has besides as a turn of a conversation.
#[derive(Clone, Copy, Default)]
pub struct Turn<'a> {
    pub listener: Option<&'a Listener>,
    /// A doubt about it is settled, in these words.
    pub settled: Option<&'static str>,
}

/// The recorded answer, or a fresh one.
pub fn put(
    session: &Session,
    at: &At,
    request: &AskRequest,
    full: &ProviderRequest,
    providers: &Providers,
    provider: &dyn Provider,
    turn: Turn<'_>,
) -> Answer<AskReply> {
    let Turn { listener, settled } = turn;
    // What an earlier process spent counts, on answers that came to nothing, too.
    providers.budget().spent(&account(at, full), session.record.lost(&at.path));
    let began = session.record.is_in_doubt(&at.path);
    let decide = || Ok((Permit { settled, ..permit(session, at, request, began)? }, ()));
    let fresh = AtomicBool::new(false);
    let recorded = session.effect(at, "ask", &full.canonical(), decide, |()| {
        fresh.store(true, Ordering::Relaxed);
        answer(session, at, request, full, providers, provider, listener)
    })?;
    if !fresh.into_inner() {
        provider.was_asked(full);
        let cost = recorded.get("usage").and_then(|usage| Usage::from_json(usage).cost);
        providers.budget().spent(&account(at, full), cost.unwrap_or(0.0));
    }
    Ok(requests::ask_reply(&recorded))
}

/// An agent that can change something may have done so before its answer was lost: then a person decides whether it is
/// asked again. `began` is the event with which an earlier process began it.
fn permit(session: &Session, at: &At, request: &AskRequest, began: Option<u64>) -> Result<Permit, Failure> {
    let none = AgentSettings::default();
    let agent = request.agent.as_ref().unwrap_or(&none);
    tools::check_names(&agent.name, &agent.tools)?;
    let known = began.map(|began| tools::left_behind(session, &at.path, began)).unwrap_or_default();
    let may_change = agent.tools.iter().filter_map(|t| AgentTool::from_name(t)).any(AgentTool::may_change);
    let repeatable = if began.is_some() { known.is_empty() } else { !may_change };
    Ok(Permit { repeatable, known, ..Permit::default() })
}

/// What a person says to a doubt about this question, where there is one: asked before they talk with the agent. Gives
/// their words.
pub fn settle(session: &Session, at: &At, request: &AskRequest) -> Answer<Option<&'static str>> {
    let Some(began) = session.record.is_in_doubt(&at.path) else { return Ok(None) };
    let Permit { repeatable: false, known, .. } = permit(session, at, request, Some(began))? else {
        return Ok(None);
    };
    if session.giving_up.is_some() {
        return Ok(None);
    }
    let intent = Intent { known, ..Intent::plain(at, "ask", &Json::Null) };
    match session.settle_doubt(at, &intent)? {
        Settled::Again(words) => Ok(Some(words)),
        Settled::Ran(_) => Ok(None),
    }
}

/// How an answer was read that was not quite the JSON that was asked for. It stands beside the question, whose own record
/// is what the provider said.
pub fn forgiven(session: &Session, at: &At, leniencies: &[String]) -> Answer<()> {
    let beside = At { path: format!("{}:read", at.path), ..at.clone() };
    session.fact(&beside, "leniency", &Json::Null, || Ok(json!(leniencies)))?;
    Ok(())
}

fn account<'a>(at: &'a At, request: &'a ProviderRequest) -> Account<'a> {
    Account { agent: request.agent.as_deref(), agent_limit: request.options.max_cost, path: &at.path }
}

/// Asks, and gives what is recorded.
fn answer(
    session: &Session,
    at: &At,
    request: &AskRequest,
    full: &ProviderRequest,
    providers: &Providers,
    provider: &dyn Provider,
    listener: Option<&Listener>,
) -> Result<Json, Stop> {
    let tell = |what: &dyn Fn(&mut dyn Partner)| {
        if let Some(listener) = listener {
            what(&mut **listener.lock().unwrap_or_else(PoisonError::into_inner));
        }
    };
    tell(&|partner| begins(partner, request));
    let until =
        request.timeout_ms.map(|ms| SystemTime::now() + Duration::from_millis(ms.max(0).unsigned_abs()));
    let waits = AtomicU32::new(0);
    let redactor = session.record.redactor();
    let pause = |wait: &Wait<'_>| {
        let why =
            format!("{}; try {} of {} comes next", redactor.text(&wait.why.message), wait.attempt, wait.of);
        tell(&|partner| partner.waits(&why));
        pause(session, at, waits.fetch_add(1, Ordering::Relaxed) + 1, wait)
    };
    let told = Mutex::new(Instant::now());
    let heard = |heard: Heard<'_>| {
        if listener.is_some() {
            let text = redactor.text(heard.text);
            return tell(&|partner| partner.hears(&text));
        }
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() < TOLD {
            return;
        }
        *told = Instant::now();
        let last = heard.text.trim_end().rsplit('\n').next().unwrap_or_default();
        let line = format!("{} tokens  {}", estimate(heard.text.len()), redactor.text(last));
        session.progress.event(Event::Output { path: at.path.clone(), line });
    };
    let agent = request.agent.as_ref().filter(|a| !a.tools.is_empty());
    let overseer = agent.map(|a| Overseer::new(session, at, &a.name, listener)).transpose()?;
    let control = Control {
        run: &session.run,
        path: &at.path,
        until,
        cancel: &at.cancel,
        tries: tries(providers, provider, request),
        pause: &pause,
        heard: &heard,
        talk: listener.and_then(|_| at.path.rsplit_once('/')).map(|(talk, _)| talk),
        tools: overseer.as_ref().map(|o| o as &dyn Tools),
    };
    // A person at the terminal is asked one thing at a time.
    let one = (provider.name() == "human").then(|| {
        let guard = session.terminal.lock().unwrap_or_else(PoisonError::into_inner);
        session.progress.event(Event::TerminalTaken);
        guard
    });
    let who = request.agent.as_ref().map_or(provider.name(), |a| a.name.as_str());
    let again = if request.attempt > 1 { format!(" (try {})", request.attempt) } else { String::new() };
    session.progress.event(Event::Started { path: at.path.clone(), text: format!("asking {who}{again}") });
    let answered = ai::answer(provider, full, &control);
    if one.is_some() {
        session.progress.event(Event::TerminalFree);
    }
    session.progress.event(Event::Ended { path: at.path.clone() });
    let text = match &answered {
        Ok((AskReply::Text(text), _)) => Some(redactor.text(text)),
        _ => None,
    };
    tell(&|partner| partner.ends(text.as_deref()));
    let (reply, details) = match answered {
        // It is the person who ended it, not a branch beside this one.
        Err(Stop::Cancelled) if session.interrupt.is_cancelled() => return Err(Stop::Interrupted),
        other => other?,
    };
    let mut map = Map::new();
    match reply {
        AskReply::Text(text) => drop(map.insert("text".into(), json!(text))),
        AskReply::Unavailable(mut why) => {
            // It stands where that of an answer does.
            if let Some(usage) = why.usage.take() {
                map.insert("usage".into(), *usage);
            }
            map.insert("unavailable".into(), failure_json::to_json(&why));
        }
    }
    map.insert("provider".into(), json!(provider.name()));
    if let Some(details) = details {
        if let Some(model) = details.model {
            map.insert("model".into(), json!(model));
        }
        if let Some(usage) = details.usage {
            map.insert("usage".into(), usage.to_json());
        }
    }
    Ok(Json::Object(map))
}

/// The person is told that an answer is asked for, or asked for again.
fn begins(partner: &mut dyn Partner, request: &AskRequest) {
    match &request.previous {
        _ if request.attempt == 1 => {
            partner.begins(i64::try_from(request.said.len() + 1).unwrap_or(i64::MAX), &request.said);
        }
        Some(previous) => {
            let why = previous.wrong.join("; ");
            partner.waits(&format!("The answer cannot be used, and is asked for again: {why}"));
        }
        None => partner.waits("It is asked for again."),
    }
}

/// The `retry` of an `ask` that could not be answered at all begins where these tries have ended: each of its own is
/// one more. A recording answers at once or never.
fn tries(providers: &Providers, provider: &dyn Provider, request: &AskRequest) -> u32 {
    let goes_on = request.attempt > 1 && request.previous.is_none();
    if goes_on || provider.name() == "replay" { 1 } else { providers.tries() }
}

/// Waits before a further try of the same call. The wait is recorded below the question, and shown.
fn pause(session: &Session, at: &At, number: u32, wait: &Wait<'_>) -> Result<(), Unanswered> {
    let below = requests::wait_of(at, number);
    let delay = wait.delay.map(|d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
    let waited = super::facts::backoff(session, &below, wait.attempt, wait.of, delay, wait.why);
    waited.map_err(|stop| match stop {
        Stop::Failed(failure) => Unanswered::Failed(*failure),
        Stop::Interrupted => Unanswered::Interrupted,
        _ => Unanswered::Cancelled,
    })
}

/// The agent's context files. They are part of what is asked, so they are read once and recorded: a resumed run asks
/// the same, whatever became of them.
pub fn context(session: &Session, at: &At, request: &AskRequest) -> Answer<Context> {
    let entries = request.agent.as_ref().map(|a| a.context.as_slice()).unwrap_or_default();
    if entries.is_empty() {
        return Ok(Context::default());
    }
    let before = requests::before(at, "context");
    let look = |permit: &mut Permit| {
        let budget = session.config.ai.context_tokens.unwrap_or(context::TOKENS);
        let sources = session.workspace.pinned().get(..1).unwrap_or_default();
        // One that may not be read, or not before a gate, is not sent.
        let mut may_read = |path: &str| match session.decide_effect(at, "read", Some(path), true) {
            Ok(more) => {
                permit.add(more);
                Ok(())
            }
            Err(refusal) => Err(refusal.message),
        };
        let loaded =
            context::load(&session.workspace, &session.context, entries, sources, budget, &mut may_read);
        for (path, why) in &loaded.left_out {
            let text = format!("{path} is not sent to the agent: {why}");
            session.progress.event(Event::Note { text });
        }
        Ok(loaded.to_json())
    };
    let decide = || Ok(Permit::default());
    let value = session.guarded_fact(&before, "context", &requests::context(entries), decide, look)?;
    Ok(Context::from_json(&value))
}
