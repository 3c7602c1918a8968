//! What a person most likely meant where the grammar could not go on, in their words.

use super::foreign;
use super::parser::Rule;
use super::words::is_reserved;
use crate::diagnostics::codes::syntax;
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::source::{FileId, Span};

/// Where the grammar could not go on.
pub(super) struct Trouble<'t> {
    pub file: FileId,
    pub text: &'t str,
    /// The piece that was read: from `start` to the end of its last token.
    pub start: usize,
    pub end: usize,
    pub at: usize,
    /// What the piece was read as.
    pub rule: Rule,
    pub expected: Vec<Rule>,
}

impl<'t> Trouble<'t> {
    /// The piece so far.
    fn so_far(&self) -> &'t str {
        self.text.get(self.start..self.at).unwrap_or("")
    }

    pub(super) fn first_word(&self) -> &'t str {
        let piece = self.text.get(self.start..).unwrap_or("");
        piece.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("")
    }

    pub(super) fn expects(&self, rules: &[Rule]) -> bool {
        self.expected.iter().any(|r| rules.contains(r))
    }
}

/// The finding for a text that stops making sense.
pub(super) fn explain(t: &Trouble<'_>) -> Diagnostic {
    let (span, found) = word_at(t.file, t.text, t.at);
    let before = without_trivia(t.so_far());
    let before = &t.text[..t.start + before.len()];
    let rest = &t.text[t.at..];
    let ends = t.at >= t.end;
    if ends {
        return too_early(t, before);
    }
    if let Some(found) = misspelt(t) {
        return found;
    }
    let adjoining = &t.text[..t.at];
    if found.starts_with('?') && t.expects(&[Rule::type_expr, Rule::type_name, Rule::type_opt]) {
        return Diagnostic::error(syntax::E0101, span, "the `?` of an optional type stands behind it")
            .label("not before the type")
            .help("write for example `Int?`");
    }
    if let Some(known) = foreign::sign(span, found, adjoining, rest) {
        return known;
    }
    if let Some(known) = super::forms::known(t, span, found, before, rest) {
        return known;
    }
    if let Some(known) = foreign::near(span, found, before) {
        return known;
    }
    if found.chars().any(|c| !c.is_ascii() && c.is_alphanumeric()) || joined_to_foreign_letter(before, rest) {
        return non_ascii(t);
    }
    let wanted = wanted(t);
    let message = match wanted.is_empty() {
        true => format!("{} cannot stand here", quoted(found)),
        false => format!("expected {wanted}, found {}", quoted(found)),
    };
    let mut diagnostic = Diagnostic::error(syntax::E0101, span, message);
    diagnostic = diagnostic.label(match wanted.is_empty() {
        true => "unexpected".to_owned(),
        false => format!("{} should be here", wanted.split(" (").next().unwrap_or(&wanted)),
    });
    if is_reserved(found) && t.expects(&[Rule::lower, Rule::name, Rule::pattern]) {
        return reserved(span, found);
    }
    match is_reserved(found) && t.expects(&[Rule::operand, Rule::expr, Rule::closed_operand]) {
        true => diagnostic.help(format!("`{found}` is a word of the language, so it is no name of a value")),
        false => diagnostic,
    }
}

pub(super) fn reserved(span: Span, found: &str) -> Diagnostic {
    Diagnostic::error(
        syntax::E0104,
        span,
        format!("`{found}` is a word of the language and cannot be a name"),
    )
    .label("a name is expected here")
    .help(format!("choose another name, such as `{found}_`"))
}

/// A misspelt keyword at the start of a piece is read as a name; what follows then makes no sense.
fn misspelt(t: &Trouble<'_>) -> Option<Diagnostic> {
    let word = t.first_word();
    let behind = t.text[t.start + word.len()..t.end.max(t.start + word.len())].trim_start();
    let goes_on =
        behind.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '`' | '{' | '.'));
    if word.len() < 3 || is_reserved(word) || !goes_on || matches!(word, "given" | "expect") {
        return None;
    }
    let near = match t.rule {
        Rule::one_item => did_you_mean(word, super::cut::ITEM_WORDS.iter().copied())?,
        Rule::one_rule => did_you_mean(word, super::cut::POLICY_WORDS.iter().copied())?,
        Rule::one_test_part | Rule::stmts => {
            let words = super::cut::STATEMENT_WORDS.iter().copied();
            did_you_mean(word, words.chain(["given", "expect"]))?
        }
        _ => return None,
    };
    if super::cut::ITEM_WORDS.contains(&word) || super::cut::POLICY_WORDS.contains(&word) {
        return None;
    }
    let span = Span::new(t.file, t.start, t.start + word.len());
    let known = foreign::about_word(word, span);
    Some(known.unwrap_or_else(|| {
        Diagnostic::error(syntax::E0101, span, format!("nothing begins with `{word}`"))
            .label("not a word of the language")
            .help(format!("did you mean `{near}`?"))
    }))
}

/// The piece ends where something should follow: the place is its last token.
fn too_early(t: &Trouble<'_>, before: &str) -> Diagnostic {
    let last = last_token(before);
    let span = Span::new(t.file, before.len() - last.len(), before.len());
    if let Some(known) = super::unfinished::known(t, span, before) {
        return known;
    }
    let wanted = wanted(t);
    let what = if wanted.is_empty() { "something".to_owned() } else { wanted };
    let message = match last {
        "" => format!("expected {what}, found nothing"),
        "\"" => format!("{what} should follow this text"),
        "`" => format!("{what} should follow this command"),
        _ => format!("{what} should follow {}", quoted(last)),
    };
    Diagnostic::error(syntax::E0101, span, message).label("something is missing after this")
}

/// The last word or sign of a text, or a short form of the text in quotes that ends it.
fn last_token(before: &str) -> &str {
    let word = foreign::last_word(before);
    if !word.is_empty() {
        return word;
    }
    let Some(last) = before.chars().next_back() else { return "" };
    let mut len = last.len_utf8();
    for sign in ["=>", "->", "==", "!=", "<=", ">=", "??", "..=", "..."] {
        if before.ends_with(sign) {
            len = sign.len();
        }
    }
    &before[before.len() - len..]
}

/// Without white space and comments at the end.
fn without_trivia(text: &str) -> &str {
    let mut text = text.trim_end();
    loop {
        let line_start = text.rfind('\n').map_or(0, |i| i + 1);
        let line = text[line_start..].trim_start();
        match line.starts_with("//") {
            true => text = text[..line_start].trim_end(),
            false => break,
        }
    }
    let line_start = text.rfind('\n').map_or(0, |i| i + 1);
    match text[line_start..].find(" //") {
        Some(at) if !text[line_start..line_start + at].contains(['"', '`']) => {
            text[..line_start + at].trim_end()
        }
        _ => text,
    }
}

fn joined_to_foreign_letter(before: &str, rest: &str) -> bool {
    let last = before.chars().next_back().is_some_and(|c| !c.is_ascii() && c.is_alphanumeric());
    last && rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// A letter outside of ASCII: the whole word that it is part of.
fn non_ascii(t: &Trouble<'_>) -> Diagnostic {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let start =
        t.text[..t.at].char_indices().rev().take_while(|(_, c)| part(*c)).last().map_or(t.at, |(i, _)| i);
    let len = t.text[start..].find(|c: char| !part(c)).unwrap_or(t.text.len() - start);
    let span = Span::new(t.file, start, start + len);
    let word = &t.text[span.range()];
    Diagnostic::error(
        syntax::E0101,
        span,
        format!("`{}` is not a name: names have only the letters a to z, digits and `_`", shown(word)),
    )
    .label("a letter outside of these")
    .help("other letters may stand in texts and comments")
}

/// A sign or word of the text, in backticks; a backtick itself by its name.
pub(super) fn quoted(found: &str) -> String {
    match found {
        "`" => "a backtick".to_owned(),
        _ => format!("`{}`", shown(found)),
    }
}

fn shown(found: &str) -> String {
    found
        .chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}

/// Where in the text an offset is, as a place that can be underlined: the word or sign that starts there.
pub(super) fn word_at(file: FileId, text: &str, at: usize) -> (Span, &str) {
    let rest = &text[at..];
    let len = match rest.chars().next() {
        None => 0,
        Some(c) if c.is_alphanumeric() || c == '_' => {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
        }
        Some(c) => ["=>", "->", "==", "!=", "<=", ">=", "??", "?."]
            .iter()
            .find(|s| rest.starts_with(**s))
            .map_or(c.len_utf8(), |s| s.len()),
    };
    (Span::new(file, at, at + len), &rest[..len])
}

/// What could have stood there, most telling first, at most four.
fn wanted(t: &Trouble<'_>) -> String {
    let mut words: Vec<&str> = Vec::new();
    // Behind a value a statement could always follow; that helps nobody.
    let begun = !t.so_far().trim().is_empty();
    let rules =
        t.expected.iter().filter(|r| !(begun && matches!(r, Rule::stmt | Rule::let_stmt | Rule::var_stmt)));
    let mut ranked: Vec<(u8, &str)> = rules.filter_map(|r| describe(*r)).collect();
    ranked.sort();
    for (_, w) in ranked {
        if !words.contains(&w) {
            words.push(w);
        }
    }
    // A long list helps nobody; an expression stands for all that can start one.
    if words.contains(&"an expression") {
        words.retain(|w| {
            !matches!(*w, "a text in double quotes" | "a number" | "a list" | "a record" | "a name")
        });
    }
    words.truncate(4);
    match words.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}

/// A rule in the user's words; lower numbers come first. Rules that help nobody have none.
fn describe(rule: Rule) -> Option<(u8, &'static str)> {
    Some(match rule {
        Rule::item
        | Rule::callable_kind
        | Rule::callable
        | Rule::type_item
        | Rule::enum_item
        | Rule::use_item
        | Rule::const_item
        | Rule::agent_item
        | Rule::policy_item
        | Rule::test_item => (1, "an item (`workflow`, `task`, `fn`, `type`, `enum`, `policy` …)"),
        Rule::expr
        | Rule::operand
        | Rule::clause_expr
        | Rule::expr_range
        | Rule::guard
        | Rule::closed_operand
        | Rule::message
        | Rule::expr_stmt => (2, "an expression"),
        Rule::stmt | Rule::let_stmt | Rule::var_stmt => (3, "a statement"),
        Rule::else_block => (6, "`else`"),
        Rule::question_text => (1, "the gate's question, a text in double quotes"),
        Rule::prompt => (1, "the prompt, a text in double quotes"),
        Rule::command | Rule::cmd_word => (1, "a command between backticks"),
        Rule::policy_subject => (1, "a command between backticks, or an effect"),
        Rule::policy_kind | Rule::policy_rule => (1, "`allow`, `deny`, `reads`, `trusted` or `untrusted`"),
        Rule::approvers | Rule::approver | Rule::approver_value | Rule::quorum => (1, "a person or role"),
        Rule::type_expr
        | Rule::type_opt
        | Rule::type_name
        | Rule::type_short
        | Rule::type_list
        | Rule::type_map
        | Rule::type_record
        | Rule::type_lines => (1, "a type"),
        Rule::block => (1, "a block in braces"),
        Rule::fields | Rule::field => (2, "a field `name: Type`"),
        Rule::variant => (2, "a variant"),
        Rule::params | Rule::param => (2, "a parameter `name: Type`"),
        Rule::pattern
        | Rule::pat_any
        | Rule::pat_literal
        | Rule::pat_variant
        | Rule::pat_record
        | Rule::pat_list
        | Rule::pat_range
        | Rule::pat_number => (2, "a pattern"),
        Rule::arm => (2, "an arm `pattern => value`"),
        Rule::catch => (2, "`catch`"),
        Rule::branch => (1, "a branch `name: expression`"),
        Rule::given | Rule::expect => (2, "`given` or `expect`"),
        Rule::answer | Rule::answer_value => (1, "an answer"),
        Rule::lower | Rule::name | Rule::upper if rule == Rule::upper => (2, "a name in CamelCase"),
        Rule::lower | Rule::name | Rule::agent_path => (4, "a name"),
        Rule::plain_text | Rule::quoted_text | Rule::block_text | Rule::raw_text => {
            (5, "a text in double quotes")
        }
        Rule::number => (5, "a number"),
        Rule::list => (5, "a list"),
        Rule::record | Rule::map => (5, "a record"),
        Rule::record_field | Rule::map_entry => (4, "a field"),
        Rule::setting => (2, "a setting `key: value`"),
        Rule::attribute => return None,
        _ => return None,
    })
}
