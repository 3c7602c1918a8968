//! A world that answers from a script and writes down what it was asked.

use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::sync::Mutex;
use wflow::diagnostics::{ErrorKind, Failure, codes::runtime};
use wflow::interpreter::*;

pub struct ScriptedWorld {
    answers: Mutex<Vec<(String, Vec<Json>, usize)>>,
    trace: Mutex<Vec<String>>,
    args: Map<String, Json>,
    mode: Mode,
    roles: Vec<String>,
    sorted: bool,
    passed: bool,
    written: Mutex<HashMap<String, String>>,
}

impl ScriptedWorld {
    pub fn new(text: &str) -> ScriptedWorld {
        let mut world = ScriptedWorld {
            answers: Mutex::default(),
            trace: Mutex::default(),
            args: Map::new(),
            mode: Mode::Ai,
            roles: Vec::new(),
            sorted: false,
            passed: false,
            written: Mutex::default(),
        };
        let mut answers: Vec<(String, Vec<Json>, usize)> = Vec::new();
        for line in text.lines().filter_map(|l| l.strip_prefix("//@ ")) {
            if let Some((key, value)) = line.split_once(" => ") {
                let value: Json = serde_json::from_str(value).unwrap_or_else(|e| panic!("{line}: {e}"));
                match answers.iter_mut().find(|(k, ..)| k == key) {
                    Some((_, list, _)) => list.push(value),
                    None => answers.push((key.to_owned(), vec![value], 0)),
                }
                continue;
            }
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "args" => world.args = serde_json::from_str(rest).expect("arguments"),
                "mode" => world.mode = if rest == "pure" { Mode::Pure } else { Mode::Interactive },
                "roles" => world.roles = rest.split(' ').map(str::to_owned).collect(),
                "sorted" => world.sorted = true,
                "passed" => world.passed = true,
                other => panic!("unknown directive {other}"),
            }
        }
        *world.answers.lock().expect("lock") = answers;
        world
    }

    pub fn args(&self) -> Map<String, Json> {
        self.args.clone()
    }

    pub fn has_role(&self, name: &str) -> bool {
        self.roles.iter().any(|r| r == name)
    }

    pub fn trace(&self) -> Vec<String> {
        let mut lines = self.trace.lock().expect("lock").clone();
        if self.sorted {
            lines.sort();
        }
        lines
    }

    fn note(&self, line: String) {
        self.trace.lock().expect("lock").push(line);
    }

    fn answer(&self, key: &str) -> Option<Json> {
        let mut answers = self.answers.lock().expect("lock");
        let best = answers
            .iter_mut()
            .filter(|(k, ..)| key == k || key.starts_with(&format!("{k} ")))
            .max_by_key(|(k, ..)| k.len())?;
        let answer = best.1[best.2.min(best.1.len() - 1)].clone();
        best.2 += 1;
        Some(answer)
    }
}

fn failure(answer: &Json) -> Option<Stop> {
    let kind = ErrorKind::from_name(answer.get("fail")?.as_str()?)?;
    let message = answer.get("message").and_then(Json::as_str).unwrap_or("scripted failure");
    Some(Failure::new(kind, runtime::E1009, message).into())
}

impl World for ScriptedWorld {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn run(&self, at: &At, request: &RunRequest) -> Answer<RunReply> {
        let words: Vec<String> = request
            .argv
            .iter()
            .map(|w| {
                if w.text.contains(' ') || w.text.is_empty() {
                    format!("'{}'", w.text)
                } else {
                    w.text.clone()
                }
            })
            .collect();
        let words = words.join(" ");
        let mut line = format!("run {}: {words}", at.path);
        if let Some(dir) = &request.dir {
            line.push_str(&format!(" in {dir}"));
        }
        for (name, value) in &request.env {
            line.push_str(&match value {
                EnvValue::Text(t) => format!(" {name}={t}"),
                EnvValue::Secret { name: secret } => format!(" {name}=[secret {secret}]"),
            });
        }
        if let Some(stdin) = &request.stdin {
            line.push_str(&format!(" stdin {stdin:?}"));
        }
        if let Some(ms) = request.timeout_ms {
            line.push_str(&format!(" timeout {ms}"));
        }
        if request.idempotent {
            line.push_str(" idempotent");
        }
        if self.passed {
            let gates: Vec<&str> = at.passed.iter().map(|(_, path)| &**path).collect();
            line.push_str(&format!(" passed {gates:?}"));
        }
        self.note(line);
        let answer = self.answer(&format!("run {words}")).unwrap_or_else(|| json!({}));
        if answer == json!("interrupt") {
            return Err(Stop::Interrupted);
        }
        if let Some(stop) = failure(&answer) {
            return Err(stop);
        }
        if let Some(other) = answer.get("after").and_then(Json::as_str) {
            // Until another branch has come so far.
            while !self.trace().iter().any(|line| line.ends_with(other)) {
                std::thread::yield_now();
            }
        }
        if answer == json!("until cancelled") {
            // A long command: ends only when somebody cancels it.
            while !at.cancel.is_cancelled() {
                std::thread::yield_now();
            }
            return Err(Stop::Cancelled);
        }
        let bytes = |key: &str| match answer.get(key) {
            Some(Json::Array(bytes)) => bytes.iter().filter_map(|b| Some(b.as_u64()? as u8)).collect(),
            other => other.and_then(Json::as_str).unwrap_or_default().as_bytes().to_vec(),
        };
        Ok(RunReply {
            exit: answer.get("exit").and_then(Json::as_i64).unwrap_or(0),
            stdout: bytes("stdout"),
            stderr: bytes("stderr"),
            duration_ms: 1500,
        })
    }

    fn ask(&self, at: &At, request: &AskRequest) -> Answer<AskReply> {
        let agent = request.agent.as_ref().map_or("-", |a| &a.name);
        let mut line = format!("ask {}: {agent} {:?} as {}", at.path, request.prompt, request.type_name);
        if let Some(a) = &request.agent {
            for (name, value) in [("system", &a.system), ("model", &a.model), ("provider", &a.provider)] {
                if let Some(value) = value {
                    line.push_str(&format!(" {name}={value:?}"));
                }
            }
            if !a.context.is_empty() {
                line.push_str(&format!(" context={:?}", a.context));
            }
            if let Some(n) = a.max_turns {
                line.push_str(&format!(" max_turns={n}"));
            }
        }
        for (name, value) in &request.with {
            line.push_str(&format!(" with {name}={value}"));
        }
        if request.schema.is_some() {
            line.push_str(" schema");
        }
        if request.interactive {
            line.push_str(" interactive");
        }
        if let Some(n) = request.turns {
            line.push_str(&format!(" turns {n}"));
        }
        if let Some(ms) = request.timeout_ms {
            line.push_str(&format!(" timeout {ms}"));
        }
        self.note(line);
        if let Some(previous) = &request.previous {
            for wrong in &previous.wrong {
                self.note(format!("    wrong: {wrong}"));
            }
        }
        match self.answer(&format!("ask {agent}")).or_else(|| self.answer("ask")) {
            Some(Json::String(text)) => Ok(AskReply::Text(text)),
            Some(answer) => match answer.get("unavailable").and_then(Json::as_str) {
                Some(kind) => {
                    let kind = ErrorKind::from_name(kind).expect("a kind");
                    Ok(AskReply::Unavailable(Failure::new(kind, runtime::E1018, "no provider answers")))
                }
                None => match failure(&answer) {
                    Some(stop) => Err(stop),
                    None => Ok(AskReply::Text(answer.to_string())),
                },
            },
            None => Ok(AskReply::Text(String::from("an answer"))),
        }
    }

    fn forgiven(&self, at: &At, leniencies: &[String]) -> Answer<()> {
        self.note(format!("forgiven {}: {}", at.path, leniencies.join(", ")));
        Ok(())
    }

    fn gate(&self, at: &At, request: &GateRequest, check: Validator<'_>) -> Answer<GateReply> {
        let mut line = format!("gate {}: {:?}", at.path, request.question);
        if let Some(by) = &request.by {
            line.push_str(&format!(" by {}", approvers(by)));
        }
        for spec in &request.escalate {
            line.push_str(&format!(" escalate {}", approvers(spec)));
        }
        let explicit = if request.show_explicit { "show" } else { "evidence" };
        for (name, value) in &request.show {
            line.push_str(&format!(" {explicit} {name}={value}"));
        }
        for criterion in &request.require {
            line.push_str(&format!(" require {criterion:?}"));
        }
        if let Some(ms) = request.timeout_ms {
            line.push_str(&format!(" timeout {ms}"));
        }
        if let Some(edit) = &request.edit {
            line.push_str(&format!(" edit {edit}"));
        }
        if let Some(name) = &request.type_name {
            line.push_str(&format!(" as {name}"));
        }
        if let Some(level) = &request.assurance {
            line.push_str(&format!(" assurance {level}"));
        }
        self.note(line);
        let at_time = String::from("2026-11-23T10:00:00Z");
        loop {
            let answer = self.answer(&format!("gate {}", request.name)).unwrap_or_else(|| json!("approve"));
            return Ok(match &answer {
                Json::String(word) if word == "approve" => GateReply::Approved {
                    by: vec![String::from("alice")],
                    comments: Vec::new(),
                    at: at_time,
                    value: request.edit.clone(),
                },
                Json::String(word) if word == "expire" => GateReply::Expired,
                Json::String(word) if word == "suspend" => {
                    let (gate, path) = (request.name.clone(), at.path.clone());
                    return Err(Stop::Suspended(Suspension::Gate { gate, path }));
                }
                other => {
                    let texts = |key: &str| -> Vec<String> {
                        let list = other.get(key).and_then(Json::as_array).cloned().unwrap_or_default();
                        list.iter().filter_map(|t| Some(t.as_str()?.to_owned())).collect()
                    };
                    if let Some(comment) = other.get("reject") {
                        let comment = comment.as_str().unwrap_or_default().to_owned();
                        return Ok(GateReply::Rejected { by: texts("by"), comment });
                    }
                    let value = other.get("value").cloned();
                    if let Some(value) = &value
                        && let Err(wrong) = check(value)
                    {
                        for message in wrong {
                            self.note(format!("    refused: {message}"));
                        }
                        continue;
                    }
                    GateReply::Approved { by: texts("by"), comments: texts("comments"), at: at_time, value }
                }
            });
        }
    }

    fn read(&self, at: &At, path: &str) -> Answer<String> {
        self.note(format!("read {}: {path}", at.path));
        if let Some(text) = self.written.lock().expect("lock").get(path) {
            return Ok(text.clone());
        }
        match self.answer(&format!("read {path}")) {
            Some(Json::String(text)) => Ok(text),
            Some(json) => Ok(json.to_string()),
            None => {
                let message = format!("there is no file `{path}`");
                Err(Failure::new(ErrorKind::Configuration, runtime::E1009, message).into())
            }
        }
    }

    fn write(&self, at: &At, path: &str, text: &str) -> Answer<()> {
        self.note(format!("write {}: {path} {text:?}", at.path));
        self.written.lock().expect("lock").insert(path.to_owned(), text.to_owned());
        Ok(())
    }

    fn glob(&self, at: &At, pattern: &str) -> Answer<Vec<String>> {
        self.note(format!("glob {}: {pattern}", at.path));
        let found = self.answer(&format!("glob {pattern}")).unwrap_or_else(|| json!([]));
        Ok(found.as_array().into_iter().flatten().filter_map(|p| Some(p.as_str()?.to_owned())).collect())
    }

    fn exists(&self, at: &At, path: &str) -> Answer<bool> {
        self.note(format!("exists {}: {path}", at.path));
        Ok(self.answer(&format!("exists {path}")) == Some(json!(true)))
    }

    fn now(&self, at: &At) -> Answer<i64> {
        self.note(format!("now {}", at.path));
        Ok(self.answer("now").and_then(|n| n.as_i64()).unwrap_or(1_795_428_000_000))
    }

    fn uuid(&self, at: &At) -> Answer<String> {
        self.note(format!("uuid {}", at.path));
        Ok(String::from("0199a4c2-0000-7000-8000-000000000000"))
    }

    fn env(&self, at: &At, name: &str) -> Answer<Option<String>> {
        self.note(format!("env {}: {name}", at.path));
        Ok(self.answer(&format!("env {name}")).and_then(|t| Some(t.as_str()?.to_owned())))
    }

    fn secret(&self, at: &At, name: &str) -> Answer<()> {
        self.note(format!("secret {}: {name}", at.path));
        Ok(())
    }

    fn wait(&self, at: &At, millis: i64) -> Answer<()> {
        self.note(format!("wait {}: {millis}", at.path));
        Ok(())
    }

    fn say(&self, at: &At, text: &str) -> Answer<()> {
        self.note(format!("say {}: {text}", at.path));
        Ok(())
    }

    fn vouch(&self, at: &At, because: &str, value: &Json) -> Answer<()> {
        self.note(format!("vouch {}: {value} because {because}", at.path));
        Ok(())
    }

    fn is_role(&self, name: &str) -> bool {
        self.has_role(name)
    }

    fn roles(&self) -> Vec<String> {
        self.roles.clone()
    }

    fn step_started(&self, at: &At, name: &str, title: Option<&str>) -> Answer<()> {
        self.note(format!("step {} started: {name} {:?}", at.path, title.unwrap_or_default()));
        Ok(())
    }

    fn step_completed(&self, at: &At, name: &str, value: &Json) -> Answer<()> {
        self.note(format!("step {} completed: {name} {value}", at.path));
        Ok(())
    }

    fn step_failed(&self, at: &At, name: &str, stop: &Stop) {
        let why = match stop {
            Stop::Failed(failure) => failure.to_string(),
            other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        };
        self.note(format!("step {} failed: {name} {why}", at.path));
    }

    fn undo_started(&self, at: &At, step: &str, _: bool) -> Answer<()> {
        self.note(format!("undo {} started: {step}", at.path));
        Ok(())
    }

    fn undo_completed(&self, at: &At, step: &str, failure: Option<&Failure>) -> Answer<()> {
        let how = failure.map_or(String::from("done"), ToString::to_string);
        self.note(format!("undo {} completed: {step} {how}", at.path));
        Ok(())
    }

    fn backoff(&self, at: &At, attempt: u32, of: u32, delay_ms: Option<i64>, why: &Failure) -> Answer<()> {
        let delay = delay_ms.map_or(String::from("as you like"), |ms| format!("{ms} ms"));
        self.note(format!("again {}: {attempt} of {of}, {delay}, because {}", at.path, why.message));
        Ok(())
    }

    fn call(&self, at: &At, task: &str, args: &[Json]) -> Option<Answer<Json>> {
        let answer = self.answer(&format!("call {task}"))?;
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        self.note(format!("call {}: {task}({})", at.path, args.join(", ")));
        match failure(&answer) {
            Some(stop) => Some(Err(stop)),
            None => Some(Ok(answer)),
        }
    }

    fn answers_calls(&self) -> bool {
        self.answers.lock().expect("lock").iter().any(|(key, ..)| key.starts_with("call "))
    }
}

fn approvers(spec: &ApproverSpec) -> String {
    let all = |list: &[ApproverSpec]| list.iter().map(approvers).collect::<Vec<_>>();
    match spec {
        ApproverSpec::One(name) => name.clone(),
        ApproverSpec::And(list) => format!("({})", all(list).join(" and ")),
        ApproverSpec::Or(list) => format!("({})", all(list).join(" or ")),
        ApproverSpec::Quorum { count, of } => format!("{count} of [{}]", all(of).join(", ")),
    }
}
