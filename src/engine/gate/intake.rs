//! Signed decisions that lie in the run's folder are judged and recorded by the process that owns the run.

use super::opening::Opening;
use super::vote;
use crate::diagnostics::Failure;
use crate::diagnostics::codes::gate as codes;
use crate::effects::approval::{Ballot, Decision, Inbox, Proven, admit};
use crate::engine::failure_json;
use crate::engine::session::Session;
use crate::interpreter::{GateReply, Validator};
use crate::journal::EventType;
use crate::ui::progress::Event;
use std::collections::HashSet;

/// What was looked at already in this process.
#[derive(Default)]
pub struct Looked(HashSet<String>);

/// Takes in what has come since the last look. `Some`: the gate is decided.
pub fn take(
    session: &Session,
    opening: &Opening<'_>,
    ballot: &mut Ballot,
    looked: &mut Looked,
    check: Validator<'_>,
) -> Result<Option<GateReply>, Failure> {
    let inbox = &session.inbox;
    for name in inbox.names()? {
        if !looked.0.insert(name.clone()) {
            continue;
        }
        let Some((record, signature)) = inbox.get(&name) else { continue };
        // Another gate's is taken there; one that is recorded was taken.
        let mine = Decision::from_text(&record)
            .is_some_and(|d| d.path == opening.path && !session.record.is_used(&d.nonce));
        if !mine {
            continue;
        }
        match judge(session, opening, ballot, &record, &signature, check) {
            Ok(proven) => {
                if let Some(reply) = enter(session, opening, ballot, &proven, &record, &signature)? {
                    return Ok(Some(reply));
                }
            }
            Err(why) => refuse(inbox, &name, &why)?,
        }
    }
    Ok(None)
}

/// Whether there is anything that was not looked at.
pub fn has_come(inbox: &Inbox, looked: &Looked) -> bool {
    inbox.names().is_ok_and(|names| names.iter().any(|n| !looked.0.contains(n)))
}

fn judge(
    session: &Session,
    opening: &Opening<'_>,
    ballot: &Ballot,
    record: &str,
    signature: &str,
    check: Validator<'_>,
) -> Result<Proven, Failure> {
    let proven = admit(&opening.desk(session, ballot), record, signature, check)?;
    if session.record.redactor().text(record) != record {
        let who = &proven.decision.approver;
        return Err(Failure::new(
            crate::diagnostics::ErrorKind::Permission,
            codes::E1222,
            format!("the decision of {who} holds the value of a secret, which is never recorded"),
        )
        .help("decide again without it"));
    }
    Ok(proven)
}

fn enter(
    session: &Session,
    opening: &Opening<'_>,
    ballot: &mut Ballot,
    proven: &Proven,
    record: &str,
    signature: &str,
) -> Result<Option<GateReply>, Failure> {
    ballot.cast(proven.decision.clone());
    let reply = ballot.reply(&ballot.standing(&opening.demand));
    let data = vote::signed_event(proven, record, signature, reply.is_some());
    session.record.use_up(&proven.decision.nonce);
    session.record.write(EventType::GateDecided, opening.path, data)?;
    if reply.is_none() {
        let d = &proven.decision;
        let text = format!("gate {}: {} signed: {}", d.gate, d.approver, d.verdict.name());
        session.progress.event(Event::Note { text });
    }
    Ok(reply)
}

fn refuse(inbox: &Inbox, name: &str, why: &Failure) -> Result<(), Failure> {
    inbox.refuse(name, &failure_json::to_json(why).to_string())
}
