//! Lines of a story on a terminal: indented, wrapped at words, painted. Text is made harmless here and nowhere else.

use crate::diagnostics::ErrorKind;
use crate::ui::style::{Paint, Style, Symbol};
use crate::ui::{escape, json as ui_json};
use serde_json::Value as Json;

const INDENT: usize = 2;
/// Deeper than this nothing moves to the right any more.
const DEEPEST: usize = 12;
/// Of an output or a value, so many lines are shown at its beginning and at its end.
const HEAD: usize = 4;
const TAIL: usize = 4;

/// Text with how it is painted.
pub type Part<'a> = (Option<Paint>, &'a str);

pub struct Page {
    out: String,
    pub style: Style,
    width: usize,
    /// Nothing is cut.
    pub full: bool,
}

impl Page {
    /// Without a terminal the lines are as for a wide one.
    pub fn new(style: Style, width: Option<usize>, full: bool) -> Page {
        Page { out: String::new(), style, width: width.unwrap_or(100).clamp(24, 120), full }
    }

    pub fn text(self) -> String {
        self.out
    }

    pub fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    pub fn symbol(&self, symbol: Symbol) -> String {
        format!("{} ", self.style.symbol(symbol))
    }

    /// One line of these parts; what is too long goes on below, a little further to the right.
    pub fn put(&mut self, depth: usize, parts: &[Part<'_>]) {
        let indent = INDENT * depth.min(DEEPEST);
        // However deep, some room is left.
        let room = self.width.saturating_sub(indent).max(16);
        let mut used = 0;
        let mut line = " ".repeat(indent);
        let mut first = true;
        for (paint, text) in parts {
            let safe = escape::line(text);
            let mut piece = String::new();
            for word in safe.split_inclusive(' ') {
                let limit = if first { room } else { room.saturating_sub(2 * INDENT).max(12) };
                let rows = match escape::width(word.trim_end()) {
                    w if used + w <= limit => vec![word.to_owned()],
                    w if w <= limit => vec![String::new(), word.to_owned()],
                    _ => {
                        // A word that is longer than a line is broken where it must be.
                        let mut rows = escape::wrap(word, limit);
                        if used > 0 {
                            rows.insert(0, String::new());
                        }
                        rows
                    }
                };
                for (i, row) in rows.iter().enumerate() {
                    if i > 0 {
                        self.paint(&mut line, *paint, &piece);
                        piece.clear();
                        self.flush(&mut line);
                        line.push_str(&" ".repeat(indent + 2 * INDENT));
                        used = 0;
                        first = false;
                    }
                    piece.push_str(row);
                    used += escape::width(row);
                }
            }
            self.paint(&mut line, *paint, &piece);
        }
        self.flush(&mut line);
    }

    fn paint(&self, line: &mut String, paint: Option<Paint>, text: &str) {
        match paint {
            Some(paint) => line.push_str(&self.style.paint(paint, text)),
            None => line.push_str(text),
        }
    }

    fn flush(&mut self, line: &mut String) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
        line.clear();
    }

    /// Some lines of a text behind a bar: its beginning and its end, unless everything is wanted.
    pub fn quote(&mut self, depth: usize, text: &str) {
        self.bar(depth, escape::block(text), TAIL);
    }

    /// Of a text whose end says little, only the beginning.
    pub fn quote_head(&mut self, depth: usize, text: &str) {
        self.bar(depth, escape::block(text), 0);
    }

    pub fn json(&mut self, depth: usize, value: &Json) {
        let room = self.width.saturating_sub(INDENT * depth.min(DEEPEST) + 2).max(16);
        match value {
            Json::String(text) if text.contains('\n') => self.quote(depth, text),
            value => self.bar(depth, ui_json::pretty(value, room), TAIL),
        }
    }

    /// `lines` are safe already.
    fn bar(&mut self, depth: usize, lines: Vec<String>, tail: usize) {
        let bar = self.style.paint(Paint::Dim, if self.style.unicode { "│ " } else { "| " });
        let indent = " ".repeat(INDENT * depth.min(DEEPEST));
        let room = self.width.saturating_sub(indent.len() + 2).max(14);
        let count = lines.len();
        // One more line is no longer than saying that it is missing.
        let cut = !self.full && count > HEAD + tail + 1;
        for (i, line) in lines.iter().enumerate() {
            if cut && (HEAD..count - tail).contains(&i) {
                if i == HEAD {
                    let more = format!("({} more lines: --full shows them)", count - HEAD - tail);
                    let more = self.style.paint(Paint::Dim, &more);
                    self.out.push_str(&format!("{indent}{bar}{more}\n"));
                }
                continue;
            }
            let rows = if self.full { escape::wrap(line, room) } else { vec![escape::fit(line, room)] };
            for row in rows {
                self.out.push_str(format!("{indent}{bar}{row}").trim_end());
                self.out.push('\n');
            }
        }
    }

    /// An error as it was recorded.
    pub fn failure(&mut self, depth: usize, failure: &Json) {
        let text = |key: &str| failure.get(key).and_then(Json::as_str).unwrap_or_default();
        let word = match ErrorKind::from_name(text("kind")) {
            Some(ErrorKind::Rejected) => "rejected",
            Some(ErrorKind::Permission) => "refused",
            Some(ErrorKind::InDoubt) => "in doubt",
            _ => "error",
        };
        let head = format!("{word}[{}]: ", text("code"));
        let mark = self.symbol(Symbol::Failed);
        self.put(depth, &[(Some(Paint::Bad), &mark), (Some(Paint::Bad), &head), (None, text("message"))]);
        for note in texts(failure, "notes") {
            self.quote(depth + 1, note);
        }
        for help in texts(failure, "help") {
            self.put(depth + 1, &[(Some(Paint::Accent), "help: "), (None, help)]);
        }
    }
}

fn texts<'a>(value: &'a Json, field: &str) -> Vec<&'a str> {
    value.get(field).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize, full: bool) -> Page {
        Page::new(Style::PLAIN, Some(width), full)
    }

    #[test]
    fn lines_wrap_at_words_and_long_words_break() {
        let mut p = page(30, false);
        p.put(1, &[(None, "run "), (None, "one two three four five six seven")]);
        p.put(0, &[(None, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]);
        let text = p.text();
        assert!(text.lines().all(|l| l.len() <= 30), "{text}");
        assert!(text.starts_with("  run one two three four five\n      six seven\n"), "{text}");
    }

    #[test]
    fn long_outputs_are_cut_unless_all_is_wanted() {
        let lines: Vec<String> = (0..30).map(|n| n.to_string()).collect();
        let mut p = page(60, false);
        p.quote(0, &lines.join("\n"));
        let text = p.text();
        assert_eq!(text.lines().count(), 9, "{text}");
        assert!(text.contains("| (22 more lines: --full shows them)\n| 26\n"), "{text}");
        let mut p = page(60, true);
        p.quote(0, &lines.join("\n"));
        assert_eq!(p.text().lines().count(), 30);
    }

    #[test]
    fn what_could_deceive_is_shown() {
        let mut p = page(60, false);
        p.put(0, &[(None, "a\x1b[2Jb\nc")]);
        p.quote(0, "x\u{202e}y\x07");
        assert_eq!(p.text(), "a\\x1b[2Jb\\nc\n| x\\u{202e}y\\x07\n");
    }
}
