//! Commands, and `run`, `ask`, `gate` with their clauses.

use super::Printer;
use crate::syntax::ast::*;

/// Characters that mean only themselves in a word of a command.
fn plain(c: char) -> bool {
    c.is_alphanumeric() || "_./:=@%+,#^-".contains(c)
}

impl Printer {
    pub fn command(&mut self, command: &Command) {
        self.put("`");
        for (i, word) in command.words.iter().enumerate() {
            if i > 0 {
                self.put(" ");
            }
            if word.parts.is_empty() {
                self.put("\"\"");
            }
            for part in &word.parts {
                match part {
                    WordPart::Lit(text) if text.chars().all(plain) => self.put(text),
                    WordPart::Lit(text) => self.quoted_word(text),
                    WordPart::Any => self.put("*"),
                    WordPart::Expr(e) => {
                        self.put("{");
                        self.expr(e);
                        self.put("}");
                    }
                    WordPart::Spread(e) => {
                        self.put("{");
                        self.bounded(e);
                        self.put("...}");
                    }
                }
            }
        }
        self.put("`");
    }

    fn quoted_word(&mut self, text: &str) {
        self.put("\"");
        for c in text.chars() {
            match c {
                '"' | '\\' | '{' | '`' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                '\n' => self.put("\\n"),
                '\t' => self.put("\\t"),
                _ => self.out.push(c),
            }
        }
        self.put("\"");
    }

    fn clause(&mut self, word: &str, value: &Option<Expr>) {
        if let Some(value) = value {
            self.put(" ");
            self.put(word);
            self.put(" ");
            self.clause_value(value);
        }
    }

    /// A record, map or name, as it stands.
    fn data(&mut self, word: &str, value: &Option<Expr>) {
        if let Some(value) = value {
            self.put(" ");
            self.put(word);
            self.put(" ");
            self.expr(value);
        }
    }

    fn form(&mut self, ty: &Option<TypeExpr>) {
        if let Some(ty) = ty {
            self.put(" as ");
            self.base(ty);
        }
    }

    fn checks(&mut self, checks: &[CheckClause]) {
        for check in checks {
            self.put(" check ");
            self.bounded(&check.condition);
            self.clause("else", &check.message);
        }
    }

    pub fn run(&mut self, run: &Run) {
        self.put("run ");
        self.command(&run.command);
        self.form(&run.form);
        self.clause("in", &run.dir);
        self.data("env", &run.env);
        self.clause("stdin", &run.stdin);
        self.clause("timeout", &run.timeout);
        if let Some(retry) = &run.retry {
            self.put(" retry ");
            self.clause_value(&retry.times);
            self.clause("every", &retry.every);
            self.data("on", &retry.on);
        }
        if let Some(exits) = &run.exits {
            self.put(" exits ");
            match &exits.kind {
                ExprKind::Range { start, end, inclusive } => {
                    self.operand(start);
                    self.put(if *inclusive { " ..= " } else { " .. " });
                    self.operand(end);
                }
                _ => self.operand(exits),
            }
        }
        if run.idempotent.is_some() {
            self.put(" idempotent");
        }
    }

    pub fn ask(&mut self, ask: &Ask) {
        self.put("ask ");
        if ask.interactive.is_some() {
            self.put("interactive ");
        }
        if let Some(agent) = &ask.agent {
            self.expr(agent);
            self.put(" ");
        }
        self.question(&ask.prompt);
        self.form(&ask.ty);
        self.data("with", &ask.with);
        self.clause("retry", &ask.retry);
        self.checks(&ask.checks);
        if let Some(otherwise) = &ask.otherwise {
            self.put(" otherwise ");
            self.body(otherwise);
        }
        if let Some(turns) = &ask.turns {
            self.put(" up to ");
            self.clause_value(turns);
            self.put(" turns");
        }
        self.clause("timeout", &ask.timeout);
    }

    /// A text, or anything else in parentheses.
    fn question(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Text(_) => self.expr(e),
            _ => self.parenthesised(e),
        }
    }

    pub fn gate(&mut self, gate: &Gate) {
        self.put("gate ");
        self.put(&gate.name.name);
        self.put(" ");
        self.question(&gate.question);
        if let Some(by) = &gate.by {
            self.put(" by ");
            self.approvers(by, false);
        }
        self.data("show", &gate.show);
        if !gate.require.is_empty() {
            self.put(" require ");
            self.list(&gate.require, |p, e| p.expr(e));
        }
        self.clause("timeout", &gate.timeout);
        if !gate.escalate.is_empty() {
            self.put(" escalate [");
            self.list(&gate.escalate, |p, a| p.approvers(a, false));
            self.put("]");
        }
        self.clause("edit", &gate.edit);
        self.form(&gate.ty);
        self.checks(&gate.checks);
        if let Some(assurance) = &gate.assurance {
            self.put(" min_assurance ");
            self.expr(assurance);
        }
        if let Some(reject) = &gate.on_reject {
            self.put(" on reject ");
            if let Some(name) = &reject.name {
                self.put(&name.name);
                self.put(" ");
            }
            self.block(&reject.body);
        }
    }

    fn approvers(&mut self, approvers: &Approvers, inside: bool) {
        let (word, of) = match &approvers.kind {
            ApproversKind::One(e) => return self.expr(e),
            ApproversKind::Quorum { count, of } => {
                match &count.kind {
                    ExprKind::Int(n) if *n >= 0 => self.expr(count),
                    _ => self.parenthesised(count),
                }
                self.put(" of [");
                self.list(of, |p, a| p.approvers(a, false));
                return self.put("]");
            }
            ApproversKind::And(of) => (" and ", of),
            ApproversKind::Or(of) => (" or ", of),
        };
        self.put(if inside { "(" } else { "" });
        for (i, one) in of.iter().enumerate() {
            self.put(if i > 0 { word } else { "" });
            self.approvers(one, true);
        }
        self.put(if inside { ")" } else { "" });
    }
}
