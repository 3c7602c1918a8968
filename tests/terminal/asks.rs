//! The person who answers for an AI.

use super::{result, scene};

#[test]
fn json_is_pasted_and_ends_when_it_is_complete() {
    let mut pty = scene("ask").start();
    let shown = pty.wait_for("headline (text, at most 80 characters): ");
    assert!(shown.contains("Write the notes.") && shown.contains("abc\\x1b[31m fix"), "{shown}");
    assert!(shown.contains("highlights  list of text"), "{shown}");
    pty.send("{\"headline\":\r\"Fixes\",\"highlights\":\r[\"a\"]}\r");
    assert_eq!(result(&pty.finish()), r#""{\"headline\":\"Fixes\",\"highlights\":[\"a\"]}""#);
}

#[test]
fn what_was_wrong_is_shown_with_what_was_answered() {
    let mut pty = scene("ask-again").start();
    pty.wait_for("highlights is missing");
    pty.answer("headline (text, at most 80 characters) [\"Fixes\"]: ", "");
    pty.answer("highlights[0]", "!cancel");
    pty.answer("`none` gives no answer> ", "show");
    pty.answer("`none` gives no answer> ", "none");
    assert!(result(&pty.finish()).contains("E1304"));
}

#[test]
fn the_schema_is_shown_and_broken_json_is_said_to_be() {
    let mut pty = scene("ask").start();
    pty.answer("80 characters): ", "!schema");
    pty.wait_for("\"maxLength\": 80");
    pty.answer("80 characters): ", "{\"headline\": oops}");
    pty.wait_for("not JSON so far");
    pty.answer("> ", ".");
    pty.wait_for("That is not JSON");
    pty.answer("80 characters): ", "{\"headline\": \"x\"}");
    assert_eq!(result(&pty.finish()), r#""{\"headline\":\"x\"}""#);
}

#[test]
fn one_line_is_a_whole_answer_where_it_can_be() {
    let mut pty = scene("ask-line").start();
    pty.answer("answer (text, 3 to 9 characters): ", "no");
    pty.wait_for("it has 2 characters, wanted is 3 to 9 characters");
    pty.answer("characters): ", "plain {");
    assert_eq!(result(&pty.finish()), r#""\"plain {\"""#);

    let mut pty = scene("ask-line").start();
    pty.answer("characters): ", r#""in \"q\"""#);
    assert_eq!(result(&pty.finish()), r#""\"in \\\"q\\\"\"""#);

    let mut pty = scene("ask-enum").start();
    pty.wait_for("2  High  (it may break)");
    pty.answer("1 to 2): ", "maybe");
    pty.answer("1 to 2): ", "high");
    assert_eq!(result(&pty.finish()), r#""\"High\"""#);
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
