//! A person refines an answer until they accept it.

use super::*;

const FIRST: &str = "# Plan\n\nSome *words* first.\n\n- one\n- two\n";
const NOTES: &str = r#"{"headline":"Fixes","tags":["a"]}"#;

#[test]
fn an_answer_appears_as_it_comes_in_and_is_refined_until_it_is_accepted() {
    for provider in ["anthropic", "openai", "gemini"] {
        let project = Project::new(provider, "", [Answer::Held(FIRST.into()), Answer::says("Shorter.")]);
        let mut screen = project.run("talk", &[]);
        screen.wait_for("Conversation with writer");
        screen.wait_for("question   Write a plan.");
        // Half of it is there, and nothing more comes until it is let go.
        screen.wait_for("│ # Plan");
        assert_eq!(project.asked(), 1);
        project.server.let_go();
        screen.wait_for("│ • two");
        screen.wait_for("/accept takes it; or write what should be different.");
        screen.answer("you (1 of 3)> ", "Make it shorter.");
        screen.wait_for("│ Shorter.");
        screen.answer("you (2 of 3)> ", "/accept");
        let end = ended(screen, 0);
        assert_eq!(end.stdout, "Shorter.\n", "{provider}");
        harmless(&end.screen);

        let said = project.messages(1);
        assert_eq!(said, ["Write a plan.", FIRST, "Make it shorter."], "{provider}");
        let story = project.holds();
        for part in ["conversation", "reply of the person, turn 1 of 3", "│ Make it shorter.", "accepted by "]
        {
            assert!(story.contains(part), "{part} in:\n{story}");
        }
        assert!(story.contains("AI  2 answers: 2,000 tokens in, 200 out, $0.00"), "{story}");
        let journal = project.sandbox.journal();
        let at = |path: &str, kind: &str| journal.iter().position(|e| e["path"] == path && e["type"] == kind);
        let places = [
            at("talk/ask#1/answer#1", "effect.intended"),
            at("talk/ask#1/answer#1", "effect.completed"),
            at("talk/ask#1/reply#1", "effect.intended"),
            at("talk/ask#1/reply#1", "effect.completed"),
            at("talk/ask#1/answer#2", "effect.intended"),
        ];
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
        let reply = &journal[places[3].expect("it is there")]["data"]["result"];
        assert_eq!(reply["text"], "Make it shorter.");
        assert!(reply["account"].is_string(), "{reply}");
    }
}

#[test]
fn a_value_that_is_not_valid_cannot_be_accepted_and_what_is_wrong_goes_back() {
    let script = [
        Answer::says(r#"{"headline":"far too long for a headline","tags":[]}"#),
        Answer::says(r#"{"headline":"Fixes","tags":[]}"#),
        Answer::says(&format!("Here it is:\n\n```json\n{NOTES}\n```\n")),
    ];
    let project = Project::new("anthropic", "", script);
    let mut screen = project.run("notes", &[]);
    screen.wait_for("wanted     Notes");
    screen.wait_for("│ { \"headline\": \"far too long for a headline\", \"tags\": [] }");
    screen.wait_for("This answer cannot be accepted:");
    let reasons = screen.answer("you (1 of 20)> ", "/accept");
    assert!(reasons.contains("headline") && reasons.contains("/fix sends that back"), "{reasons}");
    screen.wait_for("It cannot be accepted as it is");
    screen.answer("you (1 of 20)> ", "/fix");
    screen.wait_for("│ name a tag at least");
    screen.answer("you (2 of 20)> ", "Any tag will do.");
    // What stands around the value is seen, and what the value was read as.
    screen.wait_for("│ Here it is:");
    screen.wait_for("│ Notes, as it was read:");
    screen.wait_for("│ { \"headline\": \"Fixes\", \"tags\": [\"a\"] }");
    screen.wait_for("read leniently: fence, extra prose");
    screen.answer("you (3 of 20)> ", "/accept");
    let end = ended(screen, 0);
    let value: Json = serde_json::from_str(&end.stdout).expect("JSON");
    assert_eq!(value["headline"], "Fixes");

    let said = project.messages(1);
    assert!(
        said[2].starts_with("That answer cannot be used:\n- ") && said[2].contains("headline"),
        "{said:?}"
    );
    let said = project.messages(2);
    let last = &said[4];
    assert!(last.contains("- name a tag at least") && last.contains("Any tag will do."), "{last}");
    assert!(last.ends_with("one JSON value, changed accordingly, and nothing else."), "{last}");
    let story = project.holds();
    for part in
        ["cannot be accepted: name a tag at least", "what is wrong was sent back", "read leniently fence"]
    {
        assert!(story.contains(part), "{part} in:\n{story}");
    }
}

#[test]
fn with_retry_what_is_wrong_goes_back_by_itself_first() {
    let project = Project::new("openai", "", [Answer::says("{}"), Answer::says(NOTES)]);
    let mut screen = project.run("tries", &[]);
    screen.wait_for("The answer cannot be used, and is asked for again:");
    screen.wait_for("\"headline\": \"Fixes\"");
    screen.answer("you (1 of 20)> ", "/accept");
    ended(screen, 0);
    assert_eq!(project.asked(), 2);
    project.holds();
}

#[test]
fn nothing_of_what_an_ai_says_reaches_the_terminal_as_it_is() {
    let hostile = "a\u{1b}[2J\u{9b}31mb \u{202e}gpj.exe&#27;[31m `\u{1b}]0;title\u{7}` [x](\u{1b}[1m)\n\n\
         <b>\u{1b}c</b>\n\n```\u{1b}[m\n\u{1b}[5m\u{8}\u{8}\n```\n\n| \u{1b}[A |\n|---|\n| \u{200b}\r |\n\nyou (1 of 3)> /accept\n";
    let project = Project::new("anthropic", "", [Answer::Held(hostile.into())]);
    let mut screen = project.run("talk", &[]);
    screen.wait_for("│ a\\x1b[2J\\x9b31mb \\u{202e}gpj.exe");
    project.server.let_go();
    // What looks like a prompt stands behind the bar.
    screen.wait_for("│ you (1 of 3)> /accept");
    screen.answer("[Jyou (1 of 3)> ", "/show");
    screen.wait_for("gpj.exe\\x1b[31m");
    screen.answer("you (1 of 3)> ", "/accept");
    let end = ended(screen, 0);
    harmless(&end.screen);
    // Typed answers, too.
    let value = r#"{"headline":"\u001b[2J","tags":["\u202e"]}"#;
    let project = Project::new("anthropic", "", [Answer::says(value)]);
    let mut screen = project.run("notes", &[]);
    screen.wait_for("\"\\x1b[2J\"");
    screen.answer("you (1 of 20)> ", "/accept");
    harmless(&ended(screen, 0).screen);
}

#[test]
fn a_stream_that_is_cut_off_is_asked_for_again_and_only_the_whole_answer_stays() {
    for provider in ["anthropic", "openai", "gemini"] {
        let script = [Answer::Cut("Half of it".into()), Answer::says("All of it.")];
        let project = Project::new(provider, "", script);
        let mut screen = project.run("talk", &[]);
        screen.wait_for("cannot be reached");
        screen.wait_for("try 2 of 4 comes next");
        screen.wait_for("│ All of it.");
        screen.answer("you (1 of 3)> ", "/accept");
        let end = ended(screen, 0);
        assert_eq!(end.stdout, "All of it.\n");
        project.holds();
    }
}
