//! The generateContent API of Gemini.

use super::wire::{Call, End, Fault, Said, Wire, count, text, text_of};
use crate::effects::ai::Role;
use serde_json::{Map, Value as Json, json};
use std::time::Duration;

pub struct Gemini;

pub const URL: &str = "https://generativelanguage.googleapis.com";
pub const KEY: &str = "GEMINI_API_KEY";
const VERSION: &str = "/v1beta";

impl Wire for Gemini {
    fn path(&self, call: &Call<'_>) -> (&'static str, String) {
        let model = call.model.strip_prefix("models/").unwrap_or(call.model);
        // A name of a model is no path: what could lead elsewhere is taken out.
        let model: String =
            model.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect();
        let what = if call.stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
        (VERSION, format!("/models/{model}:{what}"))
    }

    fn headers(&self, key: Option<&str>) -> Vec<(&'static str, String)> {
        key.map(|key| ("x-goog-api-key", key.to_owned())).into_iter().collect()
    }

    fn body(&self, call: &Call<'_>) -> Json {
        let contents = call.messages.iter().enumerate().map(|(i, m)| {
            let role = if m.role == Role::User { "user" } else { "model" };
            json!({ "role": role, "parts": [{ "text": text_of(call, i) }] })
        });
        let mut settings = Map::new();
        settings.insert("maxOutputTokens".into(), json!(call.max_tokens));
        if let Some(temperature) = call.temperature {
            settings.insert("temperature".into(), json!(temperature));
        }
        if let Some(shaped) = call.schema {
            settings.insert("responseMimeType".into(), json!("application/json"));
            settings.insert("responseJsonSchema".into(), shaped.schema.clone());
        }
        let mut out = Map::new();
        if let Some(system) = call.system {
            out.insert("systemInstruction".into(), json!({ "parts": [{ "text": system }] }));
        }
        out.insert("contents".into(), contents.collect());
        out.insert("generationConfig".into(), Json::Object(settings));
        Json::Object(out)
    }

    fn whole(&self, reply: &Json, said: &mut Said) {
        self.event(reply, said);
    }

    /// A stream's events have the form of a whole reply.
    fn event(&self, data: &Json, said: &mut Said) {
        if let Some(fault) = self.fault(data) {
            said.fault = Some(fault);
            return;
        }
        if let Some(model) = text(data, "/modelVersion") {
            said.model = Some(model.to_owned());
        }
        let parts = data.pointer("/candidates/0/content/parts").and_then(Json::as_array);
        for part in parts.into_iter().flatten() {
            if part.get("thought").and_then(Json::as_bool) != Some(true) {
                said.text.push_str(text(part, "/text").unwrap_or_default());
            }
        }
        if let Some(why) = text(data, "/promptFeedback/blockReason") {
            said.end = Some(End::Refused(format!("the question was blocked: {why}")));
        }
        match text(data, "/candidates/0/finishReason") {
            None => {}
            Some("MAX_TOKENS") => said.end = Some(End::Length),
            Some(
                why @ ("SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "LANGUAGE"),
            ) => {
                said.end = Some(End::Refused(format!("the answer was blocked: {why}")));
            }
            Some(_) => said.end = Some(End::Done),
        }
        let usage = |name: &str| count(data, &format!("/usageMetadata/{name}"));
        if let Some(asked) = usage("promptTokenCount") {
            let cached = usage("cachedContentTokenCount").unwrap_or(0).min(asked);
            said.usage.input = asked - cached;
            said.usage.cache_read = cached;
            said.usage.output =
                usage("candidatesTokenCount").unwrap_or(0) + usage("thoughtsTokenCount").unwrap_or(0);
        }
    }

    fn fault(&self, body: &Json) -> Option<Fault> {
        // Some errors come as a list of one.
        let error = body.pointer("/error").or_else(|| body.pointer("/0/error"))?;
        let details = error.get("details").and_then(Json::as_array).into_iter().flatten();
        let delay = details.filter_map(|d| text(d, "/retryDelay")).next();
        let after = delay.and_then(|d| d.strip_suffix('s')?.parse::<f64>().ok());
        Some(Fault {
            kind: text(error, "/status").unwrap_or_default().to_owned(),
            message: text(error, "/message").unwrap_or_default().to_owned(),
            after: after.and_then(|s| Duration::try_from_secs_f64(s).ok()),
        })
    }

    fn probe(&self) -> (&'static str, &'static str) {
        (VERSION, "/models?pageSize=1")
    }
}
