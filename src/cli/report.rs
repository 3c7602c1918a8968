//! Errors that have no place in a source file: what went wrong on the way to or from a run. They reach `main` as a
//! [`Trouble`], which `miette` sees as a diagnostic with code, help and causes.

use super::exit::Exit;
use crate::diagnostics::codes::journal;
use crate::diagnostics::{Code, ErrorKind, Failure};
use std::fmt;

/// An error without a source position, with the exit code that it ends the program with.
#[derive(Debug)]
pub struct Trouble {
    pub code: Code,
    pub message: String,
    pub help: Vec<String>,
    pub notes: Vec<String>,
    pub exit: Exit,
}

impl Trouble {
    /// A mistake on the command line.
    pub fn new(code: Code, message: impl Into<String>) -> Trouble {
        Trouble { code, message: message.into(), help: Vec::new(), notes: Vec::new(), exit: Exit::Usage }
    }

    pub fn help(mut self, text: impl Into<String>) -> Trouble {
        self.help.push(text.into());
        self
    }

    pub fn exit(mut self, exit: Exit) -> Trouble {
        self.exit = exit;
        self
    }
}

impl From<Failure> for Trouble {
    fn from(f: Failure) -> Trouble {
        let exit = match f.kind {
            ErrorKind::Rejected => Exit::Rejected,
            ErrorKind::InDoubt => Exit::InDoubt,
            // A run that is not there was named wrongly.
            _ if f.code == journal::E1508 => Exit::Usage,
            _ => Exit::Failed,
        };
        Trouble { code: f.code, message: f.message, help: f.help, notes: f.notes, exit }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Trouble {}

impl miette::Diagnostic for Trouble {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(self.help.join("\n")) as Box<dyn fmt::Display>)
    }
}

/// As text for a person, or as one JSON object for a program.
pub fn print_trouble(trouble: &Trouble, json: bool, color: bool) {
    if json {
        let object = serde_json::json!({
            "type": "error",
            "code": trouble.code.id(),
            "message": trouble.message,
            "help": trouble.help,
            "notes": trouble.notes,
            "exit": trouble.exit as u8,
        });
        outln!("{object}");
        return;
    }
    let paint = |text: &str, code: &str| match color {
        true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        false => text.to_owned(),
    };
    let report: &dyn miette::Diagnostic = trouble;
    let code = report.code().map(|c| c.to_string()).unwrap_or_default();
    errln!("{} {}", paint(&format!("error[{code}]:"), "1;31"), trouble.message);
    for note in &trouble.notes {
        errln!("  {}", note.replace('\n', "\n  "));
    }
    for help in &trouble.help {
        errln!("  {} {}", paint("help:", "1;36"), help.replace('\n', "\n        "));
    }
}
