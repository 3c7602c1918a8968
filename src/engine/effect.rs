//! The one way that every effect goes: look up, decide, intend, act, record.

use super::doubt::Settled;
use super::record::Earlier;
use super::session::Session;
use crate::diagnostics::codes::{journal, run};
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::approval::os_user;
use crate::interpreter::{Answer, At, Because, Stop, Suspension};
use serde_json::Value as Json;
use std::time::{Duration, Instant};

/// An effect that is about to start, in the form that is recorded.
pub struct Intent<'a> {
    /// `run`, `ask`, `write`.
    pub kind: &'static str,
    pub request: &'a Json,
    /// Gates that had to be approved first, and were.
    pub after: Vec<String>,
    /// The paths at which they were.
    pub guards: Vec<String>,
    /// The branches around that an untrusted value has decided, or may have.
    pub because: Because,
    /// May be started again when nobody knows whether it happened.
    pub repeatable: bool,
    /// Who said, after a crash, that it shall be done, and in which words.
    pub settled: Option<(String, &'static str)>,
    /// Of an agent's tool call: the rule that allows it, or who.
    pub allowed: Option<Json>,
    /// What a person who settles a doubt about it should know.
    pub known: Vec<String>,
}

impl<'a> Intent<'a> {
    /// Of something that did not come so far as to be guarded or doubted.
    pub fn plain(at: &At, kind: &'static str, request: &'a Json) -> Intent<'a> {
        let (after, guards, known) = Default::default();
        let because = at.because.clone();
        Intent {
            kind,
            request,
            after,
            guards,
            because,
            repeatable: true,
            settled: None,
            allowed: None,
            known,
        }
    }
}

/// What the policy gave: the gates that guard the effect with their paths, and whether it may be repeated.
#[derive(Default)]
pub struct Permit {
    pub after: Vec<String>,
    pub guards: Vec<String>,
    pub repeatable: bool,
    /// What a person who settles a doubt about it should know.
    pub known: Vec<String>,
    /// A person has settled it already, in these words.
    pub settled: Option<&'static str>,
}

impl Permit {
    /// What guards one part of an effect guards the whole.
    pub fn add(&mut self, other: Permit) {
        for (gate, path) in other.after.into_iter().zip(other.guards) {
            if !self.after.contains(&gate) {
                self.after.push(gate);
                self.guards.push(path);
            }
        }
    }
}

impl Session {
    /// The recorded outcome, or a fresh one.
    ///
    /// `decide` says whether it may happen at all, and after which gates; it is asked on fresh effects only. `act` makes
    /// it happen and gives its result in the form that is recorded.
    pub fn effect<T>(
        &self,
        at: &At,
        kind: &'static str,
        request: &Json,
        decide: impl FnOnce() -> Result<(Permit, T), Failure>,
        act: impl FnOnce(T) -> Result<Json, Stop>,
    ) -> Answer<Json> {
        self.check_uninterrupted()?;
        let digest = self.record.digest(request);
        let in_doubt = match self.record.earlier(&at.path, kind, &digest).map_err(|f| f.at(at.span))? {
            Earlier::Completed(result) => return Ok(result),
            Earlier::Failed(failure) => return Err(failure.at(at.span).of_effect(&at.path).into()),
            Earlier::Cancelled => return Err(Stop::Cancelled),
            Earlier::InDoubt => true,
            Earlier::Nothing => {
                self.before_fresh(at)?;
                false
            }
        };
        if self.only_records {
            self.before_fresh(at)?;
        }
        let (permit, prepared) = match decide() {
            Ok(decision) => decision,
            Err(refusal) => {
                let refusal = refusal.at(at.span).of_effect(&at.path);
                // What may not be done now may have been done when it still might.
                if in_doubt && kind == "run" {
                    match self.settle_doubt(at, &Intent::plain(at, kind, request))? {
                        Settled::Ran(result) => {
                            self.record.said_to_be(&at.path, &result, &os_user())?;
                            return Ok(result);
                        }
                        Settled::Again(_) => self.before_again(at)?,
                    }
                }
                self.record.refused(&at.path, &Intent::plain(at, kind, request), &digest, &refusal)?;
                return Err(refusal.into());
            }
        };
        let Permit { after, guards, repeatable, known, settled } = permit;
        let settled = settled.map(|words| (os_user(), words));
        let mut intent =
            Intent { after, guards, repeatable, known, settled, ..Intent::plain(at, kind, request) };
        // Nobody can give an answer in an AI's place: where nothing is asked again there is nothing to settle.
        let settles = intent.settled.is_none() && (kind != "ask" || self.giving_up.is_none());
        if in_doubt && !repeatable && settles {
            match self.settle_doubt(at, &intent)? {
                Settled::Ran(result) => {
                    self.record.said_to_be(&at.path, &result, &os_user())?;
                    return Ok(result);
                }
                Settled::Again(answer) => intent.settled = Some((os_user(), answer)),
            }
        }
        if in_doubt {
            self.before_again(at)?;
        }
        self.record.intend(&at.path, &intent, &digest).map_err(|f| f.at(at.span))?;
        match act(prepared) {
            Ok(mut result) => {
                // Secrets are taken out before the program sees the result, so that a replay computes the same.
                self.record.redactor().value(&mut result);
                self.record.completed(&at.path, &result)?;
                Ok(result)
            }
            Err(Stop::Failed(failure)) => {
                let failure = self.redacted(failure.at(at.span).of_effect(&at.path));
                self.record.failed(&at.path, &failure)?;
                Err(failure.into())
            }
            // A sibling failed first; this branch is over, and its outcome is that.
            Err(Stop::Cancelled) => {
                self.record.failed(&at.path, &cancelled())?;
                Err(Stop::Cancelled)
            }
            // Interrupted: whether it had its effect is not known, and the record says just that.
            Err(other) => Err(other),
        }
    }

    /// A fact of the outside: read once, recorded, answered from the record afterwards.
    pub fn fact(
        &self,
        at: &At,
        kind: &'static str,
        about: &Json,
        look: impl FnOnce() -> Result<Json, Failure>,
    ) -> Answer<Json> {
        self.guarded_fact(at, kind, about, || Ok(Permit::default()), |_| look())
    }

    /// One of which a policy may speak. `decide` says whether it may be looked at, and after which gates; only then is it,
    /// and what guards it is recorded with it. Where it really stands may be known only by then: `look` adds what guards
    /// that.
    pub fn guarded_fact(
        &self,
        at: &At,
        kind: &'static str,
        about: &Json,
        decide: impl FnOnce() -> Result<Permit, Failure>,
        look: impl FnOnce(&mut Permit) -> Result<Json, Failure>,
    ) -> Answer<Json> {
        self.check_uninterrupted()?;
        let digest = if about.is_null() { String::new() } else { self.record.digest(about) };
        match self.record.earlier(&at.path, kind, &digest).map_err(|f| f.at(at.span))? {
            Earlier::Completed(value) => return Ok(value),
            Earlier::Failed(failure) => return Err(failure.at(at.span).of_effect(&at.path).into()),
            Earlier::Cancelled => return Err(Stop::Cancelled),
            Earlier::InDoubt | Earlier::Nothing => self.before_fresh(at)?,
        }
        let mut permit = Permit::default();
        let looked = decide().and_then(|decided| {
            permit = decided;
            look(&mut permit)
        });
        match looked {
            Ok(mut value) => {
                self.record.redactor().value(&mut value);
                self.record.value(&at.path, kind, (about, &digest), &value, &permit)?;
                Ok(value)
            }
            Err(failure) => {
                // That it failed is a fact, too: `catch` may have gone on from it.
                let failure = self.redacted(failure.at(at.span).of_effect(&at.path));
                let intent = Intent::plain(at, kind, about);
                self.record.refused(&at.path, &intent, &self.record.digest(about), &failure)?;
                Err(failure.into())
            }
        }
    }

    /// Before anything that is not on record: the replay of this branch is over.
    pub fn before_fresh(&self, at: &At) -> Answer<()> {
        self.record.departs(&at.path);
        self.replay_beside(at)?;
        self.check_alive(at)?;
        if self.only_records {
            let gate = String::new();
            return Err(Stop::Suspended(Suspension::Gate { gate, path: at.path.clone() }));
        }
        match &self.giving_up {
            Some(why) if !self.is_undoing(&at.path) => Err(Stop::GivenUp(Box::new(given_up(why)))),
            _ => Ok(()),
        }
    }

    /// Before an effect whose doubt is settled is begun again. If its branch is over, that is its outcome.
    fn before_again(&self, at: &At) -> Answer<()> {
        self.before_fresh(at).or_else(|stop| {
            if let Stop::Cancelled = stop {
                self.record.failed(&at.path, &cancelled())?;
            }
            Err(stop)
        })
    }

    /// Lets the branches beside this one come to all that is on record of them: one may have failed, which ended this
    /// one, and must do so again before anything new is begun here.
    fn replay_beside(&self, at: &At) -> Answer<()> {
        // They only have to be given time, unless there are no threads for them, or they wait for a person.
        let patience = Duration::from_millis(500);
        let (mut least, mut since) = (usize::MAX, Instant::now());
        loop {
            match self.record.ahead_beside(&at.path) {
                0 => return Ok(()),
                left if left < least => (least, since) = (left, Instant::now()),
                _ if since.elapsed() > patience => return Ok(()),
                _ => {}
            }
            self.check_uninterrupted()?;
            if at.cancel.is_cancelled() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whether another branch has ended this one, in this process or in an earlier one.
    pub fn was_ended(&self, at: &At) -> Answer<bool> {
        self.replay_beside(at)?;
        Ok(at.cancel.is_cancelled())
    }

    /// Without the values of secrets.
    pub fn redacted(&self, mut failure: Failure) -> Failure {
        let redactor = self.record.redactor();
        if !redactor.is_empty() {
            failure.message = redactor.text(&failure.message).into_owned();
            for text in failure.notes.iter_mut().chain(&mut failure.help) {
                *text = redactor.text(text).into_owned();
            }
        }
        failure
    }
}

fn cancelled() -> Failure {
    Failure::new(ErrorKind::Transient, run::E1107, "cancelled: another branch failed first")
}

pub fn given_up(why: &str) -> Failure {
    let message = match why {
        "" => String::from("the run was given up"),
        why => format!("the run was given up: {why}"),
    };
    Failure::new(ErrorKind::Business, journal::E1520, message)
}
