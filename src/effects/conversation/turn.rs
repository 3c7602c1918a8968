//! The person's turn: what they may type, and what it means.

use super::Said;
use super::screen::Screen;
use crate::interpreter::{Offer, Word};
use crate::ui::dialog::Dialog;
use crate::ui::escape;
use crate::ui::style::Paint;
use crate::ui::terminal::{Echo, Ended};

/// What is typed with a slash.
const COMMANDS: [(&str, &str); 7] = [
    ("/accept", "take this answer"),
    ("/fix", "send back what is wrong with it"),
    ("/show", "show the answer again, page by page"),
    ("/question", "show what was asked, page by page"),
    ("/later", "go on another time: the run waits (also ^D)"),
    ("/quit", "end the conversation without an answer"),
    ("/help", "this list"),
];

impl Screen {
    /// Until it is clear what the person wants.
    pub(super) fn turn(&mut self, dialog: &mut Dialog<'_>, offer: &Offer<'_>) -> Result<Said, Ended> {
        let last = offer.turn >= offer.turns;
        let good = offer.wrong.is_empty();
        dialog.painted(Paint::Dim, hint(good, last));
        // A line typed before the answer was shown says nothing about it.
        dialog.terminal.drain();
        loop {
            let prompt =
                self.style.paint(Paint::Accent, &format!("you ({} of {})> ", offer.turn, offer.turns));
            let wait = dialog.wait;
            let typed = match self.plain {
                true => dialog.terminal.line(&prompt, Echo::Shown, &wait),
                false => dialog.terminal.compose(&prompt, &self.wrote, &wait),
            };
            let typed = match typed {
                Err(Ended::End) => return Ok(Said::Later),
                other => other?,
            };
            let text = typed.trim();
            match text {
                "" => dialog.painted(Paint::Dim, hint(good, last)),
                "/accept" | "/a" if good => return Ok(Said::Word(Word::Accept)),
                "/accept" | "/a" => {
                    dialog.painted(
                        Paint::Warn,
                        "It cannot be accepted as it is: /fix sends back what is wrong with it.",
                    );
                }
                "/fix" if good => dialog.say("Nothing is wrong with it: write what should be different."),
                "/show" => {
                    let rows = self.answer_rows(offer.answer, offer.value, dialog.terminal.size().columns);
                    dialog.pages(&rows)?;
                }
                "/question" => {
                    let rows = self.question_rows(dialog.terminal.size().columns);
                    dialog.pages(&rows)?;
                }
                "/later" => return Ok(Said::Later),
                "/quit" => {
                    let sure = "End it without an answer? The run goes on with that as an error; /later lets it wait instead.";
                    if dialog.yes_or_no(sure)? {
                        return Ok(Said::Quit);
                    }
                }
                "/help" => help(dialog, good),
                _ if last => dialog.say("This was the last turn: the AI cannot be told anything more."),
                "/fix" => return Ok(Said::Word(Word::SendBack(String::new()))),
                _ if is_unknown(text) => {
                    dialog.say(&format!(
                        "There is no `{}`; /help lists what there is. A message that begins with a slash is written with two.",
                        escape::fit(text, 30)
                    ));
                }
                _ => {
                    let words = text.strip_prefix('/').filter(|t| t.starts_with('/')).unwrap_or(text);
                    self.wrote.push(typed.trim_end().to_owned());
                    let words = words.to_owned();
                    return Ok(Said::Word(if good { Word::Says(words) } else { Word::SendBack(words) }));
                }
            }
        }
    }
}

/// A slash that begins no message.
fn is_unknown(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("//") && !text.contains('\n')
}

fn hint(good: bool, last: bool) -> &'static str {
    match (good, last) {
        (true, false) => "/accept takes it; or write what should be different. /help lists more.",
        (true, true) => "This was the last turn: /accept takes it, /quit ends without it. /help lists more.",
        (false, false) => "/fix sends that back; or write something that goes with it. /help lists more.",
        // Nobody is asked about it.
        (false, true) => "This was the last turn. /help lists what there is.",
    }
}

fn help(dialog: &mut Dialog<'_>, good: bool) {
    let other = if good { "/fix" } else { "/accept" };
    for (name, what) in COMMANDS.iter().filter(|(name, _)| *name != other) {
        dialog.fact(name, what);
    }
    dialog.say("Anything else goes to the AI. Enter sends it; Alt-Enter, or Enter behind a \\, begins a new line. Up and Down bring back what you wrote.");
}
