//! The audit of real runs by the real program: what is the same when it is executed again, what is noticed when the
//! record is changed, and what proves it to others.

mod because;
mod export;
#[path = "../support/json_schema.rs"]
mod json_schema;
mod keys;
mod project;
#[path = "../support/pty.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod pty;
mod replay;
#[path = "../support/sandbox.rs"]
mod sandbox;
mod tamper;
