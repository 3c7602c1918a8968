//! Real answers of a small language model in a server on this machine, over two protocols. `tests/real_ai.sh model`
//! installs and starts it, and names it in `WFLOW_SMALL_MODEL`; without that, these tests have nothing to ask. What such a
//! model says is nonsense: what counts is that a value of the type comes out, or an error that says why not.

#[path = "support/sandbox.rs"]
mod sandbox;

use sandbox::{Sandbox, stderr, stdout};
use serde_json::Value as Json;
use std::process::Output;

const WORKFLOW: &str = r#"
enum Colour { Red = "red", Blue = "blue", Green = "green" }
type Pick { colour: Colour, count: Int where it >= 0, tags: [Text] where it.len <= 3, why: Text? }

workflow pick() -> Pick {
    ask "Pick a colour, a count and a tag for a flower." as Pick
}
workflow number() -> Int {
    ask "How many legs has a dog?" as Int
}
workflow many() -> [Colour] {
    parallel for i in 0..8 limit 4 { ask "Pick a colour for flower {i}." as Colour }
}
workflow words() -> Text {
    ask "Say hello."
}
workflow short() -> Text {
    ask "Count from one to one hundred, in words."
}
workflow tries() -> Pick {
    ask "Pick a colour, a count and a tag for a flower." as Pick retry 3
}
"#;

/// A project whose questions the model answers; none without one.
fn project(provider: &str, more: &str) -> Option<Sandbox> {
    let url = std::env::var("WFLOW_SMALL_MODEL").ok()?;
    let config = format!(
        "[ai]\nprovider = \"{provider}\"\nbase_url = \"{url}\"\nmodel = \"smollm2\"\ntemperature = 0.0\n{more}\n"
    );
    Some(Sandbox::with(&[("wflow.toml", &config), ("a.wflow", WORKFLOW)]))
}

fn run(sandbox: &Sandbox, workflow: &str) -> Output {
    sandbox.output(&["run", "a.wflow", "--workflow", workflow, "--format", "json"])
}

#[track_caller]
fn value(output: &Output) -> Json {
    assert!(output.status.success(), "{}\n{}", stderr(output), stdout(output));
    let outcome = stdout(output).lines().last().map(str::to_owned).unwrap_or_default();
    let outcome: Json = serde_json::from_str(&outcome).expect("the outcome is JSON");
    outcome["value"].clone()
}

/// The results of the questions of the newest run, in order.
fn answers(sandbox: &Sandbox) -> Vec<Json> {
    let journal = sandbox.journal();
    let ended = journal.iter().filter(|e| e["type"] == "effect.completed");
    ended.map(|e| e["data"]["result"].clone()).filter(|r| r.get("provider").is_some()).collect()
}

#[test]
fn a_schema_is_kept_to_by_a_server_of_a_local_model() {
    let Some(sandbox) = project("openai", "max_tokens = 200") else { return };
    let pick = value(&run(&sandbox, "pick"));
    assert!(["red", "blue", "green"].contains(&pick["colour"].as_str().unwrap_or_default()), "{pick}");
    assert!(pick["count"].as_i64().is_some_and(|n| n >= 0), "{pick}");
    assert!(pick["tags"].as_array().is_some_and(|tags| tags.len() <= 3), "{pick}");
    let usage = answers(&sandbox)[0]["usage"].clone();
    assert!(usage["input_tokens"].as_i64().is_some_and(|n| n > 50), "{usage}");
    assert!(usage["output_tokens"].as_i64().is_some_and(|n| n > 5), "{usage}");
    assert!(value(&run(&sandbox, "number")).is_i64());
    println!("it picked {pick}, with {usage}");
}

#[test]
fn several_questions_are_asked_of_it_at_once() {
    let Some(sandbox) = project("openai", "max_tokens = 200") else { return };
    let colours = value(&run(&sandbox, "many"));
    let colours = colours.as_array().expect("a list");
    assert_eq!(colours.len(), 8);
    assert!(colours.iter().all(|c| ["red", "blue", "green"].contains(&c.as_str().unwrap_or_default())));
    assert_eq!(answers(&sandbox).len(), 8);
}

#[test]
fn an_answer_that_is_cut_off_by_its_limit_is_an_error() {
    let Some(sandbox) = project("openai", "max_tokens = 2") else { return };
    let output = run(&sandbox, "short");
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    let text = stdout(&output);
    assert!(text.contains("max_tokens") && text.contains("E13"), "{text}");
}

/// The server speaks this protocol, too, and ignores the schema: the words alone, repair and further tries are left.
#[test]
fn without_a_schema_an_answer_is_repaired_or_refused_but_never_taken_as_it_is() {
    let Some(sandbox) = project("anthropic", "max_tokens = 200") else { return };
    let hello = value(&run(&sandbox, "words"));
    assert!(hello.as_str().is_some_and(|text| !text.is_empty()), "{hello}");
    let output = run(&sandbox, "tries");
    let tries = answers(&sandbox);
    if output.status.success() {
        let pick = value(&output);
        assert!(["red", "blue", "green"].contains(&pick["colour"].as_str().unwrap_or_default()), "{pick}");
        assert!(pick["count"].as_i64().is_some_and(|n| n >= 0), "{pick}");
    } else {
        let text = stdout(&output);
        assert!(text.contains("E1017") || text.contains("max_tokens"), "{text}");
    }
    println!("without a schema: {} after {} answers", output.status, tries.len());
}

#[test]
fn a_recording_of_it_plays_without_it() {
    let Some(sandbox) = project("openai", "max_tokens = 200") else { return };
    let record = ["run", "a.wflow", "--workflow", "pick", "--record", "c.jsonl", "--format", "json"];
    let said = value(&sandbox.output(&record));
    let config = sandbox.read("wflow.toml");
    let elsewhere = config
        .lines()
        .map(|l| if l.starts_with("base_url") { "base_url = \"http://127.0.0.1:9\"" } else { l });
    sandbox.write("wflow.toml", elsewhere.collect::<Vec<_>>().join("\n"));
    let replay = ["run", "a.wflow", "--workflow", "pick", "--replay", "c.jsonl", "--format", "json"];
    assert_eq!(value(&sandbox.output(&replay)), said);
}

#[test]
fn the_doctor_sees_it() {
    let Some(sandbox) = project("openai", "") else { return };
    let output = sandbox.output(&["doctor"]);
    let text = stdout(&output);
    let line = text.lines().find(|l| l.trim_start().starts_with("✓ openai")).unwrap_or_default();
    assert!(line.ends_with(" answers"), "{text}");
}
