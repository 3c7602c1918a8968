//! What may change between an approval and what it approved.

use super::graph::{At, Kind};
use super::{Body, Proof};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::lint;
use crate::source::Span;
use std::collections::HashSet;

/// Something protected, or a call that reaches it.
struct Use {
    at: At,
    gate: u16,
    span: Span,
}

pub fn lint(proof: &Proof<'_>, body: &Body, starts: bool, out: &mut Vec<Diagnostic>) {
    let graph = &body.graph;
    // A graph in which nothing changes needs no further look.
    let mut uses: Vec<Use> = Vec::new();
    let mut any = false;
    for (at, node) in graph.nodes() {
        match node.kind {
            Kind::Effect(index) => {
                let effect = &graph.effects[index as usize];
                any |= effect.changes && effect.guards.is_empty();
                uses.extend(effect.guards.iter().map(|(gate, _)| Use { at, gate: *gate, span: effect.span }));
            }
            Kind::Call(id) => {
                let Some(summary) = &proof.summaries[id.0 as usize] else { continue };
                any |= summary.changes;
                uses.extend(summary.needs.iter().map(|g| Use { at, gate: g as u16, span: node.span }));
            }
            _ => {}
        }
    }
    if !any {
        return;
    }
    // What an error speaks of already.
    let open: HashSet<(At, u16)> =
        body.open.iter().filter(|o| o.lost || starts).map(|o| (o.at, o.gate)).collect();
    uses.retain(|u| !open.contains(&(u.at, u.gate)));
    uses.sort_by_key(|u| (u.gate, u.at));
    let mut said: HashSet<Span> = HashSet::new();
    let mut seen: Vec<u32> = vec![0; graph.len()];
    let mut round = 0;
    let mut last = None;
    for one in uses {
        // What was walked over for this gate before has been told of.
        if last.replace(one.gate) != Some(one.gate) {
            round += 1;
        }
        let mut changes: Vec<(At, Span)> = Vec::new();
        let mut approved: Option<Span> = None;
        let mut todo: Vec<At> = graph.before(graph.node(one.at)).to_vec();
        while let Some(at) = todo.pop() {
            if std::mem::replace(&mut seen[at as usize], round) == round {
                continue;
            }
            let node = graph.node(at);
            match node.kind {
                Kind::Approve(gate) if gate == one.gate => {
                    approved.get_or_insert(node.span);
                    continue;
                }
                Kind::Effect(index) => {
                    let effect = &graph.effects[index as usize];
                    if effect.changes && effect.guards.is_empty() {
                        changes.push((at, effect.span));
                    }
                }
                Kind::Call(id) => {
                    if let Some(summary) = &proof.summaries[id.0 as usize] {
                        if summary.exit.none.has(one.gate.into()) {
                            approved.get_or_insert(node.span);
                            continue;
                        }
                        if summary.changes {
                            changes.push((at, node.span));
                        }
                    }
                }
                _ => {}
            }
            todo.extend_from_slice(graph.before(node));
        }
        // The walk ended at the approvals, or at the start of a body whose callers have them.
        changes.sort_by_key(|(at, _)| *at);
        for (_, span) in changes {
            if !said.insert(span) {
                continue;
            }
            let name = proof.guards.name(one.gate);
            let mut d = Diagnostic::warning(
                lint::L0708,
                span,
                format!("this may change what gate `{name}` approved before it is used"),
            )
            .label("happens between the approval and what it is for");
            if let Some(gate) = approved {
                d = d.also(gate, "approved here");
            }
            let d = d.also(one.span, "used here").help(
                "do it before the gate, or list a command that changes nothing under `reads` in the policy",
            );
            out.push(d);
        }
    }
}
