//! Reads a program's modules: the named file and all that it uses. Promises that each file is read once and lies
//! inside the project root; refuses circles.

use super::program::*;
use super::sources::{Sources, resolve};
use super::world::*;
use crate::diagnostics::codes::{names as code, source};
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::source::{LoadError, Origin, Span};
use crate::syntax::ast::{Ident, ItemKind, UseSource};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What identifies a module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Library(Arc<str>),
    File(PathBuf),
    /// Text without a file.
    Typed(u32),
}

#[derive(Default)]
pub(super) struct Loader {
    known: HashMap<Key, ModuleId>,
    keys: Vec<Key>,
    /// Who uses whom, and where that is said.
    edges: Vec<Vec<(ModuleId, Span)>>,
}

impl World<'_> {
    /// Adds a parsed module; what it uses is loaded by [`World::load_uses`].
    pub(super) fn add_module(
        &mut self,
        loader: &mut Loader,
        key: Key,
        parsed: crate::syntax::Parsed,
    ) -> ModuleId {
        let id = ModuleId(self.modules.len() as u32);
        let wrong = parsed.diagnostics.iter().any(Diagnostic::is_error);
        let file = Arc::new(parsed.file);
        let lost = if wrong { lost_names(self.sources.file(file.id).text.as_ref()) } else { HashSet::new() };
        self.modules.push(ModuleState {
            tables: Tables::new(file.nodes),
            scope: HashMap::with_capacity(file.items.len()),
            uses: HashMap::new(),
            before: None,
            lost,
            partial: wrong,
            ast: file,
        });
        self.diagnostics.extend(parsed.diagnostics);
        loader.known.insert(key.clone(), id);
        loader.keys.push(key);
        loader.edges.push(Vec::new());
        id
    }

    /// Loads what the modules from `first` on use, and what that uses.
    pub(super) fn load_uses(&mut self, loader: &mut Loader, first: ModuleId, files: &dyn Sources) {
        let mut next = first.0 as usize;
        while next < self.modules.len() {
            let module = ModuleId(next as u32);
            self.current = module;
            let file = Arc::clone(&self.modules[next].ast);
            for item in &file.items {
                let ItemKind::Use(u) = &item.kind else { continue };
                let (found, span) = match &u.source {
                    UseSource::Library(name) => (self.library(loader, name, files), name.span),
                    UseSource::File { path, span } => (self.file(loader, module, path, *span, files), *span),
                };
                let name = match (&u.alias, &u.source) {
                    (Some(alias), _) => alias.clone(),
                    (None, UseSource::Library(name)) => name.clone(),
                    (None, UseSource::File { path, span }) => {
                        self.no_alias(path, *span);
                        continue;
                    }
                };
                let Some(id) = found else {
                    // What is used of it cannot be known, and is not reported again.
                    self.here().lost.insert(name.name.to_string());
                    continue;
                };
                loader.edges[next].push((id, span));
                self.declare_name(&name, Decl::Module(id));
                self.set_res(name.id, Res::Module(id));
                self.here().uses.insert(name.name.clone(), id);
            }
            next += 1;
        }
        self.refuse_circles(loader);
    }

    fn no_alias(&mut self, path: &str, span: Span) {
        let stem = Path::new(path).file_stem().and_then(|s| s.to_str()).unwrap_or("name").replace('-', "_");
        let d = self
            .error(code::E0210, span, "a used file needs a name")
            .label("by what name is it used?")
            .help(format!("write `use \"{path}\" as {stem}`"));
        self.report(d);
    }

    fn library(&mut self, loader: &mut Loader, name: &Ident, files: &dyn Sources) -> Option<ModuleId> {
        let key = Key::Library(name.name.clone());
        if let Some(id) = loader.known.get(&key) {
            return Some(*id);
        }
        let Some(text) = files.library(&name.name).map(str::to_owned) else {
            let all = files.library_names();
            let near = did_you_mean(&name.name, all.iter().copied());
            let mut d = self
                .error(code::E0205, name.span, format!("the standard library has no module `{}`", name.name))
                .label("unknown module")
                .suggest(near);
            if near.is_none() {
                d = d.help(format!(
                    "it has {}; a file of yours is used by its path: `use \"./{}.wflow\" as {}`",
                    all.join(", "),
                    name.name,
                    name.name
                ));
            }
            self.report(d);
            return None;
        };
        let id = self.sources.add(format!("std/{}.wflow", name.name), Origin::Std, text.as_str());
        let parsed = crate::syntax::parse(id, &text);
        Some(self.add_module(loader, key, parsed))
    }

    fn file(
        &mut self,
        loader: &mut Loader,
        from: ModuleId,
        written: &str,
        span: Span,
        files: &dyn Sources,
    ) -> Option<ModuleId> {
        let folder = match &loader.keys[from.0 as usize] {
            Key::File(path) => path.parent().unwrap_or(Path::new("")).to_owned(),
            Key::Typed(_) => PathBuf::new(),
            Key::Library(_) => {
                let d = self.error(code::E0207, span, "a module of the library uses only the library");
                self.report(d);
                return None;
            }
        };
        let Some(path) = resolve(&folder, written) else {
            let d = self
                .error(code::E0207, span, format!("`{written}` lies outside the project"))
                .label("leaves the project's root")
                .help("a path is relative to this file: `\"./lib/x.wflow\"`; shared files belong into the project");
            self.report(d);
            return None;
        };
        let key = Key::File(path.clone());
        if let Some(id) = loader.known.get(&key) {
            return Some(*id);
        }
        let text = match files.read(&path) {
            Ok(text) => text,
            Err(error) => {
                self.unreadable(&path, written, span, &error, files);
                return None;
            }
        };
        let origin = files.absolute(&path).map_or(Origin::Memory, Origin::Disk);
        let id = self.sources.add(path.to_string_lossy().replace('\\', "/"), origin, text.as_str());
        let parsed = crate::syntax::parse(id, &text);
        Some(self.add_module(loader, key, parsed))
    }

    fn unreadable(&mut self, path: &Path, written: &str, span: Span, error: &LoadError, files: &dyn Sources) {
        let d = match error {
            LoadError::Missing { .. } => {
                let all = files.siblings(path.parent().unwrap_or(Path::new("")));
                let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
                let near = did_you_mean(name, all.iter().map(String::as_str));
                let mut d = self
                    .error(code::E0204, span, format!("there is no file `{written}`"))
                    .label(format!("looked for `{}`", path.display()));
                d = match near {
                    Some(n) => d.help(format!("did you mean `{}`?", written.replace(name, n))),
                    None if all.is_empty() => d.help("that folder has no .wflow files"),
                    None => d.help(format!("that folder has {}", all.join(", "))),
                };
                d
            }
            LoadError::NotUtf8 { .. } | LoadError::Binary { .. } => {
                self.error(source::E0002, span, error.to_string())
            }
            LoadError::TooLarge { .. } => self.error(source::E0003, span, error.to_string()),
            LoadError::Directory { .. } | LoadError::NotAFile { .. } | LoadError::Unreadable { .. } => {
                self.error(source::E0001, span, error.to_string())
            }
        };
        self.report(d);
    }

    /// Modules that use each other: one error for each circle, at the `use` that closes it.
    fn refuse_circles(&mut self, loader: &Loader) {
        let n = self.modules.len();
        let (mut open, mut closed) = (vec![false; n], vec![false; n]);
        for start in 0..n {
            if closed[start] {
                continue;
            }
            let mut path: Vec<(usize, usize)> = vec![(start, 0)];
            open[start] = true;
            while let Some((at, next)) = path.last_mut() {
                let at = *at;
                let Some((to, span)) = loader.edges[at].get(*next).copied() else {
                    open[at] = false;
                    closed[at] = true;
                    path.pop();
                    continue;
                };
                *next += 1;
                let to = to.0 as usize;
                if open[to] {
                    let from = path.iter().position(|(m, _)| *m == to).unwrap_or(0);
                    let circle: Vec<usize> = path[from..].iter().map(|(m, _)| *m).collect();
                    self.report_circle(loader, &circle, span);
                } else if !closed[to] {
                    open[to] = true;
                    path.push((to, 0));
                }
            }
        }
    }

    fn report_circle(&mut self, loader: &Loader, circle: &[usize], span: Span) {
        let name = |m: usize| self.sources.file(self.modules[m].ast.id).name.to_string();
        let mut names: Vec<String> = circle.iter().map(|m| name(*m)).collect();
        names.push(names[0].clone());
        let message = match circle.len() {
            1 => format!("`{}` uses itself", names[0]),
            _ => format!("modules use each other in a circle: {}", names.join(" → ")),
        };
        let mut d = self.error(code::E0206, span, message).label("this `use` closes the circle");
        for pair in circle.windows(2) {
            if let Some((_, at)) = loader.edges[pair[0]].iter().find(|(m, _)| m.0 as usize == pair[1]) {
                d = d.also(*at, format!("`{}` uses `{}`", name(pair[0]), name(pair[1])));
            }
        }
        let d = d.help("move what both need into a file of its own");
        self.report(d);
    }
}

/// Names that a file with syntax errors seems to declare: whether they exist is not for the checker to say.
fn lost_names(text: &str) -> HashSet<String> {
    const WORDS: &[&str] = &[
        "fn", "task", "workflow", "type", "enum", "const", "agent", "step", "gate", "let", "var", "as",
        "use", "for", "catch", "reject",
    ];
    let mut out = HashSet::new();
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty());
    let mut before = "";
    for word in words {
        if WORDS.contains(&before) {
            out.insert(word.to_owned());
        }
        before = word;
    }
    out
}
