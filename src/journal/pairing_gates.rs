//! The gates of a run as its events tell them: what was shown, who decided, and whether that was enough.

use super::event::{Event, EventType};
use super::judge::{Judge, Judgement, SignedDecision};
use super::run_dir::RunDir;
use super::shown::Shown;
use super::verify::{hides, texts};
use super::{BlobRef, Timestamp};
use crate::policy::{Approvers, Assurance, Config, Demand, Project, Standing};
use crate::source::SourceMap;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;

pub(super) struct Gates<'a> {
    dir: &'a RunDir,
    judge: Option<&'a Judge<'a>>,
    /// The data of `run.started`.
    started: Map<String, Value>,
    /// Who may decide what; nothing where the record does not say.
    config: Option<Config>,
    gates: HashMap<String, Gate>,
    /// Of each decision, with its place, its signature and what it said.
    nonces: HashMap<String, (String, Option<Value>, bool)>,
    /// What cannot be told, and the first line of which that is so.
    pub unknown: Option<(u64, String)>,
}

struct Gate {
    name: String,
    opened: Map<String, Value>,
    open: bool,
    decisions: Vec<Decided>,
    /// Epoch of the approval, and whether it outlives its process.
    approved: Option<(u64, bool)>,
}

struct Decided {
    epoch: u64,
    approver: String,
    approve: bool,
    signed: bool,
}

impl<'a> Gates<'a> {
    pub fn new(dir: &'a RunDir, judge: Option<&'a Judge<'a>>) -> Gates<'a> {
        Gates {
            dir,
            judge,
            started: Map::new(),
            config: None,
            gates: HashMap::new(),
            nonces: HashMap::new(),
            unknown: None,
        }
    }

    /// `data` is the event's own with large parts in their places.
    pub fn check(&mut self, event: &Event, data: &Map<String, Value>) -> Result<(), String> {
        match event.kind {
            EventType::RunStarted => {
                self.started = data.clone();
                self.config = Some(self.configured(data));
            }
            EventType::RunResumed if data.contains_key("accepted_changes") => {
                // Every decision before is void, and today's people decide.
                self.gates.clear();
                if let Some(config) = data.get("config") {
                    self.started.insert("config".to_owned(), config.clone());
                }
                self.config = data.contains_key("config").then(|| self.configured(data));
            }
            EventType::GateOpened => self.opened(event, data)?,
            EventType::GateExpired => {
                let gate = self.open_gate(event, data)?;
                gate.open = false;
                gate.approved = None;
            }
            EventType::GateDecided => self.decided(event, data)?,
            _ => {}
        }
        Ok(())
    }

    fn configured(&self, data: &Map<String, Value>) -> Config {
        let blob = data.get("config").and_then(Value::as_object).and_then(BlobRef::from_json);
        // That it is there and unchanged is checked with all other stored content.
        let text = blob.and_then(|blob| self.dir.blobs().get_text(&blob).ok());
        text.map(|text| Project::from_text("", &text, &mut SourceMap::new()).0.config).unwrap_or_default()
    }

    fn opened(&mut self, event: &Event, data: &Map<String, Value>) -> Result<(), String> {
        let name = text(data, "gate", event)?;
        let null = Value::Null;
        let empty = json!([]);
        let part = |key: &str| data.get(key).unwrap_or(&null);
        let shown = Shown {
            gate: &name,
            question: data.get("question").and_then(Value::as_str).unwrap_or_default(),
            evidence: data.get("evidence").unwrap_or(&empty),
            require: data.get("require").unwrap_or(&empty),
            edit: part("edit"),
            form: part("form"),
        };
        if shown.digest().ok() != Some(text(data, "digest", event)?) {
            match hides(&shown.to_json()) {
                true => self.cannot_tell(
                    event,
                    format!("what the gate {name} showed holds a secret, so its digest proves nothing"),
                ),
                false => return Err(format!("what the gate {name} showed is not what its digest is of")),
            }
        }
        let gate = Gate { name, opened: data.clone(), open: true, decisions: Vec::new(), approved: None };
        self.gates.insert(event.path.clone(), gate);
        Ok(())
    }

    fn cannot_tell(&mut self, event: &Event, why: String) {
        self.unknown.get_or_insert((event.seq, why));
    }

    fn open_gate(&mut self, event: &Event, data: &Map<String, Value>) -> Result<&mut Gate, String> {
        let name = text(data, "gate", event)?;
        self.gates
            .get_mut(&event.path)
            .filter(|gate| gate.open && gate.name == name)
            .ok_or_else(|| format!("the gate {name} is not open"))
    }

    fn decided(&mut self, event: &Event, data: &Map<String, Value>) -> Result<(), String> {
        let signed = self.proved(event, data)?;
        let approver = text(data, "approver", event)?;
        let approve = match text(data, "decision", event)?.as_str() {
            "approve" => true,
            "reject" => false,
            other => return Err(format!("there is no decision `{}`", other.escape_debug())),
        };
        if let Some(nonce) = data.get("nonce").and_then(Value::as_str) {
            // A signed decision may go along when its gate opens anew.
            let this = (event.path.clone(), data.get("signature").cloned(), approve);
            if self
                .nonces
                .insert(nonce.to_owned(), this.clone())
                .is_some_and(|before| !signed || before != this)
            {
                return Err(format!("the decision of {approver} was used before"));
            }
        }
        let gate = self.open_gate(event, data)?;
        let name = gate.name.clone();
        if approve {
            let confirmed = texts(data, "confirmed");
            if let Some(lacks) = texts(&gate.opened, "require").into_iter().find(|c| !confirmed.contains(c)) {
                return Err(format!("{approver} approved the gate {name} without confirming `{lacks}`"));
            }
        }
        gate.decisions.push(Decided { epoch: event.epoch, approver, approve, signed });
        let is_final = data.get("final").and_then(Value::as_bool) == Some(true);
        if !approve {
            gate.approved = None;
        }
        if approve && is_final {
            // A decision that was typed at a terminal counts in the process that took it.
            let counts = |d: &&Decided| d.signed || d.epoch == event.epoch;
            let counted: Vec<&Decided> = gate.decisions.iter().filter(counts).collect();
            gate.approved = Some((event.epoch, counted.iter().all(|d| d.signed)));
            let said: Vec<(String, bool)> = counted.iter().map(|d| (d.approver.clone(), d.approve)).collect();
            let by: Vec<String> = texts(&gate.opened, "by").into_iter().map(str::to_owned).collect();
            self.enough(&name, &by, &said)?;
        }
        Ok(())
    }

    /// Whether those who approved are those who had to.
    fn enough(&self, gate: &str, by: &[String], said: &[(String, bool)]) -> Result<(), String> {
        let Some(config) = &self.config else { return Ok(()) };
        let mut demands: Vec<Approvers> =
            config.gates.get(gate).and_then(|g| g.by.clone()).into_iter().collect();
        for text in by {
            match text.as_str() {
                "anyone" if !config.people.knows(text) => demands.push(Approvers::Anyone),
                text => demands.push(Approvers::parse(text).map_err(|_| {
                    format!("nobody can tell who had to decide the gate {gate}: `{}`", text.escape_debug())
                })?),
            }
        }
        let starter = self.started.get("who").and_then(|w| w.get("user")).and_then(Value::as_str);
        let excluded = match config.self_approval() {
            true => Vec::new(),
            false => starter.map(Arc::from).into_iter().collect(),
        };
        let demand = Demand { people: &config.people, by: demands, excluded };
        match demand.standing(said.iter().map(|(who, yes)| (who.as_str(), *yes))) {
            Standing::Approved => Ok(()),
            Standing::Open { missing } => Err(format!(
                "the gate {gate} counts as approved, but {} did not approve it",
                missing.join(", ")
            )),
            Standing::Rejected => {
                Err(format!("the gate {gate} counts as approved, but those who decided could not approve it"))
            }
        }
    }

    /// Whether the decision is proved by more than the terminal at which it was typed; what it says of its proof must
    /// be so.
    fn proved(&mut self, event: &Event, data: &Map<String, Value>) -> Result<bool, String> {
        let digest = text(data, "digest", event)?;
        let approver = text(data, "approver", event)?;
        let judge = self.judge;
        let gate = self.open_gate(event, data)?;
        let name = gate.name.clone();
        if gate.opened.get("digest").and_then(Value::as_str) != Some(&digest) {
            return Err(format!("the decision on the gate {name} is about something else than was shown"));
        }
        let when = data.get("at").and_then(Value::as_str).and_then(Timestamp::parse);
        let closes = gate.opened.get("expires").and_then(Value::as_str).and_then(Timestamp::parse);
        if let (Some(when), Some(closes)) = (when, closes)
            && when.0 > closes.0
        {
            return Err(format!("{approver} decided on the gate {name} after it had closed"));
        }
        let level = |data: &Map<String, Value>, key: &str| {
            let name = data.get(key).and_then(Value::as_str).unwrap_or("terminal");
            Assurance::from_name(name)
                .ok_or_else(|| format!("there is no level of proof `{}`", name.escape_debug()))
        };
        let (given, wanted) = (level(data, "assurance")?, level(&gate.opened, "min_assurance")?);
        if given < wanted {
            return Err(format!(
                "the gate {name} asks for proof by {}, and the decision of {approver} has {}",
                wanted.name(),
                given.name()
            ));
        }
        if given == Assurance::Terminal {
            return Ok(false);
        }
        if !data.contains_key("signature") {
            return Err(format!(
                "the decision of {approver} on the gate {name} is said to be signed, and is not"
            ));
        }
        let opened = gate.opened.clone();
        let signed =
            SignedDecision { dir: self.dir, started: &self.started, opened: &opened, event, decided: data };
        match judge.map(|judge| judge(&signed)) {
            Some(Judgement::Valid) => {}
            Some(Judgement::Forged(why)) => {
                return Err(format!("the signature of {approver} on the gate {name} is not good: {why}"));
            }
            Some(Judgement::Unknown(why)) => {
                self.cannot_tell(
                    event,
                    format!("the signature of {approver} on the gate {name} was not verified: {why}"),
                );
            }
            None => self.cannot_tell(
                event,
                format!("the signature of {approver} on the gate {name} was not verified"),
            ),
        }
        Ok(true)
    }

    /// Whether a gate of this name stands approved for an effect of this epoch, at one of these paths.
    pub fn approves(&self, name: &str, guards: &[&str], epoch: u64) -> bool {
        self.gates.iter().any(|(at, gate)| {
            let counts = gate.approved.is_some_and(|(of, lasts)| lasts || of == epoch);
            gate.name == name && counts && (guards.is_empty() || guards.contains(&at.as_str()))
        })
    }
}

fn text(data: &Map<String, Value>, name: &str, event: &Event) -> Result<String, String> {
    let found = data.get(name).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| format!("{} lacks `{name}`", event.kind.name()))
}
