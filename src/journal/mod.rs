//! Events ↔ disk: one journal per run is its state, its checkpoint and its audit trail.
//!
//! Promise: what was committed is on disk, in order, chained and free of secrets, or the run stops and says why.
//! What a crash leaves can always be read; what was changed is always noticed.
//!
//! - [`Runs`] and [`RunDir`]: where runs live. [`Writer`]: the owner's end. [`Journal`] and [`Reader`]: reading back.
//! - [`Store`] is the only way to disk and clock.

mod base64;
mod blobs;
mod canonical;
mod errors;
mod event;
mod lock;
mod read;
mod redact;
mod render;
mod run_dir;
mod store;
mod time;
mod writer;

pub use blobs::{BlobRef, Blobs, INLINE_LIMIT};
pub use canonical::{MAX_DEPTH, TooDeep, canonical, digest, digest_of};
pub use event::{Event, EventType, LineDigest, bytes_from_json, bytes_to_json};
pub use lock::owner;
pub use read::{Journal, ReadError, Reader, SCHEMA_VERSION, TornTail};
pub use redact::{Redactor, SHORTEST_SECRET};
pub use run_dir::{RunDir, RunId, Runs};
pub use store::{DiskStore, ReadFile, Store, StoreFile};
pub use time::Timestamp;
pub use writer::Writer;
