//! A conversation in the house's form: headings, evidence behind a bar, questions at the start of a line.
//!
//! Everything from outside stands behind a bar, so that no evidence can look like a question of wflow's own.

use super::style::{Paint, Style};
use super::terminal::{Echo, Ended, Terminal, Wait};
use super::{escape, pager};

pub struct Dialog<'a> {
    pub terminal: Terminal,
    pub style: Style,
    pub wait: Wait<'a>,
}

impl<'a> Dialog<'a> {
    /// Waits until nobody else speaks with the person. `Gone` where there is no controlling terminal.
    pub fn open(wait: Wait<'a>) -> Result<Dialog<'a>, Ended> {
        Ok(Dialog { terminal: Terminal::open(&wait)?, style: Style::for_terminal(), wait })
    }

    /// A line that separates what follows from what was there.
    pub fn heading(&mut self, text: &str) {
        let rule = if self.style.unicode { "─" } else { "-" };
        let text = escape::line(text);
        let room = self.terminal.size().columns.min(100).saturating_sub(escape::width(&text) + 5);
        let line = format!("{rule}{rule} {} {}", self.style.paint(Paint::Bold, &text), rule.repeat(room));
        self.terminal.print(&format!("\n{line}\n"));
    }

    /// A line of wflow's own words; what comes from outside in it is escaped.
    pub fn say(&mut self, text: &str) {
        for row in escape::wrap_words(&escape::line(text), self.terminal.size().columns) {
            self.terminal.println(&row);
        }
    }

    pub fn painted(&mut self, paint: Paint, text: &str) {
        for row in escape::wrap_words(&escape::line(text), self.terminal.size().columns) {
            self.terminal.println(&self.style.paint(paint, &row));
        }
    }

    /// Name and text of a fact, texts below each other.
    pub fn fact(&mut self, name: &str, text: &str) {
        let name = self.style.paint(Paint::Dim, &format!("{name:<10}"));
        let room = self.terminal.size().columns.saturating_sub(11);
        for (i, row) in escape::wrap_words(&escape::line(text), room.max(20)).into_iter().enumerate() {
            let start = if i == 0 { name.clone() } else { " ".repeat(10) };
            self.terminal.println(&format!("{start} {row}"));
        }
    }

    /// Text from outside, whole, behind the bar, without pages.
    pub fn quote(&mut self, text: &str) {
        let bar = self.style.bar();
        let room = self.terminal.size().columns.saturating_sub(escape::width(bar)).max(8);
        for line in escape::block(text) {
            for row in escape::wrap(&line, room) {
                self.terminal.println(&format!("{bar}{row}"));
            }
        }
    }

    /// Safe lines from outside, in pages where they are long; says whether the end was shown.
    pub fn pages(&mut self, lines: &[String]) -> Result<bool, Ended> {
        let bar = self.style.bar();
        pager::show(&mut self.terminal, self.style, lines, bar, 8, &self.wait)
    }

    /// A line typed now: what was typed before the question was shown is forgotten.
    pub fn ask(&mut self, prompt: &str) -> Result<String, Ended> {
        self.terminal.drain();
        self.next_line(prompt)
    }

    /// The same, ended by a further cause.
    pub fn ask_until(&mut self, prompt: &str, stop: &(dyn Fn() -> bool + Sync)) -> Result<String, Ended> {
        self.terminal.drain();
        let prompt = self.style.paint(Paint::Accent, &escape::line(prompt));
        let wait = Wait { until: self.wait.until, stop: Some(stop) };
        self.terminal.line(&prompt, Echo::Shown, &wait)
    }

    /// A further line of something longer: what was pasted along with the line before counts.
    pub fn next_line(&mut self, prompt: &str) -> Result<String, Ended> {
        let prompt = self.style.paint(Paint::Accent, &escape::line(prompt));
        self.terminal.line(&prompt, Echo::Shown, &self.wait)
    }

    /// A line that is not shown while it is typed.
    pub fn ask_hidden(&mut self, prompt: &str) -> Result<String, Ended> {
        self.terminal.drain();
        let prompt = self.style.paint(Paint::Accent, &escape::line(prompt));
        self.terminal.line(&prompt, Echo::Hidden, &self.wait)
    }

    /// `y` or `n`, in full or not; anything else is asked again.
    pub fn yes_or_no(&mut self, question: &str) -> Result<bool, Ended> {
        loop {
            match self.ask(&format!("{question} (y/n) "))?.trim().to_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => self.say("Please answer y or n."),
            }
        }
    }
}
