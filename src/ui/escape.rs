//! Untrusted text made safe to look at.
//!
//! Whatever could move the cursor, change colours, reorder, hide or join what is next to it is shown as a visible
//! escape (`\x1b`, `\u{202e}`). What comes out of here never contains a control character other than the line ends
//! that [`block`] keeps.

use unicode_width::UnicodeWidthChar;

/// Columns to which [`block`] expands a tab.
const TAB: usize = 4;

/// More marks than this on one letter are shown as escapes: they pile up over the lines around them.
const MAX_MARKS: usize = 3;

/// Makes text safe letter by letter, for whoever takes it apart further.
#[derive(Debug, Clone, Copy)]
pub struct Escaper {
    before: char,
    marks: usize,
}

impl Default for Escaper {
    fn default() -> Escaper {
        Escaper { before: ' ', marks: 0 }
    }
}

impl Escaper {
    /// What stands for the next letter.
    pub fn push(&mut self, out: &mut String, c: char) {
        push(out, c, self.before, &mut self.marks);
        self.before = c;
    }
}

/// Text for a place of one line: line ends and tabs are shown as `\n` and `\t` too.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escaper = Escaper::default();
    text.chars().for_each(|c| escaper.push(&mut out, c));
    out
}

/// Text of several lines: line ends stay (`\r\n` as one), tabs become spaces.
pub fn block(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut out = String::new();
    let mut column = 0;
    let mut marks = 0;
    let mut before = '\n';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => {
                lines.push(std::mem::take(&mut out));
                column = 0;
            }
            '\t' => {
                let spaces = TAB - column % TAB;
                out.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            c => {
                let from = out.len();
                push(&mut out, c, before, &mut marks);
                column += width(&out[from..]);
            }
        }
        before = c;
    }
    if !out.is_empty() || (before != '\n' && !text.is_empty()) {
        lines.push(out);
    }
    lines
}

/// Columns that already safe text takes.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Safe text cut to `columns`, with a mark where something is missing.
pub fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_string();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > columns {
            break;
        }
        used += w;
        out.push(c);
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

/// A line of safe text broken into rows of at most `columns`; an empty line is one empty row.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut rows = Vec::new();
    let mut row = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w > columns {
            rows.push(std::mem::take(&mut row));
            used = 0;
        }
        row.push(c);
        used += w;
    }
    rows.push(row);
    rows
}

/// The same, broken between words where it can be; rows after the first keep the text's indentation.
pub fn wrap_words(text: &str, columns: usize) -> Vec<String> {
    if width(text) <= columns {
        return vec![text.to_owned()];
    }
    let indent = text.len() - text.trim_start_matches(' ').len();
    let indent = if indent * 2 < columns { &text[..indent] } else { "" };
    let mut rows = Vec::new();
    let mut row = String::new();
    for word in text.trim_start_matches(' ').split(' ') {
        let first = row.is_empty();
        if !first && width(&row) + 1 + width(word) > columns {
            rows.push(std::mem::take(&mut row));
        }
        row.push_str(if row.is_empty() { indent } else { " " });
        row.push_str(word);
        if width(&row) > columns {
            let mut broken = wrap(&row, columns);
            row = broken.pop().unwrap_or_default();
            rows.append(&mut broken);
        }
    }
    rows.push(row);
    rows
}

fn push(out: &mut String, c: char, before: char, marks: &mut usize) {
    use std::fmt::Write;
    let zero_width = c.width() == Some(0);
    *marks = if zero_width { *marks + 1 } else { 0 };
    // Writing to a String cannot fail.
    let _ = match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        '\0'..='\x1f' | '\x7f'..='\u{9f}' => write!(out, "\\x{:02x}", c as u32),
        // Chooses between the text and the picture form of the symbol before it; alone it hides.
        '\u{fe0e}' | '\u{fe0f}' if !before.is_ascii() && !hides(before) => out.write_char(c),
        c if hides(c) || *marks > MAX_MARKS => write!(out, "\\u{{{:x}}}", c as u32),
        c => out.write_char(c),
    };
}

/// Characters that are not seen, or that change how their neighbours are seen.
fn hides(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' // zero width, direction marks
        | '\u{2028}'..='\u{202e}' // line and paragraph separators, direction embeddings
        | '\u{2060}'..='\u{206f}' // joiners, direction isolates
        | '\u{2800}' | '\u{3164}' | '\u{ffa0}' // blanks that count as letters
        | '\u{fe00}'..='\u{fe0f}' // variation selectors
        | '\u{feff}' | '\u{fff0}'..='\u{fffc}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' // tags, further variation selectors
        | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' // private use: the font decides
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrap_words("  - all of the tests pass", 12), ["  - all of", "  the tests", "  pass"]);
        assert_eq!(wrap_words("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap_words("", 4), [""]);
    }

    #[test]
    fn what_could_deceive_is_shown() {
        assert_eq!(line("a\x1b[2Jb"), "a\\x1b[2Jb");
        assert_eq!(line("x\u{202e}gpj.exe"), "x\\u{202e}gpj.exe");
        assert_eq!(line("a\u{200b}b\u{9b}c\u{7f}"), "a\\u{200b}b\\x9bc\\x7f");
        assert_eq!(line("a\nb\r\n\t"), "a\\nb\\r\\n\\t");
    }

    #[test]
    fn what_is_honest_stays() {
        for text in ["Grüße, 世界", "e\u{301}", "✔\u{fe0f} done", "a\\b"] {
            assert_eq!(line(text), text);
        }
        assert_eq!(line("a\u{fe0f}"), "a\\u{fe0f}");
        assert_eq!(line("e\u{301}\u{301}\u{301}\u{301}"), "e\u{301}\u{301}\u{301}\\u{301}");
    }

    #[test]
    fn blocks_keep_lines_and_expand_tabs() {
        assert_eq!(block("a\tb\r\nc\rd\n"), ["a   b", "c\\rd"]);
        assert_eq!(block("世\tx"), ["世  x"]);
        assert_eq!(block(""), Vec::<String>::new());
        assert_eq!(block("\n\n"), ["", ""]);
    }

    #[test]
    fn fits_and_wraps_by_columns() {
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("世界世界", 4), "世…");
        assert_eq!(wrap("世界abc", 4), ["世界", "abc"]);
        assert_eq!(wrap("", 4), [""]);
    }

    proptest! {
        #[test]
        fn nothing_unsafe_comes_out(text in "\\PC*|[\\x00-\\x1f\u{80}-\u{9f}\u{200b}-\u{206f}a-z]*") {
            for l in block(&text).iter().chain([&line(&text)]) {
                prop_assert!(l.chars().all(|c| !c.is_control()), "{l:?}");
                prop_assert!(!l.contains(char::from_u32(0x202e).unwrap_or('x')), "{l:?}");
            }
        }
    }
}
