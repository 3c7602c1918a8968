//! `wflow repl [FILE]`: at a terminal with editing, history and completion; otherwise line by line, so that a script
//! can be piped into it.
//!
//! Piped, nothing but answers is printed: values on standard output, what is wrong on standard error, and the exit
//! code is 1 if anything was. An empty line ends an entry only at a terminal, since scripts have them anywhere.

use super::args::ReplArgs;
use super::exit::Exit;
use super::report::Trouble;
use super::screen::Screen;
use crate::check::Disk;
use crate::diagnostics::ErrorKind;
use crate::diagnostics::Failure;
use crate::diagnostics::codes::source as codes;
use crate::interpreter::CancelToken;
use crate::policy::load_project;
use crate::repl::{Answer, Line, Place, Repl, Reply};
use crate::source::SourceMap;
use crate::ui::escape;
use crate::ui::style::{Paint, Style};
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::cell::RefCell;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// So many entries are remembered.
const HISTORY: usize = 1000;
/// How soon a computation hears of ^C.
const GLANCE: Duration = Duration::from_millis(50);

pub fn repl(args: &ReplArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let start = args.file.as_deref().unwrap_or(Path::new("."));
    let (project, wrong) = load_project(start, &mut SourceMap::new());
    // Mistakes in `wflow.toml` are for `wflow check`; here it only says who the people are.
    let known = project.is_configured() && !wrong.iter().any(|d| d.is_error());
    let approvers = known.then(|| project.config.people.names().map(Into::into).collect());
    let place =
        Place { root: project.root.clone(), folder: std::env::current_dir().unwrap_or_default(), approvers };
    let faces = Faces { color: screen.color_out, unicode: screen.unicode };
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let drawn = if terminal { screen.out() } else { screen.err() };
    let mut repl = Repl::new(place, Box::new(Disk::new(project.root)), drawn);
    if let Some(file) = &args.file {
        let answer = repl.load(&file.to_string_lossy());
        let wrong = answer.wrong.is_some();
        faces.print(&answer, terminal);
        if wrong {
            return Ok(Exit::CheckErrors);
        }
    }
    if terminal { talk(repl, &faces) } else { listen(repl, &faces) }
}

/// How answers look.
struct Faces {
    color: bool,
    unicode: bool,
}

impl Faces {
    fn print(&self, answer: &Answer, terminal: bool) {
        let style = Style { color: self.color, unicode: self.unicode };
        let dim = |text: &str| style.paint(Paint::Dim, text);
        let mut out = String::new();
        for line in &answer.lines {
            match line {
                Line::Value { name, value, ty } => {
                    if let Some(name) = name {
                        out.push_str(&dim(&format!("{name} = ")));
                    }
                    out.push_str(&escape::line(value));
                    out.push_str(&dim(&format!(" : {}", escape::line(ty))));
                    out.push('\n');
                }
                Line::Type(ty) => out.push_str(&format!("{}\n", escape::line(ty))),
                Line::Defined(names) => {
                    let names = escape::line(&names.join(", "));
                    out.push_str(&format!("{}\n", dim(&format!("defined {names}"))));
                }
                Line::Said(text) | Line::Note(text) => {
                    escape::block(text).iter().for_each(|l| out.push_str(&format!("{l}\n")));
                }
                Line::Drawn(text) => out.push_str(text),
            }
        }
        super::runs::print(&out);
        // A reader that has seen enough is no error.
        let _ = std::io::stdout().flush();
        if let Some(wrong) = &answer.wrong {
            if terminal {
                super::runs::print(wrong);
            } else {
                let _ = std::io::stderr().write_all(wrong.as_bytes());
            }
        }
    }
}

/// Line by line from standard input.
fn listen(mut repl: Repl, faces: &Faces) -> Result<Exit, Trouble> {
    let mut input = std::io::stdin().lock();
    let mut entry = String::new();
    let mut exit = Exit::Completed;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let read = input.read_until(b'\n', &mut bytes);
        let line = read.map_err(|error| error.to_string()).and_then(|_| {
            std::str::from_utf8(&bytes).map(str::to_owned).map_err(|_| String::from("it is not UTF-8 text"))
        });
        let line = line.map_err(|why| {
            Trouble::from(Failure::new(
                ErrorKind::Configuration,
                codes::E0002,
                format!("standard input cannot be read: {why}"),
            ))
        })?;
        let last = line.is_empty();
        entry.push_str(&line);
        if last && entry.trim().is_empty() {
            return Ok(exit);
        }
        match repl.enter(&entry, last, &CancelToken::default()) {
            Reply::Incomplete => continue,
            Reply::Quit => return Ok(exit),
            Reply::Answer(answer) => {
                if answer.wrong.is_some() {
                    exit = Exit::Failed;
                }
                faces.print(&answer, false);
            }
        }
        entry.clear();
    }
}

/// With a person at a terminal.
fn talk(repl: Repl, faces: &Faces) -> Result<Exit, Trouble> {
    let repl = Rc::new(RefCell::new(repl));
    let unusable = |error: ReadlineError| {
        let message = format!("the terminal cannot be used: {error}");
        Trouble::from(Failure::new(ErrorKind::Configuration, codes::E0001, message))
    };
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .max_history_size(HISTORY)
        .and_then(|c| c.history_ignore_dups(true))
        .map_err(unusable)?
        .history_ignore_space(true)
        .build();
    let mut editor: Editor<Words, FileHistory> = Editor::with_config(config).map_err(unusable)?;
    editor.set_helper(Some(Words { repl: repl.clone(), files: FilenameCompleter::new() }));
    let history = history_file();
    if let Some(file) = &history {
        // A first session has none, and one that cannot be read is no reason not to talk.
        let _ = editor.load_history(file);
    }
    let style = Style { color: faces.color, unicode: faces.unicode };
    let hello = format!("wflow {}; `:help` says what can be typed, ^D leaves", env!("CARGO_PKG_VERSION"));
    super::runs::print(&format!("{}\n", style.paint(Paint::Dim, &hello)));
    catch_interrupts();
    let mut entry = String::new();
    loop {
        INTERRUPTED.store(false, Ordering::Release);
        let prompt = if entry.is_empty() { "> " } else { "... " };
        let (line, last) = match editor.readline(prompt) {
            Ok(line) => line_of(line, &entry),
            Err(ReadlineError::Interrupted) => {
                entry.clear();
                continue;
            }
            Err(ReadlineError::Signal(_)) => continue,
            // ^D in an entry ends it as an empty line does, and leaves.
            Err(ReadlineError::Eof) => break,
            Err(error) => {
                keep(&mut editor, history.as_deref());
                return Err(unusable(error));
            }
        };
        entry.push_str(&line);
        let reply = interruptible(|cancel| repl.borrow_mut().enter(&entry, last, cancel));
        if reply == Reply::Incomplete {
            continue;
        }
        if !entry.trim().is_empty() {
            // Only the history itself could refuse, and then there is none.
            let _ = editor.add_history_entry(entry.trim_end());
        }
        entry.clear();
        match reply {
            Reply::Quit => break,
            Reply::Answer(answer) => faces.print(&answer, true),
            Reply::Incomplete => {}
        }
    }
    keep(&mut editor, history.as_deref());
    Ok(Exit::Completed)
}

/// With its end, and whether it ends the entry that was begun before.
fn line_of(line: String, begun: &str) -> (String, bool) {
    let last = !begun.is_empty() && line.trim().is_empty();
    (format!("{line}\n"), last)
}

fn keep(editor: &mut Editor<Words, FileHistory>, file: Option<&Path>) {
    let Some(file) = file else { return };
    if let Some(folder) = file.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    // A session must be able to end where nothing can be written.
    let _ = editor.save_history(file);
}

/// `$XDG_STATE_HOME/wflow/history`, by default below `~/.local/state`.
fn history_file() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("wflow").join("history"))
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn on_interrupt(_: libc::c_int) {
    INTERRUPTED.store(true, Ordering::Release);
}

/// From here on ^C ends no more than what is computed. While a line is typed the key is the editor's.
fn catch_interrupts() {
    // SAFETY: installs a handler that only sets a flag; interrupted calls are started again.
    unsafe {
        let mut action = std::mem::zeroed::<libc::sigaction>();
        action.sa_sigaction = on_interrupt as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGINT, &action, std::ptr::null_mut());
    }
}

/// Works with a token that ^C cancels.
fn interruptible<T>(work: impl FnOnce(&CancelToken) -> T) -> T {
    let cancel = CancelToken::default();
    let (done, ended) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let watched = cancel.clone();
        // Without the thread ^C changes nothing, and every computation still ends by itself.
        let _ = std::thread::Builder::new().name("interrupts".into()).spawn_scoped(scope, move || {
            while let Err(mpsc::RecvTimeoutError::Timeout) = ended.recv_timeout(GLANCE) {
                if INTERRUPTED.load(Ordering::Acquire) {
                    watched.cancel();
                }
            }
        });
        let result = work(&cancel);
        drop(done);
        result
    })
}

/// Completes what is typed.
struct Words {
    repl: Rc<RefCell<Repl>>,
    files: FilenameCompleter,
}

impl Completer for Words {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        if line.trim_start().starts_with(":l") && line.contains(' ') {
            return self.files.complete(line, at, context);
        }
        // Nobody else has it while a line is typed.
        let Ok(mut repl) = self.repl.try_borrow_mut() else { return Ok((at, Vec::new())) };
        let (start, found) = repl.complete(line, at);
        let pair = |c: crate::repl::Candidate| Pair { display: escape::line(&c.shown), replacement: c.text };
        Ok((start, found.into_iter().map(pair).collect()))
    }
}

impl Hinter for Words {
    type Hint = String;
}
impl Highlighter for Words {}
impl Validator for Words {}
impl Helper for Words {}
