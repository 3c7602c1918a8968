//! A public key as `wflow.toml` lists it, and whether a signature is by it.

use super::wire::{Wire, put_string};
use crate::journal::base64;
use sha2::{Digest, Sha256, Sha512};

/// The person's finger was on the key.
const PRESENT: u8 = 0x01;
/// The key knew by PIN or finger whose it was.
const VERIFIED: u8 = 0x04;

/// The parts of a public key, as its blob holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: Kind,
    blob: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Ed25519([u8; 32]),
    Ecdsa(Curve, Vec<u8>),
    Rsa { e: Vec<u8>, n: Vec<u8> },
    SkEd25519 { key: [u8; 32], application: Vec<u8> },
    SkEcdsa { point: Vec<u8>, application: Vec<u8> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    fn of(name: &str) -> Option<Curve> {
        match name {
            "nistp256" => Some(Curve::P256),
            "nistp384" => Some(Curve::P384),
            "nistp521" => Some(Curve::P521),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Curve::P256 => "nistp256",
            Curve::P384 => "nistp384",
            Curve::P521 => "nistp521",
        }
    }
}

/// What a valid signature shows besides who has the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// The key lies in a file or an agent.
    Software,
    /// A security key; what it says about the person at it.
    Hardware { present: bool, verified: bool },
}

impl PublicKey {
    /// From a line as in a `.pub` file.
    pub fn from_line(line: &str) -> Option<PublicKey> {
        let mut words = line.split_ascii_whitespace();
        let name = words.next()?;
        let key = PublicKey::from_blob(&base64::decode(words.next()?)?)?;
        (key.name() == name).then_some(key)
    }

    pub fn from_blob(blob: &[u8]) -> Option<PublicKey> {
        let mut wire = Wire::new(blob);
        let kind = match wire.text()? {
            "ssh-ed25519" => Kind::Ed25519(wire.string()?.try_into().ok()?),
            "ssh-rsa" => Kind::Rsa { e: wire.unsigned()?.to_vec(), n: wire.unsigned()?.to_vec() },
            "sk-ssh-ed25519@openssh.com" => {
                Kind::SkEd25519 { key: wire.string()?.try_into().ok()?, application: wire.string()?.to_vec() }
            }
            "sk-ecdsa-sha2-nistp256@openssh.com" => {
                if wire.text()? != "nistp256" {
                    return None;
                }
                Kind::SkEcdsa { point: wire.string()?.to_vec(), application: wire.string()?.to_vec() }
            }
            name => {
                let curve = Curve::of(name.strip_prefix("ecdsa-sha2-")?)?;
                if wire.text()? != curve.name() {
                    return None;
                }
                Kind::Ecdsa(curve, wire.string()?.to_vec())
            }
        };
        wire.end()?;
        Some(PublicKey { kind, blob: blob.to_vec() })
    }

    /// `ssh-ed25519` and the like.
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Ed25519(_) => "ssh-ed25519",
            Kind::Rsa { .. } => "ssh-rsa",
            Kind::SkEd25519 { .. } => "sk-ssh-ed25519@openssh.com",
            Kind::SkEcdsa { .. } => "sk-ecdsa-sha2-nistp256@openssh.com",
            Kind::Ecdsa(Curve::P256, _) => "ecdsa-sha2-nistp256",
            Kind::Ecdsa(Curve::P384, _) => "ecdsa-sha2-nistp384",
            Kind::Ecdsa(Curve::P521, _) => "ecdsa-sha2-nistp521",
        }
    }

    /// `SHA256:…`, as ssh-keygen shows it.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(&self.blob);
        format!("SHA256:{}", base64::encode(&digest, base64::STANDARD, false))
    }

    /// Whether `signature` (a blob with its algorithm) over `signed` is by this key, and what it shows.
    pub fn verify(&self, signed: &[u8], signature: &[u8]) -> Option<Touch> {
        let mut wire = Wire::new(signature);
        let algorithm = wire.text()?;
        let raw = wire.string()?;
        let touch = match &self.kind {
            Kind::Ed25519(key) => {
                (algorithm == self.name()).then_some(())?;
                ed25519(key, signed, raw)?;
                Touch::Software
            }
            Kind::Ecdsa(curve, point) => {
                (algorithm == self.name()).then_some(())?;
                ecdsa(*curve, point, signed, raw)?;
                Touch::Software
            }
            Kind::Rsa { e, n } => {
                rsa(algorithm, e, n, signed, raw)?;
                Touch::Software
            }
            Kind::SkEd25519 { application, .. } | Kind::SkEcdsa { application, .. } => {
                (algorithm == self.name()).then_some(())?;
                let flags = wire.byte()?;
                let counter = wire.number()?;
                let mut message = Sha256::digest(application).to_vec();
                message.push(flags);
                message.extend_from_slice(&counter.to_be_bytes());
                message.extend_from_slice(&Sha256::digest(signed));
                match &self.kind {
                    Kind::SkEcdsa { point, .. } => ecdsa(Curve::P256, point, &message, raw)?,
                    Kind::SkEd25519 { key, .. } => ed25519(key, &message, raw)?,
                    _ => return None,
                }
                Touch::Hardware { present: flags & PRESENT != 0, verified: flags & VERIFIED != 0 }
            }
        };
        wire.end()?;
        Some(touch)
    }
}

fn ed25519(key: &[u8; 32], message: &[u8], signature: &[u8]) -> Option<()> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(key).ok()?;
    let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
    key.verify_strict(message, &signature).ok()
}

fn ecdsa(curve: Curve, point: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    let mut wire = Wire::new(signature);
    let (r, s) = (wire.unsigned()?, wire.unsigned()?);
    wire.end()?;
    macro_rules! verify {
        ($curve:ident, $bytes:literal) => {{
            use $curve::ecdsa::{Signature, VerifyingKey, signature::Verifier};
            let key = VerifyingKey::from_sec1_bytes(point).ok()?;
            let mut both = padded::<$bytes>(r)?.to_vec();
            both.extend_from_slice(&padded::<$bytes>(s)?);
            key.verify(message, &Signature::from_slice(&both).ok()?).ok()
        }};
    }
    match curve {
        Curve::P256 => verify!(p256, 32),
        Curve::P384 => verify!(p384, 48),
        Curve::P521 => verify!(p521, 66),
    }
}

/// With zeros in front.
fn padded<const N: usize>(number: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    out[N.checked_sub(number.len())?..].copy_from_slice(number);
    Some(out)
}

fn rsa(algorithm: &str, e: &[u8], n: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    use rsa::pkcs1v15::{Signature, VerifyingKey};
    use rsa::signature::Verifier;
    use rsa::{BoxedUint, PublicKey};
    let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, u32::try_from(bytes.len() * 8).ok()?).ok();
    // As OpenSSH: shorter keys prove nothing any more.
    (n.len() >= 128).then_some(())?;
    let key = PublicKey::new(number(n)?, number(e)?).ok()?;
    let signature = Signature::try_from(signature).ok()?;
    match algorithm {
        "rsa-sha2-512" => VerifyingKey::<Sha512>::new(key).verify(message, &signature).ok(),
        "rsa-sha2-256" => VerifyingKey::<Sha256>::new(key).verify(message, &signature).ok(),
        // `ssh-rsa` means SHA-1.
        _ => None,
    }
}

/// What is signed in place of a message: its digest with the namespace that it is meant for.
pub(super) fn to_be_signed(namespace: &str, hash: &str, digest: &[u8]) -> Vec<u8> {
    let mut out = b"SSHSIG".to_vec();
    put_string(&mut out, namespace.as_bytes());
    put_string(&mut out, b"");
    put_string(&mut out, hash.as_bytes());
    put_string(&mut out, digest);
    out
}
