//! Runs of the real program in a terminal of its own: keys that interrupt, keys that nobody asked for, gates that are
//! passed on.

#[path = "support/pty.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod pty;

use pty::Pty;
use std::path::Path;
use std::process::Command;

const CONFIG: &str = r#"
[policy]
allow = ["sh -c *"]
[people.ada]
name = "Ada Okafor"
[people.bob]
name = "Bob Lindqvist"
[people.cleo]
name = "Cleo Tan"
"#;

fn project(workflow: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("wflow.toml"), CONFIG).expect("written");
    std::fs::write(dir.path().join("w.wflow"), workflow).expect("written");
    dir
}

fn wflow(dir: &Path, args: &[&str]) -> Pty {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wflow"));
    command.args(args).current_dir(dir).env("TERM", "xterm").env("NO_COLOR", "1").env("LANG", "C.UTF-8");
    Pty::spawn(command, 40, 100, None)
}

fn read(dir: &Path, name: &str) -> String {
    std::fs::read_to_string(dir.join(name)).unwrap_or_default()
}

/// It takes note of its number, then ignores whatever asks it to end.
const STUBBORN: &str = r#"workflow main() {
    step first { run `sh -c 'echo once >> first'` }
    step slow { run `sh -c 'trap "" TERM INT HUP; echo $$ > pid; echo ready; while :; do sleep 1000; done'` }
}"#;

#[test]
fn a_second_interrupt_ends_a_command_that_does_not_want_to() {
    let dir = project(STUBBORN);
    let mut screen = wflow(dir.path(), &["run", "w.wflow"]);
    screen.wait_for("ready");
    screen.send("\u{3}");
    screen.wait_for("Ctrl-C again");
    screen.send("\u{3}");
    let shown = screen.wait_for("go on with: wflow resume");
    assert!(shown.contains("interrupted run"), "{shown}");
    let ended = screen.wait_until_ended();
    assert_eq!(ended.code(), Some(130));
    assert!(screen.is_ordinary());
    let pid = read(dir.path(), "pid").trim().to_owned();
    assert!(!pid.is_empty() && !Path::new("/proc").join(&pid).exists(), "{pid} still runs");

    // Nothing is lost: what was done is known, and of what was ended a person is asked.
    let mut screen = wflow(dir.path(), &["resume", "--last"]);
    screen.answer("What is it?", "ran");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(0), "{}", end.screen);
    assert_eq!(read(dir.path(), "first"), "once\n");
}

#[test]
fn keys_typed_while_a_frame_stands_are_not_shown_and_break_nothing() {
    let dir = project("workflow main() { run `sh -c 'echo ready; while [ ! -e go ]; do sleep 0.1; done'` }");
    let mut screen = wflow(dir.path(), &["run", "w.wflow"]);
    screen.wait_for("ready");
    screen.send("\rQQQ\r");
    // Two frames later whatever the terminal would have shown stands there.
    screen.wait_for("ready");
    let between = screen.wait_for("ready");
    assert!(!screen.is_ordinary());
    assert!(!between.contains("QQQ"), "{between:?}");
    std::fs::write(dir.path().join("go"), "").expect("written");
    let ended = screen.wait_until_ended();
    assert_eq!(ended.code(), Some(0));
    assert!(screen.is_ordinary());
    let end = screen.finish();
    assert!(!end.screen.contains("QQQ"), "{:?}", end.screen);
}

#[test]
fn a_gate_that_nobody_decides_is_passed_on_to_each_in_turn() {
    let dir = project(
        "workflow main() { gate ship \"Ship it?\" by ada timeout 1s escalate [bob, cleo]  run `sh -c 'touch shipped'` }",
    );
    let mut screen = wflow(dir.path(), &["run", "w.wflow"]);
    screen.wait_for("Ada Okafor");
    let ada = screen.wait_for("Bob Lindqvist");
    assert!(ada.contains("expired"), "{ada}");
    let bob = screen.wait_for("Cleo Tan");
    assert!(bob.contains("expired") && !bob.contains("Ada"), "{bob}");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(4), "{}", end.screen);
    assert!(end.screen.contains("nobody decided at gate `ship` in time"), "{}", end.screen);
    assert!(!dir.path().join("shipped").exists());

    let mut screen = wflow(dir.path(), &["runs", "show", "last"]);
    screen.wait_until_ended();
    let story = screen.finish().stdout;
    let decides: Vec<&str> = story.lines().filter_map(|l| l.trim().strip_prefix("decided by ")).collect();
    let names: Vec<&str> = decides.iter().filter_map(|l| l.split(',').next()).collect();
    assert_eq!(names, ["ada", "bob", "cleo"], "{story}");
}
