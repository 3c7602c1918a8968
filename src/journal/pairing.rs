//! The order of events: every outcome has its intent, every end its beginning, every decision its open gate, every
//! protected effect its approved gates. Fed with one event after the other.

use super::event::{Event, EventType};
use super::run_dir::RunId;
use super::verify::texts;
use std::collections::{BTreeMap, HashMap, HashSet};

#[derive(Default)]
pub(super) struct Pairing {
    last: Option<EventType>,
    /// Effects under way: line and epoch of the intent.
    intended: BTreeMap<String, (u64, u64)>,
    /// Steps that began, with the epoch; and those whose undo is under way.
    steps: HashMap<String, u64>,
    undoing: HashSet<String>,
    gates: HashMap<String, Gate>,
}

struct Gate {
    name: String,
    digest: String,
    open: bool,
    /// Epoch of the approval, and whether it outlives its process.
    approved: Option<(u64, bool)>,
}

impl Pairing {
    /// An effect whose outcome is not known.
    pub fn open_effect(&self) -> Option<(&str, u64)> {
        self.intended.iter().next().map(|(path, (line, _))| (path.as_str(), *line))
    }

    pub fn check(&mut self, event: &Event, run: &RunId) -> Result<(), String> {
        self.order(event, run)?;
        let path = event.path.as_str();
        match event.kind {
            EventType::StepStarted => {
                let before = self.steps.insert(path.to_owned(), event.epoch);
                if before == Some(event.epoch) {
                    return Err(format!("the step {path} begins twice"));
                }
            }
            EventType::StepCompleted if !self.steps.contains_key(path) => {
                return Err(format!("the step {path} ends without having begun"));
            }
            EventType::EffectIntended => self.intent(event)?,
            EventType::EffectCompleted | EventType::EffectFailed if self.intended.remove(path).is_none() => {
                return Err(format!("the effect {path} has an outcome without an intent"));
            }
            EventType::GateOpened => {
                let gate = Gate {
                    name: field(event, "gate")?,
                    digest: field(event, "digest")?,
                    open: true,
                    approved: None,
                };
                self.gates.insert(path.to_owned(), gate);
            }
            EventType::GateDecided | EventType::GateExpired => self.decision(event)?,
            EventType::UndoStarted => {
                if !self.steps.contains_key(path) {
                    return Err(format!("the step {path} is taken back without having begun"));
                }
                self.undoing.insert(path.to_owned());
            }
            EventType::UndoCompleted => {
                if !self.undoing.remove(path) {
                    return Err(format!("taking back the step {path} ends without having begun"));
                }
                let inside = format!("{path}/");
                self.steps.retain(|step, _| step != path && !step.starts_with(&inside));
            }
            EventType::RunResumed if event.data.contains_key("accepted_changes") => self.gates.clear(),
            _ => {}
        }
        Ok(())
    }

    fn order(&mut self, event: &Event, run: &RunId) -> Result<(), String> {
        let is_start = event.kind == EventType::RunStarted;
        match self.last.replace(event.kind) {
            None if !is_start => return Err("it is not the start of a run".to_owned()),
            Some(_) if is_start => return Err("the run starts a second time".to_owned()),
            Some(end) if end.is_final() => {
                return Err(format!("it stands after the end of the run ({})", end.name()));
            }
            Some(EventType::RunFailed)
                if !matches!(event.kind, EventType::RunResumed | EventType::JournalCut) =>
            {
                return Err(
                    "it stands after the end of the run (run.failed), which was not resumed".to_owned()
                );
            }
            // What was cut off does not change where the run stood.
            Some(before) if event.kind == EventType::JournalCut => self.last = Some(before),
            _ => {}
        }
        match event.text("run") {
            Some(id) if is_start && id != run.as_str() => Err(format!("it is the journal of the run {id}")),
            _ => Ok(()),
        }
    }

    fn intent(&mut self, event: &Event) -> Result<(), String> {
        let path = event.path.as_str();
        match self.intended.insert(path.to_owned(), (event.seq, event.epoch)) {
            Some((line, epoch)) if epoch == event.epoch => {
                return Err(format!("the effect {path} of line {line} is begun again without an outcome"));
            }
            _ => {}
        }
        let guards = texts(&event.data, "guards");
        for name in texts(&event.data, "after") {
            let approved = self.gates.iter().any(|(at, gate)| {
                let counts = gate.approved.is_some_and(|(epoch, lasts)| lasts || epoch == event.epoch);
                gate.name == name && counts && (guards.is_empty() || guards.contains(&at.as_str()))
            });
            if !approved {
                return Err(format!("the protected effect {path} began without an approved gate {name}"));
            }
        }
        Ok(())
    }

    fn decision(&mut self, event: &Event) -> Result<(), String> {
        let name = field(event, "gate")?;
        let Some(gate) = self.gates.get_mut(&event.path).filter(|gate| gate.open && gate.name == name) else {
            return Err(format!("the gate {name} is not open"));
        };
        if event.kind == EventType::GateExpired {
            gate.open = false;
            gate.approved = None;
            return Ok(());
        }
        if field(event, "digest")? != gate.digest {
            return Err(format!("the decision on the gate {name} is about something else than was shown"));
        }
        let lasts = event.text("assurance").is_some_and(|a| a != "terminal");
        gate.approved = match field(event, "decision")?.as_str() {
            "approve" => Some((event.epoch, lasts)),
            "reject" => None,
            other => return Err(format!("there is no decision `{}`", other.escape_debug())),
        };
        Ok(())
    }
}

fn field(event: &Event, name: &str) -> Result<String, String> {
    event.text(name).map(str::to_owned).ok_or_else(|| format!("{} lacks `{name}`", event.kind.name()))
}
