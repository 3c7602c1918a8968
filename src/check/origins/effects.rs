//! Commands, questions, approvals and the facts of the outside: where origins begin, end, and are settled.

use super::cause::{CauseId, Step};
use super::flow::Flow;
use super::origin::{Level, Origin};
use super::report::Sink;
use crate::check::program::*;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::lint;
use crate::policy::{AgentTool, Piece, Trust};
use crate::source::Span;
use crate::syntax::ast::*;

impl<'w> Flow<'_, 'w> {
    fn source(&mut self, level: Level, span: Span, step: Step, before: CauseId) -> Origin {
        let cause = self.proof.causes.add(span, step, before);
        Origin::new(level, cause)
    }

    /// An untrusted value leaves the program: what is read afterwards may be it.
    fn leaves(&mut self, value: &Origin, span: Span) {
        let cause = self.proof.causes.add(span, Step::Written, value.cause);
        self.taints(cause);
    }

    /// From here on files may hold what an AI wrote.
    fn taints(&mut self, cause: CauseId) {
        if self.files().untrusted() {
            return;
        }
        if self.proof.ever_written == CauseId::NONE {
            self.proof.ever_written = cause;
        }
        self.set_files(Origin::new(Level::Untrusted, cause));
    }

    /// Something outside is changed. What an AI decides about it, or chooses for it, is one of what the file spells out and
    /// says little; turn by turn of a loop it says whatever can be spelled.
    fn changes(&mut self, given: &Origin, span: Span) {
        self.acts = true;
        let by = self.decided();
        let by = if by.untrusted() { by } else { given.whole() };
        if by.untrusted() {
            self.chosen_outside(&by, span);
        }
    }

    fn chosen_outside(&mut self, by: &Origin, span: Span) {
        if self.in_loop() {
            self.leaves(by, span);
        } else if self.chosen == CauseId::NONE {
            self.chosen = self.proof.causes.add(span, Step::Decided, by.cause);
        }
    }

    /// The same of a call: it may stand in a loop that its body knows nothing of.
    pub fn called(&mut self, acts: bool, chosen: Option<&Origin>, span: Span) {
        if acts {
            self.changes(&Origin::literal(), span);
        }
        if let Some(chosen) = chosen {
            self.chosen_outside(chosen, span);
        }
    }

    pub fn run(&mut self, e: &'w Expr, run: &'w Run) -> Origin {
        self.happens(e.id);
        let judged = self.proof.held.and_then(|h| h.commands.get(&run.command.span));
        let gate = judged.and_then(|j| j.after.first()).map(|g| g.gate.clone());
        // The worst that the command is given.
        let mut given: Option<Origin> = None;
        let mut all = Origin::literal();
        let mut take = |origin: &Origin| {
            let origin = origin.whole();
            all = all.join(&origin);
            if origin.alone == Level::Untrusted {
                given.get_or_insert(origin);
            }
        };
        for (i, word) in run.command.words.iter().enumerate() {
            for part in &word.parts {
                let (WordPart::Expr(e) | WordPart::Spread(e)) = part else { continue };
                let origin = self.expr(e);
                let sink = match (&gate, i) {
                    (_, 0) => Sink::Program,
                    (Some(gate), _) => Sink::Protected(gate.clone()),
                    (None, _) => Sink::Word,
                };
                self.sink(sink, e, &origin);
                take(&origin);
            }
        }
        if let Some(dir) = &run.dir {
            let origin = self.expr(dir);
            self.sink(Sink::Directory, dir, &origin);
        }
        if let Some(env) = &run.env {
            let origin = self.expr(env);
            take(&origin);
            match &env.kind {
                ExprKind::Record(fields) => {
                    for field in fields {
                        let origin = origin.field(&field.name.name);
                        self.sink(Sink::Environment, &field.value, &origin);
                    }
                }
                _ => self.sink(Sink::Environment, env, &origin),
            }
        }
        if let Some(stdin) = &run.stdin {
            let origin = self.expr(stdin);
            take(&origin);
            let words: Vec<Option<String>> = run.command.words.iter().map(spelled).collect();
            let words: Vec<Option<&str>> = words.iter().map(Option::as_deref).collect();
            if self.proof.config.reads_code(&words) {
                let shown = words.first().copied().flatten().unwrap_or("a program that is not known").into();
                self.sink(Sink::Code(shown), stdin, &origin);
            }
        }
        self.each([&run.timeout, &run.exits].into_iter().flatten());
        if let Some(retry) = &run.retry {
            self.expr(&retry.times);
            self.each([&retry.every, &retry.on].into_iter().flatten());
        }
        self.code_run(run);
        let trust = judged.map_or(Trust::Unsaid, |j| j.trust);
        if let Some(given) = &given
            && trust != Trust::Trusted
        {
            self.leaves(given, e.span);
        }
        if !judged.is_some_and(|j| j.reads) {
            self.changes(&all, e.span);
        }
        let files = self.files();
        let output = match (trust, given) {
            (Trust::Trusted, _) => Origin::literal(),
            (Trust::Untrusted, _) => {
                self.source(Level::Untrusted, run.command.span, Step::UntrustedCommand, CauseId::NONE)
            }
            (_, Some(given)) => self.source(Level::Untrusted, run.command.span, Step::Received, given.cause),
            _ if files.untrusted() => {
                self.source(Level::Untrusted, run.command.span, Step::Tainted, files.cause)
            }
            _ => self.source(files.level.max(Level::Outside), run.command.span, Step::Output, files.cause),
        };
        self.meet(&output);
        output
    }

    pub fn ask(&mut self, e: &'w Expr, ask: &'w Ask) -> Origin {
        self.happens(e.id);
        let prompt = self.expr(&ask.prompt);
        self.sink(Sink::Instructions, &ask.prompt, &prompt);
        self.each([&ask.with, &ask.retry, &ask.turns, &ask.timeout].into_iter().flatten());
        let head = Span { end: e.span.end.min(e.span.start + 3), ..e.span };
        let answer = self.source(Level::Untrusted, head, Step::Asked, CauseId::NONE);
        if self.may_change(ask) {
            let cause = self.proof.causes.add(head, Step::Worked, CauseId::NONE);
            self.taints(cause);
        }
        self.checks(&ask.checks, &answer);
        let mut value = answer.clone();
        if let Some(otherwise) = &ask.otherwise {
            let way = self.branch(|flow| flow.expr(otherwise));
            if !way.dead() {
                value = value.join(&way.value);
            }
            let answered = self.branch(|_| Origin::literal());
            self.meet_ways(vec![answered, way], &Origin::literal());
        }
        self.meet(&answer);
        value.whole()
    }

    /// Whether the agent has a tool that writes files or runs commands. A list that is not spelled out may hold any.
    fn may_change(&self, ask: &Ask) -> bool {
        let Some(Res::Agent(id)) = ask.agent.as_ref().map(|a| self.tables.res(a.id)) else { return false };
        let world = self.proof.world;
        let at = world.agents[id.0 as usize].at;
        let ItemKind::Agent(agent) = &world.modules[at.module.0 as usize].ast.items[at.item as usize].kind
        else {
            return false;
        };
        let Some((_, tools)) = agent.settings.iter().find(|(key, _)| &*key.name == "tools") else {
            return false;
        };
        let ExprKind::List(items) = &tools.kind else { return true };
        items.iter().any(|item| match &item.value.kind {
            ExprKind::Text(text) => {
                let tool = text.plain().and_then(|name| AgentTool::from_name(&name));
                tool.is_none_or(AgentTool::may_change)
            }
            _ => true,
        })
    }

    fn checks(&mut self, checks: &'w [CheckClause], it: &Origin) {
        for clause in checks {
            let way = |flow: &mut Self| {
                if let Some(local) = flow.tables.it.get(&clause.id) {
                    flow.set(*local as usize, it.clone());
                }
                flow.expr(&clause.condition);
                flow.each(&clause.message);
                Origin::literal()
            };
            self.branch(way);
        }
    }

    pub fn gate(&mut self, gate: &'w Gate) -> Origin {
        let question = self.expr(&gate.question);
        self.sink(Sink::Question, &gate.question, &question);
        for criterion in &gate.require {
            let origin = self.expr(criterion);
            self.sink(Sink::Criterion, criterion, &origin);
        }
        self.each([&gate.show, &gate.timeout, &gate.edit, &gate.assurance].into_iter().flatten());
        // What people type or have approved.
        let given = match (&gate.edit, &gate.ty) {
            (Some(_), _) => Origin::literal(),
            _ => Origin::new(Level::Person, CauseId::NONE),
        };
        self.checks(&gate.checks, &given);
        if let Some(reject) = &gate.on_reject {
            let refused = self.branch(|flow| {
                if let Some(name) = &reject.name {
                    flow.bind(name, Origin::new(Level::Person, CauseId::NONE));
                }
                let value = flow.block(&reject.body);
                // It leaves, or the rejection goes on.
                flow.dead = true;
                value
            });
            let approved = self.branch(|_| Origin::literal());
            self.meet_ways(vec![refused, approved], &Origin::literal());
        }
        if let Some(show) = &gate.show {
            self.approve(show);
        }
        self.bind(&gate.name, given.clone());
        given
    }

    /// What was named in the `show` of an approved gate: the very values that people have seen.
    fn approve(&mut self, show: &'w Expr) {
        match &show.kind {
            ExprKind::Paren(inner) => self.approve(inner),
            ExprKind::Record(fields) => {
                for field in fields {
                    if let Some(place) = self.place(&field.value) {
                        self.put(&place, Origin::literal());
                    }
                }
            }
            _ => {}
        }
    }

    /// A function of the language; `args` in the order of its parameters.
    pub fn builtin(&mut self, e: &'w Expr, builtin: Builtin, args: &[Option<(&'w Expr, Origin)>]) -> Origin {
        self.happens(e.id);
        let first = args.first().cloned().flatten();
        let second = args.get(1).cloned().flatten();
        if let Some((at, origin)) = &first {
            match builtin {
                Builtin::Read | Builtin::Write | Builtin::Glob | Builtin::Exists => {
                    self.sink(Sink::Path, at, origin);
                }
                Builtin::Env | Builtin::Secret => self.sink(Sink::Variable, at, origin),
                _ => {}
            }
        }
        match builtin {
            Builtin::Now | Builtin::Uuid | Builtin::Secret => Origin::literal(),
            Builtin::Env => self.source(Level::Outside, e.span, Step::Fact, CauseId::NONE),
            Builtin::Glob | Builtin::Exists => self.fact(e.span, Trust::Unsaid),
            Builtin::Read => {
                let path = first.and_then(|(at, _)| self.known(at));
                let trust = match self.proof.held {
                    Some(held) => held.policy.trust_file(path.as_deref()),
                    None => Trust::Unsaid,
                };
                self.fact(e.span, trust)
            }
            Builtin::Write => {
                let written = second.as_ref().map(|(_, text)| text.whole());
                if let Some((_, text)) = second
                    && text.whole().alone == Level::Untrusted
                {
                    let at = first.map(|(at, _)| at);
                    let path = at.and_then(|at| self.known(at));
                    let trusted = self.proof.held.is_some_and(|held| {
                        path.as_deref().is_some_and(|p| held.policy.trust_file(Some(p)) == Trust::Trusted)
                    });
                    if let Some(at) = at {
                        self.code_put(at, &text.whole(), e.span);
                    }
                    if !trusted {
                        self.leaves(&text.whole(), e.span);
                    }
                }
                if let Some(text) = written {
                    self.changes(&text, e.span);
                }
                Origin::literal()
            }
            Builtin::Vouch => {
                if let Some((at, because)) = second {
                    self.sink(Sink::Reason, at, &because);
                    self.vouched(e.span, at);
                }
                Origin::literal()
            }
        }
    }

    fn fact(&mut self, span: Span, trust: Trust) -> Origin {
        let files = self.files();
        match trust {
            Trust::Trusted => Origin::literal(),
            Trust::Untrusted => self.source(Level::Untrusted, span, Step::UntrustedFile, CauseId::NONE),
            Trust::Unsaid if files.untrusted() => {
                self.source(Level::Untrusted, span, Step::Tainted, files.cause)
            }
            Trust::Unsaid => self.source(Level::Outside, span, Step::Fact, CauseId::NONE),
        }
    }

    /// A path, if the file spells it out.
    fn known(&self, e: &Expr) -> Option<String> {
        let pieces = self.written.text(self.proof.world, self.module, e);
        pieces
            .into_iter()
            .map(|p| match p {
                Piece::Lit(t) => Some(t.to_string()),
                Piece::Hole(_) => None,
            })
            .collect()
    }

    fn vouched(&mut self, span: Span, because: &Expr) {
        let reason = self.known(because).unwrap_or_default();
        let d = Diagnostic::new(
            lint::L0710,
            crate::diagnostics::Severity::Note,
            span,
            format!("the file vouches for this value: {reason}"),
        );
        self.proof.noted.insert(span, d.label("trusted from here on, whatever it is"));
    }
}

/// A word that the file spells out.
fn spelled(word: &Word) -> Option<String> {
    let parts = word.parts.iter().map(|p| match p {
        WordPart::Lit(t) => Some(&**t),
        _ => None,
    });
    parts.collect()
}
