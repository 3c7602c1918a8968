//! A signed decision gets into a run. It is judged as far as the journal allows, then laid into the run's folder. If a
//! process owns the run, that one takes it; otherwise this one takes the run for a moment, goes with the program as far
//! as it is recorded, and records the decision. Nothing else happens on the way.

use super::listing::{OpenGate, open_gates};
use crate::diagnostics::codes::{gate as codes, journal};
use crate::diagnostics::{Code, ErrorKind, Failure};
use crate::effects::approval::{Decision, Inbox, admit};
use crate::engine::outcome::Outcome;
use crate::engine::{Options, failure_from_json};
use crate::journal::{Event, EventType, Journal, Replay, RunDir, RunState, Runs, owner, summary};
use crate::policy::People;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long somebody else's process is given to take it: it looks ten times a second.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandedIn {
    /// With it the gate is decided.
    Settled {
        gate: String,
        /// Another process took it and goes on.
        elsewhere: bool,
    },
    /// It counts; the gate waits for further people.
    Counts { gate: String },
    /// It lies in the run's folder and is judged when its gate is come to: by this process, or by whoever resumes.
    Waits { gate: String, process: Option<u32> },
}

/// `root` is the project's folder; `gate` the gate that the caller means, by name, if they named one.
pub fn hand_in(
    root: &Path,
    runs: &Runs,
    dir: &RunDir,
    gate: Option<&str>,
    (record, signature): (&str, &str),
    options: &Options,
) -> Result<HandedIn, Failure> {
    let decision = check(root, dir, gate, record, signature)?;
    let inbox = Inbox::of(dir);
    let name = inbox.put(record, signature)?;
    let gate = decision.gate.clone();
    let began = Instant::now();
    loop {
        if let Some(done) = outcome(dir, &inbox, &name, &decision)? {
            return match done {
                HandedIn::Settled { gate, .. } => {
                    let elsewhere = goes_on(dir, &decision, began)?;
                    Ok(HandedIn::Settled { gate, elsewhere })
                }
                other => Ok(other),
            };
        }
        match owner(dir)? {
            Some(process) if began.elapsed() > PATIENCE => return Ok(HandedIn::Waits { gate, process }),
            Some(_) => dir.store().pause(LOOK),
            None => {
                let options = Options { only_records: true, ..options.quiet() };
                let finished = match crate::engine::resume(root, runs, dir, &options) {
                    Ok(finished) => finished,
                    // Somebody was quicker: it is theirs to take.
                    Err(failure) if failure.code == journal::E1507 => continue,
                    Err(failure) => return Err(failure.note(kept())),
                };
                if let Some(done) = outcome(dir, &inbox, &name, &decision)? {
                    return Ok(done);
                }
                return match finished.outcome {
                    Outcome::Failed(failure) | Outcome::Rejected(failure) => Err(failure.note(kept())),
                    _ => Ok(HandedIn::Waits { gate, process: None }),
                };
            }
        }
    }
}

fn kept() -> String {
    "the decision lies in the run's folder and is judged when the run comes to its gate again".to_owned()
}

/// What became of it, if anything did.
fn outcome(
    dir: &RunDir,
    inbox: &Inbox,
    name: &str,
    decision: &Decision,
) -> Result<Option<HandedIn>, Failure> {
    if let Some(why) = inbox.refusal(name) {
        let why = serde_json::from_str(&why).unwrap_or_default();
        return Err(failure_from_json(&why));
    }
    let events = Journal::read(dir)?.events;
    let mine = |e: &&Event| e.kind == EventType::GateDecided && e.text("nonce") == Some(&decision.nonce);
    let gate = decision.gate.clone();
    Ok(events.iter().find(mine).map(|event| match event.data.contains_key("final") {
        true => HandedIn::Settled { gate, elsewhere: false },
        false => HandedIn::Counts { gate },
    }))
}

/// Whether the process that took it goes on with the run: one that only hands in, too, may have taken it along, and
/// leaves the rest to us.
fn goes_on(dir: &RunDir, decision: &Decision, began: Instant) -> Result<bool, Failure> {
    loop {
        if owner(dir)?.is_none() {
            let left = summary(dir)?;
            return Ok(left.state != RunState::Suspended || left.reason.as_deref() != Some("decided"));
        }
        let events = Journal::read(dir)?.events;
        let at = events.iter().rposition(|e| e.text("nonce") == Some(&decision.nonce));
        let later = events.iter().skip(at.map_or(0, |at| at + 1));
        let works = |e: &Event| !matches!(e.kind, EventType::GateDecided | EventType::RunSuspended);
        if later.into_iter().any(works) || began.elapsed() > PATIENCE {
            return Ok(true);
        }
        dir.store().pause(LOOK);
    }
}

/// Everything that the journal can tell of it, before anything is written.
fn check(
    root: &Path,
    dir: &RunDir,
    named: Option<&str>,
    record: &str,
    signature: &str,
) -> Result<Decision, Failure> {
    let refused = |code: Code, message: String| Failure::new(ErrorKind::Permission, code, message);
    // Read before it is proved: only to find the gate against which it is.
    let Some(decision) = Decision::from_text(record) else {
        return Err(crate::effects::approval::prove(record, signature, &[])
            .err()
            .unwrap_or_else(|| refused(codes::E1219, "the decision cannot be read".to_owned())));
    };
    let gate = &decision.gate;
    if decision.run != dir.id().as_str() {
        return Err(refused(
            codes::E1208,
            format!("the decision is for the run {}, not for {}", decision.run, dir.id()),
        )
        .help(format!(
            "hand it in there: wflow {} {} --signed FILE",
            decision.verdict.name(),
            decision.run
        )));
    }
    if named.is_some_and(|n| n != gate) {
        let named = named.unwrap_or_default();
        return Err(refused(
            codes::E1208,
            format!("the decision is for the gate `{gate}`, not for `{named}`"),
        )
        .help("each gate needs decisions of its own"));
    }
    let replay = Replay::of(Journal::read(dir)?.events);
    if replay.nonces.contains(&decision.nonce) {
        return Err(refused(
            codes::E1214,
            format!("this decision of {} at gate `{gate}` is in the run's record already", decision.approver),
        )
        .help("each decision counts once; `wflow runs show` tells what came of it"));
    }
    let gates = open_gates(dir)?;
    let Some(open) = gates.iter().find(|g| g.path == decision.path) else {
        return Err(match replay.gate(&decision.path) {
            Some(_) => refused(codes::E1209, format!("the gate `{gate}` at {} is closed", decision.path))
                .help(format!("`wflow runs show {}` tells what became of it", dir.id().short())),
            None => refused(
                codes::E1210,
                format!("the gate `{gate}` at {} is not open: the run has not come to it", decision.path),
            )
            .help("a decision is taken only while its gate is open, when there is something to decide on"),
        });
    };
    judge(open, record, signature, &today(root)?, dir)?;
    Ok(decision)
}

fn judge(
    open: &OpenGate,
    record: &str,
    signature: &str,
    today: &People,
    dir: &RunDir,
) -> Result<(), Failure> {
    let (demand, ballot) = (open.demand(), open.ballot());
    let desk = open.desk(&demand, &ballot, Some(today), dir.store().now());
    // What the file's `check` says of a value is judged by whoever takes the decision in.
    admit(&desk, record, signature, &|_| Ok(())).map(drop)
}

/// The people of today's `wflow.toml`; nobody where there is none any more.
pub fn today(root: &Path) -> Result<People, Failure> {
    let (project, _) =
        crate::engine::today::project(root, "mend `wflow.toml`: whose keys count is read from it")?;
    Ok(project.config.people)
}
