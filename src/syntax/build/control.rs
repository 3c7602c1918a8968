//! Blocks, statements and control flow.

use super::Builder;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::Span;
use crate::syntax::ast::*;
use crate::syntax::misplaced;
use crate::syntax::parser::Rule;
use crate::syntax::scan::MAX_CHAIN;
use crate::syntax::tree::{P, Pairs};

impl Builder<'_> {
    pub fn block(&mut self, pair: P<'_>) -> Block {
        let span = self.span(&pair);
        let mut stmts = Vec::with_capacity(pair.into_inner().count());
        for stmt in pair.into_inner().filter(|p| p.as_rule() == Rule::stmt) {
            stmts.push(self.stmt(stmt));
        }
        self.in_a_row(&mut stmts);
        Block { id: self.id(), span, stmts }
    }

    /// Refuses statements in a row that are a slip. What else was said about them is then a consequence, and so would
    /// be whatever is said about them later: they are no part of the tree.
    pub fn in_a_row(&mut self, stmts: &mut Vec<Stmt>) {
        if stmts.len() < 2 {
            return;
        }
        let found = misplaced::in_a_row(self.text, &stmts.iter().collect::<Vec<_>>());
        for (diagnostic, first, last) in found.into_iter().rev() {
            let about = stmts[first].span.to(stmts[last].span);
            self.only(diagnostic, about);
            stmts.drain(first + 1..=last);
            if let StmtKind::Expr(e) = &mut stmts[first].kind
                && misplaced::idle(e)
            {
                *e = Expr { id: e.id, span: about, kind: ExprKind::Error };
            }
        }
    }

    /// The only finding about a part of the text.
    pub fn only(&mut self, diagnostic: Diagnostic, about: Span) {
        self.diagnostics.retain(|d| d.primary.span.start < about.start || d.primary.span.end > about.end);
        self.diagnostics.push(diagnostic);
    }

    fn empty_block(&mut self, span: crate::source::Span) -> Block {
        Block { id: self.id(), span, stmts: Vec::new() }
    }

    pub fn stmt(&mut self, pair: P<'_>) -> Stmt {
        let span = self.span(&pair);
        let mut attributes = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::attribute => attributes.push(self.attribute(part)),
                Rule::let_stmt => {
                    let mut pattern = None;
                    let mut ty = None;
                    let mut value = None;
                    for p in part.into_inner() {
                        match p.as_rule() {
                            Rule::pattern => pattern = Some(self.binding(p)),
                            Rule::type_expr => ty = Some(Box::new(self.type_expr(p))),
                            _ => value = Some(self.expr(p)),
                        }
                    }
                    if let (Some(pattern), Some(value)) = (pattern, value) {
                        return Stmt { span, attributes, kind: StmtKind::Let { pattern, ty, value } };
                    }
                }
                Rule::var_stmt => {
                    let mut name = None;
                    let mut ty = None;
                    let mut value = None;
                    for p in part.into_inner() {
                        match p.as_rule() {
                            Rule::lower => name = Some(self.name(&p)),
                            Rule::type_expr => ty = Some(Box::new(self.type_expr(p))),
                            _ => value = Some(self.expr(p)),
                        }
                    }
                    if let (Some(name), Some(value)) = (name, value) {
                        return Stmt { span, attributes, kind: StmtKind::Var { name, ty, value } };
                    }
                }
                _ => {
                    let mut inner = part.into_inner();
                    let first = inner.next().map(|e| self.expr(e));
                    let Some(first) = first else { break };
                    // The second part is the sign itself.
                    let value = inner.nth(1).map(|e| self.expr(e));
                    let kind = match value {
                        Some(value) => {
                            self.place(&first);
                            StmtKind::Assign { target: first, value }
                        }
                        None => StmtKind::Expr(first),
                    };
                    return Stmt { span, attributes, kind };
                }
            }
        }
        let expr = self.expr_error(span);
        Stmt { span, attributes, kind: StmtKind::Expr(expr) }
    }

    /// Only a variable, a field or an item of one can be assigned to.
    fn place(&mut self, target: &Expr) {
        let mut at = target;
        loop {
            match &at.kind {
                ExprKind::Name(_) | ExprKind::Error => return,
                ExprKind::Field { base, optional: false, .. } | ExprKind::Index { base, .. } => at = base,
                _ => break,
            }
        }
        self.error(
            Diagnostic::error(
                syntax::E0101,
                target.span,
                "only a variable, or a part of one, can be assigned to",
            )
            .label("this is not a variable")
            .help("to compare two values write `==`"),
        );
    }

    /// Control flow as an expression.
    pub fn control(&mut self, pair: P<'_>) -> ExprKind {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut inner = pair.into_inner();
        match rule {
            Rule::if_expr => {
                // condition, block, condition, block, …, else
                let mut parts: Vec<(Expr, Block)> = Vec::new();
                let mut condition = None;
                let mut otherwise: Option<Box<Expr>> = None;
                for p in inner {
                    match p.as_rule() {
                        Rule::expr => condition = Some(self.expr(p)),
                        Rule::block => {
                            let block = self.block(p);
                            if let Some(c) = condition.take() {
                                parts.push((c, block));
                            }
                        }
                        _ => {
                            let span = self.span(&p);
                            let block = p.into_inner().next().map(|b| self.block(b));
                            otherwise = block.map(|b| {
                                Box::new(Expr { id: self.id(), span: b.span, kind: ExprKind::Block(b) })
                            });
                            let _ = span;
                        }
                    }
                }
                self.height += parts.len();
                if parts.len() > MAX_CHAIN {
                    self.chain_too_long(span);
                    parts.truncate(1);
                }
                while parts.len() > 1 {
                    if let Some((condition, then)) = parts.pop() {
                        let span = condition.span.to(then.span);
                        let kind = ExprKind::If { condition: Box::new(condition), then, otherwise };
                        otherwise = Some(Box::new(Expr { id: self.id(), span, kind }));
                    }
                }
                match parts.pop() {
                    Some((condition, then)) => {
                        ExprKind::If { condition: Box::new(condition), then, otherwise }
                    }
                    None => ExprKind::Error,
                }
            }
            Rule::match_expr => {
                let subject = inner.next().map(|e| self.expr(e));
                let arms = inner.filter_map(|a| self.arm(a)).collect();
                match subject {
                    Some(subject) => ExprKind::Match { subject: Box::new(subject), arms },
                    None => ExprKind::Error,
                }
            }
            Rule::for_expr => {
                let (pattern, iterable, _, body) = self.loop_parts(inner);
                match (pattern, iterable, body) {
                    (Some(pattern), Some(iterable), Some(body)) => {
                        ExprKind::For { pattern: Box::new(pattern), iterable: Box::new(iterable), body }
                    }
                    _ => ExprKind::Error,
                }
            }
            Rule::parallel_for => {
                let (pattern, iterable, limit, body) = self.loop_parts(inner);
                match (pattern, iterable, body) {
                    (Some(pattern), Some(iterable), Some(body)) => ExprKind::ParallelFor {
                        pattern: Box::new(pattern),
                        iterable: Box::new(iterable),
                        limit: limit.map(Box::new),
                        body,
                    },
                    _ => ExprKind::Error,
                }
            }
            Rule::repeat => {
                let limit = inner.next().map(|e| self.expr(e));
                let body = inner.next().map(|b| self.block(b));
                let otherwise =
                    inner.next().and_then(|e| e.into_inner().next()).map(|b| Box::new(self.block(b)));
                match (limit, body) {
                    (Some(limit), Some(body)) => ExprKind::Repeat { limit: Box::new(limit), body, otherwise },
                    _ => ExprKind::Error,
                }
            }
            Rule::return_expr => ExprKind::Return(inner.next().map(|e| Box::new(self.expr(e)))),
            Rule::break_expr => ExprKind::Break(inner.next().map(|e| Box::new(self.expr(e)))),
            Rule::continue_expr => ExprKind::Continue,
            Rule::try_expr => {
                let body = inner.next().map(|b| self.block(b));
                let catches = inner.map(|c| self.catch(c)).collect();
                match body {
                    Some(body) => ExprKind::Try { body, catches },
                    None => ExprKind::Error,
                }
            }
            Rule::ensure => {
                let condition = inner.next().map(|e| self.expr(e));
                let (message, help) = self.message_and_help(inner);
                match condition {
                    Some(c) => ExprKind::Ensure {
                        condition: Box::new(c),
                        message: message.map(Box::new),
                        help: help.map(Box::new),
                    },
                    None => ExprKind::Error,
                }
            }
            Rule::fail => {
                let kind = inner.next().map(|k| self.any_name(&k));
                let (message, help) = self.message_and_help(inner);
                match (kind, message) {
                    (Some(kind), Some(message)) => {
                        ExprKind::Fail { kind, message: Box::new(message), help: help.map(Box::new) }
                    }
                    _ => ExprKind::Error,
                }
            }
            Rule::wait => inner.next().map_or(ExprKind::Error, |e| ExprKind::Wait(Box::new(self.expr(e)))),
            Rule::say => inner.next().map_or(ExprKind::Error, |e| ExprKind::Say(Box::new(self.expr(e)))),
            Rule::step => self.step(inner),
            Rule::parallel => {
                let branches = inner
                    .filter_map(|b| {
                        let mut parts = b.into_inner();
                        let name = self.name(&parts.next()?);
                        let body = self.body(parts.next()?);
                        Some((name, body))
                    })
                    .collect();
                ExprKind::Parallel { branches }
            }
            _ => ExprKind::Error,
        }
    }

    fn loop_parts(
        &mut self,
        inner: Pairs<'_>,
    ) -> (Option<Pattern>, Option<Expr>, Option<Expr>, Option<Block>) {
        let (mut pattern, mut iterable, mut limit, mut body) = (None, None, None, None);
        for p in inner {
            match p.as_rule() {
                Rule::pattern => pattern = Some(self.binding(p)),
                Rule::limit => limit = p.into_inner().next().map(|e| self.expr(e)),
                Rule::block => body = Some(self.block(p)),
                _ => iterable = Some(self.expr(p)),
            }
        }
        (pattern, iterable, limit, body)
    }

    /// The `message` and `help` parts of what follows.
    pub fn message_and_help(&mut self, inner: Pairs<'_>) -> (Option<Expr>, Option<Expr>) {
        let (mut message, mut help) = (None, None);
        for p in inner {
            let rule = p.as_rule();
            if let Some(e) = p.into_inner().next() {
                match rule {
                    Rule::message => message = Some(self.expr(e)),
                    _ => help = Some(self.expr(e)),
                }
            }
        }
        (message, help)
    }

    fn arm(&mut self, pair: P<'_>) -> Option<Arm> {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let pattern = self.pattern(inner.next()?);
        let mut next = inner.next()?;
        let mut guard = None;
        if next.as_rule() == Rule::guard {
            guard = Some(self.expr(next));
            next = inner.next()?;
        }
        let body = self.body(next);
        Some(Arm { pattern, guard, body, span })
    }

    fn catch(&mut self, pair: P<'_>) -> Catch {
        let span = self.span(&pair);
        let mut names = Vec::new();
        let mut body = None;
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::block => body = Some(self.block(p)),
                _ => names.push(p),
            }
        }
        let (kind, name) = match names.as_slice() {
            [kind, name] => (Some(self.any_name(kind)), Some(self.name(name))),
            // `catch e`: a name of a kind alone means that kind.
            [one] => match crate::diagnostics::ErrorKind::from_name(one.as_str()) {
                Some(_) => (Some(self.any_name(one)), None),
                None => (None, Some(self.name(one))),
            },
            _ => (None, None),
        };
        let body = body.unwrap_or_else(|| self.empty_block(span));
        Catch { kind, name, body, span }
    }

    fn step(&mut self, inner: Pairs<'_>) -> ExprKind {
        let (mut name, mut title, mut body, mut undo) = (None, None, None, None);
        for p in inner {
            match p.as_rule() {
                Rule::lower => name = Some(self.name(&p)),
                Rule::block => body = Some(self.block(p)),
                Rule::undo => undo = p.into_inner().next().map(|b| self.block(b)),
                _ => title = Some(self.text_expr(p)),
            }
        }
        match (name, body) {
            (Some(name), Some(body)) => ExprKind::Step(Box::new(Step { name, title, body, undo })),
            _ => ExprKind::Error,
        }
    }
}
