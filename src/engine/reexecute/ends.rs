//! How a process's part ended, and how its execution did.

use super::Difference;
use super::recorded::{Found, same};
use crate::diagnostics::Failure;
use crate::diagnostics::codes::{gate, run};
use crate::engine::failure_json;
use crate::interpreter::{Stop, Suspension};
use crate::journal::{Event, EventType, RunDir};
use crate::ui::json::compact;
use serde_json::Value as Json;

/// `end` is what the process recorded last, if it came to an end of its own.
pub fn differences(
    dir: &RunDir,
    end: Option<&Event>,
    result: Result<Json, Stop>,
    found: Found,
) -> Result<Vec<Difference>, Failure> {
    let Found { mut differences, unanswered, unused } = found;
    // What follows from a first difference says nothing more.
    if !differences.is_empty() {
        return Ok(differences);
    }
    if let Some(end) = end {
        differences.extend(other_end(dir, end, &result, &unanswered)?);
    }
    differences.extend(unused.into_iter().map(|event| Difference {
        line: Some(event.seq),
        why: format!("the journal holds `{}`, which the program does not do", event.kind.name()),
        path: event.path,
    }));
    Ok(differences)
}

fn other_end(
    dir: &RunDir,
    end: &Event,
    result: &Result<Json, Stop>,
    unanswered: &[(String, String)],
) -> Result<Vec<Difference>, Failure> {
    let part = |name: &str| -> Result<Json, Failure> {
        let mut value = end.data.get(name).cloned().unwrap_or_default();
        dir.blobs().inline(&mut value)?;
        Ok(value)
    };
    let here = |why: String| Ok(vec![Difference { line: Some(end.seq), path: String::new(), why }]);
    match (end.kind, result) {
        (EventType::RunCompleted, Ok(value)) => {
            let recorded = part("value")?;
            match same(value, &recorded) {
                true => Ok(Vec::new()),
                false => here(format!(
                    "the program gives {}, and {} is recorded",
                    compact(value),
                    compact(&recorded)
                )),
            }
        }
        (EventType::RunFailed | EventType::RunRejected, Err(Stop::Failed(failure))) => {
            let recorded = part("failure")?;
            let made = failure_json::to_json(failure);
            let differs = ["kind", "code", "message", "gate"].iter().any(|key| {
                let of = |json: &Json| json.get(key).cloned().unwrap_or_default();
                !same(&of(&made), &of(&recorded))
            });
            let message =
                |json: &Json| json.get("message").and_then(Json::as_str).unwrap_or_default().to_owned();
            match differs {
                false => Ok(Vec::new()),
                true => here(format!(
                    "the program fails with `{}`, and `{}` is recorded",
                    message(&made),
                    message(&recorded)
                )),
            }
        }
        // A person gave it up, and what was done was taken back.
        (EventType::RunCancelled, Err(Stop::GivenUp(_))) => Ok(Vec::new()),
        (EventType::RunSuspended, result) => match (end.text("gate"), end.text("reason"), result) {
            (Some(gate), _, Err(Stop::Suspended(Suspension::Gate { gate: at, .. }))) if gate == at => {
                Ok(Vec::new())
            }
            // Whoever pressed Ctrl-C did so anywhere.
            (None, Some("interrupted"), _) => Ok(Vec::new()),
            (None, _, Err(_)) => Ok(Vec::new()),
            _ => here(format!("a suspended run is recorded, and {}", told(result))),
        },
        // Why no secret was there, or nobody could decide, stands outside of the record.
        (EventType::RunFailed, Err(Stop::Cancelled | Stop::Suspended(_))) if is_unrecorded(end) => {
            Ok(Vec::new())
        }
        (_, Err(Stop::Cancelled)) if !unanswered.is_empty() => Ok(unanswered
            .iter()
            .map(|(path, what)| Difference {
                line: None,
                path: path.clone(),
                why: format!("the program goes on with {what}, and the journal does not hold it"),
            })
            .collect()),
        (kind, result) => here(format!("`{}` is recorded, and {}", kind.name(), told(result))),
    }
}

fn is_unrecorded(end: &Event) -> bool {
    let code = end.data.get("failure").and_then(|f| f.get("code")).and_then(Json::as_str);
    [run::E1113, gate::E1201].iter().any(|known| Some(known.id()) == code)
}

fn told(result: &Result<Json, Stop>) -> String {
    match result {
        Ok(_) => String::from("the program completes"),
        Err(Stop::Failed(failure)) => format!("the program fails: {}", failure.message),
        Err(Stop::Suspended(Suspension::Gate { gate, .. })) => format!("the program waits at gate {gate}"),
        Err(Stop::Suspended(Suspension::Until { at, .. })) => format!("the program waits until {at}"),
        Err(Stop::Suspended(Suspension::Conversation { .. })) => {
            String::from("the program waits in a conversation")
        }
        Err(_) => String::from("the program goes on"),
    }
}
