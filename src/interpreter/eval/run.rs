//! `run`: words, tries, exit codes, and what becomes of the output.

use super::{Eval, Outcome, wrong};
use crate::diagnostics::{ErrorKind, Failure, codes::runtime};
use crate::interpreter::node::*;
use crate::interpreter::world::{ArgWord, EnvValue, RunReply, RunRequest, Stop};
use crate::types::Type;
use crate::value::json::{self, Mode};
use crate::value::{Value, short, standard};

impl<'l> Eval<'l> {
    pub(super) fn run(&mut self, node: &'l RunNode, frame: &mut [Value]) -> Outcome {
        let span = node.site.span;
        let request = RunRequest {
            argv: self.words(&node.words, frame)?,
            dir: self.optional_text_of(node.dir.as_ref(), frame)?,
            env: self.environment(node.env.as_ref(), frame)?,
            stdin: self.optional_text_of(node.stdin.as_ref(), frame)?,
            timeout_ms: self.duration_clause(node.timeout.as_ref(), "a timeout", span, frame)?,
            idempotent: node.idempotent,
        };
        if let Some(dir) = &request.dir
            && let Some(problem) = crate::value::refine::path_problem(dir)
        {
            return Err(self.fail(wrong(runtime::E1004, problem), span));
        }
        let exits = match &node.exits {
            Some(exits) => self.eval(exits, frame)?,
            None => Value::list(vec![Value::Int(0)]),
        };
        let (tries, every, on) = self.retry(node.retry.as_ref(), span, frame)?;
        let name = shown(&request.argv);
        let mut attempt = 1;
        let reply = loop {
            let at = self.at_site(&node.site, attempt);
            let failure = match self.world.run(&at, &request) {
                Ok(reply) if holds(&exits, reply.exit) => break reply,
                Ok(reply) => {
                    let again = on.as_ref().is_none_or(|codes| holds(codes, reply.exit));
                    let failure = unexpected_exit(&name, &reply, &exits).at(span).of_effect(&at.path);
                    if !again {
                        return Err(self.fail(Box::new(failure), span));
                    }
                    failure
                }
                // A list of codes narrows the tries to them.
                Err(Stop::Failed(failure)) if failure.kind == ErrorKind::Timeout && on.is_none() => *failure,
                Err(stop) => return self.answered(Err(stop), span),
            };
            if attempt >= tries {
                let failure = match attempt {
                    1 => failure,
                    n => failure.note(format!("tried {n} times")),
                };
                return Err(self.fail(Box::new(failure), span));
            }
            attempt += 1;
            let at = self.at_site(&node.site, attempt);
            let waited = self.world.backoff(&at, attempt, tries, every, &failure);
            self.answered(waited, span)?;
        };
        self.output(node, &name, reply)
    }

    /// How many tries there are, how far apart, and after which exit codes.
    fn retry(
        &mut self,
        retry: Option<&'l RetryNode>,
        span: crate::source::Span,
        frame: &mut [Value],
    ) -> Outcome<(u32, Option<i64>, Option<Value>)> {
        let Some(retry) = retry else { return Ok((1, None, None)) };
        let times = self.clause(&retry.times, 0, "the number of further tries", span, frame)?;
        let every = self.duration_clause(retry.every.as_ref(), "the time between tries", span, frame)?;
        let on = retry.on.as_ref().map(|on| self.eval(on, frame)).transpose()?;
        let tries = u32::try_from(times).unwrap_or(u32::MAX).saturating_add(1);
        Ok((tries, every, on))
    }

    /// Every interpolation stays inside one word, whatever it holds; a list makes one word an item.
    fn words(&mut self, words: &'l [WordNode], frame: &mut [Value]) -> Outcome<Vec<ArgWord>> {
        let mut out = Vec::with_capacity(words.len());
        for word in words {
            match word {
                WordNode::Lit(text) => out.push(ArgWord { text: text.to_string(), interpolated: false }),
                WordNode::Parts(parts) => {
                    let mut text = String::new();
                    self.write_parts(parts, frame, &mut text)?;
                    let interpolated = matches!(parts.first(), Some(Part::Expr(_)));
                    out.push(ArgWord { text, interpolated });
                }
                WordNode::Spread(node) => match self.eval(node, frame)? {
                    Value::List(items) => {
                        out.extend(items.iter().map(|v| ArgWord { text: v.to_string(), interpolated: true }));
                    }
                    other => return Err(self.not(other, "a list")),
                },
            }
        }
        Ok(out)
    }

    fn environment(
        &mut self,
        node: Option<&'l Node>,
        frame: &mut [Value],
    ) -> Outcome<Vec<(String, EnvValue)>> {
        let Some(node) = node else { return Ok(Vec::new()) };
        let entry = |name: &str, value: &Value| {
            let value = match value {
                Value::Secret(name) => EnvValue::Secret { name: name.to_string() },
                other => EnvValue::Text(other.to_string()),
            };
            (name.to_owned(), value)
        };
        match self.eval(node, frame)? {
            Value::Record(record) => {
                let fields = record.layout.names.iter().zip(&record.fields);
                // A variable whose value is `none` is not set.
                let set = fields.filter(|(_, value)| !matches!(value, Value::None));
                Ok(set.map(|(name, value)| entry(name, value)).collect())
            }
            Value::Map(entries) => Ok(entries.iter().map(|(name, value)| entry(name, value)).collect()),
            other => Err(self.not(other, "a record or a map")),
        }
    }

    pub(super) fn output(&mut self, node: &'l RunNode, name: &str, reply: RunReply) -> Outcome {
        let span = node.site.span;
        if let RunForm::Output = node.form {
            let text = |bytes: Vec<u8>| Value::from(lossy(bytes));
            let fields = vec![
                Value::Int(reply.exit),
                text(reply.stdout),
                text(reply.stderr),
                Value::Duration(reply.duration_ms),
            ];
            return Ok(Value::record(&standard::OUTPUT, fields));
        }
        let text = match String::from_utf8(reply.stdout) {
            Ok(text) => text,
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let message =
                    format!("the output of `{name}` is not UTF-8: byte {at} starts no valid character");
                return Err(self.fail(wrong(runtime::E1014, message), span));
            }
        };
        match &node.form {
            RunForm::Output | RunForm::Text => Ok(Value::from(without_line_end(text))),
            RunForm::Lines => Ok(Value::list(text.lines().map(Value::from).collect())),
            RunForm::Json(ty) => self.read_output(ty, &text, &format!("the output of `{name}`"), span),
            RunForm::JsonLines(ty) => {
                let mut items = Vec::new();
                for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                    let what = format!("line {} of the output of `{name}`", i + 1);
                    items.push(self.read_output(ty, line, &what, span)?);
                }
                Ok(Value::list(items))
            }
        }
    }

    fn read_output(&mut self, ty: &'l Type, text: &str, what: &str, span: crate::source::Span) -> Outcome {
        let json = match json::parse(text) {
            Ok(json) => json,
            Err(mut failure) => {
                failure.message = format!("{what} is {}", failure.message);
                if !text.trim().is_empty() {
                    failure.notes.push(format!("it starts with {}", short(&Value::from(text))));
                }
                return Err(self.fail(failure, span));
            }
        };
        self.decode(ty, &json, Mode::Lenient)
            .map_err(|wrong| self.fail(Box::new(json::mismatch_failure(what, &wrong)), span))
    }
}

/// A command as messages name it: its words on one line, as many as fit.
pub(super) fn shown(argv: &[ArgWord]) -> String {
    const ROOM: usize = 80;
    let mut out = String::new();
    for (i, word) in argv.iter().enumerate() {
        let text = word.text.replace('\n', "\\n").replace('\t', "\\t");
        let text: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        if i > 0 && out.chars().count() + text.chars().count() >= ROOM {
            out.push_str(" …");
            break;
        }
        if i > 0 {
            out.push(' ');
        }
        match text.is_empty() || text.contains(char::is_whitespace) {
            true => out.push_str(&format!("'{text}'")),
            false => out.push_str(&text),
        }
    }
    out
}

/// Whether a list or range of codes holds one.
pub(super) fn holds(codes: &Value, code: i64) -> bool {
    match codes {
        Value::List(items) => items.contains(&Value::Int(code)),
        Value::Range(range) => range.contains(code),
        _ => false,
    }
}

pub(super) fn unexpected_exit(name: &str, reply: &RunReply, exits: &Value) -> Failure {
    let message = format!("`{name}` ended with exit code {}", reply.exit);
    let failure = Failure::new(ErrorKind::Business, runtime::E1013, message);
    let (from, bytes) = match reply.stderr.iter().all(u8::is_ascii_whitespace) {
        true => ("standard output", &reply.stdout),
        false => ("standard error", &reply.stderr),
    };
    let code = reply.exit;
    let failure = match exits {
        Value::List(items) => {
            let all: Vec<String> = items.iter().chain([&Value::Int(code)]).map(shown_code).collect();
            failure.help(format!("if {code} is no error here, allow it: `exits [{}]`", all.join(", ")))
        }
        _ => failure.help(format!("if {code} is no error here, put it into `exits`")),
    };
    match tail(bytes) {
        Some(tail) => failure.note(format!("the end of its {from}:\n{tail}")),
        None => failure.note("it printed nothing"),
    }
}

fn shown_code(code: &Value) -> String {
    match code {
        Value::Int(code) => code.to_string(),
        _ => String::new(),
    }
}

/// The last lines, a screenful at most.
fn tail(bytes: &[u8]) -> Option<String> {
    const LINES: usize = 20;
    const CHARS: usize = 2000;
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    if lines.iter().all(|l| l.trim().is_empty()) {
        return None;
    }
    let kept = lines[lines.len().saturating_sub(LINES)..].join("\n");
    let skip = kept.chars().count().saturating_sub(CHARS);
    Some(kept.chars().skip(skip).collect())
}

/// Text without its final line end: what a command prints to say one thing.
fn without_line_end(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
