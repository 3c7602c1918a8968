//! What an agent wants to do and no rule speaks of is put before a person.

use crate::ui::dialog::Dialog;
use crate::ui::escape;
use crate::ui::style::Paint;
use crate::ui::terminal::Ended;

/// What an agent wants to do, and nothing allows or forbids.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    pub agent: &'a str,
    /// In a line.
    pub what: &'a str,
    /// All of it, where it has more than a line: a text that is to be written.
    pub whole: &'a str,
    /// Why no rule allows it.
    pub why: &'a str,
    /// Where in the run it stands.
    pub path: &'a str,
}

/// What a person says to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    Once,
    /// In their words, which may be none.
    No(String),
}

/// Shows all of it, and asks.
pub fn put(dialog: &mut Dialog<'_>, wish: &Wish<'_>) -> Result<Permission, Ended> {
    dialog.heading(&format!("the agent {} wants to", wish.agent));
    dialog.say(&format!("  {}", wish.what));
    if !wish.whole.is_empty() && !dialog.pages(&escape::block(wish.whole))? {
        dialog.say("The end of it was not shown, so it cannot be allowed.");
        return Ok(Permission::No(String::new()));
    }
    dialog.painted(Paint::Dim, wish.why);
    loop {
        match dialog.ask("Allow it this once? (yes/no) ")?.trim().to_lowercase().as_str() {
            "yes" => return Ok(Permission::Once),
            "no" => break,
            _ => dialog.say("Please type yes or no."),
        }
    }
    let words = dialog.ask("What should it do instead? (may be empty) ")?;
    Ok(Permission::No(words.trim().to_owned()))
}
