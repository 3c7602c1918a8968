//! Decisions as records, and what they come to, for any decisions.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use wflow::effects::approval::{Ballot, Decision, Digests, Verdict};
use wflow::interpreter::GateRequest;
use wflow::policy::{Approvers, Demand, People, Person, Role, Standing};

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{0,8}", any::<String>()]
}

fn any_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        any_text().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(any_text(), inner, 0..4)
                .prop_map(|m| Json::Object(m.into_iter().collect())),
        ]
    })
}

prop_compose! {
    fn any_decision()(
        texts in prop::collection::vec(any_text(), 12),
        approve in any::<bool>(),
        claimed in any::<bool>(),
        confirmed in prop::collection::vec(any_text(), 0..3),
        value in prop::option::of(any_value()),
        shown in prop::option::of(any_text()),
        expires in prop::option::of(any_text()),
    ) -> Decision {
        let t = |i: usize| texts[i].clone();
        Decision {
            run: t(0), gate: t(1), path: t(2), opened: t(3),
            digests: Digests { workflow: t(4), policy: t(5), evidence: t(6) },
            verdict: if approve { Verdict::Approve } else { Verdict::Reject },
            approver: t(7), account: t(8), claimed, confirmed, comment: t(9), value, shown,
            nonce: t(10), at: t(11), expires, assurance: "key".into(),
        }
    }
}

const PEOPLE: [&str; 5] = ["ada", "bob", "cleo", "dan", "eve"];

fn people() -> People {
    let person = |name: &&str| {
        (Arc::from(*name), Person { name: Arc::from(*name), keys: vec![], span: Default::default() })
    };
    let role = |name: &str, members: &[&str]| {
        let members = members.iter().map(|m| Arc::from(*m)).collect();
        (Arc::from(name), Role { members, span: Default::default() })
    };
    People {
        people: PEOPLE.iter().map(person).collect(),
        roles: [role("lead", &["ada", "bob"]), role("ops", &["bob", "cleo", "dan"])].into_iter().collect(),
    }
}

fn any_approvers() -> impl Strategy<Value = Approvers> {
    let names = prop_oneof![Just("ada"), Just("bob"), Just("cleo"), Just("eve"), Just("lead"), Just("ops")];
    let leaf = names.prop_map(|n| Approvers::One(Arc::from(n)));
    leaf.prop_recursive(2, 6, 3, |inner| {
        let list = prop::collection::vec(inner, 1..4);
        prop_oneof![
            list.clone().prop_map(Approvers::All),
            list.clone().prop_map(Approvers::Any),
            (list, 1usize..3).prop_map(|(of, n)| Approvers::Quorum { count: n.min(of.len()), of }),
        ]
    })
    .prop_filter("small enough to be decided", Approvers::is_small)
}

fn request(edit: Option<Json>) -> GateRequest {
    GateRequest {
        name: "go".into(),
        question: "Go?".into(),
        by: None,
        show: vec![],
        show_explicit: false,
        require: vec![],
        timeout_ms: None,
        escalate: vec![],
        edit,
        schema: None,
        type_name: None,
        assurance: None,
    }
}

fn says(person: &str, verdict: Verdict, value: Option<Json>) -> Decision {
    Decision {
        run: "r".into(),
        gate: "go".into(),
        path: "w/go".into(),
        opened: String::new(),
        digests: Digests { workflow: String::new(), policy: String::new(), evidence: String::new() },
        verdict,
        approver: person.into(),
        account: "x".into(),
        claimed: false,
        confirmed: vec![],
        comment: String::new(),
        value,
        shown: None,
        nonce: String::new(),
        at: String::new(),
        expires: None,
        assurance: "key".into(),
    }
}

/// Who says what, each person any number of times.
fn any_votes() -> impl Strategy<Value = Vec<(usize, bool, u8)>> {
    prop::collection::vec((0..PEOPLE.len(), any::<bool>(), 0u8..3), 0..8)
}

fn cast(request: &GateRequest, votes: &[(usize, bool, u8)]) -> Ballot {
    let value = |n: u8| request.edit.as_ref().map(|_| json!(n));
    Ballot::of(
        request,
        votes.iter().map(|(who, yes, n)| match yes {
            true => says(PEOPLE[*who], Verdict::Approve, value(*n)),
            false => says(PEOPLE[*who], Verdict::Reject, None),
        }),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_record_there_and_back(decision in any_decision()) {
        let text = decision.text().expect("flat enough");
        prop_assert_eq!(Decision::from_text(&text), Some(decision));
    }

    /// One text stands for one decision: no other spelling is read as it.
    #[test]
    fn any_other_text_is_another_decision(decision in any_decision(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let text = decision.text().expect("flat enough");
        let mut bytes = text.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(other) = String::from_utf8(bytes)
            && other != text
        {
            prop_assert_ne!(Decision::from_text(&other), Some(decision));
        }
    }

    /// Without values the order of different people does not matter, and of one person the last word counts.
    #[test]
    fn the_last_word_of_each_counts_in_any_order(votes in any_votes(), by in any_approvers()) {
        let people = people();
        let demand = Demand { people: &people, by: vec![by], excluded: vec![] };
        let plain = request(None);
        let ballot = cast(&plain, &votes);
        let mut last: Vec<(usize, bool, u8)> = Vec::new();
        for vote in &votes {
            last.retain(|(who, ..)| *who != vote.0);
            last.push(*vote);
        }
        last.sort();
        prop_assert_eq!(ballot.standing(&demand), cast(&plain, &last).standing(&demand));
        prop_assert_eq!(ballot.decisions().len(), last.len());
    }

    /// Approved only if different people who said yes fulfil it; rejected only if nobody's yes could.
    #[test]
    fn what_is_decided_was_decided_by_enough(votes in any_votes(), by in any_approvers(), out in 0..PEOPLE.len()) {
        let people = people();
        let excluded: Vec<Arc<str>> = vec![Arc::from(PEOPLE[out])];
        let demand = Demand { people: &people, by: vec![by.clone()], excluded };
        let ballot = cast(&request(None), &votes);
        let said = |verdict: Verdict| -> Vec<&str> {
            let all = ballot.decisions().iter().filter(move |d| d.verdict == verdict);
            all.map(|d| d.approver.as_str()).filter(|p| *p != PEOPLE[out]).collect()
        };
        let standing = ballot.standing(&demand);
        match &standing {
            Standing::Approved => prop_assert!(by.satisfied(&said(Verdict::Approve), &people)),
            Standing::Open { .. } => prop_assert!(!by.satisfied(&said(Verdict::Approve), &people)),
            Standing::Rejected => {
                let no = said(Verdict::Reject);
                let could: Vec<&str> =
                    PEOPLE.iter().copied().filter(|p| *p != PEOPLE[out] && !no.contains(p)).collect();
                prop_assert!(!by.satisfied(&could, &people));
            }
        }
        prop_assert_eq!(ballot.reply(&standing).is_some(), !matches!(standing, Standing::Open { .. }));
    }

    /// All approvals that count are for the one value that comes out.
    #[test]
    fn approvals_are_for_the_value_that_comes_out(votes in any_votes()) {
        let ballot = cast(&request(Some(json!(0))), &votes);
        for decision in ballot.decisions() {
            match decision.verdict {
                Verdict::Approve => prop_assert_eq!(decision.value.as_ref(), ballot.value()),
                Verdict::Reject => prop_assert_eq!(&decision.value, &None),
            }
        }
    }
}
