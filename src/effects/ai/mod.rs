//! Answers of an AI, behind one [`Provider`] trait.
//!
//! A provider gives the text of one answer or says why there is none. Parsing, validation and further tries because of
//! a wrong answer belong to the interpreter; tries because a server is busy are made here ([`retry`]). [`Providers`]
//! knows who answers which question of a run.

pub mod budget;
pub mod cassette;
pub mod claude;
pub mod context;
pub mod human;
pub mod keys;
mod nearest;
pub mod prices;
mod provider;
mod providers;
pub mod remote;
pub mod retry;
pub mod scripted;
pub mod tools;
pub mod usage;

pub use provider::{
    Capabilities, Control, Heard, Message, Offered, Options, Provider, ProviderReply, ProviderRequest, Role,
    Unanswered, answer,
};
pub use providers::{Choice, Providers, Settings, probe};
pub use remote::Probe;

use crate::diagnostics::codes::ask::{E1309, E1310};
use crate::diagnostics::{ErrorKind, Failure, did_you_mean};
use crate::policy::Provider as ProviderName;

/// Why nobody is asked in mode `pure`.
pub fn pure() -> Failure {
    Failure::new(
        ErrorKind::Configuration,
        E1310,
        "no AI is asked in mode `pure`, and this `ask` has no `otherwise`",
    )
    .help("give it an `otherwise`, or run with `--mode ai`")
}

/// The provider of this name.
pub fn known(name: &str) -> Result<ProviderName, Failure> {
    ProviderName::from_name(name).ok_or_else(|| {
        let message = format!("there is no provider `{}`", crate::ui::escape::line(name));
        let failure = Failure::new(ErrorKind::Configuration, E1309, message);
        let names = || ProviderName::ALL.iter().map(|p| p.name());
        match did_you_mean(name, names()) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => {
                let list: Vec<String> = names().map(|n| format!("`{n}`")).collect();
                failure.help(format!("providers are {}", list.join(", ")))
            }
        }
    })
}
