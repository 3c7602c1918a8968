//! Commands, questions, and the facts of the outside.

use super::values::{filled_of, pieces};
use super::{Builder, Flow};
use crate::check::{Builtin, Res};
use crate::plan::model::*;
use crate::policy::{self, Guard, Judgement, Pattern as CommandPattern, generalise};
use crate::syntax::ast::{self, Arg, Expr, ExprKind};
use crate::types::Type;
use crate::value::Value;
use std::sync::Arc;

impl<'a> Builder<'a> {
    pub(super) fn run(&mut self, e: &'a Expr, run: &'a ast::Run, out: &mut Vec<Node>) -> Flow {
        let inside = run.command.words.iter().flat_map(|w| &w.parts).filter_map(|p| match p {
            ast::WordPart::Expr(e) | ast::WordPart::Spread(e) => Some(e),
            ast::WordPart::Lit(_) | ast::WordPart::Any => None,
        });
        let mut flow = self.all(inside, out);
        flow = flow.min(
            self.all([&run.dir, &run.env, &run.stdin, &run.timeout, &run.exits].into_iter().flatten(), out),
        );
        let (words, command, shape) = self.command(&run.command);
        let judgement = match self.setting.config {
            Some(_) => self.policy.judge(&words),
            // Whoever is asked can say yes to it, unless the file does not.
            None => {
                let mut policy = self.policy.clone();
                let asked = CommandPattern::parse(&generalise(&words), run.command.span);
                policy.grant(asked.into_iter().collect(), Vec::new());
                policy.judge(&words)
            }
        };
        let never = judgement.verdict == policy::Verdict::Never;
        let rules = match never {
            true => Vec::new(),
            false => self.rulings(self.policy.allowing(&words)),
        };
        let verdict = self.verdict(judgement, rules);
        let retry = run.retry.as_ref().map(|r| {
            let mut text = self.fill(&r.times).text;
            if let Some(every) = &r.every {
                text.push_str(&format!(" every {}", self.fill(every).text));
            }
            if let Some(on) = &r.on {
                text.push_str(&format!(" on {}", self.fill(on).text));
            }
            text
        });
        let what = Run {
            reads_only: self.policy.reads(&words, None),
            command,
            verdict,
            form: run.form.as_ref().map(|t| self.type_text(self.ty(t.id))),
            dir: run.dir.as_ref().map(|d| self.fill(d)),
            env: run.env.as_ref().map(|e| self.labelled(e)).unwrap_or_default(),
            stdin: run.stdin.as_ref().map(|s| self.fill(s)),
            timeout: run.timeout.as_ref().map(|t| self.fill(t).text),
            retry,
            exits: run.exits.as_ref().map(|x| self.fill(x).text),
            idempotent: run.idempotent.is_some(),
            shape,
        };
        self.judged(e.span, || format!("run {}", what.command.text));
        self.put(What::Run(Box::new(what)), e.span, out);
        flow
    }

    fn rulings(&self, found: Vec<policy::Ruling>) -> Vec<Ruling> {
        let of = |r: policy::Ruling| Ruling { rule: r.text.to_string(), place: self.place(r.rule) };
        found.into_iter().map(of).collect()
    }

    pub(super) fn afters(&self, guards: &[Guard]) -> Vec<After> {
        let of = |g: &Guard| After { gate: g.gate.clone(), always: g.always, place: self.place(g.rule) };
        guards.iter().map(of).collect()
    }

    fn verdict(&self, judgement: Judgement, rules: Vec<Ruling>) -> Verdict {
        let says = match judgement.verdict {
            policy::Verdict::Never => Says::Never,
            _ if self.setting.config.is_none() => Says::Asked,
            policy::Verdict::Always => Says::Allowed,
            policy::Verdict::Depends => Says::Depends,
        };
        let why = judgement.refusal.as_ref().filter(|_| matches!(says, Says::Never | Says::Depends));
        let why = why.map(|r| {
            let text = match (&r.why, says) {
                (policy::Why::Dash { .. }, Says::Depends) => "refused if a value begins with `-`".into(),
                (policy::Why::Denied { rule, .. }, Says::Depends) => format!("refused if it is `{rule}`"),
                (policy::Why::NotListed { .. }, Says::Depends) => "only some values are allowed".into(),
                _ => r.message(),
            };
            match r.rule {
                Some(rule) => format!("{text} ({})", self.place(rule)),
                None => text,
            }
        });
        Verdict { says, rules, why, after: self.afters(&judgement.after) }
    }

    /// The fields of a `with`, `show` or `env`.
    pub(super) fn labelled(&self, e: &Expr) -> Vec<Named> {
        let named = |name: &Arc<str>, e: &Expr| Named { name: name.clone(), value: self.brief(e) };
        match &e.kind {
            ExprKind::Record(fields) => fields.iter().map(|f| named(&f.name.name, &f.value)).collect(),
            ExprKind::Map(entries) => entries
                .iter()
                .map(|(k, v)| Named { name: self.fill(k).text.into(), value: self.brief(v) })
                .collect(),
            ExprKind::Paren(inner) => self.labelled(inner),
            _ => vec![Named { name: "value".into(), value: self.brief(e) }],
        }
    }

    /// A value that is known and short, its source otherwise.
    fn brief(&self, e: &Expr) -> String {
        let known = self.value(e).map(|v| v.to_string());
        known.filter(|t| t.chars().count() <= 60 && !t.contains('\n')).unwrap_or_else(|| self.source(e))
    }

    pub(super) fn checks(&self, checks: &[ast::CheckClause]) -> Vec<Check> {
        let of = |c: &ast::CheckClause| Check {
            condition: self.source(&c.condition),
            message: c.message.as_ref().map(|m| self.fill(m)),
        };
        checks.iter().map(of).collect()
    }

    pub(super) fn ask(&mut self, e: &'a Expr, ask: &'a ast::Ask, out: &mut Vec<Node>) -> Flow {
        let mut flow = self.expr(&ask.prompt, out);
        let clauses = [&ask.with, &ask.retry, &ask.turns, &ask.timeout];
        flow = flow.min(self.all(clauses.into_iter().flatten(), out));
        let ty = ask.ty.as_ref().map(|t| self.ty(t.id));
        let agent = ask.agent.as_ref().and_then(|a| match self.res(a.id) {
            Res::Agent(id) => Some(self.agent(id)),
            _ => None,
        });
        let ai = self.setting.config.map(|c| &c.ai);
        let own = |f: fn(&Agent) -> Option<String>| agent.as_ref().and_then(f);
        let provider = own(|a| a.provider.clone())
            .unwrap_or_else(|| ai.map(|ai| ai.provider).unwrap_or_default().name().to_owned());
        let model =
            own(|a| a.model.clone()).or_else(|| ai.and_then(|ai| ai.model.as_deref().map(str::to_owned)));
        let otherwise = ask.otherwise.as_ref().map(|o| {
            let tokens = self.tokens.len();
            let (body, _) = self.within("otherwise".into(), |b| b.apart(o));
            if body.is_empty() {
                // It is compared as what the question has.
                self.tokens.truncate(tokens);
            }
            Otherwise { value: self.source(o), body }
        });
        let text = |b: &Builder<'a>, e: &Option<Expr>| e.as_ref().map(|e| b.fill(e).text);
        let what = Ask {
            provider,
            model,
            prompt: self.fill(&ask.prompt),
            ty: ty.map_or("Text".into(), |t| self.type_text(t)),
            schema: ty.filter(|t| **t != Type::Text).map(|t| crate::types::schema(t, &self.program.defs)),
            with: ask.with.as_ref().map(|w| self.labelled(w)).unwrap_or_default(),
            checks: self.checks(&ask.checks),
            retry: text(self, &ask.retry),
            turns: text(self, &ask.turns),
            timeout: text(self, &ask.timeout),
            interactive: ask.interactive.is_some() || self.setting.mode == ModeName::Interactive,
            max_cost_per_ask: ai.and_then(|ai| ai.max_cost_per_ask),
            max_cost: ai.and_then(|ai| ai.max_cost),
            otherwise,
            asked: self.setting.mode != ModeName::Pure,
            agent,
        };
        self.judged(e.span, || format!("ask {} -> {}", what.agent.as_ref().map_or("", |a| &a.name), what.ty));
        self.put(What::Ask(Box::new(what)), e.span, out);
        flow
    }

    fn agent(&self, id: crate::check::AgentId) -> Agent {
        let name = self.program.agents[id.0 as usize].name.clone();
        let commands = self.policy.of_agent(&name).into_iter().map(|r| r.text.to_string()).collect();
        // Settings that cannot be computed are no settings: the run would say why.
        let Ok(s) = self.setting.lowered.agent_settings(id, &|_| true) else {
            return Agent { name, commands, ..Agent::default() };
        };
        Agent {
            name,
            system: s.system,
            provider: s.provider,
            model: s.model,
            context: s.context,
            tools: s.tools,
            commands,
            max_turns: s.max_turns,
            max_tokens: s.max_tokens,
            max_cost: s.max_cost,
            temperature: s.temperature,
            strict: s.strict,
        }
    }

    /// A function of the language that touches the outside.
    pub(super) fn builtin(&mut self, e: &'a Expr, builtin: Builtin, args: &'a [Arg], out: &mut Vec<Node>) {
        let order = self.program.module(self.frame.scope.module).tables.call_order.get(&e.id);
        let arg = |i: usize| {
            let at = order.map_or(Some(i), |o| o.get(i).copied().flatten().map(|at| at as usize))?;
            args.get(at).map(|a| &a.value)
        };
        if builtin == Builtin::Vouch {
            let value = arg(0).map(|e| self.source(e)).unwrap_or_default();
            let because = arg(1).map(|b| self.fill(b)).unwrap_or_default();
            self.judged(e.span, || format!("vouch {value}"));
            return self.put(What::Vouch { value, because }, e.span, out);
        }
        let name = Builtin::ALL.iter().find(|(_, b)| *b == builtin).map_or("effect", |(name, _)| name);
        let bits: Option<Vec<Bit>> = arg(0).map(|a| self.bits(a));
        let judged = matches!(
            builtin,
            Builtin::Write | Builtin::Read | Builtin::Glob | Builtin::Exists | Builtin::Env | Builtin::Secret
        );
        let verdict = judged.then(|| {
            let pieces = bits.as_deref().map(pieces);
            let mut judgement = self.policy.judge_effect(name, pieces.as_deref());
            // Whoever is asked can say yes to it, unless the file does not.
            if self.setting.config.is_none()
                && judgement.refusal.as_ref().is_some_and(|r| r.why == policy::Why::Unconfigured)
            {
                judgement.verdict = policy::Verdict::Depends;
            }
            let unknown_path = builtin == Builtin::Write && judgement.refusal.is_none();
            let says_free = builtin != Builtin::Write && judgement.verdict == policy::Verdict::Always;
            let mut verdict = self.verdict(judgement, Vec::new());
            if says_free {
                verdict.says = Says::Allowed;
            }
            if unknown_path && verdict.says == Says::Depends {
                verdict.why = Some("allowed where the policy lists the path under `write`".into());
            }
            verdict
        });
        let content = match builtin {
            Builtin::Write => arg(1).map(|a| self.brief(a)),
            _ => None,
        };
        let what = Effect { name, argument: bits.map(filled_of), content, verdict };
        self.judged(e.span, || format!("{name} {}", what.argument.as_ref().map_or("", |a| &a.text)));
        self.put(What::Effect(what), e.span, out);
    }

    /// Milliseconds, where they are known.
    pub(super) fn millis(&self, e: &Expr) -> Option<i64> {
        match self.value(e) {
            Some(Value::Duration(ms)) => Some(ms),
            _ => None,
        }
    }
}
