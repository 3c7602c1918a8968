//! `wflow completions SHELL`.

use super::args::{Cli, CompletionsArgs};
use super::exit::Exit;
use super::report::Trouble;
use clap::CommandFactory;
use std::io::Write;

pub fn completions(args: &CompletionsArgs) -> Result<Exit, Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "wflow", &mut script);
    // A reader that has seen enough (`| head`) is no error.
    let _ = std::io::stdout().write_all(&script);
    Ok(Exit::Completed)
}
