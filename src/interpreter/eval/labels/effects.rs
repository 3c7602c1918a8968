//! Questions, messages, waits, and the functions of the language.

use super::label::{Label, Level, Way};
use super::value::Labelled;
use super::{Outcome, Sink, Walk};
use crate::check::Builtin;
use crate::diagnostics::codes::runtime;
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::eval::ask::{Asked, unacceptable};
use crate::interpreter::eval::{Eval, wrong};
use crate::interpreter::node::*;
use crate::interpreter::world::{AskRequest, At, Mode as RunMode};
use crate::policy::Trust;
use crate::source::Span;
use crate::value::json::{self, Mode, describe};
use crate::value::{Value, time};
use std::rc::Rc;

impl<'l> Walk<'_, 'l> {
    pub(super) fn effect(&mut self, node: &'l Node, frame: &mut [Labelled]) -> Outcome {
        match node {
            Node::Say(node) => {
                let text = self.eval(&node.value, frame)?.plain().to_string();
                let at = self.eval.at_site(&node.site, 1);
                let said = self.eval.world.say(&at, &text);
                self.eval.answered(said, node.site.span)?;
                Ok(Labelled::literal(Value::Nothing))
            }
            Node::Wait(node) => {
                let millis = match self.eval(&node.value, frame)?.plain() {
                    Value::Duration(ms) => ms,
                    _ => 0,
                };
                if millis < 0 {
                    let message = String::from("a wait cannot be negative");
                    return Err(self.eval.fail(wrong(runtime::E1019, message), node.site.span));
                }
                let at = self.eval.at_site(&node.site, 1);
                let waited = self.eval.world.wait(&at, millis);
                self.eval.answered(waited, node.site.span)?;
                Ok(Labelled::literal(Value::Nothing))
            }
            Node::Ask(node) => self.ask(node, frame),
            Node::Effect(node) => self.builtin(node, frame),
            _ => Err(self.eval.cannot_be("an unknown effect", Span::default())),
        }
    }

    /// A number, time or list of a clause.
    pub(super) fn clause(
        &mut self,
        node: Option<&'l Node>,
        frame: &mut [Labelled],
    ) -> Outcome<Option<Value>> {
        node.map(|node| self.eval(node, frame).map(|v| v.plain())).transpose()
    }

    /// A clause that counts something, at least `least`.
    pub(super) fn count(&mut self, value: Option<Value>, least: i64, span: Span) -> Outcome<Option<i64>> {
        match value.and_then(|v| v.as_int()) {
            Some(n) if n < least => {
                let message = format!("a clause is at least {least}, and it is {n}");
                Err(self.eval.fail(wrong(runtime::E1019, message), span))
            }
            n => Ok(n),
        }
    }

    pub(super) fn millis(&mut self, value: Option<Value>, span: Span) -> Outcome<Option<i64>> {
        match value {
            Some(Value::Duration(ms)) if ms < 0 => {
                let message = String::from("a time cannot be negative");
                Err(self.eval.fail(wrong(runtime::E1019, message), span))
            }
            Some(Value::Duration(ms)) => Ok(Some(ms)),
            _ => Ok(None),
        }
    }

    pub(super) fn described(
        &mut self,
        nodes: &'l [(std::sync::Arc<str>, Node)],
        frame: &mut [Labelled],
    ) -> Outcome<Vec<(String, serde_json::Value)>> {
        let mut out = Vec::new();
        for (name, node) in nodes {
            let value = self.eval(node, frame)?;
            out.push((name.to_string(), describe(&value.plain())));
        }
        Ok(out)
    }

    /// Tells who watches of a value, and gives its text.
    pub(super) fn arrives(&mut self, sink: Sink, span: Span, value: &Labelled) -> String {
        let text = value.plain().to_string();
        self.watch.arrives(sink, span, &text, &value.whole());
        text
    }

    fn ask(&mut self, node: &'l AskNode, frame: &mut [Labelled]) -> Outcome {
        let span = node.site.span;
        let agent = match node.agent {
            Some(id) => Some(self.eval.agent(id).map_err(|failure| self.eval.fail(failure, span))?),
            None => None,
        };
        let prompt = self.eval(&node.prompt, frame)?;
        let prompt = self.arrives(Sink::Instructions, span, &prompt);
        let with = self.described(&node.with, frame)?;
        let turns = self.clause(node.turns.as_ref(), frame)?;
        let turns = self.count(turns, 1, span)?;
        let timeout = self.clause(node.timeout.as_ref(), frame)?;
        let mut request = AskRequest {
            agent,
            prompt,
            with,
            schema: node.typed.then(|| self.eval.schema(&node.ty)),
            type_name: node.ty.show(&self.eval.lowered.defs).to_string(),
            interactive: node.interactive || self.eval.world.mode() == RunMode::Interactive,
            turns,
            timeout_ms: self.millis(timeout, span)?,
            said: Vec::new(),
            previous: None,
            attempt: 1,
        };
        let retry = self.clause(node.retry.as_ref(), frame)?;
        let tries =
            self.count(retry, 0, span)?.map_or(1, |n| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1));
        let world = self.eval.world;
        let label = self.label(Level::Untrusted, span, "an AI answers here", None);
        self.meet(&label);
        if world.mode() == RunMode::Pure {
            let why =
                Failure::new(ErrorKind::Configuration, runtime::E1018, "the run makes no call of an AI");
            return self.otherwise(node, why, frame);
        }
        let mut plain = Walk::frame(frame);
        if request.interactive
            && let Some(conversation) = self.eval.conversation(node, &request)?
        {
            let value = self.eval.converse(node, request, conversation, tries, &mut plain)?;
            return Ok(Labelled::fresh(value, &label));
        }
        let place = |eval: &Eval<'l>, attempt| eval.at_site(&node.site, attempt);
        let mut call = |at: &At, request: &AskRequest| world.ask(at, request);
        match self.eval.asked(node, &mut request, tries, &place, &mut call, &mut plain)? {
            Asked::Good { at, reading, .. } => {
                self.eval.forgiven(&at, &reading, span)?;
                Ok(Labelled::fresh(reading.value, &label))
            }
            Asked::Wrong { at, wrong, .. } => {
                let failure = unacceptable(&request, &wrong).of_effect(&at.path);
                Err(self.eval.fail(Box::new(failure), span))
            }
            Asked::Unavailable(why) => self.otherwise(node, why, frame),
        }
    }

    fn otherwise(&mut self, node: &'l AskNode, why: Failure, frame: &mut [Labelled]) -> Outcome {
        let span = node.site.span;
        let Some(otherwise) = &node.otherwise else { return Err(self.eval.fail(Box::new(why), span)) };
        let value = self.eval(otherwise, frame)?;
        let mut plain = Walk::frame(frame);
        let wrong = self.eval.check(&node.checks, &value.plain(), &mut plain)?;
        if wrong.is_empty() {
            return Ok(value);
        }
        let message = "the value of `otherwise` does not satisfy the question";
        Err(self.eval.fail(Box::new(Failure::new(ErrorKind::Verification, runtime::E1017, message)), span))
    }

    fn builtin(&mut self, node: &'l EffectNode, frame: &mut [Labelled]) -> Outcome {
        let span = node.site.span;
        let mut args = Vec::new();
        for arg in &node.args {
            args.push(self.eval(arg, frame)?);
        }
        let sink = match node.builtin {
            Builtin::Read | Builtin::Write | Builtin::Glob | Builtin::Exists => Some(Sink::Path),
            Builtin::Env | Builtin::Secret => Some(Sink::Variable),
            _ => None,
        };
        let first = match (sink, args.first()) {
            (Some(sink), Some(arg)) => {
                let arg = arg.clone();
                self.arrives(sink, span, &arg)
            }
            _ => String::new(),
        };
        if matches!(node.builtin, Builtin::Read | Builtin::Write | Builtin::Exists) {
            let plain: Vec<Value> = args.iter().map(Labelled::plain).collect();
            self.eval.path_argument(&plain, node)?;
        }
        let world = self.eval.world;
        let at = self.eval.at_site(&node.site, 1);
        match node.builtin {
            Builtin::Now => {
                let millis = self.eval.answered(world.now(&at), span)?;
                Ok(Labelled::literal(Value::Time(millis.clamp(time::MIN, time::MAX))))
            }
            Builtin::Uuid => Ok(Labelled::literal(Value::from(self.eval.answered(world.uuid(&at), span)?))),
            Builtin::Env => {
                let value = self.eval.answered(world.env(&at, &first), span)?;
                let label = self.label(Level::Outside, span, "it comes from outside here", None);
                Ok(Labelled::fresh(Value::optional(value.map(Value::from)), &label))
            }
            Builtin::Secret => {
                self.eval.answered(world.secret(&at, &first), span)?;
                Ok(Labelled::literal(Value::Secret(first.as_str().into())))
            }
            Builtin::Glob => {
                let paths = self.eval.answered(world.glob(&at, &first), span)?;
                let value = Value::list(paths.into_iter().map(Value::from).collect());
                Ok(self.fact(value, Trust::Unsaid, span))
            }
            Builtin::Exists => {
                let is = self.eval.answered(world.exists(&at, &first), span)?;
                Ok(self.fact(Value::Bool(is), Trust::Unsaid, span))
            }
            Builtin::Read => {
                let trust = self.watch.trust_file(&first);
                let made = self.fact(Value::Nothing, trust, span);
                self.meet(&made.label);
                let text = self.eval.answered(world.read(&at, &first), span)?;
                let value = match &node.read_as {
                    None => Value::from(text),
                    Some(ty) => self.read_as(ty, &text, span)?,
                };
                Ok(self.fact(value, trust, span))
            }
            Builtin::Write => {
                let text = args.get(1).cloned().unwrap_or(Labelled::literal(Value::Nothing));
                let whole = text.whole();
                let plain = text.plain().to_string();
                self.eval.answered(world.write(&at, &first, &plain), span)?;
                if whole.alone == Level::Untrusted && self.watch.trust_file(&first) != Trust::Trusted {
                    self.leaves(&whole, span);
                }
                Ok(Labelled::literal(Value::Nothing))
            }
            Builtin::Vouch => {
                let value = args.swap_remove(0);
                let because = match args.first().cloned() {
                    Some(because) => self.arrives(Sink::Reason, span, &because),
                    None => String::new(),
                };
                self.eval.answered(world.vouch(&at, &because, &describe(&value.plain())), span)?;
                Ok(value.endorsed())
            }
        }
    }

    fn read_as(&mut self, ty: &'l crate::types::Type, text: &str, span: Span) -> Outcome<Value> {
        let json = json::parse(text).map_err(|failure| self.eval.fail(failure, span))?;
        self.eval
            .decode(ty, &json, Mode::Lenient)
            .map_err(|wrong| self.eval.fail(Box::new(json::mismatch_failure("the file", &wrong)), span))
    }

    /// An untrusted value leaves the program: what is read afterwards may be it.
    pub(super) fn leaves(&mut self, value: &Label, span: Span) {
        if self.files.is_none() {
            self.files = self.way(span, "an untrusted value leaves the program here", value.way.as_ref());
        }
    }

    /// What was read.
    fn fact(&self, value: Value, trust: Trust, span: Span) -> Labelled {
        let files: Option<&Rc<Way>> = self.files.as_ref();
        let label = match (trust, files) {
            (Trust::Trusted, _) => Label::literal(),
            (Trust::Untrusted, _) => {
                self.label(Level::Untrusted, span, "the policy calls this file untrusted", None)
            }
            (Trust::Unsaid, Some(way)) => self.label(
                Level::Untrusted,
                span,
                "this may give back what left the program before",
                Some(way),
            ),
            (Trust::Unsaid, None) => self.label(Level::Outside, span, "it comes from outside here", None),
        };
        Labelled::fresh(value, &label)
    }
}
