//! Rows at the bottom of a terminal that are drawn anew as what they show changes.

use super::style::painted_width;

/// The cursor stands on the row below them.
#[derive(Debug, Default)]
pub struct Live {
    rows: Vec<String>,
}

impl Live {
    /// What lets these rows stand where others stood; those that are the same stay. On a terminal with so many columns.
    pub fn show(&mut self, rows: Vec<String>, columns: usize) -> String {
        let same = self.rows.iter().zip(&rows).take_while(|(a, b)| a == b).count();
        let mut out = self.back_to(same, columns);
        for row in &rows[same..] {
            out.push_str(row);
            out.push('\n');
        }
        self.rows = rows;
        out
    }

    /// They stay as they are; others will stand below them.
    pub fn keep(&mut self) {
        self.rows.clear();
    }

    /// What takes them off.
    pub fn clear(&mut self, columns: usize) -> String {
        let out = self.back_to(0, columns);
        self.rows.clear();
        out
    }

    fn back_to(&self, kept: usize, columns: usize) -> String {
        let width = |row: &String| painted_width(row).div_ceil(columns.max(1)).max(1);
        match self.rows[kept..].iter().map(width).sum::<usize>() {
            0 => String::new(),
            // A terminal made narrower since has broken the rows.
            rows => format!("\x1b[{rows}A\r\x1b[J"),
        }
    }
}
