//! Where there is no `wflow.toml`, nothing is allowed: a person at the terminal is shown what the file wants and asked
//! once, for this run or for a `wflow.toml`; without a terminal it stops.

use super::exit::Exit;
use super::files::Unit;
use super::report::Trouble;
use crate::check::uses;
use crate::diagnostics::codes::usage;
use crate::policy::{CONFIG_NAME, PathPattern, Pattern, generalise, starter};
use crate::source::Span;
use crate::ui::dialog::Dialog;
use crate::ui::terminal::{self, Wait};
use std::collections::BTreeSet;

pub type Grants = (Vec<Pattern>, Vec<PathPattern>);

pub fn ask_if_unconfigured(unit: &Unit, file: &str) -> Result<Grants, Trouble> {
    let wants = uses(&unit.checked.program);
    let nothing = wants.commands.is_empty() && wants.protected.is_empty() && wants.writes.is_empty();
    if unit.project.is_configured() || nothing {
        return Ok(Grants::default());
    }
    let commands: BTreeSet<String> =
        wants.commands.iter().chain(wants.protected.iter().map(|(w, _)| w)).map(|w| generalise(w)).collect();
    let refused = || {
        let list: Vec<String> = commands.iter().map(|c| format!("`{c}`")).collect();
        Trouble::new(
            usage::E1709,
            format!("this project has no {CONFIG_NAME}, so `{file}` may not run {}", list.join(", ")),
        )
        .help("`wflow init` writes a first one from what the files use; read it, then run again")
        .exit(Exit::Failed)
    };
    if !terminal::exists() {
        return Err(refused());
    }
    let Ok(mut dialog) = Dialog::open(Wait { until: None, stop: None }) else { return Err(refused()) };
    dialog.heading("this project allows nothing yet");
    dialog.say(&format!("There is no {CONFIG_NAME} here. `{file}` wants to run:"));
    commands.iter().for_each(|c| dialog.say(&format!("  {c}")));
    if !wants.writes.is_empty() {
        dialog.say("and to write:");
        wants.writes.iter().for_each(|w| dialog.say(&format!("  {w}")));
    }
    loop {
        let answer = dialog.ask(&format!("Allow it? yes (this run only), write ({CONFIG_NAME}), no: "));
        match answer.as_deref().map(str::trim) {
            Ok("yes") => {
                let parse = |t: &String| Pattern::parse(t, Span::default()).ok();
                let writes = wants.writes.iter().filter_map(|w| PathPattern::parse(w, Span::default()).ok());
                return Ok((commands.iter().filter_map(parse).collect(), writes.collect()));
            }
            Ok("write") => {
                let path = unit.project.root.join(CONFIG_NAME);
                std::fs::write(&path, starter(&wants)).map_err(|e| {
                    Trouble::new(
                        usage::E1705,
                        format!(
                            "`{}` cannot be written: {}",
                            path.display(),
                            crate::diagnostics::io_text(&e)
                        ),
                    )
                    .help("check the folder's permissions and the free space")
                })?;
                return Err(Trouble::new(usage::E1709, format!("wrote {}", path.display()))
                    .help("read it, then run the workflow again: nothing was started")
                    .exit(Exit::Failed));
            }
            Ok("no") | Err(_) => return Err(refused()),
            Ok(_) => dialog.say("Please type yes, write or no."),
        }
    }
}
