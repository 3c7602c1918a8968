//! The ledger against the runs that are there, and what it says about one of them.

use super::event::LineDigest;
use super::ledger::{Entered, Ledger};
use super::run_dir::{RunId, Runs};
use super::summary::{RunState, summary};
use super::verify::Verdict;
use crate::diagnostics::Failure;
use std::collections::{HashMap, HashSet};

struct Wrong {
    line: u64,
    why: String,
}

/// What the ledger says about one run.
pub(super) struct Known {
    pub first: Option<LineDigest>,
    /// Events that the ledger holds the digest of, by their number.
    pub heads: HashMap<u64, Then>,
    pub damage: Option<String>,
}

/// Where a run stood when the ledger was told.
pub(super) struct Then {
    pub head: LineDigest,
    /// It had ended.
    pub ended: bool,
}

impl Known {
    pub fn of(ledger: &Ledger, id: &RunId) -> Result<Known, Failure> {
        let content = ledger.read()?;
        let mut known = Known { first: None, heads: HashMap::new(), damage: None };
        for entry in content.entries {
            match entry.what {
                Entered::Started { run, first, .. } if run == *id => known.first = Some(first),
                Entered::Ended { run, events, head, .. } if run == *id => {
                    known.heads.insert(events, Then { head, ended: true });
                }
                Entered::Noted { run, events, head } if run == *id => {
                    known.heads.entry(events).or_insert(Then { head, ended: false });
                }
                _ => {}
            }
        }
        known.damage =
            content.damage.map(|(line, why)| format!("the ledger is damaged at line {line}: {why}"));
        Ok(known)
    }
}

/// Something about a run that the ledger and the folder of runs do not agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub run: RunId,
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerReport {
    pub verdict: Verdict,
    pub runs: u64,
    pub findings: Vec<Finding>,
}

/// The ledger against the runs that are there: none deleted, none replaced, none unknown, each end entered.
pub fn verify_ledger(runs: &Runs) -> Result<LedgerReport, Failure> {
    let content = Ledger::of(runs).read()?;
    let ids: HashSet<RunId> = runs.list()?.into_iter().collect();
    let mut wrong: Option<Wrong> = content.damage.clone().map(|(line, why)| Wrong { line, why });
    let mut findings = Vec::new();
    let mut started: HashSet<RunId> = HashSet::new();
    let mut ended: HashMap<RunId, u64> = HashMap::new();
    let mut noted: HashMap<RunId, u64> = HashMap::new();
    for entry in &content.entries {
        match &entry.what {
            Entered::Started { run, workflow, .. } => {
                if started.insert(run.clone()) && !ids.contains(run) {
                    let why = format!("the run {run} of {workflow}, started {}, is gone", entry.at);
                    findings.push(Finding { run: run.clone(), why: why.clone() });
                    wrong.get_or_insert(Wrong { line: entry.line, why });
                }
            }
            Entered::Ended { run, events, .. } => {
                ended.insert(run.clone(), *events);
            }
            Entered::Noted { run, events, .. } => {
                noted.insert(run.clone(), *events);
            }
            Entered::Cut { .. } => {}
        }
    }
    let mut present: Vec<&RunId> = ids.iter().collect();
    present.sort();
    for id in present {
        let Some(why) = disagreement(runs, id, &started, &ended, &noted)? else { continue };
        findings.push(Finding { run: id.clone(), why });
    }
    let verdict = match (wrong, findings.first()) {
        (Some(Wrong { line, why }), _) => Verdict::Damaged { line, why },
        (None, Some(finding)) => Verdict::Incomplete { why: finding.why.clone() },
        (None, None) if content.torn > 0 => {
            Verdict::Incomplete { why: "a crash left the last line of the ledger unfinished".to_owned() }
        }
        (None, None) => Verdict::Ok,
    };
    Ok(LedgerReport { verdict, runs: started.len() as u64, findings })
}

fn disagreement(
    runs: &Runs,
    id: &RunId,
    started: &HashSet<RunId>,
    ended: &HashMap<RunId, u64>,
    noted: &HashMap<RunId, u64>,
) -> Result<Option<String>, Failure> {
    let now = match summary(&runs.open(id)) {
        Ok(now) => now,
        Err(failure) => return Ok(Some(failure.message)),
    };
    let over = now.state.is_over();
    Ok(match (started.contains(id), ended.get(id)) {
        // Whoever just made the folder has not entered it yet.
        (false, _) if matches!(now.state, RunState::NeverBegan | RunState::Running(_)) => None,
        (false, _) => Some(format!("the run {id} is not in the ledger")),
        (true, _) if now.state == RunState::NeverBegan => {
            Some(format!("the journal of the run {id} is gone"))
        }
        (true, Some(events)) if now.events < *events => {
            Some(format!("the run {id} had {events} events when it ended and has {} now", now.events))
        }
        _ if noted.get(id).is_some_and(|events| now.events < *events) => Some(format!(
            "the run {id} had {} events when a checkpoint was made and has {} now",
            noted[id], now.events
        )),
        (true, Some(events)) if over && now.events == *events => None,
        (true, _) if over => Some(format!("the end of the run {id} is not in the ledger")),
        _ => None,
    })
}
