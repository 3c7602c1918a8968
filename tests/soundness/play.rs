//! One execution: a world whose answers come from a seed, and the judge of what happens in it.
//!
//! An answer depends on the seed and on the path that asks, on nothing else, so that two evaluations of the same
//! program get the same answers in whatever order they ask.

use crate::chance::Chance;
use serde_json::{Value as Json, json};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use wflow::diagnostics::{ErrorKind, Failure, codes::runtime};
use wflow::interpreter::labels::{Label, Level, RunLabels, Sink, Watch};
use wflow::interpreter::*;
use wflow::policy::{Decision, Policy, Trust, Word};
use wflow::source::Span;

/// What an AI, or the outside, may say to do harm.
const HOSTILE: &[&str] = &[
    "-x",
    "--upload-pack=sh",
    "../x",
    "/etc/passwd",
    "",
    "@file",
    "a b",
    "a\nb",
    "x/y",
    "..",
    ".",
    "-",
    "a\u{202e}b",
    "\u{feff}",
    "rm",
    "push",
    "--",
    "a..b",
];
const HARMLESS: &[&str] = &["abc", "x1", "deploy", "main", "fast", "a", "beta"];

/// What the judge found.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The code of the rule that should have refused it.
    pub rule: &'static str,
    pub what: String,
    pub span: Span,
    /// From the source of the value on.
    pub way: Vec<(Span, &'static str)>,
}

pub struct Play<'p> {
    seed: u64,
    policy: &'p Policy,
    /// How often people say no, things fail, and texts are hostile: of a hundred.
    moods: [u64; 3],
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    trace: Vec<String>,
    /// Gates that were asked, in that order: name, path, whether it was approved.
    asked: Vec<(String, String, bool)>,
    /// Steps by their paths, with how many gates had been asked when they ended: what counts in their `undo`.
    ended: Vec<(String, usize)>,
    violations: Vec<Violation>,
    /// Commands whose guards all counted for the engine, or did not.
    permitted: Vec<(String, bool)>,
}

impl<'p> Play<'p> {
    pub fn new(seed: u64, policy: &'p Policy) -> Play<'p> {
        let mut chance = Chance(seed);
        let moods = match chance.below(6) {
            0 => [0, 0, 0],
            1 => [0, 0, 90],
            2 => [50, 10, 60],
            3 => [10, 50, 60],
            _ => [15, 15, 60],
        };
        Play { seed, policy, moods, state: Mutex::default() }
    }

    pub fn violations(&self) -> Vec<Violation> {
        self.state.lock().expect("no panic").violations.clone()
    }

    pub fn trace(&self) -> Vec<String> {
        self.state.lock().expect("no panic").trace.clone()
    }

    pub fn permitted(&self) -> Vec<(String, bool)> {
        self.state.lock().expect("no panic").permitted.clone()
    }

    fn chance(&self, path: &str, what: &str) -> Chance {
        let mut hasher = DefaultHasher::new();
        (self.seed, path, what).hash(&mut hasher);
        Chance(hasher.finish())
    }

    fn note(&self, line: String) {
        self.state.lock().expect("no panic").trace.push(line);
    }

    fn found(&self, rule: &'static str, what: String, span: Span, label: Option<&Label>) {
        let way = label.and_then(|l| l.way.as_ref()).map(|w| w.steps()).unwrap_or_default();
        self.state.lock().expect("no panic").violations.push(Violation { rule, what, span, way });
    }

    fn text(&self, chance: &mut Chance) -> String {
        let from = if chance.below(100) < self.moods[2] { HOSTILE } else { HARMLESS };
        from[chance.below(from.len() as u64) as usize].to_owned()
    }

    fn number(&self, chance: &mut Chance) -> i64 {
        [0, 1, 2, 3, 5, -1, -7][chance.below(7) as usize]
    }

    fn name(&self, chance: &mut Chance) -> String {
        // Now and then one that its type refuses.
        if chance.below(12) == 0 { self.text(chance) } else { HARMLESS[chance.below(7) as usize].to_owned() }
    }

    fn list(&self, chance: &mut Chance, item: &str) -> Json {
        (0..chance.below(4)).map(|_| self.answer(chance, item)).collect()
    }

    /// A value of a type of the generated programs, as JSON.
    fn answer(&self, chance: &mut Chance, ty: &str) -> Json {
        match ty {
            "Int" => json!(self.number(chance)),
            "Count" => json!(chance.below(4)),
            "Bool" => json!(chance.coin()),
            "Mode" => json!(["Fast", "Slow", "Fast", "Slow", "fast"][chance.below(5) as usize]),
            "Name" => json!(self.name(chance)),
            "Plan" => json!({
                "name": self.name(chance), "note": self.text(chance), "count": chance.below(4),
                "delta": self.number(chance), "mode": if chance.coin() { "Fast" } else { "Slow" },
                "flag": chance.coin(), "tags": self.list(chance, "Name"), "notes": self.list(chance, "Text"),
                "bits": self.list(chance, "Bool"), "wish": self.answer(chance, "Wish"),
            }),
            "Wish" => match chance.below(3) {
                0 => json!("Idle"),
                1 => json!({ "Named": { "name": self.name(chance) } }),
                _ => json!({ "Told": { "text": self.text(chance), "times": chance.below(3) } }),
            },
            list if list.starts_with('[') => self.list(chance, &list[1..list.len() - 1]),
            map if map.starts_with('{') => {
                let keys = (0..chance.below(3)).map(|_| (self.text(chance), self.answer(chance, "Text")));
                Json::Object(keys.collect())
            }
            _ => json!(self.text(chance)),
        }
    }

    fn words(request: &RunRequest) -> Vec<Word> {
        let word = |w: &ArgWord| match w.interpolated {
            true => Word::interpolated(w.text.as_str()),
            false => Word::literal(w.text.as_str()),
        };
        request.argv.iter().map(word).collect()
    }

    /// The gates that guard an effect here must have been approved on the way.
    fn crossed(&self, path: &str, gates: &[String], span: Span, what: &str) {
        for gate in gates {
            let passed = {
                let state = self.state.lock().expect("no panic");
                // What was asked behind a step says nothing of its `undo`.
                let step = path.rsplit_once("/undo/").map_or("", |(step, _)| step);
                let known = state.ended.iter().rev().find(|(ended, _)| ended == step).map(|(_, n)| *n);
                let asked = &state.asked[..known.unwrap_or(state.asked.len())];
                // The last time that it was asked on the way here; in the `undo`, too.
                let own = state.asked[asked.len()..]
                    .iter()
                    .filter(|(_, at, _)| at.starts_with(&format!("{step}/undo/")));
                let last =
                    asked.iter().chain(own).rev().find(|(name, at, _)| name == gate && counts(at, path));
                last.is_some_and(|(_, _, approved)| *approved)
            };
            if !passed {
                self.found("E0505", format!("{what} at {path} without gate `{gate}`"), span, None);
            }
        }
    }

    fn fails(&self, chance: &mut Chance) -> Option<Stop> {
        if chance.below(100) >= self.moods[1] {
            return None;
        }
        let kind = [ErrorKind::Timeout, ErrorKind::Transient, ErrorKind::Business][chance.below(3) as usize];
        Some(Failure::new(kind, runtime::E1009, self.text(chance)).into())
    }

    /// Whether another effect may happen; it is protected like a command.
    fn effect(&self, at: &At, name: &str, argument: &str) -> Answer<()> {
        match self.policy.decide_effect(name, Some(argument)) {
            Decision::Allowed { after, .. } => {
                let gates: Vec<String> = after.iter().map(|g| g.gate.to_string()).collect();
                self.crossed(&at.path, &gates, at.span, name);
                Ok(())
            }
            Decision::Denied(refusal) | Decision::NotAllowed(refusal) => Err(refusal.failure().into()),
        }
    }
}

/// Whether what was approved there counts here: not in another branch of the same `parallel`. Turns of loops are not
/// told apart by their paths (two loops may have the same); those the engine's own list of passed gates knows.
fn counts(approved: &str, here: &str) -> bool {
    let differ = approved.split('/').zip(here.split('/')).find(|(a, b)| a != b);
    let branch = |(a, b): (&str, &str)| match (a.split_once('.'), b.split_once('.')) {
        (Some((x, _)), Some((y, _))) => x == y && x.starts_with("parallel#"),
        _ => false,
    };
    !differ.is_some_and(branch)
}

impl Watch for Play<'_> {
    fn run(&self, at: &At, request: &RunRequest, labels: &RunLabels) {
        let words = Play::words(request);
        let protected = !self.policy.guards(&words, None).is_empty();
        for (word, label, text) in &labels.words {
            let (rule, most) = match (*word, protected) {
                (0, _) | (_, true) => ("E0507", Level::Person),
                _ => ("E0506", Level::Outside),
            };
            if label.alone > most {
                // A value of an AI is refused by the same rule, whatever the command.
                self.found(
                    rule,
                    format!("{text:?} in word {word} of {:?}: {label}", request.argv),
                    at.span,
                    Some(label),
                );
            }
        }
        if labels.decided && at.because.is_none() {
            let what = format!("{:?} is not recorded as decided by an untrusted value", request.argv);
            self.found("because", what, at.span, None);
        }
        let folder = labels.dir.iter().map(|l| ("the folder", l));
        for (what, label) in folder.chain(labels.env.iter().map(|(name, l)| (name.as_str(), l))) {
            if label.alone > Level::Outside {
                self.found("E0508", format!("{what} of {:?}: {label}", request.argv), at.span, Some(label));
            }
        }
        let program = request.argv.first().map_or("", |w| w.text.as_str());
        let code = ["sh", "bash", "python3", "node", "psql"].contains(&program);
        if let Some(label) = labels.stdin.as_ref().filter(|l| code && l.alone > Level::Outside) {
            self.found("E0510", format!("code of {program}: {label}"), at.span, Some(label));
        }
    }

    fn arrives(&self, sink: Sink, span: Span, text: &str, label: &Label) {
        let rule = match sink {
            Sink::Path | Sink::Variable => "E0508",
            Sink::Instructions => "E0509",
            Sink::Question | Sink::Criterion | Sink::Reason => "E0511",
        };
        if label.alone > Level::Outside {
            self.found(rule, format!("{text:?} as {sink:?}: {label}"), span, Some(label));
        }
    }

    fn trust(&self, request: &RunRequest) -> Trust {
        self.policy.trust(&Play::words(request), None)
    }

    fn trust_file(&self, path: &str) -> Trust {
        self.policy.trust_file(Some(path))
    }
}

impl World for Play<'_> {
    fn mode(&self) -> Mode {
        Mode::Ai
    }

    fn run(&self, at: &At, request: &RunRequest) -> Answer<RunReply> {
        self.note(format!("{} run {request:?} because {:?}", at.path, at.because));
        let words = Play::words(request);
        match self.policy.decide(&words, None) {
            Decision::Allowed { after, .. } => {
                let gates: Vec<String> = after.iter().map(|g| g.gate.to_string()).collect();
                let by_engine = gates.iter().all(|g| at.passed.iter().any(|(name, _)| **name == *g.as_str()));
                self.state.lock().expect("no panic").permitted.push((at.path.clone(), by_engine));
                self.crossed(&at.path, &gates, at.span, &format!("{:?}", request.argv));
                if !by_engine {
                    let what = format!("{:?} at {}: not passed for the engine", request.argv, at.path);
                    self.found("E0505", what, at.span, None);
                }
            }
            Decision::Denied(refusal) | Decision::NotAllowed(refusal) => {
                return Err(refusal.failure().into());
            }
        }
        let mut chance = self.chance(&at.path, "run");
        if let Some(stop) = self.fails(&mut chance) {
            return Err(stop);
        }
        let exit = i64::from(chance.below(100) < self.moods[1]);
        let stdout = match request.argv.get(1).map(|w| w.text.as_str()) {
            Some("plan") => self.answer(&mut chance, "Plan").to_string(),
            Some("lines") => (0..chance.below(4)).map(|_| self.text(&mut chance) + "\n").collect(),
            _ => self.text(&mut chance),
        };
        Ok(RunReply { exit, stdout: stdout.into(), stderr: self.text(&mut chance).into(), duration_ms: 5 })
    }

    fn ask(&self, at: &At, request: &AskRequest) -> Answer<AskReply> {
        self.note(format!("{} ask {request:?}", at.path));
        let mut chance = self.chance(&at.path, "ask");
        if chance.below(100) < self.moods[1] {
            let why = Failure::new(ErrorKind::Transient, runtime::E1009, "nobody answers");
            return Ok(AskReply::Unavailable(why));
        }
        let answer = self.answer(&mut chance, &request.type_name);
        Ok(AskReply::Text(match (&answer, request.schema.is_some()) {
            (Json::String(text), false) => text.clone(),
            (other, _) => other.to_string(),
        }))
    }

    fn gate(&self, at: &At, request: &GateRequest, check: Validator<'_>) -> Answer<GateReply> {
        self.note(format!("{} gate {request:?}", at.path));
        self.state.lock().expect("no panic").asked.push((request.name.clone(), at.path.clone(), false));
        let mut chance = self.chance(&at.path, "gate");
        if chance.below(100) < self.moods[0] {
            return Ok(match chance.coin() {
                true => GateReply::Rejected { by: vec!["ada".into()], comment: self.text(&mut chance) },
                false => GateReply::Expired,
            });
        }
        let value = match (&request.edit, &request.type_name) {
            (Some(edit), _) if chance.coin() => Some(edit.clone()),
            (_, Some(ty)) => {
                let fits = (0..20).map(|_| self.answer(&mut chance, ty)).find(|v| check(v).is_ok());
                Some(fits.or(request.edit.clone()).unwrap_or(Json::Null))
            }
            _ => None,
        };
        if value.as_ref().is_some_and(|v| check(v).is_err()) {
            return Ok(GateReply::Expired);
        }
        self.state.lock().expect("no panic").asked.push((request.name.clone(), at.path.clone(), true));
        let at = "2026-07-01T12:00:00Z".to_owned();
        Ok(GateReply::Approved { by: vec!["ada".into()], comments: vec!["fine".into()], at, value })
    }

    fn read(&self, at: &At, path: &str) -> Answer<String> {
        self.note(format!("{} read {path:?}", at.path));
        let mut chance = self.chance(&at.path, "read");
        match self.fails(&mut chance) {
            Some(stop) => Err(stop),
            None if path.ends_with(".json") => Ok(self.answer(&mut chance, "Plan").to_string()),
            None => Ok(self.text(&mut chance)),
        }
    }

    fn write(&self, at: &At, path: &str, text: &str) -> Answer<()> {
        self.note(format!("{} write {path:?} {text:?}", at.path));
        self.effect(at, "write", path)
    }

    fn glob(&self, at: &At, pattern: &str) -> Answer<Vec<String>> {
        self.note(format!("{} glob {pattern:?}", at.path));
        let mut chance = self.chance(&at.path, "glob");
        Ok((0..chance.below(3)).map(|_| self.text(&mut chance)).collect())
    }

    fn exists(&self, at: &At, path: &str) -> Answer<bool> {
        self.note(format!("{} exists {path:?}", at.path));
        Ok(self.chance(&at.path, "exists").coin())
    }

    fn now(&self, _: &At) -> Answer<i64> {
        Ok(1_780_000_000_000)
    }

    fn uuid(&self, _: &At) -> Answer<String> {
        Ok("0190a0b0-0000-7000-8000-000000000000".into())
    }

    fn env(&self, at: &At, name: &str) -> Answer<Option<String>> {
        self.note(format!("{} env {name:?}", at.path));
        let mut chance = self.chance(&at.path, "env");
        Ok((chance.below(4) > 0).then(|| self.text(&mut chance)))
    }

    fn secret(&self, _: &At, _: &str) -> Answer<()> {
        Ok(())
    }

    fn wait(&self, at: &At, millis: i64) -> Answer<()> {
        self.note(format!("{} wait {millis}", at.path));
        Ok(())
    }

    fn say(&self, at: &At, text: &str) -> Answer<()> {
        self.note(format!("{} say {text:?}", at.path));
        Ok(())
    }

    fn vouch(&self, at: &At, because: &str, value: &Json) -> Answer<()> {
        self.note(format!("{} vouch {because:?} {value}", at.path));
        Ok(())
    }

    fn is_role(&self, name: &str) -> bool {
        ["ada", "bob"].contains(&name)
    }

    fn roles(&self) -> Vec<String> {
        vec!["ada".into(), "bob".into()]
    }

    fn step_started(&self, at: &At, _: &str, title: Option<&str>) -> Answer<()> {
        self.note(format!("{} step {title:?}", at.path));
        Ok(())
    }

    fn step_completed(&self, at: &At, _: &str, value: &Json) -> Answer<()> {
        self.note(format!("{} step done {value}", at.path));
        let mut state = self.state.lock().expect("no panic");
        let asked = state.asked.len();
        state.ended.push((at.path.clone(), asked));
        drop(state);
        Ok(())
    }

    fn step_failed(&self, at: &At, _: &str, _: &Stop) {
        self.note(format!("{} step failed", at.path));
        let mut state = self.state.lock().expect("no panic");
        let asked = state.asked.len();
        state.ended.push((at.path.clone(), asked));
    }

    fn undo_started(&self, at: &At, _: &str, ends_run: bool) -> Answer<()> {
        self.note(format!("{} undo {ends_run}", at.path));
        Ok(())
    }

    fn undo_completed(&self, at: &At, _: &str, failure: Option<&Failure>) -> Answer<()> {
        self.note(format!("{} undone {}", at.path, failure.is_none()));
        Ok(())
    }

    fn backoff(&self, at: &At, attempt: u32, of: u32, delay_ms: Option<i64>, _: &Failure) -> Answer<()> {
        self.note(format!("{} backoff {attempt} {of} {delay_ms:?}", at.path));
        Ok(())
    }
}
