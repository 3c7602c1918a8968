//! Event data → canonical text, in one pass: secrets replaced, large parts moved to blobs, and values of users that
//! look like blob references written so that they cannot be taken for one.

use super::blobs::{Blobs, INLINE_LIMIT, looks_like_ref};
use super::canonical::{MAX_DEPTH, in_order, write_number, write_string, write_value};
use super::errors::too_deep;
use super::redact::Redactor;
use crate::diagnostics::Failure;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Members made by the engine alone: names and digests, which no secret may mangle.
const PLAIN: &[&str] = &[
    "after", "approver", "bytes", "code", "decision", "digest", "gate", "kind", "mode", "run", "schema",
    "workflow",
];
/// Members whose objects with `blob` are references that the engine made.
const REFS: &[&str] = &["config", "policy", "sources"];

pub(super) struct Render<'a> {
    pub redactor: &'a Redactor,
    pub blobs: &'a Blobs,
    /// Looked up once an event.
    pub secrets: bool,
}

impl Render<'_> {
    /// Appends the object; nothing at all if it is empty.
    pub fn data(&self, out: &mut Vec<u8>, data: &Map<String, Value>) -> Result<(), Failure> {
        if data.is_empty() {
            return Ok(());
        }
        out.push(b'{');
        for (i, (key, member)) in in_order(data).into_iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_string(out, key);
            out.push(b':');
            if PLAIN.contains(&key.as_str()) {
                write_value(out, member, 1).map_err(|_| too_deep())?;
                continue;
            }
            let start = out.len();
            let user = !REFS.contains(&key.as_str());
            self.value(out, member, 1, user)?;
            if user && out.len() - start > INLINE_LIMIT {
                let blob = self.blobs.put_clean(&out[start..])?;
                out.truncate(start);
                out.extend_from_slice(b"{\"as\":\"json\",");
                reference(out, &blob.hex, blob.bytes);
            }
        }
        out.push(b'}');
        Ok(())
    }

    fn value(&self, out: &mut Vec<u8>, value: &Value, depth: usize, user: bool) -> Result<(), Failure> {
        match value {
            Value::String(text) => return self.text(out, text, user),
            Value::Number(n) if self.secrets => match self.redactor.number(n) {
                Some(hidden) => write_string(out, &hidden),
                None => write_number(out, n),
            },
            Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => return Err(too_deep()),
            Value::Array(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    self.value(out, item, depth + 1, user)?;
                }
                out.push(b']');
            }
            Value::Object(map) if user && looks_like_ref(map) => {
                out.extend_from_slice(b"{\"blob\":\"literal\",\"value\":");
                if depth + 1 >= MAX_DEPTH {
                    return Err(too_deep());
                }
                self.object(out, map, depth + 1, user)?;
                out.push(b'}');
            }
            Value::Object(map) => self.object(out, map, depth, user)?,
            _ => write_value(out, value, depth).map_err(|_| too_deep())?,
        }
        Ok(())
    }

    fn object(
        &self,
        out: &mut Vec<u8>,
        map: &Map<String, Value>,
        depth: usize,
        user: bool,
    ) -> Result<(), Failure> {
        if self.secrets && map.keys().any(|key| matches!(self.redactor.text(key), Cow::Owned(_))) {
            let mut clean = Value::Object(map.clone());
            self.redactor.value(&mut clean);
            if let Value::Object(clean) = &clean {
                return self.members(out, clean, depth, user);
            }
        }
        self.members(out, map, depth, user)
    }

    fn members(
        &self,
        out: &mut Vec<u8>,
        map: &Map<String, Value>,
        depth: usize,
        user: bool,
    ) -> Result<(), Failure> {
        out.push(b'{');
        for (i, (key, member)) in in_order(map).into_iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_string(out, key);
            out.push(b':');
            self.value(out, member, depth + 1, user)?;
        }
        out.push(b'}');
        Ok(())
    }

    fn text(&self, out: &mut Vec<u8>, text: &str, user: bool) -> Result<(), Failure> {
        let text = if self.secrets { self.redactor.text(text) } else { Cow::Borrowed(text) };
        if user && text.len() > INLINE_LIMIT {
            let blob = self.blobs.put_clean(text.as_bytes())?;
            out.push(b'{');
            reference(out, &blob.hex, blob.bytes);
        } else {
            write_string(out, &text);
        }
        Ok(())
    }
}

fn reference(out: &mut Vec<u8>, hex: &str, bytes: u64) {
    out.extend_from_slice(b"\"blob\":\"sha256:");
    out.extend_from_slice(hex.as_bytes());
    out.extend_from_slice(b"\",\"bytes\":");
    super::canonical::write_unsigned(out, bytes);
    out.push(b'}');
}
