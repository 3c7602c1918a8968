//! `wflow new PATH`: a folder with a first workflow that runs as it is.

use super::args::NewArgs;
use super::exit::Exit;
use super::report::Trouble;
use crate::diagnostics::codes::usage;
use std::path::Path;

const WORKFLOW: &str = r#"//! A first workflow: look at a file, ask for a headline, let a person decide.

type Headline = Text where 3 <= it.len and it.len <= 60

policy {
    allow `wc -l *`, write "out/*.md"
}

/// Counts the lines of a file, asks for a headline, and writes a note once somebody has approved it.
workflow hello(
    /// The file to look at
    file: Path = "README.md",
) -> Headline {
    step count "Count the lines" {
        run `wc -l {file}` as Text
    }

    step headline "Find a headline" {
        ask "Write a headline for a file with this many lines." as Headline with { count } retry 1
            otherwise "A small file"
    }

    gate publish "Write out/note.md?"
        show { headline, count }
        require "The headline says what the file is about"

    write("out/note.md", "# {headline}\n\n{count}\n")
    say "Written: out/note.md"
    headline
}

test "a rejected headline writes nothing" {
    given run `wc *` -> "12 README.md"
    given ask -> "Twelve lines"
    given gate publish -> reject "too plain"
    expect hello() rejected by publish
    expect not wrote "out/note.md"
}

test "an approved one is written" {
    given run `wc *` -> "12 README.md"
    given ask -> "Twelve lines"
    given gate publish -> approve "fine"
    expect hello() == "Twelve lines"
    expect wrote "out/note.md"
}
"#;

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
        return Err(Trouble::new(usage::E1704, format!("`{}` exists already and is not empty", path.display()))
            .help("choose another name, or make a wflow.toml in that folder with `wflow init`"));
    }
    let safe: String =
        name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    put(path, "hello.wflow", WORKFLOW)?;
    put(path, "wflow.toml", &project_file(&safe))?;
    put(path, "README.md", &format!("# {safe}\n\nWorkflows of this project, run by wflow.\n"))?;
    put(path, ".gitignore", ".wflow/\nout/\n")?;
    println!("Made {} with a first workflow. Go on with:\n", path.display());
    println!("    cd {}", path.display());
    println!("    wflow check");
    println!("    wflow test");
    println!("    wflow run hello.wflow");
    Ok(Exit::Completed)
}

fn put(folder: &Path, name: &str, text: &str) -> Result<(), Trouble> {
    let failed = |what: &Path, e: std::io::Error| {
        Trouble::new(usage::E1705, format!("`{}` cannot be written: {e}", what.display()))
            .help("check the folder's permissions and the free space")
    };
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    let file = folder.join(name);
    std::fs::write(&file, text).map_err(|e| failed(&file, e))
}
