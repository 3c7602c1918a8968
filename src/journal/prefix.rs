//! A journal's beginning as one file: what an attestation is about, and what it can be checked against later.

use super::canonical::hex;
use super::event::LineDigest;
use super::read::Reader;
use super::run_dir::RunDir;
use crate::diagnostics::Failure;
use sha2::{Digest as _, Sha256};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    pub events: u64,
    pub bytes: u64,
    /// SHA-256 of these bytes, in hex.
    pub sha256: String,
    /// Digest of the last line.
    pub head: LineDigest,
}

impl Prefix {
    /// Of the first so many events, or of all. There may be fewer.
    pub fn of(dir: &RunDir, most: Option<u64>) -> Result<Prefix, Failure> {
        let mut reader = Reader::open(dir)?;
        let (mut hash, mut events, mut bytes) = (Sha256::new(), 0, 0);
        while most.is_none_or(|most| events < most) {
            if reader.next().map_err(|e| e.into_failure(dir))?.is_none() {
                break;
            }
            hash.update(reader.line());
            hash.update(b"\n");
            events += 1;
            bytes += reader.line().len() as u64 + 1;
        }
        Ok(Prefix { events, bytes, sha256: hex(&hash.finalize()), head: reader.head() })
    }
}
