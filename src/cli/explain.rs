//! `wflow explain CODE`.

use super::args::ExplainArgs;
use super::exit::Exit;
use super::report::Trouble;
use super::screen::Screen;
use crate::diagnostics::codes::{self, usage};
use crate::diagnostics::{did_you_mean, render};

pub fn explain(args: &ExplainArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let Some(wanted) = &args.code else {
        for code in codes::all() {
            match code.lint_name() {
                Some(name) => outln!("{}  {} ({name})", code.id(), code.title()),
                None => outln!("{}  {}", code.id(), code.title()),
            }
        }
        return Ok(Exit::Completed);
    };
    match codes::find(wanted) {
        Some(code) => {
            outln!("{}", render::explain(code, &screen.out()).trim_end());
            Ok(Exit::Completed)
        }
        None => {
            let names = codes::all().flat_map(|c| [Some(c.id()), c.lint_name()]).flatten();
            let trouble = Trouble::new(usage::E1706, format!("there is no code or lint `{wanted}`"));
            Err(match did_you_mean(wanted, names) {
                Some(near) => {
                    trouble.help(format!("did you mean `{near}`? `wflow explain` lists all of them"))
                }
                None => trouble.help("`wflow explain` lists all of them"),
            })
        }
    }
}
