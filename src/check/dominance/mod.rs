//! Gates dominate: nothing that a policy allows only `after gate g` can run before `g` was approved.
//!
//! **What is promised.** A command, or another effect, is *protected* by `g` if it may match an `after gate g` pattern
//! of `wflow.toml` or of the named file, whatever else allows it; a word that is not known matches all that its type
//! can hold. If nothing is reported, then on every way from the start of a workflow to a protected effect the gate
//! was asked and approved, and was not asked again without being approved. That holds through tasks, `if`, `match`,
//! `for` (which may run for nothing), `repeat` with `break` and `continue`, `try` and `catch`, `on reject`,
//! `otherwise`, `and`, `or`, `??`, `parallel`, early `return`, and for `undo` from any failure after its step began.
//!
//! **How.** [`build`] draws the ways through each body as a graph without circles. [`solve`] goes over it once and
//! finds, as sets of bits, which gates are surely approved at every node: where ways meet, what all of them have. What
//! a caller must know of a body is a [`solve::Summary`]; bodies are looked at after those that they call, and calls
//! in circles were refused before. Both are linear in the program, times the gates over 64.
//!
//! **What does not count.**
//! - An approval inside a loop counts until its turn ends. `break` takes it along out of a `repeat`, so a loop that is
//!   only left after a yes is fine.
//! - While branches of a `parallel` run, none counts the approvals of another; when all have ended, all count.
//! - What was approved inside a `try` does not count in its `catch`.
//! - A gate that is asked again is not approved until it is.
//!
//! **What is refused though it could not happen.** Conditions are not understood: `if ok { gate g … }` and later
//! `if ok { run … }` is refused; put the command where the gate is.
//!
//! [`way`] finds the way that avoids the gate when there is one to be shown, [`lint`] points at what may change
//! between an approval and what it approved.

mod build;
mod graph;
mod guards;
mod lint;
mod report;
mod solve;
mod way;

use super::allowed::Held;
use super::program::*;
use super::world::World;
use graph::Graph;
use guards::Guards;
use solve::{Known, Open, Summary};

/// One body with what was found about it.
struct Body {
    id: CallableId,
    graph: Graph,
    known: Vec<Known>,
    open: Vec<Open>,
}

/// All bodies that a workflow of the named file reaches.
struct Proof<'a> {
    guards: Guards<'a>,
    bodies: Vec<Body>,
    /// By callable: where in `bodies`, and the summary.
    place: Vec<Option<usize>>,
    summaries: Vec<Option<Summary>>,
}

impl Proof<'_> {
    fn body(&self, id: CallableId) -> Option<&Body> {
        self.bodies.get(self.place[id.0 as usize]?)
    }
}

impl World<'_> {
    /// Needs a program without mistakes in names, types and calls.
    pub fn prove_gates(&mut self, held: &Held) {
        if held.policy.gates().next().is_none() && !self.env.approvals {
            return;
        }
        let (mut found, mut approved) = (Vec::new(), std::collections::HashMap::new());
        {
            let guards = Guards::of(self, &held.policy, &held.commands);
            let n = self.callables.len();
            let mut proof = Proof {
                guards,
                bodies: Vec::new(),
                place: vec![None; n],
                summaries: (0..n).map(|_| None).collect(),
            };
            for id in self.callees_first() {
                let callable = &self.callables[id.0 as usize];
                let module = callable.at.module;
                let file = &self.module(module).ast;
                let crate::syntax::ast::ItemKind::Callable(tree) =
                    &file.items[callable.at.item as usize].kind
                else {
                    continue;
                };
                let graph = build::graph(self, &proof.guards, &proof.summaries, module, tree);
                let solved = solve::solve(&graph, &proof.guards, &proof.summaries);
                for (span, at) in &graph.marks {
                    let gates = solved.known[*at as usize].none.iter();
                    approved.insert(*span, gates.map(|g| proof.guards.name(g as u16).into()).collect());
                }
                proof.place[id.0 as usize] = Some(proof.bodies.len());
                proof.summaries[id.0 as usize] = Some(solved.summary);
                proof.bodies.push(Body { id, graph, known: solved.known, open: solved.open });
            }
            for body in &proof.bodies {
                let starts = self.callables[body.id.0 as usize].kind
                    == crate::syntax::ast::CallableKind::Workflow
                    && self.callables[body.id.0 as usize].at.module == ModuleId(0);
                report::report(self, &proof, body, starts, &mut found);
                lint::lint(&proof, body, starts, &mut found);
            }
        }
        self.diagnostics.append(&mut found);
        self.approved = approved;
    }

    /// What the named file's workflows reach, each after what it calls; a `fn` has nothing to be looked at.
    fn callees_first(&self) -> Vec<CallableId> {
        let mut out = Vec::new();
        let mut seen = vec![false; self.callables.len()];
        for start in &self.callables {
            if start.kind != crate::syntax::ast::CallableKind::Workflow || start.at.module != ModuleId(0) {
                continue;
            }
            let mut path: Vec<(CallableId, usize)> = vec![(start.id, 0)];
            while let Some((id, next)) = path.last_mut() {
                let index = id.0 as usize;
                if *next == 0 && std::mem::replace(&mut seen[index], true) {
                    path.pop();
                    continue;
                }
                match self.callable_summaries[index].calls.get(*next) {
                    Some((callee, _)) => {
                        *next += 1;
                        let callee = *callee;
                        let pure =
                            self.callables[callee.0 as usize].kind == crate::syntax::ast::CallableKind::Fn;
                        if !seen[callee.0 as usize] && !pure {
                            path.push((callee, 0));
                        }
                    }
                    None => {
                        out.push(*id);
                        path.pop();
                    }
                }
            }
        }
        out
    }
}
