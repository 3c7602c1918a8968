//! `[ai]` of `wflow.toml`: who answers, and within which limits. A key never stands here.

use super::config::{AiConfig, Price, Provider};
use super::toml::Reader;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::config as codes;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml_edit::TableLike;

const KEYS: &[&str] = &[
    "provider",
    "model",
    "base_url",
    "cassette",
    "timeout",
    "retries",
    "stream",
    "max_tokens",
    "temperature",
    "max_cost",
    "max_cost_per_ask",
    "context_tokens",
    "prices",
];

/// More tries than this are no patience but a loop.
const MOST_RETRIES: f64 = 20.0;

pub(super) fn read(r: &mut Reader, t: &dyn TableLike) -> AiConfig {
    let secret: Vec<&str> = t.iter().map(|(key, _)| key).filter(|key| names_a_key(key)).collect();
    for key in &secret {
        let span = r.key_span(t, key);
        r.push(
            Diagnostic::error(codes::E1616, span, "a key must not stand in a file of the project")
                .label(format!("remove `{}`", key.escape_debug()))
                .help("set it in the environment of wflow (`ANTHROPIC_API_KEY`, `OPENAI_API_KEY`, `GEMINI_API_KEY`), or keep it in the keyring; `wflow doctor` shows what is found"),
        );
    }
    let mut known = KEYS.to_vec();
    known.extend(secret);
    r.only(t, "ai", &known);
    AiConfig {
        provider: r.one_of(t, "provider", &Provider::ALL.map(|p| (p.name(), p))).unwrap_or_default(),
        model: r.text(t, "model").map(|t| t.text),
        max_cost: r.number(t, "max_cost", 0.0, f64::INFINITY),
        max_cost_per_ask: r.number(t, "max_cost_per_ask", 0.0, f64::INFINITY),
        max_tokens: r.whole(t, "max_tokens"),
        temperature: r.number(t, "temperature", 0.0, 2.0),
        timeout: r.duration(t, "timeout"),
        base_url: base_url(r, t),
        cassette: r.text(t, "cassette").map(|t| t.text),
        stream: r.bool(t, "stream"),
        retries: r.number(t, "retries", 0.0, MOST_RETRIES).map(|n| n as u32),
        context_tokens: r.whole(t, "context_tokens").map(i64::unsigned_abs),
        prices: prices(r, t),
    }
}

/// `key`, `api_key`, `token`, `openai_api_key` …; not `max_tokens`.
fn names_a_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('-', "_");
    let last = key.rsplit('_').next().unwrap_or(&key);
    matches!(last, "key" | "apikey" | "token" | "secret" | "password")
}

/// An address must not hold a password either.
fn base_url(r: &mut Reader, t: &dyn TableLike) -> Option<Arc<str>> {
    let text = r.text(t, "base_url")?;
    let address = text.text.split_once("://").map_or(&*text.text, |(_, rest)| rest);
    if address.split(['/', '?', '#']).next().is_some_and(|host| host.contains('@')) {
        r.push(
            Diagnostic::error(codes::E1616, text.span, "a password must not stand in a file of the project")
                .help("remove what stands before the `@`, and set the key in the environment of wflow"),
        );
        return None;
    }
    let scheme = ["https://", "http://"].iter().any(|s| text.text.starts_with(s));
    if !scheme {
        let message = format!("`{}` is no address of a server", text.text.escape_debug());
        r.push(
            Diagnostic::error(codes::E1605, text.span, message)
                .help("write `https://host/v1`, or `http://127.0.0.1:11434/v1` for one on this machine"),
        );
        return None;
    }
    Some(text.text)
}

/// `[ai.prices."model"]` with `input`, `output` and, for what is cached, `cache_read`, `cache_write`.
fn prices(r: &mut Reader, t: &dyn TableLike) -> BTreeMap<Arc<str>, Price> {
    let mut out = BTreeMap::new();
    let Some(all) = r.table(t, "prices") else { return out };
    for (model, _) in all.iter() {
        let Some(of) = r.table(all, model) else { continue };
        r.only(of, "ai.prices", &["input", "output", "cache_read", "cache_write"]);
        let span = r.key_span(all, model);
        let mut number = |key| r.number(of, key, 0.0, f64::INFINITY);
        let (input, output) = (number("input"), number("output"));
        let (cache_read, cache_write) = (number("cache_read"), number("cache_write"));
        match (input, output) {
            (Some(input), Some(output)) => {
                out.insert(model.into(), Price { input, output, cache_read, cache_write });
            }
            _ if of.get("input").is_none() || of.get("output").is_none() => r.push(
                Diagnostic::error(codes::E1604, span, "a price says what `input` and `output` cost")
                    .help("in US dollars a million tokens: `input = 3.0` and `output = 15.0`"),
            ),
            // What is wrong with them has been said.
            _ => {}
        }
    }
    out
}
