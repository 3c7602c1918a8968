//! Keys of providers: from the environment, or from the system's keyring. Never from a file of the project.
//!
//! The keyring is asked through `secret-tool` (libsecret), which is there on most desktops: a library of our own for it
//! would bring a message bus along.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// As in the environment.
    pub name: String,
    pub value: String,
    pub source: KeySource,
}

/// The value is nobody's to print.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("name", &self.name).field("source", &self.source).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource {
    Environment,
    Keyring,
}

impl KeySource {
    pub fn in_words(self) -> &'static str {
        match self {
            KeySource::Environment => "environment",
            KeySource::Keyring => "keyring",
        }
    }
}

/// A locked keyring may ask the person for its password.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn find(name: &str) -> Option<Key> {
    let value = std::env::var(name).map(|v| v.trim().to_owned()).unwrap_or_default();
    if !value.is_empty() {
        return Some(Key { name: name.to_owned(), value, source: KeySource::Environment });
    }
    let value = keyring().and_then(|tool| ask_keyring(&tool, name));
    value.map(|value| Key { name: name.to_owned(), value, source: KeySource::Keyring })
}

/// The keyring's own tool: only where programs of the system are, never in a folder of the project.
pub fn keyring() -> Option<PathBuf> {
    let places = ["/usr/local/bin/secret-tool", "/usr/bin/secret-tool", "/bin/secret-tool"];
    places.map(PathBuf::from).into_iter().find(|p| p.is_file())
}

/// None where it has no such key, is locked, or does not answer.
fn ask_keyring(tool: &Path, name: &str) -> Option<String> {
    let mut child = Command::new(tool)
        .args(["lookup", "service", "wflow", "key", name])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let begun = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begun.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(10)),
            _ => {
                // It is ours, and it hangs.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let mut text = String::new();
    let out = child.stdout.take()?;
    std::io::Read::read_to_string(&mut std::io::Read::take(out, 16 * 1024), &mut text).ok()?;
    let text = text.trim().to_owned();
    (status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_keyring_is_asked_by_its_own_tool() {
        let dir = tempfile::tempdir().expect("a folder");
        let tool = dir.path().join("secret-tool");
        let script = "#!/bin/sh\n[ \"$*\" = 'lookup service wflow key SOME_KEY' ] && printf 'sk-123\\n'\n";
        std::fs::write(&tool, script).expect("a file");
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        assert_eq!(ask_keyring(&tool, "SOME_KEY").as_deref(), Some("sk-123"));
        assert_eq!(ask_keyring(&tool, "OTHER_KEY"), None);
        assert_eq!(ask_keyring(&dir.path().join("missing"), "SOME_KEY"), None);
    }

    #[test]
    fn a_key_is_not_printed() {
        let key = Key { name: "K".into(), value: "sk-secret".into(), source: KeySource::Environment };
        assert!(!format!("{key:?}").contains("sk-secret"));
    }
}
