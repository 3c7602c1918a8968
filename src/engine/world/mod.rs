//! The engine as the interpreter's `World`: one file a family of effects.

mod command;
mod conversation;
mod facts;
mod files;
mod question;
pub(super) mod requests;
mod steps;
mod tools;

use super::session::Session;
use crate::diagnostics::Failure;
use crate::interpreter::{
    Answer, AskReply, AskRequest, At, Conversation, GateReply, GateRequest, Mode, RunReply, RunRequest, Stop,
    Validator, World,
};
use serde_json::Value as Json;
use std::sync::Arc;

impl World for Session {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn run(&self, at: &At, request: &RunRequest) -> Answer<RunReply> {
        self.unless_broken(command::run(self, at, request))
    }

    fn ask(&self, at: &At, request: &AskRequest) -> Answer<AskReply> {
        self.unless_broken(question::ask(self, at, request))
    }

    fn converse(&self, at: &At, request: &AskRequest) -> Answer<Option<Box<dyn Conversation + '_>>> {
        self.unless_broken(conversation::begin(self, at, request))
    }

    fn forgiven(&self, at: &At, leniencies: &[String]) -> Answer<()> {
        question::forgiven(self, at, leniencies)
    }

    fn gate(&self, at: &At, request: &GateRequest, check: Validator<'_>) -> Answer<GateReply> {
        self.unless_broken(crate::engine::gate::gate(self, at, request, check))
    }

    fn read(&self, at: &At, path: &str) -> Answer<String> {
        self.unless_broken(files::read(self, at, path))
    }

    fn write(&self, at: &At, path: &str, text: &str) -> Answer<()> {
        self.unless_broken(files::write(self, at, path, text))
    }

    fn glob(&self, at: &At, pattern: &str) -> Answer<Vec<String>> {
        self.unless_broken(files::glob(self, at, pattern))
    }

    fn exists(&self, at: &At, path: &str) -> Answer<bool> {
        self.unless_broken(files::exists(self, at, path))
    }

    fn now(&self, at: &At) -> Answer<i64> {
        self.unless_broken(facts::now(self, at))
    }

    fn uuid(&self, at: &At) -> Answer<String> {
        self.unless_broken(facts::uuid(self, at))
    }

    fn env(&self, at: &At, name: &str) -> Answer<Option<String>> {
        self.unless_broken(facts::env(self, at, name))
    }

    fn secret(&self, at: &At, name: &str) -> Answer<()> {
        self.unless_broken(facts::secret(self, at, name))
    }

    fn wait(&self, at: &At, millis: i64) -> Answer<()> {
        self.unless_broken(facts::wait(self, at, millis))
    }

    fn say(&self, at: &At, text: &str) -> Answer<()> {
        self.unless_broken(steps::say(self, at, text))
    }

    fn vouch(&self, at: &At, because: &str, value: &Json) -> Answer<()> {
        self.unless_broken(facts::vouch(self, at, because, value))
    }

    fn is_role(&self, name: &str) -> bool {
        self.config.people.knows(name)
    }

    fn roles(&self) -> Vec<String> {
        self.config.people.names().map(str::to_owned).collect()
    }

    fn step_started(&self, at: &At, name: &str, title: Option<&str>) -> Answer<()> {
        self.unless_broken(steps::started(self, at, name, title))
    }

    fn step_completed(&self, at: &At, name: &str, value: &Json) -> Answer<()> {
        self.unless_broken(steps::completed(self, at, name, value))
    }

    fn step_failed(&self, at: &At, name: &str, stop: &Stop) {
        steps::failed(self, at, name, stop);
    }

    fn undo_started(&self, at: &At, step: &str, ends_run: bool) -> Answer<()> {
        self.unless_broken(steps::undo_started(self, at, step, ends_run))
    }

    fn undo_completed(&self, at: &At, step: &str, failure: Option<&Failure>) -> Answer<()> {
        self.unless_broken(steps::undo_completed(self, at, step, failure))
    }

    fn enter(&self, at: &At, names: &[Arc<str>]) -> Answer<()> {
        self.unless_broken(facts::enter(self, at, names))
    }

    fn watches_calls(&self) -> bool {
        self.speaks_of_calls
    }

    fn is_on_record(&self, path: &str) -> bool {
        self.record.is_ahead(path)
    }

    fn branch_ended(&self, path: &str) {
        self.record.branch_ended(path);
    }

    fn backoff(&self, at: &At, attempt: u32, of: u32, delay_ms: Option<i64>, why: &Failure) -> Answer<()> {
        self.unless_broken(facts::backoff(self, at, attempt, of, delay_ms, why))
    }
}
