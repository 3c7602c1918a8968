//! What a face chooses for one process's part of a run.

use super::commands::{Commands, Processes};
use super::people::{AtTerminal, People};
use crate::diagnostics::Failure;
use crate::effects::ai::{Providers, Settings};
use crate::effects::approval::Preset;
use crate::interpreter::{CancelToken, Mode};
use crate::journal::{DiskStore, Redactor, Store};
use crate::policy::{Config, PathPattern, Pattern};
use crate::ui::progress::{Look, Progress};
use crate::ui::style::Style;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use crate::effects::ai::Choice as ProviderChoice;

pub struct Options {
    /// The recorded mode on a resume.
    pub mode: Option<Mode>,
    /// Who answers `ask`.
    pub provider: ProviderChoice,
    /// Every answer is recorded in this cassette, too.
    pub record: Option<PathBuf>,
    /// What the person says in conversations is taken from the cassette that answers, too.
    pub replay_person: bool,
    /// Nobody is asked at the terminal.
    pub detach: bool,
    /// At a gate the process waits until it is decided elsewhere.
    pub wait: bool,
    /// Goes only as far as things are recorded, takes in decisions there, and does nothing else.
    pub only_records: bool,
    /// What the person said about a gate on the command line; the gate is put before them all the same.
    pub preset: Option<(String, Preset)>,
    pub progress: Arc<Progress>,
    /// Cancelling it ends the process's part of the run; it can be resumed.
    pub interrupt: CancelToken,
    /// Go on with today's files, if the person at the terminal accepts what changed.
    pub accept_changes: bool,
    /// Give the run up, in these words: nothing new is begun, and what was done is taken back.
    pub give_up: Option<String>,
    /// What the person allowed for this run where there is no `wflow.toml`.
    pub grants: (Vec<Pattern>, Vec<PathPattern>),
    /// Disk, clock and processes of the record of a new run; a resumed one has those of its folder.
    pub store: Arc<dyn Store>,
    pub commands: Arc<dyn Commands>,
    /// No face but a test may set it: see [`People`].
    pub people: Arc<dyn People>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            mode: None,
            provider: ProviderChoice::Configured,
            record: None,
            replay_person: false,
            detach: false,
            wait: false,
            only_records: false,
            preset: None,
            progress: Arc::new(Progress::to(Look::Quiet, Style::for_stderr(), Box::new(std::io::sink()))),
            interrupt: CancelToken::default(),
            accept_changes: false,
            give_up: None,
            grants: Default::default(),
            store: Arc::new(DiskStore),
            commands: Arc::new(Processes),
            people: Arc::new(AtTerminal),
        }
    }
}

impl Options {
    /// The same people and answers, without a word about progress.
    pub fn quiet(&self) -> Options {
        Options {
            mode: self.mode,
            provider: self.provider.clone(),
            interrupt: self.interrupt.clone(),
            ..Options::default()
        }
    }

    /// None in mode `pure`.
    pub(super) fn providers(
        &self,
        mode: Mode,
        config: &Config,
        root: &Path,
        redactor: &Redactor,
    ) -> Result<Option<Providers>, Failure> {
        if mode == Mode::Pure {
            return Ok(None);
        }
        let settings = Settings {
            config: config.ai.clone(),
            choice: self.provider.clone(),
            record: self.record.clone(),
            replay_person: self.replay_person,
            root: root.to_owned(),
            folders: config.policy.path.clone(),
            redactor: redactor.clone(),
        };
        Providers::open(settings).map(Some)
    }
}
