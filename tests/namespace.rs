//! The real program in a process namespace of its own, as in a container: the leader of its session is outside and has
//! no number there.

#[path = "support/sandbox.rs"]
mod sandbox;

use sandbox::{Sandbox, WFLOW, stderr, stdout};
use std::process::{Command, Output, Stdio};

const FILES: &[(&str, &str)] = &[
    ("wflow.toml", "[policy]\nallow = [\"sh -c *\", \"echo *\"]\n"),
    (
        "w.wflow",
        r#"workflow main() -> Text {
            run `sh -c 'sleep 1000 & echo $! > left'`
            let stopped = try { run `sh -c 'echo $$ > late; sleep 1000'` timeout 1s  "no" } catch timeout e { "yes" }
            let said = run `echo hello` as Text
            "{said}, stopped: {stopped}"
        }"#,
    ),
];

/// The words before a command that give it a namespace; `None`, with the reason, where that is not permitted.
fn unshare() -> Result<Vec<&'static str>, String> {
    let mut why = String::new();
    for words in [
        &["unshare", "--pid", "--fork", "--mount-proc"][..],
        &["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"],
    ] {
        match Command::new(words[0]).args(&words[1..]).arg("true").stdin(Stdio::null()).output() {
            Ok(output) if output.status.success() => return Ok(words.to_vec()),
            Ok(output) => why = stderr(&output),
            Err(error) => return Err(error.to_string()),
        }
    }
    Err(why)
}

/// Without a session of its own: what starts `unshare` leads it, and cannot be seen from inside.
fn inside(words: &[&str], sandbox: &Sandbox, command: &[&str]) -> Output {
    let mut all = Command::new(words[0]);
    all.args(&words[1..]).args(command).current_dir(&sandbox.dir).stdin(Stdio::null());
    all.output().expect("unshare starts")
}

#[test]
fn commands_run_and_end_where_the_session_has_no_number() {
    let words = match unshare() {
        Ok(words) => words,
        Err(why) => return println!("skipped, since no process namespace can be made here: {why}"),
    };
    let session = "cut -d ' ' -f 6 /proc/self/stat";
    let first = format!("{session}; exec {WFLOW} run w.wflow");
    let alive = "for f in left late; do kill -0 $(cat $f) 2>&- && echo $f lives; done";
    let below = format!("{WFLOW} run w.wflow; echo ended with $?; {session}; {alive}; true");
    let cases = [
        // As the first process of the namespace, and below another one. 0 is the number of the session.
        (first, "0\nhello, stopped: yes\n"),
        (below, "hello, stopped: yes\nended with 0\n0\n"),
    ];
    for (script, expected) in cases {
        let sandbox = Sandbox::with(FILES);
        let output = inside(&words, &sandbox, &["sh", "-c", &script]);
        let (out, err) = (stdout(&output), stderr(&output));
        assert!(output.status.success(), "{err}");
        assert_eq!(out, expected, "{err}");
        let verified = sandbox.output(&["audit", "verify", "last"]);
        assert!(verified.status.success(), "{}", stdout(&verified));
    }
}
