//! Values and JSON: out by what the value is, in against a type.
//!
//! Records are objects, variants are `"Low"` or `{"High": {"why": "…"}}`, `none` is null, durations, sizes and times
//! are texts, an Int beyond 2^53 is text because most readers of JSON would round it. What goes out comes back as the
//! same value. Nesting beyond [`MAX_DEPTH`] is refused in both directions, so that every reader can read it.

mod decode;
mod encode;

pub use decode::{Decoder, Mode};
pub use encode::{TooDeep, describe, encode};

use super::Value;
use crate::diagnostics::{ErrorKind, Failure, codes::runtime};
use crate::types::PredicateId;
use std::fmt;

/// How deeply arrays and objects may nest; a little below what common JSON readers take.
pub const MAX_DEPTH: usize = 100;

/// The largest whole number that every reader of JSON keeps exactly.
pub const MAX_EXACT_INT: i64 = 1 << 53;

/// One thing that is wrong with data, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// `$` is the whole, `$.highlights[2]` a part.
    pub path: String,
    /// A sentence without a full stop.
    pub message: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// What checking a value against a type asks of whoever holds the checked program and the project.
pub trait Predicates {
    /// Whether the predicate of a refinement holds; evaluating it may itself fail.
    fn holds(&self, predicate: PredicateId, value: &Value) -> Result<bool, Box<Failure>>;
    /// Whether `wflow.toml` names such a person or role.
    fn is_role(&self, name: &str) -> bool;
}

/// Text to JSON; bounded in depth. The error says what is wrong in which line and column.
pub fn parse(text: &str) -> Result<serde_json::Value, Box<Failure>> {
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(text);
    match parsed {
        Ok(json) if depth(&json) > MAX_DEPTH => Err(too_deep()),
        Ok(json) => Ok(json),
        // The reader's own bound on recursion lies a little beyond ours and is the only one of its errors that says so.
        Err(error) if error.to_string().starts_with("recursion limit exceeded") => Err(too_deep()),
        Err(error) => {
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or(&what);
            Err(Box::new(Failure::new(
                ErrorKind::Verification,
                runtime::E1005,
                match text.trim().is_empty() {
                    true => String::from("empty where JSON is expected"),
                    false => {
                        format!(
                            "not valid JSON: {} in line {}, column {}",
                            in_words(what),
                            error.line(),
                            error.column()
                        )
                    }
                },
            )))
        }
    }
}

/// The reader's words for what goes wrong where people may not know them.
fn in_words(what: &str) -> &str {
    match what {
        "expected ident" | "expected value" => "no value stands",
        "trailing comma" => "a comma with nothing after it stands",
        "trailing characters" => "something follows the value",
        "key must be a string" => "a key without quotes stands",
        what if what.starts_with("EOF") => "it ends too early",
        what => what,
    }
}

/// The failure for data that nests too deeply.
pub fn too_deep() -> Box<Failure> {
    Box::new(Failure::new(
        ErrorKind::Verification,
        runtime::E1012,
        format!("the data nests more than {MAX_DEPTH} levels deep, which JSON may not"),
    ))
}

/// Recursion is fine: whoever reads JSON here has bounded it.
pub(in crate::value) fn depth(json: &serde_json::Value) -> usize {
    match json {
        serde_json::Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        serde_json::Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// One failure for all that is wrong with some data. `what` names it: "the output of `gh`".
pub fn mismatch_failure(what: &str, mismatches: &[Mismatch]) -> Failure {
    let failure = Failure::new(ErrorKind::Verification, runtime::E1006, String::new());
    match mismatches {
        [one] => {
            let message = match one.path.as_str() {
                "$" => format!("{what} does not fit: {}", one.message),
                path => format!("{what} does not fit at `{path}`: {}", one.message),
            };
            Failure { message, ..failure }
        }
        many => Failure {
            message: format!("{what} does not fit its type in {} places", many.len()),
            notes: many.iter().map(Mismatch::to_string).collect(),
            ..failure
        },
    }
}
