//! `wflow context FILE [AGENT]`: what an agent is sent of the project, to the letter.

use super::args::{ContextArgs, Format};
use super::exit::Exit;
use super::files::{Projects, unreadable};
use super::report::Trouble;
use super::screen::Screen;
use crate::check::AgentId;
use crate::diagnostics::codes::usage;
use crate::diagnostics::{did_you_mean, render};
use crate::effects::ai::context::{self, Cache, Context};
use crate::effects::ai::usage::estimate;
use crate::effects::workspace::Workspace;
use crate::interpreter::{AgentSettings, Lowered};
use crate::source::SourceMap;
use crate::ui::escape;
use serde_json::{Value as Json, json};

/// An agent with what it is told.
struct Told {
    settings: AgentSettings,
    context: Context,
}

pub fn context(args: &ContextArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let unit = Projects::default().check(&args.file, false).map_err(|error| {
        let finding = unreadable(&error, &mut SourceMap::new());
        Trouble::new(finding.code, finding.message).help(finding.help.join("\n"))
    })?;
    if let Some(exit) = super::run::refuse_errors(&unit, args.format == Format::Json, screen) {
        return Ok(exit);
    }
    let program = &unit.checked.program;
    let lowered = Lowered::new(program);
    let workspace = Workspace::open(&unit.project.root)?;
    let ai = &unit.project.config.ai;
    let sources: Vec<String> = program.own_files().take(1).map(|f| f.name.to_string()).collect();
    let mut agents = Vec::new();
    for (index, agent) in program.agents.iter().enumerate() {
        if args.agent.as_ref().is_some_and(|wanted| **wanted != *agent.name) {
            continue;
        }
        // A program has no more agents than fit.
        let id = AgentId(u32::try_from(index).unwrap_or(u32::MAX));
        let settings = lowered.agent_settings(id, &|_| true).map_err(|f| Trouble::from(*f))?;
        let budget = ai.context_tokens.unwrap_or(context::TOKENS);
        let context = context::load(
            &workspace,
            &Cache::default(),
            &settings.context,
            &sources,
            budget,
            &mut |_| Ok(()),
        );
        agents.push(Told { settings, context });
    }
    if agents.is_empty() {
        return Err(nobody(args, program.agents.iter().map(|a| a.name.as_ref()).collect()));
    }
    match args.format {
        Format::Json => {
            let all: Vec<Json> = agents.iter().map(|a| as_json(a, args.list)).collect();
            outln!("{}", json!({ "file": args.file.display().to_string(), "agents": all }));
        }
        Format::Text => {
            for (i, agent) in agents.iter().enumerate() {
                if i > 0 {
                    outln!("");
                }
                tell(agent, args.list);
            }
        }
    }
    Ok(Exit::Completed)
}

fn nobody(args: &ContextArgs, names: Vec<&str>) -> Trouble {
    let file = args.file.display();
    let Some(wanted) = &args.agent else {
        return Trouble::new(usage::E1701, format!("`{file}` declares no agent"))
            .help("without one, a question is sent with its prompt and its data alone");
    };
    let trouble = Trouble::new(usage::E1701, format!("`{file}` declares no agent `{wanted}`"));
    match did_you_mean(wanted, names.iter().copied()) {
        Some(near) => trouble.help(format!("did you mean `{near}`?")),
        None if names.is_empty() => trouble,
        None => trouble.help(format!("it declares {}", names.join(", "))),
    }
}

fn system_tokens(agent: &Told) -> u64 {
    agent.settings.system.as_deref().map_or(0, |s| estimate(s.len()))
}

fn tell(agent: &Told, list: bool) {
    let Told { settings, context } = agent;
    let total = context.tokens() + system_tokens(agent);
    outln!("agent {}: about {total} tokens before the question", escape::line(&settings.name));
    if settings.system.is_some() {
        outln!("  {:>7}  its `system` text", system_tokens(agent));
    }
    for file in &context.files {
        let digest = file.digest.trim_start_matches("sha256:").get(..12).unwrap_or_default();
        outln!("  {:>7}  {}  {digest}", file.tokens, escape::line(&file.path));
    }
    for (path, why) in &context.left_out {
        outln!("           not sent: {} ({})", escape::line(path), escape::line(why));
    }
    if list {
        return;
    }
    if let Some(system) = &settings.system {
        outln!("\n--- system\n{}", render::clean(system));
    }
    for file in &context.files {
        outln!("\n--- {}\n{}", escape::line(&file.path), render::clean(file.text.trim_end_matches('\n')));
    }
}

fn as_json(agent: &Told, list: bool) -> Json {
    let mut context = agent.context.to_json();
    if list {
        for file in context.get_mut("files").and_then(Json::as_array_mut).into_iter().flatten() {
            file.as_object_mut().map(|f| f.remove("text"));
        }
    }
    let settings = &agent.settings;
    json!({
        "agent": settings.name,
        "provider": settings.provider,
        "model": settings.model,
        "system": settings.system,
        "tokens": agent.context.tokens() + system_tokens(agent),
        "files": context.get("files"),
        "left_out": context.get("left_out").cloned().unwrap_or(json!([])),
    })
}
