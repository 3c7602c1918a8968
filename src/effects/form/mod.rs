//! A JSON value typed by a person: as a form made from its JSON Schema, or as JSON.
//!
//! The form asks for what the schema says and takes only what can be of the right kind; whether the value is good is
//! for the validator of whoever asked. A second round offers the values of the first.

mod fields;
mod lines;
mod schema;

pub use lines::{json_lines, text_lines};

use crate::ui::dialog::Dialog;
use crate::ui::style::Paint;
use crate::ui::terminal::Ended;
use serde_json::Value as Json;

/// Judges a value; the messages say what is wrong with it.
pub type Check<'a> = &'a dyn Fn(&Json) -> Result<(), Vec<String>>;

/// Asks until the value satisfies `check`. `None`: the person gave up.
pub fn fill(
    dialog: &mut Dialog<'_>,
    type_name: &str,
    schema: &Json,
    before: Option<&Json>,
    check: Check<'_>,
) -> Result<Option<Json>, Ended> {
    let mut before = before.cloned();
    loop {
        dialog.say(&format!(
            "Enter fills in the form for {type_name}; `json` types it as JSON; `cancel` goes back."
        ));
        let value = match dialog.ask("form> ")?.trim() {
            "" | "form" => match fields::fill(dialog, schema, before.as_ref())? {
                Some(value) => value,
                None => return Ok(None),
            },
            "json" => match json_value(dialog)? {
                Some(value) => value,
                None => continue,
            },
            "cancel" => return Ok(None),
            _ => continue,
        };
        match check(&value) {
            Ok(()) => return Ok(Some(value)),
            Err(wrong) => complain(dialog, &wrong),
        }
        before = Some(value);
    }
}

/// JSON typed or pasted. `None`: it was none, and that was said.
fn json_value(dialog: &mut Dialog<'_>) -> Result<Option<Json>, Ended> {
    dialog.say("Type or paste JSON; it ends when it is complete, or with a line `.`");
    let text = json_lines(dialog)?;
    match serde_json::from_str(&text) {
        Ok(value) => Ok(Some(value)),
        Err(e) => {
            complain(dialog, &[format!("that is not JSON: {e}")]);
            Ok(None)
        }
    }
}

/// Says what is wrong with a value.
pub fn complain(dialog: &mut Dialog<'_>, wrong: &[String]) {
    dialog.painted(Paint::Warn, "This cannot be used yet:");
    for reason in wrong {
        dialog.quote(reason);
    }
}
