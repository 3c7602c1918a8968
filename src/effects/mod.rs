//! The handlers behind the interpreter's `World`: what really touches the machine, people and models. Each folder
//! knows nothing of the course of a run and records nothing: it answers with values or a
//! [`Failure`](crate::diagnostics::Failure).

pub mod ai;
pub mod approval;
pub mod conversation;
pub mod form;
pub mod machine;
pub mod permission;
pub mod process;
pub mod workspace;
