//! What the decisions on a gate come to. One rule for people at a terminal and for those who send theirs signed.
//!
//! Of one person the last decision counts. An approval that changes the value voids the approvals of others, since they
//! approved another one; rejections stay.

use super::record::{Decision, Verdict, value_digest};
use crate::interpreter::{GateReply, GateRequest};
use crate::policy::{Demand, Standing};
use serde_json::Value as Json;

#[derive(Debug, Clone, PartialEq)]
pub struct Ballot {
    takes_value: bool,
    value: Option<Json>,
    decisions: Vec<Decision>,
}

/// What is edited or answered at a gate, beyond yes and no.
pub fn takes_value(request: &GateRequest) -> bool {
    request.edit.is_some() || request.schema.is_some()
}

impl Ballot {
    pub fn new(request: &GateRequest) -> Ballot {
        Ballot { takes_value: takes_value(request), value: request.edit.clone(), decisions: Vec::new() }
    }

    pub fn of(request: &GateRequest, decisions: impl IntoIterator<Item = Decision>) -> Ballot {
        let mut ballot = Ballot::new(request);
        decisions.into_iter().for_each(|d| ballot.cast(d));
        ballot
    }

    pub fn cast(&mut self, decision: Decision) {
        self.decisions.retain(|d| d.approver != decision.approver);
        if self.takes_value && decision.verdict == Verdict::Approve && decision.value != self.value {
            self.value.clone_from(&decision.value);
            self.decisions.retain(|d| d.verdict == Verdict::Reject);
        }
        self.decisions.push(decision);
    }

    /// Those that count, in order.
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    pub fn takes_value(&self) -> bool {
        self.takes_value
    }

    /// What an approval is for, as it stands.
    pub fn value(&self) -> Option<&Json> {
        self.value.as_ref().filter(|_| self.takes_value)
    }

    /// Digest of that.
    pub fn shown(&self) -> Option<String> {
        self.value().map(value_digest)
    }

    pub fn by(&self, person: &str) -> Option<&Decision> {
        self.decisions.iter().find(|d| d.approver == person)
    }

    pub fn standing(&self, demand: &Demand<'_>) -> Standing {
        let said = self.decisions.iter().map(|d| (d.approver.as_str(), d.verdict == Verdict::Approve));
        demand.standing(said)
    }

    /// What the gate gives, once it is decided.
    pub fn reply(&self, standing: &Standing) -> Option<GateReply> {
        let of = |verdict| self.decisions.iter().filter(move |d| d.verdict == verdict);
        let comments = |verdict| {
            of(verdict).map(|d| d.comment.clone()).filter(|c| !c.is_empty()).collect::<Vec<String>>()
        };
        let names = |verdict| of(verdict).map(|d| d.approver.clone()).collect::<Vec<String>>();
        match standing {
            Standing::Open { .. } => None,
            Standing::Approved => Some(GateReply::Approved {
                by: names(Verdict::Approve),
                comments: comments(Verdict::Approve),
                // Of the decision that settled it; without one nobody was needed.
                at: self.decisions.last().map(|d| d.at.clone()).unwrap_or_default(),
                value: self.value().cloned(),
            }),
            Standing::Rejected => Some(GateReply::Rejected {
                by: names(Verdict::Reject),
                comment: comments(Verdict::Reject).join("\n"),
            }),
        }
    }
}
