//! What people are shown at a gate and thereby approve, as one digest.

use super::canonical::{TooDeep, digest};
use serde_json::{Value, json};

/// All of it: question, evidence in order, criteria, the value to be edited, and the form of the answer.
pub struct Shown<'a> {
    pub gate: &'a str,
    pub question: &'a str,
    /// Pairs of name and value.
    pub evidence: &'a Value,
    pub require: &'a Value,
    /// Null where there is none.
    pub edit: &'a Value,
    /// Null where none is asked for.
    pub form: &'a Value,
}

impl Shown<'_> {
    pub fn to_json(&self) -> Value {
        json!({
            "gate": self.gate,
            "question": self.question,
            "show": self.evidence,
            "require": self.require,
            "edit": self.edit,
            "schema": self.form,
        })
    }

    pub fn digest(&self) -> Result<String, TooDeep> {
        digest(&self.to_json())
    }
}
