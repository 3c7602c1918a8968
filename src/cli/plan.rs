//! `wflow plan FILE`: what would happen, without doing anything; and what a change newly allows.

use super::args::{Format, ModeArg, PlanArgs, PlanFlags};
use super::exit::Exit;
use super::files::{Projects, Unit, unreadable};
use super::report::Trouble;
use super::run::{choose, json_args, list_of_workflows, refuse_errors, unknown_flag, wrong_arguments};
use super::screen::Screen;
use super::{flags, mistakes, older, print};
use crate::check::Callable;
use crate::diagnostics::codes::usage;
use crate::interpreter::Lowered;
use crate::plan::diff::Version;
use crate::plan::{self, ModeName, Setting};
use crate::source::SourceMap;
use crate::ui::style::Style;
use serde_json::Map;
use std::path::Path;

pub fn plan(args: &PlanArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let path = args.file();
    let file = path.display().to_string();
    if file.starts_with('-') && !path.exists() {
        return Err(unknown_flag::<PlanFlags>(&file));
    }
    // What is to be compared is known before the flags of the workflow can be read.
    let compares = args.flags.diff.is_some() || mistakes::value_after(args.rest(), "--diff").is_some();
    let unit = load(&path)?;
    if let Some(exit) = refuse_errors(&unit, speaks_json(args), screen) {
        return Ok(exit);
    }
    let program = &unit.checked.program;
    let wanted = mistakes::value_after(args.rest(), "--workflow").or_else(|| args.flags.workflow.clone());
    let wants_help = args.rest().iter().any(|w| w == "--help" || w == "-h");
    if wants_help
        && wanted.is_none()
        && let Some(list) = list_of_workflows(program, &file, "wflow plan")
    {
        print::out(&list);
        return Ok(Exit::Completed);
    }
    let workflow = match (compares, wanted.as_deref()) {
        // All of them are compared.
        (true, None) => program.workflows().next(),
        _ => None,
    };
    let workflow = match workflow {
        Some(first) => first,
        None => choose(program, wanted.as_deref(), &file, "wflow plan")?,
    };
    let docs = program.item(workflow.at).docs.clone();
    let given = match flags::parse::<PlanFlags>(program, workflow, &file, docs.as_deref(), args.rest()) {
        Ok(given) => given,
        Err(flags::Refusal::Help(help)) => {
            // clap knows of colours and of the terminal's width.
            let _ = help.print();
            return Ok(Exit::Completed);
        }
        Err(flags::Refusal::Wrong(trouble)) => return Err(trouble),
    };
    let own = merge(&args.flags, given.engine);
    let mut values = match &own.json_args {
        Some(text) => json_args(text)?,
        None => Map::new(),
    };
    values.extend(given.args);
    if let Some(old) = &own.diff {
        if !values.is_empty() || !given.wrong.is_empty() {
            return Err(Trouble::new(usage::E1715, "`--diff` compares for all arguments, and takes none")
                .help("leave the workflow's own flags out"));
        }
        return compare(old, &unit, &path, wanted.as_deref(), &own, screen);
    }
    // A parameter of that name is none of wflow's flags.
    choose(program, wanted.as_deref(), &file, "wflow plan")?;
    if own.exit_code {
        return Err(Trouble::new(
            usage::E1715,
            "`--exit-code` says what `--diff` found, which is not asked for",
        )
        .help(format!("for example: wflow plan {file} --diff git:HEAD --exit-code")));
    }
    let lowered = Lowered::new(program);
    let arguments = match given.wrong.is_empty() && values.is_empty() && own.json_args.is_none() {
        true => None,
        false => Some(arguments(&unit, &lowered, workflow, &file, &values, &given.wrong)?),
    };
    let mode = match own.mode {
        Some(ModeArg::Pure) => ModeName::Pure,
        Some(ModeArg::Interactive) => ModeName::Interactive,
        Some(ModeArg::Ai) | None => ModeName::Ai,
    };
    let config = unit.project.is_configured().then_some(&unit.project.config);
    let setting = Setting { program, lowered: &lowered, config, mode, file: &file, canonical: false };
    let made = plan::plan(setting, workflow.id, &arguments).map_err(|f| Trouble::from(*f))?;
    match own.format {
        Format::Json => outln!("{}", serde_json::to_string_pretty(&made).unwrap_or_default()),
        Format::Text => print::out(&plan::text(&made, style(screen), screen.width)),
    }
    Ok(Exit::Completed)
}

fn compare(
    old: &str,
    unit: &Unit,
    path: &Path,
    only: Option<&str>,
    flags: &PlanFlags,
    screen: &Screen,
) -> Result<Exit, Trouble> {
    let before = older::load(old, path, unit)?;
    let config = |u: &Unit| u.project.is_configured().then(|| u.project.config.clone());
    let (was, now) = (config(&before), config(unit));
    let name = path.display().to_string();
    let old = Version { program: &before.checked.program, config: was.as_ref(), name: old };
    let new = Version { program: &unit.checked.program, config: now.as_ref(), name: &name };
    let found = plan::diff::diff(old, new, only).map_err(|f| Trouble::from(*f))?;
    match flags.format {
        Format::Json => outln!("{}", serde_json::to_string_pretty(&found).unwrap_or_default()),
        Format::Text => print::out(&plan::diff::text(&found, style(screen), screen.width)),
    }
    Ok(if flags.exit_code && found.asks_for_review() { Exit::Failed } else { Exit::Completed })
}

/// A file with its project, and with the gates before each effect.
pub fn load(path: &Path) -> Result<Unit, Trouble> {
    Projects::planned().check(path, false).map_err(|error| {
        let finding = unreadable(&error, &mut SourceMap::new());
        Trouble::new(finding.code, finding.message).help(finding.help.join("\n"))
    })
}

fn arguments(
    unit: &Unit,
    lowered: &Lowered,
    workflow: &Callable,
    file: &str,
    values: &Map<String, serde_json::Value>,
    unreadable: &[(String, String)],
) -> Result<std::collections::HashMap<usize, crate::value::Value>, Trouble> {
    let people = unit.project.config.people.clone();
    let roles = move |name: &str| people.people.is_empty() && people.roles.is_empty() || people.knows(name);
    match lowered.some_arguments(workflow.id, values, &roles) {
        Ok(arguments) if unreadable.is_empty() => Ok(arguments),
        other => {
            let of_types = other.err().unwrap_or_default();
            Err(wrong_arguments(workflow, file, "wflow plan", unreadable, &of_types))
        }
    }
}

/// Whether trouble, too, is told as JSON.
pub fn speaks_json(args: &PlanArgs) -> bool {
    args.flags.format == Format::Json
        || mistakes::value_after(args.rest(), "--format").as_deref() == Some("json")
}

fn style(screen: &Screen) -> Style {
    Style { color: screen.color_out, unicode: screen.unicode }
}

/// Flags after the file win over the same ones before it.
fn merge(before: &PlanFlags, after: PlanFlags) -> PlanFlags {
    PlanFlags {
        workflow: after.workflow.or_else(|| before.workflow.clone()),
        json_args: after.json_args.or_else(|| before.json_args.clone()),
        mode: after.mode.or(before.mode),
        diff: after.diff.or_else(|| before.diff.clone()),
        exit_code: after.exit_code || before.exit_code,
        format: if after.format == Format::default() { before.format } else { after.format },
    }
}
