//! How it ends that was not meant to: without leave, without an answer, out of time.

use super::*;

#[test]
fn an_agent_that_does_not_listen_is_stopped() {
    let many: Vec<Vec<String>> =
        (0..25).map(|n| refused(&format!("t{n}"), "Bash", json!({ "command": "id" }))).collect();
    let sandbox = project(&talk(many));
    let text = failed(&run(&sandbox, "work"), "E1354");
    assert!(text.contains("20 tool calls of the agent `coder`"), "{text}");
    assert_eq!(answers(&sandbox).len(), 19);
    completed(&sandbox.output(&["audit", "verify"]));
}

#[test]
fn what_it_does_without_leave_ends_it() {
    let read = json!({ "file_path": "src/lib.rs" });
    let sub = |mut line: String| {
        line = line.replace("\"parent_tool_use_id\":null", "\"parent_tool_use_id\":\"t0\"");
        line
    };
    let hear = || "hear".to_owned();
    let cases: Vec<(&str, Vec<String>, &str)> = vec![
        ("no leave", vec![hear(), init(), wants("t", "Read", &read), gives("t", "text", false)], "E1351"),
        (
            "an error of its own",
            vec![hear(), init(), wants("t", "Bash", &read), gives("t", "Exit code 1", true)],
            "E1351",
        ),
        (
            "after a refusal",
            vec![
                hear(),
                init(),
                asks("t", "Bash", &json!({ "command": "id" })),
                hear(),
                gives("t", "root", false),
            ],
            "E1351",
        ),
        ("a tool", vec![hear(), init_with(json!({ "tools": ["Read", "WebFetch"] }))], "E1351"),
        ("a server", vec![hear(), init_with(json!({ "mcp_servers": [{ "name": "m" }] }))], "E1351"),
        ("a mode", vec![hear(), init_with(json!({ "permissionMode": "bypassPermissions" }))], "E1351"),
        ("a hook", vec![hear(), "say {\"type\":\"system\",\"subtype\":\"hook_started\"}".into()], "E1351"),
        ("an agent", vec![hear(), init(), sub(wants("t", "Read", &read))], "E1351"),
        ("no JSON", vec![hear(), "say warning: something".into()], "E1353"),
        ("half a line", vec![hear(), "raw {\"type\":\"resu".into(), "exit 0".into()], "E1353"),
        ("a giant", vec![hear(), "giant".into()], "E1353"),
        (
            "twice",
            vec![hear(), init(), asks("t", "Read", &read), hear(), asks("t", "Read", &read), hear()],
            "E1353",
        ),
    ];
    for (name, mut script, code) in cases {
        script.insert(0, "child".into());
        script.push("wait".into());
        let sandbox = project(&script);
        let output = run(&sandbox, "served");
        assert_eq!(output.status.code(), Some(1), "{name}: {}\n{}", stderr(&output), stdout(&output));
        assert!(stderr(&output).contains(code), "{name}: {}", stderr(&output));
        let child = sandbox.read("bin/child");
        let gone = !std::path::Path::new(&format!("/proc/{}", child.trim())).exists();
        assert!(gone, "{name}: process {child} is left");
        completed(&sandbox.output(&["audit", "verify"]));
    }
}

#[test]
fn its_own_words_about_a_call_are_no_result() {
    let script = talk([
        vec![wants("t1", "WebFetch", &json!({})), gives("t1", "<tool_use_error>No such tool</tool_use_error>", true)],
        vec![
            "say {\"type\":\"control_request\",\"request_id\":\"x\",\"request\":{\"subtype\":\"hook_callback\"}}".into(),
            "hear".into(),
        ],
        vec!["say {\"type\":\"rate_limit_event\"}".into(), "say {\"type\":\"something_new\",\"a\":1}".into()],
    ]);
    let sandbox = project(&script);
    completed(&run(&sandbox, "work"));
    let heard = sandbox.read("bin/heard");
    assert!(heard.lines().last().is_some_and(|l| l.contains("`hook_callback` is not served")), "{heard}");
}

#[test]
fn a_missing_form_is_asked_for_again() {
    let sandbox = project(&talk([]));
    let good =
        talk([]).join("\n").replace("\"result\":\"done\"", "\"result\":\"{\\\"headline\\\":\\\"hi\\\"}\"");
    sandbox.write("bin/script.2", good + "\n");
    assert_eq!(
        serde_json::from_str::<Json>(&completed(&run(&sandbox, "notes"))).expect("JSON")["headline"],
        "hi"
    );
    assert_eq!(sandbox.read("bin/calls").trim(), "2");
}

#[test]
fn errors_that_look_like_success_are_errors() {
    for (said, code, otherwise) in [
        (json!({ "is_error": true, "api_error_status": 401, "result": "no" }), "E1322", false),
        (json!({ "is_error": true, "api_error_status": 529, "result": "busy" }), "E1324", true),
        (json!({ "num_turns": 0 }), "E1332", false),
        (json!({ "subtype": "error_max_turns", "is_error": true }), "E1332", false),
        (json!({ "subtype": "error_max_budget_usd", "is_error": true }), "E1328", false),
    ] {
        let sandbox = project(&["hear".to_owned(), init(), result(said.clone())]);
        failed(&run(&sandbox, "work"), code);
        let served = run(&sandbox, "served");
        assert_eq!(served.status.code() == Some(0), otherwise, "{said}: {}", stderr(&served));
    }
    let sandbox = project(&["complain it is broken".to_owned(), "exit 3".into()]);
    let text = failed(&run(&sandbox, "work"), "E1332");
    assert!(text.contains("exit code 3") && text.contains("it is broken"), "{text}");
    assert_eq!(completed(&run(&sandbox, "served")), "without an AI\n");
}

/// Once something may have been changed, no other value stands for the answer as if nothing had happened.
#[test]
fn otherwise_does_not_hide_what_was_done() {
    let mut script = vec!["hear".to_owned(), init()];
    script.extend(call("t1", "Write", json!({ "file_path": "docs/x", "content": "x" })));
    script.push("exit 3".into());
    failed(&run(&project(&script), "served"), "E1332");
    let mut script = vec!["hear".to_owned(), init()];
    script.extend(call("t1", "Read", json!({ "file_path": "docs/a.md" })));
    script.push("exit 3".into());
    assert_eq!(completed(&run(&project(&script), "served")), "without an AI\n");
}

#[test]
fn one_that_hangs_is_ended_with_its_children() {
    let mut script = vec!["hear".to_owned(), "child".into(), init()];
    script.extend([asks("t", "Bash", &json!({ "command": "cat docs/a.md" })), "hear".into(), "wait".into()]);
    let sandbox = project(&script);
    sandbox.write("wflow.toml", format!("{CONFIG}timeout = \"700ms\"\n"));
    failed(&run(&sandbox, "work"), "E1303");
    let child = sandbox.read("bin/child");
    assert!(!std::path::Path::new(&format!("/proc/{}", child.trim())).exists(), "process {child} is left");
    let calls = calls_of(&sandbox.journal());
    assert_eq!(calls.last().expect("calls").1["failure"]["code"], "E1355");
    completed(&sandbox.output(&["audit", "verify"]));
}

#[test]
fn what_it_costs_is_counted_by_the_process() {
    let script = ["hear".to_owned(), init_with(json!({ "tools": ["Read"] })), result(json!({}))];
    let sandbox = project(&script);
    sandbox.write("wflow.toml", format!("{CONFIG}max_cost = 0.015\n"));
    completed(&run(&sandbox, "twice"));
    let words = sandbox.read("bin/words");
    assert!(words.contains("--max-budget-usd\n0.005000\n"), "{words}");
}
