//! The house stands as `docs/architecture.md` draws it: a folder of `src/` imports only from those above it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// From top to bottom. Folders on one line know nothing of each other.
const LAYERS: &[&[&str]] = &[
    &["source"],
    &["diagnostics"],
    &["syntax"],
    &["types"],
    &["policy"],
    &["check"],
    &["value"],
    &["interpreter"],
    &["journal"],
    &["ui"],
    &["plan"],
    &["effects"],
    &["engine"],
    &["repl", "lsp", "testing", "docs", "server"],
    &["cli"],
];

fn level(folder: &str) -> Option<usize> {
    LAYERS.iter().position(|l| l.contains(&folder))
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// The folders that a file names through `crate::`, also in `use crate::{a, b::c}`.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => drop(found.insert(word(rest))),
            Some(group) => {
                let mut depth = 0usize;
                let mut start = true;
                for (i, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && c.is_alphabetic() => {
                            found.insert(word(&group[i..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

#[test]
fn every_folder_imports_only_from_those_above() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap_or(&file);
        let Some(folder) = inside.components().next().map(|c| c.as_os_str().to_string_lossy().into_owned())
        else {
            continue;
        };
        if matches!(folder.as_str(), "lib.rs" | "main.rs") {
            continue;
        }
        let Some(own) = level(&folder) else {
            wrong.push(format!("src/{folder} stands in no layer"));
            continue;
        };
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let code: String =
            text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for import in imports(&code) {
            match level(&import) {
                Some(other) if other > own || (other == own && import != folder) => {
                    wrong.push(format!("{} imports crate::{import}", inside.display()));
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the order of the layers:\n  {}", wrong.join("\n  "));
}

#[test]
fn no_pest_type_leaves_the_syntax_folder_and_only_the_cli_prints() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap_or(&file).to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in shipped.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            let pest = line.contains("pest::") && !inside.starts_with("syntax/");
            // The terminal folder writes to the terminal that it opened, never to the standard streams by macro.
            let prints = ["println!(", "print!(", "eprintln!(", "eprint!(", "process::exit("]
                .iter()
                .any(|m| line.contains(m))
                && !inside.starts_with("cli/")
                && inside != "main.rs";
            if pest || prints {
                wrong.push(format!("{inside}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Who decides at a gate is whoever sits at the terminal: nothing that the program reads may choose somebody else.
#[test]
fn no_face_gives_a_run_other_people_commands_or_disks() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    ["cli", "repl", "testing"].iter().for_each(|folder| rust_files(&src.join(folder), &mut files));
    assert!(files.len() > 20, "the faces were not found");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        for name in [
            "engine::People",
            "engine::Commands",
            "impl People",
            "impl Commands",
            "impl Store ",
            "people: Arc",
            "commands: Arc",
        ] {
            assert!(!text.contains(name), "{} has `{name}`", file.display());
        }
    }
}
