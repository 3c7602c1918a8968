//! Forms of the language that are often written wrong, and how they are written.

use super::foreign::{ending, last_word};
use super::mistakes::{Trouble, quoted, reserved};
use super::parser::Rule;
use super::words::is_reserved;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::Span;

fn error(span: Span, message: impl Into<String>, label: &str, help: &str) -> Option<Diagnostic> {
    Some(Diagnostic::error(syntax::E0101, span, message).label(label).help(help))
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

fn is_upper(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
}

fn is_lower(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut last_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && last_lower {
            out.push('_');
        }
        last_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.extend(c.to_lowercase());
    }
    out
}

fn camel(name: &str) -> String {
    name.split('_')
        .filter(|p| !p.is_empty())
        .map(|p| {
            let mut chars = p.chars();
            chars.next().map(|c| c.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
        })
        .collect()
}

/// The two words before the trouble.
fn last_two(before: &str) -> (&str, &str) {
    let last = last_word(before);
    let rest = before[..before.len() - last.len()].trim_end();
    (last_word(rest), last)
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
    if let Some(d) = cases(t, span, found, last) {
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
            let help = format!("write `use {}`", snake(found));
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
        return arrows(t, span, found, piece);
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
        .or_else(|| arrows(t, span, found, piece))
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
        '(' if in_params(piece) && matches!(t.first_word(), "fn" | "task" | "workflow") => {
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

pub(super) fn capital(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        syntax::E0101,
        span,
        format!("`{name}` begins with a capital, as only types and variants do"),
    )
    .label("a name in snake_case is expected here")
    .help(format!("write `{}`", snake(name)))
}

/// Upper and lower case.
fn cases(t: &Trouble<'_>, span: Span, found: &str, last: &str) -> Option<Diagnostic> {
    let wants_lower =
        t.expects(&[Rule::lower, Rule::pattern, Rule::param]) && !t.expects(&[Rule::upper, Rule::type_name]);
    if is_upper(found) && wants_lower && last.is_empty() && is_word(t.text[span.end as usize..].trim_start())
    {
        let help = "the name stands before the type: `name: Type`";
        return error(
            span,
            format!("expected the name of a parameter, found the type `{found}`"),
            "a name should be here",
            help,
        );
    }
    if is_upper(found) && wants_lower {
        return Some(capital(span, found));
    }
    if is_lower(found) && matches!(last, "type" | "enum") && t.expects(&[Rule::upper]) {
        return error(
            span,
            format!("`{found}` begins with a small letter; a type's name is in CamelCase"),
            "a name in CamelCase is expected here",
            &format!("write `{}`", camel(found)),
        );
    }
    if found == "[" && is_upper(last_word(t.text[..t.at].trim_end())) && piece_is_typed(t) {
        let name = last_word(t.text[..t.at].trim_end());
        return error(
            span,
            format!("a list is written `[{name}]`"),
            "the brackets stand around the type",
            &format!("write `[{name}]`"),
        );
    }
    let wants_type =
        t.expects(&[Rule::type_expr, Rule::type_opt, Rule::type_name, Rule::type_short, Rule::type_list]);
    if is_lower(found) && wants_type && !is_reserved(found) {
        let help = match found {
            "string" | "str" | "text" | "char" => "write `Text`".to_owned(),
            "int" | "integer" | "number" | "i64" | "u64" | "long" => "write `Int`".to_owned(),
            "float" | "double" | "f64" | "decimal" => "write `Float`".to_owned(),
            "bool" | "boolean" => "write `Bool`".to_owned(),
            "any" | "object" | "json" => "write `Json`, or a type of your own".to_owned(),
            "void" | "unit" => "write `Nothing`, or leave the result out".to_owned(),
            "list" | "array" | "vec" => "a list is written `[T]`".to_owned(),
            "map" | "dict" => "a map is written `{Text: T}`".to_owned(),
            other => format!("write `{}`", camel(other)),
        };
        return Some(
            Diagnostic::error(
                syntax::E0101,
                span,
                format!("`{found}` begins with a small letter; a type's name is in CamelCase"),
            )
            .label("a type should be here")
            .help(help),
        );
    }
    if is_lower(found) && t.rule == Rule::one_variant && t.at == t.start {
        return error(
            span,
            format!("`{found}` begins with a small letter; a variant's name is in CamelCase"),
            "a name in CamelCase is expected here",
            &format!("write `{}`", camel(found)),
        );
    }
    None
}

/// `->` and `=>`, left out or mistaken for each other; types that are missing.
fn arrows(t: &Trouble<'_>, span: Span, found: &str, piece: &str) -> Option<Diagnostic> {
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

/// Whether the last thing said is a type: `name: Type`.
fn piece_is_typed(t: &Trouble<'_>) -> bool {
    let before = t.text[t.start..t.at].trim_end();
    let rest = before[..before.len() - last_word(before).len()].trim_end();
    rest.ends_with(':') || rest.ends_with("->")
}

fn in_params(piece: &str) -> bool {
    piece.rfind('(').is_some_and(|open| !piece[open..].contains(')')) && !piece.contains('{')
}

/// A known form that ends too early, at `span`.
pub(super) fn unfinished(t: &Trouble<'_>, span: Span, before: &str) -> Option<Diagnostic> {
    let piece = before.get(t.start..).unwrap_or("");
    let (second, last) = last_two(piece);
    let missing = |message: &str, help: &str| error(span, message, "something is missing after this", help);
    if piece.ends_with('}') && t.expects(&[Rule::block]) {
        let form = match t.first_word() {
            "if" => "write `if condition { … }`",
            "for" => "write `for x in xs { … }`",
            "fn" | "task" | "workflow" => "write `fn f(x: Int) -> Int { … }`",
            _ => "braces where a value should stand are a record; put the value before the block",
        };
        return error(
            span,
            "a block is missing: these braces were read as what should stand before it",
            "the block should follow",
            form,
        );
    }
    if t.rule == Rule::one_arm && !piece.contains("=>") {
        return missing("`=>` and a value are missing", "an arm is written `pattern => value`");
    }
    if matches!(t.first_word(), "let" | "var" | "const") && !piece.contains('=') {
        return missing(
            "`=` and a value are missing",
            "write `let x = 5`; there are no names without a value",
        );
    }
    if second == "gate" && is_lower(last) && piece.ends_with(last) {
        return missing("a gate asks a question", "write `gate ship \"Publish?\"`");
    }
    if matches!(t.first_word(), "fn" | "task" | "workflow") && !piece.contains('{') {
        return match piece.ends_with(')') {
            true => missing("the body is missing", "write it in braces: `{ … }`"),
            false if !piece.contains('(') => {
                missing("parameters in parentheses are missing", "without any write `()`")
            }
            false => None,
        };
    }
    match last {
        "ask" => missing("`ask` needs a prompt", "write `ask \"…\"` or `ask agent \"…\"`"),
        "run" => missing("`run` needs a command", "write for example run `cargo test`"),
        "gate" if matches!(t.first_word(), "allow" | "deny") => {
            missing("which gate is missing", "write `after gate ship`")
        }
        "gate" => missing("a gate needs a name and a question", "write `gate ship \"Publish?\"`"),
        "step" => missing("a step needs a name and a block", "write `step tests \"Run the tests\" { … }`"),
        "where" => missing("`where` needs a condition", "write for example `Int where it > 0`"),
        "use" => missing("which module is missing", "write `use work` or `use \"./file.wflow\" as name`"),
        _ if piece.ends_with("=>") => {
            missing("a value or a block should follow `=>`", "write for example `.Low => 1`")
        }
        _ if t.first_word() == "if" && !piece.contains('{') => {
            missing("`if` needs a block", "write `if condition { … }`")
        }
        _ if t.first_word() == "try" && piece.ends_with('}') => {
            missing("`try` needs a `catch`", "write `try { … } catch e { … }`")
        }
        _ if t.first_word() == "given" && !piece.contains("->") => {
            missing("`->` and the answer are missing", "write for example given gate ship -> approve")
        }
        _ if matches!(second, "let" | "var" | "const") && is_lower(last) => {
            missing("`=` and a value are missing", "write `let x = 5`; there are no names without a value")
        }
        _ if matches!(second, "type") && is_upper(last) => {
            missing("what the type is, is missing", "write `type Name = Text` or `type Name { field: Text }`")
        }
        _ => None,
    }
}
