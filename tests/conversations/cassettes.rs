//! Conversations that are recorded, and answered from a recording.

use super::*;

fn recorded() -> Project {
    let script = [Answer::says("One."), Answer::says("Two."), Answer::says("Three.")];
    let project = Project::new("anthropic", "", script);
    let mut screen = project.run("talk", &["--record", "c.jsonl"]);
    screen.answer("you (1 of 3)> ", "More.");
    screen.answer("you (2 of 3)> ", "/accept");
    ended(screen, 0);
    assert_eq!(project.asked(), 2);
    project
}

#[test]
fn the_ai_answers_from_a_cassette_and_the_person_types() {
    let project = recorded();
    let mut screen = project.run("talk", &["--replay", "c.jsonl"]);
    screen.wait_for("│ One.");
    screen.answer("you (1 of 3)> ", "More.");
    screen.wait_for("│ Two.");
    screen.answer("you (2 of 3)> ", "/accept");
    assert_eq!(ended(screen, 0).stdout, "Two.\n");
    project.holds();
    // Something else was never answered; what was said before is shown as the nearest question.
    let mut screen = project.run("talk", &["--replay", "c.jsonl"]);
    screen.answer("you (1 of 3)> ", "Less.");
    let end = ended(screen, 1);
    assert!(end.screen.contains("E1305") && end.screen.contains("\"More.\""), "{}", end.screen);
    assert_eq!(project.asked(), 2);
    // What was recorded in one call begins a conversation as well.
    let mut screen = project.run("plain", &["--record", "plain.jsonl"]);
    screen.wait_until_ended();
    let mut screen = project.run("plain", &["--replay", "plain.jsonl", "--mode", "interactive"]);
    screen.answer("you (1 of 20)> ", "/accept");
    screen.wait_for("Say two.");
    screen.answer("you (1 of 20)> ", "/accept");
    ended(screen, 0);
}

#[test]
fn values_come_back_whatever_white_space_they_had() {
    let first = "{ \"headline\": \"Fixes\",\n  \"tags\": [] }";
    let second = "{ \"headline\": \"Fixes\",  \"tags\": [\"a\"] }";
    let project = Project::new("gemini", "", [Answer::says(first), Answer::says(second)]);
    let mut screen = project.run("notes", &["--record", "c.jsonl"]);
    screen.answer("you (1 of 20)> ", "/fix");
    screen.answer("you (2 of 20)> ", "/accept");
    ended(screen, 0);
    let replay = ["run", "a.wflow", "--workflow", "notes", "--replay", "c.jsonl", "--replay-person"];
    let output = project.wflow(&replay);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(project.asked(), 2);
    project.holds();
}

#[test]
fn the_persons_part_can_come_from_the_cassette_too() {
    let project = recorded();
    let text = project.sandbox.read("c.jsonl");
    assert!(text.contains(r#""reply":{"json":{"text":"More."}}"#), "{text}");
    assert!(text.contains(r#""reply":{"json":{"accepted":true}}"#), "{text}");
    let replay = ["run", "a.wflow", "--workflow", "talk", "--replay", "c.jsonl", "--replay-person"];
    let output = project.wflow(&replay);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output), "Two.\n");
    let story = project.holds();
    assert!(story.contains("accepted as the cassette says"), "{story}");
    // Without a cassette there is nothing to take it from.
    let output = project.wflow(&["run", "a.wflow", "--workflow", "talk", "--replay-person"]);
    assert!(stderr(&output).contains("E1306"), "{}", stderr(&output));
    // A cassette that does not say it is no reason to make anything up.
    let only: Vec<&str> = text.lines().filter(|l| !l.contains("accepted")).collect();
    project.sandbox.write("c.jsonl", only.join("\n"));
    let output = project.wflow(&replay);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("E1305"), "{}", stderr(&output));
}
