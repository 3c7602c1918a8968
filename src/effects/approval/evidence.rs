//! What is shown before a decision, as safe lines.

use crate::interpreter::GateRequest;
use crate::ui::{escape, json};
use serde_json::Value as Json;

/// The evidence of a gate, complete.
pub fn lines(request: &GateRequest, value: Option<&Json>, columns: usize) -> Vec<String> {
    let width = columns.saturating_sub(6).min(110);
    let mut out = Vec::new();
    for (name, shown) in &request.show {
        part(&mut out, &escape::line(name), shown, width);
    }
    if let Some(value) = value {
        let title = match (&request.edit, &request.type_name) {
            (Some(original), _) if original == value => String::from("value to approve (`edit` changes it)"),
            (Some(_), _) => String::from("value to approve, edited"),
            (None, Some(name)) => format!("answer, a {}", escape::line(name)),
            (None, None) => String::from("answer"),
        };
        part(&mut out, &title, value, width);
    }
    if out.is_empty() {
        out.push(String::from("(no evidence)"));
    }
    out
}

fn part(out: &mut Vec<String>, title: &str, value: &Json, width: usize) {
    let lines = match value {
        Json::String(text) if text.contains('\n') => escape::block(text),
        // A text is shown as it is, unless its quotes tell something.
        Json::String(text) if !text.is_empty() && text.trim() == text => vec![escape::line(text)],
        other => json::pretty(other, width),
    };
    if let [only] = lines.as_slice()
        && escape::width(only) + escape::width(title) + 2 <= width
    {
        out.push(format!("{title}: {only}"));
        return;
    }
    out.push(format!("{title}:"));
    out.extend(lines.into_iter().map(|l| format!("  {l}")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn evidence_is_complete_and_safe() {
        let mut request = GateRequest {
            name: "ship".into(),
            question: "Publish?".into(),
            by: None,
            show: vec![
                ("tests".into(), json!(0)),
                ("log".into(), json!("abc fix\n\x1b[2J\u{202e}def")),
                ("notes".into(), json!({"headline": "Fixes", "risk": "Low"})),
            ],
            show_explicit: true,
            require: vec![],
            timeout_ms: None,
            escalate: vec![],
            edit: None,
            schema: None,
            type_name: None,
            assurance: None,
        };
        assert_eq!(
            lines(&request, None, 80),
            [
                "tests: 0",
                "log:",
                "  abc fix",
                "  \\x1b[2J\\u{202e}def",
                "notes: { \"headline\": \"Fixes\", \"risk\": \"Low\" }",
            ]
        );
        request.show.clear();
        assert_eq!(lines(&request, None, 80), ["(no evidence)"]);
        assert_eq!(lines(&request, Some(&json!("x")), 80), ["answer: x"]);
    }
}
