//! One opening of a gate for one set of approvers: who decides, how it must be proved, until when; and its event.

use crate::diagnostics::codes::gate::E1201;
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::approval::{Ballot, Desk, Digests};
use crate::engine::record::members;
use crate::engine::session::Session;
use crate::interpreter::{ApproverSpec, GateRequest};
use crate::journal::{GateRecord, Timestamp};
use crate::policy::{Approvers, Assurance, Demand};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

pub struct Opening<'a> {
    pub request: &'a GateRequest,
    pub path: &'a str,
    pub stage: usize,
    pub demand: Demand<'a>,
    pub digests: Digests,
    pub assurance: Assurance,
    /// When it was opened, as decisions name it.
    pub since: String,
    pub expires: Option<Timestamp>,
}

impl<'a> Opening<'a> {
    /// Of a gate that opens now, or that goes on as it was recorded.
    pub fn new(
        session: &'a Session,
        path: &'a str,
        request: &'a GateRequest,
        digest: &str,
        stage: usize,
        by: Option<&ApproverSpec>,
        recorded: Option<&GateRecord>,
    ) -> Result<Opening<'a>, Failure> {
        let config = session.config.gates.get(request.name.as_str());
        let mut demands: Vec<Approvers> = config.and_then(|c| c.by.clone()).into_iter().collect();
        if let Some(spec) = by {
            demands.push(approvers(spec)?);
        }
        let excluded = match session.config.self_approval() {
            true => Vec::new(),
            false => vec![Arc::from(session.starter.as_str())],
        };
        let demand = Demand { people: &session.config.people, by: demands, excluded };
        let guards = session.guards_something(&request.name);
        let asked = request.assurance.as_deref().and_then(Assurance::from_name).unwrap_or_default();
        let assurance = session.min_assurance(&request.name, guards).max(asked);
        let timeout = [
            request.timeout_ms.map(|ms| Duration::from_millis(ms.max(0).unsigned_abs())),
            config.and_then(|c| c.timeout),
        ];
        let timeout = timeout.into_iter().flatten().min();
        let now = session.clock_ms();
        // A clock that was set back since would leave it open for longer than it may be.
        let opened_at = recorded.map_or(now, |r| r.opened_at.0.min(now));
        let expires = timeout
            .map(|t| Timestamp(opened_at.saturating_add(i64::try_from(t.as_millis()).unwrap_or(i64::MAX))));
        let since = recorded.map_or_else(|| Timestamp(now).rfc3339(), since);
        let digests = Digests { evidence: digest.to_owned(), ..session.digests.clone() };
        Ok(Opening { request, path, stage, demand, digests, assurance, since, expires })
    }

    /// What is recorded of it: enough to show it, to decide it and to judge decisions without running the program.
    pub fn event(&self) -> Map<String, Json> {
        let request = self.request;
        let shown: Vec<Json> = request.show.iter().map(|(name, value)| json!([name, value])).collect();
        let mut data = members([
            ("gate", json!(request.name)),
            ("question", json!(request.question)),
            ("evidence", Json::Array(shown)),
            ("digest", json!(self.digests.evidence)),
            ("by", json!(self.demand.by.iter().map(ToString::to_string).collect::<Vec<_>>())),
            ("since", json!(self.since)),
            ("workflow", json!(self.digests.workflow)),
            ("policy", json!(self.digests.policy)),
        ]);
        let mut put = |name: &str, value: Json| drop(data.insert(name.to_owned(), value));
        if !self.demand.excluded.is_empty() {
            put("except", self.demand.excluded.iter().map(|p| Json::from(p.as_ref())).collect());
        }
        if !request.require.is_empty() {
            put("require", json!(request.require));
        }
        if let Some(edit) = &request.edit {
            put("edit", edit.clone());
        }
        if let Some(schema) = &request.schema {
            put("form", schema.clone());
        }
        if let Some(name) = &request.type_name {
            put("form_type", json!(name));
        }
        if let Some(expires) = self.expires {
            put("expires", json!(expires.rfc3339()));
        }
        if self.assurance > Assurance::Terminal {
            put("min_assurance", json!(self.assurance.name()));
        }
        if self.stage > 0 {
            put("stage", json!(self.stage));
        }
        data
    }

    pub fn desk<'d>(&'d self, session: &'d Session, ballot: &'d Ballot) -> Desk<'d> {
        Desk {
            run: &session.run,
            path: self.path,
            opened: &self.since,
            request: self.request,
            digests: &self.digests,
            demand: &self.demand,
            today: session.today.as_ref().map(|config| &config.people),
            assurance: self.assurance,
            expires: self.expires,
            now: Timestamp(session.clock_ms()),
            ballot,
            recorded: false,
        }
    }
}

/// When it was opened, as decisions name it: an opening that only goes on keeps its time.
pub fn since(record: &GateRecord) -> String {
    let named = record.opened.get("since").and_then(Json::as_str);
    named.map_or_else(|| record.opened_at.rfc3339(), str::to_owned)
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
                    return Err(Failure::new(ErrorKind::Configuration, E1201, message));
                }
            }
        }
    };
    match made.is_small() {
        true => Ok(made),
        false => {
            Err(Failure::new(ErrorKind::Configuration, E1201, "there are too many ways to fulfil this `by`")
                .help("make a role in `wflow.toml` for people who count alike"))
        }
    }
}
