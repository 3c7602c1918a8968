//! Several lines typed or pasted.

use crate::ui::dialog::Dialog;
use crate::ui::terminal::Ended;

/// Lines until one holds only `.`, or ^D.
pub fn text_lines(dialog: &mut Dialog<'_>) -> Result<String, Ended> {
    dialog.terminal.drain();
    let mut text = String::new();
    loop {
        match dialog.next_line("> ") {
            Ok(line) if line == "." => return Ok(text),
            Ok(line) => {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&line);
            }
            Err(Ended::End) => return Ok(text),
            Err(ended) => return Err(ended),
        }
    }
}

/// Lines from a first one that is there already, until they are one complete JSON value, one holds only `.`, or ^D. What
/// it is, is for others to judge.
pub fn json_lines_after(dialog: &mut Dialog<'_>, first: &str) -> Result<String, Ended> {
    let mut first = Some(first.to_owned());
    let mut text = String::new();
    let mut progress = Progress::default();
    let mut hinted = false;
    loop {
        let line = match first.take().map_or_else(|| dialog.next_line("> "), Ok) {
            Ok(line) if line.trim() == "." => return Ok(text),
            Ok(line) => line,
            Err(Ended::End) => return Ok(text),
            Err(ended) => return Err(ended),
        };
        text.push_str(&line);
        text.push('\n');
        if progress.feed(&line) {
            match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
                Ok(_) => return Ok(text),
                Err(e) if !hinted => {
                    dialog.say(&format!("(not JSON so far: {e}; go on, or end with a line `.`)"));
                    hinted = true;
                }
                Err(_) => {}
            }
        }
    }
}

/// Counts brackets, so that a value of many lines is parsed once and not at each line.
#[derive(Default)]
struct Progress {
    depth: i64,
    inside: bool,
    started: bool,
}

impl Progress {
    /// Whether the value may be complete after this line.
    fn feed(&mut self, line: &str) -> bool {
        let mut escaped = false;
        for c in line.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if self.inside => escaped = true,
                '"' => self.inside = !self.inside,
                '{' | '[' if !self.inside => self.depth += 1,
                '}' | ']' if !self.inside => self.depth -= 1,
                _ => {}
            }
            self.started |= !c.is_whitespace();
        }
        // JSON has no texts over several lines: an open quote is a mistake that the parser names.
        self.inside = false;
        self.started && self.depth <= 0
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn a_value_is_complete_when_its_brackets_are() {
        let mut p = Progress::default();
        assert!(!p.feed(""));
        assert!(!p.feed("{ \"a\": \"}\\\"}\", "));
        assert!(!p.feed("\"b\": ["));
        assert!(p.feed("] }"));
        assert!(Progress::default().feed("\"x\""));
    }
}
