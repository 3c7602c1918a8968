//! The conversation on the terminal: everything that the AI says stands behind a bar, so that none of it can look like a
//! question of wflow's own.

use super::{About, Partner, Said};
use crate::effects::form;
use crate::effects::permission::{self, Permission, Wish};
use crate::interpreter::{Exchange, Offer};
use crate::ui::dialog::Dialog;
use crate::ui::markdown::{self, Stream};
use crate::ui::style::{Paint, Style, Symbol};
use crate::ui::terminal::{Ended, Terminal, Wait};
use crate::ui::{escape, json};
use serde_json::Value as Json;

/// Of the question, at the beginning; `/question` shows all of it.
const LINES: usize = 8;

pub struct Screen {
    /// Absent only while a dialog has it.
    terminal: Option<Terminal>,
    pub(super) style: Style,
    pub(super) about: About,
    stream: Stream,
    /// The terminal only ever shows more: an answer appears when it is whole.
    pub(super) plain: bool,
    /// How many exchanges of the past stand on the screen; none before the heading does.
    shown: Option<usize>,
    /// What has come in of the answer, or of what is said before it.
    heard: String,
    /// The answer of the turn under way stands on the screen.
    answered: bool,
    /// What was said in an earlier process has just been shown.
    resumed: bool,
    /// What the person wrote in this process, for the arrow keys.
    pub(super) wrote: Vec<String>,
}

impl Screen {
    /// Waits until nobody else speaks with the person. `Gone` where there is no terminal.
    pub fn open(about: About, stop: &(dyn Fn() -> bool + Sync)) -> Result<Screen, Ended> {
        let mut terminal = Terminal::open(&Wait { until: None, stop: Some(stop) })?;
        let style = Style::for_terminal();
        terminal.rest();
        let stream = Stream::new(style, style.bar());
        let (terminal, plain) = (Some(terminal), !Style::moves());
        Ok(Screen {
            plain,
            terminal,
            style,
            about,
            stream,
            shown: None,
            heard: String::new(),
            answered: false,
            resumed: false,
            wrote: Vec::new(),
        })
    }

    /// Lends the terminal to a dialog.
    pub(super) fn dialog<'w, T>(
        &mut self,
        wait: Wait<'w>,
        hold: impl FnOnce(&mut Dialog<'w>, &mut Screen) -> T,
    ) -> Option<T> {
        let mut dialog = Dialog { terminal: self.terminal.take()?, style: self.style, wait };
        let held = hold(&mut dialog, self);
        self.terminal = Some(dialog.terminal);
        Some(held)
    }

    /// Rows that stand there until there is an answer.
    fn holds(&mut self, rows: Vec<String>) {
        match (&mut self.terminal, self.plain) {
            (Some(terminal), true) => rows.iter().for_each(|row| terminal.println(row)),
            _ => self.print(|stream, size| stream.waits(rows, size)),
        }
    }

    fn print(&mut self, draw: impl FnOnce(&mut Stream, crate::ui::terminal::Size) -> String) {
        if let Some(terminal) = &mut self.terminal {
            let text = draw(&mut self.stream, terminal.size());
            terminal.print(&text);
        }
    }

    /// The heading, and what was said before this process or before this turn.
    fn catch_up(&mut self, before: &[Exchange]) {
        self.dialog(Wait::default(), |dialog, screen| {
            let again = screen.shown.is_none() && !before.is_empty();
            if screen.shown.is_none() {
                screen.heading(dialog);
            }
            screen.resumed = again;
            if again {
                dialog.painted(Paint::Dim, "What was said before:");
            }
            for exchange in before.iter().skip(screen.shown.unwrap_or(0)) {
                if again {
                    dialog.terminal.println("");
                    screen.answer(dialog, &exchange.answer, None);
                    screen.words(dialog, exchange);
                    screen.wrote.extend(Some(exchange.words.clone()).filter(|w| !w.is_empty()));
                }
            }
            screen.shown = Some(before.len());
        });
    }

    fn heading(&self, dialog: &mut Dialog<'_>) {
        dialog.heading(&format!("Conversation with {}", self.about.who));
        let lines = escape::block(self.about.prompt.trim());
        for (i, line) in lines.iter().take(LINES).enumerate() {
            dialog.fact(if i == 0 { "question" } else { "" }, line);
        }
        if lines.len() > LINES {
            dialog.fact("", &format!("{} (/question shows all of it)", self.style.symbol(Symbol::Waiting)));
        }
        let names = |all: Vec<&str>| all.join(", ");
        if !self.about.data.is_empty() {
            dialog.fact("with", &names(self.about.data.iter().map(|(name, _)| name.as_str()).collect()));
        }
        if !self.about.context.is_empty() {
            dialog.fact("context", &names(self.about.context.iter().map(String::as_str).collect()));
        }
        if let Some(name) = &self.about.type_name {
            dialog.fact("wanted", name);
        }
    }

    /// What the person said then.
    fn words(&self, dialog: &mut Dialog<'_>, exchange: &Exchange) {
        let words = match exchange.words.as_str() {
            "" => "(what is wrong with it was sent back)",
            words => words,
        };
        for (i, line) in escape::block(words).iter().enumerate() {
            let prompt = if i == 0 { "you> " } else { "     " };
            dialog.terminal.println(&format!("{}{line}", self.style.paint(Paint::Accent, prompt)));
        }
    }

    /// An answer that stands before the person, unless it stands there already, with what is to be known of it.
    fn put(&mut self, dialog: &mut Dialog<'_>, offer: &Offer<'_>) {
        if !std::mem::replace(&mut self.answered, true) {
            if self.resumed {
                dialog.terminal.println("");
            }
            self.answer(dialog, offer.answer, offer.value);
        }
        if !offer.leniencies.is_empty() {
            dialog.painted(Paint::Dim, &format!("read leniently: {}", offer.leniencies.join(", ")));
        }
        if !offer.wrong.is_empty() {
            dialog.painted(Paint::Warn, "This answer cannot be accepted:");
            offer.wrong.iter().for_each(|reason| dialog.quote(form::of_a_person(reason)));
        }
    }

    /// An answer, whole: a value in a readable form, anything else as Markdown.
    pub(super) fn answer(&self, dialog: &mut Dialog<'_>, answer: &str, value: Option<&Json>) {
        if answer.is_empty() {
            return dialog.painted(Paint::Dim, "(no answer)");
        }
        let bar = self.style.bar();
        for row in self.answer_rows(answer, value, dialog.terminal.size().columns) {
            dialog.terminal.println(format!("{bar}{row}").trim_end());
        }
    }

    pub(super) fn answer_rows(&self, answer: &str, value: Option<&Json>, columns: usize) -> Vec<String> {
        let room = columns.saturating_sub(3);
        let typed = self.about.type_name.is_some();
        let alone = serde_json::from_str::<Json>(answer).ok().filter(|_| typed);
        let mut rows = match (&alone, value) {
            // What stands around the value, or in its place.
            (None, _) => markdown::render(answer, room, self.style),
            (Some(other), None) => wrapped(json::pretty(other, room.min(110)), room),
            (Some(_), Some(_)) => Vec::new(),
        };
        if let Some(value) = value {
            if !rows.is_empty() {
                let said = format!("{}, as it was read:", self.about.type_name.as_deref().unwrap_or("value"));
                rows.extend([String::new(), self.style.paint(Paint::Dim, &escape::line(&said))]);
            }
            rows.extend(wrapped(json::pretty(value, room.min(110)), room));
        }
        rows
    }

    /// All that was asked, to the letter.
    pub(super) fn question_rows(&self, columns: usize) -> Vec<String> {
        let mut rows = Vec::new();
        if let Some(system) = &self.about.system {
            rows.push(String::from("Who it is:"));
            rows.extend(escape::block(system).into_iter().map(|line| format!("  {line}")));
            rows.extend([String::new(), String::from("Question:")]);
        }
        rows.extend(escape::block(&self.about.prompt).into_iter().map(|line| format!("  {line}")));
        for (name, value) in &self.about.data {
            rows.extend([String::new(), format!("Data `{}`:", escape::line(name))]);
            let lines = match value {
                Json::String(text) => escape::block(text),
                other => json::pretty(other, columns.saturating_sub(6).min(110)),
            };
            rows.extend(lines.into_iter().map(|line| format!("  {line}")));
        }
        rows
    }
}

fn wrapped(lines: Vec<String>, room: usize) -> Vec<String> {
    lines.iter().flat_map(|line| escape::wrap_words(line, room)).collect()
}

impl Partner for Screen {
    fn begins(&mut self, turn: i64, before: &[Exchange]) {
        self.catch_up(before);
        self.heard.clear();
        self.answered = false;
        if let Some(terminal) = &mut self.terminal {
            terminal.println("");
        }
        let who = &self.about.who;
        let text = match turn {
            1 => format!("{who} answers {}", self.style.symbol(Symbol::Waiting)),
            _ => format!("{who} answers again {}", self.style.symbol(Symbol::Waiting)),
        };
        let row = self.style.paint(Paint::Dim, &escape::line(&text));
        self.holds(vec![row]);
    }

    fn hears(&mut self, text: &str) {
        self.heard = text.to_owned();
        let typed = self.about.type_name.is_some();
        let style = self.style;
        if self.plain {
            return;
        }
        self.print(|stream, size| match typed {
            // The value is shown in its form when it is there.
            true => {
                let row =
                    format!("{}{}", style.bar(), style.paint(Paint::Dim, &last_part(text, size.columns)));
                stream.waits(vec![row], size)
            }
            false => stream.hears(text, size),
        });
    }

    fn waits(&mut self, why: &str) {
        let columns = self.terminal.as_ref().map_or(80, |t| t.size().columns);
        let rows = escape::wrap_words(&escape::line(why), columns.saturating_sub(1));
        let rows = rows.iter().map(|row| self.style.paint(Paint::Warn, row)).collect();
        self.print(Stream::breaks_off);
        self.holds(rows);
    }

    fn ends(&mut self, text: Option<&str>) {
        // An answer that is not what was heard is put before the person anew.
        let text = text.filter(|t| self.about.type_name.is_none() && t.starts_with(&self.heard));
        self.heard.clear();
        self.answered = text.is_some();
        self.print(|stream, size| match text {
            Some(text) => stream.ends(text, size),
            None => stream.breaks_off(size),
        });
    }

    fn does(&mut self, what: &str) {
        let heard = std::mem::take(&mut self.heard);
        let typed = self.about.type_name.is_some();
        let row = self.style.paint(Paint::Dim, &escape::line(what));
        self.print(|stream, size| {
            let before = if typed { stream.breaks_off(size) } else { stream.ends(&heard, size) };
            before + &stream.waits(vec![row], size)
        });
    }

    fn permits(&mut self, wish: &Wish<'_>, stop: &(dyn Fn() -> bool + Sync)) -> Result<Permission, Ended> {
        self.print(|stream, size| stream.breaks_off(size));
        let wait = Wait { until: None, stop: Some(stop) };
        let said = self.dialog(wait, |dialog, _| {
            dialog.terminal.wake()?;
            let said = permission::put(dialog, wish);
            dialog.terminal.rest();
            said
        });
        said.unwrap_or(Err(Ended::Gone))
    }

    fn shows(&mut self, offer: &Offer<'_>) {
        self.catch_up(offer.before);
        self.dialog(Wait::default(), |dialog, screen| screen.put(dialog, offer));
    }

    fn asks(&mut self, offer: &Offer<'_>, stop: &(dyn Fn() -> bool + Sync)) -> Result<Said, Ended> {
        self.catch_up(offer.before);
        let wait = Wait { until: None, stop: Some(stop) };
        let said = self.dialog(wait, |dialog, screen| {
            dialog.terminal.wake()?;
            screen.put(dialog, offer);
            let said = screen.turn(dialog, offer);
            dialog.terminal.rest();
            said
        });
        // The next answer comes after it.
        self.shown = Some(offer.before.len() + 1);
        said.unwrap_or(Err(Ended::Gone))
    }
}

/// What came last, in one row.
fn last_part(text: &str, columns: usize) -> String {
    let room = columns.saturating_sub(24).max(8);
    let start = text.char_indices().rev().nth(room - 1).map_or(0, |(at, _)| at);
    let part = escape::line(&text[start..].split_whitespace().collect::<Vec<_>>().join(" "));
    escape::fit(&format!("{} characters  {part}", text.chars().count()), columns.saturating_sub(4))
}
