//! Signatures as `ssh-keygen -Y sign` makes them (OpenSSH's PROTOCOL.sshsig), read and verified here rather than by
//! calling ssh-keygen, since wflow must see what a security key says about the person at it, and since whoever audits
//! a journal needs no other program.

mod key;
mod wire;

pub use key::{PublicKey, Touch};

use crate::journal::base64;
use sha2::{Digest, Sha256, Sha512};
use wire::Wire;

/// What decisions are signed for: a signature made for anything else proves nothing here.
pub const NAMESPACE: &str = "wflow-gate";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
/// Larger than any signature.
const LONGEST: usize = 64 * 1024;

/// A signature with the key that it says it is by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub key: PublicKey,
    namespace: String,
    reserved: Vec<u8>,
    hash: String,
    signature: Vec<u8>,
}

impl Signature {
    /// From the text between its lines `BEGIN` and `END`.
    pub fn from_armor(text: &str) -> Option<Signature> {
        let body = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
        if body.len() > LONGEST {
            return None;
        }
        let body: String = body.split_ascii_whitespace().collect();
        let bytes = base64::decode(&body)?;
        let mut wire = Wire::new(&bytes);
        if wire.bytes(6)? != b"SSHSIG" || wire.number()? != 1 {
            return None;
        }
        let out = Signature {
            key: PublicKey::from_blob(wire.string()?)?,
            namespace: wire.text()?.to_owned(),
            reserved: wire.string()?.to_vec(),
            hash: wire.text()?.to_owned(),
            signature: wire.string()?.to_vec(),
        };
        wire.end()?;
        Some(out)
    }

    /// Whether it is a signature over the message, in wflow's namespace, by the key that it names.
    pub fn verify(&self, message: &[u8]) -> Option<Touch> {
        if self.namespace != NAMESPACE || !self.reserved.is_empty() {
            return None;
        }
        let digest = match self.hash.as_str() {
            "sha512" => Sha512::digest(message).to_vec(),
            "sha256" => Sha256::digest(message).to_vec(),
            _ => return None,
        };
        self.key.verify(&key::to_be_signed(NAMESPACE, &self.hash, &digest), &self.signature)
    }
}
