//! `:type`, `:load` and the other commands. A beginning that fits only one of them is enough.

use super::{Answer, Line, Repl, Reply, is_expression, typed_path};
use crate::check::Typed;
use crate::diagnostics::codes::usage;
use crate::diagnostics::{ErrorKind, Failure, did_you_mean};
use crate::source::{FileId, SourceMap};
use crate::syntax::{Entry, parse_entry};

/// Name, what follows it, and what it does.
pub const COMMANDS: &[(&str, &str, &str)] = &[
    ("help", "", "show this"),
    ("load", "FILE", "take in the definitions of a file"),
    ("quit", "", "leave; so does ^D"),
    ("reset", "", "forget all definitions and values"),
    ("type", "EXPR", "show the type of an expression without computing it"),
];

impl Repl {
    pub(super) fn command(&mut self, text: &str) -> Reply {
        let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        let fits: Vec<&str> = COMMANDS.iter().map(|c| c.0).filter(|c| c.starts_with(name)).collect();
        let found = match fits.as_slice() {
            [only] if !name.is_empty() => *only,
            _ => return Reply::Answer(self.unknown(name)),
        };
        Reply::Answer(match (found, rest) {
            ("quit", _) => return Reply::Quit,
            ("reset", _) => {
                self.reset();
                note("all is forgotten")
            }
            ("load", "") => self.misused("`:load` needs a file", "for example: `:load release.wflow`"),
            ("load", path) => self.load(&typed_path(path).to_string_lossy()),
            ("type", "") => self.misused("`:type` needs an expression", "for example: `:type [1, 2].sum()`"),
            ("type", expression) => self.type_of(expression),
            _ => note(&help()),
        })
    }

    fn type_of(&mut self, text: &str) -> Answer {
        let typed = match parse_entry(FileId(0), text) {
            // A mistake is told as such; anything that would change the session is not looked at.
            Entry::Wrong(_) => self.session.enter(text),
            Entry::Incomplete => return self.never_complete(text),
            _ if is_expression(text) => self.session.enter(text),
            _ => return self.misused("`:type` takes one expression", "for example: `:type [1, 2].sum()`"),
        };
        match typed {
            Typed::Statements(found) => {
                let shown = found.value.show(&found.checked.program.defs).to_string();
                Answer { lines: vec![Line::Type(shown)], wrong: None }
            }
            Typed::Wrong { diagnostics, sources } => self.wrong(&diagnostics, &sources),
            Typed::Incomplete | Typed::Items { .. } => Answer::default(),
        }
    }

    fn misused(&self, message: &str, help: &str) -> Answer {
        let failure = Failure::new(ErrorKind::Configuration, usage::E1714, message).help(help);
        self.failed(&failure, &SourceMap::new())
    }

    fn unknown(&self, name: &str) -> Answer {
        let message = match name {
            "" => String::from("the name of a command must follow `:`"),
            name => format!("there is no command `:{name}`"),
        };
        let help = match did_you_mean(name, COMMANDS.iter().map(|c| c.0)) {
            Some(near) => format!("did you mean `:{near}`?"),
            None => String::from("`:help` lists the commands"),
        };
        self.misused(&message, &help)
    }
}

fn note(text: &str) -> Answer {
    Answer { lines: vec![Line::Note(text.to_owned())], wrong: None }
}

fn help() -> String {
    let mut out = String::from(
        "Type an expression to see its value and type, `let` or `var` to keep one, or\n\
         a definition (type, enum, fn, const, task, use …); a name that is given again\n\
         stands for the newest. What is not complete goes on in the next line; an\n\
         empty line ends it. ^C clears the line or ends a computation, Tab completes.\n\n",
    );
    for (name, argument, about) in COMMANDS {
        let call = format!(":{name} {argument}");
        out.push_str(&format!("  {call:<12}  {about}\n"));
    }
    out.push_str(
        "\nThe repl only computes: run, ask, gate, read, write, now and the other effects\n\
         are refused here. To try them, write a workflow and start it with\n\
         `wflow run FILE`, or answer them with `given` in a `test` block.",
    );
    out
}
