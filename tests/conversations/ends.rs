//! How a conversation ends without an accepted answer, or stops and goes on.

use super::*;

fn typed(headline: &str) -> Answer {
    Answer::says(&format!(r#"{{"headline":"{headline}","tags":["a"]}}"#))
}

#[test]
fn after_the_last_turn_nothing_more_can_be_said() {
    // The agent's `max_turns`, where the question says nothing.
    let project = Project::new("anthropic", "", [typed("One"), typed("Two")]);
    let mut screen = project.run("short", &[]);
    screen.answer("you (1 of 2)> ", "Another.");
    screen.wait_for("This was the last turn: /accept takes it, /quit ends without it.");
    screen.answer("you (2 of 2)> ", "Another.");
    screen.wait_for("the AI cannot be told anything more");
    screen.answer("you (2 of 2)> ", "/accept");
    assert!(ended(screen, 0).stdout.contains("\"Two\""));
    assert_eq!(project.asked(), 2);

    // One that is not valid ends it.
    let project = Project::new("anthropic", "", [typed("One"), Answer::says("{}"), typed("Three")]);
    let mut screen = project.run("short", &[]);
    screen.answer("you (1 of 2)> ", "Another.");
    screen.wait_for("│ {}");
    screen.wait_for("This answer cannot be accepted:");
    screen.wait_for("E1341");
    let end = ended(screen, 1);
    assert!(
        end.screen.contains("no answer was accepted in the conversation within its 2 turns"),
        "{}",
        end.screen
    );
    assert!(end.screen.contains("is not acceptable"), "{}", end.screen);
    project.replays();
    // Only the last answer is asked for once more.
    let mut screen = project.resume();
    screen.wait_for("What was said before:");
    screen.wait_for("you> Another.");
    screen.wait_for("\"Three\"");
    screen.answer("you (2 of 2)> ", "/accept");
    ended(screen, 0);
    assert_eq!(project.asked(), 3);
    project.holds();
}

#[test]
fn a_person_may_end_it_without_an_answer_and_change_their_mind() {
    let project = Project::new("openai", "", [Answer::says("One.")]);
    let mut screen = project.run("talk", &[]);
    screen.answer("you (1 of 3)> ", "/quit");
    screen.answer("(y/n)", "n");
    screen.answer("you (1 of 3)> ", "/quit");
    screen.answer("(y/n)", "y");
    let end = ended(screen, 1);
    assert!(end.screen.contains("E1342") && end.screen.contains("wflow resume"), "{}", end.screen);
    project.replays();
    let mut screen = project.resume();
    screen.wait_for("│ One.");
    screen.answer("you (1 of 3)> ", "/accept");
    ended(screen, 0);
    assert_eq!(project.asked(), 1);
    project.holds();

    // A `catch` may go on from it.
    let project = Project::new("openai", "", [Answer::says("One.")]);
    let mut screen = project.run("caught", &[]);
    screen.answer("you (1 of 1)> ", "/quit");
    screen.answer("(y/n)", "y");
    assert!(ended(screen, 0).stdout.starts_with("none: the person ended"), "it was caught");
    project.holds();
}

#[test]
fn a_conversation_waits_for_another_time() {
    let project = Project::new("anthropic", "", [Answer::says("One."), Answer::says("Two.")]);
    for leave in ["/later\r", "\u{4}"] {
        let mut screen = project.run("talk", &[]);
        screen.wait_for("you (1 of 3)> ");
        screen.send(leave);
        let end = ended(screen, 75);
        assert!(end.screen.contains("waits for a person to talk with the AI"), "{}", end.screen);
        project.replays();
    }
    let before = project.asked();
    let runs = stdout(&project.wflow(&["runs"]));
    assert!(runs.contains("suspended in a conversation"), "{runs}");
    let mut screen = project.resume();
    screen.answer("you (1 of 3)> ", "/accept");
    ended(screen, 0);
    assert_eq!(project.asked(), before);
    project.holds();
}

#[test]
fn ctrl_c_interrupts_at_the_prompt_and_while_an_answer_comes_in() {
    let script = [Answer::says("One."), Answer::Held("Two is long.".into()), Answer::says("Two.")];
    let project = Project::new("anthropic", "", script);
    let mut screen = project.run("talk", &[]);
    screen.wait_for("you (1 of 3)> ");
    screen.send("half a senten\u{3}");
    let end = ended(screen, 130);
    assert!(end.screen.contains("interrupted run"), "{}", end.screen);

    let mut screen = project.resume();
    screen.wait_for("│ One.");
    screen.answer("you (1 of 3)> ", "More.");
    screen.wait_for("│ Two is");
    screen.send("\u{3}");
    assert_eq!(screen.wait_until_ended().code(), Some(130));
    assert!(screen.is_ordinary());
    project.replays();

    // What was said is on record; only the answer that was under way is asked for again.
    let mut screen = project.resume();
    screen.wait_for("What was said before:");
    screen.wait_for("│ One.");
    screen.wait_for("you> More.");
    screen.wait_for("│ Two.");
    screen.answer("you (2 of 3)> ", "/accept");
    let end = ended(screen, 0);
    assert_eq!(end.stdout, "Two.\n");
    assert_eq!(project.asked(), 3);
    assert_eq!(project.messages(2), ["Write a plan.", "One.", "More."]);
    project.holds();
}

#[test]
fn a_process_that_is_killed_anywhere_loses_nothing_and_asks_for_nothing_twice() {
    let script = [Answer::says("One."), Answer::Held("Two is long.".into()), Answer::says("Two.")];
    let project = Project::new("anthropic", "", script);
    let killed = |screen: &mut Pty| {
        screen.signal(libc::SIGKILL);
        assert_eq!(screen.wait_until_ended().code(), None);
        project.replays();
    };
    let mut screen = project.run("talk", &[]);
    screen.wait_for("you (1 of 3)> ");
    killed(&mut screen);

    let mut screen = project.resume();
    screen.answer("you (1 of 3)> ", "More.");
    screen.wait_for("│ Two is");
    killed(&mut screen);

    let mut screen = project.resume();
    screen.wait_for("you> More.");
    screen.wait_for("│ Two.");
    screen.wait_for("you (2 of 3)> ");
    screen.send("half a sen");
    killed(&mut screen);

    // One that is told to end puts the terminal back.
    let mut screen = project.resume();
    screen.wait_for("you (2 of 3)> ");
    assert!(!screen.is_ordinary());
    screen.signal(libc::SIGTERM);
    assert_eq!(screen.wait_until_ended().code(), Some(130));
    assert!(screen.is_ordinary());

    let mut screen = project.resume();
    screen.wait_for("│ Two.");
    screen.answer("you (2 of 3)> ", "/accept");
    assert_eq!(ended(screen, 0).stdout, "Two.\n");
    assert_eq!(project.asked(), 3);
    project.holds();
}

#[test]
fn a_server_that_fails_in_a_later_turn_loses_nothing() {
    let gone = Answer::error(529, "overloaded_error");
    let project = Project::new("anthropic", "retries = 0", [gone]);
    let screen = project.run("served", &[]);
    assert_eq!(ended(screen, 0).stdout, "without an AI\n");

    let script = [Answer::says("One."), Answer::error(529, "overloaded_error"), Answer::says("Two.")];
    let project = Project::new("anthropic", "retries = 0", script);
    let mut screen = project.run("served", &[]);
    screen.answer("you (1 of 20)> ", "More.");
    let end = ended(screen, 1);
    assert!(end.screen.contains("E1324"), "{}", end.screen);
    let mut screen = project.resume();
    screen.wait_for("you> More.");
    screen.answer("you (2 of 20)> ", "/accept");
    assert_eq!(ended(screen, 0).stdout, "Two.\n");
    assert_eq!(project.asked(), 3);
    project.holds();
}

#[test]
fn a_refusal_is_something_to_talk_about() {
    for provider in ["anthropic", "openai", "gemini"] {
        let script =
            [Answer::Refuses("I will not.".into()), Answer::says("One."), Answer::TooLong("Ha".into())];
        let project = Project::new(provider, "", script);
        let mut screen = project.run("talk", &[]);
        screen.wait_for("This answer cannot be accepted:");
        screen.wait_for("refused to answer");
        screen.answer("you (1 of 3)> ", "It is for a friend.");
        screen.answer("you (2 of 3)> ", "More of it.");
        screen.wait_for("cut off after");
        let end = ended(screen, 1);
        assert!(end.screen.contains("E1341"), "{}", end.screen);
        assert_eq!(project.messages(1), ["Write a plan.", "It is for a friend."]);
        project.replays();
    }
}

#[test]
fn all_answers_of_a_conversation_count_against_the_limit_of_the_question() {
    let project =
        Project::new("anthropic", "max_tokens = 150\nmax_cost_per_ask = 0.004", [Answer::says("One.")]);
    let mut screen = project.run("talk", &[]);
    screen.answer("you (1 of 3)> ", "More.");
    screen.answer("you (2 of 3)> ", "More.");
    let end = ended(screen, 1);
    assert!(end.screen.contains("E1328") && end.screen.contains("this question may cost"), "{}", end.screen);
    assert_eq!(project.asked(), 2);
}
