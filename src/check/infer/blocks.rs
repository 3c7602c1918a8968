//! Blocks and statements: scopes, declarations, assignments, values that are dropped, code that is never reached.

use super::generics::is_open;
use super::{Want, Why, unparen};
use crate::check::body::LocalKind;
use crate::check::program::Res;
use crate::check::world::World;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{flow, lint, types as code};
use crate::source::Span;
use crate::syntax::ast::{Block, Expr, ExprKind, Stmt, StmtKind};
use crate::types::Type;

impl World<'_> {
    /// A block in a scope of its own; its type is that of its last expression.
    pub fn block(&mut self, block: &Block, want: Want<'_>) -> Type {
        let mark = self.body.mark();
        let ty = self.statements(&block.stmts, block.span, want);
        self.body.leave(mark);
        self.set_type(block.id, &ty);
        ty
    }

    /// Statements in the current scope.
    pub fn statements(&mut self, stmts: &[Stmt], whole: Span, want: Want<'_>) -> Type {
        let mut leaves: Option<Span> = None;
        let mut warned = false;
        let mut ty = Type::Nothing;
        for (i, stmt) in stmts.iter().enumerate() {
            if let Some(by) = leaves
                && !warned
            {
                warned = true;
                let d = Diagnostic::warning(lint::L0703, stmt.span, "this is never reached")
                    .label("can never run")
                    .also(by, "whatever comes here leaves");
                self.report(d);
            }
            let last = i + 1 == stmts.len();
            ty = match &stmt.kind {
                StmtKind::Expr(e) if last => {
                    let got = self.expr(e, want);
                    match want {
                        Want::Must(expected, why) if leaves.is_none() => {
                            if *expected != Type::Nothing {
                                self.tail(e, &got, expected, why);
                            } else {
                                self.fits(e, &got, expected, why);
                            }
                            if got == Type::Never { got } else { expected.clone() }
                        }
                        _ => got,
                    }
                }
                _ => self.stmt(stmt),
            };
            if ty == Type::Never && leaves.is_none() {
                leaves = Some(stmt.span);
            }
        }
        if leaves.is_some() {
            return Type::Never;
        }
        let ends_with_value = matches!(stmts.last(), Some(Stmt { kind: StmtKind::Expr(_), .. }));
        if !ends_with_value {
            ty = Type::Nothing;
            if let Want::Must(expected, why) = want {
                self.no_value(stmts, whole, expected, why);
                return expected.clone();
            }
        }
        ty
    }

    /// The last expression of a block must give the block's value.
    fn tail(&mut self, e: &Expr, got: &Type, expected: &Type, why: Why) {
        let inner = unparen(e);
        let silent = matches!(got, Type::Nothing) && !matches!(expected, Type::Nothing | Type::Error);
        if silent && !matches!(inner.kind, ExprKind::Name(_) | ExprKind::Call { .. }) {
            let shown = self.show(expected);
            let mut d = self
                .error(flow::E0409, e.span, format!("this gives nothing, but `{shown}` is promised"))
                .label("the last expression is the value");
            if let ExprKind::If { otherwise: None, .. } = inner.kind {
                d = d.help("an `if` without `else` gives Nothing: add an `else`");
            }
            let d = self.because(d, why);
            return self.report(d);
        }
        self.fits(e, got, expected, why);
    }

    fn no_value(&mut self, stmts: &[Stmt], whole: Span, expected: &Type, why: Why) {
        if matches!(expected, Type::Nothing | Type::Error | Type::Optional(_) | Type::NoneType)
            && !matches!(expected, Type::Optional(_) | Type::NoneType)
        {
            return;
        }
        let shown = self.show(expected);
        let end = Span { start: whole.end.saturating_sub(1), ..whole };
        let mut d = self
            .error(flow::E0409, end, format!("this body gives nothing, but `{shown}` is promised"))
            .label("a value is missing before this brace");
        if let Some(Stmt { kind: StmtKind::Let { .. } | StmtKind::Var { .. }, span, .. }) = stmts.last() {
            d = d.also(*span, "a declaration has no value");
        }
        let d = self.because(d, why).help("end the body with the value, or `return` it");
        self.report(d);
    }

    fn stmt(&mut self, stmt: &Stmt) -> Type {
        match &stmt.kind {
            StmtKind::Expr(e) => self.expr(e, Want::Drop),
            StmtKind::Let { pattern, ty, value } => {
                let got = self.declared_value(ty.as_deref(), value, "let");
                self.bind_always(pattern, &got, LocalKind::Let);
                if self.ty(value.id) == &Type::Never { Type::Never } else { Type::Nothing }
            }
            StmtKind::Var { name, ty, value } => {
                let got = self.declared_value(ty.as_deref(), value, "var");
                self.bind(name, &got, LocalKind::Var);
                if self.ty(value.id) == &Type::Never { Type::Never } else { Type::Nothing }
            }
            StmtKind::Assign { target, value } => self.assign(target, value),
        }
    }

    /// The value of a `let` or `var`, and hence the type of its name.
    fn declared_value(
        &mut self,
        ty: Option<&crate::syntax::ast::TypeExpr>,
        value: &Expr,
        word: &str,
    ) -> Type {
        if let Some(written) = ty {
            let declared = self.resolve(written);
            self.check(value, &declared, Why::At(written.span, "the type is given here"));
            return declared;
        }
        let got = self.expr(value, Want::Any);
        if is_open(&got) && got != Type::Never {
            let shape = match &got {
                Type::NoneType => "T?",
                Type::List(_) => "[T]",
                Type::Map(_) => "{Text: T}",
                _ => "T",
            };
            let d = self
                .error(code::E0317, value.span, "the type of this value cannot be known")
                .label(if got == Type::NoneType { "`none` of which type?" } else { "empty: of which type?" })
                .help(format!("write the type: `{word} name: {shape} = …`"));
            self.report(d);
            return Type::Error;
        }
        if got == Type::Never {
            return Type::Never;
        }
        got
    }

    fn assign(&mut self, target: &Expr, value: &Expr) -> Type {
        self.body.acts += 1;
        let local = match self.root(target) {
            Some(local) => local,
            None => {
                let got = self.expr(target, Want::Any);
                self.expr(value, Want::Any);
                // The parser has spoken of what is no place at all.
                if !got.is_error() && crate::check::body::root_name(target).is_some() {
                    let d = self
                        .error(flow::E0412, target.span, "this cannot be assigned to")
                        .label("not a variable, field or item of one")
                        .help("`==` compares");
                    self.report(d);
                }
                return Type::Nothing;
            }
        };
        let was_used = self.body.locals[local as usize].used;
        let possible = self.assignable(local, target.span);
        // A fact narrows what is read, not what may be assigned.
        self.body.kill(local);
        let declared = match &unparen(target).kind {
            ExprKind::Name(_) => {
                let found = &self.body.locals[local as usize];
                let (ty, span) = (found.ty.clone(), found.span);
                self.set_type(target.id, &ty);
                self.set_res(target.id, Res::Local(local));
                Some((ty, span))
            }
            _ => {
                let ty = self.expr(target, Want::Any);
                let span = self.body.locals[local as usize].span;
                Some((ty, span))
            }
        };
        self.body.locals[local as usize].used = was_used;
        if let Some((ty, span)) = declared {
            if possible {
                self.check(value, &ty, Why::At(span, "declared here"));
            } else {
                self.expr(value, Want::Hint(&ty));
            }
        }
        self.body.kill(local);
        Type::Nothing
    }

    fn root(&mut self, target: &Expr) -> Option<u32> {
        match &target.kind {
            ExprKind::Name(n) => self.body.find(&n.name),
            ExprKind::Paren(e) => self.root(e),
            ExprKind::Field { base, optional: false, .. } => self.root(base),
            ExprKind::Index { base, .. } => self.root(base),
            _ => None,
        }
    }

    /// A pure expression whose value goes nowhere.
    pub(super) fn dropped(&mut self, e: &Expr, ty: &Type) {
        if matches!(ty, Type::Nothing | Type::Never | Type::Error) {
            return;
        }
        if matches!(
            e.kind,
            ExprKind::If { .. }
                | ExprKind::Match { .. }
                | ExprKind::Block(_)
                | ExprKind::For { .. }
                | ExprKind::Repeat { .. }
                | ExprKind::Try { .. }
                | ExprKind::Parallel { .. }
                | ExprKind::ParallelFor { .. }
                | ExprKind::Paren(_)
        ) {
            return;
        }
        let mut d =
            Diagnostic::warning(lint::L0701, e.span, "this value is computed and dropped").label("not used");
        d = match &e.kind {
            ExprKind::Binary { op: crate::syntax::ast::BinaryOp::Eq, .. } => {
                d.help("`=` assigns, `==` compares; `ensure a == b else \"…\"` demands it")
            }
            _ => d.help("give it a name with `let`, or remove it"),
        };
        self.report(d);
    }

    pub(super) fn if_(
        &mut self,
        e: &Expr,
        condition: &Expr,
        then: &Block,
        otherwise: Option<&Expr>,
        want: Want<'_>,
    ) -> Type {
        self.condition(condition, "`if`");
        let mark = self.body.mark();
        self.assume(condition, true);
        let Some(otherwise) = otherwise else {
            // Where a value is asked for, that there is none is said once, by whoever asks.
            let inner = match want {
                Want::Must(t, _) if *t != Type::Nothing => Want::Any,
                _ => Want::Drop,
            };
            let got = self.block(then, inner);
            self.body.forget_facts(mark);
            if got == Type::Never {
                self.assume(condition, false);
            }
            return Type::Nothing;
        };
        let first = self.block(then, want);
        self.body.forget_facts(mark);
        self.assume(condition, false);
        let second = self.expr(otherwise, want);
        let second = self.settle(otherwise, second, want);
        self.body.forget_facts(mark);
        if first == Type::Never && second != Type::Never {
            self.assume(condition, false);
        }
        if second == Type::Never && first != Type::Never {
            self.assume(condition, true);
        }
        self.branches(e, &[(Branch::Block(then), first), (Branch::Expr(otherwise), second)], want)
    }

    /// A branch that is an expression of its own: what was asked of the whole is asked of it.
    pub(super) fn settle(&mut self, e: &Expr, got: Type, want: Want<'_>) -> Type {
        match want {
            Want::Must(expected, why) => {
                self.tail(e, &got, expected, why);
                if got == Type::Never { got } else { expected.clone() }
            }
            _ => got,
        }
    }

    /// The type of an expression whose value comes from one of several branches.
    pub(super) fn branches(&mut self, e: &Expr, parts: &[(Branch<'_>, Type)], want: Want<'_>) -> Type {
        let all_leave = parts.iter().all(|(_, t)| *t == Type::Never);
        match want {
            _ if all_leave => Type::Never,
            Want::Must(expected, _) => expected.clone(),
            Want::Drop => Type::Nothing,
            Want::Any | Want::Hint(_) => {
                let mut so_far = Type::Never;
                let mut first: Option<Span> = None;
                for (branch, ty) in parts {
                    match crate::types::join(&so_far, ty, &self.defs) {
                        Some(t) => so_far = t,
                        None => {
                            let (a, b) = (self.show(&so_far), self.show(ty));
                            let mut d = self
                                .error(
                                    code::E0329,
                                    branch.span(),
                                    format!("branches of different types: `{a}` and `{b}`"),
                                )
                                .label(format!("this gives `{b}`"));
                            if let Some(first) = first {
                                d = d.also(first, format!("this gives `{a}`"));
                            }
                            self.report(d);
                            return Type::Error;
                        }
                    }
                    if *ty != Type::Never {
                        first.get_or_insert(branch.span());
                    }
                }
                let _ = e;
                for (branch, ty) in parts {
                    match branch {
                        Branch::Block(b) => self.retarget_block(b, &so_far),
                        Branch::Expr(e) => self.retarget(e, ty, &so_far),
                    }
                }
                so_far
            }
        }
    }
}

/// Where a branch's value comes from.
pub(super) enum Branch<'a> {
    Block(&'a Block),
    Expr(&'a Expr),
}

impl Branch<'_> {
    /// The expression that gives the value, or the whole.
    pub fn span(&self) -> Span {
        match self {
            Branch::Block(b) => match b.stmts.last() {
                Some(Stmt { kind: StmtKind::Expr(e), .. }) => e.span,
                _ => b.span,
            },
            Branch::Expr(e) => match &e.kind {
                ExprKind::Block(b) => Branch::Block(b).span(),
                _ => e.span,
            },
        }
    }
}
