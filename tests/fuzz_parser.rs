//! Nothing that is fed to the parser or the checker makes them panic, hang or point outside of the text.
//!
//! `FUZZ_ITERATIONS` says how many texts are made (300 unless told), `FUZZ_SEED` repeats a run.

use proptest::prelude::*;
use std::path::{Path, PathBuf};
use wflow::check::{Environment, Memory, check_source};
use wflow::diagnostics::Diagnostic;
use wflow::source::FileId;
use wflow::syntax::{
    Entry, parse, parse_approvers, parse_command_pattern, parse_entry, parse_expr, parse_type, print,
};

fn inside(text: &str, diagnostics: &[Diagnostic]) {
    for d in diagnostics {
        for label in std::iter::once(&d.primary).chain(&d.secondary) {
            let range = label.span.range();
            assert!(range.start <= range.end && text.get(range).is_some(), "{d:?} in {text:?}");
        }
        assert!(!d.message.is_empty());
    }
}

/// Reads a text in every way there is.
fn all_ways(text: &str) {
    let parsed = parse(FileId(0), text);
    inside(text, &parsed.diagnostics);
    for item in &parsed.file.items {
        assert!(text.get(item.span.range()).is_some(), "{:?} in {text:?}", item.span);
    }
    for comment in &parsed.file.comments {
        assert!(text[comment.span.range()].starts_with("//"), "{comment:?} in {text:?}");
    }
    if parsed.diagnostics.is_empty() {
        let again = parse(FileId(0), &print(&parsed.file));
        assert!(again.diagnostics.is_empty(), "{text:?} is printed as {:?}", print(&parsed.file));
    }
    match parse_entry(FileId(0), text) {
        Entry::Wrong(found) => inside(text, &found),
        Entry::Items(_) | Entry::Statements { .. } | Entry::Incomplete => {}
    }
    for found in [
        parse_expr(FileId(0), text).err(),
        parse_type(FileId(0), text).err(),
        parse_approvers(FileId(0), text).err(),
        parse_command_pattern(FileId(0), text).err(),
    ] {
        inside(text, &found.unwrap_or_default());
    }
}

fn checked(text: &str) {
    // Its findings point into several sources; only that it ends without a panic is asked here.
    drop(check_source("fuzz.wflow", text, &Memory::new(), &Environment::default()));
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

fn corpus() -> Vec<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in ["tests", "stdlib", "examples"] {
        files(&root.join(folder), &mut paths);
    }
    paths.sort();
    paths.iter().filter_map(|p| std::fs::read_to_string(p).ok()).collect()
}

/// A small generator of its own, so that a seed means the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.next() % n as u64) as usize }
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let at = self.below(text.len() + 1);
        (0..=at).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0)
    }
}

const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "`",
    "'",
    "\"\"\"",
    "r#\"",
    "\\",
    "//",
    "///",
    "//!",
    "\n",
    "\r\n",
    "\t",
    " ",
    ".",
    "..",
    "..=",
    "...",
    ",",
    ":",
    "=",
    "==",
    "=>",
    "->",
    "-",
    "- ",
    "+",
    "?",
    "??",
    "?.",
    "@",
    "*",
    "|",
    ";",
    "ä",
    "😀",
    "\u{0}",
    "\u{feff}",
    "1",
    "9999999999999999999",
    "1.5h",
    "x",
    "X",
    "_",
    "let ",
    "if ",
    "else ",
    "match ",
    "for ",
    "in ",
    "run `a`",
    "ask \"a\" ",
    "gate g \"?\" ",
    "by ",
    "with ",
    "undo ",
    "otherwise ",
    "return ",
    "fn ",
    "workflow w() ",
    "test \"t\" ",
    "policy ",
    "type T = ",
    "where ",
    "as ",
    "not ",
    "and ",
    "or ",
    "expect ",
    "given ",
];

fn mutated(corpus: &[String], random: &mut Random) -> String {
    let mut text = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(6) {
        let (a, b) = (random.place(&text), random.place(&text));
        let (from, to) = (a.min(b), a.max(b));
        let near = (from..=(from + random.below(12)).min(text.len()))
            .rev()
            .find(|i| text.is_char_boundary(*i))
            .unwrap_or(from);
        match random.below(7) {
            0 => text.replace_range(from..near, ""),
            1 => text.insert_str(from, PIECES[random.below(PIECES.len())]),
            2 => text.replace_range(from..near, PIECES[random.below(PIECES.len())]),
            3 => {
                let part = text[from..to].chars().take(200).collect::<String>();
                let at = random.place(&text);
                text.insert_str(at, &part);
            }
            4 => text.truncate(from),
            5 => {
                let other = &corpus[random.below(corpus.len())];
                let at = random.place(other);
                let part: String = other[at..].chars().take(random.below(300)).collect();
                text.insert_str(from, &part);
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())].repeat(1 + random.below(40));
                text.insert_str(from, &piece);
            }
        }
    }
    text
}

#[test]
fn mutations_of_real_files() {
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let iterations = number("FUZZ_ITERATIONS").unwrap_or(300);
    let clock =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |d| d.as_nanos() as u64);
    let seed = number("FUZZ_SEED").unwrap_or(clock).max(1);
    println!("FUZZ_SEED={seed} FUZZ_ITERATIONS={iterations}");
    let corpus = corpus();
    assert!(corpus.len() > 100);
    let mut random = Random(seed);
    for _ in 0..iterations {
        let text = mutated(&corpus, &mut random);
        let made = text.clone();
        let run = std::panic::catch_unwind(move || {
            all_ways(&text);
            checked(&text);
        });
        assert!(run.is_ok(), "FUZZ_SEED={seed} made a text that panics:\n{made}\n{made:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        all_ways(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn random_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..80)) {
        let text = pieces.concat();
        all_ways(&text);
        all_ways(&format!("workflow w() {{ {text} }}"));
        all_ways(&format!("test \"t\" {{ {text} }}"));
    }
}
