//! What a person or a program sees of the real binary without a terminal. A case is one file in `tests/cli/`: files of a
//! project, then commands of a shell with what they print and how they end. `UPDATE=1` writes what they do now.
//!
//! ```text
//! Free text: what the case is about.
//! == file release.wflow
//! workflow release() { … }
//! == $ wflow run release.wflow; echo again
//! what standard output got
//! ! what standard error got
//! [exit 1]
//! ```
//!
//! Ids of runs, times and durations are replaced, so that two runs print the same. `~` at a line's end stands for a
//! blank before it, `<TAB>`, `<CR>` and `<ESC>` for such characters.

#[path = "support/sandbox.rs"]
mod sandbox;

use regex::Regex;
use sandbox::Sandbox;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

static VOLATILE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        // Of runs that a case made in folders below.
        (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "<run>"),
        (r"\b(run|approve|resume|show) [0-9a-f]{8}\b", "$1 <run>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
        (r"\b\d+(\.\d+)?(ms|s)\b( elapsed)?", "<took>"),
        (r#""(duration_ms|millis|delay_ms)": ?\d+"#, "\"$1\":<took>"),
        (r"sha256:[0-9a-f]{64}", "sha256:<digest>"),
    ]
    .map(|(pattern, with)| (Regex::new(pattern).expect("a pattern"), with))
    .into()
});

enum Part {
    File { name: String, text: String },
    Command { line: String, output: String },
}

struct Case {
    about: String,
    parts: Vec<Part>,
}

impl Case {
    fn parse(text: &str) -> Case {
        let mut case = Case { about: String::new(), parts: Vec::new() };
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("== file ") {
                case.parts.push(Part::File { name: name.trim().to_owned(), text: String::new() });
            } else if let Some(command) = line.strip_prefix("== $ ") {
                case.parts.push(Part::Command { line: command.to_owned(), output: String::new() });
            } else {
                let into = match case.parts.last_mut() {
                    None => &mut case.about,
                    Some(Part::File { text, .. }) => text,
                    Some(Part::Command { output, .. }) => output,
                };
                into.push_str(line);
                into.push('\n');
            }
        }
        case
    }

    fn text(&self) -> String {
        let mut out = self.about.clone();
        for part in &self.parts {
            match part {
                Part::File { name, text } => out.push_str(&format!("== file {name}\n{text}")),
                Part::Command { line, output } => out.push_str(&format!("== $ {line}\n{output}")),
            }
        }
        out
    }

    /// The same case with what its commands print now.
    fn play(&self) -> Case {
        let sandbox = Sandbox::new();
        let mut played = Case { about: self.about.clone(), parts: Vec::new() };
        for part in &self.parts {
            played.parts.push(match part {
                Part::File { name, text } => {
                    sandbox.write(name, text);
                    Part::File { name: name.clone(), text: text.clone() }
                }
                Part::Command { line, .. } => {
                    let mut command = Command::new("/bin/sh");
                    command.args(["-c", line]);
                    sandbox.prepare(&mut command);
                    let output = command.output().expect("a shell starts");
                    Part::Command { line: line.clone(), output: told(&output, &sandbox) }
                }
            });
        }
        played
    }
}

fn told(output: &std::process::Output, sandbox: &Sandbox) -> String {
    let mut out = lines(&output.stdout, "", sandbox);
    out.push_str(&lines(&output.stderr, "! ", sandbox));
    match output.status.code() {
        Some(0) => {}
        Some(code) => out.push_str(&format!("[exit {code}]\n")),
        None => out.push_str("[killed]\n"),
    }
    out
}

fn lines(bytes: &[u8], before: &str, sandbox: &Sandbox) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    text = text.replace(&*sandbox.dir.to_string_lossy(), "<project>");
    let home = sandbox.dir.parent().unwrap_or(&sandbox.dir);
    text = text.replace(&*home.to_string_lossy(), "<home>");
    for (i, id) in sandbox.runs().iter().enumerate() {
        text = text.replace(id.as_str(), &format!("<run {}>", i + 1));
        text = text.replace(&id[id.len().saturating_sub(8)..], &format!("<run{}>", i + 1));
    }
    for (pattern, with) in VOLATILE.iter() {
        text = pattern.replace_all(&text, *with).into_owned();
    }
    text = text.replace('\t', "<TAB>").replace('\r', "<CR>").replace('\u{1b}', "<ESC>");
    let mut out = String::new();
    for line in text.lines() {
        let kept = line.trim_end();
        let mark = if kept.len() < line.len() { " ~" } else { "" };
        let line = format!("{before}{kept}{mark}");
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let only = std::env::var("CASE").unwrap_or_default();
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of cases")
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "case"))
        .filter(|p| p.to_string_lossy().contains(&only))
        .collect();
    cases.sort();
    cases
}

#[test]
fn cases_of_the_command_line() {
    let update = std::env::var_os("UPDATE").is_some();
    let cases = cases();
    let wrong = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(path) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let text = std::fs::read_to_string(path).expect("a case is text");
                    let played = Case::parse(&text).play().text();
                    if played == text {
                        continue;
                    }
                    if update {
                        std::fs::write(path, &played).expect("the case is written");
                        continue;
                    }
                    let name = path.file_stem().unwrap_or_default().to_string_lossy();
                    let found = format!("{name}:\n{}", difference(&text, &played));
                    wrong.lock().expect("no test thread panics with it").push(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("all threads have ended");
    assert!(
        wrong.is_empty(),
        "cases of tests/cli that went otherwise (UPDATE=1 takes them over):\n\n{}",
        wrong.join("\n")
    );
}

/// The lines that only one side has, in order.
fn difference(expected: &str, found: &str) -> String {
    let (left, right): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let same = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let mut out = String::new();
    for line in left.iter().skip(same).take(12) {
        out.push_str(&format!("  - {line}\n"));
    }
    for line in right.iter().skip(same).take(12) {
        out.push_str(&format!("  + {line}\n"));
    }
    out
}
