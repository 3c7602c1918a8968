//! `wflow cancel`: a run is given up, and what it did is taken back.

use super::args::CancelArgs;
use super::exit::Exit;
use super::report::Trouble;
use super::resume::{find, go_on, options, project};
use super::screen::Screen;
use crate::diagnostics::codes::journal;
use crate::engine::Options;
use crate::journal::{RunDir, owner};
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

/// How often, and how far apart, it is looked whether a process that was asked to stop has done so.
const LOOKS: u32 = 600;
const BETWEEN: Duration = Duration::from_millis(50);

pub fn cancel(args: &CancelArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let (root, runs) = project();
    let dir = find(&runs, &args.run)?;
    stop_owner(&dir)?;
    let options =
        Options { give_up: Some(args.comment.clone().unwrap_or_default()), ..options(&args.session) };
    go_on(root, &runs, &dir, &args.session, options, screen)
}

/// A process that works on the run is asked to stop as by Ctrl-C, so that the run is in one hand again.
fn stop_owner(dir: &RunDir) -> Result<(), Trouble> {
    let mut asked = None;
    for _ in 0..LOOKS {
        let Some(pid) = owner(dir)? else { return Ok(()) };
        let Some(pid) = pid.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw) else { break };
        if asked != Some(pid) {
            asked = Some(pid);
            errln!("asking process {} to stop, which works on the run", pid.as_raw_nonzero());
            // One that has ended meanwhile has let go of the run, which the next look shows.
            let _ = kill_process(pid, Signal::INT);
        }
        std::thread::sleep(BETWEEN);
    }
    let who =
        asked.map_or(String::from("another process"), |pid| format!("process {}", pid.as_raw_nonzero()));
    Err(Trouble::new(
        journal::E1507,
        format!("{who} works on run {} and does not let go of it", dir.id().short()),
    )
    .help("end it, then cancel the run again: nothing was changed"))
}
