//! `wflow init`: a first `wflow.toml` from what the folder's workflows use.

use super::args::InitArgs;
use super::exit::Exit;
use super::files::{Projects, find};
use super::report::Trouble;
use crate::check::uses;
use crate::diagnostics::codes::usage;
use crate::policy::{CONFIG_NAME, Uses, starter};

pub fn init(args: &InitArgs) -> Result<Exit, Trouble> {
    let folder = &args.path;
    if !folder.is_dir() {
        return Err(Trouble::new(usage::E1705, format!("`{}` is not a folder", folder.display()))
            .help("name the project's folder, or make a new project with `wflow new NAME`"));
    }
    let path = folder.join(CONFIG_NAME);
    if path.exists() && !args.print {
        return Err(Trouble::new(usage::E1704, format!("`{}` exists already", path.display()))
            .help("`wflow init --print` shows what would be written"));
    }
    let mut all = Uses::default();
    let mut projects = Projects::default();
    let mut skipped = Vec::new();
    for file in find(std::slice::from_ref(folder)) {
        match projects.check(&file, false) {
            Ok(unit) => {
                if unit.checked.has_errors() {
                    skipped.push(format!("what `{}` uses where it has mistakes", file.display()));
                }
                let own = uses(&unit.checked.program);
                all.commands.extend(own.commands);
                all.protected.extend(own.protected);
                all.writes.extend(own.writes);
                all.roles.extend(own.roles);
            }
            Err(error) => skipped.push(error.to_string()),
        }
    }
    let absolute = folder.canonicalize().unwrap_or_else(|_| folder.clone());
    all.name = absolute.file_name().map(|n| n.to_string_lossy().into_owned());
    let text = starter(&all);
    for why in skipped {
        errln!("note: left out: {why}");
    }
    if args.print {
        out!("{text}");
        return Ok(Exit::Completed);
    }
    std::fs::write(&path, &text).map_err(|e| {
        Trouble::new(
            usage::E1705,
            format!("`{}` cannot be written: {}", path.display(), crate::diagnostics::io_text(&e)),
        )
        .help("check the folder's permissions and the free space")
    })?;
    ignore_runs(folder);
    outln!("Wrote {}. Read it: it says what no workflow here may widen.", path.display());
    Ok(Exit::Completed)
}

/// Records of runs are this machine's; in a checkout they are kept out of the history.
fn ignore_runs(folder: &std::path::Path) {
    let file = folder.join(".gitignore");
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    if folder.join(".git").exists() && !before.lines().any(|l| l.trim() == ".wflow/") {
        let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        // A convenience: without it nothing is wrong.
        let _ = std::fs::write(&file, format!("{before}{gap}.wflow/\n"));
    }
}
