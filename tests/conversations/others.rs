//! Modes, places without a terminal, branches side by side, and providers that are no server.

use super::*;
use std::os::unix::fs::PermissionsExt;

#[test]
fn in_mode_interactive_each_question_is_a_conversation() {
    let script = [Answer::says("One."), Answer::says("Uno."), Answer::says("Two.")];
    let project = Project::new("openai", "", script);
    let mut screen = project.run("plain", &["--mode", "interactive"]);
    screen.answer("you (1 of 20)> ", "In Spanish.");
    screen.answer("you (2 of 20)> ", "/accept");
    screen.wait_for("question   Say two.");
    screen.answer("you (1 of 20)> ", "/later");
    ended(screen, 75);
    // The mode is the run's.
    let mut screen = project.resume();
    screen.wait_for("question   Say two.");
    screen.answer("you (1 of 20)> ", "/accept");
    assert_eq!(ended(screen, 0).stdout, "Uno. Two.\n");
    assert_eq!(project.asked(), 3);
    project.holds();
}

#[test]
fn without_a_terminal_nothing_is_asked_and_the_run_waits() {
    let project = Project::new("anthropic", "", [Answer::says("One.")]);
    let output = project.wflow(&["run", "a.wflow", "--workflow", "talk", "--format", "json"]);
    assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
    let last: Json = serde_json::from_str(stdout(&output).lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["outcome"], &last["reason"]), (&"suspended".into(), &"conversation".into()));
    assert_eq!(project.asked(), 0);
    project.replays();
    // Nor when it is resumed there, nor at a terminal that is not to be used.
    assert_eq!(project.wflow(&["resume", "--last"]).status.code(), Some(75));
    ended(project.screen(&["resume", "--last", "--detach"]), 75);
    assert_eq!(project.asked(), 0);
    let story = stdout(&project.wflow(&["runs", "show", "last"]));
    assert!(story.contains("suspended in a conversation"), "{story}");
    let mut screen = project.resume();
    screen.answer("you (1 of 3)> ", "/accept");
    ended(screen, 0);
    project.holds();
}

#[test]
fn mode_interactive_without_a_terminal_is_refused_before_the_start() {
    let project = Project::new("anthropic", "", [Answer::says("One.")]);
    let run = |workflow: &str, more: &[&str]| {
        let args = [&["run", "a.wflow", "--mode", "interactive", "--workflow", workflow], more].concat();
        project.wflow(&args)
    };
    let output = run("plain", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("E1712") && stderr(&output).contains("no terminal"),
        "{}",
        stderr(&output)
    );
    assert!(project.sandbox.runs().is_empty());
    // What asks nothing needs none, and somebody may come later.
    assert_eq!(run("quiet", &[]).status.code(), Some(0));
    assert_eq!(run("plain", &["--detach"]).status.code(), Some(75));
    assert_eq!(project.asked(), 0);
}

#[test]
fn one_conversation_at_a_time_has_the_terminal() {
    let project = Project::new("anthropic", "", [Answer::says("Said.")]);
    let mut screen = project.run("beside", &[]);
    let first = screen.wait_for("you (1 of 20)> ");
    screen.send("More.\r");
    let rest = screen.wait_for("you (2 of 20)> ");
    screen.send("/accept\r");
    let second = screen.wait_for("you (1 of 20)> ");
    screen.send("/accept\r");
    ended(screen, 0);
    let (left, right) = (first.contains("Say left."), first.contains("Say right."));
    assert!(left != right, "{first}");
    assert!(!rest.contains("question "), "{rest}");
    assert!(second.contains(if left { "Say right." } else { "Say left." }), "{second}");
    project.holds();
}

#[test]
fn a_branch_that_fails_ends_the_conversation_beside_it() {
    let project = Project::new("anthropic", "", [Answer::says("Said.")]);
    let mut screen = project.run("ended", &[]);
    screen.wait_for("you (1 of 20)> ");
    screen.send("half a sen");
    let ended_so = screen.wait_until_ended();
    assert_eq!(ended_so.code(), Some(1));
    assert!(screen.is_ordinary());
    let end = screen.finish();
    assert!(end.screen.contains("it is over"), "{}", end.screen);
    project.replays();
}

#[test]
fn a_run_that_waits_in_a_conversation_can_be_given_up() {
    let project = Project::new("anthropic", "", [Answer::says("Said.")]);
    let mut screen = project.run("talk", &[]);
    screen.answer("you (1 of 3)> ", "/later");
    ended(screen, 75);
    let output = project.wflow(&["cancel", "last", "--comment", "not today"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(project.asked(), 1);
    project.replays();
}

/// Keeps what it is told, and answers with how often it was asked.
const FAKE: &str = r#"#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
echo x >> "$here/calls"
n=$(wc -l < "$here/calls")
cat > "$here/input.$n"
printf '{"type":"result","subtype":"success","is_error":false,"api_error_status":null,"num_turns":1,"result":"Answer %s.","stop_reason":"end_turn","total_cost_usd":0.01,"usage":{"input_tokens":10,"output_tokens":5},"permission_denials":[]}\n' "$n"
"#;

#[test]
fn the_claude_command_line_is_told_all_that_was_said() {
    let project = Project::new("claude", "[policy]\npath = [\"bin\"]", []);
    let config = project.sandbox.read("wflow.toml").replace("base_url", "# base_url");
    project.sandbox.write("wflow.toml", config);
    project.sandbox.write("bin/claude", FAKE);
    let file = project.sandbox.dir.join("bin/claude");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    let mut screen = project.run("talk", &[]);
    screen.wait_for("│ Answer 1.");
    screen.answer("you (1 of 3)> ", "Say more.");
    screen.wait_for("│ Answer 2.");
    screen.answer("you (2 of 3)> ", "/accept");
    assert_eq!(ended(screen, 0).stdout, "Answer 2.\n");
    let told = project.sandbox.read("bin/input.2");
    let places: Vec<Option<usize>> =
        ["Write a plan.", "You answered:", "Answer 1.", "Say more."].map(|t| told.find(t)).into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{told}");
    project.holds();
}

#[test]
fn a_person_who_is_the_model_talks_with_nobody() {
    let project = Project::new("human", "", []);
    let config = "[ai]\nprovider = \"human\"\n";
    project.sandbox.write("wflow.toml", config);
    let mut screen = project.run("talk", &[]);
    screen.wait_for("You answer for writer");
    screen.wait_for("with ^D.");
    screen.answer("> ", "A plan.");
    screen.answer("> ", ".");
    assert_eq!(ended(screen, 0).stdout, "A plan.\n");
    let story = project.holds();
    assert!(story.contains("accepted by"), "{story}");
    // What is wrong with a value comes back to them.
    let mut screen = project.run("notes", &[]);
    let question = "headline (text, at most 20 characters): ";
    screen.answer(question, r#"{"headline":"Fixes","tags":[]}"#);
    screen.wait_for("name a tag at least");
    screen.wait_for("headline (");
    screen.answer(": ", r#"{"headline":"Fixes","tags":["a"]}"#);
    ended(screen, 0);
    project.holds();
    // Without a terminal there is no such model.
    let output = project.wflow(&["run", "a.wflow", "--workflow", "served"]);
    assert_eq!(stdout(&output), "without an AI\n", "{}", stderr(&output));
}
