//! Markdown as rows for a terminal: headings, emphasis, lists, quotes, code, tables, links.
//!
//! Nothing of the text reaches the terminal as it is: each letter goes through [`escape`](super::escape) after the
//! Markdown was read, so neither a control character nor one that an entity stands for (`&#27;`) comes through. HTML is
//! shown as it is written, and where a link leads is always said.
//!
//! A text is rendered one block of its outermost level after the other, each by itself. So what a stream shows of a
//! block that is over is what the whole text would show ([`over`]).

mod block;
mod inline;
mod stream;
mod table;

pub use stream::Stream;

use super::style::Style;
use pulldown_cmark::{Options, Parser};
use std::borrow::Cow;

/// Narrower than this nothing is laid out.
const NARROWEST: usize = 12;

fn parser(text: &str) -> Parser<'_> {
    let more = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    Parser::new_ext(text, more)
}

/// Rows of at most about `columns`, with the sequences of `style` and no other.
pub fn render(text: &str, columns: usize, style: Style) -> Vec<String> {
    let text = &*lines(text);
    let mut rows = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (block, more) = rest.split_at(first(rest).unwrap_or(rest.len()));
        let block = block::rows(block, columns.max(NARROWEST), style);
        if !rows.is_empty() && !block.is_empty() {
            rows.push(String::new());
        }
        rows.extend(block);
        rest = more;
    }
    rows
}

/// With line ends of one kind. A return alone is none: it is shown.
fn lines(text: &str) -> Cow<'_, str> {
    match text.contains('\r') {
        true => text.replace("\r\n", "\n").replace('\r', "\\r").into(),
        false => text.into(),
    }
}

/// How much of the beginning of a text no further text can change: its blocks but the last two, as far as its lines are
/// whole. The line that follows may be what makes the end of a block a table; so one block more than is open is left.
pub fn over(text: &str) -> usize {
    let lines = &text[..text.rfind('\n').map_or(0, |at| at + 1)];
    let (mut over, mut next) = (0, 0);
    while let Some(end) = first(&lines[next..]) {
        (over, next) = (next, next + end);
    }
    over
}

/// Where the first block of the outermost level is over and another begins: behind the line that it ends with, so that
/// definitions of links, which are no block, stand with the text that they stand before.
fn first(text: &str) -> Option<usize> {
    let (mut depth, mut end) = (0usize, None);
    for (event, range) in parser(text).into_offset_iter() {
        if depth == 0 {
            let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
            if let Some(end) = end {
                let behind = match text[..end].ends_with('\n') {
                    true => end,
                    false => text[end..].find('\n').map_or(text.len(), |at| end + at + 1),
                };
                return Some(behind.min(line)).filter(|start| *start > 0);
            }
            end = Some(range.end);
        }
        match event {
            pulldown_cmark::Event::Start(_) => depth += 1,
            pulldown_cmark::Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}
