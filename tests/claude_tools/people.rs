//! Where the person comes in: what no rule speaks of, conversations, and what a crash leaves in doubt.

use super::*;

#[test]
fn the_person_decides_what_no_rule_does() {
    let script = talk([
        call("t1", "Write", json!({ "file_path": "src/new.rs", "content": "fn new() {}\n" })),
        refused("t2", "Bash", json!({ "command": "wc -l 'a b'" })),
        refused("t3", "Bash", json!({ "command": "git push" })),
    ]);
    let sandbox = project(&script);
    let mut pty = at_terminal(&sandbox, &["run", "a.wflow", "--workflow", "work"]);
    pty.wait_for("the agent coder wants to");
    pty.wait_for("Write src/new.rs");
    pty.wait_for("fn new() {}");
    pty.answer("Allow it this once?", "yes");
    pty.wait_for("Bash wc -l 'a b'");
    pty.answer("Allow it this once?", "no");
    pty.answer("What should it do instead?", "count them by hand");
    let finished = pty.finish();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.screen);
    let answers = answers(&sandbox);
    assert_eq!(answers[0].0, "allow");
    assert!(answers[1].1.as_str().is_some_and(|m| m.contains("count them by hand")), "{answers:?}");
    assert!(answers[2].1.as_str().is_some_and(|m| m.contains("protected by gate")), "{answers:?}");
    let calls = calls_of(&sandbox.journal());
    assert!(calls[0].1["allowed"]["by"].is_string(), "{calls:?}");
    let shown = stdout(&sandbox.output(&["runs", "show", "last"]));
    assert!(shown.contains("allowed once by"), "{shown}");
}

/// A conversation with an agent that has tools: one process over its turns, whose calls the person sees and decides.
#[test]
fn a_conversation_is_held_with_tools() {
    let write = json!({ "file_path": "src/new.rs", "content": "fn new() {}\n" });
    let mut script = vec!["hear".to_owned(), init(), says("I look around.")];
    script.extend(call("t1", "Read", json!({ "file_path": "docs/a.md" })));
    script.extend(call("t2", "Write", write));
    script.extend([says("first answer"), result(json!({ "result": "first answer" })), "hear".into(), init()]);
    script.extend(call("t3", "Bash", json!({ "command": "git log" })));
    script.extend([
        says("second answer"),
        result(json!({ "result": "second answer", "total_cost_usd": 0.03 })),
    ]);
    let sandbox = project(&script);
    let mut pty = at_terminal(&sandbox, &["run", "a.wflow", "--workflow", "talk"]);
    pty.wait_for("I look around.");
    pty.wait_for("the agent coder wants to");
    pty.wait_for("fn new() {}");
    pty.answer("Allow it this once?", "yes");
    pty.wait_for("first answer");
    pty.answer("you (1 of 5)>", "/shorter, please");
    pty.wait_for("There is no `/shorter,");
    pty.answer("you (1 of 5)>", "shorter, please");
    pty.wait_for("second answer");
    pty.answer("you (2 of 5)>", "/accept");
    let finished = pty.finish();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.screen);
    assert_eq!(sandbox.read("bin/calls").trim(), "1");
    let heard = sandbox.read("bin/heard");
    let told: Vec<Json> = heard.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(told[3]["message"]["content"], "Go on:\n\nshorter, please");
    let journal = sandbox.journal();
    let cost = |e: &Json| e["data"]["result"]["usage"]["cost"].as_f64();
    let costs: Vec<f64> = journal.iter().filter_map(cost).map(|c| (c * 100.0).round()).collect();
    assert_eq!(costs, [1.0, 2.0], "each turn has its own cost");
    let paths: Vec<&str> =
        journal.iter().filter(|e| e["data"]["kind"] == "tool").filter_map(|e| e["path"].as_str()).collect();
    assert_eq!(
        paths,
        ["talk/ask#1/answer#1:tool#1", "talk/ask#1/answer#1:tool#2", "talk/ask#1/answer#2:tool#1"]
    );
    completed(&sandbox.output(&["audit", "verify"]));
    completed(&sandbox.output(&["audit", "replay", "last"]));
}

/// After a crash the person is asked about what the agent may have done, then goes on in the conversation.
#[test]
fn a_conversation_with_tools_is_in_doubt_before_it_goes_on() {
    let mut script = vec![
        "hear".to_owned(),
        init(),
        says("hello"),
        result(json!({ "result": "hello" })),
        "hear".into(),
        init(),
    ];
    script.extend(call("t1", "Write", json!({ "file_path": "docs/x", "content": "x" })));
    script.push("wait".into());
    let sandbox = project(&script);
    let mut pty = at_terminal(&sandbox, &["run", "a.wflow", "--workflow", "talk"]);
    pty.answer("you (1 of 5)>", "write it");
    wait_for_lines(&sandbox, "bin/heard", 3);
    pty.signal(libc::SIGKILL);
    pty.wait_until_ended();
    sandbox.write("bin/script.2", talk([]).join("\n") + "\n");
    let mut pty = at_terminal(&sandbox, &["resume", "last"]);
    pty.wait_for("Write docs/x");
    pty.answer("What is it?", "ask again");
    pty.wait_for("done");
    pty.answer("you (2 of 5)>", "/accept");
    let finished = pty.finish();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.screen);
    let heard = sandbox.read("bin/heard");
    let last: Json = serde_json::from_str(heard.lines().last().expect("a line")).expect("JSON");
    let content = last["message"]["content"].as_str().expect("text");
    assert!(content.contains("You answered:\n\nhello") && content.contains("write it"), "{content}");
    completed(&sandbox.output(&["audit", "verify"]));
    completed(&sandbox.output(&["audit", "replay", "last"]));
}

/// A crash while an agent was at work.
#[test]
fn an_agent_that_may_have_changed_something_is_in_doubt() {
    for (tool, input, doubt) in [
        ("Write", json!({ "file_path": "docs/x", "content": "x" }), true),
        ("Bash", json!({ "command": "cat docs/a.md" }), true),
        ("Bash", json!({ "command": "git log" }), false),
        ("Read", json!({ "file_path": "docs/a.md" }), false),
    ] {
        let mut script = vec!["hear".to_owned(), init()];
        script.extend([
            asks("t", tool, &input),
            "hear".into(),
            "say {\"type\":\"here\"}".into(),
            "wait".into(),
        ]);
        let sandbox = project(&script);
        let mut child =
            sandbox.wflow(&["run", "a.wflow", "--workflow", "work"]).spawn().expect("wflow starts");
        wait_for_lines(&sandbox, "bin/heard", 2);
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        sandbox.write(
            "bin/script.2",
            talk([call("t", "Read", json!({ "file_path": "docs/a.md" }))]).join("\n") + "\n",
        );
        let resumed = sandbox.output(&["resume", "last"]);
        if doubt {
            assert_eq!(resumed.status.code(), Some(5), "{}", stderr(&resumed));
            let text = stderr(&resumed);
            assert!(text.contains("E1518") && text.contains("nobody saw its end"), "{text}");
            assert_eq!(sandbox.read("bin/calls").trim(), "1");
            let mut pty = at_terminal(&sandbox, &["resume", "last"]);
            pty.wait_for("It had been allowed:");
            pty.answer("What is it?", "ask again");
            let finished = pty.finish();
            assert_eq!(finished.status.code(), Some(0), "{}", finished.screen);
        } else {
            completed(&resumed);
        }
        assert_eq!(sandbox.read("bin/calls").trim(), "2");
        completed(&sandbox.output(&["audit", "verify"]));
        completed(&sandbox.output(&["audit", "replay", "last"]));
    }
}
