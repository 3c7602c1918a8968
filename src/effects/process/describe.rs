//! Commands and output as people read them. Nothing made here can move a cursor, ring a bell or reorder text.

use std::fmt::Write;

/// The words as one line that a POSIX shell would split into the same words again; control characters and invisible
/// direction marks are shown as escapes inside `$'…'`.
pub fn command_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        quote(word, &mut line);
    }
    line
}

fn quote(word: &str, line: &mut String) {
    let plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if word.chars().any(unsafe_to_show) {
        line.push_str("$'");
        for c in word.chars() {
            match c {
                '\'' | '\\' => {
                    line.push('\\');
                    line.push(c);
                }
                '\n' => line.push_str("\\n"),
                '\t' => line.push_str("\\t"),
                '\r' => line.push_str("\\r"),
                c if unsafe_to_show(c) => escape(c, line),
                c => line.push(c),
            }
        }
        line.push('\'');
    } else if !word.is_empty() && word.chars().all(plain) {
        line.push_str(word);
    } else {
        line.push('\'');
        line.push_str(&word.replace('\'', r"'\''"));
        line.push('\'');
    }
}

fn escape(c: char, out: &mut String) {
    // Writing into a String cannot fail.
    let _ = match u32::from(c) {
        n @ ..0x80 => write!(out, "\\x{n:02x}"),
        n @ ..0x1_0000 => write!(out, "\\u{n:04x}"),
        n => write!(out, "\\U{n:08x}"),
    };
}

/// Control characters, and the marks that change the order in which text is drawn or have no width.
fn unsafe_to_show(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text with everything escaped that could change a terminal; line ends and tabs stay.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if unsafe_to_show(c) && c != '\n' && c != '\t' {
            escape(c, &mut out);
        } else {
            out.push(c);
        }
    }
    out
}

const TAIL_LINES: usize = 20;
const TAIL_BYTES: usize = 4096;

/// The end of some output, for a note: at most 20 lines and 4 KiB, made printable. `None` where there is only white
/// space.
pub fn tail(bytes: &[u8]) -> Option<String> {
    let start = bytes.len().saturating_sub(TAIL_BYTES);
    let text = String::from_utf8_lossy(&bytes[start..]);
    // A cut through a character leaves at most three bytes of it at the front.
    let text = if start > 0 { text.trim_start_matches('\u{fffd}') } else { &text };
    let text = text.trim_end();
    if text.trim().is_empty() {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(TAIL_LINES);
    let cut = first > 0 || start > 0;
    let shown = printable(&lines[first..].join("\n"));
    Some(if cut { format!("…\n{shown}") } else { shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_needed() {
        assert_eq!(command_line(["git", "log", "--format=%h"]), "git log --format=%h");
        assert_eq!(command_line(["echo", "a b", "it's", "", "*"]), r"echo 'a b' 'it'\''s' '' '*'");
        assert_eq!(command_line(["echo", "grün"]), "echo grün");
    }

    #[test]
    fn nothing_reaches_the_terminal_raw() {
        assert_eq!(command_line(["echo", "\u{1b}[2J'\n"]), r"echo $'\x1b[2J\'\n'");
        assert_eq!(command_line(["x\u{202e}y"]), r"$'x\u202ey'");
        assert_eq!(printable("a\u{1b}]0;x\u{7}\nb\tc"), "a\\x1b]0;x\\x07\nb\tc");
    }

    #[test]
    fn a_tail_is_short() {
        let many: String = (0..100).map(|n| format!("line {n}\n")).collect();
        let shown = tail(many.as_bytes()).unwrap_or_default();
        assert!(shown.starts_with("…\nline 80\n") && shown.ends_with("line 99"), "{shown}");
        assert_eq!(tail(b" \n"), None);
        assert!(tail(&[b'x'; 100_000]).is_some_and(|t| t.len() < 5000));
    }
}
