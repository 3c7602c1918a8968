//! Columns of text, as wide as they must be and as the terminal allows.

use super::escape;

/// Cells are escaped when they are added.
#[derive(Debug, Default, Clone)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    right: Vec<usize>,
}

impl Table {
    pub fn new<const N: usize>(header: [&str; N]) -> Table {
        Table { header: header.iter().map(|h| escape::line(h)).collect(), ..Table::default() }
    }

    /// Columns (from zero) whose cells end at the same place: numbers.
    pub fn right(mut self, columns: &[usize]) -> Table {
        self.right = columns.to_vec();
        self
    }

    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(|c| escape::line(c.as_ref())).collect());
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines. With a width, the widest column gives way (marked by `…`) until a row fits.
    pub fn lines(&self, width: Option<usize>) -> Vec<String> {
        let count = self.rows.iter().map(Vec::len).chain([self.header.len()]).max().unwrap_or(0);
        let all = || std::iter::once(&self.header).chain(&self.rows);
        let mut widths: Vec<usize> = (0..count)
            .map(|i| all().filter_map(|r| r.get(i)).map(|c| escape::width(c)).max().unwrap_or(0))
            .collect();
        if let Some(limit) = width {
            let gaps = 2 * count.saturating_sub(1);
            let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(limit);
            while excess > 0 {
                // Below eight columns nothing is readable; then the row is let run over.
                let Some(widest) = widths.iter_mut().max().filter(|w| **w > 8) else { break };
                *widest -= 1;
                excess -= 1;
            }
        }
        let line = |row: &Vec<String>| {
            let mut out = String::new();
            for (i, w) in widths.iter().enumerate() {
                let cell = escape::fit(row.get(i).map_or("", String::as_str), *w);
                let pad = " ".repeat(w - escape::width(&cell).min(*w));
                if i > 0 {
                    out.push_str("  ");
                }
                if self.right.contains(&i) {
                    out.push_str(&pad);
                    out.push_str(&cell);
                } else {
                    out.push_str(&cell);
                    out.push_str(&pad);
                }
            }
            out.truncate(out.trim_end().len());
            out
        };
        all().filter(|r| !r.is_empty()).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_give_way() {
        let mut t = Table::new(["run", "steps", "what"]).right(&[1]);
        t.row(["01", "3", "a long title of a run"]);
        t.row(["世界", "12", "x\x1b[0m"]);
        assert_eq!(
            t.lines(None),
            ["run   steps  what", "01        3  a long title of a run", "世界     12  x\\x1b[0m"]
        );
        assert_eq!(t.lines(Some(24))[1], "01        3  a long tit…");
    }
}
