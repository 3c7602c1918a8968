//! What the whole module shows: names that nobody uses, and which lints are silenced where.

use super::program::ModuleId;
use super::walk::{self, Node};
use super::world::*;
use crate::diagnostics::codes::{self, lint};
use crate::diagnostics::{Area, Diagnostic, Severity, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{Attribute, ItemKind, TestStmt};
use std::sync::Arc;

/// Attributes that are no `@allow`.
const ATTRIBUTES: &[&str] = &["allow", "agent_startable"];

impl World<'_> {
    /// Unused `use`s and private items.
    pub fn report_unused_items(&mut self, module: ModuleId) {
        let state = self.module(module);
        let mut out: Vec<Diagnostic> = Vec::new();
        for (name, declared) in &state.scope {
            let what = match declared.decl {
                _ if declared.used => continue,
                Decl::Module(_) => "module",
                _ if !name.starts_with('_') => continue,
                Decl::Const(_) => "private constant",
                Decl::Callable(_) => "private function or task",
                Decl::Agent(_) => "private agent",
                Decl::Type(_) => "private type",
            };
            out.push(
                Diagnostic::warning(lint::L0702, declared.span, format!("the {what} `{name}` is never used"))
                    .label("never used")
                    .help("remove it"),
            );
        }
        self.diagnostics.append(&mut out);
    }

    /// Drops the lints that an `@allow` around them names; reports unknown names in `@allow`.
    pub fn apply_allows(&mut self) {
        let mut allowed: Vec<(Span, Arc<str>)> = Vec::new();
        let mut unknown: Vec<Diagnostic> = Vec::new();
        for m in 0..self.modules.len() {
            let file = Arc::clone(&self.modules[m].ast);
            for item in &file.items {
                collect(&item.attributes, item.span, &mut allowed, &mut unknown);
                let mut see = |node: Node<'_>| {
                    if let Node::Stmt(stmt) = node
                        && !stmt.attributes.is_empty()
                    {
                        collect(&stmt.attributes, stmt.span, &mut allowed, &mut unknown);
                    }
                };
                match &item.kind {
                    ItemKind::Callable(c) => walk::block(&c.body, &mut see),
                    ItemKind::Const(c) => walk::expr(&c.value, &mut see),
                    ItemKind::Test(t) => {
                        for s in &t.body {
                            if let TestStmt::Stmt(s) = s {
                                walk::stmt(s, &mut see);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        if !allowed.is_empty() {
            self.diagnostics.retain(|d| {
                let Some(name) = d.code.lint_name().filter(|_| d.severity == Severity::Warning) else {
                    return true;
                };
                let at = d.primary.span;
                !allowed
                    .iter()
                    .any(|(s, n)| **n == *name && s.file == at.file && s.start <= at.start && at.end <= s.end)
            });
        }
        self.diagnostics.append(&mut unknown);
    }
}

fn collect(
    list: &[Attribute],
    span: Span,
    allowed: &mut Vec<(Span, Arc<str>)>,
    unknown: &mut Vec<Diagnostic>,
) {
    for a in list {
        if &*a.name.name != "allow" {
            if !ATTRIBUTES.contains(&&*a.name.name) {
                let near = did_you_mean(&a.name.name, ATTRIBUTES.iter().copied());
                let d = Diagnostic::warning(
                    lint::L0705,
                    a.name.span,
                    format!("there is no attribute `@{}`", a.name.name),
                );
                unknown.push(d.label("has no effect").suggest(near));
            }
            continue;
        }
        for arg in &a.args {
            let lints = || codes::all().filter(|c| c.0.area == Area::Lint).filter_map(|c| c.lint_name());
            if lints().any(|n| n == &*arg.name) {
                allowed.push((a.span.to(span), arg.name.clone()));
                continue;
            }
            let near = did_you_mean(&arg.name, lints());
            let all: Vec<&str> = lints().collect();
            let d = Diagnostic::warning(lint::L0705, arg.span, format!("there is no lint `{}`", arg.name))
                .label("silences nothing")
                .suggest(near)
                .help(format!("the lints are {}", all.join(", ")));
            unknown.push(d);
        }
    }
}
