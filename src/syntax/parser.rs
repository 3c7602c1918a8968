//! The ways in: a file, an entry of the repl, a pattern or an approver expression of `wflow.toml`.

use super::ast;
use super::build::Builder;
use super::recover;
use super::scan::{self, Scan};
use super::stack::with_room;
use super::tree::Tree;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::{FileId, Span};

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/wflow.pest"]
pub(super) struct Grammar;

/// A file's tree, as far as it could be read, and what was wrong with the rest.
#[derive(Debug, Clone)]
pub struct Parsed {
    pub file: ast::File,
    pub diagnostics: Vec<Diagnostic>,
}

/// What was typed at the repl.
#[derive(Debug, Clone)]
pub enum Entry {
    Items(ast::File),
    Statements {
        stmts: Vec<ast::Stmt>,
        nodes: u32,
    },
    /// More lines are needed.
    Incomplete,
    Wrong(Vec<Diagnostic>),
}

pub fn parse(file: FileId, text: &str) -> Parsed {
    let scan = scan::scan(file, text, false);
    if let Some(deep) = scan.too_deep {
        let file = ast::File { id: file, docs: None, items: Vec::new(), comments: scan.comments, nodes: 0 };
        return Parsed { file, diagnostics: vec![deep] };
    }
    let parsed = with_room(scan.nesting, || parse_scanned(file, text, scan));
    parsed.unwrap_or_else(|| Parsed {
        file: ast::File { id: file, docs: None, items: Vec::new(), comments: Vec::new(), nodes: 0 },
        diagnostics: vec![no_room(file, text)],
    })
}

/// The system gave no thread to read a text that nests deep.
fn no_room(file: FileId, text: &str) -> Diagnostic {
    Diagnostic::error(
        syntax::E0102,
        Span::new(file, 0, text.len().min(1)),
        "there is not enough memory to read this text",
    )
    .label("it nests deep")
    .help("end other programs, or give parts of it names with `let`")
}

fn parse_scanned(file: FileId, text: &str, scan: Scan) -> Parsed {
    let mut builder = Builder::new(file, text, &scan.comments);
    // A text with much nesting is looked at level by level if it has mistakes; see `recover`.
    let items = match scan.nesting <= recover::WHOLE || !recover::wrong(file, text) {
        true => Tree::read(Rule::file, text, 0).ok().map(|tree| builder.file(tree.parts())),
        false => None,
    };
    let items = match items {
        Some(items) => items,
        None => recover::file(&mut builder),
    };
    let (file, docs, nodes, mut diagnostics) = builder.done();
    diagnostics.sort_by_key(|d| d.primary.span);
    Parsed { file: ast::File { id: file, docs, items, comments: scan.comments, nodes }, diagnostics }
}

pub fn parse_entry(file: FileId, text: &str) -> Entry {
    let scan = scan::scan(file, text, false);
    if let Some(deep) = scan.too_deep {
        return Entry::Wrong(vec![deep]);
    }
    if incomplete(&scan, text) {
        return Entry::Incomplete;
    }
    let entry = with_room(scan.nesting, || entry(file, text, &scan));
    entry.unwrap_or_else(|| Entry::Wrong(vec![no_room(file, text)]))
}

fn entry(file: FileId, text: &str, scan: &Scan) -> Entry {
    if let Ok(tree) = Tree::read(Rule::stmts, text, 0) {
        let mut builder = Builder::new(file, text, &scan.comments);
        let stmts = builder.stmts(tree.parts());
        let (_, _, nodes, diagnostics) = builder.done();
        if diagnostics.is_empty() {
            return Entry::Statements { stmts, nodes };
        }
        // `enum Risk { Low }` also reads as three expressions, the first of them a reserved word.
        if !recover::starts_item(file, text) {
            return Entry::Wrong(diagnostics);
        }
    }
    if recover::starts_item(file, text) {
        let parsed = parse(file, text);
        return match parsed.diagnostics.is_empty() {
            true => Entry::Items(parsed.file),
            false if recover::ends_early(text, true) => Entry::Incomplete,
            false => Entry::Wrong(parsed.diagnostics),
        };
    }
    if recover::ends_early(text, false) {
        return Entry::Incomplete;
    }
    let mut builder = Builder::new(file, text, &scan.comments);
    recover::statements(&mut builder);
    let (.., diagnostics) = builder.done();
    Entry::Wrong(diagnostics)
}

/// An open bracket, text block or command: the next line goes on.
fn incomplete(scan: &Scan, text: &str) -> bool {
    let open = scan.unopened.is_empty() && !scan.unclosed.is_empty();
    let unterminated = matches!(scan.unterminated, Some((_, "text block" | "command" | "raw text")));
    (open && scan.unterminated.is_none_or(|(_, what)| what != "text"))
        || unterminated && !text.ends_with("\n\n")
}

fn small<T>(
    file: FileId,
    text: &str,
    rule: Rule,
    what: &str,
    make: impl FnOnce(&mut Builder<'_>, &Tree<'_>) -> Option<T> + Send,
) -> Result<T, Vec<Diagnostic>>
where
    T: Send,
{
    let scan = scan::scan(file, text, false);
    if let Some(deep) = scan.too_deep {
        return Err(vec![deep]);
    }
    let read = with_room(scan.nesting, || small_scanned(file, text, &scan, rule, what, make));
    read.unwrap_or_else(|| Err(vec![no_room(file, text)]))
}

fn small_scanned<T>(
    file: FileId,
    text: &str,
    scan: &Scan,
    rule: Rule,
    what: &str,
    make: impl FnOnce(&mut Builder<'_>, &Tree<'_>) -> Option<T>,
) -> Result<T, Vec<Diagnostic>> {
    let mut builder = Builder::new(file, text, &scan.comments);
    match Tree::read(rule, text, 0) {
        Err(stopped) => Err(vec![recover::message(&builder, stopped)]),
        Ok(tree) => {
            let made = make(&mut builder, &tree);
            let (.., diagnostics) = builder.done();
            match made {
                Some(made) if diagnostics.is_empty() => Ok(made),
                _ if !diagnostics.is_empty() => Err(diagnostics),
                _ => Err(vec![Diagnostic::error(
                    syntax::E0101,
                    Span::new(file, 0, text.len()),
                    format!("expected {what}"),
                )]),
            }
        }
    }
}

/// `release_manager and security`, as in `by`.
pub fn parse_approvers(file: FileId, text: &str) -> Result<ast::Approvers, Vec<Diagnostic>> {
    small(file, text, Rule::one_approvers, "approvers", |b, tree| {
        tree.parts().find(|p| p.as_rule() == Rule::approvers).map(|p| b.approvers(p))
    })
}

/// `git log *`, as in a policy, without the backticks.
pub fn parse_command_pattern(file: FileId, text: &str) -> Result<ast::Command, Vec<Diagnostic>> {
    small(file, text, Rule::one_command, "a command", |b, tree| tree.whole().map(|p| b.command(p, true)))
}

pub fn parse_type(file: FileId, text: &str) -> Result<ast::TypeExpr, Vec<Diagnostic>> {
    small(file, text, Rule::one_type, "a type", |b, tree| {
        tree.parts().find(|p| p.as_rule() == Rule::type_expr).map(|p| b.type_expr(p))
    })
}

/// One expression, and how many nodes its tree has.
pub fn parse_expr(file: FileId, text: &str) -> Result<(ast::Expr, u32), Vec<Diagnostic>> {
    small(file, text, Rule::one_expr, "an expression", |b, tree| {
        let pair = tree.parts().find(|p| p.as_rule() == Rule::expr)?;
        let expr = b.expr(pair);
        Some((expr, b.nodes()))
    })
}
