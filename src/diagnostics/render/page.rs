//! The explain page of a code, for a terminal.

use super::Style;
use super::clean::wrap;
use crate::diagnostics::Code;
use ariadne::{Color, Fmt};

/// Headings, code and lists of the page's markdown, lightly set; paragraphs are wrapped.
pub fn explain(code: Code, style: &Style) -> String {
    let paint = |text: &str, color: Color| match style.color {
        true => format!("{}", text.fg(color)),
        false => text.to_owned(),
    };
    let width = style.width.clamp(40, 100);
    let mut out = String::new();
    let mut paragraph = String::new();
    let mut fenced = false;
    let flush = |paragraph: &mut String, out: &mut String| {
        for line in wrap(paragraph, width) {
            out.push_str(&spans(&line, style));
            out.push('\n');
        }
        paragraph.clear();
    };
    for line in code.0.page.lines() {
        if let Some(rest) = line.strip_prefix("```") {
            flush(&mut paragraph, &mut out);
            fenced = !fenced;
            if let (true, Some((title, color))) = (fenced, title(rest.trim())) {
                out.push_str(&paint(&title, color));
                out.push('\n');
            }
        } else if fenced {
            out.push_str(&paint(format!("    {line}").trim_end(), Color::Cyan));
            out.push('\n');
        } else if let Some(title) = line.strip_prefix('#') {
            flush(&mut paragraph, &mut out);
            out.push_str(&paint(title.trim_start_matches('#').trim(), Color::Yellow));
            out.push('\n');
        } else if line.trim().is_empty() {
            flush(&mut paragraph, &mut out);
            out.push('\n');
        } else if line.starts_with(['-', '|', ' ']) {
            flush(&mut paragraph, &mut out);
            out.push_str(&spans(line, style));
            out.push('\n');
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line);
        }
    }
    flush(&mut paragraph, &mut out);
    out
}

/// What an example is, by what stands behind its fence: `wflow fail`, `toml pass`, `wflow fail run --word=x`, `toml`.
fn title(info: &str) -> Option<(String, Color)> {
    let (is, run) = match info.split_once(" run") {
        Some((is, args)) => (is, Some(args.trim())),
        None => (info, None),
    };
    let (title, color) = match is {
        "wflow fail" | "toml fail" => ("refused", Color::Red),
        "wflow pass" | "toml pass" => ("right", Color::Green),
        "toml" => ("wflow.toml", Color::Yellow),
        _ => return None,
    };
    let title = match run {
        Some(args) if !args.is_empty() => format!("{title}, with {args}:"),
        _ => format!("{title}:"),
    };
    Some((title, color))
}

/// `code` within a line gets a colour where there are colours, and keeps its marks where not.
fn spans(line: &str, style: &Style) -> String {
    if !style.color || line.matches('`').count() % 2 == 1 {
        return line.to_owned();
    }
    line.split('`')
        .enumerate()
        .map(|(i, part)| if i % 2 == 1 { format!("{}", part.fg(Color::Cyan)) } else { part.to_owned() })
        .collect()
}
