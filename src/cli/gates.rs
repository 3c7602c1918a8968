//! `wflow gates`: what waits for whom, over all runs of the project.

use super::args::{Format, GatesArgs};
use super::exit::Exit;
use super::report::Trouble;
use super::runs::{of_project, print, style, width};
use super::screen::Screen;
use crate::effects::approval::Verdict;
use crate::engine::{OpenGate, Said, Waiting, waiting_gates};
use crate::journal::Timestamp;
use crate::policy::Standing;
use crate::ui::style::{Paint, Style};
use crate::ui::table::Table;
use crate::ui::{escape, time};
use serde_json::{Value as Json, json};

pub fn gates(args: &GatesArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let runs = of_project();
    let mut waiting = waiting_gates(&runs)?;
    waiting.gates.retain(|gate| is_wanted(gate, args));
    let now = runs.store().now();
    print(&match args.format {
        Format::Json => format!("{}\n", to_json(&waiting, now)),
        Format::Text => text(&waiting, now, width(), style(screen)),
    });
    Ok(Exit::Completed)
}

fn is_wanted(gate: &OpenGate, args: &GatesArgs) -> bool {
    let role = |role: &str| gate.by.iter().any(|by| by.names().iter().any(|n| **n == *role));
    args.person.as_deref().is_none_or(|p| gate.may_decide().iter().any(|m| m == p))
        && args.role.as_deref().is_none_or(role)
        && args.workflow.as_deref().is_none_or(|w| gate.workflow == w)
}

/// Who may decide; where `wflow.toml` names nobody, anybody may.
fn waits_for(gate: &OpenGate) -> String {
    let may = gate.may_decide();
    match (may.is_empty(), gate.people.people.is_empty()) {
        (false, _) => may.join(", "),
        (true, true) => "anyone".to_owned(),
        (true, false) => "nobody".to_owned(),
    }
}

fn decided(gate: &OpenGate) -> String {
    let one = |s: &Said| {
        let what = if s.verdict == Verdict::Approve { "yes" } else { "no" };
        format!("{} {what}{}", s.person, if s.signed.is_some() { "" } else { " (typed)" })
    };
    gate.said.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn expiry(gate: &OpenGate, now: Timestamp) -> String {
    match gate.expires {
        None => String::new(),
        Some(at) if at <= now => "expired".to_owned(),
        Some(at) => format!("in {}", time::limit(at.0.saturating_sub(now.0))),
    }
}

fn text(waiting: &Waiting, now: Timestamp, width: Option<usize>, style: Style) -> String {
    let mut out = String::new();
    if waiting.gates.is_empty() {
        out.push_str("nothing waits\n");
    } else {
        let mut table =
            Table::new(["run", "gate", "workflow", "question", "waits for", "decided", "since", "expires"]);
        for gate in &waiting.gates {
            table.row([
                gate.run.short().to_owned(),
                gate.request.name.clone(),
                gate.workflow.clone(),
                gate.request.question.clone(),
                waits_for(gate),
                decided(gate),
                time::age(now.0.saturating_sub(gate.opened_at.0)),
                expiry(gate, now),
            ]);
        }
        for (i, line) in table.lines(width).into_iter().enumerate() {
            let line = line.trim_end();
            out.push_str(&if i == 0 { style.paint(Paint::Dim, line) } else { line.to_owned() });
            out.push('\n');
        }
    }
    for (id, failure) in &waiting.unreadable {
        let why = escape::line(&failure.message);
        out.push_str(&format!("\n{0}: {why}\n  `wflow audit verify {0}` tells more\n", id.short()));
    }
    out
}

fn to_json(waiting: &Waiting, now: Timestamp) -> Json {
    let gates: Vec<Json> = waiting.gates.iter().map(|gate| gate_json(gate, now)).collect();
    let problem = |(id, failure): &(crate::journal::RunId, crate::diagnostics::Failure)| json!({ "run": id.as_str(), "code": failure.code.id(), "message": failure.message });
    let unreadable: Vec<Json> = waiting.unreadable.iter().map(problem).collect();
    json!({ "gates": gates, "unreadable": unreadable })
}

/// See [`gate_schema`].
pub(super) fn gate_json(gate: &OpenGate, now: Timestamp) -> Json {
    let missing = match gate.standing() {
        Standing::Open { missing } => missing,
        _ => Vec::new(),
    };
    let said = |s: &Said| {
        json!({
            "person": s.person,
            "decision": s.verdict.name(),
            "assurance": s.level.name(),
            "at": s.at.rfc3339(),
            "comment": s.comment,
            "lasts": s.signed.is_some(),
        })
    };
    json!({
        "run": gate.run.as_str(),
        "short": gate.run.short(),
        "workflow": gate.workflow,
        "gate": gate.request.name,
        "path": gate.path,
        "question": gate.request.question,
        "opened": gate.since,
        "age_ms": now.0.saturating_sub(gate.opened_at.0).max(0),
        "expires": gate.expires.map(Timestamp::rfc3339),
        "expired": gate.expires.is_some_and(|at| at <= now),
        "stage": gate.stage,
        "by": gate.by.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "except": gate.excluded.iter().map(|p| p.to_string()).collect::<Vec<_>>(),
        "may_decide": gate.may_decide(),
        "missing": missing,
        "min_assurance": gate.assurance.name(),
        "decided": gate.said.iter().map(said).collect::<Vec<_>>(),
        "process": gate.owner.flatten(),
    })
}

/// JSON Schema (draft 2020-12) of `wflow gates --format json`.
pub fn schema() -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wflow gates --format json",
        "type": "object",
        "required": ["gates", "unreadable"],
        "properties": {
            "gates": { "type": "array", "items": gate_schema(&json!({})), "description": "of the oldest run first" },
            "unreadable": {
                "type": "array",
                "description": "runs whose journals cannot be read, so that nobody knows whether they wait",
                "items": {
                    "type": "object",
                    "required": ["run", "code", "message"],
                    "properties": {
                        "run": { "type": "string" },
                        "code": { "type": "string" },
                        "message": { "type": "string" },
                    },
                    "additionalProperties": false,
                },
            },
        },
        "additionalProperties": false,
    })
}

/// Of one gate, with further properties.
pub(super) fn gate_schema(more: &Json) -> Json {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let texts = |about: &str| json!({ "type": "array", "items": { "type": "string" }, "description": about });
    let levels = json!({ "enum": ["terminal", "key", "touch", "passkey"] });
    let mut properties = json!({
        "run": text("the run's id"),
        "short": text("its last eight characters; every command takes them for the id"),
        "workflow": text("the workflow's name"),
        "gate": text("the gate's name"),
        "path": text("where in the run; tells gates of one name apart"),
        "question": text("what is asked"),
        "opened": { "type": "string", "format": "date-time", "description": "when it was opened, as decisions name it" },
        "age_ms": { "type": "integer", "minimum": 0, "description": "how long it has been open" },
        "expires": { "type": ["string", "null"], "format": "date-time", "description": "until when; null without a limit" },
        "expired": { "type": "boolean", "description": "its time is over: `wflow tick` goes on" },
        "stage": { "type": "integer", "minimum": 0, "description": "how often it was passed on to others" },
        "by": texts("who must approve; all of them; empty: anyone who may"),
        "except": texts("who started the run and may not decide"),
        "may_decide": texts("people whose decision would count and who have not decided; empty, too, where wflow.toml names nobody"),
        "missing": texts("who is still needed, in the way that is nearest to done"),
        "min_assurance": levels,
        "decided": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["person", "decision", "assurance", "at", "comment", "lasts"],
                "properties": {
                    "person": { "type": "string" },
                    "decision": { "enum": ["approve", "reject"] },
                    "assurance": levels,
                    "at": { "type": "string", "format": "date-time" },
                    "comment": { "type": "string" },
                    "lasts": { "type": "boolean", "description": "signed: it counts beyond its process" },
                },
                "additionalProperties": false,
            },
        },
        "process": { "type": ["integer", "null"], "description": "the process that works on the run, if one does" },
    });
    for (name, form) in more.as_object().into_iter().flatten() {
        properties[name] = form.clone();
    }
    let required: Vec<&String> = properties.as_object().into_iter().flat_map(|p| p.keys()).collect();
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}
