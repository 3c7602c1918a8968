//! `wflow approve`, `wflow reject`: a person decides a gate at which a run waits.
//!
//! A decision typed at a terminal counts only in the process that takes it, so these put the gate before the person and
//! then go on with the run themselves. A signed one (`--as`, `--key`, or `--signed`) is handed in to the run, whoever
//! works on it.

use super::args::{DecideArgs, Format};
use super::exit::Exit;
use super::report::Trouble;
use super::resume::{find, go_on, newest_waiting, options, project, waiting};
use super::screen::Screen;
use super::show_gate;
use crate::diagnostics::codes::{gate as codes, journal, usage};
use crate::diagnostics::{Code, ErrorKind, Failure, io_text};
use crate::effects::approval::{
    self, Decision, Preset, Sitting, Verdict, fresh, how_to_reach, os_user, takes_value,
};
use crate::engine::{HandedIn, OpenGate, Options, hand_in, open_gates, today};
use crate::interpreter::CancelToken;
use crate::journal::{RunDir, Runs, Timestamp, owner};
use crate::policy::Assurance;
use crate::ui::terminal::{self, Ended};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub fn decide(args: &DecideArgs, verdict: Verdict, screen: &Screen) -> Result<Exit, Trouble> {
    let (root, runs) = project();
    let dir = match args.run.as_str() {
        "last" => newest_waiting(&runs)?,
        id => find(&runs, id)?,
    };
    let case = Case { root, runs, dir, args, verdict, screen };
    match (&args.signed, &args.person) {
        (Some(file), _) => case.signed(file),
        (None, Some(person)) => case.by(person),
        (None, None) => case.here(),
    }
}

/// The command with what it is about.
struct Case<'a> {
    root: PathBuf,
    runs: Runs,
    dir: RunDir,
    args: &'a DecideArgs,
    verdict: Verdict,
    screen: &'a Screen,
}

impl Case<'_> {
    fn comment(&self) -> Option<String> {
        self.args.comment.clone().filter(|c| !c.trim().is_empty())
    }

    /// Typed at this terminal, in this process.
    fn here(self) -> Result<Exit, Trouble> {
        let short = self.dir.id().short();
        if let Some(process) = owner(&self.dir)? {
            let who = process.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
            return Err(Trouble::new(
                journal::E1507,
                format!("the run {} is being worked on by {who}, so it cannot be decided here without a signature", self.dir.id()),
            )
            .help(format!(
                "decide it where that process asks, or sign: wflow {} {short} --as YOU --key FILE",
                self.verdict.name()
            ))
            .exit(Exit::Failed));
        }
        let waiting = waiting(&self.dir)?;
        let gate = self.args.gate.clone().or_else(|| waiting.first().cloned());
        let Some(gate) = gate.filter(|g| waiting.contains(g)) else {
            return Err(not_waiting(&self.dir, self.args.gate.as_deref(), &waiting));
        };
        let preset = Preset { verdict: self.verdict, comment: self.comment() };
        let options = Options { preset: Some((gate, preset)), ..options(&self.args.session) };
        go_on(self.root, &self.runs, &self.dir, &self.args.session, options, self.screen)
    }

    /// By a person who signs, here or elsewhere.
    fn by(self, person: &str) -> Result<Exit, Trouble> {
        let open = pick(&self.dir, self.args.gate.as_deref())?;
        let level = open.assurance.max(Assurance::Key);
        self.may(&open, person)?;
        match (&self.args.key, &self.args.unsigned_out) {
            (Some(key), _) => {
                if level == Assurance::Passkey {
                    let message = format!("the gate `{}` asks for a passkey", open.request.name);
                    return Err(Trouble::new(codes::E1217, message)
                        .help(how_to_reach(level))
                        .exit(Exit::Failed));
                }
                // Signals are caught once in a process, for the question and for the run.
                let options = options(&self.args.session);
                let decision = self.at_terminal(&open, person, level, &options.interrupt)?;
                let Some(decision) = decision else {
                    errln!("nothing was decided; the gate stays open");
                    return Ok(Exit::Suspended);
                };
                let record = text_of(&decision)?;
                let signature = approval::sign(key, &record)?;
                self.hand_in(&record, &signature, options)
            }
            (None, Some(file)) => self.write(&open, person, level, file),
            (None, None) => {
                Err(Trouble::new(codes::E1220, format!("nothing says how {person}'s decision is signed"))
                    .help(
                        "`--key FILE` signs it now; `--unsigned-out FILE` writes it, to be signed elsewhere",
                    ))
            }
        }
    }

    fn may(&self, open: &OpenGate, person: &str) -> Result<(), Trouble> {
        let (demand, ballot) = (open.demand(), open.ballot());
        let now = self.dir.store().now();
        let today = today(&self.root)?;
        let desk = open.desk(&demand, &ballot, Some(&today), now);
        if !open.people.people.contains_key(person) {
            let known: Vec<&str> = open.people.people.keys().map(|p| &**p).collect();
            let trouble = Trouble::new(
                codes::E1207,
                format!("the wflow.toml that the run was started with names no person `{person}`"),
            );
            let near = crate::diagnostics::did_you_mean(person, known.iter().copied());
            return Err(match (near, known.is_empty()) {
                (Some(near), _) => trouble.help(format!("did you mean `{near}`?")),
                (None, true) => trouble
                    .help("people are named with their keys: `[people.ada]`, `keys = [\"ssh-ed25519 …\"]`"),
                (None, false) => trouble.help(format!("it names {}", known.join(", "))),
            }
            .exit(Exit::Failed));
        }
        Ok(approval::may(&desk, person, self.verdict)?)
    }

    /// The gate is put before the person, with all of its evidence. `None`: they stopped.
    fn at_terminal(
        &self,
        open: &OpenGate,
        person: &str,
        level: Assurance,
        interrupt: &CancelToken,
    ) -> Result<Option<Decision>, Trouble> {
        let nobody = || {
            Trouble::new(codes::E1221, "a decision is signed by a person who has seen the evidence, and here is no terminal")
                .help(format!(
                    "`wflow show {0} {1}` shows it; write the decision with `--unsigned-out FILE`, sign it, and hand it in with `--signed FILE`",
                    self.dir.id().short(),
                    open.request.name
                ))
                .exit(Exit::Failed)
        };
        if !terminal::exists() {
            return Err(nobody());
        }
        let (demand, ballot) = (open.demand(), open.ballot());
        let preset = Preset { verdict: self.verdict, comment: self.comment() };
        let until =
            |at: Timestamp| SystemTime::UNIX_EPOCH + Duration::from_millis(at.0.max(0).unsigned_abs());
        let sitting = Sitting {
            workflow: &open.workflow,
            run: open.run.as_str(),
            path: &open.path,
            opened: &open.since,
            request: &open.request,
            demand: &demand,
            digests: &open.digests,
            assurance: level,
            until: open.expires.map(until),
            earlier: &[],
            ballot: &ballot,
            arrived: &|| false,
            preset: Some(&preset),
            drafts: self.runs.root(),
            cancel: interrupt,
        };
        match approval::prepare(&sitting, person, level, &|_| Ok(())) {
            Ok(decision) => Ok(decision),
            Err(Ended::Gone) => Err(nobody()),
            Err(Ended::End | Ended::Interrupted | Ended::Stopped) => Ok(None),
            Err(Ended::Expired) => {
                let message = format!("the gate `{}` expired while it was looked at", open.request.name);
                Err(Trouble::new(codes::E1213, message).exit(Exit::Failed))
            }
        }
    }

    /// The decision in a file, to be signed elsewhere.
    fn write(&self, open: &OpenGate, person: &str, level: Assurance, file: &Path) -> Result<Exit, Trouble> {
        let approves = self.verdict == Verdict::Approve;
        let ballot = open.ballot();
        let value = match (&self.args.value, takes_value(&open.request) && approves) {
            (Some(_), false) => {
                return Err(Trouble::new(
                    codes::E1203,
                    "here no value is given: the gate has no `edit` and no `as`, or it is rejected",
                ));
            }
            (Some(text), true) => Some(json_value(text)?),
            (None, true) => Some(ballot.value().cloned().ok_or_else(|| {
                Trouble::new(codes::E1203, format!("the gate `{}` asks for an answer", open.request.name))
                    .help("give it with `--value JSON`; `wflow show` tells its form")
            })?),
            (None, false) => None,
        };
        let (nonce, at) = fresh();
        let decision = Decision {
            run: open.run.as_str().to_owned(),
            gate: open.request.name.clone(),
            path: open.path.clone(),
            opened: open.since.clone(),
            digests: open.digests.clone(),
            verdict: self.verdict,
            approver: person.to_owned(),
            account: os_user(),
            claimed: false,
            confirmed: if approves { open.request.require.clone() } else { Vec::new() },
            comment: self.comment().unwrap_or_default(),
            value,
            shown: ballot.shown(),
            nonce,
            at,
            expires: open.expires.map(Timestamp::rfc3339),
            assurance: level.name().to_owned(),
        };
        let record = text_of(&decision)?;
        std::fs::write(file, &record).map_err(|e| {
            Trouble::new(usage::E1705, format!("`{}` cannot be written: {}", file.display(), io_text(&e)))
                .help("check the folder's permissions and the free space")
                .exit(Exit::Failed)
        })?;
        let (name, short) = (file.display(), open.run.short());
        let sign = format!("ssh-keygen -Y sign -n {} -f KEY {name}", approval::NAMESPACE);
        let hand_in = format!("wflow {} {short} --signed {name}", self.verdict.name());
        match self.args.session.format {
            Format::Json => {
                outln!("{}", json!({ "type": "unsigned", "file": file, "sign": sign, "hand_in": hand_in }))
            }
            Format::Text => {
                out!("{}", show_gate::page(open));
                errln!("wrote {name}: {person} {}s", self.verdict.name());
                if !decision.confirmed.is_empty() {
                    errln!("  whoever signs it confirms every criterion above");
                }
                errln!("  sign it with: {sign}");
                errln!("  then hand it in with: {hand_in}");
            }
        }
        Ok(Exit::Completed)
    }

    /// A decision that was signed elsewhere.
    fn signed(self, file: &Path) -> Result<Exit, Trouble> {
        let mut beside = file.as_os_str().to_owned();
        beside.push(".sig");
        let record = read(file)?;
        let signature = read(Path::new(&beside))?;
        if let Some(decision) = Decision::from_text(&record)
            && decision.verdict != self.verdict
        {
            let says = decision.verdict.name();
            return Err(Trouble::new(
                codes::E1225,
                format!("`{}` says `{says}`, not `{}`", file.display(), self.verdict.name()),
            )
            .help(format!(
                "if that is what you mean: wflow {says} {} --signed {}",
                self.args.run,
                file.display()
            ))
            .exit(Exit::Failed));
        }
        let options = options(&self.args.session);
        self.hand_in(&record, &signature, options)
    }

    fn hand_in(self, record: &str, signature: &str, options: Options) -> Result<Exit, Trouble> {
        let gate = self.args.gate.as_deref();
        let done = hand_in(&self.root, &self.runs, &self.dir, gate, (record, signature), &options)?;
        let (short, json) = (self.dir.id().short().to_owned(), self.args.session.format == Format::Json);
        let (state, process) = match &done {
            HandedIn::Settled { .. } => ("settled", None),
            HandedIn::Counts { .. } => ("counts", None),
            HandedIn::Waits { process, .. } => ("waits", *process),
        };
        let (HandedIn::Settled { gate, .. } | HandedIn::Counts { gate } | HandedIn::Waits { gate, .. }) =
            &done;
        if json {
            outln!(
                "{}",
                json!({ "type": "decision", "run": self.dir.id().as_str(), "gate": gate, "state": state, "process": process })
            );
        } else if !self.args.session.quiet {
            match &done {
                HandedIn::Settled { .. } => errln!("taken: gate `{gate}` is decided"),
                HandedIn::Counts { .. } => {
                    errln!("taken: gate `{gate}` waits for further people; `wflow gates` tells for whom")
                }
                HandedIn::Waits { process: Some(pid), .. } => {
                    errln!(
                        "handed in: process {pid} has run {short} and takes it up when it comes to gate `{gate}`"
                    );
                }
                HandedIn::Waits { process: None, .. } => {
                    errln!(
                        "handed in: it is judged when run {short} comes to gate `{gate}` again: wflow resume {short}"
                    );
                }
            }
        }
        match done {
            HandedIn::Settled { elsewhere: false, .. } if !self.args.no_resume => {
                match go_on(self.root, &self.runs, &self.dir, &self.args.session, options, self.screen) {
                    // Somebody was quicker to go on with it.
                    Err(trouble) if trouble.code == journal::E1507 => Ok(Exit::Completed),
                    went => went,
                }
            }
            HandedIn::Counts { .. } if !self.args.no_resume => Ok(Exit::Suspended),
            _ => Ok(Exit::Completed),
        }
    }
}

fn text_of(decision: &Decision) -> Result<String, Failure> {
    decision.text().map_err(|_| {
        Failure::new(ErrorKind::Verification, journal::E1514, "the value is nested too deeply to be signed")
    })
}

fn read(file: &Path) -> Result<String, Trouble> {
    std::fs::read(file).map_err(|e| io_text(&e)).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| "it is not text".to_owned())
    })
    .map_err(|why| {
        Trouble::new(codes::E1219, format!("`{}` cannot be read: {why}", file.display()))
            .help("a signed decision is the record and, beside it, its signature: `ssh-keygen -Y sign -n wflow-gate -f KEY FILE` writes FILE.sig")
            .exit(Exit::Failed)
    })
}

fn json_value(text: &str) -> Result<Json, Trouble> {
    let wrong = |why: String| {
        Trouble::new(codes::E1203, format!("the value {why}"))
            .help("give it as JSON, or as `@FILE` with JSON in it")
    };
    let text = match text.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|e| wrong(format!("cannot be read from `{file}`: {}", io_text(&e))))?,
        None => text.to_owned(),
    };
    serde_json::from_str(&text).map_err(|e| wrong(format!("is not JSON: {e}")))
}

fn not_waiting(dir: &RunDir, gate: Option<&str>, waiting: &[String]) -> Trouble {
    let at = gate.map_or_else(|| String::from("any gate"), |g| format!("gate `{g}`"));
    let short = dir.id().short();
    let trouble = Trouble::new(codes::E1205, format!("run {short} does not wait at {at}"));
    match waiting {
        [] => trouble.help(format!(
            "`wflow runs show {short}` shows where it stands; `wflow resume {short}` goes on with it if it can be"
        )),
        names => trouble.help(format!("it waits at `{}`", names.join("`, `"))),
    }
    .exit(Exit::Failed)
}

/// The gate that is meant, by its name or its path.
pub(super) fn pick(dir: &RunDir, wanted: Option<&str>) -> Result<OpenGate, Trouble> {
    let mut all = open_gates(dir)?;
    let names: Vec<String> = all.iter().map(|g| g.request.name.clone()).collect();
    all.retain(|g| wanted.is_none_or(|w| g.request.name == w || g.path == w));
    if all.len() > 1 {
        return Err(several(dir, wanted, &all));
    }
    all.pop().ok_or_else(|| not_waiting(dir, wanted, &names))
}

fn several(dir: &RunDir, wanted: Option<&str>, all: &[OpenGate]) -> Trouble {
    let code: Code = codes::E1205;
    let what = wanted.map_or_else(|| "at several gates".to_owned(), |w| format!("at several gates `{w}`"));
    let list: Vec<&str> = all
        .iter()
        .map(|g| if wanted.is_some() { g.path.as_str() } else { g.request.name.as_str() })
        .collect();
    Trouble::new(code, format!("run {} waits {what}", dir.id().short()))
        .help(format!("say which: {}", list.join(", ")))
}
