//! A project whose workflows use every construct and end in every way.

use crate::pty::Pty;
use crate::sandbox::{Sandbox, stderr, stdout};
use serde_json::Value as Json;
use std::process::{Command, Output};

const CONFIG: &str = r#"
[project]
name = "shop"

[policy]
allow = ["echo *", "false", "sleep *", "sh -c *", "cat missing", "cat w.wflow", { command = "touch *", after = "ship" }]
reads = ["cat *"]
write = ["out/**"]
"#;

const WORKFLOWS: &str = r##"
workflow everything(name: Text = "x") -> [Text] {
    var out: [Text] = []
    for i in 0..3 {
        out = out.append(run `echo turn {i}` as Text)
    }
    let both = parallel {
        left: { step one "One" { run `echo left` as Text } }
        right: right(name)
    }
    out = out.append(both.left)
    out = out.append(both.right)
    let sizes = parallel for n in [1, 2, 3] limit 2 { run `echo size {n}` as Text }
    for s in sizes { out = out.append(s) }
    out = out.append(try { run `false`  "fine" } catch business e { e.message })
    out = out.append(try { run `cat missing` retry 1 every 1ms  "found" } catch business { "gone" })
    let file = if name == "" { "w.wflow" } else { "forbidden" }
    out = out.append(try { run `cat {file}`  "ran" } catch permission { "refused" })
    let id = uuid()
    let then = now()
    let home = env("HOME")
    let there = exists("w.wflow")
    write("out/note.md", "# {name} {id}\n")
    out = out.append(read("out/note.md"))
    out = out.append(try { read("nowhere.md") } catch { "no file" })
    wait 1ms
    let answer = ask "A word?" otherwise { "nobody" }
    out = out.append(answer)
    say "said {name}: {glob("out/*").len} at {then}, {there}, {home ?? ""}"
    out
}

task right(name: Text) -> Text {
    step two "Two" { run `echo right {name}` as Text }
}

workflow undone() {
    step first "First" { run `echo first` } undo { run `echo back first` }
    step second "Second" { run `echo second` } undo { run `false` }
    step third "Third" { run `false` }
}

workflow beside() -> Text {
    try {
        let both = parallel {
            slow: { step slow "Slow" { run `sleep 60`  run `echo never` as Text } undo { run `echo back slow` } }
            fast: { step fast "Fast" { run `echo soon`  run `false`  "x" } }
        }
        both.slow
    } catch business e {
        e.message
    }
}

workflow gated() -> Text {
    let draft = step draft "Draft" { run `echo draft` as Text }
    gate ship "Publish?"
        show { draft }
        require "It is right"
    run `touch out.txt`
    "published"
}

workflow edited() -> Text {
    let better = gate look "Good?" edit "first"
    better
}

workflow doubtful() {
    run `echo before`
    run `sh -c 'test -e again && exit; touch again; sleep 60'` idempotent
    run `echo after`
}
"##;

pub fn project() -> Sandbox {
    let sandbox = Sandbox::with(&[("wflow.toml", CONFIG), ("w.wflow", WORKFLOWS)]);
    sandbox.write("out/.keep", "");
    sandbox
}

#[track_caller]
pub fn run(sandbox: &Sandbox, workflow: &str, code: i32) -> Output {
    let output = sandbox.output(&["run", "w.wflow", "--workflow", workflow, "--mode", "pure"]);
    assert_eq!(output.status.code(), Some(code), "{workflow}: {}{}", stdout(&output), stderr(&output));
    output
}

pub fn at_terminal(sandbox: &Sandbox, args: &[&str]) -> Pty {
    let mut command = Command::new(crate::sandbox::WFLOW);
    command.args(args).current_dir(&sandbox.dir);
    command.env("LC_ALL", "C.UTF-8").env("NO_COLOR", "1").env("TERM", "xterm");
    Pty::spawn(command, 40, 100, Some(""))
}

/// Decides the gate `ship` at the terminal.
pub fn approve(mut screen: Pty, code: i32) {
    screen.wait_for("decide as");
    screen.answer(">", "yes");
    screen.answer("(y/n)", "y");
    screen.wait_for("type the word `");
    let word = screen.wait_for("`");
    screen.answer("word>", &word);
    screen.answer("comment", "");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(code), "{}", end.screen);
}

/// A gated run that somebody approved at once.
pub fn approved(sandbox: &Sandbox) {
    approve(at_terminal(sandbox, &["run", "w.wflow", "--workflow", "gated", "--mode", "pure"]), 0);
}

pub fn json(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}{}", stdout(output), stderr(output)))
}

/// The output of a command that must end so.
#[track_caller]
pub fn told(sandbox: &Sandbox, args: &[&str], code: i32) -> String {
    let output = sandbox.output(args);
    let said = stdout(&output) + &stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    said
}

pub fn last_line(text: &str) -> &str {
    text.trim_end().lines().last().unwrap_or_default()
}
