//! Gates at the terminal.

use super::{pty::Pty, result, scene};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use wflow::effects::approval::os_user;

/// Reads the word that is asked for, and types it.
#[track_caller]
fn type_the_word(pty: &mut Pty) {
    pty.wait_for("type the word `");
    let word = pty.wait_for("`");
    pty.answer("word> ", &word);
}

#[test]
fn yes_and_the_word_approve() {
    let mut pty = scene("criteria").start();
    let shown = pty.answer("decide as ", "");
    for part in [
        "Gate ship of release",
        "0192",
        "Publish 1.2.0?",
        "tests: 0",
        "- All tests pass",
        "- Notes are right",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    pty.answer("decide as ", "y");
    pty.wait_for("`yes` or `no` in full");
    pty.answer("decide as ", "yes");
    pty.answer("Confirm: All tests pass (y/n) ", "y");
    pty.answer("Confirm: Notes are right (y/n) ", "perhaps");
    pty.answer("Confirm: Notes are right (y/n) ", "yes");
    type_the_word(&mut pty);
    pty.answer("comment", "fine so");
    assert_eq!(result(&pty.finish()), format!("approved by {} [fine so] confirmed 2 ", os_user()));
}

#[test]
fn without_the_word_or_a_criterion_nothing_is_approved() {
    let mut pty = scene("criteria").start();
    pty.answer("decide as ", "yes");
    pty.answer("Confirm: All tests pass (y/n) ", "n");
    pty.wait_for("cannot be approved");
    pty.answer("decide as ", "yes");
    pty.answer("All tests pass (y/n) ", "y");
    pty.answer("Notes are right (y/n) ", "y");
    for typed in ["yes", "", "y"] {
        pty.answer("word> ", typed);
    }
    pty.wait_for("Nothing is approved");
    pty.answer("decide as ", "no");
    pty.answer("why", "not today");
    assert_eq!(result(&pty.finish()), format!("rejected by {} [not today]", os_user()));
}

#[test]
fn standard_input_never_answers() {
    let mut pty = scene("plain").stdin(&"yes\ny\n".repeat(1000)).start();
    pty.answer("decide as ", "later");
    assert!(result(&pty.finish()).starts_with("suspended Left"));
}

#[test]
fn without_a_terminal_it_is_suspended() {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["child", "--exact", "--ignored", "--nocapture"])
        .env(super::CASE, "plain")
        .stdin(Stdio::null());
    // SAFETY: setsid may be called between fork and exec.
    unsafe {
        command.pre_exec(|| {
            libc::setsid();
            Ok(())
        });
    }
    let out = command.output().expect("it runs");
    assert!(String::from_utf8_lossy(&out.stdout).contains("RESULT suspended NoTerminal"), "{out:?}");
}

#[test]
fn what_was_typed_before_the_question_does_not_answer_it() {
    let mut pty = scene("after-stdin").keep_stdin().start();
    pty.send("no\rtyped too early\r");
    pty.type_to_stdin("go\n");
    pty.wait_for("decide as ");
    pty.send("later\r");
    assert!(result(&pty.finish()).starts_with("suspended Left"));
}

#[test]
fn evidence_cannot_play_with_the_terminal() {
    let mut pty = scene("evidence").start();
    pty.answer("decide as ", "later");
    let screen = pty.finish().screen;
    assert!(screen.contains("│   \\x1b[2J\\x1b]0;owned\\x07"), "{screen}");
    assert!(screen.contains("\\u{202e}txt.exe"));
    assert!(!screen.contains("\u{1b}[2J") && !screen.contains('\u{202e}'));
}

#[test]
fn long_evidence_is_paged_and_cannot_be_approved_before_its_end() {
    let mut pty = scene("long").rows(20).start();
    let first = pty.wait_for("Enter next page");
    assert!(first.contains("line 10.") && !first.contains("line 30."), "{first}");
    pty.send("q");
    pty.answer("decide as ", "yes");
    pty.wait_for("was not shown yet");
    pty.wait_for("Enter next page");
    pty.send(" ");
    pty.wait_for("line 20.");
    pty.wait_for("Enter next page");
    pty.send("b");
    pty.wait_for("line 2.");
    pty.wait_for("Enter next page");
    pty.resize(25, 60);
    for _ in 0..8 {
        pty.send(" ");
    }
    pty.wait_for("line 60.");
    pty.wait_for("decide as ");
    pty.send("yes\r");
    type_the_word(&mut pty);
    pty.answer("comment", "");
    assert!(result(&pty.finish()).starts_with("approved by"));
}

#[test]
fn a_value_is_edited_in_the_persons_editor_until_it_is_good() {
    let dir = tempfile::tempdir().expect("a folder");
    let editor = dir.path().join("editor.sh");
    // First leaves no JSON, then a value that is refused, then a good one; replaces the file as editors do.
    let script = format!(
        r#"#!/bin/sh
cp "$1" '{0}/seen'
stat -c %a "$1" >> '{0}/mode'
n=$(cat '{0}/n' 2>/dev/null || echo 0); n=$((n + 1)); echo $n > '{0}/n'
case $n in
  1) sed 's/"Old"/Old/' "$1" > "$1.new" ;;
  2) echo '{{"headline": "Old", "highlights": []}}' > "$1.new" ;;
  3) printf '// mine\n{{"headline": "New", "highlights": ["a"]}}' > "$1.new" ;;
esac
mv "$1.new" "$1"
"#,
        dir.path().display()
    );
    std::fs::write(&editor, script).expect("writes");
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let mut pty = scene("edit")
        .env("EDITOR", &editor.to_string_lossy())
        .env("TMPDIR", &dir.path().to_string_lossy())
        .start();
    pty.answer("decide as ", "yes");
    pty.wait_for("name what is new");
    pty.answer("decide as ", "edit");
    pty.wait_for("that is not JSON");
    pty.answer("Edit it again? (y/n) ", "y");
    pty.wait_for("name what is new");
    pty.answer("Edit it again? (y/n) ", "y");
    pty.wait_for("value to approve, edited");
    pty.answer("decide as ", "yes");
    type_the_word(&mut pty);
    pty.answer("comment", "");
    let finished = pty.finish();
    assert!(result(&finished).ends_with(r#"{"headline":"New","highlights":["a"]}"#), "{}", result(&finished));
    let seen = std::fs::read_to_string(dir.path().join("seen")).expect("the editor saw it");
    assert!(seen.contains("// Gate ship: Publish 1.2.0?") && seen.contains("// Not yet: headline"), "{seen}");
    assert_eq!(std::fs::read_to_string(dir.path().join("mode")).expect("its mode"), "600\n600\n600\n");
    let left: Vec<_> =
        std::fs::read_dir(dir.path()).expect("reads").flatten().map(|e| e.file_name()).collect();
    assert!(!left.iter().any(|n| n.to_string_lossy().starts_with("ship-")), "{left:?}");
}

#[test]
fn an_editor_that_is_not_there_is_named() {
    let mut pty = scene("edit").env("VISUAL", "/nonexistent/vi -x").start();
    pty.answer("decide as ", "edit");
    pty.wait_for("`/nonexistent/vi` cannot edit");
    pty.answer("decide as ", "later");
    assert!(result(&pty.finish()).starts_with("suspended Left"));
}

#[test]
fn a_form_is_filled_in_field_by_field() {
    let mut pty = scene("form").start();
    pty.answer("decide as ", "yes");
    pty.wait_for("asks for an answer first");
    pty.answer("headline (text, at most 80 characters): ", "!cancel");
    pty.answer("decide as ", "answer");
    pty.answer("headline (text, at most 80 characters): ", &"long".repeat(30));
    pty.wait_for("it has 120 characters, wanted is at most 80 characters");
    pty.answer("headline (text, at most 80 characters): ", "Old");
    pty.answer("highlights[0]", "first");
    pty.answer("highlights[1]", "second");
    pty.answer("highlights[2]", "");
    pty.answer("risk: give a value?", "y");
    pty.wait_for("3  High");
    pty.answer("(name, or number from 1 to 3): ", "3");
    pty.answer("risk.High.why (text): ", "new disk layout");
    pty.answer("issue (whole number, optional): ", "many");
    pty.answer("issue (whole number, optional): ", "7");
    pty.answer("draft (y or n, optional): ", "n");
    pty.wait_for("name what is new");
    // The second round offers what was typed in the first.
    pty.answer("headline (text, at most 80 characters) [\"Old\"]: ", "New");
    pty.answer("keep these 2 items? (y/n) ", "y");
    pty.answer("risk: give a value? (y, Enter keeps it) ", "");
    pty.answer("issue (whole number, optional) [7]: ", "-");
    pty.answer("draft (y or n, optional) [false]: ", "");
    pty.wait_for("answer, a Notes");
    pty.answer("decide as ", "yes");
    type_the_word(&mut pty);
    pty.answer("comment", "");
    let finished = pty.finish();
    let wanted = r#"{"headline":"New","highlights":["first","second"],"risk":{"High":{"why":"new disk layout"}},"draft":false}"#;
    assert!(result(&finished).ends_with(wanted), "{}", result(&finished));
}

#[test]
fn the_deadline_closes_it() {
    let mut pty = scene("soon").start();
    pty.wait_for("decide as ");
    assert_eq!(result(&pty.finish()), "expired");
}

#[test]
fn an_interrupt_is_no_decision() {
    let mut pty = scene("plain").start();
    pty.wait_for("decide as ");
    pty.send("ye\x03");
    assert_eq!(result(&pty.finish()), "interrupted");
}

#[test]
fn different_people_approve_one_after_the_other() {
    let mut pty = scene("two").start();
    pty.wait_for("cannot check");
    pty.answer("> ", "mallory");
    pty.wait_for("Nobody of that name");
    pty.answer("> ", "alice");
    pty.answer("decide as alice> ", "yes");
    type_the_word(&mut pty);
    pty.answer("comment", "");
    pty.wait_for("Still needed: bob");
    pty.answer("to stop> ", "alice");
    pty.wait_for("alice has decided already");
    pty.answer("> ", "bob");
    pty.answer("decide as bob> ", "yes");
    type_the_word(&mut pty);
    pty.answer("comment", "");
    assert_eq!(result(&pty.finish()), "approved by alice(claimed),bob(claimed) [] confirmed 0 ");
}

#[test]
fn leaving_before_everybody_decided_suspends_and_says_what_that_means() {
    let mut pty = scene("two").start();
    pty.answer("to stop> ", "alice");
    pty.answer("decide as alice> ", "yes");
    type_the_word(&mut pty);
    pty.answer("comment", "");
    pty.answer("to stop> ", "later");
    pty.wait_for("will be asked again");
    assert_eq!(result(&pty.finish()), "suspended Left alice(claimed)");
}

#[test]
fn who_started_the_run_does_not_approve_it() {
    let me = os_user();
    let mut pty = scene("starter").start();
    pty.wait_for(&format!("{me} started this run and may not approve it"));
    pty.answer("to stop> ", &me);
    pty.wait_for("may not approve it");
    pty.answer("to stop> ", "bob");
    pty.answer("decide as bob> ", "no");
    pty.answer("why", "x");
    assert_eq!(result(&pty.finish()), "rejected by bob(claimed) [x]");

    let alone = scene("alone").start().finish();
    assert!(result(&alone).starts_with("failed nobody can approve the gate `ship`"), "{}", result(&alone));
}

#[test]
fn an_edit_voids_the_approvals_before_it() {
    let mut pty = scene("two-edit").start();
    pty.answer("to stop> ", "alice");
    pty.answer("decide as alice> ", "yes");
    type_the_word(&mut pty);
    pty.answer("comment", "");
    pty.answer("to stop> ", "bob");
    // Without an editor the value is edited here.
    pty.answer("decide as bob> ", "edit");
    pty.answer("[\"Fine\"]: ", r#"{"headline": "Better"}"#);
    pty.wait_for("voids the approval of alice");
    pty.answer("decide as bob> ", "yes");
    type_the_word(&mut pty);
    pty.answer("comment", "");
    pty.wait_for("Still needed: alice");
    pty.answer("to stop> ", "alice");
    let shown = pty.answer("decide as alice> ", "yes");
    assert!(shown.contains("value to approve, edited") && shown.contains("Better"), "{shown}");
    type_the_word(&mut pty);
    pty.answer("comment", "");
    assert_eq!(
        result(&pty.finish()),
        r#"approved by bob(claimed),alice(claimed) [] confirmed 0 {"headline":"Better"}"#
    );
}
