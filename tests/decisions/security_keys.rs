//! Security keys: what they say about the person at them is checked by wflow itself. The keys are made of software
//! here, by the book (OpenSSH's PROTOCOL.u2f), since no machine that runs tests has a real one.

use super::sandbox::stderr;
use super::team::{SHIP, Team, ended, refused};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256, Sha512};
use std::path::Path;

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn base64(bytes: &[u8]) -> String {
    wflow::journal::base64::encode(bytes, wflow::journal::base64::STANDARD, true)
}

enum Key {
    Ed25519(SigningKey),
    P256(p256::ecdsa::SigningKey),
}

impl Key {
    fn name(&self) -> &'static str {
        match self {
            Key::Ed25519(_) => "sk-ssh-ed25519@openssh.com",
            Key::P256(_) => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }

    fn blob(&self) -> Vec<u8> {
        let mut out = Vec::new();
        string(&mut out, self.name().as_bytes());
        match self {
            Key::Ed25519(key) => string(&mut out, key.verifying_key().as_bytes()),
            Key::P256(key) => {
                string(&mut out, b"nistp256");
                string(&mut out, key.verifying_key().to_sec1_point(false).as_bytes());
            }
        }
        string(&mut out, b"ssh:");
        out
    }

    fn line(&self) -> String {
        format!("{} {} token", self.name(), base64(&self.blob()))
    }

    /// What the key signs, with its flags.
    fn sign(&self, flags: u8, file: &Path) {
        let record = std::fs::read(file).expect("a record");
        let mut signed = b"SSHSIG".to_vec();
        string(&mut signed, b"wflow-gate");
        string(&mut signed, b"");
        string(&mut signed, b"sha512");
        string(&mut signed, &Sha512::digest(&record));
        let mut message = Sha256::digest(b"ssh:").to_vec();
        message.push(flags);
        message.extend_from_slice(&7u32.to_be_bytes());
        message.extend_from_slice(&Sha256::digest(&signed));
        let raw = match self {
            Key::Ed25519(key) => key.sign(&message).to_bytes().to_vec(),
            Key::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(&message);
                let mut both = Vec::new();
                for half in signature.to_bytes().chunks(32) {
                    let mut number: Vec<u8> = half.iter().copied().skip_while(|b| *b == 0).collect();
                    if number.first().is_some_and(|b| b & 0x80 != 0) {
                        number.insert(0, 0);
                    }
                    string(&mut both, &number);
                }
                both
            }
        };
        let mut blob = Vec::new();
        string(&mut blob, self.name().as_bytes());
        string(&mut blob, &raw);
        blob.push(flags);
        blob.extend_from_slice(&7u32.to_be_bytes());
        let mut out = b"SSHSIG".to_vec();
        out.extend_from_slice(&1u32.to_be_bytes());
        string(&mut out, &self.blob());
        string(&mut out, b"wflow-gate");
        string(&mut out, b"");
        string(&mut out, b"sha512");
        string(&mut out, &blob);
        let body: Vec<String> =
            base64(&out).as_bytes().chunks(70).map(|c| String::from_utf8_lossy(c).into_owned()).collect();
        let text =
            format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", body.join("\n"));
        std::fs::write(file.with_extension("json.sig"), text).expect("written");
    }
}

fn keys() -> [Key; 2] {
    [
        Key::Ed25519(SigningKey::from_bytes(&[7; 32])),
        Key::P256(p256::ecdsa::SigningKey::from_slice(&[9; 32]).expect("a key")),
    ]
}

#[test]
fn a_gate_that_guards_asks_for_touch_once_a_security_key_is_listed() {
    let team = Team::new(SHIP);
    let [ed, p256] = keys();
    let adas = std::fs::read_to_string(team.keys.join("ada.pub")).expect("a key");
    let bobs = std::fs::read_to_string(team.keys.join("bob.pub")).expect("a key");
    team.edit_config(|c| {
        c.replace(adas.trim(), &format!("{}\", \"{}", adas.trim(), ed.line()))
            .replace(bobs.trim(), &p256.line())
    });
    let team = team.started();
    let file = team.record("approve", "ship", "ada", &[]);

    // Her other key, which is listed as well: no downgrade.
    team.sign("ada", &file);
    refused(&team.hand_in("approve", &file, &[]), "E1217");
    // Nobody at the key; somebody, but nobody knows who; the person.
    ed.sign(0, &file);
    refused(&team.hand_in("approve", &file, &[]), "E1223");
    ed.sign(1, &file);
    let out = team.hand_in("approve", &file, &[]);
    refused(&out, "E1217");
    assert!(stderr(&out).contains("verify-required"), "{}", stderr(&out));
    ed.sign(5, &file);
    ended(&team.hand_in("approve", &file, &[]), 75);

    let file = team.record("approve", "ship", "bob", &[]);
    p256.sign(5, &file);
    ended(&team.hand_in("approve", &file, &[]), 0);
    let levels: Vec<_> = team
        .at
        .journal()
        .iter()
        .filter(|e| e["type"] == "gate.decided")
        .map(|e| e["data"]["assurance"].clone())
        .collect();
    assert_eq!(levels, ["touch", "touch"]);
    team.verify();
}

#[test]
fn where_a_key_is_enough_a_touched_security_key_is_one() {
    let team = Team::with(SHIP, "[gates.ship]\nmin_assurance = \"key\"\n");
    let [ed, _] = keys();
    let adas = std::fs::read_to_string(team.keys.join("ada.pub")).expect("a key");
    team.edit_config(|c| c.replace(adas.trim(), &ed.line()));
    let team = team.started();
    let file = team.record("approve", "ship", "ada", &[]);
    ed.sign(1, &file);
    ended(&team.hand_in("approve", &file, &[]), 75);
    assert_eq!(team.gates(&[])["gates"][0]["decided"][0]["assurance"], "key");
    // The flags are signed, too.
    let file = team.record("approve", "ship", "bob", &[]);
    ed.sign(1, &file);
    refused(&team.hand_in("approve", &file, &[]), "E1207");
}
