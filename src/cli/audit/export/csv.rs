//! A run as a table (RFC 4180): one row an event. A cell that a spreadsheet would take for a formula begins with `'`.

use crate::cli::report::Trouble;
use crate::effects::process::command_line;
use crate::journal::{Event, EventType, Journal, RunDir, canonical};
use serde_json::Value as Json;

const HEAD: [&str; 10] = ["seq", "at", "epoch", "type", "path", "what", "outcome", "who", "digest", "data"];

pub fn export(dir: &RunDir) -> Result<String, Trouble> {
    let mut out = String::new();
    row(&mut out, &HEAD.map(String::from));
    for event in Journal::read(dir)?.events {
        row(&mut out, &cells(dir, &event)?);
    }
    Ok(out)
}

fn cells(dir: &RunDir, event: &Event) -> Result<[String; 10], Trouble> {
    let text = |key: &str| event.text(key).unwrap_or_default().to_owned();
    let part = |whole: &str, name: &str| event.data.get(whole).and_then(|w| w.get(name));
    // Whoever started or resumed it, or spoke in a conversation.
    let who = part("who", "user").or(part("result", "account")).and_then(Json::as_str);
    Ok([
        event.seq.to_string(),
        event.at.rfc3339(),
        event.epoch.to_string(),
        event.kind.name().to_owned(),
        event.path.clone(),
        what(dir, event)?,
        outcome(event),
        who.map_or_else(|| text("approver"), str::to_owned),
        text("digest"),
        // As it is recorded: what is large is named by its digest.
        canonical(&Json::Object(event.data.clone())).unwrap_or_default(),
    ])
}

fn what(dir: &RunDir, event: &Event) -> Result<String, Trouble> {
    let text = |key: &str| event.text(key).unwrap_or_default().to_owned();
    Ok(match event.kind {
        EventType::RunStarted => text("workflow"),
        EventType::StepStarted => text("title"),
        EventType::EffectIntended => {
            let mut request = event.data.get("request").cloned().unwrap_or_default();
            dir.blobs().inline(&mut request)?;
            let words = request.get("argv").and_then(Json::as_array);
            let words: Option<Vec<&str>> = words.map(|w| w.iter().filter_map(Json::as_str).collect());
            match (words, request.get("path").and_then(Json::as_str)) {
                (Some(words), _) => command_line(words),
                (None, Some(path)) => format!("{} {path}", text("kind")),
                (None, None) => text("kind"),
            }
        }
        EventType::GateOpened => text("question"),
        EventType::GateDecided | EventType::GateExpired => text("gate"),
        EventType::ValueRecorded => text("kind"),
        EventType::Said => {
            let mut said = event.data.get("text").cloned().unwrap_or_default();
            dir.blobs().inline(&mut said)?;
            said.as_str().unwrap_or_default().to_owned()
        }
        EventType::RunSuspended => [text("gate"), text("until"), text("reason")].concat(),
        _ => String::new(),
    })
}

fn outcome(event: &Event) -> String {
    let failure = |key: &str| event.data.get("failure").and_then(|f| f.get(key)).and_then(Json::as_str);
    match event.kind {
        EventType::EffectCompleted => {
            let exit = event.data.get("result").and_then(|r| r.get("exit")).and_then(Json::as_i64);
            exit.map_or_else(|| String::from("completed"), |code| format!("exit {code}"))
        }
        EventType::EffectFailed
        | EventType::RunFailed
        | EventType::UndoCompleted
        | EventType::RunRejected => failure("message").unwrap_or_default().to_owned(),
        EventType::GateDecided => event.text("decision").unwrap_or_default().to_owned(),
        EventType::GateExpired => String::from("expired"),
        _ => String::new(),
    }
}

fn row(out: &mut String, cells: &[String]) {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        let cell = if formula { format!("'{cell}") } else { cell.clone() };
        match cell.contains(['"', ',', '\r', '\n', '\t']) || formula {
            true => out.push_str(&format!("\"{}\"", cell.replace('"', "\"\""))),
            false => out.push_str(&cell),
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::row;

    fn line(cells: &[&str]) -> String {
        let mut out = String::new();
        row(&mut out, &cells.iter().map(|c| String::from(*c)).collect::<Vec<_>>());
        out
    }

    #[test]
    fn cells_keep_their_text_and_no_formula_runs() {
        assert_eq!(line(&["a", "", "b c"]), "a,,b c\r\n");
        assert_eq!(line(&["a,b", "say \"x\"", "1\n2"]), "\"a,b\",\"say \"\"x\"\"\",\"1\n2\"\r\n");
        for text in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(line(&[text]).starts_with(&format!("\"'{}", &text[..1])), "{text:?}");
        }
    }
}
