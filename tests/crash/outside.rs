//! Everything outside of the engine, played: commands that are only counted, people who decide and who say what became
//! of an effect, an AI that answers. What happened is known here independently of the journal.

use super::chance::Chance;
use super::fake::FakeStore;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, UNIX_EPOCH};
use wflow::diagnostics::codes::run as codes;
use wflow::diagnostics::{ErrorKind, Failure};
use wflow::effects::ai::tools::{Act, Call, CallEnd, Tools, Verdict as Leave};
use wflow::effects::ai::{
    Capabilities, Control as AskControl, Provider, ProviderReply, ProviderRequest, Unanswered,
};
use wflow::effects::approval::{Decision, Outcome, Sitting, Verdict, Waiting};
use wflow::effects::conversation::{About, Partner, Said};
use wflow::effects::permission::{Permission, Wish};
use wflow::effects::process::{Control, Finished, Spawn, Status};
use wflow::engine::{Commands, Doubt, People, Testimony};
use wflow::interpreter::{Exchange, GateReply, Offer, Validator, Word};
use wflow::journal::Timestamp;
use wflow::policy::AgentTool;
use wflow::ui::terminal::Ended;

/// What is known about a run from outside, over all its processes.
#[derive(Default)]
pub struct Facts {
    /// How often the effect at each path happened, and how often a person let it.
    pub happened: BTreeMap<String, u32>,
    pub allowed: BTreeMap<String, u32>,
    /// How often the agent at each path called its tool.
    pub by_hand: BTreeMap<String, u32>,
    /// Those that may happen again without anybody saying so.
    pub repeatable: BTreeSet<String>,
    /// Starts, decisions and answers in all.
    pub acts: u64,
    pub doubts: u64,
    /// What should not have been.
    pub wrong: Vec<String>,
}

/// The outside of one process of the engine.
pub struct Outside {
    pub store: FakeStore,
    pub facts: Arc<Mutex<Facts>>,
    pub root: PathBuf,
    pub chance: Mutex<Chance>,
    /// Nobody is there to decide.
    pub absent: bool,
    /// The clock is set forward and back by a year all the time.
    pub jumps: bool,
    /// What people make of the note at its gate.
    pub level: i64,
}

const YEAR: i64 = 365 * 24 * 60 * 60 * 1000;

pub fn journal_of(root: &Path, run: &str) -> PathBuf {
    root.join(".wflow/runs").join(run).join("journal.jsonl")
}

fn dead() -> Failure {
    Failure::new(ErrorKind::Bug, codes::E1107, "the process that asks is dead")
}

impl Outside {
    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().expect("no test panics while it holds the facts")
    }

    fn below(&self, n: u64) -> u64 {
        self.chance.lock().expect("no test panics while it holds it").below(n)
    }

    /// A moment at which anything may happen.
    fn moment(&self) {
        if self.jumps {
            let by = [-YEAR, 0, YEAR][self.below(3) as usize];
            self.store.set_clock(self.store.clock() + by);
        }
        self.store.moment();
    }

    /// Goes on when something holds, or when whoever asked ends it.
    fn wait_for(&self, control: &Control<'_>, holds: impl Fn() -> bool) {
        let patience = Instant::now() + Duration::from_secs(20);
        while !holds() && !control.is_cancelled() && !self.store.is_dead() && Instant::now() < patience {
            std::thread::yield_now();
        }
    }

    fn wrong(&self, what: String) {
        self.facts().wrong.push(what);
    }

    /// The last durable event about a path, if the text of its line has all of these parts.
    fn durable(&self, run: &str, path: &str, parts: &[&str]) -> Option<String> {
        let bytes = self.store.durable_bytes(&journal_of(&self.root, run));
        let text = String::from_utf8_lossy(&bytes);
        let at = format!("\"path\":\"{path}\"");
        let line = text.lines().rev().find(|line| line.contains(&at))?;
        parts.iter().all(|part| line.contains(part)).then(|| line.to_owned())
    }

    /// A protected effect: its gate was approved by the process that starts it, on what was shown.
    fn is_guarded(&self, run: &str, intent: &str) -> bool {
        let line: Json = serde_json::from_str(intent).unwrap_or_default();
        let guards = line["data"]["guards"].as_array().cloned().unwrap_or_default();
        let epoch = format!("\"epoch\":{},", line["epoch"]);
        !guards.is_empty()
            && guards.iter().filter_map(Json::as_str).all(|gate| {
                let decided = ["\"type\":\"gate.decided\"", "\"decision\":\"approve\"", &epoch];
                self.durable(run, gate, &decided).is_some()
            })
    }
}

impl Commands for Outside {
    fn run(&self, path: &str, spawn: &Spawn, control: &Control<'_>) -> Result<Finished, Failure> {
        if self.store.is_dead() {
            return Err(dead());
        }
        let words = spawn.command();
        match self.durable(&spawn.run, path, &["\"type\":\"effect.intended\""]) {
            None => self.wrong(format!("{path} started without a durable intent")),
            Some(intent) if words.contains("touch shipped") && !self.is_guarded(&spawn.run, &intent) => {
                self.wrong(format!("{path} started without a durable decision: {intent}"));
            }
            Some(_) => {}
        }
        // The engine may die while the command runs: then it has happened, or it has not.
        self.moment();
        if self.store.is_dead() && self.below(2) == 0 {
            return Err(dead());
        }
        {
            let mut facts = self.facts();
            facts.acts += 1;
            *facts.happened.entry(path.to_owned()).or_default() += 1;
            if words.contains("again") {
                facts.repeatable.insert(path.to_owned());
            }
        }
        if words.contains("late") {
            self.wait_for(control, || self.facts().happened.keys().any(|path| path.contains("/kept/run#")));
        }
        let mut exit = 0;
        let mut stdout = words.clone();
        if words.contains("fails") || (words.contains("flaky") && !path.contains("@2")) {
            exit = 1;
        } else if words.contains("large") {
            stdout = "much ".repeat(4000);
        } else if words.contains("slow") {
            self.wait_for(control, || false);
            return Err(dead());
        }
        Ok(Finished {
            status: Status::Exit(exit),
            stdout: stdout.into_bytes(),
            stderr: Vec::new(),
            duration: Duration::from_millis(1),
            pid: 1,
            survivors: Vec::new(),
        })
    }

    fn end_orphans(&self, _run: &str) -> Vec<u32> {
        Vec::new()
    }
}

impl People for Outside {
    fn permit(&self, _wish: &Wish<'_>, _: &(dyn Fn() -> bool + Sync)) -> Result<Permission, Ended> {
        Err(Ended::Gone)
    }

    fn decide(&self, sitting: &Sitting<'_>, check: Validator<'_>) -> Outcome {
        let nothing = || Outcome::Interrupted { decisions: Vec::new() };
        self.moment();
        if self.store.is_dead() {
            return nothing();
        }
        if self.absent {
            return Outcome::Suspended { why: Waiting::Left, decisions: Vec::new() };
        }
        if let (Some(until), Some(timeout)) = (sitting.until, sitting.request.timeout_ms) {
            let until = until.duration_since(UNIX_EPOCH).map_or(0, |t| t.as_millis() as i64);
            if until > self.store.clock() + timeout {
                self.wrong(format!("{} is open for longer than it may be", sitting.path));
            }
        }
        let digest = format!("\"digest\":\"{}\"", sitting.digests.evidence);
        if self.durable(sitting.run, sitting.path, &[&digest]).is_none() {
            self.wrong(format!("{} was put before people without being on record", sitting.path));
        }
        self.facts().acts += 1;
        let request = sitting.request;
        let rejects = request.name == "never" || (request.name == "accept" && sitting.path.contains("[0]"));
        let value = match request.name.as_str() {
            "accept" => request.edit.clone().map(|mut note| {
                note["level"] = json!(self.level);
                note
            }),
            "mood" => Some(json!({ "Loud": { "why": "it matters" } })),
            _ => None,
        };
        if let (false, Some(value)) = (rejects, &value)
            && let Err(wrong) = check(value)
        {
            self.wrong(format!("{} takes no {value}: {wrong:?}", sitting.path));
        }
        let at = Timestamp(self.store.clock()).rfc3339();
        let decision = Decision {
            run: sitting.run.to_owned(),
            gate: request.name.clone(),
            path: sitting.path.to_owned(),
            opened: sitting.opened.to_owned(),
            shown: sitting.ballot.shown(),
            digests: sitting.digests.clone(),
            verdict: if rejects { Verdict::Reject } else { Verdict::Approve },
            approver: "ann".to_owned(),
            account: "ann".to_owned(),
            claimed: false,
            confirmed: Vec::new(),
            comment: if rejects { "duller".to_owned() } else { String::new() },
            value: value.clone().filter(|_| !rejects),
            nonce: format!("{:032x}", self.chance.lock().expect("no test panics while it holds it").next()),
            at: at.clone(),
            expires: None,
            assurance: "terminal".to_owned(),
        };
        let by = vec!["ann".to_owned()];
        let reply = match rejects {
            true => GateReply::Rejected { by, comment: "duller".to_owned() },
            false => GateReply::Approved { by, comments: Vec::new(), at, value },
        };
        Outcome::Decided { reply, decisions: vec![decision] }
    }

    fn converse(&self, _: About, _: &(dyn Fn() -> bool + Sync)) -> Result<Box<dyn Partner>, Ended> {
        if self.absent {
            return Err(Ended::Gone);
        }
        Ok(Box::new(Listener { store: self.store.clone(), facts: self.facts.clone() }))
    }

    fn settle(&self, doubt: &Doubt<'_>) -> Result<Testimony, Ended> {
        self.moment();
        if self.store.is_dead() {
            return Err(Ended::Interrupted);
        }
        let choice = self.below(5);
        let mut facts = self.facts();
        facts.doubts += 1;
        let done = if doubt.question { &facts.by_hand } else { &facts.happened };
        let happened = done.get(doubt.path).copied().unwrap_or(0);
        let allowed = facts.allowed.entry(doubt.path.to_owned()).or_insert(1);
        Ok(match (happened >= *allowed, choice) {
            (_, 0) => Testimony::Unknown,
            // What it printed, or that it failed, matters: nobody can say just that it ran.
            (true, n) if n == 1 || doubt.question || doubt.what.contains("echo") => {
                *allowed += 1;
                Testimony::RunAgain
            }
            (true, _) => Testimony::Ran,
            (false, _) if doubt.question => Testimony::RunAgain,
            (false, _) => Testimony::DidNotRun,
        })
    }
}

impl Outside {
    /// The agent writes a file by its tool, once the call is allowed, which is on record by then.
    fn work(&self, tools: &dyn Tools, control: &AskControl<'_>) -> Result<(), Unanswered> {
        let act =
            Ok(Act::Write { tool: AgentTool::Write, path: "out/by_hand.txt".into(), change: "x".into() });
        let input = json!({ "file_path": "out/by_hand.txt", "content": "x" });
        let call = Call { id: "t", tool: "Write", input: &input, act: &act };
        match tools.judge(&call)? {
            Leave::Allowed(_) => {}
            Leave::Refused(why) => {
                self.wrong(format!("{} was refused its tool: {why}", control.path));
                return Ok(());
            }
        }
        let bytes = self.store.durable_bytes(&journal_of(&self.root, control.run));
        let text = String::from_utf8_lossy(&bytes);
        let path = format!("\"path\":\"{}:tool#", control.path);
        let last = text.lines().rev().find(|line| line.contains(&path));
        if !last.is_some_and(|line| line.contains("effect.intended") && line.contains("\"allowed\"")) {
            self.wrong(format!("a tool call of {} was allowed without a durable intent", control.path));
        }
        self.moment();
        if self.store.is_dead() && self.below(2) == 0 {
            return Err(Unanswered::Interrupted);
        }
        {
            let mut facts = self.facts();
            let allowed = facts.allowed.get(control.path).copied().unwrap_or(1);
            let times = facts.by_hand.entry(control.path.to_owned()).or_default();
            *times += 1;
            if *times > allowed {
                let wrong = format!("{} did its work {times} times, {allowed} were allowed", control.path);
                facts.wrong.push(wrong);
            }
        }
        tools.ended("t", CallEnd::Result { text: "written".into(), error: false })?;
        self.moment();
        if self.store.is_dead() { Err(Unanswered::Interrupted) } else { Ok(()) }
    }
}

impl Provider for Outside {
    fn name(&self) -> &str {
        "played"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { structured: true, ..Capabilities::default() }
    }

    fn answer(
        &self,
        request: &ProviderRequest,
        control: &AskControl<'_>,
    ) -> Result<ProviderReply, Unanswered> {
        if self.durable(control.run, control.path, &["\"type\":\"effect.intended\""]).is_none() {
            self.wrong(format!("{} is asked without a durable intent, or once more", control.path));
        }
        self.moment();
        if self.store.is_dead() {
            return Err(Unanswered::Interrupted);
        }
        self.facts().acts += 1;
        if let (false, Some(tools)) = (request.options.tools.is_empty(), control.tools) {
            self.work(tools, control)?;
            return Ok(ProviderReply::text("done"));
        }
        let level = match request.messages.len() {
            _ if request.prompt.contains("duller") => 2,
            // In the conversation: too quiet, then good, then as the person wants it.
            said if request.interactive => said,
            _ => 7,
        };
        Ok(ProviderReply::text(json!({ "text": "a note", "level": level }).to_string()))
    }
}

/// What the person says in the conversation, which each process must put before them in the same order.
const WORDS: [&str; 2] = ["", "louder still"];

/// The person in a conversation.
struct Listener {
    store: FakeStore,
    facts: Arc<Mutex<Facts>>,
}

impl Partner for Listener {
    fn begins(&mut self, _: i64, _: &[Exchange]) {}
    fn hears(&mut self, _: &str) {}
    fn waits(&mut self, _: &str) {}
    fn ends(&mut self, _: Option<&str>) {}
    fn shows(&mut self, _: &Offer<'_>) {}
    fn does(&mut self, _: &str) {}

    fn permits(&mut self, _: &Wish<'_>, _: &(dyn Fn() -> bool + Sync)) -> Result<Permission, Ended> {
        Err(Ended::Gone)
    }

    fn asks(&mut self, offer: &Offer<'_>, _: &(dyn Fn() -> bool + Sync)) -> Result<Said, Ended> {
        self.store.moment();
        if self.store.is_dead() {
            return Err(Ended::Interrupted);
        }
        let mut facts = self.facts.lock().expect("no test panics while it holds the facts");
        facts.acts += 1;
        let before: Vec<&str> = offer.before.iter().map(|e| e.words.as_str()).collect();
        let turn = usize::try_from(offer.turn).unwrap_or(0);
        if Some(&*before) != WORDS.get(..turn - 1) || offer.wrong.is_empty() == (turn == 1) {
            facts.wrong.push(format!("turn {turn} comes after {before:?}, and wrong is {:?}", offer.wrong));
        }
        Ok(Said::Word(match WORDS.get(turn - 1) {
            Some(&"") => Word::SendBack(String::new()),
            Some(words) => Word::Says((*words).to_owned()),
            None => Word::Accept,
        }))
    }
}
