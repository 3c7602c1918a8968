//! `wflow graph FILE`: a workflow as a picture.

use super::args::{GraphArgs, GraphFormat};
use super::exit::Exit;
use super::plan::load;
use super::print;
use super::report::Trouble;
use super::run::{choose, refuse_errors};
use super::screen::Screen;
use crate::interpreter::Lowered;
use crate::plan::{self, ModeName, Setting, graph};

pub fn graph(args: &GraphArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let unit = load(&args.file)?;
    if let Some(exit) = refuse_errors(&unit, false, screen) {
        return Ok(exit);
    }
    let program = &unit.checked.program;
    let file = args.file.display().to_string();
    let workflow = choose(program, args.workflow.as_deref(), &file, "wflow graph")?;
    let lowered = Lowered::new(program);
    let config = unit.project.is_configured().then_some(&unit.project.config);
    let setting =
        Setting { program, lowered: &lowered, config, mode: ModeName::Ai, file: &file, canonical: false };
    let made = plan::plan(setting, workflow.id, &None).map_err(|f| Trouble::from(*f))?;
    let draw = match args.format {
        GraphFormat::Mermaid => graph::mermaid,
        GraphFormat::Dot => graph::dot,
        GraphFormat::Svg => graph::svg,
    };
    print::out(&draw(&made));
    Ok(Exit::Completed)
}
