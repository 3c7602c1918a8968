//! What a started workflow can come to: itself and all that it calls, over any number of calls.

use super::program::{CallableId, Program, Res};
use super::walk;
use crate::source::Span;
use crate::syntax::ast::{Ask, ExprKind};

impl Program {
    /// Every `ask` without `otherwise` that a run of `start` can reach, in the order of the files and their lines.
    pub fn unserved_asks(&self, start: CallableId) -> Vec<Span> {
        self.asks(start, |ask| ask.otherwise.is_none())
    }

    /// Whether a run of `start` can reach any `ask`.
    pub fn asks_anything(&self, start: CallableId) -> bool {
        !self.asks(start, |_| true).is_empty()
    }

    fn asks(&self, start: CallableId, wanted: impl Fn(&Ask) -> bool) -> Vec<Span> {
        let mut seen = vec![false; self.callables.len()];
        let mut todo = vec![start];
        let mut found = Vec::new();
        while let Some(id) = todo.pop() {
            if std::mem::replace(&mut seen[id.0 as usize], true) {
                continue;
            }
            // What a `fn` gives and what a parameter is when left out ask nobody.
            let Some(callable) = self.callable_ast(id) else { continue };
            let tables = &self.module(self.callable(id).at.module).tables;
            walk::block(&callable.body, &mut |node| {
                let walk::Node::Expr(e) = node else { return };
                if let Res::Callable(called) = tables.res(e.id) {
                    todo.push(called);
                }
                if let ExprKind::Ask(ask) = &e.kind
                    && wanted(ask)
                {
                    found.push(e.span);
                }
            });
        }
        found.sort_by_key(|span| (span.file, span.start));
        found
    }
}
