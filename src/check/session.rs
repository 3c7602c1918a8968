//! What is typed piece by piece: definitions stay, statements are checked in their light and made ready to run.
//!
//! Every piece is a module of its own that sees those before it. Statements become the body of a task without a
//! name of its own: its parameters are the values so far, its result is a record of the values after it. All pieces
//! are checked anew each time, in the same order, so that types keep their identities over a session.

use super::body::{Body, LocalKind};
use super::infer::Want;
use super::load::{Key, Loader};
use super::program::*;
use super::sources::Sources;
use super::world::{Environment, World};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::lint;
use crate::source::{FileId, LoadError, Origin, SourceMap, Span};
use crate::syntax::ast::{self, *};
use crate::syntax::{Entry, Parsed, parse, parse_entry};
use crate::types::{Field, Type};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of the field that holds the value of the last expression.
pub const VALUE: &str = "_value";

/// A value that stays from entry to entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub name: Arc<str>,
    pub ty: Type,
    /// Declared with `var`: later entries may assign it.
    pub changes: bool,
}

/// Everything accepted so far.
pub struct Session {
    env: Environment,
    files: Box<dyn Sources>,
    pieces: Vec<Piece>,
    values: Vec<Kept>,
    count: u32,
}

#[derive(Clone)]
struct Piece {
    name: Arc<str>,
    text: Arc<str>,
    path: Option<PathBuf>,
}

/// What a piece of text turned out to be.
pub enum Typed {
    /// More lines are needed.
    Incomplete,
    /// It cannot be used; the sources are those that the diagnostics speak of.
    Wrong { diagnostics: Vec<Diagnostic>, sources: SourceMap },
    /// Definitions, which are part of the session from now on.
    Items { names: Vec<Arc<str>>, checked: Checked },
    /// Statements, ready to run.
    Statements(Box<Statements>),
}

/// Call `entry` with the values of `arguments` in order; its result is a record whose fields are `results` in order.
/// When it has run, [`Session::keep`] what is in `results` except [`VALUE`].
pub struct Statements {
    pub checked: Checked,
    pub entry: CallableId,
    pub arguments: Vec<Kept>,
    pub results: Vec<Kept>,
    /// The type of the last expression; Nothing if there is none.
    pub value: Type,
}

impl Session {
    pub fn new(env: Environment, files: Box<dyn Sources>) -> Session {
        Session { env, files, pieces: Vec::new(), values: Vec::new(), count: 0 }
    }

    pub fn values(&self) -> &[Kept] {
        &self.values
    }

    /// Remembers values of statements that have run; a name given again stands for the newest.
    pub fn keep(&mut self, values: impl IntoIterator<Item = Kept>) {
        for value in values {
            self.values.retain(|v| v.name != value.name);
            self.values.push(value);
        }
    }

    /// Forgets everything but the environment.
    pub fn clear(&mut self) {
        self.pieces.clear();
        self.values.clear();
    }

    /// The definitions of a file become part of the session.
    pub fn load(&mut self, path: &Path) -> Result<Typed, LoadError> {
        let text = self.files.read(path)?;
        let piece = Piece {
            name: path.to_string_lossy().as_ref().into(),
            text: text.into(),
            path: Some(path.to_owned()),
        };
        Ok(self.items(piece))
    }

    /// Looks at a piece of text: definitions are taken in, statements made ready to run.
    pub fn enter(&mut self, text: &str) -> Typed {
        self.count += 1;
        let name: Arc<str> = format!("entry {}", self.count).into();
        // Which it is does not depend on the place that it will have.
        match parse_entry(FileId(0), text) {
            Entry::Incomplete => Typed::Incomplete,
            Entry::Wrong(_) => self.wrong(&name, text),
            Entry::Items(_) => self.items(Piece { name, text: text.into(), path: None }),
            Entry::Statements { .. } => self.statements(&name, text),
        }
    }

    /// The program of all pieces, with a world in which it was checked.
    fn world(&self) -> (World<'_>, Loader) {
        let mut world = World::new(&self.env);
        let mut loader = Loader::default();
        for (i, piece) in self.pieces.iter().enumerate() {
            self.add_piece(&mut world, &mut loader, piece, i as u32);
        }
        (world, loader)
    }

    fn add_piece(&self, world: &mut World<'_>, loader: &mut Loader, piece: &Piece, number: u32) -> ModuleId {
        let origin =
            piece.path.as_ref().and_then(|p| self.files.absolute(p)).map_or(Origin::Memory, Origin::Disk);
        let id = world.sources.add(piece.name.clone(), origin, piece.text.clone());
        let key = match &piece.path {
            Some(path) => Key::File(path.clone()),
            None => Key::Typed(number),
        };
        let module = world.add_module(loader, key, parse(id, &piece.text));
        world.chain(module);
        world.load_uses(loader, module, &*self.files);
        world.check_modules(module.0 as usize);
        module
    }

    fn wrong(&self, name: &Arc<str>, text: &str) -> Typed {
        let (mut world, _) = self.world();
        let id = world.sources.add(name.clone(), Origin::Memory, text);
        match parse_entry(id, text) {
            Entry::Wrong(diagnostics) => Typed::Wrong { diagnostics, sources: world.sources },
            _ => Typed::Wrong { diagnostics: Vec::new(), sources: world.sources },
        }
    }

    fn items(&mut self, piece: Piece) -> Typed {
        let (mut world, mut loader) = self.world();
        let module = self.add_piece(&mut world, &mut loader, &piece, self.pieces.len() as u32);
        let file = Arc::clone(&world.module(module).ast);
        let checked = world.finish();
        if checked.has_errors() {
            return Typed::Wrong { diagnostics: checked.diagnostics, sources: checked.program.sources };
        }
        let names: Vec<Arc<str>> = file.items.iter().filter_map(item_name).collect();
        // A definition hides a value of the same name.
        self.values.retain(|v| !names.contains(&v.name));
        self.pieces.push(piece);
        Typed::Items { names, checked }
    }

    fn statements(&mut self, name: &Arc<str>, text: &str) -> Typed {
        let (mut world, mut loader) = self.world();
        let id = world.sources.add(name.clone(), Origin::Memory, text);
        let Entry::Statements { stmts, nodes } = parse_entry(id, text) else {
            return Typed::Incomplete;
        };
        let span = Span::new(id, 0, text.len());
        let mut maker = Maker { next: nodes, span };
        let task = maker.task(stmts, &self.values);
        let items = vec![Item { span, docs: None, attributes: Vec::new(), kind: ItemKind::Callable(task) }];
        let file = ast::File { id, docs: None, items, comments: Vec::new(), nodes: maker.next };
        let parsed = Parsed { file, diagnostics: Vec::new() };
        let module = world.add_module(&mut loader, Key::Typed(self.pieces.len() as u32), parsed);
        world.chain(module);
        world.declare(module);
        let entry = CallableId(world.callables.len() as u32 - 1);
        let results = world.entry_body(entry, &self.values);
        world.check_predicates();
        let mut checked = world.finish();
        checked.diagnostics.retain(|d| d.code != lint::L0702);
        if checked.has_errors() {
            return Typed::Wrong { diagnostics: checked.diagnostics, sources: checked.program.sources };
        }
        let value = results.iter().find(|r| &*r.name == VALUE).map_or(Type::Nothing, |r| r.ty.clone());
        Typed::Statements(Box::new(Statements {
            checked,
            entry,
            arguments: self.values.clone(),
            results,
            value,
        }))
    }
}

fn item_name(item: &Item) -> Option<Arc<str>> {
    Some(match &item.kind {
        ItemKind::Type(t) => t.name.name.clone(),
        ItemKind::Enum(e) => e.name.name.clone(),
        ItemKind::Const(c) => c.name.name.clone(),
        ItemKind::Agent(a) => a.name.name.clone(),
        ItemKind::Callable(c) => c.name.name.clone(),
        ItemKind::Use(u) => match (&u.alias, &u.source) {
            (Some(alias), _) => alias.name.clone(),
            (None, UseSource::Library(name)) => name.name.clone(),
            (None, UseSource::File { .. }) => return None,
        },
        ItemKind::Policy(_) | ItemKind::Test(_) => return None,
    })
}

/// Makes the parts of a tree that nobody wrote.
struct Maker {
    next: u32,
    span: Span,
}

impl Maker {
    fn id(&mut self) -> NodeId {
        self.next += 1;
        NodeId(self.next - 1)
    }

    fn ident(&mut self, name: &Arc<str>) -> Ident {
        Ident { id: self.id(), name: name.clone(), span: self.span }
    }

    /// The statements, then a record of what they leave behind.
    fn task(&mut self, mut stmts: Vec<Stmt>, values: &[Kept]) -> CallableItem {
        let mut names: Vec<Arc<str>> = Vec::new();
        for stmt in &stmts {
            match &stmt.kind {
                StmtKind::Let { pattern, .. } => bound(pattern, &mut names),
                StmtKind::Var { name, .. } => names.push(name.name.clone()),
                StmtKind::Expr(e) => match &e.kind {
                    ExprKind::Step(s) => names.push(s.name.name.clone()),
                    ExprKind::Gate(g) => names.push(g.name.name.clone()),
                    _ => {}
                },
                StmtKind::Assign { .. } => {}
            }
        }
        names.extend(values.iter().filter(|v| v.changes).map(|v| v.name.clone()));
        if matches!(stmts.last(), Some(Stmt { kind: StmtKind::Expr(_), .. }))
            && let Some(Stmt { span, attributes, kind: StmtKind::Expr(e) }) = stmts.pop()
        {
            let name: Arc<str> = VALUE.into();
            let ident = self.ident(&name);
            let pattern = Pattern { id: self.id(), span: e.span, kind: PatternKind::Bind(ident) };
            stmts.push(Stmt { span, attributes, kind: StmtKind::Let { pattern, ty: None, value: e } });
            names.push(name);
        }
        // The newest of a name that stands twice.
        let mut fields: Vec<RecordField> = Vec::with_capacity(names.len());
        for name in &names {
            if fields.iter().any(|f| f.name.name == *name) {
                continue;
            }
            let kind = ExprKind::Name(self.ident(name));
            let value = Expr { id: self.id(), span: self.span, kind };
            fields.push(RecordField { name: self.ident(name), value, shorthand: true });
        }
        let record = Expr { id: self.id(), span: self.span, kind: ExprKind::Record(fields) };
        stmts.push(Stmt { span: self.span, attributes: Vec::new(), kind: StmtKind::Expr(record) });
        let params = values
            .iter()
            .map(|v| Param {
                docs: None,
                name: self.ident(&v.name),
                ty: TypeExpr { id: self.id(), span: self.span, kind: TypeKind::Error },
                default: None,
            })
            .collect();
        CallableItem {
            kind: CallableKind::Task,
            name: self.ident(&"_entry".into()),
            params,
            result: None,
            body: Block { id: self.id(), span: self.span, stmts },
            head: self.span,
        }
    }
}

fn bound(pattern: &Pattern, out: &mut Vec<Arc<str>>) {
    match &pattern.kind {
        PatternKind::Bind(name) => out.push(name.name.clone()),
        PatternKind::Variant { fields, .. } | PatternKind::Record { fields, .. } => {
            for f in fields {
                match &f.pattern {
                    Some(p) => bound(p, out),
                    None => out.push(f.name.name.clone()),
                }
            }
        }
        PatternKind::List { items, rest } => {
            items.iter().for_each(|p| bound(p, out));
            out.extend(rest.iter().flatten().map(|n| n.name.clone()));
        }
        PatternKind::Or(list) => list.iter().take(1).for_each(|p| bound(p, out)),
        PatternKind::Any | PatternKind::Literal(_) | PatternKind::Range { .. } | PatternKind::Error => {}
    }
}

impl World<'_> {
    /// The module sees what the pieces before it declare.
    fn chain(&mut self, module: ModuleId) {
        let before = self.last_piece.replace(module);
        self.modules[module.0 as usize].before = before;
    }

    /// Checks the body of an entry's task; its signature follows from it.
    fn entry_body(&mut self, id: CallableId, values: &[Kept]) -> Vec<Kept> {
        let at = self.callables[id.0 as usize].at;
        self.current = at.module;
        let file = Arc::clone(&self.module(at.module).ast);
        let ItemKind::Callable(c) = &file.items[at.item as usize].kind else { return Vec::new() };
        self.body = Body::default();
        for (p, v) in c.params.iter().zip(values) {
            let kind = if v.changes { LocalKind::Var } else { LocalKind::Earlier };
            self.bind(&p.name, &v.ty, kind);
        }
        let result = self.block(&c.body, Want::Any);
        let changes: Vec<Arc<str>> =
            self.body.locals.iter().filter(|l| l.kind == LocalKind::Var).map(|l| l.name.clone()).collect();
        let fields: Vec<Field> = match &result {
            Type::Record(fields) => fields.to_vec(),
            _ => Vec::new(),
        };
        self.callables[id.0 as usize].locals = self.body.locals.len() as u32;
        self.callable_summaries[id.0 as usize] = std::mem::take(&mut self.body.summary);
        self.callables[id.0 as usize].signature = Arc::new(Signature {
            params: values
                .iter()
                .map(|v| ParamInfo { name: v.name.clone(), ty: v.ty.clone(), has_default: false, docs: None })
                .collect(),
            result,
        });
        fields
            .into_iter()
            .map(|f| Kept { changes: changes.contains(&f.name), name: f.name, ty: f.ty })
            .collect()
    }
}
