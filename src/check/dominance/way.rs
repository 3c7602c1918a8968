//! A way that avoids a gate, found once somebody has to be shown one.

use super::graph::{At, Graph, Kind, Node};
use super::solve::{Known, Summary};
use crate::source::Span;

/// How a node is reached without the gate, and how with it: what it costs to explain, and from where.
#[derive(Clone, Copy)]
struct Reached {
    cost: u32,
    from: Option<(At, bool)>,
}

/// The cheapest ways from the start of a body to every node, for one gate.
pub struct Ways {
    gate: u16,
    /// Behind each node: without an approval, and with one.
    behind: Vec<[Option<Reached>; 2]>,
}

/// Something on a way that a reader has to know.
pub enum Mark {
    Note(Span, &'static str),
    /// A call of something that may ask the gate and need not.
    Call(At),
}

impl Ways {
    /// `approved`: whether the gate was passed before the body began.
    pub fn find(
        graph: &Graph,
        known: &[Known],
        summaries: &[Option<Summary>],
        gate: u16,
        approved: bool,
    ) -> Ways {
        let mut ways = Ways { gate, behind: Vec::with_capacity(graph.len()) };
        for (at, node) in graph.nodes() {
            let mut here = ways.before(graph, node);
            if graph.before(node).is_empty() {
                here[usize::from(approved)] = Some(Reached { cost: 0, from: None });
            }
            if let Kind::Join(_) = node.kind {
                // One branch that has passed it is enough.
                let surely = if approved { &known[at as usize].all } else { &known[at as usize].none };
                if surely.has(gate.into()) {
                    here = [None, cheaper(here[0], here[1])];
                }
            }
            let cost = match graph.note_of(node) {
                Some(note) => u32::from(graph.asks_in(gate, note.region)),
                None => 0,
            };
            let any = cheaper(here[0], here[1]);
            let behind = match effect_of(graph, node, summaries, gate) {
                Some(true) => [None, any],
                Some(false) => [any, None],
                None => here,
            };
            ways.behind.push(behind.map(|r| r.map(|r| Reached { cost: r.cost + cost, ..r })));
        }
        ways
    }

    pub fn gate(&self) -> u16 {
        self.gate
    }

    fn before(&self, graph: &Graph, node: &Node) -> [Option<Reached>; 2] {
        let mut here = [None, None];
        for before in graph.before(node) {
            for state in [false, true] {
                let way = self.behind[*before as usize][usize::from(state)];
                let way = way.map(|w| Reached { cost: w.cost, from: Some((*before, state)) });
                here[usize::from(state)] = cheaper(here[usize::from(state)], way);
            }
        }
        here
    }

    /// What a reader has to know of the way on which `target` is reached without the gate, in order. The target itself
    /// counts where the way ends behind it.
    pub fn marks(&self, graph: &Graph, summaries: &[Option<Summary>], target: At, behind: bool) -> Vec<Mark> {
        let mut nodes: Vec<At> = Vec::new();
        let mut next = match behind {
            true => Some((target, false)),
            false => self.before(graph, graph.node(target))[0].and_then(|r| r.from),
        };
        while let Some((at, state)) = next {
            nodes.push(at);
            next = self.behind[at as usize][usize::from(state)].and_then(|r| r.from);
        }
        nodes.reverse();
        let mut out = Vec::new();
        for at in nodes {
            let node = graph.node(at);
            if let Some(note) = graph.note_of(node)
                && graph.asks_in(self.gate, note.region)
                && (!note.inside || (note.region.0..note.region.1).contains(&target))
            {
                out.push(Mark::Note(note.span, note.text));
            }
            if let Kind::Call(id) = node.kind
                && summaries[id.0 as usize].as_ref().is_some_and(|s| s.asked.has(self.gate.into()))
            {
                out.push(Mark::Call(at));
            }
        }
        out
    }
}

/// Whether the gate stands approved behind a node whatever was before; none where that does not change.
fn effect_of(graph: &Graph, node: &Node, summaries: &[Option<Summary>], gate: u16) -> Option<bool> {
    match node.kind {
        Kind::Ask(g) if g == gate => Some(false),
        Kind::Approve(g) if g == gate => Some(true),
        Kind::Forget(set) if graph.sets[set as usize].has(gate.into()) => Some(false),
        Kind::Call(id) => {
            let summary = summaries[id.0 as usize].as_ref()?;
            match (summary.exit.none.has(gate.into()), summary.exit.all.has(gate.into())) {
                (true, _) => Some(true),
                (_, false) => Some(false),
                (false, true) => None,
            }
        }
        _ => None,
    }
}

fn cheaper(a: Option<Reached>, b: Option<Reached>) -> Option<Reached> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.cost < a.cost { b } else { a }),
        (a, b) => a.or(b),
    }
}
