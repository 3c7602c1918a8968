//! A JSON value typed by a person: as a form made from its JSON Schema, or as JSON.
//!
//! The form asks for what the schema says and takes only what can be of the right kind; whether the value is good is
//! for the validator of whoever asked. A second round offers the values of the first.

mod fields;
mod lines;
mod outline;
mod schema;

pub use lines::text_lines;
pub use outline::outline;
pub use schema::is_scalar;

use crate::ui::dialog::Dialog;
use crate::ui::style::Paint;
use crate::ui::terminal::Ended;
use serde_json::Value as Json;

/// Judges a value; the messages say what is wrong with it.
pub type Check<'a> = &'a dyn Fn(&Json) -> Result<(), Vec<String>>;

/// Asks until the value satisfies `check`. `name` is what a value without fields is called. `None`: the person gave up.
pub fn fill(
    dialog: &mut Dialog<'_>,
    name: &str,
    schema: &Json,
    before: Option<&Json>,
    check: Check<'_>,
) -> Result<Option<Json>, Ended> {
    let mut before = before.cloned();
    let paste = match schema::is_scalar(schema) {
        true => "",
        false => " All of it as JSON may be pasted at the first question.",
    };
    dialog.painted(Paint::Dim, &format!("`?` shows help, `!cancel` leaves.{paste}"));
    loop {
        let Some(value) = fields::fill(dialog, name, schema, before.as_ref())? else { return Ok(None) };
        match check(&value) {
            Ok(()) => return Ok(Some(value)),
            Err(wrong) => complain(dialog, &wrong),
        }
        before = Some(value);
    }
}

/// Says what is wrong with a value.
pub fn complain(dialog: &mut Dialog<'_>, wrong: &[String]) {
    dialog.painted(Paint::Warn, "This cannot be used yet:");
    for reason in wrong {
        dialog.quote(of_a_person(reason));
    }
}

/// A value's message without the sign for the whole value, which says nothing to a person.
pub fn of_a_person(message: &str) -> &str {
    message.strip_prefix("$: ").or_else(|| message.strip_prefix("$.")).unwrap_or(message)
}
