//! One person's turn: what they are shown, what they may type, and what stands before an approval.

use super::record::{Decision, Verdict, nonce, timestamp};
use super::sitting::{Seated, Table};
use super::{ballot, challenge, evidence, os_user};
use crate::effects::form;
use crate::policy::Standing;
use crate::ui::style::Paint;
use crate::ui::terminal::Ended;
use crate::ui::time;
use std::time::SystemTime;

/// Tries at the word before the question is shown again.
const TRIES: usize = 3;

impl Table<'_, '_> {
    /// One person's turn. `false`: they stopped.
    pub(super) fn turn(&mut self, seated: &Seated) -> Result<bool, Ended> {
        let mut seen = self.show(seated)?;
        if self.came_to_reject() && self.dialog.yes_or_no("Reject it now?")? {
            self.reject(seated)?;
            return Ok(true);
        }
        loop {
            let limit = self.dialog.wait.remaining().map(|left| {
                format!(" ({} left)", time::limit(left.as_millis().try_into().unwrap_or(i64::MAX)))
            });
            let prompt = format!("decide as {}{}> ", seated.person, limit.unwrap_or_default());
            match self.ask_unless_arrived(&prompt)?.trim().to_lowercase().as_str() {
                "yes" | "approve" => {
                    if self.takes_value() && self.value.is_none() {
                        self.dialog.say("This gate asks for an answer first.");
                        if self.change(seated)? {
                            seen = self.evidence()?;
                            self.choices(seated);
                        }
                        continue;
                    }
                    if !seen {
                        self.dialog.say(
                            "The evidence has an end that was not shown yet. It can be approved after that.",
                        );
                        seen = self.evidence()?;
                        if seen {
                            self.dialog.say("That was all of it. `yes` approves now.");
                        }
                        continue;
                    }
                    if let Some(confirmed) = self.approve()? {
                        let comment = self.comment("comment (Enter for none)> ")?;
                        self.record(seated, Verdict::Approve, confirmed, comment.trim())?;
                        return Ok(true);
                    }
                }
                "no" | "reject" => {
                    self.reject(seated)?;
                    return Ok(true);
                }
                "e" | "evidence" => {
                    seen |= self.evidence()?;
                    self.choices(seated);
                }
                "edit" | "answer" if self.takes_value() => {
                    if self.change(seated)? {
                        seen = self.evidence()?;
                        self.choices(seated);
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
        self.choices(seated);
        Ok(seen)
    }

    /// Who is there and what they may type.
    fn choices(&mut self, seated: &Seated) {
        let words = match (&self.sitting.request.edit, self.takes_value()) {
            (Some(_), _) => "`yes`, `no`, `edit`, `later`, or `?`",
            (None, true) if self.value.is_none() => "`answer`, `no`, `later`, or `?`",
            (None, true) => "`yes`, `no`, `answer` (again), `later`, or `?`",
            _ => "`yes`, `no`, `later`, or `?`",
        };
        let claimed = if seated.claimed { " (as you say)" } else { "" };
        self.dialog.say(&format!("You are {}{claimed}. {words}.", seated.person));
    }

    /// Nobody has said anything in this sitting yet.
    pub(super) fn is_first(&self) -> bool {
        self.decisions.len() == self.sitting.ballot.decisions().len()
    }

    /// A question between whose asking and answer somebody else's decision may come in, as long as nothing would be lost.
    pub(super) fn ask_unless_arrived(&mut self, prompt: &str) -> Result<String, Ended> {
        let untouched = self.value.as_ref() == self.sitting.ballot.value();
        let s = self.sitting;
        let stop = move || s.cancel.is_cancelled() || (untouched && (s.arrived)());
        self.dialog.ask_until(prompt, &stop)
    }

    fn came_to_reject(&self) -> bool {
        self.is_first() && self.sitting.preset.is_some_and(|p| p.verdict == Verdict::Reject)
    }

    fn reject(&mut self, seated: &Seated) -> Result<(), Ended> {
        let comment = self.comment("why (what should change)> ")?;
        self.record(seated, Verdict::Reject, Vec::new(), comment.trim())
    }

    /// The comment given beforehand is the first person's, since they came with it.
    fn comment(&mut self, prompt: &str) -> Result<String, Ended> {
        let given = self.sitting.preset.filter(|_| self.is_first()).and_then(|p| p.comment.clone());
        match given {
            Some(comment) => {
                self.dialog.say(&format!("comment: {comment}"));
                Ok(comment)
            }
            None => self.dialog.ask(prompt),
        }
    }

    fn evidence(&mut self) -> Result<bool, Ended> {
        let columns = self.dialog.terminal.size().columns;
        let lines = evidence::lines(self.sitting.request, self.value.as_ref(), columns);
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

    pub(super) fn takes_value(&self) -> bool {
        ballot::takes_value(self.sitting.request)
    }

    /// All that stands before an approval. `None`: it is not given.
    fn approve(&mut self) -> Result<Option<Vec<String>>, Ended> {
        if let Some(value) = self.value.as_ref().filter(|_| self.takes_value())
            && let Err(wrong) = (self.check)(value)
        {
            form::complain(&mut self.dialog, &wrong);
            return Ok(None);
        }
        let mut confirmed = Vec::new();
        for criterion in self.sitting.request.require.clone() {
            if !self.dialog.yes_or_no(&format!("Confirm: {criterion}"))? {
                self.dialog.say("Without that it cannot be approved. `no` rejects, `later` leaves it open.");
                return Ok(None);
            }
            confirmed.push(criterion);
        }
        if self.signing.is_some() {
            return Ok(Some(confirmed));
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

    fn record(
        &mut self,
        seated: &Seated,
        verdict: Verdict,
        confirmed: Vec<String>,
        comment: &str,
    ) -> Result<(), Ended> {
        // What was typed while the gate closed comes too late.
        if let Some(ended) = self.dialog.wait.over() {
            return Err(ended);
        }
        let s = self.sitting;
        let value = if verdict == Verdict::Approve && self.takes_value() { self.value.clone() } else { None };
        self.decisions.push(Decision {
            run: s.run.to_owned(),
            gate: s.request.name.clone(),
            path: s.path.to_owned(),
            opened: s.opened.to_owned(),
            digests: s.digests.clone(),
            verdict,
            approver: seated.person.clone(),
            account: os_user(),
            claimed: seated.claimed,
            confirmed,
            comment: comment.to_owned(),
            value,
            shown: s.ballot.shown(),
            nonce: nonce(),
            at: timestamp(SystemTime::now()),
            expires: s.until.map(timestamp),
            assurance: self.signing.unwrap_or_default().name().to_owned(),
        });
        let (paint, word) = match verdict {
            Verdict::Approve => (Paint::Good, "approved"),
            Verdict::Reject => (Paint::Bad, "rejected"),
        };
        // The last decision is told with the gate's end; one that is to be signed is none yet.
        if self.signing.is_none() && matches!(self.standing(), Standing::Open { .. }) {
            self.dialog.painted(paint, &format!("{} {word} {}.", seated.person, s.request.name));
        }
        Ok(())
    }
}
