//! A file with mistakes: cut into items, a failing item into statements, each tried by itself, so that one run reports
//! every independent mistake once. Only files with mistakes come here, so it may take its time.

use super::ast::{self, Item, ItemKind, Stmt};
use super::build::Builder;
use super::parser::{Grammar, Rule};
use super::scan::{self, Scan, Token, TokenKind};
use crate::diagnostics::codes::syntax;
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::source::{FileId, Span};
use pest::Parser as _;
use pest::error::{Error, ErrorVariant, InputLocation};

const ITEM_WORDS: &[&str] =
    &["use", "type", "enum", "const", "agent", "policy", "fn", "task", "workflow", "test"];

fn word<'t>(text: &'t str, token: &Token) -> &'t str {
    text.get(token.start..token.end).unwrap_or("")
}

pub(super) fn starts_item(file: FileId, text: &str) -> bool {
    let scan = scan::scan(file, text, true);
    scan.tokens
        .first()
        .is_some_and(|t| t.kind == TokenKind::Punct(b'@') || ITEM_WORDS.contains(&word(text, t)))
}

/// Whether the grammar only failed because the text ended: more may come.
pub(super) fn ends_early(text: &str, items: bool) -> bool {
    let rule = if items { Rule::file } else { Rule::stmts };
    match Grammar::parse(rule, text) {
        Ok(_) => false,
        Err(error) => place(&error) >= text.trim_end().len() && !text.ends_with("\n\n"),
    }
}

fn place(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(p) => p,
        InputLocation::Span((p, _)) => p,
    }
}

/// The good items of a file; the others' mistakes are reported.
pub(super) fn file(builder: &mut Builder<'_>) -> Vec<Item> {
    let text = builder.text;
    let scan = scan::scan(builder.file, text, true);
    if broken_brackets(builder, &scan) {
        return good_items_only(builder, &scan);
    }
    let mut items = Vec::new();
    for chunk in chunks(text, &scan.tokens) {
        item(builder, chunk, &mut items);
    }
    items
}

#[derive(Clone, Copy)]
struct Chunk<'t> {
    start: usize,
    end: usize,
    tokens: &'t [Token],
}

/// Texts and brackets without an end make everything after them meaningless: that is reported alone.
fn broken_brackets(builder: &mut Builder<'_>, scan: &Scan) -> bool {
    let mut broken = false;
    if let Some((at, what)) = scan.unterminated {
        broken = true;
        let (missing, help) = match what {
            "text" => ("\"", "a text over several lines stands between `\"\"\"` and `\"\"\"`"),
            "text block" => ("\"\"\"", "close it with `\"\"\"` on a line of its own"),
            "command" => ("`", "a command stands between two backticks"),
            _ => ("\"#", "a raw text ends with a quote and as many `#` as it began with"),
        };
        let len = if what == "text block" { 3 } else { 1 };
        let span = builder.at(at, at + len);
        builder.error(
            Diagnostic::error(syntax::E0103, span, format!("this {what} is not closed"))
                .label(format!("the closing `{missing}` is missing"))
                .help(help),
        );
    }
    if !broken {
        for (at, open) in &scan.unclosed {
            broken = true;
            let close = match open {
                '(' => ')',
                '[' => ']',
                _ => '}',
            };
            let span = builder.at(*at, *at + 1);
            builder.error(
                Diagnostic::error(syntax::E0103, span, format!("this `{open}` is not closed"))
                    .label(format!("the closing `{close}` is missing")),
            );
        }
        for (at, close) in &scan.unopened {
            broken = true;
            let span = builder.at(*at, *at + 1);
            builder.error(
                Diagnostic::error(syntax::E0103, span, format!("this `{close}` closes nothing"))
                    .label("no bracket is open here"),
            );
        }
    }
    broken
}

/// With broken brackets only items that parse by themselves are kept; nothing more is said about the others.
fn good_items_only(builder: &mut Builder<'_>, scan: &Scan) -> Vec<Item> {
    let text = builder.text;
    let mut items = Vec::new();
    // Depths cannot be trusted; a word at a line's very start that starts an item is one.
    let starts: Vec<usize> = scan
        .tokens
        .iter()
        .filter(|t| {
            let at_margin = t.start == 0 || text.as_bytes().get(t.start - 1) == Some(&b'\n');
            at_margin && t.first_on_line && ITEM_WORDS.contains(&word(text, t))
        })
        .map(|t| t.start)
        .collect();
    for (i, start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(text.len());
        if let Ok(pairs) = Grammar::parse(Rule::one_item, &text[*start..end]) {
            builder.base = *start;
            items.extend(builder.file(pairs));
            builder.base = 0;
        }
    }
    items
}

/// Cuts at words that start an item at depth zero, with the attributes before them.
fn chunks<'t>(text: &str, tokens: &'t [Token]) -> Vec<Chunk<'t>> {
    let mut starts = vec![];
    for (i, t) in tokens.iter().enumerate() {
        let attribute = t.kind == TokenKind::Punct(b'@');
        let starts_here = t.depth == 0
            && t.first_on_line
            && (attribute
                || t.kind == TokenKind::Word
                    && (ITEM_WORDS.contains(&word(text, t)) || looks_like_item(text, tokens, i)));
        if starts_here {
            // An item's word directly after its attribute belongs to the same chunk.
            let after_attribute = starts.last().is_some_and(|s: &usize| {
                tokens[*s].kind == TokenKind::Punct(b'@') && only_attributes(text, &tokens[*s..i])
            });
            if !after_attribute {
                starts.push(i);
            }
        }
    }
    if starts.first() != Some(&0) && !tokens.is_empty() {
        starts.insert(0, 0);
    }
    let mut out = Vec::new();
    for (n, first) in starts.iter().enumerate() {
        let last = starts.get(n + 1).copied().unwrap_or(tokens.len());
        let start = tokens[*first].start;
        let end = tokens.get(last).map_or(text.len(), |t| t.start);
        out.push(Chunk { start, end, tokens: &tokens[*first..last] });
    }
    out
}

fn only_attributes(text: &str, tokens: &[Token]) -> bool {
    !tokens.iter().any(|t| t.depth == 0 && ITEM_WORDS.contains(&word(text, t)))
}

/// `wrokflow name(`: a word at the margin followed by a name, near to an item's word.
fn looks_like_item(text: &str, tokens: &[Token], i: usize) -> bool {
    let here = word(text, &tokens[i]);
    let next_is_word = tokens.get(i + 1).is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::Text));
    next_is_word
        && (did_you_mean(here, ITEM_WORDS.iter().copied()).is_some()
            || matches!(
                here,
                "function" | "def" | "func" | "import" | "struct" | "record" | "let" | "var" | "class"
            ))
}

fn item(builder: &mut Builder<'_>, chunk: Chunk<'_>, items: &mut Vec<Item>) {
    let text = builder.text;
    let source = &text[chunk.start..chunk.end];
    builder.base = chunk.start;
    let parsed = Grammar::parse(Rule::one_item, source);
    match parsed {
        Ok(pairs) => {
            items.extend(builder.file(pairs));
            builder.base = 0;
        }
        Err(error) => {
            builder.base = 0;
            let at = chunk.start + place(&error);
            match body_of(text, chunk) {
                // The head alone is good: the mistakes are inside.
                Some((open, close)) if at > open => {
                    let head = format!("{}{{}}", &text[chunk.start..open]);
                    builder.base = chunk.start;
                    let parsed_head = Grammar::parse(Rule::one_item, &head);
                    let head_item = match parsed_head {
                        Ok(pairs) => builder.file(pairs).pop(),
                        Err(_) => None,
                    };
                    builder.base = 0;
                    let Some(mut made) = head_item else {
                        let found = message(builder, &error, chunk.start);
                        builder.error(found);
                        return;
                    };
                    match &mut made.kind {
                        ItemKind::Callable(callable) => {
                            callable.body.stmts = body(builder, chunk.tokens, open, close);
                            callable.body.span = builder.at(open, close + 1);
                            made.span.end = close as u32 + 1;
                            items.push(made);
                        }
                        ItemKind::Test(_) => {
                            test_body(builder, chunk.tokens, open, close);
                        }
                        _ => {
                            let found = message(builder, &error, chunk.start);
                            builder.error(found);
                        }
                    }
                }
                _ => {
                    let found = message(builder, &error, chunk.start);
                    builder.error(found);
                }
            }
        }
    }
}

/// The item's last brace pair at its own depth: its body.
fn body_of(text: &str, chunk: Chunk<'_>) -> Option<(usize, usize)> {
    let starts = chunk.tokens.iter().find(|t| ITEM_WORDS.contains(&word(text, t)))?;
    if !matches!(word(text, starts), "fn" | "task" | "workflow" | "test") {
        return None;
    }
    let close = chunk.tokens.iter().rev().find(|t| t.depth == 0)?;
    if close.kind != TokenKind::Close(b'}') {
        return None;
    }
    let open = chunk.tokens.iter().rev().find(|t| t.depth == 0 && t.kind == TokenKind::Open(b'{'))?;
    Some((open.start, close.start))
}

/// The statements of a body, cut at lines that start one.
fn body(builder: &mut Builder<'_>, tokens: &[Token], open: usize, close: usize) -> Vec<Stmt> {
    let inside: Vec<Token> = tokens.iter().filter(|t| t.start > open && t.start < close).copied().collect();
    let mut stmts = Vec::new();
    for chunk in statement_chunks(builder.text, &inside, close) {
        statement(builder, chunk, &mut stmts, Rule::stmts);
    }
    stmts
}

fn test_body(builder: &mut Builder<'_>, tokens: &[Token], open: usize, close: usize) {
    let inside: Vec<Token> = tokens.iter().filter(|t| t.start > open && t.start < close).copied().collect();
    for chunk in statement_chunks(builder.text, &inside, close) {
        let source = format!("test \"\" {{ {} }}", &builder.text[chunk.start..chunk.end]);
        let parsed = Grammar::parse(Rule::one_item, &source);
        if let Err(error) = parsed {
            let shift = "test \"\" { ".len();
            let found = message_in(builder, &error, &source, chunk.start as i64 - shift as i64, chunk.end);
            builder.error(found);
        }
    }
}

/// All statements of a whole text, for the repl.
pub(super) fn statements(builder: &mut Builder<'_>) {
    let scan = scan::scan(builder.file, builder.text, true);
    if broken_brackets(builder, &scan) {
        return;
    }
    let mut stmts = Vec::new();
    for chunk in statement_chunks(builder.text, &scan.tokens, builder.text.len()) {
        statement(builder, chunk, &mut stmts, Rule::stmts);
    }
}

const STATEMENT_WORDS: &[&str] = &[
    "let", "var", "if", "match", "for", "repeat", "return", "break", "continue", "try", "ensure", "fail",
    "wait", "say", "step", "parallel", "run", "ask", "gate", "given", "expect",
];
/// A line that starts with one of these goes on with the statement before it.
const CONTINUES: &[&str] = &[
    "else",
    "catch",
    "undo",
    "by",
    "show",
    "require",
    "timeout",
    "escalate",
    "on",
    "edit",
    "as",
    "check",
    "with",
    "retry",
    "otherwise",
    "up",
    "env",
    "stdin",
    "exits",
    "idempotent",
    "in",
    "and",
    "or",
    "matches",
    "help",
    "limit",
    "min_assurance",
    "every",
];

fn statement_chunks<'t>(text: &str, tokens: &'t [Token], end: usize) -> Vec<Chunk<'t>> {
    let Some(base) = tokens.first().map(|t| t.depth) else { return Vec::new() };
    let mut starts = vec![0usize];
    for (i, t) in tokens.iter().enumerate().skip(1) {
        if t.depth != base || matches!(t.kind, TokenKind::Close(_)) {
            continue;
        }
        let here = word(text, t);
        let keyword = t.kind == TokenKind::Word && STATEMENT_WORDS.contains(&here);
        let after = tokens[i - 1];
        // `let x = run …`, `x ?? fail …`, `else if`: the keyword is inside an expression.
        let expected = matches!(
            after.kind,
            TokenKind::Punct(b'=' | b'+' | b'-' | b'*' | b'/' | b'?' | b',' | b':' | b'<' | b'>' | b'!')
        ) || after.kind == TokenKind::Word
            && matches!(
                word(text, &after),
                "else"
                    | "otherwise"
                    | "not"
                    | "and"
                    | "or"
                    | "in"
                    | "return"
                    | "say"
                    | "break"
                    | "parallel"
                    | "ensure"
                    | "expect"
                    | "given"
                    | "matches"
                    | "with"
            );
        let new_line = t.first_on_line && !expected;
        let starts_here = new_line
            && match t.kind {
                TokenKind::Word => keyword || !CONTINUES.contains(&here),
                TokenKind::Punct(b) => b == b'@',
                TokenKind::Text | TokenKind::Command | TokenKind::Number => false,
                _ => true,
            };
        if starts_here
            || (keyword
                && !expected
                && i > 0
                && matches!(tokens[i - 1].kind, TokenKind::Close(_))
                && t.first_on_line)
        {
            starts.push(i);
        }
    }
    let mut out = Vec::new();
    for (n, first) in starts.iter().enumerate() {
        let last = starts.get(n + 1).copied().unwrap_or(tokens.len());
        let stop = tokens.get(last).map_or(end, |t| t.start);
        out.push(Chunk { start: tokens[*first].start, end: stop, tokens: &tokens[*first..last] });
    }
    out
}

fn statement(builder: &mut Builder<'_>, chunk: Chunk<'_>, stmts: &mut Vec<Stmt>, rule: Rule) {
    let text = builder.text;
    let source = &text[chunk.start..chunk.end];
    let parsed = Grammar::parse(rule, source);
    match parsed {
        Ok(pairs) => {
            builder.base = chunk.start;
            stmts.extend(builder.stmts(pairs));
            builder.base = 0;
        }
        Err(error) => {
            // Mistakes inside a block of it are looked for there, if it is good without them.
            let at = chunk.start + place(&error);
            let base = chunk.tokens.first().map_or(0, |t| t.depth);
            let blocks = blocks_of(chunk.tokens, base);
            let hollow = hollow(text, chunk, &blocks);
            let inside = blocks.iter().any(|(open, close)| at > *open && at <= *close);
            if inside && Grammar::parse(rule, &hollow).is_ok() {
                let before = builder.diagnostics.len();
                for (open, close) in blocks {
                    let inner = body(builder, chunk.tokens, open, close);
                    drop(inner);
                }
                if builder.diagnostics.len() > before {
                    let span = builder.at(chunk.start, chunk.start + source.trim_end().len());
                    let expr = builder.expr_error(span);
                    stmts.push(Stmt { span, attributes: Vec::new(), kind: ast::StmtKind::Expr(expr) });
                    return;
                }
            }
            let found = message(builder, &error, chunk.start);
            let span = found.primary.span;
            builder.error(found);
            let expr = builder.expr_error(span);
            stmts.push(Stmt { span, attributes: Vec::new(), kind: ast::StmtKind::Expr(expr) });
        }
    }
}

/// The brace pairs directly inside a statement.
fn blocks_of(tokens: &[Token], base: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut open = None;
    for t in tokens {
        if t.depth != base {
            continue;
        }
        match t.kind {
            TokenKind::Open(b'{') => open = Some(t.start),
            TokenKind::Close(b'}') => {
                if let Some(o) = open.take() {
                    out.push((o, t.start));
                }
            }
            _ => {}
        }
    }
    out
}

/// The statement with its blocks emptied.
fn hollow(text: &str, chunk: Chunk<'_>, blocks: &[(usize, usize)]) -> String {
    let mut out = String::new();
    let mut at = chunk.start;
    for (open, close) in blocks {
        out.push_str(&text[at..=*open]);
        at = *close;
    }
    out.push_str(&text[at..chunk.end]);
    out
}

/// What went wrong, in the user's words.
pub(super) fn message(builder: &Builder<'_>, error: &Error<Rule>, base: usize) -> Diagnostic {
    let text = builder.text;
    message_in(builder, error, text, base as i64, text.len())
}

fn message_in(
    builder: &Builder<'_>,
    error: &Error<Rule>,
    _source: &str,
    shift: i64,
    end: usize,
) -> Diagnostic {
    let text = builder.text;
    let at = usize::try_from(place(error) as i64 + shift).unwrap_or(0).min(end).min(text.len());
    let at = (0..=at).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    super::mistakes::explain(builder.file, text, at, &expected(error))
}

fn expected(error: &Error<Rule>) -> Vec<Rule> {
    match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.clone(),
        ErrorVariant::CustomError { .. } => Vec::new(),
    }
}

/// Where in the text an offset is, as a place that can be underlined: the word or sign that starts there.
pub(super) fn word_at(file: FileId, text: &str, at: usize) -> (Span, &str) {
    let rest = &text[at..];
    let len = match rest.chars().next() {
        None => 0,
        Some(c) if c.is_alphanumeric() || c == '_' => {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
        }
        Some(c) => c.len_utf8(),
    };
    (Span::new(file, at, at + len), &rest[..len])
}
