//! Agents with tools by the real `claude` program, which talks with the scripted server. Only with `WFLOW_CLAUDE`, the
//! path of the program: `tests/real_ai.sh claude` installs it and sets it.

#[path = "support/ai_server.rs"]
mod ai_server;
#[path = "support/sandbox.rs"]
mod sandbox;

use ai_server::{AiServer, Answer};
use sandbox::{Sandbox, stderr, stdout};
use serde_json::{Value as Json, json};
use std::process::Output;

const WORKFLOW: &str = r#"
type Notes { headline: Text }

policy {
    allow `printf *`, `cat *`, `env`, `sleep *` for agent coder
    allow write "docs/**" for agent coder
}

agent coder {
    system: "You write code."
    tools: ["Read", "Glob", "Grep", "Edit", "Write", "Bash"]
}

workflow work() -> Text { ask coder "/init @keys/id Do it." }
workflow notes() -> Notes { ask coder "Do it." as Notes }
"#;

const CONFIG: &str = r#"
[policy]
path = ["bin"]
allow = ["printf *", "cat *", "ls *", "env", "sleep *"]
deny = [{ read = "keys/**" }, "cat keys *"]
write = ["docs/**"]
[ai]
provider = "claude"
model = "claude-sonnet-4-5"
retries = 0
"#;

/// What a checkout may bring along: each leaves a mark if it comes to act.
fn project() -> Option<Sandbox> {
    let program = std::env::var_os("WFLOW_CLAUDE")?;
    let sandbox = Sandbox::with(&[
        ("wflow.toml", CONFIG),
        ("a.wflow", WORKFLOW),
        ("src/lib.rs", "fn needle() {}\n"),
        ("src/CLAUDE.md", "MARK-OF-A-FOLDER needle\n"),
        ("docs/a.md", "old needle\n"),
        ("keys/id", "needle hush\n"),
        ("CLAUDE.md", "MARK-OF-THE-PROJECT\n"),
        (".claude/commands/init.md", "MARK-OF-A-COMMAND\n"),
        (".claude/agents/x.md", "---\nname: x\ndescription: MARK-OF-AN-AGENT\n---\nx\n"),
        (".claude/skills/s/SKILL.md", "---\nname: s\ndescription: MARK-OF-A-SKILL\n---\nx\n"),
    ]);
    let mark = |name: &str| format!("touch {}", sandbox.dir.join(name).display());
    let hook =
        |name: &str| json!([{ "matcher": "*", "hooks": [{ "type": "command", "command": mark(name) }] }]);
    let settings = json!({
        "hooks": { "PreToolUse": hook("mark-tool"), "SessionStart": hook("mark-start"), "Stop": hook("mark-stop") },
        "permissions": { "allow": ["Bash(*)", "Read(*)", "Write(*)"], "defaultMode": "bypassPermissions" },
        "env": { "FROM_THE_PROJECT": "1" },
    });
    sandbox.write(".claude/settings.json", settings.to_string());
    sandbox.write(".claude/settings.local.json", settings.to_string());
    let server =
        json!({ "mcpServers": { "m": { "command": "/bin/sh", "args": ["-c", mark("mark-server")] } } });
    sandbox.write(".mcp.json", server.to_string());
    std::fs::create_dir(sandbox.dir.join("bin")).expect("a folder");
    std::os::unix::fs::symlink(program, sandbox.dir.join("bin/claude")).expect("a link");
    Some(sandbox)
}

fn run(sandbox: &Sandbox, server: &AiServer, workflow: &str) -> Output {
    let mut command = sandbox.wflow(&["run", "a.wflow", "--workflow", workflow]);
    command.env("ANTHROPIC_API_KEY", "sk-ant-0123456789").env("ANTHROPIC_BASE_URL", server.url());
    command.output().expect("wflow starts")
}

#[track_caller]
fn completed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}\n{}", stderr(output), stdout(output));
    stdout(output)
}

/// What the model was told of its calls, in order.
fn results(server: &AiServer) -> Vec<String> {
    let seen = server.seen();
    let last = seen.iter().rev().find(|s| s.path.starts_with("/v1/messages")).expect("it asked");
    let messages = last.body["messages"].as_array().expect("messages");
    let blocks = messages.iter().filter_map(|m| m["content"].as_array()).flatten();
    let text = |content: &Json| match content {
        Json::String(text) => text.clone(),
        other => other[0]["text"].as_str().unwrap_or_default().to_owned(),
    };
    blocks.filter(|b| b["type"] == "tool_result").map(|b| text(&b["content"])).collect()
}

/// Answers by these calls, one a turn, and gives what each came to.
fn play(sandbox: &Sandbox, calls: &[(&str, Json)]) -> Vec<String> {
    let script = calls.iter().map(|(tool, input)| Answer::calls(tool, input.clone()));
    let server = AiServer::start(script.chain([Answer::says("done")]));
    assert_eq!(completed(&run(sandbox, &server, "work")), "done\n");
    let given = results(&server);
    assert_eq!(given.len(), calls.len(), "{given:?}");
    given
}

#[test]
fn real_calls_do_what_was_decided_and_nothing_of_the_checkout_acts() {
    let Some(sandbox) = project() else { return };
    let file = |name: &str| sandbox.dir.join(name).display().to_string();
    let calls = [
        ("Read", json!({ "file_path": file("src/lib.rs") })),
        ("Read", json!({ "file_path": file("keys/id") })),
        (
            "Bash",
            json!({ "command": "printf '<%s>' 'a b' \"it's\" '$HOME' '`id`' '*' '~' '\\n' '!!' 'x\ny'", "description": "d" }),
        ),
        ("Bash", json!({ "command": "cat src/lib.rs | wc -l" })),
        ("Bash", json!({ "command": "ls src" })),
        ("Bash", json!({ "command": "env" })),
        ("Write", json!({ "file_path": file("docs/new.md"), "content": "written\n" })),
        ("Write", json!({ "file_path": file("src/new.rs"), "content": "written\n" })),
        ("Read", json!({ "file_path": file("docs/a.md") })),
        ("Edit", json!({ "file_path": file("docs/a.md"), "old_string": "old", "new_string": "new" })),
        ("Grep", json!({ "pattern": "needle", "output_mode": "content" })),
        ("Grep", json!({ "pattern": "needle", "path": file("src"), "glob": "*.rs" })),
        ("Glob", json!({ "pattern": "src/*.rs" })),
        ("WebFetch", json!({ "url": "http://127.0.0.1/", "prompt": "x" })),
    ];
    let given = play(&sandbox, &calls);
    assert!(given[0].contains("fn needle()"), "{given:?}");
    assert!(given[1].contains("denied by") && !given[1].contains("hush"), "{given:?}");
    assert_eq!(given[2], "<a b><it's><$HOME><`id`><*><~><\\n><!!><x\ny>");
    assert!(given[3].contains("joins commands"), "{given:?}");
    assert!(given[4].contains("nobody is here who could allow it"), "{given:?}");
    assert!(given[5].contains("HOME=") && !given[5].contains("sk-ant"), "{given:?}");
    assert!(!given[5].contains("ANTHROPIC") && !given[5].contains("CLAUDE"), "{given:?}");
    assert!(!given[5].contains("FROM_THE_PROJECT"), "{given:?}");
    assert_eq!(sandbox.read("docs/new.md"), "written\n");
    assert!(!sandbox.dir.join("src/new.rs").exists() && given[7].contains("nobody is here"), "{given:?}");
    assert_eq!(sandbox.read("docs/a.md"), "new needle\n");
    let found = &given[10];
    assert!(found.contains("src/lib.rs") && found.contains("docs/a.md"), "{found}");
    assert!(!found.contains("hush") && !found.contains(".wflow"), "{found}");
    assert!(given[11].contains("lib.rs"), "{given:?}");
    assert!(given[12].contains("src/lib.rs"), "{given:?}");

    for mark in ["mark-tool", "mark-start", "mark-stop", "mark-server"] {
        assert!(!sandbox.dir.join(mark).exists(), "{mark}");
    }
    let journal = sandbox.journal();
    let tools = journal.iter().filter(|e| e["data"]["kind"] == "tool").count();
    // The program refuses the last one by itself, without asking.
    assert_eq!(tools, calls.len() - 1);
    completed(&sandbox.output(&["audit", "verify"]));
}

/// No file, command, skill or agent of the checkout gets into what the model is told.
#[test]
fn real_prompts_bring_nothing_along() {
    let Some(sandbox) = project() else { return };
    let file = sandbox.dir.join("src/lib.rs").display().to_string();
    let server = AiServer::start([Answer::calls("Read", json!({ "file_path": file })), Answer::says("done")]);
    completed(&run(&sandbox, &server, "work"));
    for seen in server.seen() {
        let body = seen.body.to_string();
        assert!(!body.contains("MARK-OF") && !body.contains("hush"), "{body}");
    }
    let body = server.seen().last().expect("it asked").body.to_string();
    assert!(
        body.contains("Your task:\\n\\n/init @keys/id Do it.") && body.contains("You write code."),
        "{body}"
    );
}

#[test]
fn a_real_answer_in_its_form() {
    let Some(sandbox) = project() else { return };
    let server = AiServer::start([
        Answer::calls("Bash", json!({ "command": "printf hello" })),
        Answer::calls("StructuredOutput", json!({ "headline": "hi" })),
        Answer::says("done"),
    ]);
    let value: Json = serde_json::from_str(&completed(&run(&sandbox, &server, "notes"))).expect("JSON");
    assert_eq!(value, json!({ "headline": "hi" }));
}

/// A command that the agent started does not outlive the agent.
#[test]
fn real_children_do_not_outlive_it() {
    let Some(sandbox) = project() else { return };
    sandbox.write("wflow.toml", format!("{CONFIG}timeout = \"4s\"\n"));
    let server =
        AiServer::start([Answer::calls("Bash", json!({ "command": "sleep 1234" })), Answer::says("done")]);
    let output = run(&sandbox, &server, "work");
    assert!(stderr(&output).contains("E1303"), "{}", stderr(&output));
    let here = sandbox.dir.display().to_string();
    for entry in std::fs::read_dir("/proc").expect("it is there").flatten() {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let folder = std::fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        assert!(folder.display().to_string() != here, "{line} is left");
    }
}
