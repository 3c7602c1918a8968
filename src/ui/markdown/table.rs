//! A table: side by side where it fits, otherwise each row as a list of its cells.

use super::inline::{Letters, Look};
use crate::ui::style::Style;
use pulldown_cmark::Alignment;

#[derive(Default)]
pub struct Table {
    pub alignments: Vec<Alignment>,
    /// The first is the head.
    pub rows: Vec<Vec<Letters>>,
}

impl Table {
    pub fn render(&self, columns: usize, style: Style) -> Vec<String> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width_of = |row: &Vec<Letters>, i: usize| row.get(i).map_or(0, Letters::width);
        let widths: Vec<usize> =
            (0..count).map(|i| self.rows.iter().map(|row| width_of(row, i)).max().unwrap_or(0)).collect();
        let whole = widths.iter().sum::<usize>() + 3 * count.saturating_sub(1);
        if whole <= columns { self.grid(&widths, style) } else { self.list(columns, style) }
    }

    fn grid(&self, widths: &[usize], style: Style) -> Vec<String> {
        let (bar, rule, cross) =
            if style.unicode { (" │ ", "─", "─┼─") } else { (" | ", "-", "-+-") };
        let mut out = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            let cells = widths.iter().enumerate().map(|(i, width)| {
                let cell = row.get(i).cloned().unwrap_or_default();
                let room = width.saturating_sub(cell.width());
                let before = match self.alignments.get(i) {
                    Some(Alignment::Right) => room,
                    Some(Alignment::Center) => room / 2,
                    _ => 0,
                };
                format!("{}{}{}", " ".repeat(before), cell.in_one(style), " ".repeat(room - before))
            });
            out.push(cells.collect::<Vec<_>>().join(bar).trim_end().to_owned());
            if number == 0 {
                out.push(widths.iter().map(|w| rule.repeat(*w)).collect::<Vec<_>>().join(cross));
            }
        }
        out
    }

    fn list(&self, columns: usize, style: Style) -> Vec<String> {
        let Some((head, rows)) = self.rows.split_first() else { return Vec::new() };
        let mut out = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                out.push(String::new());
            }
            for (i, cell) in row.iter().enumerate() {
                let mut letters = head.get(i).cloned().unwrap_or_default();
                letters.push(": ", Look::DIM);
                letters.append(cell);
                out.extend(letters.rows(columns, style));
            }
        }
        if rows.is_empty() {
            out.extend(head.iter().flat_map(|cell| cell.rows(columns, style)));
        }
        out
    }
}
