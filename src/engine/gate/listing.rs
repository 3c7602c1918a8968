//! What waits for whom: the open gates of runs that have not ended, read from their journals. Enough is recorded with
//! each opening to show it and to judge decisions on it without running the program.

use crate::diagnostics::Failure;
use crate::effects::approval::{Ballot, Decision, Desk, Digests, Verdict, evidence_digest, signed_parts};
use crate::interpreter::GateRequest;
use crate::journal::{
    BlobRef, GateRecord, Index, Journal, Replay, RunDir, RunId, RunState, Runs, Summary, Timestamp, summary,
};
use crate::policy::{Approvers, Assurance, Config, Demand, People, Standing, read_config};
use crate::source::{Origin, SourceMap};
use serde_json::{Map, Value as Json};
use std::collections::HashSet;
use std::sync::Arc;

/// A gate that waits for people.
#[derive(Debug, Clone)]
pub struct OpenGate {
    pub run: RunId,
    pub workflow: String,
    pub path: String,
    pub request: GateRequest,
    pub digests: Digests,
    /// When it was opened, as decisions name it.
    pub since: String,
    pub opened_at: Timestamp,
    pub expires: Option<Timestamp>,
    /// How often it was passed on to others before.
    pub stage: u64,
    pub by: Vec<Approvers>,
    pub excluded: Vec<Arc<str>>,
    pub assurance: Assurance,
    /// The people of the run's start.
    pub people: People,
    pub said: Vec<Said>,
    /// The process that works on the run; `Some(None)` where it cannot be told which.
    pub owner: Option<Option<u32>>,
    /// Numbers of all decisions in the run's record.
    pub used: HashSet<String>,
}

/// A decision that was recorded since the gate was opened.
#[derive(Debug, Clone)]
pub struct Said {
    pub person: String,
    pub verdict: Verdict,
    pub level: Assurance,
    pub at: Timestamp,
    pub comment: String,
    /// The whole of it, where it is signed and so counts beyond its process.
    pub signed: Option<Decision>,
}

/// The open gates of a project, and the runs that could not be read.
#[derive(Debug, Default)]
pub struct Waiting {
    pub gates: Vec<OpenGate>,
    pub unreadable: Vec<(RunId, Failure)>,
}

/// Of all runs, oldest first. The one source of every listing.
pub fn waiting_gates(runs: &Runs) -> Result<Waiting, Failure> {
    let mut waiting = Waiting::default();
    let ids = runs.list()?;
    let mut index = Index::open(runs);
    for id in &ids {
        let dir = runs.open(id);
        let found = match index.summary(id) {
            Ok(summary) if is_over(&summary) => continue,
            Ok(_) => open_gates(&dir),
            Err(failure) => Err(failure),
        };
        match found {
            Ok(gates) => waiting.gates.extend(gates),
            Err(failure) => waiting.unreadable.push((id.clone(), failure)),
        }
    }
    index.save(&ids);
    Ok(waiting)
}

fn is_over(summary: &Summary) -> bool {
    !matches!(summary.state, RunState::Running(_) | RunState::Suspended | RunState::Interrupted)
}

/// Of one run, in the order of their paths.
pub fn open_gates(dir: &RunDir) -> Result<Vec<OpenGate>, Failure> {
    let journal = Journal::read(dir)?;
    let owner = match summary(dir)?.state {
        RunState::Running(pid) => Some(pid),
        RunState::Suspended | RunState::Interrupted => None,
        _ => return Ok(Vec::new()),
    };
    let accepted = journal.events.iter().rev().find(|e| e.data.contains_key("accepted_changes"));
    let accepted = accepted.map(|e| e.data.clone());
    let replay = Replay::of(journal.events);
    let people = pinned(dir, accepted.as_ref().unwrap_or(&replay.started))?.people;
    let workflow = replay.started.get("workflow").and_then(Json::as_str).unwrap_or_default();
    let gate = |(path, record): (&str, &GateRecord)| {
        let mut gate = OpenGate::of(dir, path, record)?;
        gate.workflow = workflow.to_owned();
        gate.people = people.clone();
        gate.owner = owner;
        gate.used.clone_from(&replay.nonces);
        Ok(gate)
    };
    replay.waiting().map(gate).collect()
}

/// The configuration that the run is pinned to.
pub fn pinned(dir: &RunDir, data: &Map<String, Json>) -> Result<Config, Failure> {
    let Some(blob) = data.get("config").and_then(Json::as_object).and_then(BlobRef::from_json) else {
        return Ok(Config::default());
    };
    let text = dir.blobs().get_text(&blob)?;
    let file = SourceMap::new().add("wflow.toml", Origin::Memory, text.as_str());
    Ok(read_config(&text, file).0)
}

impl OpenGate {
    fn of(dir: &RunDir, path: &str, record: &GateRecord) -> Result<OpenGate, Failure> {
        let mut opened = Json::Object(record.opened.clone());
        dir.blobs().inline(&mut opened)?;
        let text = |key: &str| opened.get(key).and_then(Json::as_str).map(str::to_owned);
        let texts = |key: &str| -> Vec<String> {
            let list = opened.get(key).and_then(Json::as_array);
            list.into_iter().flatten().filter_map(|t| t.as_str().map(str::to_owned)).collect()
        };
        let shown = opened.get("evidence").and_then(Json::as_array).into_iter().flatten();
        let show = shown
            .filter_map(|pair| match pair.as_array().map(Vec::as_slice) {
                Some([Json::String(name), value]) => Some((name.clone(), value.clone())),
                _ => None,
            })
            .collect();
        let request = GateRequest {
            name: text("gate").unwrap_or_default(),
            question: text("question").unwrap_or_default(),
            by: None,
            show,
            show_explicit: true,
            require: texts("require"),
            timeout_ms: None,
            escalate: Vec::new(),
            edit: opened.get("edit").cloned(),
            schema: opened.get("form").cloned(),
            type_name: text("form_type"),
            assurance: None,
        };
        let mut said = Vec::new();
        for decision in &record.decisions {
            let mut data = Json::Object(decision.data.clone());
            dir.blobs().inline(&mut data)?;
            let of = |key: &str| data.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
            let signed = data.as_object().and_then(signed_parts);
            said.push(Said {
                person: of("approver"),
                verdict: if of("decision") == "approve" { Verdict::Approve } else { Verdict::Reject },
                level: Assurance::from_name(&of("assurance")).unwrap_or_default(),
                at: decision.at,
                comment: of("comment"),
                signed: signed.and_then(|(record, _)| Decision::from_text(record)),
            });
        }
        Ok(OpenGate {
            run: dir.id().clone(),
            workflow: String::new(),
            path: path.to_owned(),
            digests: Digests {
                workflow: text("workflow").unwrap_or_default(),
                policy: text("policy").unwrap_or_default(),
                evidence: text("digest").unwrap_or_default(),
            },
            since: super::opening::since(record),
            opened_at: record.opened_at,
            expires: text("expires").and_then(|t| Timestamp::parse(&t)),
            stage: opened.get("stage").and_then(Json::as_u64).unwrap_or(0),
            // A text that nobody can read names nobody.
            by: texts("by")
                .iter()
                .map(|t| Approvers::parse(t).unwrap_or(Approvers::One("?".into())))
                .collect(),
            excluded: texts("except").iter().map(|t| t.as_str().into()).collect(),
            assurance: text("min_assurance").and_then(|t| Assurance::from_name(&t)).unwrap_or_default(),
            people: People::default(),
            said,
            owner: None,
            used: HashSet::new(),
            request,
        })
    }

    pub fn demand(&self) -> Demand<'_> {
        Demand { people: &self.people, by: self.by.clone(), excluded: self.excluded.clone() }
    }

    /// What counts so far: while a process has the run, what was typed in it, too, but that only it knows.
    pub fn ballot(&self) -> Ballot {
        Ballot::of(&self.request, self.said.iter().filter_map(|s| s.signed.clone()))
    }

    pub fn standing(&self) -> Standing {
        self.ballot().standing(&self.demand())
    }

    /// People who may still decide, by name.
    pub fn may_decide(&self) -> Vec<String> {
        let (demand, ballot) = (self.demand(), self.ballot());
        let open = |p: &&Arc<str>| demand.may_decide(p) && ballot.by(p).is_none();
        self.people.people.keys().filter(open).map(|p| p.to_string()).collect()
    }

    /// Whether what is recorded as evidence is what decisions are about.
    pub fn is_whole(&self) -> bool {
        evidence_digest(&self.request) == self.digests.evidence
    }

    pub fn desk<'a>(
        &'a self,
        demand: &'a Demand<'a>,
        ballot: &'a Ballot,
        today: Option<&'a People>,
        now: Timestamp,
    ) -> Desk<'a> {
        Desk {
            run: self.run.as_str(),
            path: &self.path,
            opened: &self.since,
            request: &self.request,
            digests: &self.digests,
            demand,
            today,
            assurance: self.assurance,
            expires: self.expires,
            now,
            ballot,
            recorded: false,
        }
    }
}
