//! The provider `claude`: a program of that name that speaks as the real one does, started by the real wflow. With
//! `WFLOW_CLAUDE` naming the real one, it answers from the scripted server as well.

#[path = "support/ai_server.rs"]
mod ai_server;
#[path = "support/sandbox.rs"]
mod sandbox;

use ai_server::{AiServer, Answer};
use sandbox::{Sandbox, stderr, stdout};
use serde_json::{Value as Json, json};
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

const WORKFLOW: &str = r#"
type Notes { headline: Text }

agent writer { system: "You are brief." }
agent busy { tools: ["Read"] }

workflow notes() -> Notes { ask writer "/help @secret.txt" as Notes retry 1 }
workflow words() -> Text { ask "Say it." }
workflow served() -> Text { ask "Say it." otherwise "without an AI" }
workflow tools() -> Text { ask busy "Say it." otherwise "without an AI" }
workflow twice() -> Text { ask "Say it."  ask "Say it again." }
"#;

/// Notes what it was started with, then says what stands in `answer.json`.
const FAKE: &str = r#"#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
for word in "$@"; do printf '%s\n' "$word"; done > "$here/words"
env > "$here/env"
pwd > "$here/folder"
ls -A > "$here/inside"
cat > "$here/input"
echo x >> "$here/calls"
[ -e "$here/slow" ] && { sleep 600 & echo $! > "$here/child"; wait; }
n=$(wc -l < "$here/calls")
[ -e "$here/answer.$n.json" ] && exec cat "$here/answer.$n.json"
cat "$here/answer.json"
[ -e "$here/fails" ] && { echo 'it is broken' >&2; exit 3; }
exit 0
"#;

fn project(config: &str) -> Sandbox {
    let config = format!("[policy]\npath = [\"bin\"]\n[ai]\nprovider = \"claude\"\nretries = 0\n{config}\n");
    let sandbox = Sandbox::with(&[("wflow.toml", &config), ("a.wflow", WORKFLOW), ("bin/claude", FAKE)]);
    let file = sandbox.dir.join("bin/claude");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    sandbox
}

fn result(more: Json) -> String {
    let mut out = json!({
        "type": "result", "subtype": "success", "is_error": false, "api_error_status": null, "num_turns": 1,
        "result": "hello", "stop_reason": "end_turn", "total_cost_usd": 0.01,
        "usage": { "input_tokens": 10, "output_tokens": 5 },
        "modelUsage": { "claude-sonnet-4-5": {} }, "permission_denials": []
    });
    for (key, value) in more.as_object().expect("an object") {
        out[key] = value.clone();
    }
    format!("{out}\n")
}

fn run(sandbox: &Sandbox, workflow: &str) -> Output {
    sandbox.output(&["run", "a.wflow", "--workflow", workflow])
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
fn it_is_started_bare_and_asked_once() {
    let sandbox = project("model = \"claude-sonnet-4-5\"");
    for (name, text) in
        [("CLAUDE.md", "ours"), (".claude/settings.json", "{\"hooks\":{}}"), ("secret.txt", "x")]
    {
        sandbox.write(name, text);
    }
    sandbox.write("bin/answer.json", result(json!({ "structured_output": { "headline": "hi" } })));
    let mut command = sandbox.wflow(&["run", "a.wflow", "--workflow", "notes"]);
    command.env("SECRET_OF_MINE", "x").env("ANTHROPIC_API_KEY", "sk-ant-0123456789");
    let value: Json =
        serde_json::from_str(&completed(&command.output().expect("wflow starts"))).expect("JSON");
    assert_eq!(value, json!({ "headline": "hi" }));
    let words = sandbox.read("bin/words");
    for pair in [
        "--setting-sources\n\n",
        "--tools\n\n",
        "--strict-mcp-config\n",
        "--disable-slash-commands\n",
        "--system-prompt\nYou are brief.\n",
        "--model\nclaude-sonnet-4-5\n",
        "--json-schema\n{\"type\":\"object\"",
    ] {
        assert!(words.contains(pair), "{pair:?} in:\n{words}");
    }
    let env = sandbox.read("bin/env");
    assert!(env.contains("CLAUDE_CODE_DISABLE_ATTACHMENTS=1") && env.contains("ANTHROPIC_API_KEY="), "{env}");
    assert!(!env.contains("SECRET_OF_MINE"), "{env}");
    // No prompt is a command, and no file of the project lies around it.
    assert!(
        sandbox.read("bin/input").starts_with("Your task:\n\n/help @secret.txt"),
        "{}",
        sandbox.read("bin/input")
    );
    assert_eq!(sandbox.read("bin/inside"), "");
    let folder = sandbox.read("bin/folder");
    assert!(!std::path::Path::new(folder.trim()).exists(), "{folder} is gone with the call");
    let journal = sandbox.journal();
    let ended = journal.iter().find(|e| e["type"] == "effect.completed").expect("it is recorded");
    assert_eq!(ended["data"]["result"]["usage"]["cost"], 0.01);
    assert_eq!(ended["data"]["result"]["model"], "claude-sonnet-4-5");
}

#[test]
fn an_answer_in_no_form_is_asked_for_again() {
    let sandbox = project("");
    sandbox.write("bin/answer.1.json", result(json!({ "result": "Here you are!" })));
    sandbox.write("bin/answer.json", result(json!({ "structured_output": { "headline": "hi" } })));
    completed(&run(&sandbox, "notes"));
    let input = sandbox.read("bin/input");
    assert!(
        input.contains("You answered:\n\nHere you are!") && input.contains("That answer cannot be used"),
        "{input}"
    );
}

#[test]
fn errors_that_look_like_success_are_errors() {
    let cases = [
        (
            json!({ "is_error": true, "api_error_status": 401, "result": "Failed to authenticate" }),
            "E1322",
            false,
        ),
        (json!({ "is_error": true, "api_error_status": 529, "result": "Overloaded" }), "E1324", true),
        (json!({ "is_error": true, "result": "Not logged in" }), "E1332", true),
        (json!({ "num_turns": 0 }), "E1332", false),
        (json!({ "subtype": "error_max_turns", "is_error": true }), "E1332", false),
        (json!({ "subtype": "error_max_budget_usd", "is_error": true }), "E1328", false),
        (json!({ "stop_reason": "refusal" }), "E1325", false),
        (json!({ "stop_reason": "max_tokens" }), "E1327", false),
    ];
    for (said, code, otherwise) in cases {
        let sandbox = project("");
        sandbox.write("bin/answer.json", result(said.clone()));
        failed(&run(&sandbox, "words"), code);
        let served = run(&sandbox, "served");
        assert_eq!(served.status.code() == Some(0), otherwise, "{said}: {}", stderr(&served));
    }
    let sandbox = project("");
    sandbox.write("bin/answer.json", "no JSON at all\n");
    sandbox.write("bin/fails", "");
    let text = failed(&run(&sandbox, "words"), "E1332");
    assert!(text.contains("exit code 3") && text.contains("it is broken"), "{text}");
}

#[test]
fn it_ends_with_its_children_when_its_time_is_up() {
    let sandbox = project("timeout = \"500ms\"");
    sandbox.write("bin/answer.json", result(json!({})));
    sandbox.write("bin/slow", "");
    failed(&run(&sandbox, "words"), "E1303");
    let child = sandbox.read("bin/child");
    let gone = !std::path::Path::new(&format!("/proc/{}", child.trim())).exists();
    assert!(gone, "process {child} is left");
}

#[test]
fn its_share_of_the_limit_is_what_is_left_of_it() {
    let sandbox = project("max_cost = 0.015");
    sandbox.write("bin/answer.json", result(json!({})));
    let output = run(&sandbox, "twice");
    completed(&output);
    assert!(
        sandbox.read("bin/words").contains("--max-budget-usd\n0.005000\n"),
        "{}",
        sandbox.read("bin/words")
    );
}

#[test]
fn without_the_program_it_says_so_and_without_its_tools_others_do() {
    let sandbox = project("");
    std::fs::remove_file(sandbox.dir.join("bin/claude")).expect("it is there");
    let text = failed(&run(&sandbox, "words"), "E1332");
    assert!(text.contains("npm install"), "{text}");
    assert_eq!(completed(&run(&sandbox, "served")), "without an AI\n");
    // Tools are for a provider that calls them.
    let mut other = sandbox.wflow(&["run", "a.wflow", "--workflow", "tools", "--provider", "openai"]);
    other.env("OPENAI_API_KEY", "sk-0123456789");
    failed(&other.output().expect("wflow starts"), "E1334");
}

/// Only with `WFLOW_CLAUDE`, the path of the real program: `tests/real_ai.sh claude` installs it and sets it.
#[test]
fn the_real_program_answers_from_a_server_of_ours() {
    let Some(program) = std::env::var_os("WFLOW_CLAUDE") else { return };
    let sandbox = project("model = \"claude-sonnet-4-5\"");
    std::fs::remove_file(sandbox.dir.join("bin/claude")).expect("it is there");
    std::os::unix::fs::symlink(program, sandbox.dir.join("bin/claude")).expect("a link");
    let ask = |server: &AiServer| {
        let mut command = sandbox.wflow(&["run", "a.wflow", "--workflow", "words"]);
        command.env("ANTHROPIC_API_KEY", "sk-ant-0123456789").env("ANTHROPIC_BASE_URL", server.url());
        command.output().expect("wflow starts")
    };
    let server = AiServer::start([Answer::says("hello there")]);
    assert_eq!(completed(&ask(&server)), "hello there\n");
    let seen = server.seen();
    let body = seen.last().expect("it asked").body.to_string();
    assert!(body.contains("Your task:\\n\\nSay it.") && !body.contains("CLAUDE.md"), "{body}");
    let server = AiServer::start([Answer::error(401, "authentication_error")]);
    failed(&ask(&server), "E1322");
}
