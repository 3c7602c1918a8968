//! `run`: a command goes through the policy, is announced, started, and its end recorded.

use super::requests;
use crate::diagnostics::codes::run as codes;
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::process::{Cancel, Control, Environment, Folder, Program, Spawn, Status, Stream};
use crate::engine::effect::Permit;
use crate::engine::session::Session;
use crate::interpreter::{Answer, At, EnvValue, RunReply, RunRequest, Stop, Waker};
use crate::journal::bytes_to_json;
use crate::policy::Word;
use crate::ui::progress::Event;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

pub fn run(session: &Session, at: &At, request: &RunRequest) -> Answer<RunReply> {
    let recorded = session.effect(
        at,
        "run",
        &requests::run(request),
        || prepare(session, at, request),
        |prepared| start(session, at, request, prepared),
    )?;
    Ok(requests::run_reply(&recorded))
}

struct Prepared {
    program: Program,
    folder: Folder,
    environment: Environment,
}

/// Whether it may run, and everything that can be wrong with it before it is announced.
fn prepare(session: &Session, at: &At, request: &RunRequest) -> Result<(Permit, Prepared), Failure> {
    let words: Vec<Word> = request
        .argv
        .iter()
        .map(|w| match w.interpolated {
            true => Word::interpolated(w.text.as_str()),
            false => Word::literal(w.text.as_str()),
        })
        .collect();
    let name = request.argv.first().map_or("", |w| w.text.as_str());
    // A path is started only where a rule names it, and the policy is asked about that below.
    let found = session.search.resolve(name, name.contains('/'));
    let resolved = found.as_ref().ok().map(|p| p.real.as_path());
    let guards = session.decide_command(&words, resolved)?;
    let repeatable = request.idempotent || session.reads(&words, resolved);
    let permit = session.permit(at, &words, &guards, repeatable)?;
    let program = found?;
    let folder = session.workspace.dir(request.dir.as_deref().unwrap_or("."))?;
    let mut environment = session.clean_environment();
    for (name, value) in &request.env {
        match value {
            EnvValue::Text(text) => environment.set(name, text)?,
            EnvValue::Secret { name: secret } => environment.set(name, &session.secret(secret)?)?,
        }
    }
    Ok((permit, Prepared { program, folder, environment }))
}

fn start(session: &Session, at: &At, request: &RunRequest, prepared: Prepared) -> Result<Json, Stop> {
    let spawn = Spawn {
        program: prepared.program,
        words: request.argv.iter().skip(1).map(|w| w.text.clone()).collect(),
        folder: prepared.folder,
        environment: prepared.environment,
        stdin: request.stdin.as_ref().map(|t| t.clone().into_bytes()),
        run: session.run.clone(),
    };
    let command = spawn.command();
    let cancel = Cancel::new();
    let raised = cancel.clone();
    // Held until the command has ended: dropping it ends the subscription.
    let waker: Arc<Waker> = Arc::new(move || raised.cancel());
    at.cancel.subscribe(&waker);
    session.interrupt.subscribe(&waker);
    let redactor = session.record.redactor();
    let on_line = |_: Stream, line: &str| {
        session
            .progress
            .event(Event::Output { path: at.path.clone(), line: redactor.text(line).into_owned() });
    };
    let timeout = match request.timeout_ms {
        Some(ms) => Duration::from_millis(ms.max(0).unsigned_abs()),
        None => session.default_timeout(),
    };
    let control = Control {
        timeout: Some(timeout),
        cancel: vec![cancel],
        on_line: Some(&on_line),
        ..Control::default()
    };
    session
        .progress
        .event(Event::Started { path: at.path.clone(), text: redactor.text(&command).into_owned() });
    let outcome = session.commands.run(&at.path, &spawn, &control);
    drop(waker);
    session.progress.event(Event::Ended { path: at.path.clone() });
    match outcome {
        Ok(finished) => match finished.status {
            Status::Exit(code) => Ok(json!({
                "exit": code,
                "stdout": bytes_to_json(&finished.stdout),
                "stderr": bytes_to_json(&finished.stderr),
                "duration_ms": millis(finished.duration),
            })),
            Status::Signal(_) => {
                session.check_alive(at)?;
                match finished.check(&command, &[]) {
                    Err(failure) => Err(failure.into()),
                    Ok(_) => {
                        Err(Failure::new(ErrorKind::Bug, codes::E1104, "a signal without a number").into())
                    }
                }
            }
        },
        Err(failure) => {
            // We ended it ourselves: that is no outcome of its own.
            session.check_alive(at)?;
            Err(failure.into())
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
