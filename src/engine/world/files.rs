//! `read write glob exists`: files inside the project root, written only where the policy lists them.

use super::requests;
use crate::engine::session::Session;
use crate::interpreter::{Answer, At};
use crate::ui::progress::Event;
use serde_json::Value as Json;

pub fn read(session: &Session, at: &At, path: &str) -> Answer<String> {
    let look = || session.workspace.read_text(path).map(Json::from);
    let value = session.fact(at, "read", &requests::path(path), look)?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

pub fn glob(session: &Session, at: &At, pattern: &str) -> Answer<Vec<String>> {
    let look = || session.workspace.glob(pattern).map(Json::from);
    let value = session.fact(at, "glob", &requests::glob(pattern), look)?;
    let names = value.as_array().map(|a| a.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect());
    Ok(names.unwrap_or_default())
}

pub fn exists(session: &Session, at: &At, path: &str) -> Answer<bool> {
    let look = || session.workspace.exists(path).map(Json::from);
    let value = session.fact(at, "exists", &requests::path(path), look)?;
    Ok(value.as_bool().unwrap_or(false))
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
