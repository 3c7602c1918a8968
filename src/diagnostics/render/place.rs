//! A span as lines and columns, brought back into its file wherever it points outside.

use crate::source::{LineColumn, SourceFile, SourceMap, Span};

/// A place that exists: byte offsets lie on characters and within the text.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub file: &'a SourceFile,
    pub start: usize,
    pub end: usize,
    pub from: LineColumn,
    pub to: LineColumn,
}

impl<'a> Place<'a> {
    /// None if there is no such file.
    pub fn of(span: Span, sources: &'a SourceMap) -> Option<Place<'a>> {
        let file = sources.get(span.file)?;
        let inside = |offset: u32| {
            let mut at = (offset as usize).min(file.text.len());
            while !file.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = inside(span.start);
        let end = inside(span.end).max(start);
        Some(Place { file, start, end, from: file.line_column(start), to: file.line_column(end) })
    }

    /// `name:line:column`
    pub fn show(&self) -> String {
        format!("{}:{}:{}", super::clean_line(&self.file.name), self.from.line, self.from.column)
    }
}
