//! Golden cases of the way from an AI's text to a value. Each `cases/CLASS/NAME.case` has four parts:
//!
//! ```text
//! enum Risk { Low, High }          declarations, and the wanted type
//! as Risk
//! === answer
//! low                              what the AI said
//! === reads
//! "Low"                            what everybody reads in it; or `=== none`, with the reason
//! === found
//! ~ text without quotes            what was forgiven; or `! …`, what goes back to the AI
//! ```
//!
//! The part `found` is what wflow makes of it: `UPDATE=1` writes it anew. A case with one right reading counts as read
//! when its value is that reading; one without must never be taken.

mod properties;
mod record;
mod types;

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use types::Wanted;

struct Case {
    path: PathBuf,
    wanted: Wanted,
    strict: bool,
    answer: String,
    /// The one right reading.
    reads: Option<Json>,
    found: String,
    /// All before `found`.
    head: String,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/answers/cases");
    let mut files = Vec::new();
    for class in std::fs::read_dir(folder).expect("the folder of cases").flatten() {
        files.extend(std::fs::read_dir(class.path()).expect("a folder").flatten().map(|e| e.path()));
    }
    files.retain(|f| f.extension().is_some_and(|e| e == "case"));
    files.sort();
    files.into_iter().map(case).collect()
}

fn case(path: PathBuf) -> Case {
    let text = std::fs::read_to_string(&path).expect("a readable case");
    let part = |mark: &str| text.find(&format!("\n=== {mark}")).map(|at| at + 1);
    let name = path.display();
    let answer = part("answer").unwrap_or_else(|| panic!("{name} has no answer"));
    let (verdict, right) = match (part("reads"), part("none")) {
        (Some(at), None) => (at, true),
        (None, Some(at)) => (at, false),
        _ => panic!("{name} says neither what it reads nor that it reads nothing"),
    };
    let found = part("found").unwrap_or(text.len());
    let body = |from: usize, to: usize| text[from..to].split_once('\n').map_or("", |(_, body)| body);
    let declared = &text[..answer];
    let (strict, ty) = match declared.trim_end().rsplit_once("as ").expect("a type") {
        (before, ty) if before.ends_with("strictly ") => (true, ty),
        (_, ty) => (false, ty),
    };
    let declarations = declared.rsplit_once("as ").expect("a type").0.trim_end_matches("strictly ");
    let reads = right.then(|| {
        serde_json::from_str(body(verdict, found)).unwrap_or_else(|e| panic!("{name}: the reading: {e}"))
    });
    let answer = body(answer, verdict);
    Case {
        wanted: Wanted::new(declarations, ty.trim()),
        strict,
        // The line end before the next part is not the answer's.
        answer: answer.strip_suffix('\n').unwrap_or(answer).replace("<NUL>", "\0").replace("<TAB>", "\t"),
        reads,
        found: body(found, text.len()).to_owned(),
        head: text[..found].trim_end_matches('\n').to_owned() + "\n",
        path,
    }
}

#[test]
fn corpus() {
    let cases = cases();
    let mut wrong = Vec::new();
    let mut unread = Vec::new();
    let mut classes: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    for case in &cases {
        let name = case.path.display();
        let class = case.path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let counts = classes.entry(class.into_owned()).or_default();
        let read = case.wanted.read(&case.answer, case.strict);
        let found = match &read {
            Ok((_, leniencies)) => leniencies.iter().map(|l| format!("~ {l}\n")).collect::<String>(),
            Err(messages) => messages.iter().map(|m| format!("! {}\n", m.replace('\n', "\n  "))).collect(),
        };
        match (&case.reads, &read) {
            (Some(right), Ok((value, _))) if value == right => counts.1 += 1,
            (Some(right), Ok((value, _))) => wrong.push(format!("{name} reads {value}, not {right}")),
            (Some(_), Err(messages)) => unread.push(format!("{name}: {}", messages.join("; "))),
            (None, Ok((value, _))) => wrong.push(format!("{name} has no one reading, and reads {value}")),
            (None, Err(_)) => counts.2 += 1,
        }
        counts.0 += usize::from(case.reads.is_some());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&case.path, format!("{}=== found\n{found}", case.head))
                .expect("a writable folder");
        } else if found != case.found {
            wrong.push(format!("{name}\n-- expected\n{}-- found\n{found}", case.found));
        }
    }
    let (mut right, mut read, mut refused) = (0, 0, 0);
    for (class, (r, ok, none)) in &classes {
        println!("{class:14} {ok:3} of {r:3} with one right reading are read, {none:3} without one refused");
        (right, read, refused) = (right + r, read + ok, refused + none);
    }
    println!(
        "{:14} {read:3} of {right:3} with one right reading are read, {refused:3} without one refused",
        "all"
    );
    println!("{} cases; not read:\n  {}", cases.len(), unread.join("\n  "));
    assert!(wrong.is_empty(), "{}\nUPDATE=1 writes what was found", wrong.join("\n"));
    assert!(cases.len() >= 250, "{} cases", cases.len());
    assert!(read * 100 >= right * 95, "{read} of {right} are read:\n  {}", unread.join("\n  "));
}

#[test]
fn every_leniency_has_a_case_and_stands_in_the_manual() {
    let manual = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language.md"));
    let manual = manual.expect("the manual").split_whitespace().collect::<Vec<_>>().join(" ");
    let found: String = cases().into_iter().map(|c| c.found).collect();
    for kind in wflow::value::answer::Kind::ALL {
        assert!(found.contains(&format!("~ {}", kind.name())), "no case forgives `{}`", kind.name());
        assert!(manual.contains(&format!("`{}`", kind.name())), "the manual does not know `{}`", kind.name());
    }
}
