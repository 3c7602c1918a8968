//! `gate`: people decide. What they were shown, who they are and what they said is recorded before anything relies on it.

use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::approval::{
    self, Decision, Digests, Outcome, Sitting, Verdict, Waiting, evidence_digest,
};
use crate::engine::record::members;
use crate::engine::session::Session;
use crate::interpreter::{Answer, ApproverSpec, At, GateReply, GateRequest, Stop, Suspension, Validator};
use crate::journal::{Decision as GateAnswer, EventType, GateRecord, Timestamp};
use crate::policy::{Approvers, Assurance, Demand};
use crate::ui::progress::Event;
use serde_json::{Map, Value as Json, json};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

pub fn gate(session: &Session, at: &At, request: &GateRequest, check: Validator<'_>) -> Answer<GateReply> {
    session.check_alive(at)?;
    // A gate that is asked anew is not approved until it is.
    session.set_approved(&at.path, false);
    let digest = evidence_digest(request);
    let earlier = session.record.gate(&at.path);
    let mut stages: Vec<Option<&ApproverSpec>> = vec![request.by.as_ref()];
    stages.extend(request.escalate.iter().map(Some));
    let mut first = 0;
    if let Some(record) = &earlier {
        // A rejection or an expiry that was recorded stands: taking it back would be a decision of its own.
        if let Some(reply) = standing_no(record) {
            return Ok(reply);
        }
        // Where the run is only taken back nobody is asked again: what was decided led to what was done.
        if session.giving_up.is_some()
            && !session.is_undoing(&at.path)
            && let Some(reply) = standing_yes(session, record)?
        {
            return Ok(reply);
        }
        first = record.opened.get("stage").and_then(Json::as_u64).unwrap_or(0) as usize;
        if record.expired {
            first += 1;
        }
    }
    if earlier.as_ref().is_none_or(|_| session.giving_up.is_some()) {
        session.before_fresh(at)?;
    }
    for (stage, by) in stages.iter().enumerate().skip(first) {
        // One that was approved before opens anew, with all its time: it was decided while it was open.
        let reopened = earlier.as_ref().filter(|r| stage == first && !r.expired && !was_approved(r));
        match sit(session, at, request, check, &digest, stage, *by, reopened)? {
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
    members([("gate", json!(request.name))])
}

fn settled(record: &GateRecord) -> Option<&GateAnswer> {
    record.decisions.iter().rev().find(|d| d.settles())
}

fn was_approved(record: &GateRecord) -> bool {
    settled(record).is_some_and(|d| d.data.get("decision").is_some_and(|d| d == "approve"))
}

/// A recorded rejection.
fn standing_no(record: &GateRecord) -> Option<GateReply> {
    let no = settled(record)?;
    let text = |key: &str| no.data.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    (text("decision") == "reject")
        .then(|| GateReply::Rejected { by: vec![text("approver")], comment: text("comment") })
}

/// A recorded approval, with all who took part in it.
fn standing_yes(session: &Session, record: &GateRecord) -> Answer<Option<GateReply>> {
    let Some(yes) = settled(record).filter(|_| was_approved(record)) else { return Ok(None) };
    let text =
        |d: &GateAnswer, key: &str| d.data.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let comments = record.decisions.iter().map(|d| text(d, "comment")).filter(|c| !c.is_empty());
    let mut value = yes.data.get("value").cloned();
    if let Some(value) = &mut value {
        session.record.writer().blobs().inline(value)?;
    }
    Ok(Some(GateReply::Approved {
        by: record.decisions.iter().map(|d| text(d, "approver")).collect(),
        comments: comments.collect(),
        at: yes.at.rfc3339(),
        value,
    }))
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
    reopened: Option<&GateRecord>,
) -> Answer<GateReply> {
    let config = session.config.gates.get(request.name.as_str());
    let mut demands: Vec<Approvers> = config.and_then(|c| c.by.clone()).into_iter().collect();
    if let Some(spec) = by {
        demands.push(approvers(spec).map_err(|f| f.at(at.span))?);
    }
    let people = &session.config.people;
    let demand = Demand {
        people,
        by: demands,
        excluded: match session.config.self_approval() {
            true => Vec::new(),
            false => vec![Arc::from(session.starter.as_str())],
        },
    };
    let guards = session.guards_something(&request.name);
    let asked = request.assurance.as_deref().and_then(Assurance::from_name).unwrap_or_default();
    let assurance = session.config.min_assurance(&request.name, guards).max(asked);
    let timeout = [
        request.timeout_ms.map(|ms| Duration::from_millis(ms.max(0).unsigned_abs())),
        config.and_then(|c| c.timeout),
    ]
    .into_iter()
    .flatten()
    .min();
    let same = reopened.filter(|r| r.opened.get("digest").and_then(Json::as_str) == Some(digest));
    let opened_at = same.map_or_else(|| session.clock_ms(), |r| r.opened_at.0);
    let expires = timeout.map(|t| opened_at.saturating_add(i64::try_from(t.as_millis()).unwrap_or(i64::MAX)));
    if same.is_none() {
        let shown: Vec<Json> = request.show.iter().map(|(name, value)| json!([name, value])).collect();
        let mut data = members([
            ("gate", json!(request.name)),
            ("question", json!(request.question)),
            ("evidence", Json::Array(shown)),
            ("digest", json!(digest)),
            ("by", json!(demand.by.iter().map(ToString::to_string).collect::<Vec<_>>())),
        ]);
        if !request.require.is_empty() {
            data.insert("require".into(), json!(request.require));
        }
        // Part of what the digest is of, so that whoever audits can compute it again.
        for (key, part) in [("edit", &request.edit), ("form", &request.schema)] {
            if let Some(part) = part {
                data.insert(key.into(), part.clone());
            }
        }
        if let Some(expires) = expires {
            data.insert("expires".into(), json!(Timestamp(expires).rfc3339()));
        }
        if assurance > Assurance::Terminal {
            data.insert("min_assurance".into(), json!(assurance.name()));
        }
        if stage > 0 {
            data.insert("stage".into(), json!(stage));
        }
        session.record.write(EventType::GateOpened, &at.path, data)?;
    }
    session.record.commit()?;
    session.progress.event(Event::GateOpened {
        path: at.path.clone(),
        gate: request.name.clone(),
        question: request.question.clone(),
    });
    if expires.is_some_and(|e| session.clock_ms() >= e) {
        return Ok(GateReply::Expired);
    }
    let suspended =
        || Err(Stop::Suspended(Suspension::Gate { gate: request.name.clone(), path: at.path.clone() }));
    if session.detach {
        return suspended();
    }
    let past = void(session, at, request, session.record.gate(&at.path).as_ref());
    let preset = session.take_preset(&request.name);
    let mut digests = session.digests.clone();
    digests.evidence = digest.to_owned();
    let outcome = {
        let _one = session.terminal.lock().unwrap_or_else(PoisonError::into_inner);
        session.progress.event(Event::TerminalTaken);
        let sitting = Sitting {
            workflow: &session.workflow,
            run: &session.run,
            path: &at.path,
            request,
            demand: &demand,
            digests: &digests,
            assurance,
            until: expires.map(|e| SystemTime::UNIX_EPOCH + Duration::from_millis(e.max(0).unsigned_abs())),
            earlier: &past,
            preset: preset.as_ref(),
            drafts: session.runs.root(),
            cancel: &at.cancel,
        };
        let outcome = approval::decide(&sitting, check);
        session.progress.event(Event::TerminalFree);
        outcome
    };
    let keep = |decisions: &[Decision], settled: bool| -> Result<(), Failure> {
        for (i, decision) in decisions.iter().enumerate() {
            let last = settled && i + 1 == decisions.len();
            session.record.append(EventType::GateDecided, &at.path, decided(decision, digest, last))?;
        }
        session.record.commit()
    };
    match outcome {
        Outcome::Decided { reply, decisions } => {
            keep(&decisions, true)?;
            match &reply {
                GateReply::Approved { by, .. } => {
                    ended(session, at, request, format!("approved by {}", by.join(", ")))
                }
                GateReply::Rejected { by, .. } => {
                    ended(session, at, request, format!("rejected by {}", by.join(", ")))
                }
                GateReply::Expired => {}
            }
            Ok(reply)
        }
        Outcome::Suspended { why, decisions } => {
            keep(&decisions, false)?;
            if let Waiting::Assurance(level) = why {
                session.need_assurance(level);
            }
            suspended()
        }
        Outcome::Interrupted { decisions } => {
            keep(&decisions, false)?;
            Err(Stop::Interrupted)
        }
        Outcome::Cancelled { decisions } => {
            keep(&decisions, false)?;
            session.check_alive(at)?;
            Err(Stop::Cancelled)
        }
        Outcome::Failed(failure) => Err(failure.at(at.span).into()),
    }
}

/// What people decided at this gate in processes before this one: shown, but void.
fn void(session: &Session, at: &At, request: &GateRequest, record: Option<&GateRecord>) -> Vec<Decision> {
    let each = |answer: &GateAnswer| {
        let text = |key: &str| answer.data.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let verdict = match text("decision").as_str() {
            "approve" => Verdict::Approve,
            _ => Verdict::Reject,
        };
        let mut value = answer.data.get("value").cloned();
        if let Some(value) = &mut value {
            // Only shown: a value that cannot be read any more is shown as its digest.
            let _ = session.record.writer().blobs().inline(value);
        }
        Decision {
            run: session.run.clone(),
            gate: request.name.clone(),
            path: at.path.clone(),
            digests: Digests { evidence: text("digest"), ..session.digests.clone() },
            verdict,
            approver: text("approver"),
            account: text("account"),
            claimed: answer.data.get("claimed").and_then(Json::as_bool).unwrap_or(false),
            confirmed: Vec::new(),
            comment: text("comment"),
            value,
            nonce: text("nonce"),
            at: answer.at.rfc3339(),
            expires: None,
            assurance: text("assurance"),
        }
    };
    record.map(|r| r.decisions.iter().map(each).collect()).unwrap_or_default()
}

fn decided(decision: &Decision, digest: &str, last: bool) -> Map<String, Json> {
    let mut data = members([
        ("gate", json!(decision.gate)),
        ("decision", json!(decision.verdict.name())),
        ("approver", json!(decision.approver)),
        ("digest", json!(digest)),
        ("account", json!(decision.account)),
        ("assurance", json!(decision.assurance)),
        ("nonce", json!(decision.nonce)),
        ("at", json!(decision.at)),
    ]);
    if decision.claimed {
        data.insert("claimed".into(), json!(true));
    }
    if !decision.confirmed.is_empty() {
        data.insert("confirmed".into(), json!(decision.confirmed));
    }
    if !decision.comment.is_empty() {
        data.insert("comment".into(), json!(decision.comment));
    }
    if decision.verdict == Verdict::Approve
        && let Some(value) = &decision.value
    {
        data.insert("value".into(), value.clone());
    }
    if last {
        data.insert("final".into(), json!(true));
    }
    data
}

/// The file's approvers in the policy's form.
fn approvers(spec: &ApproverSpec) -> Result<Approvers, Failure> {
    let all = |of: &[ApproverSpec]| of.iter().map(approvers).collect::<Result<Vec<_>, _>>();
    let made = match spec {
        ApproverSpec::One(name) => Approvers::One(name.as_str().into()),
        ApproverSpec::And(of) => Approvers::All(all(of)?),
        ApproverSpec::Or(of) => Approvers::Any(all(of)?),
        ApproverSpec::Quorum { count, of } => {
            let of = all(of)?;
            match usize::try_from(*count) {
                Ok(count) if count >= 1 && count <= of.len() => Approvers::Quorum { count, of },
                _ => {
                    let message = format!("a quorum of {count} out of {} cannot be", of.len());
                    return Err(Failure::new(
                        ErrorKind::Configuration,
                        crate::diagnostics::codes::gate::E1201,
                        message,
                    ));
                }
            }
        }
    };
    match made.is_small() {
        true => Ok(made),
        false => Err(Failure::new(
            ErrorKind::Configuration,
            crate::diagnostics::codes::gate::E1201,
            "there are too many ways to fulfil this `by`",
        )
        .help("make a role in `wflow.toml` for people who count alike")),
    }
}
