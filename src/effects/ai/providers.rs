//! Who answers the questions of a run: what the command line says, else the agent, else the project.

use super::Provider;
use super::budget::{Budget, Limits};
use super::cassette::{Record, Redact, Replay, Tape};
use super::claude::{self, Claude};
use super::human::Human;
use super::known;
use super::remote::{Probe, Remote};
use crate::diagnostics::codes::ask::E1306;
use crate::diagnostics::{ErrorKind, Failure};
use crate::journal::Redactor;
use crate::policy::{AiConfig, Provider as ProviderName};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What the command line says.
#[derive(Clone, Default)]
pub enum Choice {
    /// Nothing: the agent's provider, or the project's.
    #[default]
    Configured,
    /// This one for every question.
    Named(String),
    /// This cassette for every question.
    Replay(PathBuf),
    /// Somebody of the caller's own, for every question.
    Own(Arc<dyn Provider>),
}

pub struct Settings {
    pub config: AiConfig,
    pub choice: Choice,
    /// Every answer is written to this cassette, too.
    pub record: Option<PathBuf>,
    /// What the person says in conversations comes from the cassette that answers.
    pub replay_person: bool,
    /// Relative paths of cassettes that the project names are below it.
    pub root: PathBuf,
    /// The project's folders for programs.
    pub folders: Vec<Arc<str>>,
    /// Keys become known to it, so that they are in no record.
    pub redactor: Redactor,
}

pub struct Providers {
    settings: Settings,
    tape: Option<Arc<Tape>>,
    budget: Arc<Budget>,
    made: Mutex<HashMap<ProviderName, Arc<dyn Provider>>>,
}

impl Providers {
    /// What can be wrong before a question is asked is found here.
    pub fn open(settings: Settings) -> Result<Providers, Failure> {
        let redact = redact(&settings.redactor);
        let usual = match &settings.choice {
            Choice::Replay(_) => ProviderName::Replay,
            Choice::Named(name) => known(name)?,
            // Whoever has their own needs none of ours; the person at the terminal is always there to be had.
            Choice::Own(_) => ProviderName::Human,
            Choice::Configured => settings.config.provider,
        };
        if settings.replay_person && usual != ProviderName::Replay {
            let message = "the person's part is to come from a cassette, and no cassette answers";
            return Err(Failure::new(ErrorKind::Configuration, E1306, message)
                .help("name it with `--replay FILE`, or leave `--replay-person` out"));
        }
        let tape = match &settings.record {
            // A recording of a recording would only be a copy of it.
            Some(file) => Some(Arc::new(Tape::open(file, redact)?)),
            None => None,
        };
        let limits = Limits { run: settings.config.max_cost, ask: settings.config.max_cost_per_ask };
        let budget = Arc::new(Budget::new(limits));
        let all = Providers { settings, tape, budget, made: Mutex::new(HashMap::new()) };
        all.get(usual)?;
        Ok(all)
    }

    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Who answers this agent's questions.
    pub fn of(&self, agent: Option<&str>) -> Result<Arc<dyn Provider>, Failure> {
        let name = match (&self.settings.choice, agent) {
            (Choice::Own(provider), _) => return Ok(provider.clone()),
            (Choice::Replay(_), _) => ProviderName::Replay,
            (Choice::Named(name), _) => known(name)?,
            (Choice::Configured, Some(name)) => known(name)?,
            (Choice::Configured, None) => self.settings.config.provider,
        };
        self.get(name)
    }

    /// Whether this one says what the person says, too.
    pub fn plays_person(&self, provider: &dyn Provider) -> bool {
        self.settings.replay_person && provider.name() == "replay"
    }

    /// How often one is tried that may pass.
    pub fn tries(&self) -> u32 {
        const RETRIES: u32 = 3;
        self.settings.config.retries.unwrap_or(RETRIES) + 1
    }

    fn get(&self, name: ProviderName) -> Result<Arc<dyn Provider>, Failure> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(provider) = made.get(&name) {
            return Ok(provider.clone());
        }
        let inner = self.make(name)?;
        let provider = match &self.tape {
            Some(tape) => Arc::new(Record::new(inner, tape.clone())),
            None => inner,
        };
        made.insert(name, provider.clone());
        Ok(provider)
    }

    fn make(&self, name: ProviderName) -> Result<Arc<dyn Provider>, Failure> {
        let Settings { config, choice, root, redactor, .. } = &self.settings;
        if let Some(remote) = Remote::new(name, config, redactor, &self.budget) {
            return Ok(Arc::new(remote?));
        }
        match (name, choice) {
            (ProviderName::Replay, Choice::Replay(file)) => {
                Ok(Arc::new(Replay::open(file, redact(redactor))?))
            }
            (ProviderName::Replay, _) => match &config.cassette {
                Some(file) => Ok(Arc::new(Replay::open(&root.join(&**file), redact(redactor))?)),
                None => Err(Failure::new(
                    ErrorKind::Configuration,
                    E1306,
                    "the provider `replay` needs a cassette",
                )
                .help("name it with `--replay FILE`, or as `cassette` under `[ai]` in wflow.toml")),
            },
            (ProviderName::Human, _) => Ok(Arc::new(Human)),
            _ => Ok(Arc::new(Claude::new(config, root, &self.settings.folders, &self.budget))),
        }
    }
}

fn redact(redactor: &Redactor) -> Redact {
    let known = redactor.clone();
    Arc::new(move |text| known.text(text).into_owned())
}

/// Whether a provider would work here; `online` lets it ask a server.
pub fn probe(
    name: ProviderName,
    config: &AiConfig,
    root: &Path,
    folders: &[Arc<str>],
    online: bool,
) -> Probe {
    if let Some(remote) = Remote::new(name, config, &Redactor::new(), &Arc::new(Budget::default())) {
        return match remote {
            Ok(remote) => remote.probe(online),
            Err(failure) => Probe::bad(failure.message, failure.help.join("; ")),
        };
    }
    match name {
        ProviderName::Human => match std::fs::File::open("/dev/tty") {
            Ok(_) => Probe::good("there is a terminal"),
            Err(_) => Probe::bad("there is no terminal here", "run wflow in a terminal to be asked"),
        },
        ProviderName::Replay => match &config.cassette {
            None => Probe::good("with `--replay FILE`"),
            Some(file) => match Replay::open(&root.join(&**file), Arc::new(str::to_owned)) {
                Ok(_) => Probe::good(format!("{file} can be read")),
                Err(failure) => Probe::bad(failure.message, failure.help.join("; ")),
            },
        },
        _ => claude::probe(root, folders),
    }
}
