//! The value that a gate's `edit` or `as` is about: changed in the person's editor, or filled in as a form.

use super::editor::{self, Draft, Edited};
use super::record::Verdict;
use super::sitting::{Seated, Table};
use crate::effects::form;
use crate::ui::dialog::Dialog;
use crate::ui::escape;
use crate::ui::style::Paint;
use crate::ui::terminal::Ended;
use serde_json::Value as Json;

impl Table<'_, '_> {
    /// Lets the person edit or answer. `true`: the value is another now.
    pub(super) fn change(&mut self, seated: &Seated) -> Result<bool, Ended> {
        let changed = match (&self.value, editor::configured()) {
            (Some(value), Some(command)) if self.sitting.request.edit.is_some() => {
                let value = value.clone();
                self.edit(&value, &command)?
            }
            (value, _) => {
                let any = Json::Bool(true);
                let request = self.sitting.request;
                let schema = request.schema.as_ref().unwrap_or(&any);
                let check = |v: &Json| (self.check)(v);
                form::fill(
                    &mut self.dialog,
                    if request.edit.is_some() { "value" } else { "answer" },
                    schema,
                    value.as_ref(),
                    &check,
                )?
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
        let draft = match Draft::new(self.sitting.drafts, &request.name) {
            Ok(draft) => draft,
            Err(e) => {
                unusable(&mut self.dialog, e);
                return Ok(None);
            }
        };
        let mut head = vec![format!("Gate {}: {}", request.name, escape::line(&request.question))];
        if let Some(name) = &request.type_name {
            head.push(format!(
                "A {name} as JSON. Save and leave the editor; an empty file goes back without a change."
            ));
        }
        let mut text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
        let mut wrong: Vec<String> = Vec::new();
        loop {
            let mut top = head.clone();
            top.extend(wrong.iter().map(|w| format!("Not yet: {}", escape::line(w))));
            wrong = match draft.edit(&mut self.dialog, command, &top, &text)? {
                Err(e) => {
                    unusable(&mut self.dialog, e);
                    return Ok(None);
                }
                Ok(Edited::Empty) => return Ok(None),
                Ok(Edited::Wrong { why, text: left }) => {
                    text = left;
                    vec![why]
                }
                Ok(Edited::Value(edited)) => match (self.check)(&edited) {
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
}
