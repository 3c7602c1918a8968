//! Who is there to decide, and who is not let.

use super::os_user;
use super::sitting::{Seated, Table, wanted};
use crate::ui::style::Paint;
use crate::ui::terminal::Ended;

impl Table<'_, '_> {
    /// Finds out who is there. `None`: nobody who may decide.
    pub(super) fn seat(&mut self) -> Result<Option<Seated>, Ended> {
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
        if people.contains_key(account.as_str()) && self.is_first() && !self.has_decided(&account) {
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
        if demand.is_excluded(&account) {
            self.dialog.painted(
                Paint::Warn,
                "This account started the run: whoever decides here is recorded as somebody who only says who they are.",
            );
        }
        for person in &free {
            let name = people.get(person.as_str()).map_or("", |p| &p.name);
            let name = if name == person { String::new() } else { format!("  ({name})") };
            self.dialog.say(&format!("  {person}{name}"));
        }
        loop {
            let typed = self.ask_unless_arrived("name, or `later` to stop> ")?;
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

    pub(super) fn leave(&mut self) {
        self.dialog.say("The gate stays open and the run waits.");
        if !self.is_first() {
            self.dialog.say("What was decided here ends with this process: its gate will be asked again.");
        }
    }
}
