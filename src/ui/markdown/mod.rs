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

/// Narrower than this nothing is laid out.
const NARROWEST: usize = 12;

fn parser(text: &str) -> Parser<'_> {
    let more = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    Parser::new_ext(text, more)
}

/// Rows of at most about `columns`, with the sequences of `style` and no other.
pub fn render(text: &str, columns: usize, style: Style) -> Vec<String> {
    let mut rows = Vec::new();
    let starts = starts(text);
    for (i, start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(text.len());
        let block = block::rows(&text[*start..end], columns.max(NARROWEST), style);
        if !rows.is_empty() && !block.is_empty() {
            rows.push(String::new());
        }
        rows.extend(block);
    }
    rows
}

/// How much of the beginning of a text no further text can change: its blocks but the last, as far as its lines are whole.
pub fn over(text: &str) -> usize {
    let lines = text.rfind('\n').map_or(0, |at| at + 1);
    starts(&text[..lines]).last().copied().unwrap_or(0)
}

/// Where the blocks of the outermost level begin; the first at the beginning of the text.
fn starts(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut depth = 0usize;
    for (event, range) in parser(text).into_offset_iter() {
        if depth == 0 {
            // Indentation belongs to a block.
            let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
            if starts.last().is_none_or(|last| *last < line) {
                starts.push(if starts.is_empty() { 0 } else { line });
            }
        }
        match event {
            pulldown_cmark::Event::Start(_) => depth += 1,
            pulldown_cmark::Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    starts
}
