//! The small effects: `say`, `wait`, and the functions of the language.

use super::{Eval, Outcome, internal, wrong};
use crate::check::Builtin;
use crate::diagnostics::codes::runtime;
use crate::interpreter::node::{EffectNode, Node, SiteNode};
use crate::value::json::{self, Mode, describe};
use crate::value::{Text, Value, refine, time};

impl<'l> Eval<'l> {
    pub(super) fn say(&mut self, node: &'l SiteNode, frame: &mut [Value]) -> Outcome {
        let text = self.text_of(&node.value, frame)?;
        let at = self.at_site(&node.site, 1);
        let said = self.world.say(&at, &text);
        self.answered(said, node.site.span)?;
        Ok(Value::Nothing)
    }

    pub(super) fn wait(&mut self, node: &'l SiteNode, frame: &mut [Value]) -> Outcome {
        let millis = self.duration_clause(Some(&node.value), "a wait", node.site.span, frame)?.unwrap_or(0);
        let at = self.at_site(&node.site, 1);
        let waited = self.world.wait(&at, millis);
        self.answered(waited, node.site.span)?;
        Ok(Value::Nothing)
    }

    pub(super) fn effect(&mut self, node: &'l EffectNode, frame: &mut [Value]) -> Outcome {
        let span = node.site.span;
        let mut args = Vec::with_capacity(node.args.len());
        for arg in &node.args {
            args.push(self.eval(arg, frame)?);
        }
        let world = self.world;
        let at = self.at_site(&node.site, 1);
        match node.builtin {
            Builtin::Now => {
                let millis = self.answered(world.now(&at), span)?;
                Ok(Value::Time(millis.clamp(time::MIN, time::MAX)))
            }
            Builtin::Uuid => self.answered(world.uuid(&at), span).map(Value::from),
            Builtin::Env => {
                let name = self.word(&args, 0)?;
                let value = self.answered(world.env(&at, &name), span)?;
                Ok(Value::optional(value.map(Value::from)))
            }
            Builtin::Read => {
                let path = self.path_argument(&args, node)?;
                let text = self.answered(world.read(&at, &path), span)?;
                match &node.read_as {
                    None => Ok(Value::from(text)),
                    Some(ty) => {
                        let what = format!("the file `{path}`");
                        let json = json::parse(&text).map_err(|mut failure| {
                            failure.message = format!("{what} is {}", failure.message);
                            self.fail(failure, span)
                        })?;
                        self.decode(ty, &json, Mode::Lenient)
                            .map_err(|wrong| self.fail(Box::new(json::mismatch_failure(&what, &wrong)), span))
                    }
                }
            }
            Builtin::Write => {
                let path = self.path_argument(&args, node)?;
                let text = self.word(&args, 1)?;
                self.answered(world.write(&at, &path, &text), span)?;
                Ok(Value::Nothing)
            }
            Builtin::Glob => {
                let pattern = self.word(&args, 0)?;
                let paths = self.answered(world.glob(&at, &pattern), span)?;
                Ok(Value::list(paths.into_iter().map(Value::from).collect()))
            }
            Builtin::Exists => {
                let path = self.path_argument(&args, node)?;
                self.answered(world.exists(&at, &path), span).map(Value::Bool)
            }
            Builtin::Secret => {
                let name = self.word(&args, 0)?;
                self.answered(world.secret(&at, &name), span)?;
                Ok(Value::Secret(name))
            }
            Builtin::Vouch => {
                let because = self.word(&args, 1)?;
                let value = args.swap_remove(0);
                self.answered(world.vouch(&at, &because, &describe(&value)), span)?;
                Ok(value)
            }
        }
    }

    fn word(&mut self, args: &[Value], index: usize) -> Outcome<Text> {
        match args.get(index) {
            Some(Value::Text(text)) => Ok(text.clone()),
            other => {
                let other = other.cloned().unwrap_or_default();
                Err(self.not(other, "a text"))
            }
        }
    }

    /// A path that stays inside the project, as far as its words tell.
    pub(super) fn path_argument(&mut self, args: &[Value], node: &'l EffectNode) -> Outcome<Text> {
        let path = self.word(args, 0)?;
        match refine::path_problem(&path) {
            None => Ok(path),
            Some(problem) => Err(self.fail(wrong(runtime::E1004, problem), node.site.span)),
        }
    }

    /// The fields of `with { }` and `show { }`, described as JSON.
    pub(super) fn labelled(
        &mut self,
        nodes: &'l [(std::sync::Arc<str>, Node)],
        frame: &mut [Value],
    ) -> Outcome<Vec<(String, serde_json::Value)>> {
        let mut out = Vec::with_capacity(nodes.len());
        for (name, node) in nodes {
            let value = self.eval(node, frame)?;
            out.push((name.to_string(), describe(&value)));
        }
        Ok(out)
    }

    /// What the checker let through although it cannot be.
    pub(super) fn cannot_be(&mut self, what: &str, span: crate::source::Span) -> super::Exit {
        self.fail(internal(what), span)
    }
}
