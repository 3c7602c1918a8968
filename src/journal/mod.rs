//! Events ↔ disk: one journal per run is its state, its checkpoint and its audit trail.
//!
//! Promise: what was committed is on disk, in order, chained and free of secrets, or the run stops and says why.
//! What a crash leaves can always be read; what was changed is always noticed.
//!
//! - [`Runs`] and [`RunDir`]: where runs live. [`Writer`]: the owner's end. [`Journal`] and [`Reader`]: reading back.
//! - [`Replay`]: what a resumed run needs. [`summary`]: a line for lists; [`Index`]: of very many runs. [`verify_run`],
//!   [`verify_ledger`]: audits. [`Checkpoint`], [`Note`]: what proves to others that the record only grew.
//! - [`Redactor`]: knows the secrets. [`Blobs`]: large content. [`Ledger`]: the chain over all runs.
//! - [`Store`] is the only way to disk, clock and processes.
//!
//! What each event holds stands in [`schema::fields`]. The life of a run, as its owner writes it:
//!
//! 1. `Runs::create`, `Writer::create`, `run.started` committed, `Ledger::run_started` with its digest.
//! 2. For each effect: `effect.intended` appended and **committed**, the effect, `effect.completed` or `effect.failed`
//!    appended. It need not be committed before pure code goes on, but before anything leaves the engine; the commit
//!    of the next intent does both. The request's [`digest()`] and the path are what a replay matches.
//! 3. Gates: `gate.opened` committed before it is shown; one `gate.decided` a person, with the digest of the opening,
//!    committed before anything relies on it. A protected effect names its gates in `after`, and the paths of the
//!    approved ones in `guards`.
//! 4. A process ends with `run.suspended` or an end (`run.completed`, `run.failed`, `run.rejected`, `run.cancelled`),
//!    committed; an end is entered with `Ledger::run_ended`. Only after `run.failed` may `run.resumed` follow.
//! 5. `Writer::open` takes a run over; its first event is `run.resumed` (after `journal.cut`, if there was a torn
//!    tail). `Ledger::ensure_started` makes up for a crash between 1's two writes.
//!
//! Give results to [`Redactor::value`] before the program sees them, so that a replay computes from the same values.

pub mod base64;
mod blobs;
mod calls;
mod canonical;
mod checkpoint;
mod dsse;
mod errors;
mod event;
mod index;
mod judge;
mod ledger;
mod lock;
mod merkle;
mod note;
mod pairing;
mod pairing_gates;
mod prefix;
mod read;
mod redact;
mod render;
mod replay;
mod run_dir;
pub mod schema;
mod shown;
mod store;
mod summary;
mod time;
mod verify;
mod verify_ledger;
mod writer;

pub use blobs::{BlobRef, Blobs, INLINE_LIMIT};
pub use calls::{Call, call_path, question_of};
pub use canonical::{MAX_DEPTH, TooDeep, canonical, digest, digest_of};
pub use checkpoint::{Checkpoint, Since, verify_checkpoints};
pub use dsse::Envelope;
pub use errors::io_failure;
pub use event::{Event, EventType, LineDigest, bytes_from_json, bytes_to_json};
pub use index::Index;
pub use judge::{Judge, Judgement, SignedDecision};
pub use ledger::{Entered, Ledger, LedgerContent, LedgerEntry};
pub use lock::owner;
pub use merkle::{Hash, Tree};
pub use note::{Note, NoteError, NoteSignature, SigningKey, VerifyingKey};
pub use prefix::Prefix;
pub use read::{Journal, ReadError, Reader, SCHEMA_VERSION, TornTail};
pub use redact::{Redactor, SHORTEST_SECRET};
pub use replay::{Decision, GateRecord, Outcome, Recorded, Replay, Standing, StepRecord, StepState};
pub(crate) use replay::{beside, branches};
pub use run_dir::{RunDir, RunId, Runs};
pub use shown::Shown;
pub use store::{DiskStore, Process, ReadFile, Store, StoreFile, append_all, read_all};
pub use summary::{RunState, Summary, summary};
pub use time::Timestamp;
pub use verify::{Report, Verdict, verify_run, verify_run_with};
pub use verify_ledger::{Finding, LedgerReport, verify_ledger};
pub use writer::Writer;
