//! A checked program becomes values, asking one [`World`] for every effect. Knows no disk, clock or terminal.
//!
//! - `lower/` turns a program into the nodes of `node/` once ([`Lowered::new`]): names are slots, methods are function
//!   pointers, texts and commands are parts, a change of type is a node.
//! - `eval/` walks them ([`Lowered::run_callable`]). Control flow is data: `break`, `continue`, `return` and a stop
//!   travel as the error of a `Result`. Evaluation has a stack of its own, deep enough for every program that the
//!   checker accepts, and a guard that ends it with an error before it would overflow.
//! - Evaluation is deterministic: the same program with the same answers asks the same questions under the same paths
//!   (see `eval/path.rs`), whatever threads did in between. That is what replay rests on.

mod eval;
mod known;
mod lower;
mod lowered;
mod node;
mod pure;
mod world;

pub use eval::{Root, labels};
pub use known::{Known, Locals, Scope, with_known};
pub use lowered::{ArgumentProblem, Given, Lowered};
pub use pure::PureWorld;
pub use world::*;
