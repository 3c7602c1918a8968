//! Keeps secrets out of everything that is recorded or shown: each place where a secret's value stands, as it is or
//! in a usual disguise, becomes `[secret NAME]`.
//!
//! Disguises: escaped for JSON (once, twice), base 64 in both alphabets at every alignment, hexadecimal, percent
//! encoding, and each line of a secret that has several. What it cannot see is a value cut in two or encrypted.

use super::base64;
use super::canonical::{MAX_DEPTH, canonical, hex};
use crate::diagnostics::codes::journal as codes;
use crate::diagnostics::{ErrorKind, Failure};
use regex::bytes::Regex;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Shorter secrets are refused: they would be found everywhere.
pub const SHORTEST_SECRET: usize = 4;
/// A line of a secret of several lines counts from this length on.
const SHORTEST_LINE: usize = 8;

/// A handle: clones share the same secrets, and one may be added at any time.
#[derive(Debug, Clone, Default)]
pub struct Redactor(Arc<RwLock<Option<Arc<Known>>>>);

#[derive(Debug)]
struct Known {
    secrets: Vec<(String, String)>,
    any_form: Regex,
    /// What stands for each form.
    replacement: HashMap<Vec<u8>, String>,
}

impl Redactor {
    pub fn new() -> Redactor {
        Redactor::default()
    }

    /// From now on `value` is replaced. An empty value is nothing to hide; one shorter than [`SHORTEST_SECRET`] is
    /// refused.
    pub fn add(&self, name: &str, value: &str) -> Result<(), Failure> {
        if value.is_empty() {
            return Ok(());
        }
        if value.len() < SHORTEST_SECRET {
            return Err(Failure::new(
                ErrorKind::Configuration,
                codes::E1516,
                format!("the secret {name} has fewer than {SHORTEST_SECRET} characters and would not stay out of the records"),
            )
            .help("use a longer secret"));
        }
        let mut place = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut secrets = place.as_ref().map(|known| known.secrets.clone()).unwrap_or_default();
        if secrets.iter().any(|(n, v)| n == name && v == value) {
            return Ok(());
        }
        secrets.push((name.to_owned(), value.to_owned()));
        *place = Some(Arc::new(Known::new(secrets)?));
        Ok(())
    }

    fn known(&self) -> Option<Arc<Known>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether there is no secret to look for.
    pub fn is_empty(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.known().and_then(|known| known.replace(text.as_bytes())) {
            // Forms are whole characters, so what is left between them is text still.
            Some(changed) => Cow::Owned(super::canonical::into_text(changed)),
            None => Cow::Borrowed(text),
        }
    }

    pub fn bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match self.known().and_then(|known| known.replace(bytes)) {
            Some(changed) => Cow::Owned(changed),
            None => Cow::Borrowed(bytes),
        }
    }

    /// Replaces in all texts and keys, and numbers that are a secret as a whole. Do this to a result before the
    /// program sees it, so that a replay computes from the same value.
    pub fn value(&self, value: &mut Value) {
        if !self.is_empty() {
            self.nested(value, 0);
        }
    }

    fn nested(&self, value: &mut Value, depth: usize) {
        match value {
            // Nothing so deep is recorded: it must not be used either.
            Value::Array(_) | Value::Object(_) if depth > MAX_DEPTH => *value = Value::Null,
            Value::Null | Value::Bool(_) => {}
            Value::Number(n) => {
                if let Some(hidden) = self.number(n) {
                    *value = Value::String(hidden);
                }
            }
            Value::String(text) => {
                if let Cow::Owned(changed) = self.text(text) {
                    *text = changed;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.nested(item, depth + 1)),
            Value::Object(map) => {
                map.values_mut().for_each(|member| self.nested(member, depth + 1));
                if map.keys().any(|key| matches!(self.text(key), Cow::Owned(_))) {
                    let renamed: Map<String, Value> = std::mem::take(map)
                        .into_iter()
                        .map(|(key, member)| (self.text(&key).into_owned(), member))
                        .collect();
                    *map = renamed;
                }
            }
        }
    }

    pub(super) fn number(&self, number: &serde_json::Number) -> Option<String> {
        let known = self.known()?;
        let mut digits = Vec::new();
        super::canonical::write_number(&mut digits, number);
        known.replacement.get(&digits).cloned()
    }
}

impl Known {
    fn new(secrets: Vec<(String, String)>) -> Result<Known, Failure> {
        let mut replacement: HashMap<Vec<u8>, String> = HashMap::new();
        for (name, value) in &secrets {
            for form in forms(value) {
                replacement.entry(form).or_insert_with(|| format!("[secret {name}]"));
            }
        }
        // The first alternative that fits is taken, so the longest stand first.
        let mut all: Vec<&Vec<u8>> = replacement.keys().collect();
        all.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        let mut pattern = String::from("(?-u)");
        for (i, form) in all.iter().enumerate() {
            if i > 0 {
                pattern.push('|');
            }
            form.iter().for_each(|b| pattern.push_str(&format!("\\x{b:02x}")));
        }
        let any_form =
            regex::bytes::RegexBuilder::new(&pattern).size_limit(1 << 28).build().map_err(|_| {
                Failure::new(
                    ErrorKind::Configuration,
                    codes::E1516,
                    "the secrets are too large to be kept out of the records",
                )
                .help("a secret is a key or a password; put larger data into a file")
            })?;
        Ok(Known { secrets, any_form, replacement })
    }

    /// Nothing if there is no secret in it.
    fn replace(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut found = self.any_form.find_iter(bytes).peekable();
        found.peek()?;
        let mut out = Vec::with_capacity(bytes.len());
        let mut done = 0;
        for hit in found {
            out.extend_from_slice(&bytes[done..hit.start()]);
            if let Some(instead) = self.replacement.get(hit.as_bytes()) {
                out.extend_from_slice(instead.as_bytes());
            }
            done = hit.end();
        }
        out.extend_from_slice(&bytes[done..]);
        Some(out)
    }
}

/// The value and its disguises.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    let trimmed = secret.trim();
    let lines = secret.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
    let wholes = [secret, trimmed].into_iter().filter(|s| s.len() >= SHORTEST_SECRET);
    for plain in wholes.chain(lines) {
        let escaped = json_inner(plain);
        out.push(json_inner(&escaped).into_bytes());
        out.push(escaped.into_bytes());
        out.push(plain.as_bytes().to_vec());
        out.push(percent(plain).into_bytes());
        let digits = hex(plain.as_bytes());
        out.push(digits.to_uppercase().into_bytes());
        out.push(digits.into_bytes());
        for alphabet in [base64::STANDARD, base64::URL_SAFE] {
            out.push(base64::encode(plain.as_bytes(), alphabet, true).into_bytes());
            out.push(base64::encode(plain.as_bytes(), alphabet, false).into_bytes());
            for before in 0..3 {
                // In a longer text its digits depend on how many bytes stand before it, and the digits at both ends
                // on what these are: take those in between.
                let shifted = [vec![0; before], plain.as_bytes().to_vec()].concat();
                let coded = base64::encode(&shifted, alphabet, false);
                let inner = &coded[(before * 8).div_ceil(6)..shifted.len() * 8 / 6];
                if inner.len() > SHORTEST_SECRET {
                    out.push(inner.as_bytes().to_vec());
                }
            }
        }
    }
    out
}

fn json_inner(text: &str) -> String {
    let quoted = canonical(&Value::from(text)).unwrap_or_default();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const VALUE: &str = "p\"ss w/rd\n\u{e9}!";

    fn one() -> Redactor {
        let redactor = Redactor::new();
        redactor.add("TOKEN", VALUE).expect("long enough");
        redactor
    }

    #[test]
    fn every_disguise_is_found() {
        let escaped = json_inner(VALUE);
        for form in [
            VALUE.to_owned(),
            escaped.clone(),
            json_inner(&escaped),
            percent(VALUE),
            hex(VALUE.as_bytes()),
            base64::encode(VALUE.as_bytes(), base64::STANDARD, true),
            base64::encode(VALUE.as_bytes(), base64::URL_SAFE, false),
        ] {
            assert_eq!(one().text(&format!("<{form}>")), "<[secret TOKEN]>");
        }
    }

    #[test]
    fn base64_is_found_at_every_alignment() {
        for before in ["", "u:", "ab:", "abc:"] {
            let coded = base64::encode(format!("{before}{VALUE}; more").as_bytes(), base64::STANDARD, true);
            assert!(one().text(&coded).contains("[secret TOKEN]"), "{before}");
        }
    }

    #[test]
    fn values_lose_it_in_texts_keys_and_numbers() {
        let redactor = one();
        redactor.add("PIN", "483920").expect("long enough");
        let mut value = json!({"a": [VALUE, 483920, 48392], VALUE: {"b": "x483920y"}});
        redactor.value(&mut value);
        assert_eq!(
            value,
            json!({"a": ["[secret TOKEN]", "[secret PIN]", 48392], "[secret TOKEN]": {"b": "x[secret PIN]y"}})
        );
    }

    #[test]
    fn a_longer_secret_wins_over_one_inside_it() {
        let redactor = Redactor::new();
        redactor.add("SHORT", "abcd").expect("long enough");
        redactor.add("LONG", "abcdefgh").expect("long enough");
        assert_eq!(redactor.text("abcdefgh abcd"), "[secret LONG] [secret SHORT]");
    }

    #[test]
    fn each_line_of_a_long_one_counts() {
        let redactor = Redactor::new();
        redactor.add("KEY", "-----BEGIN-----\nc2VjcmV0IGtleQ\n").expect("long enough");
        assert_eq!(redactor.text("  c2VjcmV0IGtleQ\r\n"), "  [secret KEY]\r\n");
    }

    #[test]
    fn short_ones_are_refused_and_bytes_are_cleaned() {
        assert_eq!(one().add("X", "abc").expect_err("short").code, codes::E1516);
        assert!(one().add("X", "").is_ok());
        assert_eq!(
            one().bytes(&[b"\xff", VALUE.as_bytes(), b"\x00"].concat()),
            &b"\xff[secret TOKEN]\x00"[..]
        );
    }
}
