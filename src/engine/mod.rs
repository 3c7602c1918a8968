//! A run's life: start, suspend, resume, end. The engine is the interpreter's `World`: every effect is looked up among
//! what is recorded, decided by the policy, made durable as an intent, handed to its handler, and recorded.
//!
//! Promises: a run does exactly what its file says, in that order, or stops and says why; nothing leaves the engine
//! before what led to it is on disk. Refuses: effects that a policy does not allow, records that do not belong to the
//! request, a second owner.

mod changes;
mod commands;
mod doubt;
mod effect;
mod failure_json;
mod gate;
mod options;
mod outcome;
mod people;
mod record;
mod reexecute;
mod resume;
mod session;
mod start;
mod stored;
mod today;
mod world;

pub use commands::{Commands, Processes};
pub use failure_json::{from_json as failure_from_json, to_json as failure_to_json};
pub use gate::{HandedIn, OpenGate, Said, Waiting, hand_in, open_gates, today, waiting_gates};
pub use options::{Options, ProviderChoice};
pub use outcome::{Finished, Outcome};
pub use people::{AtTerminal, Doubt, People, Testimony};
pub use reexecute::{Difference, Reexecution, reexecute};
pub use resume::{file_policy, resume};
pub use session::{Done, Undo};
pub use start::{Start, start};
