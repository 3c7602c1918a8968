//! Steps, messages and undo: what people see of a run's course.

use crate::diagnostics::Failure;
use crate::engine::failure_json;
use crate::engine::record::{Earlier, members};
use crate::engine::session::{Session, Undo};
use crate::interpreter::{Answer, At, Stop};
use crate::journal::{EventType, StepState};
use crate::ui::progress::{Event, How};
use serde_json::{Map, Value as Json, json};
use std::sync::PoisonError;
use std::time::Instant;

pub fn started(session: &Session, at: &At, name: &str, title: Option<&str>) -> Answer<()> {
    session.check_uninterrupted()?;
    session.record.entered(&at.path);
    if session.record.step(&at.path).is_none() {
        session.before_fresh(at)?;
        let data = title.map(|t| members([("title", json!(t))])).unwrap_or_default();
        session.record.append(EventType::StepStarted, &at.path, data)?;
    }
    let mut begun = session.begun.lock().unwrap_or_else(PoisonError::into_inner);
    begun.insert(at.path.clone(), Instant::now());
    drop(begun);
    session.progress.event(Event::StepStarted {
        path: at.path.clone(),
        name: name.to_owned(),
        title: title.map(str::to_owned),
    });
    Ok(())
}

pub fn completed(session: &Session, at: &At, name: &str, value: &Json) -> Answer<()> {
    let recorded = session.record.step(&at.path).is_some_and(|s| s.completed);
    if !recorded {
        if session.only_records {
            session.before_fresh(at)?;
        }
        let data = if value.is_null() { Map::new() } else { members([("value", value.clone())]) };
        session.record.append(EventType::StepCompleted, &at.path, data)?;
    }
    session.step_done(&at.path);
    step_ended(session, at, name, if recorded { How::Replayed } else { How::Done });
    Ok(())
}

pub fn failed(session: &Session, at: &At, name: &str, stop: &Stop) {
    let how = match stop {
        Stop::Failed(failure) => How::Failed(session.record.redactor().text(&failure.message).into_owned()),
        Stop::Suspended(_) => How::Suspended,
        Stop::Interrupted | Stop::Cancelled | Stop::GivenUp(_) => How::Stopped,
    };
    step_ended(session, at, name, how);
}

fn step_ended(session: &Session, at: &At, name: &str, how: How) {
    let begun = session.begun.lock().unwrap_or_else(PoisonError::into_inner).remove(&at.path);
    let took = begun.map(|b| i64::try_from(b.elapsed().as_millis()).unwrap_or(i64::MAX));
    session.progress.event(Event::StepEnded {
        path: at.path.clone(),
        name: name.to_owned(),
        // What is answered from the record took no time that says anything.
        millis: took.filter(|_| how != How::Replayed),
        how,
    });
}

/// Recorded first, shown then; a replayed message is not shown again.
pub fn say(session: &Session, at: &At, text: &str) -> Answer<()> {
    session.check_uninterrupted()?;
    if let Earlier::Nothing = session.record.earlier(&at.path, "said", "").map_err(|f| f.at(at.span))? {
        session.before_fresh(at)?;
        session.record.write(EventType::Said, &at.path, members([("text", json!(text))]))?;
        let text = session.record.redactor().text(text).into_owned();
        session.progress.event(Event::Said { text });
    }
    Ok(())
}

/// The record speaks of the step that is taken back; what its undo does has `undo` in its path.
fn step_of(at: &At) -> &str {
    at.path.strip_suffix("/undo").unwrap_or(&at.path)
}

pub fn undo_started(session: &Session, at: &At, step: &str, ends_run: bool) -> Answer<()> {
    session.undoing.lock().unwrap_or_else(PoisonError::into_inner).push(at.path.clone());
    if undo_of(session, at).is_none() {
        // Taking back goes on where it was begun, whoever gave the run up.
        if session.only_records {
            session.before_fresh(at)?;
        }
        let data = if ends_run { members([("ends_run", json!(true))]) } else { Map::new() };
        session.record.write(EventType::UndoStarted, step_of(at), data)?;
    }
    session.progress.event(Event::UndoStarted { path: at.path.clone(), step: step.to_owned() });
    Ok(())
}

/// How far it came in an earlier process.
fn undo_of(session: &Session, at: &At) -> Option<StepState> {
    let step = session.record.step(step_of(at))?;
    matches!(step.state, StepState::Undoing | StepState::Undone).then_some(step.state)
}

pub fn undo_completed(session: &Session, at: &At, step: &str, failure: Option<&Failure>) -> Answer<()> {
    if undo_of(session, at) != Some(StepState::Undone) {
        if session.only_records {
            session.before_fresh(at)?;
        }
        let data = match failure {
            Some(f) => members([("failure", failure_json::to_json(&session.redacted(f.clone())))]),
            None => Map::new(),
        };
        session.record.write(EventType::UndoCompleted, step_of(at), data)?;
    }
    session.undoing.lock().unwrap_or_else(PoisonError::into_inner).retain(|undo| *undo != at.path);
    session.step_undone(step_of(at), if failure.is_none() { Undo::Completed } else { Undo::Failed });
    let failure = failure.map(|f| f.message.clone());
    session.progress.event(Event::UndoEnded { path: at.path.clone(), step: step.to_owned(), failure });
    Ok(())
}
