//! Texts in quotes: those of JSON, other quotes, and quotes that were not escaped.

use super::leniency::Kind;
use super::reader::{Broken, Open, Reader, is_quote, starts_bare_key};

const INSIDE: &str = "a quote that may or may not end its text stands";

impl Reader<'_> {
    /// At the opening quote. A key, and a value that stands alone, ends at the first quote that can end it.
    pub(super) fn quoted(&mut self, first_ends: bool) -> Result<String, Broken> {
        let open = self.peek().unwrap_or('"');
        if open != '"' {
            self.notes.add(Kind::Quotes);
        } else if self.rest().starts_with("\"\"\"") && !first_ends {
            return self.triple();
        }
        let close = match open {
            '\u{201c}' | '\u{201e}' => ['\u{201d}', '\u{201c}', '"'],
            '\u{2018}' => ['\u{2019}', '\'', '\''],
            other => [other; 3],
        };
        self.pos += open.len_utf8();
        let start = self.pos;
        let mut out = String::new();
        // Inside of words that are quoted without being escaped.
        let mut inner = false;
        loop {
            let rest = self.rest();
            let Some((at, c)) =
                rest.char_indices().find(|(_, c)| *c == '\\' || *c < ' ' || close.contains(c))
            else {
                return Err(Broken::Cut);
            };
            out.push_str(&rest[..at]);
            self.pos += at;
            if c == '\\' {
                self.escape(&mut out)?;
                continue;
            }
            let after = self.pos + c.len_utf8();
            if c < ' ' {
                self.notes.add(Kind::ControlCharacter);
            } else {
                let before = self.text[start..self.pos].chars().next_back();
                let next = self.text[after..].chars().next();
                let apostrophe = matches!(c, '\'' | '\u{2019}')
                    && before.is_some_and(char::is_alphanumeric)
                    && next.is_some_and(char::is_alphanumeric);
                if apostrophe {
                    self.notes.add(Kind::InnerQuotes);
                } else if inner {
                    // A quoted word before a colon is a key: some quote before it is missing.
                    if self.text[after..].trim_start().starts_with(':') {
                        return self.wrong(INSIDE);
                    }
                    inner = false;
                } else if first_ends || self.ends_value(after) {
                    self.pos = after;
                    return Ok(out);
                } else {
                    // Quoted words come in pairs: the first quote before a word, the second behind one.
                    let opens = before.is_none_or(|b| b.is_whitespace() || "([{-=:>".contains(b))
                        && next.is_some_and(|n| !n.is_whitespace());
                    if !opens {
                        return self.wrong(INSIDE);
                    }
                    inner = true;
                    self.notes.add(Kind::InnerQuotes);
                }
            }
            out.push(c);
            self.pos = after;
        }
    }

    /// Whether what follows a quote can only stand behind a whole value.
    fn ends_value(&self, after: usize) -> bool {
        let rest = &self.text[after..];
        let next = rest.trim_start();
        let space = &rest[..rest.len() - next.len()];
        let line = space.contains('\n');
        match next.chars().next() {
            None | Some('}' | ']') => true,
            Some(',') if self.open.last() == Some(&Open::Object) => {
                let next = next[1..].trim_start();
                match next.chars().next() {
                    None | Some('}' | ']' | '#') => true,
                    Some('/') => next.starts_with("//") || next.starts_with("/*"),
                    Some(c) => is_quote(c) || starts_bare_key(next),
                }
            }
            Some(',') => true,
            // A key: the list in an object was not closed.
            Some(':') => self.open.last() == Some(&Open::List) && self.open.contains(&Open::Object),
            Some('/') => next.starts_with("//") || next.starts_with("/*"),
            Some('#') => !space.is_empty(),
            Some('{' | '[') => self.open.last() == Some(&Open::List) && !space.is_empty(),
            Some(c) if is_quote(c) => !space.is_empty(),
            Some(_) => line && self.open.last() == Some(&Open::Object) && starts_bare_key(next),
        }
    }

    /// `"""…"""`, as Python and this language write texts of several lines; the line ends at its edges do not count.
    fn triple(&mut self) -> Result<String, Broken> {
        self.notes.add(Kind::Quotes);
        self.pos += 3;
        let rest = self.rest();
        let Some(end) = rest.find("\"\"\"") else { return Err(Broken::Cut) };
        let inside = &rest[..end];
        if inside.contains('\\') {
            return self.wrong("a `\\` whose meaning is open stands");
        }
        self.pos += end + 3;
        let inside = inside.strip_prefix("\r\n").or_else(|| inside.strip_prefix('\n')).unwrap_or(inside);
        let inside = match inside.rfind('\n') {
            Some(last) if inside[last..].trim().is_empty() => &inside[..last],
            _ => inside,
        };
        Ok(inside.to_owned())
    }

    /// At a `\`.
    fn escape(&mut self, out: &mut String) -> Result<(), Broken> {
        self.pos += 1;
        let Some(c) = self.peek() else { return Err(Broken::Cut) };
        let plain = match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.code_point(out),
            '\'' | '`' => {
                self.notes.add(Kind::Escape);
                c
            }
            // Some write these to say the character itself, some to say another one.
            '_' | '*' | 'x' | '0' | 'a' | 'v' | 'e' | 'N' | '\n' | '\r' => {
                return self.wrong("an escape that JSON does not know stands");
            }
            // `\d`, `\.`, `\U`: the `\` itself was meant.
            _ => {
                self.notes.add(Kind::Escape);
                out.push('\\');
                c
            }
        };
        out.push(plain);
        self.pos += c.len_utf8();
        Ok(())
    }

    fn code_point(&mut self, out: &mut String) -> Result<(), Broken> {
        let first = self.hex()?;
        let code = match first {
            0xd800..=0xdbff => {
                if !self.rest().starts_with("\\u") {
                    return self.wrong("half of a character stands");
                }
                self.pos += 1;
                match self.hex()? {
                    second @ 0xdc00..=0xdfff => 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                    _ => return self.wrong("half of a character stands"),
                }
            }
            other => other,
        };
        match char::from_u32(code) {
            Some(c) => out.push(c),
            None => return self.wrong("half of a character stands"),
        }
        Ok(())
    }

    /// At the `u` before four hex digits.
    fn hex(&mut self) -> Result<u32, Broken> {
        let digits = self.text.get(self.pos + 1..self.pos + 5);
        if self.rest().len() < 5 {
            return Err(Broken::Cut);
        }
        match digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit())) {
            Some(digits) => {
                self.pos += 5;
                u32::from_str_radix(digits, 16)
                    .or_else(|_| self.wrong("an escape that JSON does not know stands"))
            }
            None => self.wrong("an escape that JSON does not know stands"),
        }
    }
}
