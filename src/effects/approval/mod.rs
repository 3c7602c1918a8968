//! Gates: people decide, and each decision is a record, typed at the controlling terminal or signed.
//!
//! What holds at level `terminal`: the question is put to `/dev/tty`, so nothing piped into the process answers it;
//! what was typed before a question was shown is forgotten; an approval takes `yes` in full and a word that is chosen
//! at random and shown only then; evidence is escaped and complete, and its end was shown before it could be approved;
//! a person whom the rules exclude is refused by name. What does not hold: a program that opens a pseudo-terminal can
//! read the word and type it, and whoever sits at the terminal can claim to be somebody else. Both are said to the
//! person and recorded; a gate that must resist them asks for a key.
//!
//! What holds at the levels above: the record is signed by a key that `wflow.toml` lists for the person, when the run was
//! started and today; a changed record, another gate, other evidence, a second use are refused, each by name. What does
//! not hold: who can use a person's key decides in their name; `touch` asks for the person at the key.
//!
//! Nothing here records or decides the fate of the run: the engine does, by the [`Outcome`].

mod admit;
mod ballot;
pub mod challenge;
mod editor;
mod evidence;
mod identity;
mod inbox;
mod proof;
mod record;
mod seat;
mod signature;
mod signing;
mod sitting;
mod turn;
mod value;

pub use admit::{Desk, admit, how_to_reach, may};
pub use ballot::{Ballot, takes_value};
pub use evidence::lines as evidence_lines;
pub use identity::os_user;
pub use inbox::Inbox;
pub use proof::{Proven, judge, judge_recorded, prove, signed_parts};
pub use record::{Decision, Digests, Verdict, evidence_digest, fresh, value_digest};
pub use signature::{NAMESPACE, PublicKey, Signature, Touch};
pub use signing::sign;
pub use sitting::{Outcome, Preset, Sitting, Waiting, decide, prepare, wanted};
