//! What tokens cost. List prices of the makers (anthropic.com/pricing, openai.com/api/pricing,
//! ai.google.dev/gemini-api/docs/pricing), held against the list that LiteLLM keeps, as of 2026-07-24, in US dollars for a
//! million tokens; what stands in `[ai.prices]` of `wflow.toml` comes first. A model that neither knows has no cost, and no
//! limit on cost can be kept for it.

use super::usage::Usage;
use crate::policy::Price;

/// A model's name begins with this; the longest that fits counts. Input, output, cache read, cache write.
const PRICES: &[(&str, Price)] = &[
    ("claude-3-5-haiku", price(0.8, 4.0, 0.08, 1.0)),
    ("claude-3-7-sonnet", price(3.0, 15.0, 0.3, 3.75)),
    ("claude-3-haiku", price(0.25, 1.25, 0.03, 0.3)),
    ("claude-fable-5", price(10.0, 50.0, 1.0, 12.5)),
    ("claude-haiku-4-5", price(1.0, 5.0, 0.1, 1.25)),
    ("claude-mythos-5", price(10.0, 50.0, 1.0, 12.5)),
    ("claude-opus-4", price(15.0, 75.0, 1.5, 18.75)),
    ("claude-opus-4-0", price(15.0, 75.0, 1.5, 18.75)),
    ("claude-opus-4-1", price(15.0, 75.0, 1.5, 18.75)),
    ("claude-opus-4-5", price(5.0, 25.0, 0.5, 6.25)),
    ("claude-opus-4-6", price(5.0, 25.0, 0.5, 6.25)),
    ("claude-opus-4-7", price(5.0, 25.0, 0.5, 6.25)),
    ("claude-opus-4-8", price(5.0, 25.0, 0.5, 6.25)),
    ("claude-opus-5", price(5.0, 25.0, 0.5, 6.25)),
    ("claude-sonnet-4", price(3.0, 15.0, 0.3, 3.75)),
    ("claude-sonnet-4-0", price(3.0, 15.0, 0.3, 3.75)),
    ("claude-sonnet-4-5", price(3.0, 15.0, 0.3, 3.75)),
    ("claude-sonnet-4-6", price(3.0, 15.0, 0.3, 3.75)),
    ("claude-sonnet-5", price(2.0, 10.0, 0.2, 2.5)),
    ("gemini-2.0-flash", price(0.1, 0.4, 0.025, 0.1)),
    ("gemini-2.5-flash", price(0.3, 2.5, 0.03, 0.3)),
    ("gemini-2.5-flash-lite", price(0.1, 0.4, 0.01, 0.1)),
    ("gemini-2.5-pro", price(2.5, 15.0, 0.25, 2.5)), // of a question beyond 200,000 tokens: rather too much
    ("gemini-3-flash", price(0.5, 3.0, 0.05, 0.5)),
    ("gemini-3-pro", price(4.0, 18.0, 0.4, 4.0)), // the same
    ("gemini-3.1-flash-lite", price(0.25, 1.5, 0.025, 0.25)),
    ("gemini-3.1-pro", price(4.0, 18.0, 0.4, 4.0)), // the same
    ("gemini-3.5-flash", price(1.5, 9.0, 0.15, 1.5)),
    ("gemini-3.5-flash-lite", price(0.3, 2.5, 0.03, 0.3)),
    ("gemini-3.6-flash", price(1.5, 7.5, 0.15, 1.5)),
    ("gpt-4.1", price(2.0, 8.0, 0.5, 2.0)),
    ("gpt-4.1-mini", price(0.4, 1.6, 0.1, 0.4)),
    ("gpt-4.1-nano", price(0.1, 0.4, 0.025, 0.1)),
    ("gpt-4o", price(2.5, 10.0, 1.25, 2.5)),
    ("gpt-4o-2024-05-13", price(5.0, 15.0, 5.0, 5.0)),
    ("gpt-4o-mini", price(0.15, 0.6, 0.075, 0.15)),
    ("gpt-5", price(1.25, 10.0, 0.125, 1.25)),
    ("gpt-5-mini", price(0.25, 2.0, 0.025, 0.25)),
    ("gpt-5-nano", price(0.05, 0.4, 0.005, 0.05)),
    ("gpt-5-pro", price(15.0, 120.0, 15.0, 15.0)),
    ("gpt-5.1", price(1.25, 10.0, 0.125, 1.25)),
    ("gpt-5.2", price(1.75, 14.0, 0.175, 1.75)),
    ("gpt-5.2-pro", price(21.0, 168.0, 21.0, 21.0)),
    ("gpt-5.4", price(2.5, 15.0, 0.25, 2.5)),
    ("gpt-5.4-mini", price(0.75, 4.5, 0.075, 0.75)),
    ("gpt-5.4-nano", price(0.2, 1.25, 0.02, 0.2)),
    ("gpt-5.4-pro", price(30.0, 180.0, 3.0, 30.0)),
    ("gpt-5.5", price(5.0, 30.0, 0.5, 5.0)),
    ("gpt-5.5-pro", price(30.0, 180.0, 30.0, 30.0)),
    ("gpt-5.6", price(5.0, 30.0, 0.5, 6.25)),
    ("gpt-5.6-luna", price(1.0, 6.0, 0.1, 1.25)),
    ("gpt-5.6-sol", price(5.0, 30.0, 0.5, 6.25)),
    ("gpt-5.6-terra", price(2.5, 15.0, 0.25, 3.125)),
    ("o3", price(2.0, 8.0, 0.5, 2.0)),
    ("o3-mini", price(1.1, 4.4, 0.55, 1.1)),
    ("o3-pro", price(20.0, 80.0, 20.0, 20.0)),
    ("o4-mini", price(1.1, 4.4, 0.275, 1.1)),
];

const fn price(input: f64, output: f64, cache_read: f64, cache_write: f64) -> Price {
    Price { input, output, cache_read: Some(cache_read), cache_write: Some(cache_write) }
}

/// The price of a model: the project's own, or the list's.
pub fn of(model: &str, own: &[(String, Price)]) -> Option<Price> {
    if let Some((_, price)) = own.iter().find(|(name, _)| name == model) {
        return Some(*price);
    }
    // `gpt-4o-2024-08-06` is a dated `gpt-4o`; `gpt-4o-audio` and `claude-sonnet-4-9` are other models.
    let dated = |rest: &str| {
        rest.chars().all(|c| c.is_ascii_digit() || c == '-')
            && rest.chars().filter(char::is_ascii_digit).count() >= 4
    };
    let fits = |name: &str| match model.strip_prefix(name) {
        Some("" | "-latest" | "-preview") => true,
        Some(rest) => rest.starts_with('-') && dated(rest),
        None => false,
    };
    PRICES.iter().filter(|(name, _)| fits(name)).max_by_key(|(name, _)| name.len()).map(|(_, p)| *p)
}

/// In US dollars.
pub fn cost(price: &Price, usage: &Usage) -> f64 {
    let of = |tokens: u64, price: f64| tokens as f64 * price / 1e6;
    of(usage.input, price.input)
        + of(usage.output, price.output)
        + of(usage.cache_read, price.cache_read.unwrap_or(price.input))
        + of(usage.cache_write, price.cache_write.unwrap_or(price.input))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(model: &str) -> Option<f64> {
        of(model, &[]).map(|p| p.input)
    }

    #[test]
    fn a_dated_model_has_the_price_of_its_kind_and_another_model_none() {
        assert_eq!(input("claude-sonnet-4-5"), Some(3.0));
        assert_eq!(input("claude-sonnet-4-5-20250929"), Some(3.0));
        assert_eq!(input("claude-sonnet-4-20250514"), Some(3.0));
        assert_eq!(input("claude-opus-4-5-20251101"), Some(5.0));
        assert_eq!(input("claude-3-5-haiku-latest"), Some(0.8));
        assert_eq!(input("gpt-4o-mini-2024-07-18"), Some(0.15));
        assert_eq!(input("gpt-4o-audio-preview"), None);
        assert_eq!(input("gpt-5.7"), None);
        assert_eq!(input("claude-sonnet-4-9"), None);
        assert_eq!(input("gemini-3-pro-preview"), Some(4.0));
        assert_eq!(input("llama3.2"), None);
    }

    #[test]
    fn the_project_knows_better() {
        let own = Price { input: 1.0, output: 2.0, cache_read: None, cache_write: None };
        let found = of("gpt-5", &[(String::from("gpt-5"), own)]);
        assert_eq!(found, Some(own));
        let usage = Usage { input: 1_000_000, output: 500_000, cache_read: 1_000_000, ..Usage::default() };
        assert_eq!(cost(&own, &usage), 3.0);
    }
}
