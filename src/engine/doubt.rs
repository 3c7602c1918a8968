//! In doubt: a crash came between an intent and its outcome. A person says what happened; nothing is silently repeated
//! or skipped.

use super::effect::Intent;
use super::people::{Doubt, Testimony};
use super::session::Session;
use crate::diagnostics::codes::journal;
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::{At, Stop};
use crate::ui::progress::Event;
use crate::ui::terminal::Ended;
use serde_json::{Value as Json, json};

/// What a person said about an effect that nobody knows the outcome of.
pub enum Settled {
    /// It did happen; this stands for its result.
    Ran(Json),
    /// It did not, or it shall run again, in the person's words.
    Again(&'static str),
}

impl Session {
    pub fn settle_doubt(&self, at: &At, intent: &Intent<'_>) -> Result<Settled, Stop> {
        let what = describe(intent);
        let unknown = || {
            Failure::new(
                ErrorKind::InDoubt,
                journal::E1518,
                format!("nobody knows whether {what} happened: the engine ended while it was under way"),
            )
            .at(at.span)
            .help("look at the world, then run `wflow resume` at a terminal and say what happened")
        };
        let unknown = || intent.known.iter().fold(unknown(), |failure, known| failure.note(known.clone()));
        if self.detach {
            return Err(unknown().into());
        }
        self.progress.event(Event::TerminalTaken);
        let stop = || self.interrupt.is_cancelled();
        let doubt = Doubt {
            what: &what,
            known: &intent.known,
            path: &at.path,
            giving_up: self.giving_up.is_some(),
            question: intent.kind == "ask",
            stop: &stop,
        };
        let answer = self.people.settle(&doubt);
        self.progress.event(Event::TerminalFree);
        match answer {
            Ok(Testimony::Ran) if intent.kind == "run" => {
                Ok(Settled::Ran(json!({ "exit": 0, "stdout": "", "stderr": "", "duration_ms": 0 })))
            }
            // Nobody can say what an AI would have answered.
            Ok(Testimony::Ran) if intent.kind == "ask" => Err(unknown().into()),
            Ok(Testimony::Ran) => Ok(Settled::Ran(Json::Null)),
            Ok(Testimony::DidNotRun) => Ok(Settled::Again("did not run")),
            Ok(Testimony::RunAgain) => Ok(Settled::Again("run again")),
            Ok(Testimony::Unknown) => Err(unknown().into()),
            Err(Ended::Interrupted) => Err(Stop::Interrupted),
            Err(_) => Err(unknown().into()),
        }
    }
}

fn describe(intent: &Intent<'_>) -> String {
    match intent.request.get("argv").and_then(Json::as_array) {
        Some(argv) => {
            let words = argv.iter().filter_map(Json::as_str);
            format!("the command `{}`", crate::effects::process::command_line(words))
        }
        None if intent.kind == "ask" => String::from("an agent with tools"),
        None => format!("this `{}`", intent.kind),
    }
}
