//! Values as text: what an interpolation, `say` and `to_text()` show.
//!
//! A text is itself; inside of something else it is quoted, as a program would write it. Secrets show their name only.

use super::{Value, duration_text, float_text, size_text, time};
use std::fmt;

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, f)
    }
}

enum Work<'v> {
    /// Inside of something else.
    Inner(&'v Value),
    Text(&'v str),
    Quoted(&'v str),
}

fn write(value: &Value, out: &mut dyn fmt::Write) -> fmt::Result {
    if let Value::Text(text) = value {
        return out.write_str(text);
    }
    let mut work = vec![Work::Inner(value)];
    while let Some(next) = work.pop() {
        match next {
            Work::Text(text) => out.write_str(text)?,
            Work::Quoted(text) => out.write_str(&quote(text))?,
            Work::Inner(value) => match value {
                Value::Nothing => out.write_str("nothing")?,
                Value::None => out.write_str("none")?,
                Value::Bool(b) => write!(out, "{b}")?,
                Value::Int(n) => write!(out, "{n}")?,
                Value::Float(x) => out.write_str(&float_text(*x))?,
                Value::Duration(ms) => out.write_str(&duration_text(*ms))?,
                Value::Size(bytes) => out.write_str(&size_text(*bytes))?,
                Value::Time(ms) => out.write_str(&time::rfc3339(*ms))?,
                Value::Text(text) => out.write_str(&quote(text))?,
                Value::Secret(name) => write!(out, "[secret {name}]")?,
                Value::Json(json) => write!(out, "{json}")?,
                Value::Range(r) => {
                    write!(out, "{}..{}{}", r.start, if r.inclusive { "=" } else { "" }, r.end)?
                }
                Value::Function(_) => out.write_str("[function]")?,
                Value::List(items) => {
                    out.write_str("[")?;
                    work.push(Work::Text("]"));
                    for (i, item) in items.iter().enumerate().rev() {
                        work.push(Work::Inner(item));
                        if i > 0 {
                            work.push(Work::Text(", "));
                        }
                    }
                }
                Value::Map(entries) => {
                    out.write_str("{")?;
                    work.push(Work::Text("}"));
                    for (i, (key, item)) in entries.iter().enumerate().rev() {
                        work.push(Work::Inner(item));
                        work.push(Work::Text(": "));
                        work.push(Work::Quoted(key));
                        if i > 0 {
                            work.push(Work::Text(", "));
                        }
                    }
                }
                Value::Record(r) => {
                    let (open, close) = match &r.layout.name {
                        Some(name) => {
                            out.write_str(name)?;
                            ("(", ")")
                        }
                        None => ("{ ", " }"),
                    };
                    out.write_str(open)?;
                    work.push(Work::Text(close));
                    fields(&mut work, &r.layout.names, &r.fields);
                }
                Value::Variant(v) => {
                    let variant = &v.layout.variants[v.index as usize];
                    if v.fields.is_empty() {
                        out.write_str(&variant.text)?;
                    } else {
                        write!(out, "{}(", variant.name)?;
                        work.push(Work::Text(")"));
                        fields(&mut work, &variant.fields.names, &v.fields);
                    }
                }
            },
        }
    }
    Ok(())
}

fn fields<'v>(work: &mut Vec<Work<'v>>, names: &'v [std::sync::Arc<str>], values: &'v [Value]) {
    for (i, (name, value)) in names.iter().zip(values).enumerate().rev() {
        work.push(Work::Inner(value));
        work.push(Work::Text(": "));
        work.push(Work::Text(name));
        if i > 0 {
            work.push(Work::Text(", "));
        }
    }
}

/// As a literal of the language.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '{' => out.push_str("\\{"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A value in a message: quoted where it is a text, and cut where it is long.
pub fn short(value: &Value) -> String {
    const ENOUGH: usize = 80;
    struct Cut {
        text: String,
        left: usize,
    }
    impl fmt::Write for Cut {
        fn write_str(&mut self, s: &str) -> fmt::Result {
            for c in s.chars() {
                if self.left == 0 {
                    return Err(fmt::Error);
                }
                self.left -= 1;
                self.text.push(c);
            }
            Ok(())
        }
    }
    let mut cut = Cut { text: String::new(), left: ENOUGH };
    let whole = match value {
        Value::Text(text) => {
            // Quoting a few characters more than are shown is enough.
            let head: String = text.chars().take(ENOUGH).collect();
            let cut_off = head.len() < text.len();
            fmt::Write::write_str(&mut cut, &quote(&head)).is_ok() && !cut_off
        }
        other => write(other, &mut cut).is_ok(),
    };
    if !whole {
        cut.text.push('…');
    }
    cut.text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Map, RecordLayout, Text};

    #[test]
    fn text_is_itself_and_quoted_inside() {
        assert_eq!(Value::from("a\"b").to_string(), "a\"b");
        let list = Value::list(vec![Value::from("a\"b{\n"), Value::Int(1), Value::None]);
        assert_eq!(list.to_string(), r#"["a\"b\{\n", 1, none]"#);
        let mut map = Map::new();
        map.insert(Text::from("z"), Value::Float(1.0));
        map.insert(Text::from("a"), Value::Duration(90_000));
        assert_eq!(Value::map(map).to_string(), r#"{"z": 1.0, "a": 90s}"#);
        let layout = RecordLayout::structural(vec!["a".into(), "b".into()]);
        assert_eq!(
            Value::record(&layout, vec![Value::Bool(true), Value::Secret("TOKEN".into())]).to_string(),
            "{ a: true, b: [secret TOKEN] }"
        );
    }

    #[test]
    fn messages_stay_short() {
        let long = Value::from("x".repeat(1000));
        assert_eq!(short(&long).chars().count(), 81);
        assert!(short(&Value::list(vec![long; 100])).ends_with('…'));
        assert_eq!(short(&Value::from("a b")), "\"a b\"");
    }
}
