//! What is played in the terminal, by name.

use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use wflow::effects::ai::{Control, Provider, ProviderRequest, human::Human};
use wflow::effects::approval::{Ballot, Digests, Outcome, Sitting, decide, os_user};
use wflow::interpreter::{AskRequest, CancelToken, GateReply, GateRequest, Previous};
use wflow::policy::{Approvers, Assurance, Demand, People, Person, Role};
use wflow::ui::progress::{Event, How, Progress};
use wflow::ui::terminal::{Echo, Terminal, Wait};

pub fn play(case: &str) -> String {
    let mut request = gate();
    match case {
        "plain" => simple(&request),
        "criteria" => {
            request.require = vec!["All tests pass".into(), "Notes are right".into()];
            simple(&request)
        }
        "evidence" => {
            request.show =
                vec![("log".into(), json!("fine\n\u{1b}[2J\u{1b}]0;owned\u{7}\n\u{202e}txt.exe\nend"))];
            simple(&request)
        }
        "long" => {
            let lines: Vec<String> = (1..=60).map(|n| format!("line {n}.")).collect();
            request.show = vec![("log".into(), json!(lines.join("\n")))];
            simple(&request)
        }
        "after-stdin" => {
            // Opens only once the other side has typed and said so.
            let mut word = String::new();
            std::io::stdin().read_line(&mut word).expect("a line");
            simple(&request)
        }
        "soon" => sit(&request, &People::default(), None, &[], Some(Duration::from_millis(300))),
        "edit" => {
            request.edit = Some(json!({"headline": "Old", "highlights": ["one"]}));
            request.schema = Some(notes_schema());
            request.type_name = Some("Notes".into());
            simple(&request)
        }
        "form" => {
            request.schema = Some(notes_schema());
            request.type_name = Some("Notes".into());
            simple(&request)
        }
        "two" => {
            let people = people(&["alice", "bob"], &[]);
            sit(&request, &people, Some("alice and bob"), &[], None)
        }
        "two-edit" => {
            request.edit = Some(json!({"headline": "Fine"}));
            request.schema = Some(notes_schema());
            let people = people(&["alice", "bob"], &[]);
            sit(&request, &people, Some("alice and bob"), &[], None)
        }
        "starter" => {
            let me = os_user();
            let people = people(&[&me, "bob"], &[("release_manager", &[&me, "bob"])]);
            sit(&request, &people, Some("release_manager"), &[&me], None)
        }
        "alone" => {
            let me = os_user();
            let people = people(&[&me], &[]);
            sit(&request, &people, Some(&me), &[&me], None)
        }
        "ask" => ask(None),
        "ask-again" => ask(Some(Previous {
            answer: r#"{"headline": "Fixes"}"#.into(),
            wrong: vec!["$.highlights is missing".into()],
        })),
        "ask-line" => said(&question(Some(json!({"type": "string", "minLength": 3, "maxLength": 9})), None)),
        "ask-enum" => {
            let high = json!({"const": "High", "description": "it may break"});
            said(&question(Some(json!({"anyOf": [{"const": "Low"}, high]})), None))
        }
        "ask-text" => ask_text(),
        "line" => line(Echo::Shown),
        "hidden" => line(Echo::Hidden),
        "panic" => {
            let _ = std::thread::spawn(|| {
                let _terminal = Terminal::open(&Wait::default());
                panic!("on purpose");
            })
            .join();
            String::from("went on")
        }
        "progress" => progress(),
        "exit" => {
            let mut terminal = Terminal::open(&Wait::default()).expect("a terminal");
            terminal.println("leaving");
            std::process::exit(7)
        }
        other => panic!("no case {other}"),
    }
}

fn gate() -> GateRequest {
    GateRequest {
        name: "ship".into(),
        question: "Publish 1.2.0?".into(),
        by: None,
        show: vec![("tests".into(), json!(0))],
        show_explicit: true,
        require: Vec::new(),
        timeout_ms: None,
        escalate: Vec::new(),
        edit: None,
        schema: None,
        type_name: None,
        assurance: None,
    }
}

fn notes_schema() -> Json {
    json!({
        "type": "object",
        "properties": {
            "headline": {"type": "string", "maxLength": 80},
            "highlights": {"type": "array", "items": {"type": "string"}},
            "risk": {"$ref": "#/$defs/Risk"},
            "issue": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "draft": {"type": "boolean"}
        },
        "required": ["headline", "highlights"],
        "$defs": {"Risk": {"anyOf": [
            {"enum": ["Low", "Medium"]},
            {"type": "object", "properties": {"High": {
                "type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]
            }}, "required": ["High"]}
        ]}}
    })
}

/// A headline is needed, and is not "Old".
fn check(value: &Json) -> Result<(), Vec<String>> {
    match value.get("headline").and_then(Json::as_str) {
        None => Err(vec!["headline is missing".into()]),
        Some("Old") => Err(vec!["headline: name what is new".into()]),
        Some(_) => Ok(()),
    }
}

fn people(names: &[&str], roles: &[(&str, &[&str])]) -> People {
    let person = |n: &&str| {
        (Arc::from(*n), Person { name: Arc::from(*n), keys: Vec::new(), span: Default::default() })
    };
    let role = |(name, members): &(&str, &[&str])| {
        let members = members.iter().map(|m| Arc::from(*m)).collect();
        (Arc::from(*name), Role { members, span: Default::default() })
    };
    People {
        people: names.iter().map(person).collect::<BTreeMap<_, _>>(),
        roles: roles.iter().map(role).collect(),
    }
}

fn simple(request: &GateRequest) -> String {
    sit(request, &People::default(), None, &[], None)
}

fn sit(
    request: &GateRequest,
    people: &People,
    by: Option<&str>,
    excluded: &[&str],
    time: Option<Duration>,
) -> String {
    let by = by.map(|text| vec![Approvers::parse(text).expect("an expression")]).unwrap_or_default();
    let excluded = excluded.iter().map(|n| Arc::from(*n)).collect();
    let demand = Demand { people, by, excluded };
    let digests =
        Digests { workflow: "sha256:w".into(), policy: "sha256:p".into(), evidence: "sha256:e".into() };
    let drafts = std::env::temp_dir();
    let cancel = CancelToken::default();
    let sitting = Sitting {
        workflow: "release",
        run: "0192",
        path: "release/ship",
        opened: "1970-01-01T00:00:00.000Z",
        request,
        demand: &demand,
        digests: &digests,
        assurance: Assurance::Terminal,
        until: time.map(|t| SystemTime::now() + t),
        earlier: &[],
        ballot: &Ballot::new(request),
        arrived: &|| false,
        preset: None,
        drafts: &drafts,
        cancel: &cancel,
    };
    told(decide(&sitting, &check))
}

fn told(outcome: Outcome) -> String {
    let who = |decisions: Vec<wflow::effects::approval::Decision>| {
        let each = |d: &wflow::effects::approval::Decision| {
            format!("{}{}", d.approver, if d.claimed { "(claimed)" } else { "" })
        };
        decisions.iter().map(each).collect::<Vec<_>>().join(",")
    };
    match outcome {
        Outcome::Decided { reply: GateReply::Approved { comments, value, .. }, decisions } => {
            let confirmed = decisions.first().map(|d| d.confirmed.len()).unwrap_or(0);
            let value = value.map(|v| v.to_string()).unwrap_or_default();
            format!("approved by {} [{}] confirmed {confirmed} {value}", who(decisions), comments.join("|"))
        }
        Outcome::Decided { reply: GateReply::Rejected { comment, .. }, decisions } => {
            format!("rejected by {} [{comment}]", who(decisions))
        }
        Outcome::Decided { reply: GateReply::Expired, .. } => String::from("expired"),
        Outcome::Suspended { why, decisions } => format!("suspended {why:?} {}", who(decisions)),
        Outcome::Arrived { .. } => String::from("arrived"),
        Outcome::Interrupted { .. } => String::from("interrupted"),
        Outcome::Cancelled { .. } => String::from("cancelled"),
        Outcome::Failed(failure) => format!("failed {failure}"),
    }
}

fn question(schema: Option<Json>, previous: Option<Previous>) -> ProviderRequest {
    let ask = AskRequest {
        agent: None,
        prompt: "Write the notes.".into(),
        with: vec![("log".into(), json!("abc\u{1b}[31m fix"))],
        schema,
        type_name: "Notes".into(),
        interactive: false,
        turns: None,
        timeout_ms: None,
        said: Vec::new(),
        previous,
        attempt: 1,
    };
    ProviderRequest::new(&ask, None, Vec::new())
}

fn ask(previous: Option<Previous>) -> String {
    said(&question(Some(notes_schema()), previous))
}

fn ask_text() -> String {
    said(&question(None, None))
}

fn said(request: &ProviderRequest) -> String {
    let cancel = CancelToken::default();
    match Human.answer(request, &Control::plain("w/ask", &cancel)) {
        Ok(reply) => format!("{:?}", reply.text),
        Err(why) => format!("{why:?}"),
    }
}

fn line(echo: Echo) -> String {
    let mut terminal = match Terminal::open(&Wait::default()) {
        Ok(terminal) => terminal,
        Err(ended) => return format!("{ended:?}"),
    };
    format!("{:?}", terminal.line("type> ", echo, &Wait::default()))
}

fn progress() -> String {
    let progress = Progress::new(false, false);
    let path = String::from("release/tests");
    progress.event(Event::StepStarted {
        path: path.clone(),
        name: "tests".into(),
        title: Some("Run them".into()),
    });
    let run = String::from("release/tests/run#1");
    progress.event(Event::Started { path: run.clone(), text: "cargo test".into() });
    progress.event(Event::Output { path: run, line: "compiling".into() });
    // The other side types when it has seen the frame.
    let mut word = String::new();
    std::io::stdin().read_line(&mut word).expect("a line");
    {
        let _pause = progress.pause();
        let mut terminal = Terminal::open(&Wait::default()).expect("a terminal");
        let _ = terminal.line("question> ", Echo::Shown, &Wait::default());
    }
    progress.event(Event::StepEnded { path, name: "tests".into(), how: How::Done, millis: Some(61_000) });
    String::from("done")
}
