//! The error that draws the way on which a gate is avoided.

use super::graph::{self, At, Effect, Kind};
use super::solve::Open;
use super::way::{Mark, Ways};
use super::{Body, Proof};
use crate::check::world::World;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::policy as code;
use crate::source::Span;
use std::collections::{HashMap, HashSet};

/// A way with more turnings than this is cut in its middle.
const MOST_LABELS: usize = 12;

/// The labels of one way, in its order.
struct Drawn(Vec<(Span, String)>);

pub fn report(world: &World<'_>, proof: &Proof<'_>, body: &Body, starts: bool, out: &mut Vec<Diagnostic>) {
    let mut ways: HashMap<(u16, bool), Ways> = HashMap::new();
    let mut said: HashSet<(Span, u16)> = HashSet::new();
    for open in &body.open {
        // Whoever calls it must have passed the gate, and is looked at there.
        if !open.lost && !starts {
            continue;
        }
        let ways =
            ways.entry((open.gate, open.lost)).or_insert_with(|| find(proof, body, open.gate, open.lost));
        let mut drawn = Drawn(Vec::new());
        let name = &world.callables[body.id.0 as usize].name;
        drawn.0.push((body.graph.node(0).span, format!("`{name}` starts here")));
        drawn.marks(world, proof, body, ways, open.at, false);
        let Some(effect) = drawn.down(world, proof, body, *open) else { continue };
        if said.insert((effect.span, open.gate)) {
            out.push(diagnostic(world, proof, effect, open.gate, drawn));
        }
    }
}

fn find(proof: &Proof<'_>, body: &Body, gate: u16, approved: bool) -> Ways {
    Ways::find(&body.graph, &body.known, &proof.summaries, gate, approved)
}

impl Drawn {
    /// What is to be known of the way to `target` in this body.
    fn marks(
        &mut self,
        world: &World<'_>,
        proof: &Proof<'_>,
        body: &Body,
        ways: &Ways,
        target: At,
        behind: bool,
    ) {
        for mark in ways.marks(&body.graph, &proof.summaries, target, behind) {
            match mark {
                Mark::Note(span, text) => self.0.push((span, text.to_owned())),
                Mark::Call(at) => {
                    let node = body.graph.node(at);
                    let Kind::Call(id) = node.kind else { continue };
                    let name = &world.callables[id.0 as usize].name;
                    self.0.push((node.span, format!("`{name}` comes back without an approval")));
                    let gate = ways.gate();
                    if let Some(callee) = proof.body(id)
                        && let Some(exit) = callee.graph.exit
                        && self.0.len() < MOST_LABELS
                    {
                        let inner = find(proof, callee, gate, false);
                        self.marks(world, proof, callee, &inner, exit, true);
                    }
                }
            }
        }
    }

    /// Through calls down to the effect itself.
    fn down<'p>(
        &mut self,
        world: &World<'_>,
        proof: &'p Proof<'_>,
        body: &'p Body,
        open: Open,
    ) -> Option<&'p Effect> {
        let (mut body, mut at) = (body, open.at);
        loop {
            let node = body.graph.node(at);
            match node.kind {
                Kind::Effect(index) => return body.graph.effects.get(index as usize),
                Kind::Call(id) => {
                    let caller = &world.callables[body.id.0 as usize].name;
                    let callee = &world.callables[id.0 as usize].name;
                    self.0.push((node.span, format!("`{caller}` calls `{callee}`")));
                    let wants = &proof.summaries[id.0 as usize].as_ref()?.wants;
                    at = wants.iter().find(|(gate, _)| *gate == open.gate)?.1;
                    body = proof.body(id)?;
                    let ways = find(proof, body, open.gate, false);
                    self.marks(world, proof, body, &ways, at, false);
                }
                _ => return None,
            }
        }
    }
}

fn diagnostic(world: &World<'_>, proof: &Proof<'_>, effect: &Effect, gate: u16, drawn: Drawn) -> Diagnostic {
    let name = proof.guards.name(gate);
    let mut d = Diagnostic::error(
        code::E0505,
        effect.span,
        format!("`{}` can be reached without an approval of gate `{name}`", effect.text),
    )
    .label(format!("gate `{name}` was not passed on this way"));
    let mut labels = drawn.0;
    let undone = labels.iter().any(|(_, text)| text == graph::UNDO);
    // Of interest only where nothing behind it says how the gate is avoided in this very turn.
    let turn = labels.iter().rposition(|(_, text)| text == graph::EARLIER_TURN);
    if turn.is_some_and(|at| labels[at + 1..].iter().any(|(_, text)| !text.contains("` calls `"))) {
        labels.retain(|(_, text)| text != graph::EARLIER_TURN);
    }
    if labels.len() > MOST_LABELS {
        labels.drain(MOST_LABELS / 2..labels.len() - MOST_LABELS / 2);
    }
    for (i, (span, text)) in labels.into_iter().enumerate() {
        d = d.also(span, format!("{}. {text}", i + 1));
    }
    if let Some((_, rule)) = effect.guards.iter().find(|(g, _)| *g == gate)
        && !rule.is_empty()
        && world.sources.get(rule.file).is_some()
    {
        d = d.also(*rule, "this rule protects it");
    }
    let asked = proof.bodies.iter().any(|b| b.graph.asked.has(gate.into()));
    d.help(match asked {
        _ if undone => format!("ask `gate {name}` before the step, or in the `undo` itself"),
        true => format!("move it behind `gate {name}`, or ask the gate on this way, too"),
        false => format!("ask for approval before it: `gate {name} \"Question?\"`"),
    })
}
