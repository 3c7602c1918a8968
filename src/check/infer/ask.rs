//! `ask` and its clauses, and the settings of agents.

use super::access::Head;
use super::{Want, Why};
use crate::check::body::LocalKind;
use crate::check::world::{Decl, World};
use crate::diagnostics::codes::{self, flow, lint, names};
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::policy::AgentTool;
use crate::syntax::ast::{AgentItem, Ask, CheckClause, Expr, ExprKind};
use crate::types::Type;

type Setting = (&'static str, fn() -> Type, &'static str);

/// The settings of an agent: name, type, what it is.
const SETTINGS: &[Setting] = &[
    ("system", || Type::Text, "`system` is a Text"),
    ("model", || Type::Text, "`model` is a Text"),
    ("provider", || Type::Text, "`provider` is a Text"),
    ("context", || Type::list(Type::Path), "`context` is a list of paths"),
    ("tools", || Type::list(Type::Text), "`tools` is a list of Text"),
    ("max_turns", || Type::Int, "`max_turns` is an Int"),
    ("max_tokens", || Type::Int, "`max_tokens` is an Int"),
    ("temperature", || Type::Float, "`temperature` is a Float"),
    ("max_cost", || Type::Float, "`max_cost` is a Float, in US dollars"),
    ("strict", || Type::Bool, "`strict` is a Bool"),
];

impl World<'_> {
    pub(super) fn ask(&mut self, e: &Expr, ask: &Ask) -> Type {
        self.effect(e.span, "asks an AI");
        if let Some(agent) = &ask.agent {
            self.agent(agent);
        }
        self.text_value(&ask.prompt, "the prompt is a text");
        let ty = match &ask.ty {
            Some(written) => {
                let ty = self.resolve(written);
                self.needs_json_form(written.span, &ty, "an answer");
                ty
            }
            None => Type::Text,
        };
        if let Some(with) = &ask.with {
            self.evidence(with, "what an AI is sent");
        }
        if let Some(retry) = &ask.retry {
            self.check(retry, &Type::Int, Why::Of("how often to try again is an Int"));
            self.positive(retry, "`retry` tries again at least once");
        }
        if let Some(turns) = &ask.turns {
            self.check(turns, &Type::Int, Why::Of("the number of turns is an Int"));
            self.positive(turns, "a conversation has at least one turn");
        }
        if let Some(timeout) = &ask.timeout {
            self.check(timeout, &Type::Duration, Why::Of("a timeout is a Duration such as `5m`"));
        }
        self.checks(&ask.checks, &ty);
        match &ask.otherwise {
            Some(otherwise) => {
                let why = match &ask.ty {
                    Some(t) => Why::At(t.span, "the answer has this type"),
                    None => Why::Of("without `as` the answer is a Text"),
                };
                self.check(otherwise, &ty, why);
            }
            None if self.env.pedantic => {
                let d = Diagnostic::warning(lint::L0706, e.span, "this `ask` has no `otherwise`")
                    .label("`--mode pure` cannot run it")
                    .help("add `otherwise` with a value that needs no AI");
                self.report(d);
            }
            None => {}
        }
        ty
    }

    /// The agent after `ask`: a name, or a module's.
    pub fn agent(&mut self, e: &Expr) {
        let what = match self.head(e, None) {
            Head::Agent | Head::Bad => return,
            Head::Value(ty) => {
                self.set_type(e.id, &ty);
                format!("a value of type `{}`", self.show(&ty))
            }
            Head::Callable(_) => "a task or function".to_owned(),
            Head::Module(_) => "a module".to_owned(),
            _ => "something else".to_owned(),
        };
        let agents = self.names(|d| matches!(d, Decl::Agent(_)));
        let mut d = self
            .error(names::E0213, e.span, format!("an agent is needed here, this is {what}"))
            .label("not an agent");
        d = match agents.first() {
            Some(one) => d.help(format!("the file declares the agent `{one}`")),
            None => d.help("declare one: `agent name { system: \"…\" }`, or leave it out"),
        };
        self.report(d);
    }

    /// `check` clauses: conditions over `it`, the value.
    pub(super) fn checks(&mut self, checks: &[CheckClause], ty: &Type) {
        for check in checks {
            let mark = self.body.mark();
            let it = self.body.add("it".into(), ty.clone(), check.span, LocalKind::It);
            self.tables().it.insert(check.id, it);
            let pure = self.body.pure.replace(self.body.pure.unwrap_or("a `check`"));
            self.condition(&check.condition, "`check`");
            if let Some(message) = &check.message {
                self.text_value(message, "the message is a text");
            }
            self.body.pure = pure;
            self.body.leave(mark);
        }
    }

    pub fn agent_settings(&mut self, agent: &AgentItem) {
        for (i, (key, value)) in agent.settings.iter().enumerate() {
            if let Some((first, _)) = agent.settings[..i].iter().find(|(k, _)| k.name == key.name) {
                let d = self
                    .error(names::E0203, key.span, format!("`{}` is set twice", key.name))
                    .also(first.span, "first here");
                self.report(d);
            }
            match SETTINGS.iter().find(|(n, ..)| *n == &*key.name) {
                Some((_, ty, why)) => {
                    self.check(value, &ty(), Why::Of(why));
                    if &*key.name == "tools" {
                        self.tool_names(value);
                    }
                    if key.name.starts_with("max_") {
                        self.positive(value, "a limit is at least one");
                    }
                }
                None => {
                    self.expr(value, Want::Any);
                    let near = did_you_mean(&key.name, SETTINGS.iter().map(|(n, ..)| *n));
                    let all: Vec<&str> = SETTINGS.iter().map(|(n, ..)| *n).collect();
                    let d = self
                        .error(names::E0216, key.span, format!("an agent has no setting `{}`", key.name))
                        .label("unknown setting")
                        .suggest(near)
                        .help(format!("there are {}", all.join(", ")));
                    self.report(d);
                }
            }
        }
    }

    /// The tools that an agent lists exist, as far as the file spells them out.
    fn tool_names(&mut self, tools: &Expr) {
        let ExprKind::List(items) = &tools.kind else { return };
        for item in items {
            let ExprKind::Text(text) = &item.value.kind else { continue };
            let Some(name) = text.plain() else { continue };
            if AgentTool::from_name(&name).is_none() {
                let near = did_you_mean(&name, AgentTool::ALL.iter().map(|t| t.name()));
                let d = self
                    .error(codes::ask::E1350, item.value.span, format!("there is no tool `{name}`"))
                    .label("unknown tool")
                    .suggest(near)
                    .help(format!("tools are {}", AgentTool::names()));
                self.report(d);
            }
        }
    }

    /// Clauses that say opposite things.
    pub(super) fn contradiction(&mut self, span: crate::source::Span, message: &str, help: &str) {
        let d = self.error(flow::E0415, span, message.to_owned()).help(help.to_owned());
        self.report(d);
    }
}
