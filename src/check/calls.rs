//! The call graph: refuses recursion, finds which callables have effects and in which order constants are evaluated.

use super::program::*;
use super::world::{Summary, World};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::flow;
use crate::source::Span;

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    New,
    Open,
    Closed,
}

impl World<'_> {
    pub fn check_calls(&mut self) {
        let n = self.callables.len();
        let mut seen = vec![Seen::New; n];
        // Callees before callers, so that one pass settles the effects.
        let mut order = Vec::with_capacity(n);
        for start in 0..n {
            self.visit(start, &mut seen, &mut order);
        }
        for id in order {
            let summary = &self.callable_summaries[id];
            let effects =
                summary.effects || summary.calls.iter().any(|(c, _)| self.callables[c.0 as usize].effects);
            self.callables[id].effects = effects;
        }
    }

    /// Depth first without recursion of our own: a chain of calls may be long.
    fn visit(&mut self, start: usize, seen: &mut [Seen], order: &mut Vec<usize>) {
        if seen[start] != Seen::New {
            return;
        }
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        seen[start] = Seen::Open;
        while let Some((at, next)) = path.last_mut() {
            let (from, index) = (*at, *next);
            *next += 1;
            let Some((callee, _)) = self.callable_summaries[from].calls.get(index).copied() else {
                seen[from] = Seen::Closed;
                order.push(from);
                path.pop();
                continue;
            };
            let to = callee.0 as usize;
            match seen[to] {
                Seen::New => {
                    seen[to] = Seen::Open;
                    path.push((to, 0));
                }
                Seen::Open => {
                    let from = path.iter().position(|(id, _)| *id == to).unwrap_or(0);
                    let steps: Vec<(usize, Span)> = path[from..]
                        .iter()
                        .map(|(id, next)| (*id, self.callable_summaries[*id].calls[next - 1].1))
                        .collect();
                    self.report_cycle(&steps);
                }
                Seen::Closed => {}
            }
        }
    }

    fn report_cycle(&mut self, steps: &[(usize, Span)]) {
        let names: Vec<&str> = steps.iter().map(|(id, _)| &*self.callables[*id].name).collect();
        let Some((_, span)) = steps.last() else { return };
        let mut d = Diagnostic::error(
            flow::E0402,
            *span,
            match names.len() {
                1 => format!("`{}` calls itself", names[0]),
                _ => format!("`{}` and `{}` call each other", names[0], names[names.len() - 1]),
            },
        )
        .label(format!("calls `{}` again", names[0]));
        for (id, call) in &steps[..steps.len() - 1] {
            let next = steps.iter().position(|(i, _)| i == id).map_or(0, |i| i + 1);
            d = d.also(*call, format!("`{}` calls `{}`", self.callables[*id].name, names[next]));
        }
        let d = d.help("every computation ends: use a loop, `fold`, or a list of what is still to do");
        self.report(d);
    }

    /// Constants in an order in which each uses only earlier ones; one that uses itself through a call is refused.
    pub fn order_consts(&mut self) -> Vec<ConstId> {
        let n = self.consts.len();
        let mut seen = vec![Seen::New; n];
        let mut order = Vec::with_capacity(n);
        // Refinements are checked wherever a value gets the type, so what their predicates need comes first.
        let mut first: Vec<usize> = Vec::new();
        for summary in std::mem::take(&mut self.predicate_summaries) {
            first.extend(self.uses_through(&summary).iter().map(|(c, _)| c.0 as usize));
        }
        for start in first.into_iter().chain(0..n) {
            if seen[start] != Seen::New {
                continue;
            }
            let mut path: Vec<(usize, Vec<(ConstId, Span)>)> = vec![(start, self.uses_of(start))];
            seen[start] = Seen::Open;
            while let Some((at, uses)) = path.last_mut() {
                let at = *at;
                let Some((id, span)) = uses.pop() else {
                    seen[at] = Seen::Closed;
                    order.push(ConstId(at as u32));
                    path.pop();
                    continue;
                };
                let to = id.0 as usize;
                match seen[to] {
                    Seen::New => {
                        seen[to] = Seen::Open;
                        path.push((to, self.uses_of(to)));
                    }
                    Seen::Open if !self.const_summaries[at].consts.iter().any(|(c, _)| *c == id) => {
                        let name = self.consts[to].name.clone();
                        let d = self
                            .error(flow::E0410, span, format!("the constant `{name}` depends on itself"))
                            .label("its value is needed here")
                            .help("break the circle: write one of the values in place");
                        self.report(d);
                    }
                    // A direct circle was found while the types were.
                    Seen::Open | Seen::Closed => {}
                }
            }
        }
        order
    }

    /// Every constant that one needs, through the callables that it calls.
    fn uses_of(&self, id: usize) -> Vec<(ConstId, Span)> {
        self.uses_through(&self.const_summaries[id])
    }

    fn uses_through(&self, summary: &Summary) -> Vec<(ConstId, Span)> {
        let mut out = summary.consts.clone();
        let mut seen = vec![false; self.callables.len()];
        let mut todo: Vec<CallableId> = summary.calls.iter().map(|(c, _)| *c).collect();
        while let Some(c) = todo.pop() {
            if std::mem::replace(&mut seen[c.0 as usize], true) {
                continue;
            }
            let summary = &self.callable_summaries[c.0 as usize];
            out.extend(summary.consts.iter().copied());
            todo.extend(summary.calls.iter().map(|(c, _)| *c));
        }
        out
    }

    /// Gives constants the numbers of their order.
    pub fn renumber_consts(&mut self, order: &[ConstId]) {
        if order.iter().enumerate().all(|(i, id)| id.0 as usize == i) {
            return;
        }
        let mut new = vec![ConstId(0); order.len()];
        for (i, old) in order.iter().enumerate() {
            new[old.0 as usize] = ConstId(i as u32);
        }
        self.consts = order
            .iter()
            .map(|old| Const { id: new[old.0 as usize], ..self.consts[old.0 as usize].clone() })
            .collect();
        for module in &mut self.modules {
            for res in &mut module.tables.res {
                if let Res::Const(id) = res {
                    *id = new[id.0 as usize];
                }
            }
        }
    }
}
