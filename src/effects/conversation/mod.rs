//! A person at the terminal talks with an AI: its answers appear as they come in, and the person accepts one or says what
//! should be otherwise.
//!
//! This is the person's side: what they are shown and what they say. Who answers, what is recorded, and whether an answer
//! is good is decided elsewhere.

mod screen;
mod turn;

pub use screen::Screen;

use crate::effects::permission::{Permission, Wish};
use crate::interpreter::{Exchange, Offer, Word};
use crate::ui::terminal::Ended;
use serde_json::Value as Json;

/// What a conversation is about.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// Who answers: the agent's name, or the provider's.
    pub who: String,
    /// What the agent is told about itself.
    pub system: Option<String>,
    pub prompt: String,
    /// What was sent along, by name.
    pub data: Vec<(String, Json)>,
    /// The names of the context files that were sent along.
    pub context: Vec<String>,
    /// The answer is a value of this type; absent for a text.
    pub type_name: Option<String>,
}

/// What the person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Word(Word),
    /// To go on another time.
    Later,
    /// To end it without an answer.
    Quit,
}

/// Whoever listens and replies: a person at the terminal, or one that a test plays.
pub trait Partner: Send {
    /// An answer is asked for; this was said before. Called once before each answer that is not on record.
    fn begins(&mut self, turn: i64, before: &[Exchange]);
    /// All that has come in of it.
    fn hears(&mut self, text: &str);
    /// Nothing came of this try; why, and when the next one is, in words.
    fn waits(&mut self, why: &str);
    /// It is there, or there is none.
    fn ends(&mut self, text: Option<&str>);
    /// Shows an answer that cannot be accepted, after which nothing more can be said.
    fn shows(&mut self, offer: &Offer<'_>);
    /// The agent uses a tool meanwhile, which is this in a line. What it has said so far was not its answer.
    fn does(&mut self, what: &str);
    /// The agent wants to do something of which no rule speaks. `stop` ends the wait for the person's word.
    fn permits(&mut self, wish: &Wish<'_>, stop: &(dyn Fn() -> bool + Sync)) -> Result<Permission, Ended>;
    /// Puts an answer before the person. `stop` ends the wait for their word.
    fn asks(&mut self, offer: &Offer<'_>, stop: &(dyn Fn() -> bool + Sync)) -> Result<Said, Ended>;
}
