//! A conversation: each answer is a question of its own, with all that was said before, and each word of the person an
//! effect, too. What is on record answers, and is shown when the conversation goes on from there.

use super::{question, requests};
use crate::diagnostics::codes::ask::E1342;
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::ai::context::Context;
use crate::effects::ai::{Offered, Provider, Providers};
use crate::effects::approval::os_user;
use crate::effects::conversation::{About, Partner, Said};
use crate::engine::effect::Permit;
use crate::engine::session::Session;
use crate::interpreter::{Answer, AskReply, AskRequest, At, Conversation, Offer, Stop, Suspension, Word};
use crate::ui::progress::Event;
use crate::ui::terminal::Ended;
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub fn begin<'s>(
    session: &'s Session,
    at: &At,
    request: &AskRequest,
) -> Answer<Option<Box<dyn Conversation + 's>>> {
    let Some(providers) = &session.providers else { return Ok(None) };
    let provider = question::provider(providers, at, request)?;
    let context = question::context(session, at, request)?;
    let agent = request.agent.as_ref().map(|a| a.name.clone());
    let about = About {
        who: agent.unwrap_or_else(|| provider.name().to_owned()),
        system: request.agent.as_ref().and_then(|a| a.system.clone()),
        prompt: request.prompt.clone(),
        data: request.with.clone(),
        context: context.files.iter().map(|f| f.path.clone()).collect(),
        type_name: request.schema.is_some().then(|| request.type_name.clone()),
    };
    let path = at.path.clone();
    Ok(Some(Box::new(Talk { session, path, providers, provider, context, about, seat: None })))
}

struct Talk<'s> {
    session: &'s Session,
    providers: &'s Providers,
    provider: Arc<dyn Provider>,
    context: Context,
    /// Where the conversation is held.
    path: String,
    about: About,
    /// From the first thing on that is not on record.
    seat: Option<Seat<'s>>,
}

/// The person at the terminal, who talks with nobody else meanwhile.
struct Seat<'s> {
    partner: Mutex<Box<dyn Partner>>,
    one: MutexGuard<'s, ()>,
}

impl Drop for Talk<'_> {
    fn drop(&mut self) {
        self.provider.over(&self.path);
        if let Some(Seat { partner, one }) = self.seat.take() {
            drop(partner);
            self.session.progress.event(Event::TerminalFree);
            drop(one);
        }
    }
}

impl Talk<'_> {
    /// Nobody has to be there: the person is the model, or speaks from a recording.
    fn is_alone(&self) -> bool {
        self.provider.capabilities().person || self.providers.plays_person(&*self.provider)
    }

    /// Somebody is there to go on with the conversation; otherwise it waits, before anything is begun.
    fn attend(&mut self, at: &At) -> Answer<()> {
        let session = self.session;
        if self.seat.is_some() || self.is_alone() || session.record.is_answered(&at.path) {
            return Ok(());
        }
        session.before_fresh(at)?;
        if session.detach || session.waits {
            return Err(waits(at));
        }
        let one = session.terminal.lock().unwrap_or_else(PoisonError::into_inner);
        session.check_alive(at)?;
        session.progress.event(Event::TerminalTaken);
        let cancel = at.cancel.clone();
        match session.people.converse(self.about.clone(), &move || cancel.is_cancelled()) {
            Ok(partner) => {
                self.seat = Some(Seat { partner: Mutex::new(partner), one });
                Ok(())
            }
            Err(ended) => {
                session.progress.event(Event::TerminalFree);
                Err(stopped(session, at, ended))
            }
        }
    }
}

fn waits(at: &At) -> Stop {
    Stop::Suspended(Suspension::Conversation { path: at.path.clone() })
}

fn stopped(session: &Session, at: &At, ended: Ended) -> Stop {
    match ended {
        Ended::Interrupted => Stop::Interrupted,
        Ended::End | Ended::Gone => waits(at),
        Ended::Expired | Ended::Stopped if session.interrupt.is_cancelled() => Stop::Interrupted,
        Ended::Expired | Ended::Stopped => Stop::Cancelled,
    }
}

impl Conversation for Talk<'_> {
    fn answer(&mut self, at: &At, request: &AskRequest) -> Answer<AskReply> {
        let session = self.session;
        let full = requests::ask(request, &session.config.ai, &self.context);
        let settled = session.unless_broken(question::settle(session, at, request))?;
        session.unless_broken(self.attend(at))?;
        let listener = self.seat.as_ref().map(|seat| &seat.partner);
        let turn = question::Turn { listener, settled };
        let (providers, provider) = (self.providers, &*self.provider);
        let asked = question::put(session, at, request, &full, providers, provider, turn);
        session.unless_broken(asked)
    }

    fn reply(&mut self, at: &At, offer: &Offer<'_>) -> Answer<Word> {
        let session = self.session;
        session.unless_broken(self.attend(at))?;
        let decide = || Ok((Permit { repeatable: true, ..Permit::default() }, ()));
        let recorded =
            session.effect(at, "reply", &requests::reply(offer), decide, |()| self.word(at, offer));
        session.unless_broken(recorded).map(|r| requests::word_of(&r))
    }

    fn gives_up(&mut self, offer: &Offer<'_>) {
        // One that comes from the record was seen when it came.
        if let Some(seat) = &self.seat {
            seat.partner.lock().unwrap_or_else(PoisonError::into_inner).shows(offer);
        }
    }
}

impl Talk<'_> {
    /// What the person says, in the form that is recorded.
    fn word(&self, at: &At, offer: &Offer<'_>) -> Result<Json, Stop> {
        let answer = Offered { turn: offer.turn, answer: offer.answer };
        if self.providers.plays_person(&*self.provider)
            && let Some(found) = self.provider.recorded_word(&at.path, &answer)
        {
            let word = match requests::word_of(&found?) {
                // What was good when it was recorded may be so no more.
                Word::Accept if !offer.wrong.is_empty() => Word::SendBack(String::new()),
                word => word,
            };
            let mut word = requests::word(&word);
            word["from"] = json!("cassette");
            return Ok(word);
        }
        let said = match &self.seat {
            Some(seat) => {
                let mut partner = seat.partner.lock().unwrap_or_else(PoisonError::into_inner);
                partner.asks(offer, &|| at.cancel.is_cancelled())
            }
            // Whoever gave the answer themselves has nothing to say to it.
            None if offer.wrong.is_empty() => Ok(Said::Word(Word::Accept)),
            None => Ok(Said::Word(Word::SendBack(String::new()))),
        };
        let mut word = match said {
            Ok(Said::Word(word)) => requests::word(&word),
            Ok(Said::Later) => return Err(waits(at)),
            Ok(Said::Quit) => return Err(quit().into()),
            Err(ended) => return Err(stopped(self.session, at, ended)),
        };
        self.provider.record_word(&at.path, &answer, &word)?;
        word["account"] = json!(os_user());
        Ok(word)
    }
}

fn quit() -> Failure {
    let message = "the person ended the conversation without accepting an answer";
    Failure::new(ErrorKind::Business, E1342, message).help("resume the run to go on in the conversation")
}
