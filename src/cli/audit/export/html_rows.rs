//! The rows of the page's timeline.

use super::html::{COLUMNS, Page, decision, field, moment, proof, text, texts};
use super::report::{Row, What, last};
use crate::effects::process::command_line;
use crate::journal::{Event, EventType, Timestamp, bytes_from_json};
use crate::ui::{escape, json as ui_json, time};
use serde_json::{Map, Value as Json};

/// Longer outputs are cut here; the journal has all of them.
const LONGEST: usize = 64 * 1024;

/// For a block of lines.
fn block(text: &str) -> String {
    super::html::markup(&escape::block(text).join("\n"))
}

impl Page {
    pub fn row(&mut self, row: &Row) {
        let class = match &row.what {
            What::Step { .. } => "step",
            What::Gate { .. } => "gate",
            What::Effect { outcome: Some(Err(_)), .. } | What::Undo { failure: Some(_), .. } => "failed",
            What::Effect { .. } | What::Undo { .. } => "run",
            What::Event(e) => match e.kind {
                EventType::RunCompleted => "end",
                EventType::RunFailed | EventType::RunRejected | EventType::RunCancelled => "failed",
                EventType::RunSuspended | EventType::RunResumed | EventType::JournalCut => "pause",
                _ => "fact",
            },
        };
        let since = time::duration(row.at.0.saturating_sub(self.start.0));
        let title = text(&format!("{} · line {} · {}", row.at.rfc3339(), row.line, row.path));
        let indent = 1.4 * row.depth.min(8) as f32;
        self.put(&format!("<li class=\"{class}\" title=\"{title}\"><time>+{since}</time>"));
        self.put(&format!("<div class=\"body\" style=\"margin-left:{indent:.1}rem\">"));
        match &row.what {
            What::Step { title, ended } => {
                self.put(&format!("<strong>{}</strong> {}", text(title), took(row.at, *ended)));
            }
            What::Effect { data, ended, outcome, settled_by } => {
                self.effect(row, data, *ended, outcome.as_ref(), settled_by.as_deref());
            }
            What::Gate { data, decisions } => self.gate(data, decisions),
            What::Undo { ended, failure } => {
                let step = text(last(&row.path));
                self.put(&format!("taking back <strong>{step}</strong> {}", took(row.at, *ended)));
                failure.iter().for_each(|f| self.failure(f));
            }
            What::Event(event) => self.event(event),
        }
        self.put("</div></li>");
    }

    fn effect(
        &mut self,
        row: &Row,
        data: &Map<String, Json>,
        ended: Option<Timestamp>,
        outcome: Option<&Result<Json, Json>>,
        settled_by: Option<&str>,
    ) {
        let kind = field(data, "kind");
        let request = |key: &str| data.get("request").and_then(|r| r.get(key));
        let words = request("argv").and_then(Json::as_array);
        let what = match words {
            Some(words) => {
                let line = command_line(words.iter().filter_map(Json::as_str));
                format!("<code>{}</code>", text(&line))
            }
            None => text(request("path").and_then(Json::as_str).unwrap_or_default()),
        };
        let tool = request("tool").and_then(Json::as_str).map(|tool| format!("{} {what}", text(tool)));
        let what = tool.unwrap_or(what);
        let exit = outcome.and_then(|o| o.as_ref().ok()).and_then(|r| r.get("exit")).and_then(Json::as_i64);
        let how = match (outcome, exit) {
            (None, _) => String::from("<span class=\"warn\">nobody knows whether it happened</span>"),
            (Some(Err(_)), _) => String::from("<span class=\"bad\">failed</span>"),
            (_, Some(0)) => String::from("<span class=\"good\">exit 0</span>"),
            (_, Some(code)) => format!("<span class=\"warn\">exit {code}</span>"),
            _ => String::new(),
        };
        let own =
            outcome.and_then(|o| o.as_ref().ok()).and_then(|r| r.get("duration_ms")).and_then(Json::as_i64);
        let took = match own {
            Some(ms) => format!("<span class=\"soft\">{}</span>", time::duration(ms)),
            None => took(row.at, ended),
        };
        self.put(&format!("<span class=\"kind\">{}</span> {what} {how} {took}", text(kind)));
        self.gates(data);
        let allowed = |key: &str| data.get("allowed").and_then(|a| a.get(key)).and_then(Json::as_str);
        match (allowed("rule"), allowed("by")) {
            (Some(rule), _) => self.put(&format!("<div class=\"soft\">allowed by {}</div>", text(rule))),
            (None, Some(who)) => {
                self.put(&format!("<div class=\"soft\">allowed once by {}</div>", text(who)))
            }
            (None, None) => {}
        }
        let places = texts(data, "because");
        if !places.is_empty() {
            let places = text(&places.join(", "));
            self.put(&format!("<div class=\"soft\">decided by an untrusted value at {places}</div>"));
        }
        if let Some(who) = settled_by.or(data.get("settled_by").and_then(Json::as_str)) {
            self.put(&format!(
                "<div class=\"warn\">{} said so after a crash; nobody saw it</div>",
                text(who)
            ));
        }
        match (kind, outcome) {
            (_, Some(Err(failure))) => self.failure(failure),
            ("run", Some(Ok(result))) => {
                for (key, name) in [("stdout", "output"), ("stderr", "standard error")] {
                    let bytes = result.get(key).and_then(bytes_from_json).unwrap_or_default();
                    match std::str::from_utf8(&bytes) {
                        Ok(output) => self.folded(name, output),
                        Err(_) => self.folded(name, &format!("({} bytes that are not text)", bytes.len())),
                    }
                }
            }
            ("ask", Some(Ok(result))) => {
                for message in request("messages").and_then(Json::as_array).into_iter().flatten() {
                    let part = |key: &str| message.get(key).and_then(Json::as_str).unwrap_or_default();
                    self.folded(
                        if part("role") == "user" { "question" } else { "answer before" },
                        part("text"),
                    );
                }
                match result.get("unavailable") {
                    Some(why) => self.failure(why),
                    None => {
                        self.folded("answer", result.get("text").and_then(Json::as_str).unwrap_or_default())
                    }
                }
            }
            ("reply", Some(Ok(result))) => {
                let is = |key: &str| result.get(key).and_then(Json::as_bool) == Some(true);
                if is("accepted") {
                    let part = |key: &str| result.get(key).and_then(Json::as_str);
                    let by = part("account").map(|account| format!(" by {}", text(account)));
                    let from = part("from").map(|from| format!(", as the {} says", text(from)));
                    let how = by.or(from).unwrap_or_default();
                    self.put(&format!("<div class=\"good\">accepted{how}</div>"));
                }
                if is("sent_back") {
                    let wrong = request("wrong").and_then(Json::as_array).into_iter().flatten();
                    let wrong: Vec<&str> = wrong.filter_map(Json::as_str).collect();
                    self.folded("what is wrong, sent back", &wrong.join("\n"));
                }
                if let Some(said) = result.get("text").and_then(Json::as_str) {
                    self.folded("the person says", said);
                }
            }
            ("tool", Some(Ok(result))) => {
                self.folded("input", &crate::ui::json::compact(request("input").unwrap_or(&Json::Null)));
                self.folded("result", result.get("text").and_then(Json::as_str).unwrap_or_default());
            }
            ("write", _) => {
                self.folded("text", request("text").and_then(Json::as_str).unwrap_or_default());
            }
            _ => {}
        }
    }

    fn gate(&mut self, data: &Map<String, Json>, decisions: &[Event]) {
        let (name, question) = (text(field(data, "gate")), text(field(data, "question")));
        self.put(&format!("<span class=\"kind\">gate</span> <strong>{name}</strong>: {question}"));
        let mut by = texts(data, "by");
        // The project and the file often ask for the same people.
        by.dedup();
        let by = if by.is_empty() { String::from("anyone who may approve") } else { by.join(", and by ") };
        self.put(&format!("<div class=\"soft\">decided by {}</div>", text(&by)));
        for criterion in texts(data, "require") {
            self.put(&format!("<div>requires: {}</div>", text(criterion)));
        }
        for shown in data.get("evidence").and_then(Json::as_array).into_iter().flatten() {
            let name = shown.get(0).and_then(Json::as_str).unwrap_or("evidence");
            let value = shown.get(1).unwrap_or(&Json::Null);
            let lines = match value {
                Json::String(text) => text.clone(),
                other => ui_json::pretty(other, COLUMNS).join("\n"),
            };
            match lines.contains('\n') || lines.len() > COLUMNS {
                true => self.put(&format!("<div>shown: {}</div><pre>{}</pre>", text(name), cut(&lines))),
                false => self.put(&format!("<div>shown: {} <code>{}</code></div>", text(name), text(&lines))),
            }
        }
        let digest = text(field(data, "digest"));
        self.put(&format!("<div class=\"soft\">evidence <code>{digest}</code></div>"));
        for event in decisions {
            let (what, paint) = decision(event);
            let who = text(event.text("approver").unwrap_or_default());
            let comment = match event.text("comment").unwrap_or_default() {
                "" => String::new(),
                comment => format!("<br>“{}”", text(comment)),
            };
            self.put(&format!(
                "<div><span class=\"{paint}\">{what}</span> {who} <span class=\"soft\">{} · {}</span>{comment}</div>",
                proof(event),
                moment(event.at),
            ));
            for criterion in texts(&event.data, "confirmed") {
                self.put(&format!("<div class=\"soft\">confirmed: {}</div>", text(criterion)));
            }
            if let Some(value) = event.data.get("value") {
                let lines = ui_json::pretty(value, COLUMNS).join("\n");
                self.put(&format!("<div>answered</div><pre>{}</pre>", cut(&lines)));
            }
        }
        if decisions.is_empty() {
            self.put("<div class=\"warn\">nobody has decided</div>");
        }
    }

    fn event(&mut self, event: &Event) {
        let part = |key: &str| text(event.text(key).unwrap_or_default());
        match event.kind {
            EventType::Said => self.put(&format!("<span class=\"kind\">said</span> {}", part("text"))),
            EventType::ValueRecorded => self.fact(event),
            EventType::RunCompleted => {
                self.put("<strong class=\"good\">completed</strong>");
                if let Some(value) = event.data.get("value") {
                    let lines = ui_json::pretty(value, COLUMNS).join("\n");
                    self.put(&format!("<pre>{}</pre>", cut(&lines)));
                }
            }
            EventType::RunFailed | EventType::RunRejected | EventType::RunCancelled => {
                let word = event.kind.name().trim_start_matches("run.");
                self.put(&format!("<strong class=\"bad\">{word}</strong>"));
                event.data.get("failure").into_iter().for_each(|f| self.failure(f));
            }
            EventType::RunSuspended => {
                let at = match (part("gate"), part("until"), part("reason")) {
                    (gate, ..) if !gate.is_empty() => format!("at gate {gate}"),
                    (_, until, _) if !until.is_empty() => format!("until {until}"),
                    (.., reason) => reason,
                };
                self.put(&format!("<strong class=\"warn\">suspended</strong> {at}"));
            }
            EventType::RunResumed => {
                let who = event.data.get("who").and_then(|w| w.get("user")).and_then(Json::as_str);
                let changed =
                    if event.data.contains_key("accepted_changes") { ", with changed files" } else { "" };
                let who = text(who.unwrap_or_default());
                self.put(&format!("<strong class=\"warn\">resumed</strong> by {who}{changed}"));
            }
            other => self.put(&format!("<span class=\"soft\">{}</span>", text(other.about()))),
        }
    }

    /// A fact of the outside, as the run saw it.
    fn fact(&mut self, event: &Event) {
        let kind = event.text("kind").unwrap_or_default();
        // Most ask for one thing, which speaks for itself.
        let asked = match event.data.get("request") {
            Some(Json::Object(map)) if map.len() == 1 => match map.values().next() {
                Some(Json::String(one)) => one.clone(),
                other => other.map(ui_json::compact).unwrap_or_default(),
            },
            other => other.map(ui_json::compact).unwrap_or_default(),
        };
        let value = match (kind, event.data.get("value")) {
            ("now" | "wait" | "backoff", Some(Json::Number(n))) => {
                n.as_i64().map(|ms| moment(Timestamp(ms))).unwrap_or_default()
            }
            (_, value) => value.map(ui_json::compact).unwrap_or_default(),
        };
        let head = format!("<span class=\"kind\">{}</span> <code>{}</code>", text(kind), text(&asked));
        match value.len() > 60 {
            true => {
                self.put(&head);
                self.folded("value", event.text("value").unwrap_or(&value));
            }
            false => self.put(&format!("{head} <code class=\"soft\">{}</code>", text(&value))),
        }
        self.gates(&event.data);
    }

    /// What guards an effect or a fact.
    fn gates(&mut self, data: &Map<String, Json>) {
        let gates = texts(data, "after");
        if !gates.is_empty() {
            self.put(&format!("<div class=\"soft\">allowed by gate {}</div>", text(&gates.join(", "))));
        }
    }

    fn failure(&mut self, failure: &Json) {
        let part = |key: &str| failure.get(key).and_then(Json::as_str).unwrap_or_default();
        self.put(&format!(
            "<div class=\"bad\">{} <code>[{}]</code></div>",
            text(part("message")),
            text(part("code"))
        ));
        for note in
            failure.get("notes").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
        {
            self.put(&format!("<pre>{}</pre>", cut(note)));
        }
    }

    fn folded(&mut self, name: &str, output: &str) {
        let lines = output.lines().count();
        if lines == 0 {
            return;
        }
        let count = if lines == 1 { String::from("1 line") } else { format!("{lines} lines") };
        self.put(&format!("<details><summary>{name}, {count}</summary><pre>{}</pre></details>", cut(output)));
    }
}

fn cut(output: &str) -> String {
    if output.len() <= LONGEST {
        return block(output);
    }
    let mut end = LONGEST;
    while !output.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}\n… {} more bytes are in the journal", block(&output[..end]), output.len() - end)
}

fn took(from: Timestamp, to: Option<Timestamp>) -> String {
    match to {
        Some(to) => format!("<span class=\"soft\">{}</span>", time::duration(to.0.saturating_sub(from.0))),
        None => String::from("<span class=\"warn\">did not end</span>"),
    }
}
