//! What is printed reads as the same tree: for every golden case and shipped file, and for trees made at random.

#[path = "syntax/dump.rs"]
mod dump;
#[path = "syntax/trees.rs"]
mod trees;

use proptest::prelude::*;
use std::path::{Path, PathBuf};
use wflow::source::FileId;
use wflow::syntax::{parse, print};

fn read(text: &str) -> wflow::syntax::ast::File {
    let parsed = parse(FileId(0), text);
    let found: Vec<_> = parsed.diagnostics.iter().map(|d| (d.primary.span, &d.message)).collect();
    assert!(found.is_empty(), "{found:#?}\n{text}");
    parsed.file
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "wflow") {
            out.push(path);
        }
    }
}

#[test]
fn every_good_file_reads_the_same_when_printed() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for folder in ["tests/syntax/ok", "stdlib", "examples"] {
        files(&root.join(folder), &mut all);
    }
    assert!(all.len() > 25);
    for path in all {
        let bytes = std::fs::read(&path).expect("a readable file");
        let text = wflow::source::decode(&path, bytes).expect("UTF-8");
        let first = read(&text);
        let printed = print(&first);
        let second = read(&printed);
        assert_eq!(dump::meaning(&first), dump::meaning(&second), "{}\n{printed}", path.display());
        assert_eq!(printed, print(&second), "{} is printed in one form only", path.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_reads_the_same_when_printed(file in trees::file()) {
        let printed = print(&file);
        let read = read(&printed);
        prop_assert_eq!(dump::meaning(&file), dump::meaning(&read), "{}", printed);
    }
}
