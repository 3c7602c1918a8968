//! Answers of an AI, behind one [`Provider`] trait.
//!
//! A provider gives the text of one answer or says why there is none. Parsing, validation and further tries belong to
//! the interpreter. In this version the person at the terminal ([`human`]) and recorded answers ([`cassette`]) answer.

pub mod cassette;
pub mod human;
mod nearest;
mod provider;
pub mod scripted;

pub use provider::{
    Capabilities, Control, Message, Options, Provider, ProviderReply, ProviderRequest, Role, Unanswered,
    answer,
};

use cassette::{Record, Redact, Replay};
use human::Human;

use crate::diagnostics::codes::ask::{E1306, E1309, E1310};
use crate::diagnostics::{ErrorKind, Failure, did_you_mean};
use std::path::Path;
use std::sync::Arc;

/// Names that `[ai] provider` may have in this version.
pub const PROVIDERS: [&str; 2] = ["human", "replay"];

/// Names that have a meaning, but no provider yet.
const LATER: [&str; 5] = ["anthropic", "openai", "gemini", "claude", "acp"];

/// Who answers, with the cassettes that the command line names.
pub fn open(
    name: &str,
    replay: Option<&Path>,
    record: Option<&Path>,
    redact: Redact,
) -> Result<Arc<dyn Provider>, Failure> {
    known(name)?;
    let inner: Arc<dyn Provider> = match (replay, name) {
        (Some(file), _) => Arc::new(Replay::open(file, redact.clone())?),
        (None, "replay") => {
            let message = "the provider `replay` needs a cassette";
            return Err(
                Failure::new(ErrorKind::Configuration, E1306, message).help("name it with `--replay FILE`")
            );
        }
        (None, _) => Arc::new(Human),
    };
    match record {
        Some(file) => Ok(Arc::new(Record::open(file, inner, redact)?)),
        None => Ok(inner),
    }
}

/// Why nobody is asked in mode `pure`.
pub fn pure() -> Failure {
    Failure::new(
        ErrorKind::Configuration,
        E1310,
        "no AI is asked in mode `pure`, and this `ask` has no `otherwise`",
    )
    .help("give it an `otherwise`, or run with `--mode ai`")
}

/// Whether a provider with this name can be had.
pub fn known(name: &str) -> Result<(), Failure> {
    if PROVIDERS.contains(&name) {
        return Ok(());
    }
    if LATER.contains(&name) {
        let message = format!("the provider `{name}` is not part of this version of wflow");
        return Err(Failure::new(ErrorKind::Configuration, E1309, message)
            .help("use `human` (you answer at the terminal) or `replay` (answers from a cassette)"));
    }
    let message = format!("there is no provider `{name}`");
    let failure = Failure::new(ErrorKind::Configuration, E1309, message);
    Err(match did_you_mean(name, PROVIDERS) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("providers are `human` and `replay`"),
    })
}
