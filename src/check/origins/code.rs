//! Files that hold what an AI has written, and commands that execute them: the lint `untrusted_code`.
//!
//! A body keeps what it writes and what it executes, each as a path in which its parameters may stand. At a call both are
//! put into the caller's terms: what was written before meets what the callee executes, and what the callee has written
//! meets what follows. Which branch was taken and how often a loop ran is not looked at; a write behind the command meets
//! it only where a loop or a branch beside it brings it there.

use super::flow::Flow;
use super::origin::Level;
use crate::check::program::*;
use crate::check::written::{Known, Written};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::lint;
use crate::source::Span;
use crate::syntax::ast::*;
use std::sync::Arc;

/// Of one body no more writes, and no more executed files, than this are kept.
const MOST: usize = 200;

/// A path that is known but for parameters.
pub type Path = Vec<Part>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(Arc<str>),
    /// By its index.
    Param(u32),
}

/// A file to which an untrusted text was written.
#[derive(Debug, Clone)]
struct Put {
    path: Path,
    span: Span,
    /// From the AI to the file.
    way: Vec<(Span, String)>,
    /// The parameter that the text comes from.
    param: Option<usize>,
}

/// A file that a command executes.
#[derive(Debug, Clone)]
struct Exec {
    path: Path,
    span: Span,
    /// The calls that lead there.
    way: Vec<(Span, String)>,
}

/// Of one body, and of all that it calls.
#[derive(Debug, Clone, Default)]
pub struct Code {
    puts: Vec<Put>,
    execs: Vec<Exec>,
    /// What is written and then executed, if the caller gives an untrusted text.
    pairs: Vec<(Put, Exec)>,
}

/// Where a walk is: what comes behind it can be told apart.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    puts: usize,
    pub execs: usize,
}

/// What these programs execute without being told to.
const BY_THEMSELVES: &[(&str, &[&str])] = &[
    ("make", &["GNUmakefile", "makefile", "Makefile"]),
    ("just", &["justfile", "Justfile", ".justfile"]),
    ("ninja", &["build.ninja"]),
    ("npm", &["package.json"]),
    ("pnpm", &["package.json"]),
    ("yarn", &["package.json"]),
    ("cargo", &["build.rs", "Cargo.toml", ".cargo/config.toml"]),
];

impl Code {
    fn put(&mut self, put: Put) {
        let known = self.puts.iter().any(|p| p.span == put.span && p.path == put.path);
        if !known && self.puts.len() < MOST {
            self.puts.push(put);
        }
    }

    fn exec(&mut self, exec: Exec) {
        let known = self.execs.iter().any(|e| e.span == exec.span && e.path == exec.path);
        if !known && self.execs.len() < MOST {
            self.execs.push(exec);
        }
    }
}

/// `./a//b` is `a/b`; none if it leads elsewhere.
fn tidy(path: Path) -> Option<Path> {
    let mut out: Path = Vec::new();
    for part in path {
        match (out.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(text)) => *before = format!("{before}{text}").into(),
            (_, part) => out.push(part),
        }
    }
    let last = out.len().saturating_sub(1);
    for (i, part) in out.iter_mut().enumerate() {
        let Part::Text(text) = part else { continue };
        let names: Vec<&str> = text.split('/').collect();
        let ends = names.len() - 1;
        // What touches a parameter is part of a name.
        let kept = |(at, name): (usize, &&str)| {
            let inside = (at > 0 || i == 0) && (at < ends || i == last);
            !inside || !(name.is_empty() || *name == ".")
        };
        let kept: Vec<&str> =
            names.iter().enumerate().filter(|n| kept((n.0, n.1))).map(|(_, n)| *n).collect();
        if kept.contains(&"..") || text.starts_with('/') && i == 0 {
            return None;
        }
        *text = kept.join("/").into();
    }
    out.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
    Some(out)
}

fn show(path: &Path) -> String {
    path.iter()
        .map(|part| match part {
            Part::Text(text) => &**text,
            Part::Param(_) => "…",
        })
        .collect()
}

/// A path of a callee with what was given for its parameters; none where that is not known.
fn put_in(path: &Path, given: &dyn Fn(u32) -> Option<Path>) -> Option<Path> {
    let mut out = Path::new();
    for part in path {
        match part {
            Part::Text(_) => out.push(part.clone()),
            Part::Param(index) => out.extend(given(*index)?),
        }
    }
    tidy(out)
}

impl<'w> Flow<'_, 'w> {
    pub fn code_mark(&self) -> Mark {
        Mark { puts: self.code.puts.len(), execs: self.code.execs.len() }
    }

    /// Takes away what was written since, for a branch that does not meet it.
    pub fn take_written(&mut self, since: Mark) -> Code {
        Code { puts: self.code.puts.split_off(since.puts), ..Code::default() }
    }

    pub fn give_written(&mut self, code: Code) {
        code.puts.into_iter().for_each(|put| self.code.put(put));
    }

    /// What was executed since may come after all that was written by now: in another turn, or in a branch beside it.
    pub fn code_again(&mut self, since: Mark) {
        self.meet_code(since.execs..self.code.execs.len());
    }

    pub fn meet_code(&mut self, execs: std::ops::Range<usize>) {
        execs.for_each(|at| self.meets(at));
    }

    /// A path as this body knows it.
    fn code_path(&self, e: &Expr) -> Option<Path> {
        let parts = self.written.known(self.proof.world, self.module, e);
        let path = parts.into_iter().map(|known| match known {
            Known::Text(text) => Some(Part::Text(text)),
            Known::Local(local) => (local < self.params).then_some(Part::Param(local)),
            Known::Open => None,
        });
        path.collect()
    }

    fn code_word(&self, word: &Word) -> Option<Path> {
        let mut out = Path::new();
        for part in &word.parts {
            match part {
                WordPart::Lit(text) => out.push(Part::Text(text.clone())),
                WordPart::Expr(e) => out.extend(self.code_path(e)?),
                WordPart::Spread(_) | WordPart::Any => return None,
            }
        }
        Some(out)
    }

    /// An untrusted text is written.
    pub fn code_put(&mut self, path: &'w Expr, text: &super::origin::Origin, span: Span) {
        let Some(path) = self.code_path(path).and_then(tidy) else { return };
        let cause = text.cause;
        let mut way = self.proof.causes.way(cause);
        way.push((
            span,
            match path.iter().all(|part| matches!(part, Part::Text(_))) {
                true => format!("written to `{}` here", show(&path)),
                false => String::from("written to a file here"),
            },
        ));
        self.code.put(Put { path, span, way, param: self.proof.causes.param(cause) });
    }

    /// The files that a command executes.
    pub fn code_run(&mut self, run: &'w Run) {
        let Some(program) = run.command.words.first().and_then(|w| self.code_word(w)) else { return };
        let folder = match &run.dir {
            None => Path::new(),
            Some(dir) => match self.code_path(dir) {
                Some(mut dir) => {
                    dir.push(Part::Text("/".into()));
                    dir
                }
                None => return,
            },
        };
        let named = |path: Path| tidy([folder.clone(), path].concat());
        let text = |text: &str| vec![Part::Text(text.into())];
        let mut paths: Vec<Option<Path>> = Vec::new();
        let spelled = show(&program);
        if spelled.contains('/') {
            paths.push(named(program.clone()));
        }
        if self.proof.config.is_interpreter(&spelled) {
            for word in &run.command.words[1..] {
                let Some(word) = self.code_word(word) else { continue };
                // `--require=./x.js`
                if let [Part::Text(start), rest @ ..] = &word[..]
                    && let Some((_, value)) = start.split_once('=')
                {
                    paths.push(named([text(value), rest.to_vec()].concat()));
                }
                paths.push(named(word));
            }
        }
        let own = BY_THEMSELVES.iter().filter(|(name, _)| *name == spelled).flat_map(|(_, files)| *files);
        paths.extend(own.map(|file| named(text(file))));
        for path in paths.into_iter().flatten() {
            self.executes(Exec { path, span: run.command.span, way: Vec::new() });
        }
    }

    fn executes(&mut self, exec: Exec) {
        let before = self.code.execs.len();
        self.code.exec(exec);
        self.meet_code(before..self.code.execs.len());
    }

    /// Whether something executed was written before.
    fn meets(&mut self, exec: usize) {
        let exec = &self.code.execs[exec];
        let mut puts = self.code.puts.iter().filter(|put| put.path == exec.path);
        // One that is an AI's whoever calls is said first.
        let Some(put) = puts.clone().find(|put| put.param.is_none()).or_else(|| puts.next()) else { return };
        let (put, exec) = (put.clone(), exec.clone());
        self.executed(put, exec);
    }

    /// A written file is executed. Where its text is the caller's that is for the caller to judge.
    fn executed(&mut self, put: Put, exec: Exec) {
        if put.param.is_some() {
            let known = self.code.pairs.iter().any(|(p, e)| p.span == put.span && e.span == exec.span);
            if !known && self.code.pairs.len() < MOST {
                self.code.pairs.push((put, exec));
            }
            return;
        }
        let name = show(&exec.path);
        let d = Diagnostic::warning(
            lint::L0709,
            exec.span,
            format!("this executes `{name}`, which an AI has written"),
        )
        .label("runs what stands in the file");
        let way = put.way.iter().chain(&exec.way).cloned();
        let d = super::report::draw(d, way.collect()).help(
            "have people approve the text before: name it in the `show` of a gate, then write and run it",
        );
        self.proof.noted.entry(exec.span).or_insert(d);
    }

    /// A call: what its body writes and executes, seen from here. `given` are the arguments in the order of the parameters.
    pub fn code_call(&mut self, e: &'w Expr, id: CallableId, given: &[Option<&'w Expr>], code: &Code) {
        if code.puts.is_empty() && code.execs.is_empty() && code.pairs.is_empty() {
            return;
        }
        let callable = &self.proof.world.callables[id.0 as usize];
        let tree = self.proof.tree(id);
        let argument = |index: u32| -> Option<Path> {
            if let Some(arg) = given.get(index as usize).copied().flatten() {
                return self.code_path(arg);
            }
            // A default knows nothing of this body.
            let default = tree?.params.get(index as usize)?.default.as_ref()?;
            let parts = Written::default().known(self.proof.world, callable.at.module, default);
            let text = parts.into_iter().map(|known| match known {
                Known::Text(text) => Some(Part::Text(text)),
                Known::Local(_) | Known::Open => None,
            });
            text.collect()
        };
        let here = (e.span, format!("`{}` is called here", callable.name));
        let mut execs = Vec::new();
        for exec in &code.execs {
            let Some(path) = put_in(&exec.path, &argument) else { continue };
            let way = std::iter::once(here.clone()).chain(exec.way.iter().cloned()).collect();
            execs.push(Exec { path, span: exec.span, way });
        }
        let mut puts = Vec::new();
        for put in &code.puts {
            let Some(path) = put_in(&put.path, &argument) else { continue };
            puts.push(Put { path, ..put.clone() });
        }
        let mut pairs = Vec::new();
        for (put, exec) in &code.pairs {
            // Which file it is does not matter any more.
            let path = put_in(&exec.path, &argument).unwrap_or_else(|| exec.path.clone());
            pairs.push((put.clone(), Exec { path, ..exec.clone() }));
        }
        pairs.into_iter().for_each(|(put, exec)| self.executed(put, exec));
        execs.into_iter().for_each(|exec| self.executes(exec));
        puts.into_iter().for_each(|put| self.code.put(put));
    }

    /// What a call has written of what it was given: who gave it.
    pub fn code_of_params(
        &self,
        code: &Code,
        name: &Arc<str>,
        span: Span,
        given: &dyn Fn(usize) -> super::origin::Origin,
    ) -> Code {
        let seen = |put: &Put| {
            let Some(index) = put.param else {
                let way = std::iter::once((span, format!("`{name}` is called here"))).chain(put.way.clone());
                return Some(Put { way: way.collect(), ..put.clone() });
            };
            let origin = given(index).whole();
            if origin.alone != Level::Untrusted {
                return None;
            }
            let mut way = self.proof.causes.way(origin.cause);
            way.push((span, format!("passed to `{name}`")));
            way.extend(put.way.iter().cloned());
            Some(Put { way, param: self.proof.causes.param(origin.cause), ..put.clone() })
        };
        let pairs = code.pairs.iter().filter_map(|(put, exec)| Some((seen(put)?, exec.clone())));
        Code {
            puts: code.puts.iter().filter_map(seen).collect(),
            execs: code.execs.clone(),
            pairs: pairs.collect(),
        }
    }
}
