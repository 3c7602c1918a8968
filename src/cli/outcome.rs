//! How a run's end is told: the value on standard output, everything else on standard error, or one JSON object.

use super::args::Format;
use super::exit::Exit;
use super::screen::Screen;
use crate::diagnostics::render;
use crate::effects::approval::how_to_reach;
use crate::effects::process::command_line;
use crate::engine::{Finished, Outcome, Undo};
use crate::interpreter::Suspension;
use crate::policy::{Assurance, find_root};
use crate::ui::escape;
use serde_json::{Value as Json, json};
use std::io::IsTerminal;
use std::path::Path;

/// `quiet` leaves out what only accompanies the result or the error; how to go on is always said. `root` is the folder of
/// the run's project.
pub fn tell(finished: &Finished, root: &Path, format: Format, quiet: bool, screen: &Screen) -> Exit {
    let wflow = wflow_of(root);
    let sources = &finished.sources;
    let short = finished.run.get(finished.run.len().saturating_sub(8)..).unwrap_or(&finished.run);
    if format == Format::Json {
        outln!("{}", as_json(finished));
    } else {
        let paint = |text: &str, code: &str| match screen.color_err {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        };
        for name in &finished.changed {
            errln!(
                "note: {} has changed since the run was started; the run went on with what it was started with",
                escape::line(name)
            );
        }
        for notice in &finished.notices {
            errln!("note: {}", escape::line(notice));
        }
        match &finished.outcome {
            Outcome::Completed { value } => {
                match value {
                    Json::Null => {}
                    // To a program as it is; to a person without what could drive the terminal.
                    Json::String(text) if std::io::stdout().is_terminal() => {
                        outln!("{}", render::clean(text.trim_end_matches('\n')));
                    }
                    Json::String(text) => outln!("{}", text.trim_end_matches('\n')),
                    other => outln!("{}", pretty(other)),
                }
                if !quiet {
                    errln!("{} run {short}", paint("completed", "1;32"));
                }
            }
            Outcome::Failed(failure) => {
                err!("{}", render::failure(failure, sources, &screen.err()));
                if !quiet {
                    tell_steps(finished);
                }
                let failed = paint(&format!("failed ({})", failure.kind.name()), "1;31");
                let next = match (finished.resumable(), finished.resumable_with_changes()) {
                    (true, _) if finished.ended => {
                        format!("; try again from there with: {wflow} resume {short}")
                    }
                    (true, _) => format!("; go on with: {wflow} resume {short}"),
                    (_, true) => {
                        format!("; mend the file, then go on with: {wflow} resume {short} --accept-changes")
                    }
                    (false, false) => String::new(),
                };
                errln!("{failed} run {short}{next}");
                if !quiet {
                    errln!("  what happened: {wflow} runs show {short}");
                }
            }
            Outcome::Rejected(failure) => {
                err!("{}", render::failure(failure, sources, &screen.err()));
                if !quiet {
                    tell_steps(finished);
                    errln!("{} run {short}", paint("rejected", "1;31"));
                    errln!("  what happened: {wflow} runs show {short}");
                }
            }
            Outcome::Cancelled(failure) => {
                for note in &failure.notes {
                    errln!("{} {}", paint("not taken back:", "1;31"), escape::line(note));
                }
                if !quiet {
                    tell_steps(finished);
                }
                errln!("{} run {short}", paint("cancelled", "1;33"));
            }
            Outcome::InDoubt(failure) => {
                err!("{}", render::failure(failure, sources, &screen.err()));
                errln!("{} run {short}; go on with: {wflow} resume {short}", paint("in doubt", "1;33"));
            }
            Outcome::Suspended(Suspension::Gate { gate, .. }) => {
                errln!("{} run {short} waits at gate `{gate}`", paint("suspended", "1;33"));
                match finished.needs_assurance {
                    Some(level @ (Assurance::Terminal | Assurance::Key)) => errln!(
                        "  it asks for a decision of level `{}`; sign one with: {wflow} approve {short} {gate} --as YOU --key FILE",
                        level.name(),
                    ),
                    Some(level) => {
                        errln!(
                            "  it asks for a decision of level `{}`: {}",
                            level.name(),
                            how_to_reach(level)
                        );
                    }
                    None => errln!("  decide it at a terminal with: {wflow} approve {short} {gate}"),
                }
            }
            Outcome::Suspended(Suspension::Until { at, .. }) => {
                errln!(
                    "{} run {short} waits until {at}; then: {wflow} resume {short}",
                    paint("suspended", "1;33")
                );
            }
            Outcome::Suspended(Suspension::Conversation { .. }) => {
                errln!(
                    "{} run {short} waits for a person to talk with the AI; go on at a terminal with: {wflow} resume {short}",
                    paint("suspended", "1;33")
                );
            }
            Outcome::Interrupted => {
                errln!("{} run {short}; go on with: {wflow} resume {short}", paint("interrupted", "1;33"));
            }
        }
    }
    match &finished.outcome {
        Outcome::Completed { .. } => Exit::Completed,
        Outcome::Failed(_) => Exit::Failed,
        Outcome::Rejected(_) => Exit::Rejected,
        // What it could not take back is for people to do by hand.
        Outcome::Cancelled(f) if f.notes.is_empty() => Exit::Completed,
        Outcome::Cancelled(_) => Exit::Failed,
        Outcome::InDoubt(_) => Exit::InDoubt,
        Outcome::Suspended(_) => Exit::Suspended,
        Outcome::Interrupted => Exit::Interrupted,
    }
}

/// The command that finds the project's runs from where the person is.
fn wflow_of(root: &Path) -> String {
    let Ok(here) = std::env::current_dir() else { return "wflow".into() };
    if find_root(&here).0 == root {
        return "wflow".into();
    }
    let folder = root.strip_prefix(&here).unwrap_or(root);
    format!("cd {} && wflow", command_line([folder.to_string_lossy().as_ref()]))
}

/// Of how many steps the names are said.
const LISTED: usize = 12;

/// What stands and what was taken back, when a run did not come to its end.
fn tell_steps(finished: &Finished) {
    let list = |undo: Undo| {
        let prefix = format!("{}/", finished.workflow);
        let steps = finished.steps.iter().filter(|s| s.undo == undo);
        let mut names: Vec<String> = steps
            .map(|s| escape::line(s.path.strip_prefix(&prefix).unwrap_or(&s.path)).to_string())
            .collect();
        // `wflow runs show` has them all.
        if names.len() > LISTED {
            names.drain(..names.len() - LISTED);
            names.insert(0, "…".into());
        }
        names.join(", ")
    };
    let failed = match finished.outcome {
        // It has said so, with the reasons.
        Outcome::Cancelled(_) => String::new(),
        _ => list(Undo::Failed),
    };
    for (words, names) in [
        ("done and kept", list(Undo::Never)),
        ("taken back", list(Undo::Completed)),
        ("not to be taken back, look after it by hand", failed),
    ] {
        if !names.is_empty() {
            errln!("{words}: {names}");
        }
    }
}

/// Indented, and safe on a terminal: JSON escapes control characters by itself, the rest is made visible.
fn pretty(value: &Json) -> String {
    render::json_text(value)
}

/// The last line with `--format json`.
fn as_json(finished: &Finished) -> Json {
    let mut out = json!({
        "type": "outcome",
        "outcome": finished.outcome.name(),
        "run": finished.run,
        "workflow": finished.workflow,
        "resumable": finished.resumable(),
    });
    match &finished.outcome {
        Outcome::Completed { value } => out["value"] = value.clone(),
        Outcome::Failed(f) | Outcome::Rejected(f) | Outcome::Cancelled(f) | Outcome::InDoubt(f) => {
            out["failure"] = render::failure_json(f, &finished.sources)
        }
        Outcome::Suspended(Suspension::Gate { gate, path }) => {
            out["gate"] = json!(gate);
            out["path"] = json!(path);
        }
        Outcome::Suspended(Suspension::Until { at, .. }) => out["until"] = json!(at),
        Outcome::Suspended(Suspension::Conversation { path }) => {
            out["reason"] = json!("conversation");
            out["path"] = json!(path);
        }
        Outcome::Interrupted => {}
    }
    if !finished.changed.is_empty() {
        out["changed"] = json!(finished.changed);
    }
    if !finished.notices.is_empty() {
        out["notices"] = json!(finished.notices);
    }
    if !matches!(finished.outcome, Outcome::Completed { .. }) && !finished.steps.is_empty() {
        let steps = finished.steps.iter().map(|s| match s.undo {
            Undo::Failed => json!({ "path": s.path, "undone": false, "undo_failed": true }),
            undo => json!({ "path": s.path, "undone": undo == Undo::Completed }),
        });
        out["steps"] = steps.collect();
    }
    out
}
