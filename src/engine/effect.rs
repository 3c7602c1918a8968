//! The one way that every effect goes: look up, decide, intend, act, record.

use super::record::Earlier;
use super::session::Session;
use crate::diagnostics::Failure;
use crate::interpreter::{Answer, At, Stop};
use serde_json::Value as Json;

/// What an effect asks for, in the form that is recorded and compared on replay.
pub struct Intent<'a> {
    /// `run`, `ask`, `write`, `wait`.
    pub kind: &'static str,
    pub request: &'a Json,
    /// Gates that had to be approved first, and were.
    pub after: Vec<String>,
    /// May be started again when nobody knows whether it happened.
    pub repeatable: bool,
}

impl Session {
    /// The recorded outcome, or a fresh one.
    ///
    /// `decide` says whether it may happen at all, and after which gates; it is asked on fresh effects only. `act` makes
    /// it happen and gives its result in the form that is recorded.
    pub fn effect(
        &self,
        at: &At,
        kind: &'static str,
        request: &Json,
        decide: impl FnOnce() -> Result<(Vec<String>, bool), Failure>,
        act: impl FnOnce() -> Result<Json, Stop>,
    ) -> Answer<Json> {
        self.check_alive(at)?;
        let digest = self.record.digest(request);
        let again = match self.record.earlier(&at.path, kind, &digest).map_err(|f| f.at(at.span))? {
            Earlier::Completed(result) => return Ok(result),
            Earlier::Failed(failure) => return Err(failure.at(at.span).into()),
            Earlier::InDoubt => true,
            Earlier::Nothing => false,
        };
        let (after, repeatable) = match decide() {
            Ok(decision) => decision,
            Err(refusal) => {
                // A refused effect is recorded as one that was tried: auditors ask for those first.
                let refusal = refusal.at(at.span);
                self.record.refused(&at.path, kind, request, &refusal)?;
                return Err(refusal.into());
            }
        };
        let intent = Intent { kind, request, after, repeatable };
        if again && !intent.repeatable {
            match self.settle_doubt(at, &intent)? {
                Settled::Ran(result) => return Ok(result),
                Settled::Again => {}
            }
        }
        self.record.intend(&at.path, &intent, &digest)?;
        match act() {
            Ok(result) => {
                self.record.completed(&at.path, &result)?;
                Ok(result)
            }
            Err(Stop::Failed(failure)) => {
                let failure = failure.at(at.span);
                self.record.failed(&at.path, &failure)?;
                Err(failure.into())
            }
            // Interrupted or cancelled while acting: the handler has ended the command, and that is its outcome.
            Err(other) => {
                self.record.abandoned(&at.path)?;
                Err(other)
            }
        }
    }

    /// A fact of the outside: read once, recorded, answered from the record afterwards.
    pub fn fact(
        &self,
        at: &At,
        kind: &'static str,
        about: &Json,
        look: impl FnOnce() -> Result<Json, Failure>,
    ) -> Answer<Json> {
        self.check_alive(at)?;
        let digest = self.record.digest(about);
        match self.record.earlier(&at.path, kind, &digest).map_err(|f| f.at(at.span))? {
            Earlier::Completed(value) => Ok(value),
            Earlier::Failed(failure) => Err(failure.at(at.span).into()),
            Earlier::InDoubt | Earlier::Nothing => match look() {
                Ok(value) => {
                    self.record.value(&at.path, kind, about, &digest, Ok(&value))?;
                    Ok(value)
                }
                Err(failure) => {
                    let failure = failure.at(at.span);
                    self.record.value(&at.path, kind, about, &digest, Err(&failure))?;
                    Err(failure.into())
                }
            },
        }
    }
}

/// What a person said about an effect that nobody knows the outcome of.
pub enum Settled {
    /// It did happen; this stands for its result.
    Ran(Json),
    /// It did not, or it shall run again.
    Again,
}
