//! A run's events as the rows of a timeline: an effect is one row from its intent to its outcome, a gate one from its
//! question to its decisions.

use crate::journal::{Event, EventType, Timestamp};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;

pub struct Row {
    pub at: Timestamp,
    /// How many steps it is in.
    pub depth: usize,
    pub path: String,
    pub line: u64,
    pub what: What,
}

pub enum What {
    Step {
        title: String,
        ended: Option<Timestamp>,
    },
    Effect {
        data: Map<String, Json>,
        ended: Option<Timestamp>,
        outcome: Option<Result<Json, Json>>,
        /// Who said so, where nobody saw it.
        settled_by: Option<String>,
    },
    Gate {
        data: Map<String, Json>,
        /// `gate.decided` and `gate.expired`.
        decisions: Vec<Event>,
    },
    Undo {
        ended: Option<Timestamp>,
        failure: Option<Json>,
    },
    /// Any other event.
    Event(Event),
}

/// The events hold their large parts in place.
pub fn rows(events: &[Event]) -> Vec<Row> {
    let mut timeline = Timeline { rows: Vec::new(), latest: HashMap::new(), steps: HashMap::new() };
    events.iter().for_each(|event| timeline.take(event));
    timeline.rows
}

struct Timeline {
    rows: Vec<Row>,
    /// Effects and gates by path: what is said of them later belongs to the latest.
    latest: HashMap<String, usize>,
    steps: HashMap<String, usize>,
}

impl Timeline {
    fn take(&mut self, event: &Event) {
        let data = || event.data.clone();
        match event.kind {
            EventType::StepStarted => {
                let title = event.text("title").filter(|t| !t.is_empty()).unwrap_or(last(&event.path));
                let at = self.add(event, What::Step { title: title.to_owned(), ended: None });
                self.steps.insert(event.path.clone(), at);
            }
            EventType::StepCompleted => {
                let known = self.steps.get(&event.path).copied();
                if let Some(What::Step { ended, .. }) = known.and_then(|at| self.what(at)) {
                    *ended = Some(event.at);
                }
            }
            EventType::EffectIntended => {
                let what = What::Effect { data: data(), ended: None, outcome: None, settled_by: None };
                let at = self.add(event, what);
                self.latest.insert(event.path.clone(), at);
            }
            EventType::EffectCompleted | EventType::EffectFailed => {
                let known = self.latest.get(&event.path).copied();
                if let Some(What::Effect { ended, outcome, settled_by, .. }) =
                    known.and_then(|at| self.what(at))
                {
                    *ended = Some(event.at);
                    *settled_by = event.text("settled_by").map(str::to_owned);
                    *outcome = Some(match event.data.get("failure") {
                        Some(failure) => Err(failure.clone()),
                        None => Ok(event.data.get("result").cloned().unwrap_or_default()),
                    });
                }
            }
            EventType::GateOpened => {
                let at = self.add(event, What::Gate { data: data(), decisions: Vec::new() });
                self.latest.insert(event.path.clone(), at);
            }
            EventType::GateDecided | EventType::GateExpired => {
                let known = self.latest.get(&event.path).copied();
                match known.and_then(|at| self.what(at)) {
                    Some(What::Gate { decisions, .. }) => decisions.push(event.clone()),
                    _ => drop(self.add(event, What::Event(event.clone()))),
                }
            }
            EventType::UndoStarted => {
                let at = self.add(event, What::Undo { ended: None, failure: None });
                self.latest.insert(format!("{} undo", event.path), at);
            }
            EventType::UndoCompleted => {
                let known = self.latest.get(&format!("{} undo", event.path)).copied();
                if let Some(What::Undo { ended, failure }) = known.and_then(|at| self.what(at)) {
                    *ended = Some(event.at);
                    *failure = event.data.get("failure").cloned();
                }
            }
            EventType::RunStarted => {}
            _ => drop(self.add(event, What::Event(event.clone()))),
        }
    }

    fn what(&mut self, at: usize) -> Option<&mut What> {
        self.rows.get_mut(at).map(|row| &mut row.what)
    }

    fn add(&mut self, event: &Event, what: What) -> usize {
        let inside =
            |step: &String| event.path.strip_prefix(step.as_str()).is_some_and(|r| r.starts_with('/'));
        let depth = self.steps.keys().filter(|step| inside(step)).count();
        let (at, path, line) = (event.at, event.path.clone(), event.seq);
        self.rows.push(Row { at, depth, path, line, what });
        self.rows.len() - 1
    }
}

pub fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
