//! Gates: who decides what, as file and `wflow.toml` say together.

use super::{Builder, Flow};
use crate::check::Res;
use crate::plan::model::{Gate, Holder, Node, What};
use crate::policy::{Assurance, Config};
use crate::syntax::ast::{self, Approvers, ApproversKind, Expr};
use crate::value::Value;
use std::sync::Arc;

impl<'a> Builder<'a> {
    pub(super) fn gate(&mut self, e: &'a Expr, gate: &'a ast::Gate, out: &mut Vec<Node>) -> Flow {
        let clauses = [&gate.show, &gate.timeout, &gate.edit, &gate.assurance];
        let mut flow = self.expr(&gate.question, out);
        flow = flow.min(self.all(clauses.into_iter().flatten().chain(&gate.require), out));
        let default = Config::default();
        let config = self.setting.config.unwrap_or(&default);
        let fixed = config.gates.get(&gate.name.name);
        let mut names = Vec::new();
        let mut by = Vec::new();
        if let Some(own) = fixed.and_then(|f| f.by.as_ref()) {
            names.extend(own.names());
            by.push(own.to_string());
        }
        let also = |text: String, by: &mut Vec<String>| {
            if !by.contains(&text) {
                by.push(text);
            }
        };
        if let Some(own) = &gate.by {
            also(self.approvers(own, &mut names), &mut by);
        }
        let escalate = gate.escalate.iter().map(|a| self.approvers(a, &mut names)).collect();
        let guards = self.policy.gates().any(|g| *g == *gate.name.name);
        let asked = gate.assurance.as_ref().and_then(|a| self.value(a));
        let asked = asked.and_then(|v| Assurance::from_name(v.as_text()?)).unwrap_or_default();
        let assurance = config.min_assurance(&gate.name.name, guards).max(asked);
        let own = gate.timeout.as_ref().and_then(|t| self.millis(t));
        let most = fixed.and_then(|f| f.timeout).map(|t| i64::try_from(t.as_millis()).unwrap_or(i64::MAX));
        let timeout_ms = [own, most].into_iter().flatten().min();
        let timeout = match (timeout_ms, &gate.timeout) {
            // The shorter of the two, one of which is not known.
            (Some(ms), Some(written)) if own.is_none() => {
                Some(format!("{}, at most {}", self.fill(written).text, Value::Duration(ms)))
            }
            (Some(ms), _) => Some(Value::Duration(ms).to_string()),
            (None, written) => written.as_ref().map(|t| self.fill(t).text),
        };
        let ty = match (&gate.ty, &gate.edit) {
            (Some(ty), _) => Some(self.ty(ty.id)),
            (None, Some(edit)) => Some(self.ty(edit.id)),
            (None, None) => None,
        };
        self.judged(e.span, || format!("gate {}", gate.name.name));
        let on_reject = gate
            .on_reject
            .as_ref()
            .map(|r| self.within(format!("gate {} was rejected", gate.name.name), |b| b.block(&r.body).0));
        let what = Gate {
            name: gate.name.name.clone(),
            question: self.fill(&gate.question),
            by,
            people: holders(config, names),
            self_approval: config.self_approval(),
            assurance: assurance.name(),
            timeout,
            escalate,
            show: gate.show.as_ref().map(|s| self.labelled(s)),
            require: gate.require.iter().map(|r| self.fill(r)).collect(),
            edit: gate.edit.as_ref().map(|e| self.source(e)),
            ty: ty.map(|t| self.type_text(t)),
            checks: self.checks(&gate.checks),
            on_reject,
            timeout_ms,
        };
        self.put(What::Gate(Box::new(what)), e.span, out);
        flow
    }

    /// As people read it, with values that are known in their places; the names in it are collected.
    fn approvers(&self, by: &Approvers, names: &mut Vec<Arc<str>>) -> String {
        let list = |of: &[Approvers], between: &str, names: &mut Vec<Arc<str>>| {
            let each = of.iter().map(|a| {
                let text = self.approvers(a, names);
                match a.kind {
                    ApproversKind::And(_) | ApproversKind::Or(_) if between != ", " => format!("({text})"),
                    _ => text,
                }
            });
            each.collect::<Vec<_>>().join(between)
        };
        match &by.kind {
            ApproversKind::One(e) => {
                let name = match (&e.kind, self.res(e.id)) {
                    (ast::ExprKind::Name(name), Res::Role | Res::None) => Some(name.name.to_string()),
                    _ => self.value(e).map(|v| v.to_string()),
                };
                match name {
                    Some(name) => {
                        names.push(name.as_str().into());
                        name
                    }
                    None => format!("{{{}}}", self.source(e)),
                }
            }
            ApproversKind::And(of) => list(of, " and ", names),
            ApproversKind::Or(of) => list(of, " or ", names),
            ApproversKind::Quorum { count, of } => {
                format!("{} of [{}]", self.fill(count).text, list(of, ", ", names))
            }
        }
    }
}

/// Who stands behind the roles, and how people are called.
fn holders(config: &Config, mut names: Vec<Arc<str>>) -> Vec<Holder> {
    let mut seen = std::collections::HashSet::new();
    names.retain(|n| seen.insert(n.clone()));
    let of = |name: Arc<str>| {
        let people = match config.people.roles.get(&name) {
            Some(role) => role.members.iter().map(ToString::to_string).collect(),
            None => vec![config.people.people.get(&name)?.name.to_string()],
        };
        Some(Holder { role: name, people })
    };
    names.into_iter().filter_map(of).collect()
}
