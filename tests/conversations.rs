//! Conversations: the real program in a terminal of its own, and a scripted server that answers over each protocol.

#[path = "support/ai_server.rs"]
mod ai_server;
#[path = "conversations/cassettes.rs"]
mod cassettes;
#[path = "support/chance.rs"]
mod chance;
#[path = "conversations/ends.rs"]
mod ends;
#[path = "conversations/keys.rs"]
mod keys;
#[path = "conversations/kills.rs"]
mod kills;
#[path = "conversations/others.rs"]
mod others;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/sandbox.rs"]
mod sandbox;
#[path = "conversations/talk.rs"]
mod talk;

use ai_server::{AiServer, Answer};
use pty::Pty;
use sandbox::{Sandbox, WFLOW, stderr, stdout};
use serde_json::Value as Json;
use std::process::{Command, Output};

const WORKFLOW: &str = r#"
type Notes { headline: Text where it.len <= 20, tags: [Text] }

agent writer { system: "You are brief." }
agent curt { max_turns: 2 }

workflow talk() -> Text { ask interactive writer "Write a plan." up to 3 turns }
workflow notes() -> Notes {
    ask interactive "Write notes." as Notes with { log: "one\ntwo" }
        check it.tags.len > 0 else "name a tag at least"
}
workflow short() -> Notes { ask interactive curt "Write notes." as Notes }
workflow plain() -> Text { let a = ask "Say one."  let b = ask "Say two."  "{a} {b}" }
workflow served() -> Text { ask interactive "Say it." otherwise "without an AI" }
workflow caught() -> Text { try { ask interactive "Say it." up to 1 turns } catch business e { "none: {e.message}" } }
workflow tries() -> Notes { ask interactive "Write notes." as Notes retry 1 }
workflow beside() -> [Text] { parallel for x in ["left", "right"] { ask interactive "Say {x}." } }
workflow ended() { parallel { talk: ask interactive "Say it.", bad: { wait 1s  fail business "it is over" } } }
workflow quiet() -> Int { 1 }
"#;

struct Project {
    sandbox: Sandbox,
    server: AiServer,
}

impl Project {
    fn new(provider: &str, more: &str, script: impl IntoIterator<Item = Answer>) -> Project {
        let server = AiServer::start(script);
        let config = format!(
            "[ai]\nprovider = \"{provider}\"\nmodel = \"m-1\"\nbase_url = \"{}\"\n{more}\n[ai.prices.\"m-1\"]\ninput = 1.0\noutput = 10.0\n",
            server.url()
        );
        let sandbox = Sandbox::with(&[("wflow.toml", &config), ("a.wflow", WORKFLOW)]);
        Project { sandbox, server }
    }

    /// In a terminal.
    fn screen(&self, args: &[&str]) -> Pty {
        Pty::spawn(self.command(args), 50, 100, Some("never read\n"))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(WFLOW);
        command.args(args).current_dir(&self.sandbox.dir).env_clear();
        command.env("TERM", "xterm").env("NO_COLOR", "1").env("LANG", "C.UTF-8").env("PATH", "/usr/bin:/bin");
        command.env("HOME", self.sandbox.dir.parent().expect("it is in a folder"));
        keys_of(&mut command);
        command
    }

    fn run(&self, workflow: &str, more: &[&str]) -> Pty {
        self.screen(&[&["run", "a.wflow", "--workflow", workflow], more].concat())
    }

    fn resume(&self) -> Pty {
        self.screen(&["resume", "--last"])
    }

    /// Without one.
    fn wflow(&self, args: &[&str]) -> Output {
        let mut command = self.sandbox.wflow(args);
        keys_of(&mut command);
        command.output().expect("wflow starts")
    }

    fn asked(&self) -> usize {
        self.server.seen().len()
    }

    /// The messages of a request, as texts.
    fn messages(&self, request: usize) -> Vec<String> {
        let body = self.server.seen()[request].body.clone();
        let all = body.get("messages").or(body.get("contents")).and_then(Json::as_array).cloned();
        let text = |m: &Json| {
            let text = m["content"].as_str().or(m["parts"][0]["text"].as_str());
            text.unwrap_or_default().to_owned()
        };
        all.unwrap_or_default().iter().filter(|m| m["role"] != "system").map(text).collect()
    }

    /// The record is whole, and says just what the program does.
    #[track_caller]
    fn holds(&self) -> String {
        let verified = self.wflow(&["audit", "verify", "last"]);
        assert_eq!(verified.status.code(), Some(0), "{}{}", stdout(&verified), stderr(&verified));
        self.replays();
        let story = self.wflow(&["runs", "show", "last"]);
        assert_eq!(story.status.code(), Some(0), "{}", stderr(&story));
        stdout(&story)
    }

    #[track_caller]
    fn replays(&self) {
        let again = self.wflow(&["audit", "replay", "last"]);
        assert_eq!(again.status.code(), Some(0), "{}{}", stdout(&again), stderr(&again));
    }
}

fn keys_of(command: &mut Command) {
    for name in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"] {
        command.env(name, "sk-test-0123456789");
    }
}

#[track_caller]
fn ended(screen: Pty, code: i32) -> pty::Finished {
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(code), "{}\n{}", end.screen, end.stdout);
    end
}

/// What is on the screen, without the sequences that wflow itself sends. There must be no others.
#[track_caller]
fn harmless(screen: &str) -> String {
    let mut out = String::new();
    let mut rest = screen;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&rest[..at]);
        let sequence = &rest[at + 1..];
        let end = sequence.find(|c: char| c.is_ascii_alphabetic()).expect("a sequence has an end");
        let own = matches!(&sequence[..=end], "[J" | "[K" | "[?2004h" | "[?2004l")
            || matches!(sequence.as_bytes()[end], b'A' | b'C')
                && sequence[1..end].bytes().all(|b| b.is_ascii_digit());
        assert!(own, "a sequence that is not wflow's own: {:?}", &sequence[..=end]);
        rest = &sequence[end + 1..];
    }
    out.push_str(rest);
    let other = out.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r'));
    assert_eq!(other, None, "{out:?}");
    out
}
