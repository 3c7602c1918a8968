//! The letters of a paragraph with how each looks, broken into rows.

use crate::ui::escape::Escaper;
use crate::ui::style::Style;
use unicode_width::UnicodeWidthChar;

/// How a letter looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    pub bold: bool,
    pub italic: bool,
    pub dim: bool,
    pub accent: bool,
    pub underlined: bool,
}

impl Look {
    pub const DIM: Look = Look { dim: true, bold: false, italic: false, accent: false, underlined: false };

    fn codes(self) -> String {
        let all = [
            (self.bold, "1"),
            (self.dim, "2"),
            (self.italic, "3"),
            (self.underlined, "4"),
            (self.accent, "36"),
        ];
        all.into_iter().filter(|(on, _)| *on).map(|(_, code)| code).collect::<Vec<_>>().join(";")
    }
}

/// Safe letters.
#[derive(Debug, Clone, Default)]
pub struct Letters {
    all: Vec<(char, Look)>,
    escaper: Escaper,
}

impl Letters {
    /// Text from outside.
    pub fn push(&mut self, text: &str, look: Look) {
        let mut safe = String::new();
        for c in text.chars() {
            // White space of a paragraph is a space, whatever it was.
            let c = if matches!(c, '\n' | '\t' | '\r') { ' ' } else { c };
            self.escaper.push(&mut safe, c);
            self.all.extend(safe.drain(..).map(|c| (c, look)));
        }
    }

    /// Letters that are safe already.
    pub fn append(&mut self, other: &Letters) {
        self.all.extend(&other.all);
    }

    /// Ends a row.
    pub fn end_row(&mut self) {
        self.all.push(('\n', Look::default()));
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub fn width(&self) -> usize {
        self.all.iter().map(|(c, _)| wide(*c)).sum()
    }

    /// As it is, in one row.
    pub fn in_one(&self, style: Style) -> String {
        painted(&self.all, style)
    }

    /// Rows of at most `columns`, broken between words where they can be.
    pub fn rows(&self, columns: usize, style: Style) -> Vec<String> {
        let mut rows = Vec::new();
        for line in self.all.split(|(c, _)| *c == '\n') {
            let mut row: Vec<(char, Look)> = Vec::new();
            let mut used = 0;
            for word in line.split_inclusive(|(c, _)| *c == ' ') {
                let ends = word.iter().rposition(|(c, _)| *c != ' ').map_or(0, |at| at + 1);
                let width: usize = word[..ends].iter().map(|(c, _)| wide(*c)).sum();
                if used > 0 && used + width > columns {
                    rows.push(painted(trimmed(&row), style));
                    (row, used) = (Vec::new(), 0);
                }
                for letter in word {
                    // A word that is longer than a row, or the space behind one that fills it.
                    if used + wide(letter.0) > columns && used > 0 {
                        rows.push(painted(trimmed(&row), style));
                        (row, used) = (Vec::new(), 0);
                        if letter.0 == ' ' {
                            continue;
                        }
                    }
                    row.push(*letter);
                    used += wide(letter.0);
                }
            }
            rows.push(painted(trimmed(&row), style));
        }
        while rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }
}

fn trimmed(row: &[(char, Look)]) -> &[(char, Look)] {
    &row[..row.iter().rposition(|(c, _)| *c != ' ').map_or(0, |at| at + 1)]
}

fn wide(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// Letters of one look share one sequence.
fn painted(row: &[(char, Look)], style: Style) -> String {
    let mut out = String::new();
    for run in row.chunk_by(|a, b| a.1 == b.1) {
        let text: String = run.iter().map(|(c, _)| *c).collect();
        let codes = run[0].1.codes();
        if codes.is_empty() || !style.color {
            out.push_str(&text);
        } else {
            out.push_str(&format!("\x1b[{codes}m{text}\x1b[0m"));
        }
    }
    out
}
