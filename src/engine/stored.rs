//! The program that a run is pinned to, as its journal holds it: sources, configuration and arguments, checked and
//! lowered again. Whoever goes on with a run, or executes it again, begins here.

use crate::check::{CallableId, Checked, Environment, Memory, check_source};
use crate::diagnostics::Failure;
use crate::interpreter::{Given, Lowered, Mode};
use crate::journal::{BlobRef, RunDir};
use crate::policy::{PathPattern, Pattern, Project};
use crate::source::{SourceMap, Span};
use crate::value::Value;
use serde_json::{Map, Value as Json, json};
use std::path::Path;

/// The files, as the data of `run.started` names them, or of a `run.resumed` with accepted changes.
pub(super) struct Pinned {
    /// Names and texts, the started one first.
    pub texts: Vec<(String, String)>,
    /// `wflow.toml`, where there was one.
    pub config: Option<String>,
}

/// Why a stored program cannot run again.
pub(super) enum Unusable {
    /// In words that go on after "it cannot be … :", and where in the program, if anywhere.
    Because(String, Option<String>),
    Failed(Failure),
}

impl From<Failure> for Unusable {
    fn from(failure: Failure) -> Unusable {
        Unusable::Failed(failure)
    }
}

impl Unusable {
    /// As the caller's own refusal.
    pub fn refuse(self, refusal: impl FnOnce(&str) -> Failure) -> Failure {
        match self {
            Unusable::Failed(failure) => failure,
            Unusable::Because(why, place) => {
                let refused = refusal(&why);
                place.into_iter().fold(refused, Failure::note)
            }
        }
    }
}

fn because<T>(why: &str) -> Result<T, Unusable> {
    Err(Unusable::Because(why.to_owned(), None))
}

impl Pinned {
    pub fn read(dir: &RunDir, data: &Map<String, Json>) -> Result<Pinned, Failure> {
        let mut texts = Vec::new();
        for entry in data.get("sources").and_then(Json::as_array).into_iter().flatten() {
            let Some(map) = entry.as_object() else { continue };
            let name = map.get("name").and_then(Json::as_str).unwrap_or_default();
            if let Some(blob) = BlobRef::from_json(map) {
                texts.push((name.to_owned(), dir.blobs().get_text(&blob)?));
            }
        }
        let config = data.get("config").and_then(Json::as_object).and_then(BlobRef::from_json);
        let config = config.map(|blob| dir.blobs().get_text(&blob)).transpose()?;
        Ok(Pinned { texts, config })
    }

    /// The project as it was then, with what a check has to know of it.
    pub fn project(&self, root: &Path) -> (Project, Environment) {
        let mut sources = SourceMap::new();
        let project = match &self.config {
            Some(text) => Project::from_text(root, text, &mut sources).0,
            None => Project::bare(root),
        };
        let environment = Environment::of_project(&project, &sources);
        (project, environment)
    }

    pub fn check(&self, environment: &Environment) -> Result<Checked, Unusable> {
        let Some((name, text)) = self.texts.first() else { return because("no sources are recorded") };
        let memory = self.texts.iter().fold(Memory::new(), |m, (name, text)| m.with(name, text.clone()));
        Ok(check_source(name, text, &memory, environment))
    }
}

/// A program that can run again.
pub(super) struct Stored {
    pub checked: Checked,
    pub lowered: Lowered,
    pub callable: CallableId,
    pub args: Vec<Value>,
}

impl Stored {
    /// `started` is the data of `run.started`, `config` what the program goes on with.
    pub fn of(
        dir: &RunDir,
        started: &Map<String, Json>,
        checked: Checked,
        config: &Project,
    ) -> Result<Stored, Unusable> {
        if let Some(first) = checked.diagnostics.iter().find(|d| d.is_error()) {
            let place = checked.program.sources.place(first.primary.span);
            let why = "this version of wflow finds mistakes in the file that it was started with";
            let place = format!("{place}: {} [{}]", first.message, first.code);
            return Err(Unusable::Because(why.to_owned(), Some(place)));
        }
        let workflow = started.get("workflow").and_then(Json::as_str).unwrap_or_default();
        let Some(callable) = checked.program.workflows().find(|w| *w.name == *workflow).map(|w| w.id) else {
            return because("the file that it was started with has no such workflow");
        };
        let lowered = Lowered::new(&checked.program);
        let mut given = started.get("args").cloned().unwrap_or(json!({}));
        dir.blobs().inline(&mut given)?;
        let given = given.as_object().cloned().unwrap_or_default();
        let people = &config.config.people;
        // As when it was started: where nobody is named, every name is one.
        let knows = |name: &str| people.people.is_empty() && people.roles.is_empty() || people.knows(name);
        let args = match lowered.arguments(callable, &Given::Json(&given), &knows) {
            Ok(args) => args,
            Err(problems) => {
                let first = problems.first().map(|p| p.message.clone()).unwrap_or_default();
                return because(&format!("its arguments do not fit any more: {first}"));
            }
        };
        Ok(Stored { checked, lowered, callable, args })
    }
}

/// How the run was started to ask AIs.
pub(super) fn mode(started: &Map<String, Json>) -> Mode {
    match started.get("mode").and_then(Json::as_str) {
        Some("pure") => Mode::Pure,
        Some("interactive") => Mode::Interactive,
        _ => Mode::Ai,
    }
}

/// What the person allowed for the run alone.
pub(super) fn grants(started: &Map<String, Json>) -> (Vec<Pattern>, Vec<PathPattern>) {
    let list = |key: &str| -> Vec<String> {
        let list = started.get("grants").and_then(|g| g.get(key)).and_then(Json::as_array);
        list.map(|l| l.iter().filter_map(|t| t.as_str().map(str::to_owned)).collect()).unwrap_or_default()
    };
    let commands = list("allow").iter().filter_map(|t| Pattern::parse(t, Span::default()).ok()).collect();
    let writes = list("write").iter().filter_map(|t| PathPattern::parse(t, Span::default()).ok()).collect();
    (commands, writes)
}
