//! The person at the terminal is the model: what a model would get is shown, and what they type is the answer.
//!
//! The answer is judged as any model's is, by the interpreter; what was wrong with it is shown at the next try.
//! Without a terminal the provider cannot be reached. In a conversation nobody talks with the person, who is the
//! model: an answer that is good is accepted, and what is wrong with one comes back to them.

use super::{Capabilities, Control, Provider, ProviderReply, ProviderRequest, Role, Unanswered};
use crate::diagnostics::codes::ask::{E1302, E1303, E1304};
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::form;
use crate::ui::dialog::Dialog;
use crate::ui::style::Paint;
use crate::ui::terminal::{Ended, Wait};
use crate::ui::{escape, json};
use serde_json::Value as Json;

pub struct Human;

impl Provider for Human {
    fn name(&self) -> &str {
        "human"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { structured: false, person: true, tools: false }
    }

    fn answer(&self, request: &ProviderRequest, control: &Control<'_>) -> Result<ProviderReply, Unanswered> {
        let stop = || control.cancel.is_cancelled();
        let wait = Wait { until: control.until, stop: Some(&stop) };
        let text = match Dialog::open(wait) {
            Ok(mut dialog) => converse(&mut dialog, request),
            Err(ended) => Err(ended),
        };
        match text {
            Ok(Some(text)) => {
                Ok(ProviderReply { model: Some(String::from("human")), ..ProviderReply::text(text) })
            }
            Ok(None) | Err(Ended::End) => Err(Unanswered::Failed(
                Failure::new(ErrorKind::Verification, E1304, "the person at the terminal gave no answer")
                    .help("answer the question, or use `--mode pure` where the question has an `otherwise`"),
            )),
            Err(Ended::Gone) => Err(Unanswered::Unavailable(
                Failure::new(
                    ErrorKind::Configuration,
                    E1302,
                    "there is no terminal for the person who is to answer",
                )
                .help("run it in a terminal, answer from a cassette (`--replay FILE`), or use `--mode pure`"),
            )),
            Err(Ended::Expired) => Err(Unanswered::Failed(
                Failure::new(ErrorKind::Timeout, E1303, "nobody answered the question in time")
                    .help("give the `ask` a longer `timeout`"),
            )),
            Err(Ended::Stopped) => Err(Unanswered::Cancelled),
            Err(Ended::Interrupted) => Err(Unanswered::Interrupted),
        }
    }
}

/// `None`: nothing was typed.
fn converse(dialog: &mut Dialog<'_>, request: &ProviderRequest) -> Result<Option<String>, Ended> {
    let who = request.agent.as_deref().unwrap_or("the AI");
    dialog.heading(&format!("You answer for {who}: {}", request.type_name));
    dialog.pages(&sheet(request, dialog.terminal.size().columns))?;
    if !request.wrong.is_empty() {
        dialog.painted(Paint::Warn, "Your answer before cannot be used:");
        for reason in &request.wrong {
            dialog.quote(form::of_a_person(reason));
        }
    }
    let Some(schema) = &request.schema else {
        dialog.say("Type or paste the answer; it ends with a line `.`, or with ^D.");
        return Ok(Some(form::text_lines(dialog)?).filter(|t| !t.is_empty()));
    };
    let before = request.messages.iter().rev().find(|m| m.role == Role::Assistant);
    let before = before.and_then(|m| serde_json::from_str::<Json>(&m.text).ok());
    // A value that one line gives is typed anew; of a record all but one field may have been right.
    let before = before.filter(|_| !form::is_scalar(schema));
    loop {
        if let Some(value) = form::fill(dialog, "answer", schema, before.as_ref(), &|_| Ok(()))? {
            return Ok(Some(value.to_string()));
        }
        loop {
            match dialog
                .ask("Enter starts again, `show` shows the question, `none` gives no answer> ")?
                .trim()
            {
                "" => break,
                "show" => drop(dialog.pages(&sheet(request, dialog.terminal.size().columns))?),
                "none" => return Ok(None),
                _ => {}
            }
        }
    }
}

/// All that a model would be told.
fn sheet(request: &ProviderRequest, columns: usize) -> Vec<String> {
    let width = columns.saturating_sub(6).min(110);
    let mut out = Vec::new();
    if let Some(system) = &request.system {
        part(&mut out, "Who you are", escape::block(system));
    }
    for (path, text) in &request.context {
        part(&mut out, &format!("File {}", escape::line(path)), escape::block(text));
    }
    part(&mut out, "Question", escape::block(&request.prompt));
    for (label, value) in &request.data {
        let lines = match value {
            Json::String(text) => escape::block(text),
            other => json::pretty(other, width),
        };
        part(&mut out, &format!("Data `{}`", escape::line(label)), lines);
    }
    if let Some(schema) = &request.schema {
        let lines = form::outline(schema);
        match lines.as_slice() {
            [one] if form::is_scalar(schema) => {
                out.push(String::new());
                out.push(format!("Answer: {one}"));
            }
            _ => part(&mut out, &format!("Answer, a {}", escape::line(&request.type_name)), lines),
        }
    }
    out
}

fn part(out: &mut Vec<String>, title: &str, lines: Vec<String>) {
    if !out.is_empty() {
        out.push(String::new());
    }
    out.push(format!("{title}:"));
    out.extend(lines.into_iter().map(|l| format!("  {l}")));
}
