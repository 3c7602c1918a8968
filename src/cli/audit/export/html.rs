//! A run as one page for people, complete in itself: no script, nothing loaded. Everything in a journal is untrusted
//! text and is made harmless before it stands in the page.

use super::report::{Row, What, last, rows};
use crate::cli::report::Trouble;
use crate::effects::process::command_line;
use crate::journal::{
    Event, EventType, Journal, Prefix, RunDir, Runs, Timestamp, Verdict, bytes_from_json, verify_run,
};
use crate::ui::{escape, json as ui_json, time};
use serde_json::{Map, Value as Json};

const STYLE: &str = include_str!("report.css");
/// Longer outputs are cut here; the journal has all of them.
const LONGEST: usize = 64 * 1024;
const COLUMNS: usize = 110;

pub fn export(runs: &Runs, dir: &RunDir) -> Result<String, Trouble> {
    let verdict = verify_run(runs, dir)?.verdict;
    let prefix = Prefix::of(dir, None)?;
    let mut events = Journal::read(dir)?.events;
    for event in &mut events {
        for (name, value) in &mut event.data {
            // What a run is pinned to is named by its digests.
            if !matches!(name.as_str(), "sources" | "config" | "policy") {
                dir.blobs().inline(value)?;
            }
        }
    }
    let mut page = Page { out: String::new(), start: events.first().map_or(Timestamp(0), |e| e.at) };
    page.head(dir, &events);
    page.facts(dir, &events, &prefix, &verdict);
    let rows = rows(&events);
    page.decisions(&rows);
    page.out.push_str("<h2>What happened</h2>\n<ol class=\"timeline\">\n");
    rows.iter().for_each(|row| page.row(row));
    page.out.push_str("</ol>\n");
    page.foot();
    Ok(page.out)
}

/// For a place of one line: nothing in it is markup, moves or hides anything.
fn text(text: &str) -> String {
    markup(&escape::line(text))
}

/// For a block of lines.
fn block(text: &str) -> String {
    markup(&escape::block(text).join("\n"))
}

fn markup(safe: &str) -> String {
    let mut out = String::with_capacity(safe.len());
    for c in safe.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn moment(at: Timestamp) -> String {
    let full = at.rfc3339();
    match full.split_once('T') {
        Some((date, time)) => format!("{date} {} UTC", time.get(..8).unwrap_or(time)),
        None => full,
    }
}

fn field<'a>(data: &'a Map<String, Json>, name: &str) -> &'a str {
    data.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn texts<'a>(data: &'a Map<String, Json>, name: &str) -> Vec<&'a str> {
    data.get(name).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

/// How the run stands, and the colour of that.
fn ending(events: &[Event]) -> (&'static str, &'static str) {
    match events.last().map(|e| e.kind) {
        Some(EventType::RunCompleted) => ("completed", "good"),
        Some(EventType::RunFailed) => ("failed", "bad"),
        Some(EventType::RunRejected) => ("rejected", "bad"),
        Some(EventType::RunCancelled) => ("cancelled", "bad"),
        Some(EventType::RunSuspended) => ("suspended", "warn"),
        _ => ("not ended", "warn"),
    }
}

struct Page {
    out: String,
    /// When the run began.
    start: Timestamp,
}

impl Page {
    fn put(&mut self, html: &str) {
        self.out.push_str(html);
        self.out.push('\n');
    }

    fn head(&mut self, dir: &RunDir, events: &[Event]) {
        let workflow =
            events.first().map(|e| text(e.text("workflow").unwrap_or_default())).unwrap_or_default();
        let (state, paint) = ending(events);
        self.put("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
        self.put("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
        self.put("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        self.put(&format!("<title>{workflow}: run {}</title>", dir.id().short()));
        self.put(&format!("<style>\n{STYLE}</style>\n</head>\n<body>"));
        self.put(&format!("<h1>{workflow} <span class=\"badge {paint}\">{state}</span></h1>"));
        self.put(&format!("<div class=\"soft mono\">run {}</div>", dir.id()));
    }

    fn facts(&mut self, dir: &RunDir, events: &[Event], prefix: &Prefix, verdict: &Verdict) {
        let none = Map::new();
        let data = events.first().map_or(&none, |e| &e.data);
        self.put("<h2>The run</h2>\n<table class=\"facts\">");
        let mut fact = |name: &str, html: String| {
            if !html.is_empty() {
                self.put(&format!("<tr><th>{name}</th><td>{html}</td></tr>"));
            }
        };
        let who =
            |key: &str| data.get("who").and_then(|w| w.get(key)).and_then(Json::as_str).unwrap_or_default();
        let (first, end) = (events.first().map(|e| e.at), events.last().map(|e| e.at));
        if let (Some(first), Some(end)) = (first, end) {
            let by = text(&format!("{} on {}", who("user"), who("host")));
            fact("started", format!("{} by {by}", moment(first)));
            let took = time::duration(end.0.saturating_sub(first.0));
            fact("last event", format!("{}, after {took}", moment(end)));
        }
        fact("file", text(field(data, "file")));
        for (name, value) in data.get("args").and_then(Json::as_object).into_iter().flatten() {
            let shown = text(&ui_json::compact(value));
            fact("argument", format!("<code>{}: {shown}</code>", text(name)));
        }
        for source in data.get("sources").and_then(Json::as_array).into_iter().flatten() {
            let part = |key: &str| text(source.get(key).and_then(Json::as_str).unwrap_or_default());
            fact("source", format!("{} <code class=\"soft\">{}</code>", part("name"), part("blob")));
        }
        fact("policy", format!("<code>{}</code>", text(field(data, "policy"))));
        fact("engine", text(&format!("wflow {}, mode {}", field(data, "engine"), field(data, "mode"))));
        let journal = format!(
            "{} events, {} bytes, <code class=\"soft\">sha256:{}</code>",
            prefix.events, prefix.bytes, prefix.sha256
        );
        fact("journal", journal);
        let paint = match verdict {
            Verdict::Ok => "good",
            Verdict::Incomplete { .. } => "warn",
            Verdict::Damaged { .. } => "bad",
        };
        let check = format!("<code>wflow audit verify {}</code> says it anew", dir.id().short());
        let shown = text(&verdict.to_string());
        fact(
            "verified",
            format!("<span class=\"{paint}\">{shown}</span> <span class=\"soft\">({check})</span>"),
        );
        self.put("</table>");
    }

    fn decisions(&mut self, rows: &[Row]) {
        let gates = rows.iter().filter_map(|row| match &row.what {
            What::Gate { decisions, .. } => Some(decisions),
            _ => None,
        });
        let decided: Vec<&Event> = gates.flatten().collect();
        if decided.is_empty() {
            return;
        }
        self.put("<h2>Who decided</h2>\n<table>");
        self.put("<tr><th>gate</th><th>decision</th><th>by</th><th>proof</th><th>when</th></tr>");
        for event in decided {
            let (what, paint) = decision(event);
            self.put(&format!(
                "<tr><td>{}</td><td class=\"{paint}\">{what}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                text(event.text("gate").unwrap_or_default()),
                text(event.text("approver").unwrap_or_default()),
                proof(event),
                moment(event.at),
            ));
        }
        self.put("</table>");
    }

    fn row(&mut self, row: &Row) {
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
        let gates = texts(data, "after");
        if !gates.is_empty() {
            self.put(&format!("<div class=\"soft\">allowed by gate {}</div>", text(&gates.join(", "))));
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
            ("write", _) => {
                self.folded("text", request("text").and_then(Json::as_str).unwrap_or_default());
            }
            _ => {}
        }
    }

    fn gate(&mut self, data: &Map<String, Json>, decisions: &[Event]) {
        let (name, question) = (text(field(data, "gate")), text(field(data, "question")));
        self.put(&format!("<span class=\"kind\">gate</span> <strong>{name}</strong>: {question}"));
        let by = texts(data, "by").join(" and ");
        let by = if by.is_empty() { String::from("anyone who may approve") } else { by };
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
            self.put(&format!("<div>shown: {}</div><pre>{}</pre>", text(name), cut(&lines)));
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
            EventType::ValueRecorded => {
                let value = event.data.get("value").map(ui_json::compact).unwrap_or_default();
                let request = event.data.get("request").map(ui_json::compact).unwrap_or_default();
                let head =
                    format!("<span class=\"kind\">{}</span> <code>{}</code>", part("kind"), text(&request));
                match value.len() > 100 {
                    true => {
                        self.put(&head);
                        self.folded("value", event.text("value").unwrap_or(&value));
                    }
                    false => self.put(&format!("{head} <code class=\"soft\">{}</code>", text(&value))),
                }
            }
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

    fn foot(&mut self) {
        let version = env!("CARGO_PKG_VERSION");
        self.put(&format!(
            "<footer>Made by wflow {version} from the run's journal. This page proves nothing by itself: the journal does.</footer>"
        ));
        self.put("</body>\n</html>");
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

fn decision(event: &Event) -> (&'static str, &'static str) {
    match (event.kind, event.text("decision")) {
        (EventType::GateExpired, _) => ("expired", "bad"),
        (_, Some("approve")) => ("approved", "good"),
        _ => ("rejected", "bad"),
    }
}

fn proof(event: &Event) -> String {
    if event.kind == EventType::GateExpired {
        return String::new();
    }
    let account = match event.text("account").unwrap_or_default() {
        "" => String::new(),
        account => format!(", account {}", text(account)),
    };
    let claimed = match event.data.get("claimed").and_then(Json::as_bool) {
        Some(true) => ", who it is was only said",
        _ => "",
    };
    format!("{}{account}{claimed}", text(event.text("assurance").unwrap_or("terminal")))
}
