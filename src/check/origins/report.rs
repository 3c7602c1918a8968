//! The errors: what arrives where it must not, and the way that it came.

use super::cause::CauseId;
use super::flow::Flow;
use super::origin::{Level, Origin};
use super::room::Room;
use crate::diagnostics::codes::policy as code;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::Expr;
use crate::types::Type;
use std::sync::Arc;

/// A way with more steps than this is cut in its middle.
const MOST_STEPS: usize = 12;

/// Where a value is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sink {
    Word,
    /// A word of a command that this gate guards.
    Protected(Arc<str>),
    Program,
    Path,
    Directory,
    /// Names a variable or a secret.
    Variable,
    Environment,
    Instructions,
    /// Standard input of this program, which takes it for code.
    Code(Arc<str>),
    Question,
    Criterion,
    Reason,
}

impl Sink {
    pub fn code(&self) -> Code {
        match self {
            Sink::Word => code::E0506,
            Sink::Protected(_) | Sink::Program => code::E0507,
            Sink::Path | Sink::Directory | Sink::Variable | Sink::Environment => code::E0508,
            Sink::Instructions => code::E0509,
            Sink::Code(_) => code::E0510,
            Sink::Question | Sink::Criterion | Sink::Reason => code::E0511,
        }
    }

    /// Whether values from outside are refused, too.
    fn strict(&self) -> bool {
        matches!(self, Sink::Protected(_) | Sink::Program)
    }

    fn text(&self) -> String {
        match self {
            Sink::Word => "a word of a command".into(),
            Sink::Protected(gate) => format!("a word of a command that gate `{gate}` guards"),
            Sink::Program => "the name of a program".into(),
            Sink::Path => "a path".into(),
            Sink::Directory => "the folder that a command runs in".into(),
            Sink::Variable => "the name of a variable".into(),
            Sink::Environment => "a value in a command's environment".into(),
            Sink::Instructions => "an instruction to an AI".into(),
            Sink::Code(program) => format!("code that `{program}` executes"),
            Sink::Question => "a gate's question".into(),
            Sink::Criterion => "a gate's criterion".into(),
            Sink::Reason => "the reason of a `vouch`".into(),
        }
    }

    fn help(&self, outside: bool) -> &'static str {
        match self {
            Sink::Instructions => "hand it over as data: `with { … }`",
            Sink::Question | Sink::Criterion => "put it into the gate's `show`, which quotes it",
            Sink::Code(_) => "write the code in the project and hand the value over as data it reads",
            Sink::Reason => "say in the file why it is harmless",
            _ if outside => {
                "name it in the `show` of a gate that is passed before, or give it a type such as \
                 `Text where it.len <= 40 and it matches r\"^[a-z0-9]+$\"`"
            }
            _ => {
                "name it in the `show` of a gate that is passed before, choose it by an enum or `x in list`, or give \
                 it a type such as `Text where it.len <= 40 and it matches r\"^[a-z0-9]+$\"`"
            }
        }
    }
}

#[derive(Debug, Clone)]
pub struct Found {
    pub sink: Sink,
    pub span: Span,
    pub level: Level,
    /// The parameter that it comes from; then it is for the caller to judge.
    pub param: Option<usize>,
    pub way: Vec<(Span, String)>,
    pub room: Option<String>,
}

impl Found {
    pub fn diagnostic(self) -> Diagnostic {
        let outside = self.level == Level::Outside;
        let what = if outside { "a value from outside" } else { "an untrusted value" };
        let mut d =
            Diagnostic::error(self.sink.code(), self.span, format!("{what} becomes {}", self.sink.text()))
                .label("used here");
        d = draw(d, self.way);
        if let Some(room) = self.room {
            d = d.help(room);
        }
        d.help(self.sink.help(outside))
    }
}

/// The steps of a way, numbered.
pub fn draw(mut d: Diagnostic, mut way: Vec<(Span, String)>) -> Diagnostic {
    if way.len() > MOST_STEPS {
        way.drain(MOST_STEPS / 2..way.len() - MOST_STEPS / 2);
    }
    for (i, (span, text)) in way.into_iter().enumerate() {
        d = d.also(span, format!("{}. {text}", i + 1));
    }
    d
}

impl<'w> Flow<'_, 'w> {
    /// A value arrives at a sink.
    pub fn sink(&mut self, sink: Sink, e: &'w Expr, origin: &Origin) {
        let origin = origin.whole();
        let most = if sink.strict() { Level::Person } else { Level::Outside };
        if origin.alone <= most {
            return;
        }
        let room = self.room(e);
        let cause: CauseId = origin.cause;
        let found = Found {
            sink,
            span: e.span,
            level: origin.alone,
            param: self.proof.causes.param(cause),
            way: self.proof.causes.way(cause),
            room,
        };
        self.found(found);
    }

    /// Why the type of an expression leaves room, if it has one that tries not to.
    fn room(&mut self, e: &Expr) -> Option<String> {
        let ty = match self.tables.ty(e.id) {
            Type::Optional(inner) | Type::List(inner) => inner,
            other => other,
        };
        if matches!(ty.base(), Type::Int | Type::Float) {
            return Some(
                "a number that may be negative starts with `-`: give it a type with `it >= 0`".into(),
            );
        }
        let Type::Refined(r) = ty else { return None };
        let name = ty.show(&self.proof.world.defs).to_string();
        Some(match self.proof.rooms.of_text(r)? {
            Room::Any => return None,
            Room::Lets(word) => {
                let word: String = word.chars().flat_map(|c| c.escape_debug()).collect();
                format!("`{name}` would let the word \"{word}\" through")
            }
            Room::Endless => format!("`{name}` has no limit of its length: add `it.len <= 40`"),
            Room::TooLarge => format!("the pattern of `{name}` is too large to be decided"),
        })
    }
}
