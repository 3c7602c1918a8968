//! Gates: people decide, at the controlling terminal, and each decision is a record.
//!
//! What holds at level `terminal`: the question is put to `/dev/tty`, so nothing piped into the process answers it;
//! what was typed before a question was shown is forgotten; an approval takes `yes` in full and a word that is chosen
//! at random and shown only then; evidence is escaped and complete, and its end was shown before it could be approved;
//! a person whom the rules exclude is refused by name. What does not hold: a program that opens a pseudo-terminal can
//! read the word and type it, and whoever sits at the terminal can claim to be somebody else. Both are said to the
//! person and recorded; a gate that must resist them asks for a key.
//!
//! Nothing here records or decides the fate of the run: the engine does, by the [`Outcome`].

pub mod challenge;
mod editor;
mod evidence;
mod identity;
mod record;
mod seat;
mod sitting;
mod turn;
mod value;

pub use identity::os_user;
pub use record::{Decision, Digests, Verdict, evidence_digest};
pub use sitting::{Outcome, Preset, Sitting, Waiting, decide};
