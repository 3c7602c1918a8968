//! What `clap` refuses, in our words, with a code like every other error.

use super::args::Cli;
use super::report::Trouble;
use crate::diagnostics::{Code, did_you_mean};
use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;
use std::path::Path;

/// A mistake on wflow's own command line; `None` for help and versions, which are none.
pub fn trouble(error: &clap::Error, words: &[OsString], code: Code) -> Option<Trouble> {
    let (command, subcommands) = command_of(words);
    let see = match command.as_str() {
        "wflow" => "`wflow --help` lists the commands".to_owned(),
        _ => format!("`{command} --help` shows what it takes"),
    };
    let trouble = Trouble::new(code, message(error, &command)?);
    let mut helps = nearest(error);
    if let (ErrorKind::InvalidSubcommand, Some(word)) =
        (error.kind(), text(error, ContextKind::InvalidSubcommand))
    {
        let near = did_you_mean(&word, subcommands.iter().map(String::as_str));
        helps.extend(near.map(|near| format!("did you mean `{near}`?")));
        if command == "wflow" && Path::new(&word).extension().is_some_and(|e| e == "wflow") {
            helps = vec![format!("a file is run with `wflow run {word}`")];
        } else if command == "wflow runs" && helps.is_empty() {
            helps.push(format!("one run is shown with `wflow runs show {word}`"));
        }
    }
    helps.push(see);
    Some(helps.into_iter().fold(trouble, Trouble::help))
}

/// What is wrong, in one sentence. `command` is what refuses it.
pub fn message(error: &clap::Error, command: &str) -> Option<String> {
    let invalid = list(error, ContextKind::InvalidArg);
    let arg = invalid.first().map(|a| flag(a).to_owned()).unwrap_or_default();
    let value = text(error, ContextKind::InvalidValue).unwrap_or_default();
    Some(match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        ErrorKind::InvalidSubcommand => {
            let word = text(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            format!("`{command}` has no command `{word}`")
        }
        ErrorKind::UnknownArgument if arg.starts_with('-') => format!("`{command}` takes no `{arg}`"),
        ErrorKind::UnknownArgument => format!("`{command}` takes no further `{arg}`"),
        ErrorKind::InvalidValue if value.is_empty() => format!("`{arg}` needs a value"),
        ErrorKind::InvalidValue => format!("`{value}` is no value of `{arg}`"),
        ErrorKind::ValueValidation => {
            use std::error::Error;
            let number = error.source().is_some_and(|e| e.is::<std::num::ParseIntError>());
            let why = if number { ": it is not a whole number" } else { "" };
            format!("`{value}` is no value of `{arg}`{why}")
        }
        ErrorKind::MissingRequiredArgument => {
            let missing: Vec<String> = invalid.iter().map(|a| format!("`{}`", place(a))).collect();
            format!("`{command}` needs {}", missing.join(" and "))
        }
        ErrorKind::ArgumentConflict => {
            let prior =
                list(error, ContextKind::PriorArg).first().map(|a| flag(a).to_owned()).unwrap_or_default();
            match prior.is_empty() || prior == arg {
                true => format!("`{arg}` is given more than once"),
                false => format!("`{arg}` and `{prior}` do not go together"),
            }
        }
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8 text".to_owned(),
        // Rare ones: clap's own first sentence.
        _ => {
            let all = error.to_string();
            let what: Vec<&str> = all.lines().take_while(|l| !l.is_empty()).map(str::trim).collect();
            let what = what.join(" ");
            what.strip_prefix("error: ").unwrap_or(&what).to_owned()
        }
    })
}

/// What may have been meant: the nearest name, and what there is to choose from.
pub fn nearest(error: &clap::Error) -> Vec<String> {
    let mut out = Vec::new();
    for (wrong, near) in [
        (ContextKind::InvalidArg, ContextKind::SuggestedArg),
        (ContextKind::InvalidValue, ContextKind::SuggestedValue),
    ] {
        // clap gives those that are somewhat like it, the likest last.
        let all = list(error, near);
        let wrong = list(error, wrong).pop().unwrap_or_default();
        let best = did_you_mean(&wrong, all.iter().map(String::as_str)).or(all.last().map(String::as_str));
        out.extend(best.map(|near| format!("did you mean `{}`?", flag(near))));
    }
    let values: Vec<String> =
        list(error, ContextKind::ValidValue).into_iter().filter(|v| !v.is_empty()).collect();
    if !values.is_empty() {
        out.push(format!("it takes {}", choice(&values)));
    }
    out
}

/// Whether a command line that cannot be read asks for JSON.
pub fn wants_json(words: &[OsString]) -> bool {
    value_after(words, "--format").is_some_and(|v| v == "json")
}

/// The value of a flag on a command line that cannot be read as a whole.
pub fn value_after(words: &[OsString], flag: &str) -> Option<String> {
    let mut words = words.iter().map(|w| w.to_string_lossy());
    while let Some(word) = words.next() {
        if word == flag {
            return words.next().map(|w| w.into_owned());
        }
        if let Some(value) = word.strip_prefix(flag).and_then(|w| w.strip_prefix('=')) {
            return Some(value.to_owned());
        }
    }
    None
}

/// `wflow runs show`: the command that the words lead to, and what it has below it.
fn command_of(words: &[OsString]) -> (String, Vec<String>) {
    let root = Cli::command();
    let (mut at, mut name) = (&root, root.get_name().to_owned());
    for word in words {
        match at.find_subcommand(word) {
            Some(next) => {
                name = format!("{name} {}", next.get_name());
                at = next;
            }
            // Flags of every command and their values may stand before the first one.
            None if std::ptr::eq(at, &root) => {}
            None => break,
        }
    }
    (name, at.get_subcommands().map(|s| s.get_name().to_owned()).collect())
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::None => None,
        // Without colours.
        ContextValue::StyledStr(text) => Some(text.to_string()),
        other => Some(other.to_string()),
    }
}

fn list(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::Strings(all)) => all.clone(),
        Some(ContextValue::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

/// `--format <FORMAT>` → `--format`; `[PATHS]...` → `PATHS`.
fn flag(arg: &str) -> &str {
    let first = arg.split_whitespace().next().unwrap_or(arg);
    first.trim_start_matches(['[', '<']).trim_end_matches('.').trim_end_matches([']', '>'])
}

/// `<FILE> [ARGS]...` → `FILE`; a flag keeps its value's name.
fn place(arg: &str) -> &str {
    if arg.starts_with('-') { arg } else { flag(arg) }
}

fn choice(values: &[String]) -> String {
    match values {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}
