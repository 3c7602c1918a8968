//! A gate as the record tells it: each opening is what the program shows, and the decisions that counted give its reply.

use super::recorded::Recorded;
use crate::diagnostics::codes::gate;
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::approval::evidence_digest;
use crate::interpreter::{Answer, At, GateReply, GateRequest, Stop, Suspension, Validator};
use crate::journal::{Event, EventType, GateRecord};
use serde_json::{Map, Value as Json};

/// A recorded decision.
struct Decided {
    seq: u64,
    at: String,
    data: Map<String, Json>,
}

impl Decided {
    fn text(&self, key: &str) -> &str {
        self.data.get(key).and_then(Json::as_str).unwrap_or_default()
    }

    fn approves(&self) -> bool {
        self.text("decision") == "approve"
    }

    fn is_final(&self) -> bool {
        self.data.get("final").and_then(Json::as_bool) == Some(true)
    }

    /// It outlives the process that recorded it.
    fn is_signed(&self) -> bool {
        !matches!(self.text("assurance"), "" | "terminal")
    }
}

pub fn gate(
    recorded: &Recorded<'_>,
    at: &At,
    request: &GateRequest,
    check: Validator<'_>,
) -> Answer<GateReply> {
    let digest = evidence_digest(request);
    let earlier = recorded.past(|past| past.gate(&at.path).cloned());
    // A recorded rejection stands.
    if let Some(no) = earlier.as_ref().and_then(standing_no) {
        return Ok(rejected(&[no]));
    }
    // Where the run is only taken back nobody is asked again: what was decided led to what was done.
    if recorded.is_given_up(&at.path) {
        let decided: Vec<Decided> = earlier.iter().flat_map(all).collect();
        return match decided.iter().any(Decided::is_final) {
            true => reply(recorded, at, request, &decided, check),
            false => recorded.ends(at, format!("gate `{}`", request.name)),
        };
    }
    // Those of the process that took them, and signed ones of the same opening.
    let mut decisions: Vec<Decided> = match &earlier {
        Some(record) if !record.expired => signed(record),
        _ => Vec::new(),
    };
    let stages = 1 + request.escalate.len() as u64;
    let mut stage = earlier.as_ref().map_or(0, |record| {
        record.opened.get("stage").and_then(Json::as_u64).unwrap_or(0) + u64::from(record.expired)
    });
    let mut opened = earlier.is_some_and(|record| !record.expired);
    while stage < stages {
        let kinds = [EventType::GateOpened, EventType::GateDecided, EventType::GateExpired];
        let Some(event) = recorded.next_of(&at.path, &kinds) else {
            return match decisions.iter().all(Decided::is_signed) && decisions.iter().any(Decided::is_final) {
                true => reply(recorded, at, request, &decisions, check),
                false => {
                    recorded.note_end(at, format!("gate `{}`", request.name));
                    let gate = request.name.clone();
                    Err(Stop::Suspended(Suspension::Gate { gate, path: at.path.clone() }))
                }
            };
        };
        let same_gate = event.text("gate") == Some(&request.name);
        match event.kind {
            _ if !same_gate => return recorded.differs(at, Some(event.seq), "another gate is recorded here"),
            EventType::GateOpened if event.text("digest") != Some(&digest) => {
                let why =
                    format!("the program shows something else at gate `{}` than is recorded", request.name);
                return recorded.differs(at, Some(event.seq), why);
            }
            EventType::GateOpened => {
                opened = true;
                decisions.clear();
            }
            EventType::GateDecided if !opened => {
                return recorded.differs(
                    at,
                    Some(event.seq),
                    "a decision is recorded on a gate that is not open",
                );
            }
            EventType::GateDecided => {
                let decision = decided(&event);
                let is_final = decision.is_final();
                decisions.push(decision);
                if is_final {
                    return reply(recorded, at, request, &decisions, check);
                }
            }
            _ => {
                stage += 1;
                opened = false;
                decisions.clear();
            }
        }
    }
    Ok(GateReply::Expired)
}

fn decided(event: &Event) -> Decided {
    let at = event.text("at").map_or_else(|| event.at.rfc3339(), str::to_owned);
    Decided { seq: event.seq, at, data: event.data.clone() }
}

fn all(record: &GateRecord) -> impl Iterator<Item = Decided> {
    record.decisions.iter().map(|d| {
        let at = d.data.get("at").and_then(Json::as_str).map_or_else(|| d.at.rfc3339(), str::to_owned);
        Decided { seq: d.seq, at, data: d.data.clone() }
    })
}

fn signed(record: &GateRecord) -> Vec<Decided> {
    all(record).filter(Decided::is_signed).collect()
}

fn standing_no(record: &GateRecord) -> Option<Decided> {
    all(record).filter(Decided::is_final).last().filter(|d| !d.approves())
}

fn rejected(decisions: &[Decided]) -> GateReply {
    let no = || decisions.iter().filter(|d| !d.approves());
    let comments: Vec<&str> = no().map(|d| d.text("comment")).filter(|c| !c.is_empty()).collect();
    GateReply::Rejected {
        by: no().map(|d| d.text("approver").to_owned()).collect(),
        comment: comments.join("\n"),
    }
}

fn reply(
    recorded: &Recorded<'_>,
    at: &At,
    request: &GateRequest,
    decisions: &[Decided],
    check: Validator<'_>,
) -> Answer<GateReply> {
    // The last word of each person counts.
    let mut counted: Vec<&Decided> = Vec::new();
    for decision in decisions {
        counted.retain(|d| d.text("approver") != decision.text("approver"));
        counted.push(decision);
    }
    let Some(last) = decisions.last().filter(|d| d.approves()) else { return Ok(rejected(decisions)) };
    let yes = || counted.iter().filter(|d| d.approves());
    let takes_value = request.edit.is_some() || request.schema.is_some();
    let value = match takes_value {
        true => Some(recorded.part(&last.data, "value")?),
        false => None,
    };
    if let Some(value) = &value
        && let Err(wrong) = check(value)
    {
        let why = format!("the value that is recorded is not acceptable: {}", wrong.join("; "));
        recorded.note(at, Some(last.seq), why.clone());
        return Err(Failure::new(ErrorKind::Verification, gate::E1203, why).into());
    }
    Ok(GateReply::Approved {
        by: yes().map(|d| d.text("approver").to_owned()).collect(),
        comments: yes().map(|d| d.text("comment").to_owned()).filter(|c| !c.is_empty()).collect(),
        at: last.at.clone(),
        value,
    })
}
