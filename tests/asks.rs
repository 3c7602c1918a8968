//! What questions take and are told: cost and its limits, the context of an agent, many at once, and what the doctor says.

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

/// Paid for is paid for: a refusal, and the half of an answer that broke off before the whole one came.
#[test]
fn answers_that_come_to_nothing_are_counted_shown_and_not_forgotten() {
    let config = "max_cost = 0.005\nmax_tokens = 150\n[ai.prices.\"m-1\"]\ninput = 1.0\noutput = 10.0";
    let project = Project::new("anthropic", config, [Answer::Refuses("I will not.".into())]);
    failed(&project.run(&["--workflow", "words"]), "E1325");
    let story = completed(&project.wflow(&["runs", "show", "last"]));
    assert!(story.contains("1,000 tokens in, 100 out, $0.002"), "{story}");
    assert!(story.contains("AI  1 answer: 1,000 tokens in, 100 out, $0.002"), "{story}");
    // Each resumption asks anew, until the limit of the run is reached by what they cost together.
    failed(&project.wflow(&["resume", "--last"]), "E1325");
    let shown = stdout(&project.wflow(&["runs", "show", "last", "--format", "json"]));
    let shown: Json = serde_json::from_str(&shown).expect("JSON");
    assert_eq!((&shown["usage"]["questions"], &shown["usage"]["output_tokens"]), (&json!(2), &json!(200)));
    failed(&project.wflow(&["resume", "--last"]), "E1325");
    let text = failed(&project.wflow(&["resume", "--last"]), "E1328");
    assert!(text.contains("has cost $0.006"), "{text}");
    assert_eq!(project.server.seen().len(), 3);
    let whole = project.wflow(&["audit", "verify"]);
    assert!(whole.status.success(), "{}", stdout(&whole));
}

#[test]
fn what_broke_off_is_part_of_what_the_question_took() {
    let project = Project::new(
        "anthropic",
        "[ai.prices.\"m-1\"]\ninput = 1.0\noutput = 10.0",
        [Answer::Cut("half of it".into()), Answer::says("all of it")],
    );
    completed(&project.run(&["--workflow", "words"]));
    let usage = project.result()["usage"].clone();
    assert_eq!(usage["input_tokens"], 2000, "{usage}");
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
