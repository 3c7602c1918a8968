//! Texts, commands and brackets without an end. What follows them makes no sense, so they are reported alone; where
//! brackets do not agree, the indentation tells which one was meant.

use super::build::Builder;
use super::cut::{STATEMENT_WORDS, word};
use super::scan::{Scan, Token, TokenKind};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;

pub(super) fn broken(scan: &Scan) -> bool {
    scan.unterminated.is_some() || !scan.unclosed.is_empty() || !scan.unopened.is_empty()
}

/// The scan is of `start..end` of the text.
pub(super) fn report(builder: &mut Builder<'_>, scan: &Scan, start: usize, end: usize) {
    let text = builder.text;
    let part = &text[start..end];
    let open = scan.open_interpolation.filter(|(at, closer)| {
        let line = part[*at..].lines().next().unwrap_or("");
        line.contains(*closer) && !line.contains('}')
    });
    if let Some(at) = open.map(|o| o.0).or(scan.unterminated_in) {
        let span = builder.at(start + at, start + at + 1);
        builder.error(
            Diagnostic::error(syntax::E0103, span, "this `{` begins an interpolation that is not closed")
                .label("the closing `}` is missing")
                .help("write `{name}` for a value, or `\\{` for a brace"),
        );
        return;
    }
    let diagnostic = match (scan.unterminated, scan.unclosed.is_empty()) {
        (Some((at, what)), _) => unterminated(builder, scan, part, start, at, what),
        (None, false) => unclosed(builder, scan, part, start),
        (None, true) => unopened(builder, scan, part, start),
    };
    builder.diagnostics.extend(diagnostic);
}

fn unterminated(
    builder: &Builder<'_>,
    scan: &Scan,
    part: &str,
    base: usize,
    at: usize,
    what: &str,
) -> Option<Diagnostic> {
    let (missing, help, len) = match what {
        "text" => ("quote", "a text over several lines stands between `\"\"\"` and `\"\"\"`", 1),
        "text block" => ("three quotes", "close it with `\"\"\"` on a line of its own", 3),
        "command" => ("backtick", "a command stands between two backticks", 1),
        _ => ("quote", "a raw text ends with a quote and as many `#` as it began with", 2),
    };
    // The last one is open only because an earlier one ended at its beginning.
    let earlier = match what {
        "command" => scan.tokens.iter().find(|t| t.kind == TokenKind::Command && swallows_code(part, t)),
        "text block" => scan.tokens.iter().find(|t| t.kind == TokenKind::Text && ends_after_code(part, t)),
        _ => None,
    };
    let at = base + earlier.map_or(at, |t| t.start);
    Some(
        Diagnostic::error(syntax::E0103, builder.at(at, at + len), format!("this {what} is not closed"))
            .label(format!("the closing {missing} cannot be found"))
            .help(help),
    )
}

/// A command over several lines one of which starts a statement.
fn swallows_code(part: &str, token: &Token) -> bool {
    word(part, token).lines().skip(1).any(|line| {
        let line = line.trim_start();
        let first = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
        line.starts_with('}') || STATEMENT_WORDS.contains(&first)
    })
}

/// A text block whose end stands behind code, where a beginning stands.
fn ends_after_code(part: &str, token: &Token) -> bool {
    let text = word(part, token);
    text.starts_with("\"\"\"")
        && text.trim_end_matches('"').rsplit_once('\n').is_some_and(|(_, last)| {
            let last = last.trim_start();
            STATEMENT_WORDS.iter().any(|w| last.strip_prefix(w).is_some_and(|r| r.starts_with(' ')))
        })
}

fn indent(part: &str, at: usize) -> usize {
    let line = &part[part[..at].rfind('\n').map_or(0, |i| i + 1)..];
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// Pairs of braces on different lines: where they open and close, and the indentation of both lines.
fn pairs(part: &str, tokens: &[Token]) -> Vec<(usize, usize, usize, usize)> {
    let mut open: Vec<usize> = Vec::new();
    let mut out = Vec::new();
    for token in tokens {
        match token.kind {
            TokenKind::Open(b'{') => open.push(token.start),
            TokenKind::Close(b'}') => {
                if let Some(o) = open.pop()
                    && token.first_on_line
                    && part[o..token.start].contains('\n')
                {
                    out.push((o, token.start, indent(part, o), indent(part, token.start)));
                }
            }
            _ => {}
        }
    }
    out
}

fn unclosed(builder: &Builder<'_>, scan: &Scan, part: &str, base: usize) -> Option<Diagnostic> {
    let (mut at, mut open) = *scan.unclosed.last()?;
    let mut apparent = None;
    if open == '{'
        && let Some((o, c, ..)) =
            pairs(part, &scan.tokens).into_iter().find(|(_, _, before, after)| after < before)
    {
        (at, open) = (o, '{');
        apparent = Some(c);
    }
    let close = match open {
        '(' => ')',
        '[' => ']',
        _ => '}',
    };
    let span = builder.at(base + at, base + at + 1);
    let mut found = Diagnostic::error(syntax::E0103, span, format!("this `{open}` is not closed"))
        .label(format!("the closing `{close}` is missing"));
    if let Some(c) = apparent {
        let span = builder.at(base + c, base + c + 1);
        found = found.also(span, "by its indentation this one closes something further out");
    }
    Some(found.help(format!("write the `{close}`; the indentation shows where it belongs")))
}

fn unopened(builder: &Builder<'_>, scan: &Scan, part: &str, base: usize) -> Option<Diagnostic> {
    let (at, close) = *scan.unopened.first()?;
    let early = pairs(part, &scan.tokens).into_iter().find(|(_, _, before, after)| after > before);
    if let (Some((_, c, ..)), '}') = (early, close) {
        let span = builder.at(base + c, base + c + 1);
        return Some(
            Diagnostic::error(syntax::E0103, span, "this `}` is one too many")
                .label("it closes what should still be open")
                .also(builder.at(base + at, base + at + 1), "so that nothing is open here")
                .help("take it out, or open a block before it"),
        );
    }
    let span = builder.at(base + at, base + at + 1);
    Some(
        Diagnostic::error(syntax::E0103, span, format!("this `{close}` closes nothing"))
            .label("no bracket is open here")
            .help("take it out, or open a bracket before it"),
    )
}
