//! Markdown that comes in piece by piece: blocks that are over stay as they are; below them the one that is not, as far
//! as it is there.

use super::{lines, over, render};
use crate::ui::live::Live;
use crate::ui::style::Style;
use crate::ui::terminal::Size;

/// Rows of the screen that are not for the block that is not over.
const SPARE: usize = 4;

pub struct Stream {
    style: Style,
    /// Before each row.
    bar: String,
    /// How much of the text stands there for good.
    done: usize,
    /// Whether anything does.
    any: bool,
    live: Live,
}

impl Stream {
    pub fn new(style: Style, bar: &str) -> Stream {
        Stream { style, bar: bar.to_owned(), done: 0, any: false, live: Live::default() }
    }

    /// What shows all that has come in so far.
    pub fn hears(&mut self, text: &str, size: Size) -> String {
        let text = &*lines(text);
        let mut out = self.keep(text, self.done + over(self.rest(text)), size);
        let mut rows = self.rows(self.rest(text), size);
        // The end of it, where it is longer than the screen: all of it is shown when it is over.
        rows.drain(..rows.len().saturating_sub(size.rows.saturating_sub(SPARE).max(1)));
        out.push_str(&self.live.show(rows, size.columns));
        out
    }

    /// What shows the whole text, which is all.
    pub fn ends(&mut self, text: &str, size: Size) -> String {
        let text = &*lines(text);
        let mut out = self.keep(text, text.len(), size);
        out.push_str(&self.live.clear(size.columns));
        (self.done, self.any) = (0, false);
        out
    }

    /// Rows of somebody else that stand there until more comes in.
    pub fn waits(&mut self, rows: Vec<String>, size: Size) -> String {
        self.live.show(rows, size.columns)
    }

    /// There will be no more of it: what has come in stands there, and something else may begin.
    pub fn breaks_off(&mut self, size: Size) -> String {
        (self.done, self.any) = (0, false);
        self.live.clear(size.columns)
    }

    fn rest<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.done..).unwrap_or_default()
    }

    fn keep(&mut self, text: &str, end: usize, size: Size) -> String {
        let Some(part) = text.get(self.done..end).filter(|part| !part.is_empty()) else {
            return String::new();
        };
        let rows = self.rows(part, size);
        self.done = end;
        if rows.is_empty() {
            return String::new();
        }
        self.any = true;
        let out = self.live.show(rows, size.columns);
        self.live.keep();
        out
    }

    fn rows(&self, text: &str, size: Size) -> Vec<String> {
        let room = size.columns.saturating_sub(self.bar.chars().count() + 1);
        let mut rows = render(text, room, self.style);
        if self.any && !rows.is_empty() {
            rows.insert(0, String::new());
        }
        rows.iter().map(|row| format!("{}{row}", self.bar).trim_end().to_owned()).collect()
    }
}
