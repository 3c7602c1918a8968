//! Commands: what they are given, and what their output is.

use super::label::{Label, Level};
use super::value::{Labelled, Shape};
use super::{Outcome, RunLabels, Walk};
use crate::diagnostics::ErrorKind;
use crate::diagnostics::codes::runtime;
use crate::interpreter::eval::run::{holds, shown, unexpected_exit};
use crate::interpreter::eval::wrong;
use crate::interpreter::node::*;
use crate::interpreter::world::{ArgWord, EnvValue, RunRequest, Stop};
use crate::policy::Trust;
use crate::value::Value;

impl<'l> Walk<'_, 'l> {
    pub(super) fn run(&mut self, node: &'l RunNode, frame: &mut [Labelled]) -> Outcome {
        let span = node.site.span;
        let decided = self.inside > 0 || self.left.is_some();
        let mut labels = RunLabels { words: Vec::new(), dir: None, env: Vec::new(), stdin: None, decided };
        let argv = self.words(&node.words, &mut labels, frame)?;
        let dir = match &node.dir {
            Some(dir) => {
                let value = self.eval(dir, frame)?;
                labels.dir = Some(value.whole());
                Some(value.plain().to_string())
            }
            None => None,
        };
        let env = self.environment(node.env.as_ref(), &mut labels, frame)?;
        let stdin = match &node.stdin {
            Some(stdin) => {
                let value = self.eval(stdin, frame)?;
                labels.stdin = Some(value.whole());
                Some(value.plain().to_string())
            }
            None => None,
        };
        let timeout = self.clause(node.timeout.as_ref(), frame)?;
        let timeout_ms = self.millis(timeout, span)?;
        let request = RunRequest { argv, dir, env, stdin, timeout_ms, idempotent: node.idempotent };
        if let Some(dir) = &request.dir
            && let Some(problem) = crate::value::refine::path_problem(dir)
        {
            return Err(self.eval.fail(wrong(runtime::E1004, problem), span));
        }
        let exits = self.clause(node.exits.as_ref(), frame)?.unwrap_or(Value::list(vec![Value::Int(0)]));
        let (mut tries, mut every, mut on) = (1, None, None);
        if let Some(retry) = &node.retry {
            let times = self.clause(Some(&retry.times), frame)?;
            let times = self.count(times, 0, span)?.unwrap_or(0);
            tries = u32::try_from(times).unwrap_or(u32::MAX).saturating_add(1);
            let pause = self.clause(retry.every.as_ref(), frame)?;
            every = self.millis(pause, span)?;
            on = self.clause(retry.on.as_ref(), frame)?;
        }
        let name = shown(&request.argv);
        let world = self.eval.world;
        let output = self.output_label(node, &request, &labels);
        self.meet(&output);
        let mut attempt = 1;
        let reply = loop {
            let at = self.eval.at_site(&node.site, attempt);
            self.watch.run(&at, &request, &labels);
            let failure = match world.run(&at, &request) {
                Ok(reply) if holds(&exits, reply.exit) => break reply,
                Ok(reply) => {
                    let again = on.as_ref().is_none_or(|codes| holds(codes, reply.exit));
                    let failure = unexpected_exit(&name, &reply, &exits).at(span).of_effect(&at.path);
                    if !again {
                        return Err(self.eval.fail(Box::new(failure), span));
                    }
                    failure
                }
                Err(Stop::Failed(failure)) if failure.kind == ErrorKind::Timeout && on.is_none() => *failure,
                Err(stop) => return self.eval.answered(Err(stop), span),
            };
            if attempt >= tries {
                return Err(self.eval.fail(Box::new(failure), span));
            }
            attempt += 1;
            let at = self.eval.at_site(&node.site, attempt);
            let waited = world.backoff(&at, attempt, tries, every, &failure);
            self.eval.answered(waited, span)?;
        };
        let value = self.eval.output(node, &name, reply)?;
        Ok(Labelled::fresh(value, &output))
    }

    fn words(
        &mut self,
        words: &'l [WordNode],
        labels: &mut RunLabels,
        frame: &mut [Labelled],
    ) -> Outcome<Vec<ArgWord>> {
        let mut out: Vec<ArgWord> = Vec::new();
        for word in words {
            match word {
                WordNode::Lit(text) => out.push(ArgWord { text: text.to_string(), interpolated: false }),
                WordNode::Parts(parts) => {
                    let mut text = String::new();
                    for part in parts {
                        match part {
                            Part::Lit(lit) => text.push_str(lit),
                            Part::Expr(node) => {
                                let value = self.eval(node, frame)?;
                                let piece = value.plain().to_string();
                                text.push_str(&piece);
                                labels.words.push((out.len(), value.whole(), piece));
                            }
                        }
                    }
                    let interpolated = matches!(parts.first(), Some(Part::Expr(_)));
                    out.push(ArgWord { text, interpolated });
                }
                WordNode::Spread(node) => {
                    let value = self.eval(node, frame)?;
                    let Shape::List(items) = &value.shape else {
                        return Err(self.eval.cannot_be("no list of words", crate::source::Span::default()));
                    };
                    for item in items.iter() {
                        let text = item.plain().to_string();
                        labels.words.push((out.len(), item.whole(), text.clone()));
                        out.push(ArgWord { text, interpolated: true });
                    }
                }
            }
        }
        Ok(out)
    }

    fn environment(
        &mut self,
        node: Option<&'l Node>,
        labels: &mut RunLabels,
        frame: &mut [Labelled],
    ) -> Outcome<Vec<(String, EnvValue)>> {
        let Some(node) = node else { return Ok(Vec::new()) };
        let value = self.eval(node, frame)?;
        let entries: Vec<(String, Labelled)> = match &value.shape {
            Shape::Record(layout, fields) => {
                let fields = layout.names.iter().zip(fields.iter()).filter(|(_, v)| !v.is_none());
                fields.map(|(name, v)| (name.to_string(), v.clone())).collect()
            }
            Shape::Map(entries) => {
                let own = value.label.clone();
                let with = |v: &Labelled| Labelled { label: v.label.with(&own, true), ..v.clone() };
                entries.iter().map(|(name, v)| (name.to_string(), with(v))).collect()
            }
            _ => return Err(self.eval.cannot_be("no environment", crate::source::Span::default())),
        };
        Ok(entries
            .into_iter()
            .map(|(name, value)| {
                labels.env.push((name.clone(), value.whole()));
                let value = match value.plain() {
                    Value::Secret(secret) => EnvValue::Secret { name: secret.to_string() },
                    other => EnvValue::Text(other.to_string()),
                };
                (name, value)
            })
            .collect())
    }

    /// What the command prints is as bad as what it is given, or could have been given before.
    fn output_label(&mut self, node: &'l RunNode, request: &RunRequest, labels: &RunLabels) -> Label {
        let span = node.site.span;
        let words = labels.words.iter().map(|(_, label, _)| label);
        let others = labels.env.iter().map(|(_, label)| label).chain(&labels.stdin);
        let given = words.chain(others).find(|label| label.alone == Level::Untrusted).cloned();
        let trust = self.watch.trust(request);
        if let Some(given) = &given
            && trust != Trust::Trusted
        {
            self.leaves(given, span);
        }
        match (trust, &given, &self.files) {
            (Trust::Trusted, ..) => Label::literal(),
            (Trust::Untrusted, ..) => self.label(
                Level::Untrusted,
                span,
                "the policy calls what this command prints untrusted",
                None,
            ),
            (_, Some(given), _) => {
                let what = "a command that received an untrusted value prints what it likes";
                self.label(Level::Untrusted, span, what, given.way.as_ref())
            }
            (_, None, Some(way)) => self.label(
                Level::Untrusted,
                span,
                "this may give back what left the program before",
                Some(way),
            ),
            _ => self.label(Level::Outside, span, "a command printed it", None),
        }
    }
}
