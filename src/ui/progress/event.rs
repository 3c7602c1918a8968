//! What can be reported, and its forms as a line and as JSON.

use crate::ui::{escape, time};
use serde_json::{Value as Json, json};

/// Something that happened. `path` is where in the run: what lies below the path of a step belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    StepStarted {
        path: String,
        name: String,
        title: Option<String>,
    },
    StepEnded {
        path: String,
        name: String,
        how: How,
        millis: Option<i64>,
    },
    /// Something slow begins: a command, a question, a timer. `text` says what, in a few words.
    Started {
        path: String,
        text: String,
    },
    /// The last line of what it prints.
    Output {
        path: String,
        line: String,
    },
    Ended {
        path: String,
    },
    /// Waits before another try.
    Retry {
        path: String,
        attempt: u32,
        of: u32,
        delay_ms: i64,
        why: String,
    },
    Said {
        text: String,
    },
    GateOpened {
        path: String,
        gate: String,
        question: String,
    },
    /// `how` in a few words: `approved by alice`.
    GateEnded {
        path: String,
        gate: String,
        how: String,
    },
    UndoStarted {
        path: String,
        step: String,
    },
    UndoEnded {
        path: String,
        step: String,
        failure: Option<String>,
    },
    /// Something about the run itself: it goes on from a record, a file has changed.
    Note {
        text: String,
    },
    /// A person is asked at the terminal: nothing is drawn until it is free again.
    TerminalTaken,
    TerminalFree,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq)]
pub enum How {
    Done,
    /// Answered from the record of an earlier process.
    Replayed,
    Failed(String),
    /// Waits outside this process.
    Suspended,
    /// Interrupted, or a branch beside it failed first.
    Stopped,
}

impl How {
    pub fn word(&self) -> &'static str {
        match self {
            How::Done => "ok",
            How::Replayed => "done before",
            How::Failed(_) => "failed",
            How::Suspended => "waits",
            How::Stopped => "stopped",
        }
    }
}

impl Event {
    /// For places without a terminal; empty for what is worth no line there.
    pub fn plain_lines(&self) -> Vec<String> {
        let one = |text: String| vec![escape::line(&text)];
        match self {
            Event::StepStarted { name, .. } => one(format!("step {name}: started")),
            Event::StepEnded { name, how, millis, .. } => {
                let took = millis.map(|m| format!(" {}", time::duration(m))).unwrap_or_default();
                let why = if let How::Failed(why) = how { format!(": {why}") } else { String::new() };
                one(format!("step {name}: {}{took}{why}", how.word()))
            }
            Event::Retry { attempt, of, delay_ms, why, .. } => {
                one(format!("try {attempt} of {of} in {}: {why}", time::duration(*delay_ms)))
            }
            Event::Said { text } => escape::block(text),
            Event::GateOpened { gate, question, .. } => one(format!("gate {gate}: {question}")),
            Event::GateEnded { gate, how, .. } => one(format!("gate {gate}: {how}")),
            Event::UndoStarted { step, .. } => one(format!("undo {step}: started")),
            Event::UndoEnded { step, failure: None, .. } => one(format!("undo {step}: ok")),
            Event::UndoEnded { step, failure: Some(why), .. } => one(format!("undo {step}: failed: {why}")),
            Event::Note { text } => one(text.clone()),
            _ => Vec::new(),
        }
    }

    /// For programs; names as in the journal. What a command prints is in the journal only.
    pub fn to_json(&self) -> Option<Json> {
        Some(match self {
            Event::StepStarted { path, name, title } => {
                json!({"type": "step.started", "path": path, "name": name, "title": title})
            }
            Event::StepEnded { path, name, how, millis } => {
                let why = if let How::Failed(why) = how { Some(why) } else { None };
                let kind = if why.is_some() { "step.failed" } else { "step.completed" };
                let kind = if matches!(how, How::Suspended | How::Stopped) { "step.stopped" } else { kind };
                json!({"type": kind, "path": path, "name": name, "how": how.word(), "why": why, "millis": millis})
            }
            Event::Started { path, text } => json!({"type": "effect.started", "path": path, "text": text}),
            Event::Ended { path } => json!({"type": "effect.ended", "path": path}),
            Event::Output { .. } | Event::TerminalTaken | Event::TerminalFree => return None,
            Event::Retry { path, attempt, of, delay_ms, why } => {
                json!({"type": "retry", "path": path, "attempt": attempt, "of": of, "delay_ms": delay_ms, "why": why})
            }
            Event::Said { text } => json!({"type": "said", "text": text}),
            Event::GateOpened { path, gate, question } => {
                json!({"type": "gate.opened", "path": path, "gate": gate, "question": question})
            }
            Event::GateEnded { path, gate, how } => {
                json!({"type": "gate.ended", "path": path, "gate": gate, "how": how})
            }
            Event::UndoStarted { path, step } => json!({"type": "undo.started", "path": path, "step": step}),
            Event::UndoEnded { path, step, failure } => {
                json!({"type": "undo.completed", "path": path, "step": step, "failure": failure})
            }
            Event::Note { text } => json!({"type": "note", "text": text}),
        })
    }
}
