//! Which gates are surely approved at every node, and what a body asks of those who call it.
//!
//! A body does not know where it is called, so each node has two answers: the gates approved there if none was when
//! the body began, and those approved if all were. What every other beginning gives follows from the two, gate by
//! gate: `none ∪ (beginning ∩ all)`. Every way goes forward, so one pass is enough.

use super::graph::{At, Graph, Kind};
use super::guards::Guards;
use crate::check::bits::Bits;

#[derive(Debug, Clone)]
pub struct Known {
    pub none: Bits,
    pub all: Bits,
}

impl Known {
    fn add(&mut self, gate: usize) {
        self.none.insert(gate);
        self.all.insert(gate);
    }

    fn forget(&mut self, gates: &Bits) {
        self.none.without(gates);
        self.all.without(gates);
    }
}

/// What a caller has to know of a body.
#[derive(Debug)]
pub struct Summary {
    /// Gates that it may ask, itself or by what it calls.
    pub asked: Bits,
    /// At its ordinary end.
    pub exit: Known,
    /// Whether it has one.
    pub ends: bool,
    /// Gates that a caller must have passed, each with the first node that wants it.
    pub needs: Bits,
    pub wants: Vec<(u16, At)>,
    /// Whether it may change what was approved.
    pub changes: bool,
}

/// A node that a way reaches without a gate that it needs.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    pub at: At,
    pub gate: u16,
    /// Even if the callers have passed the gate.
    pub lost: bool,
}

pub struct Solved {
    pub known: Vec<Known>,
    pub open: Vec<Open>,
    pub summary: Summary,
}

pub fn solve(graph: &Graph, guards: &Guards<'_>, summaries: &[Option<Summary>]) -> Solved {
    let width = guards.len();
    let begin = Known { none: Bits::none(width), all: Bits::all(width) };
    let mut known: Vec<Known> = Vec::with_capacity(graph.len());
    let mut open = Vec::new();
    let mut changes = false;
    for (at, node) in graph.nodes() {
        let mut here = match (node.kind, graph.before(node)) {
            (Kind::Join(join), _) => joined(&graph.joins[join as usize], &known),
            (_, []) => begin.clone(),
            (_, [first, rest @ ..]) => {
                let mut here = known[*first as usize].clone();
                for other in rest {
                    here.none.keep(&known[*other as usize].none);
                    here.all.keep(&known[*other as usize].all);
                }
                here
            }
        };
        match node.kind {
            Kind::Plain | Kind::Join(_) => {}
            Kind::Ask(gate) => {
                here.none.remove(gate.into());
                here.all.remove(gate.into());
            }
            Kind::Approve(gate) => here.add(gate.into()),
            Kind::Forget(set) => here.forget(&graph.sets[set as usize]),
            Kind::Effect(index) => {
                let effect = &graph.effects[index as usize];
                changes |= effect.changes && effect.guards.is_empty();
                for (gate, _) in &effect.guards {
                    if !here.none.has((*gate).into()) {
                        open.push(Open { at, gate: *gate, lost: !here.all.has((*gate).into()) });
                    }
                }
            }
            Kind::Call(id) => {
                // A body that calls itself was refused before.
                let Some(callee) = &summaries[id.0 as usize] else {
                    known.push(here);
                    continue;
                };
                changes |= callee.changes;
                let mut missing = callee.needs.clone();
                missing.without(&here.none);
                for gate in missing.iter() {
                    open.push(Open { at, gate: gate as u16, lost: !here.all.has(gate) });
                }
                // Gate by gate: approved at its end anyway, or if it was before.
                let through = |before: &Bits| {
                    let mut after = before.clone();
                    after.keep(&callee.exit.all);
                    after.add(&callee.exit.none);
                    after
                };
                here = Known { none: through(&here.none), all: through(&here.all) };
            }
        }
        known.push(here);
    }
    let mut needs = Bits::none(width);
    let mut wants = Vec::new();
    for one in open.iter().filter(|o| !o.lost) {
        if !needs.has(one.gate.into()) {
            needs.insert(one.gate.into());
            wants.push((one.gate, one.at));
        }
    }
    let exit = match graph.exit {
        Some(at) => known[at as usize].clone(),
        None => begin,
    };
    let summary =
        Summary { asked: graph.asked.clone(), exit, ends: graph.exit.is_some(), needs, wants, changes };
    Solved { known, open, summary }
}

/// Behind a `parallel` all its branches have ended: a gate counts if one has passed it and no other may have been
/// refused it meanwhile.
fn joined(branches: &[super::graph::Branch], known: &[Known]) -> Known {
    let side = |pick: &dyn Fn(&Known) -> &Bits| {
        let mut any = pick(&known[branches[0].end as usize]).clone();
        branches.iter().for_each(|b| any.add(pick(&known[b.end as usize])));
        for branch in branches {
            let mut refused = branch.asked.clone();
            refused.without(pick(&known[branch.end as usize]));
            any.without(&refused);
        }
        any
    };
    Known { none: side(&|k| &k.none), all: side(&|k| &k.all) }
}
