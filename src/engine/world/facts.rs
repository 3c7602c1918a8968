//! The world's other facts: clock, identifiers, environment, secrets, waiting.

use super::requests;
use crate::diagnostics::codes::run;
use crate::diagnostics::{ErrorKind, Failure};
use crate::engine::effect::Permit;
use crate::engine::session::Session;
use crate::interpreter::{Answer, At, Stop, Suspension};
use crate::journal::Timestamp;
use crate::ui::progress::Event;
use serde_json::{Value as Json, json};
use std::sync::Arc;

pub fn now(session: &Session, at: &At) -> Answer<i64> {
    let value = session.fact(at, "now", &Json::Null, || Ok(Json::from(session.clock_ms())))?;
    Ok(value.as_i64().unwrap_or(0))
}

pub fn uuid(session: &Session, at: &At) -> Answer<String> {
    let value = session.fact(at, "uuid", &Json::Null, || Ok(Json::from(uuid::Uuid::new_v4().to_string())))?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

pub fn env(session: &Session, at: &At, name: &str) -> Answer<Option<String>> {
    let decide = || session.decide_effect(at, "env", Some(name), true);
    let look = |_: &mut Permit| match std::env::var_os(name) {
        None => Ok(Json::Null),
        Some(text) => text.into_string().map(Json::from).map_err(|_| {
            let message = format!("the environment variable `{name}` is not UTF-8 text");
            Failure::new(ErrorKind::Verification, run::E1114, message)
                .help("set it to text, or do without it")
        }),
    };
    let value = session.guarded_fact(at, "env", &requests::name(name), decide, look)?;
    Ok(value.as_str().map(str::to_owned))
}

/// The value stays in the session; what is recorded is only that it was there.
pub fn secret(session: &Session, at: &At, name: &str) -> Answer<()> {
    let decide = || session.decide_effect(at, "secret", Some(name), true);
    let look = |_: &mut Permit| session.load_secret(name).map(|()| Json::Bool(true));
    session.guarded_fact(at, "secret", &requests::name(name), decide, look)?;
    // In every process that works on the run, replay included: its value is nowhere on disk.
    match session.load_secret(name) {
        // Where nothing is done it is needed by nobody.
        Err(_) if session.only_records => Ok(()),
        loaded => Ok(loaded.map_err(|f| f.at(at.span).of_effect(&at.path))?),
    }
}

/// A task of a module that a policy speaks of: it is on record that it was begun, and which gates guard it.
pub fn enter(session: &Session, at: &At, names: &[Arc<str>]) -> Answer<()> {
    let recorded = session.record.has(&at.path);
    // What an earlier process entered when no policy spoke of it stays entered.
    if !recorded && (!session.speaks_of_call(names) || session.record.is_ahead(&at.path)) {
        return Ok(());
    }
    let about = requests::name(names.first().map_or("", |name| name));
    let decide = || session.decide_call(at, names);
    session.guarded_fact(at, "call", &about, decide, |_| Ok(Json::Null))?;
    Ok(())
}

pub fn vouch(session: &Session, at: &At, because: &str, value: &Json) -> Answer<()> {
    session.fact(at, "vouch", &requests::vouch(because, value), || Ok(Json::Bool(true)))?;
    Ok(())
}

/// A timer that survives the process: its end is recorded when it begins, so a resumed run waits for the rest only.
pub fn wait(session: &Session, at: &At, millis: i64) -> Answer<()> {
    requests::can_wait(at, millis)?;
    let about = requests::wait(millis);
    let until = session.fact(at, "wait", &about, || Ok(json!(session.clock_ms().saturating_add(millis))))?;
    let until = until.as_i64().unwrap_or(0);
    session.record.commit()?;
    if until > session.clock_ms() && (session.detach || session.only_records) && !session.waits {
        let until = Timestamp(until);
        session.due(Some(until));
        return Err(Stop::Suspended(Suspension::Until { at: until.rfc3339(), path: at.path.clone() }));
    }
    if until > session.clock_ms() {
        let left = crate::ui::time::duration((until - session.clock_ms()).min(millis));
        session.progress.event(Event::Started { path: at.path.clone(), text: format!("waiting {left}") });
    }
    let waited = session.sleep_until(at, until, millis);
    session.progress.event(Event::Ended { path: at.path.clone() });
    waited
}

/// Waits before a further try, and shows it.
pub fn backoff(
    session: &Session,
    at: &At,
    attempt: u32,
    of: u32,
    delay_ms: Option<i64>,
    why: &Failure,
) -> Answer<()> {
    let about = requests::backoff(attempt, of);
    // The try itself is recorded at this path: what comes before it needs one of its own.
    let before = requests::before(at, "backoff");
    let delay = delay_ms.unwrap_or_else(|| exponential(attempt)).max(0);
    let until =
        session.fact(&before, "backoff", &about, || Ok(json!(session.clock_ms().saturating_add(delay))))?;
    let until = until.as_i64().unwrap_or(0);
    if until > session.clock_ms() {
        session.progress.event(Event::Retry {
            path: at.path.clone(),
            attempt,
            of,
            delay_ms: (until - session.clock_ms()).min(delay),
            why: why.message.clone(),
        });
        session.sleep_until(at, until, delay)?;
    }
    Ok(())
}

/// Half a second, doubled each time up to a minute, a quarter of it random so that many do not come back at once.
fn exponential(attempt: u32) -> i64 {
    let base = 500i64.saturating_mul(1 << attempt.saturating_sub(1).min(7)).min(60_000);
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    let quarter = base / 4;
    base - quarter + i64::try_from(random % (2 * quarter.unsigned_abs() + 1)).unwrap_or(0)
}
