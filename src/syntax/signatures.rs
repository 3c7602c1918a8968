//! Parameters and results, and the arrows `->` and `=>`.

use super::foreign::last_word;
use super::forms::{error, is_lower, is_word};
use super::mistakes::{Trouble, quoted};
use super::parser::Rule;
use super::words::is_reserved;
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// `->` and `=>`, left out or mistaken for each other; types that are missing.
pub(super) fn arrows(t: &Trouble<'_>, span: Span, found: &str, piece: &str) -> Option<Diagnostic> {
    let callable = matches!(t.first_word(), "fn" | "task" | "workflow") || piece.contains("workflow ");
    if callable && !piece.contains('(') && found != "(" && t.expects(&[Rule::params]) {
        return error(
            span,
            "the parameters stand in parentheses",
            "`(` should be here",
            "write `fn f(x: Int) -> Int { … }`; without any write `()`",
        );
    }
    if callable && piece.ends_with(')') && !piece.contains('{') {
        if is_word(found) {
            return error(
                span,
                format!("expected `->` before the result type `{found}`"),
                "`->` is missing before this",
                &format!("write `-> {found}`"),
            );
        }
        if matches!(found, ":" | "=>") {
            return error(
                span,
                format!("`{found}` cannot stand here"),
                "`->` or `{` should be here",
                "a result type is written `-> T`",
            );
        }
        if found == "=" {
            return error(
                span,
                "a body stands in braces",
                "`{` should be here",
                "write `fn double(x: Int) -> Int { x * 2 }`",
            );
        }
    }
    if callable
        && matches!(found, "," | ")" | "=")
        && in_params(piece)
        && is_lower(last_word(piece))
        && !is_reserved(last_word(piece))
    {
        let name = last_word(piece);
        return error(
            span,
            format!("the parameter `{name}` needs a type"),
            "`: Type` should be here",
            &format!("write for example `{name}: Text`"),
        );
    }
    if t.rule == Rule::one_item
        && t.text[t.start..].starts_with('@')
        && t.expects(&[Rule::item])
        && is_word(found)
        && !piece.contains('(')
    {
        return error(
            span,
            format!("{} cannot stand here", quoted(found)),
            "unexpected",
            "names for an attribute stand in parentheses: `@allow(unused_value)`",
        );
    }
    if found == "->" && last_word(piece) == "gate" {
        return error(
            span,
            "which gate is missing",
            "a gate's name should be here",
            "write for example given gate ship -> approve",
        );
    }
    if t.first_word() == "given" && !piece.contains("->") && !is_word(found) {
        return error(
            span,
            format!("expected `->` and the answer, found {}", quoted(found)),
            "`->` should be here",
            "write for example given gate ship -> approve",
        );
    }
    if found == "->" {
        return error(
            span,
            "`->` cannot stand here",
            "only before a result type, or an answer in a test",
            "in a `match` and in a lambda the arrow is `=>`",
        );
    }
    None
}

/// Whether the parameters are still open.
pub(super) fn in_params(piece: &str) -> bool {
    piece.rfind('(').is_some_and(|open| !piece[open..].contains(')')) && !piece.contains('{')
}
