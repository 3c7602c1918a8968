//! Entries of a person, one after the other: expressions, statements, definitions, commands. Each gets an [`Answer`].
//!
//! Promises: what an entry defines stays until it is defined anew; an entry that fails leaves everything as it was;
//! any text gets an answer. Refuses every effect: nothing is run, asked, read or written here. Knows no terminal:
//! whoever has one shows the answers.

mod command;
mod complete;
mod world;

pub use complete::Candidate;

use crate::check::{Environment, Kept, Module, Program, Session, Sources, Statements, Typed, VALUE};
use crate::diagnostics::codes::{lint, source as source_codes, syntax};
use crate::diagnostics::render::{self, Style};
use crate::diagnostics::{Code, Diagnostic, ErrorKind, Failure};
use crate::interpreter::{CancelToken, Lowered, Root, Stop};
use crate::source::{FileId, LoadError, Origin, SourceMap, Span};
use crate::syntax::{Entry, parse, parse_entry};
use crate::types::{Type, TypeDefs};
use crate::value::{Value, quote};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A longer value is cut: nobody reads it, and a terminal would be busy with it for minutes.
const LONGEST: usize = 64 * 1024;

/// What is answered to an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// More lines are needed.
    Incomplete,
    Answer(Answer),
    /// The person wants to leave.
    Quit,
}

/// What is to be shown. None of it is made harmless for a terminal yet, except for `wrong`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    pub lines: Vec<Line>,
    /// A report of what is wrong, drawn.
    pub wrong: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// What an entry gave: the name under which it is kept, if there is one.
    Value {
        name: Option<String>,
        value: String,
        ty: String,
    },
    /// Only a type was asked for.
    Type(String),
    Defined(Vec<String>),
    /// What `say` says.
    Said(String),
    /// Words of the repl itself.
    Note(String),
    /// Warnings, drawn already.
    Drawn(String),
}

impl Line {
    fn same_value(&self, unnamed: &Line) -> bool {
        match (self, unnamed) {
            (Line::Value { value: a, ty: t, .. }, Line::Value { name: None, value: b, ty: u }) => {
                a == b && t == u
            }
            _ => false,
        }
    }
}

/// The project in whose light entries are read.
pub struct Place {
    /// What `use` and `:load` may reach.
    pub root: PathBuf,
    /// Where paths that are typed begin.
    pub folder: PathBuf,
    /// People and roles of `wflow.toml`, where there is one.
    pub approvers: Option<Vec<Arc<str>>>,
}

pub struct Repl {
    place: Place,
    style: Style,
    session: Session,
    values: HashMap<Arc<str>, Value>,
    /// Names that entries and files have defined, for completion.
    defined: BTreeSet<String>,
    /// What `alias.` can be followed by.
    modules: BTreeMap<String, Vec<String>>,
    defs: Arc<TypeDefs>,
}

impl Repl {
    pub fn new(mut place: Place, files: Box<dyn Sources>, style: Style) -> Repl {
        place.root = place.root.canonicalize().unwrap_or(place.root);
        let environment = Environment { approvers: place.approvers.clone(), ..Environment::default() };
        Repl {
            place,
            style,
            session: Session::new(environment, files),
            values: HashMap::new(),
            defined: BTreeSet::new(),
            modules: BTreeMap::new(),
            defs: Arc::default(),
        }
    }

    /// Answers an entry. `last`: no further line will complete it. Cancelling ends an evaluation.
    pub fn enter(&mut self, text: &str, last: bool, cancel: &CancelToken) -> Reply {
        if let Some(rest) = text.trim().strip_prefix(':') {
            return self.command(rest);
        }
        if blank(text) {
            return Reply::Answer(Answer::default());
        }
        match self.session.enter(text) {
            Typed::Incomplete if !last => Reply::Incomplete,
            Typed::Incomplete => Reply::Answer(self.never_complete(text)),
            typed => Reply::Answer(self.answer(typed, cancel)),
        }
    }

    /// The definitions of a file become part of the session.
    pub fn load(&mut self, path: &str) -> Answer {
        let given = self.place.folder.join(path);
        let absolute = given.canonicalize().unwrap_or(given);
        let Ok(inside) = absolute.strip_prefix(&self.place.root) else {
            let message = format!("`{path}` is outside of the project {}", self.place.root.display());
            let failure = Failure::new(ErrorKind::Configuration, source_codes::E0001, message);
            return self.failed(&failure.help("start the repl in its project"), &SourceMap::new());
        };
        match self.session.load(inside) {
            Ok(typed) => self.answer(typed, &CancelToken::default()),
            Err(error) => self.unreadable(&error),
        }
    }

    fn answer(&mut self, typed: Typed, cancel: &CancelToken) -> Answer {
        match typed {
            Typed::Incomplete => Answer::default(),
            Typed::Wrong { diagnostics, sources } => self.wrong(&diagnostics, &sources),
            Typed::Items { names, checked } => {
                let mut answer =
                    self.warnings(&checked.diagnostics, &checked.program.sources, &[lint::L0702]);
                let names: Vec<String> = names.iter().map(ToString::to_string).collect();
                for name in &names {
                    // A definition hides a value of the same name.
                    self.values.remove(name.as_str());
                    self.defined.insert(name.clone());
                }
                self.remember(&checked.program);
                if !names.is_empty() {
                    answer.lines.push(Line::Defined(names));
                }
                answer
            }
            Typed::Statements(statements) => self.run(&statements, cancel),
        }
    }

    /// What later completions look up.
    fn remember(&mut self, program: &Program) {
        self.defs = program.defs.clone();
        for module in &program.modules {
            for (alias, used) in &module.uses {
                let names = public_names(program.module(*used));
                self.modules.insert(alias.to_string(), names);
            }
        }
    }

    fn run(&mut self, statements: &Statements, cancel: &CancelToken) -> Answer {
        let program = &statements.checked.program;
        let lowered = Lowered::new(program);
        let missing = |kept: &Kept| self.values.get(&kept.name).cloned().unwrap_or_default();
        let arguments: Vec<Value> = statements.arguments.iter().map(missing).collect();
        let world = world::Quiet::new(self.place.approvers.as_deref());
        let root = Root { path: String::from("repl"), cancel: cancel.clone() };
        let result = lowered.run_callable(statements.entry, arguments, &world, &root);
        // What stands behind a statement that leaves was not written by anybody.
        let quiet = [lint::L0702, lint::L0703];
        let mut answer = self.warnings(&statements.checked.diagnostics, &program.sources, &quiet);
        answer.lines.extend(world.said().into_iter().map(Line::Said));
        match result {
            Ok(Value::Record(record)) => {
                let given = statements.results.iter().zip(&record.fields);
                let mut kept = Vec::new();
                for (result, value) in given {
                    let name = (&*result.name != VALUE).then(|| result.name.to_string());
                    if name.is_some() {
                        kept.push(result.clone());
                        // Every variable comes back; only what is new or changed is worth a line.
                        let before = self.values.insert(result.name.clone(), value.clone());
                        let known =
                            self.session.values().iter().any(|v| v.name == result.name && v.ty == result.ty);
                        if known && before.is_some_and(|before| before == *value) {
                            continue;
                        }
                    }
                    if matches!(result.ty, Type::Nothing | Type::Never) && name.is_none() {
                        continue;
                    }
                    let line = Line::Value {
                        name,
                        value: shown(value),
                        ty: result.ty.show(&program.defs).to_string(),
                    };
                    // A step gives its value under its name, and again as the last expression.
                    if !answer.lines.last().is_some_and(|before| before.same_value(&line)) {
                        answer.lines.push(line);
                    }
                }
                for name in &kept {
                    self.defined.remove(&*name.name);
                }
                self.session.keep(kept);
            }
            // Without any result there is no record to take apart.
            Ok(_) => {}
            Err(Stop::Failed(failure)) => {
                answer.wrong = Some(render::failure(&failure, &program.sources, &self.style));
            }
            Err(Stop::Interrupted | Stop::Cancelled | Stop::GivenUp(_) | Stop::Suspended(_)) => {
                answer.lines.push(Line::Note(String::from("interrupted; nothing was kept")));
            }
        }
        answer
    }

    /// An entry that its person ended before it was whole.
    fn never_complete(&self, text: &str) -> Answer {
        let mut sources = SourceMap::new();
        let id = sources.add("entry", Origin::Memory, text);
        let mut diagnostics = match parse_entry(id, &format!("{text}\n\n")) {
            Entry::Wrong(diagnostics) => diagnostics,
            _ => parse(id, text).diagnostics,
        };
        diagnostics.retain(|d| d.code == syntax::E0103);
        if diagnostics.is_empty() {
            let end = text.trim_end().len();
            let start = text[..end].char_indices().next_back().map_or(0, |(at, _)| at);
            let found =
                Diagnostic::error(syntax::E0101, Span::new(id, start, end), "the entry is not complete")
                    .label("something must follow");
            diagnostics.push(found.help("go on in the next line; an empty line ends an entry"));
        }
        self.wrong(&diagnostics, &sources)
    }

    /// Warnings about the newest text; those about earlier ones have been shown. `quiet` are left out: that a name is
    /// not used yet is how a session begins.
    fn warnings(&self, diagnostics: &[Diagnostic], sources: &SourceMap, quiet: &[Code]) -> Answer {
        let newest = sources.files().filter(|f| f.origin != Origin::Std).map(|f| f.id).max();
        let fresh = |d: &&Diagnostic| Some(d.primary.span.file) == newest && !quiet.contains(&d.code);
        let fresh: Vec<Diagnostic> = diagnostics.iter().filter(fresh).cloned().collect();
        let mut answer = Answer::default();
        if !fresh.is_empty() {
            let drawn = render::text(&fresh, sources, &self.style);
            answer.lines.push(Line::Drawn(format!("{}\n", drawn.trim_end())));
        }
        answer
    }

    fn wrong(&self, diagnostics: &[Diagnostic], sources: &SourceMap) -> Answer {
        let errors: Vec<Diagnostic> = diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
        let drawn = render::text(&errors, sources, &self.style);
        Answer { lines: Vec::new(), wrong: Some(format!("{}\n", drawn.trim_end())) }
    }

    fn failed(&self, failure: &Failure, sources: &SourceMap) -> Answer {
        Answer { lines: Vec::new(), wrong: Some(render::failure(failure, sources, &self.style)) }
    }

    fn unreadable(&self, error: &LoadError) -> Answer {
        let code = match error {
            LoadError::TooLarge { .. } => source_codes::E0003,
            LoadError::NotUtf8 { .. } | LoadError::Binary { .. } => source_codes::E0002,
            _ => source_codes::E0001,
        };
        let failure = Failure::new(ErrorKind::Configuration, code, error.to_string());
        self.failed(&failure, &SourceMap::new())
    }

    fn reset(&mut self) {
        self.session.clear();
        self.values.clear();
        self.defined.clear();
        self.modules.clear();
        self.defs = Arc::default();
    }
}

/// The value as it would be written.
fn shown(value: &Value) -> String {
    let mut text = match value {
        Value::Text(text) => quote(text),
        other => other.to_string(),
    };
    if text.len() > LONGEST {
        let length = text.chars().count();
        let cut = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(cut);
        text.push_str(&format!("… ({length} characters)"));
    }
    text
}

/// Nothing but white space and comments.
fn blank(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || (line.starts_with("//") && !line.starts_with("///") && !line.starts_with("//!"))
    })
}

/// What another module may use of this one.
fn public_names(module: &Module) -> Vec<String> {
    let names = module.ast.items.iter().filter_map(complete::item_name);
    names.filter(|name| !name.starts_with('_')).map(str::to_owned).collect()
}

/// Whether the text is one expression, which can be looked at without being taken in.
fn is_expression(text: &str) -> bool {
    use crate::syntax::ast::StmtKind;
    match parse_entry(FileId(0), text) {
        Entry::Statements { stmts, .. } => {
            matches!(stmts.as_slice(), [one] if matches!(one.kind, StmtKind::Expr(_)))
        }
        _ => false,
    }
}

/// A path as it is typed after `:load`, perhaps in quotes.
fn typed_path(text: &str) -> &Path {
    let text = text.trim();
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    Path::new(inner.unwrap_or(text))
}
