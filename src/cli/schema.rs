//! `wflow schema NAME [FILE]`.

use super::args::SchemaArgs;
use super::exit::Exit;
use super::files::{Projects, unreadable};
use super::report::Trouble;
use crate::diagnostics::codes::usage;
use crate::diagnostics::did_you_mean;
use crate::source::SourceMap;
use crate::syntax::ast::ItemKind;
use serde_json::Value as Json;

pub fn schema(args: &SchemaArgs, _screen: &super::screen::Screen) -> Result<Exit, Trouble> {
    let schema = match (args.name.as_str(), &args.file) {
        ("journal", None) => crate::journal::schema::schema(),
        ("runs", None) => super::runs::schema(),
        ("run", None) => super::show::schema(),
        ("audit", None) => super::audit::schema(),
        (_, Some(_)) => of_type(args)?,
        (name, None) => {
            return Err(Trouble::new(usage::E1707, format!("`{name}` needs the file that declares it"))
                .help(format!("for example: wflow schema {name} release.wflow"))
                .help("wflow's own schemas are `journal`, `runs`, `run` (of `runs show`) and `audit`"));
        }
    };
    outln!("{}", serde_json::to_string_pretty(&schema).unwrap_or_default());
    Ok(Exit::Completed)
}

fn of_type(args: &SchemaArgs) -> Result<Json, Trouble> {
    let Some(file) = &args.file else { return Ok(Json::Null) };
    let unit = Projects::default().check(file, false).map_err(|error| {
        let finding = unreadable(&error, &mut SourceMap::new());
        Trouble::new(finding.code, finding.message).help(finding.help.join("\n"))
    })?;
    let program = &unit.checked.program;
    let Some(module) = program.modules.first() else { return Ok(Json::Null) };
    let mut names = Vec::new();
    for item in &module.ast.items {
        let name = match &item.kind {
            ItemKind::Type(t) => &t.name,
            ItemKind::Enum(e) => &e.name,
            _ => continue,
        };
        names.push(name.name.to_string());
        if *name.name == *args.name {
            return Ok(crate::types::schema(module.tables.ty(name.id), &program.defs));
        }
    }
    let trouble =
        Trouble::new(usage::E1707, format!("`{}` declares no type `{}`", file.display(), args.name));
    Err(match did_you_mean(&args.name, names.iter().map(String::as_str)) {
        Some(near) => trouble.help(format!("did you mean `{near}`?")),
        None => trouble.help(format!("it declares: {}", names.join(", "))),
    })
}
