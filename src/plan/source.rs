//! How a part of the program is written: for people as they wrote it, for comparisons in the one canonical form, which
//! formatting does not change.

use crate::source::{SourceMap, Span};
use crate::syntax::ast::{Expr, Pattern};
use crate::syntax::{print_expr, print_pattern};

use super::model::Place;

/// As the person wrote it, on one line; in the canonical form where it is to be compared.
pub fn expr(e: &Expr, sources: &SourceMap, canonical: bool) -> String {
    written(e.span, sources, canonical).unwrap_or_else(|| one_line(&print_expr(e)))
}

pub fn pattern(p: &Pattern, sources: &SourceMap, canonical: bool) -> String {
    written(p.span, sources, canonical).unwrap_or_else(|| one_line(&print_pattern(p)))
}

/// None where a comment would stand in it.
fn written(span: Span, sources: &SourceMap, canonical: bool) -> Option<String> {
    let text = sources.slice(span);
    (!canonical && !text.is_empty() && !text.contains("//")).then(|| one_line(text))
}

/// Lines that the printer broke for looks are joined; line ends inside of texts are escapes or belong to a block.
fn one_line(text: &str) -> String {
    match text.contains('\n') {
        false => text.to_owned(),
        true => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

pub fn place(sources: &SourceMap, span: Span) -> Place {
    match sources.get(span.file) {
        Some(file) => {
            let at = file.line_column(span.start as usize);
            Place { file: file.name.clone(), line: at.line, column: at.column }
        }
        None => Place::default(),
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
