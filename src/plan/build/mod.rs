//! A plan is made: one walk over the started workflow, in the order of evaluation, through every task that it calls.

mod control;
mod effects;
mod gate;
mod summary;
mod values;

use super::model::*;
use super::source;
use crate::check::{Builtin, CallableId, ModuleId, Program, Res};
use crate::diagnostics::Failure;
use crate::interpreter::{Known, Locals, Lowered, Scope, with_known};
use crate::policy::{Config, Policy, RuleSet};
use crate::source::Span;
use crate::syntax::ast::{Block, Expr, ExprKind, NodeId, Stmt, StmtKind};
use crate::syntax::{print_expr, print_type};
use crate::value::Value;
use crate::value::json::encode;
use std::collections::HashMap;

/// More nodes than this nobody reads: calls are then left as calls.
const MOST_NODES: usize = 50_000;
/// Calls within calls.
const MOST_DEPTH: usize = 200;

/// What a plan is made of.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    pub program: &'a Program,
    pub lowered: &'a Lowered,
    /// `wflow.toml`, if there is one.
    pub config: Option<&'a Config>,
    pub mode: ModeName,
    /// As the person named it.
    pub file: &'a str,
    /// Sources in canonical form, for comparisons.
    pub canonical: bool,
}

/// The values of parameters by their index; none: nothing was given, and all are open.
pub type Arguments = Option<HashMap<usize, Value>>;

/// The plan of one workflow.
pub fn plan(setting: Setting<'_>, workflow: CallableId, given: &Arguments) -> Result<Plan, Box<Failure>> {
    let people = setting.config.map(|c| &c.people);
    let roles =
        |name: &str| people.is_none_or(|p| p.people.is_empty() && p.roles.is_empty() || p.knows(name));
    with_known(setting.program, setting.lowered, &roles, |known| {
        Builder::new(setting, known).plan(workflow, given)
    })
}

/// The body that is walked, and what is known of its variables.
struct Frame {
    scope: Scope,
    values: Locals,
    /// Texts of which some is known.
    texts: HashMap<u32, Vec<Bit>>,
}

/// Whether the way goes on; the later, the weaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Flow {
    Fails,
    /// `break`, `continue`.
    Turns,
    Returns,
    On,
}

struct Builder<'a> {
    setting: Setting<'a>,
    known: &'a Known<'a>,
    program: &'a Program,
    policy: Policy,
    frame: Frame,
    nodes: usize,
    depth: usize,
    complete: bool,
    tokens: Vec<Token>,
    /// The conditions and loops around the place that is walked: what is assigned there is assigned only then.
    around: Vec<String>,
}

impl<'a> Builder<'a> {
    fn new(setting: Setting<'a>, known: &'a Known<'a>) -> Builder<'a> {
        let program = setting.program;
        let own = program.modules.first().map(|m| &m.ast);
        let rules = own
            .filter(|f| f.policies().next().is_some())
            // Its mistakes were reported when the file was checked.
            .map(|f| RuleSet::from_items(f.policies()).0);
        Builder {
            setting,
            known,
            program,
            policy: Policy::from_config(setting.config, rules),
            frame: Frame {
                scope: Scope { module: ModuleId(0), slots: 0 },
                values: Locals::new(),
                texts: HashMap::new(),
            },
            nodes: 0,
            depth: 0,
            complete: true,
            tokens: Vec::new(),
            around: Vec::new(),
        }
    }

    fn plan(mut self, id: CallableId, given: &Arguments) -> Plan {
        let callable = self.program.callable(id);
        let item = self.program.item(callable.at);
        let tree = self.program.callable_ast(id);
        let written = tree.map(|t| t.params.as_slice()).unwrap_or_default();
        self.frame.scope = Scope { module: callable.at.module, slots: callable.locals };
        let mut params = Vec::new();
        for (i, param) in callable.signature.params.iter().enumerate() {
            let value = given.as_ref().and_then(|given| match given.get(&i) {
                Some(value) => Some(value.clone()),
                None if param.has_default => self.known.default(id, i, &self.frame.values),
                None if matches!(param.ty.base(), crate::types::Type::Optional(_)) => Some(Value::None),
                None => None,
            });
            params.push(Param {
                name: param.name.clone(),
                ty: self.type_text(&param.ty),
                default: written.get(i).and_then(|p| p.default.as_ref()).map(|e| self.source(e)),
                about: param.docs.as_deref().map(str::to_owned),
                value: value.as_ref().and_then(|v| encode(v).ok()),
            });
            if let Some(value) = value {
                self.frame.values.insert(i as u32, value);
            }
        }
        let body = tree.map(|t| self.block(&t.body).0).unwrap_or_default();
        let mut plan = Plan {
            wflow_plan: VERSION,
            file: self.setting.file.to_owned(),
            workflow: callable.name.to_string(),
            place: self.place(tree.map_or(item.span, |t| t.head)),
            about: item.docs.as_deref().map(str::to_owned),
            params,
            result: self.type_text(&callable.signature.result),
            mode: self.setting.mode,
            configured: self.setting.config.is_some(),
            body,
            refused: Vec::new(),
            depends: Vec::new(),
            vouches: Vec::new(),
            uses: Uses::default(),
            complete: self.complete,
            tokens: self.tokens,
            agent_startable: callable.agent_startable,
        };
        summary::summarise(&mut plan);
        plan
    }

    fn source(&self, e: &Expr) -> String {
        source::expr(e, &self.program.sources, self.setting.canonical)
    }

    fn type_text(&self, ty: &crate::types::Type) -> String {
        source::ty(ty, self.program, self.setting.canonical)
    }

    fn pattern(&self, p: &crate::syntax::ast::Pattern) -> String {
        source::pattern(p, &self.program.sources, self.setting.canonical)
    }

    /// Something whose own comparison sees what it does.
    fn judged(&mut self, span: Span, text: impl FnOnce() -> String) {
        self.token(span, Weight::Judged, text);
    }

    /// Something that only computes, or decides the order.
    fn plain(&mut self, span: Span, text: impl FnOnce() -> String) {
        self.token(span, Weight::Plain, text);
    }

    fn token(&mut self, span: Span, weight: Weight, text: impl FnOnce() -> String) {
        if self.setting.canonical {
            let place = self.place(span);
            self.tokens.push(Token { text: text(), weight, place });
        }
    }

    /// The conditions and loops around, as text.
    fn when(&self) -> String {
        self.around.iter().map(|w| format!("[{w}] ")).collect()
    }

    /// Walks something that happens only then.
    fn within<T>(&mut self, when: String, walk: impl FnOnce(&mut Self) -> T) -> T {
        self.around.push(when);
        let out = walk(self);
        self.around.pop();
        out
    }

    fn place(&self, span: Span) -> Place {
        source::place(&self.program.sources, span)
    }

    fn res(&self, id: NodeId) -> Res {
        self.program.module(self.frame.scope.module).tables.res(id)
    }

    fn ty(&self, id: NodeId) -> &'a crate::types::Type {
        self.program.module(self.frame.scope.module).tables.ty(id)
    }

    fn put(&mut self, what: What, span: Span, out: &mut Vec<Node>) {
        self.nodes += 1;
        let approved = self.program.approved_before(span);
        out.push(Node { what, place: self.place(span), approved, span });
    }

    /// The nodes of a block, and whether the way goes on behind it.
    fn block(&mut self, block: &'a Block) -> (Vec<Node>, Flow) {
        let mut out = Vec::new();
        let mut flow = Flow::On;
        let mut unreached: Option<(Span, Vec<Node>)> = None;
        for stmt in &block.stmts {
            let mut nodes = Vec::new();
            let here = self.stmt(stmt, &mut nodes);
            match &mut unreached {
                Some((_, rest)) => rest.append(&mut nodes),
                None => out.append(&mut nodes),
            }
            if flow == Flow::On && here != Flow::On {
                flow = here;
                unreached = Some((stmt.span, Vec::new()));
            }
        }
        if let Some((span, body)) = unreached
            && !body.is_empty()
        {
            let span = body.first().map_or(span, |n| n.span);
            self.put(What::Unreached { body }, span, &mut out);
        }
        (out, flow)
    }

    fn stmt(&mut self, stmt: &'a Stmt, out: &mut Vec<Node>) -> Flow {
        let (before, tokens) = (out.len(), self.tokens.len());
        let (flow, head, value) = match &stmt.kind {
            StmtKind::Let { pattern, ty, value } => {
                let flow = self.expr(value, out);
                self.bind(pattern, value);
                let ty = ty.as_ref().map(|t| format!(": {}", print_type(t))).unwrap_or_default();
                (flow, format!("let {}{ty} = ", self.pattern(pattern)), value)
            }
            StmtKind::Var { name, ty, value } => {
                let ty = ty.as_ref().map(|t| format!(": {}", print_type(t))).unwrap_or_default();
                (self.expr(value, out), format!("var {}{ty} = ", name.name), value)
            }
            StmtKind::Assign { target, value } => {
                let flow = self.all([target, value], out);
                (flow, format!("{}{} = ", self.when(), self.source(target)), value)
            }
            StmtKind::Expr(e) => (self.expr(e, out), String::new(), e),
        };
        let acts = out.len() > before || matches!(value.kind, ExprKind::Say(_));
        if !acts {
            // As a whole: its parts need no look of their own.
            self.tokens.truncate(tokens);
            let when = if head.is_empty() { self.when() } else { String::new() };
            self.plain(stmt.span, || format!("{when}{head}{}", print_expr(value)));
        } else if !self.consists_of_parts(value) {
            self.plain(stmt.span, || format!("{head}{}", print_expr(value)));
        } else if !head.is_empty() {
            self.plain(stmt.span, || format!("{head}…"));
        }
        flow
    }

    /// One after the other; nothing is looked at behind what leaves.
    fn all(&mut self, list: impl IntoIterator<Item = &'a Expr>, out: &mut Vec<Node>) -> Flow {
        let mut flow = Flow::On;
        for e in list {
            let here = self.expr(e, out);
            if flow == Flow::On {
                flow = here;
            }
        }
        flow
    }

    /// The nodes of an expression by itself.
    fn apart(&mut self, e: &'a Expr) -> (Vec<Node>, Flow) {
        let mut out = Vec::new();
        let flow = match &e.kind {
            ExprKind::Block(b) => return self.block(b),
            _ => self.expr(e, &mut out),
        };
        if out.is_empty() || !self.consists_of_parts(e) {
            self.plain(e.span, || print_expr(e));
        }
        (out, flow)
    }

    /// Whether the walk looks at the parts of an expression one by one, so that it needs no look as a whole.
    fn consists_of_parts(&self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Paren(inner) => self.consists_of_parts(inner),
            ExprKind::Block(_)
            | ExprKind::If { .. }
            | ExprKind::Match { .. }
            | ExprKind::For { .. }
            | ExprKind::ParallelFor { .. }
            | ExprKind::Repeat { .. }
            | ExprKind::Return(_)
            | ExprKind::Break(_)
            | ExprKind::Continue
            | ExprKind::Try { .. }
            | ExprKind::Ensure { .. }
            | ExprKind::Fail { .. }
            | ExprKind::Wait(_)
            | ExprKind::Say(_)
            | ExprKind::Step(_)
            | ExprKind::Parallel { .. }
            | ExprKind::Run(_)
            | ExprKind::Ask(_)
            | ExprKind::Gate(_) => true,
            // What a task is given, and what is written where, is compared by itself.
            ExprKind::Call { callee, .. } => match self.res(callee.id) {
                Res::Builtin(builtin) => builtin == Builtin::Write,
                Res::Callable(id) => self.program.callable(id).effects,
                _ => false,
            },
            _ => false,
        }
    }
}
