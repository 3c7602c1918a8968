//! The tree as compact s-expressions, for golden files and for comparing trees without ids and spans.

use std::fmt::Write;
use wflow::syntax::ast::*;

/// A tree node: a list with a head, or an atom.
pub enum Node {
    Atom(String),
    List(String, Vec<Node>),
}

fn atom(text: impl Into<String>) -> Node {
    Node::Atom(text.into())
}

fn list(head: &str, items: impl IntoIterator<Item = Node>) -> Node {
    Node::List(head.to_owned(), items.into_iter().collect())
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

impl Node {
    fn flat(&self, out: &mut String) {
        match self {
            Node::Atom(text) => out.push_str(text),
            Node::List(head, items) => {
                let _ = write!(out, "({head}");
                for item in items {
                    out.push(' ');
                    item.flat(out);
                }
                out.push(')');
            }
        }
    }

    /// On one line if it is short, or else its children on lines of their own.
    fn write(&self, indent: usize, out: &mut String) {
        let mut flat = String::new();
        self.flat(&mut flat);
        match self {
            Node::List(head, items) if flat.chars().count() + indent > 100 => {
                let _ = write!(out, "({head}");
                for item in items {
                    out.push('\n');
                    out.push_str(&" ".repeat(indent + 2));
                    item.write(indent + 2, out);
                }
                out.push(')');
            }
            _ => out.push_str(&flat),
        }
    }
}

/// `parens`: whether `(e)` is shown as such.
pub struct Dumper {
    pub parens: bool,
}

#[allow(dead_code, reason = "each test uses its part")]
pub fn file(file: &File) -> String {
    let mut out = String::new();
    Dumper { parens: true }.file(file, &mut out);
    out
}

/// The same without parentheses and comments, to compare what two texts mean.
#[allow(dead_code, reason = "each test uses its part")]
pub fn meaning(file: &File) -> String {
    let mut out = String::new();
    Dumper { parens: false }.file(file, &mut out);
    out
}

impl Dumper {
    fn file(&self, file: &File, out: &mut String) {
        if let Some(docs) = &file.docs {
            let _ = writeln!(out, "(docs {})", quoted(docs));
        }
        for item in &file.items {
            self.item(item).write(0, out);
            out.push('\n');
        }
        if self.parens {
            for comment in &file.comments {
                let _ = writeln!(out, "({:?} {}..{})", comment.kind, comment.span.start, comment.span.end);
            }
        }
    }

    fn docs(&self, docs: &Option<std::sync::Arc<str>>, to: &mut Vec<Node>) {
        if let Some(docs) = docs {
            to.push(atom(format!("///{}", quoted(docs))));
        }
    }

    fn item(&self, item: &Item) -> Node {
        let mut out = Vec::new();
        self.docs(&item.docs, &mut out);
        out.extend(item.attributes.iter().map(|a| self.attribute(a)));
        let head = match &item.kind {
            ItemKind::Use(u) => {
                out.push(match &u.source {
                    UseSource::Library(name) => self.name(name),
                    UseSource::File { path, .. } => atom(quoted(path)),
                });
                out.extend(u.alias.iter().map(|a| list("as", [self.name(a)])));
                "use"
            }
            ItemKind::Type(t) => {
                out.push(self.name(&t.name));
                match &t.body {
                    TypeBody::Record(fields) => {
                        out.push(list("fields", fields.iter().map(|f| self.field(f))))
                    }
                    TypeBody::Alias(ty) => out.push(self.ty(ty)),
                }
                "type"
            }
            ItemKind::Enum(e) => {
                out.push(self.name(&e.name));
                for v in &e.variants {
                    let mut parts = Vec::new();
                    self.docs(&v.docs, &mut parts);
                    parts.extend(v.fields.iter().map(|f| self.field(f)));
                    parts.extend(v.text.iter().map(|(t, _)| atom(quoted(t))));
                    out.push(list(&v.name.name, parts));
                }
                "enum"
            }
            ItemKind::Const(c) => {
                out.push(self.name(&c.name));
                out.extend(c.ty.iter().map(|t| self.ty(t)));
                out.push(self.expr(&c.value));
                "const"
            }
            ItemKind::Agent(a) => {
                out.push(self.name(&a.name));
                out.extend(a.settings.iter().map(|(k, v)| list(&k.name, [self.expr(v)])));
                "agent"
            }
            ItemKind::Policy(p) => {
                out.extend(p.rules.iter().map(|r| self.rule(r)));
                "policy"
            }
            ItemKind::Callable(c) => {
                out.push(self.name(&c.name));
                out.push(list(
                    "params",
                    c.params.iter().map(|p| {
                        let mut parts = Vec::new();
                        self.docs(&p.docs, &mut parts);
                        parts.push(self.ty(&p.ty));
                        parts.extend(p.default.iter().map(|d| self.expr(d)));
                        list(&p.name.name, parts)
                    }),
                ));
                out.extend(c.result.iter().map(|t| self.ty(t)));
                out.push(self.block(&c.body));
                c.kind.keyword()
            }
            ItemKind::Test(t) => {
                out.push(atom(quoted(&t.name)));
                out.extend(t.table.iter().map(|(p, e)| list("for", [self.pattern(p), self.expr(e)])));
                out.extend(t.body.iter().map(|s| self.test_stmt(s)));
                "test"
            }
        };
        Node::List(head.to_owned(), out)
    }

    fn name(&self, name: &Ident) -> Node {
        atom(&*name.name)
    }

    fn attribute(&self, a: &Attribute) -> Node {
        list(&format!("@{}", a.name.name), a.args.iter().map(|n| self.name(n)))
    }

    fn field(&self, f: &FieldDecl) -> Node {
        let mut parts = Vec::new();
        self.docs(&f.docs, &mut parts);
        parts.push(self.ty(&f.ty));
        parts.extend(f.json_name.iter().map(|(t, _)| list("as", [atom(quoted(t))])));
        list(&f.name.name, parts)
    }

    fn rule(&self, r: &PolicyRule) -> Node {
        let mut parts: Vec<Node> = r
            .subjects
            .iter()
            .map(|s| match s {
                PolicySubject::Command(c) => self.command(c),
                PolicySubject::Effect { path, argument, .. } => {
                    let path: Vec<&str> = path.iter().map(|p| &*p.name).collect();
                    list(&path.join("."), argument.iter().map(|(t, _)| atom(quoted(t))))
                }
            })
            .collect();
        parts.extend(r.after.iter().map(|g| list("after", [self.name(g)])));
        parts.extend(r.agent.iter().map(|g| list("agent", [self.name(g)])));
        list(&format!("{:?}", r.kind).to_lowercase(), parts)
    }

    pub fn ty(&self, ty: &TypeExpr) -> Node {
        match &ty.kind {
            TypeKind::Name { module, name } => atom(match module {
                Some(m) => format!("{}.{}", m.name, name.name),
                None => name.name.to_string(),
            }),
            TypeKind::List(t) => list("list", [self.ty(t)]),
            TypeKind::Map(k, v) => list("map", [self.ty(k), self.ty(v)]),
            TypeKind::Optional(t) => list("?", [self.ty(t)]),
            TypeKind::Record(fields) => list("fields", fields.iter().map(|f| self.field(f))),
            TypeKind::Refined { base, predicate } => list("where", [self.ty(base), self.expr(predicate)]),
            TypeKind::JsonLines(t) => list("lines", [self.ty(t)]),
            TypeKind::Error => atom("ERROR"),
        }
    }

    pub fn block(&self, b: &Block) -> Node {
        list("do", b.stmts.iter().map(|s| self.stmt(s)))
    }

    fn stmt(&self, s: &Stmt) -> Node {
        let made = match &s.kind {
            StmtKind::Let { pattern, ty, value } => {
                let mut parts = vec![self.pattern(pattern)];
                parts.extend(ty.iter().map(|t| self.ty(t)));
                parts.push(self.expr(value));
                list("let", parts)
            }
            StmtKind::Var { name, ty, value } => {
                let mut parts = vec![self.name(name)];
                parts.extend(ty.iter().map(|t| self.ty(t)));
                parts.push(self.expr(value));
                list("var", parts)
            }
            StmtKind::Assign { target, value } => list("set", [self.expr(target), self.expr(value)]),
            StmtKind::Expr(e) => self.expr(e),
        };
        if s.attributes.is_empty() {
            return made;
        }
        let mut parts: Vec<Node> = s.attributes.iter().map(|a| self.attribute(a)).collect();
        parts.push(made);
        list("with-attributes", parts)
    }

    fn text(&self, lit: &TextLit) -> Node {
        let part = |p: &TextPart| match p {
            TextPart::Lit(t) => atom(quoted(t)),
            TextPart::Expr(e) => self.expr(e),
        };
        match lit.parts.as_slice() {
            [] => atom("\"\""),
            [TextPart::Lit(t)] => atom(quoted(t)),
            parts => list("text", parts.iter().map(part)),
        }
    }

    pub fn command(&self, c: &Command) -> Node {
        list(
            "`",
            c.words.iter().map(|w| {
                let parts: Vec<Node> = w
                    .parts
                    .iter()
                    .map(|p| match p {
                        WordPart::Lit(t) => atom(quoted(t)),
                        WordPart::Expr(e) => list("put", [self.expr(e)]),
                        WordPart::Spread(e) => list("spread", [self.expr(e)]),
                        WordPart::Any => atom("*"),
                    })
                    .collect();
                match parts.len() {
                    0 => atom("\"\""),
                    1 => parts.into_iter().next().unwrap_or_else(|| atom("")),
                    _ => list("word", parts),
                }
            }),
        )
    }

    fn optional(&self, head: &str, e: &Option<Expr>, to: &mut Vec<Node>) {
        to.extend(e.iter().map(|e| list(head, [self.expr(e)])));
    }

    fn check(&self, c: &CheckClause) -> Node {
        let mut parts = vec![self.expr(&c.condition)];
        parts.extend(c.message.iter().map(|m| self.expr(m)));
        list("check", parts)
    }

    fn approvers(&self, a: &Approvers) -> Node {
        match &a.kind {
            ApproversKind::One(e) => self.expr(e),
            ApproversKind::And(of) => list("all", of.iter().map(|a| self.approvers(a))),
            ApproversKind::Or(of) => list("any", of.iter().map(|a| self.approvers(a))),
            ApproversKind::Quorum { count, of } => {
                let mut parts = vec![self.expr(count)];
                parts.extend(of.iter().map(|a| self.approvers(a)));
                list("of", parts)
            }
        }
    }

    pub fn expr(&self, e: &Expr) -> Node {
        match &e.kind {
            ExprKind::None => atom("none"),
            ExprKind::Bool(b) => atom(b.to_string()),
            ExprKind::Int(i) => atom(i.to_string()),
            ExprKind::Float(f) => atom(format!("{f:?}")),
            ExprKind::Duration(ms) => atom(format!("{ms}ms")),
            ExprKind::Size(n) => atom(format!("{n}B")),
            ExprKind::Text(t) => self.text(t),
            ExprKind::List(items) => list(
                "list",
                items.iter().map(|i| match i.spread {
                    true => list("spread", [self.expr(&i.value)]),
                    false => self.expr(&i.value),
                }),
            ),
            ExprKind::Map(entries) => {
                list("map", entries.iter().map(|(k, v)| list("entry", [self.expr(k), self.expr(v)])))
            }
            ExprKind::Record(fields) => {
                list("record", fields.iter().map(|f| list(&f.name.name, [self.expr(&f.value)])))
            }
            ExprKind::Name(n) | ExprKind::TypeName(n) => self.name(n),
            ExprKind::Variant(n) => atom(format!(".{}", n.name)),
            ExprKind::Field { base, name, optional } => {
                let head = if *optional { "?." } else { "." };
                list(&format!("{head}{}", name.name), [self.expr(base)])
            }
            ExprKind::Index { base, index } => list("at", [self.expr(base), self.expr(index)]),
            ExprKind::Call { callee, args } => {
                let mut parts = vec![self.expr(callee)];
                parts.extend(args.iter().map(|a| match &a.name {
                    Some(n) => list(&format!("{}:", n.name), [self.expr(&a.value)]),
                    None => self.expr(&a.value),
                }));
                list("call", parts)
            }
            ExprKind::Lambda { params, body } => {
                let names: Vec<&str> = params.iter().map(|p| &*p.name).collect();
                list(&format!("λ [{}]", names.join(" ")), [self.expr(body)])
            }
            ExprKind::Unary { op, operand, .. } => {
                let head = if *op == UnaryOp::Not { "not" } else { "neg" };
                list(head, [self.expr(operand)])
            }
            ExprKind::Binary { op, left, right, .. } => {
                list(op.symbol(), [self.expr(left), self.expr(right)])
            }
            ExprKind::Range { start, end, inclusive } => {
                list(if *inclusive { "..=" } else { ".." }, [self.expr(start), self.expr(end)])
            }
            ExprKind::Paren(e) if self.parens => list("paren", [self.expr(e)]),
            ExprKind::Paren(e) => self.expr(e),
            ExprKind::Error => atom("ERROR"),
            ExprKind::Block(b) => self.block(b),
            ExprKind::ReadAs { call, ty } => list("as", [self.expr(call), self.ty(ty)]),
            _ => self.control(e),
        }
    }

    fn control(&self, e: &Expr) -> Node {
        let mut out = Vec::new();
        let head = match &e.kind {
            ExprKind::If { condition, then, otherwise } => {
                out.push(self.expr(condition));
                out.push(self.block(then));
                out.extend(otherwise.iter().map(|e| self.expr(e)));
                "if"
            }
            ExprKind::Match { subject, arms } => {
                out.push(self.expr(subject));
                for arm in arms {
                    let mut parts = vec![self.pattern(&arm.pattern)];
                    parts.extend(arm.guard.iter().map(|g| list("if", [self.expr(g)])));
                    parts.push(self.expr(&arm.body));
                    out.push(list("=>", parts));
                }
                "match"
            }
            ExprKind::For { pattern, iterable, body } => {
                out = vec![self.pattern(pattern), self.expr(iterable), self.block(body)];
                "for"
            }
            ExprKind::ParallelFor { pattern, iterable, limit, body } => {
                out = vec![self.pattern(pattern), self.expr(iterable)];
                out.extend(limit.iter().map(|l| list("limit", [self.expr(l)])));
                out.push(self.block(body));
                "parallel-for"
            }
            ExprKind::Parallel { branches } => {
                out.extend(branches.iter().map(|(n, e)| list(&n.name, [self.expr(e)])));
                "parallel"
            }
            ExprKind::Repeat { limit, body, otherwise } => {
                out = vec![self.expr(limit), self.block(body)];
                out.extend(otherwise.iter().map(|b| list("else", [self.block(b)])));
                "repeat"
            }
            ExprKind::Return(e) => {
                out.extend(e.iter().map(|e| self.expr(e)));
                "return"
            }
            ExprKind::Break(e) => {
                out.extend(e.iter().map(|e| self.expr(e)));
                "break"
            }
            ExprKind::Continue => "continue",
            ExprKind::Try { body, catches } => {
                out.push(self.block(body));
                for c in catches {
                    let mut parts = Vec::new();
                    parts.extend(c.kind.iter().map(|n| list("kind", [self.name(n)])));
                    parts.extend(c.name.iter().map(|n| self.name(n)));
                    parts.push(self.block(&c.body));
                    out.push(list("catch", parts));
                }
                "try"
            }
            ExprKind::Ensure { condition, message, help } => {
                out.push(self.expr(condition));
                out.extend(message.iter().map(|m| list("else", [self.expr(m)])));
                out.extend(help.iter().map(|m| list("help", [self.expr(m)])));
                "ensure"
            }
            ExprKind::Fail { kind, message, help } => {
                out = vec![self.name(kind), self.expr(message)];
                out.extend(help.iter().map(|m| list("help", [self.expr(m)])));
                "fail"
            }
            ExprKind::Wait(e) => {
                out.push(self.expr(e));
                "wait"
            }
            ExprKind::Say(e) => {
                out.push(self.expr(e));
                "say"
            }
            ExprKind::Step(s) => {
                out.push(self.name(&s.name));
                out.extend(s.title.iter().map(|t| self.expr(t)));
                out.push(self.block(&s.body));
                out.extend(s.undo.iter().map(|b| list("undo", [self.block(b)])));
                "step"
            }
            ExprKind::Run(r) => {
                out.push(self.command(&r.command));
                out.extend(r.form.iter().map(|t| list("as", [self.ty(t)])));
                self.optional("in", &r.dir, &mut out);
                self.optional("env", &r.env, &mut out);
                self.optional("stdin", &r.stdin, &mut out);
                self.optional("timeout", &r.timeout, &mut out);
                if let Some(retry) = &r.retry {
                    let mut parts = vec![self.expr(&retry.times)];
                    self.optional("every", &retry.every, &mut parts);
                    self.optional("on", &retry.on, &mut parts);
                    out.push(list("retry", parts));
                }
                self.optional("exits", &r.exits, &mut out);
                out.extend(r.idempotent.iter().map(|_| atom("idempotent")));
                "run"
            }
            ExprKind::Ask(a) => {
                out.extend(a.interactive.iter().map(|_| atom("interactive")));
                self.optional("agent", &a.agent, &mut out);
                out.push(self.expr(&a.prompt));
                out.extend(a.ty.iter().map(|t| list("as", [self.ty(t)])));
                self.optional("with", &a.with, &mut out);
                self.optional("retry", &a.retry, &mut out);
                out.extend(a.checks.iter().map(|c| self.check(c)));
                self.optional("otherwise", &a.otherwise, &mut out);
                self.optional("turns", &a.turns, &mut out);
                self.optional("timeout", &a.timeout, &mut out);
                "ask"
            }
            ExprKind::Gate(g) => {
                out.push(self.name(&g.name));
                out.push(self.expr(&g.question));
                out.extend(g.by.iter().map(|b| list("by", [self.approvers(b)])));
                self.optional("show", &g.show, &mut out);
                out.extend(g.require.iter().map(|r| list("require", [self.expr(r)])));
                self.optional("timeout", &g.timeout, &mut out);
                out.extend(g.escalate.iter().map(|b| list("escalate", [self.approvers(b)])));
                self.optional("edit", &g.edit, &mut out);
                out.extend(g.ty.iter().map(|t| list("as", [self.ty(t)])));
                out.extend(g.checks.iter().map(|c| self.check(c)));
                if let Some(r) = &g.on_reject {
                    let mut parts: Vec<Node> = r.name.iter().map(|n| self.name(n)).collect();
                    parts.push(self.block(&r.body));
                    out.push(list("on-reject", parts));
                }
                self.optional("assurance", &g.assurance, &mut out);
                "gate"
            }
            _ => "?",
        };
        Node::List(head.to_owned(), out)
    }

    pub fn pattern(&self, p: &Pattern) -> Node {
        let fields = |fields: &[FieldPattern], rest: bool| {
            let mut out: Vec<Node> = fields
                .iter()
                .map(|f| match &f.pattern {
                    Some(p) => list(&f.name.name, [self.pattern(p)]),
                    None => self.name(&f.name),
                })
                .collect();
            if rest {
                out.push(atom(".."));
            }
            out
        };
        match &p.kind {
            PatternKind::Any => atom("_"),
            PatternKind::Bind(n) => self.name(n),
            PatternKind::Literal(e) => self.expr(e),
            PatternKind::Range { start, end, inclusive } => {
                list(if *inclusive { "..=" } else { ".." }, [self.expr(start), self.expr(end)])
            }
            PatternKind::Variant { module, enum_name, variant, fields: of, rest } => {
                let mut path = String::new();
                for part in [module, enum_name].into_iter().flatten() {
                    path.push_str(&part.name);
                    path.push('.');
                }
                let dot = if path.is_empty() { "." } else { "" };
                let head = format!("{dot}{path}{}", variant.name);
                match of.is_empty() && !rest {
                    true => atom(head),
                    false => list(&head, fields(of, *rest)),
                }
            }
            PatternKind::Record { fields: of, rest } => list("record", fields(of, *rest)),
            PatternKind::List { items, rest } => {
                let mut out: Vec<Node> = items.iter().map(|p| self.pattern(p)).collect();
                out.extend(rest.iter().map(|r| match r {
                    Some(n) => atom(format!("..{}", n.name)),
                    None => atom(".."),
                }));
                list("list", out)
            }
            PatternKind::Or(of) => list("or", of.iter().map(|p| self.pattern(p))),
            PatternKind::Error => atom("ERROR"),
        }
    }

    fn test_stmt(&self, s: &TestStmt) -> Node {
        match s {
            TestStmt::Stmt(s) => self.stmt(s),
            TestStmt::Given(g) => {
                let mut parts = vec![match &g.effect {
                    GivenEffect::Run(c) => self.command(c),
                    GivenEffect::Ask(a) => list("ask", a.iter().map(|a| self.expr(a))),
                    GivenEffect::Gate(n) => list("gate", [self.name(n)]),
                    GivenEffect::Name(n) => self.name(n),
                    GivenEffect::Call { callee, args } => {
                        let mut parts = vec![self.expr(callee)];
                        match args {
                            None => parts.push(atom("any")),
                            Some(args) => parts.extend(args.iter().map(|a| match a {
                                GivenArg::Is(e) => self.expr(e),
                                GivenArg::Any(_) => atom("_"),
                            })),
                        }
                        list("call", parts)
                    }
                }];
                parts.extend(g.answers.iter().map(|a| self.answer(a)));
                list("given", parts)
            }
            TestStmt::Expect(e) => self.expect(e),
        }
    }

    fn answer(&self, a: &Answer) -> Node {
        let by = |by: &Option<Ident>| by.iter().map(|n| list("by", [self.name(n)])).collect::<Vec<_>>();
        match a {
            Answer::Value(e) => self.expr(e),
            Answer::Fail { kind, message, .. } => list("fail", [self.name(kind), self.expr(message)]),
            Answer::Approve { by: who, comment, value, .. } => {
                let mut parts = by(who);
                self.optional("comment", comment, &mut parts);
                self.optional("with", value, &mut parts);
                list("approve", parts)
            }
            Answer::Reject { by: who, comment, .. } => {
                let mut parts = by(who);
                self.optional("comment", comment, &mut parts);
                list("reject", parts)
            }
            Answer::Timeout(_) => atom("timeout"),
        }
    }

    fn expect(&self, e: &Expect) -> Node {
        let mut out = Vec::new();
        let negated = |not: bool, out: &mut Vec<Node>| {
            if not {
                out.push(atom("not"));
            }
        };
        match &e.kind {
            ExpectKind::Holds(e) => out.push(self.expr(e)),
            ExpectKind::Outcome { call, outcome } => {
                out.push(self.expr(call));
                out.push(match outcome {
                    Outcome::RejectedBy(g) => list("rejected-by", [self.name(g)]),
                    Outcome::SuspendsAt(g) => list("suspends-at", [self.name(g)]),
                    Outcome::Fails { kind, text } => {
                        let mut parts = vec![self.name(kind)];
                        parts.extend(text.iter().map(|t| self.expr(t)));
                        list("fails", parts)
                    }
                });
            }
            ExpectKind::Ran { not, command, count, before, stdin } => {
                negated(*not, &mut out);
                out.push(list("ran", [self.command(command)]));
                out.extend(count.iter().map(|c| match c {
                    RanCount::Once => atom("once"),
                    RanCount::Times(n) => list("times", [self.expr(n)]),
                }));
                out.extend(before.iter().map(|c| list("before", [self.command(c)])));
                self.optional("stdin", stdin, &mut out);
            }
            ExpectKind::Asked { not, agent, with } => {
                negated(*not, &mut out);
                out.push(atom("asked"));
                self.optional("agent", agent, &mut out);
                self.optional("with", with, &mut out);
            }
            ExpectKind::Said { not, text } => {
                negated(*not, &mut out);
                out.push(list("said", [self.expr(text)]));
            }
            ExpectKind::Wrote { not, path, text } => {
                negated(*not, &mut out);
                out.push(list("wrote", [self.expr(path)]));
                self.optional("text", text, &mut out);
            }
        }
        list("expect", out)
    }
}
