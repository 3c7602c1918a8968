//! `wflow show`: a gate at which a run waits, complete: what is asked, all of the evidence, who decides, and what a
//! decision on it signs.

use super::args::{Format, ShowArgs};
use super::decide::pick;
use super::exit::Exit;
use super::gates::{gate_json, gate_schema};
use super::report::Trouble;
use super::resume::{find, newest_waiting};
use super::runs::{moment, of_project, print};
use crate::effects::approval::{Verdict, evidence_lines, wanted};
use crate::engine::{OpenGate, open_gates};
use crate::journal::RunDir;
use crate::ui::escape;
use serde_json::{Value as Json, json};

pub fn show(args: &ShowArgs) -> Result<Exit, Trouble> {
    let runs = of_project();
    let dir = match args.run.as_str() {
        "last" => newest_waiting(&runs)?,
        id => find(&runs, id)?,
    };
    let gates = chosen(&dir, args.gate.as_deref())?;
    let now = runs.store().now();
    let text = match args.format {
        Format::Json => {
            let gates: Vec<Json> = gates.iter().map(|g| json_of(g, now)).collect();
            format!("{}\n", json!({ "gates": gates }))
        }
        Format::Text => gates.iter().map(page).collect::<Vec<_>>().join("\n"),
    };
    print(&text);
    Ok(Exit::Completed)
}

/// One gate by name or path, or all at which the run waits.
fn chosen(dir: &RunDir, gate: Option<&str>) -> Result<Vec<OpenGate>, Trouble> {
    let all = match gate {
        Some(_) => Vec::new(),
        None => open_gates(dir)?,
    };
    if all.len() > 1 { Ok(all) } else { Ok(vec![pick(dir, gate)?]) }
}

/// Complete, and safe on a terminal.
pub(super) fn page(gate: &OpenGate) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, text: &str| {
        out.push_str(format!("{name:<10} {}", escape::line(text)).trim_end());
        out.push('\n');
    };
    let request = &gate.request;
    fact("gate", &format!("{} of {}", request.name, gate.workflow));
    fact("run", gate.run.as_str());
    fact("question", &request.question);
    fact("decides", &wanted(&gate.demand()));
    for person in &gate.excluded {
        fact("except", &format!("{person}, who started the run"));
    }
    fact("level", gate.assurance.name());
    fact("opened", &moment(gate.opened_at));
    if let Some(at) = gate.expires {
        fact("expires", &moment(at));
    }
    for said in &gate.said {
        let what = if said.verdict == Verdict::Approve { "approved" } else { "rejected" };
        let comment = if said.comment.is_empty() { String::new() } else { format!(": {}", said.comment) };
        let lasts = if said.signed.is_some() { "" } else { " (typed: it counts in its process only)" };
        fact("decided", &format!("{} {what} at {}{lasts}{comment}", said.person, moment(said.at)));
    }
    if let Some(process) = gate.owner {
        fact("process", &process.map_or_else(|| "some process".to_owned(), |pid| pid.to_string()));
    }
    if !request.require.is_empty() {
        out.push_str("\nto be confirmed by whoever approves:\n");
        request.require.iter().for_each(|c| out.push_str(&format!("  - {}\n", escape::line(c))));
    }
    out.push_str("\nevidence:\n");
    let ballot = gate.ballot();
    for line in evidence_lines(request, ballot.value(), 106) {
        out.push_str(format!("  {line}").trim_end());
        out.push('\n');
    }
    if !gate.is_whole() {
        out.push_str("\nwarning: this is not what the gate was opened with: the record was changed\n");
    }
    out.push_str("\na decision signs:\n");
    for (name, text) in [
        ("path", gate.path.as_str()),
        ("opened", &gate.since),
        ("evidence", &gate.digests.evidence),
        ("workflow", &gate.digests.workflow),
        ("policy", &gate.digests.policy),
    ] {
        out.push_str(&format!("  {name:<10} {}\n", escape::line(text)));
    }
    out.push_str(
        "  and who decides, what, when, in which words, on which value, and a number that counts once\n",
    );
    out
}

fn json_of(gate: &OpenGate, now: crate::journal::Timestamp) -> Json {
    let mut out = gate_json(gate, now);
    let request = &gate.request;
    let shown = request.show.iter().map(|(name, value)| json!({ "name": name, "value": value }));
    out["evidence"] = shown.collect();
    out["require"] = json!(request.require);
    out["edit"] = json!(request.edit);
    out["form"] = json!(request.schema);
    out["form_type"] = json!(request.type_name);
    out["value"] = json!(gate.ballot().value());
    out["digests"] = json!({
        "evidence": gate.digests.evidence,
        "workflow": gate.digests.workflow,
        "policy": gate.digests.policy,
    });
    out["whole"] = json!(gate.is_whole());
    out
}

/// JSON Schema (draft 2020-12) of `wflow show --format json`.
pub fn schema() -> Json {
    let digest = json!({ "type": "string" });
    let more = json!({
        "evidence": {
            "type": "array",
            "description": "what is shown, in order",
            "items": {
                "type": "object",
                "required": ["name", "value"],
                "properties": { "name": { "type": "string" }, "value": {} },
                "additionalProperties": false,
            },
        },
        "require": { "type": "array", "items": { "type": "string" }, "description": "criteria that each approver confirms" },
        "edit": { "description": "the value that may be edited, as it was at first; null for none" },
        "form": { "description": "JSON Schema of the value that is edited or answered; null for none" },
        "form_type": { "type": ["string", "null"], "description": "the name of its type" },
        "value": { "description": "the value that an approval is for, with edits so far; null for none" },
        "digests": {
            "type": "object",
            "description": "what a decision signs",
            "required": ["evidence", "workflow", "policy"],
            "properties": { "evidence": digest, "workflow": digest, "policy": digest },
            "additionalProperties": false,
        },
        "whole": { "type": "boolean", "description": "the evidence is what the gate was opened with" },
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wflow show --format json",
        "type": "object",
        "required": ["gates"],
        "properties": { "gates": { "type": "array", "items": gate_schema(&more) } },
        "additionalProperties": false,
    })
}
