//! Expressions, with parentheses only where reading would go another way.

use super::{Printer, ends_bare};
use crate::syntax::ast::*;

/// How tightly an expression binds: what is looser than its place asks for needs parentheses. Forms that end in a
/// brace, in clauses or in an open value are looser than all.
fn level(e: &Expr) -> u8 {
    match &e.kind {
        ExprKind::Binary { op, .. } => operator(*op),
        ExprKind::Unary { op: UnaryOp::Not, .. } => 3,
        ExprKind::Range { .. } => 6,
        ExprKind::Unary { op: UnaryOp::Negate, .. } => 9,
        ExprKind::Int(i) if *i < 0 => 9,
        ExprKind::Float(f) if f.is_sign_negative() => 9,
        ExprKind::None
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Duration(_)
        | ExprKind::Size(_)
        | ExprKind::Text(_)
        | ExprKind::List(_)
        | ExprKind::Name(_)
        | ExprKind::TypeName(_)
        | ExprKind::Variant(_)
        | ExprKind::Field { .. }
        | ExprKind::Index { .. }
        | ExprKind::Call { .. }
        | ExprKind::Paren(_) => TIGHT,
        _ => 0,
    }
}

/// What stands in parentheses.
fn inside(e: &Expr) -> &Expr {
    match &e.kind {
        ExprKind::Paren(inner) => inside(inner),
        _ => e,
    }
}

const TIGHT: u8 = 10;
const COMPARISON: u8 = 4;

fn operator(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Coalesce => 5,
        BinaryOp::Add | BinaryOp::Sub => 7,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => 8,
        _ => COMPARISON,
    }
}

impl Printer {
    fn at_least(&mut self, e: &Expr, least: u8) {
        let e = if self.least { inside(e) } else { e };
        if level(e) < least { self.parenthesised(e) } else { self.expr(e) }
    }

    pub fn parenthesised(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Paren(inner) => self.parenthesised(inner),
            _ => {
                self.put("(");
                self.expr(e);
                self.put(")");
            }
        }
    }

    /// An expression behind which anything may stand.
    pub fn bounded(&mut self, e: &Expr) {
        self.at_least(e, 1);
    }

    /// An expression of a clause: without comparisons and ranges.
    pub fn clause_value(&mut self, e: &Expr) {
        self.at_least(e, 7);
    }

    pub fn operand(&mut self, e: &Expr) {
        self.at_least(e, 9);
    }

    /// After an arrow, `otherwise` or a branch name, where braces are a block unless they are plainly something else.
    pub fn body(&mut self, e: &Expr) {
        let e = if self.least { inside(e) } else { e };
        match &e.kind {
            ExprKind::Block(block) => self.block(block),
            ExprKind::Record(fields) if fields.is_empty() => self.parenthesised(e),
            ExprKind::Record(_) | ExprKind::Map(_) => self.expr(e),
            _ => self.bounded(e),
        }
    }

    fn record(&mut self, fields: &[RecordField]) {
        self.put("{ ");
        self.list(fields, |p, f| {
            p.put(&f.name.name);
            p.put(": ");
            p.expr(&f.value);
        });
        self.put(" }");
    }

    pub fn quoted(&mut self, text: &str) {
        self.put("\"");
        self.escaped(text);
        self.put("\"");
    }

    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '"' | '\\' | '{' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                '\n' => self.put("\\n"),
                '\t' => self.put("\\t"),
                '\r' => self.put("\\r"),
                c if c.is_control() => self.put(&format!("\\u{{{:x}}}", c as u32)),
                c => self.out.push(c),
            }
        }
    }

    fn text(&mut self, text: &TextLit) {
        self.put("\"");
        for part in &text.parts {
            match part {
                TextPart::Lit(text) => self.escaped(text),
                TextPart::Expr(e) => {
                    self.put("{");
                    self.expr(e);
                    self.put("}");
                }
            }
        }
        self.put("\"");
    }

    pub fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::None => self.put("none"),
            ExprKind::Bool(b) => self.put(if *b { "true" } else { "false" }),
            ExprKind::Int(i) => self.put(&i.to_string()),
            ExprKind::Float(f) => {
                let text = f.to_string();
                self.put(&text);
                self.put(if text.contains('.') { "" } else { ".0" });
            }
            ExprKind::Duration(ms) => self.put(&format!("{ms}ms")),
            ExprKind::Size(bytes) => self.put(&format!("{bytes}B")),
            ExprKind::Text(text) => self.text(text),
            ExprKind::List(items) => {
                self.put("[");
                self.list(items, |p, item| {
                    p.bounded(&item.value);
                    p.put(if item.spread { "..." } else { "" });
                });
                self.put("]");
            }
            ExprKind::Map(entries) => {
                self.put("{ ");
                self.list(entries, |p, (key, value)| {
                    p.expr(key);
                    p.put(": ");
                    p.expr(value);
                });
                self.put(" }");
            }
            ExprKind::Record(fields) => self.record(fields),
            ExprKind::Name(name) | ExprKind::TypeName(name) => self.put(&name.name),
            ExprKind::Variant(name) => {
                self.put(".");
                self.put(&name.name);
            }
            ExprKind::Field { base, name, optional } => {
                self.at_least(base, TIGHT);
                self.put(if *optional { "?." } else { "." });
                self.put(&name.name);
            }
            ExprKind::Index { base, index } => {
                self.at_least(base, TIGHT);
                self.put("[");
                self.expr(index);
                self.put("]");
            }
            ExprKind::Call { callee, args } => {
                self.at_least(callee, TIGHT);
                self.put("(");
                self.list(args, |p, arg| {
                    if let Some(name) = &arg.name {
                        p.put(&name.name);
                        p.put(": ");
                    }
                    p.expr(&arg.value);
                });
                self.put(")");
            }
            ExprKind::Lambda { params, body } => {
                match params.as_slice() {
                    [one] => self.put(&one.name),
                    _ => {
                        self.put("(");
                        self.list(params, |p, name| p.put(&name.name));
                        self.put(")");
                    }
                }
                self.put(" => ");
                self.body(body);
            }
            ExprKind::Unary { op: UnaryOp::Not, operand, .. } => {
                self.put("not ");
                self.at_least(operand, 3);
            }
            ExprKind::Unary { operand, .. } => {
                self.put("-");
                // A minus sign before a number would be part of it.
                match &operand.kind {
                    ExprKind::Int(_) | ExprKind::Float(_) => self.parenthesised(operand),
                    _ => self.operand(operand),
                }
            }
            ExprKind::Binary { op, left, right, .. } => {
                let own = operator(*op);
                self.at_least(left, if own == COMPARISON { own + 1 } else { own });
                self.put(" ");
                self.put(op.symbol());
                self.put(" ");
                self.at_least(right, own + 1);
            }
            ExprKind::Range { start, end, inclusive } => {
                self.at_least(start, 6);
                self.put(if *inclusive { "..=" } else { ".." });
                // A third dot would be another sign.
                let end = self.apart(|p| p.at_least(end, 7));
                self.put(if end.starts_with('.') { " " } else { "" });
                self.put(&end);
            }
            ExprKind::Block(block) => self.block(block),
            ExprKind::ReadAs { call, ty } => {
                self.at_least(call, TIGHT);
                self.put(" as ");
                self.base(ty);
            }
            ExprKind::Paren(inner) if self.least => self.expr(inner),
            ExprKind::Paren(inner) => self.parenthesised(inner),
            ExprKind::Error => self.put("none"),
            _ => self.control(e),
        }
    }

    fn control(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::If { condition, then, otherwise } => {
                self.put("if ");
                self.bounded(condition);
                self.put(" ");
                self.block(then);
                if let Some(otherwise) = otherwise {
                    self.put(" else ");
                    self.expr(otherwise);
                }
            }
            ExprKind::Match { subject, arms } => {
                self.put("match ");
                self.bounded(subject);
                self.put(" ");
                self.braced(arms.is_empty(), |p| {
                    for arm in arms {
                        p.line();
                        p.pattern(&arm.pattern);
                        if let Some(guard) = &arm.guard {
                            p.put(" if ");
                            p.bounded(guard);
                        }
                        p.put(" => ");
                        p.body(&arm.body);
                        p.put(",");
                    }
                });
            }
            ExprKind::For { pattern, iterable, body } => {
                self.put("for ");
                self.loop_head(pattern, iterable);
                self.put(" ");
                self.block(body);
            }
            ExprKind::ParallelFor { pattern, iterable, limit, body } => {
                self.put("parallel for ");
                self.loop_head(pattern, iterable);
                if let Some(limit) = limit {
                    self.put(" limit ");
                    self.clause_value(limit);
                }
                self.put(" ");
                self.block(body);
            }
            ExprKind::Parallel { branches } => {
                self.put("parallel ");
                self.braced(branches.is_empty(), |p| {
                    for (name, value) in branches {
                        p.line();
                        p.put(&name.name);
                        p.put(": ");
                        p.body(value);
                        p.put(",");
                    }
                });
            }
            ExprKind::Repeat { limit, body, otherwise } => {
                self.put("repeat up to ");
                self.bounded(limit);
                self.put(" ");
                self.block(body);
                if let Some(otherwise) = otherwise {
                    self.put(" else ");
                    self.block(otherwise);
                }
            }
            ExprKind::Return(value) => self.leave("return", value),
            ExprKind::Break(value) => self.leave("break", value),
            ExprKind::Continue => self.put("continue"),
            ExprKind::Try { body, catches } => {
                self.put("try ");
                self.block(body);
                for catch in catches {
                    self.put(" catch ");
                    for name in [&catch.kind, &catch.name].into_iter().flatten() {
                        self.put(&name.name);
                        self.put(" ");
                    }
                    self.block(&catch.body);
                }
            }
            ExprKind::Ensure { condition, message, help } => {
                self.put("ensure ");
                self.bounded(condition);
                self.with_word(" else ", message);
                self.with_word(" help ", help);
            }
            ExprKind::Fail { kind, message, help } => {
                self.put("fail ");
                self.put(&kind.name);
                self.put(" ");
                self.clause_value(message);
                self.with_word(" help ", help);
            }
            ExprKind::Wait(value) => {
                self.put("wait ");
                self.expr(value);
            }
            ExprKind::Say(value) => {
                self.put("say ");
                self.expr(value);
            }
            ExprKind::Step(step) => {
                self.put("step ");
                self.put(&step.name.name);
                self.put(" ");
                if let Some(title) = &step.title {
                    self.expr(title);
                    self.put(" ");
                }
                self.block(&step.body);
                if let Some(undo) = &step.undo {
                    self.put(" undo ");
                    self.block(undo);
                }
            }
            ExprKind::Run(run) => self.run(run),
            ExprKind::Ask(ask) => self.ask(ask),
            ExprKind::Gate(gate) => self.gate(gate),
            _ => {}
        }
    }

    fn with_word(&mut self, word: &str, value: &Option<Box<Expr>>) {
        if let Some(value) = value {
            self.put(word);
            self.clause_value(value);
        }
    }

    fn loop_head(&mut self, pattern: &Pattern, iterable: &Expr) {
        self.pattern(pattern);
        self.put(" in ");
        self.bounded(iterable);
    }

    /// `return` or `break`, whose value cannot itself begin with a word that leaves.
    fn leave(&mut self, word: &str, value: &Option<Box<Expr>>) {
        self.put(word);
        let Some(value) = value else { return };
        self.put(" ");
        let leaves = matches!(
            value.kind,
            ExprKind::Return(_)
                | ExprKind::Break(_)
                | ExprKind::Say(_)
                | ExprKind::Wait(_)
                | ExprKind::Ensure { .. }
                | ExprKind::Fail { .. }
                | ExprKind::Continue
        );
        if leaves || ends_bare(value) { self.parenthesised(value) } else { self.expr(value) }
    }
}
