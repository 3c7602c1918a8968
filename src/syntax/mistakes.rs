//! What a person most likely meant where the grammar could not go on, in their words.

use super::parser::Rule;
use super::recover::word_at;
use super::words::{CLAUSE_WORDS, RESERVED, is_reserved};
use crate::diagnostics::codes::syntax;
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::source::{FileId, Span};

/// The finding for a text that stops making sense at `at`, where `expected` could have stood.
pub(super) fn explain(file: FileId, text: &str, at: usize, expected: &[Rule]) -> Diagnostic {
    let (span, found) = word_at(file, text, at);
    let before = text[..at].trim_end();
    let rest = &text[at..];
    if let Some(known) = foreign(span, found, before, rest) {
        return known;
    }
    let wanted = wanted(expected);
    let message = match (found, wanted.is_empty()) {
        ("", true) => "the text ends too early".to_owned(),
        ("", false) => format!("the text ends where {wanted} should follow"),
        (f, true) => format!("`{}` cannot stand here", shown(f)),
        (f, false) => format!("expected {wanted}, found `{}`", shown(f)),
    };
    let mut diagnostic = Diagnostic::error(syntax::E0101, place(span, before), message);
    if found.is_empty() {
        return diagnostic.label("here");
    }
    diagnostic = diagnostic.label(if wanted.is_empty() {
        "unexpected".to_owned()
    } else {
        format!("{wanted} should be here")
    });
    if is_reserved(found) && expected.iter().any(|r| matches!(r, Rule::lower | Rule::name | Rule::pattern)) {
        return diagnostic.help(format!("`{found}` is a word of the language; a name cannot be the same"));
    }
    // A misspelt keyword is read as a name; the trouble then is the word after it.
    let last = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
    let words = RESERVED.iter().chain(CLAUSE_WORDS).copied();
    for candidate in [last, found] {
        if candidate.len() > 1
            && !is_reserved(candidate)
            && !CLAUSE_WORDS.contains(&candidate)
            && let Some(near) = did_you_mean(candidate, words.clone())
        {
            return diagnostic.help(format!("did you mean `{near}` instead of `{candidate}`?"));
        }
    }
    diagnostic
}

/// An empty place at the end of the text points at what stands before it.
fn place(span: Span, before: &str) -> Span {
    if !span.is_empty() {
        return span;
    }
    let end = before.len();
    let start = before.char_indices().next_back().map_or(end, |(i, _)| i);
    Span::new(span.file, start, end)
}

fn shown(found: &str) -> String {
    found
        .chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}

/// Words and signs of other languages.
fn foreign(span: Span, found: &str, before: &str, rest: &str) -> Option<Diagnostic> {
    let last = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
    let error = |message: String, label: &str, help: &str| {
        Some(Diagnostic::error(syntax::E0115, span, message).label(label).help(help))
    };
    match found {
        ";" => {
            return error(
                "there are no semicolons".into(),
                "take it out",
                "statements end by themselves, at the line's end or before",
            );
        }
        "&" if rest.starts_with("&&") => {
            return error("`&&` is written `and`".into(), "another language's sign", "write `a and b`");
        }
        "|" if rest.starts_with("||") => {
            return error("`||` is written `or`".into(), "another language's sign", "write `a or b`");
        }
        "!" => {
            return error(
                "`!` is written `not`".into(),
                "another language's sign",
                "write `not a`; unequal is `!=`",
            );
        }
        "'" => {
            return error(
                "a text stands in double quotes".into(),
                "single quotes mean nothing here",
                "write \"…\"; single quotes are only for words of a command",
            );
        }
        "=" if rest.starts_with("===") => {
            return error("`===` is written `==`".into(), "one sign too many", "write `==`");
        }
        "=" if before.ends_with(['<', '>', '=', '!', '+', '-', '*', '/']) => {
            return error(
                "there is no such operator".into(),
                "not an operator",
                "change a `var` with `x = x + 1`",
            );
        }
        "=" => {
            return error(
                "`=` cannot stand here".into(),
                "this gives a value, it does not compare",
                "to compare write `==`; to change a variable, the line must start with its name",
            );
        }
        "+" | "-" if before.ends_with(found) => {
            return error(
                format!("there is no `{found}{found}`"),
                "not an operator",
                "change a `var` with `x = x + 1`",
            );
        }
        "?" if !rest.starts_with("??") && !rest.starts_with("?.") => {
            return error(
                "`?` is no operator on values".into(),
                "only types take it",
                "for an optional value write `x ?? other` or `match`",
            );
        }
        "(" if last.len() > 1 && !is_reserved(last) && before.ends_with(last) => {
            return error(
                format!("the parenthesis of a call touches the name: `{last}(`"),
                "a space is too much here",
                "white space ends an expression, so take it out",
            );
        }
        "-" if rest.starts_with("->") && last == ")" => {}
        ":" if before.ends_with(':') => {
            return error(
                "`::` is written `.`".into(),
                "another language's sign",
                "write `module.name` or `Type.Variant`",
            );
        }
        _ => {}
    }
    let word = |w: &str, message: &str, help: &str| {
        let start = if found == w { span.start as usize } else { before.len() - w.len() };
        let span = Span::new(span.file, start, start + w.len());
        Some(
            Diagnostic::error(syntax::E0115, span, message.to_owned())
                .label("a word of another language")
                .help(help),
        )
    };
    for w in [last, found] {
        let known = match w {
            "mut" => word("mut", "there is no `mut`", "a variable that changes is declared with `var`"),
            "function" | "def" | "func" => {
                let help = "a pure function is a `fn`; what touches the outside is a `task`";
                word(w, &format!("`{w}` is not a word of wflow"), help)
            }
            "import" | "from" if before.trim_start().starts_with(w) || found == w => {
                word(w, &format!("`{w}` is written `use`"), "write `use \"./file.wflow\" as name`")
            }
            "elif" | "elsif" | "elseif" => word(w, &format!("`{w}` is written `else if`"), "write `else if`"),
            "while" | "loop" | "do" => word(
                w,
                &format!("there is no `{w}`"),
                "every loop is bounded: `repeat up to 10 { … }` or `for x in xs { … }`",
            ),
            "switch" | "case" => {
                word(w, &format!("`{w}` is written `match`"), "write `match x { .A => …  .B => … }`")
            }
            "throw" | "raise" => {
                word(w, &format!("`{w}` is written `fail`"), "write `fail business \"what went wrong\"`")
            }
            "async" | "await" => word(
                w,
                &format!("there is no `{w}`"),
                "effects wait by themselves; side by side is `parallel { a: …, b: … }`",
            ),
            "struct" | "class" | "record" => {
                word(w, &format!("`{w}` is written `type`"), "write `type Name { field: Text }`")
            }
            "print" | "println" | "echo" => word(w, &format!("`{w}` is written `say`"), "write `say \"…\"`"),
            _ => None,
        };
        if known.is_some() && (found == w || !is_reserved(found)) {
            return known;
        }
    }
    None
}

/// What could have stood there, most telling first, at most four.
fn wanted(expected: &[Rule]) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut ranked: Vec<(u8, &str)> = expected.iter().filter_map(|r| describe(*r)).collect();
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
