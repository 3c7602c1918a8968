//! What a program uses of the outside: its commands as far as their words are written, the paths it writes, whom its
//! gates name. `wflow init` and the question at an unconfigured project are made from it.

use super::program::{Program, Res};
use super::{Builtin, walk};
use crate::policy::{Hole, Mood, Piece, Uses, Word};
use crate::syntax::ast::{
    Approvers, ApproversKind, Command, Expr, ExprKind, ItemKind, PolicyRuleKind, PolicySubject, WordPart,
};

/// Over all modules of the program but the tests.
pub fn uses(program: &Program) -> Uses {
    let mut out = Uses::default();
    let mut guarded: Vec<(crate::policy::Pattern, String)> = Vec::new();
    for module in &program.modules {
        let rules = module.ast.policies().flat_map(|p| &p.rules);
        for rule in rules.filter(|r| r.kind == PolicyRuleKind::Allow) {
            let Some(gate) = &rule.after else { continue };
            for subject in &rule.subjects {
                if let PolicySubject::Command(command) = subject
                    && let Ok(pattern) = crate::policy::Pattern::from_command(command)
                {
                    guarded.push((pattern, gate.name.to_string()));
                }
            }
        }
    }
    for module in &program.modules {
        for item in &module.ast.items {
            let ItemKind::Callable(callable) = &item.kind else { continue };
            walk::block(&callable.body, &mut |node| {
                let walk::Node::Expr(e) = node else { return };
                match &e.kind {
                    ExprKind::Run(run) => {
                        let words = command_words(&run.command);
                        match guarded.iter().find(|(p, _)| p.touches(&words, None, Mood::May)) {
                            Some((_, gate)) => out.protected.push((words, gate.clone())),
                            None => out.commands.push(words),
                        }
                    }
                    ExprKind::Gate(gate) => {
                        for who in gate.by.iter().chain(&gate.escalate) {
                            names(who, &mut |expr| {
                                if let ExprKind::Name(name) = &expr.kind
                                    && matches!(module.tables.res(expr.id), Res::Role | Res::None)
                                {
                                    out.roles.push(name.name.to_string());
                                }
                            });
                        }
                    }
                    ExprKind::Call { callee, args } => {
                        let writes = module.tables.res(callee.id) == Res::Builtin(Builtin::Write);
                        if writes
                            && let Some(path) = args.first()
                            && let Some(known) = beginning(&path.value)
                        {
                            out.writes.push(known);
                        }
                    }
                    _ => {}
                }
            });
        }
    }
    out.roles.sort();
    out.roles.dedup();
    out.writes.sort();
    out.writes.dedup();
    out
}

/// The words of a command, with holes for what is interpolated.
pub fn command_words(command: &Command) -> Vec<Word> {
    command
        .words
        .iter()
        .map(|word| match word.parts.as_slice() {
            [WordPart::Spread(_)] => Word::Many(Hole::Any),
            parts => Word::from_pieces(parts.iter().map(|part| match part {
                WordPart::Lit(text) => Piece::Lit(text.clone()),
                _ => Piece::Hole(Hole::Any),
            })),
        })
        .collect()
}

fn names(who: &Approvers, see: &mut dyn FnMut(&Expr)) {
    match &who.kind {
        ApproversKind::One(e) => see(e),
        ApproversKind::And(all) | ApproversKind::Or(all) | ApproversKind::Quorum { of: all, .. } => {
            all.iter().for_each(|a| names(a, see));
        }
    }
}

/// The written beginning of a path: `docs/{name}.md` is `docs/**`, a whole literal is itself.
fn beginning(path: &Expr) -> Option<String> {
    let ExprKind::Text(text) = &path.kind else { return None };
    if let Some(plain) = text.plain() {
        return Some(plain);
    }
    match text.parts.first() {
        Some(crate::syntax::ast::TextPart::Lit(lit)) => {
            let folder = lit.rsplit_once('/')?.0;
            Some(format!("{folder}/**"))
        }
        _ => None,
    }
}
