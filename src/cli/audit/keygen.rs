//! `wflow audit keygen`: makes the Ed25519 key that signs checkpoints and attestations.

use super::{files, keys};
use crate::cli::exit::Exit;
use crate::cli::report::Trouble;
use crate::diagnostics::codes::audit as codes;
use crate::diagnostics::io_text;
use crate::journal::SigningKey;
use crate::policy::{find_root, load_project};
use crate::source::SourceMap;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// The public key goes to standard output alone, so that `KEY=$(wflow audit keygen)` holds it.
pub fn keygen(name: Option<&str>, out: Option<&Path>) -> Result<Exit, Trouble> {
    let path = out.map_or_else(keys::default_path, |p| Ok(p.to_owned()))?;
    let name = name.map_or_else(default_name, str::to_owned);
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|e| {
        Trouble::new(codes::E1801, format!("this machine gives no random bytes: {e}"))
            .help("a key that can be guessed is none; make it on another machine")
            .exit(Exit::Failed)
    })?;
    let key = SigningKey::new(&name, seed).map_err(|why| {
        Trouble::new(codes::E1801, why.to_string()).help("for example: --name shop.example/release")
    })?;
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|e| {
            Trouble::new(
                codes::E1801,
                format!("the folder {} cannot be made: {}", folder.display(), io_text(&e)),
            )
            .help("choose another place with `--out`")
            .exit(Exit::Failed)
        })?;
    }
    files::create(&path, format!("{}\n", key.to_text()).as_bytes(), 0o600)?;
    outln!("{}", key.verifying().to_text());
    errln!("the private key is in {}; keep it where no workflow and no agent can read it", path.display());
    errln!(
        "the line above is the public key: give it to whoever verifies, or list it in wflow.toml: [audit] keys"
    );
    Ok(Exit::Completed)
}

/// After the project; a key's name holds neither blanks nor `+`.
fn default_name() -> String {
    let (root, _) = find_root(Path::new("."));
    let (project, _) = load_project(&root, &mut SourceMap::new());
    let folder = root.file_name().map(|n| n.to_string_lossy().into_owned());
    let name = project.config.name.map(|n| n.to_string()).or(folder).unwrap_or_default();
    let plain: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/') { c } else { '-' })
        .collect();
    if plain.is_empty() { String::from("wflow") } else { plain }
}
