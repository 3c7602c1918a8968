//! DSSE envelopes (`in-toto` attestations travel in them): a payload, its type, and signatures over both.

use super::base64::{decode, encode_padded};
use super::note::{NoteError, SigningKey, VerifyingKey};
use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub payload_type: String,
    pub payload: Vec<u8>,
    /// Each a hint at its key, and the signature.
    pub signatures: Vec<(String, Vec<u8>)>,
}

/// What is signed: lengths stand before the parts, so no other parts give the same bytes.
fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

impl Envelope {
    pub fn signed(payload_type: &str, payload: Vec<u8>, key: &SigningKey) -> Envelope {
        let signature = key.sign(&pre_authentication(payload_type, &payload));
        let signatures = vec![(key.verifying().id(), signature)];
        Envelope { payload_type: payload_type.to_owned(), payload, signatures }
    }

    pub fn to_json(&self) -> Value {
        let signatures: Vec<Value> = self
            .signatures
            .iter()
            .map(|(id, sig)| json!({ "keyid": id, "sig": encode_padded(sig) }))
            .collect();
        json!({
            "payloadType": self.payload_type,
            "payload": encode_padded(&self.payload),
            "signatures": signatures,
        })
    }

    pub fn parse(text: &[u8]) -> Option<Envelope> {
        let value: Value = serde_json::from_slice(text).ok()?;
        let part = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let signatures = value.get("signatures")?.as_array()?.iter();
        let signature = |s: &Value| Some((part(s, "keyid").unwrap_or_default(), decode(&part(s, "sig")?)?));
        Some(Envelope {
            payload_type: part(&value, "payloadType")?,
            payload: decode(&part(&value, "payload")?)?,
            signatures: signatures.map(signature).collect::<Option<_>>()?,
        })
    }

    /// Whose valid signature it carries, among these keys. The hints are not relied on.
    pub fn signer<'k>(&self, keys: &'k [VerifyingKey]) -> Result<&'k VerifyingKey, NoteError> {
        let message = pre_authentication(&self.payload_type, &self.payload);
        let by = keys.iter().find(|key| self.signatures.iter().any(|(_, sig)| key.verifies(&message, sig)));
        by.ok_or_else(|| match self.signatures.iter().any(|(id, _)| keys.iter().any(|key| key.id() == *id)) {
            true => NoteError("its content is not what was signed"),
            false => NoteError("none of its signatures is by a key that you trust"),
        })
    }
}
