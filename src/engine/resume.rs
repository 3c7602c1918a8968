//! A run goes on: the stored program runs again from its start, and what is recorded answers.

use super::changes;
use super::options::Options;
use super::outcome::Finished;
use super::record::members;
use super::start::{Parts, drive, who};
use super::stored::{self, Pinned, Stored};
use crate::check::{Checked, Environment};
use crate::diagnostics::codes::journal;
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::workspace::Workspace;
use crate::journal::{
    EventType, Journal, Ledger, LineDigest, Redactor, Replay, RunDir, RunState, Runs, Standing, Writer,
    summary,
};
use crate::policy::{Policy, Project, RuleSet};
use serde_json::{Value as Json, json};
use std::path::Path;

/// Takes a run over and goes on with it, or takes it back if it was given up. `root` is the project's folder.
pub fn resume(root: &Path, runs: &Runs, dir: &RunDir, options: &Options) -> Result<Finished, Failure> {
    // A run that has ended for good is refused without taking it over.
    let state = summary(dir)?.state;
    if matches!(state, RunState::Completed | RunState::Rejected | RunState::Cancelled | RunState::Failed) {
        enter_end(runs, dir)?;
    }
    let ended = match state {
        RunState::Completed => Some("it has completed"),
        RunState::Rejected => Some("it was rejected"),
        RunState::Cancelled => Some("it was cancelled"),
        _ => None,
    };
    if let Some(why) = ended {
        return Err(cannot(dir, why));
    }
    let redactor = Redactor::new();
    // A long journal is gone through once and not kept: only what still answers is.
    let mut past = Replay::default();
    let (mut first, mut accepted, mut rested) = (None, None, None);
    let mut done = changes::Done::default();
    let writer = Writer::take_over(dir, redactor.clone(), |event| {
        match event.kind {
            EventType::RunStarted if event.seq == 1 => first = Some(event.data.clone()),
            // Changed files that a person accepted earlier stand in for those that it was started with.
            EventType::RunResumed if event.data.contains_key("accepted_changes") => {
                accepted = Some(event.data.clone());
            }
            _ => {}
        }
        match event.kind {
            EventType::JournalCut => {}
            EventType::RunSuspended => rested = Some(event.data.clone()),
            _ => rested = None,
        }
        if options.accept_changes {
            done.see(&event);
        }
        past.apply(event);
    })?;
    // Nothing of the process before may go on beside this one; what it was doing is settled further down.
    end_orphans(dir, options)?;
    let Some(data) = first else {
        return Err(cannot(dir, "its journal does not begin with its start"));
    };
    let pinned = accepted.unwrap_or_else(|| data.clone());
    if let Some(why) = why_not(&past, options) {
        return Err(cannot(dir, &why));
    }
    let text = |key: &str| data.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let workflow = text("workflow");
    Ledger::of(runs).ensure_started(dir.id(), &workflow, first_digest(dir)?)?;

    let mut pinned = Pinned::read(dir, &pinned)?;
    let (project, now) = today(root)?;
    let (mut stored_config, then) = pinned.project(root);
    let mut accepted = None;
    let checked = if options.accept_changes {
        let changes = changes::look(root, &pinned.texts, pinned.config.as_deref(), &now)?;
        if !changes.accept(dir, &done.lines, &options.interrupt)? {
            return Err(Failure::new(
                ErrorKind::Rejected,
                journal::E1521,
                "the changes were not accepted; the run is as it was",
            )
            .help(format!("`wflow resume {}` goes on with what it was started with", dir.id().short())));
        }
        let record = changes.record();
        accepted = Some((record, changes.config.clone()));
        pinned.texts = changes.sources;
        stored_config = project.clone();
        changes.checked
    } else {
        // People and roles are today's.
        let environment = Environment { approvers: now.approvers, ..then };
        pinned.check(&environment).map_err(|why| why.refuse(|t| cannot(dir, t)))?
    };
    let stored =
        Stored::of(dir, &data, checked, &stored_config).map_err(|why| why.refuse(|t| cannot(dir, t)))?;
    let Stored { checked, lowered, callable, args } = stored;

    let file_policy = file_policy(&checked);
    let mut then = Policy::new(&stored_config, file_policy.clone());
    let (commands, writes) = stored::grants(&data);
    then.grant(commands.clone(), writes.clone());
    let mut today = Policy::new(&project, file_policy);
    today.grant(commands, writes);
    let mode = options.mode.unwrap_or(stored::mode(&data));
    let changed = pinned
        .texts
        .iter()
        .filter(|(name, text)| on_disk(root, name).as_deref() != Some(text))
        .map(|(n, _)| n.clone());
    let changed = changed.collect();
    let digests: String = pinned
        .texts
        .iter()
        .map(|(name, text)| format!("{name} {}\n", crate::journal::digest_of(text.as_bytes())))
        .collect();
    let starter = data.get("who").and_then(|w| w.get("user")).and_then(Json::as_str).unwrap_or_default();
    // What can be wrong before it goes on is found before the record says that it does.
    let providers = options.providers(mode, &stored_config.config, root, &redactor)?;
    let workspace = Workspace::open(root)?.pin(pinned.texts.iter().map(|(name, _)| name.clone()));
    let mut resumed = members([("who", who()), ("engine", json!(env!("CARGO_PKG_VERSION")))]);
    if let Some((record, config)) = accepted {
        let blob = |text: &str| writer.blobs().put(text.as_bytes()).map(|blob| blob.to_json());
        let mut entries = Vec::new();
        for (name, text) in &pinned.texts {
            let mut entry = blob(text)?;
            entry["name"] = json!(name);
            entries.push(entry);
        }
        resumed.insert("accepted_changes".into(), record);
        resumed.insert("sources".into(), Json::Array(entries));
        if let Some(config) = config {
            resumed.insert("config".into(), blob(&config)?);
        }
    }
    // Once given up, always: whoever takes the run up again goes on taking it back.
    let giving_up = past.giving_up.clone().or_else(|| options.give_up.clone());
    if let Some(why) = &giving_up {
        resumed.insert("gives_up".into(), json!(why));
    }
    let seq = writer.record(EventType::RunResumed, "", &resumed)?;
    if resumed.contains_key("accepted_changes") {
        past.accept_changes(seq);
    }
    let parts = Parts {
        dir,
        runs: Runs::of_project(dir.store().clone(), root),
        root,
        config: stored_config.config.clone(),
        policies: vec![then, today],
        workflow,
        sources: crate::journal::digest_of(digests.as_bytes()),
        starter: starter.to_owned(),
        mode,
        writer,
        past,
        providers,
        workspace,
        giving_up,
        today: Some(project.config.clone()),
    };
    let session = parts.session(options);
    Ok(drive(session, dir, &lowered, callable, args, changed, rested))
}

/// Why the run cannot go on. One that failed in an effect does that effect anew.
fn why_not(past: &Replay, options: &Options) -> Option<String> {
    let failure = match past.standing {
        Standing::Open | Standing::Suspended => return None,
        Standing::Completed => return Some("it has completed".into()),
        Standing::Rejected => return Some("it was rejected".into()),
        Standing::Cancelled => return Some("it was cancelled".into()),
        Standing::Failed => &past.failure,
    };
    let half: Vec<&str> = past.half_undone().collect();
    if !half.is_empty() {
        let steps = half.join("`, `");
        return Some(format!(
            "it has failed, and `{steps}` could not be taken back, so nobody knows what of it stands"
        ));
    }
    if options.give_up.is_some() {
        return Some(
            "it has failed and was taken back as far as it says how; there is nothing left to cancel".into(),
        );
    }
    let text = |key: &str| failure.get(key).and_then(Json::as_str);
    if text("kind") == Some(ErrorKind::Bug.name()) {
        return Some("it has failed by a mistake of wflow's own".into());
    }
    match text("effect") {
        None if !options.accept_changes => Some(
            "it has failed by its own computation, which would fail in the same way again; mend its file, then resume it with `--accept-changes`".into(),
        ),
        _ => None,
    }
}

/// A crash may have come between a run's last event and its entry in the ledger.
fn enter_end(runs: &Runs, dir: &RunDir) -> Result<(), Failure> {
    let journal = Journal::read(dir)?;
    let Some(last) = journal.events.last().filter(|e| e.kind.ends_run()) else { return Ok(()) };
    // Its owner is about to.
    if crate::journal::owner(dir)?.is_some() {
        return Ok(());
    }
    // What the ledger knows must not be lost afterwards.
    dir.sync()?;
    let workflow = journal.events.first().and_then(|e| e.text("workflow")).unwrap_or_default();
    let ledger = Ledger::of(runs);
    ledger.ensure_started(dir.id(), workflow, first_digest(dir)?)?;
    ledger.ensure_ended(dir.id(), last.kind, (last.seq, journal.head))
}

/// What a process that died was running for this run is found and ended.
fn end_orphans(dir: &RunDir, options: &Options) -> Result<(), Failure> {
    let left = options.commands.end_orphans(dir.id().as_str());
    if left.is_empty() {
        return Ok(());
    }
    let pids: Vec<String> = left.iter().map(u32::to_string).collect();
    let message = format!(
        "processes that run {} had started before its engine died cannot be ended: {}",
        dir.id().as_str(),
        pids.join(", ")
    );
    Err(Failure::new(ErrorKind::Permission, journal::E1525, message)
        .help(format!("end them (`kill -KILL {}`), then resume again", pids.join(" "))))
}

fn cannot(dir: &RunDir, why: &str) -> Failure {
    Failure::new(
        ErrorKind::Configuration,
        journal::E1519,
        format!("run {} cannot be resumed: {why}", dir.id().as_str()),
    )
    .help(format!(
        "`wflow runs show {}` shows what happened; a new run starts with `wflow run`",
        dir.id().short()
    ))
}

fn first_digest(dir: &RunDir) -> Result<LineDigest, Failure> {
    let mut reader = crate::journal::Reader::open(dir)?;
    reader.next().map_err(|e| e.into_failure(dir))?;
    Ok(reader.head())
}

/// Today's project, with what a check has to know of it.
fn today(root: &Path) -> Result<(Project, Environment), Failure> {
    let help = "mend `wflow.toml`, then resume: today's policy must allow what the run still does";
    let (project, sources) = super::today::project(root, help)?;
    let environment = Environment::of_project(&project, &sources);
    Ok((project, environment))
}

/// The policy of the started file; `None` if it has none.
pub fn file_policy(checked: &Checked) -> Option<RuleSet> {
    let file = &checked.program.modules.first()?.ast;
    file.policies().next()?;
    // Its mistakes were reported when the file was checked.
    Some(RuleSet::from_items(file.policies()).0)
}

pub(super) fn on_disk(root: &Path, name: &str) -> Option<String> {
    crate::source::read_source(&root.join(name)).ok()
}
