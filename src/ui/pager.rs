//! Long evidence page by page, and whether its end was shown.

use super::escape;
use super::style::{Paint, Style};
use super::terminal::{Ended, Terminal, Wait};

/// Shows safe lines, each row after `bar`; broken where the terminal ends. What fits on one screen, with `spare` rows
/// left for what follows, is shown at once; otherwise Enter or space shows the next page, `b` the one before, `q` stops.
/// The result says whether the last row was shown.
pub fn show(
    terminal: &mut Terminal,
    style: Style,
    lines: &[String],
    bar: &str,
    spare: usize,
    wait: &Wait<'_>,
) -> Result<bool, Ended> {
    let mut size = terminal.size();
    let mut rows = layout(lines, bar, size.columns);
    if rows.is_empty() || rows.len() + spare <= size.rows {
        terminal.print(&joined(&rows));
        return Ok(true);
    }
    let mut top = 0;
    let mut seen = 0;
    loop {
        let page = size.rows.saturating_sub(2).max(1);
        let end = (top + page).min(rows.len());
        terminal.print(&joined(&rows[top..end]));
        seen = seen.max(end);
        if seen == rows.len() && end == rows.len() && top == 0 {
            return Ok(true);
        }
        let last = end == rows.len();
        let hint = match last {
            true => "that was all of it: Enter goes on, b back",
            false => "Enter next page, b back, q stop here",
        };
        let status = format!("-- rows {}-{} of {}; {hint} --", top + 1, end, rows.len());
        terminal.print(&style.paint(Paint::Dim, &escape::fit(&status, size.columns.saturating_sub(1))));
        let key = loop {
            match terminal.key(wait) {
                Ok(key @ (' ' | '\n' | 'b' | 'B' | 'q' | 'Q')) => break Ok(key),
                Ok(_) => {}
                Err(ended) => break Err(ended),
            }
        };
        terminal.print("\r\x1b[K");
        let now = terminal.size();
        if now != size {
            // Rows are counted anew, from the line that was on top.
            let line = rows[top].line;
            size = now;
            rows = layout(lines, bar, size.columns);
            top = rows.iter().position(|r| r.line == line).unwrap_or(0);
            seen = 0;
            key?;
            continue;
        }
        match key? {
            'b' | 'B' => top = top.saturating_sub(page),
            'q' | 'Q' => return Ok(seen == rows.len()),
            _ if last => return Ok(true),
            _ => top = end,
        }
    }
}

struct Row {
    text: String,
    /// Which of the lines it belongs to.
    line: usize,
}

fn layout(lines: &[String], bar: &str, columns: usize) -> Vec<Row> {
    let room = columns.saturating_sub(escape::width(bar)).max(8);
    lines
        .iter()
        .enumerate()
        .flat_map(|(line, text)| escape::wrap(text, room).into_iter().map(move |row| (line, row)))
        .map(|(line, row)| Row { text: format!("{bar}{row}\n"), line })
        .collect()
}

fn joined(rows: &[Row]) -> String {
    rows.iter().map(|r| r.text.as_str()).collect()
}
