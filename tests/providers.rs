//! Providers on a server: the real program asks a scripted server of the project's own, over each protocol and with
//! every fault.

#[path = "support/ai_server.rs"]
mod ai_server;
#[path = "support/sandbox.rs"]
mod sandbox;

use ai_server::{AiServer, Answer};
use sandbox::{Sandbox, stderr, stdout};
use serde_json::{Value as Json, json};
use std::process::Output;

const WORKFLOW: &str = r#"
type Notes { headline: Text where it.len <= 80, tags: [Text], why: Text? }

agent writer {
    system: "You are brief."
}

workflow notes() -> Notes {
    ask writer "Write notes." as Notes with { log: "one\ntwo" }
}

workflow words() -> Text {
    ask "Say it."
}

workflow list() -> [Int] {
    ask "Count." as [Int]
}

workflow table() -> {Text: Int} {
    ask "Count by name." as {Text: Int}
}

workflow served() -> Text {
    ask "Say it." otherwise "without an AI"
}
"#;

const NOTES: &str = r#"{"headline":"Fixes","tags":["a","b"],"why":null}"#;

const PROTOCOLS: [&str; 3] = ["anthropic", "openai", "gemini"];

struct Project {
    sandbox: Sandbox,
    server: AiServer,
}

impl Project {
    fn new(provider: &str, more: &str, script: impl IntoIterator<Item = Answer>) -> Project {
        let server = AiServer::start(script);
        let config = format!(
            "[ai]\nprovider = \"{provider}\"\nmodel = \"m-1\"\nbase_url = \"{}\"\n{more}\n",
            server.url()
        );
        let sandbox = Sandbox::with(&[("wflow.toml", &config), ("a.wflow", WORKFLOW)]);
        Project { sandbox, server }
    }

    fn run(&self, args: &[&str]) -> Output {
        let words = ["run", "a.wflow"].into_iter().chain(args.iter().copied()).collect::<Vec<_>>();
        self.wflow(&words)
    }

    fn wflow(&self, args: &[&str]) -> Output {
        let mut command = self.sandbox.wflow(args);
        for name in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"] {
            command.env(name, "sk-test-0123456789");
        }
        command.output().expect("wflow starts")
    }

    /// The result of the newest run's first question.
    fn result(&self) -> Json {
        let journal = self.sandbox.journal();
        let ended = journal.iter().find(|e| e["type"] == "effect.completed").cloned();
        ended.map(|e| e["data"]["result"].clone()).unwrap_or_default()
    }
}

#[track_caller]
fn failed(output: &Output, code: &str) -> String {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{text}\n{}", stdout(output));
    assert!(text.contains(code), "{code} in:\n{text}");
    text
}

#[track_caller]
fn completed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}\n{}", stderr(output), stdout(output));
    stdout(output)
}

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

#[test]
fn what_answers_took_is_recorded_and_shown() {
    let project = Project::new(
        "openai",
        "[ai.prices.\"m-1\"]\ninput = 1.0\noutput = 10.0\ncache_read = 0.5",
        [Answer::says("yes")],
    );
    completed(&project.run(&["--workflow", "words"]));
    // 800 tokens of a question, 200 from the cache, 100 of an answer.
    let usage = project.result()["usage"].clone();
    assert_eq!((&usage["input_tokens"], &usage["cache_read_tokens"]), (&json!(800), &json!(200)));
    assert!((usage["cost"].as_f64().expect("a number") - 0.0019).abs() < 1e-9, "{usage}");
    let story = completed(&project.wflow(&["runs", "show", "last"]));
    assert!(story.contains("1,000 tokens in, 100 out, $0.0019"), "{story}");
    assert!(story.contains("AI  1 answer: 1,000 tokens in"), "{story}");
    let shown: Json =
        serde_json::from_str(&completed(&project.wflow(&["runs", "show", "last", "--format", "json"])))
            .expect("JSON");
    assert_eq!(shown["usage"]["questions"], 1);
}

const MANY: &str = r#"
agent cheap { max_cost: 0.002 }
workflow many() -> [Text] { for i in [1, 2, 3, 4] { ask "Say {i}." } }
workflow agents() -> [Text] { for i in [1, 2, 3] { ask cheap "Say {i}." } }
workflow beside() -> [Text] { parallel for i in [1, 2, 3, 4, 5, 6] { ask "Say {i}." } }
"#;

#[test]
fn limits_on_cost_are_kept_for_a_run_an_agent_and_a_question() {
    let prices = "[ai.prices.\"m-1\"]\ninput = 1.0\noutput = 10.0";
    // An answer costs 0.002 here: 1000 tokens in, 100 out; the most that the last may have is shortened.
    let config = |limit: &str| format!("max_tokens = 150\n{limit}\n{prices}");
    let project = Project::new("anthropic", &config("max_cost = 0.005"), [Answer::says("yes")]);
    project.sandbox.write("a.wflow", MANY);
    let text = failed(&project.run(&["--workflow", "many"]), "E1328");
    assert!(text.contains("the run may cost") && text.contains("has cost $0.006"), "{text}");
    let tokens: Vec<Json> = project.server.seen().iter().map(|s| s.body["max_tokens"].clone()).collect();
    assert_eq!(tokens.len(), 3, "{tokens:?}");
    assert_eq!(tokens[0], 150);
    assert!(tokens[2].as_i64().expect("a number") < 100, "{tokens:?}");
    // What was spent is not forgotten when the run goes on.
    let text = failed(&project.wflow(&["resume", "--last"]), "E1328");
    assert!(text.contains("has cost $0.006"), "{text}");
    assert_eq!(project.server.seen().len(), 3);

    let project = Project::new("anthropic", &config(""), [Answer::says("yes")]);
    project.sandbox.write("a.wflow", MANY);
    let text = failed(&project.run(&["--workflow", "agents"]), "E1328");
    assert!(text.contains("the agent `cheap` may cost $0.002"), "{text}");
    assert_eq!(project.server.seen().len(), 1);

    let project = Project::new("anthropic", &config("max_cost_per_ask = 0.0000001"), [Answer::says("yes")]);
    project.sandbox.write("a.wflow", MANY);
    let text = failed(&project.run(&["--workflow", "many"]), "E1328");
    assert!(text.contains("this question may cost"), "{text}");
    assert_eq!(project.server.seen().len(), 0);

    // Side by side, nobody spends what another has set aside.
    let project = Project::new("anthropic", &config("max_cost = 0.0065"), [Answer::says("yes")]);
    project.sandbox.write("a.wflow", MANY);
    failed(&project.run(&["--workflow", "beside"]), "E1328");
    assert!(project.server.seen().len() <= 4, "{}", project.server.seen().len());
}

#[test]
fn a_limit_on_cost_needs_a_price() {
    let project = Project::new("openai", "max_cost = 1.0", [Answer::says("yes")]);
    let text = failed(&project.run(&["--workflow", "words"]), "E1329");
    assert!(text.contains("[ai.prices.\"m-1\"]"), "{text}");
    assert_eq!(project.server.seen().len(), 0);
}

#[test]
fn an_agent_is_told_what_its_context_names_and_what_is_left_out() {
    let project = Project::new("anthropic", "context_tokens = 60", [Answer::says("yes")]);
    let text = r#"
agent coder { system: "Be brief."  context: ["CLAUDE.md", "AGENTS.md", "src/*.rs", "none.md"] }
agent plain {}
workflow w() -> Text { ask coder "Go." }
"#;
    for (name, text) in [
        ("flows/b.wflow", text),
        ("CLAUDE.md", "Root rules."),
        ("flows/AGENTS.md", "Flow rules."),
        ("src/CLAUDE.md", "Source rules."),
        ("src/a.rs", "fn a() {}"),
        ("src/b.rs", &"// long\n".repeat(100)),
    ] {
        project.sandbox.write(name, text);
    }
    let output = project.wflow(&["run", "flows/b.wflow"]);
    completed(&output);
    let said = stderr(&output);
    assert!(said.contains("src/b.rs is not sent to the agent: about 267 tokens"), "{said}");
    let sent = project.server.seen()[0].body["messages"][0]["content"].as_str().expect("text").to_owned();
    let places: Vec<Option<usize>> =
        ["left out: src/b.rs", "Root rules.", "Flow rules.", "Source rules.", "fn a()", "Go."]
            .map(|t| sent.find(t))
            .into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}\n{sent}");
    assert!(!sent.contains("// long"));
    let journal = project.sandbox.journal();
    let fact = journal.iter().find(|e| e["data"]["kind"] == "context").expect("it is recorded");
    let digest = fact["data"]["value"]["files"][0]["digest"].as_str().expect("a digest");
    assert!(digest.starts_with("sha256:"), "{fact}");

    let shown = completed(&project.wflow(&["context", "flows/b.wflow", "coder"]));
    for part in [
        "agent coder: about",
        "not sent: src/b.rs (about 267",
        "not sent: none.md (it is not there)",
        "--- system\nBe brief.",
        "--- src/a.rs\nfn a() {}",
    ] {
        assert!(shown.contains(part), "{part} in:\n{shown}");
    }
    let json: Json =
        serde_json::from_str(&completed(&project.wflow(&["context", "flows/b.wflow", "--format", "json"])))
            .expect("JSON");
    assert_eq!(json["agents"][0]["files"][0]["digest"], digest);
    assert_eq!(json["agents"][1]["agent"], "plain");
    let slip = project.wflow(&["context", "flows/b.wflow", "codr"]);
    assert_eq!(slip.status.code(), Some(2));
    assert!(stderr(&slip).contains("did you mean `coder`?"), "{}", stderr(&slip));
}

#[test]
fn the_doctor_says_what_would_work_and_what_would_not() {
    let project = Project::new("openai", "", [Answer::says("yes")]);
    let text = completed(&project.wflow(&["doctor"]));
    let url = project.server.url();
    assert!(text.contains("providers, of which `openai` is chosen"), "{text}");
    assert!(text.contains(&format!("OPENAI_API_KEY in the environment; {url} answers")), "{text}");
    assert!(!text.contains("sk-test"), "{text}");

    let found = project.sandbox.output(&["doctor", "--offline", "--format", "json"]);
    let found: Json = serde_json::from_str(&stdout(&found)).expect("JSON");
    let provider = |name: &str| {
        found["providers"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|p| p["name"] == name)
            .cloned()
            .expect("it is listed")
    };
    assert_eq!(provider("anthropic")["works"], false);
    assert!(provider("anthropic")["help"].as_str().expect("help").contains("ANTHROPIC_API_KEY"));
    assert_eq!(provider("human")["works"], false);
    assert_eq!(provider("replay")["works"], true);
    assert_eq!(provider("openai")["chosen"], true);

    let refused = Project::new("gemini", "", [Answer::error(401, "UNAUTHENTICATED")]);
    let output = refused.wflow(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("does not accept the key (401)"), "{}", stdout(&output));
}

#[test]
fn fifty_questions_side_by_side_hold_their_limit_and_share_connections() {
    let project = Project::new("anthropic", "", [Answer::says("yes")]);
    let text = r#"workflow w() -> [Text] { parallel for i in 0..50 limit 8 { ask "Say {i}." } }"#;
    project.sandbox.write("a.wflow", text);
    project.server.delay(std::time::Duration::from_millis(5));
    completed(&project.run(&[]));
    assert_eq!(project.server.seen().len(), 50);
    assert!(project.server.most_at_once() <= 8, "{} at once", project.server.most_at_once());
    assert!(project.server.connections() <= 8, "{} connections", project.server.connections());
}
