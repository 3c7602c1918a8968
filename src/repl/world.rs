//! A world that only listens: what a program says is heard, and every effect is refused with the way to have it.

use crate::diagnostics::codes::usage;
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::*;
use serde_json::Value as Json;
use std::sync::{Arc, Mutex, PoisonError};

pub struct Quiet<'a> {
    /// None: the project has no `wflow.toml`, and any name will do.
    approvers: Option<&'a [Arc<str>]>,
    said: Mutex<Vec<String>>,
}

impl<'a> Quiet<'a> {
    pub fn new(approvers: Option<&'a [Arc<str>]>) -> Quiet<'a> {
        Quiet { approvers, said: Mutex::new(Vec::new()) }
    }

    pub fn said(&self) -> Vec<String> {
        // A poisoned list is whole all the same: it only ever grows.
        std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn refused<T>(at: &At, what: &str) -> Answer<T> {
    let message = format!("the repl only computes; `{what}` reaches outside");
    Err(Failure::new(ErrorKind::Configuration, usage::E1713, message)
        .at(at.span)
        .label("not here")
        .help("put it into a workflow and start that: `wflow run FILE`")
        .help("or into a `test` block, where `given` answers it: `wflow test FILE`")
        .into())
}

impl World for Quiet<'_> {
    fn mode(&self) -> Mode {
        Mode::Ai
    }
    fn run(&self, at: &At, _: &RunRequest) -> Answer<RunReply> {
        refused(at, "run")
    }
    fn ask(&self, at: &At, _: &AskRequest) -> Answer<AskReply> {
        refused(at, "ask")
    }
    fn gate(&self, at: &At, _: &GateRequest, _: Validator<'_>) -> Answer<GateReply> {
        refused(at, "gate")
    }
    fn read(&self, at: &At, _: &str) -> Answer<String> {
        refused(at, "read")
    }
    fn write(&self, at: &At, _: &str, _: &str) -> Answer<()> {
        refused(at, "write")
    }
    fn glob(&self, at: &At, _: &str) -> Answer<Vec<String>> {
        refused(at, "glob")
    }
    fn exists(&self, at: &At, _: &str) -> Answer<bool> {
        refused(at, "exists")
    }
    fn now(&self, at: &At) -> Answer<i64> {
        refused(at, "now")
    }
    fn uuid(&self, at: &At) -> Answer<String> {
        refused(at, "uuid")
    }
    fn env(&self, at: &At, _: &str) -> Answer<Option<String>> {
        refused(at, "env")
    }
    fn secret(&self, at: &At, _: &str) -> Answer<()> {
        refused(at, "secret")
    }
    fn wait(&self, at: &At, _: i64) -> Answer<()> {
        refused(at, "wait")
    }
    fn say(&self, _: &At, text: &str) -> Answer<()> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
        Ok(())
    }
    fn vouch(&self, _: &At, _: &str, _: &Json) -> Answer<()> {
        Ok(())
    }
    fn is_role(&self, name: &str) -> bool {
        self.approvers.is_none_or(|all| all.iter().any(|known| **known == *name))
    }
    fn roles(&self) -> Vec<String> {
        self.approvers.into_iter().flatten().map(ToString::to_string).collect()
    }
    fn step_started(&self, _: &At, _: &str, _: Option<&str>) -> Answer<()> {
        Ok(())
    }
    fn step_completed(&self, _: &At, _: &str, _: &Json) -> Answer<()> {
        Ok(())
    }
    fn step_failed(&self, _: &At, _: &str, _: &Stop) {}
    fn undo_started(&self, _: &At, _: &str, _: bool) -> Answer<()> {
        Ok(())
    }
    fn undo_completed(&self, _: &At, _: &str, _: Option<&Failure>) -> Answer<()> {
        Ok(())
    }
    fn backoff(&self, _: &At, _: u32, _: u32, _: Option<i64>, _: &Failure) -> Answer<()> {
        Ok(())
    }
}
