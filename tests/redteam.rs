//! Attacks. A case is one file of `tests/redteam`, whose first line says what must refuse it:
//!
//! - `//! refused by E0506 when checked`: `wflow check` finds that error and no other;
//! - `//! refused by E1654 when run: --word=x`: the check finds nothing, and the run with these arguments ends with it;
//! - `//! refused by a gate that waits when run:`: nobody can answer, so the run waits.
//!
//! The second line says what is attempted. Lines with `//> ` are the project's `wflow.toml`. Whatever happens, an answer
//! piped into the program decides nothing, and nothing called `made` is there afterwards.

use regex::Regex;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn wflow(folder: &Path, args: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wflow"))
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // It may end before it has read anything.
    let _ = child.stdin.take().expect("it is a pipe").write_all("yes\n".repeat(20).as_bytes());
    child.wait_with_output().expect("the program ends")
}

/// The codes of all errors that were told, each once.
fn codes(output: &Output) -> Vec<String> {
    let text = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat();
    let pattern = Regex::new(r"error\[(E\d{4})\]").expect("a pattern");
    let mut found: Vec<String> = pattern.captures_iter(&text).map(|c| c[1].to_owned()).collect();
    found.sort();
    found.dedup();
    found
}

/// What is wrong with one case, if anything is.
fn attempt(text: &str) -> Option<String> {
    let head = Regex::new(r"^//! refused by (.+) when (checked|run:) ?(.*)\n//! .+\n").expect("a pattern");
    let Some(said) = head.captures(text) else { return Some("its head says nothing".into()) };
    let (who, how) = (&said[1], &said[2]);
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("project");
    std::fs::create_dir_all(folder.join(".git")).expect("the folder is writable");
    let config: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("//> ")).collect();
    if !config.is_empty() {
        std::fs::write(folder.join("wflow.toml"), config.join("\n") + "\n").expect("the folder is writable");
    }
    std::fs::write(folder.join("case.wflow"), text).expect("the folder is writable");
    let checked = codes(&wflow(&folder, &["check", "--format", "short", "case.wflow"]));
    let wrong = match how {
        "checked" => (checked != [who]).then(|| format!("the check finds {checked:?}")),
        _ if !checked.is_empty() => Some(format!("the check finds {checked:?} already")),
        _ => {
            let args: Vec<&str> = ["run", "case.wflow"].into_iter().chain(said[3].split(' ')).collect();
            let args: Vec<&str> = args.into_iter().filter(|a| !a.is_empty()).collect();
            let output = wflow(&folder, &args);
            let found = codes(&output);
            let refused = match who {
                "a gate that waits" => output.status.code() == Some(75),
                code => found == [code],
            };
            (!refused).then(|| format!("the run ends with {found:?}, {}", output.status))
        }
    };
    let made = [&folder, outer.path()].iter().any(|f| f.join("made").exists());
    wrong.or_else(|| made.then(|| "`made` is there".into()))
}

#[test]
fn every_attack_is_refused_by_what_must_refuse_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/redteam");
    let mut wrong = String::new();
    let mut count = 0;
    for entry in std::fs::read_dir(root).expect("the folder is part of the repository").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a case can be read");
        if let Some(why) = attempt(&text) {
            let _ = writeln!(wrong, "{}: {why}", entry.file_name().display());
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 60, "only {count} attacks");
}
