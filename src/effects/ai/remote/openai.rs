//! The Chat Completions API of OpenAI, and of the many servers that speak it (Ollama, vLLM, llama.cpp, gateways).

use super::wire::{Call, End, Fault, Said, Wire, count, text, text_of};
use crate::effects::ai::Role;
use serde_json::{Map, Value as Json, json};

pub struct OpenAi;

pub const URL: &str = "https://api.openai.com";
pub const KEY: &str = "OPENAI_API_KEY";

impl Wire for OpenAi {
    fn path(&self, _: &Call<'_>) -> (&'static str, String) {
        ("/v1", String::from("/chat/completions"))
    }

    fn headers(&self, key: Option<&str>) -> Vec<(&'static str, String)> {
        key.map(|key| ("authorization", format!("Bearer {key}"))).into_iter().collect()
    }

    fn body(&self, call: &Call<'_>) -> Json {
        let system = call.system.map(|s| json!({ "role": "system", "content": s }));
        let messages = call.messages.iter().enumerate().map(|(i, m)| {
            let role = if m.role == Role::User { "user" } else { "assistant" };
            json!({ "role": role, "content": text_of(call, i) })
        });
        let mut out = Map::new();
        out.insert("model".into(), json!(call.model));
        out.insert("messages".into(), system.into_iter().chain(messages).collect());
        // OpenAI's own models have a new name for it, which others do not know yet.
        let limit = if call.official { "max_completion_tokens" } else { "max_tokens" };
        out.insert(limit.into(), json!(call.max_tokens));
        if let Some(temperature) = call.temperature {
            out.insert("temperature".into(), json!(temperature));
        }
        if let Some(shaped) = call.schema {
            let schema = json!({ "name": "answer", "strict": shaped.strict, "schema": shaped.schema });
            out.insert("response_format".into(), json!({ "type": "json_schema", "json_schema": schema }));
        }
        if call.stream {
            out.insert("stream".into(), json!(true));
            out.insert("stream_options".into(), json!({ "include_usage": true }));
        }
        Json::Object(out)
    }

    fn whole(&self, reply: &Json, said: &mut Said) {
        self.piece(reply, "/choices/0/message", said);
    }

    fn event(&self, data: &Json, said: &mut Said) {
        match self.fault(data) {
            Some(fault) => said.fault = Some(fault),
            None => self.piece(data, "/choices/0/delta", said),
        }
    }

    fn fault(&self, body: &Json) -> Option<Fault> {
        let error = body.get("error").filter(|e| !e.is_null())?;
        let message = error.as_str().or(text(error, "/message")).unwrap_or_default().to_owned();
        // The code says more where there is one; it is a number with some servers.
        let kind = text(error, "/code").or(text(error, "/type")).unwrap_or_default().to_owned();
        Some(Fault { kind, message, after: None })
    }

    fn probe(&self) -> (&'static str, &'static str) {
        ("/v1", "/models")
    }
}

impl OpenAi {
    fn piece(&self, data: &Json, place: &str, said: &mut Said) {
        if let Some(model) = text(data, "/model") {
            said.model = Some(model.to_owned());
        }
        if let Some(message) = data.pointer(place) {
            said.text.push_str(text(message, "/content").unwrap_or_default());
            if let Some(refusal) = text(message, "/refusal") {
                match &mut said.end {
                    Some(End::Refused(why)) => why.push_str(refusal),
                    _ => said.end = Some(End::Refused(refusal.to_owned())),
                }
            }
        }
        let refused = matches!(said.end, Some(End::Refused(_)));
        match text(data, "/choices/0/finish_reason") {
            Some("content_filter") if !refused => said.end = Some(End::Refused(String::new())),
            Some("length") if !refused => said.end = Some(End::Length),
            Some(_) if !refused => said.end = Some(End::Done),
            _ => {}
        }
        if let Some(asked) = count(data, "/usage/prompt_tokens") {
            let cached = count(data, "/usage/prompt_tokens_details/cached_tokens").unwrap_or(0).min(asked);
            said.usage.input = asked - cached;
            said.usage.cache_read = cached;
            said.usage.output = count(data, "/usage/completion_tokens").unwrap_or(0);
        }
    }
}
