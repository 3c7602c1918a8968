//! The tree becomes text again, in one canonical form: reading it gives the same tree, parentheses aside. Doc comments
//! are part of the tree and kept; other comments are not, so this is no formatter for what people wrote.

mod clause;
mod expr;
mod item;
mod pattern;
mod test;
mod types;

use super::ast::{Block, Expr, ExprKind, File, Stmt, StmtKind};
use super::words::CLAUSE_WORDS;

/// A whole file.
pub fn print(file: &File) -> String {
    let mut printer = Printer { out: String::new(), indent: 0, least: false };
    printer.file(file);
    printer.out
}

/// An expression by itself, without parentheses that change nothing: how it was written does not matter.
pub fn print_expr(e: &Expr) -> String {
    let mut printer = Printer { out: String::new(), indent: 0, least: true };
    printer.expr(e);
    printer.out
}

/// A type by itself.
pub fn print_type(ty: &super::ast::TypeExpr) -> String {
    let mut printer = Printer { out: String::new(), indent: 0, least: true };
    printer.ty(ty);
    printer.out
}

/// A pattern by itself.
pub fn print_pattern(pattern: &super::ast::Pattern) -> String {
    let mut printer = Printer { out: String::new(), indent: 0, least: true };
    printer.pattern(pattern);
    printer.out
}

/// An item by itself, without its doc comment.
pub fn print_item(item: &super::ast::Item) -> String {
    let mut printer = Printer { out: String::new(), indent: 0, least: true };
    printer.item(item);
    printer.out
}

struct Printer {
    out: String,
    indent: usize,
    /// Only the parentheses that are needed.
    least: bool,
}

impl Printer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.indent {
            self.out.push_str("    ");
        }
    }

    /// `{`, what is inside on lines of its own, `}`.
    fn braced(&mut self, empty: bool, inside: impl FnOnce(&mut Self)) {
        self.put("{");
        if !empty {
            self.indent += 1;
            inside(self);
            self.indent -= 1;
            self.line();
        }
        self.put("}");
    }

    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.put(", ");
            }
            each(self, item);
        }
    }

    fn docs(&mut self, docs: &Option<std::sync::Arc<str>>) {
        for line in docs.iter().flat_map(|d| d.split('\n')) {
            self.put("///");
            if !line.is_empty() {
                self.put(" ");
                self.put(line);
            }
            self.line();
        }
    }

    /// What `print` would write, on its own.
    fn apart(&self, print: impl FnOnce(&mut Printer)) -> String {
        let mut own = Printer { out: String::new(), indent: self.indent, least: self.least };
        print(&mut own);
        own.out
    }

    fn block(&mut self, block: &Block) {
        self.braced(block.stmts.is_empty(), |p| p.stmts(&block.stmts, false));
    }

    /// Statements on lines of their own. One that would go on with the next is put into parentheses.
    fn stmts(&mut self, stmts: &[Stmt], test: bool) {
        for (i, stmt) in stmts.iter().enumerate() {
            self.line();
            let next = stmts.get(i + 1).map(|s| self.apart(|p| p.stmt(s, false, test))).unwrap_or_default();
            let only_name = stmts.len() == 1
                && matches!(&stmt.kind, StmtKind::Expr(e) if matches!(e.kind, ExprKind::Name(_)));
            self.stmt(stmt, only_name || goes_on(last(stmt), &next), test);
        }
    }

    fn stmt(&mut self, stmt: &Stmt, parentheses: bool, test: bool) {
        for attribute in &stmt.attributes {
            self.attribute(attribute);
            self.line();
        }
        let value = |p: &mut Self, e: &Expr| if parentheses { p.parenthesised(e) } else { p.expr(e) };
        match &stmt.kind {
            StmtKind::Let { pattern, ty, value: e } => {
                self.put("let ");
                self.pattern(pattern);
                if let Some(ty) = ty {
                    self.put(": ");
                    self.ty(ty);
                }
                self.put(" = ");
                value(self, e);
            }
            StmtKind::Var { name, ty, value: e } => {
                self.put("var ");
                self.put(&name.name);
                if let Some(ty) = ty {
                    self.put(": ");
                    self.ty(ty);
                }
                self.put(" = ");
                value(self, e);
            }
            StmtKind::Assign { target, value: e } => {
                self.expr(target);
                self.put(" = ");
                value(self, e);
            }
            // In a test a text would belong to the answer before it.
            StmtKind::Expr(e) if test && matches!(e.kind, ExprKind::Text(_)) => self.parenthesised(e),
            StmtKind::Expr(e) => value(self, e),
        }
    }
}

/// The expression that a statement ends with.
fn last(stmt: &Stmt) -> &Expr {
    match &stmt.kind {
        StmtKind::Let { value, .. } | StmtKind::Var { value, .. } | StmtKind::Assign { value, .. } => value,
        StmtKind::Expr(e) => e,
    }
}

/// Whether an expression, followed by this text, would take it in.
fn goes_on(e: &Expr, next: &str) -> bool {
    let word = next.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or("");
    if next.is_empty() {
        return false;
    }
    if ends_bare(e) {
        return !matches!(
            word,
            "return" | "break" | "continue" | "say" | "wait" | "ensure" | "fail" | "let" | "var"
        );
    }
    CLAUSE_WORDS.contains(&word) && takes_clauses(e)
}

/// Ends with a `return` or `break` without a value.
fn ends_bare(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Return(None) | ExprKind::Break(None) => true,
        _ => inner_end(e).is_some_and(ends_bare),
    }
}

/// Ends with something that takes clauses.
fn takes_clauses(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Run(_)
        | ExprKind::Ask(_)
        | ExprKind::Gate(_)
        | ExprKind::Step(_)
        | ExprKind::Ensure { .. }
        | ExprKind::Fail { .. } => true,
        _ => inner_end(e).is_some_and(takes_clauses),
    }
}

/// The expression that stands at the end of another without a bracket.
fn inner_end(e: &Expr) -> Option<&Expr> {
    match &e.kind {
        ExprKind::Return(Some(e))
        | ExprKind::Break(Some(e))
        | ExprKind::Say(e)
        | ExprKind::Wait(e)
        | ExprKind::Lambda { body: e, .. } => Some(e),
        _ => None,
    }
}
