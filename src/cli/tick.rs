//! `wflow tick`: goes on with every run whose time has come although no process waits for it. For cron or a timer; two
//! at once do no harm, since a run has one owner.

use super::args::{Format, TickArgs};
use super::exit::Exit;
use super::interrupt;
use super::report::Trouble;
use super::resume::project;
use super::runs::print;
use crate::diagnostics::Failure;
use crate::diagnostics::codes::journal;
use crate::engine::{Finished, Options, Outcome};
use crate::interpreter::Suspension;
use crate::journal::{RunId, RunState, Timestamp, summary};
use crate::ui::escape;
use serde_json::{Value as Json, json};

/// What became of one run.
struct Went {
    run: RunId,
    workflow: String,
    end: Result<Finished, Failure>,
}

pub fn tick(args: &TickArgs) -> Result<Exit, Trouble> {
    let (root, runs) = project();
    let progress = Options::default().progress;
    let interrupt = interrupt::token(&progress);
    let mut all = Vec::new();
    for run in runs.list()? {
        if interrupt.is_cancelled() {
            break;
        }
        let dir = runs.open(&run);
        // A run that cannot be read is `wflow runs`' to tell.
        let Ok(found) = summary(&dir) else { continue };
        if found.state != RunState::Suspended || !is_due(found.until, runs.store().now()) {
            continue;
        }
        let options = Options {
            detach: true,
            interrupt: interrupt.clone(),
            progress: progress.clone(),
            ..Options::default()
        };
        let end = crate::engine::resume(&root, &runs, &dir, &options);
        // Another process was quicker and has brought it to its end, between our look and our taking it up.
        if end.is_err() && summary(&dir).is_ok_and(|now| now.state.is_over()) {
            continue;
        }
        let went = Went { run, workflow: found.workflow, end };
        if args.format == Format::Text {
            print(&format!("{}\n", went.line()));
        }
        all.push(went);
    }
    if args.format == Format::Json {
        let runs: Vec<Json> = all.iter().map(Went::to_json).collect();
        print(&format!("{}\n", json!({ "runs": runs })));
    }
    Ok(match (interrupt.is_cancelled(), all.iter().any(Went::is_trouble)) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Failed,
        (false, false) => Exit::Completed,
    })
}

fn is_due(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_some_and(|until| until <= now)
}

impl Went {
    /// Another process was quicker: it is in good hands.
    fn is_busy(&self) -> bool {
        self.end.as_ref().is_err_and(|f| f.code == journal::E1507)
    }

    fn is_trouble(&self) -> bool {
        match &self.end {
            Ok(finished) => matches!(finished.outcome, Outcome::Failed(_) | Outcome::InDoubt(_)),
            Err(_) => !self.is_busy(),
        }
    }

    fn line(&self) -> String {
        let what = match &self.end {
            Err(_) if self.is_busy() => "another process works on it".to_owned(),
            Err(failure) => format!("cannot go on: {failure}"),
            Ok(finished) => match &finished.outcome {
                Outcome::Suspended(Suspension::Gate { gate, .. }) => format!("suspended at gate {gate}"),
                Outcome::Suspended(Suspension::Until { at, .. }) => format!("suspended until {at}"),
                Outcome::Suspended(Suspension::Conversation { .. }) => "suspended in a conversation".into(),
                Outcome::Failed(f) | Outcome::Rejected(f) | Outcome::InDoubt(f) => {
                    format!("{}: {f}", finished.outcome.name().replace('_', " "))
                }
                other => other.name().to_owned(),
            },
        };
        escape::line(&format!("{} {}: {what}", self.run.short(), self.workflow)).to_string()
    }

    fn to_json(&self) -> Json {
        let (outcome, problem) = match &self.end {
            Err(failure) if self.is_busy() => ("busy", Some(failure)),
            Err(failure) => ("not_resumed", Some(failure)),
            Ok(finished) => {
                let failure = match &finished.outcome {
                    Outcome::Failed(f) | Outcome::Rejected(f) | Outcome::InDoubt(f) => Some(f),
                    _ => None,
                };
                (finished.outcome.name(), failure)
            }
        };
        let (gate, until) = match self.end.as_ref().map(|f| &f.outcome) {
            Ok(Outcome::Suspended(Suspension::Gate { gate, .. })) => (Some(gate), None),
            Ok(Outcome::Suspended(Suspension::Until { at, .. })) => (None, Some(at)),
            _ => (None, None),
        };
        json!({
            "run": self.run.as_str(),
            "short": self.run.short(),
            "workflow": self.workflow,
            "outcome": outcome,
            "gate": gate,
            "until": until,
            "problem": problem.map(|f| json!({ "code": f.code.id(), "message": f.message })),
        })
    }
}

/// JSON Schema (draft 2020-12) of `wflow tick --format json`.
pub fn schema() -> Json {
    let properties = json!({
        "run": { "type": "string", "description": "the run's id" },
        "short": { "type": "string" },
        "workflow": { "type": "string" },
        "outcome": {
            "description": "what it came to; `busy`: another process works on it; `not_resumed`: it could not be taken up",
            "enum": ["completed", "failed", "rejected", "in_doubt", "suspended", "cancelled", "interrupted", "busy", "not_resumed"],
        },
        "gate": { "type": ["string", "null"], "description": "the gate at which it waits again" },
        "until": { "type": ["string", "null"], "format": "date-time", "description": "the time for which it waits again" },
        "problem": {
            "type": ["object", "null"],
            "required": ["code", "message"],
            "properties": { "code": { "type": "string" }, "message": { "type": "string" } },
            "additionalProperties": false,
        },
    });
    let required: Vec<&String> = properties.as_object().into_iter().flat_map(|p| p.keys()).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wflow tick --format json",
        "type": "object",
        "required": ["runs"],
        "properties": {
            "runs": {
                "type": "array",
                "description": "each run whose time had come",
                "items": { "type": "object", "required": required, "properties": properties, "additionalProperties": false },
            },
        },
        "additionalProperties": false,
    })
}
