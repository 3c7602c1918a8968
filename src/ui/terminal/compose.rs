//! A text of one line or several, typed by a person: a cursor that moves, earlier texts with the arrow keys, pastes.
//!
//! Each change is drawn anew from the first row, at most as many rows as the terminal has; no row reaches the last
//! column, so where the cursor stands is always known.

use super::editor::{BELL, MAX_LINE, shown};
use super::keys::{self, Key};
use super::{Ended, Size, Terminal, Wait};
use crate::ui::signals;
use crate::ui::style::painted_width;
use unicode_width::UnicodeWidthChar;

const PASTES_MARKED: &str = "\x1b[?2004h";

pub(super) fn text(
    terminal: &mut Terminal,
    prompt: &str,
    earlier: &[String],
    wait: &Wait<'_>,
) -> Result<String, Ended> {
    signals::marks_pastes(true);
    terminal.print(PASTES_MARKED);
    let mut draft = Draft::new(prompt, earlier);
    let ended = draft.edit(terminal, wait);
    // What stands there stays, and what follows stands below it.
    draft.cursor = draft.text.len();
    draft.draw(terminal);
    if let Err(Ended::Interrupted) = ended {
        terminal.print("^C");
    }
    terminal.print(signals::PASTES_UNMARKED);
    terminal.print("\n");
    signals::marks_pastes(false);
    ended.map(|()| draft.text.iter().collect())
}

struct Draft<'a> {
    prompt: &'a str,
    text: Vec<char>,
    cursor: usize,
    earlier: &'a [String],
    /// Which of the earlier texts is shown; their number for the new one.
    at: usize,
    /// The new one, while an earlier one is shown.
    new: Vec<char>,
    /// Above the row of the cursor, of what is drawn.
    above: usize,
}

impl<'a> Draft<'a> {
    fn new(prompt: &'a str, earlier: &'a [String]) -> Draft<'a> {
        let (text, new) = (Vec::new(), Vec::new());
        Draft { prompt, text, cursor: 0, earlier, at: earlier.len(), new, above: 0 }
    }

    fn edit(&mut self, terminal: &mut Terminal, wait: &Wait<'_>) -> Result<(), Ended> {
        loop {
            // Drawn once nothing more is waiting, so that what comes at once is drawn at once.
            if terminal.pending.is_empty() {
                self.draw(terminal);
            }
            match keys::next(terminal, wait)? {
                Key::Enter if self.cursor > 0 && self.text[self.cursor - 1] == '\\' => {
                    self.text[self.cursor - 1] = '\n';
                }
                Key::Enter => return Ok(()),
                Key::NewLine => self.insert("\n", terminal),
                Key::Pasted(text) => self.insert(&text, terminal),
                Key::Letter('\u{3}') => return Err(Ended::Interrupted),
                Key::Letter('\u{4}') if self.text.is_empty() => return Err(Ended::End),
                Key::Letter('\u{4}') | Key::Delete => self.remove(self.cursor, self.cursor + 1),
                Key::Letter('\u{1a}') => {
                    terminal.print(signals::PASTES_UNMARKED);
                    terminal.stop_process();
                    terminal.print(PASTES_MARKED);
                    self.above = 0;
                }
                Key::Letter('\u{c}') => {
                    terminal.print("\x1b[2J\x1b[H");
                    self.above = 0;
                }
                Key::Letter('\u{8}' | '\u{7f}') => self.remove(self.before(), self.cursor),
                Key::Letter('\u{15}') => self.remove(self.line_start(), self.cursor),
                Key::Letter('\u{b}') => self.remove(self.cursor, self.line_end()),
                Key::Letter('\u{17}') => self.remove(self.word_left(), self.cursor),
                Key::Letter('\u{1}') | Key::Home => self.cursor = self.line_start(),
                Key::Letter('\u{5}') | Key::End => self.cursor = self.line_end(),
                Key::Letter('\u{2}') | Key::Left => self.cursor = self.before(),
                Key::Letter('\u{6}') | Key::Right => self.cursor = self.after(),
                Key::WordLeft => self.cursor = self.word_left(),
                Key::WordRight => self.cursor = self.word_right(),
                Key::Letter('\u{10}') | Key::Up => self.up(),
                Key::Letter('\u{e}') | Key::Down => self.down(),
                Key::Letter('\t') => self.insert("\t", terminal),
                Key::Letter(c) if c.is_control() => {}
                Key::Letter(c) => self.insert(c.encode_utf8(&mut [0; 4]), terminal),
                Key::Unknown => {}
            }
        }
    }

    fn insert(&mut self, text: &str, terminal: &mut Terminal) {
        let new: Vec<char> = text.chars().collect();
        if self.text.len() + new.len() > MAX_LINE {
            return terminal.print(BELL);
        }
        let length = new.len();
        self.text.splice(self.cursor..self.cursor, new);
        self.cursor += length;
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.drain(from..to.min(self.text.len()).max(from));
        self.cursor = from;
    }

    /// Marks belong to the letter before them.
    fn before(&self) -> usize {
        let mut at = self.cursor;
        while at > 0 {
            at -= 1;
            if self.text[at].width() != Some(0) {
                break;
            }
        }
        at
    }

    fn after(&self) -> usize {
        let mut at = (self.cursor + 1).min(self.text.len());
        while at < self.text.len() && self.text[at].width() == Some(0) {
            at += 1;
        }
        at
    }

    fn line_start(&self) -> usize {
        self.text[..self.cursor].iter().rposition(|c| *c == '\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        let rest = self.text[self.cursor..].iter().position(|c| *c == '\n');
        rest.map_or(self.text.len(), |at| self.cursor + at)
    }

    fn word_left(&self) -> usize {
        let before = &self.text[..self.cursor];
        let end = before.iter().rposition(|c| !c.is_whitespace()).map_or(0, |at| at + 1);
        before[..end].iter().rposition(|c| c.is_whitespace()).map_or(0, |at| at + 1)
    }

    fn word_right(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let start = rest.iter().position(|c| !c.is_whitespace()).unwrap_or(rest.len());
        let end = rest[start..].iter().position(|c| c.is_whitespace());
        end.map_or(self.text.len(), |end| self.cursor + start + end)
    }

    /// To the line above, or from the first one to the text before.
    fn up(&mut self) {
        let start = self.line_start();
        if start > 0 {
            let column = self.cursor - start;
            self.cursor = start - 1;
            let above = self.line_start();
            self.cursor = (above + column).min(start - 1);
        } else if self.at > 0 {
            self.recall(self.at - 1);
        }
    }

    fn down(&mut self) {
        let end = self.line_end();
        if end < self.text.len() {
            let column = self.cursor - self.line_start();
            self.cursor = end + 1;
            self.cursor = (end + 1 + column).min(self.line_end());
        } else if self.at < self.earlier.len() {
            self.recall(self.at + 1);
        }
    }

    fn recall(&mut self, at: usize) {
        if self.at == self.earlier.len() {
            self.new = std::mem::take(&mut self.text);
        }
        self.at = at;
        self.text = self.earlier.get(at).map_or_else(|| self.new.clone(), |text| text.chars().collect());
        self.cursor = self.text.len();
    }

    fn draw(&mut self, terminal: &mut Terminal) {
        let Size { columns, rows } = terminal.size();
        let (all, (row, column)) = self.layout(columns);
        // Around the cursor, where there are more than the screen has.
        let most = rows.saturating_sub(1).max(1);
        let first = (row + 1).saturating_sub(most);
        let last = all.len().min(first + most);
        let mut out = String::new();
        if self.above > 0 {
            out.push_str(&format!("\x1b[{}A", self.above));
        }
        out.push_str("\r\x1b[J");
        out.push_str(&all[first..last].join("\n"));
        let below = last - 1 - row;
        if below > 0 {
            out.push_str(&format!("\x1b[{below}A"));
        }
        out.push('\r');
        if column > 0 {
            out.push_str(&format!("\x1b[{column}C"));
        }
        self.above = row - first;
        terminal.print(&out);
    }

    /// The rows, and the row and column of the cursor.
    fn layout(&self, columns: usize) -> (Vec<String>, (usize, usize)) {
        let room = columns.saturating_sub(1).max(2);
        let mut rows = vec![self.prompt.to_owned()];
        let mut column = painted_width(self.prompt);
        let mut cursor = (0, column);
        for (at, c) in self.text.iter().enumerate() {
            let piece = if *c == '\n' { String::new() } else { shown(*c) };
            let width: usize = piece.chars().map(|c| c.width().unwrap_or(0)).sum();
            if column + width > room {
                rows.push(String::new());
                column = 0;
            }
            if at == self.cursor {
                cursor = (rows.len() - 1, column);
            }
            if let Some(row) = rows.last_mut() {
                row.push_str(&piece);
            }
            column += width;
            if *c == '\n' {
                rows.push(String::from(MORE));
                column = MORE.len();
            }
        }
        if self.cursor == self.text.len() {
            cursor = (rows.len() - 1, column);
        }
        (rows, cursor)
    }
}

/// Before further lines.
const MORE: &str = "  ";
