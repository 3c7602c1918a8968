//! A value in the person's own editor, through a private file that goes away afterwards.

use crate::ui::dialog::Dialog;
use crate::ui::terminal::Ended;
use serde_json::Value as Json;
use std::fs::{File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What comes back from an editor and is larger than this is refused.
const MAX_BYTES: u64 = 16 << 20;

/// What the person left in the file.
pub enum Edited {
    Value(Json),
    /// No JSON, or no file: what is wrong with it, and the text for a further round.
    Wrong {
        why: String,
        text: String,
    },
    /// Nothing is left of it: the person wants to go back.
    Empty,
}

/// The words of `$VISUAL` or `$EDITOR`.
pub fn configured() -> Option<Vec<String>> {
    ["VISUAL", "EDITOR"].iter().find_map(|name| {
        let words: Vec<String> = std::env::var(name).ok()?.split_whitespace().map(str::to_owned).collect();
        (!words.is_empty()).then_some(words)
    })
}

/// A file only this user can read, removed when dropped.
pub struct Draft {
    path: PathBuf,
}

impl Draft {
    pub fn new(folder: &Path, gate: &str) -> std::io::Result<Draft> {
        std::fs::create_dir_all(folder)?;
        let name: String = gate.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
        let path = folder.join(format!("{name}-{}.json", uuid::Uuid::new_v4().simple()));
        File::options().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Draft { path })
    }

    /// Writes the text under the head lines, lets the person edit, and reads what is left.
    pub fn edit(
        &self,
        dialog: &mut Dialog<'_>,
        editor: &[String],
        head: &[String],
        text: &str,
    ) -> Result<std::io::Result<Edited>, Ended> {
        if let Err(e) = self.write(head, text) {
            return Ok(Err(e));
        }
        let Some((program, arguments)) = editor.split_first() else { return Ok(Ok(Edited::Empty)) };
        let mut command = Command::new(program);
        command.args(arguments).arg(&self.path);
        let status = match dialog.terminal.run(command)? {
            Ok(status) => status,
            Err(e) => return Ok(Err(e)),
        };
        if !status.success() {
            return Ok(Ok(Edited::Wrong {
                why: format!("the editor `{program}` ended with {status}"),
                text: text.into(),
            }));
        }
        Ok(self.read())
    }

    fn write(&self, head: &[String], text: &str) -> std::io::Result<()> {
        let flags = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
        let mut file = File::options().write(true).truncate(true).custom_flags(flags).open(&self.path)?;
        // An editor may have put another file in its place.
        file.set_permissions(Permissions::from_mode(0o600))?;
        for line in head {
            writeln!(file, "// {line}")?;
        }
        writeln!(file, "{text}")
    }

    fn read(&self) -> std::io::Result<Edited> {
        // Editors replace the file rather than writing into it, so it is opened anew, but never through a link.
        let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits() as i32;
        let file = File::options().read(true).custom_flags(flags).open(&self.path)?;
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            let why = format!("the text is larger than {} MiB", MAX_BYTES >> 20);
            return Ok(Edited::Wrong { why, text: String::new() });
        }
        let whole = String::from_utf8_lossy(&bytes).into_owned();
        let text: Vec<&str> = whole.lines().skip_while(|l| l.trim_start().starts_with("//")).collect();
        let text = text.join("\n");
        if text.trim().is_empty() {
            return Ok(Edited::Empty);
        }
        Ok(match serde_json::from_str(&text) {
            Ok(value) => Edited::Value(value),
            Err(e) => Edited::Wrong { why: format!("that is not JSON: {e}"), text },
        })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // A file that is gone already is what is wanted.
        let _ = std::fs::remove_file(&self.path);
    }
}
