//! `wflow run FILE`.

use super::args::{EngineArgs, Format, ModeArg, RunArgs};
use super::check::Findings;
use super::exit::Exit;
use super::files::{Projects, Unit, unreadable};
use super::report::Trouble;
use super::screen::Screen;
use super::{flags, interrupt, mistakes, outcome, permission, print};
use crate::check::{Callable, Program};
use crate::diagnostics::codes::usage;
use crate::diagnostics::render::{Format as RenderFormat, render};
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::engine::{Options, ProviderChoice, Start, file_policy, start};
use crate::interpreter::{ArgumentProblem, Given, Lowered, Mode};
use crate::source::SourceMap;
use crate::ui::progress::Progress;
use crate::ui::terminal;
use serde_json::{Map, Value as Json};
use std::io::Read;
use std::sync::Arc;

pub fn run(args: &RunArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let json = speaks_json(args);
    let path = args.file();
    if path.to_string_lossy().starts_with('-') && !path.exists() {
        return Err(unknown_flag::<EngineArgs>(&path.to_string_lossy()));
    }
    let unit = match Projects::default().check(&path, false) {
        Ok(unit) => unit,
        Err(error) => {
            let mut sources = SourceMap::new();
            let finding = unreadable(&error, &mut sources);
            return Err(Trouble::new(finding.code, finding.message).help(finding.help.join("\n")));
        }
    };
    if let Some(exit) = refuse_errors(&unit, json, screen) {
        return Ok(exit);
    }
    let program = &unit.checked.program;
    if wants_help(args)
        && own_flag(args, "--workflow").or(args.engine.workflow.clone()).is_none()
        && let Some(list) = list_of_workflows(program, &path.display().to_string(), "wflow run")
    {
        print::out(&list);
        return Ok(Exit::Completed);
    }
    let wanted = own_flag(args, "--workflow").or_else(|| args.engine.workflow.clone());
    let workflow = choose(program, wanted.as_deref(), &path.display().to_string(), "wflow run")?;
    let docs = program.item(workflow.at).docs.clone();
    let file = path.display().to_string();
    let given = match flags::parse::<EngineArgs>(program, workflow, &file, docs.as_deref(), args.rest()) {
        Ok(given) => given,
        Err(flags::Refusal::Help(help)) => {
            // clap knows of colours and of the terminal's width.
            let _ = help.print();
            return Ok(Exit::Completed);
        }
        Err(flags::Refusal::Wrong(trouble)) => return Err(trouble),
    };
    let engine = merge(&args.engine, given.engine);
    let mut values = match &engine.json_args {
        Some(text) => json_args(text)?,
        None => Map::new(),
    };
    values.extend(given.args);

    let lowered = Lowered::new(program);
    let people = unit.project.config.people.clone();
    let roles = move |name: &str| people.people.is_empty() && people.roles.is_empty() || people.knows(name);
    let arguments = lowered.arguments(workflow.id, &Given::Json(&values), &roles);
    if !given.wrong.is_empty() || arguments.is_err() {
        let of_types = arguments.as_ref().err().map(Vec::as_slice).unwrap_or_default();
        return Err(wrong_arguments(workflow, &file, "wflow run", &given.wrong, of_types));
    }
    let arguments = arguments.unwrap_or_default();
    if engine.mode == Some(ModeArg::Pure) {
        refuse_unserved(program, workflow)?;
    }
    if engine.mode == Some(ModeArg::Interactive) && !engine.detach && !engine.replay_person {
        refuse_alone(program, workflow)?;
    }
    let grants = permission::ask_if_unconfigured(&unit, &file)?;
    let progress = Arc::new(Progress::new(engine.quiet, engine.format == Format::Json));
    let options = Options {
        mode: engine.mode.map(|m| match m {
            ModeArg::Pure => Mode::Pure,
            ModeArg::Ai => Mode::Ai,
            ModeArg::Interactive => Mode::Interactive,
        }),
        provider: match (&engine.replay, &engine.provider) {
            (Some(file), _) => ProviderChoice::Replay(file.clone()),
            (None, Some(name)) => ProviderChoice::Named(name.clone()),
            (None, None) => ProviderChoice::Configured,
        },
        record: engine.record.clone(),
        replay_person: engine.replay_person,
        detach: engine.detach,
        wait: engine.wait,
        progress: progress.clone(),
        interrupt: interrupt::token(&progress),
        grants,
        ..Options::default()
    };
    let finished = start(
        Start {
            program,
            lowered: &lowered,
            project: &unit.project,
            workflow: workflow.id,
            given: values,
            args: arguments,
            file_policy: file_policy(&unit.checked),
        },
        &options,
    )?;
    // The last frame is taken away before anything is printed.
    drop((options, progress));
    Ok(outcome::tell(&finished, &unit.project.root, engine.format, engine.quiet, screen))
}

/// A flag before the file that is none of wflow's own.
pub fn unknown_flag<E: flags::Own>(word: &str) -> Trouble {
    let (name, command) = (word.split('=').next().unwrap_or(word), E::COMMAND);
    let trouble = Trouble::new(usage::E1715, format!("`{command}` itself takes no `{name}`"));
    let own = flags::own_flags::<E>();
    // Without the dashes: those are no sign of what was meant.
    match did_you_mean(name.trim_start_matches('-'), own.iter().map(|f| f.trim_start_matches('-'))) {
        Some(near) => trouble.help(format!("did you mean `--{near}`?")),
        None => trouble,
    }
    .help(format!("the workflow's own flags stand after the file: {command} FILE --flag value"))
}

/// Errors of the file and of `wflow.toml`; nothing runs with any.
pub fn refuse_errors(unit: &Unit, json: bool, screen: &Screen) -> Option<Exit> {
    let errors = |all: &[Diagnostic]| all.iter().filter(|d| d.is_error()).cloned().collect::<Vec<_>>();
    let mut found = Findings::default();
    found.take(errors(&unit.config.0), &unit.config.1);
    found.take(errors(&unit.checked.diagnostics), &unit.checked.program.sources);
    if found.diagnostics.is_empty() {
        return None;
    }
    match json {
        true => print::out(&found.json_line(1, screen)),
        false => {
            print::err(&render(RenderFormat::Text, &found.diagnostics, &found.sources, 1, &screen.err()))
        }
    }
    Some(Exit::CheckErrors)
}

/// Whether trouble, too, is told as JSON.
pub fn speaks_json(args: &RunArgs) -> bool {
    args.engine.format == Format::Json || own_flag(args, "--format").as_deref() == Some("json")
}

/// wflow's own flags may stand before or after the file; after it, they are among words that are not read yet.
fn own_flag(args: &RunArgs, flag: &str) -> Option<String> {
    mistakes::value_after(args.rest(), flag)
}

fn wants_help(args: &RunArgs) -> bool {
    args.rest().iter().any(|w| w == "--help" || w == "-h")
}

/// The help of a file with several workflows: which there are.
pub fn list_of_workflows(program: &Program, file: &str, command: &str) -> Option<String> {
    let all: Vec<&Callable> = program.workflows().collect();
    if all.len() < 2 {
        return None;
    }
    let width = all.iter().map(|w| w.name.len()).max().unwrap_or(0);
    let mut out = format!("Usage: {command} {file} --workflow NAME [OPTIONS]\n\nWorkflows:\n");
    for workflow in &all {
        let docs = program.item(workflow.at).docs.as_deref().unwrap_or_default();
        let first = docs.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        out.push_str(format!("  {:width$}  {first}", workflow.name).trim_end());
        out.push('\n');
    }
    out.push_str(&format!("\n`{command} {file} --workflow NAME --help` shows what one takes.\n"));
    Some(out)
}

/// All that is wrong with the arguments, in the order of the parameters where they have one.
pub fn wrong_arguments(
    workflow: &Callable,
    file: &str,
    command: &str,
    unreadable: &[(String, String)],
    of_types: &[ArgumentProblem],
) -> Trouble {
    let names: Vec<&str> = workflow.signature.params.iter().map(|p| p.name.as_ref()).collect();
    let mut lines = Vec::new();
    for name in &names {
        let of_text = unreadable.iter().find(|(n, _)| n == name).map(|(_, message)| message);
        let of_type = of_types.iter().find(|p| p.name == *name).map(|p| &p.message);
        if let Some(message) = of_text.or(of_type) {
            lines.push(format!("--{}: {message}", flags::flag_name(name)));
        }
    }
    let others = of_types.iter().filter(|p| !names.contains(&p.name.as_str()));
    lines.extend(others.map(|p| p.message.clone()));
    let trouble = Trouble::new(usage::E1702, lines.join("\n"));
    trouble.help(format!("`{command} {file} --help` shows what it takes"))
}

/// The workflow that is meant; `command` is how its name is given.
pub fn choose<'p>(
    program: &'p Program,
    wanted: Option<&str>,
    file: &str,
    command: &str,
) -> Result<&'p Callable, Trouble> {
    let all: Vec<&Callable> = program.workflows().collect();
    let names = || all.iter().map(|w| format!("`{}`", w.name)).collect::<Vec<_>>().join(", ");
    match (wanted, all.as_slice()) {
        (_, []) => Err(Trouble::new(usage::E1701, format!("`{file}` declares no workflow"))
            .help("a workflow is declared with `workflow name() { … }`; a `task` cannot be started")),
        (None, [one]) => Ok(one),
        (None, _) => {
            Err(Trouble::new(usage::E1701, format!("`{file}` declares several workflows: {}", names()))
                .help(format!("choose one: `{command} {file} --workflow NAME`")))
        }
        (Some(name), _) => all.iter().find(|w| *w.name == *name).copied().ok_or_else(|| {
            let trouble = Trouble::new(usage::E1701, format!("`{file}` declares no workflow `{name}`"));
            match did_you_mean(name, all.iter().map(|w| w.name.as_ref())) {
                Some(near) => trouble.help(format!("did you mean `{near}`?")),
                None => trouble.help(format!("it declares {}", names())),
            }
        }),
    }
}

/// Flags after the file win over the same ones before it.
fn merge(before: &EngineArgs, after: EngineArgs) -> EngineArgs {
    EngineArgs {
        workflow: after.workflow.or_else(|| before.workflow.clone()),
        json_args: after.json_args.or_else(|| before.json_args.clone()),
        mode: after.mode.or(before.mode),
        provider: after.provider.or_else(|| before.provider.clone()),
        replay: after.replay.or_else(|| before.replay.clone()),
        record: after.record.or_else(|| before.record.clone()),
        replay_person: after.replay_person || before.replay_person,
        detach: after.detach || before.detach,
        wait: after.wait || before.wait,
        quiet: after.quiet || before.quiet,
        format: if after.format == Format::default() { before.format } else { after.format },
    }
}

pub fn json_args(text: &str) -> Result<Map<String, Json>, Trouble> {
    let unreadable = |what: &str, e: std::io::Error| {
        Trouble::new(
            usage::E1703,
            format!("the arguments cannot be read from {what}: {}", crate::diagnostics::io_text(&e)),
        )
        .help("give the JSON object itself, `@FILE`, or `-` for standard input")
    };
    let text = match text.strip_prefix('@') {
        _ if text == "-" => {
            let mut all = String::new();
            std::io::stdin()
                .take(64 << 20)
                .read_to_string(&mut all)
                .map_err(|e| unreadable("standard input", e))?;
            all
        }
        Some(file) => std::fs::read_to_string(file).map_err(|e| unreadable(&format!("`{file}`"), e))?,
        None => text.to_owned(),
    };
    let help = "give an object with a key for each parameter: --json-args '{\"version\": \"1.2.0\"}'";
    match serde_json::from_str::<Json>(&text) {
        Ok(Json::Object(map)) => Ok(map),
        Ok(_) => Err(Trouble::new(usage::E1703, "the arguments are JSON, but not an object").help(help)),
        Err(e) => {
            Err(Trouble::new(usage::E1703, format!("the arguments are not JSON: {}", flags::not_json(&e)))
                .help(help))
        }
    }
}

/// Mode `pure` asks nobody, so every `ask` that this workflow can reach must have another way.
fn refuse_unserved(program: &Program, workflow: &Callable) -> Result<(), Trouble> {
    let unserved: Vec<String> = program
        .unserved_asks(workflow.id)
        .into_iter()
        .map(|span| format!("{}: this `ask` has no `otherwise`", program.sources.place(span)))
        .collect();
    if unserved.is_empty() {
        return Ok(());
    }
    Err(Trouble::new(
        usage::E1712,
        format!("mode `pure` cannot serve `{}`:\n{}", workflow.name, unserved.join("\n")),
    )
    .help("give each `ask` an `otherwise`, or run it in another mode; nothing was started"))
}

/// Mode `interactive` makes each `ask` a conversation, for which somebody has to be there.
fn refuse_alone(program: &Program, workflow: &Callable) -> Result<(), Trouble> {
    if terminal::exists() || !program.asks_anything(workflow.id) {
        return Ok(());
    }
    let message = format!(
        "mode `interactive` cannot serve `{}`: its questions are conversations, and there is no terminal here",
        workflow.name
    );
    Err(Trouble::new(usage::E1712, message)
        .help("run it in a terminal; nothing was started")
        .help("with `--detach` it runs as far as its first conversation, and waits there for `wflow resume`"))
}
