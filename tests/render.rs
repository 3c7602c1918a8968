//! How findings look. A case is one file of `tests/render/`: the finding, its files with `[[primary]]` and
//! `{{secondary}}` places, then what each form makes of it. `UPDATE=1` writes those anew.

use std::fmt::Write;
use std::path::Path;
use wflow::diagnostics::render::{
    Style, clean, explain, failure, failure_json, github, json, json_text, sarif, short, summary, text,
};
use wflow::diagnostics::{Diagnostic, ErrorKind, Failure, codes};
use wflow::source::{FileId, Origin, SourceMap, Span};

/// Takes the marks out of a text and tells where they were.
fn marks(marked: &str, open: &str, close: &str) -> (String, Vec<(usize, usize)>) {
    let (mut plain, mut found, mut rest) = (String::new(), Vec::new(), marked);
    while let Some((before, after)) = rest.split_once(open) {
        plain.push_str(before);
        let (inside, behind) = after.split_once(close).expect("a mark that is closed");
        found.push((plain.len(), plain.len() + inside.len()));
        plain.push_str(inside);
        rest = behind;
    }
    plain.push_str(rest);
    (plain, found)
}

struct Case {
    sources: SourceMap,
    diagnostic: Diagnostic,
    width: usize,
}

fn read(input: &str) -> Case {
    let mut parts = input.split("--- ");
    let mut sources = SourceMap::new();
    let head = parts.next().expect("a head");
    let (mut primary, mut secondary) = (Span::default(), Vec::new());
    for part in parts {
        let (name, body) = part.split_once('\n').expect("a file");
        // `\r`, `\t` and the like are written so that they survive editors.
        let body = body.strip_suffix('\n').unwrap_or(body);
        let body = body
            .replace("\\r", "\r")
            .replace("\\t", "\t")
            .replace("\\e", "\u{1b}")
            .replace("\\u", "\u{202e}");
        let body = body.replace("\\x", &"x".repeat(150));
        // Marks of one kind are counted with the other kind in place, so the second pass runs on each apart.
        let (without_secondary, _) = marks(&body, "{{", "}}");
        let (plain, of_primary) = marks(&without_secondary, "[[", "]]");
        let (without_primary, _) = marks(&body, "[[", "]]");
        let (_, of_secondary) = marks(&without_primary, "{{", "}}");
        let id = sources.add(name, Origin::Memory, plain);
        if let Some((a, b)) = of_primary.first() {
            primary = Span::new(id, *a, *b);
        }
        secondary.extend(of_secondary.iter().map(|(a, b)| Span::new(id, *a, *b)));
    }
    let mut lines = head.lines();
    let message = lines.next().expect("a message");
    let (code, message) = message.split_once(' ').expect("a code and a message");
    let code = codes::find(code).expect("a known code");
    let mut diagnostic = Diagnostic::error(code, primary, message.replace("\\e", "\u{1b}"));
    let mut width = 100;
    for line in lines {
        match line.split_once(' ') {
            Some(("label", t)) => diagnostic = diagnostic.label(t),
            Some(("also", t)) => diagnostic = diagnostic.also(secondary.remove(0), t),
            Some(("help", t)) => diagnostic = diagnostic.help(t),
            Some(("width", t)) => width = t.parse().expect("a number"),
            _ => panic!("what is {line:?}?"),
        }
    }
    Case { sources, diagnostic, width }
}

#[test]
fn every_case_looks_as_it_should() {
    let update = std::env::var_os("UPDATE").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/render");
    let mut wrong = String::new();
    for entry in std::fs::read_dir(folder).expect("the folder of cases") {
        let path = entry.expect("an entry").path();
        let whole = std::fs::read_to_string(&path).expect("a case");
        let input = whole.split("=== ").next().unwrap_or_default();
        let case = read(input);
        let all = [case.diagnostic];
        let style = Style { color: false, width: case.width, unicode: true };
        let mut out = input.to_owned();
        let _ = write!(out, "=== text\n{}", text(&all, &case.sources, &style));
        let _ = write!(out, "=== short\n{}", short(&all, &case.sources));
        let _ = write!(out, "=== github\n{}", github(&all, &case.sources));
        if whole.contains("=== json") || (update && !whole.contains("=== ")) && input.contains("also") {
            let _ = writeln!(out, "=== json\n{}", json_text(&json(&all, &case.sources, 1)));
            let mut log = sarif(&all, &case.sources);
            // The page of the code and our version change for reasons of their own.
            log["runs"][0]["tool"] = "…".into();
            let _ = writeln!(out, "=== sarif\n{}", json_text(&log));
        }
        if update {
            std::fs::write(&path, out).expect("writing the case");
        } else if out != whole {
            let _ = writeln!(wrong, "{}:\n{out}\n", path.display());
        }
    }
    assert!(wrong.is_empty(), "these differ; look at them, then UPDATE=1\n{wrong}");
}

fn one_file(text: &str) -> (SourceMap, FileId) {
    let mut sources = SourceMap::new();
    let id = sources.add("a.wflow", Origin::Memory, text);
    (sources, id)
}

#[test]
fn summaries_count_in_words() {
    let span = Span::default();
    let error = || Diagnostic::error(codes::source::E0001, span, "x");
    let warning = || Diagnostic::warning(codes::source::E0001, span, "x");
    assert_eq!(summary(&[error(), error(), warning()], 3), "2 errors, 1 warning in 3 files");
    assert_eq!(summary(&[warning()], 1), "1 warning in 1 file");
    assert_eq!(summary(&[], 2), "no problems in 2 files");
}

#[test]
fn a_failure_without_a_place_still_says_everything() {
    let (sources, id) = one_file("run `x`\n");
    let failing =
        Failure::new(ErrorKind::Business, codes::source::E0001, "`cargo test` ended with exit code 101")
            .help("look at the output")
            .note("the end of its output:\n  test a ... FAILED\n\u{1b}[31mred\u{1b}[0m");
    let shown = failure(&failing, &sources, &Style::default());
    assert_eq!(
        shown,
        "error[E0001]: `cargo test` ended with exit code 101\n  note: the end of its output:\n          test a ... FAILED\n        ␛[31mred␛[0m\n  help: look at the output\n"
    );
    let placed = failing.at(Span::new(id, 0, 7)).label("ran here");
    assert!(failure(&placed, &sources, &Style::default()).contains("a.wflow:1:1"));
    let data = failure_json(&placed, &sources);
    assert_eq!(data["kind"], "business");
    assert_eq!(data["at"]["end"]["column"], 8);
    let rejected = Failure::new(ErrorKind::Rejected, codes::source::E0001, "no");
    assert!(failure(&rejected, &sources, &Style::default()).starts_with("rejected[E0001]: no"));
}

#[test]
fn colours_only_where_asked_for() {
    let (sources, id) = one_file("let x = 1\n");
    let d = [Diagnostic::error(codes::source::E0001, Span::new(id, 4, 5), "bad").help("do this")];
    let plain = text(&d, &sources, &Style::default());
    let painted = text(&d, &sources, &Style { color: true, ..Style::default() });
    assert!(!plain.contains('\u{1b}'));
    assert!(painted.contains("\u{1b}[31m"));
    let ascii = text(&d, &sources, &Style { unicode: false, ..Style::default() });
    assert!(ascii.is_ascii(), "{ascii}");
}

#[test]
fn pages_are_set_for_the_terminal() {
    let page = explain(codes::config::E1615, &Style { width: 60, ..Style::default() });
    assert!(page.starts_with("E1615: "));
    assert!(page.contains("refused:\n    policy {"));
    assert!(page.lines().all(|l| l.chars().count() <= 60), "{page}");
    assert!(!page.contains("```"));
}

#[test]
fn nothing_reaches_the_terminal_raw() {
    assert_eq!(clean("a\u{1b}[2Jb\u{7}\u{202e}c\r\nd\te\u{9b}"), "a␛[2Jb␇\u{fffd}c\nd\te\u{fffd}");
}

mod any_span {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever the text and wherever the spans point: every form is made, on clean lines, and JSON stays JSON.
        #[test]
        fn renders(
            body in "(\\PC|[\\n\\r\\t\u{1b}\u{2028}é日\u{301}]|xxxxxxxxxx){0,160}",
            other in "[a\\n\\r]{0,9}",
            spans in proptest::collection::vec((0u32..4, 0u32..500, 0u32..500), 1..5),
            width in 0usize..140,
            color: bool,
            unicode: bool,
        ) {
            let mut sources = SourceMap::new();
            sources.add("a.wflow", Origin::Memory, body.as_str());
            sources.add("b\u{1b}.wflow", Origin::Memory, other.as_str());
            sources.add("", Origin::Memory, "");
            // Not sorted: a span can be backwards, and file 3 does not exist.
            let span = |(file, start, end): (u32, u32, u32)| Span { file: FileId(file), start, end };
            let mut d = Diagnostic::error(codes::source::E0001, span(spans[0]), body.as_str()).label(other.as_str());
            for s in &spans[1..] {
                d = d.also(span(*s), body.as_str()).help(body.as_str());
            }
            let all = [d];
            let drawn = text(&all, &sources, &Style { color, width, unicode });
            let start = if color { "\u{1b}" } else { "error[E0001]" };
            prop_assert!(drawn.starts_with(start));
            if !color {
                let raw = drawn.chars().find(|c| c.is_control() && *c != '\n' && *c != '\t');
                prop_assert!(raw.is_none(), "{:?} in {:?}", raw, drawn);
                let separator = drawn.contains('\u{2028}');
                prop_assert!(!separator);
            }
            prop_assert_eq!(short(&all, &sources).lines().count(), 1);
            prop_assert_eq!(github(&all, &sources).lines().count(), 1);
            let data = json(&all, &sources, 1);
            let read: serde_json::Value = serde_json::from_str(&json_text(&data)).expect("JSON");
            prop_assert_eq!(read, data);
            sarif(&all, &sources);
        }
    }
}
