//! Canonical JSON (RFC 8785): one value, one text. Keys in the order of their UTF-16 units, no white space, the
//! shortest escapes, numbers as ECMAScript writes them.
//!
//! One deliberate difference: an integer beyond 2^53 keeps all its digits. The RFC would round it to a double, and a
//! record that changes a value is no record. Values nested deeper than [`MAX_DEPTH`] are refused, since no reader
//! would take them back.

use serde_json::{Map, Number, Value};
use sha2::{Digest as _, Sha256};

/// Readers stop at 128; an event wraps its data in a few levels of its own.
pub const MAX_DEPTH: usize = 100;

/// The value is nested deeper than [`MAX_DEPTH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooDeep;

/// The canonical text of a value.
pub fn canonical(value: &Value) -> Result<String, TooDeep> {
    let mut out = Vec::new();
    write_value(&mut out, value, 0)?;
    Ok(into_text(out))
}

/// `sha256:` and 64 hex digits: the digest of the canonical text.
pub fn digest(value: &Value) -> Result<String, TooDeep> {
    let mut out = Vec::new();
    write_value(&mut out, value, 0)?;
    Ok(digest_of(&out))
}

/// The same of bytes.
pub fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&sha256(bytes)))
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

const HEX: &[u8; 16] = b"0123456789abcdef";

pub(super) fn write_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    for b in bytes {
        out.push(HEX[usize::from(b >> 4)]);
        out.push(HEX[usize::from(b & 15)]);
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len() * 2);
    write_hex(&mut out, bytes);
    into_text(out)
}

/// 64 lower-case hex digits back to their bytes.
pub(super) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let text = text.as_bytes();
    let mut out = [0; 32];
    if text.len() != 64 {
        return None;
    }
    let digit = |c: u8| HEX.iter().position(|h| *h == c);
    for (place, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        *place = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
    }
    Some(out)
}

pub(super) fn into_text(bytes: Vec<u8>) -> String {
    // Everything written here is ASCII or copied whole from a str, so nothing is ever replaced.
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

pub(super) fn write_value(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), TooDeep> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(n) => write_number(out, n),
        Value::String(s) => write_string(out, s),
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => return Err(TooDeep),
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_value(out, item, depth + 1)?;
            }
            out.push(b']');
        }
        Value::Object(map) => write_object(out, map, depth)?,
    }
    Ok(())
}

pub(super) fn write_object(out: &mut Vec<u8>, map: &Map<String, Value>, depth: usize) -> Result<(), TooDeep> {
    out.push(b'{');
    for (i, (key, member)) in in_order(map).into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_string(out, key);
        out.push(b':');
        write_value(out, member, depth + 1)?;
    }
    out.push(b'}');
    Ok(())
}

/// The members in the order of their keys' UTF-16 units. Objects that are so already, most, are not sorted again.
pub(super) fn in_order(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut members: Vec<(&String, &Value)> = map.iter().collect();
    if !members.is_sorted_by(|a, b| utf16_order(a.0, b.0).is_le()) {
        members.sort_by(|a, b| utf16_order(a.0, b.0));
    }
    members
}

fn utf16_order(a: &str, b: &str) -> std::cmp::Ordering {
    // Bytes and UTF-16 units order alike, except that surrogates come before U+E000.
    let bytes = a.as_bytes().iter().zip(b.as_bytes()).find(|(x, y)| x != y);
    match bytes {
        None => a.len().cmp(&b.len()),
        Some((x, y)) if *x < 0xee && *y < 0xee => x.cmp(y),
        Some(_) => a.encode_utf16().cmp(b.encode_utf16()),
    }
}

pub(super) fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain = 0;
    for (i, b) in bytes.iter().enumerate() {
        if *b >= 0x20 && *b != b'"' && *b != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[plain..i]);
        plain = i + 1;
        match b {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            control => {
                out.extend_from_slice(b"\\u00");
                write_hex(out, &[*control]);
            }
        }
    }
    out.extend_from_slice(&bytes[plain..]);
    out.push(b'"');
}

pub(super) fn write_unsigned(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

pub(super) fn write_number(out: &mut Vec<u8>, number: &Number) {
    if let Some(n) = number.as_u64() {
        write_unsigned(out, n);
    } else if let Some(n) = number.as_i64() {
        out.push(b'-');
        write_unsigned(out, n.unsigned_abs());
    } else {
        write_float(out, number.as_f64().unwrap_or(0.0));
    }
}

/// `Number::toString` of ECMAScript: the shortest digits that read back as the same double.
fn write_float(out: &mut Vec<u8>, number: f64) {
    if number == 0.0 || !number.is_finite() {
        // Negative zero is written without its sign; JSON values hold no infinity and no NaN.
        out.push(b'0');
        return;
    }
    if number < 0.0 {
        out.push(b'-');
    }
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: Vec<u8> = mantissa.bytes().filter(|b| *b != b'.').collect();
    let count = digits.len() as i32;
    // The decimal point stands after this many digits.
    let point = exponent + 1;
    let zeros = |out: &mut Vec<u8>, n: i32| out.extend(std::iter::repeat_n(b'0', n.max(0) as usize));
    if count <= point && point <= 21 {
        out.extend_from_slice(&digits);
        zeros(out, point - count);
    } else if 0 < point && point <= 21 {
        let (whole, rest) = digits.split_at(point as usize);
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(rest);
    } else if -6 < point && point <= 0 {
        out.extend_from_slice(b"0.");
        zeros(out, -point);
        out.extend_from_slice(&digits);
    } else {
        let (first, rest) = digits.split_at(1);
        out.extend_from_slice(first);
        if !rest.is_empty() {
            out.push(b'.');
            out.extend_from_slice(rest);
        }
        out.push(b'e');
        out.push(if exponent < 0 { b'-' } else { b'+' });
        write_unsigned(out, u64::from(exponent.unsigned_abs()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn text(value: &Value) -> String {
        canonical(value).expect("not deep")
    }

    #[test]
    fn keys_follow_utf16_units() {
        let value =
            json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        assert_eq!(
            text(&value),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
    }

    #[test]
    fn numbers_are_written_as_ecmascript_does() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (100.0, "100"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (0.000001, "0.000001"),
            (1e-7, "1e-7"),
            (1.25e-9, "1.25e-9"),
            (123.456, "123.456"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (333333333.3333333, "333333333.3333333"),
            (9007199254740992.0, "9007199254740992"),
        ] {
            assert_eq!(text(&json!(number)), expected);
        }
        assert_eq!(text(&json!(i64::MIN)), "-9223372036854775808");
        assert_eq!(text(&json!(u64::MAX)), "18446744073709551615");
    }

    #[test]
    fn strings_have_the_shortest_escapes() {
        assert_eq!(
            text(&json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{7f}\u{8}\u{c}\t\r")),
            "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\\b\\f\\t\\r\""
        );
    }

    #[test]
    fn too_deep_is_refused() {
        let nest = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(canonical(&nest(MAX_DEPTH)).is_ok());
        assert_eq!(canonical(&nest(MAX_DEPTH + 1)), Err(TooDeep));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".*", inner), 0..6)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reading_and_writing_again_changes_nothing(value in any_json()) {
            let once = text(&value);
            let back: Value = serde_json::from_str(&once).expect("canonical text is JSON");
            prop_assert_eq!(text(&back), once);
        }

        #[test]
        fn a_float_comes_back_exactly(number in any::<f64>().prop_filter("finite", |f| f.is_finite())) {
            let back: Value = serde_json::from_str(&text(&json!(number))).expect("a number");
            prop_assert_eq!(back.as_f64(), Some(if number == 0.0 { 0.0 } else { number }));
        }

        #[test]
        fn key_order_is_that_of_utf16(a in ".*", b in ".*") {
            prop_assert_eq!(utf16_order(&a, &b), a.encode_utf16().cmp(b.encode_utf16()));
        }
    }
}
