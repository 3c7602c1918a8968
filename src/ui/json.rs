//! JSON for people: complete, compact where it fits, keys aligned, long texts as blocks of lines, and safe to look at.
//!
//! Nothing is left out. What nests deeper than anybody reads is written on one line from there on.

use super::escape;
use serde_json::Value as Json;

const INDENT: usize = 2;
/// Below this depth values are written on one line.
const DEEPEST: usize = 48;
/// Keys longer than this do not push the values of their neighbours away.
const ALIGNED_KEY: usize = 24;

/// Lines of at most about `width` columns, where the values let them; none holds a control character.
pub fn pretty(value: &Json, width: usize) -> Vec<String> {
    let mut printer = Printer { lines: Vec::new(), width };
    printer.value(value, 0, String::new(), "");
    printer.lines
}

/// One line, safe to look at. Works at any depth.
pub fn compact(value: &Json) -> String {
    let mut out = String::new();
    // Fails only at the limit, and there is none.
    let _ = write_compact(value, usize::MAX, &mut out);
    out
}

/// A JSON string literal that is safe to look at.
pub fn quoted(text: &str) -> String {
    let mut inner = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            inner.push('\\');
        }
        inner.push(c);
    }
    format!("\"{}\"", escape::line(&inner))
}

struct Printer {
    lines: Vec<String>,
    width: usize,
}

impl Printer {
    /// `head` is what stands before the value on its first line, `tail` what follows it on its last.
    fn value(&mut self, value: &Json, depth: usize, head: String, tail: &str) {
        let room = self.width.saturating_sub(escape::width(&head) + tail.len());
        let limit = if depth >= DEEPEST { usize::MAX } else { room };
        if !is_block(value) || depth >= DEEPEST {
            let mut one = String::new();
            let nested_block = depth < DEEPEST && holds_block(value, 0);
            if !nested_block && (write_compact(value, limit, &mut one) || is_scalar(value)) {
                if is_scalar(value) && one.is_empty() {
                    one = compact(value);
                }
                self.lines.push(format!("{head}{one}{tail}"));
                return;
            }
        }
        let pad = " ".repeat(INDENT * (depth + 1));
        let outer = " ".repeat(INDENT * depth);
        match value {
            Json::String(text) => {
                self.lines.push(format!("{head}\"\"\""));
                for l in escape::block(text) {
                    self.lines.push(format!("{pad}{l}"));
                }
                self.lines.push(format!("{pad}\"\"\"{tail}"));
            }
            Json::Array(items) => {
                self.lines.push(format!("{head}["));
                for (i, item) in items.iter().enumerate() {
                    let comma = if i + 1 < items.len() { "," } else { "" };
                    self.value(item, depth + 1, pad.clone(), comma);
                }
                self.lines.push(format!("{outer}]{tail}"));
            }
            Json::Object(map) => {
                self.lines.push(format!("{head}{{"));
                let keys: Vec<String> = map.keys().map(|k| quoted(k)).collect();
                let aligned =
                    keys.iter().map(|k| escape::width(k)).filter(|w| *w <= ALIGNED_KEY).max().unwrap_or(0);
                for (i, (key, (_, item))) in keys.iter().zip(map).enumerate() {
                    let comma = if i + 1 < map.len() { "," } else { "" };
                    let gap = " ".repeat(1 + aligned.saturating_sub(escape::width(key)));
                    self.value(item, depth + 1, format!("{pad}{key}:{gap}"), comma);
                }
                self.lines.push(format!("{outer}}}{tail}"));
            }
            scalar => self.lines.push(format!("{head}{scalar}{tail}")),
        }
    }
}

fn is_scalar(value: &Json) -> bool {
    !matches!(value, Json::Array(_) | Json::Object(_))
}

/// A text of several lines.
fn is_block(value: &Json) -> bool {
    matches!(value, Json::String(s) if s.trim_end().contains('\n'))
}

fn holds_block(value: &Json, depth: usize) -> bool {
    depth < DEEPEST
        && match value {
            Json::Array(items) => items.iter().any(|v| holds_block(v, depth + 1)),
            Json::Object(map) => map.values().any(|v| holds_block(v, depth + 1)),
            other => is_block(other),
        }
}

enum Todo<'a> {
    Value(&'a Json),
    Text(&'static str),
    Key(&'a str),
}

/// Writes one line; stops and says `false` when it would be wider than `limit`.
fn write_compact(value: &Json, limit: usize, out: &mut String) -> bool {
    let mut todo = vec![Todo::Value(value)];
    while let Some(next) = todo.pop() {
        match next {
            Todo::Text(t) => out.push_str(t),
            Todo::Key(k) => {
                out.push_str(&quoted(k));
                out.push_str(": ");
            }
            Todo::Value(Json::String(s)) => out.push_str(&quoted(s)),
            Todo::Value(Json::Array(items)) => {
                out.push('[');
                todo.push(Todo::Text("]"));
                for (i, item) in items.iter().enumerate().rev() {
                    todo.push(Todo::Value(item));
                    if i > 0 {
                        todo.push(Todo::Text(", "));
                    }
                }
            }
            Todo::Value(Json::Object(map)) if map.is_empty() => out.push_str("{}"),
            Todo::Value(Json::Object(map)) => {
                out.push_str("{ ");
                todo.push(Todo::Text(" }"));
                for (i, (key, item)) in map.iter().enumerate().rev() {
                    todo.push(Todo::Value(item));
                    todo.push(Todo::Key(key));
                    if i > 0 {
                        todo.push(Todo::Text(", "));
                    }
                }
            }
            Todo::Value(scalar) => out.push_str(&scalar.to_string()),
        }
        // Bytes bound columns from above only roughly, but a line that long is too wide anyhow.
        if out.len() > limit && escape::width(out) > limit {
            out.clear();
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn small_values_take_one_line() {
        assert_eq!(
            pretty(&json!({"exit": 0, "tags": ["a", "b"]}), 60),
            [r#"{ "exit": 0, "tags": ["a", "b"] }"#]
        );
        assert_eq!(pretty(&json!([]), 60), ["[]"]);
    }

    #[test]
    fn wide_values_are_laid_out_and_aligned() {
        let value = json!({"headline": "Fixes and more", "risk": "Low", "highlights": ["one thing", "another thing"]});
        assert_eq!(
            pretty(&value, 40),
            [
                "{",
                "  \"headline\":   \"Fixes and more\",",
                "  \"risk\":       \"Low\",",
                "  \"highlights\": [",
                "    \"one thing\",",
                "    \"another thing\"",
                "  ]",
                "}",
            ]
        );
    }

    #[test]
    fn texts_of_several_lines_are_blocks_and_safe() {
        let value = json!({"log": "one\n\x1b[2Jtwo\n"});
        assert_eq!(
            pretty(&value, 80),
            ["{", "  \"log\": \"\"\"", "    one", "    \\x1b[2Jtwo", "    \"\"\"", "}"]
        );
        assert_eq!(compact(&json!("a\"b\u{202e}")), "\"a\\\"b\\u{202e}\"");
    }

    #[test]
    fn deep_values_are_complete() {
        let mut value = json!("bottom");
        for _ in 0..20_000 {
            value = Json::Array(vec![value]);
        }
        let text = pretty(&value, 80).join("\n");
        assert!(text.contains("bottom"));
        assert_eq!(text.matches(']').count(), 20_000);
        // Its own drop would be as deep as it is.
        std::mem::forget(value);
    }
}
