//! A run begins: its folder, what it is pinned to, its first event; and how any run comes to its end.

use super::failure_json;
use super::options::Options;
use super::outcome::{Finished, Outcome};
use super::record::{Record, members};
use super::session::Session;
use crate::check::{CallableId, Program};
use crate::diagnostics::Failure;
use crate::effects::ai::Providers;
use crate::effects::ai::context::Cache;
use crate::effects::approval::{Digests, Inbox, os_user};
use crate::effects::process::{EnvironmentRules, Search};
use crate::effects::workspace::Workspace;
use crate::interpreter::{Lowered, Mode, Root, Stop, Suspension};
use crate::journal::{EventType, Ledger, Redactor, Replay, RunDir, Runs, Writer, digest_of};
use crate::policy::{Config, Policy, Project};
use crate::value::Value;
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Everything that a new run is made of. The arguments have been checked.
pub struct Start<'a> {
    pub program: &'a Program,
    pub lowered: &'a Lowered,
    pub project: &'a Project,
    pub workflow: CallableId,
    /// As they are recorded, by name.
    pub given: Map<String, Json>,
    pub args: Vec<Value>,
    /// The file's own policy, if it has one.
    pub file_policy: Option<crate::policy::RuleSet>,
}

pub fn start(start: Start<'_>, options: &Options) -> Result<Finished, Failure> {
    let runs = Runs::of_project(options.store.clone(), &start.project.root);
    let redactor = Redactor::new();
    let mode = options.mode.unwrap_or_default();
    // What can be wrong before anything runs is found before there is a run.
    let providers = options.providers(mode, &start.project.config, &start.project.root, &redactor)?;
    let workspace = Workspace::open(&start.project.root)?;
    let dir = runs.create()?;
    let writer = Writer::create(&dir, redactor)?;
    let mut policy = Policy::new(start.project, start.file_policy.clone());
    policy.grant(options.grants.0.clone(), options.grants.1.clone());
    let workflow = start.program.callable(start.workflow);

    let config = start.project.is_configured().then(|| {
        let path = start.project.root.join(crate::policy::CONFIG_NAME);
        crate::source::read_source(&path).unwrap_or_default()
    });
    let texts = start.program.own_files().map(|f| f.text.as_bytes());
    let pinned: Vec<&[u8]> = texts.chain(config.as_ref().map(String::as_bytes)).collect();
    let blobs = writer.blobs().put_first(&pinned)?;
    let mut sources = Vec::new();
    let mut digests = String::new();
    for (file, blob) in start.program.own_files().zip(&blobs) {
        digests.push_str(&format!("{} {}\n", file.name, blob.digest()));
        let mut entry = blob.to_json();
        entry["name"] = json!(file.name.as_ref());
        sources.push(entry);
    }
    let mut data = members([
        ("workflow", json!(workflow.name.as_ref())),
        ("args", Json::Object(start.given.clone())),
        ("sources", Json::Array(sources)),
        ("policy", json!(policy_digest(&start.project.config, start.file_policy.is_some()))),
        ("who", who()),
        ("engine", json!(env!("CARGO_PKG_VERSION"))),
        ("mode", json!(mode_name(mode))),
        ("run", json!(dir.id().as_str())),
        ("schema", json!(crate::journal::SCHEMA_VERSION)),
    ]);
    let entry = start.program.own_files().next();
    data.insert("file".into(), json!(entry.map_or("", |f| f.name.as_ref())));
    if let (Some(_), Some(blob)) = (config, blobs.last()) {
        data.insert("config".into(), blob.to_json());
    }
    if !options.grants.0.is_empty() || !options.grants.1.is_empty() {
        let commands: Vec<&str> = options.grants.0.iter().map(|p| p.text.as_ref()).collect();
        let writes: Vec<&str> = options.grants.1.iter().map(|p| p.text.as_ref()).collect();
        data.insert("grants".into(), json!({ "allow": commands, "write": writes }));
    }
    writer.record(EventType::RunStarted, "", &data)?;
    Ledger::of(&runs).run_started(dir.id(), &workflow.name, writer.head().1)?;

    let parts = Parts {
        dir: &dir,
        runs,
        root: &start.project.root,
        config: start.project.config.clone(),
        policies: vec![policy],
        workflow: workflow.name.to_string(),
        sources: digest_of(digests.as_bytes()),
        starter: os_user(),
        mode,
        writer,
        past: Replay::default(),
        providers,
        workspace: workspace.pin(start.program.own_files().map(|f| f.name.to_string())),
        giving_up: None,
        today: None,
    };
    let session = parts.session(options);
    Ok(drive(session, &dir, start.lowered, start.workflow, start.args, Vec::new(), None))
}

/// What a session is made of, for a new run and for a resumed one.
pub(super) struct Parts<'a> {
    pub dir: &'a RunDir,
    pub runs: Runs,
    pub root: &'a Path,
    pub config: Config,
    pub policies: Vec<Policy>,
    pub workflow: String,
    /// Digest over all sources.
    pub sources: String,
    pub starter: String,
    pub mode: Mode,
    pub writer: Writer,
    pub past: Replay,
    pub providers: Option<Providers>,
    /// No effect may write the source files in it.
    pub workspace: Workspace,
    /// A person gave the run up, in these words.
    pub giving_up: Option<String>,
    /// Today's configuration, on a resume.
    pub today: Option<Config>,
}

impl Parts<'_> {
    pub fn session(self, options: &Options) -> Session {
        let search = Search::new(self.root, &self.config.policy.path);
        let pass: Vec<String> = self.config.policy.env.iter().map(|n| n.to_string()).collect();
        Session {
            run: self.dir.id().as_str().to_owned(),
            workflow: self.workflow,
            starter: self.starter,
            digests: Digests {
                workflow: self.sources,
                policy: policy_digest(&self.config, true),
                evidence: String::new(),
            },
            config: self.config,
            speaks_of_calls: self.policies.iter().any(Policy::speaks_of_calls),
            policies: self.policies,
            workspace: self.workspace,
            search,
            environment: EnvironmentRules { pass: pass.clone(), allow: pass },
            providers: self.providers,
            context: Cache::default(),
            mode: self.mode,
            detach: options.detach,
            preset: Mutex::new(options.preset.clone()),
            interrupt: options.interrupt.child(),
            broken: Mutex::new(None),
            progress: options.progress.clone(),
            commands: options.commands.clone(),
            people: options.people.clone(),
            secrets: Mutex::new(HashMap::new()),
            approved: Mutex::default(),
            terminal: Mutex::new(()),
            giving_up: self.giving_up,
            undoing: Mutex::new(Vec::new()),
            assurance: Mutex::new(None),
            today: self.today,
            inbox: Inbox::of(self.dir),
            waits: options.wait,
            only_records: options.only_records,
            due: Mutex::new(None),
            settled: AtomicBool::new(false),
            notices: Mutex::new(Vec::new()),
            steps: Mutex::new(Vec::new()),
            begun: Mutex::new(HashMap::new()),
            record: Record::new(self.writer, self.past),
            runs: self.runs,
        }
    }
}

/// Evaluates the workflow and records how it ended.
pub(super) fn drive(
    session: Session,
    dir: &RunDir,
    lowered: &Lowered,
    workflow: CallableId,
    args: Vec<Value>,
    changed: Vec<String>,
    rested: Option<Map<String, Json>>,
) -> Finished {
    let root = Root { path: session.workflow.clone(), cancel: session.interrupt.clone() };
    let result = lowered.run_callable(workflow, args, &session, &root);
    let result =
        result.and_then(|value| lowered.result_to_json(&value).map_err(Stop::Failed)).map(|mut value| {
            session.record.redactor().value(&mut value);
            value
        });
    let mut outcome = Outcome::of(result);
    let mut ended = true;
    let record = || match session.only_records {
        true => rest(&session, rested),
        false => end(&session, dir, &outcome),
    };
    // What cannot be recorded did not end: the record's own trouble is what people must hear of.
    let broken = session.broken().or_else(|| record().err());
    if let Some(failure) = broken {
        outcome = Outcome::Failed(failure);
        ended = false;
    }
    let writer = session.record.writer();
    Finished {
        run: session.run.clone(),
        workflow: session.workflow.clone(),
        outcome,
        ended,
        needs_assurance: session.needed_assurance(),
        steps: session.steps.lock().map(|s| s.clone()).unwrap_or_default(),
        changed,
        notices: session.notices.lock().map(|n| n.clone()).unwrap_or_default(),
        sources: lowered.sources().clone(),
        syncs: writer.syncs(),
        bytes: writer.bytes(),
    }
}

/// A process that only took in decisions leaves the run as it found it, or decided and ready to go on.
fn rest(session: &Session, before: Option<Map<String, Json>>) -> Result<(), Failure> {
    let data = match session.settled.load(Ordering::Acquire) {
        true => {
            members([("reason", json!("decided")), ("until", json!(session.runs.store().now().rfc3339()))])
        }
        false => before.unwrap_or_else(|| members([("reason", json!("interrupted"))])),
    };
    session.record.write(EventType::RunSuspended, "", data)
}

fn end(session: &Session, dir: &RunDir, outcome: &Outcome) -> Result<(), Failure> {
    let failure = |f: &Failure| ("failure", failure_json::to_json(&session.redacted(f.clone())));
    let (kind, data) = match outcome {
        Outcome::Completed { value: Json::Null } => (EventType::RunCompleted, Map::new()),
        Outcome::Completed { value } => (EventType::RunCompleted, members([("value", value.clone())])),
        Outcome::Failed(f) => (EventType::RunFailed, members([failure(f)])),
        Outcome::Rejected(f) => {
            let gate = f.gate.clone().unwrap_or_default();
            (EventType::RunRejected, members([("gate", json!(gate)), failure(f)]))
        }
        Outcome::Cancelled(f) => {
            let mut data = members([("who", who())]);
            if let Some(comment) = session.giving_up.as_deref().filter(|c| !c.is_empty()) {
                data.insert("comment".into(), json!(comment));
            }
            if !f.notes.is_empty() {
                let (name, value) = failure(f);
                data.insert(name.into(), value);
            }
            (EventType::RunCancelled, data)
        }
        Outcome::InDoubt(_) => (EventType::RunSuspended, members([("reason", json!("in doubt"))])),
        Outcome::Suspended(Suspension::Gate { gate, .. }) => {
            (EventType::RunSuspended, members([("gate", json!(gate))]))
        }
        Outcome::Suspended(Suspension::Until { at, .. }) => {
            (EventType::RunSuspended, members([("until", json!(at))]))
        }
        Outcome::Suspended(Suspension::Conversation { .. }) => {
            (EventType::RunSuspended, members([("reason", json!("conversation"))]))
        }
        Outcome::Interrupted => (EventType::RunSuspended, members([("reason", json!("interrupted"))])),
    };
    let mut data = data;
    // One that was interrupted, or is in doubt, waits for a person.
    if kind == EventType::RunSuspended
        && !data.contains_key("reason")
        && let Some(due) = *session.due.lock().unwrap_or_else(PoisonError::into_inner)
    {
        data.insert("until".into(), json!(due.rfc3339()));
    }
    session.record.write(kind, "", data)?;
    if kind.ends_run() {
        Ledger::of(&session.runs).run_ended(dir.id(), kind, session.record.writer().head())?;
    }
    Ok(())
}

pub(super) fn policy_digest(config: &Config, has_file_policy: bool) -> String {
    format!("{}{}", config.digest.as_deref().unwrap_or("none"), if has_file_policy { "+file" } else { "" })
}

pub(super) fn who() -> Json {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    json!({
        "user": os_user(),
        "uid": rustix::process::getuid().as_raw(),
        "host": host.trim(),
    })
}

pub(super) fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Pure => "pure",
        Mode::Ai => "ai",
        Mode::Interactive => "interactive",
    }
}
