//! `wflow runs show`: what happened in a run, told for a person; with `--format json` its events as they are recorded.
//!
//! Everything in a journal is untrusted text and is made harmless before it is shown. A damaged journal is shown up to
//! its damage.

mod effects;
mod page;
mod place;
mod story;

use super::args::Format;
use super::exit::Exit;
use super::report::Trouble;
use super::runs::{Row, moment, named, of_project, print, run_schema, state_of, style, width};
use super::screen::Screen;
use crate::cli::args::StateArg;
use crate::effects::ai::usage::Usage;
use crate::effects::process::command_line;
use crate::journal::{Event, EventType, ReadError, Reader, RunDir, TornTail};
use crate::ui::style::Paint;
use crate::ui::{json as ui_json, time};
use page::Page;
use place::Standing;
use serde_json::{Map, Value as Json, json};
use story::Story;

/// A journal as far as it can be read.
struct Recorded {
    events: Vec<Event>,
    damage: Option<(u64, String)>,
    torn: Option<TornTail>,
}

pub fn show(run: &str, full: bool, format: Format, screen: &Screen) -> Result<Exit, Trouble> {
    let runs = of_project();
    let dir = named(&runs, run)?;
    let mut recorded = read(&dir)?;
    let row = Row::of(&dir);
    let now = runs.store().now();
    match format {
        Format::Json => {
            if full {
                recorded.events.iter_mut().for_each(|e| inline(&dir, e));
            }
            let damage = recorded.damage.as_ref().map(|(line, why)| json!({ "line": line, "why": why }));
            let usage = usage(&recorded.events, Some(&dir)).map(|(questions, usage)| {
                let mut out = usage.to_json();
                out["questions"] = json!(questions);
                out
            });
            let events: Vec<Json> = recorded.events.iter().map(event_json).collect();
            let out = json!({ "run": row.to_json(now), "usage": usage, "damage": damage, "events": events });
            print(&format!("{out}\n"));
        }
        Format::Text => {
            let mut page = Page::new(style(screen), width(), full);
            recorded.events.iter_mut().for_each(|e| inline(&dir, e));
            let first = recorded.events.first().cloned();
            header(&mut page, &row, first.as_ref());
            let spent = usage(&recorded.events, None);
            let now = match row.state {
                _ if recorded.damage.is_some() => Standing::Unknown,
                StateArg::Running => Standing::UnderWay,
                StateArg::Suspended | StateArg::Interrupted | StateArg::InDoubt => Standing::Paused,
                _ => Standing::Over,
            };
            Story::of(recorded.events).tell(&mut page, now);
            let anew = anew(first.as_ref());
            if let Some((questions, usage)) = spent {
                let asked = if questions == 1 { "1 answer" } else { &format!("{questions} answers") };
                page.blank();
                page.put(0, &[(Some(Paint::Dim), "AI  "), (None, &format!("{asked}: {}", usage.in_words()))]);
            }
            ending(&mut page, &row, &anew, &recorded.damage, recorded.torn);
            print(&page.text());
        }
    }
    Ok(if recorded.damage.is_some() { Exit::Failed } else { Exit::Completed })
}

/// What all answers of the run took, and how many they were; none where none was counted.
fn usage(events: &[Event], stored: Option<&RunDir>) -> Option<(usize, Usage)> {
    let (mut count, mut sum) = (0, Usage::default());
    for event in events {
        let result = match event.kind {
            EventType::EffectCompleted => event.data.get("result"),
            EventType::EffectFailed => event.data.get("failure"),
            _ => None,
        };
        let Some(result) = result else { continue };
        let mut result = result.clone();
        if let Some(dir) = stored {
            // An answer that is gone was counted, if at all, in what is gone.
            let _ = dir.blobs().inline(&mut result);
        }
        if let Some(usage) = result.get("usage") {
            count += 1;
            sum.add(&Usage::from_json(usage));
        }
    }
    (count > 0).then_some((count, sum))
}

fn read(dir: &RunDir) -> Result<Recorded, Trouble> {
    let mut reader = Reader::open(dir)?;
    let mut recorded = Recorded { events: Vec::new(), damage: None, torn: None };
    loop {
        match reader.next() {
            Ok(Some(event)) => recorded.events.push(event),
            Ok(None) => break,
            Err(ReadError::Damaged { line, why }) => {
                recorded.damage = Some((line, why));
                break;
            }
            Err(ReadError::Failed(failure)) => return Err(failure.into()),
        }
    }
    recorded.torn = reader.torn_tail();
    Ok(recorded)
}

/// Puts stored outputs in the place of their references. One that is gone says so in its place.
fn inline(dir: &RunDir, event: &mut Event) {
    let blobs = dir.blobs();
    for (field, value) in &mut event.data {
        // What a run is pinned to is named by its digests.
        if matches!(field.as_str(), "sources" | "config" | "policy") {
            continue;
        }
        if let Err(failure) = blobs.inline(value) {
            *value = json!(format!("[{}]", failure.message));
        }
    }
}

fn event_json(event: &Event) -> Json {
    let mut out = Map::new();
    out.insert("seq".into(), json!(event.seq));
    out.insert("at".into(), json!(event.at.rfc3339()));
    out.insert("type".into(), json!(event.kind.name()));
    out.insert("path".into(), json!(event.path));
    out.insert("epoch".into(), json!(event.epoch));
    out.insert("data".into(), Json::Object(event.data.clone()));
    Json::Object(out)
}

/// What was started, by whom, under which rules.
fn header(page: &mut Page, row: &Row, first: Option<&Event>) {
    let workflow = row.known.as_ref().map_or("?", |s| s.workflow.as_str());
    page.put(0, &[(Some(Paint::Bold), workflow), (None, "  run "), (Some(Paint::Accent), row.id.short())]);
    let data = first.filter(|e| e.kind == EventType::RunStarted).map(|e| &e.data);
    let text = |key: &str| data.and_then(|d| d.get(key)).and_then(Json::as_str).unwrap_or_default();
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            page.put(1, &[(Some(Paint::Dim), &format!("{name:<10}")), (None, value)]);
        }
    };
    fact("id", row.id.as_str());
    fact("file", text("file"));
    let who = data.and_then(|d| d.get("who"));
    let part = |key: &str| who.and_then(|w| w.get(key)).and_then(Json::as_str).filter(|t| !t.is_empty());
    let by = match (part("user"), part("host")) {
        (Some(user), Some(host)) => format!(" by {user} on {host}"),
        (Some(user), None) => format!(" by {user}"),
        _ => String::new(),
    };
    if let Some(first) = first {
        fact("started", &format!("{}{by}", moment(first.at)));
    }
    let mode = match text("mode") {
        "" => String::new(),
        mode => format!(", mode {mode}"),
    };
    if !text("engine").is_empty() {
        fact("engine", &format!("wflow {}{mode}", text("engine")));
    }
    let args = data.and_then(|d| d.get("args")).and_then(Json::as_object);
    for (i, (name, value)) in args.into_iter().flatten().enumerate() {
        let label = if i == 0 { "arguments" } else { "" };
        fact(label, &format!("{name}: {}", ui_json::compact(value)));
    }
    let digest = text("policy");
    let (digest, file) = digest.split_once('+').unwrap_or((digest, ""));
    let digest = digest.trim_start_matches("sha256:");
    let config = match data.is_some_and(|d| d.contains_key("config")) {
        true => format!("wflow.toml {}", digest.get(..12).unwrap_or(digest)),
        false => String::from("no wflow.toml"),
    };
    let own = if file.is_empty() { "" } else { ", and the file's own" };
    if !digest.is_empty() {
        fact("policy", &format!("{config}{own}"));
    }
    let grants = data.and_then(|d| d.get("grants")).and_then(Json::as_object);
    for (what, granted) in grants.into_iter().flatten() {
        let all: Vec<&str> = granted.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        if !all.is_empty() {
            fact("granted", &format!("{what} {}", all.join(", ")));
        }
    }
    page.blank();
}

/// How it stands, and what continues it.
fn ending(page: &mut Page, row: &Row, anew: &str, damage: &Option<(u64, String)>, torn: Option<TornTail>) {
    page.blank();
    if let Some((line, why)) = damage {
        page.put(0, &[(Some(Paint::Bad), &format!("DAMAGED at line {line}: {why}"))]);
        page.put(
            1,
            &[(None, "what stands above is all that can be read; `wflow audit verify` says what is proven")],
        );
        return;
    }
    if let Some(torn) = torn {
        let text = format!("a crash left line {} unfinished; a resume goes on from there", torn.line);
        page.put(0, &[(Some(Paint::Warn), &text)]);
    }
    let Ok(known) = &row.known else { return };
    let took = time::duration(known.last.0.saturating_sub(known.started.0));
    let how = match state_of(known) {
        StateArg::Running => String::new(),
        _ => format!(" after {took}"),
    };
    page.put(0, &[(Some(row.paint()), &row.state_text()), (None, &how)]);
    let short = row.id.short();
    let next = match row.state {
        StateArg::Suspended => match &known.gate {
            Some(gate) => format!("decide it with: wflow approve {short} {gate}"),
            None => format!("go on with: wflow resume {short}"),
        },
        StateArg::Interrupted | StateArg::InDoubt => format!("go on with: wflow resume {short}"),
        StateArg::Failed | StateArg::Rejected | StateArg::Cancelled if !anew.is_empty() => {
            format!("start it anew with: {anew}")
        }
        _ => return,
    };
    page.put(1, &[(None, &next)]);
}

/// The command that starts the same again; empty where it is not known, or where nobody would type it.
fn anew(first: Option<&Event>) -> String {
    let Some((file, workflow)) = first.and_then(|e| Some((e.text("file")?, e.text("workflow")?))) else {
        return String::new();
    };
    let args =
        first.and_then(|e| e.data.get("args")).filter(|a| a.as_object().is_some_and(|a| !a.is_empty()));
    let args = args.map(ToString::to_string).unwrap_or_default();
    let mut words = vec!["wflow", "run", file, "--workflow", workflow];
    if !args.is_empty() {
        words.extend(["--json-args", &args]);
    }
    let line = command_line(words);
    if line.len() > 500 { String::new() } else { line }
}

/// JSON Schema (draft 2020-12) of `wflow runs show --format json`.
pub fn schema() -> Json {
    let event = json!({
        "type": "object",
        "description": "as in the schema of the journal; with --full, stored outputs stand in their places",
        "required": ["seq", "at", "type", "path", "epoch", "data"],
        "properties": {
            "seq": { "type": "integer", "minimum": 1 },
            "at": { "type": "string", "format": "date-time" },
            "type": { "enum": EventType::ALL.iter().map(|k| k.name()).collect::<Vec<_>>() },
            "path": { "type": "string", "description": "where in the program; empty for the run as a whole" },
            "epoch": { "type": "integer", "minimum": 1 },
            "data": { "type": "object" },
        },
        "additionalProperties": false,
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wflow runs show --format json",
        "type": "object",
        "required": ["run", "usage", "damage", "events"],
        "properties": {
            "run": run_schema(),
            "usage": {
                "type": ["object", "null"],
                "description": "what the answers of AIs took; null where no provider said",
                "required": ["questions", "input_tokens", "output_tokens"],
                "properties": {
                    "questions": { "type": "integer", "description": "that were answered and counted" },
                    "input_tokens": { "type": "integer" },
                    "output_tokens": { "type": "integer" },
                    "cache_read_tokens": { "type": "integer" },
                    "cache_write_tokens": { "type": "integer" },
                    "cost": { "type": "number", "description": "US dollars, of the answers whose price is known" },
                },
                "additionalProperties": false,
            },
            "damage": {
                "type": ["object", "null"],
                "description": "from which line on nothing can be read",
                "required": ["line", "why"],
                "properties": { "line": { "type": "integer" }, "why": { "type": "string" } },
                "additionalProperties": false,
            },
            "events": { "type": "array", "items": event },
        },
        "additionalProperties": false,
    })
}
