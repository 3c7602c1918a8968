//! The Messages API of Anthropic.

use super::wire::{Call, End, Fault, Said, Wire, count, text, text_of};
use crate::effects::ai::Role;
use serde_json::{Map, Value as Json, json};

pub struct Anthropic;

pub const URL: &str = "https://api.anthropic.com";
pub const KEY: &str = "ANTHROPIC_API_KEY";
const VERSION: &str = "2023-06-01";
/// The tool that an answer is given with where the model cannot be held to a schema.
const TOOL: &str = "answer";

/// Models from before structured output.
const WITHOUT_FORMAT: &[&str] = &[
    "claude-2",
    "claude-3",
    "claude-instant",
    "claude-opus-4-0",
    "claude-opus-4-2025",
    "claude-sonnet-4-0",
    "claude-sonnet-4-2025",
];

impl Anthropic {
    fn by_tool(call: &Call<'_>) -> bool {
        call.schema.is_some_and(|s| !s.strict) || WITHOUT_FORMAT.iter().any(|m| call.model.starts_with(m))
    }
}

impl Wire for Anthropic {
    fn path(&self, _: &Call<'_>) -> (&'static str, String) {
        ("/v1", String::from("/messages"))
    }

    fn headers(&self, key: Option<&str>) -> Vec<(&'static str, String)> {
        let mut out = vec![("anthropic-version", String::from(VERSION))];
        out.extend(key.map(|key| ("x-api-key", key.to_owned())));
        out
    }

    fn body(&self, call: &Call<'_>) -> Json {
        let messages = call.messages.iter().enumerate().map(|(i, m)| {
            let role = if m.role == Role::User { "user" } else { "assistant" };
            json!({ "role": role, "content": text_of(call, i) })
        });
        let mut out = Map::new();
        out.insert("model".into(), json!(call.model));
        out.insert("max_tokens".into(), json!(call.max_tokens));
        if let Some(system) = call.system {
            out.insert("system".into(), json!(system));
        }
        out.insert("messages".into(), messages.collect());
        if let Some(temperature) = call.temperature {
            out.insert("temperature".into(), json!(temperature));
        }
        if let Some(shaped) = call.schema {
            if Anthropic::by_tool(call) {
                let tool = json!({
                    "name": TOOL,
                    "description": "Gives the answer.",
                    "input_schema": shaped.schema
                });
                out.insert("tools".into(), json!([tool]));
                out.insert("tool_choice".into(), json!({ "type": "tool", "name": TOOL }));
            } else {
                let format = json!({ "type": "json_schema", "schema": shaped.schema });
                out.insert("output_config".into(), json!({ "format": format }));
            }
        }
        if call.stream {
            out.insert("stream".into(), json!(true));
        }
        Json::Object(out)
    }

    fn whole(&self, reply: &Json, said: &mut Said) {
        self.begins(reply, said);
        for block in reply.get("content").and_then(Json::as_array).into_iter().flatten() {
            match text(block, "/type") {
                Some("text") => said.text.push_str(text(block, "/text").unwrap_or_default()),
                Some("tool_use") => {
                    said.text.push_str(&block.get("input").unwrap_or(&Json::Null).to_string());
                }
                _ => {}
            }
        }
        said.end = text(reply, "/stop_reason").map(end);
    }

    fn event(&self, data: &Json, said: &mut Said) {
        match text(data, "/type") {
            Some("message_start") => self.begins(data.get("message").unwrap_or(&Json::Null), said),
            Some("content_block_delta") => match text(data, "/delta/type") {
                Some("text_delta") => said.text.push_str(text(data, "/delta/text").unwrap_or_default()),
                Some("input_json_delta") => {
                    said.text.push_str(text(data, "/delta/partial_json").unwrap_or_default());
                }
                _ => {}
            },
            Some("message_delta") => {
                self.usage(data, said);
                if let Some(reason) = text(data, "/delta/stop_reason") {
                    said.end = Some(end(reason));
                }
            }
            Some("error") => said.fault = self.fault(data),
            _ => {}
        }
    }

    fn fault(&self, body: &Json) -> Option<Fault> {
        let kind = text(body, "/error/type")?.to_owned();
        let message = text(body, "/error/message").unwrap_or_default().to_owned();
        Some(Fault { kind, message, after: None })
    }

    fn probe(&self) -> (&'static str, &'static str) {
        ("/v1", "/models?limit=1")
    }
}

impl Anthropic {
    fn begins(&self, message: &Json, said: &mut Said) {
        said.model = text(message, "/model").map(str::to_owned).or(said.model.take());
        self.usage(message, said);
    }

    /// Counts are of the whole answer so far; those that are not said again stay.
    fn usage(&self, data: &Json, said: &mut Said) {
        let usage = &mut said.usage;
        for (pointer, place) in [
            ("/usage/input_tokens", &mut usage.input),
            ("/usage/output_tokens", &mut usage.output),
            ("/usage/cache_read_input_tokens", &mut usage.cache_read),
            ("/usage/cache_creation_input_tokens", &mut usage.cache_write),
        ] {
            if let Some(tokens) = count(data, pointer) {
                *place = tokens;
            }
        }
    }
}

fn end(reason: &str) -> End {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => End::Length,
        "refusal" => End::Refused(String::new()),
        _ => End::Done,
    }
}
