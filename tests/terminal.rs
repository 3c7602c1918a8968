//! Gates, forms and the person who answers for an AI, in a real terminal.
//!
//! Each test starts this test program again in a pseudo-terminal; the test `child` then plays one case and prints what
//! it came to on standard output.

#[path = "terminal/asks.rs"]
mod asks;
#[path = "terminal/cases.rs"]
mod cases;
#[path = "terminal/gates.rs"]
mod gates;
#[path = "terminal/lines.rs"]
mod lines;
#[path = "support/pty.rs"]
mod pty;

use pty::{Finished, Pty};
use std::process::Command;

const CASE: &str = "WFLOW_TERMINAL_CASE";

/// Not a test of its own: what runs in the terminal.
#[test]
#[ignore = "started by the other tests"]
fn child() {
    let case = std::env::var(CASE).expect("the test that starts this names a case");
    println!("\nRESULT {}", cases::play(&case));
}

struct Scene {
    command: Command,
    rows: u16,
    /// `None`: it stays open, to be typed into.
    stdin: Option<String>,
}

fn scene(case: &str) -> Scene {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["child", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(CASE, case).env("NO_COLOR", "1").env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
    command.env_remove("VISUAL").env_remove("EDITOR");
    Scene { command, rows: 40, stdin: Some(String::new()) }
}

impl Scene {
    fn env(mut self, name: &str, value: &str) -> Scene {
        self.command.env(name, value);
        self
    }
    fn rows(mut self, rows: u16) -> Scene {
        self.rows = rows;
        self
    }
    fn stdin(mut self, text: &str) -> Scene {
        self.stdin = Some(text.to_owned());
        self
    }
    fn keep_stdin(mut self) -> Scene {
        self.stdin = None;
        self
    }
    fn start(self) -> Pty {
        Pty::spawn(self.command, self.rows, 80, self.stdin.as_deref())
    }
}

/// What the case came to.
fn result(finished: &Finished) -> &str {
    let line = finished.stdout.lines().find_map(|l| l.strip_prefix("RESULT "));
    line.unwrap_or_else(|| {
        panic!("no result; {}; stdout:\n{}\nscreen:\n{}", finished.status, finished.stdout, finished.screen)
    })
}
