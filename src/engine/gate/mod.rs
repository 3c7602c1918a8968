//! `gate`: people decide, here at the terminal or elsewhere with a signature. What they were shown, who they are and
//! what they said is recorded before anything relies on it.
//!
//! A decision of the terminal counts in the process that took it. A signed one outlives it: it is judged anew, by
//! today's keys, whenever a process comes to its gate.

mod hand_in;
mod intake;
mod listing;
mod opening;
mod vote;

pub use hand_in::{HandedIn, hand_in, today};
pub use listing::{OpenGate, Said, Waiting, open_gates, waiting_gates};

use super::session::Session;
use crate::diagnostics::Failure;
use crate::effects::approval::{Ballot, Decision, Outcome, Preset, Sitting, Waiting as Why, evidence_digest};
use crate::interpreter::{Answer, ApproverSpec, At, GateReply, GateRequest, Stop, Suspension, Validator};
use crate::journal::{Decision as GateAnswer, EventType, GateRecord};
use crate::policy::Standing;
use crate::ui::progress::Event;
use intake::Looked;
use opening::Opening;
use serde_json::{Map, Value as Json, json};
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

/// How often a process that waits looks for decisions.
const LOOK: Duration = Duration::from_millis(100);

pub fn gate(session: &Session, at: &At, request: &GateRequest, check: Validator<'_>) -> Answer<GateReply> {
    session.check_uninterrupted()?;
    // A gate that is asked anew is not approved until it is.
    session.set_approved(&at.path, false);
    let digest = evidence_digest(request);
    let earlier = session.record.gate(&at.path);
    let mut stages: Vec<Option<&ApproverSpec>> = vec![request.by.as_ref()];
    stages.extend(request.escalate.iter().map(Some));
    let (mut first, mut over) = (0, false);
    if let Some(record) = &earlier {
        // A rejection or an expiry that was recorded stands: taking it back would be a decision of its own.
        let standing = standing(session, at, request, record);
        if let Some(reply @ GateReply::Rejected { .. }) = standing {
            return Ok(reply);
        }
        // Where the run, or this branch, is only taken back, or only decisions are taken in, nobody is asked again: what
        // was decided led to what was done.
        over = session.giving_up.is_some() && !session.is_undoing(&at.path) || session.was_ended(at)?;
        if (over || session.only_records)
            && let Some(reply) = standing
        {
            return Ok(reply);
        }
        first = record.opened.get("stage").and_then(Json::as_u64).unwrap_or(0) as usize;
        if record.expired {
            first += 1;
        }
    }
    if earlier.is_none() || over {
        session.before_fresh(at)?;
    }
    for (stage, by) in stages.iter().enumerate().skip(first) {
        let recorded = earlier.as_ref().filter(|r| stage == first && !r.expired);
        match sit(session, at, request, check, &digest, stage, *by, recorded)? {
            GateReply::Expired => {
                session.record.write(EventType::GateExpired, &at.path, named(request))?;
                ended(session, at, request, "expired".into());
            }
            reply => {
                if let GateReply::Approved { .. } = reply {
                    session.set_approved(&at.path, true);
                }
                return Ok(reply);
            }
        }
    }
    Ok(GateReply::Expired)
}

fn ended(session: &Session, at: &At, request: &GateRequest, how: String) {
    session.progress.event(Event::GateEnded { path: at.path.clone(), gate: request.name.clone(), how });
}

fn named(request: &GateRequest) -> Map<String, Json> {
    crate::engine::record::members([("gate", json!(request.name))])
}

fn settled(record: &GateRecord) -> Option<&GateAnswer> {
    record.decisions.iter().rev().find(|d| d.settles())
}

/// What was decided and recorded, with all who took part in it: the reply that the program had then.
fn standing(session: &Session, at: &At, request: &GateRequest, record: &GateRecord) -> Option<GateReply> {
    let last = settled(record)?;
    let ballot = Ballot::of(request, record.decisions.iter().map(|d| vote::recorded(session, d, &at.path)));
    let approved = last.data.get("decision").and_then(Json::as_str) == Some("approve");
    ballot.reply(if approved { &Standing::Approved } else { &Standing::Rejected })
}

/// One opening of the gate for one set of approvers.
#[allow(clippy::too_many_arguments)]
fn sit(
    session: &Session,
    at: &At,
    request: &GateRequest,
    check: Validator<'_>,
    digest: &str,
    stage: usize,
    by: Option<&ApproverSpec>,
    recorded: Option<&GateRecord>,
) -> Answer<GateReply> {
    let same = recorded.filter(|r| r.opened.get("digest").and_then(Json::as_str) == Some(digest));
    let open = |r| Opening::new(session, &at.path, request, digest, stage, by, r).map_err(|f| f.at(at.span));
    let mut opening = open(same)?;
    let (kept, void) = same.map(|r| vote::kept(session, &opening, r, check)).unwrap_or_default();
    void.into_iter().for_each(|text| session.notice(text));
    let mut ballot = Ballot::of(request, kept.iter().map(|k| k.proven.decision.clone()));
    if !kept.is_empty()
        && let Some(reply) = ballot.reply(&ballot.standing(&opening.demand))
    {
        tell(session, at, request, &reply);
        return Ok(reply);
    }
    // One that was approved before opens anew, with all its time, since it was decided while it was open; signed
    // decisions go along, and keep the opening that they were made for.
    let decided = same.is_some_and(|r| settled(r).is_some());
    if same.is_none() || decided {
        session.before_fresh(at)?;
        let since = opening.since;
        opening = open(None)?;
        if !kept.is_empty() {
            opening.since = since;
        }
        session.record.append(EventType::GateOpened, &at.path, opening.event())?;
        for mut carried in kept {
            carried.data.remove("final");
            session.record.append(EventType::GateDecided, &at.path, carried.data)?;
        }
    }
    session.record.commit()?;
    session.progress.event(Event::GateOpened {
        path: at.path.clone(),
        gate: request.name.clone(),
        question: request.question.clone(),
    });
    let reply = wait(session, at, &opening, &mut ballot, recorded, check)?;
    tell(session, at, request, &reply);
    Ok(reply)
}

fn tell(session: &Session, at: &At, request: &GateRequest, reply: &GateReply) {
    match reply {
        GateReply::Approved { by, .. } => {
            ended(session, at, request, format!("approved by {}", by.join(", ")))
        }
        GateReply::Rejected { by, .. } => {
            ended(session, at, request, format!("rejected by {}", by.join(", ")))
        }
        GateReply::Expired => {}
    }
}

/// Until it is decided, here or elsewhere, or its time is over, or nobody here can decide it.
fn wait(
    session: &Session,
    at: &At,
    opening: &Opening<'_>,
    ballot: &mut Ballot,
    recorded: Option<&GateRecord>,
    check: Validator<'_>,
) -> Answer<GateReply> {
    let mut looked = Looked::default();
    let mut announced = false;
    let mut preset = session.take_preset(&opening.request.name);
    let suspended = || {
        session.due(opening.expires);
        let gate = opening.request.name.clone();
        Err(Stop::Suspended(Suspension::Gate { gate, path: at.path.clone() }))
    };
    loop {
        session.check_alive(at)?;
        if let Some(reply) = intake::take(session, opening, ballot, &mut looked, check)? {
            session.decided();
            return Ok(reply);
        }
        if opening.expires.is_some_and(|e| session.clock_ms() >= e.0) {
            session.before_fresh(at)?;
            return Ok(GateReply::Expired);
        }
        if session.waits {
            if !announced {
                let text = format!("waiting for a decision on gate {}", opening.request.name);
                session.progress.event(Event::Started { path: at.path.clone(), text });
                announced = true;
            }
            session.runs.store().pause(LOOK);
            continue;
        }
        if session.detach || session.only_records {
            return suspended();
        }
        match at_terminal(session, at, opening, ballot, &looked, preset.as_ref(), recorded, check) {
            Outcome::Arrived { decisions } => {
                // What was said beforehand was the first person's.
                preset = preset.filter(|_| decisions == ballot.decisions());
                keep(session, opening, ballot, decisions, false)?;
            }
            Outcome::Decided { reply, decisions } => {
                keep(session, opening, ballot, decisions, true)?;
                return Ok(reply);
            }
            Outcome::Suspended { why, decisions } => {
                keep(session, opening, ballot, decisions, false)?;
                if let Why::Assurance(level) = why {
                    session.need_assurance(level);
                }
                return suspended();
            }
            Outcome::Interrupted { decisions } => {
                keep(session, opening, ballot, decisions, false)?;
                return Err(Stop::Interrupted);
            }
            Outcome::Cancelled { decisions } => {
                keep(session, opening, ballot, decisions, false)?;
                session.check_alive(at)?;
                return Err(Stop::Cancelled);
            }
            Outcome::Failed(failure) => return Err(failure.at(at.span).into()),
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn at_terminal(
    session: &Session,
    at: &At,
    opening: &Opening<'_>,
    ballot: &Ballot,
    looked: &Looked,
    preset: Option<&Preset>,
    recorded: Option<&GateRecord>,
    check: Validator<'_>,
) -> Outcome {
    let past = void(session, at, ballot, recorded);
    let _one = session.terminal.lock().unwrap_or_else(PoisonError::into_inner);
    session.progress.event(Event::TerminalTaken);
    let arrived = || intake::has_come(&session.inbox, looked);
    let sitting = Sitting {
        workflow: &session.workflow,
        run: &session.run,
        path: &at.path,
        opened: &opening.since,
        request: opening.request,
        demand: &opening.demand,
        digests: &opening.digests,
        assurance: opening.assurance,
        until: opening
            .expires
            .map(|e| SystemTime::UNIX_EPOCH + Duration::from_millis(e.0.max(0).unsigned_abs())),
        earlier: &past,
        ballot,
        arrived: &arrived,
        preset,
        drafts: session.runs.root(),
        cancel: &at.cancel,
    };
    let outcome = session.people.decide(&sitting, check);
    session.progress.event(Event::TerminalFree);
    outcome
}

/// Records what is new of the decisions that count now.
fn keep(
    session: &Session,
    opening: &Opening<'_>,
    ballot: &mut Ballot,
    decisions: Vec<Decision>,
    settled: bool,
) -> Result<(), Failure> {
    let new: Vec<&Decision> = decisions.iter().filter(|d| !ballot.decisions().contains(d)).collect();
    for (i, decision) in new.iter().enumerate() {
        let last = settled && i + 1 == new.len();
        session.record.append(EventType::GateDecided, opening.path, vote::event(decision, last))?;
    }
    *ballot = Ballot::of(opening.request, decisions);
    session.record.commit()
}

/// What people decided at this gate in processes before this one, and what counts no more: shown all the same.
fn void(session: &Session, at: &At, ballot: &Ballot, record: Option<&GateRecord>) -> Vec<Decision> {
    let each = |answer: &GateAnswer| vote::recorded(session, answer, &at.path);
    let counts = |d: &Decision| ballot.decisions().iter().any(|b| b.nonce == d.nonce);
    let all = record.map(|r| r.decisions.iter().map(each).collect::<Vec<_>>()).unwrap_or_default();
    all.into_iter().filter(|d| !counts(d)).collect()
}
