//! The way to the people of a run: who decides at gates, talks with an AI, and says what became of an effect that is in
//! doubt.
//!
//! [`AtTerminal`] is the only one that the program `wflow` ever uses, and nothing that it reads (command line,
//! environment, files) can choose another: a gate cannot be answered from outside except as `effects/approval` lets it
//! be. The trait is for tests of the engine, which have to play the people; whoever builds a program of their own on
//! the library answers for who decides in it.

use crate::effects::approval::{self, Outcome, Sitting};
use crate::effects::conversation::{About, Partner, Screen};
use crate::effects::permission::{self, Permission, Wish};
use crate::interpreter::Validator;
use crate::ui::dialog::Dialog;
use crate::ui::terminal::{Ended, Wait};

pub trait People: Send + Sync {
    /// Puts a gate before them.
    fn decide(&self, sitting: &Sitting<'_>, check: Validator<'_>) -> Outcome;
    /// Begins a conversation with them. `Gone` where nobody is there. `stop` ends the wait for their attention.
    fn converse(&self, about: About, stop: &(dyn Fn() -> bool + Sync)) -> Result<Box<dyn Partner>, Ended>;
    /// Asks what became of an effect whose outcome nobody saw.
    fn settle(&self, doubt: &Doubt<'_>) -> Result<Testimony, Ended>;
    /// Asks whether an agent may do something of which no rule speaks. `stop` ends the wait for their word.
    fn permit(&self, wish: &Wish<'_>, stop: &(dyn Fn() -> bool + Sync)) -> Result<Permission, Ended>;
}

/// An effect whose outcome nobody saw.
pub struct Doubt<'a> {
    /// What it is, for people.
    pub what: &'a str,
    /// What else is known of it.
    pub known: &'a [String],
    /// Where in the run it stands.
    pub path: &'a str,
    /// The run was given up: nothing runs again.
    pub giving_up: bool,
    /// It is a question to an agent: nobody can say what came of it, only whether it is asked again.
    pub question: bool,
    /// Whether to stop asking.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// What a person says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Testimony {
    /// It did happen.
    Ran,
    DidNotRun,
    /// It shall be done once more, whether it happened or not.
    RunAgain,
    /// They cannot say either.
    Unknown,
}

/// Whoever sits at the controlling terminal of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct AtTerminal;

impl People for AtTerminal {
    fn decide(&self, sitting: &Sitting<'_>, check: Validator<'_>) -> Outcome {
        approval::decide(sitting, check)
    }

    fn converse(&self, about: About, stop: &(dyn Fn() -> bool + Sync)) -> Result<Box<dyn Partner>, Ended> {
        Ok(Box::new(Screen::open(about, stop)?))
    }

    fn permit(&self, wish: &Wish<'_>, stop: &(dyn Fn() -> bool + Sync)) -> Result<Permission, Ended> {
        let mut dialog = Dialog::open(Wait { until: None, stop: Some(stop) })?;
        permission::put(&mut dialog, wish)
    }

    fn settle(&self, doubt: &Doubt<'_>) -> Result<Testimony, Ended> {
        let Doubt { what, giving_up, .. } = *doubt;
        let mut dialog = Dialog::open(Wait { until: None, stop: Some(doubt.stop) })?;
        dialog.heading("in doubt");
        if doubt.question {
            return settle_question(&mut dialog, doubt);
        }
        dialog
            .say(&format!("The engine ended while {what} was under way. Nobody knows whether it happened."));
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
                "ran" => return Ok(Testimony::Ran),
                "did not run" => return Ok(Testimony::DidNotRun),
                "run again" if !giving_up => return Ok(Testimony::RunAgain),
                "stop" => return Ok(Testimony::Unknown),
                _ if giving_up => dialog.say("Please type one of: ran, did not run, stop."),
                _ => dialog.say("Please type one of: ran, did not run, run again, stop."),
            }
        }
    }
}

/// An agent was at work that may have changed something.
fn settle_question(dialog: &mut Dialog<'_>, doubt: &Doubt<'_>) -> Result<Testimony, Ended> {
    dialog.say(&format!("The engine ended while {} was at work. It had been allowed:", doubt.what));
    doubt.known.iter().for_each(|call| dialog.say(&format!("  {call}")));
    dialog.say("Look at what became of it. Asked again, the agent begins anew with what it finds.");
    dialog.say("  ask again    the agent is asked again");
    dialog.say("  stop         leave the run as it is");
    loop {
        match dialog.ask("What is it? ")?.trim().to_lowercase().as_str() {
            "ask again" => return Ok(Testimony::RunAgain),
            "stop" => return Ok(Testimony::Unknown),
            _ => dialog.say("Please type one of: ask again, stop."),
        }
    }
}
