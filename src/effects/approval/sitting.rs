//! One opening of a gate at the terminal, from the question to what it comes to.

use super::ballot::Ballot;
use super::record::{Decision, Digests, Verdict};
use crate::diagnostics::codes::gate::E1201;
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::{CancelToken, GateReply, GateRequest, Validator};
use crate::policy::{Assurance, Demand, Standing};
use crate::ui::dialog::Dialog;
use crate::ui::style::Paint;
use crate::ui::terminal::{Ended, Wait};
use crate::ui::{json, terminal, time};
use serde_json::Value as Json;
use std::path::Path;
use std::time::SystemTime;

/// What is to be decided, by whom, until when.
#[derive(Clone, Copy)]
pub struct Sitting<'a> {
    pub workflow: &'a str,
    pub run: &'a str,
    /// Where in the run the gate stands.
    pub path: &'a str,
    /// When it was opened, as the records say it.
    pub opened: &'a str,
    pub request: &'a GateRequest,
    pub demand: &'a Demand<'a>,
    pub digests: &'a Digests,
    /// What the gate asks for at least.
    pub assurance: Assurance,
    /// When it closes.
    pub until: Option<SystemTime>,
    /// Decisions of an earlier process: shown, but void, since at this level they do not outlive it.
    pub earlier: &'a [Decision],
    /// What counts already: signed, or taken in this process.
    pub ballot: &'a Ballot,
    /// Whether somebody handed in a decision elsewhere: the question is put anew then, with it.
    pub arrived: &'a (dyn Fn() -> bool + Sync),
    /// What the person who came said beforehand: see [`Preset`].
    pub preset: Option<&'a Preset>,
    /// Where a private file for the editor may lie.
    pub drafts: &'a Path,
    pub cancel: &'a CancelToken,
}

/// What a person said on the command line before they saw the gate. It decides nothing: evidence, word and identity are
/// asked for all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    pub verdict: Verdict,
    pub comment: Option<String>,
}

/// Why a gate stays open without anybody at this terminal to decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// There is no controlling terminal.
    NoTerminal,
    /// The people at the terminal stopped before it was decided.
    Left,
    /// The gate asks for a proof that a terminal cannot give.
    Assurance(Assurance),
}

/// What a sitting comes to. `decisions` are all that count then, those of before among them; they are to be recorded in
/// any case.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Decided {
        reply: GateReply,
        decisions: Vec<Decision>,
    },
    Suspended {
        why: Waiting,
        decisions: Vec<Decision>,
    },
    /// Somebody handed in a decision elsewhere.
    Arrived {
        decisions: Vec<Decision>,
    },
    Interrupted {
        decisions: Vec<Decision>,
    },
    Cancelled {
        decisions: Vec<Decision>,
    },
    /// Nobody can ever decide it.
    Failed(Failure),
}

/// Puts a gate before the people at the controlling terminal. `check` judges what is edited or answered.
pub fn decide(sitting: &Sitting<'_>, check: Validator<'_>) -> Outcome {
    if !sitting.demand.is_possible() {
        return Outcome::Failed(impossible(sitting));
    }
    let stop = || sitting.cancel.is_cancelled();
    let wait = Wait { until: sitting.until, stop: Some(&stop) };
    let mut decisions = sitting.ballot.decisions().to_vec();
    let suspended = |why| Outcome::Suspended { why, decisions: sitting.ballot.decisions().to_vec() };
    if sitting.assurance > Assurance::Terminal {
        return suspended(Waiting::Assurance(sitting.assurance));
    }
    if !terminal::exists() {
        return suspended(Waiting::NoTerminal);
    }
    let result = Dialog::open(wait).and_then(|dialog| {
        let value = sitting.ballot.value().cloned();
        let mut table = Table { dialog, sitting, check, value, decisions: &mut decisions, signing: None };
        table.hold()
    });
    match result {
        Ok(Some(reply)) => Outcome::Decided { reply, decisions },
        Ok(None) | Err(Ended::End) => Outcome::Suspended { why: Waiting::Left, decisions },
        Err(Ended::Gone) => Outcome::Suspended { why: Waiting::NoTerminal, decisions },
        Err(Ended::Expired) => Outcome::Decided { reply: GateReply::Expired, decisions },
        Err(Ended::Interrupted) => Outcome::Interrupted { decisions },
        Err(Ended::Stopped) if sitting.cancel.is_cancelled() => Outcome::Cancelled { decisions },
        Err(Ended::Stopped) => Outcome::Arrived { decisions },
    }
}

/// Puts a gate before one person who will sign their decision. `None`: they stopped. Their identity is what the
/// signature shows, so no word is asked for.
pub fn prepare(
    sitting: &Sitting<'_>,
    person: &str,
    level: Assurance,
    check: Validator<'_>,
) -> Result<Option<Decision>, Ended> {
    let stop = || sitting.cancel.is_cancelled();
    let wait = Wait { until: sitting.until, stop: Some(&stop) };
    let dialog = Dialog::open(wait)?;
    let mut decisions = sitting.ballot.decisions().to_vec();
    let value = sitting.ballot.value().cloned();
    let mut table = Table { dialog, sitting, check, value, decisions: &mut decisions, signing: Some(level) };
    table.open();
    let taken = table.turn(&Seated { person: person.to_owned(), claimed: false })?;
    Ok(decisions.pop().filter(|_| taken))
}

fn impossible(sitting: &Sitting<'_>) -> Failure {
    let gate = &sitting.request.name;
    let wanted = wanted(sitting.demand);
    let mut failure = Failure::new(
        ErrorKind::Configuration,
        E1201,
        format!("nobody can approve the gate `{gate}`: it asks for {wanted}"),
    );
    if !sitting.demand.excluded.is_empty() {
        let starters: Vec<String> = sitting.demand.excluded.iter().map(|n| format!("`{n}`")).collect();
        failure = failure.note(format!(
            "{} started this run and may not approve it, since self-approval is off",
            starters.join(", ")
        ));
    }
    failure.help("name enough people in the `[people]` and `[roles]` of wflow.toml, or let somebody else start the run")
}

/// `2026-11-23 13:02:31 UTC` of RFC 3339.
fn moment(at: &str) -> String {
    match at.split_once('T') {
        Some((date, time)) => format!("{date} {} UTC", time.get(..8).unwrap_or(time)),
        None => at.to_owned(),
    }
}

/// Who must approve, in words.
pub fn wanted(demand: &Demand<'_>) -> String {
    let mut parts: Vec<String> = demand.by.iter().map(|a| a.to_string()).collect();
    // The project and the file often ask for the same people.
    let mut seen = std::collections::HashSet::new();
    parts.retain(|p| seen.insert(p.clone()));
    match parts.as_slice() {
        [] => String::from("anyone who may approve"),
        [one] => one.clone(),
        several => several.iter().map(|p| format!("({p})")).collect::<Vec<_>>().join(" and "),
    }
}

/// Who sits there.
#[derive(Debug, Clone)]
pub(super) struct Seated {
    pub person: String,
    pub claimed: bool,
}

/// The people at the terminal and what they have come to so far.
pub(super) struct Table<'t, 'a> {
    pub dialog: Dialog<'t>,
    pub sitting: &'a Sitting<'a>,
    pub check: Validator<'a>,
    /// What is edited or answered, as it stands.
    pub value: Option<Json>,
    pub decisions: &'t mut Vec<Decision>,
    /// The level of a decision that will be signed; otherwise it is one of the terminal.
    pub signing: Option<Assurance>,
}

impl Table<'_, '_> {
    /// `None`: the people stopped.
    fn hold(&mut self) -> Result<Option<GateReply>, Ended> {
        self.open();
        loop {
            let standing = self.standing();
            let Standing::Open { missing } = &standing else { return Ok(self.ballot().reply(&standing)) };
            if !self.decisions.is_empty() {
                self.dialog.say(&format!("Still needed: {}.", missing.join(", ")));
            }
            let Some(seated) = self.seat()? else {
                self.leave();
                return Ok(None);
            };
            if !self.turn(&seated)? {
                self.leave();
                return Ok(None);
            }
        }
    }

    pub(super) fn open(&mut self) {
        let s = self.sitting;
        self.dialog.heading(&format!("Gate {} of {}", s.request.name, s.workflow));
        self.dialog.fact("run", s.run);
        self.dialog.fact("decides", &wanted(s.demand));
        if let Some(left) = self.dialog.wait.remaining() {
            self.dialog.fact("closes in", &time::limit(left.as_millis().try_into().unwrap_or(i64::MAX)));
        }
        for d in s.ballot.decisions() {
            let what = if d.verdict == Verdict::Approve { "approved" } else { "rejected" };
            let comment = if d.comment.is_empty() { String::new() } else { format!(": {}", d.comment) };
            self.dialog.fact("decided", &format!("{} {what} at {}{comment}", d.approver, moment(&d.at)));
        }
        for d in s.earlier {
            let what = if d.verdict == Verdict::Approve { "approved" } else { "rejected" };
            let comment = if d.comment.is_empty() { String::new() } else { format!(": {}", d.comment) };
            let claimed = if d.claimed { " (as was said)" } else { "" };
            self.dialog
                .fact("earlier", &format!("{}{claimed} {what} at {}{comment}", d.approver, moment(&d.at)));
            if let Some(value) = &d.value {
                let width = self.dialog.terminal.size().columns.saturating_sub(6).min(110);
                json::pretty(value, width).iter().for_each(|line| self.dialog.quote(line));
            }
        }
        if !s.earlier.is_empty() {
            self.dialog.painted(
                Paint::Warn,
                "That was in another process, and is void: a decision typed at a terminal counts only in the process that took it. Please decide again.",
            );
        }
    }

    pub(super) fn standing(&self) -> Standing {
        let said = self.decisions.iter().map(|d| (d.approver.as_str(), d.verdict == Verdict::Approve));
        self.sitting.demand.standing(said)
    }

    pub(super) fn has_decided(&self, person: &str) -> bool {
        self.decisions.iter().any(|d| d.approver == person)
    }

    fn ballot(&self) -> Ballot {
        Ballot::of(self.sitting.request, self.decisions.iter().cloned())
    }
}
