//! `read write glob exists`: files inside the project root, written only where the policy lists them.

use super::requests;
use crate::diagnostics::Failure;
use crate::effects::workspace::Allowed;
use crate::engine::effect::Permit;
use crate::engine::session::Session;
use crate::interpreter::{Answer, At};
use crate::ui::progress::Event;
use serde_json::Value as Json;

pub fn read(session: &Session, at: &At, path: &str) -> Answer<String> {
    let value = of_file(session, at, "read", path, |allowed| {
        session.workspace.read_text_if(path, allowed).map(Json::from)
    })?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

pub fn glob(session: &Session, at: &At, pattern: &str) -> Answer<Vec<String>> {
    let decide = || session.decide_effect(at, "glob", Some(pattern), true);
    let look = |_: &mut Permit| session.workspace.glob(pattern).map(Json::from);
    let value = session.guarded_fact(at, "glob", &requests::glob(pattern), decide, look)?;
    let names = value.as_array().map(|a| a.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect());
    Ok(names.unwrap_or_default())
}

pub fn exists(session: &Session, at: &At, path: &str) -> Answer<bool> {
    let value = of_file(session, at, "exists", path, |allowed| {
        session.workspace.exists_if(path, allowed).map(Json::from)
    })?;
    Ok(value.as_bool().unwrap_or(false))
}

/// A look at one file, by the path that the program names and by the one where it really is.
fn of_file(
    session: &Session,
    at: &At,
    kind: &'static str,
    path: &str,
    look: impl FnOnce(Allowed<'_>) -> Result<Json, Failure>,
) -> Answer<Json> {
    let decide = |path: &str| session.decide_effect(at, kind, Some(path), true);
    let looking = |permit: &mut Permit| look(&mut |real| decide(real).map(|more| permit.add(more)));
    session.guarded_fact(at, kind, &requests::path(path), || decide(path), looking)
}

pub fn write(session: &Session, at: &At, path: &str, text: &str) -> Answer<()> {
    let request = requests::write(path, text);
    // Written whole or not at all, so writing once more changes nothing.
    let decide = || Ok((session.decide_effect(at, "write", Some(path), true)?, ()));
    session.effect(at, "write", &request, decide, |()| {
        let allowed = |real: &str| session.decide_effect(at, "write", Some(real), true).map(drop);
        session.workspace.write(path, text, &allowed)?;
        session.progress.event(Event::Note { text: format!("wrote {path}") });
        Ok(Json::Null)
    })?;
    Ok(())
}
