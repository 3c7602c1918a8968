//! `test` blocks: a workflow run against a scripted world, in which every effect is answered by a `given` or fails
//! the test. Nothing here can start a process, touch a file or ask a person.

mod runner;
mod script;
mod world;

pub use runner::{TestResult, run_tests};
pub use script::{Answered, GateAnswer, Rule, Script, Subject, Trace, Tried};
pub use world::TestWorld;
