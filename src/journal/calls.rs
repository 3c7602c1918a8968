//! The tool calls of agents in a run's record. They are their question's own affair: the program asks for none of them
//! again, so no replay answers them. What a resumed run needs to know is which there were, and how they ended.

use super::event::{Event, EventType};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Stands between the path of a question and the number of a call in it.
const MARK: &str = ":tool#";

/// The path of a question's call.
pub fn call_path(question: &str, number: u64) -> String {
    format!("{question}{MARK}{number}")
}

/// The path of the question that a call belongs to.
pub fn question_of(path: &str) -> Option<&str> {
    path.rfind(MARK).map(|at| &path[..at])
}

#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub path: String,
    pub number: u64,
    /// Of its intent.
    pub seq: u64,
    pub request: Value,
    /// It was not refused.
    pub allowed: bool,
    /// It may have changed something.
    pub changes: bool,
    pub ended: bool,
}

/// All of a run, by path.
#[derive(Debug, Default)]
pub(super) struct Calls(BTreeMap<String, Call>);

impl Calls {
    /// Whether the event is of a call, and was taken in.
    pub fn take(&mut self, event: &mut Event) -> bool {
        let Some(question) = question_of(&event.path) else { return false };
        match event.kind {
            EventType::EffectIntended => {
                let number = event.path[question.len() + MARK.len()..].parse().unwrap_or(0);
                let data: &mut Map<String, Value> = &mut event.data;
                let call = Call {
                    path: event.path.clone(),
                    number,
                    seq: event.seq,
                    request: data.remove("request").unwrap_or_default(),
                    allowed: data.contains_key("allowed"),
                    changes: data.get("repeatable") != Some(&Value::Bool(true)),
                    ended: false,
                };
                self.0.insert(event.path.clone(), call);
                true
            }
            EventType::EffectCompleted | EventType::EffectFailed => {
                if let Some(call) = self.0.get_mut(&event.path) {
                    call.ended = true;
                }
                true
            }
            _ => false,
        }
    }

    /// Those of one question, in order.
    pub fn of(&self, question: &str) -> Vec<&Call> {
        let first = format!("{question}{MARK}");
        let all = self.0.range(first.clone()..).take_while(|(path, _)| path.starts_with(&first));
        let mut calls: Vec<&Call> = all.map(|(_, call)| call).collect();
        calls.sort_by_key(|call| call.seq);
        calls
    }
}
