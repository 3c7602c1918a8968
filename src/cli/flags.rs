//! A workflow's parameters as command-line flags: `dry_run: Bool = false` is `--dry-run`.
//!
//! The flags after the file are the workflow's together with wflow's own; where both have one of the same name, the
//! workflow's wins there and wflow's can still be given before the file. Text becomes JSON here, by the parameter's
//! type; whether the JSON satisfies the type is decided in one place for flags and `--json-args`, the interpreter's.

use super::args::{EngineArgs, PlanFlags};
use super::mistakes;
use super::report::Trouble;
use crate::check::{Callable, ParamInfo, Program};
use crate::diagnostics::codes::usage;
use crate::types::{DefKind, Type, TypeDefs};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Map, Value as Json};
use std::ffi::OsString;
use std::num::IntErrorKind;

/// wflow's own flags of a command that takes a workflow's, too.
pub trait Own: Args + FromArgMatches {
    /// `wflow run`
    const COMMAND: &'static str;
    /// As fields.
    const FLAGS: &'static [&'static str];
    /// Those of them that take no value.
    const SWITCHES: &'static [&'static str];
}

impl Own for EngineArgs {
    const COMMAND: &'static str = "wflow run";
    const FLAGS: &'static [&'static str] = &[
        "workflow",
        "json_args",
        "mode",
        "provider",
        "replay",
        "record",
        "detach",
        "wait",
        "quiet",
        "format",
    ];
    const SWITCHES: &'static [&'static str] = &["detach", "wait", "quiet"];
}

impl Own for PlanFlags {
    const COMMAND: &'static str = "wflow plan";
    const FLAGS: &'static [&'static str] = &["workflow", "json_args", "mode", "diff", "exit_code", "format"];
    const SWITCHES: &'static [&'static str] = &["exit_code"];
}

/// What was given after the file.
pub struct Given<E> {
    pub engine: E,
    /// Parameter name → JSON; only those that were given and can be read.
    pub args: Map<String, Json>,
    /// Parameter name → why its text stands for no value.
    pub wrong: Vec<(String, String)>,
}

/// Why the words after the file cannot be used.
pub enum Refusal {
    /// Help was asked for.
    Help(clap::Error),
    Wrong(Trouble),
}

/// `dry_run` → `dry-run`.
pub fn flag_name(param: &str) -> String {
    param.replace('_', "-")
}

/// Reads the words after the file.
pub fn parse<E: Own>(
    program: &Program,
    workflow: &Callable,
    file: &str,
    docs: Option<&str>,
    rest: &[OsString],
) -> Result<Given<E>, Refusal> {
    let command = command::<E>(program, workflow, file, docs);
    let words = std::iter::once(OsString::from(E::COMMAND)).chain(rest.iter().cloned());
    let refused = |error: clap::Error| {
        refusal::<E>(&error, workflow, file).map_or(Refusal::Help(error), Refusal::Wrong)
    };
    let matches = command.try_get_matches_from(words).map_err(refused)?;
    let (mut args, mut wrong) = (Map::new(), Vec::new());
    for param in &workflow.signature.params {
        match value_of(&matches, param, &program.defs) {
            Ok(Some(value)) => drop(args.insert(param.name.to_string(), value)),
            Ok(None) => {}
            Err(message) => wrong.push((param.name.to_string(), message)),
        }
    }
    let engine = own_args(&matches, workflow).map_err(refused)?;
    Ok(Given { engine, args, wrong })
}

/// clap's mistakes in our words; `None` for help.
fn refusal<E: Own>(error: &clap::Error, workflow: &Callable, file: &str) -> Option<Trouble> {
    use clap::error::{ContextKind, ErrorKind};
    let text = |kind| error.get(kind).map(ToString::to_string);
    let name = &workflow.name;
    let command = E::COMMAND;
    let see = format!("`{command} {file} --help` shows what it takes");
    Some(match (error.kind(), text(ContextKind::InvalidArg)) {
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, _) => return None,
        (ErrorKind::UnknownArgument, Some(word)) if matches!(word.as_str(), "--color" | "--log") => {
            Trouble::new(usage::E1702, format!("`{word}` is no flag of the workflow"))
                .help(format!("it stands before the file: {command} {word} … {file}"))
        }
        (ErrorKind::UnknownArgument, Some(word)) if word.starts_with('-') => {
            let trouble = Trouble::new(usage::E1702, format!("`{name}` takes no `{word}`"));
            match text(ContextKind::SuggestedArg) {
                Some(near) => trouble.help(format!("did you mean `{near}`?")),
                None => trouble
                    .help(format!("a value that begins with `-` is joined to its flag: `--flag={word}`")),
            }
            .help(see)
        }
        (ErrorKind::UnknownArgument, Some(word)) => Trouble::new(
            usage::E1702,
            format!("no flag takes `{word}`"),
        )
        .help("each value stands after its flag: `--name value`; a `Bool` is joined to it: `--name=false`")
        .help(see),
        _ => {
            let trouble = Trouble::new(usage::E1702, mistakes::message(error, name)?);
            mistakes::nearest(error).into_iter().chain([see]).fold(trouble, Trouble::help)
        }
    })
}

/// wflow's own flags that no parameter shadows.
fn own_args<E: Own>(matches: &ArgMatches, workflow: &Callable) -> Result<E, clap::Error> {
    let shadowed = |name: &str| workflow.signature.params.iter().any(|p| p.name.as_ref() == name);
    if workflow.signature.params.iter().all(|p| !E::FLAGS.contains(&p.name.as_ref())) {
        return E::from_arg_matches(matches);
    }
    // Some are shadowed: read the others from a command line that has only those.
    let mut words = vec![OsString::from(E::COMMAND)];
    for name in E::FLAGS.iter().filter(|n| !shadowed(n)) {
        let flag = format!("--{}", flag_name(name));
        if E::SWITCHES.contains(name) {
            if matches.get_flag(name) {
                words.push(flag.into());
            }
        } else if let Ok(Some(raw)) = matches.try_get_raw(name)
            && matches.value_source(name) == Some(clap::parser::ValueSource::CommandLine)
        {
            for value in raw {
                words.push(flag.clone().into());
                words.push(value.to_owned());
            }
        }
    }
    let command = E::augment_args(Command::new(E::COMMAND));
    E::from_arg_matches(&command.try_get_matches_from(words)?)
}

/// As they are written: those that may stand before the file, and those of every command.
pub fn own_flags<E: Own>() -> Vec<String> {
    let global = ["--color", "--log", "--help"].map(String::from);
    E::FLAGS.iter().map(|name| format!("--{}", flag_name(name))).chain(global).collect()
}

/// The command whose `--help` is the workflow's documentation.
pub fn command<E: Own>(program: &Program, workflow: &Callable, file: &str, docs: Option<&str>) -> Command {
    let mut command = Command::new(E::COMMAND)
        .bin_name(format!("{} {file}", E::COMMAND))
        .max_term_width(100)
        .disable_version_flag(true)
        .next_help_heading("Options of the workflow")
        .override_usage(usage_line::<E>(workflow, file, &program.defs));
    if let Some(docs) = docs {
        let first = docs.split("\n\n").next().unwrap_or(docs).replace('\n', " ");
        command = command.about(first).long_about(docs.to_owned());
    }
    let written = program.callable_ast(workflow.id).map(|c| c.params.as_slice()).unwrap_or_default();
    for (i, param) in workflow.signature.params.iter().enumerate() {
        let default = written.get(i).and_then(|p| p.default.as_ref());
        let default = default.map(|e| program.sources.slice(e.span));
        command = command.arg(arg_of(param, default, &program.defs));
    }
    // Shadowed flags of wflow are left out; their defaults are filled in.
    let shadow: Vec<&str> = workflow.signature.params.iter().map(|p| p.name.as_ref()).collect();
    let engine = E::augment_args(Command::new("engine"));
    for arg in engine.get_arguments() {
        if shadow.contains(&arg.get_id().as_str()) {
            continue;
        }
        let arg = arg.clone().help_heading("Options of wflow");
        // A conflict with an argument that is absent here would make clap panic.
        if arg.get_id() == "replay" && shadow.contains(&"record") {
            continue;
        }
        command = command.arg(arg);
    }
    command
}

/// Above all, what must be given.
fn usage_line<E: Own>(workflow: &Callable, file: &str, defs: &TypeDefs) -> String {
    let mut line = format!("{} {file}", E::COMMAND);
    for param in workflow.signature.params.iter().filter(|p| needed(p)) {
        line.push_str(&format!(" --{} <{}>", flag_name(&param.name), value_name(&param.ty, defs)));
    }
    line.push_str(" [OPTIONS]");
    line
}

fn arg_of(param: &ParamInfo, default: Option<&str>, defs: &TypeDefs) -> Arg {
    let flag = flag_name(&param.name);
    let mut arg = Arg::new(param.name.to_string())
        .long(flag)
        .action(ArgAction::Append)
        .num_args(1)
        .value_name(value_name(&param.ty, defs))
        .allow_hyphen_values(takes_negative(&param.ty));
    let mut help = param.docs.as_deref().unwrap_or("").to_owned();
    if is_bool(&param.ty) {
        arg = arg.num_args(0..=1).require_equals(true).default_missing_value("true");
    }
    if let Some(names) = choices(&param.ty, defs) {
        if !help.is_empty() {
            help.push(' ');
        }
        help.push_str(&format!("[one of: {}]", names.join(", ")));
    }
    // A long default is only said to be there.
    let short = default.filter(|d| d.len() <= 40 && !d.contains('\n') && *d != "none" && *d != "[]");
    let note = match short {
        _ if matches!(inner(&param.ty), Type::List(_)) => Some("[may be given several times]".to_owned()),
        Some(text) if choices(&param.ty, defs).is_some() => {
            Some(format!("[default: {}]", variant_text(text, &param.ty, defs)))
        }
        Some(text) => Some(format!("[default: {}]", plain_text(text))),
        None if needed(param) => None,
        None => Some("[may be left out]".to_owned()),
    };
    if let Some(note) = note {
        if !help.is_empty() {
            help.push(' ');
        }
        help.push_str(&note);
    }
    arg.required(false).help(help)
}

/// Whether it must be given: it has neither a default nor an optional type.
pub fn needed(param: &ParamInfo) -> bool {
    !param.has_default && !matches!(param.ty.base(), Type::Optional(_))
}

fn inner(ty: &Type) -> &Type {
    match ty.base() {
        Type::Optional(t) => inner(t),
        other => other,
    }
}

/// Of a refinement: it says more than what is refined.
fn declared_name(ty: &Type) -> Option<&str> {
    match ty {
        Type::Refined(r) => r.name.as_deref(),
        Type::Optional(t) | Type::List(t) => declared_name(t),
        _ => None,
    }
}

fn is_bool(ty: &Type) -> bool {
    matches!(inner(ty), Type::Bool)
}

fn takes_negative(ty: &Type) -> bool {
    matches!(inner(ty), Type::Int | Type::Float)
}

fn choices(ty: &Type, defs: &TypeDefs) -> Option<Vec<String>> {
    let Type::Named(id) = inner(ty) else { return None };
    match &defs.get(*id).kind {
        DefKind::Enum(variants) if variants.iter().all(|v| v.fields.is_empty()) => {
            Some(variants.iter().map(|v| v.text_form().to_string()).collect())
        }
        _ => None,
    }
}

/// `"README.md"` as it is given on the command line; what is empty or computed stays as it is written.
fn plain_text(written: &str) -> &str {
    match written.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
        Some(text) if !text.is_empty() && !text.contains(['"', '\\', '{', ' ']) => text,
        _ => written,
    }
}

/// `.Staging` as it is given on the command line.
fn variant_text(written: &str, ty: &Type, defs: &TypeDefs) -> String {
    let name = written.rsplit('.').next().unwrap_or(written);
    let Type::Named(id) = inner(ty) else { return written.to_owned() };
    match &defs.get(*id).kind {
        DefKind::Enum(variants) => {
            variants.iter().find(|v| *v.name == *name).map(|v| v.text_form().to_string())
        }
        _ => None,
    }
    .unwrap_or_else(|| written.to_owned())
}

fn value_name(ty: &Type, defs: &TypeDefs) -> String {
    if let Some(name) = declared_name(ty) {
        return name.to_uppercase();
    }
    match inner(ty) {
        Type::Text => "TEXT".into(),
        Type::Int => "INT".into(),
        Type::Float => "NUMBER".into(),
        Type::Bool => "true|false".into(),
        Type::Duration => "DURATION".into(),
        Type::Size => "SIZE".into(),
        Type::Time => "TIME".into(),
        Type::Path => "PATH".into(),
        Type::Role => "ROLE".into(),
        Type::List(item) => value_name(item, defs),
        Type::Named(id) => match choices(ty, defs) {
            Some(_) => defs.get(*id).name.to_uppercase(),
            None => "JSON".into(),
        },
        _ => "JSON".into(),
    }
}

fn value_of(matches: &ArgMatches, param: &ParamInfo, defs: &TypeDefs) -> Result<Option<Json>, String> {
    let Some(values) = matches.get_many::<String>(param.name.as_ref()) else { return Ok(None) };
    let texts: Vec<&String> = values.collect();
    if let Type::List(item) = inner(&param.ty) {
        if let [one] = texts.as_slice()
            && one.trim_start().starts_with('[')
            && let Ok(Json::Array(items)) = serde_json::from_str::<Json>(one)
        {
            return Ok(Some(Json::Array(items)));
        }
        let items: Result<Vec<Json>, String> = texts.iter().map(|t| to_json(t, item, defs)).collect();
        return items.map(|i| Some(Json::Array(i)));
    }
    match texts.as_slice() {
        [one] => to_json(one, &param.ty, defs).map(Some),
        _ => Err("it was given more than once".into()),
    }
}

/// The JSON that a flag's text stands for.
fn to_json(text: &str, ty: &Type, defs: &TypeDefs) -> Result<Json, String> {
    match inner(ty) {
        Type::Int => text.replace('_', "").parse::<i64>().map(Json::from).map_err(|e| match e.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => {
                format!("`{text}` is not between {} and {}", i64::MIN, i64::MAX)
            }
            _ => format!("`{text}` is not a whole number"),
        }),
        Type::Float => match text.parse::<f64>() {
            Ok(f) if f.is_finite() => Ok(Json::from(f)),
            _ => Err(format!("`{text}` is not a number")),
        },
        Type::Bool => match text {
            "true" | "yes" => Ok(Json::Bool(true)),
            "false" | "no" => Ok(Json::Bool(false)),
            _ => Err(format!("`{text}` is neither `true` nor `false`")),
        },
        Type::Json | Type::Map(_) | Type::Record(_) | Type::List(_) => json(text),
        Type::Named(id) => match &defs.get(*id).kind {
            DefKind::Enum(_) if !text.trim_start().starts_with('{') => Ok(Json::from(text)),
            _ => json(text),
        },
        _ => Ok(Json::from(text)),
    }
}

fn json(text: &str) -> Result<Json, String> {
    serde_json::from_str(text).map_err(|e| format!("expected JSON: {}", not_json(&e)))
}

/// Why a text is not JSON.
pub fn not_json(error: &serde_json::Error) -> String {
    match error.is_eof() {
        true => format!("it ends too early, in line {} after column {}", error.line(), error.column()),
        false => error.to_string(),
    }
}
