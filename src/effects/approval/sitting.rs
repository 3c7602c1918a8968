//! One opening of a gate at the terminal, from the question to what it comes to.

use super::record::{Decision, Digests, Verdict, nonce, timestamp};
use super::{challenge, editor, evidence, os_user};
use crate::diagnostics::codes::gate::E1201;
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::form;
use crate::interpreter::{CancelToken, GateReply, GateRequest, Validator};
use crate::policy::{Assurance, Demand, Standing};
use crate::ui::dialog::Dialog;
use crate::ui::style::Paint;
use crate::ui::terminal::{Ended, Wait};
use crate::ui::{terminal, time};
use serde_json::Value as Json;
use std::path::Path;
use std::time::SystemTime;

/// Tries at the word before the question is shown again.
const TRIES: usize = 3;

/// What is to be decided, by whom, until when.
#[derive(Clone, Copy)]
pub struct Sitting<'a> {
    pub workflow: &'a str,
    pub run: &'a str,
    /// Where in the run the gate stands.
    pub path: &'a str,
    pub request: &'a GateRequest,
    pub demand: &'a Demand<'a>,
    pub digests: &'a Digests,
    /// What the gate asks for at least.
    pub assurance: Assurance,
    /// When it closes.
    pub until: Option<SystemTime>,
    /// Decisions of an earlier process: shown, but void, since at this level they do not outlive it.
    pub earlier: &'a [Decision],
    /// Where a private file for the editor may lie.
    pub drafts: &'a Path,
    pub cancel: &'a CancelToken,
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

/// What a sitting comes to. `decisions` are to be recorded in any case.
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
    let mut decisions = Vec::new();
    let suspended = |why| Outcome::Suspended { why, decisions: Vec::new() };
    if sitting.assurance > Assurance::Terminal {
        return suspended(Waiting::Assurance(sitting.assurance));
    }
    if !terminal::exists() {
        return suspended(Waiting::NoTerminal);
    }
    let result = Dialog::open(wait).and_then(|dialog| {
        let value = sitting.request.edit.clone();
        let mut table = Table { dialog, sitting, check, value, decisions: &mut decisions, columns: 0 };
        table.hold()
    });
    match result {
        Ok(Some(reply)) => Outcome::Decided { reply, decisions },
        Ok(None) | Err(Ended::End) => Outcome::Suspended { why: Waiting::Left, decisions },
        Err(Ended::Gone) => Outcome::Suspended { why: Waiting::NoTerminal, decisions },
        Err(Ended::Expired) => Outcome::Decided { reply: GateReply::Expired, decisions },
        Err(Ended::Interrupted) => Outcome::Interrupted { decisions },
        Err(Ended::Stopped) => Outcome::Cancelled { decisions },
    }
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

/// Who must approve, in words.
fn wanted(demand: &Demand<'_>) -> String {
    let parts: Vec<String> = demand.by.iter().map(|a| a.to_string()).collect();
    match parts.as_slice() {
        [] => String::from("anyone who may approve"),
        [one] => one.clone(),
        several => several.iter().map(|p| format!("({p})")).collect::<Vec<_>>().join(" and "),
    }
}

/// Who sits there.
#[derive(Debug, Clone)]
struct Seated {
    person: String,
    claimed: bool,
}

struct Table<'t, 'a> {
    dialog: Dialog<'t>,
    sitting: &'a Sitting<'a>,
    check: Validator<'a>,
    /// What is edited or answered, as it stands.
    value: Option<Json>,
    decisions: &'t mut Vec<Decision>,
    columns: usize,
}

impl Table<'_, '_> {
    /// `None`: the people stopped.
    fn hold(&mut self) -> Result<Option<GateReply>, Ended> {
        self.open();
        loop {
            let missing = match self.standing() {
                Standing::Approved => return Ok(Some(self.approved())),
                Standing::Rejected => return Ok(Some(self.rejected())),
                Standing::Open { missing } => missing,
            };
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

    fn open(&mut self) {
        let s = self.sitting;
        self.dialog.heading(&format!("Gate {} of {}", s.request.name, s.workflow));
        self.dialog.fact("run", s.run);
        self.dialog.fact("decides", &wanted(s.demand));
        if let Some(left) = self.dialog.wait.remaining() {
            self.dialog.fact("closes in", &time::limit(left.as_millis().try_into().unwrap_or(i64::MAX)));
        }
        for d in s.earlier {
            let what = if d.verdict == Verdict::Approve { "approved" } else { "rejected" };
            let comment = if d.comment.is_empty() { String::new() } else { format!(": {}", d.comment) };
            self.dialog.fact("earlier", &format!("{} {what} at {}{comment}", d.approver, d.at));
        }
        if !s.earlier.is_empty() {
            self.dialog.say("A decision typed at a terminal counts only in the process that took it: please decide again.");
        }
    }

    fn standing(&self) -> Standing {
        let said = self.decisions.iter().map(|d| (d.approver.as_str(), d.verdict == Verdict::Approve));
        self.sitting.demand.standing(said)
    }

    fn has_decided(&self, person: &str) -> bool {
        self.decisions.iter().any(|d| d.approver == person)
    }

    /// Finds out who is there. `None`: nobody who may decide.
    fn seat(&mut self) -> Result<Option<Seated>, Ended> {
        let account = os_user();
        let demand = self.sitting.demand;
        let people = &demand.people.people;
        if people.is_empty() {
            return Ok(match () {
                () if demand.is_excluded(&account) => {
                    self.refuse(&account);
                    None
                }
                () if self.has_decided(&account) => None,
                () => Some(Seated { person: account, claimed: false }),
            });
        }
        if people.contains_key(account.as_str()) && self.decisions.is_empty() {
            if demand.may_decide(&account) {
                return Ok(Some(Seated { person: account, claimed: false }));
            }
            self.refuse(&account);
        }
        let free: Vec<String> = people
            .keys()
            .map(|p| p.to_string())
            .filter(|p| demand.may_decide(p) && !self.has_decided(p))
            .collect();
        if free.is_empty() {
            return Ok(None);
        }
        self.dialog.say(&format!(
            "Who is here to decide? This is the account `{account}`; wflow cannot check what you say, and records that."
        ));
        for person in &free {
            let name = people.get(person.as_str()).map_or("", |p| &p.name);
            let name = if name == person { String::new() } else { format!("  ({name})") };
            self.dialog.say(&format!("  {person}{name}"));
        }
        loop {
            let typed = self.dialog.ask("name, or `later` to stop> ")?;
            let typed = typed.trim();
            if matches!(typed, "later" | "q" | "quit") {
                return Ok(None);
            }
            if free.iter().any(|p| p == typed) {
                return Ok(Some(Seated { person: typed.to_owned(), claimed: typed != account }));
            }
            match typed {
                "" => {}
                _ if self.has_decided(typed) => {
                    self.dialog
                        .say(&format!("{typed} has decided already; approvals come from different people."));
                }
                _ if people.contains_key(typed) => self.refuse(typed),
                _ => self.dialog.say("Nobody of that name may decide here."),
            }
        }
    }

    fn refuse(&mut self, person: &str) {
        let why = if self.sitting.demand.is_excluded(person) {
            format!("{person} started this run and may not approve it: self-approval is off in this project.")
        } else {
            format!("{person} is not among those who decide here: {}.", wanted(self.sitting.demand))
        };
        self.dialog.painted(Paint::Warn, &why);
    }

    fn leave(&mut self) {
        self.dialog.say("The gate stays open and the run waits.");
        if !self.decisions.is_empty() {
            self.dialog.say("What was decided here ends with this process: its gate will be asked again.");
        }
    }

    /// One person's turn. `false`: they stopped.
    fn turn(&mut self, seated: &Seated) -> Result<bool, Ended> {
        let mut seen = self.show(seated)?;
        loop {
            let limit = self.dialog.wait.remaining().map(|left| {
                format!(" ({} left)", time::limit(left.as_millis().try_into().unwrap_or(i64::MAX)))
            });
            let prompt = format!("decide as {}{}> ", seated.person, limit.unwrap_or_default());
            match self.dialog.ask(&prompt)?.trim().to_lowercase().as_str() {
                "yes" | "approve" => {
                    if !seen {
                        self.dialog.say(
                            "The evidence has an end that was not shown yet. It can be approved after that.",
                        );
                        seen = self.evidence()?;
                        continue;
                    }
                    if let Some(confirmed) = self.approve()? {
                        let comment = self.dialog.ask("comment (Enter for none)> ")?;
                        self.record(seated, Verdict::Approve, confirmed, comment.trim());
                        return Ok(true);
                    }
                }
                "no" | "reject" => {
                    let comment = self.dialog.ask("why (what should change)> ")?;
                    self.record(seated, Verdict::Reject, Vec::new(), comment.trim());
                    return Ok(true);
                }
                "e" | "evidence" => seen |= self.evidence()?,
                "edit" | "answer" if self.takes_value() => {
                    if self.change(seated)? {
                        seen = self.evidence()?;
                    }
                }
                "later" | "q" | "quit" => return Ok(false),
                "?" | "help" => self.help(),
                "y" | "n" => self.dialog.say("Please type `yes` or `no` in full."),
                "" => {}
                _ => self.help(),
            }
        }
    }

    fn show(&mut self, seated: &Seated) -> Result<bool, Ended> {
        self.dialog.terminal.println("");
        self.dialog.painted(Paint::Bold, &self.sitting.request.question.clone());
        let seen = self.evidence()?;
        if !self.sitting.request.require.is_empty() {
            self.dialog.say("To be confirmed by whoever approves:");
            for criterion in &self.sitting.request.require {
                self.dialog.say(&format!("  - {criterion}"));
            }
        }
        let edit = match (&self.sitting.request.edit, self.takes_value()) {
            (Some(_), _) => ", `edit`",
            (None, true) => ", `answer`",
            _ => "",
        };
        let claimed = if seated.claimed { " (as you say)" } else { "" };
        self.dialog.say(&format!("You are {}{claimed}. `yes`, `no`{edit}, `later`, or `?`.", seated.person));
        Ok(seen)
    }

    fn evidence(&mut self) -> Result<bool, Ended> {
        self.columns = self.dialog.terminal.size().columns;
        let lines = evidence::lines(self.sitting.request, self.value.as_ref(), self.columns);
        self.dialog.pages(&lines)
    }

    fn help(&mut self) {
        let mut lines = vec![
            "yes        approve; asks for each criterion and for a word shown then",
            "no         reject, and say why",
            "e          the evidence again",
        ];
        match (&self.sitting.request.edit, self.takes_value()) {
            (Some(_), _) => lines.push("edit       change the value before you approve it"),
            (None, true) => lines.push("answer     fill in the answer"),
            _ => {}
        }
        lines.push("later      stop here; the gate stays open and the run waits");
        lines.push("^C         interrupts the run; it can be resumed");
        for line in lines {
            self.dialog.say(line);
        }
    }

    fn takes_value(&self) -> bool {
        self.sitting.request.edit.is_some() || self.sitting.request.schema.is_some()
    }

    /// All that stands before an approval. `None`: it is not given.
    fn approve(&mut self) -> Result<Option<Vec<String>>, Ended> {
        if self.takes_value() {
            match &self.value {
                None => {
                    self.dialog.say("This gate asks for an answer: type `answer` first.");
                    return Ok(None);
                }
                Some(value) => {
                    if let Err(wrong) = (self.check)(value) {
                        form::complain(&mut self.dialog, &wrong);
                        return Ok(None);
                    }
                }
            }
        }
        let mut confirmed = Vec::new();
        for criterion in self.sitting.request.require.clone() {
            if !self.dialog.yes_or_no(&format!("Confirm: {criterion}"))? {
                self.dialog.say("Without that it cannot be approved. `no` rejects, `later` leaves it open.");
                return Ok(None);
            }
            confirmed.push(criterion);
        }
        let word = challenge::word();
        self.dialog.say(&format!("To approve, type the word `{word}`. It is not shown while you type."));
        for _ in 0..TRIES {
            let typed = self.dialog.ask_hidden("word> ")?;
            if challenge::matches(word, &typed) {
                return Ok(Some(confirmed));
            }
            self.dialog.say(&format!("That is not `{word}`."));
        }
        self.dialog.say("Nothing is approved.");
        Ok(None)
    }

    /// Lets the person edit or answer. `true`: the value is another now.
    fn change(&mut self, seated: &Seated) -> Result<bool, Ended> {
        let changed = match (&self.value, editor::configured()) {
            (Some(value), Some(command)) if self.sitting.request.edit.is_some() => {
                let value = value.clone();
                self.edit(&value, &command)?
            }
            (value, _) => {
                let any = Json::Bool(true);
                let request = self.sitting.request;
                let name = request.type_name.as_deref().unwrap_or("the value");
                let schema = request.schema.as_ref().unwrap_or(&any);
                let check = |v: &Json| (self.check)(v);
                form::fill(&mut self.dialog, name, schema, value.as_ref(), &check)?
            }
        };
        let Some(value) = changed.filter(|v| Some(v) != self.value.as_ref()) else {
            self.dialog.say("Nothing was changed.");
            return Ok(false);
        };
        self.value = Some(value);
        let void: Vec<String> = self
            .decisions
            .iter()
            .filter(|d| d.verdict == Verdict::Approve && d.approver != seated.person)
            .map(|d| d.approver.clone())
            .collect();
        if !void.is_empty() {
            self.dialog
                .painted(Paint::Warn, &format!("The change voids the approval of {}.", void.join(", ")));
            self.decisions.retain(|d| d.verdict == Verdict::Reject);
        }
        Ok(true)
    }

    fn edit(&mut self, value: &Json, command: &[String]) -> Result<Option<Json>, Ended> {
        let request = self.sitting.request;
        let unusable = |dialog: &mut Dialog<'_>, e: std::io::Error| {
            let program = command.first().map_or("", String::as_str);
            dialog.painted(Paint::Warn, &format!("`{program}` cannot edit the value: {e}"));
            dialog.say("Set VISUAL or EDITOR to another editor, or unset both to edit here.");
        };
        let draft = match editor::Draft::new(self.sitting.drafts, &request.name) {
            Ok(draft) => draft,
            Err(e) => {
                unusable(&mut self.dialog, e);
                return Ok(None);
            }
        };
        let mut head = vec![format!("Gate {}: {}", request.name, crate::ui::escape::line(&request.question))];
        if let Some(name) = &request.type_name {
            head.push(format!(
                "A {name} as JSON. Save and leave the editor; an empty file goes back without a change."
            ));
        }
        let mut text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
        let mut wrong: Vec<String> = Vec::new();
        loop {
            let mut top = head.clone();
            top.extend(wrong.iter().map(|w| format!("Not yet: {}", crate::ui::escape::line(w))));
            wrong = match draft.edit(&mut self.dialog, command, &top, &text)? {
                Err(e) => {
                    unusable(&mut self.dialog, e);
                    return Ok(None);
                }
                Ok(editor::Edited::Empty) => return Ok(None),
                Ok(editor::Edited::Wrong { why, text: left }) => {
                    text = left;
                    vec![why]
                }
                Ok(editor::Edited::Value(edited)) => match (self.check)(&edited) {
                    Ok(()) => return Ok(Some(edited)),
                    Err(messages) => {
                        text = serde_json::to_string_pretty(&edited).unwrap_or_else(|_| edited.to_string());
                        messages
                    }
                },
            };
            form::complain(&mut self.dialog, &wrong);
            if !self.dialog.yes_or_no("Edit it again?")? {
                return Ok(None);
            }
        }
    }

    fn record(&mut self, seated: &Seated, verdict: Verdict, confirmed: Vec<String>, comment: &str) {
        let s = self.sitting;
        let value = if verdict == Verdict::Approve && self.takes_value() { self.value.clone() } else { None };
        self.decisions.push(Decision {
            run: s.run.to_owned(),
            gate: s.request.name.clone(),
            path: s.path.to_owned(),
            digests: s.digests.clone(),
            verdict,
            approver: seated.person.clone(),
            account: os_user(),
            claimed: seated.claimed,
            confirmed,
            comment: comment.to_owned(),
            value,
            nonce: nonce(),
            at: timestamp(SystemTime::now()),
            expires: s.until.map(timestamp),
            assurance: Assurance::Terminal.name().to_owned(),
        });
        let (paint, word) = match verdict {
            Verdict::Approve => (Paint::Good, "approved"),
            Verdict::Reject => (Paint::Bad, "rejected"),
        };
        self.dialog.painted(paint, &format!("{} {word} {}.", seated.person, s.request.name));
    }

    fn of(&self, verdict: Verdict) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(move |d| d.verdict == verdict)
    }

    fn approved(&self) -> GateReply {
        GateReply::Approved {
            by: self.of(Verdict::Approve).map(|d| d.approver.clone()).collect(),
            comments: self
                .of(Verdict::Approve)
                .map(|d| d.comment.clone())
                .filter(|c| !c.is_empty())
                .collect(),
            at: self.decisions.last().map_or_else(|| timestamp(SystemTime::now()), |d| d.at.clone()),
            value: if self.takes_value() { self.value.clone() } else { None },
        }
    }

    fn rejected(&self) -> GateReply {
        let comments: Vec<&str> =
            self.of(Verdict::Reject).map(|d| d.comment.as_str()).filter(|c| !c.is_empty()).collect();
        GateReply::Rejected {
            by: self.of(Verdict::Reject).map(|d| d.approver.clone()).collect(),
            comment: comments.join("\n"),
        }
    }
}
