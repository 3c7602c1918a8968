//! The scripted world of a test.

use super::script::{Answered, GateAnswer, Script, Subject, Trace, Tried};
use crate::diagnostics::codes::{run, usage};
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::{
    Answer, ApproverSpec, AskReply, AskRequest, At, GateReply, GateRequest, Mode, RunReply, RunRequest, Stop,
    Suspension, Validator, World,
};
use serde_json::Value as Json;

/// Answers every effect from a [`Script`] and records it in a [`Trace`].
#[derive(Debug, Default)]
pub struct TestWorld {
    pub script: Script,
    pub trace: Trace,
    /// People and roles that the project names.
    pub roles: Vec<String>,
}

impl TestWorld {
    fn unanswered<T>(&self, at: &At, what: String, hint: String) -> Answer<T> {
        let failure = Failure::new(
            ErrorKind::Verification,
            usage::E1711,
            format!("no `given` of this test answers {what}"),
        )
        .at(at.span)
        .help(format!("add for example: {hint}"));
        self.trace.note_unanswered(&failure);
        Err(failure.into())
    }

    /// The answer of a `given` for a built-in function or a task.
    fn called(&self, name: &str, given: &[Json]) -> Option<Answered> {
        self.script.answer(|s| match s {
            Subject::Call { name: n, args } if n == name => args.as_ref().is_none_or(|wanted| {
                wanted.len() == given.len()
                    && wanted.iter().zip(given).all(|(w, g)| w.as_ref().is_none_or(|w| w == g))
            }),
            _ => false,
        })
    }

    fn value(&self, at: &At, name: &str, args: &[Json], hint: &str) -> Answer<Json> {
        let shown: Vec<String> = args.iter().map(Json::to_string).collect();
        match self.called(name, args) {
            Some(Answered::Value(v)) => Ok(v),
            Some(Answered::Fail { kind, message }) => Err(fail(kind, message, at)),
            _ => {
                let call =
                    if shown.is_empty() { name.to_owned() } else { format!("{name}({})", shown.join(", ")) };
                self.unanswered(at, format!("`{call}`"), format!("given {call} -> {hint}"))
            }
        }
    }
}

fn fail(kind: ErrorKind, message: String, at: &At) -> Stop {
    Failure::new(kind, crate::diagnostics::codes::runtime::E1001, message).at(at.span).into()
}

fn text_of(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        other => other.to_string(),
    }
}

/// `{ exit: 101, stderr: "…" }`, a text, or any other value, which is the JSON that the command prints.
fn run_reply(value: &Json) -> RunReply {
    let mut reply = RunReply { exit: 0, stdout: Vec::new(), stderr: Vec::new(), duration_ms: 0 };
    match value {
        Json::Null => {}
        Json::Object(map)
            if !map.is_empty()
                && map.keys().all(|k| matches!(k.as_str(), "exit" | "stdout" | "stderr" | "duration")) =>
        {
            reply.exit = map.get("exit").and_then(Json::as_i64).unwrap_or(0);
            reply.stdout = map.get("stdout").map(text_of).unwrap_or_default().into_bytes();
            reply.stderr = map.get("stderr").map(text_of).unwrap_or_default().into_bytes();
        }
        other => reply.stdout = text_of(other).into_bytes(),
    }
    reply
}

/// Somebody who may decide, for an approval that names nobody.
fn somebody(spec: Option<&ApproverSpec>) -> Vec<String> {
    match spec {
        None => vec!["tester".into()],
        Some(ApproverSpec::One(name)) => vec![name.clone()],
        Some(ApproverSpec::And(all)) => all.iter().flat_map(|s| somebody(Some(s))).collect(),
        Some(ApproverSpec::Or(any)) => any.first().map(|s| somebody(Some(s))).unwrap_or_default(),
        Some(ApproverSpec::Quorum { count, of }) => {
            of.iter().take(usize::try_from(*count).unwrap_or(0)).flat_map(|s| somebody(Some(s))).collect()
        }
    }
}

impl World for TestWorld {
    fn mode(&self) -> Mode {
        Mode::Ai
    }

    fn run(&self, at: &At, request: &RunRequest) -> Answer<RunReply> {
        let argv: Vec<String> = request.argv.iter().map(|w| w.text.clone()).collect();
        self.trace.push(Tried::Ran { argv: argv.clone(), stdin: request.stdin.clone() });
        match self.script.answer(|s| matches!(s, Subject::Run(p) if p.matches_words(&argv))) {
            Some(Answered::Value(v)) => Ok(run_reply(&v)),
            Some(Answered::Fail { kind, message }) => {
                let code = match kind {
                    ErrorKind::Timeout => run::E1107,
                    _ => run::E1104,
                };
                Err(Failure::new(kind, code, message).at(at.span).into())
            }
            _ => {
                let line = argv.join(" ");
                self.unanswered(
                    at,
                    format!("the command `{line}`"),
                    format!("given run `{line}` -> {{ exit: 0 }}"),
                )
            }
        }
    }

    fn ask(&self, at: &At, request: &AskRequest) -> Answer<AskReply> {
        let agent = request.agent.as_ref().map(|a| a.name.clone());
        self.trace.push(Tried::Asked {
            agent: agent.clone(),
            with: request.with.clone(),
            prompt: request.prompt.clone(),
        });
        let found = self.script.answer(|s| match s {
            Subject::Ask(None) => true,
            Subject::Ask(Some(name)) => {
                agent.as_deref().is_some_and(|a| a == name || a.rsplit('.').next() == Some(name.as_str()))
            }
            _ => false,
        });
        match found {
            Some(Answered::Value(v)) => {
                Ok(AskReply::Text(if request.schema.is_some() { v.to_string() } else { text_of(&v) }))
            }
            // A provider that cannot be reached: what `otherwise` is for.
            Some(Answered::Fail { kind: kind @ ErrorKind::Transient, message }) => Ok(AskReply::Unavailable(
                Failure::new(kind, crate::diagnostics::codes::ask::E1301, message).at(at.span),
            )),
            Some(Answered::Fail { kind, message }) => Err(fail(kind, message, at)),
            _ => {
                let name = agent.map(|a| format!(" {a}")).unwrap_or_default();
                self.unanswered(
                    at,
                    format!("`ask{name}` ({})", request.prompt.trim().lines().next().unwrap_or("")),
                    format!("given ask{name} -> …"),
                )
            }
        }
    }

    fn gate(&self, at: &At, request: &GateRequest, check: Validator<'_>) -> Answer<GateReply> {
        self.trace.push(Tried::Gate { name: request.name.clone() });
        match self.script.answer(|s| matches!(s, Subject::Gate(name) if *name == request.name)) {
            Some(Answered::Gate(GateAnswer::Approve { by, comment, value })) => {
                let value = match (value, request.schema.is_some()) {
                    (Some(v), _) => Some(v),
                    (None, true) => request.edit.clone(),
                    (None, false) => None,
                };
                if let Some(v) = &value
                    && let Err(wrong) = check(v)
                {
                    return Err(Failure::new(
                        ErrorKind::Verification,
                        crate::diagnostics::codes::gate::E1203,
                        format!(
                            "the answer given to gate `{}` is not valid: {}",
                            request.name,
                            wrong.join("; ")
                        ),
                    )
                    .at(at.span)
                    .into());
                }
                let by = by.map(|b| vec![b]).unwrap_or_else(|| somebody(request.by.as_ref()));
                let comments = if comment.is_empty() { vec![] } else { vec![comment] };
                Ok(GateReply::Approved { by, comments, at: "2026-01-01T00:00:00Z".into(), value })
            }
            Some(Answered::Gate(GateAnswer::Reject { by, comment })) => Ok(GateReply::Rejected {
                by: by.map(|b| vec![b]).unwrap_or_else(|| somebody(request.by.as_ref())),
                comment,
            }),
            Some(Answered::Gate(GateAnswer::Timeout)) => Ok(GateReply::Expired),
            Some(Answered::Value(v)) if request.schema.is_some() => match check(&v) {
                Ok(()) => Ok(GateReply::Approved {
                    by: somebody(request.by.as_ref()),
                    comments: vec![],
                    at: "2026-01-01T00:00:00Z".into(),
                    value: Some(v),
                }),
                Err(wrong) => Err(fail(ErrorKind::Verification, wrong.join("; "), at)),
            },
            // Without an answer the run waits there, as it would with nobody at the terminal.
            _ => Err(Stop::Suspended(Suspension::Gate { gate: request.name.clone(), path: at.path.clone() })),
        }
    }

    fn read(&self, at: &At, path: &str) -> Answer<String> {
        self.value(at, "read", &[Json::from(path)], "\"…\"").map(|v| text_of(&v))
    }

    fn write(&self, at: &At, path: &str, text: &str) -> Answer<()> {
        self.trace.push(Tried::Wrote { path: path.into(), text: text.into() });
        match self.called("write", &[Json::from(path), Json::from(text)]) {
            Some(Answered::Fail { kind, message }) => Err(fail(kind, message, at)),
            _ => Ok(()),
        }
    }

    fn glob(&self, at: &At, pattern: &str) -> Answer<Vec<String>> {
        let value = self.value(at, "glob", &[Json::from(pattern)], "[\"a\", \"b\"]")?;
        Ok(value.as_array().map(|items| items.iter().map(text_of).collect()).unwrap_or_default())
    }

    fn exists(&self, at: &At, path: &str) -> Answer<bool> {
        Ok(self.value(at, "exists", &[Json::from(path)], "true")?.as_bool().unwrap_or(false))
    }

    fn now(&self, at: &At) -> Answer<i64> {
        let value = self.value(at, "now", &[], "Time.parse(\"2026-01-01T00:00:00Z\")")?;
        crate::value::time::parse(&text_of(&value))
            .ok_or_else(|| fail(ErrorKind::Verification, format!("`given now` gives no time: {value}"), at))
    }

    fn uuid(&self, at: &At) -> Answer<String> {
        self.value(at, "uuid", &[], "\"00000000-0000-4000-8000-000000000001\"").map(|v| text_of(&v))
    }

    fn env(&self, at: &At, name: &str) -> Answer<Option<String>> {
        let value = self.value(at, "env", &[Json::from(name)], "\"…\"")?;
        Ok((!value.is_null()).then(|| text_of(&value)))
    }

    fn secret(&self, _at: &At, _name: &str) -> Answer<()> {
        Ok(())
    }

    fn wait(&self, _at: &At, _millis: i64) -> Answer<()> {
        Ok(())
    }

    fn say(&self, _at: &At, text: &str) -> Answer<()> {
        self.trace.push(Tried::Said(text.into()));
        Ok(())
    }

    fn vouch(&self, _at: &At, _because: &str, _value: &Json) -> Answer<()> {
        Ok(())
    }

    fn is_role(&self, name: &str) -> bool {
        self.roles.is_empty() || self.roles.iter().any(|r| r == name)
    }

    fn roles(&self) -> Vec<String> {
        self.roles.clone()
    }

    fn step_started(&self, _at: &At, _name: &str, _title: Option<&str>) -> Answer<()> {
        Ok(())
    }

    fn step_completed(&self, _at: &At, _name: &str, _value: &Json) -> Answer<()> {
        Ok(())
    }

    fn step_failed(&self, _at: &At, _name: &str, _stop: &Stop) {}

    fn undo_started(&self, _at: &At, _step: &str, _ends_run: bool) -> Answer<()> {
        Ok(())
    }

    fn undo_completed(&self, _at: &At, _step: &str, _failure: Option<&Failure>) -> Answer<()> {
        Ok(())
    }

    fn backoff(&self, _at: &At, _attempt: u32, _of: u32, _delay: Option<i64>, _why: &Failure) -> Answer<()> {
        Ok(())
    }

    fn call(&self, at: &At, task: &str, args: &[Json]) -> Option<Answer<Json>> {
        match self.called(task, args)? {
            Answered::Value(v) => Some(Ok(v)),
            Answered::Fail { kind, message } => Some(Err(fail(kind, message, at))),
            Answered::Gate(_) => None,
        }
    }

    fn answers_calls(&self) -> bool {
        true
    }
}
