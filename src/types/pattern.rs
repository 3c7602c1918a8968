//! Regular expressions of a program. The checker, the schema and the lowered program need the same few, and compiling
//! one costs more than checking a screen of code, so each is compiled once a thread.

use regex::Regex;
use std::cell::RefCell;
use std::collections::HashMap;

/// A program with more has its patterns compiled anew; it is large enough for that not to matter.
const KEPT: usize = 64;

/// The compiled pattern; a clone shares what was compiled.
pub fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(regex) = known.get(pattern) {
            return Ok(regex.clone());
        }
        let regex = Regex::new(pattern)?;
        if known.len() == KEPT {
            known.clear();
        }
        known.insert(pattern.to_owned(), regex.clone());
        Ok(regex)
    })
}
