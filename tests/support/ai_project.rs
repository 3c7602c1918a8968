//! A project whose `wflow.toml` points at a scripted server, and the real program in it with keys for all providers.

use crate::ai_server::{AiServer, Answer};
use crate::sandbox::{Sandbox, stderr, stdout};
use serde_json::Value as Json;
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

pub struct Project {
    pub sandbox: Sandbox,
    pub server: AiServer,
}

#[allow(dead_code, reason = "each test file uses its part")]
impl Project {
    pub fn new(provider: &str, more: &str, script: impl IntoIterator<Item = Answer>) -> Project {
        let server = AiServer::start(script);
        let config = format!(
            "[ai]\nprovider = \"{provider}\"\nmodel = \"m-1\"\nbase_url = \"{}\"\n{more}\n",
            server.url()
        );
        let sandbox = Sandbox::with(&[("wflow.toml", &config), ("a.wflow", WORKFLOW)]);
        Project { sandbox, server }
    }

    pub fn run(&self, args: &[&str]) -> Output {
        let words = ["run", "a.wflow"].into_iter().chain(args.iter().copied()).collect::<Vec<_>>();
        self.wflow(&words)
    }

    pub fn wflow(&self, args: &[&str]) -> Output {
        let mut command = self.sandbox.wflow(args);
        for name in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"] {
            command.env(name, "sk-test-0123456789");
        }
        command.output().expect("wflow starts")
    }

    /// The result of the newest run's first question.
    pub fn result(&self) -> Json {
        let journal = self.sandbox.journal();
        let ended = journal.iter().find(|e| e["type"] == "effect.completed").cloned();
        ended.map(|e| e["data"]["result"].clone()).unwrap_or_default()
    }
}

#[track_caller]
pub fn failed(output: &Output, code: &str) -> String {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{text}\n{}", stdout(output));
    assert!(text.contains(code), "{code} in:\n{text}");
    text
}

#[track_caller]
pub fn completed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}\n{}", stderr(output), stdout(output));
    stdout(output)
}
