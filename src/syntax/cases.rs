//! Names in upper and lower case: which begin with a capital, and how another is written.

use super::foreign::last_word;
use super::forms::{error, is_lower, is_upper, is_word};
use super::mistakes::Trouble;
use super::parser::Rule;
use super::words::is_reserved;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::Span;

pub(super) fn snake(name: &str) -> String {
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

pub(super) fn capital(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        syntax::E0101,
        span,
        format!("`{name}` begins with a capital, as only types and variants do"),
    )
    .label("a name in snake_case is expected here")
    .help(format!("write `{}`", snake(name)))
}

/// A name in the wrong case, at the trouble.
pub(super) fn known(t: &Trouble<'_>, span: Span, found: &str, last: &str) -> Option<Diagnostic> {
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

/// Whether the last thing said is a type: `name: Type`.
fn piece_is_typed(t: &Trouble<'_>) -> bool {
    let before = t.text[t.start..t.at].trim_end();
    let rest = before[..before.len() - last_word(before).len()].trim_end();
    rest.ends_with(':') || rest.ends_with("->")
}
