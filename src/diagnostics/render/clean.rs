//! Text that others wrote, made harmless for a terminal.

use std::borrow::Cow;

/// Characters that a terminal acts upon, or that change how what follows is read: controls, marks of direction,
/// invisible separators and tags.
pub(super) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// What is shown in place of such a character: one character for one, so that columns stay.
pub(super) fn visible(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        c if is_unsafe(c) => '\u{fffd}',
        c => c,
    }
}

/// Line ends and tabs stay; everything else that a terminal would act upon becomes visible.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| is_unsafe(c) && c != '\n' && c != '\t') {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.chars().map(|c| if c == '\n' || c == '\t' { c } else { visible(c) }).collect())
}

/// The same on one line: line ends and tabs become a space.
pub fn clean_line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    let text = text.trim_end_matches('\n');
    Cow::Owned(text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { visible(c) }).collect())
}

/// JSON over several lines that is also harmless when a terminal shows it; it means the same.
pub fn json_text(value: &serde_json::Value) -> String {
    let text = format!("{value:#}");
    if !text.contains(|c| is_unsafe(c) && c != '\n') {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c != '\n' && is_unsafe(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Words onto lines of at most `width` columns; line ends and indentation in the text stay.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let mut out = Vec::new();
    for line in text.lines() {
        let words = line.trim_start_matches(' ');
        let mut current = line[..line.len() - words.len()].to_owned();
        let mut used = current.width();
        for (at, word) in words.split(' ').enumerate() {
            if at > 0 && used + 1 + word.width() > width {
                out.push(std::mem::take(&mut current));
                used = 0;
            } else if at > 0 {
                current.push(' ');
                used += 1;
            }
            current.push_str(word);
            used += word.width();
        }
        out.push(current);
    }
    out
}
