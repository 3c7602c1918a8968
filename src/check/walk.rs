//! Goes through a tree, parents before children. Recursion is as deep as the tree, which the parser bounds.

use crate::syntax::ast::*;

pub(super) enum Node<'a> {
    Stmt(&'a Stmt),
    Expr(#[allow(dead_code)] &'a Expr),
}

pub(super) fn block<'a>(b: &'a Block, see: &mut dyn FnMut(Node<'a>)) {
    for s in &b.stmts {
        stmt(s, see);
    }
}

pub(super) fn stmt<'a>(s: &'a Stmt, see: &mut dyn FnMut(Node<'a>)) {
    see(Node::Stmt(s));
    match &s.kind {
        StmtKind::Let { value, .. } | StmtKind::Var { value, .. } => expr(value, see),
        StmtKind::Assign { target, value } => {
            expr(target, see);
            expr(value, see);
        }
        StmtKind::Expr(e) => expr(e, see),
    }
}

pub(super) fn expr<'a>(e: &'a Expr, see: &mut dyn FnMut(Node<'a>)) {
    use ExprKind::*;
    see(Node::Expr(e));
    match &e.kind {
        None | Bool(_) | Int(_) | Float(_) | Duration(_) | Size(_) | Name(_) | TypeName(_) | Variant(_)
        | Continue | Error => {}
        Text(t) => text(t, see),
        List(items) => items.iter().for_each(|i| expr(&i.value, see)),
        Map(entries) => entries.iter().for_each(|(k, v)| {
            expr(k, see);
            expr(v, see);
        }),
        Record(fields) => fields.iter().for_each(|f| expr(&f.value, see)),
        Field { base, .. } => expr(base, see),
        Index { base, index } => {
            expr(base, see);
            expr(index, see);
        }
        Call { callee, args } => {
            expr(callee, see);
            args.iter().for_each(|a| expr(&a.value, see));
        }
        Lambda { body, .. } => expr(body, see),
        Unary { operand, .. } => expr(operand, see),
        Binary { left, right, .. } => {
            expr(left, see);
            expr(right, see);
        }
        Range { start, end, .. } => {
            expr(start, see);
            expr(end, see);
        }
        Block(b) => block(b, see),
        If { condition, then, otherwise } => {
            expr(condition, see);
            block(then, see);
            option(otherwise.as_deref(), see);
        }
        Match { subject, arms } => {
            expr(subject, see);
            for arm in arms {
                option(arm.guard.as_ref(), see);
                expr(&arm.body, see);
            }
        }
        For { iterable, body, .. } => {
            expr(iterable, see);
            block(body, see);
        }
        Repeat { limit, body, otherwise } => {
            expr(limit, see);
            block(body, see);
            otherwise.iter().for_each(|b| block(b, see));
        }
        Return(e) | Break(e) => option(e.as_deref(), see),
        Try { body, catches } => {
            block(body, see);
            catches.iter().for_each(|c| block(&c.body, see));
        }
        Ensure { condition, message, help } => {
            expr(condition, see);
            option(message.as_deref(), see);
            option(help.as_deref(), see);
        }
        Fail { message, help, .. } => {
            expr(message, see);
            option(help.as_deref(), see);
        }
        Wait(e) | Say(e) | Paren(e) => expr(e, see),
        Step(s) => {
            option(s.title.as_ref(), see);
            block(&s.body, see);
            s.undo.iter().for_each(|b| block(b, see));
        }
        Parallel { branches } => branches.iter().for_each(|(_, e)| expr(e, see)),
        ParallelFor { iterable, limit, body, .. } => {
            expr(iterable, see);
            option(limit.as_deref(), see);
            block(body, see);
        }
        Run(r) => {
            command(&r.command, see);
            for e in [&r.dir, &r.env, &r.stdin, &r.timeout, &r.exits] {
                option(e.as_ref(), see);
            }
            if let Some(retry) = &r.retry {
                expr(&retry.times, see);
                option(retry.every.as_ref(), see);
                option(retry.on.as_ref(), see);
            }
        }
        Ask(a) => {
            option(a.agent.as_ref(), see);
            expr(&a.prompt, see);
            for e in [&a.with, &a.retry, &a.otherwise, &a.turns, &a.timeout] {
                option(e.as_ref(), see);
            }
            checks(&a.checks, see);
        }
        Gate(g) => {
            expr(&g.question, see);
            for e in [&g.show, &g.timeout, &g.edit, &g.assurance] {
                option(e.as_ref(), see);
            }
            g.require.iter().for_each(|e| expr(e, see));
            checks(&g.checks, see);
            g.on_reject.iter().for_each(|r| block(&r.body, see));
        }
        ReadAs { call, .. } => expr(call, see),
    }
}

fn option<'a>(e: Option<&'a Expr>, see: &mut dyn FnMut(Node<'a>)) {
    if let Some(e) = e {
        expr(e, see);
    }
}

fn text<'a>(t: &'a TextLit, see: &mut dyn FnMut(Node<'a>)) {
    for part in &t.parts {
        if let TextPart::Expr(e) = part {
            expr(e, see);
        }
    }
}

fn command<'a>(c: &'a Command, see: &mut dyn FnMut(Node<'a>)) {
    for part in c.words.iter().flat_map(|w| &w.parts) {
        match part {
            WordPart::Expr(e) | WordPart::Spread(e) => expr(e, see),
            WordPart::Lit(_) | WordPart::Any => {}
        }
    }
}

fn checks<'a>(list: &'a [CheckClause], see: &mut dyn FnMut(Node<'a>)) {
    for c in list {
        expr(&c.condition, see);
        option(c.message.as_ref(), see);
    }
}
