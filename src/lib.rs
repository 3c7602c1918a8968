//! wflow: a typed language and an engine for work that people and AIs do together under rules that nobody can skip.
//!
//! Data flows one way; a module imports only from those above it in this list, and a test enforces that.

// pest without its `std` feature asks for it by name.
extern crate alloc;

pub mod source;

pub mod diagnostics;

pub mod syntax;

pub mod types;

pub mod policy;

pub mod check;

pub mod value;

pub mod interpreter;

pub mod journal;

pub mod effects;

pub mod ui;

pub mod plan;

pub mod engine;

pub mod repl;

pub mod testing;

pub mod cli;
