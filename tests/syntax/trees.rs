//! Trees at random, such as a text can give.

use proptest::prelude::*;
use wflow::source::{FileId, Span};
use wflow::syntax::ast::*;

const AT: Span = Span { file: FileId(0), start: 0, end: 0 };
const ID: NodeId = NodeId(0);

fn ident(name: &str) -> Ident {
    Ident { id: ID, name: name.into(), span: AT }
}

fn lower() -> BoxedStrategy<Ident> {
    prop::sample::select(&["a", "b", "inner", "x1", "_p", "notes", "timeout", "with", "r", "of"][..])
        .prop_map(ident)
        .boxed()
}

/// Where a clause could stand, a name that is also a clause's word would be one.
fn plain() -> BoxedStrategy<Ident> {
    prop::sample::select(&["a", "b", "inner", "x1", "_p", "notes", "r"][..]).prop_map(ident).boxed()
}

fn upper() -> BoxedStrategy<Ident> {
    prop::sample::select(&["Low", "Notes", "T", "Risk2"][..]).prop_map(ident).boxed()
}

/// Any word may be a field.
fn field() -> BoxedStrategy<Ident> {
    prop::sample::select(&["a", "b", "type", "match", "in", "with"][..]).prop_map(ident).boxed()
}

fn literal_text() -> BoxedStrategy<String> {
    prop::sample::select(
        &[
            "",
            "a",
            "two words",
            "q\"q",
            "b\\b",
            "{x}",
            "}",
            "l\nl",
            "\t\r",
            "ä 😀",
            "`",
            "'",
            "\u{7}",
            "//",
            "*",
        ][..],
    )
    .prop_map(str::to_owned)
    .boxed()
}

fn docs() -> impl Strategy<Value = Option<std::sync::Arc<str>>> {
    prop::sample::select(&[None, Some("One line."), Some("Two\nlines."), Some("A\n\n  b")][..])
        .prop_map(|d| d.map(Into::into))
}

fn make(kind: ExprKind) -> Expr {
    Expr { id: ID, span: AT, kind }
}

fn boxed(e: Expr) -> Box<Expr> {
    Box::new(e)
}

fn text_of(parts: Vec<TextPart>) -> Expr {
    make(ExprKind::Text(TextLit { form: TextForm::Quoted, parts }))
}

fn text() -> BoxedStrategy<Expr> {
    literal_text()
        .prop_map(|t| text_of(if t.is_empty() { vec![] } else { vec![TextPart::Lit(t.into())] }))
        .boxed()
}

fn number() -> BoxedStrategy<Expr> {
    prop_oneof![
        prop::sample::select(&[0, 1, 42, -1, i64::MAX, i64::MIN][..]).prop_map(|i| make(ExprKind::Int(i))),
        prop::sample::select(&[0.0, 1.5, -2.25, 1e20, 1e-7, f64::MAX][..])
            .prop_map(|f| make(ExprKind::Float(f))),
    ]
    .boxed()
}

fn leaf() -> BoxedStrategy<Expr> {
    prop_oneof![
        Just(make(ExprKind::None)),
        any::<bool>().prop_map(|b| make(ExprKind::Bool(b))),
        number(),
        (0i64..1_000_000).prop_map(|n| make(ExprKind::Duration(n))),
        (0i64..1_000_000).prop_map(|n| make(ExprKind::Size(n))),
        text(),
        lower().prop_map(|n| make(ExprKind::Name(n))),
        upper().prop_map(|n| make(ExprKind::TypeName(n))),
        upper().prop_map(|n| make(ExprKind::Variant(n))),
    ]
    .boxed()
}

fn literal() -> BoxedStrategy<Expr> {
    prop_oneof![
        number(),
        text(),
        Just(make(ExprKind::None)),
        any::<bool>().prop_map(|b| make(ExprKind::Bool(b))),
        (-9i64..9).prop_map(|n| make(ExprKind::Duration(n * 1000))),
    ]
    .boxed()
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let at = |kind| Pattern { id: ID, span: AT, kind };
    let leaf = prop_oneof![
        Just(at(PatternKind::Any)),
        plain().prop_map(move |n| at(PatternKind::Bind(n))),
        literal().prop_map(move |e| at(PatternKind::Literal(boxed(e)))),
        (number(), number(), any::<bool>()).prop_map(move |(start, end, inclusive)| {
            at(PatternKind::Range { start: boxed(start), end: boxed(end), inclusive })
        }),
    ];
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let fields =
            prop::collection::vec((plain(), prop::option::of(inner.clone())), 0..3).prop_map(|fields| {
                fields.into_iter().map(|(name, pattern)| FieldPattern { name, pattern }).collect::<Vec<_>>()
            });
        let fields = fields.boxed();
        prop_oneof![
            (prop::option::of(plain()), prop::option::of(upper()), upper(), fields.clone(), any::<bool>())
                .prop_map(move |(module, enum_name, variant, fields, rest)| {
                    let (module, enum_name) = (module.map(Box::new), enum_name.map(Box::new));
                    at(PatternKind::Variant { module, enum_name, variant, fields, rest })
                }),
            (fields, any::<bool>()).prop_map(move |(fields, rest)| at(PatternKind::Record { fields, rest })),
            (prop::collection::vec(inner, 0..3), prop::option::of(prop::option::of(plain())))
                .prop_map(move |(items, rest)| at(PatternKind::List { items, rest })),
        ]
    })
}

/// With alternatives, which stand only at the top.
fn pattern_or() -> impl Strategy<Value = Pattern> {
    prop::collection::vec(pattern(), 1..3).prop_map(|mut of| match of.len() {
        1 => of.remove(0),
        _ => Pattern { id: ID, span: AT, kind: PatternKind::Or(of) },
    })
}

fn ty(expr: BoxedStrategy<Expr>) -> BoxedStrategy<TypeExpr> {
    let at = |kind| TypeExpr { id: ID, span: AT, kind };
    let name = (prop::option::of(plain()), upper())
        .prop_map(move |(module, name)| at(TypeKind::Name { module, name }));
    let key = upper().prop_map(move |name| at(TypeKind::Name { module: None, name })).boxed();
    name.prop_recursive(3, 8, 2, move |inner| {
        let fields = prop::collection::vec((field(), inner.clone(), prop::option::of(literal_text())), 1..3);
        prop_oneof![
            inner.clone().prop_map(move |t| at(TypeKind::List(Box::new(t)))),
            (key.clone(), inner.clone()).prop_map(move |(k, v)| at(TypeKind::Map(Box::new(k), Box::new(v)))),
            inner.clone().prop_map(move |t| match t.kind {
                TypeKind::Optional(_) => t,
                _ => at(TypeKind::Optional(Box::new(t))),
            }),
            fields.prop_map(move |fields| at(TypeKind::Record(fields.into_iter().map(decl).collect()))),
            (inner, expr.clone()).prop_map(move |(base, p)| {
                at(TypeKind::Refined { base: Box::new(base), predicate: boxed(p) })
            }),
        ]
    })
    .boxed()
}

fn decl((name, ty, json): (Ident, TypeExpr, Option<String>)) -> FieldDecl {
    FieldDecl { docs: None, name, ty, json_name: json.map(|j| (j.into(), AT)), span: AT }
}

fn words(expr: BoxedStrategy<Expr>, any: bool) -> BoxedStrategy<Command> {
    let put = expr.clone().prop_map(WordPart::Expr).boxed();
    let part = prop_oneof![
        literal_text()
            .prop_filter("a part has text", |t| !t.is_empty())
            .prop_map(|t| WordPart::Lit(t.into())),
        put.clone(),
        // Any words stand only in patterns.
        if any { Just(WordPart::Any).boxed() } else { put },
    ];
    let word = prop::collection::vec(part, 0..3)
        .prop_filter("texts side by side are one", |parts| {
            !parts.windows(2).any(|w| matches!(w, [WordPart::Lit(_), WordPart::Lit(_)]))
        })
        .prop_map(|parts| Word { span: AT, quoted: parts.is_empty(), parts });
    let spread = expr.prop_map(|e| Word { span: AT, quoted: false, parts: vec![WordPart::Spread(e)] });
    prop::collection::vec(prop_oneof![4 => word, 1 => spread], 1..4)
        .prop_map(|words| Command { span: AT, words })
        .boxed()
}

fn record(expr: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    prop::collection::vec((field(), expr), 0..3)
        .prop_map(|fields| {
            let field = |(name, value)| RecordField { name, value, shorthand: false };
            make(ExprKind::Record(fields.into_iter().map(field).collect()))
        })
        .boxed()
}

fn stmt(expr: BoxedStrategy<Expr>) -> BoxedStrategy<Stmt> {
    let types = ty(expr.clone());
    let place = plain().prop_map(|n| make(ExprKind::Name(n)));
    let kind = prop_oneof![
        (pattern_or(), prop::option::of(types.clone()), expr.clone())
            .prop_map(|(pattern, ty, value)| StmtKind::Let { pattern, ty: ty.map(Box::new), value }),
        (plain(), prop::option::of(types), expr.clone()).prop_map(|(name, ty, value)| StmtKind::Var {
            name,
            ty: ty.map(Box::new),
            value
        }),
        (place, expr.clone()).prop_map(|(target, value)| StmtKind::Assign { target, value }),
        expr.prop_map(StmtKind::Expr),
    ];
    kind.prop_map(|kind| Stmt { span: AT, attributes: Vec::new(), kind }).boxed()
}

fn block(expr: BoxedStrategy<Expr>) -> BoxedStrategy<Block> {
    prop::collection::vec(stmt(expr), 0..3).prop_map(|stmts| Block { id: ID, span: AT, stmts }).boxed()
}

/// What may stand after an arrow: an empty block is one only there.
fn body(expr: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    prop_oneof![3 => expr.clone(), 1 => block(expr).prop_map(|b| make(ExprKind::Block(b)))].boxed()
}

fn approvers(expr: BoxedStrategy<Expr>) -> BoxedStrategy<Approvers> {
    let at = |kind| Approvers { span: AT, kind };
    let who = plain().prop_map(move |n| at(ApproversKind::One(make(ExprKind::Name(n)))));
    who.prop_recursive(2, 6, 3, move |inner| {
        let many = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            many.clone().prop_map(move |of| at(ApproversKind::And(of))),
            many.prop_map(move |of| at(ApproversKind::Or(of))),
            (expr.clone(), prop::collection::vec(inner, 1..3))
                .prop_map(move |(count, of)| at(ApproversKind::Quorum { count, of })),
        ]
    })
    .boxed()
}

fn opt<T: std::fmt::Debug + 'static>(s: BoxedStrategy<T>) -> BoxedStrategy<Option<T>> {
    prop::option::of(s).boxed()
}

fn primitives(e: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let form = opt(ty(e.clone()));
    let check = (e.clone(), opt(e.clone())).prop_map(|(condition, message)| CheckClause {
        id: ID,
        condition,
        message,
        span: AT,
    });
    let checks = prop::collection::vec(check, 0..2).boxed();
    let list = prop::collection::vec(number(), 0..2).prop_map(|n| {
        make(ExprKind::List(n.into_iter().map(|value| ListItem { value, spread: false }).collect()))
    });
    let retry = (e.clone(), opt(e.clone()), opt(list.boxed())).prop_map(|(times, every, on)| Retry {
        times,
        every,
        on,
    });
    let run = (
        (words(e.clone(), false), form.clone(), opt(e.clone()), opt(record(e.clone())), opt(e.clone())),
        (opt(e.clone()), opt(retry.boxed()), opt(e.clone()), any::<bool>()),
    )
        .prop_map(|((command, form, dir, env, stdin), (timeout, retry, exits, idempotent))| {
            let idempotent = idempotent.then_some(AT);
            make(ExprKind::Run(Box::new(Run {
                command,
                form,
                dir,
                env,
                stdin,
                timeout,
                retry,
                exits,
                idempotent,
            })))
        });
    let agent = plain().prop_map(|n| make(ExprKind::Name(n))).boxed();
    let ask = (
        (any::<bool>(), opt(agent), e.clone(), form.clone(), opt(record(e.clone()))),
        (opt(e.clone()), checks.clone(), opt(body(e.clone())), opt(e.clone()), opt(e.clone())),
    )
        .prop_map(
            |((interactive, agent, prompt, ty, with), (retry, checks, otherwise, turns, timeout))| {
                let interactive = interactive.then_some(AT);
                make(ExprKind::Ask(Box::new(Ask {
                    interactive,
                    agent,
                    prompt,
                    ty,
                    with,
                    retry,
                    checks,
                    otherwise,
                    turns,
                    timeout,
                })))
            },
        );
    let reject =
        (opt(plain().boxed()), block(e.clone())).prop_map(|(name, body)| OnReject { name, body, span: AT });
    let texts = prop::collection::vec(text(), 0..2);
    let gate = (
        (plain(), e.clone(), opt(approvers(e.clone())), opt(record(e.clone())), texts),
        (opt(e.clone()), prop::collection::vec(approvers(e.clone()), 0..2), opt(e.clone()), form, checks),
        (opt(reject.boxed()), opt(text().boxed())),
    )
        .prop_map(
            |(
                (name, question, by, show, require),
                (timeout, escalate, edit, ty, checks),
                (on_reject, assurance),
            )| {
                make(ExprKind::Gate(Box::new(Gate {
                    name,
                    question,
                    by,
                    show,
                    require,
                    timeout,
                    escalate,
                    edit,
                    ty,
                    checks,
                    on_reject,
                    assurance,
                })))
            },
        );
    prop_oneof![run, ask, gate].boxed()
}

fn control(e: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let b = || block(e.clone());
    let message = || opt(e.clone()).prop_map(|m| m.map(boxed));
    let arm = (pattern_or(), opt(e.clone()), body(e.clone())).prop_map(|(pattern, guard, body)| Arm {
        pattern,
        guard,
        body,
        span: AT,
    });
    let catch = (prop::option::of(Just(ident("business"))), prop::option::of(plain()), b())
        .prop_map(|(kind, name, body)| Catch { kind, name, body, span: AT });
    prop_oneof![
        (e.clone(), b(), opt(b())).prop_map(|(c, then, otherwise)| {
            let otherwise = otherwise.map(|b| boxed(make(ExprKind::Block(b))));
            make(ExprKind::If { condition: boxed(c), then, otherwise })
        }),
        (e.clone(), prop::collection::vec(arm, 0..3))
            .prop_map(|(s, arms)| make(ExprKind::Match { subject: boxed(s), arms })),
        (pattern(), e.clone(), b()).prop_map(|(pattern, i, body)| make(ExprKind::For {
            pattern: Box::new(pattern),
            iterable: boxed(i),
            body
        })),
        (pattern(), e.clone(), message(), b()).prop_map(|(pattern, i, limit, body)| {
            make(ExprKind::ParallelFor { pattern: Box::new(pattern), iterable: boxed(i), limit, body })
        }),
        (e.clone(), b(), opt(b())).prop_map(|(l, body, otherwise)| make(ExprKind::Repeat {
            limit: boxed(l),
            body,
            otherwise: otherwise.map(Box::new)
        })),
        message().prop_map(|v| make(ExprKind::Return(v))),
        message().prop_map(|v| make(ExprKind::Break(v))),
        Just(make(ExprKind::Continue)),
        (b(), prop::collection::vec(catch, 1..3))
            .prop_map(|(body, catches)| make(ExprKind::Try { body, catches })),
        (e.clone(), message(), message())
            .prop_map(|(c, message, help)| { make(ExprKind::Ensure { condition: boxed(c), message, help }) }),
        (field(), e.clone(), message()).prop_map(|(kind, m, help)| make(ExprKind::Fail {
            kind,
            message: boxed(m),
            help
        })),
        e.clone().prop_map(|e| make(ExprKind::Wait(boxed(e)))),
        e.clone().prop_map(|e| make(ExprKind::Say(boxed(e)))),
        (plain(), opt(text().boxed()), b(), opt(b())).prop_map(|(name, title, body, undo)| make(
            ExprKind::Step(Box::new(Step { name, title, body, undo }))
        )),
        prop::collection::vec((plain(), body(e.clone())), 0..3)
            .prop_map(|branches| make(ExprKind::Parallel { branches })),
    ]
    .boxed()
}

pub fn expr() -> BoxedStrategy<Expr> {
    leaf()
        .prop_recursive(4, 40, 4, |e| {
            let ops = prop::sample::select(
                &[
                    BinaryOp::Or,
                    BinaryOp::And,
                    BinaryOp::Eq,
                    BinaryOp::Lt,
                    BinaryOp::In,
                    BinaryOp::Matches,
                    BinaryOp::Coalesce,
                    BinaryOp::Add,
                    BinaryOp::Sub,
                    BinaryOp::Mul,
                    BinaryOp::Rem,
                ][..],
            );
            let arg = (prop::option::of(field()), e.clone()).prop_map(|(name, value)| Arg {
                name,
                value,
                span: AT,
            });
            let part = prop_oneof![
                literal_text().prop_filter("text", |t| !t.is_empty()).prop_map(|t| TextPart::Lit(t.into())),
                e.clone().prop_map(TextPart::Expr)
            ];
            let parts = prop::collection::vec(part, 0..3)
                .prop_filter("texts side by side are one", |parts| {
                    !parts.windows(2).any(|w| matches!(w, [TextPart::Lit(_), TextPart::Lit(_)]))
                });
            let e2 = e.clone();
            prop_oneof![
                2 => (ops, e.clone(), e.clone()).prop_map(|(op, l, r)| {
                    make(ExprKind::Binary { op, op_span: AT, left: boxed(l), right: boxed(r) })
                }),
                1 => (e.clone(), e.clone(), any::<bool>()).prop_map(|(s, t, inclusive)| {
                    make(ExprKind::Range { start: boxed(s), end: boxed(t), inclusive })
                }),
                1 => (any::<bool>(), e.clone()).prop_map(|(not, e)| {
                    let op = if not { UnaryOp::Not } else { UnaryOp::Negate };
                    make(ExprKind::Unary { op, op_span: AT, operand: boxed(e) })
                }),
                1 => parts.prop_map(text_of),
                1 => prop::collection::vec((e.clone(), any::<bool>()), 0..3).prop_map(|items| {
                    let item = |(value, spread)| ListItem { value, spread };
                    make(ExprKind::List(items.into_iter().map(item).collect()))
                }),
                1 => prop::collection::vec((text(), e.clone()), 1..3).prop_map(|m| make(ExprKind::Map(m))),
                1 => record(e.clone()),
                1 => (e.clone(), field(), any::<bool>()).prop_map(|(b, name, optional)| {
                    make(ExprKind::Field { base: boxed(b), name, optional })
                }),
                1 => (e.clone(), e.clone()).prop_map(|(b, i)| {
                    make(ExprKind::Index { base: boxed(b), index: boxed(i) })
                }),
                1 => (e.clone(), prop::collection::vec(arg, 0..3)).prop_map(|(c, args)| {
                    make(ExprKind::Call { callee: boxed(c), args })
                }),
                1 => (prop::collection::vec(plain(), 0..3), body(e.clone())).prop_map(|(params, b)| {
                    make(ExprKind::Lambda { params, body: boxed(b) })
                }),
                1 => (e.clone(), ty(e2)).prop_map(|(c, ty)| make(ExprKind::ReadAs { call: boxed(c), ty: Box::new(ty) })),
                3 => control(e.clone()),
                1 => primitives(e),
            ]
        })
        .boxed()
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    let one = (plain(), prop::collection::vec(plain(), 0..3)).prop_map(|(name, args)| Attribute {
        name,
        args,
        span: AT,
    });
    prop::collection::vec(one, 0..2)
}

fn documented() -> BoxedStrategy<Vec<FieldDecl>> {
    let one = (docs(), field(), ty(expr()), opt(literal_text().boxed()))
        .prop_map(|(docs, name, ty, json)| FieldDecl { docs, ..decl((name, ty, json)) });
    prop::collection::vec(one, 0..3).boxed()
}

fn test_part() -> BoxedStrategy<TestStmt> {
    let e = expr;
    let comment = || opt(text().boxed());
    let by = || opt(plain().boxed());
    let answer = prop_oneof![
        e().prop_map(Answer::Value),
        (field(), e()).prop_map(|(kind, message)| Answer::Fail { kind, message, span: AT }),
        (by(), comment(), opt(e())).prop_map(|(by, comment, value)| Answer::Approve {
            by,
            comment,
            value,
            span: AT
        }),
        (by(), comment()).prop_map(|(by, comment)| Answer::Reject { by, comment, span: AT }),
        Just(Answer::Timeout(AT)),
    ];
    let arg = prop_oneof![e().prop_map(GivenArg::Is), Just(GivenArg::Any(AT))];
    let effect = prop_oneof![
        words(e(), true).prop_map(GivenEffect::Run),
        opt(plain().prop_map(|n| make(ExprKind::Name(n))).boxed()).prop_map(GivenEffect::Ask),
        plain().prop_map(GivenEffect::Gate),
        plain().prop_map(GivenEffect::Name),
        (plain(), prop::collection::vec(arg, 0..3))
            .prop_map(|(n, args)| GivenEffect::Call { callee: make(ExprKind::Name(n)), args: Some(args) }),
    ];
    let given = (effect, prop::collection::vec(answer, 1..3))
        .prop_map(|(effect, answers)| TestStmt::Given(Given { effect, answers, span: AT }));
    let outcome = prop_oneof![
        plain().prop_map(Outcome::RejectedBy),
        plain().prop_map(Outcome::SuspendsAt),
        (field(), comment()).prop_map(|(kind, text)| Outcome::Fails { kind, text }),
    ];
    let count =
        prop_oneof![Just(RanCount::Once), (0i64..9).prop_map(|n| RanCount::Times(make(ExprKind::Int(n)))),];
    let agent = opt(plain().prop_map(|n| make(ExprKind::Name(n))).boxed());
    let kind = prop_oneof![
        e().prop_map(ExpectKind::Holds),
        (e(), outcome).prop_map(|(call, outcome)| ExpectKind::Outcome { call, outcome }),
        (any::<bool>(), words(e(), true), opt(count.boxed()), opt(words(e(), true)), opt(e())).prop_map(
            |(not, command, count, before, stdin)| ExpectKind::Ran { not, command, count, before, stdin }
        ),
        (any::<bool>(), agent, opt(record(e()))).prop_map(|(not, agent, with)| ExpectKind::Asked {
            not,
            agent,
            with
        }),
        (any::<bool>(), e()).prop_map(|(not, text)| ExpectKind::Said { not, text }),
        (any::<bool>(), text(), comment()).prop_map(|(not, path, text)| ExpectKind::Wrote {
            not,
            path,
            text
        }),
    ];
    prop_oneof![given, kind.prop_map(|kind| TestStmt::Expect(Expect { span: AT, kind }))].boxed()
}

fn item() -> BoxedStrategy<ItemKind> {
    let param = (docs(), plain(), ty(expr()), opt(expr())).prop_map(|(docs, name, ty, default)| Param {
        docs,
        name,
        ty,
        default,
    });
    let callable = (
        prop::sample::select(&[CallableKind::Fn, CallableKind::Task, CallableKind::Workflow][..]),
        plain(),
        prop::collection::vec(param, 0..3),
        opt(ty(expr())),
        block(expr()),
    )
        .prop_map(|(kind, name, params, result, body)| {
            ItemKind::Callable(CallableItem { kind, name, params, result, body, head: AT })
        });
    let source = prop_oneof![
        plain().prop_map(UseSource::Library),
        literal_text().prop_map(|t| UseSource::File { path: t.into(), span: AT })
    ];
    let body = prop_oneof![documented().prop_map(TypeBody::Record), ty(expr()).prop_map(TypeBody::Alias)];
    let variant = (docs(), upper(), documented(), opt(literal_text().boxed())).prop_map(
        |(docs, name, fields, text)| {
            let text = if fields.is_empty() { text.map(|t| (t.into(), AT)) } else { None };
            VariantDecl { docs, name, fields, text, span: AT }
        },
    );
    let effect =
        (plain(), opt(field().boxed()), opt(literal_text().boxed())).prop_map(|(first, second, argument)| {
            PolicySubject::Effect {
                path: [first].into_iter().chain(second).collect(),
                argument: argument.map(|a| (a.into(), AT)),
                span: AT,
            }
        });
    let subject = prop_oneof![words(expr(), true).prop_map(PolicySubject::Command), effect];
    let kinds = [
        PolicyRuleKind::Allow,
        PolicyRuleKind::Deny,
        PolicyRuleKind::Reads,
        PolicyRuleKind::Trusted,
        PolicyRuleKind::Untrusted,
    ];
    let rule = (
        prop::sample::select(kinds.to_vec()),
        prop::collection::vec(subject, 1..3),
        opt(plain().boxed()),
        opt(plain().boxed()),
    )
        .prop_map(|(kind, subjects, after, agent)| PolicyRule { kind, subjects, after, agent, span: AT });
    let table = opt((pattern(), expr()).boxed());
    prop_oneof![
        3 => callable,
        1 => (source, opt(plain().boxed())).prop_map(|(source, alias)| ItemKind::Use(UseItem { source, alias })),
        1 => (upper(), body).prop_map(|(name, body)| ItemKind::Type(TypeItem { name, body })),
        1 => (upper(), prop::collection::vec(variant, 0..3))
            .prop_map(|(name, variants)| ItemKind::Enum(EnumItem { name, variants })),
        1 => (plain(), opt(ty(expr())), expr())
            .prop_map(|(name, ty, value)| ItemKind::Const(ConstItem { name, ty, value })),
        1 => (plain(), prop::collection::vec((field(), expr()), 0..3))
            .prop_map(|(name, settings)| ItemKind::Agent(AgentItem { name, settings })),
        1 => prop::collection::vec(rule, 0..3)
            .prop_map(|rules| ItemKind::Policy(PolicyItem { rules, span: AT })),
        2 => (literal_text(), table, prop::collection::vec(test_part(), 0..3)).prop_map(|(name, table, body)| {
            ItemKind::Test(TestItem { name: name.into(), name_span: AT, table, body, span: AT })
        }),
    ]
    .boxed()
}

pub fn file() -> BoxedStrategy<File> {
    let item = (docs(), attributes(), item()).prop_map(|(docs, attributes, kind)| Item {
        span: AT,
        docs,
        attributes,
        kind,
    });
    (docs(), prop::collection::vec(item, 0..3))
        .prop_map(|(docs, items)| File { id: FileId(0), docs, items, comments: Vec::new(), nodes: 0 })
        .boxed()
}
