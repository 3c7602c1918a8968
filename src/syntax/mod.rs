//! Text becomes a typed tree, by `grammar/wflow.pest`. No pest type leaves this folder.
//!
//! 1. `scan`: one linear pass over the text finds the comments and bounds the nesting, so that neither the parser nor
//!    any pass over the tree can run out of stack.
//! 2. `parser`: the grammar is tried on the whole file by `quick`, which `build.rs` compiles from it and which keeps no
//!    account of what could have stood where; a good file is done. Only where it refuses a text does pest read that
//!    again, to say where it stopped making sense and what was expected.
//! 3. `recover`: a file with mistakes is cut into items and statements, each tried by itself, so that one run reports
//!    every independent mistake and the good parts still have trees.
//! 4. `build`: the matches (`tree`) become the syntax tree: precedence, escapes, words of commands, reserved words.

pub mod ast;
mod build;
mod cases;
mod cut;
mod foreign;
mod forms;
mod misplaced;
mod mistakes;
mod nesting;
mod parser;
mod print;
mod quick;
mod recover;
mod scan;
mod signatures;
mod stack;
mod tree;
mod unclosed;
mod unfinished;
mod words;

pub use parser::{
    Entry, Parsed, parse, parse_approvers, parse_command_pattern, parse_entry, parse_expr, parse_type,
};
pub use print::{print, print_expr, print_item, print_pattern, print_type};
pub use scan::{MAX_CHAIN, MAX_NESTING};
pub use words::{CLAUSE_WORDS, RESERVED, is_reserved};
