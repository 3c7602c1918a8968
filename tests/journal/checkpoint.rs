//! The Merkle tree over the ledger, and what a checkpoint proves.

use super::fake::FakeStore;
use super::verify::{story, write};
use super::writer::{data, project};
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use wflow::journal::{
    Checkpoint, Entered, EventType, Hash, Ledger, Redactor, Runs, Tree, Verdict, Writer, verify_checkpoints,
    verify_ledger, verify_run,
};

/// RFC 6962, section 2.1, to the letter.
fn naive(leaves: &[Vec<u8>]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => Sha256::new().chain_update([0]).chain_update(one).finalize().into(),
        several => {
            let half = several.len().next_power_of_two() / 2;
            let (left, right) = several.split_at(half);
            Sha256::new()
                .chain_update([1])
                .chain_update(naive(left))
                .chain_update(naive(right))
                .finalize()
                .into()
        }
    }
}

fn hex(hash: Hash) -> String {
    hash.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn the_published_roots_come_out() {
    // The inputs and roots that implementations of certificate transparency test with.
    let inputs: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    for (size, root) in [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ] {
        assert_eq!(hex(Tree::of(inputs[..size].iter().copied()).root()), root, "of {size}");
    }
}

proptest! {
    #[test]
    fn the_root_of_every_beginning_is_that_of_the_definition(
        leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..70),
    ) {
        let mut tree = Tree::default();
        prop_assert_eq!(tree.root(), naive(&[]));
        for (i, leaf) in leaves.iter().enumerate() {
            tree.push(leaf);
            prop_assert_eq!(tree.leaves(), i as u64 + 1);
            prop_assert_eq!(tree.root(), naive(&leaves[..=i]));
        }
    }

    #[test]
    fn other_leaves_have_another_root(
        leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5), 1..40),
        at in any::<prop::sample::Index>(),
        other in prop::collection::vec(any::<u8>(), 0..5),
    ) {
        let at = at.index(leaves.len());
        prop_assume!(leaves[at] != other);
        let root = |leaves: &[Vec<u8>]| Tree::of(leaves.iter().map(Vec::as_slice)).root();
        let whole = root(&leaves);
        let mut changed = leaves.clone();
        changed[at] = other;
        prop_assert_ne!(root(&changed), whole);
        changed.truncate(at);
        prop_assert_ne!(root(&changed), whole);
    }

    #[test]
    fn a_checkpoint_is_read_as_it_was_written(
        origin in "[^\\p{Cc}]{1,20}",
        size in any::<u64>(),
        root in any::<[u8; 32]>(),
        more in "([a-z]{1,9}\n){0,3}",
    ) {
        let checkpoint = Checkpoint { origin, size, root };
        let text = checkpoint.to_text();
        prop_assert_eq!(Checkpoint::parse(&format!("{text}{more}")), Some(checkpoint));
        prop_assert_eq!(Checkpoint::parse(text.trim_end()), None);
        prop_assert_eq!(Checkpoint::parse(&text.replacen('\n', "\n0", 1)), None);
    }
}

fn since(runs: &Runs, checkpoints: &[&Checkpoint]) -> String {
    let all: Vec<Checkpoint> = checkpoints.iter().map(|c| (*c).clone()).collect();
    verify_checkpoints(runs, &all).expect("readable").verdict.to_string()
}

const LEDGER: &str = "/project/.wflow/ledger.jsonl";

#[test]
fn a_ledger_that_only_grew_is_what_was_signed() {
    let runs = project(Arc::new(FakeStore::default()));
    let none = Checkpoint::make(&runs, "shop").expect("of nothing");
    assert_eq!((none.size, none.origin.as_str()), (0, "shop"));
    write(&runs, &story(), true);
    let first = Checkpoint::make(&runs, "shop").expect("made");
    assert_eq!(first.size, 2);
    assert_eq!(Checkpoint::make(&runs, "shop"), Ok(first.clone()), "nothing new is entered");
    write(&runs, &story(), true);
    let second = Checkpoint::make(&runs, "shop").expect("made");
    for some in [vec![&none], vec![&first], vec![&second, &first, &none]] {
        assert_eq!(since(&runs, &some), "OK");
    }
    let told = verify_checkpoints(&runs, std::slice::from_ref(&first)).expect("readable");
    assert_eq!((told.size, told.added), (2, 2));
}

#[test]
fn a_cut_or_rewritten_ledger_is_told_from_it() {
    let store = FakeStore::default();
    let runs = project(Arc::new(store.clone()));
    write(&runs, &story(), true);
    let first = Checkpoint::make(&runs, "shop").expect("made");
    write(&runs, &story(), true);
    let second = Checkpoint::make(&runs, "shop").expect("made");
    let whole = store.bytes(Path::new(LEDGER));
    let lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();

    store.put(Path::new(LEDGER), lines[..3].concat());
    assert_eq!(
        since(&runs, &[&second]),
        "DAMAGED at line 4: the ledger had 4 lines when the checkpoint was signed, and 1 of them are gone"
    );
    assert_eq!(since(&runs, &[&first]), "OK", "an older one knows nothing of it");

    // Every changed byte of what was signed shows, and nothing after it matters.
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        store.put(Path::new(LEDGER), changed);
        let signed: usize = lines[..2].iter().map(|l| l.len()).sum();
        assert_eq!(since(&runs, &[&first]) == "OK", at >= signed, "byte {at}");
        assert_ne!(since(&runs, &[&second]), "OK", "byte {at}");
    }

    // Written anew from the third line on, with a chain that holds: only the checkpoint knows better.
    store.put(Path::new(LEDGER), lines[..2].concat());
    write(&runs, &story(), true);
    assert_eq!(Ledger::of(&runs).read().expect("reads").damage, None);
    assert_eq!(
        since(&runs, &[&second, &first]),
        "DAMAGED at line 3: the ledger was rewritten since the checkpoint was signed: lines 3 to 4 of it are not \
         what was signed; the first 2 are as an earlier checkpoint knows them"
    );
    assert!(since(&runs, &[&second]).contains("lines 1 to 4 of it are not what was signed"));
}

#[test]
fn a_run_under_way_is_committed_to_as_far_as_it_had_come() {
    let store = FakeStore::default();
    let runs = project(Arc::new(store.clone()));
    let dir = write(&runs, &story()[..6], true);
    let checkpoint = Checkpoint::make(&runs, "shop").expect("made");
    assert_eq!(checkpoint.size, 2);
    let noted = Ledger::of(&runs).read().expect("reads").entries[1].what.clone();
    assert!(matches!(noted, Entered::Noted { events: 6, .. }), "{noted:?}");

    // Gone on with: it is as it was up to there.
    let (writer, _) = Writer::open(&dir, Redactor::new()).expect("opens");
    writer.record(EventType::RunResumed, "", &data(json!({}))).expect("records");
    writer.record(EventType::RunCancelled, "", &data(json!({}))).expect("records");
    Ledger::of(&runs).run_ended(dir.id(), EventType::RunCancelled, writer.head()).expect("enters");
    drop(writer);
    assert_eq!(verify_run(&runs, &dir).expect("readable").verdict, Verdict::Ok);
    assert_eq!(since(&runs, &[&checkpoint]), "OK");

    // Cut off or written anew: the entry, for which the checkpoint vouches, knows better.
    let whole = store.bytes(&dir.journal_path());
    let lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();
    store.put(&dir.journal_path(), lines[..4].concat());
    let verdict = verify_run(&runs, &dir).expect("readable").verdict;
    assert!(
        matches!(&verdict, Verdict::Damaged { line: 5, why } if why.contains("4 of them are gone")),
        "{verdict}"
    );
    assert!(!verify_ledger(&runs).expect("readable").findings.is_empty());
    store.put(&dir.journal_path(), lines[..5].concat());
    let (writer, _) = Writer::open(&dir, Redactor::new()).expect("opens");
    writer
        .record(EventType::Said, "release/say#9", &data(json!({ "text": "another story" })))
        .expect("records");
    drop(writer);
    let verdict = verify_run(&runs, &dir).expect("readable").verdict.to_string();
    assert!(verdict.starts_with("DAMAGED at line 6: the ledger knows another event here"), "{verdict}");
}

#[test]
fn what_an_owner_is_writing_counts_as_far_as_it_is_safe() {
    let runs = project(Arc::new(FakeStore::default()));
    let dir = runs.create().expect("a run");
    let writer = Writer::create(&dir, Redactor::new()).expect("a journal");
    let lines = story();
    writer.record(lines[0].0, "", &data(lines[0].2.clone())).expect("records");
    Ledger::of(&runs).run_started(dir.id(), "release", writer.head().1).expect("enters");
    for (kind, path, event) in &lines[1..4] {
        writer.record(*kind, path, &data(event.clone())).expect("records");
    }
    writer.append(lines[4].0, lines[4].1, &data(lines[4].2.clone())).expect("appends");
    Checkpoint::make(&runs, "shop").expect("made");
    for entry in Ledger::of(&runs).read().expect("reads").entries {
        if let Entered::Noted { events, .. } = entry.what {
            assert!(events <= 4, "only what is on disk: {events}");
        }
    }
}

#[test]
fn a_damaged_record_is_not_vouched_for() {
    let store = FakeStore::default();
    let runs = project(Arc::new(store.clone()));
    let dir = write(&runs, &story()[..6], true);
    let whole = store.bytes(&dir.journal_path());
    let mut changed = whole.clone();
    changed[200] ^= 1;
    store.put(&dir.journal_path(), changed);
    let refused = Checkpoint::make(&runs, "shop").expect_err("refused");
    assert_eq!(refused.code, wflow::diagnostics::codes::audit::E1806);
    store.put(&dir.journal_path(), whole);
    let mut ledger = store.bytes(Path::new(LEDGER));
    ledger[20] ^= 1;
    store.put(Path::new(LEDGER), ledger);
    assert!(Checkpoint::make(&runs, "shop").is_err());
}
