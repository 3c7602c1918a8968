//! Forms of the language that are often written wrong, and how they are written.

use super::foreign::{ending, last_word};
use super::mistakes::{Trouble, quoted, reserved};
use super::parser::Rule;
use super::words::is_reserved;
use super::{cases, signatures};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::Span;

pub(super) fn error(span: Span, message: impl Into<String>, label: &str, help: &str) -> Option<Diagnostic> {
    Some(Diagnostic::error(syntax::E0101, span, message).label(label).help(help))
}

pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

pub(super) fn is_upper(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
}

pub(super) fn is_lower(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
}

/// A known slip at the trouble: `found` stands there, `before` ends with the last token before it.
pub(super) fn known(
    t: &Trouble<'_>,
    span: Span,
    found: &str,
    before: &str,
    rest: &str,
) -> Option<Diagnostic> {
    let piece = before.get(t.start..).unwrap_or("");
    let last = last_word(piece);
    if let Some(d) = item_level(t, span, found, piece) {
        return Some(d);
    }
    if let Some(d) = cases::known(t, span, found, last) {
        return Some(d);
    }
    match (last, found) {
        ("gate", "\"") => {
            return error(
                span,
                "a gate needs a name before its question",
                "the name is missing",
                "write `gate ship \"Publish?\"`; the name stands in the policy and in the journal",
            );
        }
        ("step", "\"" | "{") => {
            return error(
                span,
                "a step needs a name before its title",
                "the name is missing",
                "write `step tests \"Run the tests\" { … }`; its value is bound to the name",
            );
        }
        (_, "parallel") => {
            return error(
                span,
                "`parallel` is followed by branches or by a loop",
                "not complete",
                "write `parallel { a: …, b: … }` or `parallel for x in xs limit 4 { … }`",
            );
        }
        (_, "`") if t.expects(&[Rule::cmd_interp, Rule::cmd_escape]) => {
            let quote = piece.rfind(['\'', '"']).map_or(t.at, |i| t.start + i);
            return error(
                Span::new(span.file, quote, quote + 1),
                "a quote in this command is not closed",
                "the closing quote is missing",
                "quotes make one word; a quote by itself is written with a backslash before it",
            );
        }
        ("for", "(") => {
            return error(span, "a loop takes no parentheses", "take them out", "write `for x in xs { … }`");
        }
        ("use", "`" | "." | "/" | "<") => {
            return error(
                span,
                "the path of a module is a text",
                "not a text",
                "write `use \"./file.wflow\" as name`",
            );
        }
        ("use", _) if is_upper(found) => {
            let help = format!("write `use {}`", cases::snake(found));
            return error(span, "a module's name is in snake_case", "not a module's name", &help);
        }
        ("run", _) if t.expects(&[Rule::command]) => {
            return error(
                span,
                "a command stands between backticks",
                "not a command",
                "write run `cargo test`; it is split into words here and nowhere else",
            );
        }
        ("repeat", _) if found != "up" => {
            return error(
                span,
                "expected `up to` and a number",
                "how often, at most?",
                "write `repeat up to 10 { … }`",
            );
        }
        _ => {}
    }
    if last == "ask"
        && !found.starts_with(['"', '('])
        && t.expects(&[Rule::prompt, Rule::agent_path, Rule::interactive])
    {
        return error(
            ending(span, before, last),
            "`ask` needs a prompt",
            "the prompt is missing",
            "write `ask \"…\"` or `ask agent \"…\"`",
        );
    }
    if matches!(
        found,
        "undo" | "with" | "env" | "show" | "otherwise" | "on" | "stdin" | "exits" | "idempotent"
    ) && let Some(d) = super::misplaced::clause(piece, found, span)
    {
        return Some(d);
    }
    if found == "fn" {
        return error(
            span,
            "a lambda has no word before it",
            "not here",
            "write `x => x + 1` or `(x, y) => x + y`",
        );
    }
    if t.rule == Rule::one_arm && !piece.contains("=>") && t.at > t.start && found != "|" {
        let label = "`=>` should be here";
        return error(
            span,
            format!("expected `=>` after the pattern, found {}", quoted(found)),
            label,
            "an arm is written `pattern => value`",
        );
    }
    if found == "=" && matches!(t.first_word(), "fn" | "task" | "workflow") && piece.ends_with(')') {
        return signatures::arrows(t, span, found, piece);
    }
    if let Some(d) = binding(t, span, found) {
        return Some(d);
    }
    if found == "=" && !rest.starts_with("==") {
        return Some(equals(t, span, piece));
    }
    if found == "(" && last.len() > 1 && !is_reserved(last) && piece.ends_with(last) {
        let touches = t.text.as_bytes().get(t.at.wrapping_sub(1)).is_some_and(|b| !b.is_ascii_whitespace());
        if !touches {
            return error(
                span,
                format!("the parenthesis of a call touches the name: `{last}(`"),
                "a space is too much before this",
                "white space ends an expression, so take it out",
            );
        }
    }
    if is_reserved(found)
        && t.expects(&[Rule::lower, Rule::pattern, Rule::name, Rule::agent_path])
        && names_next(last)
    {
        return Some(reserved(span, found));
    }
    if matches!(found, "else" | "catch") && !t.expects(&[Rule::else_block, Rule::catch]) {
        let needs = if found == "else" { "an `if` or a `repeat`" } else { "a `try`" };
        return error(
            span,
            format!("`{found}` without {needs} before it"),
            "belongs to nothing",
            "it stands directly behind the `}` of what it belongs to",
        );
    }
    policy(t, span, found, last)
        .or_else(|| member(t, span, found, piece))
        .or_else(|| signatures::arrows(t, span, found, piece))
        .or_else(|| comma(t, span, found, piece))
}

fn policy(t: &Trouble<'_>, span: Span, found: &str, last: &str) -> Option<Diagnostic> {
    if !matches!(t.first_word(), "allow" | "deny" | "reads" | "trusted" | "untrusted") {
        return None;
    }
    let backticks = "a command stands between backticks: allow `cargo test *`; another effect is a name: `write \"docs/**\"`";
    match found {
        "\"" => error(span, "a command stands between backticks", "not a command", backticks),
        "after" => error(span, "`after` needs a gate", "`gate` should follow", "write `after gate ship`"),
        "for" => error(span, "`for` needs an agent", "`agent` should follow", "write `for agent coder`"),
        _ if is_word(found) && is_lower(last) && last != "gate" && last != "agent" => {
            error(span, format!("`{found}` cannot stand here"), "not a part of a name", backticks)
        }
        _ => None,
    }
}

/// `name: …`, where the colon or what belongs to it is missing.
fn member(t: &Trouble<'_>, span: Span, found: &str, piece: &str) -> Option<Diagnostic> {
    let field = t.expects(&[Rule::field]);
    let setting = t.expects(&[Rule::setting]);
    let branch = t.expects(&[Rule::branch]);
    let param = t.expects(&[Rule::param]);
    if found == "(" && t.expects(&[Rule::field, Rule::fields]) && is_upper(last_word(piece)) {
        return error(
            span,
            "the fields of a variant stand in braces",
            "`{` should be here",
            &format!("write `{} {{ name: Type }}`", last_word(piece)),
        );
    }
    if found == ":" && t.expects(&[Rule::fields]) && is_upper(last_word(piece)) {
        let name = last_word(piece);
        return error(
            span,
            "a variant has fields in braces, or a text behind `=`",
            "`{` or `=` should be here",
            &format!("write `{name} {{ name: Type }}` or `{name} = \"text\"`"),
        );
    }
    if !(field || setting || branch || param) || !is_word(found) {
        return None;
    }
    let what = match (field, setting) {
        (true, _) => "a field is written `name: Type`",
        (_, true) => "a setting is written `key: value`",
        _ if param => "a parameter is written `name: Type`",
        _ => "a branch is written `name: expression`",
    };
    let next = super::cut::skip_trivia(t.text, span.end as usize);
    if next >= t.end {
        return Some(
            Diagnostic::error(syntax::E0101, span, format!("`:` should follow `{found}`"))
                .label("something is missing after this")
                .help(what),
        );
    }
    let (at, sign) = super::mistakes::word_at(span.file, t.text, next);
    (sign != ":").then(|| {
        Diagnostic::error(syntax::E0101, at, format!("expected `:` after `{found}`, found {}", quoted(sign)))
            .label("`:` should be here")
            .help(what)
    })
}

/// Two values side by side inside brackets.
fn comma(t: &Trouble<'_>, span: Span, found: &str, piece: &str) -> Option<Diagnostic> {
    let open = innermost(piece)?;
    let starts_value = is_word(found) && !is_reserved(found)
        || found.starts_with(|c: char| c.is_ascii_digit())
        || matches!(found, "\"" | "[" | "{" | ".");
    let after_value = piece.ends_with(|c: char| c.is_alphanumeric() || "_)]}\"".contains(c));
    if !starts_value || !after_value || t.at == t.start {
        return None;
    }
    let (what, help) = match open {
        '(' if signatures::in_params(piece) && matches!(t.first_word(), "fn" | "task" | "workflow") => {
            ("parameters", "write for example `(a: Int, b: Text)`")
        }
        '{' if t.text[span.end as usize..].trim_start().starts_with(':') || found == "\"" => {
            ("fields", "write for example `{ a: 1, b: 2 }`")
        }
        '(' => ("arguments", "write for example `f(a, b)`"),
        '[' => ("items", "write for example `[a, b]`"),
        _ => return None,
    };
    error(
        span,
        format!("expected `,` or the end before {}", quoted(found)),
        "a comma may be missing before this",
        &format!("{what} are separated by commas: {help}"),
    )
}

/// The bracket that is open at the end of a text; brackets in its texts are not told apart.
fn innermost(piece: &str) -> Option<char> {
    let mut closed = 0usize;
    for c in piece.chars().rev() {
        match c {
            ')' | ']' | '}' => closed += 1,
            '(' | '[' | '{' if closed == 0 => return Some(c),
            '(' | '[' | '{' => closed -= 1,
            _ => {}
        }
    }
    None
}

/// Whether a name is to follow.
fn names_next(last: &str) -> bool {
    matches!(
        last,
        "let"
            | "var"
            | "for"
            | "fn"
            | "task"
            | "workflow"
            | "step"
            | "gate"
            | "agent"
            | "const"
            | "catch"
            | "as"
    )
}

/// `let x 5`, `let x`, `var x: Int`: the name is good, and what follows is not.
fn binding(t: &Trouble<'_>, span: Span, found: &str) -> Option<Diagnostic> {
    let word = t.first_word();
    let so_far: Vec<&str> = t.text[t.start..t.at].split_whitespace().collect();
    if matches!(so_far.as_slice(), ["for"] | ["parallel", "for"]) && is_lower(found) && !is_reserved(found) {
        let next = super::cut::skip_trivia(t.text, span.end as usize);
        let (at, sign) = super::mistakes::word_at(span.file, t.text, next);
        let form = "write `for x in xs { … }`";
        return error(
            at,
            format!("expected `in` after `{found}`, found {}", quoted(sign)),
            "`in` should be here",
            form,
        );
    }
    if !matches!(word, "let" | "var" | "const")
        || so_far != [word]
        || !is_lower(found)
        || is_reserved(found)
        || found == "mut"
    {
        return None;
    }
    let next = super::cut::skip_trivia(t.text, span.end as usize);
    if next >= t.end {
        return error(
            span,
            "`=` and a value are missing",
            "something is missing after this",
            "write `let x = 5`; there are no names without a value",
        );
    }
    let (at, sign) = super::mistakes::word_at(span.file, t.text, next);
    if let Some(known) = super::foreign::sign(at, sign, &t.text[..next], &t.text[next..]) {
        return Some(known);
    }
    error(
        at,
        format!("expected `=` after `{found}`, found {}", quoted(sign)),
        "`=` and a value should be here",
        "write `let x = 5`; a type stands between, as in `let x: Int = 5`",
    )
}

fn equals(t: &Trouble<'_>, span: Span, piece: &str) -> Diagnostic {
    if t.rule == Rule::one_field {
        return Diagnostic::error(syntax::E0101, span, "a field takes no default value")
            .label("only parameters take one")
            .help("a field that may be absent has an optional type: `T?`");
    }
    let first = t.first_word();
    let compares = matches!(first, "if" | "ensure" | "expect" | "return" | "match" | "say" | "check")
        || piece.contains(" if ")
        || piece.contains("where ");
    let help = match compares {
        true => "to compare write `==`",
        false => "to compare write `==`; to change a variable, the statement must start with its name",
    };
    Diagnostic::error(syntax::E0115, span, "`=` does not compare")
        .label("this gives a value to a name")
        .help(help)
}

/// What stands at the top level of a file.
fn item_level(t: &Trouble<'_>, span: Span, found: &str, piece: &str) -> Option<Diagnostic> {
    if !piece.trim().is_empty()
        || !t.expects(&[Rule::item, Rule::callable, Rule::callable_kind, Rule::type_item])
    {
        return None;
    }
    let form = match found {
        "agent" => "an agent is written `agent writer { system: \"…\" }`",
        "enum" => "an enum is written `enum Risk { Low, High }`",
        "type" => "a type is written `type Name = Text` or `type Name { field: Text }`",
        "policy" => "a policy is written policy { allow `cargo test *` }",
        "test" => "a test is written `test \"what it shows\" { … }`",
        "const" => "a constant is written `const limit = 5`",
        "use" => "a module is used by `use work` or `use \"./file.wflow\" as name`",
        _ => "",
    };
    if !form.is_empty() {
        // The first words are right, and the trouble is a sign behind them.
        let mut at = span;
        let mut sign = found;
        while is_word(sign) {
            let next = super::cut::skip_trivia(t.text, at.end as usize);
            if next >= t.end {
                break;
            }
            (at, sign) = super::mistakes::word_at(span.file, t.text, next);
        }
        return error(at, format!("{} cannot stand here", quoted(sign)), "unexpected", form);
    }
    match found {
        "let" | "var" => error(
            span,
            format!("`{found}` stands inside a `fn`, `task` or `workflow`"),
            "not at the top level",
            "a value for the whole file is a constant: `const limit = 5`",
        ),
        "run" | "ask" | "gate" | "step" | "say" | "if" | "for" | "match" | "repeat" | "try" | "wait"
        | "return" | "ensure" | "fail" | "parallel" => error(
            span,
            format!("`{found}` stands inside a `task` or `workflow`"),
            "not at the top level",
            "write `workflow main() { … }` around it",
        ),
        "given" | "expect" => error(
            span,
            format!("`{found}` stands inside a `test`"),
            "not at the top level",
            "write `test \"what it shows\" { … }` around it",
        ),
        "}" | ")" | "]" => {
            error(span, format!("`{found}` closes nothing"), "nothing is open here", "take it out")
        }
        _ => None,
    }
}
