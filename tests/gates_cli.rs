//! Gates with the real program in a terminal of its own: who can pass one, and what becomes of the run.

#[path = "support/pty.rs"]
#[allow(dead_code)]
mod pty;

use pty::Pty;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const CONFIG: &str = r#"
[policy]
allow = ["touch *", "sh *", "printenv *", { command = "touch after *", after = "ship" }]
write = ["out/**"]
"#;

fn project(workflow: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("wflow.toml"), CONFIG).expect("written");
    std::fs::write(dir.path().join("w.wflow"), workflow).expect("written");
    dir
}

fn wflow(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wflow"));
    command.args(args).current_dir(dir).env("TERM", "xterm").env("NO_COLOR", "1").env("LANG", "C.UTF-8");
    command
}

fn at_terminal(dir: &Path, args: &[&str], stdin: Option<&str>) -> Pty {
    Pty::spawn(wflow(dir, args), 40, 100, stdin)
}

/// Without any controlling terminal, as in CI.
fn detached(dir: &Path, args: &[&str]) -> Output {
    use std::os::unix::process::CommandExt;
    let mut command = wflow(dir, args);
    command.stdin(Stdio::null());
    // SAFETY: only setsid is called between fork and exec.
    unsafe {
        command.pre_exec(|| match libc::setsid() {
            -1 => Err(std::io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
    command.output().expect("it starts")
}

/// Types the word that an approval asks for.
#[track_caller]
fn word(screen: &mut Pty) {
    screen.wait_for("type the word `");
    let word = screen.wait_for("`");
    screen.wait_for("word>");
    screen.send(&format!("{word}\r"));
}

#[track_caller]
fn approve(screen: &mut Pty) {
    screen.wait_for("decide as");
    screen.answer(">", "yes");
    word(screen);
    screen.answer("comment", "fine");
}

const SHIP: &str = r#"
workflow main() -> Text {
    step before { run `touch before` }
    gate ship "Ship it?" show { what: "version 1" }
    step later { run `touch after` }
    "shipped"
}
"#;

#[test]
fn a_pipe_does_not_pass_a_gate_and_the_run_waits() {
    let dir = project(SHIP);
    let yes = "yes\ny\nyes\n".repeat(1000);
    let mut screen = at_terminal(dir.path(), &["run", "w.wflow"], Some(&yes));
    screen.wait_for("decide as");
    assert!(!dir.path().join("after").exists());
    screen.answer(">", "no");
    screen.answer("why", "not today");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(4), "{}", end.screen);
    assert!(end.screen.contains("not today"), "{}", end.screen);
    assert!(!dir.path().join("after").exists());
}

#[test]
fn without_a_terminal_the_run_suspends_and_approve_goes_on_with_it() {
    let dir = project(SHIP);
    let out = detached(dir.path(), &["run", "w.wflow"]);
    assert_eq!(out.status.code(), Some(75));
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    let id = told
        .split("wflow approve ")
        .nth(1)
        .and_then(|t| t.split_whitespace().next())
        .expect("an id")
        .to_owned();
    assert!(dir.path().join("before").exists() && !dir.path().join("after").exists());

    // The first command is answered from the record: were it run again, its file would be back.
    std::fs::remove_file(dir.path().join("before")).expect("there");
    let mut screen = at_terminal(dir.path(), &["approve", &id, "ship"], None);
    approve(&mut screen);
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(0), "{}", end.screen);
    assert_eq!(end.stdout.trim(), "shipped");
    assert!(dir.path().join("after").exists() && !dir.path().join("before").exists());

    let verified = detached(dir.path(), &["audit", "verify", &id]);
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));
    let again = detached(dir.path(), &["resume", &id]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("E1519"));
}

#[test]
fn a_command_that_a_way_reaches_without_its_gate_is_refused_before_anything_runs() {
    let dir = project(
        "workflow main(go: Bool) { run `touch before`  if go { gate ship \"Ship?\" }  run `touch after` }",
    );
    let out = detached(dir.path(), &["run", "w.wflow", "--go=false"]);
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(3), "{told}");
    assert!(told.contains("E0505") && told.contains("ship"), "{told}");
    assert!(!dir.path().join("before").exists());
}

/// The rule came when the run was on its way, so only the engine can see it.
#[test]
fn a_command_is_refused_where_the_run_did_not_pass_its_gate() {
    let dir = project("workflow main() { gate first \"Go on?\"  run `touch later` }");
    assert_eq!(detached(dir.path(), &["run", "w.wflow"]).status.code(), Some(75));
    let config = CONFIG.replace("touch after *", "touch later *");
    std::fs::write(dir.path().join("wflow.toml"), config).expect("written");
    let mut screen = at_terminal(dir.path(), &["approve", "last", "first"], None);
    approve(&mut screen);
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(1), "{}", end.screen);
    assert!(end.screen.contains("E1656"), "{}", end.screen);
    assert!(!dir.path().join("later").exists());
}

const FACTS: &str = r#"
use "./lib.wflow" as lib

workflow main() -> [Text] {
    gate GATE "Go on?"
    let read_it = try { read("kept.txt") } catch permission e { e.message }
    let by_link = try { read("link.txt") } catch permission e { e.message }
    let there = try { "{exists("kept.txt")}" } catch permission e { e.message }
    let found = try { glob("*.txt").join(" ") } catch permission e { e.message }
    let home = try { env("KEPT") ?? "none" } catch permission e { e.message }
    let written = try { write("out/a.md", "x")  "written" } catch permission e { e.message }
    let key = try { let _key = secret("KEPT_KEY")  "opened" } catch permission e { e.message }
    let called = try { lib.kept() } catch permission e { e.message }
    [read_it, by_link, there, found, home, written, key, called, lib.free()]
}
"#;

/// A project whose run waits at a gate; then rules come that the checker has not seen.
fn with_later_rules(gate: &str) -> (tempfile::TempDir, Pty) {
    let dir = project(&FACTS.replace("GATE", gate));
    let file = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("written");
    file("kept.txt", "content");
    file("lib.wflow", "task kept() -> Text { say \"inside\"  \"called\" } task free() -> Text { \"free\" }");
    std::os::unix::fs::symlink("kept.txt", dir.path().join("link.txt")).expect("a link");
    assert_eq!(detached(dir.path(), &["run", "w.wflow"]).status.code(), Some(75));
    let rules = ["exists", "glob", "env", "secret", "lib.kept"]
        .map(|name| format!("{{ effect = \"{name}\", after = \"ship\" }}"))
        .join(", ");
    file(
        "wflow.toml",
        &format!(
            "[policy]\nwrite = [\"out/**\"]\nallow = [{{ read = \"kept.txt\", after = \"ship\" }}, \
             {{ write = \"out/*.md\", after = \"ship\" }}, {rules}]\n"
        ),
    );
    let mut command = wflow(dir.path(), &["approve", "last", gate]);
    command.env("KEPT", "kept-value").env("KEPT_KEY", "hidden-value");
    let mut screen = Pty::spawn(command, 60, 200, None);
    approve(&mut screen);
    (dir, screen)
}

/// As above, for everything else that a rule can speak of.
#[test]
fn no_effect_happens_where_the_run_did_not_pass_its_gate() {
    let (dir, screen) = with_later_rules("first");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(0), "{}", end.screen);
    let values: Vec<String> = serde_json::from_str(&end.stdout).expect("a list");
    let refused = |what: &str| {
        format!("`{what}` may run only after gate `ship` was approved, and in this run it was not")
    };
    let wanted = [
        refused("read kept.txt"),
        refused("read kept.txt"),
        refused("exists kept.txt"),
        refused("glob *.txt"),
        refused("env KEPT"),
        refused("write out/a.md"),
        refused("secret KEPT_KEY"),
        refused("lib.kept"),
        String::from("free"),
    ];
    assert_eq!(values, wanted);
    assert!(!dir.path().join("out/a.md").exists());
    let journal = journal(dir.path());
    assert!(
        !journal.contains("inside") && !journal.contains("kept-value") && !journal.contains("hidden-value"),
        "{journal}"
    );
    assert_whole(dir.path());
}

/// Where it was passed they happen, and the record says what allowed them.
#[test]
fn effects_behind_their_gate_name_it_in_the_record() {
    let (dir, screen) = with_later_rules("ship");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(0), "{}", end.screen);
    let values: Vec<String> = serde_json::from_str(&end.stdout).expect("a list");
    assert_eq!(
        values,
        [
            "content",
            "content",
            "true",
            "kept.txt link.txt",
            "kept-value",
            "written",
            "opened",
            "called",
            "free"
        ]
    );
    let journal = journal(dir.path());
    let guarded =
        journal.lines().filter(|l| l.contains(r#""after":["ship"],"#) && l.contains(r#""guards":["#));
    let kinds: Vec<String> = guarded
        .map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).expect("an event");
            event["data"]["kind"].as_str().unwrap_or_default().to_owned()
        })
        .collect();
    assert_eq!(kinds, ["read", "read", "exists", "glob", "env", "write", "secret", "call"]);
    assert_whole(dir.path());
    let shown = detached(dir.path(), &["runs", "show", "last"]);
    let told = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert_eq!(told.matches("allowed by gate ship").count(), 8, "{told}");
    assert!(told.contains("call lib.kept"), "{told}");

    // A record without the approval is no good one.
    let path = journal_path(dir.path());
    let damaged = journal.replace(r#""decision":"approve""#, r#""decision":"reject""#);
    assert_ne!(damaged, journal);
    std::fs::write(path, damaged).expect("written");
    assert_eq!(detached(dir.path(), &["audit", "verify", "last"]).status.code(), Some(1));
}

/// What an agent is told of the project is read, too.
#[test]
fn a_file_that_may_not_be_read_is_not_sent_to_an_agent() {
    let dir = project(
        r#"
        agent helper { context: ["open.txt", "kept/*.txt"] }
        workflow main() { say ask helper "What is in there?" }
        "#,
    );
    let file = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("written");
    std::fs::create_dir(dir.path().join("kept")).expect("made");
    file("kept/a.txt", "kept-content");
    file("open.txt", "open-content");
    file("cassette.jsonl", "{\"wflow_cassette\":1}\n");
    file("wflow.toml", "[policy]\ndeny = [{ read = \"kept/**\" }]\n");
    let out = detached(dir.path(), &["run", "w.wflow", "--replay", "cassette.jsonl"]);
    assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
    let journal = journal(dir.path());
    assert!(journal.contains("open-content") && !journal.contains("kept-content"), "{journal}");
    assert!(journal.contains("`read kept/a.txt` is denied"), "{journal}");
}

fn journal_path(dir: &Path) -> std::path::PathBuf {
    let run = std::fs::read_dir(dir.join(".wflow/runs")).expect("runs").flatten().next().expect("one");
    run.path().join("journal.jsonl")
}

fn journal(dir: &Path) -> String {
    std::fs::read_to_string(journal_path(dir)).expect("readable")
}

/// The record is in order, and the program does again what it says.
#[track_caller]
fn assert_whole(dir: &Path) {
    for args in [["audit", "verify", "last"], ["audit", "replay", "last"]] {
        let out = detached(dir, &args);
        let told =
            format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert_eq!(out.status.code(), Some(0), "{args:?}: {told}");
    }
}

#[test]
fn an_interrupted_run_can_be_resumed() {
    let dir = project("workflow main() -> Text { run `touch before`  gate ship \"Ship?\"  \"done\" }");
    let mut screen = at_terminal(dir.path(), &["run", "w.wflow"], None);
    screen.wait_for("decide as");
    screen.send("\u{3}");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(130), "{}", end.screen);
    let mut screen = at_terminal(dir.path(), &["resume", "--last"], None);
    approve(&mut screen);
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(0), "{}", end.screen);
    assert_eq!(end.stdout.trim(), "done");
}

#[test]
fn criteria_are_confirmed_and_an_edited_value_must_be_valid() {
    let dir = project(
        r#"
        type Notes { headline: Text where it.len <= 12 }
        workflow main() -> Text {
            let notes = Notes(headline: "first")
            let final = gate accept "Use these?" require "It is short" edit notes check it.headline != "bad" else "not bad"
            final.headline
        }
        "#,
    );
    let editor = dir.path().join("editor");
    std::fs::write(&editor, "#!/bin/sh\nif [ -e twice ]; then w=better; else w=bad; touch twice; fi\nprintf '{\"headline\": \"%s\"}' $w > \"$1\"\n")
        .expect("written");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).expect("set");
    let mut command = wflow(dir.path(), &["run", "w.wflow"]);
    command.env("EDITOR", &editor).env_remove("VISUAL");
    let mut screen = Pty::spawn(command, 40, 100, None);
    screen.wait_for("decide as");
    screen.answer(">", "edit");
    screen.wait_for("not bad");
    screen.answer("Edit it again?", "y");
    screen.wait_for("better");
    screen.wait_for("decide as");
    screen.answer(">", "yes");
    screen.answer("It is short", "y");
    word(&mut screen);
    screen.answer("comment", "");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(0), "{}", end.screen);
    assert_eq!(end.stdout.trim(), "better");
}

#[test]
fn a_secret_reaches_its_command_and_nothing_else() {
    const SECRET: &str = "hunter2-hunter2";
    let dir = project(
        r#"
        workflow main() -> Text {
            let key = secret("DEPLOY_KEY")
            let out = run `printenv KEY` env { KEY: key } as Text
            say "it says {out}"
            let failing = try { run `printenv KEY NONE` env { KEY: key }  "none" } catch business e { e.message }
            "{out} {failing}"
        }
        "#,
    );
    let mut command = wflow(dir.path(), &["run", "w.wflow"]);
    command.env("DEPLOY_KEY", SECRET).stdin(Stdio::null());
    let out = command.output().expect("it starts");
    let told = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.status.code(), Some(0), "{told}");
    assert!(told.contains("[secret DEPLOY_KEY]") && !told.contains(SECRET), "{told}");
    let mut folders = vec![dir.path().join(".wflow")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("readable").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => {
                    let bytes = std::fs::read(&path).expect("readable");
                    assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "{}", path.display());
                }
            }
        }
    }
}
