//! `wflow repl`: piped scripts with golden answers, a person at a terminal, and any text at all.
//!
//! A case is one file below `tests/repl`: files of its folder (`==== file NAME`), what is typed (`==== typed`), and the
//! answers with the exit code (`==== answers, exit N`). `UPDATE=1` writes the answers anew.

#[path = "support/pty.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod pty;

use proptest::prelude::*;
use pty::Pty;
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use wflow::check::Memory;
use wflow::diagnostics::render::Style;
use wflow::interpreter::CancelToken;
use wflow::repl::{Line, Place, Repl, Reply};

fn wflow() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wflow"));
    command.env("LC_ALL", "C.UTF-8").env("NO_COLOR", "1").env("TERM", "xterm");
    command
}

/// Standard output and standard error in the order in which they were written, and the exit code.
fn answers(folder: &Path, typed: &str) -> (String, i32) {
    let mut out = tempfile::tempfile().expect("a file");
    let both: [File; 2] = [0, 1].map(|_| out.try_clone().expect("a handle"));
    let [first, second] = both;
    let mut child = wflow()
        .arg("repl")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(first)
        .stderr(second)
        .spawn()
        .expect("wflow starts");
    // One that has left does not read the rest.
    let _ = child.stdin.take().expect("a pipe").write_all(typed.as_bytes());
    let status = child.wait().expect("wflow ends");
    let mut text = String::new();
    out.rewind().and_then(|()| out.read_to_string(&mut text)).expect("text");
    (text, status.code().unwrap_or(-1))
}

#[test]
fn piped_scripts_are_answered() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repl");
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(cases).expect("the cases").flatten() {
        count += 1;
        let text = fs::read_to_string(entry.path()).expect("a case");
        let folder = tempfile::tempdir().expect("a folder");
        let mut typed = "";
        let mut wanted = "";
        for part in text.split("==== ").skip(1) {
            let (title, body) = part.split_once('\n').expect("a title has its line");
            match title.strip_prefix("file ") {
                Some(name) => fs::write(folder.path().join(name), body).expect("written"),
                None if title == "typed" => typed = body,
                None => wanted = part,
            }
        }
        let (shown, code) = answers(folder.path(), typed);
        let got = format!("answers, exit {code}\n{shown}");
        if update {
            let head = text.split("==== answers").next().unwrap_or_default();
            fs::write(entry.path(), format!("{head}==== {got}")).expect("written");
        } else if got != wanted {
            wrong.push(format!("{}:\n{got}\ninstead of\n{wanted}", entry.path().display()));
        }
    }
    assert!(wrong.is_empty(), "UPDATE=1 writes them anew, if this is right:\n{}", wrong.join("\n"));
    assert!(count > 3, "the cases were not found");
}

#[test]
fn a_person_edits_completes_and_interrupts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "exec \"$WFLOW\" repl </dev/tty >/dev/tty 2>/dev/tty"]);
    command.env("WFLOW", env!("CARGO_BIN_EXE_wflow")).env("XDG_STATE_HOME", folder.path());
    command.env("NO_COLOR", "1").env("TERM", "xterm").env("LC_ALL", "C.UTF-8").current_dir(folder.path());
    let mut pty = Pty::spawn(command, 40, 100, Some(""));
    pty.answer("> ", "let numbers = [1, 2");
    pty.answer("... ", ", 3]");
    pty.wait_for("numbers = [1, 2, 3] : [Int]");
    // A unique beginning is completed; after the dot there is what a list has.
    pty.wait_for("> ");
    pty.send("numb\t.enu\t()\r");
    pty.wait_for("{ index: 0, item: 1 }");
    // An empty line ends what cannot be completed.
    pty.answer("> ", "numbers.map(");
    pty.answer("... ", "");
    pty.wait_for("is not closed");
    // ^C clears a line and ends a computation; what was there stays.
    pty.wait_for("> ");
    pty.send("nonsense\x03");
    pty.answer("> ", "repeat up to 1000000000000 { var x = 1  x = x + 1 }");
    // While it computes the terminal is as a program finds it, and the key becomes a signal.
    while !pty.is_ordinary() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    pty.send("\x03");
    pty.wait_for("interrupted");
    pty.answer("> ", "numbers.len");
    pty.wait_for("3 : Int");
    pty.wait_for("> ");
    pty.send("\x04");
    assert!(pty.finish().status.success());
    let history = fs::read_to_string(folder.path().join("wflow/history")).expect("a history");
    assert!(history.contains("numbers.len"), "{history}");
}

fn session() -> Repl {
    let place = Place { root: "/nowhere".into(), folder: "/nowhere".into(), approvers: None };
    Repl::new(place, Box::new(Memory::new()), Style::default())
}

fn enter(repl: &mut Repl, text: &str) -> Reply {
    repl.enter(text, true, &CancelToken::default())
}

#[test]
fn an_entry_that_fails_leaves_everything_as_it_was() {
    let mut repl = session();
    enter(&mut repl, "var n = 1");
    for text in ["n = 2  1 / 0", "n = \"x\"", "let n = 5  run `ls`", "fn n( -> Int { 1 }"] {
        match enter(&mut repl, text) {
            Reply::Answer(answer) => assert!(answer.wrong.is_some(), "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    let Reply::Answer(answer) = enter(&mut repl, "n") else { panic!("no answer") };
    let one = Line::Value { name: None, value: "1".into(), ty: "Int".into() };
    assert_eq!(answer.lines, [one]);
}

#[test]
fn a_cancelled_computation_says_so() {
    let mut repl = session();
    let cancel = CancelToken::default();
    cancel.cancel();
    let text = "for i in 0..1000000 { i * i }";
    let Reply::Answer(answer) = repl.enter(text, true, &cancel) else { panic!("no answer") };
    assert_eq!(answer.lines, [Line::Note("interrupted; nothing was kept".into())]);
}

#[test]
fn what_can_follow_is_known() {
    let mut repl = session();
    for text in [
        "enum Risk { Low, High { why: Text } }",
        "type Notes { headline: Text  count: Int }",
        "let notes = Notes(headline: \"x\", count: 2)",
        "use semver",
    ] {
        let Reply::Answer(answer) = enter(&mut repl, text) else { panic!("no answer") };
        assert_eq!(answer.wrong, None);
    }
    for (line, wanted) in [
        ("no", &["none", "not", "notes", "now"][..]),
        ("1 + notes.head", &["headline"]),
        ("notes.headline.trim().up", &["upper"]),
        ("Risk.H", &["High"]),
        ("Risk.pa", &["parse"]),
        (":he", &["help"]),
        ("notes.", &["count", "headline"]),
        ("[1, 2].map(x => x).enum", &["enumerate"]),
        ("é.x", &[]),
        ("nobody.", &[]),
    ] {
        let (_, found) = repl.complete(line, line.len());
        let texts: Vec<&str> = found.iter().map(|c| c.text.as_str()).collect();
        let own = line.ends_with('.') && !texts.is_empty();
        match own {
            true => assert!(wanted.iter().all(|w| texts.contains(w)), "{line}: {texts:?}"),
            false => assert_eq!(texts, wanted, "{line}"),
        }
    }
    let (_, members) = repl.complete("semver.", 7);
    assert!(!members.is_empty());
    assert!(members.iter().all(|m| !m.text.starts_with('_')), "{members:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is typed gets an answer, the same one each time.
    #[test]
    fn any_text_is_answered(entries in prop::collection::vec(
        prop_oneof![
            "\\PC{0,40}",
            prop::collection::vec(prop::sample::select(PIECES), 1..12).prop_map(|p| p.join(" ")),
            prop::collection::vec(prop::sample::select(PIECES), 1..12).prop_map(|p| p.concat()),
        ],
        1..5,
    )) {
        let all = || {
            let mut repl = session();
            let mut out = Vec::new();
            for text in &entries {
                out.push(repl.enter(text, false, &CancelToken::default()));
                out.push(repl.enter(text, true, &CancelToken::default()));
                for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
                    repl.complete(text, at);
                }
            }
            out
        };
        let first = all();
        prop_assert_eq!(&first, &all());
    }
}

const PIECES: &[&str] = &[
    "let",
    "var",
    "x",
    "y",
    "=",
    "1",
    "2.5",
    "\"a{x}\"",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "map",
    "len",
    "=>",
    "fn",
    "f",
    ":",
    "Int",
    "->",
    "type",
    "T",
    "enum",
    "E",
    "A",
    "match",
    "if",
    "else",
    "for",
    "in",
    "0..3",
    "+",
    "-",
    "/",
    "==",
    "and",
    "not",
    "none",
    "??",
    "run `ls`",
    "say",
    "step s",
    "\n",
    "\"\"\"",
    "`",
    "//",
    "where",
    "it",
    ":type",
    ":help",
    ":reset",
    "repeat up to 3",
    "break",
    "return",
    "try",
    "catch",
    "parallel",
    "9223372036854775807",
];
