//! Commands against the policy: one that no value could ever make allowed is an error here, not at run time.
//!
//! Both policies bind what the named file's tasks and workflows reach, in whatever module it stands.
//! Where there is no `wflow.toml` a person will be asked, so only the file's policy speaks.

use super::program::*;
use super::world::*;
use crate::diagnostics::codes::policy as code;
use crate::policy::{
    Guard, Hole, Pattern, Piece, Policy, RuleSet, Trust, Verdict, Why, Word, generalise, show,
};
use crate::source::{Origin, Span};
use crate::syntax::ast::{Command, Expr, ExprKind, ItemKind, WordPart};
use crate::types::{DefKind, Shape, Type, TypeDefs};
use std::collections::HashMap;
use std::sync::Arc;

/// The policy in force and what it says to the commands that are reached, by the place of their words.
#[derive(Default)]
pub(super) struct Held {
    pub policy: Policy,
    pub commands: HashMap<Span, Judged>,
}

/// What the proofs have to know of a command.
pub(super) struct Judged {
    pub after: Vec<Guard>,
    /// It changes nothing.
    pub reads: bool,
    /// Whether what it prints is to be trusted.
    pub trust: Trust,
    /// As people see it.
    pub text: String,
}

/// A command of the program, as far as it is known before it runs.
pub(super) struct Planned {
    pub callable: Option<CallableId>,
    pub words: Vec<Word>,
    pub span: Span,
}

impl World<'_> {
    /// Remembers a command for the policy, if there is one. Its words have been checked.
    pub fn plan(&mut self, command: &Command) {
        if !self.judging {
            return;
        }
        let words = command
            .words
            .iter()
            .map(|word| match &word.parts[..] {
                [WordPart::Spread(e)] => Word::Many(match self.ty(e.id).base() {
                    Type::List(item) => hole(item, &self.defs),
                    _ => Hole::Any,
                }),
                parts => Word::from_pieces(parts.iter().map(|p| match p {
                    WordPart::Lit(t) => Piece::Lit(t.clone()),
                    WordPart::Expr(e) => Piece::Hole(self.hole_of(e)),
                    WordPart::Spread(_) | WordPart::Any => Piece::Hole(Hole::Any),
                })),
            })
            .collect();
        self.planned.push(Planned { callable: self.body.callable, words, span: command.span });
    }

    fn hole_of(&self, e: &Expr) -> Hole {
        let literal = |e: &Expr| match &e.kind {
            ExprKind::Text(t) => t.plain(),
            ExprKind::Int(n) => Some(n.to_string()),
            _ => None,
        };
        let known = match self.res(e.id) {
            Res::Const(id) => {
                let at = self.consts[id.0 as usize].at;
                match &self.module(at.module).ast.items[at.item as usize].kind {
                    ItemKind::Const(c) => literal(&c.value),
                    _ => None,
                }
            }
            _ => literal(e),
        };
        match known {
            Some(text) => Hole::OneOf(Arc::from([Arc::from(text)])),
            None => hole(self.ty(e.id), &self.defs),
        }
    }

    /// The rules of a module's `policy { }`, if it has one.
    pub fn rules(&mut self, module: ModuleId) -> Option<RuleSet> {
        let file = Arc::clone(&self.module(module).ast);
        file.policies().next()?;
        let (rules, diagnostics) = RuleSet::from_items(file.policies());
        self.diagnostics.extend(diagnostics);
        Some(rules)
    }

    /// None where there is no policy.
    pub fn judge_commands(&mut self) -> Option<Held> {
        let rules = match self.modules.is_empty() {
            true => return None,
            false => self.rules(ModuleId(0)),
        };
        for m in 1..self.modules.len() {
            self.rules(ModuleId(m as u32));
        }
        let planned = std::mem::take(&mut self.planned);
        let config = self.env.config.as_deref();
        if config.is_none() && rules.is_none() {
            return None;
        }
        let policy = Policy::from_config(config, rules);
        let mut asking = policy.clone();
        let mut commands = HashMap::with_capacity(planned.len());
        let reached = self.reached();
        for command in planned {
            let through = match command.callable {
                None => None,
                Some(c) => match reached[c.0 as usize] {
                    Reached::No => continue,
                    Reached::Directly => None,
                    Reached::Through(call) => Some(call),
                },
            };
            let judgement = match config {
                Some(_) => policy.judge(&command.words),
                // Whoever is asked can say yes to it, unless the file does not.
                None => {
                    let asked = Pattern::parse(&generalise(&command.words), command.span);
                    asking.grant_only(asked.into_iter().collect());
                    asking.judge(&command.words)
                }
            };
            commands.insert(
                command.span,
                Judged {
                    after: judgement.after,
                    reads: policy.reads(&command.words, None),
                    trust: policy.trust(&command.words, None),
                    text: show(&command.words),
                },
            );
            let (Verdict::Never, Some(refusal)) = (judgement.verdict, judgement.refusal) else { continue };
            let at = through.unwrap_or(command.span);
            let mut d = self.error(code::E0501, at, refusal.message()).label("can never run");
            if through.is_some() {
                d = d.also(command.span, "run by the library here");
            }
            if let Some(rule) = refusal.rule
                && self.sources.get(rule.file).is_some()
            {
                d = d.also(
                    rule,
                    if matches!(refusal.why, Why::NotListed { .. }) {
                        "the nearest rule"
                    } else {
                        "this rule"
                    },
                );
            }
            for help in refusal.help() {
                d = d.help(help);
            }
            self.report(d);
        }
        Some(Held { policy, commands })
    }

    /// Which callables the named file's own reach, and whether through a call into the library.
    fn reached(&self) -> Vec<Reached> {
        let library = |c: CallableId| {
            let file = self.module(self.callables[c.0 as usize].at.module).ast.id;
            self.sources.file(file).origin == Origin::Std
        };
        let mut seen = vec![Reached::No; self.callables.len()];
        let mut todo: Vec<CallableId> = Vec::new();
        for c in self.callables.iter().filter(|c| c.at.module == ModuleId(0)) {
            seen[c.id.0 as usize] = Reached::Directly;
            todo.push(c.id);
        }
        while let Some(from) = todo.pop() {
            for (to, span) in &self.callable_summaries[from.0 as usize].calls {
                if seen[to.0 as usize] == Reached::No {
                    seen[to.0 as usize] = match seen[from.0 as usize] {
                        Reached::Directly if library(*to) => Reached::Through(*span),
                        other => other,
                    };
                    todo.push(*to);
                }
            }
        }
        seen
    }
}

/// What every value of a type looks like as text.
pub fn hole(ty: &Type, defs: &TypeDefs) -> Hole {
    match ty {
        Type::Bool => Hole::OneOf(["true", "false"].map(Arc::from).into()),
        Type::Size | Type::Time => Hole::NoDash,
        Type::Named(def) => match &defs.get(*def).kind {
            DefKind::Enum(vs) => Hole::OneOf(vs.iter().map(|v| v.text_form().clone()).collect()),
            DefKind::Record(_) => Hole::Any,
        },
        Type::Refined(r) => {
            for shape in &r.shapes {
                match shape {
                    Shape::OneOf(list) => {
                        let texts: Option<Arc<[Arc<str>]>> =
                            list.iter().map(|v| Some(Arc::from(v.as_str()?))).collect();
                        if let Some(texts) = texts {
                            return Hole::OneOf(texts);
                        }
                    }
                    Shape::Minimum { value, .. } if *value >= 0.0 => return Hole::NoDash,
                    _ => {}
                }
            }
            hole(&r.base, defs)
        }
        _ => Hole::Any,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Reached {
    No,
    Directly,
    /// The call that enters the library.
    Through(Span),
}
