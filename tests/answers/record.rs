//! What was forgiven in an answer is on record, once, and `wflow runs show` tells it.

use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn wflow(folder: &Path, args: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_wflow"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("NO_COLOR", "1")
        .output()
        .expect("wflow starts");
    String::from_utf8(out.stdout).expect("text") + &String::from_utf8(out.stderr).expect("text")
}

#[test]
fn the_record_says_what_was_forgiven() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hello");
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["hello.wflow", "notes.txt", "wflow.toml", "cassette.jsonl"] {
        let text = fs::read_to_string(example.join(file)).expect("a file of the example");
        let text = match file {
            "cassette.jsonl" => text.lines().map(|line| dressed(line) + "\n").collect(),
            _ => text,
        };
        fs::write(folder.path().join(file), text).expect("written");
    }
    let said = wflow(folder.path(), &["run", "hello.wflow", "--replay", "cassette.jsonl"]);
    let told = "read leniently fence, extra prose, one value to a list at $.points";
    let story = wflow(folder.path(), &["runs", "show", "last"]);
    assert!(story.contains(told), "{said}\n{story}");
    // Going on with the run takes the answer, and how it was read, from the record.
    wflow(folder.path(), &["resume", "last"]);
    let story = wflow(folder.path(), &["runs", "show", "last"]);
    assert_eq!(story.matches(told).count(), 1, "{story}");
    let journal = wflow(folder.path(), &["audit", "verify"]);
    assert!(!journal.contains("error"), "{journal}");
}

/// A line of a cassette whose answer is said less well.
fn dressed(line: &str) -> String {
    let mut entry: Json = serde_json::from_str(line).expect("a line of a cassette");
    if entry.get("reply").is_some() {
        let answer = json!({ "title": "Release on Friday", "points": "Bob fixes the login" });
        entry["reply"] = json!({ "text": format!("Here it is:\n```json\n{answer}\n```") });
    }
    entry.to_string()
}
