//! Whether a signed decision is taken at a gate: each rule that it may break has its own code, so that who handed it in
//! knows what to do.

use super::ballot::Ballot;
use super::proof::{Proven, prove, refused};
use super::record::{Decision, Digests, Verdict};
use super::sitting::wanted;
use crate::diagnostics::Failure;
use crate::diagnostics::codes::gate as codes;
use crate::interpreter::{GateRequest, Validator};
use crate::journal::Timestamp;
use crate::policy::{Assurance, Demand, People};

/// An open gate at one moment, as far as a decision on it is concerned.
pub struct Desk<'a> {
    pub run: &'a str,
    pub path: &'a str,
    /// When it was opened, as the record says it.
    pub opened: &'a str,
    pub request: &'a GateRequest,
    pub digests: &'a Digests,
    /// Who decides, by the people of the run's start.
    pub demand: &'a Demand<'a>,
    /// The people of today, where those of the run's start are older.
    pub today: Option<&'a People>,
    pub assurance: Assurance,
    pub expires: Option<Timestamp>,
    pub now: Timestamp,
    /// What was decided so far.
    pub ballot: &'a Ballot,
    /// It was taken before and is only judged again: when it came, and after whom, was judged then.
    pub recorded: bool,
}

/// Checks everything but that the decision was never used before, which only the journal's owner knows.
pub fn admit(
    desk: &Desk<'_>,
    record: &str,
    signature: &str,
    check: Validator<'_>,
) -> Result<Proven, Failure> {
    let mut people = vec![desk.demand.people];
    people.extend(desk.today);
    let proven = prove(record, signature, &people)?;
    let d = &proven.decision;
    same_gate(desk, d)?;
    if !desk.recorded {
        in_time(desk, Some(d))?;
    }
    proved_well_enough(desk, &proven)?;
    may_decide(desk, &d.approver, d.verdict)?;
    complete(desk, d, check)?;
    Ok(proven)
}

fn same_gate(desk: &Desk<'_>, d: &Decision) -> Result<(), Failure> {
    let gate = &desk.request.name;
    if d.run != desk.run {
        return Err(refused(
            codes::E1208,
            format!("the decision is for the run {}, not for {}", d.run, desk.run),
        )
        .help(format!("hand it in there: wflow {} {} --signed FILE", d.verdict.name(), d.run)));
    }
    if d.path != desk.path || d.gate != *gate {
        return Err(refused(
            codes::E1208,
            format!(
                "the decision is for the gate `{}` at {}, not for `{gate}` at {}",
                d.gate, d.path, desk.path
            ),
        )
        .help("each gate needs decisions of its own"));
    }
    let again = "look at it as it is now, and decide again: `wflow show` shows it";
    if d.digests.workflow != desk.digests.workflow {
        return Err(
            refused(codes::E1212, "the decision is about another version of the workflow").help(again)
        );
    }
    if d.digests.policy != desk.digests.policy {
        return Err(refused(codes::E1212, "the decision was taken under another policy").help(again));
    }
    if d.digests.evidence != desk.digests.evidence {
        return Err(refused(
            codes::E1211,
            format!("the evidence of gate `{gate}` is another than {} decided on", d.approver),
        )
        .help(again));
    }
    if d.opened != desk.opened {
        return Err(refused(
            codes::E1209,
            format!(
                "the decision is about gate `{gate}` as it was opened {}; it was opened anew since",
                d.opened
            ),
        )
        .help(again));
    }
    Ok(())
}

/// Whether this person may decide so now, before they do.
pub fn may(desk: &Desk<'_>, person: &str, verdict: Verdict) -> Result<(), Failure> {
    in_time(desk, None)?;
    may_decide(desk, person, verdict)
}

fn in_time(desk: &Desk<'_>, d: Option<&Decision>) -> Result<(), Failure> {
    let stated = d.and_then(|d| d.expires.as_deref()).map(|t| Timestamp::parse(t).unwrap_or_default());
    let end = [stated, desk.expires].into_iter().flatten().min();
    // One that is dated after the end was not decided in time either, whatever clock it was made by.
    let dated = d.map(|d| Timestamp::parse(&d.at).unwrap_or(Timestamp(i64::MAX)));
    match end {
        Some(end) if desk.now >= end || dated.is_some_and(|at| at > end) => Err(refused(
            codes::E1213,
            format!("the gate `{}` expired at {}, before the decision came", desk.request.name, end.rfc3339()),
        )
        .help("what counts is when it is handed in, not when it was signed; `wflow tick` or `wflow resume` goes on with the run")),
        _ => Ok(()),
    }
}

fn proved_well_enough(desk: &Desk<'_>, proven: &Proven) -> Result<(), Failure> {
    let stated = Assurance::from_name(&proven.decision.assurance).unwrap_or(Assurance::Passkey);
    let wanted = stated.max(desk.assurance);
    if proven.level >= wanted {
        return Ok(());
    }
    let failure = refused(
        codes::E1217,
        format!(
            "the decision is proved by `{}`, and the gate `{}` asks for `{}`",
            proven.level.name(),
            desk.request.name,
            wanted.name()
        ),
    );
    Err(failure.help(how_to_reach(wanted)))
}

/// How a person proves a decision at this level.
pub fn how_to_reach(level: Assurance) -> &'static str {
    match level {
        Assurance::Terminal => "decide at a terminal: wflow approve RUN GATE",
        Assurance::Key => {
            "sign with a key that wflow.toml lists for you: wflow approve RUN GATE --as YOU --key FILE"
        }
        Assurance::Touch => {
            "sign with a security key that asks for touch and PIN (ssh-keygen -t ed25519-sk -O verify-required) and that wflow.toml lists for you"
        }
        Assurance::Passkey => {
            "a passkey is asked for in the approval page, which this version does not have; lower `min_assurance` in wflow.toml for new runs"
        }
    }
}

fn may_decide(desk: &Desk<'_>, who: &str, verdict: Verdict) -> Result<(), Failure> {
    let gate = &desk.request.name;
    if desk.demand.is_excluded(who) {
        return Err(refused(
            codes::E1215,
            format!("{who} started this run and may not decide its gate `{gate}`: self-approval is off"),
        )
        .help("somebody else must decide"));
    }
    if !desk.demand.may_decide(who) {
        return Err(refused(
            codes::E1215,
            format!("{who} is not among those who decide the gate `{gate}`: {}", wanted(desk.demand)),
        )
        .help("`wflow gates` lists what waits for whom"));
    }
    match desk.ballot.by(who) {
        // Taking an approval back makes nothing happen that should not.
        Some(before) if before.verdict == Verdict::Approve && verdict == Verdict::Reject => Ok(()),
        Some(before) => Err(refused(
            codes::E1216,
            format!("{who} has decided the gate `{gate}` already ({}, {})", before.verdict.name(), before.at),
        )
        .help(
            "approvals come from different people; an approval can only be taken back, with `wflow reject`",
        )),
        None => Ok(()),
    }
}

fn complete(desk: &Desk<'_>, d: &Decision, check: Validator<'_>) -> Result<(), Failure> {
    let gate = &desk.request.name;
    if d.verdict == Verdict::Reject {
        return Ok(());
    }
    if let Some(missing) = desk.request.require.iter().find(|c| !d.confirmed.contains(c)) {
        return Err(refused(codes::E1218, format!("{} did not confirm: {missing}", d.approver))
            .help("an approval confirms every criterion of the gate; without that, reject it"));
    }
    let wrong = |why: String| {
        refused(
            codes::E1203,
            format!("the value that {} gives at gate `{gate}` cannot be taken: {why}", d.approver),
        )
        .help("decide again with another value")
    };
    match (&d.value, desk.ballot.takes_value()) {
        (None, false) => Ok(()),
        (Some(_), false) => Err(wrong("the gate takes none".to_owned())),
        (None, true) => Err(wrong("there is none".to_owned())),
        (Some(value), true) => {
            if !desk.recorded && d.shown != desk.ballot.shown() {
                return Err(refused(
                    codes::E1224,
                    format!("somebody changed the value at gate `{gate}` after {} looked at it", d.approver),
                )
                .help("look at it as it is now, and decide again: `wflow show` shows it"));
            }
            check(value).map_err(|messages| wrong(messages.join("; ")))
        }
    }
}
