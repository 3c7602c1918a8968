//! Commands, questions, gates, facts: one story each.

use super::page::Page;
use super::place::Standing;
use crate::cli::runs::moment;
use crate::effects::ai::context::Context;
use crate::effects::ai::usage::Usage;
use crate::effects::process::command_line;
use crate::journal::{Event, EventType, Timestamp, bytes_from_json};
use crate::ui::style::{Paint, Symbol};
use crate::ui::{json as ui_json, time};
use serde_json::{Map, Value as Json};

/// A command, a question, a write: what was intended, and what became of it.
pub struct Effect {
    data: Map<String, Json>,
    started: Timestamp,
    ended: Option<Timestamp>,
    outcome: Option<Result<Json, Json>>,
    /// It is the end of an effect of an earlier process, which nobody had seen.
    settled: bool,
    /// It is a further answer of a conversation.
    goes_on: bool,
}

impl Effect {
    pub fn intended(data: Map<String, Json>, at: Timestamp, goes_on: bool) -> Effect {
        Effect { data, started: at, ended: None, outcome: None, settled: false, goes_on }
    }

    pub fn settled(&self) -> Effect {
        Effect { settled: true, outcome: None, ended: None, data: self.data.clone(), ..*self }
    }

    pub fn end(&mut self, data: &Map<String, Json>, at: Timestamp) {
        self.ended = Some(at);
        self.outcome = Some(match data.get("failure") {
            Some(failure) => Err(failure.clone()),
            None => Ok(data.get("result").cloned().unwrap_or_default()),
        });
    }

    fn request(&self, field: &str) -> Option<&Json> {
        self.data.get("request").and_then(|r| r.get(field))
    }

    pub fn tell(&self, page: &mut Page, depth: usize, now: Standing) {
        let kind = self.data.get("kind").and_then(Json::as_str).unwrap_or("effect");
        let (what, facts) = self.head(kind);
        let facts_paint = match self.outcome.as_ref().and_then(|o| o.as_ref().ok()?.get("exit")?.as_i64()) {
            Some(exit) if exit != 0 => Paint::Warn,
            _ => Paint::Dim,
        };
        let keyword = format!("{kind} ");
        let paint = match &self.outcome {
            Some(Err(_)) => Some(Paint::Bad),
            _ => Some(Paint::Accent),
        };
        page.put(depth, &[(paint, &keyword), (None, &what), (Some(facts_paint), &facts)]);
        let inner = depth + 1;
        tell_gates(page, inner, &self.data);
        let places = texts_of(self.data.get("because"));
        if !places.is_empty() {
            let text = format!("decided by an untrusted value at {}", places.join(", "));
            page.put(inner, &[(Some(Paint::Dim), &text)]);
        }
        self.details(page, inner, kind);
        match &self.outcome {
            Some(Ok(_)) if self.settled => {
                page.put(inner, &[(Some(Paint::Warn), "a person said that it had happened")]);
            }
            Some(Ok(result)) => self.result(page, inner, kind, result),
            Some(Err(failure)) => page.failure(inner, failure),
            None if now == Standing::UnderWay => page.put(inner, &[(Some(Paint::Dim), "under way")]),
            None if now == Standing::Unknown => {
                page.put(inner, &[(Some(Paint::Warn), "its end cannot be read")]);
            }
            None if self.data.get("repeatable").and_then(Json::as_bool) == Some(true) => {
                page.put(inner, &[(Some(Paint::Warn), "its end is not recorded; it may be done again")]);
            }
            None => page.put(inner, &[(Some(Paint::Warn), "in doubt: nobody knows whether it happened")]),
        }
    }

    /// The line's text, and what follows it dimmed.
    fn head(&self, kind: &str) -> (String, String) {
        let took = |ms: i64| time::duration(ms);
        let elapsed = self.ended.map(|end| end.0.saturating_sub(self.started.0));
        let done = match &self.outcome {
            Some(Ok(result)) => Some(result),
            _ => None,
        };
        match kind {
            "run" => {
                let argv = texts_of(self.request("argv"));
                let number = |key: &str| done.and_then(|r| r.get(key)).and_then(Json::as_i64);
                let facts = match (number("exit"), number("duration_ms").or(elapsed)) {
                    (Some(exit), Some(ms)) => format!("  exit {exit}, {}", took(ms)),
                    (None, Some(ms)) => format!("  {}", took(ms)),
                    _ => String::new(),
                };
                (command_line(argv), facts)
            }
            "ask" => {
                let text = |key: &str| done.and_then(|r| r.get(key)).and_then(Json::as_str);
                let who = text("provider").unwrap_or("an AI");
                let model = text("model").or_else(|| self.request("model").and_then(Json::as_str));
                // A person is both.
                let model = model.filter(|m| *m != who).map_or(String::new(), |m| format!(" ({m})"));
                let tries = self.messages().iter().filter(|m| is_from(m, "user")).count();
                let again = if tries > 1 && !self.goes_on { ", once more" } else { "" };
                let elapsed = elapsed.map_or(String::new(), |ms| format!("  {}", took(ms)));
                let ended = match &self.outcome {
                    Some(Ok(result) | Err(result)) => Some(result),
                    None => None,
                };
                let usage = ended.and_then(|r| r.get("usage")).map(Usage::from_json);
                let usage = usage.map_or(String::new(), |u| format!(", {}", u.in_words()));
                (format!("{who}{model}{again}"), format!("{elapsed}{usage}"))
            }
            "tool" => {
                let text = |key: &str| self.request(key).and_then(Json::as_str).unwrap_or_default();
                let argv = texts_of(self.request("argv"));
                let what = if argv.is_empty() { text("path").to_owned() } else { command_line(argv) };
                let elapsed = elapsed.filter(|_| done.is_some());
                let elapsed = elapsed.map_or(String::new(), |ms| format!("  {}", took(ms)));
                (format!("{} {what}", text("tool")), elapsed)
            }
            "write" => {
                let path = self.request("path").and_then(Json::as_str).unwrap_or_default();
                let text = self.request("text").and_then(Json::as_str).unwrap_or_default();
                (path.to_owned(), format!("  {}", lines(text)))
            }
            "reply" => {
                let number = |key: &str| self.request(key).and_then(Json::as_i64).unwrap_or(0);
                let elapsed = elapsed.map_or(String::new(), |ms| format!("  {}", took(ms)));
                (format!("of the person, turn {} of {}", number("turn"), number("turns")), elapsed)
            }
            _ => {
                let request = self.data.get("request").map(ui_json::compact).unwrap_or_default();
                (request, elapsed.map_or(String::new(), |ms| format!("  {}", took(ms))))
            }
        }
    }

    fn messages(&self) -> Vec<&Json> {
        self.request("messages").and_then(Json::as_array).into_iter().flatten().collect()
    }

    fn details(&self, page: &mut Page, depth: usize, kind: &str) {
        let dim = Some(Paint::Dim);
        match kind {
            "run" => {
                if let Some(folder) = self.request("in").and_then(Json::as_str) {
                    page.put(depth, &[(dim, "in "), (None, folder)]);
                }
                for (name, value) in self.request("env").and_then(Json::as_object).into_iter().flatten() {
                    let value = match value.get("secret").and_then(Json::as_str) {
                        Some(secret) => format!("[secret {secret}]"),
                        None => ui_json::compact(value),
                    };
                    page.put(depth, &[(dim, &format!("env {name} = ")), (None, &value)]);
                }
                if let Some(input) = self.request("stdin").and_then(Json::as_str) {
                    page.put(depth, &[(dim, "standard input")]);
                    page.quote(depth, input);
                }
            }
            "ask" => {
                // What was said before stands above, in its own turn.
                if self.goes_on && !page.full {
                    return;
                }
                let messages = self.messages();
                let text = |m: &Json| m.get("text").and_then(Json::as_str).unwrap_or_default().to_owned();
                // What was said last is the question; what came before stands above, in its own try.
                let shown = if page.full { 0 } else { messages.len().saturating_sub(1) };
                for message in &messages[shown..] {
                    let who = if is_from(message, "user") { "question" } else { "answer before" };
                    page.put(depth, &[(dim, who)]);
                    page.quote_head(depth, &text(message));
                }
            }
            "reply" => {
                for reason in texts_of(self.request("wrong")) {
                    page.put(depth, &[(Some(Paint::Warn), "cannot be accepted: "), (None, reason)]);
                }
            }
            "tool" => {
                let allowed =
                    |key: &str| self.data.get("allowed").and_then(|a| a.get(key)).and_then(Json::as_str);
                match (allowed("rule"), allowed("by")) {
                    (Some(rule), _) => page.put(depth, &[(dim, "allowed by "), (None, rule)]),
                    (None, Some(who)) => page.put(depth, &[(dim, "allowed once by "), (None, who)]),
                    (None, None) => {}
                }
                if page.full {
                    page.json(depth, self.request("input").unwrap_or(&Json::Null));
                }
            }
            "write" if page.full => {
                page.quote(depth, self.request("text").and_then(Json::as_str).unwrap_or_default());
            }
            _ => {}
        }
    }

    fn result(&self, page: &mut Page, depth: usize, kind: &str, result: &Json) {
        let dim = Some(Paint::Dim);
        match kind {
            "run" => {
                for (key, name) in [("stdout", None), ("stderr", Some("standard error"))] {
                    let bytes = result.get(key).and_then(bytes_from_json).unwrap_or_default();
                    if bytes.is_empty() {
                        continue;
                    }
                    if let Some(name) = name {
                        page.put(depth, &[(dim, name)]);
                    }
                    match std::str::from_utf8(&bytes) {
                        Ok(text) => page.quote(depth, text),
                        Err(_) => {
                            page.put(depth, &[(dim, &format!("({} bytes that are not text)", bytes.len()))])
                        }
                    }
                }
            }
            "ask" => {
                if let Some(why) = result.get("unavailable") {
                    page.put(depth, &[(Some(Paint::Warn), "no answer; `otherwise` served")]);
                    page.failure(depth, why);
                    return;
                }
                let text = result.get("text").and_then(Json::as_str).unwrap_or_default();
                page.put(depth, &[(dim, "answer")]);
                match serde_json::from_str::<Json>(text) {
                    Ok(value @ (Json::Object(_) | Json::Array(_))) => page.json(depth, &value),
                    _ => page.quote(depth, text),
                }
            }
            "write" => {}
            "reply" => {
                let text = |key: &str| result.get(key).and_then(Json::as_str).unwrap_or_default();
                let is = |key: &str| result.get(key).and_then(Json::as_bool) == Some(true);
                let mark = page.symbol(Symbol::Done);
                let by = match text("from") {
                    "" => format!(" by {}", text("account")),
                    from => format!(" as the {from} says"),
                };
                if is("accepted") {
                    page.put(depth, &[(Some(Paint::Good), &mark), (None, "accepted"), (dim, &by)]);
                }
                if is("sent_back") {
                    page.put(depth, &[(dim, "what is wrong was sent back")]);
                }
                page.quote(depth, text("text"));
            }
            "tool" => {
                let error = result.get("error").and_then(Json::as_bool) == Some(true);
                if error {
                    page.put(depth, &[(Some(Paint::Warn), "the tool calls this an error")]);
                }
                page.quote_head(depth, result.get("text").and_then(Json::as_str).unwrap_or_default());
            }
            _ if !result.is_null() => page.json(depth, result),
            _ => {}
        }
    }
}

fn is_from(message: &Json, role: &str) -> bool {
    message.get("role").and_then(Json::as_str) == Some(role)
}

fn texts_of(value: Option<&Json>) -> Vec<&str> {
    value.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

fn lines(text: &str) -> String {
    match text.lines().count() {
        1 => String::from("1 line"),
        n => format!("{n} lines"),
    }
}

/// A gate since it was opened.
pub struct Opened {
    data: Map<String, Json>,
    /// `gate.decided` and `gate.expired`.
    pub decisions: Vec<Event>,
    /// What was shown stands further above.
    again: bool,
}

impl Opened {
    pub fn new(data: Map<String, Json>) -> Opened {
        Opened { data, decisions: Vec::new(), again: false }
    }

    pub fn again(&self) -> Opened {
        Opened { data: self.data.clone(), decisions: Vec::new(), again: true }
    }

    pub fn tell(&self, page: &mut Page, depth: usize) {
        let text = |field: &str| self.data.get(field).and_then(Json::as_str).unwrap_or_default();
        let dim = Some(Paint::Dim);
        let again = if self.again { " (asked again)" } else { "" };
        let passed_on = if self.data.contains_key("stage") { " (passed on)" } else { "" };
        let name = format!("{}  ", text("gate"));
        let parts = [
            (Some(Paint::Accent), "gate "),
            (Some(Paint::Bold), &*name),
            (None, text("question")),
            (dim, again),
            (dim, passed_on),
        ];
        page.put(depth, &parts);
        let inner = depth + 1;
        if !self.again {
            let by = match self.data.get("by") {
                Some(Json::Array(_)) => texts_of(self.data.get("by")).join(" and "),
                Some(Json::String(by)) => by.clone(),
                _ => String::new(),
            };
            let by = if by.is_empty() { String::from("anybody") } else { by };
            let level = match text("min_assurance") {
                "" => String::new(),
                level => format!(", proof at least {level}"),
            };
            let until = match Timestamp::parse(text("expires")) {
                Some(until) => format!(", until {}", moment(until)),
                None => String::new(),
            };
            page.put(inner, &[(dim, "decided by "), (None, &format!("{by}{level}{until}"))]);
            for criterion in texts_of(self.data.get("require")) {
                page.put(inner, &[(dim, "requires "), (None, criterion)]);
            }
            for shown in self.data.get("evidence").and_then(Json::as_array).into_iter().flatten() {
                let name = shown.get(0).and_then(Json::as_str).unwrap_or("evidence");
                match shown.get(1) {
                    Some(value @ (Json::Object(_) | Json::Array(_))) => {
                        page.put(inner, &[(dim, "shown "), (None, name)]);
                        page.json(inner, value);
                    }
                    Some(Json::String(text)) if text.contains('\n') => {
                        page.put(inner, &[(dim, "shown "), (None, name)]);
                        page.quote(inner, text);
                    }
                    Some(value) => {
                        page.put(
                            inner,
                            &[(dim, "shown "), (None, &format!("{name}: {}", ui_json::compact(value)))],
                        );
                    }
                    None => {}
                }
            }
        }
        for decision in &self.decisions {
            decided(page, inner, decision);
        }
        if self.decisions.is_empty() {
            page.put(inner, &[(Some(Paint::Warn), "nobody has decided")]);
        }
    }
}

fn decided(page: &mut Page, depth: usize, event: &Event) {
    let text = |field: &str| event.text(field).unwrap_or_default();
    let dim = Some(Paint::Dim);
    let when = format!("  {}", moment(event.at));
    if event.kind == EventType::GateExpired {
        let mark = page.symbol(Symbol::Failed);
        let parts = [(Some(Paint::Bad), &*mark), (None, "nobody decided in time"), (dim, &when)];
        return page.put(depth, &parts);
    }
    let approved = text("decision") == "approve";
    let (symbol, paint, verb) = match approved {
        true => (Symbol::Done, Paint::Good, " approved"),
        false => (Symbol::Failed, Paint::Bad, " rejected"),
    };
    let mark = page.symbol(symbol);
    let level = if text("assurance").is_empty() { "terminal" } else { text("assurance") };
    let account = match text("account") {
        "" => String::new(),
        account if account == text("approver") => String::new(),
        account => format!(", account {account}"),
    };
    let claimed = match event.data.get("claimed").and_then(Json::as_bool) {
        Some(true) => ", who it is was only said",
        _ => "",
    };
    let how = format!("  {level}{account}{claimed}");
    let parts = [
        (Some(paint), &*mark),
        (Some(Paint::Bold), text("approver")),
        (None, verb),
        (dim, &how),
        (dim, &when),
    ];
    page.put(depth, &parts);
    if !text("comment").is_empty() {
        page.put(depth + 2, &[(None, &ui_json::quoted(text("comment")))]);
    }
    for criterion in texts_of(event.data.get("confirmed")) {
        page.put(depth + 2, &[(dim, "confirmed "), (None, criterion)]);
    }
    if let Some(value) = event.data.get("value") {
        page.put(depth + 2, &[(dim, "answered")]);
        page.json(depth + 2, value);
    }
}

/// A fact of the outside, as the run saw it.
pub fn tell_value(page: &mut Page, depth: usize, event: &Event) {
    tell_fact(page, depth, event);
    tell_gates(page, depth + 1, &event.data);
}

/// What guards an effect or a fact.
fn tell_gates(page: &mut Page, depth: usize, data: &Map<String, Json>) {
    let gates = texts_of(data.get("after"));
    if !gates.is_empty() {
        page.put(depth, &[(Some(Paint::Dim), &format!("allowed by gate {}", gates.join(", ")))]);
    }
}

fn tell_fact(page: &mut Page, depth: usize, event: &Event) {
    let dim = Some(Paint::Dim);
    let kind = event.text("kind").unwrap_or("value");
    let request = event.data.get("request");
    let asked = |field: &str| request.and_then(|r| r.get(field));
    let text = |field: &str| asked(field).and_then(Json::as_str).unwrap_or_default();
    let value = event.data.get("value");
    let at =
        |value: Option<&Json>| value.and_then(Json::as_i64).map_or(String::new(), |ms| moment(Timestamp(ms)));
    let shown = || value.map_or(String::from("none"), ui_json::compact);
    let line = match kind {
        "now" => format!("now  {}", at(value)),
        "env" => format!("env {}  {}", text("name"), shown()),
        "secret" => format!("secret {}", text("name")),
        "call" => format!("call {}", text("name")),
        "read" => {
            format!("read {}  {}", text("path"), lines(value.and_then(Json::as_str).unwrap_or_default()))
        }
        "exists" => format!("exists {}  {}", text("path"), shown()),
        "glob" => {
            let found = value.and_then(Json::as_array).map_or(0, Vec::len);
            let files = if found == 1 { "file" } else { "files" };
            format!("glob {}  {found} {files}", text("pattern"))
        }
        "wait" => {
            let ms = asked("ms").and_then(Json::as_i64).unwrap_or(0);
            format!("wait {}  until {}", time::duration(ms), at(value))
        }
        "vouch" => {
            page.put(depth, &[(Some(Paint::Warn), "vouch "), (None, text("because"))]);
            if let Some(value) = asked("of") {
                page.json(depth + 1, value);
            }
            return;
        }
        // How the answer above was read that was not quite what was asked for.
        "leniency" => {
            let all = texts_of(value).join(", ");
            return page.put(depth, &[(Some(Paint::Warn), "read leniently "), (None, &all)]);
        }
        "backoff" => {
            let number = |field: &str| asked(field).and_then(Json::as_i64).unwrap_or(0);
            let line = format!("try {} of {}, not before {}", number("attempt"), number("of"), at(value));
            return page.put(depth, &[(Some(Paint::Warn), &line)]);
        }
        "context" => {
            let context = Context::from_json(value.unwrap_or(&Json::Null));
            let files = if context.files.len() == 1 { "file" } else { "files" };
            format!("context  {} {files}, about {} tokens", context.files.len(), context.tokens())
        }
        other => format!("{other}  {}", shown()),
    };
    page.put(depth, &[(dim, &line)]);
    if kind == "context" {
        let context = Context::from_json(value.unwrap_or(&Json::Null));
        for (path, why) in &context.left_out {
            page.put(
                depth + 1,
                &[(Some(Paint::Warn), "not sent "), (None, path), (dim, &format!("  {why}"))],
            );
        }
        let listed = if page.full { context.files.as_slice() } else { &[] };
        for file in listed {
            let digest = format!("  about {} tokens, {}", file.tokens, file.digest);
            page.put(depth + 1, &[(None, &file.path), (dim, &digest)]);
        }
    }
    if page.full && matches!(kind, "read" | "glob") {
        match value {
            Some(Json::String(text)) => page.quote(depth + 1, text),
            Some(value) => page.json(depth + 1, value),
            None => {}
        }
    }
}
