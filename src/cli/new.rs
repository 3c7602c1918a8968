//! `wflow new PATH`: a folder with a first workflow that runs as it is.

use super::args::NewArgs;
use super::exit::Exit;
use super::report::Trouble;
use crate::diagnostics::codes::usage;
use crate::effects::process::command_line;
use std::path::Path;

const WORKFLOW: &str = include_str!("template/hello.wflow");

fn project_file(name: &str) -> String {
    format!(
        r#"# What no workflow of this project may widen. See `docs/files.md` for every key.
[project]
name = "{name}"

[policy]
allow = ["wc -l *"]   # `*` is one word, or any further words at the end
reads = ["wc *"]      # no effect on the world: may be run again after a crash
write = ["out/**"]    # where write() may write

[approvals]
min_assurance = "terminal"

[ai]
provider = "human"    # you are the model until another provider is set
"#
    )
}

pub fn new(args: &NewArgs) -> Result<Exit, Trouble> {
    let path = &args.path;
    refuse_unless_empty(path)?;
    std::fs::create_dir_all(path).map_err(|e| unwritable(path, e))?;
    // `new/..` is a folder that was there all the time.
    refuse_unless_empty(path)?;
    // `.` has no name of its own.
    let absolute = path.canonicalize().unwrap_or_else(|_| path.clone());
    let name = absolute.file_name().and_then(|n| n.to_str()).unwrap_or("project");
    let safe: String =
        name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let readme = format!("# {safe}\n\nWorkflows of this project, run by wflow.\n");
    let files = [
        ("hello.wflow", WORKFLOW),
        ("wflow.toml", &project_file(&safe)),
        ("README.md", &readme),
        (".gitignore", ".wflow/\nout/\n"),
    ];
    for (at, (name, text)) in files.iter().enumerate() {
        if let Err(trouble) = put(path, name, text) {
            // All or nothing, so that it can simply be tried again. The folder stays where something else is in it.
            files[..=at].iter().for_each(|(name, _)| drop(std::fs::remove_file(path.join(name))));
            let _ = std::fs::remove_dir(path);
            return Err(trouble);
        }
    }
    outln!("Made {} with a first workflow. Go on with:\n", path.display());
    if path != Path::new(".") {
        outln!("    cd {}", command_line([path.to_string_lossy().as_ref()]));
    }
    outln!("    wflow check");
    outln!("    wflow test");
    outln!("    wflow run hello.wflow");
    Ok(Exit::Completed)
}

fn refuse_unless_empty(path: &Path) -> Result<(), Trouble> {
    if !path.exists() || path.read_dir().is_ok_and(|mut entries| entries.next().is_none()) {
        return Ok(());
    }
    Err(Trouble::new(usage::E1704, format!("`{}` exists already and is not empty", path.display()))
        .help("choose another name, or make a wflow.toml in that folder with `wflow init`"))
}

fn unwritable(path: &Path, error: std::io::Error) -> Trouble {
    let why = crate::diagnostics::io_text(&error);
    Trouble::new(usage::E1705, format!("`{}` cannot be written: {why}", path.display()))
        .help("check the folder's permissions and the free space")
}

fn put(folder: &Path, name: &str, text: &str) -> Result<(), Trouble> {
    let file = folder.join(name);
    std::fs::write(&file, text).map_err(|e| unwritable(&file, e))
}
