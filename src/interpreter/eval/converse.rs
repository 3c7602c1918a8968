//! A conversation: the AI answers, the person says what should be otherwise, until they accept an answer that is good,
//! or the turns run out.
//!
//! Below the path of the question each answer has a place of its own, `answer#1`, and each reply one, `reply#1`: what
//! fails is done again by itself, and all that was said before stands.

use super::ask::Asked;
use super::{Eval, Outcome};
use crate::diagnostics::codes::ask::E1341;
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::node::AskNode;
use crate::interpreter::world::{AskRequest, At, Conversation, Exchange, Offer, Word};
use crate::value::Value;
use crate::value::json::describe;

/// Where neither the question nor its agent says how many answers there may be.
pub const TURNS: i64 = 20;

impl<'l> Eval<'l> {
    /// None where there are no people to converse with.
    pub(super) fn conversation(
        &mut self,
        node: &'l AskNode,
        request: &AskRequest,
    ) -> Outcome<Option<Box<dyn Conversation + 'l>>> {
        let world = self.world;
        let begun = world.converse(&self.at_site(&node.site, 1), request);
        self.answered(begun, node.site.span)
    }

    pub(super) fn converse(
        &mut self,
        node: &'l AskNode,
        mut request: AskRequest,
        mut conversation: Box<dyn Conversation + 'l>,
        tries: u32,
        frame: &mut [Value],
    ) -> Outcome {
        let span = node.site.span;
        let of_agent = request.agent.as_ref().and_then(|a| a.max_turns);
        let turns = request.turns.or(of_agent).unwrap_or(TURNS);
        let mut turn = 1;
        loop {
            let place = |eval: &Self, attempt: u32| {
                let again = if attempt > 1 { format!("@{attempt}") } else { String::new() };
                below(eval.at_site(&node.site, 1), &format!("answer#{turn}{again}"))
            };
            (request.previous, request.attempt) = (None, 1);
            let mut call = |at: &At, request: &AskRequest| conversation.answer(at, request);
            let asked = self.asked(node, &mut request, tries, &place, &mut call, frame)?;
            let (at, answer, reading, wrong) = match asked {
                Asked::Good { at, answer, reading } => (at, answer, Some(reading), Vec::new()),
                Asked::Wrong { at, answer, wrong } => (at, answer, None, wrong),
                Asked::Unavailable(why) if turn == 1 => return self.otherwise(node, why, frame),
                // What was said so far stands on record: nobody is to lose it to something that serves instead.
                Asked::Unavailable(why) => return Err(self.fail(Box::new(why), span)),
            };
            let value = reading.as_ref().filter(|_| node.typed).map(|r| describe(&r.value));
            let leniencies = reading.iter().flat_map(|r| &r.leniencies).map(ToString::to_string);
            let offer = Offer {
                turn,
                turns,
                answer: &answer,
                value: value.as_ref(),
                leniencies: &leniencies.collect::<Vec<_>>(),
                wrong: &wrong,
                before: &request.said,
            };
            if turn >= turns && reading.is_none() {
                conversation.gives_up(&offer);
                return Err(self.fail(Box::new(out_of_turns(turns, &wrong).of_effect(&at.path)), span));
            }
            let here = below(self.at_site(&node.site, 1), &format!("reply#{turn}"));
            let reply = conversation.reply(&here, &offer);
            let exchange = match (self.answered(reply, span)?, reading) {
                (Word::Accept, Some(reading)) => {
                    self.forgiven(&at, &reading, span)?;
                    return Ok(reading.value);
                }
                // Whoever replies for the person keeps to what they are told; should one not, the answer goes back.
                (Word::Accept, None) => Exchange { answer, wrong, words: String::new() },
                (Word::Says(words), _) => Exchange { answer, wrong: Vec::new(), words },
                (Word::SendBack(words), _) => Exchange { answer, wrong, words },
            };
            if turn >= turns {
                let failure = out_of_turns(turns, &exchange.wrong).of_effect(&here.path);
                return Err(self.fail(Box::new(failure), span));
            }
            request.said.push(exchange);
            turn += 1;
        }
    }
}

fn below(at: At, name: &str) -> At {
    At { path: format!("{}/{name}", at.path), ..at }
}

fn out_of_turns(turns: i64, wrong: &[String]) -> Failure {
    let turns = if turns == 1 { String::from("its one turn") } else { format!("its {turns} turns") };
    let message = format!("no answer was accepted in the conversation within {turns}");
    let mut failure = Failure::new(ErrorKind::Business, E1341, message)
        .help("allow more turns with `up to N turns`, or `max_turns` of the agent");
    if !wrong.is_empty() {
        failure.notes.extend(wrong.iter().map(|w| format!("the last answer is not acceptable: {w}")));
    }
    failure
}
