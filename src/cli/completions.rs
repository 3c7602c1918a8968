//! `wflow completions SHELL`.

use super::args::{Cli, CompletionsArgs};
use super::exit::Exit;
use super::report::Trouble;
use clap::CommandFactory;

pub fn completions(args: &CompletionsArgs) -> Result<Exit, Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "wflow", &mut script);
    super::print::out(&String::from_utf8_lossy(&script));
    Ok(Exit::Completed)
}
