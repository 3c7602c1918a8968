//! Going on with changed files: a person sees what changed and what was done, and decides.
//!
//! A run is pinned to the files that it was started with. Whoever moves it to others changes what its gates were
//! about, so every decision is void, and what is recorded answers only as far as the changed program asks for the same
//! in the same order. That is a decision like an approval, so it takes the terminal and a word typed there.

use super::resume::on_disk;
use crate::check::{Checked, Environment, check_file};
use crate::diagnostics::codes::journal;
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::approval::{challenge, os_user};
use crate::effects::process::command_line;
use crate::interpreter::CancelToken;
use crate::journal::{Event, EventType, RunDir, digest_of};
use crate::policy::CONFIG_NAME;
use crate::ui::dialog::Dialog;
use crate::ui::escape;
use crate::ui::terminal::Wait;
use serde_json::{Value as Json, json};
use similar::TextDiff;
use std::collections::HashMap;
use std::path::Path;

/// The files of a run as they are today, with what differs from those that it goes on with otherwise.
pub(super) struct Changes {
    pub checked: Checked,
    /// Names and texts, the started one first.
    pub sources: Vec<(String, String)>,
    /// `wflow.toml`, where there is one.
    pub config: Option<String>,
    changed: Vec<Changed>,
}

struct Changed {
    name: String,
    before: Option<String>,
    after: Option<String>,
}

fn refused(why: impl Into<String>) -> Failure {
    Failure::new(ErrorKind::Configuration, journal::E1521, why)
}

/// Reads and checks today's files. Nothing is recorded before a person has accepted them.
pub(super) fn look(
    root: &Path,
    stored: &[(String, String)],
    stored_config: Option<&str>,
    environment: &Environment,
) -> Result<Changes, Failure> {
    let (entry, _) = stored.first().ok_or_else(|| refused("no sources are recorded"))?;
    let checked = check_file(&root.join(entry), environment).map_err(|error| {
        refused(format!("`{entry}` cannot be read any more: {error}"))
            .help("the run can go on with what it was started with: leave `--accept-changes` out")
    })?;
    if let Some(first) = checked.diagnostics.iter().find(|d| d.is_error()) {
        let place = checked.program.sources.place(first.primary.span);
        return Err(refused("the changed files have mistakes, so the run cannot go on with them")
            .note(format!("{place}: {} [{}]", first.message, first.code))
            .help("mend what `wflow check` reports, then try again; nothing was recorded"));
    }
    let sources: Vec<(String, String)> =
        checked.program.own_files().map(|f| (f.name.to_string(), f.text.to_string())).collect();
    let config = on_disk(root, CONFIG_NAME);
    let before = |name: &str| stored.iter().find(|(n, _)| n == name).map(|(_, text)| text.clone());
    let mut changed = Vec::new();
    let mut compare = |name: &str, before: Option<String>, after: Option<String>| {
        if before != after {
            changed.push(Changed { name: name.to_owned(), before, after });
        }
    };
    for (name, text) in &sources {
        compare(name, before(name), Some(text.clone()));
    }
    for (name, text) in stored.iter().filter(|(name, _)| sources.iter().all(|(n, _)| n != name)) {
        compare(name, Some(text.clone()), None);
    }
    compare(CONFIG_NAME, stored_config.map(str::to_owned), config.clone());
    if changed.is_empty() {
        return Err(refused("the run's files are what they were, so there is nothing to accept")
            .help("go on with it without `--accept-changes`"));
    }
    Ok(Changes { checked, sources, config, changed })
}

impl Changes {
    /// What the record keeps of the decision: who, and each file's digests before and after.
    pub fn record(&self) -> Json {
        let digest = |text: &Option<String>| text.as_ref().map(|t| digest_of(t.as_bytes()));
        let files: Vec<Json> = self
            .changed
            .iter()
            .map(|c| json!({ "name": c.name, "from": digest(&c.before), "to": digest(&c.after) }))
            .collect();
        json!({ "by": os_user(), "files": files })
    }

    /// Puts the changes before the person at the terminal. `Ok(false)`: they did not accept.
    pub fn accept(&self, dir: &RunDir, done: &[String], interrupt: &CancelToken) -> Result<bool, Failure> {
        let nobody = || {
            refused("whether a run goes on with changed files is decided by a person at a terminal")
                .help(format!("run `wflow resume {} --accept-changes` at a terminal", dir.id().short()))
        };
        let stop = || interrupt.is_cancelled();
        let mut dialog = Dialog::open(Wait { until: None, stop: Some(&stop) }).map_err(|_| nobody())?;
        dialog.heading("changed files");
        dialog.say(&format!(
            "Run {} shall go on with files that changed since it was started:",
            dir.id().short()
        ));
        let shown = dialog.pages(&self.lines()).map_err(|_| nobody())?;
        if !done.is_empty() {
            dialog.say("It has done this so far:");
            dialog.pages(done).map_err(|_| nobody())?;
        }
        dialog.say("What is recorded answers as long as the changed files ask for the same in the same order. From the first difference on everything is done again. Every decision of a gate is void and is asked for anew.");
        if !shown {
            dialog.say("The changes have an end that was not shown, so they cannot be accepted.");
            return Ok(false);
        }
        let word = challenge::word();
        dialog.say(&format!("To accept, type the word `{word}`. It is not shown while you type. Anything else leaves the run as it is."));
        let typed = dialog.ask_hidden("word> ").map_err(|_| nobody())?;
        Ok(challenge::matches(word, &typed))
    }

    /// As a unified diff, safe to show.
    fn lines(&self) -> Vec<String> {
        let mut out = Vec::new();
        for change in &self.changed {
            let (before, after) = (change.before.as_deref(), change.after.as_deref());
            let from = before.map_or("(not there)", |_| change.name.as_str());
            let to = after.map_or("(not there)", |_| change.name.as_str());
            let diff = TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default());
            let text = diff.unified_diff().context_radius(3).header(from, to).to_string();
            out.extend(escape::block(text.trim_end_matches('\n')));
        }
        out
    }
}

/// The commands and writes that came to an end, in order.
#[derive(Default)]
pub(super) struct Done {
    pub lines: Vec<String>,
    under_way: HashMap<String, String>,
}

impl Done {
    /// Takes in one more event of the run.
    pub fn see(&mut self, event: &Event) {
        match event.kind {
            EventType::EffectIntended => {
                let request = event.data.get("request");
                let argv = request.and_then(|r| r.get("argv")).and_then(Json::as_array);
                let tool = request.and_then(|r| r.get("tool")).and_then(Json::as_str);
                let what = match (event.text("kind"), argv) {
                    // What an agent only looked at is no part of it.
                    (Some("tool"), _) if event.data.contains_key("repeatable") => return,
                    (Some("tool"), None) => {
                        let path = request.and_then(|r| r.get("path")).and_then(Json::as_str);
                        format!("{} {}", tool.unwrap_or_default().to_lowercase(), path.unwrap_or_default())
                    }
                    (_, Some(words)) => {
                        format!("run   {}", command_line(words.iter().filter_map(Json::as_str)))
                    }
                    (Some("write"), _) => {
                        let path = request.and_then(|r| r.get("path")).and_then(Json::as_str);
                        format!("write {}", path.unwrap_or_default())
                    }
                    _ => return,
                };
                self.under_way.insert(event.path.clone(), escape::line(&what));
            }
            EventType::EffectCompleted => self.lines.extend(self.under_way.remove(&event.path)),
            EventType::EffectFailed => drop(self.under_way.remove(&event.path)),
            _ => {}
        }
    }
}
