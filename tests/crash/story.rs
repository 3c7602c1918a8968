//! The runs: every construct of the language that has to do with the outside, and how one is lived through.

use super::chance::Chance;
use super::fake::{FakeStore, Left};
use super::outside::{Facts, Outside, journal_of};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use wflow::check::{Checked, Environment, check_file};
use wflow::diagnostics::Failure;
use wflow::engine::{Finished, Options, Outcome, ProviderChoice, Start, file_policy, resume, start};
use wflow::interpreter::Lowered;
use wflow::journal::{EventType, Journal, RunDir, Runs, Verdict, verify_ledger, verify_run};
use wflow::policy::{Project, load_project};
use wflow::source::SourceMap;

const CONFIG: &str = r#"
[policy]
allow = [
    "touch *", "echo *",
    { command = "touch shipped *", after = "ship" },
    { read = "out/late.txt", after = "ship" },
    { effect = "lib.note", after = "ship" },
    { write = "out/by_hand.txt", agent = "hand" },
]
reads = ["echo again *"]
write = ["out/**"]
"#;

const LIBRARY: &str = "task note() -> Text { run `echo noted` as Text }\n";

const TEXT: &str = r#"
use "./lib.wflow" as lib

type Note { text: Text where it.len <= 40, level: Int }
agent hand { tools: ["Write"] }
enum Mood { Calm, Loud { why: Text } }

task build(n: Int) -> Text {
    step compile "Compile {n}" { run `touch built {n}` } undo { run `touch unbuilt {n}` }
    run `echo part {n}` as Text
}

workflow all(n: Int = 2) -> Text {
    let _when = now()
    let _id = uuid()
    let home = env("NOWHERE") ?? "nowhere"
    step plan "Plan" {
        run `touch planned`
        write("out/plan.txt", "plan {n}")
    } undo { run `touch unplanned` }
    let text = read("out/plan.txt")
    let found = glob("out/*")
    let there = exists("out")
    let flaky = run `echo flaky` retry 2 every 20ms as Text
    let large = run `echo large` as Text
    run `touch again` idempotent
    run `echo again reads`
    let made = for i in 0..n { build(i) }
    let pair = parallel { left: build(7), right: { step side { run `touch side` }  "side" } }
    let items = parallel for i in [1, 2, 3] limit 2 { run `echo item {i}` as Text }
    let caught = try {
        step risky "Risky" { run `touch risky` } undo { run `touch unrisky` }
        run `echo fails`
        "never"
    } catch business {
        run `touch handled`
        "caught"
    }
    let cut = try {
        parallel {
            slow: { step held { run `touch held` } undo { run `touch unheld` }  run `echo slow` as Text },
            bad: run `echo fails too` as Text,
        }
        "never"
    } catch business { run `touch cut`  "cut" }
    let mixed = try {
        parallel {
            asked: {
                gate inner "Inner?"
                step kept "Keep" { run `touch kept` } undo { run `touch unkept` }
                run `echo slow again` as Text
            },
            bad: run `echo fails late` as Text,
        }
        "never"
    } catch business { run `touch mixed`  "mixed" }
    wait 100ms
    var feedback = "nothing"
    let level = repeat up to 3 {
        let note = ask "A note about {feedback}" as Note otherwise Note(text: "plain", level: 1)
        let better = gate accept "Use it?" edit note check it.level < 9 else "too loud"
            on reject r { feedback = r.comment  continue }
        break better.level
    } else { fail business "nobody liked it" }
    run `touch level{level}`
    let talk = ask interactive "Talk about it" as Note up to 4 turns check it.level > 2 else "too quiet"
    let mood = gate mood "Which?" as Mood
    say "the mood is {mood.to_json()}"
    let by_hand = ask hand "Write it by hand"
    say by_hand
    write("out/late.txt", "late")
    gate ship "Ship it?" show { made, items }
    let noted = "{read("out/late.txt")} {lib.note().len}"
    step publish "Publish" { run `touch shipped one`  run `touch shipped two` } undo { run `touch unshipped` }
    "{home} {text} {found.len} {there} {flaky.len} {large.len} {made.len} {pair.left} {items.len} {caught} {cut} {mixed} {level} {talk.level} {noted}"
}

workflow fails() {
    step one "One" { run `touch one` } undo { run `touch unone` }
    parallel {
        a: { step two "Two" { run `touch two` } undo { run `touch untwo` } },
        b: { step three "Three" { run `touch three` } undo { run `echo fails` } },
    }
    step four "Four" { run `touch four`  run `echo fails` } undo { run `touch unfour` }
}

workflow rejected() {
    step one "One" { run `touch one` } undo { run `touch unone`  say "taken back" }
    gate never "Go on?"
    run `touch never`
}

workflow waits() {
    run `touch before`
    wait 2h
    gate open "Go on?" timeout 1h
    run `touch after`
}
"#;

pub struct Story {
    _folder: tempfile::TempDir,
    pub root: PathBuf,
    project: Project,
    checked: Checked,
    lowered: Lowered,
    workflow: &'static str,
    end: EventType,
}

/// How one run went, over all its processes.
pub struct Life {
    pub story: Arc<Story>,
    pub store: FakeStore,
    pub facts: Arc<Mutex<Facts>>,
    pub chance: Chance,
    pub what: String,
    /// What was durable at some time, and must be so ever after.
    acknowledged: Vec<u8>,
    pub processes: u32,
    pub absent: bool,
    pub jumps: bool,
    /// What people make of the note at its gate.
    pub level: i64,
    /// A person gives it up.
    pub given_up: bool,
    wrong: Vec<String>,
}

/// How a process ended.
pub enum Process {
    /// The run has come to its end.
    Over,
    /// It has not.
    Open(String),
    /// There is no run: it ended before it began.
    Nothing,
}

impl Story {
    pub fn new(workflow: &'static str, end: EventType) -> Arc<Story> {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("it exists");
        std::fs::write(root.join("wflow.toml"), CONFIG).expect("a file");
        std::fs::write(root.join("w.wflow"), TEXT).expect("a file");
        std::fs::write(root.join("lib.wflow"), LIBRARY).expect("a file");
        let mut sources = SourceMap::new();
        let (project, wrong) = load_project(&root, &mut sources);
        let checked =
            check_file(&root.join("w.wflow"), &Environment::of_project(&project, &sources)).expect("a file");
        assert!(wrong.is_empty() && !checked.has_errors(), "{:#?}", checked.diagnostics);
        let lowered = Lowered::new(&checked.program);
        Arc::new(Story { _folder: folder, root, project, checked, lowered, workflow, end })
    }

    pub fn all_three() -> [Arc<Story>; 3] {
        [
            Story::new("all", EventType::RunCompleted),
            Story::new("fails", EventType::RunFailed),
            Story::new("rejected", EventType::RunRejected),
        ]
    }

    pub fn runs(&self, store: &FakeStore) -> Runs {
        Runs::of_project(Arc::new(store.clone()), &self.root)
    }
}

impl Life {
    pub fn new(story: &Arc<Story>, store: FakeStore, seed: u64, what: impl Into<String>) -> Life {
        // What was written to real files belongs to the run before.
        let _ = std::fs::remove_dir_all(story.root.join("out"));
        Life {
            story: story.clone(),
            store,
            facts: Arc::default(),
            chance: Chance(seed),
            what: what.into(),
            acknowledged: Vec::new(),
            processes: 0,
            absent: false,
            jumps: false,
            level: 3,
            given_up: false,
            wrong: Vec::new(),
        }
    }

    fn options(&mut self) -> Options {
        self.processes += 1;
        let outside = Arc::new(Outside {
            store: self.store.clone(),
            facts: self.facts.clone(),
            root: self.story.root.clone(),
            chance: Mutex::new(Chance(self.chance.next())),
            absent: self.absent,
            jumps: self.jumps,
            level: self.level,
        });
        Options {
            provider: ProviderChoice::Own(outside.clone()),
            store: Arc::new(self.store.clone()),
            commands: outside.clone(),
            people: outside,
            give_up: self.given_up.then(|| "enough".to_owned()),
            ..Options::default()
        }
    }

    fn end(&self) -> EventType {
        if self.given_up { EventType::RunCancelled } else { self.story.end }
    }

    pub fn run(&self) -> Option<RunDir> {
        let runs = self.story.runs(&self.store);
        runs.list().ok()?.last().map(|id| runs.open(id))
    }

    /// A process that starts the run.
    pub fn start(&mut self) -> Process {
        let options = self.options();
        let story = self.story.clone();
        let program = &story.checked.program;
        let callable = program.workflows().find(|w| &*w.name == story.workflow).expect("it is in the text");
        let given = serde_json::Map::new();
        let args = story.lowered.arguments(callable.id, &wflow::interpreter::Given::Json(&given), &|_| true);
        let started = start(
            Start {
                program,
                lowered: &story.lowered,
                project: &story.project,
                workflow: callable.id,
                given,
                args: args.expect("they have defaults"),
                file_policy: file_policy(&story.checked),
            },
            &options,
        );
        self.ended(started)
    }

    /// One that goes on with it.
    pub fn resume(&mut self) -> Process {
        let options = self.options();
        let Some(dir) = self.run() else { return Process::Nothing };
        let resumed = resume(&self.story.root, &self.story.runs(&self.store), &dir, &options);
        self.ended(resumed)
    }

    fn ended(&mut self, ended: Result<Finished, Failure>) -> Process {
        let said = match &ended {
            Ok(finished) => match &finished.outcome {
                Outcome::Failed(f) | Outcome::Rejected(f) | Outcome::InDoubt(f) => format!("{f:?}"),
                other => format!("{other:?}"),
            },
            Err(failure) => format!("{failure:?}"),
        };
        match ended {
            Ok(f) if !self.store.is_dead() => match f.outcome {
                // Nothing was left to be begun, so there was nothing to give up.
                Outcome::Completed { .. } if self.given_up => {
                    self.given_up = false;
                    Process::Over
                }
                Outcome::Completed { .. } if self.end() == EventType::RunCompleted => Process::Over,
                Outcome::Cancelled(_) if self.end() == EventType::RunCancelled => Process::Over,
                Outcome::Rejected(_) if self.end() == EventType::RunRejected => Process::Over,
                Outcome::Failed(f)
                    if self.end() == EventType::RunFailed && !f.code.id().starts_with("E15") =>
                {
                    Process::Over
                }
                _ => Process::Open(said),
            },
            // A crash came after the last event: there is nothing to go on with.
            Err(failure) if failure.code.id() == "E1519" => Process::Over,
            Err(failure) if failure.code.id() == "E1510" => Process::Nothing,
            _ => Process::Open(said),
        }
    }

    /// The machine after this process, with what is left of what it did not sync. What was durable is so for good.
    pub fn restart(&mut self, left: Left) {
        if let Some(dir) = self.run() {
            let durable = self.store.confirmed_bytes(&dir.journal_path());
            self.keep(&durable);
        }
        self.store = self.store.restarted(left);
    }

    /// Whether the last event on disk is an end.
    pub fn has_ended(&self) -> bool {
        let events = self.run().and_then(|dir| Journal::read(&dir).ok()).map(|journal| journal.events);
        events.is_some_and(|events| events.last().is_some_and(|last| last.kind.ends_run()))
    }

    /// Whether the outcome of a command with this word is durable.
    pub fn acknowledges(&self, word: &str) -> bool {
        let Some(dir) = self.run() else { return false };
        let record = self.store.confirmed_bytes(&dir.journal_path());
        let record = String::from_utf8_lossy(&record);
        record.lines().any(|line| line.contains("effect.completed") && line.contains(word))
    }

    /// Somebody changes what was durable.
    pub fn forget_acknowledged(&mut self) {
        self.acknowledged.clear();
    }

    fn keep(&mut self, durable: &[u8]) {
        if !durable.starts_with(&self.acknowledged) {
            let same = durable.iter().zip(&self.acknowledged).take_while(|(a, b)| a == b).count();
            let (had, has) = (self.acknowledged.len(), durable.len());
            self.wrong.push(format!(
                "of {had} durable bytes {same} are left in {has}, after {} processes",
                self.processes
            ));
        }
        self.acknowledged = durable.to_vec();
    }

    /// Goes on without faults until the end; then everything must be as it should.
    pub fn live_on(&mut self, mut last: Process) -> Result<(), String> {
        let mut said = Vec::new();
        for _ in 0..60 {
            match last {
                Process::Over => return self.judged(),
                Process::Nothing => {
                    let facts = self.facts.lock().expect("no test panics while it holds the facts");
                    return match facts.acts == 0 && self.acknowledged.is_empty() {
                        true => Ok(()),
                        false => Err(format!("{}: the run is gone", self.what)),
                    };
                }
                Process::Open(why) => said.push(why),
            }
            last = self.resume();
        }
        Err(format!("{}: it does not come to its end: {:#?}", self.what, said.last()))
    }

    /// Nothing, or what is wrong with how it ended, with the record.
    fn judged(&mut self) -> Result<(), String> {
        if let Some(dir) = self.run() {
            let durable = self.store.confirmed_bytes(&journal_of(&self.story.root, dir.id().as_str()));
            self.keep(&durable);
        }
        match self.judge() {
            Ok(()) if self.wrong.is_empty() => Ok(()),
            judged => {
                let wrong =
                    [std::mem::take(&mut self.wrong), judged.err().into_iter().collect()].concat().join("; ");
                let record = self.run().map(|dir| self.store.bytes(&dir.journal_path())).unwrap_or_default();
                let record = String::from_utf8_lossy(&record).into_owned();
                Err(format!("{}: {wrong}\n{record}", self.what))
            }
        }
    }

    fn judge(&self) -> Result<(), String> {
        let runs = self.story.runs(&self.store);
        let dir = self.run().ok_or("the run is gone")?;
        let said = |failure: Failure| format!("{failure:?}");
        let journal = Journal::read(&dir).map_err(said)?;
        ensure(self.acknowledged == self.store.bytes(&dir.journal_path()), || {
            "its end is not durable".to_owned()
        })?;
        let last = journal.events.last().ok_or("no events")?;
        ensure(last.kind == self.end(), || format!("it ended by {}", last.kind.name()))?;
        if self.end() == EventType::RunCompleted {
            let value = last.text("value").unwrap_or_default();
            let right =
                value == "nowhere plan 2 1 true 10 20000 2 echo part 7 3 caught cut mixed 3 5 late 10";
            ensure(right, || format!("its value is {value}"))?;
        }
        let report = verify_run(&runs, &dir).map_err(said)?;
        ensure(report.verdict == Verdict::Ok, || report.verdict.to_string())?;
        let ledger = verify_ledger(&runs).map_err(said)?;
        ensure(ledger.verdict == Verdict::Ok, || format!("the ledger: {}", ledger.verdict))?;
        let facts = self.facts.lock().expect("no test panics while it holds the facts");
        ensure(facts.wrong.is_empty(), || facts.wrong.join("; "))?;
        let mut over = BTreeSet::new();
        for event in &journal.events {
            let path = &event.path;
            match event.kind {
                EventType::EffectIntended => {
                    ensure(!over.contains(path), || format!("{path} is begun again after its outcome"))?;
                }
                EventType::EffectCompleted => {
                    let is_command = event.data.contains_key("result") && path.contains("/run#");
                    let happened = facts.happened.contains_key(path);
                    ensure(!is_command || happened, || format!("{path} never happened"))?;
                    over.insert(path.clone());
                }
                EventType::EffectFailed => drop(over.insert(path.clone())),
                _ => {}
            }
        }
        for path in facts.happened.keys().filter(|path| self.given_up && !path.contains("/undo/")) {
            let step = path.rsplit_once('/').map_or("", |(step, _)| step);
            let name = step.rsplit('/').next().unwrap_or_default();
            let undone = facts.happened.contains_key(&format!("{step}/undo/run#1"));
            let has_undo = ["plan", "compile", "risky", "held", "kept", "publish"].contains(&name);
            ensure(undone || !has_undo, || format!("{step} was not taken back"))?;
        }
        for (path, times) in &facts.happened {
            let allowed = facts.allowed.get(path).copied().unwrap_or(1);
            let right = *times <= allowed || facts.repeatable.contains(path);
            ensure(right, || format!("{path} happened {times} times, {allowed} were allowed"))?;
        }
        Ok(())
    }
}

fn ensure(right: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if right { Ok(()) } else { Err(what()) }
}

/// Tells what went wrong in any of many lives, the first ones in full.
pub fn report(wrong: Vec<String>) {
    let firsts: Vec<&str> = wrong.iter().map(|w| w.lines().next().unwrap_or_default()).collect();
    assert!(
        wrong.is_empty(),
        "{} lives went wrong:\n{}\n\n{}",
        wrong.len(),
        firsts.join("\n"),
        wrong.iter().find(|w| !w.contains("ends without having begun")).unwrap_or(&wrong[0])
    );
}
