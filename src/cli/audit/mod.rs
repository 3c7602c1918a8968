//! `wflow audit`: what the record proves, and what proves it to others. One file a subcommand.

mod checkpoint;
mod export;
mod files;
mod keygen;
mod keys;
mod replay;
mod verify;

use super::args::AuditCommand;
use super::exit::Exit;
use super::report::Trouble;
use super::screen::Screen;
use crate::diagnostics::Failure;
use crate::effects::approval::judge;
use crate::journal::{Report, RunDir, Runs, verify_run_with};

pub use export::attestation::schema as attestation_schema;
pub use replay::schema as replay_schema;
pub use verify::schema;

/// The one way that every subcommand verifies a run, the signatures of its decisions included.
fn verified(runs: &Runs, dir: &RunDir) -> Result<Report, Failure> {
    verify_run_with(runs, dir, Some(&judge))
}

pub fn audit(command: &AuditCommand, screen: &Screen) -> Result<Exit, Trouble> {
    match command {
        AuditCommand::Verify(args) => verify::verify(args, screen),
        AuditCommand::Replay { run, format } => replay::replay(run, *format, screen),
        AuditCommand::Export(args) => export::export(args),
        AuditCommand::Checkpoint { signing_key, out } => {
            checkpoint::checkpoint(signing_key.as_deref(), out.as_deref())
        }
        AuditCommand::Keygen { name, out } => keygen::keygen(name.as_deref(), out.as_deref()),
    }
}
