//! `wflow runs`, `wflow runs show` and `wflow audit verify` after real runs of the real program.
//!
//! The stories stand in `tests/cli_runs`, with times, ids and people replaced; `UPDATE=1` writes them anew.

#[path = "support/pty.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod pty;

use pty::Pty;
use regex::Regex;
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PROJECT: &str = r#"
[policy]
allow = ["echo *", "cat *", "ls *", { command = "printf *", after = "ship" }]
deny = ["cat forbidden"]
write = ["out/**"]
"#;

const WORKFLOWS: &str = r##"
policy {
    allow `echo *`, `cat *`, write "out/*.md"
    allow `printf *` after gate ship
}

type Notes { headline: Text where it.len <= 20 }

workflow release(version: Text) -> Notes {
    step tests "Run the tests" {
        run `cat long.txt`
    } undo {
        run `echo back`
    }
    step notes "Draft the notes" {
        ask "Write notes for {version}." as Notes with { long: "a\nb" } retry 1
    }
    let _home = env("WFLOW_NOWHERE")
    parallel {
        a: work(1),
        b: work(2),
    }
    for i in [1, 2] {
        say "turn {i}\nof two"
    }
    for i in [1, 2] {
        run `echo again {i}`
    }
    parallel for i in [1, 2, 3] limit 3 {
        run `echo beside {i}`
    }
    write("out/notes.md", "# {version}\n")
    gate ship "Publish {version}?" show { notes, tests: tests.exit } require "All tests pass"
    step publish "Publish" {
        run `printf published`
    }
    notes
}

task work(n: Int) -> Text {
    run `echo work {n}` as Text
}

workflow broken(name: Text = "x") -> Text {
    step first "First" {
        run `echo first`
    } undo {
        run `echo undone`
    }
    let other = if name == "" { "long.txt" } else { "forbidden" }
    let refused = try { run `cat {other}` as Text } catch permission e { e.message }
    step second "Second" {
        let gone = run `cat missing-{name}` retry 1 every 1ms
        gone.stdout
    }
    refused
}

workflow waits() -> Text {
    step draft "Draft" {
        try { run `cat missing` retry 1 every 1ms  "found" } catch business { "text" }
    }
    gate ship "Publish?" show { draft } timeout 1h
    "done"
}
"##;

struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new() -> Project {
        let folder = tempfile::tempdir().expect("a folder");
        let lines: Vec<String> = (1..=20).map(|n| format!("line {n}")).collect();
        for (name, text) in [("wflow.toml", PROJECT), ("w.wflow", WORKFLOWS), ("long.txt", &lines.join("\n"))]
        {
            fs::write(folder.path().join(name), text).expect("written");
        }
        Project { folder }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wflow"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command
            .env("LC_ALL", "C.UTF-8")
            .env("NO_COLOR", "1")
            .env("TERM", "xterm")
            .env_remove("WFLOW_NOWHERE");
        command
    }

    /// Standard output and the exit code.
    fn wflow(&self, args: &[&str]) -> (String, i32) {
        let out = self.command(args).output().expect("wflow starts");
        (String::from_utf8(out.stdout).expect("text"), out.status.code().unwrap_or(-1))
    }

    fn json(&self, args: &[&str]) -> Json {
        let (text, _) = self.wflow(args);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?}: {e}\n{text}"))
    }

    fn journal(&self, nth: usize) -> PathBuf {
        let mut runs: Vec<PathBuf> = fs::read_dir(self.folder.path().join(".wflow/runs"))
            .expect("runs")
            .flatten()
            .map(|e| e.path())
            .collect();
        runs.sort();
        runs[nth].join("journal.jsonl")
    }
}

/// Without what differs from run to run.
fn constant(text: &str) -> String {
    let replaced = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "<when>"),
        (r"\b\d+(\.\d)?m?s\b", "<time>"),
        (r"by \S+ on \S+", "by <user> on <host>"),
        (r"resumed by \S+", "resumed by <user>"),
        (r"(?m)^(\s+✓ )\S+ approved", "$1<user> approved"),
        (r"\b(run|approve|resume|show) +[0-9a-f]{8}\b", "$1 <run>"),
        (r"wflow \d+\.\d+\.\d+", "wflow <version>"),
        (r"wflow\.toml [0-9a-f]{12}", "wflow.toml <digest>"),
    ];
    replaced.iter().fold(text.to_owned(), |text, (pattern, by)| {
        Regex::new(pattern).expect("a pattern").replace_all(&text, *by).into_owned()
    })
}

#[track_caller]
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli_runs").join(name);
    let got = constant(text);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, got).expect("written");
        return;
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(got == wanted, "UPDATE=1 writes it anew, if this is right:\n{got}\ninstead of\n{wanted}");
}

#[test]
fn without_runs_every_command_says_so() {
    let project = Project::new();
    assert_eq!(project.wflow(&["runs"]), ("no runs yet; `wflow run FILE` starts one\n".into(), 0));
    assert_eq!(project.json(&["runs", "--format", "json"])["runs"], Json::Array(Vec::new()));
    assert_eq!(project.wflow(&["runs", "show", "last"]).1, 2);
    let (text, code) = project.wflow(&["audit", "verify"]);
    assert_eq!((text.lines().last(), code), (Some("OK"), 0));
}

#[test]
fn the_story_of_a_run_with_people() {
    let project = Project::new();
    let command =
        project.command(&["run", "w.wflow", "--workflow", "release", "--version", "1.2.0", "--quiet"]);
    let mut pty = Pty::spawn(command, 60, 100, Some(""));
    // The first answer is too long, the second fits.
    for headline in ["A headline of more than twenty characters", "Fixes"] {
        pty.answer("headline (", &format!("{{\"headline\": \"{headline}\"}}"));
    }
    pty.answer("decide as ", "yes");
    pty.answer("Confirm: All tests pass (y/n) ", "y");
    pty.wait_for("type the word `");
    let word = pty.wait_for("`");
    pty.answer("word> ", &word);
    pty.answer("comment", "fine \u{202e}so");
    let finished = pty.finish();
    assert!(finished.status.success(), "{}", finished.screen);
    golden("people.txt", &project.wflow(&["runs", "show", "last"]).0);
    golden("people_full.txt", &project.wflow(&["runs", "show", "last", "--full"]).0);
    let (text, code) = project.wflow(&["audit", "verify", "last"]);
    assert_eq!((text.lines().last(), code), (Some("OK"), 0), "{text}");
}

#[test]
fn the_story_of_a_failure() {
    let project = Project::new();
    assert_eq!(project.wflow(&["run", "w.wflow", "--workflow", "broken", "--name", "a b", "-q"]).1, 1);
    golden("failure.txt", &project.wflow(&["runs", "show", "last"]).0);
    let (text, code) = project.wflow(&["audit", "verify"]);
    assert_eq!((text.lines().last(), code), (Some("OK"), 0), "{text}");
}

#[test]
fn the_story_of_a_run_that_waits_and_goes_on() {
    let project = Project::new();
    assert_eq!(project.wflow(&["run", "w.wflow", "--workflow", "waits", "--detach", "-q"]).1, 75);
    assert_eq!(project.wflow(&["resume", "--last", "--detach", "-q"]).1, 75);
    golden("waits.txt", &project.wflow(&["runs", "show", "last"]).0);
    let (text, code) = project.wflow(&["audit", "verify", "last"]);
    assert_eq!((text.lines().last(), code), (Some("INCOMPLETE: the run is suspended at gate ship"), 5));
    let mut narrow = project.command(&["runs", "show", "last"]);
    narrow.env("LC_ALL", "C");
    let text = String::from_utf8(narrow.output().expect("wflow starts").stdout).expect("text");
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn lists_are_filtered_and_have_a_schema() {
    let project = Project::new();
    for (workflow, code) in [("broken", 1), ("waits", 75), ("waits", 75)] {
        assert_eq!(project.wflow(&["run", "w.wflow", "--workflow", workflow, "--detach", "-q"]).1, code);
    }
    let states = |args: &[&str]| -> Vec<String> {
        let listed = project.json(&[&["runs", "--format", "json"], args].concat());
        let runs = listed["runs"].as_array().expect("a list");
        runs.iter().map(|r| format!("{} {}", r["workflow"], r["state"])).collect()
    };
    let waits = "\"waits\" \"suspended\"";
    assert_eq!(states(&[]), [waits, waits, "\"broken\" \"failed\""]);
    assert_eq!(states(&["-n", "1"]), [waits]);
    assert_eq!(states(&["--state", "failed"]), ["\"broken\" \"failed\""]);
    assert!(states(&["--state", "running"]).is_empty());
    assert_eq!(project.wflow(&["runs", "--state", "nothing"]).1, 2);
    assert_eq!(project.wflow(&["runs", "--state", "running"]).0, "no run is running\n");
    let text = constant(&project.wflow(&["runs"]).0);
    assert!(text.starts_with("run       workflow  state                   started"), "{text}");
    assert_eq!(text.matches("suspended at gate ship").count(), 2);

    for (schema, args) in [
        ("runs", &["runs", "--format", "json"][..]),
        ("run", &["runs", "show", "last", "--format", "json"]),
        ("audit", &["audit", "verify", "--format", "json"]),
    ] {
        let schema = project.json(&["schema", schema]);
        let value = project.json(args);
        for key in schema["required"].as_array().expect("required members") {
            assert!(value.get(key.as_str().unwrap_or_default()).is_some(), "{args:?} lacks {key}");
        }
        let known = schema["properties"].as_object().expect("members");
        let members = value.as_object().expect("an object");
        assert!(members.keys().all(|k| known.contains_key(k)), "{args:?}: {members:?}");
    }
    let run = &project.json(&["runs", "--format", "json"])["runs"][0];
    let schema = project.json(&["schema", "runs"]);
    let known = schema["properties"]["runs"]["items"]["properties"].as_object().expect("members");
    assert!(run.as_object().expect("a run").keys().eq(known.keys()), "{run}");
}

#[test]
fn damage_is_listed_shown_and_found() {
    let project = Project::new();
    for workflow in ["broken", "waits"] {
        project.wflow(&["run", "w.wflow", "--workflow", workflow, "--detach", "-q"]);
    }
    let journal = project.journal(0);
    let text = fs::read_to_string(&journal).expect("a journal");
    fs::write(&journal, text.replacen("echo\",\"first", "echo\",\"fixed", 1)).expect("written");
    let (shown, code) = project.wflow(&["runs", "show", &id(&journal)]);
    assert_eq!(code, 1);
    assert!(shown.contains("DAMAGED at line 4: it does not continue the line before"), "{shown}");
    let (text, code) = project.wflow(&["audit", "verify", &id(&journal)]);
    let why = "what is asked for at broken/first/run#1 is not what its digest is of";
    assert_eq!(text.lines().last(), Some(&*format!("DAMAGED at line 3: {why}")));
    assert_eq!(code, 1);
    assert!(
        project
            .wflow(&["audit", "verify"])
            .0
            .lines()
            .last()
            .is_some_and(|l| l.starts_with("DAMAGED at line 3: "))
    );

    fs::write(&journal, "nothing of a journal\n").expect("written");
    let (listed, code) = project.wflow(&["runs"]);
    assert_eq!(code, 0);
    assert!(listed.contains("damaged") && listed.contains("suspended at gate ship"), "{listed}");
    let run = &project.json(&["runs", "--state", "damaged", "--format", "json"])["runs"][0];
    assert_eq!(run["problem"]["code"], "E1506");

    fs::remove_dir_all(journal.parent().expect("a folder")).expect("removed");
    let (text, code) = project.wflow(&["audit", "verify"]);
    assert_eq!(code, 1);
    assert!(text.lines().last().is_some_and(|l| l.starts_with("DAMAGED at line 1: the ledger: ")), "{text}");
}

fn id(journal: &Path) -> String {
    let name = journal.parent().and_then(Path::file_name).expect("a folder");
    name.to_string_lossy().into_owned()
}

#[test]
fn nothing_in_a_record_reaches_the_terminal_raw() {
    let project = Project::new();
    fs::write(project.folder.path().join("missing-x"), "\u{1b}[2Jfirst\u{7}\n\u{202e}second\n")
        .expect("written");
    assert_eq!(project.wflow(&["run", "w.wflow", "--workflow", "broken", "-q"]).1, 0);
    for args in [&["runs", "show", "last"][..], &["runs", "show", "last", "--full"], &["runs"]] {
        let (text, _) = project.wflow(args);
        let raw = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(raw), "{text:?}");
    }
    assert!(project.wflow(&["runs", "show", "last"]).0.contains("\\x1b[2Jfirst\\x07"));
}
