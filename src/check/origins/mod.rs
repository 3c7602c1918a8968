//! Untrusted values stay data: nothing that an AI wrote becomes a word of a command, a path, an environment value,
//! instructions, or code, unless people were shown it or its type leaves no room.
//!
//! **What is promised.** Every value has an [`origin::Level`]: written in the file, given by a person, from outside,
//! or untrusted (an AI's, or the output of what the policy calls untrusted). What is computed from several has the
//! worst. If nothing is reported, then on every way from the start of a workflow to a sink no untrusted value reaches
//! it, and no value from outside reaches a protected command or the name of a program, but those that
//! - an approved gate's `edit` gave, or its `show` named, and that were not changed since;
//! - leave no room as one word: choices of what the file spells out, numbers that are not negative, texts whose pattern
//!   [`room`] finds harmless;
//! - somebody vouches for.
//!
//! **How.** [`flow`] walks a body once in the order of evaluation, with the origin of each local variable in a vector.
//! What a branch changes is kept in a log and taken back at its end, so that no environment is ever copied; loops are
//! walked until nothing changes. A body is looked at once for each combination of origins that it is called with
//! ([`calls`]), which are few; calls in circles were refused before. A [`cause`] says how a value came where it is.
//!
//! **Choices.** A branch that an AI's value decides gives one of what the file spells out. Such a value is *untrusted
//! but a word*: fine as one word, and as a piece of a text with as many pieces as the file writes. Joined from a list,
//! transformed, or added up in a loop it is untrusted altogether, since then anything can be spelled.
//!
//! **Files.** After an untrusted value was written or handed to a command, files that are read and commands that are
//! run give untrusted values, unless the policy calls them trusted. Where they lie is not followed.

mod calls;
mod cause;
mod code;
mod control;
mod effects;
mod exprs;
mod facts;
mod flow;
mod methods;
mod origin;
mod report;
mod room;

use super::allowed::Held;
use super::program::*;
use super::world::World;
use crate::diagnostics::Diagnostic;
use crate::policy::Config;
use crate::source::Span;
use crate::syntax::ast::{CallableItem, CallableKind, ItemKind, NodeId};
use calls::Summary;
use cause::{CauseId, Causes, Step};
use origin::{Level, Origin};
use report::Found;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// What is known of the whole program while its bodies are walked.
struct Proof<'w> {
    world: &'w World<'w>,
    held: Option<&'w Held>,
    config: &'w Config,
    causes: Causes,
    rooms: room::Rooms,
    summaries: HashMap<(CallableId, Vec<u8>), Rc<Summary>>,
    /// Somewhere an untrusted value is written or handed on; an `undo` may run after that.
    ever_written: CauseId,
    /// An `undo` was walked, which what is written later may concern.
    undone: bool,
    found: Vec<Diagnostic>,
    /// What a call has found of what its caller gave.
    pending: Vec<Found>,
    said: HashSet<(Span, &'static str)>,
    /// Effects and calls that stand where untrusted values have decided, with the places of the decisions.
    because: HashMap<(ModuleId, NodeId), BTreeSet<Span>>,
    /// What was vouched for, and what lints point at.
    noted: HashMap<Span, Diagnostic>,
}

impl World<'_> {
    /// Needs a program without mistakes in names, types and calls.
    pub fn prove_origins(&mut self, held: Option<&Held>) {
        let (mut found, because) = {
            let nothing = Config::default();
            let mut proof = Proof {
                world: self,
                held,
                config: self.env.config.as_deref().unwrap_or(&nothing),
                causes: Causes::default(),
                rooms: room::Rooms::default(),
                summaries: HashMap::new(),
                ever_written: CauseId::NONE,
                undone: false,
                found: Vec::new(),
                pending: Vec::new(),
                said: HashSet::new(),
                because: HashMap::new(),
                noted: HashMap::new(),
            };
            proof.starts();
            if proof.undone && proof.ever_written != CauseId::NONE {
                // What is written anywhere may be there before an `undo` runs.
                proof.summaries.clear();
                proof.starts();
            }
            let mut found = proof.found;
            found.extend(proof.noted.into_values());
            (found, proof.because)
        };
        for ((module, id), places) in because {
            self.modules[module.0 as usize].tables.because.insert(id, places.into_iter().collect());
        }
        self.diagnostics.append(&mut found);
    }
}

impl<'w> Proof<'w> {
    fn starts(&mut self) {
        for callable in &self.world.callables {
            if callable.kind != CallableKind::Workflow || callable.at.module != ModuleId(0) {
                continue;
            }
            let Some(tree) = self.tree(callable.id) else { continue };
            let params = tree
                .params
                .iter()
                .map(|p| match callable.agent_startable {
                    true => {
                        let cause = self.causes.add(p.name.span, Step::Started, CauseId::NONE);
                        Some(Origin::new(Level::Untrusted, cause))
                    }
                    false => Some(Origin::new(Level::Person, CauseId::NONE)),
                })
                .collect();
            self.body(callable.id, tree, params, Origin::literal());
        }
    }

    fn tree(&self, id: CallableId) -> Option<&'w CallableItem> {
        let at = self.world.callables[id.0 as usize].at;
        match &self.world.modules[at.module.0 as usize].ast.items[at.item as usize].kind {
            ItemKind::Callable(tree) => Some(tree),
            _ => None,
        }
    }

    fn report(&mut self, found: Found) {
        if self.said.insert((found.span, found.sink.code().id())) {
            let diagnostic = found.diagnostic();
            self.found.push(diagnostic);
        }
    }
}
