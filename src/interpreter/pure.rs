//! A world in which nothing can happen: for constants, refinements, defaults, settings.

use super::world::*;
use crate::diagnostics::{ErrorKind, Failure, codes::runtime};
use serde_json::Value as Json;

/// Knows the roles of the project; every effect is refused, though the checker lets none come this far.
pub struct PureWorld<'a> {
    pub roles: &'a (dyn Fn(&str) -> bool + Sync),
}

/// What it means that an evaluation without effects was stopped.
pub(super) fn ended() -> Failure {
    Failure::new(ErrorKind::Bug, runtime::E1022, "pure evaluation was stopped")
}

fn refused<T>() -> Answer<T> {
    Err(Failure::new(ErrorKind::Bug, runtime::E1022, "an effect was met where only values are computed")
        .into())
}

impl World for PureWorld<'_> {
    fn mode(&self) -> Mode {
        Mode::Pure
    }
    fn run(&self, _: &At, _: &RunRequest) -> Answer<RunReply> {
        refused()
    }
    fn ask(&self, _: &At, _: &AskRequest) -> Answer<AskReply> {
        refused()
    }
    fn gate(&self, _: &At, _: &GateRequest, _: Validator<'_>) -> Answer<GateReply> {
        refused()
    }
    fn read(&self, _: &At, _: &str) -> Answer<String> {
        refused()
    }
    fn write(&self, _: &At, _: &str, _: &str) -> Answer<()> {
        refused()
    }
    fn glob(&self, _: &At, _: &str) -> Answer<Vec<String>> {
        refused()
    }
    fn exists(&self, _: &At, _: &str) -> Answer<bool> {
        refused()
    }
    fn now(&self, _: &At) -> Answer<i64> {
        refused()
    }
    fn uuid(&self, _: &At) -> Answer<String> {
        refused()
    }
    fn env(&self, _: &At, _: &str) -> Answer<Option<String>> {
        refused()
    }
    fn secret(&self, _: &At, _: &str) -> Answer<()> {
        refused()
    }
    fn wait(&self, _: &At, _: i64) -> Answer<()> {
        refused()
    }
    fn say(&self, _: &At, _: &str) -> Answer<()> {
        refused()
    }
    fn vouch(&self, _: &At, _: &str, _: &Json) -> Answer<()> {
        refused()
    }
    fn is_role(&self, name: &str) -> bool {
        (self.roles)(name)
    }
    fn roles(&self) -> Vec<String> {
        Vec::new()
    }
    fn step_started(&self, _: &At, _: &str, _: Option<&str>) -> Answer<()> {
        refused()
    }
    fn step_completed(&self, _: &At, _: &str, _: &Json) -> Answer<()> {
        refused()
    }
    fn step_failed(&self, _: &At, _: &str, _: &Stop) {}
    fn undo_started(&self, _: &At, _: &str, _: bool) -> Answer<()> {
        refused()
    }
    fn undo_completed(&self, _: &At, _: &str, _: Option<&Failure>) -> Answer<()> {
        refused()
    }
    fn backoff(&self, _: &At, _: u32, _: u32, _: Option<i64>, _: &Failure) -> Answer<()> {
        refused()
    }
}
