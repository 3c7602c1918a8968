//! A line typed by a person: UTF-8, backspace, ^U, ^W, ^L, ^C, ^D, ^Z; keys that send sequences are skipped.
//!
//! The cursor stays at the end, so that echoing is appending and only taking back must know where rows end.

use super::{Echo, Ended, Terminal, Wait};
use crate::ui::escape;
use crate::ui::style::painted_width;
use std::time::Duration;
use unicode_width::UnicodeWidthChar;

/// A line longer than this takes no more characters.
pub(super) const MAX_LINE: usize = 4 << 20;

/// The rest of a sequence of a key comes at once; an escape key alone does not.
pub(super) const SEQUENCE: Duration = Duration::from_millis(30);

pub(super) const BELL: &str = "\x07";

/// The next character; invalid UTF-8 and the sequences of special keys are skipped.
pub(super) fn next(terminal: &mut Terminal, wait: &Wait<'_>) -> Result<char, Ended> {
    loop {
        let first = terminal.byte(wait)?;
        if first == 0x1b {
            skip_sequence(terminal, wait)?;
            continue;
        }
        if let Some(c) = letter(terminal, first, wait)? {
            return Ok(c);
        }
    }
}

/// The letter that begins with this byte; none where that is no UTF-8.
pub(super) fn letter(terminal: &mut Terminal, first: u8, wait: &Wait<'_>) -> Result<Option<char>, Ended> {
    let length = match first {
        0..=0x7f => return Ok(Some(char::from(first))),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Ok(None),
    };
    let mut bytes = vec![first];
    while bytes.len() < length {
        bytes.push(terminal.byte(wait)?);
    }
    Ok(std::str::from_utf8(&bytes).ok().and_then(|s| s.chars().next()))
}

fn skip_sequence(terminal: &mut Terminal, wait: &Wait<'_>) -> Result<(), Ended> {
    if !terminal.more(SEQUENCE)? {
        return Ok(());
    }
    let kind = terminal.byte(wait)?;
    if kind == b'[' {
        while terminal.more(SEQUENCE)? && !(0x40..=0x7e).contains(&terminal.byte(wait)?) {}
    } else if kind == b'O' && terminal.more(SEQUENCE)? {
        terminal.byte(wait)?;
    }
    Ok(())
}

pub(super) fn line(
    terminal: &mut Terminal,
    prompt: &str,
    echo: Echo,
    wait: &Wait<'_>,
) -> Result<String, Ended> {
    let mut typed = Typed { text: String::new(), prompt, echo, out: String::new(), columns: 0, used: 0 };
    typed.columns = terminal.size().columns;
    typed.repaint();
    loop {
        // What was typed is shown once nothing more is waiting, so that a long paste is one write.
        if terminal.pending.is_empty() {
            terminal.print(&std::mem::take(&mut typed.out));
        }
        let key = match next(terminal, wait) {
            Ok(key) => key,
            Err(ended) => {
                terminal.print("\n");
                return Err(ended);
            }
        };
        let columns = terminal.size().columns;
        if columns != typed.columns {
            typed.columns = columns;
            typed.out.push('\n');
            typed.repaint();
        }
        match key {
            '\n' | '\r' => {
                typed.out.push('\n');
                terminal.print(&typed.out);
                return Ok(typed.text);
            }
            '\u{3}' => {
                terminal.print(&format!("{}^C\n", typed.out));
                return Err(Ended::Interrupted);
            }
            '\u{4}' if typed.text.is_empty() => {
                terminal.print(&format!("{}\n", typed.out));
                return Err(Ended::End);
            }
            '\u{8}' | '\u{7f}' => typed.take_back(|_| false),
            '\u{15}' => typed.take_back(|_| true),
            '\u{17}' => {
                let keep = typed.text.trim_end().rfind(char::is_whitespace).map_or(0, |i| i + 1);
                typed.take_back(|rest| rest.len() > keep);
            }
            '\u{c}' => {
                typed.out.push('\n');
                typed.repaint();
            }
            '\u{1a}' => {
                terminal.stop_process();
                typed.out.push('\n');
                typed.repaint();
            }
            '\t' => typed.add('\t'),
            c if c.is_control() => {}
            _ if typed.text.len() >= MAX_LINE => typed.out.push_str(BELL),
            c => typed.add(c),
        }
    }
}

struct Typed<'a> {
    text: String,
    prompt: &'a str,
    echo: Echo,
    /// Not yet on the terminal.
    out: String,
    columns: usize,
    /// Columns from the start of the prompt to the cursor, over all rows.
    used: usize,
}

impl Typed<'_> {
    fn repaint(&mut self) {
        self.out.push_str(self.prompt);
        self.used = painted_width(self.prompt);
        if self.echo == Echo::Shown {
            for c in std::mem::take(&mut self.text).chars() {
                self.add(c);
            }
        }
    }

    fn add(&mut self, c: char) {
        self.text.push(c);
        if self.echo == Echo::Hidden {
            return;
        }
        for shown in shown(c).chars() {
            let width = shown.width().unwrap_or(0);
            // A wide character that does not fit leaves the last column empty.
            if self.columns > 1 && width == 2 && self.used % self.columns == self.columns - 1 {
                self.used += 1;
            }
            self.out.push(shown);
            self.used += width;
            if width > 0 && self.used.is_multiple_of(self.columns) {
                // Leaves the last column now rather than with the next character, so that `used` says where we are.
                self.out.push_str(" \r");
            }
        }
    }

    /// Removes the last letter, and further ones while `more` of what is left says so.
    fn take_back(&mut self, more: impl Fn(&str) -> bool) {
        loop {
            while let Some(c) = self.text.pop() {
                if c.width() != Some(0) {
                    break;
                }
            }
            if self.text.is_empty() || !more(&self.text) {
                break;
            }
        }
        if self.echo == Echo::Hidden {
            return;
        }
        let rows = self.used / self.columns.max(1);
        if rows > 0 {
            self.out.push_str(&format!("\x1b[{rows}A"));
        }
        self.out.push_str("\r\x1b[J");
        self.repaint();
    }
}

pub(super) fn shown(c: char) -> String {
    if c == '\t' { String::from("    ") } else { escape::line(c.encode_utf8(&mut [0; 4])) }
}
