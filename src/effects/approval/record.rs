//! A decision as a record: what was decided, by whom, on which evidence, proved how. Its canonical text is what stronger
//! levels of assurance sign.

use crate::interpreter::GateRequest;
use crate::journal::{Shown, Timestamp, TooDeep, canonical, digest as canonical_digest, digest_of};
use serde_json::{Map, Value as Json, json};
use std::time::SystemTime;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Approve,
    Reject,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Approve => "approve",
            Verdict::Reject => "reject",
        }
    }
}

/// What was in force and what was shown, each as `sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    pub workflow: String,
    pub policy: String,
    /// See [`evidence_digest`].
    pub evidence: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub run: String,
    pub gate: String,
    pub path: String,
    /// When the gate was opened (RFC 3339, UTC): a gate that opened anew is another one.
    pub opened: String,
    pub digests: Digests,
    pub verdict: Verdict,
    /// A person of `wflow.toml`; the account where it names nobody.
    pub approver: String,
    /// The account at the terminal.
    pub account: String,
    /// The account is not the approver's own: who it is was only said.
    pub claimed: bool,
    /// The criteria that were confirmed.
    pub confirmed: Vec<String>,
    pub comment: String,
    /// The edited or answered value that the approval is for.
    pub value: Option<Json>,
    /// Digest of the value as it was before, where there was one: somebody may have edited it meanwhile.
    pub shown: Option<String>,
    /// Makes each decision different, so that none can be used twice.
    pub nonce: String,
    /// RFC 3339, UTC.
    pub at: String,
    pub expires: Option<String>,
    /// `terminal`, `key`, `touch`, `passkey`: what it is proved with at least.
    pub assurance: String,
}

impl Decision {
    /// What the journal keeps, and what the digest is of.
    pub fn to_json(&self) -> Json {
        let mut out = Map::new();
        let mut put = |key: &str, value: Json| drop(out.insert(key.to_owned(), value));
        put("run", json!(self.run));
        put("gate", json!(self.gate));
        put("path", json!(self.path));
        put("opened", json!(self.opened));
        put("workflow", json!(self.digests.workflow));
        put("policy", json!(self.digests.policy));
        put("evidence", json!(self.digests.evidence));
        put("decision", json!(self.verdict.name()));
        put("approver", json!(self.approver));
        put("account", json!(self.account));
        put("claimed", json!(self.claimed));
        put("confirmed", json!(self.confirmed));
        put("comment", json!(self.comment));
        if let Some(value) = &self.value {
            put("value", value.clone());
        }
        if let Some(shown) = &self.shown {
            put("shown", json!(shown));
        }
        put("nonce", json!(self.nonce));
        put("at", json!(self.at));
        if let Some(expires) = &self.expires {
            put("expires", json!(expires));
        }
        put("assurance", json!(self.assurance));
        Json::Object(out)
    }

    /// The way back; `None` where it is no decision.
    pub fn from_json(value: &Json) -> Option<Decision> {
        let text = |key: &str| value.get(key).and_then(Json::as_str).map(str::to_owned);
        let confirmed = value.get("confirmed")?.as_array()?.iter();
        Some(Decision {
            run: text("run")?,
            gate: text("gate")?,
            path: text("path")?,
            opened: text("opened")?,
            digests: Digests {
                workflow: text("workflow")?,
                policy: text("policy")?,
                evidence: text("evidence")?,
            },
            verdict: [Verdict::Approve, Verdict::Reject]
                .into_iter()
                .find(|v| Some(v.name()) == value.get("decision").and_then(Json::as_str))?,
            approver: text("approver")?,
            account: text("account")?,
            claimed: value.get("claimed")?.as_bool()?,
            confirmed: confirmed.map(|c| c.as_str().map(str::to_owned)).collect::<Option<_>>()?,
            comment: text("comment")?,
            value: value.get("value").cloned(),
            shown: text("shown"),
            nonce: text("nonce")?,
            at: text("at")?,
            expires: text("expires"),
            assurance: text("assurance")?,
        })
    }

    /// What is signed. The only text that stands for this decision: whatever differs from it is another, or none.
    pub fn text(&self) -> Result<String, TooDeep> {
        canonical(&self.to_json())
    }

    /// The way back; `None` for any text that [`Decision::text`] does not give, also one with more in it.
    pub fn from_text(text: &str) -> Option<Decision> {
        let decision = Decision::from_json(&serde_json::from_str(text).ok()?)?;
        (decision.text().ok()? == text).then_some(decision)
    }

    /// `sha256:…` of the canonical record.
    pub fn digest(&self) -> String {
        digest(&self.to_json())
    }
}

/// What people are shown and thereby approve: question, evidence, criteria, the value to be edited and its form.
pub fn evidence_digest(request: &GateRequest) -> String {
    let evidence: Json = request.show.iter().map(|(name, value)| json!([name, value])).collect();
    let shown = Shown {
        gate: &request.name,
        question: &request.question,
        evidence: &evidence,
        require: &json!(request.require),
        edit: request.edit.as_ref().unwrap_or(&Json::Null),
        form: request.schema.as_ref().unwrap_or(&Json::Null),
    };
    digest(&shown.to_json())
}

/// `sha256:…` of a value.
pub fn value_digest(value: &Json) -> String {
    digest(value)
}

fn digest(value: &Json) -> String {
    // A value too deep for the canonical form still has one compact text.
    canonical_digest(value).unwrap_or_else(|_| digest_of(crate::ui::json::compact(value).as_bytes()))
}

/// A nonce and the time, for a decision that is taken now.
pub fn fresh() -> (String, String) {
    (nonce(), timestamp(SystemTime::now()))
}

pub(super) fn nonce() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// RFC 3339 in UTC, to the millisecond.
pub(super) fn timestamp(time: SystemTime) -> String {
    let millis = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    Timestamp(i64::try_from(millis).unwrap_or(i64::MAX)).rfc3339()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision() -> Decision {
        Decision {
            run: "0192".into(),
            gate: "ship".into(),
            path: "release/ship".into(),
            opened: timestamp(SystemTime::UNIX_EPOCH),
            digests: Digests {
                workflow: "sha256:a".into(),
                policy: "sha256:b".into(),
                evidence: "sha256:c".into(),
            },
            verdict: Verdict::Approve,
            approver: "alice".into(),
            account: "root".into(),
            claimed: true,
            confirmed: vec!["All tests pass".into()],
            comment: String::new(),
            value: Some(json!({"stage": "production"})),
            shown: None,
            nonce: nonce(),
            at: timestamp(SystemTime::UNIX_EPOCH),
            expires: None,
            assurance: "terminal".into(),
        }
    }

    #[test]
    fn a_record_comes_back_as_it_was() {
        let d = decision();
        assert_eq!(d.at, "1970-01-01T00:00:00.000Z");
        assert_eq!(Decision::from_json(&d.to_json()), Some(d.clone()));
        assert_eq!(Decision::from_json(&json!({"decision": "approve"})), None);
        let text = d.text().expect("flat");
        assert_eq!(Decision::from_text(&text), Some(d));
        for other in [text.replacen('{', "{ ", 1), text.replacen('{', "{\"more\":1,", 1), text + "\n"] {
            assert_eq!(Decision::from_text(&other), None, "{other}");
        }
    }

    #[test]
    fn the_digest_is_of_every_part() {
        let d = decision();
        let mut other = d.clone();
        other.comment = "fine".into();
        assert_ne!(d.digest(), other.digest());
        assert_ne!(d.digest(), decision().digest(), "two decisions differ by their nonce");
    }
}
