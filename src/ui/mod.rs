//! What people see and type: the controlling terminal, escapes, pages, progress, tables, words for times.
//!
//! Nothing here decides anything or knows what a gate, a run or an AI is. Text from outside goes through
//! [`escape`] before it reaches a terminal.

pub mod dialog;
pub mod escape;
pub mod json;
pub mod live;
pub mod markdown;
pub mod pager;
pub mod progress;
mod signals;
pub mod style;
pub mod table;
pub mod terminal;
pub mod time;
