//! Goes through a tree, parents before children.

use crate::syntax::ast::*;

#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
    Stmt(&'a Stmt),
    Expr(&'a Expr),
}

/// Shows every statement and expression of a block to `see`.
pub(super) fn block<'a>(b: &'a Block, see: &mut dyn FnMut(Node<'a>)) {
    run(b.stmts.iter().map(Node::Stmt).collect(), see);
}

pub(super) fn stmt<'a>(s: &'a Stmt, see: &mut dyn FnMut(Node<'a>)) {
    run(vec![Node::Stmt(s)], see);
}

pub(super) fn expr<'a>(e: &'a Expr, see: &mut dyn FnMut(Node<'a>)) {
    run(vec![Node::Expr(e)], see);
}

/// Shows an expression and all that stand in it, parents before children.
pub fn each_expr<'a>(e: &'a Expr, see: &mut dyn FnMut(&'a Expr)) {
    expr(e, &mut |node| {
        if let Node::Expr(e) = node {
            see(e);
        }
    });
}

/// A list of what is still to be seen instead of recursion: a tree may be deeper than a stack.
fn run<'a>(mut todo: Vec<Node<'a>>, see: &mut dyn FnMut(Node<'a>)) {
    while let Some(node) = todo.pop() {
        see(node);
        match node {
            Node::Stmt(s) => match &s.kind {
                StmtKind::Let { value, .. } | StmtKind::Var { value, .. } => todo.push(Node::Expr(value)),
                StmtKind::Assign { target, value } => todo.extend([Node::Expr(target), Node::Expr(value)]),
                StmtKind::Expr(e) => todo.push(Node::Expr(e)),
            },
            Node::Expr(e) => children(e, &mut Todo(&mut todo)),
        }
    }
}

struct Todo<'t, 'a>(&'t mut Vec<Node<'a>>);

impl<'a> Todo<'_, 'a> {
    fn expr(&mut self, e: &'a Expr) {
        self.0.push(Node::Expr(e));
    }

    fn exprs(&mut self, list: impl IntoIterator<Item = &'a Expr>) {
        self.0.extend(list.into_iter().map(Node::Expr));
    }

    fn block(&mut self, b: &'a Block) {
        self.0.extend(b.stmts.iter().map(Node::Stmt));
    }

    fn checks(&mut self, list: &'a [CheckClause]) {
        for c in list {
            self.expr(&c.condition);
            self.exprs(&c.message);
        }
    }
}

fn children<'a>(e: &'a Expr, todo: &mut Todo<'_, 'a>) {
    use ExprKind::*;
    match &e.kind {
        None | Bool(_) | Int(_) | Float(_) | Duration(_) | Size(_) | Name(_) | TypeName(_) | Variant(_)
        | Continue | Error => {}
        Text(t) => todo.exprs(t.parts.iter().filter_map(|p| match p {
            TextPart::Expr(e) => Some(e),
            TextPart::Lit(_) => Option::None,
        })),
        List(items) => todo.exprs(items.iter().map(|i| &i.value)),
        Map(entries) => todo.exprs(entries.iter().flat_map(|(k, v)| [k, v])),
        Record(fields) => todo.exprs(fields.iter().map(|f| &f.value)),
        Field { base, .. } => todo.expr(base),
        Index { base, index } => todo.exprs([&**base, index]),
        Call { callee, args } => {
            todo.expr(callee);
            todo.exprs(args.iter().map(|a| &a.value));
        }
        Lambda { body, .. } => todo.expr(body),
        Unary { operand, .. } => todo.expr(operand),
        Binary { left, right, .. } => todo.exprs([&**left, right]),
        Range { start, end, .. } => todo.exprs([&**start, end]),
        Block(b) => todo.block(b),
        If { condition, then, otherwise } => {
            todo.expr(condition);
            todo.block(then);
            todo.exprs(otherwise.as_deref());
        }
        Match { subject, arms } => {
            todo.expr(subject);
            for arm in arms {
                todo.exprs(&arm.guard);
                todo.expr(&arm.body);
            }
        }
        For { iterable, body, .. } => {
            todo.expr(iterable);
            todo.block(body);
        }
        Repeat { limit, body, otherwise } => {
            todo.expr(limit);
            todo.block(body);
            otherwise.iter().for_each(|b| todo.block(b));
        }
        Return(e) | Break(e) => todo.exprs(e.as_deref()),
        Try { body, catches } => {
            todo.block(body);
            catches.iter().for_each(|c| todo.block(&c.body));
        }
        Ensure { condition, message, help } => {
            todo.expr(condition);
            todo.exprs(message.as_deref());
            todo.exprs(help.as_deref());
        }
        Fail { message, help, .. } => {
            todo.expr(message);
            todo.exprs(help.as_deref());
        }
        Wait(e) | Say(e) | Paren(e) => todo.expr(e),
        Step(s) => {
            todo.exprs(&s.title);
            todo.block(&s.body);
            s.undo.iter().for_each(|b| todo.block(b));
        }
        Parallel { branches } => todo.exprs(branches.iter().map(|(_, e)| e)),
        ParallelFor { iterable, limit, body, .. } => {
            todo.expr(iterable);
            todo.exprs(limit.as_deref());
            todo.block(body);
        }
        Run(r) => {
            let parts = r.command.words.iter().flat_map(|w| &w.parts);
            todo.exprs(parts.filter_map(|p| match p {
                WordPart::Expr(e) | WordPart::Spread(e) => Some(e),
                WordPart::Lit(_) | WordPart::Any => Option::None,
            }));
            todo.exprs([&r.dir, &r.env, &r.stdin, &r.timeout, &r.exits].into_iter().flatten());
            if let Some(retry) = &r.retry {
                todo.expr(&retry.times);
                todo.exprs([&retry.every, &retry.on].into_iter().flatten());
            }
        }
        Ask(a) => {
            todo.expr(&a.prompt);
            todo.exprs(
                [&a.agent, &a.with, &a.retry, &a.otherwise, &a.turns, &a.timeout].into_iter().flatten(),
            );
            todo.checks(&a.checks);
        }
        Gate(g) => {
            todo.expr(&g.question);
            todo.exprs([&g.show, &g.timeout, &g.edit, &g.assurance].into_iter().flatten());
            todo.exprs(&g.require);
            todo.checks(&g.checks);
            g.on_reject.iter().for_each(|r| todo.block(&r.body));
        }
        ReadAs { call, .. } => todo.expr(call),
    }
}
