//! An error of a run, as data. Kinds come from the source of the trouble (exit code, signal, errno, policy), never
//! from searching the text of a message.

use super::Code;
use crate::source::Span;

/// What class of trouble it is. `catch kind e` in a workflow names one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// May pass by itself: trying again can help.
    Transient,
    /// Somebody or something may not do this.
    Permission,
    /// The work itself says no: a failing command, `ensure`, `fail`.
    Business,
    /// The project, machine or program is not set up for it.
    Configuration,
    /// Data does not have the shape or the property it must have.
    Verification,
    /// A person said no, or nobody said yes in time.
    Rejected,
    Timeout,
    /// Nobody knows whether an effect happened.
    InDoubt,
    /// wflow itself is wrong.
    Bug,
}

impl ErrorKind {
    pub const ALL: [ErrorKind; 9] = [
        ErrorKind::Transient,
        ErrorKind::Permission,
        ErrorKind::Business,
        ErrorKind::Configuration,
        ErrorKind::Verification,
        ErrorKind::Rejected,
        ErrorKind::Timeout,
        ErrorKind::InDoubt,
        ErrorKind::Bug,
    ];

    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Transient => "transient",
            ErrorKind::Permission => "permission",
            ErrorKind::Business => "business",
            ErrorKind::Configuration => "configuration",
            ErrorKind::Verification => "verification",
            ErrorKind::Rejected => "rejected",
            ErrorKind::Timeout => "timeout",
            ErrorKind::InDoubt => "in_doubt",
            ErrorKind::Bug => "bug",
        }
    }

    pub fn from_name(name: &str) -> Option<ErrorKind> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }

    /// Whether `catch e` without a kind takes it.
    pub fn caught_by_default(self) -> bool {
        !matches!(self, ErrorKind::Rejected | ErrorKind::InDoubt | ErrorKind::Bug)
    }
}

impl std::fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What happened, where, and what to try. Messages hold no secrets: whoever makes one redacts first.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub kind: ErrorKind,
    pub code: Code,
    /// One sentence, lower case start, no full stop, with the values involved.
    pub message: String,
    pub span: Option<Span>,
    /// Words at the place.
    pub label: String,
    pub help: Vec<String>,
    /// Facts that help to understand, each a line or a short block (the tail of a command's output, say).
    pub notes: Vec<String>,
    /// For a rejection: the gate.
    pub gate: Option<String>,
    /// Where in the run the effect is whose failure this is. Going on with the run means doing it anew.
    pub effect: Option<String>,
    /// What answers of an AI took that came to nothing, as it is recorded: tokens, and their cost.
    pub usage: Option<Box<serde_json::Value>>,
}

/// What the machine said, for people: the number in "Permission denied (os error 13)" tells them nothing.
pub fn io_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

impl Failure {
    pub fn new(kind: ErrorKind, code: Code, message: impl Into<String>) -> Self {
        Failure {
            kind,
            code,
            message: message.into(),
            span: None,
            label: String::new(),
            help: Vec::new(),
            notes: Vec::new(),
            gate: None,
            effect: None,
            usage: None,
        }
    }

    /// Sets the effect unless one nearer to the cause is already known.
    pub fn of_effect(mut self, path: &str) -> Self {
        self.effect.get_or_insert_with(|| path.to_owned());
        self
    }

    /// Sets the place unless one nearer to the cause is already known.
    pub fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }

    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)
    }
}

impl std::error::Error for Failure {}
