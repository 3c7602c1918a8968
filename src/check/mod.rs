//! A program is checked before anything of it runs.
//!
//! Text goes through these passes, one file each: `load` reads the modules, `declare` collects names, `resolve`
//! turns written types into types, `items`, `infer/` and `tests` find the type of every expression and what every
//! name refers to, `calls` looks at who calls whom, `policies` at what the file's policy names, `allowed` at commands
//! that no policy would let run, `dominance/` proves that nothing protected comes before its gate, `origins/` that
//! untrusted values stay data, `lints` at what nobody uses. What they find is a [`Program`], made also for one with mistakes, and diagnostics.
//!
//! ```no_run
//! use wflow::check::{Environment, check_file};
//! let checked = check_file("release.wflow".as_ref(), &Environment::default())?;
//! assert!(!checked.has_errors());
//! # Ok::<(), wflow::source::LoadError>(())
//! ```

mod allowed;
mod bits;
mod body;
mod calls;
mod declare;
mod dominance;
mod infer;
mod items;
mod lints;
mod load;
mod module_names;
mod origins;
mod policies;
mod program;
mod reach;
mod resolve;
mod session;
mod shapes;
mod sources;
mod tests;
mod uses;
mod walk;
mod world;
mod written;

pub use allowed::hole;
pub use program::*;
pub use session::{Kept, Session, Statements, Typed, VALUE};
pub use sources::{Disk, LIBRARY, Memory, Sources, project_root};
pub use uses::{command_words, uses};
pub use walk::each_expr;
pub use world::Environment;

use crate::diagnostics::Area;
use crate::diagnostics::codes::lint;
use crate::source::{LoadError, Origin};
use load::{Key, Loader};
use std::path::Path;
use world::World;

/// Checks a file on disk and all that it uses. Only a file that cannot be read at all is an `Err`.
pub fn check_file(path: &Path, env: &Environment) -> Result<Checked, LoadError> {
    let root = project_root(path);
    let text = crate::source::read_source(path)?;
    let disk = Disk::new(root);
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let absolute = absolute.canonicalize().unwrap_or(absolute);
    match absolute.strip_prefix(disk.root()) {
        Ok(relative) => Ok(check_text(relative, Origin::Disk(absolute.clone()), &text, &disk, env)),
        Err(_) => Ok(check_text(path, Origin::Disk(absolute.clone()), &text, &disk, env)),
    }
}

/// Checks a text as if it were the file `name` of `files`.
pub fn check_source(name: &str, text: &str, files: &dyn Sources, env: &Environment) -> Checked {
    check_text(Path::new(name), Origin::Memory, text, files, env)
}

fn check_text(path: &Path, origin: Origin, text: &str, files: &dyn Sources, env: &Environment) -> Checked {
    let mut world = World::new(env);
    let mut loader = Loader::default();
    let id = world.sources.add(path.to_string_lossy().replace('\\', "/"), origin, text);
    let parsed = crate::syntax::parse(id, text);
    let entry = world.add_module(&mut loader, Key::File(path.to_owned()), parsed);
    world.load_uses(&mut loader, entry, files);
    world.check_modules(0);
    world.finish()
}

impl<'e> World<'e> {
    fn new(env: &'e Environment) -> World<'e> {
        World {
            env,
            sources: env.sources.clone(),
            modules: Vec::new(),
            defs: Default::default(),
            types: Vec::new(),
            callables: Vec::new(),
            consts: Vec::new(),
            agents: Vec::new(),
            predicates: Vec::new(),
            tests: Vec::new(),
            diagnostics: Vec::new(),
            callable_summaries: Vec::new(),
            const_summaries: Vec::new(),
            predicate_summaries: Vec::new(),
            const_states: Vec::new(),
            pending: Vec::new(),
            gates: Vec::new(),
            current: ModuleId(0),
            body: Default::default(),
            breaks: Vec::new(),
            last_piece: None,
            checked_tests: 0,
            judging: false,
            planned: Vec::new(),
            approved: Default::default(),
        }
    }

    /// Runs the passes over the modules from `first` on.
    fn check_modules(&mut self, first: usize) {
        let modules: Vec<ModuleId> = (first..self.modules.len()).map(|i| ModuleId(i as u32)).collect();
        self.judging = self.env.config.is_some() || self.modules.iter().any(|m| has_policy(&m.ast));
        modules.iter().for_each(|m| self.declare(*m));
        modules.iter().for_each(|m| self.resolve_items(*m));
        self.refuse_endless_types();
        modules.iter().for_each(|m| self.resolve_signatures(*m));
        self.check_predicates();
        modules.iter().for_each(|m| self.check_items(*m));
        self.check_tests();
        self.check_predicates();
        modules.iter().for_each(|m| self.check_policy(*m));
    }

    fn finish(mut self) -> Checked {
        self.check_calls();
        let held = self.judge_commands();
        // What was wrong before leaves nothing sure to be proved.
        if !self.diagnostics.iter().any(|d| d.is_error() && d.code.0.area != Area::Policy) {
            match &held {
                Some(held) => self.prove_gates(held),
                None if self.env.approvals => self.prove_gates(&allowed::Held::default()),
                None => {}
            }
            self.prove_origins(held.as_ref());
        }
        let order = self.order_consts();
        self.renumber_consts(&order);
        for m in 0..self.modules.len() {
            self.report_unused_items(ModuleId(m as u32));
        }
        self.apply_allows();
        let mut diagnostics = std::mem::take(&mut self.diagnostics);
        // Hints about the library are for those who write it.
        diagnostics.retain(|d| {
            d.is_error() || self.sources.get(d.primary.span.file).is_none_or(|f| f.origin != Origin::Std)
        });
        let partial: Vec<_> = self.modules.iter().filter(|m| m.partial).map(|m| m.ast.id).collect();
        if !partial.is_empty() {
            diagnostics.retain(|d| d.code != lint::L0702 || !partial.contains(&d.primary.span.file));
        }
        diagnostics.sort_by_key(|d| (d.primary.span.file, d.primary.span.start, d.primary.span.end));
        let modules = self
            .modules
            .into_iter()
            .enumerate()
            .map(|(i, m)| Module {
                id: ModuleId(i as u32),
                ast: m.ast,
                tables: m.tables.into(),
                uses: m.uses,
            })
            .collect();
        let program = Program {
            sources: self.sources,
            modules,
            defs: self.defs.into(),
            callables: self.callables,
            consts: self.consts,
            agents: self.agents,
            predicates: self.predicates,
            tests: self.tests,
            approved: self.approved.into(),
        };
        Checked { program, diagnostics }
    }
}

fn has_policy(file: &crate::syntax::ast::File) -> bool {
    file.items.iter().any(|i| matches!(i.kind, crate::syntax::ast::ItemKind::Policy(_)))
}
