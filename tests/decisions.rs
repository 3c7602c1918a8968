//! Decisions on gates that wait outside any process: signed with real keys by the real ssh-keygen, handed in to runs of
//! the real program by several people and processes, refused by name, expired, escalated.

#[path = "decisions/asking.rs"]
mod asking;
#[path = "support/json_schema.rs"]
mod json_schema;
#[path = "decisions/listing.rs"]
mod listing;
#[path = "support/pty.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod pty;
#[path = "decisions/refusals.rs"]
mod refusals;
#[path = "support/sandbox.rs"]
mod sandbox;
#[path = "decisions/security_keys.rs"]
mod security_keys;
#[path = "decisions/signed.rs"]
mod signed;
#[path = "decisions/team.rs"]
mod team;
#[path = "decisions/time.rs"]
mod time;
#[path = "decisions/values.rs"]
mod values;
