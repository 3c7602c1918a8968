//! Forms that end too early, and what they still need.

use super::foreign::last_word;
use super::forms::{error, is_lower, is_upper};
use super::mistakes::Trouble;
use super::parser::Rule;
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// The two words before the trouble.
fn last_two(before: &str) -> (&str, &str) {
    let last = last_word(before);
    let rest = before[..before.len() - last.len()].trim_end();
    (last_word(rest), last)
}

/// A known form that ends too early, at `span`.
pub(super) fn known(t: &Trouble<'_>, span: Span, before: &str) -> Option<Diagnostic> {
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
