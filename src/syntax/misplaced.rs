//! Clauses at the wrong statement, and statements that only look like one: both are read as names that stand in a row.

use super::ast::{Expr, ExprKind, Stmt, StmtKind, UnaryOp};
use super::foreign;
use crate::diagnostics::codes::syntax;
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::source::Span;

const RUN: &[&str] = &["as", "in", "env", "stdin", "timeout", "retry", "exits", "idempotent"];
const ASK: &[&str] = &["as", "with", "retry", "check", "otherwise", "up", "timeout"];
const GATE: &[&str] =
    &["by", "show", "require", "timeout", "escalate", "on", "edit", "as", "check", "min_assurance"];
const STEP: &[&str] = &["undo"];
const OWNERS: &[(&str, &[&str])] = &[("run", RUN), ("ask", ASK), ("gate", GATE), ("step", STEP)];

/// A clause that stands behind a statement which does not take it. `piece`: the statement so far.
pub(super) fn clause(piece: &str, word: &str, span: Span) -> Option<Diagnostic> {
    let owner = piece
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .rfind(|w| OWNERS.iter().any(|(o, _)| o == w))?;
    refuse(owner, word, span)
}

fn refuse(owner: &str, word: &str, span: Span) -> Option<Diagnostic> {
    let own = OWNERS.iter().find(|(o, _)| *o == owner)?.1;
    if own.contains(&word) {
        return None;
    }
    let of: Vec<String> =
        OWNERS.iter().filter(|(_, c)| c.contains(&word)).map(|(o, _)| format!("`{o}`")).collect();
    let found = match of.is_empty() {
        false => Diagnostic::error(
            syntax::E0116,
            span,
            format!("`{word}` is a clause of {}, not of `{owner}`", of.join(" and ")),
        ),
        true => {
            let near = did_you_mean(word, own.iter().copied())?;
            Diagnostic::error(syntax::E0116, span, format!("`{owner}` has no clause `{word}`"))
                .help(format!("did you mean `{near}`?"))
        }
    };
    let takes: Vec<String> = own.iter().map(|c| format!("`{c}`")).collect();
    Some(found.label("not a clause of it").help(format!("`{owner}` takes {}", takes.join(", "))))
}

/// The primitive that a statement ends with.
fn ends_with(stmt: &Stmt) -> Option<&'static str> {
    let mut at = match &stmt.kind {
        StmtKind::Let { value, .. } | StmtKind::Var { value, .. } | StmtKind::Assign { value, .. } => value,
        StmtKind::Expr(e) => e,
    };
    loop {
        at = match &at.kind {
            ExprKind::Run(_) => return Some("run"),
            ExprKind::Ask(_) => return Some("ask"),
            ExprKind::Gate(_) => return Some("gate"),
            ExprKind::Step(_) => return Some("step"),
            ExprKind::Binary { right, .. } => right,
            ExprKind::Return(Some(e)) | ExprKind::Break(Some(e)) | ExprKind::Say(e) => e,
            _ => return None,
        };
    }
}

/// A value that does nothing by standing there.
pub(super) fn idle(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_)
        | ExprKind::TypeName(_)
        | ExprKind::Variant(_)
        | ExprKind::None
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Duration(_)
        | ExprKind::Size(_)
        | ExprKind::Text(_) => true,
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => idle(base),
        _ => false,
    }
}

/// Statements that stand on one line, of which the first does nothing: something between them is missing. Each finding
/// comes with the first and the last of the statements that it is about.
pub(super) fn in_a_row(text: &str, stmts: &[&Stmt]) -> Vec<(Diagnostic, usize, usize)> {
    let mut out = Vec::new();
    let mut skip = 0;
    for (i, pair) in stmts.windows(2).enumerate() {
        let [first, second] = pair else { continue };
        if i < skip {
            continue;
        }
        let same_line = |a: &Stmt, b: &Stmt| {
            text.get(a.span.end as usize..b.span.start as usize).is_some_and(|t| !t.contains('\n'))
        };
        let found = match clause_behind(first, second) {
            Some(found) => Some(found),
            None if same_line(first, second) => {
                own_clause(first, second).or_else(|| value_behind(text, first, second))
            }
            None => None,
        };
        if let Some(found) = found {
            // Whatever else stands on the line belongs to the same slip.
            let more = stmts[i + 1..].windows(2).take_while(|w| same_line(w[0], w[1])).count();
            let last = i + 1 + more;
            out.push((found, i, last));
            skip = last + 1;
        }
    }
    out
}

/// A clause of the statement itself without what belongs to it: it was read as a name.
fn own_clause(first: &Stmt, second: &Stmt) -> Option<Diagnostic> {
    let owner = ends_with(first)?;
    let StmtKind::Expr(Expr { kind: ExprKind::Name(name), .. }) = &second.kind else { return None };
    let own = OWNERS.iter().find(|(o, _)| *o == owner)?.1;
    if !own.contains(&&*name.name) {
        return None;
    }
    let form = match &*name.name {
        "timeout" => "timeout 5m",
        "retry" => "retry 3",
        "exits" => "exits [0, 1]",
        "stdin" => "stdin text",
        "env" => "env { NAME: \"value\" }",
        "with" => "with { name }",
        "check" => "check it.len > 0 else \"must not be empty\"",
        "otherwise" => "otherwise value",
        "up" => "up to 5 turns",
        "by" => "by alice, by alice and bob, or by 2 of [alice, bob, carol]",
        "show" => "show { name }",
        "require" => "require \"All tests pass\"",
        "escalate" => "escalate cto",
        "on" => "on reject r { … }",
        "edit" => "edit value",
        "undo" => "undo { … }",
        "min_assurance" => "min_assurance \"key\"",
        _ => return None,
    };
    Some(
        Diagnostic::error(syntax::E0101, name.span, format!("the clause `{}` is not complete", name.name))
            .label("what should follow is missing or of another form")
            .help(format!("write {form}")),
    )
}

fn clause_behind(first: &Stmt, second: &Stmt) -> Option<Diagnostic> {
    let owner = ends_with(first)?;
    match &second.kind {
        StmtKind::Expr(Expr { kind: ExprKind::Name(name), .. }) => refuse(owner, &name.name, name.span),
        _ => None,
    }
}

fn value_behind(text: &str, first: &Stmt, second: &Stmt) -> Option<Diagnostic> {
    let behind = match &second.kind {
        StmtKind::Expr(e) => Some(e),
        _ => None,
    };
    match &first.kind {
        StmtKind::Expr(e) if idle(e) => row(text, e, second),
        StmtKind::Expr(e) if matches!(e.kind, ExprKind::Call { .. }) => match behind.map(|e| &e.kind) {
            Some(ExprKind::Paren(_)) => row(text, e, second),
            _ => None,
        },
        // `let x = a let y = b` are two statements on purpose, and so are those with more than one space between.
        StmtKind::Let { value, .. } | StmtKind::Var { value, .. } | StmtKind::Assign { value, .. }
            if idle(value) && behind.is_some_and(starts_oddly) && second.span.start == first.span.end + 1 =>
        {
            row(text, value, second)
        }
        _ => None,
    }
}

/// A word of tests that was read as a name, because what belongs to it is missing.
pub(super) fn test_word(e: &Expr) -> Option<Diagnostic> {
    let name = match &e.kind {
        ExprKind::Name(name) => name,
        ExprKind::Unary { op: UnaryOp::Not, operand, .. } => return test_word(operand),
        _ => return None,
    };
    let form = match &*name.name {
        "given" => "given gate ship -> approve, or given run `git *` -> \"output\"",
        "expect" => "expect f(1) == 2, or expect ran `git *`",
        "rejected" => "expect w() rejected by ship",
        "suspends" => "expect w() suspends at ship",
        "fails" => "expect w() fails business \"text\"",
        "ran" => "expect ran `git *`, or expect not ran `git *`",
        "said" => "expect said \"text\"",
        "wrote" => "expect wrote \"path\"",
        _ => return None,
    };
    Some(
        Diagnostic::error(syntax::E0101, name.span, format!("this `{}` is not complete", name.name))
            .label("what should follow is missing or of another form")
            .help(format!("it is written {form}")),
    )
}

fn starts_oddly(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Paren(_) | ExprKind::List(_) | ExprKind::Unary { .. })
        || matches!(e.kind, ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Text(_))
}

fn row(text: &str, first: &Expr, second: &Stmt) -> Option<Diagnostic> {
    if let ExprKind::Name(name) | ExprKind::TypeName(name) = &first.kind
        && let Some(found) = foreign::about_word(&name.name, name.span)
    {
        return Some(found);
    }
    let start = second.span.start as usize;
    let span = Span { end: second.span.start + 1, ..second.span };
    let shown =
        text.get(first.span.range()).filter(|t| t.len() < 40 && !t.contains('\n')).unwrap_or("this value");
    match text.as_bytes().get(start) {
        Some(b'-') => Some(
            Diagnostic::error(syntax::E0112, span, "a minus sign has space on both sides or on none")
                .label("space only before it")
                .help(format!("write `{shown} - …`; a negative value on its own goes on a line of its own")),
        ),
        Some(b'(') => Some(
            Diagnostic::error(
                syntax::E0101,
                span,
                format!("the parenthesis of a call touches the name: `{shown}(`"),
            )
            .label("a space is too much before this")
            .help("white space ends an expression, so take it out"),
        ),
        Some(b'[') => Some(
            Diagnostic::error(
                syntax::E0101,
                span,
                format!("the bracket of an index touches the value: `{shown}[`"),
            )
            .label("a space is too much before this")
            .help("white space ends an expression, so take it out"),
        ),
        _ => {
            let span = second.span;
            let word: &str = match &second.kind {
                StmtKind::Expr(e) => text.get(e.span.range()).unwrap_or(""),
                _ => "",
            };
            let word = word.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
            if let Some(found) =
                foreign::about_word(word, Span { end: span.start + word.len() as u32, ..span })
            {
                return Some(found);
            }
            if let ExprKind::Name(name) = &first.kind {
                let words = super::cut::STATEMENT_WORDS.iter().copied().chain(["given", "expect"]);
                let near = did_you_mean(&name.name, words).filter(|_| name.name.len() > 2);
                let message = format!("nothing begins with `{}`", name.name);
                let found = Diagnostic::error(syntax::E0101, first.span, message);
                if let Some(found) = test_word(first) {
                    return Some(found);
                }
                if let Some(near) = near {
                    let help = format!("did you mean `{near}`?");
                    return Some(found.label("not a word of the language").help(help));
                }
            }
            let found = Diagnostic::error(
                syntax::E0117,
                first.span,
                format!("`{shown}` does nothing here, and something else follows on the same line"),
            )
            .label("an operator or a comma may be missing after this")
            .also(span, "this is read as the next statement")
            .help("put a second statement on a line of its own");
            Some(found)
        }
    }
}
