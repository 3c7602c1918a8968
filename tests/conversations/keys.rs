//! What is typed: lines, pastes, what was written before, and what is typed when nobody asks.

use super::*;

fn said_with(project: &Project, keys: &[&str]) -> String {
    let mut screen = project.run("talk", &[]);
    screen.wait_for("you (1 of 3)> ");
    keys.iter().for_each(|k| screen.send(k));
    screen.answer("you (2 of 3)> ", "/accept");
    let end = ended(screen, 0);
    harmless(&end.screen);
    project.messages(project.asked() - 1)[2].clone()
}

#[test]
fn a_message_is_edited_and_may_have_several_lines() {
    let project = Project::new("anthropic", "", [Answer::says("One.")]);
    let cases: [(&[&str], &str); 10] = [
        (&["one\\\rtwo\u{1b}[A!\u{1b}[B?\r"], "one!\ntwo?"),
        (&["shrter\u{1b}[D\u{1b}[D\u{1b}[D\u{1b}[Do", "\r"], "shorter"),
        (&["one\\\rtwo\r"], "one\ntwo"),
        (&["one\u{1b}\rtwo", "\r"], "one\ntwo"),
        (&["\u{1b}[200~first\rsecond\r\rlast\u{1b}[201~", "\r"], "first\nsecond\n\nlast"),
        (&["a b c\u{17}\u{17}x\r"], "a x"),
        (&["tail\u{1}head \r"], "head tail"),
        (&["gone\u{15}kept\u{1}\u{1b}[3~K\r"], "Kept"),
        (&["世界x\u{1b}[D\u{7f}\u{1b}[F!\r"], "世x!"),
        (&["//not a command\r"], "/not a command"),
    ];
    for (keys, wanted) in cases {
        assert_eq!(said_with(&project, keys), wanted, "{keys:?}");
    }
}

#[test]
fn what_was_written_before_comes_back_also_in_another_process() {
    let project = Project::new("anthropic", "", [Answer::says("One.")]);
    let mut screen = project.run("talk", &[]);
    screen.answer("you (1 of 3)> ", "make it shorter");
    screen.answer("you (2 of 3)> ", "/later");
    ended(screen, 75);
    let mut screen = project.resume();
    screen.wait_for("you (2 of 3)> ");
    screen.send("\u{1b}[A, please\r");
    screen.answer("you (3 of 3)> ", "/accept");
    ended(screen, 0);
    assert_eq!(project.messages(2)[4], "make it shorter, please");
    project.holds();
}

#[test]
fn what_is_typed_before_an_answer_stands_there_says_nothing_about_it() {
    let project = Project::new("anthropic", "", [Answer::Held("One is long.".into())]);
    let mut screen = project.run("talk", &[]);
    screen.wait_for("│ One is");
    screen.send("/accept\rQQQ\r");
    project.server.let_go();
    screen.wait_for("you (1 of 3)> ");
    screen.send("/help\r");
    let between = screen.wait_for("/accept    take this answer");
    assert!(!between.contains("QQQ"), "{between:?}");
    screen.answer("you (1 of 3)> ", "/nonsense");
    screen.wait_for("There is no `/nonsense`");
    screen.answer("you (1 of 3)> ", "/question");
    screen.wait_for("│   You are brief.");
    screen.wait_for("│   Write a plan.");
    screen.answer("you (1 of 3)> ", "/accept");
    let end = ended(screen, 0);
    assert!(!end.screen.contains("QQQ"), "{:?}", end.screen);
}

#[test]
fn a_terminal_that_cannot_go_back_only_ever_shows_more() {
    let project = Project::new("anthropic", "", [Answer::says("# One\n\n- two"), Answer::says("Three.")]);
    let mut command = project.command(&["run", "a.wflow", "--workflow", "talk"]);
    command.env("TERM", "dumb");
    let mut screen = Pty::spawn(command, 50, 100, None);
    screen.wait_for("│ • two");
    screen.answer("you (1 of 3)> ", "More.");
    screen.answer("you (2 of 3)> ", "/accept");
    let end = ended(screen, 0);
    assert!(!end.screen.contains('\u{1b}'), "{:?}", end.screen);
}

#[test]
fn an_answer_survives_a_terminal_that_is_made_smaller() {
    let text = "First of all a paragraph that is long enough to be broken on a narrow screen, twice.\n\nSecond of all.";
    let project = Project::new("anthropic", "", [Answer::Held(text.into())]);
    let mut screen = project.run("talk", &[]);
    screen.wait_for("│ First of all a paragraph");
    screen.resize(12, 40);
    project.server.let_go();
    screen.wait_for(
        "│ First of all a paragraph that is long\r\n│ enough to be broken on a narrow\r\n│ screen, twice.",
    );
    screen.wait_for("│ Second of all.");
    screen.answer("you (1 of 3)> ", "/accept");
    harmless(&ended(screen, 0).screen);
}

#[test]
fn standard_input_says_nothing() {
    // `Project::screen` gives a standard input that nobody reads.
    let project = Project::new("anthropic", "", [Answer::says("One.")]);
    let mut screen = project.run("talk", &[]);
    screen.answer("you (1 of 3)> ", "/accept");
    ended(screen, 0);
    assert_eq!(project.asked(), 1);
}
