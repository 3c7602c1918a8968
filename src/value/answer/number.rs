//! Numbers as people and programs write them.

/// Exactly what JSON calls a number.
pub fn is_json(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.starts_with('0')) {
        return false;
    }
    let mut rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let n = digits(fraction);
        if n == 0 {
            return false;
        }
        rest = &fraction[n..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// The JSON form of a number of Python or JavaScript: `+5`, `.5`, `5.`, `1_000`, `0x1F`.
pub fn plain(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if let Some(hex) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        let n = u32::from_str_radix(hex, 16).ok().filter(|_| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
        return Some(format!("{sign}{n}"));
    }
    let mut out = String::from(sign);
    if rest.starts_with('.') {
        out.push('0');
    }
    let bytes = rest.as_bytes();
    for (i, c) in rest.char_indices() {
        match c {
            '_' => {
                let between = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
                if i == 0 || !between(bytes.get(i - 1)) || !between(bytes.get(i + 1)) {
                    return None;
                }
            }
            c => out.push(c),
        }
    }
    if out.ends_with('.') && rest.len() > 1 {
        out.pop();
    }
    is_json(&out).then_some(out)
}

/// A number in a text; digits may be grouped by commas, spaces or `_` where that can mean nothing else. `whole`: an Int
/// is wanted, so that a comma cannot be the point of a fraction.
pub fn in_text(text: &str, whole: bool) -> Option<String> {
    let text = text.trim();
    if is_json(text) {
        return Some(text.to_owned());
    }
    if let Some(plain) = plain(text) {
        return Some(plain);
    }
    let (sign, rest) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (groups, fraction) = match rest.split_once('.') {
        Some((groups, fraction)) => (groups, Some(fraction)),
        None => (rest, None),
    };
    let mark = groups.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(mark, ',' | ' ' | '\u{a0}' | '\u{202f}' | '\'') {
        return None;
    }
    let parts: Vec<&str> = groups.split(mark).collect();
    let grouped = parts.iter().enumerate().all(|(i, part)| {
        let all = part.bytes().all(|b| b.is_ascii_digit());
        all && if i == 0 { (1..=3).contains(&part.len()) } else { part.len() == 3 }
    });
    // `1,234` may be a little more than one to some readers.
    let one_reading = whole || mark != ',' || parts.len() > 2 || fraction.is_some();
    if !grouped || !one_reading || parts[0].starts_with('0') {
        return None;
    }
    let mut out = format!("{sign}{}", parts.concat());
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    is_json(&out).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_json() {
        for yes in ["0", "-0", "5", "10.25", "1e5", "1E+5", "-1.5e-3"] {
            assert!(is_json(yes), "{yes}");
        }
        for no in ["", "-", "01", ".5", "5.", "+5", "1e", "0x1", "1_0", "NaN", "1 "] {
            assert!(!is_json(no), "{no}");
        }
    }

    #[test]
    fn other_forms() {
        let all =
            [("+5", "5"), (".5", "0.5"), ("5.", "5"), ("-5.", "-5"), ("1_000", "1000"), ("-0x1F", "-31")];
        for (text, json) in all {
            assert_eq!(plain(text).as_deref(), Some(json));
        }
        for no in ["_1", "1_", "1__0", "0x", "0x-1", "1.2.3", "5 items", "5%", ".", "-.", "-", "007"] {
            assert_eq!(plain(no), None, "{no}");
        }
    }

    #[test]
    fn groups() {
        let read = |text, whole| in_text(text, whole);
        assert_eq!(read("1,234", true).as_deref(), Some("1234"));
        assert_eq!(read("1,234", false), None);
        assert_eq!(read("1,234,567", false).as_deref(), Some("1234567"));
        assert_eq!(read("1,234.5", false).as_deref(), Some("1234.5"));
        assert_eq!(read("12 000", true).as_deref(), Some("12000"));
        for no in ["1,23", "1,2345", ",123", "1.234,5", "1, 2", "$5", "0,123"] {
            assert_eq!(read(no, true), None, "{no}");
        }
    }
}
