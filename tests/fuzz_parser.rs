//! A bounded fuzzer for the parser and the checker: mutates every `.wflow` file of the project, seeded, and asserts that
//! nothing panics, that every place lies inside its text, and that the same text gives the same findings.
//!
//! `FUZZ_ITERATIONS` says how many texts (300 otherwise), `FUZZ_SEED` makes a run the same as an earlier one.

use std::path::{Path, PathBuf};
use wflow::check::{Environment, Memory, check_source};
use wflow::diagnostics::Diagnostic;
use wflow::source::{FileId, SourceMap, Span};

/// What mistakes are made of.
const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "`",
    "\"",
    "\"\"\"",
    "'",
    "\\",
    "{x}",
    "{xs...}",
    "=>",
    "->",
    "=",
    "==",
    "..",
    "..=",
    "?",
    "??",
    "?.",
    ".",
    ",",
    ":",
    ";",
    "|",
    "&&",
    "$X",
    "*",
    "-",
    "- ",
    " -1",
    "/",
    "%",
    "@allow(x)",
    "// c\n",
    "/// d\n",
    "\n",
    "\r\n",
    "\t",
    "é",
    "\u{202e}",
    "let ",
    "var ",
    "if ",
    "else ",
    "match ",
    "for ",
    "in ",
    "repeat up to 3 ",
    "return ",
    "break ",
    "continue ",
    "try ",
    "catch ",
    "ensure ",
    "fail business ",
    "wait 1s ",
    "say ",
    "step a ",
    "undo ",
    "parallel ",
    "run `a` ",
    "ask ",
    "gate g \"?\" ",
    "by a and b ",
    "show { } ",
    "require \"x\" ",
    "timeout 1h ",
    "on reject r { } ",
    "edit x ",
    "as T ",
    "with { } ",
    "retry 2 ",
    "check it ",
    "otherwise ",
    "policy { } ",
    "type T = Int ",
    "enum E { A } ",
    "fn f() -> Int { 1 } ",
    "task t() { } ",
    "workflow w() { } ",
    "test \"t\" { } ",
    "use git ",
    "none ",
    "true ",
    "1",
    "1.5",
    "99999999999999999999",
    "5m",
    "10KiB",
    "3x",
    "r\"\\d\" ",
    "where it.len < 3 ",
    "not ",
    "and ",
    "or ",
    "matches ",
    "Text ",
    "Int? ",
    "[Text] ",
    "{Text: Int} ",
    ".Low ",
    "x.y(z: 1)",
];

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

fn corpus(folder: &Path, out: &mut Vec<String>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            corpus(&path, out);
        } else if path.extension().is_some_and(|e| e == "wflow")
            && let Ok(text) = std::fs::read_to_string(&path)
            && text.len() < 20_000
        {
            out.push(text);
        }
    }
}

/// An offset at which a text can be cut.
fn cut(text: &str, random: &mut Random) -> usize {
    let mut at = random.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn mutate(text: &str, corpus: &[String], random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..1 + random.below(4) {
        let (a, b) = (cut(&text, random), cut(&text, random));
        let (from, to) = (a.min(b), a.max(b));
        match random.below(6) {
            0 => {
                let mut end = to.min(from + 40);
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                text.replace_range(from..end.max(from), "");
            }
            1 => text.insert_str(from, PIECES[random.below(PIECES.len())]),
            2 => {
                let piece = text[from..to].chars().take(60).collect::<String>();
                let at = cut(&text, random);
                text.insert_str(at, &piece);
            }
            3 => text.truncate(to),
            4 => {
                let other = &corpus[random.below(corpus.len())];
                let (c, d) = (cut(other, random), cut(other, random));
                let piece: String = other[c.min(d)..c.max(d)].chars().take(200).collect();
                text.insert_str(from, &piece);
            }
            _ => {
                for _ in 0..3 {
                    text.insert_str(cut(&text, random), PIECES[random.below(PIECES.len())]);
                }
            }
        }
    }
    text
}

/// Ends of cut text may fall inside a character: a span must still be a slice of its text.
fn inside(span: Span, sources: &SourceMap) -> bool {
    sources.get(span.file).is_some_and(|f| span.start <= span.end && f.text.get(span.range()).is_some())
}

fn places(diagnostics: &[Diagnostic]) -> Vec<(Span, String)> {
    diagnostics
        .iter()
        .flat_map(|d| {
            let all = std::iter::once(&d.primary).chain(&d.secondary);
            all.map(|l| (l.span, format!("{} {}", d.code, d.message))).collect::<Vec<_>>()
        })
        .collect()
}

fn try_one(text: &str) {
    let parsed = wflow::syntax::parse(FileId(0), text);
    for (span, what) in places(&parsed.diagnostics) {
        assert!(text.get(span.range()).is_some(), "{what}: {span:?} is no place of the text");
    }
    let check = || check_source("fuzz.wflow", text, &Memory::new(), &Environment::default());
    let checked = check();
    for (span, what) in places(&checked.diagnostics) {
        assert!(inside(span, &checked.program.sources), "{what}: {span:?} is no place");
    }
    assert_eq!(
        places(&checked.diagnostics),
        places(&check().diagnostics),
        "findings differ from time to time"
    );
}

#[test]
fn no_text_makes_the_parser_or_the_checker_panic() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    ["tests", "examples", "stdlib"].iter().for_each(|f| corpus(&root.join(f), &mut texts));
    assert!(texts.len() > 50, "the corpus was not found");
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let iterations = number("FUZZ_ITERATIONS").unwrap_or(300);
    let clock =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |d| d.as_nanos() as u64);
    let seed = number("FUZZ_SEED").unwrap_or(clock) | 1;
    println!("FUZZ_SEED={seed} FUZZ_ITERATIONS={iterations}");
    let worker = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
        let mut random = Random(seed);
        for i in 0..iterations {
            let base = random.below(texts.len());
            let text = mutate(&texts[base], &texts, &mut random);
            let tried = std::panic::catch_unwind(|| try_one(&text));
            if tried.is_err() {
                let file = std::env::temp_dir().join(format!("wflow-fuzz-{seed}-{i}.wflow"));
                let _ = std::fs::write(&file, &text);
                panic!("text {i} of FUZZ_SEED={seed} failed; it is kept in {}", file.display());
            }
        }
    });
    worker.expect("a thread").join().expect("no text fails");
}
