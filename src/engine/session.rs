//! One process's ownership of a run: everything that its effects need.

use super::commands::Commands;
use super::effect::Permit;
use super::people::People;
use super::record::Record;
use crate::diagnostics::codes::{files, journal, run as run_codes};
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::ai::Providers;
use crate::effects::ai::context::Cache;
use crate::effects::approval::{Digests, Inbox, Preset};
use crate::effects::process::{Environment, EnvironmentRules, Search};
use crate::effects::workspace::Workspace;
use crate::interpreter::{Answer, At, CancelToken, Mode, Stop};
use crate::journal::{Runs, Timestamp};
use crate::policy::{Assurance, Config, Decision, Guard, Policy, Word, unguarded};
use crate::ui::progress::Progress;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub struct Session {
    pub run: String,
    pub workflow: String,
    /// Who started the run: a gate may refuse them.
    pub starter: String,
    pub runs: Runs,
    pub config: Config,
    /// All of them must allow: what the run was started under, and on a resume today's.
    pub policies: Vec<Policy>,
    /// Whether any of them denies or guards tasks.
    pub speaks_of_calls: bool,
    pub digests: Digests,
    pub record: Record,
    pub workspace: Workspace,
    pub search: Search,
    pub environment: EnvironmentRules,
    /// Absent in mode `pure`.
    pub providers: Option<Providers>,
    /// Texts of context files, read once.
    pub context: Cache,
    pub mode: Mode,
    /// Nobody is asked at the terminal.
    pub detach: bool,
    /// What the person said beforehand, with the gate that it is for; used once.
    pub preset: Mutex<Option<(String, Preset)>>,
    /// Up when the person pressed Ctrl-C or the process was told to end, and when the record is broken.
    pub interrupt: CancelToken,
    /// The first trouble with the record.
    pub broken: Mutex<Option<Failure>>,
    pub progress: Arc<Progress>,
    pub commands: Arc<dyn Commands>,
    pub people: Arc<dyn People>,
    pub secrets: Mutex<HashMap<String, String>>,
    /// The paths of gates that stand approved.
    pub approved: Mutex<HashSet<String>>,
    /// Held while a person is asked: one question at a time on one terminal.
    pub terminal: Mutex<()>,
    /// Steps that were completed, by their paths in order, and whether each was taken back.
    pub steps: Mutex<Vec<Done>>,
    /// When the steps that this process began did begin, by path.
    pub begun: Mutex<HashMap<String, Instant>>,
    /// A person gave the run up, in these words: what is not on record is not begun, and everything is taken back.
    pub giving_up: Option<String>,
    /// The undos under way, by their paths.
    pub undoing: Mutex<Vec<String>>,
    /// A gate asked for a proof that a terminal cannot give.
    pub assurance: Mutex<Option<Assurance>>,
    /// What `wflow.toml` says today, where the run goes on with an older one.
    pub today: Option<Config>,
    /// Where signed decisions are handed in.
    pub inbox: Inbox,
    /// At a gate this process waits until it is decided elsewhere.
    pub waits: bool,
    /// Nothing is done that is not recorded, except that decisions are taken in.
    pub only_records: bool,
    /// The first time at which something waits to happen although no process does.
    pub due: Mutex<Option<Timestamp>>,
    /// Whether a gate was decided by what was handed in.
    pub settled: AtomicBool,
    /// What the person who sees the run's end should know besides.
    pub notices: Mutex<Vec<String>>,
}

/// How many of the last steps are told when a run fails.
const TOLD_STEPS: usize = 100;

/// A step that was completed, or that had begun and could not be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub path: String,
    pub undo: Undo,
}

/// Whether a step was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// It stands.
    Never,
    Completed,
    /// Nobody knows what of it stands.
    Failed,
}

/// Of a command that names none, where the configuration names none either.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// A disk that fails, a file that was changed, an answer that belongs to another question.
fn is_of_record(failure: &Failure) -> bool {
    use journal::{E1501, E1502, E1503, E1504, E1505, E1506, E1512, E1515, E1517};
    [E1501, E1502, E1503, E1504, E1505, E1506, E1512, E1515, E1517].contains(&failure.code)
}

impl Session {
    pub fn step_done(&self, path: &str) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        // Only the last ones are ever told; a run may have very many.
        if steps.len() >= 2 * TOLD_STEPS {
            steps.drain(..TOLD_STEPS);
        }
        steps.push(Done { path: path.to_owned(), undo: Undo::Never });
    }

    pub fn step_undone(&self, path: &str, undo: Undo) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        match steps.iter_mut().rev().find(|s| s.path == path) {
            Some(step) => step.undo = undo,
            // It had only begun: that it is gone again needs no word.
            None if undo == Undo::Failed => steps.push(Done { path: path.to_owned(), undo }),
            None => {}
        }
    }

    /// Whether this belongs to something that is being taken back.
    pub fn is_undoing(&self, path: &str) -> bool {
        let undoing = self.undoing.lock().unwrap_or_else(PoisonError::into_inner);
        undoing.iter().any(|undo| path.strip_prefix(undo.as_str()).is_some_and(|rest| rest.starts_with('/')))
    }

    /// Milliseconds since 1970, UTC.
    pub fn clock_ms(&self) -> i64 {
        self.runs.store().now().0
    }

    /// What cannot be read from the record or written to it is no failure of the program: nothing may catch it, nothing
    /// is taken back for it, and no more is begun. The run stays as it stands on disk, and can be resumed.
    pub fn unless_broken<T>(&self, answer: Answer<T>) -> Answer<T> {
        match answer {
            Err(Stop::Failed(failure)) if is_of_record(&failure) => {
                self.broken.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(*failure);
                self.interrupt.cancel();
                Err(Stop::Interrupted)
            }
            other => other,
        }
    }

    /// The first trouble with the record.
    pub fn broken(&self) -> Option<Failure> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether this process should go on at all.
    pub fn check_uninterrupted(&self) -> Answer<()> {
        if self.interrupt.is_cancelled() { Err(Stop::Interrupted) } else { Ok(()) }
    }

    /// Whether this branch should. What is on record answers all the same: see [`Session::before_fresh`].
    pub fn check_alive(&self, at: &At) -> Answer<()> {
        self.check_uninterrupted()?;
        if at.cancel.is_cancelled() { Err(Stop::Cancelled) } else { Ok(()) }
    }

    /// Something will have to happen at this time.
    pub fn due(&self, at: Option<Timestamp>) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        *due = [*due, at].into_iter().flatten().min();
    }

    pub fn decided(&self) {
        self.settled.store(true, Ordering::Release);
    }

    pub fn notice(&self, text: String) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if !notices.contains(&text) {
            notices.push(text);
        }
    }

    /// The least that a decision at this gate must be proved with, when the run was started and today.
    pub fn min_assurance(&self, gate: &str, guards: bool) -> Assurance {
        let today = self.today.as_ref().map(|config| config.min_assurance(gate, guards));
        self.config.min_assurance(gate, guards).max(today.unwrap_or_default())
    }

    /// Sleeps until a time on the clock, unless the run is interrupted or the branch cancelled. Never longer than
    /// `longest_ms`: a clock that was set back in between must not make a minute a year.
    pub fn sleep_until(&self, at: &At, until_ms: i64, longest_ms: i64) -> Answer<()> {
        let store = self.runs.store();
        let began = store.elapsed();
        loop {
            self.check_uninterrupted()?;
            let slept = i64::try_from(store.elapsed().saturating_sub(began).as_millis()).unwrap_or(i64::MAX);
            let left = until_ms.saturating_sub(self.clock_ms()).min(longest_ms.saturating_sub(slept));
            if left <= 0 {
                return Ok(());
            }
            self.check_alive(at)?;
            // Short enough that nobody notices an interruption coming late.
            store.pause(Duration::from_millis(left.clamp(1, 50) as u64));
        }
    }

    pub fn set_approved(&self, path: &str, approved: bool) {
        let mut all = self.approved.lock().unwrap_or_else(PoisonError::into_inner);
        match approved {
            true => drop(all.insert(path.to_owned())),
            false => drop(all.remove(path)),
        }
    }

    /// The permit for something that these gates guard: each was passed on the way here, and stands approved.
    pub fn permit(
        &self,
        at: &At,
        words: &[Word],
        guards: &[Guard],
        repeatable: bool,
    ) -> Result<Permit, Failure> {
        let mut permit = Permit { repeatable, ..Permit::default() };
        let approved = self.approved.lock().unwrap_or_else(PoisonError::into_inner);
        for guard in guards {
            let passed = at.passed.iter().rev().find(|(gate, _)| *gate == guard.gate);
            match passed.filter(|(_, path)| approved.contains(&**path)) {
                Some((gate, path)) => {
                    permit.after.push(gate.to_string());
                    permit.guards.push(path.to_string());
                }
                None => return Err(unguarded(words, &guard.gate)),
            }
        }
        Ok(permit)
    }

    /// May this effect other than a command happen?
    pub fn decide_effect(
        &self,
        at: &At,
        name: &str,
        argument: Option<&str>,
        repeatable: bool,
    ) -> Result<Permit, Failure> {
        let guards = self.allowed(|policy| policy.decide_effect(name, argument))?;
        let words: Vec<Word> = [Word::literal(name)].into_iter().chain(argument.map(Word::literal)).collect();
        self.permit(at, &words, &guards, repeatable)
    }

    /// May this task of a module be called?
    pub fn decide_call(&self, at: &At, names: &[Arc<str>]) -> Result<Permit, Failure> {
        let guards = self.allowed(|policy| policy.decide_call(names))?;
        let words: Vec<Word> = names.first().map(|name| Word::literal(name.clone())).into_iter().collect();
        self.permit(at, &words, &guards, true)
    }

    /// Whether a rule of any policy denies or guards it.
    pub fn speaks_of_call(&self, names: &[Arc<str>]) -> bool {
        let silent = |d: &Decision| matches!(d, Decision::Allowed { after, .. } if after.is_empty());
        self.policies.iter().any(|policy| !silent(&policy.decide_call(names)))
    }

    /// May this command run, by all policies in force? Then the gates that guard it by any of them.
    pub fn decide_command(&self, words: &[Word], resolved: Option<&Path>) -> Result<Vec<Guard>, Failure> {
        self.allowed(|policy| policy.decide(words, resolved))
    }

    fn allowed(&self, decide: impl Fn(&Policy) -> Decision) -> Result<Vec<Guard>, Failure> {
        let mut guards = Vec::new();
        for policy in &self.policies {
            match decide(policy) {
                Decision::Allowed { after, .. } => guards.extend(after),
                Decision::Denied(refusal) | Decision::NotAllowed(refusal) => return Err(refusal.failure()),
            }
        }
        Ok(guards)
    }

    /// Whether a command has no effect on the world, by all policies in force.
    pub fn reads(&self, words: &[Word], resolved: Option<&Path>) -> bool {
        self.policies.iter().all(|p| p.reads(words, resolved))
    }

    /// Of a command that names none: the shortest that is configured.
    pub fn default_timeout(&self) -> Duration {
        let configured = self.policies.iter().filter_map(|p| p.settings().and_then(|s| s.timeout));
        configured.min().unwrap_or(DEFAULT_TIMEOUT)
    }

    /// Whether a rule of any policy makes something wait for this gate.
    pub fn guards_something(&self, gate: &str) -> bool {
        self.policies.iter().any(|p| p.gates().any(|g| g == gate))
    }

    /// What was said beforehand about this gate.
    pub fn take_preset(&self, gate: &str) -> Option<Preset> {
        let mut preset = self.preset.lock().unwrap_or_else(PoisonError::into_inner);
        preset.take_if(|(name, _)| name == gate).map(|(_, preset)| preset)
    }

    pub fn need_assurance(&self, level: Assurance) {
        *self.assurance.lock().unwrap_or_else(PoisonError::into_inner) = Some(level);
    }

    pub fn needed_assurance(&self) -> Option<Assurance> {
        *self.assurance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The environment of a command before its own `env { }`.
    pub fn clean_environment(&self) -> Environment {
        Environment::clean(&self.search, &self.environment)
    }

    /// Makes sure that the secret is known, and that it will be replaced in all that is recorded or shown.
    pub fn load_secret(&self, name: &str) -> Result<(), Failure> {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        if secrets.contains_key(name) {
            return Ok(());
        }
        let missing = |why: &str| {
            Failure::new(ErrorKind::Configuration, run_codes::E1113, format!("the secret `{name}` {why}"))
                .help(format!(
                    "set it in the environment of wflow: `export {name}=…`; it is never recorded or shown"
                ))
        };
        let value = match std::env::var_os(name) {
            None => return Err(missing("is not set")),
            Some(value) => value.into_string().map_err(|_| missing("is not UTF-8 text"))?,
        };
        if value.is_empty() {
            return Err(missing("is empty"));
        }
        self.record.redactor().add(name, &value)?;
        secrets.insert(name.to_owned(), value);
        Ok(())
    }

    pub fn secret(&self, name: &str) -> Result<String, Failure> {
        self.load_secret(name)?;
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.get(name).cloned().ok_or_else(|| {
            Failure::new(ErrorKind::Bug, files::E1401, format!("the secret `{name}` is not loaded"))
        })
    }
}
