//! Providers on a server: the real program asks a scripted server of the project's own, over each protocol and with
//! every fault.

#[path = "support/ai_project.rs"]
mod ai_project;
#[path = "support/ai_server.rs"]
mod ai_server;
#[path = "support/sandbox.rs"]
mod sandbox;

use ai_project::{Project, completed, failed};
use ai_server::Answer;
use sandbox::{stderr, stdout};
use serde_json::{Value as Json, json};

const NOTES: &str = r#"{"headline":"Fixes","tags":["a","b"],"why":null}"#;

const PROTOCOLS: [&str; 3] = ["anthropic", "openai", "gemini"];

#[test]
fn typed_answers_come_over_every_protocol_streamed_and_whole() {
    for provider in PROTOCOLS {
        for (more, answer) in [
            ("", Answer::says(NOTES)),
            ("stream = false", Answer::says(NOTES)),
            // A server that cannot stream.
            ("", Answer::Whole(NOTES.into())),
        ] {
            let project = Project::new(provider, more, [answer]);
            let said = completed(&project.run(&["--workflow", "notes"]));
            let value: Json = serde_json::from_str(&said).expect("JSON");
            assert_eq!(value["headline"], "Fixes", "{provider} {more}");
            let result = project.result();
            assert_eq!(result["provider"], provider);
            assert_eq!(result["usage"]["output_tokens"], 100, "{provider} {more}: {result}");
        }
    }
}

#[test]
fn a_schema_is_sent_in_each_ones_own_form() {
    let body = |provider: &str| {
        let project = Project::new(provider, "max_tokens = 500\ntemperature = 0.5", [Answer::says(NOTES)]);
        completed(&project.run(&["--workflow", "notes"]));
        project.server.seen()[0].clone()
    };
    let anthropic = body("anthropic");
    assert_eq!(anthropic.path, "/v1/messages");
    assert_eq!(anthropic.headers["x-api-key"], "sk-test-0123456789");
    assert_eq!(anthropic.headers["anthropic-version"], "2023-06-01");
    let b = &anthropic.body;
    assert_eq!((&b["model"], &b["max_tokens"], &b["temperature"]), (&json!("m-1"), &json!(500), &json!(0.5)));
    assert_eq!(b["system"], "You are brief.");
    let schema = &b["output_config"]["format"];
    assert_eq!(schema["type"], "json_schema");
    assert_eq!(schema["schema"]["properties"]["headline"], json!({ "type": "string" }));
    assert!(b["messages"][0]["content"].as_str().expect("text").contains("\"maxLength\": 80"), "{b}");

    let openai = body("openai");
    assert_eq!(openai.path, "/v1/chat/completions");
    assert_eq!(openai.headers["authorization"], "Bearer sk-test-0123456789");
    let b = &openai.body;
    assert_eq!(b["messages"][0], json!({ "role": "system", "content": "You are brief." }));
    assert_eq!(b["max_tokens"], 500);
    let format = &b["response_format"]["json_schema"];
    assert_eq!(format["strict"], true);
    assert_eq!(format["schema"]["required"], json!(["headline", "tags", "why"]));

    let gemini = body("gemini");
    assert_eq!(gemini.path, "/v1beta/models/m-1:streamGenerateContent?alt=sse");
    assert_eq!(gemini.headers["x-goog-api-key"], "sk-test-0123456789");
    let b = &gemini.body;
    assert_eq!(b["systemInstruction"]["parts"][0]["text"], "You are brief.");
    assert_eq!(b["generationConfig"]["maxOutputTokens"], 500);
    assert_eq!(b["generationConfig"]["responseMimeType"], "application/json");
    assert!(b["generationConfig"]["responseJsonSchema"]["properties"]["headline"].is_object(), "{b}");
}

#[test]
fn what_is_no_object_is_asked_for_in_one() {
    for (provider, said) in
        [("anthropic", r#"{"answer":[1,2]}"#), ("openai", r#"{"answer":[1,2]}"#), ("gemini", "[1,2]")]
    {
        let project = Project::new(provider, "", [Answer::says(said)]);
        let value: Json =
            serde_json::from_str(&completed(&project.run(&["--workflow", "list"]))).expect("JSON");
        assert_eq!(value, json!([1, 2]), "{provider}");
    }
    // Anthropic cannot be held to a map: it is given by a tool.
    for stream in [true, false] {
        let project =
            Project::new("anthropic", &format!("stream = {stream}"), [Answer::says(r#"{"answer":{"a":1}}"#)]);
        let value: Json =
            serde_json::from_str(&completed(&project.run(&["--workflow", "table"]))).expect("JSON");
        assert_eq!(value, json!({ "a": 1 }));
        assert_eq!(project.server.seen()[0].body["tool_choice"]["name"], "answer");
    }
}

#[test]
fn a_busy_server_is_asked_again_when_it_says_and_each_wait_is_recorded() {
    for (provider, kind) in [
        ("anthropic", "rate_limit_error"),
        ("openai", "rate_limit_exceeded"),
        ("gemini", "RESOURCE_EXHAUSTED"),
    ] {
        let script = [
            Answer::busy(429, kind, "retry-after", "0.01"),
            Answer::busy(429, kind, "retry-after-ms", "10"),
            Answer::says("yes"),
        ];
        let project = Project::new(provider, "", script);
        let output = project.run(&["--workflow", "words"]);
        assert_eq!(completed(&output), "yes\n");
        assert_eq!(project.server.seen().len(), 3);
        let text = stderr(&output);
        assert!(text.contains("try 2 of 4 in") && text.contains("429"), "{text}");
        let journal = project.sandbox.journal();
        let waits: Vec<&Json> = journal.iter().filter(|e| e["data"]["kind"] == "backoff").collect();
        assert_eq!(waits.len(), 2, "{journal:?}");
        let verified = project.wflow(&["audit", "verify", "last"]);
        completed(&verified);
        completed(&project.wflow(&["audit", "replay", "last"]));
        let story = completed(&project.wflow(&["runs", "show", "last"]));
        assert!(story.contains("try 2 of 4"), "{story}");
    }
}

#[test]
fn trouble_that_may_pass_is_tried_again_and_then_otherwise_serves() {
    let faults = [
        Answer::error(529, "overloaded_error"),
        Answer::error(500, "api_error"),
        Answer::error(503, ""),
        Answer::Cut("half".into()),
        Answer::Midway { kind: "overloaded_error".into() },
        Answer::Close,
        Answer::Body { status: 200, mime: "application/json".into(), body: "{ not JSON".into() },
    ];
    for provider in PROTOCOLS {
        for stream in [true, false] {
            for fault in &faults {
                if !stream && matches!(fault, Answer::Midway { .. }) {
                    continue;
                }
                let config = format!("retries = 1\nstream = {stream}");
                let script = [fault.clone(), Answer::says("yes")];
                let project = Project::new(provider, &config, script);
                let output = project.run(&["--workflow", "words"]);
                assert_eq!(completed(&output), "yes\n", "{provider} {fault:?}");
                assert_eq!(project.server.seen().len(), 2, "{provider} {fault:?}");
            }
        }
    }
    let project =
        Project::new("anthropic", "retries = 1", [Answer::busy(529, "overloaded_error", "retry-after", "0")]);
    assert_eq!(completed(&project.run(&["--workflow", "served"])), "without an AI\n");
    assert_eq!(project.server.seen().len(), 2);
    let text = failed(&project.run(&["--workflow", "words"]), "E1324");
    assert!(text.contains("529 (overloaded_error)") && text.contains("it was tried 2 times"), "{text}");
    assert!(text.contains("anthropic says: about overloaded_error"), "{text}");
}

#[test]
fn a_server_that_wants_a_long_rest_is_not_waited_for() {
    let project =
        Project::new("openai", "", [Answer::busy(429, "rate_limit_exceeded", "retry-after", "86400")]);
    assert_eq!(completed(&project.run(&["--workflow", "served"])), "without an AI\n");
    let text = failed(&project.run(&["--workflow", "words"]), "E1324");
    assert!(text.contains("left alone for 1d"), "{text}");
}

#[test]
fn what_does_not_pass_is_not_tried_again_and_nothing_hides_it() {
    let cases = [
        (Answer::error(401, "authentication_error"), "E1322", "permission"),
        (Answer::error(403, "permission_error"), "E1322", "permission"),
        (Answer::error(429, "insufficient_quota"), "E1322", "permission"),
        (Answer::error(400, "invalid_request_error"), "E1323", "configuration"),
        (Answer::error(404, "not_found_error"), "E1323", "configuration"),
        (Answer::error(413, "request_too_large"), "E1323", "verification"),
        (
            Answer::Body { status: 302, mime: "text/html".into(), body: "<p>".into() },
            "E1323",
            "configuration",
        ),
        (Answer::Refuses("I can't help with that.".into()), "E1325", "verification"),
        (Answer::TooLong("half an answ".into()), "E1327", "verification"),
    ];
    for provider in PROTOCOLS {
        for stream in [true, false] {
            for (fault, code, kind) in &cases {
                let project = Project::new(provider, &format!("stream = {stream}"), [fault.clone()]);
                let output = project.run(&["--workflow", "served", "--format", "json"]);
                let last = stdout(&output).lines().last().map(str::to_owned).unwrap_or_default();
                let outcome: Json = serde_json::from_str(&last).expect("JSON");
                assert_eq!(output.status.code(), Some(1), "{provider} {fault:?}: {outcome}");
                assert_eq!(outcome["failure"]["code"], *code, "{provider} {fault:?}: {outcome}");
                assert_eq!(outcome["failure"]["kind"], *kind, "{provider} {fault:?}: {outcome}");
                assert_eq!(project.server.seen().len(), 1, "{provider} {fault:?}");
            }
        }
    }
}

#[test]
fn a_page_instead_of_an_answer_is_no_answer() {
    for (status, mime, body) in [(200, "text/html", "<p>Log in</p>"), (200, "application/json", "{}")] {
        let page = Answer::Body { status, mime: mime.into(), body: body.into() };
        let project = Project::new("openai", "", [page]);
        let text = failed(&project.run(&["--workflow", "words"]), "E1326");
        assert!(text.contains("check `base_url`"), "{text}");
        assert_eq!(completed(&project.run(&["--workflow", "served"])), "without an AI\n");
        assert_eq!(project.server.seen().len(), 2, "one try each");
    }
}

#[test]
fn a_server_that_says_nothing_or_too_slowly_runs_into_the_timeout() {
    for fault in [Answer::Silence, Answer::Drip] {
        let project = Project::new("anthropic", "timeout = \"300ms\"", [fault]);
        let text = failed(&project.run(&["--workflow", "words"]), "E1303");
        assert!(text.contains("did not answer in time"), "{text}");
        assert_eq!(completed(&project.run(&["--workflow", "served"])), "without an AI\n");
    }
}

#[test]
fn an_interruption_ends_a_wait_at_once_and_the_run_goes_on_later() {
    let project = Project::new("openai", "", [Answer::Silence, Answer::says("yes")]);
    let mut command = project.sandbox.wflow(&["run", "a.wflow", "--workflow", "words"]);
    let child = command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let child = child.spawn().expect("wflow starts");
    project.server.wait_for(1);
    // SAFETY: it is our own child, and not yet waited for.
    unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert_eq!(completed(&project.wflow(&["resume", "--last"])), "yes\n");
}

#[test]
fn a_branch_that_fails_ends_the_questions_beside_it() {
    let project = Project::new("openai", "", [Answer::Silence]);
    let text = r#"
workflow both() {
    parallel {
        a: ask "Slow?",
        b: fails(),
    }
}
task fails() -> Text {
    repeat up to 1000 { if exists("go") { fail business "enough" }  wait 10ms }
    "never"
}
"#;
    project.sandbox.write("b.wflow", text);
    let mut command = project.sandbox.wflow(&["run", "b.wflow"]);
    let child = command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let child = child.spawn().expect("wflow starts");
    project.server.wait_for(1);
    project.sandbox.write("go", "");
    let output = child.wait_with_output().expect("it ends");
    assert!(stderr(&output).contains("enough"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn nobody_there_is_unreachable_and_serves_otherwise() {
    let project = Project::new("openai", "retries = 1", []);
    project.sandbox.write(
        "wflow.toml",
        "[ai]\nprovider = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:9\"\nretries = 1\n",
    );
    let text = failed(&project.run(&["--workflow", "words"]), "E1301");
    assert!(text.contains("127.0.0.1") && text.contains("it was tried 2 times"), "{text}");
    assert_eq!(completed(&project.run(&["--workflow", "served"])), "without an AI\n");
}

#[test]
fn a_key_is_looked_for_in_the_environment_and_is_in_no_record() {
    let project = Project::new("anthropic", "", [Answer::says("your key is sk-test-0123456789")]);
    let output = project.run(&["--workflow", "words", "--record", "c.jsonl"]);
    assert!(!completed(&output).contains("sk-test"), "{}", stdout(&output));
    let journal = format!("{:?}{}", project.sandbox.journal(), project.sandbox.read("c.jsonl"));
    assert!(!journal.contains("sk-test") && journal.contains("[secret ANTHROPIC_API_KEY]"), "{journal}");

    project.sandbox.write("wflow.toml", "[ai]\nprovider = \"anthropic\"\n");
    let output = project.sandbox.output(&["run", "a.wflow", "--workflow", "words"]);
    let text = failed(&output, "E1321");
    assert!(text.contains("export ANTHROPIC_API_KEY") && text.contains("secret-tool store"), "{text}");
    let output = project.sandbox.output(&["run", "a.wflow", "--workflow", "served"]);
    assert_eq!(completed(&output), "without an AI\n");
}

#[test]
fn a_key_in_a_file_of_the_project_is_an_error() {
    let project = Project::new("openai", "", []);
    for line in [
        "api_key = \"sk-1\"",
        "token = \"x\"",
        "openai-api-key = \"sk-1\"",
        "base_url = \"https://me:pw@host/v1\"",
    ] {
        project.sandbox.write("wflow.toml", format!("[ai]\n{line}\n"));
        let output = project.sandbox.output(&["check"]);
        let text = format!("{}{}", stdout(&output), stderr(&output));
        assert!(text.contains("E1616"), "{line}: {text}");
        assert_eq!(output.status.code(), Some(3), "{text}");
    }
}

#[test]
fn a_key_goes_to_no_server_that_the_project_names() {
    // The name of another host: the provider's key is not for it.
    let project = Project::new("openai", "", []);
    project.sandbox.write(
        "wflow.toml",
        "[ai]\nprovider = \"openai\"\nmodel = \"m\"\nbase_url = \"https://llm.invalid/v1\"\nretries = 0\n",
    );
    let found = completed(&project.wflow(&["doctor", "--offline", "--format", "json"]));
    let found: Json = serde_json::from_str(&found).expect("JSON");
    let openai = found["providers"].as_array().expect("a list").iter().find(|p| p["name"] == "openai");
    let text = openai.expect("it is listed")["found"].as_str().expect("a text").to_owned();
    assert!(text.contains("no key (WFLOW_KEY_LLM_INVALID is not set)"), "{text}");
    // And never in the clear.
    project.sandbox.write(
        "wflow.toml",
        "[ai]\nprovider = \"openai\"\nmodel = \"m\"\nbase_url = \"http://llm.invalid/v1\"\n",
    );
    let mut command = project.sandbox.wflow(&["run", "a.wflow", "--workflow", "words"]);
    let output = command.env("WFLOW_KEY_LLM_INVALID", "sk-other").output().expect("wflow starts");
    failed(&output, "E1331");
}

#[test]
fn agents_have_providers_of_their_own_and_the_command_line_comes_first() {
    let project = Project::new("openai", "", [Answer::says("yes")]);
    let text = r#"
agent other { provider: "replay" }
agent slip { provider: "opnai" }
workflow w() -> Text { ask other "Say it." }
workflow unknown() -> Text { ask slip "Say it." }
"#;
    project.sandbox.write("b.wflow", text);
    let output = project.wflow(&["run", "b.wflow", "--workflow", "w"]);
    failed(&output, "E1306");
    let output = project.wflow(&["run", "b.wflow", "--workflow", "w", "--provider", "openai"]);
    assert_eq!(completed(&output), "yes\n");
    let text = failed(&project.wflow(&["run", "b.wflow", "--workflow", "unknown"]), "E1309");
    assert!(text.contains("did you mean `openai`?"), "{text}");
    let output = project.wflow(&["run", "b.wflow", "--workflow", "w", "--provider", "nobody"]);
    failed(&output, "E1309");
}

#[test]
fn answers_are_recorded_and_replayed_without_a_key_or_a_server() {
    let project = Project::new(
        "gemini",
        "",
        [Answer::busy(503, "UNAVAILABLE", "retry-after", "0"), Answer::says(NOTES)],
    );
    let first = completed(&project.run(&["--workflow", "notes", "--record", "c.jsonl"]));
    let again = project.sandbox.output(&["run", "a.wflow", "--workflow", "notes", "--replay", "c.jsonl"]);
    assert_eq!(completed(&again), first);
    assert_eq!(project.server.seen().len(), 2);
    let miss = project.sandbox.output(&["run", "a.wflow", "--workflow", "words", "--replay", "c.jsonl"]);
    assert!(failed(&miss, "E1305").contains("nearest recorded question"), "{}", stderr(&miss));
}
