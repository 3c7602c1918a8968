//! The world of a run that is executed again: it does nothing and answers from the record alone.

use super::gate;
use super::recorded::{Earlier, Recorded, same};
use crate::diagnostics::Failure;
use crate::effects::ai;
use crate::effects::ai::context::Context;
use crate::engine::failure_json;
use crate::engine::world::requests;
use crate::interpreter::{
    Answer, AskReply, AskRequest, At, Conversation, GateReply, GateRequest, Mode, Offer, RunReply,
    RunRequest, Stop, Validator, Word, World,
};
use crate::journal::{EventType, StepState};
use crate::policy::Config;
use serde_json::Value as Json;
use std::sync::Arc;

pub struct Again<'a> {
    pub recorded: Recorded<'a>,
    pub config: &'a Config,
    pub mode: Mode,
}

/// The record speaks of the step that is taken back.
fn step_of(at: &At) -> &str {
    at.path.strip_suffix("/undo").unwrap_or(&at.path)
}

impl Again<'_> {
    /// An event that a process writes unless an earlier one did.
    fn once(&self, at: &At, path: &str, kind: EventType, before: bool, what: &str) -> Answer<Option<Json>> {
        match self.recorded.next(path, kind) {
            Some(event) => Ok(Some(Json::Object(event.data))),
            None if before => Ok(None),
            None => self.recorded.ends(at, what),
        }
    }

    /// How far taking the step back came in an earlier process.
    fn undo_of(&self, at: &At) -> Option<StepState> {
        let step = self.recorded.step(step_of(at))?;
        matches!(step.state, StepState::Undoing | StepState::Undone).then_some(step.state)
    }

    fn context(&self, at: &At, request: &AskRequest) -> Answer<Context> {
        match request.agent.as_ref().map(|a| a.context.as_slice()).unwrap_or_default() {
            [] => Ok(Context::default()),
            files => {
                let before = requests::before(at, "context");
                let value = self.recorded.fact(&before, "context", &requests::context(files))?;
                Ok(Context::from_json(&value))
            }
        }
    }

    fn asked(&self, at: &At, request: &AskRequest, context: &Context) -> Answer<AskReply> {
        let full = requests::ask(request, &self.config.ai, context);
        let reply = self.recorded.effect(at, "ask", &full.canonical());
        self.recorded.pass_waits(at);
        self.recorded.pass_calls(at);
        reply.map(|r| requests::ask_reply(&r))
    }

    /// A text or value that the event must hold.
    fn holds(&self, at: &At, data: &Json, name: &str, value: &Json) -> Answer<()> {
        let Some(map) = data.as_object() else { return Ok(()) };
        let recorded = self.recorded.part(map, name)?;
        if !same(value, &recorded) {
            let shown = |v: &Json| crate::ui::json::compact(v);
            let why =
                format!("the program has the {name} {}, and {} is recorded", shown(value), shown(&recorded));
            return self.recorded.differs(at, None, why);
        }
        Ok(())
    }
}

/// A conversation again.
struct Talk<'a> {
    again: &'a Again<'a>,
    context: Context,
}

impl Conversation for Talk<'_> {
    fn answer(&mut self, at: &At, request: &AskRequest) -> Answer<AskReply> {
        self.again.asked(at, request, &self.context)
    }

    fn reply(&mut self, at: &At, offer: &Offer<'_>) -> Answer<Word> {
        self.again.recorded.effect(at, "reply", &requests::reply(offer)).map(|r| requests::word_of(&r))
    }
}

impl World for Again<'_> {
    fn mode(&self) -> Mode {
        self.mode
    }

    /// The record says how far each branch came.
    fn first_failure_ends_others(&self) -> bool {
        false
    }

    fn run(&self, at: &At, request: &RunRequest) -> Answer<RunReply> {
        self.recorded.effect(at, "run", &requests::run(request)).map(|r| requests::run_reply(&r))
    }

    fn ask(&self, at: &At, request: &AskRequest) -> Answer<AskReply> {
        if self.mode == Mode::Pure {
            return Ok(AskReply::Unavailable(ai::pure()));
        }
        let context = self.context(at, request)?;
        self.asked(at, request, &context)
    }

    fn converse(&self, at: &At, request: &AskRequest) -> Answer<Option<Box<dyn Conversation + '_>>> {
        if self.mode == Mode::Pure {
            return Ok(None);
        }
        Ok(Some(Box::new(Talk { again: self, context: self.context(at, request)? })))
    }

    fn forgiven(&self, at: &At, leniencies: &[String]) -> Answer<()> {
        let beside = requests::before(at, "read");
        let recorded = self.recorded.fact(&beside, "leniency", &Json::Null)?;
        match same(&Json::from(leniencies), &recorded) {
            true => Ok(()),
            false => self.recorded.differs(at, None, "the answer is read in another way than is recorded"),
        }
    }

    fn gate(&self, at: &At, request: &GateRequest, check: Validator<'_>) -> Answer<GateReply> {
        gate::gate(&self.recorded, at, request, check)
    }

    fn read(&self, at: &At, path: &str) -> Answer<String> {
        let value = self.recorded.fact(at, "read", &requests::path(path))?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    fn write(&self, at: &At, path: &str, text: &str) -> Answer<()> {
        self.recorded.effect(at, "write", &requests::write(path, text)).map(drop)
    }

    fn glob(&self, at: &At, pattern: &str) -> Answer<Vec<String>> {
        let value = self.recorded.fact(at, "glob", &requests::glob(pattern))?;
        let names = value.as_array().into_iter().flatten();
        Ok(names.filter_map(|v| v.as_str().map(str::to_owned)).collect())
    }

    fn exists(&self, at: &At, path: &str) -> Answer<bool> {
        Ok(self.recorded.fact(at, "exists", &requests::path(path))?.as_bool().unwrap_or(false))
    }

    fn now(&self, at: &At) -> Answer<i64> {
        Ok(self.recorded.fact(at, "now", &Json::Null)?.as_i64().unwrap_or(0))
    }

    fn uuid(&self, at: &At) -> Answer<String> {
        Ok(self.recorded.fact(at, "uuid", &Json::Null)?.as_str().unwrap_or_default().to_owned())
    }

    fn env(&self, at: &At, name: &str) -> Answer<Option<String>> {
        Ok(self.recorded.fact(at, "env", &requests::name(name))?.as_str().map(str::to_owned))
    }

    fn secret(&self, at: &At, name: &str) -> Answer<()> {
        self.recorded.fact(at, "secret", &requests::name(name)).map(drop)
    }

    fn wait(&self, at: &At, millis: i64) -> Answer<()> {
        requests::can_wait(at, millis)?;
        self.recorded.fact(at, "wait", &requests::wait(millis)).map(drop)
    }

    fn say(&self, at: &At, text: &str) -> Answer<()> {
        let before = matches!(self.recorded.earlier(at, "said", "")?, Earlier::Answer(_));
        let said = self.once(at, &at.path, EventType::Said, before, "this `say`")?;
        said.map_or(Ok(()), |data| self.holds(at, &data, "text", &Json::from(text)))
    }

    fn vouch(&self, at: &At, because: &str, value: &Json) -> Answer<()> {
        self.recorded.fact(at, "vouch", &requests::vouch(because, value)).map(drop)
    }

    fn enter(&self, at: &At, names: &[Arc<str>]) -> Answer<()> {
        // Only where a policy spoke of the task was anything recorded.
        if !self.recorded.has(&at.path) {
            return Ok(());
        }
        let about = requests::name(names.first().map_or("", |name| name));
        self.recorded.fact(at, "call", &about).map(drop)
    }

    fn watches_calls(&self) -> bool {
        true
    }

    fn is_role(&self, name: &str) -> bool {
        self.config.people.knows(name)
    }

    fn roles(&self) -> Vec<String> {
        self.config.people.names().map(str::to_owned).collect()
    }

    fn step_started(&self, at: &At, _: &str, title: Option<&str>) -> Answer<()> {
        let before = self.recorded.step(&at.path).is_some();
        let begun = self.once(at, &at.path, EventType::StepStarted, before, "this step")?;
        begun.map_or(Ok(()), |data| self.holds(at, &data, "title", &title.map_or(Json::Null, Json::from)))
    }

    fn step_completed(&self, at: &At, _: &str, value: &Json) -> Answer<()> {
        let before = self.recorded.step(&at.path).is_some_and(|step| step.completed);
        let done = self.once(at, &at.path, EventType::StepCompleted, before, "the end of this step")?;
        done.map_or(Ok(()), |data| self.holds(at, &data, "value", value))
    }

    fn step_failed(&self, _: &At, _: &str, _: &Stop) {}

    fn undo_started(&self, at: &At, _: &str, _: bool) -> Answer<()> {
        self.recorded.undoing(&at.path, true);
        let before = self.undo_of(at).is_some();
        self.once(at, step_of(at), EventType::UndoStarted, before, "taking this step back").map(drop)
    }

    fn undo_completed(&self, at: &At, _: &str, failure: Option<&Failure>) -> Answer<()> {
        let before = self.undo_of(at) == Some(StepState::Undone);
        let what = "the end of taking this step back";
        let done = self.once(at, step_of(at), EventType::UndoCompleted, before, what)?;
        self.recorded.undoing(&at.path, false);
        let Some(data) = done else { return Ok(()) };
        let message = |json: &Json| json.get("message").cloned().unwrap_or_default();
        let recorded = data.get("failure").map(message).unwrap_or_default();
        let made = failure.map(|f| message(&failure_json::to_json(f))).unwrap_or_default();
        match same(&made, &recorded) {
            true => Ok(()),
            false => {
                self.recorded.differs(at, None, "taking the step back ends in another way than is recorded")
            }
        }
    }

    fn backoff(&self, at: &At, attempt: u32, of: u32, _: Option<i64>, _: &Failure) -> Answer<()> {
        self.recorded
            .fact(&requests::before(at, "backoff"), "backoff", &requests::backoff(attempt, of))
            .map(drop)
    }
}
