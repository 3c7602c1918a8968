//! In doubt: a crash came between an intent and its outcome. A person says what happened; nothing is silently repeated
//! or skipped.

use super::effect::Intent;
use super::session::Session;
use crate::diagnostics::codes::journal;
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::{At, Stop};
use crate::ui::dialog::Dialog;
use crate::ui::progress::Event;
use crate::ui::terminal::{Ended, Wait};
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
        if self.detach {
            return Err(unknown().into());
        }
        self.progress.event(Event::TerminalTaken);
        let stop = || self.interrupt.is_cancelled();
        let answer = ask(&what, self.giving_up.is_some(), &stop);
        self.progress.event(Event::TerminalFree);
        match answer {
            Ok(Answer::Ran) if intent.kind == "run" => {
                Ok(Settled::Ran(json!({ "exit": 0, "stdout": "", "stderr": "", "duration_ms": 0 })))
            }
            Ok(Answer::Ran) => Ok(Settled::Ran(Json::Null)),
            Ok(Answer::Again(words)) => Ok(Settled::Again(words)),
            Ok(Answer::Stop) => Err(unknown().into()),
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
        None => format!("this `{}`", intent.kind),
    }
}

enum Answer {
    Ran,
    Again(&'static str),
    Stop,
}

/// What the person says of it. Where the run is given up, nothing runs again.
fn ask(what: &str, giving_up: bool, stop: &dyn Fn() -> bool) -> Result<Answer, Ended> {
    let mut dialog = Dialog::open(Wait { until: None, stop: Some(stop) })?;
    dialog.heading("in doubt");
    dialog.say(&format!("The engine ended while {what} was under way. Nobody knows whether it happened."));
    if giving_up {
        dialog.say("  ran          it did happen");
        dialog.say("  did not run  it did not happen");
    } else {
        dialog.say("  ran          it did happen: go on after it, with exit code 0 and no output");
        dialog.say("  did not run  it did not happen: run it now");
        dialog.say("  run again    run it once more, whether it happened or not");
    }
    dialog.say("  stop         leave the run as it is");
    loop {
        match dialog.ask("What is it? ")?.trim().to_lowercase().as_str() {
            "ran" => return Ok(Answer::Ran),
            "did not run" => return Ok(Answer::Again("did not run")),
            "run again" if !giving_up => return Ok(Answer::Again("run again")),
            "stop" => return Ok(Answer::Stop),
            _ if giving_up => dialog.say("Please type one of: ran, did not run, stop."),
            _ => dialog.say("Please type one of: ran, did not run, run again, stop."),
        }
    }
}
