//! `ask`: one call of a provider, or one conversation.

use super::requests;
use crate::effects::ai::{self, Control, ProviderRequest};
use crate::engine::effect::Permit;
use crate::engine::failure_json;
use crate::engine::session::Session;
use crate::interpreter::{Answer, AskReply, AskRequest, At};
use crate::ui::progress::Event;
use serde_json::{Map, Value as Json, json};
use std::cell::Cell;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

pub fn ask(session: &Session, at: &At, request: &AskRequest) -> Answer<AskReply> {
    let Some(provider) = session.provider.clone() else {
        return Ok(AskReply::Unavailable(ai::pure()));
    };
    let context = context(session, at, request)?;
    let model = session.config.ai.model.as_deref();
    let full = ProviderRequest::new(request, model, context);
    let who = request.agent.as_ref().map_or(provider.name(), |a| a.name.as_str());
    let decide = || Ok((Permit { repeatable: true, ..Permit::default() }, ()));
    let asked = Cell::new(false);
    let recorded = session.effect(at, "ask", &full.canonical(), decide, |()| {
        asked.set(true);
        let until =
            request.timeout_ms.map(|ms| SystemTime::now() + Duration::from_millis(ms.max(0).unsigned_abs()));
        let control = Control { path: &at.path, until, cancel: &at.cancel };
        // A person at the terminal is asked one thing at a time.
        let one = (provider.name() == "human").then(|| {
            let guard = session.terminal.lock().unwrap_or_else(PoisonError::into_inner);
            session.progress.event(Event::TerminalTaken);
            guard
        });
        let again = if request.attempt > 1 { format!(" (try {})", request.attempt) } else { String::new() };
        session
            .progress
            .event(Event::Started { path: at.path.clone(), text: format!("asking {who}{again}") });
        let answered = ai::answer(provider.as_ref(), &full, &control);
        if one.is_some() {
            session.progress.event(Event::TerminalFree);
        }
        session.progress.event(Event::Ended { path: at.path.clone() });
        let (reply, details) = answered?;
        let mut map = Map::new();
        match reply {
            AskReply::Text(text) => drop(map.insert("text".into(), json!(text))),
            AskReply::Unavailable(why) => drop(map.insert("unavailable".into(), failure_json::to_json(&why))),
        }
        map.insert("provider".into(), json!(provider.name()));
        if let Some(details) = details {
            if let Some(model) = details.model {
                map.insert("model".into(), json!(model));
            }
            if let Some(usage) = details.usage {
                map.insert("usage".into(), usage);
            }
        }
        Ok(Json::Object(map))
    })?;
    if !asked.get() {
        provider.was_asked(&full);
    }
    Ok(requests::ask_reply(&recorded))
}

/// How an answer was read that was not quite the JSON that was asked for. It stands beside the question, whose own record
/// is what the provider said.
pub fn forgiven(session: &Session, at: &At, leniencies: &[String]) -> Answer<()> {
    let beside = At { path: format!("{}:read", at.path), ..at.clone() };
    session.fact(&beside, "leniency", &Json::Null, || Ok(json!(leniencies)))?;
    Ok(())
}

/// The agent's context files that are there, in its order. They are part of what is asked, so they are read once and
/// recorded: a resumed run asks the same, whatever became of them.
fn context(session: &Session, at: &At, request: &AskRequest) -> Answer<Vec<(String, String)>> {
    let files = request.agent.as_ref().map(|a| a.context.as_slice()).unwrap_or_default();
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let value =
        session.fact(&requests::before(at, "context"), "context", &requests::context(files), || {
            let there =
                files.iter().filter_map(|path| Some(json!([path, session.workspace.read_text(path).ok()?])));
            Ok(Json::Array(there.collect()))
        })?;
    Ok(requests::context_files(&value))
}
