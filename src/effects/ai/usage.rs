//! What an answer took: tokens, and their cost where the price is known.

use serde_json::{Map, Value as Json, json};

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// Of the question, without what came from a cache or was put there.
    pub input: u64,
    /// Of the answer, thoughts included.
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    /// US dollars.
    pub cost: Option<f64>,
}

impl Usage {
    pub fn is_empty(&self) -> bool {
        self.input + self.output + self.cache_read + self.cache_write == 0 && self.cost.is_none()
    }

    /// All tokens of the question.
    pub fn asked(&self) -> u64 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }

    pub fn to_json(&self) -> Json {
        let mut out = Map::new();
        out.insert("input_tokens".into(), json!(self.input));
        out.insert("output_tokens".into(), json!(self.output));
        for (name, tokens) in
            [("cache_read_tokens", self.cache_read), ("cache_write_tokens", self.cache_write)]
        {
            if tokens > 0 {
                out.insert(name.into(), json!(tokens));
            }
        }
        if let Some(cost) = self.cost {
            out.insert("cost".into(), json!(cost));
        }
        Json::Object(out)
    }

    /// As it is recorded.
    pub fn from_json(json: &Json) -> Usage {
        let tokens = |name: &str| json.get(name).and_then(Json::as_u64).unwrap_or(0);
        Usage {
            input: tokens("input_tokens"),
            output: tokens("output_tokens"),
            cache_read: tokens("cache_read_tokens"),
            cache_write: tokens("cache_write_tokens"),
            cost: json.get("cost").and_then(Json::as_f64),
        }
    }

    pub fn add(&mut self, other: &Usage) {
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
        self.cost = match (self.cost, other.cost) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)),
        };
    }

    /// `1,234 tokens in, 56 out, $0.0123`
    pub fn in_words(&self) -> String {
        let mut out = format!("{} tokens in, {} out", grouped(self.asked()), grouped(self.output));
        if let Some(cost) = self.cost {
            out.push_str(&format!(", {}", dollars(cost)));
        }
        out
    }
}

/// Enough digits that a small amount is not nothing.
pub fn dollars(cost: f64) -> String {
    match cost {
        0.0 => String::from("$0"),
        c if c < 0.01 => format!("${c:.5}").trim_end_matches('0').to_owned(),
        c if c < 1.0 => format!("${c:.4}"),
        c => format!("${c:.2}"),
    }
}

fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// About how many tokens a text has: a token of the usual models is three to four bytes of English or code. Rather too
/// many than too few.
pub fn estimate(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_said_with_as_many_digits_as_they_need() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1234567), "1,234,567");
        assert_eq!(dollars(0.0), "$0");
        assert_eq!(dollars(0.00012), "$0.00012");
        assert_eq!(dollars(0.0123), "$0.0123");
        assert_eq!(dollars(12.345), "$12.35");
    }

    #[test]
    fn what_is_recorded_comes_back() {
        let usage = Usage { input: 5, output: 7, cache_read: 2, cache_write: 0, cost: Some(0.25) };
        assert_eq!(Usage::from_json(&usage.to_json()), usage);
        let mut sum = Usage::default();
        sum.add(&usage);
        sum.add(&Usage { input: 1, ..Usage::default() });
        assert_eq!((sum.asked(), sum.output, sum.cost), (8, 7, Some(0.25)));
    }
}
