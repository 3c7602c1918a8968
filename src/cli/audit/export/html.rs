//! A run as one page for people, complete in itself: no script, nothing loaded. Everything in a journal is untrusted
//! text and is made harmless before it stands in the page.

use super::report::{Row, What, rows};
use crate::cli::audit::verified;
use crate::cli::report::Trouble;
use crate::journal::{Event, EventType, Journal, Prefix, RunDir, Runs, Timestamp, Verdict};
use crate::ui::{escape, json as ui_json, time};
use serde_json::{Map, Value as Json};

const STYLE: &str = include_str!("report.css");
pub const COLUMNS: usize = 110;

pub fn export(runs: &Runs, dir: &RunDir) -> Result<String, Trouble> {
    let verdict = verified(runs, dir)?.verdict;
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
pub fn text(text: &str) -> String {
    markup(&escape::line(text))
}

pub fn markup(safe: &str) -> String {
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

pub fn moment(at: Timestamp) -> String {
    let full = at.rfc3339();
    match full.split_once('T') {
        Some((date, time)) => format!("{date} {} UTC", time.get(..8).unwrap_or(time)),
        None => full,
    }
}

pub fn field<'a>(data: &'a Map<String, Json>, name: &str) -> &'a str {
    data.get(name).and_then(Json::as_str).unwrap_or_default()
}

pub fn texts<'a>(data: &'a Map<String, Json>, name: &str) -> Vec<&'a str> {
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

pub struct Page {
    out: String,
    /// When the run began.
    pub start: Timestamp,
}

impl Page {
    pub fn put(&mut self, html: &str) {
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
        let (config, own) = match field(data, "policy").split_once('+') {
            Some((config, _)) => (config, ", and the file's own"),
            None => (field(data, "policy"), ""),
        };
        let config = match config {
            "" | "none" => String::from("no wflow.toml"),
            digest => format!("wflow.toml <code class=\"soft\">{}</code>", text(digest)),
        };
        fact("policy", format!("{config}{own}"));
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

    fn foot(&mut self) {
        let version = env!("CARGO_PKG_VERSION");
        self.put(&format!(
            "<footer>Made by wflow {version} from the run's journal. This page proves nothing by itself: the journal does.</footer>"
        ));
        self.put("</body>\n</html>");
    }
}

pub fn decision(event: &Event) -> (&'static str, &'static str) {
    match (event.kind, event.text("decision")) {
        (EventType::GateExpired, _) => ("expired", "bad"),
        (_, Some("approve")) => ("approved", "good"),
        _ => ("rejected", "bad"),
    }
}

pub fn proof(event: &Event) -> String {
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
