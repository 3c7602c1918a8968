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
