//! Signed notes, their keys and envelopes: the published examples come out, and what is written is read.

use proptest::prelude::*;
use serde_json::json;
use wflow::journal::{Envelope, Note, NoteSignature, SigningKey, VerifyingKey};

/// The example of the package `note` of the Go checksum database.
const PRIVATE: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNED: &str = "\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn key() -> SigningKey {
    SigningKey::parse(PRIVATE).expect("a key")
}

#[test]
fn the_published_example_comes_out() {
    let key = key();
    assert_eq!((key.to_text().as_str(), key.verifying().to_text().as_str()), (PRIVATE, PUBLIC));
    let note = Note::signed(TEXT.to_owned(), &key).to_string();
    assert_eq!(note, format!("{TEXT}{SIGNED}"));
    let read = Note::parse(note.as_bytes()).expect("a note");
    let trusted = [VerifyingKey::parse(PUBLIC).expect("a key")];
    assert_eq!(read.signer(&trusted).expect("signed").name(), "PeterNeumann");
}

#[test]
fn no_changed_note_is_taken() {
    let trusted = [VerifyingKey::parse(PUBLIC).expect("a key")];
    let whole = format!("{TEXT}{SIGNED}").into_bytes();
    for at in 0..whole.len() {
        for bits in [0x01, 0x20, 0x80] {
            let mut changed = whole.clone();
            changed[at] ^= bits;
            let taken = Note::parse(&changed).is_ok_and(|n| n.signer(&trusted).is_ok());
            assert!(!taken, "byte {at} ^ {bits:#x}");
        }
        assert!(!Note::parse(&whole[..at]).is_ok_and(|n| n.signer(&trusted).is_ok()), "cut at {at}");
    }
}

#[test]
fn a_key_is_whole_or_none() {
    for text in [PRIVATE, "", "a+b", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"] {
        assert!(VerifyingKey::parse(text).is_err(), "{text}");
    }
    for text in [PUBLIC, "", &PRIVATE.replace("c74f20a3", "c74f20a4"), &PRIVATE[..60]] {
        assert!(SigningKey::parse(text).is_err(), "{text}");
    }
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\nb"] {
        assert!(SigningKey::new(name, [7; 32]).is_err(), "{name:?}");
    }
    assert!(!format!("{:?}", key()).contains("AYEK"), "a private key is not printed");
}

#[test]
fn the_signature_of_another_key_is_nobodys_business() {
    let other = SigningKey::new("other", [9; 32]).expect("a key");
    let mut note = Note::signed(TEXT.to_owned(), &other);
    assert!(note.signer(&[key().verifying()]).is_err());
    note.signatures.extend(Note::signed(TEXT.to_owned(), &key()).signatures);
    assert_eq!(note.signer(&[key().verifying()]).expect("signed").name(), "PeterNeumann");
    // A second key of the same name is another key.
    let namesake = SigningKey::new("PeterNeumann", [9; 32]).expect("a key");
    assert!(note.signer(&[namesake.verifying()]).is_err());
}

#[test]
fn an_envelope_is_over_type_and_payload() {
    let key = key();
    let made = Envelope::signed("http://example.com/HelloWorld", b"hello world".to_vec(), &key);
    let read = Envelope::parse(made.to_json().to_string().as_bytes()).expect("an envelope");
    assert_eq!(read, made);
    // The bytes that the specification of DSSE gives for this payload.
    let signed = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
    assert!(key.verifying().verifies(signed, &read.signatures[0].1));
    assert_eq!(read.signer(&[key.verifying()]).expect("signed").name(), "PeterNeumann");
    for (field, value) in [("payloadType", "http://example.com/HelloWorl"), ("payload", "aGVsbG8gd29ybGQh")] {
        let mut changed = made.to_json();
        changed[field] = json!(value);
        let changed = Envelope::parse(changed.to_string().as_bytes()).expect("an envelope");
        assert!(changed.signer(&[key.verifying()]).is_err(), "{field}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        lines in prop::collection::vec("[^\\p{Cc}]{0,20}", 1..6),
        names in prop::collection::vec("[^\\s\\p{Cc}+]{1,12}", 1..4),
        bytes in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..80), 4),
    ) {
        let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
        let signatures = names.iter().zip(&bytes).map(|(name, bytes)| NoteSignature {
            name: name.clone(),
            hash: [bytes[0]; 4],
            signature: bytes.clone(),
        });
        let note = Note { text, signatures: signatures.collect() };
        prop_assert_eq!(Note::parse(note.to_string().as_bytes()), Ok(note));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Note::parse(&bytes);
        let _ = Envelope::parse(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = (VerifyingKey::parse(&text), SigningKey::parse(&text));
    }
}
