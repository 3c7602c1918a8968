//! Text: escapes, interpolation, dedent.

use super::Builder;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, TextForm, TextLit, TextPart};
use crate::syntax::parser::Rule;
use crate::syntax::tree::P;
use std::sync::Arc;

impl Builder<'_> {
    pub fn text_expr(&mut self, pair: P<'_>) -> Expr {
        let span = self.span(&pair);
        let lit = self.text_lit(pair);
        Expr { id: self.id(), span, kind: ExprKind::Text(lit) }
    }

    pub fn text_lit(&mut self, pair: P<'_>) -> TextLit {
        match pair.as_rule() {
            Rule::raw_text => {
                let body = pair.as_str().trim_start_matches('r');
                let hashes = body.len() - body.trim_start_matches('#').len();
                let body = &body[hashes + 1..body.len() - hashes - 1];
                TextLit { form: TextForm::Raw, parts: lit_parts(body.to_owned()) }
            }
            Rule::block_text => {
                let mut parts = self.parts(pair);
                dedent(&mut parts);
                TextLit { form: TextForm::Block, parts: tidy(parts) }
            }
            _ => TextLit { form: TextForm::Quoted, parts: self.quoted(pair) },
        }
    }

    /// Text without escapes goes from the source into the tree in one step.
    fn quoted(&mut self, pair: P<'_>) -> Vec<TextPart> {
        let mut out = Vec::new();
        let (mut lit, mut decoded) = ("", String::new());
        let flush = |lit: &mut &str, decoded: &mut String, out: &mut Vec<TextPart>| {
            if !decoded.is_empty() {
                out.push(TextPart::Lit(std::mem::take(decoded).into()));
            } else if !lit.is_empty() {
                out.push(TextPart::Lit((*lit).into()));
            }
            *lit = "";
        };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::quoted_lit if decoded.is_empty() => lit = part.as_str(),
                Rule::quoted_lit => decoded.push_str(part.as_str()),
                Rule::escape => {
                    decoded.push_str(std::mem::take(&mut lit));
                    decoded.push(self.escape(&part));
                }
                _ => {
                    flush(&mut lit, &mut decoded, &mut out);
                    if let Some(e) = part.into_inner().next() {
                        out.push(TextPart::Expr(self.expr(e)));
                    }
                }
            }
        }
        flush(&mut lit, &mut decoded, &mut out);
        out
    }

    /// Of a text block.
    fn parts(&mut self, pair: P<'_>) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::block_lit => parts.push(Part::Raw(part.as_str().to_owned())),
                Rule::escape => {
                    let c = self.escape(&part);
                    parts.push(Part::Escaped(c));
                }
                Rule::interp => {
                    if let Some(e) = part.into_inner().next() {
                        parts.push(Part::Expr(Box::new(self.expr(e))));
                    }
                }
                _ => {}
            }
        }
        parts
    }

    pub fn escape(&mut self, pair: &P<'_>) -> char {
        let span = self.span(pair);
        let span = Span { end: span.start + pair.as_str().len() as u32, ..span };
        let body = &pair.as_str()[1..];
        match body.chars().next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('u') if body.len() > 1 => {
                let hex = body.trim_start_matches("u{").trim_end_matches('}');
                match u32::from_str_radix(hex, 16).ok().and_then(char::from_u32) {
                    Some(c) => c,
                    None => {
                        self.error(
                            Diagnostic::error(
                                syntax::E0105,
                                span,
                                format!("`{hex}` is not a Unicode character"),
                            )
                            .label("no character has this number")
                            .help("write its number in hexadecimal, such as `\\u{1F600}`"),
                        );
                        '?'
                    }
                }
            }
            Some(c @ ('"' | '\\' | '{' | '}' | '\'' | '`')) => c,
            other => {
                let c = other.unwrap_or('?');
                self.error(
                    Diagnostic::error(syntax::E0105, span, format!("`\\{c}` is not an escape"))
                        .label("unknown escape")
                        .help(r#"escapes are \n \t \r \" \\ \{ and \u{…}; in a raw text, r"…", a backslash is just that"#),
                );
                c
            }
        }
    }

    /// A text that may not interpolate.
    pub fn plain_text(&mut self, pair: P<'_>) -> (Arc<str>, Span) {
        let span = self.span(&pair);
        let inner = match pair.as_rule() {
            Rule::plain_text => pair.into_inner().next(),
            _ => Some(pair),
        };
        let lit = inner.map(|p| self.text_lit(p));
        match lit.as_ref().and_then(TextLit::plain) {
            Some(text) => (text.into(), span),
            None => {
                self.error(
                    Diagnostic::error(syntax::E0113, span, "this text takes no interpolation")
                        .label("`{…}` cannot be used here")
                        .help("write the text out, or write `\\{` for a brace"),
                );
                ("".into(), span)
            }
        }
    }
}

enum Part {
    /// As written; line ends and indentation are still there.
    Raw(String),
    Escaped(char),
    Expr(Box<Expr>),
}

fn lit_parts(text: String) -> Vec<TextPart> {
    if text.is_empty() { Vec::new() } else { vec![TextPart::Lit(text.into())] }
}

/// Joins neighbouring literal parts.
fn tidy(parts: Vec<Part>) -> Vec<TextPart> {
    let mut out = Vec::new();
    let mut lit = String::new();
    for part in parts {
        match part {
            Part::Raw(t) => lit.push_str(&t),
            Part::Escaped(c) => lit.push(c),
            Part::Expr(e) => {
                if !lit.is_empty() {
                    out.push(TextPart::Lit(std::mem::take(&mut lit).into()));
                }
                out.push(TextPart::Expr(*e));
            }
        }
    }
    if !lit.is_empty() {
        out.push(TextPart::Lit(lit.into()));
    }
    out
}

/// A text block loses its first line end, its last line if that is blank, and the indentation of its closing line, or
/// the least of its lines if that is less. Line ends become `\n`.
fn dedent(parts: &mut [Part]) {
    let mut first = true;
    for part in parts.iter_mut() {
        if let Part::Raw(t) = part {
            *t = t.replace("\r\n", "\n");
            if first && let Some(rest) = t.strip_prefix('\n') {
                *t = rest.to_owned();
                // The first line has no line end before it any more, yet it is a line's start: mark it.
                t.insert(0, '\u{0}');
            }
        }
        first = false;
    }
    let mut closing = None;
    if let Some(Part::Raw(t)) = parts.last_mut() {
        let start = t.rfind(['\n', '\u{0}']);
        if let Some(start) = start
            && t[start + 1..].chars().all(|c| c == ' ' || c == '\t')
        {
            closing = Some(t[start + 1..].len());
            let keep = if t.as_bytes()[start] == 0 { start + 1 } else { start };
            t.truncate(keep);
        }
    }
    // The indentation of each line: what follows a line start in a raw part.
    let mut least = closing.unwrap_or(usize::MAX);
    let count = parts.len();
    for (i, part) in parts.iter().enumerate() {
        let Part::Raw(t) = part else { continue };
        let mut lines = t.split(['\n', '\u{0}']);
        lines.next();
        for line in lines {
            let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
            let blank = indent == line.len();
            // A line that ends here in the part goes on with an interpolation, unless it is the last.
            let is_last = std::ptr::eq(line.as_bytes().as_ptr_range().end, t.as_bytes().as_ptr_range().end);
            if !blank || (is_last && i + 1 < count) {
                least = least.min(indent);
            }
        }
    }
    if least == usize::MAX {
        least = 0;
    }
    for part in parts.iter_mut() {
        let Part::Raw(t) = part else { continue };
        let mut out = String::with_capacity(t.len());
        for (i, line) in t.split_inclusive(['\n', '\u{0}']).enumerate() {
            let starts_line = i > 0;
            let line = match starts_line {
                true => {
                    let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
                    &line[indent.min(least)..]
                }
                false => line,
            };
            out.push_str(line);
        }
        out.retain(|c| c != '\u{0}');
        *t = out;
    }
}
