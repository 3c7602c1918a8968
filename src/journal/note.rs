//! Signed notes (C2SP `signed-note`) and their Ed25519 keys: a text, a blank line, and one line for each signature. The
//! form is that of the Go checksum database and of transparency logs, so their tools read what is signed here.
//!
//! A private key is written `PRIVATE+KEY+<name>+<hash>+<base64>`, a public one (`vkey`) `<name>+<hash>+<base64>`.

use super::base64::{STANDARD, decode, encode};
use super::canonical::sha256;
use ed25519_dalek::Signer;
use std::fmt;

/// What stands before each signature: an em dash and a blank.
const MARK: &str = "\u{2014} ";
const ED25519: u8 = 1;
const PRIVATE: &str = "PRIVATE+KEY+";
/// More signatures than this on one note are nobody's.
const MOST_SIGNATURES: usize = 100;

/// What is wrong with a key or a note; begins with what it is about ("the key …").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteError(pub &'static str);

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The first four bytes of a digest over name and key: finds the key that a signature is by.
type KeyHash = [u8; 4];

fn key_hash(name: &str, public: &[u8; 32]) -> KeyHash {
    let digest = sha256(&[name.as_bytes(), b"\n", &[ED25519], public].concat());
    [digest[0], digest[1], digest[2], digest[3]]
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

/// A private key. Its `Debug` does not show it.
#[derive(Clone)]
pub struct SigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.name)
    }
}

impl SigningKey {
    /// `seed` are random bytes.
    pub fn new(name: &str, seed: [u8; 32]) -> Result<SigningKey, NoteError> {
        if !is_name(name) {
            return Err(NoteError("the name of a key is not empty and holds neither blanks nor `+`"));
        }
        Ok(SigningKey { name: name.to_owned(), key: ed25519_dalek::SigningKey::from_bytes(&seed) })
    }

    pub fn parse(text: &str) -> Result<SigningKey, NoteError> {
        let wrong = NoteError("the private key is not as `wflow audit keygen` writes it");
        let (name, hash, key) =
            split(text.strip_prefix(PRIVATE).ok_or(wrong.clone())?).ok_or(wrong.clone())?;
        let made = SigningKey::new(name, key).map_err(|_| wrong.clone())?;
        if made.verifying().hash != hash { Err(wrong) } else { Ok(made) }
    }

    /// To be kept secret.
    pub fn to_text(&self) -> String {
        let VerifyingKey { name, hash, .. } = self.verifying();
        joined(PRIVATE, &name, &hash, self.key.as_bytes())
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn verifying(&self) -> VerifyingKey {
        VerifyingKey::new(&self.name, self.key.verifying_key().to_bytes())
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message).to_bytes().to_vec()
    }
}

/// A public key: `vkey`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    name: String,
    hash: KeyHash,
    public: [u8; 32],
}

impl VerifyingKey {
    fn new(name: &str, public: [u8; 32]) -> VerifyingKey {
        VerifyingKey { name: name.to_owned(), hash: key_hash(name, &public), public }
    }

    pub fn parse(text: &str) -> Result<VerifyingKey, NoteError> {
        if text.starts_with(PRIVATE) {
            return Err(NoteError("this is a private key where a public one is wanted"));
        }
        let (name, hash, public) = split(text).ok_or(NoteError(
            "a public key is written NAME+HASH+KEY, as `wflow audit keygen` prints it (Ed25519)",
        ))?;
        let made = VerifyingKey::new(name, public);
        if made.hash != hash {
            return Err(NoteError(
                "the parts of the public key do not belong together: it was mistyped or cut",
            ));
        }
        Ok(made)
    }

    /// `NAME+HASH`: tells keys apart, and is no key.
    pub fn id(&self) -> String {
        format!("{}+{}", self.name, super::canonical::hex(&self.hash))
    }

    pub fn to_text(&self) -> String {
        joined("", &self.name, &self.hash, &self.public)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.public);
        let signature = ed25519_dalek::Signature::from_slice(signature);
        // Strictly: one key, one message, one signature; no key that would fit several messages.
        key.and_then(|key| key.verify_strict(message, &signature?)).is_ok()
    }
}

fn joined(before: &str, name: &str, hash: &KeyHash, key: &[u8]) -> String {
    let key = encode(&[&[ED25519], key].concat(), STANDARD, true);
    format!("{before}{name}+{}+{key}", super::canonical::hex(hash))
}

/// `<name>+<hash>+<base64 of 1 and 32 bytes>`
fn split(text: &str) -> Option<(&str, KeyHash, [u8; 32])> {
    let (name, rest) = text.trim_end().split_once('+')?;
    let (hash, key) = rest.split_once('+')?;
    let lower = hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let hash = u32::from_str_radix(hash, 16).ok().filter(|_| lower)?.to_be_bytes();
    let key = decode(key)?;
    let (kind, key) = key.split_first()?;
    (is_name(name) && *kind == ED25519).then_some(())?;
    Some((name, hash, key.try_into().ok()?))
}

/// A text with its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Ends with a line end.
    pub text: String,
    pub signatures: Vec<NoteSignature>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    pub name: String,
    pub hash: KeyHash,
    pub signature: Vec<u8>,
}

impl Note {
    /// The text must be lines; it is signed as it is.
    pub fn signed(text: String, key: &SigningKey) -> Note {
        let signature = NoteSignature {
            name: key.name.clone(),
            hash: key.verifying().hash,
            signature: key.sign(text.as_bytes()),
        };
        Note { text, signatures: vec![signature] }
    }

    pub fn parse(note: &[u8]) -> Result<Note, NoteError> {
        let text = std::str::from_utf8(note).map_err(|_| NoteError("the note is not UTF-8 text"))?;
        if text.contains(|c: char| c < ' ' && c != '\n') {
            return Err(NoteError("the note holds control characters"));
        }
        let at = text.rfind("\n\n").ok_or(NoteError("the note has no blank line before its signatures"))?;
        let (body, rest) = (&text[..=at], &text[at + 2..]);
        let lines = rest.strip_suffix('\n').ok_or(NoteError("the note has no signature, or a cut one"))?;
        let malformed = NoteError("a signature of the note is not written as such");
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            let (name, coded) =
                line.strip_prefix(MARK).and_then(|l| l.split_once(' ')).ok_or(malformed.clone())?;
            let bytes = decode(coded).filter(|b| b.len() > 4 && is_name(name)).ok_or(malformed.clone())?;
            let (hash, signature) = bytes.split_at(4);
            // Four bytes, by the line above.
            let hash = hash.try_into().map_err(|_| malformed.clone())?;
            signatures.push(NoteSignature { name: name.to_owned(), hash, signature: signature.to_vec() });
        }
        if signatures.len() > MOST_SIGNATURES {
            return Err(NoteError("the note has too many signatures"));
        }
        Ok(Note { text: body.to_owned(), signatures })
    }

    /// Whose valid signature it carries, among these keys. A signature that claims to be by one of them and is not
    /// makes the whole note worthless; those of other keys are nobody's business.
    pub fn signer<'k>(&self, keys: &'k [VerifyingKey]) -> Result<&'k VerifyingKey, NoteError> {
        let mut by = None;
        for s in &self.signatures {
            let Some(key) = keys.iter().find(|k| k.name == s.name && k.hash == s.hash) else { continue };
            if !key.verifies(self.text.as_bytes(), &s.signature) {
                return Err(NoteError("its text is not what was signed"));
            }
            by.get_or_insert(key);
        }
        by.ok_or(NoteError("none of its signatures is by a key that you trust"))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for s in &self.signatures {
            let coded = encode(&[&s.hash[..], &s.signature].concat(), STANDARD, true);
            writeln!(f, "{MARK}{} {coded}", s.name)?;
        }
        Ok(())
    }
}
