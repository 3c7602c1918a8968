//! `wflow resume`: a run goes on.

use super::args::{ResumeArgs, SessionArgs};
use super::exit::Exit;
use super::report::Trouble;
use super::screen::Screen;
use super::{interrupt, outcome};
use crate::engine::{Options, ProviderChoice};
use crate::journal::{DiskStore, GateRecord, Journal, Replay, RunDir, RunState, Runs, Summary, summary};
use crate::policy::find_root;
use crate::ui::progress::Progress;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) fn project() -> (PathBuf, Runs) {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let (root, _) = find_root(&here);
    let runs = Runs::of_project(Arc::new(DiskStore), &root);
    (root, runs)
}

pub fn resume(args: &ResumeArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let (root, runs) = project();
    let dir = match &args.run {
        Some(id) => find(&runs, id)?,
        None => newest_open(&runs)?,
    };
    let options = Options { accept_changes: args.accept_changes, ..options(&args.session) };
    go_on(root, &runs, &dir, &args.session, options, screen)
}

/// A run that is not there is a mistake on the command line.
pub(super) fn find(runs: &Runs, id: &str) -> Result<RunDir, Trouble> {
    if id == "last" {
        return newest_open(runs);
    }
    runs.find(id).map_err(|failure| Trouble::from(failure).exit(Exit::Usage))
}

/// The gates at which a run waits.
pub(super) fn waiting(dir: &RunDir) -> Result<Vec<String>, Trouble> {
    let replay = Replay::of(Journal::read(dir)?.events);
    let name = |g: &GateRecord| g.opened.get("gate").and_then(|n| n.as_str()).map(str::to_owned);
    Ok(replay.waiting().filter_map(|(_, g)| name(g)).collect())
}

/// The newest run that waits at a gate; the newest that is open where none does, so that the refusal names it.
pub(super) fn newest_waiting(runs: &Runs) -> Result<RunDir, Trouble> {
    for id in runs.list()?.iter().rev() {
        let dir = runs.open(id);
        let suspended = summary(&dir).is_ok_and(|s| s.state == RunState::Suspended);
        if suspended && waiting(&dir).is_ok_and(|gates| !gates.is_empty()) {
            return Ok(dir);
        }
    }
    newest_open(runs)
}

/// The newest run that waits, was interrupted or failed; the newest of all where none does, so that the refusal names it.
fn newest_open(runs: &Runs) -> Result<RunDir, Trouble> {
    for id in runs.list()?.iter().rev() {
        let dir = runs.open(id);
        let open = |s: Summary| match s.state {
            RunState::Suspended | RunState::Interrupted | RunState::NeverBegan => true,
            RunState::Failed => s.failed_in_effect,
            _ => false,
        };
        if summary(&dir).is_ok_and(open) {
            return Ok(dir);
        }
    }
    Ok(runs.last()?)
}

/// What the flags of whatever goes on with a run choose.
pub(super) fn options(session: &SessionArgs) -> Options {
    let progress = Arc::new(Progress::new(session.quiet, session.format == super::args::Format::Json));
    Options {
        provider: match (&session.replay, &session.provider) {
            (Some(file), _) => ProviderChoice::Replay(file.clone()),
            (None, Some(name)) => ProviderChoice::Named(name.clone()),
            (None, None) => ProviderChoice::Configured,
        },
        replay_person: session.replay_person,
        detach: session.detach,
        wait: session.wait,
        interrupt: interrupt::token(&progress),
        progress,
        ..Options::default()
    }
}

pub(super) fn go_on(
    root: PathBuf,
    runs: &Runs,
    dir: &RunDir,
    session: &SessionArgs,
    options: Options,
    screen: &Screen,
) -> Result<Exit, Trouble> {
    let finished = crate::engine::resume(&root, runs, dir, &options)?;
    drop(options);
    Ok(outcome::tell(&finished, &root, session.format, session.quiet, screen))
}
