//! Blocks, statements and control.

use super::Body;
use crate::diagnostics::ErrorKind;
use crate::interpreter::node::*;
use crate::syntax::ast::{self, BinaryOp, Block, Expr, ExprKind, Stmt, StmtKind};
use crate::value::Value;

impl Body<'_> {
    /// A block as an expression. Its value is that of its last statement.
    pub fn block(&mut self, block: &Block, used: bool) -> Node {
        let mut nodes = self.statements(block, used);
        let has_value = matches!(block.stmts.last(), Some(Stmt { kind: StmtKind::Expr(_), .. }));
        // Where nobody looks at the value, any will do.
        if nodes.is_empty() || used && !has_value {
            nodes.push(Node::Const(Value::Nothing));
        }
        match nodes.len() {
            // A lone node is its own sequence.
            1 => nodes.pop().unwrap_or(Node::Const(Value::Nothing)),
            _ => Node::Seq(nodes.into()),
        }
    }

    pub fn statements(&mut self, block: &Block, used: bool) -> Vec<Node> {
        let last = block.stmts.len().saturating_sub(1);
        block.stmts.iter().enumerate().map(|(i, s)| self.statement(s, used && i == last)).collect()
    }

    pub fn statement(&mut self, stmt: &Stmt, used: bool) -> Node {
        match &stmt.kind {
            StmtKind::Let { pattern, value, .. } => {
                let node = self.expr(value);
                match self.pattern(pattern) {
                    Pat::Bind(slot) => set(slot, node),
                    pattern => Node::Bind(Box::new(BindNode { pattern, value: node, span: stmt.span })),
                }
            }
            StmtKind::Var { name, value, .. } => {
                let node = self.expr(value);
                match self.slot(name) {
                    Some(slot) => {
                        self.used(slot);
                        set(slot, node)
                    }
                    None => self.broken("a variable that nothing declares", name.span),
                }
            }
            StmtKind::Assign { target, value } => self.assign(target, value),
            StmtKind::Expr(e) if used => self.expr(e),
            StmtKind::Expr(e) => self.bare(e, false),
        }
    }

    fn assign(&mut self, target: &Expr, value: &Expr) -> Node {
        if let (ExprKind::Name(_), Some(slot)) = (&target.kind, self.slot_of(target.id)) {
            self.used(slot);
            if let Some(parts) = self.appended(slot, value) {
                let parts = parts.into_iter().map(|p| self.expr(p)).collect();
                return Node::Append(Box::new(AppendNode { slot, parts, span: value.span }));
            }
            return set(slot, self.expr(value));
        }
        let mut steps = Vec::new();
        let mut place = target;
        let slot = loop {
            match &place.kind {
                ExprKind::Paren(inner) => place = inner,
                ExprKind::Field { base, name, .. } => {
                    let index = match self.tables.res(place.id) {
                        crate::check::Res::FieldIndex(index) => index,
                        _ => return self.broken("an assignment to something that is no field", place.span),
                    };
                    steps.push(PlaceStep::Field { index, name: name.name.clone(), span: place.span });
                    place = base;
                }
                ExprKind::Index { base, index } => {
                    steps.push(PlaceStep::Index { index: self.expr(index), span: place.span });
                    place = base;
                }
                _ => match self.slot_of(place.id) {
                    Some(slot) => break slot,
                    None => return self.broken("an assignment to something that is no variable", place.span),
                },
            }
        };
        self.used(slot);
        steps.reverse();
        let value = self.expr(value);
        Node::Place(Box::new(PlaceNode { slot, steps, value }))
    }

    /// A block where the checker may have recorded a change of its type.
    fn branch(&mut self, block: &Block, used: bool) -> Node {
        let node = self.block(block, used);
        match used {
            true => self.coerced(node, block.id, self.tables.ty(block.id), block.span),
            false => node,
        }
    }

    fn either(&mut self, e: &Expr, used: bool) -> Node {
        if used { self.expr(e) } else { self.bare(e, false) }
    }

    pub fn control(&mut self, e: &Expr, used: bool) -> Node {
        match &e.kind {
            ExprKind::Block(block) => self.branch(block, used),
            ExprKind::If { condition, then, otherwise } => {
                let condition = self.expr(condition);
                let then = self.branch(then, used);
                let otherwise = match otherwise {
                    Some(e) => self.either(e, used),
                    None => Node::Const(Value::Nothing),
                };
                Node::If(Box::new(IfNode { condition, then, otherwise }))
            }
            ExprKind::Match { subject, arms } => {
                let subject = self.expr(subject);
                let arms = arms
                    .iter()
                    .map(|arm| ArmNode {
                        pattern: self.pattern(&arm.pattern),
                        guard: self.optional_expr(arm.guard.as_ref()),
                        body: self.either(&arm.body, used),
                    })
                    .collect();
                Node::Match(Box::new(MatchNode { subject, arms, span: e.span }))
            }
            ExprKind::For { pattern, iterable, body, .. } => {
                let iterable = self.expr(iterable);
                let pattern = self.pattern(pattern);
                let (body, effects) = self.with_effects(|b| b.branch(body, used));
                let collect = used && *self.tables.ty(e.id) != crate::types::Type::Nothing;
                let node = ForNode { pattern, iterable, body, collect, effects, span: e.span };
                Node::For(Box::new(node))
            }
            ExprKind::Repeat { limit, body, otherwise } => {
                let limit = self.expr(limit);
                let (body, effects) = self.with_effects(|b| b.block(body, false));
                let otherwise = otherwise.as_ref().map(|b| self.branch(b, used));
                Node::Repeat(Box::new(RepeatNode { limit, body, otherwise, effects, span: e.span }))
            }
            ExprKind::Return(value) => Node::Return(Box::new(self.or_nothing(value.as_deref()))),
            ExprKind::Break(value) => Node::Break(Box::new(self.or_nothing(value.as_deref()))),
            ExprKind::Continue => Node::Continue,
            ExprKind::Try { body, catches } => {
                let body = self.branch(body, used);
                let catches = catches
                    .iter()
                    .map(|c| CatchNode {
                        kind: c.kind.as_ref().and_then(|k| ErrorKind::from_name(&k.name)),
                        slot: c.name.as_ref().and_then(|n| self.slot(n)),
                        body: self.branch(&c.body, used),
                    })
                    .collect();
                Node::Try(Box::new(TryNode { body, catches }))
            }
            ExprKind::Ensure { condition, message, help } => self.ensure(e, condition, message, help),
            ExprKind::Fail { kind, message, help } => Node::Fail(Box::new(FailNode {
                kind: ErrorKind::from_name(&kind.name).unwrap_or(ErrorKind::Business),
                message: self.expr(message),
                help: self.optional_expr(help.as_deref()),
                span: e.span,
            })),
            _ => self.broken("an unknown kind of control", e.span),
        }
    }

    fn or_nothing(&mut self, e: Option<&Expr>) -> Node {
        self.optional_expr(e).unwrap_or(Node::Const(Value::Nothing))
    }

    fn ensure(
        &mut self,
        e: &Expr,
        condition: &Expr,
        message: &Option<Box<Expr>>,
        help: &Option<Box<Expr>>,
    ) -> Node {
        let (node, effects) = self.with_effects(|b| b.expr(condition));
        // What was compared is looked at a second time for the message, so it must be without effects.
        let mut compared = Vec::new();
        if !effects {
            for side in sides(condition) {
                compared.push((self.source(side.span), self.expr(side)));
            }
        }
        Node::Ensure(Box::new(EnsureNode {
            condition: node,
            message: self.optional_expr(message.as_deref()),
            help: self.optional_expr(help.as_deref()),
            compared,
            source: self.source(condition.span),
            span: e.span,
        }))
    }
}

fn set(slot: Slot, node: Node) -> Node {
    match node {
        Node::IntAdd(_) | Node::IntSub(_) | Node::IntMul(_) | Node::IntRem(_) | Node::Len(_) => {
            Node::SetInt(Box::new((slot, node)))
        }
        node => Node::Set(Box::new((slot, node))),
    }
}

/// The operands of a comparison that are worth showing: not literals.
fn sides(condition: &Expr) -> Vec<&Expr> {
    match &condition.kind {
        ExprKind::Paren(inner) => sides(inner),
        ExprKind::Unary { op: ast::UnaryOp::Not, operand, .. } => sides(operand),
        ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, left, right, .. } => {
            // Only where neither was skipped for the sake of the other's safety: plain names and fields.
            [left, right].into_iter().flat_map(|e| sides(e)).filter(|e| is_plain(e)).collect()
        }
        ExprKind::Binary {
            op:
                BinaryOp::Eq
                | BinaryOp::Ne
                | BinaryOp::Lt
                | BinaryOp::Le
                | BinaryOp::Gt
                | BinaryOp::Ge
                | BinaryOp::In
                | BinaryOp::Matches,
            left,
            right,
            ..
        } => [&**left, &**right].into_iter().filter(|e| !is_literal(e)).collect(),
        _ => Vec::new(),
    }
}

fn is_literal(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::None
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Duration(_)
        | ExprKind::Size(_)
        | ExprKind::Text(_)
        | ExprKind::List(_)
        | ExprKind::Map(_)
        | ExprKind::Record(_)
        | ExprKind::Range { .. }
        | ExprKind::Variant(_) => true,
        ExprKind::Paren(e) | ExprKind::Unary { operand: e, .. } => is_literal(e),
        _ => false,
    }
}

fn is_plain(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Name(_) => true,
        ExprKind::Field { base, .. } => is_plain(base),
        _ => false,
    }
}
