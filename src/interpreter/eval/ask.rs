//! `ask`: tries, validation, checks, `otherwise`.

use super::{Eval, Outcome, internal, shown};
use crate::diagnostics::codes::ask::{E1325, E1327};
use crate::diagnostics::{ErrorKind, Failure, codes::runtime};
use crate::interpreter::node::{AskNode, CheckNode};
use crate::interpreter::world::{Answer, AskReply, AskRequest, At, Mode as RunMode, Previous, Stop};
use crate::source::Span;
use crate::types::Type;
use crate::value::Value;
use crate::value::answer::{self, Reading};
use serde_json::Value as Json;

/// What came of asking.
pub(super) enum Asked {
    Good {
        at: At,
        answer: String,
        reading: Reading,
    },
    /// The last try was not good either.
    Wrong {
        at: At,
        answer: String,
        wrong: Vec<String>,
    },
    Unavailable(Failure),
}

impl<'l> Eval<'l> {
    pub(super) fn ask(&mut self, node: &'l AskNode, frame: &mut [Value]) -> Outcome {
        let span = node.site.span;
        let agent = match node.agent {
            Some(id) => Some(self.agent(id).map_err(|failure| self.fail(failure, span))?),
            None => None,
        };
        let mut request = AskRequest {
            agent,
            prompt: self.text_of(&node.prompt, frame)?,
            with: self.labelled(&node.with, frame)?,
            schema: node.typed.then(|| self.schema(&node.ty)),
            type_name: node.ty.show(&self.lowered.defs).to_string(),
            interactive: node.interactive || self.world.mode() == RunMode::Interactive,
            turns: node
                .turns
                .as_ref()
                .map(|n| self.clause(n, 1, "the number of turns", span, frame))
                .transpose()?,
            timeout_ms: self.duration_clause(node.timeout.as_ref(), "a timeout", span, frame)?,
            said: Vec::new(),
            previous: None,
            attempt: 1,
        };
        let tries = match &node.retry {
            Some(times) => {
                let times = self.clause(times, 0, "the number of further tries", span, frame)?;
                u32::try_from(times).unwrap_or(u32::MAX).saturating_add(1)
            }
            None => 1,
        };
        if self.world.mode() == RunMode::Pure {
            let why =
                Failure::new(ErrorKind::Configuration, runtime::E1018, "the run makes no call of an AI");
            return self.otherwise(node, why, frame);
        }
        if request.interactive
            && let Some(conversation) = self.conversation(node, &request)?
        {
            return self.converse(node, request, conversation, tries, frame);
        }
        let place = |eval: &Self, attempt| eval.at_site(&node.site, attempt);
        let world = self.world;
        let mut call = |at: &At, request: &AskRequest| world.ask(at, request);
        match self.asked(node, &mut request, tries, &place, &mut call, frame)? {
            Asked::Good { at, reading, .. } => {
                self.forgiven(&at, &reading, span)?;
                Ok(reading.value)
            }
            Asked::Wrong { at, wrong, .. } => {
                let failure = unacceptable(&request, &wrong).of_effect(&at.path);
                Err(self.fail(Box::new(failure), span))
            }
            Asked::Unavailable(why) => self.otherwise(node, why, frame),
        }
    }

    /// Asks, and again as often as it may be, until there is an answer that is good, or the last one is not.
    pub(super) fn asked(
        &mut self,
        node: &'l AskNode,
        request: &mut AskRequest,
        tries: u32,
        place: &dyn Fn(&Self, u32) -> At,
        call: &mut dyn FnMut(&At, &AskRequest) -> Answer<AskReply>,
        frame: &mut [Value],
    ) -> Outcome<Asked> {
        let span = node.site.span;
        let strict = request.agent.as_ref().is_some_and(|a| a.strict);
        loop {
            let at = place(self, request.attempt);
            let reply = match call(&at, request) {
                // To a person it is one more thing that can be talked about.
                Err(Stop::Failed(why)) if request.interactive && is_no_answer(&why) => {
                    let wrong = vec![why.message];
                    return Ok(Asked::Wrong { at, answer: String::new(), wrong });
                }
                reply => reply,
            };
            let (failure, pause) = match self.answered(reply, span)? {
                AskReply::Text(answer) => match self.answer_to_value(node, &answer, strict, frame)? {
                    Ok(reading) => return Ok(Asked::Good { at, answer, reading }),
                    Err(wrong) if request.attempt >= tries => return Ok(Asked::Wrong { at, answer, wrong }),
                    Err(wrong) => {
                        let failure = unacceptable(request, &wrong).of_effect(&at.path);
                        request.previous = Some(Previous { answer, wrong });
                        (failure, Some(0))
                    }
                },
                AskReply::Unavailable(why) => {
                    let may_pass = matches!(why.kind, ErrorKind::Transient | ErrorKind::Timeout);
                    if !may_pass || request.attempt >= tries {
                        return Ok(Asked::Unavailable(why.of_effect(&at.path)));
                    }
                    (why, None)
                }
            };
            request.attempt += 1;
            let at = place(self, request.attempt);
            let waited = self.world.backoff(&at, request.attempt, tries, pause, &failure);
            self.answered(waited, span)?;
        }
    }

    /// Records what was forgiven in an answer that is taken.
    pub(super) fn forgiven(&mut self, at: &At, reading: &Reading, span: Span) -> Outcome<()> {
        let names: Vec<String> = reading.leniencies.iter().map(ToString::to_string).collect();
        if names.is_empty() {
            return Ok(());
        }
        let recorded = self.world.forgiven(at, &names);
        self.answered(recorded, span)
    }

    /// From what the AI said to a value of the wanted type that satisfies the checks; or what is wrong with it, in
    /// words that go back to the AI.
    pub(super) fn answer_to_value(
        &mut self,
        node: &'l AskNode,
        answer: &str,
        strict: bool,
        frame: &mut [Value],
    ) -> Outcome<Result<Reading, Vec<String>>> {
        let reading = match self.reading(node, answer, strict) {
            Ok(reading) => reading,
            Err(wrong) => return Ok(Err(wrong)),
        };
        match self.check(&node.checks, &reading.value, frame)? {
            wrong if wrong.is_empty() => Ok(Ok(reading)),
            wrong => Ok(Err(wrong)),
        }
    }

    /// The messages of the `check` clauses that do not hold for the value.
    pub(super) fn check(
        &mut self,
        checks: &'l [CheckNode],
        value: &Value,
        frame: &mut [Value],
    ) -> Outcome<Vec<String>> {
        let mut wrong = Vec::new();
        for check in checks {
            frame[check.it as usize] = value.clone();
            if !self.test(&check.condition, frame)? {
                wrong.push(match &check.message {
                    Some(message) => self.text_of(message, frame)?,
                    None => format!("`{}` does not hold", check.source),
                });
            }
        }
        Ok(wrong)
    }

    pub(super) fn otherwise(&mut self, node: &'l AskNode, why: Failure, frame: &mut [Value]) -> Outcome {
        let span = node.site.span;
        let Some(otherwise) = &node.otherwise else {
            let message = format!("the question has no answer and no `otherwise`: {}", why.message);
            let mut failure =
                Failure { message, ..why }.help("say with `otherwise` what to take when there is no AI");
            // A provider's own code says more; the mode alone is this question's concern.
            if self.world.mode() == RunMode::Pure {
                failure.code = runtime::E1018;
            }
            return Err(self.fail(Box::new(failure), span));
        };
        let value = self.eval(otherwise, frame)?;
        let wrong = self.check(&node.checks, &value, frame)?;
        if wrong.is_empty() {
            return Ok(value);
        }
        let mut failure = Failure::new(
            ErrorKind::Verification,
            runtime::E1017,
            format!("the value of `otherwise` does not satisfy the question: {}", wrong.join("; ")),
        );
        failure = failure.note(format!("the value is {}", shown(&value)));
        Err(self.fail(Box::new(failure), span))
    }

    /// An answer for which no type was asked is a Text as it stands, but for a model's thinking before it.
    fn reading(&self, node: &AskNode, answer: &str, strict: bool) -> Result<Reading, Vec<String>> {
        if node.typed {
            return self.read_answer(&node.ty, answer, strict);
        }
        let (text, thinking) = if strict { (answer, None) } else { answer::plain_text(answer) };
        Ok(Reading { value: Value::from(text), leniencies: thinking.into_iter().collect() })
    }

    /// The JSON Schema that describes a type.
    pub(super) fn schema(&self, ty: &Type) -> Json {
        crate::types::schema(ty, &self.lowered.defs)
    }
}

/// The model was reached, and gave no answer that could be used: it refused, or did not come to an end.
fn is_no_answer(why: &Failure) -> bool {
    [E1325, E1327].contains(&why.code)
}

pub(super) fn unacceptable(request: &AskRequest, wrong: &[String]) -> Failure {
    let times = match request.attempt {
        1 => String::new(),
        n => format!(" after {n} tries"),
    };
    let message = match wrong {
        [one] => format!("the answer is not acceptable{times}: {one}"),
        many => format!("the answer is not acceptable{times} for {} reasons", many.len()),
    };
    let mut failure = Failure::new(ErrorKind::Verification, runtime::E1017, message);
    if wrong.len() > 1 {
        failure.notes.extend(wrong.iter().cloned());
    }
    failure
}

/// For the closure that judges an edited value at a gate.
pub(super) fn stop_messages(stop: Stop) -> Vec<String> {
    match stop {
        Stop::Failed(failure) => vec![failure.message],
        _ => vec![internal("the check was stopped").message],
    }
}
