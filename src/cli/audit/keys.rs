//! The keys of checkpoints and attestations: the private one of whoever signs, the public ones of whom one trusts.

use super::files;
use crate::cli::exit::Exit;
use crate::cli::report::Trouble;
use crate::diagnostics::codes::audit as codes;
use crate::diagnostics::io_text;
use crate::journal::{SigningKey, VerifyingKey};
use crate::policy::{find_root, load_project};
use crate::source::SourceMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Outside any project: what works on a project has no business with it.
pub fn default_path() -> Result<PathBuf, Trouble> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let config = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    config.map(|folder| folder.join("wflow/audit.key")).ok_or_else(|| {
        Trouble::new(codes::E1801, "neither XDG_CONFIG_HOME nor HOME says where your keys are")
            .help("name the file of the private key: `--out FILE` to make it, `--signing-key FILE` to use it")
    })
}

pub fn signing(path: Option<&Path>) -> Result<SigningKey, Trouble> {
    let path = path.map_or_else(default_path, |p| Ok(p.to_owned()))?;
    let meta = std::fs::metadata(&path).map_err(|e| {
        let trouble = Trouble::new(
            codes::E1801,
            format!("there is no private key in {}: {}", path.display(), io_text(&e)),
        );
        trouble
            .help("`wflow audit keygen` makes one; `--signing-key FILE` names another file")
            .exit(Exit::Failed)
    })?;
    if meta.mode() & 0o077 != 0 {
        return Err(Trouble::new(
            codes::E1802,
            format!("others may use the private key in {}", path.display()),
        )
        .help(format!("take their rights away: chmod 600 {}", path.display()))
        .exit(Exit::Failed));
    }
    let text = String::from_utf8(files::read(&path)?).unwrap_or_default();
    SigningKey::parse(text.trim_end()).map_err(|why| {
        Trouble::new(codes::E1801, format!("{}: {why}", path.display()))
            .help("`wflow audit keygen` makes a key")
            .exit(Exit::Failed)
    })
}

/// Those of the command line, or else those that `wflow.toml` lists.
pub fn trusted(given: &[String]) -> Result<Vec<VerifyingKey>, Trouble> {
    let (texts, from) = match given.is_empty() {
        false => (given.to_vec(), "--key"),
        true => (listed(), "wflow.toml: [audit] keys"),
    };
    if texts.is_empty() {
        return Err(Trouble::new(codes::E1807, "no public key is given to verify the signature with")
            .help("`--key NAME+HASH+KEY`, as `wflow audit keygen` printed it, or list it in wflow.toml: [audit] keys"));
    }
    let parsed = texts.iter().map(|text| {
        VerifyingKey::parse(text).map_err(|why| {
            Trouble::new(codes::E1801, format!("{from}: {why}")).help("copy the whole line again")
        })
    });
    parsed.collect()
}

/// What is wrong elsewhere in the file does not matter here.
fn listed() -> Vec<String> {
    let (root, _) = find_root(Path::new("."));
    let (project, _) = load_project(&root, &mut SourceMap::new());
    project.config.audit.keys.iter().map(|k| k.to_string()).collect()
}
