//! Which argument goes to which parameter.

use super::Want;
use crate::check::program::CallableId;
use crate::check::world::World;
use crate::diagnostics::codes::types as code;
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{Arg, Expr, ItemKind};

/// The callee as messages speak of it.
pub(super) struct Callee<'a> {
    /// `release(version: Version)`
    pub signature: String,
    pub declared: Option<Span>,
    pub params: &'a [(&'a str, bool)],
}

impl World<'_> {
    /// For each parameter the number of its argument. Arguments that find no parameter are reported and still get
    /// their types. `params` are names, and whether each may be left out.
    pub(super) fn arguments(&mut self, call: &Expr, args: &[Arg], callee: &Callee<'_>) -> Vec<Option<u32>> {
        let params = callee.params;
        let mut order: Vec<Option<u32>> = vec![None; params.len()];
        let mut next = 0;
        let mut named: Option<Span> = None;
        let mut too_many: Option<Span> = None;
        for (i, arg) in args.iter().enumerate() {
            let slot = match &arg.name {
                None => {
                    if let Some(before) = named {
                        let d = Diagnostic::error(
                            code::E0305,
                            arg.span,
                            "an argument without a name after one with a name",
                        )
                        .label("which parameter is this?")
                        .also(before, "named here");
                        self.report(d.help("name this one, too"));
                        self.expr(&arg.value, Want::Any);
                        continue;
                    }
                    next += 1;
                    if next > params.len() {
                        too_many = Some(too_many.map_or(arg.span, |s: Span| s.to(arg.span)));
                        self.expr(&arg.value, Want::Any);
                        continue;
                    }
                    next - 1
                }
                Some(name) => {
                    named = Some(name.span);
                    match params.iter().position(|(n, _)| *n == &*name.name) {
                        Some(slot) => slot,
                        None => {
                            let near = did_you_mean(&name.name, params.iter().map(|(n, _)| *n));
                            let d = Diagnostic::error(
                                code::E0305,
                                name.span,
                                format!("there is no parameter `{}`", name.name),
                            )
                            .label("unknown")
                            .suggest(near);
                            let d = shape(d, callee);
                            self.report(d);
                            self.expr(&arg.value, Want::Any);
                            continue;
                        }
                    }
                }
            };
            match order[slot] {
                None => order[slot] = Some(i as u32),
                Some(first) => {
                    let d = Diagnostic::error(
                        code::E0306,
                        arg.span,
                        format!("`{}` is given twice", params[slot].0),
                    )
                    .label("again")
                    .also(args[first as usize].span, "first here");
                    self.report(d);
                    self.expr(&arg.value, Want::Any);
                }
            }
        }
        if let Some(span) = too_many {
            let message = match params.len() {
                0 => "this takes no arguments".to_owned(),
                1 => format!("this takes one argument, {} are given", args.len()),
                n => format!("this takes {n} arguments, {} are given", args.len()),
            };
            let d = shape(Diagnostic::error(code::E0304, span, message).label("too many"), callee);
            self.report(d);
        }
        let missing: Vec<String> = params
            .iter()
            .zip(&order)
            .filter(|((_, optional), o)| o.is_none() && !optional)
            .map(|((n, _), _)| format!("`{n}`"))
            .collect();
        if !missing.is_empty() {
            let noun = if missing.len() == 1 { "argument" } else { "arguments" };
            let at = Span { start: call.span.end.saturating_sub(1), ..call.span };
            let d = Diagnostic::error(code::E0304, at, format!("the {noun} {} missing", listed(&missing)));
            let d = shape(d.label("not complete"), callee);
            self.report(d);
        }
        let plain = order.len() == args.len() && order.iter().enumerate().all(|(i, o)| *o == Some(i as u32));
        if !plain {
            self.tables().call_order.insert(call.id, order.clone());
        }
        order
    }

    pub fn param_span(&self, id: CallableId, index: u32) -> Option<Span> {
        let callable = self.callables.get(id.0 as usize)?;
        match &self.module(callable.at.module).ast.items.get(callable.at.item as usize)?.kind {
            ItemKind::Callable(c) => c.params.get(index as usize).map(|p| p.name.span),
            _ => None,
        }
    }

    pub(super) fn head_span(&self, id: CallableId) -> Option<Span> {
        let callable = self.callables.get(id.0 as usize)?;
        match &self.module(callable.at.module).ast.items.get(callable.at.item as usize)?.kind {
            ItemKind::Callable(c) => Some(c.head),
            _ => None,
        }
    }

    /// `release(version: Version, dry_run?: Bool) -> Notes`
    pub fn signature_text(&self, id: CallableId) -> String {
        let callable = &self.callables[id.0 as usize];
        let params: Vec<String> = callable
            .signature
            .params
            .iter()
            .map(|p| format!("{}{}: {}", p.name, if p.has_default { "?" } else { "" }, self.show(&p.ty)))
            .collect();
        let result = self.show(&callable.signature.result);
        format!("{}({}) -> {result}", callable.name, params.join(", "))
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [one] => format!("{one} is"),
        [init @ .., last] => format!("{} and {last} are", init.join(", ")),
        [] => String::new(),
    }
}

fn shape(d: Diagnostic, callee: &Callee<'_>) -> Diagnostic {
    match callee.declared {
        Some(span) => d.also(span, "declared here"),
        None => d.help(format!("it is `{}`", callee.signature)),
    }
}
