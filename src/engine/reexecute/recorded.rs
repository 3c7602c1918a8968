//! What one process recorded, to be used up event by event, and what had been recorded before it.

use super::Difference;
use crate::diagnostics::codes::{journal, run};
use crate::diagnostics::{ErrorKind, Failure};
use crate::engine::effect::given_up;
use crate::engine::failure_json;
use crate::engine::world::requests;
use crate::interpreter::{Answer, At, Stop};
use crate::journal::{Event, EventType, Outcome, Replay, RunDir, StepRecord, digest, question_of};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub struct Recorded<'a> {
    pub dir: &'a RunDir,
    /// The run was given up, in these words.
    gives_up: Option<String>,
    /// The process ended with that.
    cancelled: bool,
    state: Mutex<State>,
}

/// What a process before this one recorded.
pub enum Earlier {
    Nothing,
    /// Intended, without an outcome.
    InDoubt,
    Answer(Answer<Json>),
}

struct State {
    past: Replay,
    /// By path, in order.
    present: BTreeMap<String, VecDeque<Event>>,
    found: Found,
    /// The undos under way, by their paths.
    undoing: Vec<String>,
}

/// What the execution came upon.
#[derive(Default)]
pub struct Found {
    /// The program asks for something else than is recorded.
    pub differences: Vec<Difference>,
    /// What the program goes on with where the record ends: where, and what.
    pub unanswered: Vec<(String, String)>,
    /// Recorded, and never asked for.
    pub unused: Vec<Event>,
}

impl<'a> Recorded<'a> {
    pub fn new(dir: &'a RunDir, past: Replay, part: &[Event]) -> Recorded<'a> {
        let mut present: BTreeMap<String, VecDeque<Event>> = BTreeMap::new();
        for event in part.iter().filter(|e| is_the_programs(e.kind)) {
            present.entry(event.path.clone()).or_default().push_back(event.clone());
        }
        Recorded {
            dir,
            gives_up: past.giving_up.clone(),
            cancelled: part.last().is_some_and(|e| e.kind == EventType::RunCancelled),
            state: Mutex::new(State { past, present, found: Found::default(), undoing: Vec::new() }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is made in one go, so a thread that died left the state whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn finish(self) -> Found {
        let State { present, mut found, .. } =
            self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.unused = present.into_values().flatten().collect();
        found.unused.sort_by_key(|e| e.seq);
        found
    }

    /// The next event at a path if it is of this kind.
    pub fn next(&self, path: &str, kind: EventType) -> Option<Event> {
        self.next_of(path, &[kind])
    }

    pub fn next_of(&self, path: &str, kinds: &[EventType]) -> Option<Event> {
        let mut state = self.state();
        let queue = state.present.get_mut(path)?;
        let fits = queue.front().is_some_and(|e| kinds.contains(&e.kind));
        if fits { queue.pop_front() } else { None }
    }

    pub fn past<T>(&self, look: impl FnOnce(&mut Replay) -> T) -> T {
        look(&mut self.state().past)
    }

    /// The process ended here: nothing is recorded of what the program goes on with. Where the run was given up it goes
    /// on with taking back what was done.
    pub fn ends<T>(&self, at: &At, what: impl Into<String>) -> Answer<T> {
        match &self.gives_up {
            Some(why) if !self.is_undoing(&at.path) => Err(Stop::GivenUp(Box::new(given_up(why)))),
            _ => {
                self.note_end(at, what);
                Err(Stop::Cancelled)
            }
        }
    }

    /// Whether the run is only taken back, and this is not part of that.
    pub fn is_given_up(&self, path: &str) -> bool {
        self.gives_up.is_some() && !self.is_undoing(path)
    }

    fn is_undoing(&self, path: &str) -> bool {
        let inside = |undo: &String| path.strip_prefix(undo.as_str()).is_some_and(|r| r.starts_with('/'));
        self.state().undoing.iter().any(inside)
    }

    /// Taking back at this path begins, or has ended.
    pub fn undoing(&self, path: &str, begins: bool) {
        let mut state = self.state();
        match begins {
            true => state.undoing.push(path.to_owned()),
            false => state.undoing.retain(|undo| undo != path),
        }
    }

    pub fn note_end(&self, at: &At, what: impl Into<String>) {
        self.state().found.unanswered.push((at.path.clone(), what.into()));
    }

    /// The program and the record disagree; this branch goes no further.
    pub fn differs<T>(&self, at: &At, line: Option<u64>, why: impl Into<String>) -> Answer<T> {
        self.note(at, line, why);
        Err(Stop::Cancelled)
    }

    pub fn note(&self, at: &At, line: Option<u64>, why: impl Into<String>) {
        let difference = Difference { line, path: at.path.clone(), why: why.into() };
        self.state().found.differences.push(difference);
    }

    /// A member of an event's data with its large parts in place.
    pub fn part(&self, data: &Map<String, Json>, name: &str) -> Result<Json, Failure> {
        let mut value = data.get(name).cloned().unwrap_or_default();
        self.dir.blobs().inline(&mut value)?;
        Ok(value)
    }

    /// The recorded outcome of an effect: by a process before this one, or by this one.
    pub fn effect(&self, at: &At, kind: &str, request: &Json) -> Answer<Json> {
        let digest = digest(request).unwrap_or_default();
        let in_doubt = match self.earlier(at, kind, &digest)? {
            Earlier::Answer(answer) => return answer,
            Earlier::InDoubt => true,
            Earlier::Nothing => false,
        };
        if let Some(intent) = self.next(&at.path, EventType::EffectIntended) {
            let recorded =
                (intent.text("kind").unwrap_or_default(), intent.text("digest").unwrap_or_default());
            if recorded != (kind, &*digest) {
                let why = other(kind, recorded.0);
                return self.differs(at, Some(intent.seq), why);
            }
            return match self.outcome(at)? {
                Some(outcome) => outcome,
                None => self.ends(at, format!("the outcome of this `{kind}`")),
            };
        }
        match self.outcome(at)? {
            // A person said that it did happen, though nobody saw it.
            Some(outcome) if in_doubt => outcome,
            Some(_) => {
                self.differs(at, None, format!("the outcome of this `{kind}` is recorded without its intent"))
            }
            None if in_doubt && !self.cancelled => {
                self.note_end(at, format!("this `{kind}`, of which nobody knew whether it had happened"));
                Err(Failure::new(ErrorKind::InDoubt, journal::E1518, "nobody knows whether it happened")
                    .into())
            }
            None => self.ends(at, format!("this `{kind}`")),
        }
    }

    /// The outcome that stands next at the path.
    fn outcome(&self, at: &At) -> Result<Option<Answer<Json>>, Stop> {
        let kinds = [EventType::EffectCompleted, EventType::EffectFailed];
        let Some(event) = self.next_of(&at.path, &kinds) else { return Ok(None) };
        if event.kind == EventType::EffectCompleted {
            return Ok(Some(Ok(self.part(&event.data, "result")?)));
        }
        Ok(Some(failed(at, &self.part(&event.data, "failure")?)))
    }

    /// Whether anything is recorded at this very path.
    pub fn has(&self, path: &str) -> bool {
        let state = self.state();
        state.past.at(path).is_some() || state.present.get(path).is_some_and(|queue| !queue.is_empty())
    }

    /// A fact of the outside.
    pub fn fact(&self, at: &At, kind: &str, about: &Json) -> Answer<Json> {
        let about_digest = if about.is_null() { String::new() } else { digest(about).unwrap_or_default() };
        if let Earlier::Answer(answer) = self.earlier(at, kind, &about_digest)? {
            return answer;
        }
        if let Some(event) = self.next(&at.path, EventType::ValueRecorded) {
            let recorded = (event.text("kind").unwrap_or_default(), event.text("digest").unwrap_or_default());
            if recorded != (kind, &*about_digest) {
                let why = other(kind, recorded.0);
                return self.differs(at, Some(event.seq), why);
            }
            return Ok(self.part(&event.data, "value")?);
        }
        // One that could not be read is recorded as an effect that failed.
        self.effect(at, kind, about)
    }

    /// An agent's tool calls are its own affair: the program asks for none of them.
    pub fn pass_calls(&self, at: &At) {
        self.state().present.retain(|path, _| question_of(path) != Some(&at.path));
    }

    /// Waits for a busy provider are of the call, not of the program, which knows nothing of them.
    pub fn pass_waits(&self, at: &At) {
        let first = format!("{}{}", at.path, requests::WAIT);
        let mut state = self.state();
        let after = state.present.range(first.clone()..);
        let waits: Vec<String> =
            after.map(|(path, _)| path.clone()).take_while(|path| path.starts_with(&first)).collect();
        for path in waits {
            if let Some(queue) = state.present.get_mut(&path) {
                queue.retain(|e| e.text("kind") != Some("backoff"));
            }
        }
    }

    /// What an earlier process recorded.
    pub fn earlier(&self, at: &At, kind: &str, digest: &str) -> Result<Earlier, Stop> {
        let recorded = match self.past(|past| past.take(&at.path, kind, digest)) {
            Ok(Some(recorded)) => recorded,
            Ok(None) => return Ok(Earlier::Nothing),
            Err(recorded) => return self.differs(at, Some(recorded.seq), other(kind, &recorded.kind)),
        };
        Ok(match recorded.outcome {
            Outcome::Value(mut value) => {
                self.dir.blobs().inline(&mut value)?;
                Earlier::Answer(Ok(value))
            }
            Outcome::Failed(mut failure) => {
                self.dir.blobs().inline(&mut failure)?;
                Earlier::Answer(failed(at, &failure))
            }
            Outcome::InDoubt(_) => Earlier::InDoubt,
        })
    }

    pub fn step(&self, path: &str) -> Option<StepRecord> {
        self.past(|past| past.step_at(path).cloned())
    }
}

/// A recorded failure again.
fn failed(at: &At, failure: &Json) -> Answer<Json> {
    let failure = failure_json::from_json(failure);
    // A branch beside it had failed first.
    if failure.code == run::E1107 {
        return Err(Stop::Cancelled);
    }
    Err(failure.at(at.span).of_effect(&at.path).into())
}

fn other(asked: &str, recorded: &str) -> String {
    match asked == recorded {
        true => format!("the program asks for another `{asked}` here than is recorded"),
        false => format!("the program asks for `{asked}` here, and `{recorded}` is recorded"),
    }
}

/// The others frame what a process did.
fn is_the_programs(kind: EventType) -> bool {
    !kind.ends_run()
        && !matches!(
            kind,
            EventType::RunStarted | EventType::RunResumed | EventType::RunSuspended | EventType::JournalCut
        )
}

/// Whether a value is what was recorded. Where a secret was replaced in the record nothing can be said.
pub fn same(value: &Json, recorded: &Json) -> bool {
    fn hides(value: &Json) -> bool {
        match value {
            Json::String(text) => text.contains("[secret "),
            Json::Array(items) => items.iter().any(hides),
            Json::Object(map) => map.iter().any(|(key, member)| key.contains("[secret ") || hides(member)),
            _ => false,
        }
    }
    digest(value) == digest(recorded) || hides(recorded)
}
