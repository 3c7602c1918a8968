//! The line editor, the live progress, and that the terminal is always left as it was.

use super::{result, scene};

#[test]
fn a_line_is_edited_in_utf8() {
    let mut pty = scene("line").start();
    pty.wait_for("type> ");
    // Backspace over wide and combined letters, ^W, an arrow key that does nothing, a tab.
    pty.send("wide 世\x7fe\u{301}\x7f\x7fr word\x17\x1b[Dfoo\u{e9}\t\x1b[1;5Cx\r");
    assert_eq!(result(&pty.finish()), r#"Ok("wider fooé\tx")"#);
}

#[test]
fn a_line_longer_than_the_screen_can_be_taken_back_and_survives_a_resize() {
    let mut pty = scene("line").start();
    pty.wait_for("type> ");
    pty.send(&"0123456789".repeat(30));
    pty.wait_for("789");
    pty.resize(30, 50);
    pty.send(&"\x7f".repeat(298));
    pty.send("end\r");
    assert_eq!(result(&pty.finish()), r#"Ok("01end")"#);
}

#[test]
fn a_pasted_line_is_longer_than_what_a_terminal_buffers() {
    let mut pty = scene("line").start();
    pty.wait_for("type> ");
    let long = "a".repeat(20_000);
    pty.send(&format!("{long}\r"));
    assert_eq!(result(&pty.finish()), format!("Ok({long:?})"));
}

#[test]
fn a_hidden_line_is_not_shown() {
    let mut pty = scene("hidden").start();
    pty.answer("type> ", "kite");
    let finished = pty.finish();
    assert_eq!(result(&finished), r#"Ok("kite")"#);
    assert!(!finished.screen.contains("kite"), "{}", finished.screen);
}

#[test]
fn keys_that_end_are_told() {
    for (keys, told) in [("abc\x03", "Err(Interrupted)"), ("\x04", "Err(End)"), ("a\x04b\r", "Ok(\"ab\")")] {
        let mut pty = scene("line").start();
        pty.wait_for("type> ");
        pty.send(keys);
        assert_eq!(result(&pty.finish()), told);
    }
}

#[test]
fn the_terminal_is_left_as_it_was() {
    // Each way out of a raw terminal; the other end is kept open so that its mode can be looked at.
    let mut pty = scene("line").start();
    pty.wait_for("type> ");
    assert!(!pty.is_ordinary());
    pty.signal(libc::SIGTERM);
    pty.wait_until_ended();
    assert!(pty.is_ordinary(), "after a signal");

    for case in ["panic", "exit"] {
        let mut pty = scene(case).start();
        pty.wait_until_ended();
        assert!(pty.is_ordinary(), "after {case}");
    }

    let mut pty = scene("line").start();
    pty.answer("type> ", "x");
    pty.wait_until_ended();
    assert!(pty.is_ordinary(), "after the end");
}

#[test]
fn progress_is_live_and_stands_back_for_a_question() {
    let mut pty = scene("progress").keep_stdin().start();
    pty.wait_for("tests  Run them");
    pty.wait_for("compiling");
    pty.type_to_stdin("go\n");
    let before = pty.answer("question> ", "answer");
    // The frame was taken off before the question was shown.
    assert!(before.ends_with("\x1b[J"), "{before:?}");
    let rest = pty.wait_for("✓ tests  Run them  1m 01s");
    assert!(!rest.contains("question"));
    assert_eq!(result(&pty.finish()), "done");
}
