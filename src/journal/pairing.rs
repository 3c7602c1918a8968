//! The order of events: every outcome has its intent, every end its beginning, every decision its open gate, every
//! protected effect its approved gates. Fed with one event after the other.

use super::calls::question_of;
use super::event::{Event, EventType};
use super::judge::Judge;
use super::pairing_gates::Gates;
use super::run_dir::{RunDir, RunId};
use super::verify::texts;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(super) struct Pairing<'a> {
    last: Option<EventType>,
    /// Effects under way: line and epoch of the intent.
    intended: BTreeMap<String, (u64, u64)>,
    /// Steps that began, with the epoch; and those whose undo is under way.
    steps: HashMap<String, u64>,
    undoing: BTreeSet<String>,
    gates: Gates<'a>,
}

impl<'a> Pairing<'a> {
    pub fn new(dir: &'a RunDir, judge: Option<&'a Judge<'a>>) -> Pairing<'a> {
        Pairing {
            last: None,
            intended: BTreeMap::new(),
            steps: HashMap::new(),
            undoing: BTreeSet::new(),
            gates: Gates::new(dir, judge),
        }
    }

    /// What cannot be told, and the first line of which that is so.
    pub fn unknown(&self) -> Option<&(u64, String)> {
        self.gates.unknown.as_ref()
    }

    /// A step whose taking back did not end.
    pub fn open_undo(&self) -> Option<&str> {
        self.undoing.first().map(String::as_str)
    }

    /// An effect whose outcome is not known.
    pub fn open_effect(&self) -> Option<(&str, u64)> {
        self.intended.iter().next().map(|(path, (line, _))| (path.as_str(), *line))
    }

    /// `data` is the event's own with large parts in their places.
    pub fn check(&mut self, event: &Event, data: &Map<String, Value>, run: &RunId) -> Result<(), String> {
        self.order(event, run)?;
        self.gates.check(event, data)?;
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
            EventType::ValueRecorded => self.guarded(event)?,
            EventType::EffectCompleted | EventType::EffectFailed if self.intended.remove(path).is_none() => {
                return Err(format!("the effect {path} has an outcome without an intent"));
            }
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
        // A tool is called only while its agent is asked.
        if let Some(question) = question_of(path)
            && self.intended.get(question).is_none_or(|(_, epoch)| *epoch != event.epoch)
        {
            return Err(format!("the tool call {path} was made while nobody asked the agent"));
        }
        match self.intended.insert(path.to_owned(), (event.seq, event.epoch)) {
            Some((line, epoch)) if epoch == event.epoch => {
                return Err(format!("the effect {path} of line {line} is begun again without an outcome"));
            }
            _ => {}
        }
        self.guarded(event)
    }

    /// What is protected began only after its gates were approved.
    fn guarded(&self, event: &Event) -> Result<(), String> {
        let path = event.path.as_str();
        let guards = texts(&event.data, "guards");
        for name in texts(&event.data, "after") {
            if !self.gates.approves(name, &guards, event.epoch) {
                return Err(format!("the protected effect {path} began without an approved gate {name}"));
            }
        }
        Ok(())
    }
}
