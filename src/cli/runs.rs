//! `wflow runs`: the runs of the project, newest first. A run whose journal cannot be read is listed as damaged; it
//! never hides the others.

use super::args::{Format, RunsArgs, RunsCommand, StateArg};
use super::exit::Exit;
use super::report::Trouble;
use super::screen::Screen;
use super::show;
use crate::diagnostics::Failure;
use crate::journal::{DiskStore, Index, RunDir, RunId, RunState, Runs, Summary, Timestamp, summary};
use crate::policy::find_root;
use crate::ui::style::{Paint, Style};
use crate::ui::table::Table;
use crate::ui::{escape, time};
use clap::ValueEnum;
use serde_json::{Value as Json, json};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

pub fn runs(args: &RunsArgs, screen: &Screen) -> Result<Exit, Trouble> {
    if let Some(RunsCommand::Show { run, full, format }) = &args.command {
        return show::show(run, *full, *format, screen);
    }
    let runs = of_project();
    let mut rows = Vec::new();
    let mut any = false;
    let ids = runs.list()?;
    let mut index = Index::open(&runs);
    for id in ids.iter().rev() {
        any = true;
        if args.limit.is_some_and(|n| rows.len() >= n) {
            break;
        }
        let row = Row::new(id.clone(), index.summary(id));
        if args.state.is_none_or(|wanted| wanted == row.state) {
            rows.push(row);
        }
    }
    index.save(&ids);
    let now = runs.store().now();
    let text = match args.format {
        Format::Json => {
            let rows: Vec<Json> = rows.iter().map(|row| row.to_json(now)).collect();
            format!("{}\n", json!({ "runs": rows }))
        }
        Format::Text if !any => String::from("no runs yet; `wflow run FILE` starts one\n"),
        Format::Text if rows.is_empty() => match args.state {
            Some(state) => format!("no run is {}\n", name(state).replace('_', " ")),
            None => String::new(),
        },
        Format::Text => table(&rows, now, width(), style(screen)),
    };
    print(&text);
    Ok(Exit::Completed)
}

/// The runs of the project that the current folder belongs to.
pub(super) fn of_project() -> Runs {
    let (root, _) = find_root(Path::new("."));
    Runs::of_project(Arc::new(DiskStore), &root)
}

/// By id, beginning or end of one, or `last`.
pub(super) fn named(runs: &Runs, text: &str) -> Result<RunDir, Trouble> {
    let dir = if text == "last" { runs.last() } else { runs.find(text) };
    dir.map_err(|failure| Trouble::from(failure).exit(Exit::Usage))
}

pub(super) fn print(text: &str) {
    super::print::out(text);
}

pub(super) fn style(screen: &Screen) -> Style {
    Style { color: screen.color_out, unicode: screen.unicode }
}

/// Columns of the terminal that standard output is; none where it is no terminal.
pub(super) fn width() -> Option<usize> {
    let out = std::io::stdout();
    let size = rustix::termios::tcgetwinsize(&out).map_or(0, |size| usize::from(size.ws_col));
    (out.is_terminal() && size > 0).then_some(size)
}

/// As `--state` and JSON call it.
pub(super) fn name(state: StateArg) -> String {
    // Every state has a name that can be typed.
    state.to_possible_value().map(|v| v.get_name().replace('-', "_")).unwrap_or_default()
}

pub(super) fn state_of(summary: &Summary) -> StateArg {
    match summary.state {
        RunState::Running(_) => StateArg::Running,
        RunState::Suspended => match summary.reason.as_deref() {
            Some("interrupted") => StateArg::Interrupted,
            Some("in doubt") => StateArg::InDoubt,
            _ => StateArg::Suspended,
        },
        RunState::Interrupted => StateArg::Interrupted,
        RunState::Completed => StateArg::Completed,
        RunState::Failed => StateArg::Failed,
        RunState::Rejected => StateArg::Rejected,
        RunState::Cancelled => StateArg::Cancelled,
        RunState::NeverBegan => StateArg::NeverBegan,
    }
}

/// One run in a list.
pub(super) struct Row {
    pub id: RunId,
    pub state: StateArg,
    /// What is known of it, or why nothing is.
    pub known: Result<Summary, Failure>,
}

impl Row {
    pub fn of(dir: &RunDir) -> Row {
        Row::new(dir.id().clone(), summary(dir))
    }

    fn new(id: RunId, known: Result<Summary, Failure>) -> Row {
        let state = known.as_ref().map_or(StateArg::Damaged, state_of);
        Row { id, state, known }
    }

    /// How long it took, or takes so far.
    pub fn took(&self, now: Timestamp) -> Option<i64> {
        let known = self.known.as_ref().ok()?;
        let end = if self.state == StateArg::Running { now } else { known.last };
        (self.state != StateArg::NeverBegan).then(|| end.0.saturating_sub(known.started.0).max(0))
    }

    /// `suspended at gate ship`
    pub fn state_text(&self) -> String {
        let state = name(self.state).replace('_', " ");
        let Ok(known) = &self.known else { return state };
        match (self.state, &known.gate, known.until) {
            (StateArg::Suspended | StateArg::Running, Some(gate), _) => format!("{state} at gate {gate}"),
            (StateArg::Suspended, None, _) if known.reason.as_deref() == Some("decided") => {
                format!("{state}, decided")
            }
            (StateArg::Suspended, None, _) if known.reason.as_deref() == Some("conversation") => {
                format!("{state} in a conversation")
            }
            (StateArg::Suspended, None, Some(until)) => format!("{state} until {}", moment(until)),
            _ => state,
        }
    }

    pub fn paint(&self) -> Paint {
        match self.state {
            StateArg::Completed => Paint::Good,
            StateArg::Failed | StateArg::Rejected | StateArg::Damaged => Paint::Bad,
            StateArg::Running => Paint::Accent,
            StateArg::Suspended | StateArg::InDoubt | StateArg::Interrupted => Paint::Warn,
            StateArg::Cancelled | StateArg::NeverBegan => Paint::Dim,
        }
    }

    /// See [`schema`].
    pub fn to_json(&self, now: Timestamp) -> Json {
        let known = self.known.as_ref().ok();
        let began = known.filter(|_| self.state != StateArg::NeverBegan);
        json!({
            "id": self.id.as_str(),
            "short": self.id.short(),
            "state": name(self.state),
            "workflow": began.map(|s| s.workflow.as_str()),
            "file": began.and_then(|s| s.file.as_deref()),
            "gate": known.and_then(|s| s.gate.as_deref()),
            "until": known.and_then(|s| s.until).map(Timestamp::rfc3339),
            "started": known.map(|s| s.started.rfc3339()),
            "last": known.map(|s| s.last.rfc3339()),
            "duration_ms": self.took(now),
            "events": known.map(|s| s.events),
            "process": match known.map(|s| s.state) {
                Some(RunState::Running(pid)) => json!(pid),
                _ => Json::Null,
            },
            "problem": self.known.as_ref().err().map(|f| json!({ "code": f.code.id(), "message": f.message })),
        })
    }
}

/// `2026-11-23 10:55:07 UTC`
pub(super) fn moment(at: Timestamp) -> String {
    let text = at.rfc3339();
    match (text.get(..10), text.get(11..19)) {
        (Some(day), Some(hour)) => format!("{day} {hour} UTC"),
        _ => text,
    }
}

fn table(rows: &[Row], now: Timestamp, width: Option<usize>, style: Style) -> String {
    // On a narrow terminal the age says enough.
    let absolute = width.is_none_or(|w| w >= 90);
    let mut table = match absolute {
        true => Table::new(["run", "workflow", "state", "started", "", "took"]).right(&[5]),
        false => Table::new(["run", "workflow", "state", "started", "took"]).right(&[4]),
    };
    for row in rows {
        let known = row.known.as_ref().ok();
        let mut cells = vec![
            row.id.short().to_owned(),
            known.map_or("?", |s| s.workflow.as_str()).to_owned(),
            row.state_text(),
            known.map_or(String::from("?"), |s| time::age(now.0.saturating_sub(s.started.0))),
        ];
        if absolute {
            cells.push(known.map_or(String::new(), |s| moment(s.started)));
        }
        cells.push(row.took(now).map_or(String::new(), time::duration));
        table.row(cells);
    }
    let mut out = String::new();
    let mut lines = table.lines(width).into_iter();
    if let Some(header) = lines.next() {
        out.push_str(&style.paint(Paint::Dim, &header));
        out.push('\n');
    }
    for (line, row) in lines.zip(rows) {
        // The columns behind the state hold only times, so its last mention is the state.
        let state = escape::line(&row.state_text());
        match line.rfind(&state) {
            Some(at) => {
                let end = at + state.len();
                out.push_str(&line[..at]);
                out.push_str(&style.paint(row.paint(), &state));
                out.push_str(&line[end..]);
            }
            None => out.push_str(&line),
        }
        out.push('\n');
    }
    if let Some(Row { id, known: Err(failure), .. }) = rows.iter().find(|r| r.known.is_err()) {
        let why = escape::line(&failure.message);
        out.push_str(&format!("\n{}: {why}\n  `wflow audit verify {}` tells more\n", id.short(), id.short()));
    }
    out
}

/// JSON Schema (draft 2020-12) of `wflow runs --format json`.
pub fn schema() -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wflow runs --format json",
        "type": "object",
        "required": ["runs"],
        "properties": {
            "runs": { "type": "array", "items": run_schema(), "description": "newest first" },
        },
        "additionalProperties": false,
    })
}

/// Of one run: in the list, and as `run` of `wflow runs show --format json`.
pub(super) fn run_schema() -> Json {
    let states: Vec<String> = StateArg::value_variants().iter().map(|s| name(*s)).collect();
    let text = |about: &str| json!({ "type": ["string", "null"], "description": about });
    let when =
        |about: &str| json!({ "type": ["string", "null"], "format": "date-time", "description": about });
    let count = |about: &str| json!({ "type": ["integer", "null"], "minimum": 0, "description": about });
    let properties = json!({
        "id": { "type": "string", "description": "UUIDv7, sorts by time" },
        "short": { "type": "string", "description": "the last eight characters; every command takes them for the id" },
        "state": { "enum": states },
        "workflow": text("null where nothing was recorded"),
        "file": text("relative to the project"),
        "gate": text("the gate at which it waits"),
        "until": when("the time for which it waits"),
        "started": when("RFC 3339, UTC"),
        "last": when("when it ended, or was last heard of"),
        "duration_ms": count("until it ended, was last heard of, or now where it is running"),
        "events": count("in its journal"),
        "process": count("the process that works on it"),
        "problem": {
            "type": ["object", "null"],
            "description": "why it could not be read",
            "required": ["code", "message"],
            "properties": { "code": { "type": "string" }, "message": { "type": "string" } },
            "additionalProperties": false,
        },
    });
    let required: Vec<&String> = properties.as_object().into_iter().flat_map(|p| p.keys()).collect();
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}
