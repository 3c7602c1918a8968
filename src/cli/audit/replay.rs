//! `wflow audit replay`: the stored program again, answered from the journal alone. Says what differs.

use crate::cli::args::Format;
use crate::cli::exit::Exit;
use crate::cli::report::Trouble;
use crate::cli::runs::{named, of_project, print, style};
use crate::cli::screen::Screen;
use crate::engine::{Reexecution, reexecute};
use crate::policy::find_root;
use crate::ui::escape;
use crate::ui::style::Paint;
use serde_json::{Value as Json, json};
use std::path::Path;

/// So many differences are told to a person: the first are what matters.
const TOLD: usize = 12;

pub fn replay(run: &str, format: Format, screen: &Screen) -> Result<Exit, Trouble> {
    let runs = of_project();
    let dir = named(&runs, run)?;
    let (root, _) = find_root(Path::new("."));
    let again = reexecute(&root, &dir)?;
    match format {
        Format::Json => {
            let differences: Vec<Json> = again
                .differences
                .iter()
                .map(|d| json!({ "line": d.line, "path": d.path, "why": d.why }))
                .collect();
            let out = json!({
                "run": dir.id().as_str(),
                "same": again.differences.is_empty(),
                "processes": again.processes,
                "events": again.events,
                "differences": differences,
            });
            print(&format!("{out}\n"));
        }
        Format::Text => print(&told(dir.id().short(), &again, screen)),
    }
    Ok(if again.differences.is_empty() { Exit::Completed } else { Exit::Failed })
}

fn told(run: &str, again: &Reexecution, screen: &Screen) -> String {
    let style = style(screen);
    let plural = |n: u64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let events = plural(again.events, "event", "events");
    let processes = plural(again.processes, "process", "processes");
    let mut out = format!("run {run}: {events} of {processes}, executed again without any effect\n");
    for difference in again.differences.iter().take(TOLD) {
        let place = match (difference.line, difference.path.as_str()) {
            (Some(line), "") => format!("line {line}"),
            (Some(line), path) => format!("line {line}, {path}"),
            (None, path) => path.to_owned(),
        };
        let place = escape::line(&place);
        out.push_str(&format!("  {}: {}\n", style.paint(Paint::Bold, &place), escape::line(&difference.why)));
    }
    if again.differences.len() > TOLD {
        out.push_str(&format!("  and {} more\n", again.differences.len() - TOLD));
    }
    out.push_str(&match again.differences.len() {
        0 => style.paint(Paint::Good, "THE SAME"),
        1 => style.paint(Paint::Bad, "DIFFERS in 1 place"),
        n => style.paint(Paint::Bad, &format!("DIFFERS in {n} places")),
    });
    out.push('\n');
    out
}

/// JSON Schema (draft 2020-12) of `wflow audit replay --format json`.
pub fn schema() -> Json {
    let difference = json!({
        "type": "object",
        "required": ["line", "path", "why"],
        "properties": {
            "line": { "type": ["integer", "null"], "description": "of the journal; null for what it does not hold" },
            "path": { "type": "string", "description": "where in the program" },
            "why": { "type": "string" },
        },
        "additionalProperties": false,
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wflow audit replay --format json",
        "type": "object",
        "required": ["run", "same", "processes", "events", "differences"],
        "properties": {
            "run": { "type": "string" },
            "same": { "type": "boolean" },
            "processes": { "type": "integer", "description": "that worked on the run, each executed again" },
            "events": { "type": "integer" },
            "differences": { "type": "array", "items": difference },
        },
        "additionalProperties": false,
    })
}
