//! Decisions that were signed. Whether a signature is good is not for the journal to know: whoever audits brings a
//! [`Judge`]; without one nobody can tell, and no verdict is `OK`.

use super::event::Event;
use super::run_dir::RunDir;
use serde_json::{Map, Value};

/// A decision of a level above `terminal`, with all that it is about. Large parts stand in their places.
pub struct SignedDecision<'a> {
    pub dir: &'a RunDir,
    /// The data of `run.started`: people and keys are in the configuration that it names.
    pub started: &'a Map<String, Value>,
    /// The data of the `gate.opened` that it answers.
    pub opened: &'a Map<String, Value>,
    /// The `gate.decided`, and its data.
    pub event: &'a Event,
    pub decided: &'a Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    Valid,
    /// It was not signed so by the person whom it names.
    Forged(String),
    /// It cannot be told here, and why.
    Unknown(String),
}

pub type Judge<'a> = dyn Fn(&SignedDecision<'_>) -> Judgement + 'a;
