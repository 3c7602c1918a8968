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
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("project");
    if path.exists() && path.read_dir().map_or(true, |mut d| d.next().is_some()) {
        return Err(Trouble::new(
            usage::E1704,
            format!("`{}` exists already and is not empty", path.display()),
        )
        .help("choose another name, or make a wflow.toml in that folder with `wflow init`"));
    }
    let safe: String =
        name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    put(path, "hello.wflow", WORKFLOW)?;
    put(path, "wflow.toml", &project_file(&safe))?;
    put(path, "README.md", &format!("# {safe}\n\nWorkflows of this project, run by wflow.\n"))?;
    put(path, ".gitignore", ".wflow/\nout/\n")?;
    outln!("Made {} with a first workflow. Go on with:\n", path.display());
    outln!("    cd {}", command_line([path.to_string_lossy().as_ref()]));
    outln!("    wflow check");
    outln!("    wflow test");
    outln!("    wflow run hello.wflow");
    Ok(Exit::Completed)
}

fn put(folder: &Path, name: &str, text: &str) -> Result<(), Trouble> {
    let failed = |what: &Path, e: std::io::Error| {
        Trouble::new(
            usage::E1705,
            format!("`{}` cannot be written: {}", what.display(), crate::diagnostics::io_text(&e)),
        )
        .help("check the folder's permissions and the free space")
    };
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    let file = folder.join(name);
    std::fs::write(&file, text).map_err(|e| failed(&file, e))
}
