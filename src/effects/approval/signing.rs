//! Makes a signature by calling ssh-keygen: private keys, agents, passphrases and security keys are its business.

use super::signature::NAMESPACE;
use crate::diagnostics::codes::gate::E1220;
use crate::diagnostics::{ErrorKind, Failure, io_text};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The signature over a record. `key` is a private key, or the `.pub` of one that an agent holds. ssh-keygen asks for a
/// passphrase or a touch at the terminal by itself.
pub fn sign(key: &Path, record: &str) -> Result<String, Failure> {
    let failed = |why: String| {
        Failure::new(ErrorKind::Configuration, E1220, format!("the decision could not be signed: {why}"))
            .help(
                "give a private key, or the `.pub` file of one that your ssh-agent holds, with `--key`; \
             or sign elsewhere what `--unsigned-out FILE` writes",
            )
    };
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-Y", "sign", "-n", NAMESPACE, "-f"]).arg(key);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => failed("there is no `ssh-keygen`; install the OpenSSH client".into()),
        _ => failed(format!("`ssh-keygen` cannot be started: {}", io_text(&e))),
    })?;
    if let Some(mut input) = child.stdin.take() {
        // One that ends early says why by itself.
        let _ = input.write_all(record.as_bytes());
    }
    let out = child.wait_with_output().map_err(|e| failed(io_text(&e)))?;
    if !out.status.success() {
        return Err(failed(format!("`ssh-keygen` ended with {}", out.status)));
    }
    String::from_utf8(out.stdout).map_err(|_| failed("`ssh-keygen` gave no signature".into()))
}
