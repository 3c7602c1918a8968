//! Words and signs of other languages, and what they are called here.

use super::words::is_reserved;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::Span;

/// What to say about a word of another language: the message and the help.
pub(super) fn word(word: &str) -> Option<(String, &'static str)> {
    let written = |as_: &str| format!("`{word}` is written `{as_}`");
    Some(match word {
        "mut" => ("there is no `mut`".into(), "a variable that changes is declared with `var`"),
        "function" | "def" | "func" | "fun" | "proc" => (
            format!("`{word}` is not a word of wflow"),
            "a pure function is a `fn`; what touches the outside is a `task` or a `workflow`",
        ),
        "import" | "from" | "include" | "require" => {
            (written("use"), "write `use \"./file.wflow\" as name`, or `use work` for the standard library")
        }
        "elif" | "elsif" | "elseif" => (written("else if"), "write `else if condition { … }`"),
        "while" | "loop" | "do" | "until" => (
            format!("there is no `{word}`"),
            "every loop is bounded: `repeat up to 10 { … }` or `for x in xs { … }`",
        ),
        "foreach" => (written("for"), "write `for x in xs { … }`"),
        "switch" | "case" | "when" => (written("match"), "write `match x { .A => …  .B => … }`"),
        "throw" | "raise" | "panic" => (written("fail"), "write `fail business \"what went wrong\"`"),
        "except" | "rescue" => (written("catch"), "write `try { … } catch e { … }`"),
        "finally" | "defer" => {
            (format!("there is no `{word}`"), "what must be taken back stands in the `undo { … }` of a step")
        }
        "async" | "await" => (
            format!("there is no `{word}`"),
            "effects wait by themselves; side by side is `parallel { a: …, b: … }`",
        ),
        "struct" | "class" | "record" | "interface" => (written("type"), "write `type Name { field: Text }`"),
        "pub" | "public" | "export" | "private" | "static" => (
            format!("there is no `{word}`"),
            "every item can be used from other files, except those whose name starts with `_`",
        ),
        "print" | "println" | "echo" | "puts" => (written("say"), "write `say \"…\"`"),
        "exec" | "shell" | "bash" | "sh" => (
            format!("`{word}` is not a word of wflow"),
            "a command is started with `run` and stands between backticks: run `cargo test`",
        ),
        "null" | "nil" | "undefined" | "None" | "Null" | "NULL" => {
            (written("none"), "an optional value that is absent is `none`")
        }
        "True" | "TRUE" => (written("true"), "write `true`"),
        "False" | "FALSE" => (written("false"), "write `false`"),
        "is" => (written("=="), "to compare write `==`, for kinds of values use `match`"),
        "lambda" => ("a lambda has no word".into(), "write `x => x + 1`"),
        "new" => {
            ("there is no `new`".into(), "a record is made with its type's name: `Notes(headline: \"…\")`")
        }
        _ => return None,
    })
}

pub(super) fn about_word(found: &str, span: Span) -> Option<Diagnostic> {
    let (message, help) = word(found)?;
    Some(Diagnostic::error(syntax::E0115, span, message).label("a word of another language").help(help))
}

/// A sign of another language at the start of `rest`; `before` is the text in front of it.
pub(super) fn sign(span: Span, found: &str, before: &str, rest: &str) -> Option<Diagnostic> {
    let wide = |len: u32| Span { end: span.start + len, ..span };
    let error = |span: Span, message: &str, label: &str, help: &str| {
        Some(Diagnostic::error(syntax::E0115, span, message).label(label).help(help))
    };
    let last = last_word(before);
    match found {
        ";" => error(
            span,
            "there are no semicolons",
            "take it out",
            "a statement ends by itself; the next one stands on the next line",
        ),
        "&" if rest.starts_with("&&") => {
            error(wide(2), "`&&` is written `and`", "another language's sign", "write `a and b`")
        }
        "|" if rest.starts_with("||") => {
            error(wide(2), "`||` is written `or`", "another language's sign", "write `a or b`")
        }
        "&" => error(span, "`&` means nothing here", "another language's sign", "write `a and b`"),
        "|" => error(
            span,
            "`|` means nothing here",
            "another language's sign",
            "several patterns are joined with `or`; a lambda is written `x => x + 1`",
        ),
        "!" => {
            error(span, "`!` is written `not`", "another language's sign", "write `not a`; unequal is `!=`")
        }
        "'" => error(
            span,
            "a text stands in double quotes",
            "single quotes mean nothing here",
            "write \"…\"; single quotes are only for words of a command",
        ),
        "\"" if last == "f" && before.ends_with('f') => {
            error(span, "a text needs no `f` before it", "every text interpolates", "write \"… {name} …\"")
        }
        "#" if rest.starts_with("#[") => error(
            span,
            "an attribute begins with `@`",
            "another language's sign",
            "write for example `@allow(unused_value)`",
        ),
        "#" => error(span, "a comment begins with `//`", "another language's sign", "write `// …`"),
        "/" if rest.starts_with("/*") => error(
            wide(2),
            "a comment begins with `//`",
            "another language's sign",
            "write `//` before each line",
        ),
        "$" => error(
            span,
            "`$` means nothing here",
            "another language's sign",
            "a value is written by its name alone; in a text it is \"{name}\"",
        ),
        "=" if before.ends_with("==") || before.ends_with("!=") => {
            error(span, "there is no `===`", "one sign too many", "write `==` or `!=`")
        }
        "=" if before.ends_with(['+', '-', '*', '/', '%']) => {
            let sign = before.chars().next_back().unwrap_or('+');
            let span = Span { start: span.start.saturating_sub(1), ..span };
            error(
                span,
                &format!("there is no `{sign}=`"),
                "not an operator",
                &format!("change a `var` with `x = x {sign} 1`"),
            )
        }
        ">" if before.ends_with('=') => {
            let span = Span { start: span.start.saturating_sub(1), ..span };
            error(
                span,
                "`=>` cannot stand here",
                "an arrow follows a pattern or a parameter",
                "a result type is written `-> T`",
            )
        }
        "<" if before.ends_with('<') => {
            error(span, "there is no `<<`", "not an operator", "numbers are multiplied with `*`")
        }
        "+" | "-" if before.ends_with(found) && !before.ends_with(' ') => {
            let span = Span { start: span.start.saturating_sub(1), ..span };
            error(
                span,
                &format!("there is no `{found}{found}`"),
                "not an operator",
                &format!("change a `var` with `x = x {found} 1`"),
            )
        }
        "*" if before.ends_with('*') => {
            error(span, "there is no `**`", "not an operator", "multiply with `*`")
        }
        "?" if !rest.starts_with("??") && !rest.starts_with("?.") => error(
            span,
            "`?` is no operator on values",
            "only types take it",
            "for an optional value write `x ?? other` or `match`; a choice is `if c { a } else { b }`",
        ),
        ":" if before.ends_with(':') => {
            let span = Span { start: span.start.saturating_sub(1), ..span };
            error(
                span,
                "`::` is written `.`",
                "another language's sign",
                "write `module.name` or `Type.Variant`",
            )
        }
        ":" if rest.starts_with("::") => error(
            wide(2),
            "`::` is written `.`",
            "another language's sign",
            "write `module.name` or `Type.Variant`",
        ),
        ":" if rest.starts_with(":=") => {
            error(wide(2), "`:=` is written `=`", "another language's sign", "write `let x = …`")
        }
        "<" if last.starts_with(|c: char| c.is_ascii_uppercase()) => error(
            span,
            "types take no `<…>`",
            "another language's form",
            "a list is `[T]`, a map `{Text: T}`, an optional `T?`",
        ),
        _ => None,
    }
}

pub(super) fn last_word(before: &str) -> &str {
    before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("")
}

/// A word of another language before or at the trouble: the first of them is where it began.
pub(super) fn near(span: Span, found: &str, before: &str) -> Option<Diagnostic> {
    let last = last_word(before);
    if !is_reserved(found)
        && let Some(known) = about_word(last, ending(span, before, last))
    {
        return Some(known);
    }
    about_word(found, span)
}

/// The span of the word that ends `before`, where `before` ends the text at or before `span`.
pub(super) fn ending(span: Span, before: &str, word: &str) -> Span {
    let end = before.len() as u32;
    Span { start: end - word.len() as u32, end, ..span }
}
