//! The person who answers for an AI.

use super::{result, scene};

#[test]
fn json_is_pasted_and_ends_when_it_is_complete() {
    let mut pty = scene("ask").start();
    let shown = pty.answer("answer> ", "json");
    assert!(shown.contains("Write the notes.") && shown.contains("abc\\x1b[31m fix"), "{shown}");
    assert!(shown.contains("\"maxLength\": 80"), "{shown}");
    pty.wait_for("> ");
    pty.send("{\"headline\":\r\"Fixes\",\"highlights\":\r[\"a\"]}\r");
    assert_eq!(result(&pty.finish()), r#""{\"headline\":\n\"Fixes\",\"highlights\":\n[\"a\"]}\n""#);
}

#[test]
fn what_was_wrong_is_shown_and_anything_may_be_answered() {
    let mut pty = scene("ask-again").start();
    pty.wait_for("headline is missing");
    pty.answer("answer> ", "json");
    pty.answer("> ", "I would rather not");
    pty.wait_for("not JSON so far");
    pty.answer("> ", ".");
    assert_eq!(result(&pty.finish()), r#""I would rather not\n""#);
}

#[test]
fn a_form_answers_too() {
    let mut pty = scene("ask").start();
    pty.answer("answer> ", "");
    pty.answer("form> ", "json");
    pty.answer("> ", r#"{"headline": "x"}"#);
    assert_eq!(result(&pty.finish()), r#""{\"headline\":\"x\"}""#);
}

#[test]
fn text_ends_with_a_dot() {
    let mut pty = scene("ask-text").start();
    pty.wait_for("> ");
    pty.send("one\rtwo\r.\r");
    assert_eq!(result(&pty.finish()), r#""one\ntwo""#);
    let mut pty = scene("ask-text").start();
    pty.wait_for("> ");
    pty.send("\x04");
    assert!(result(&pty.finish()).contains("E1304"));
}
