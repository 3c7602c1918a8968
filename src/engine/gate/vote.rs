//! Decisions and their events: how one is recorded, and what a recorded one still counts for.

use super::opening::Opening;
use crate::effects::approval::{Ballot, Decision, Desk, Digests, Proven, Verdict, admit, signed_parts};
use crate::engine::record::members;
use crate::engine::session::Session;
use crate::interpreter::Validator;
use crate::journal::{Decision as Recorded, GateRecord};
use serde_json::{Map, Value as Json, json};

/// The data of `gate.decided`.
pub fn event(decision: &Decision, last: bool) -> Map<String, Json> {
    let mut data = members([
        ("gate", json!(decision.gate)),
        ("decision", json!(decision.verdict.name())),
        ("approver", json!(decision.approver)),
        ("digest", json!(decision.digests.evidence)),
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

/// The same of a signed one, with what proves it.
pub fn signed_event(proven: &Proven, record: &str, signature: &str, last: bool) -> Map<String, Json> {
    let mut data = event(&proven.decision, last);
    data.insert("assurance".into(), json!(proven.level.name()));
    data.insert("record".into(), json!(record));
    data.insert("signature".into(), json!(signature));
    data.insert("key".into(), json!(proven.key));
    data
}

/// A recorded decision, with stored parts put back in.
pub fn data(session: &Session, recorded: &Recorded) -> Map<String, Json> {
    let mut data = Json::Object(recorded.data.clone());
    // One that cannot be read any more is judged, or shown, as it stands.
    let _ = session.record.writer().blobs().inline(&mut data);
    match data {
        Json::Object(map) => map,
        _ => recorded.data.clone(),
    }
}

/// A signed decision that outlived its process, with the data of its event.
pub struct Kept {
    pub proven: Proven,
    pub data: Map<String, Json>,
}

/// Of the recorded decisions those that outlive their process: signed, about what is shown now, by keys that are still
/// listed. The others come back with why they do not, if they were signed.
pub fn kept(
    session: &Session,
    opening: &Opening<'_>,
    record: &GateRecord,
    check: Validator<'_>,
) -> (Vec<Kept>, Vec<String>) {
    let (mut kept, mut void) = (Vec::new(), Vec::new());
    let since = super::opening::since(record);
    for recorded in &record.decisions {
        let data = data(session, recorded);
        let Some((text, signature)) = signed_parts(&data) else { continue };
        let ballot = Ballot::new(opening.request);
        let desk = Desk { opened: &since, recorded: true, ..opening.desk(session, &ballot) };
        match admit(&desk, text, signature, check) {
            Ok(proven) => kept.push(Kept { proven, data }),
            Err(why) => void.push(format!(
                "the recorded decision of {} at gate `{}` counts no more: {}",
                data.get("approver").and_then(Json::as_str).unwrap_or("somebody"),
                opening.request.name,
                why.message
            )),
        }
    }
    (kept, void)
}

/// A recorded decision as it was taken, whatever it still counts for.
pub fn recorded(session: &Session, recorded: &Recorded, path: &str) -> Decision {
    let data = data(session, recorded);
    if let Some(signed) = signed_parts(&data).and_then(|(record, _)| Decision::from_text(record)) {
        return signed;
    }
    let text = |key: &str| data.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    Decision {
        run: session.run.clone(),
        gate: text("gate"),
        path: path.to_owned(),
        opened: String::new(),
        digests: Digests { workflow: String::new(), policy: String::new(), evidence: text("digest") },
        verdict: if text("decision") == "approve" { Verdict::Approve } else { Verdict::Reject },
        approver: text("approver"),
        account: text("account"),
        claimed: data.get("claimed").and_then(Json::as_bool).unwrap_or(false),
        confirmed: Vec::new(),
        comment: text("comment"),
        value: data.get("value").cloned(),
        shown: None,
        nonce: text("nonce"),
        at: data.get("at").and_then(Json::as_str).map_or_else(|| recorded.at.rfc3339(), str::to_owned),
        expires: None,
        assurance: text("assurance"),
    }
}
