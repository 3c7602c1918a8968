//! `wflow graph FILE`: a workflow as a picture.

use super::args::GraphArgs;
use super::exit::Exit;
use super::report::Trouble;
use super::screen::Screen;

pub fn graph(_args: &GraphArgs, _screen: &Screen) -> Result<Exit, Trouble> {
    Ok(Exit::Completed)
}
