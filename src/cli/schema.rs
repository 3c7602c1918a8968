//! `wflow schema NAME [FILE]`.

use super::args::SchemaArgs;
use super::exit::Exit;
use super::files::{Projects, unreadable};
use super::report::Trouble;
use super::screen::Screen;
use crate::diagnostics::codes::usage;
use crate::diagnostics::did_you_mean;
use crate::source::SourceMap;
use crate::syntax::ast::ItemKind;
use serde_json::Value as Json;
use std::path::Path;

pub fn schema(args: &SchemaArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let schema = match (args.name.as_str(), &args.file) {
        ("journal", None) => crate::journal::schema::schema(),
        ("runs", None) => super::runs::schema(),
        ("run", None) => super::show::schema(),
        ("gates", None) => super::gates::schema(),
        ("gate", None) => super::show_gate::schema(),
        ("plan", None) => crate::plan::schema(),
        ("plan-diff", None) => crate::plan::diff::schema(),
        ("tick", None) => super::tick::schema(),
        ("audit", None) => super::audit::schema(),
        ("replay", None) => super::audit::replay_schema(),
        ("attestation", None) => super::audit::attestation_schema(),
        (name, Some(file)) => match of_type(name, file, screen)? {
            Ok(schema) => schema,
            Err(exit) => return Ok(exit),
        },
        (name, None) => {
            return Err(Trouble::new(usage::E1707, format!("`{name}` needs the file that declares it"))
                .help(format!("for example: wflow schema {name} release.wflow"))
                .help("wflow's own schemas are `journal`, `runs`, `run` (of `runs show`), `gates`, `gate` (of `show`), `plan`, `plan-diff`, `tick`, `audit` (of `audit verify`), `replay` (of `audit replay`) and `attestation`"));
        }
    };
    outln!("{}", serde_json::to_string_pretty(&schema).unwrap_or_default());
    Ok(Exit::Completed)
}

/// The inner error: mistakes in the file, already told.
fn of_type(wanted: &str, file: &Path, screen: &Screen) -> Result<Result<Json, Exit>, Trouble> {
    let unit = Projects::default().check(file, false).map_err(|error| {
        let finding = unreadable(&error, &mut SourceMap::new());
        Trouble::new(finding.code, finding.message).help(finding.help.join("\n"))
    })?;
    if let Some(exit) = super::run::refuse_errors(&unit, false, screen) {
        return Ok(Err(exit));
    }
    let program = &unit.checked.program;
    let Some(module) = program.modules.first() else { return Ok(Ok(Json::Null)) };
    let mut names = Vec::new();
    for item in &module.ast.items {
        let name = match &item.kind {
            ItemKind::Type(t) => &t.name,
            ItemKind::Enum(e) => &e.name,
            _ => continue,
        };
        names.push(name.name.to_string());
        if *name.name == *wanted {
            return Ok(Ok(crate::types::schema(module.tables.ty(name.id), &program.defs)));
        }
    }
    let trouble = Trouble::new(usage::E1707, format!("`{}` declares no type `{}`", file.display(), wanted));
    Err(match did_you_mean(wanted, names.iter().map(String::as_str)) {
        Some(near) => trouble.help(format!("did you mean `{near}`?")),
        None if names.is_empty() => trouble.help("a type is declared with `type` or `enum`"),
        None => trouble.help(format!("it declares: {}", names.join(", "))),
    })
}
