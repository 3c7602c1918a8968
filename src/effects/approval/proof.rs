//! Who took a signed decision, and how well that is proved. Pure: a record, a signature and the keys of people.

use super::record::Decision;
use super::signature::{PublicKey, Signature, Touch};
use crate::diagnostics::codes::gate as codes;
use crate::diagnostics::{Code, ErrorKind, Failure};
use crate::journal::{BlobRef, Judgement, SignedDecision};
use crate::policy::{Assurance, People, Project};
use crate::source::SourceMap;
use serde_json::{Map, Value as Json};

/// A decision whose signature holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Proven {
    pub decision: Decision,
    pub level: Assurance,
    /// `SHA256:…`, as ssh-keygen shows it.
    pub key: String,
}

/// Why a decision does not count.
pub(super) fn refused(code: Code, message: impl Into<String>) -> Failure {
    Failure::new(ErrorKind::Permission, code, message)
}

/// Reads a signed decision and checks its signature against the keys of its approver, in every one of `people`.
pub fn prove(record: &str, signature: &str, people: &[&People]) -> Result<Proven, Failure> {
    let decision = Decision::from_text(record).ok_or_else(|| {
        refused(
            codes::E1219,
            "the decision cannot be read: it is not a record as `wflow approve --unsigned-out` writes it",
        )
        .help("make it again; what is signed may not be reformatted, not even by a line end")
    })?;
    let signed = Signature::from_armor(signature).ok_or_else(|| {
        refused(codes::E1219, "the signature cannot be read: it is not one that `ssh-keygen -Y sign` writes")
            .help("sign it with: ssh-keygen -Y sign -n wflow-gate -f KEY FILE")
    })?;
    let who = &decision.approver;
    let touch = signed.verify(record.as_bytes()).ok_or_else(|| {
        refused(
            codes::E1206,
            format!("the signature does not fit the decision of {who}: one of them was changed, or it was signed for something else"),
        )
        .help("sign the record as it is, in the namespace `wflow-gate`: ssh-keygen -Y sign -n wflow-gate -f KEY FILE")
    })?;
    let key = signed.key.fingerprint();
    for (i, people) in people.iter().enumerate() {
        listed(&signed.key, &key, who, people, i > 0)?;
    }
    let level = match touch {
        Touch::Software | Touch::Hardware { present: true, verified: false } => Assurance::Key,
        Touch::Hardware { present: true, verified: true } => Assurance::Touch,
        Touch::Hardware { present: false, .. } => {
            return Err(refused(
                codes::E1223,
                format!("the security key {key} says that nobody touched it for this decision"),
            )
            .help("use a key that asks for a touch: one made without `-O no-touch-required`"));
        }
    };
    Ok(Proven { decision, level, key })
}

fn listed(
    key: &PublicKey,
    fingerprint: &str,
    who: &str,
    people: &People,
    today: bool,
) -> Result<(), Failure> {
    let person = people.people.get(who);
    if person.is_some_and(|p| p.keys.iter().any(|line| PublicKey::from_line(line).as_ref() == Some(key))) {
        return Ok(());
    }
    let owner = people
        .people
        .iter()
        .find(|(_, p)| p.keys.iter().any(|line| PublicKey::from_line(line).as_ref() == Some(key)));
    let when = if today { "today's wflow.toml" } else { "the wflow.toml that the run was started with" };
    let message = match (owner, person) {
        (Some((other, _)), _) => format!("the key {fingerprint} is {other}'s in {when}, not {who}'s"),
        (None, None) => format!("{when} names no person `{who}`"),
        (None, Some(_)) => format!("{when} does not list the key {fingerprint} for {who}"),
    };
    let failure = refused(codes::E1207, message);
    Err(match today {
        true => failure.help("a key that was removed counts no more, for any run"),
        false => failure.help("a run knows the keys that were listed when it was started"),
    })
}

/// `record` and `signature` of a `gate.decided`, where it has them.
pub fn signed_parts(data: &Map<String, Json>) -> Option<(&str, &str)> {
    Some((data.get("record")?.as_str()?, data.get("signature")?.as_str()?))
}

/// For [`crate::journal::verify_run_with`]: signed decisions against the people of the run's start.
pub fn judge(signed: &SignedDecision<'_>) -> Judgement {
    let text = match signed.started.get("config") {
        Some(Json::Object(map)) => {
            match BlobRef::from_json(map).map(|blob| signed.dir.blobs().get_text(&blob)) {
                Some(Ok(text)) => text,
                Some(Err(why)) => return Judgement::Unknown(why.message),
                None => return Judgement::Unknown("the record names no configuration".to_owned()),
            }
        }
        Some(Json::String(text)) => text.clone(),
        _ => return Judgement::Unknown("the record names no configuration".to_owned()),
    };
    let people = Project::from_text("", &text, &mut SourceMap::new()).0.config.people;
    let (run, path) = (signed.dir.id().as_str(), &signed.event.path);
    match judge_recorded(signed.decided, signed.opened, run, path, &people) {
        Ok(_) => Judgement::Valid,
        Err(why) => Judgement::Forged(why),
    }
}

/// Judges a `gate.decided` that says it is signed, for whoever audits a journal: `decided` and `opened` are the data of
/// the decision and of the `gate.opened` before it, with stored parts put back in; `people` as the run was pinned to
/// them. Gives the level that is proved, or what is wrong.
pub fn judge_recorded(
    decided: &Map<String, Json>,
    opened: &Map<String, Json>,
    run: &str,
    path: &str,
    people: &People,
) -> Result<Assurance, String> {
    let Some((record, signature)) = signed_parts(decided) else {
        return Err("it lacks its record or its signature".to_owned());
    };
    let proven = prove(record, signature, &[people]).map_err(|f| f.message)?;
    let d = &proven.decision;
    let is = |data: &Map<String, Json>, field: &str, value: &str| {
        data.get(field).and_then(Json::as_str).unwrap_or_default() == value
    };
    let confirmed = |data: &Map<String, Json>, field: &str| -> Vec<String> {
        let list = data.get(field).and_then(Json::as_array);
        list.into_iter().flatten().filter_map(|c| c.as_str().map(str::to_owned)).collect()
    };
    let agrees = [
        ("run", d.run == run),
        ("path", d.path == path),
        ("gate", is(decided, "gate", &d.gate) && is(opened, "gate", &d.gate)),
        ("decision", is(decided, "decision", d.verdict.name())),
        ("approver", is(decided, "approver", &d.approver)),
        ("comment", is(decided, "comment", &d.comment)),
        ("nonce", is(decided, "nonce", &d.nonce)),
        ("confirmed", confirmed(decided, "confirmed") == d.confirmed),
        ("value", decided.get("value") == d.value.as_ref()),
        ("digest", is(decided, "digest", &d.digests.evidence) && is(opened, "digest", &d.digests.evidence)),
        ("assurance", is(decided, "assurance", proven.level.name())),
    ];
    if let Some((field, _)) = agrees.iter().find(|(_, fits)| !fits) {
        return Err(format!("its `{field}` is not the one that {} signed", d.approver));
    }
    let demanded = opened.get("min_assurance").and_then(Json::as_str).and_then(Assurance::from_name);
    if demanded.unwrap_or_default() > proven.level {
        return Err(format!(
            "it is proved by `{}`, and the gate asks for `{}`",
            proven.level.name(),
            demanded.unwrap_or_default().name()
        ));
    }
    Ok(proven.level)
}
