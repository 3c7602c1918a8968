//! Soundness: whatever the checker accepts keeps its promises in every execution.
//!
//! `program` makes random programs with random policies; those that the checker accepts are executed many times by the
//! labelled evaluation ([`wflow::interpreter::labels`]), with answers of AIs, people, commands and files that come from
//! a seed (`play`), which is also the judge. No execution may come to a protected effect without its gate, nor may a
//! value arrive where its label must not. A program that fails is made smaller (`shrink`) and shown with its policy,
//! the execution, and the way of the value.
//!
//! `SOUNDNESS=n` tries n programs, `SEED=n` begins with another one.

mod blocks;
#[path = "../support/chance.rs"]
mod chance;
mod exprs;
mod play;
mod program;
mod scope;
mod shrink;
mod statements;

use play::{Play, Violation};
use program::{Program, program};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use wflow::check::{Checked, Environment, Memory, check_source};
use wflow::interpreter::labels::Level;
use wflow::interpreter::{Lowered, Root, Stop};
use wflow::policy::{Policy, Project, RuleSet};
use wflow::source::SourceMap;
use wflow::value::Value;

const EXECUTIONS: u64 = 10;

/// A program as the checker has seen it.
pub struct Seen {
    pub checked: Checked,
    policy: Policy,
}

pub fn see(program: &Program) -> Seen {
    let mut sources = SourceMap::default();
    let (project, found) = Project::from_text("/project", &program.config, &mut sources);
    assert!(found.is_empty(), "{}\n{found:?}", program.config);
    let environment = Environment::of_project(&project, &sources);
    let checked = check_source("case.wflow", &program.text(), &Memory::default(), &environment);
    let file = &checked.program.modules[0].ast;
    let rules = file.policies().next().is_some().then(|| RuleSet::from_items(file.policies()).0);
    let policy = Policy::from_config(Some(&project.config), rules);
    Seen { checked, policy }
}

impl Seen {
    /// The codes of its errors, each once.
    pub fn errors(&self) -> Vec<&'static str> {
        let errors = self.checked.diagnostics.iter().filter(|d| d.is_error());
        let mut codes: Vec<&str> = errors.map(|d| d.code.id()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    fn arguments(
        &self,
        lowered: &Lowered,
        seed: u64,
    ) -> Option<(wflow::check::CallableId, Vec<Value>, Level)> {
        let main = self.checked.program.workflows().find(|w| &*w.name == "main")?;
        let mut chance = chance::Chance(seed);
        let values = [
            Value::from(["-x", "abc", "../x", "main"][chance.below(4) as usize]),
            Value::from(["abc", "x1"][chance.below(2) as usize]),
            Value::Int(chance.below(4) as i64),
        ];
        let _ = lowered;
        let level = if main.agent_startable { Level::Untrusted } else { Level::Person };
        Some((main.id, values.into(), level))
    }

    /// One labelled execution.
    pub fn play(&self, lowered: &Lowered, seed: u64) -> (Play<'_>, Result<Value, Stop>) {
        let play = Play::new(seed, &self.policy);
        let root = Root { path: "main".into(), ..Root::default() };
        let Some((main, args, level)) = self.arguments(lowered, seed) else {
            return (play, Ok(Value::Nothing));
        };
        let end = lowered.run_labelled(main, args, level, &play, &play, &root);
        (play, end)
    }

    /// The first violation of its executions, with the seed of that one. `rule`: only of this.
    pub fn violation(&self, of: u64, rule: Option<&str>) -> Option<(u64, Violation)> {
        let lowered = Lowered::new(&self.checked.program);
        (0..EXECUTIONS).find_map(|n| {
            let seed = chance::Chance(of ^ (n << 32)).next();
            let (play, _) = self.play(&lowered, seed);
            let found = play.violations().into_iter().find(|v| rule.is_none_or(|rule| v.rule == rule));
            found.map(|v| (seed, v))
        })
    }
}

/// What there is to say of a program that was accepted and does harm.
fn report(program: &Program, seen: &Seen, seed: u64, violation: &Violation) -> String {
    let lowered = Lowered::new(&seen.checked.program);
    let (play, end) = seen.play(&lowered, seed);
    let place = |span| seen.checked.program.sources.place(span).to_string();
    let way: Vec<String> =
        violation.way.iter().map(|(span, what)| format!("{}: {what}", place(*span))).collect();
    let end = match end {
        Ok(value) => value.to_string(),
        Err(Stop::Failed(failure)) => failure.to_string(),
        Err(stop) => format!("{stop:?}"),
    };
    format!(
        "{} at {}: {}\nway of the value:\n  {}\n== wflow.toml\n{}== case.wflow\n{}== execution {seed}\n{}\nends with {end}\n",
        violation.rule,
        place(violation.span),
        violation.what,
        way.join("\n  "),
        program.config,
        program.text(),
        play.trace().join("\n"),
    )
}

/// Goes through seeds on two threads, whose stacks are deep enough, until `each` gives something.
fn search<T: Send>(first: u64, count: u64, each: impl Fn(u64) -> Option<T> + Sync) -> Option<T> {
    let next = AtomicU64::new(0);
    let (next, each) = (&next, &each);
    std::thread::scope(|scope| {
        let work = move || {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    return None;
                }
                if let Some(found) = each(first + n) {
                    next.store(count, Ordering::Relaxed);
                    return Some(found);
                }
            }
        };
        let threads: Vec<_> = (0..2)
            .map(|_| {
                std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, work).expect("a thread")
            })
            .collect();
        threads.into_iter().filter_map(|t| t.join().expect("no panic")).next()
    })
}

fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(or)
}

#[test]
fn what_is_accepted_keeps_its_promises() {
    let count = number("SOUNDNESS", 20_000);
    let accepted = AtomicU64::new(0);
    let runs = AtomicU64::new(0);
    let codes: std::sync::Mutex<BTreeMap<String, u64>> = std::sync::Mutex::default();
    let found = search(number("SEED", 0), count, |seed| {
        let program = program(seed);
        let seen = see(&program);
        let errors = seen.errors();
        if !errors.is_empty() {
            *codes.lock().expect("no panic").entry(errors.join(" ")).or_default() += 1;
            if std::env::var_os("SHOW").is_some_and(|s| errors.iter().any(|e| *e == s.to_string_lossy())) {
                let d = seen.checked.diagnostics.iter().filter(|d| d.is_error());
                let all: Vec<String> = d
                    .map(|d| {
                        format!(
                            "{}: {} [{}]",
                            seen.checked.program.sources.place(d.primary.span),
                            d.message,
                            d.code
                        )
                    })
                    .collect();
                let lines: Vec<String> =
                    program.text().lines().enumerate().map(|(i, l)| format!("{} {l}", i + 1)).collect();
                return Some(format!("{}\n{}\n{}", program.config, lines.join("\n"), all.join("\n")));
            }
            return None;
        }
        accepted.fetch_add(1, Ordering::Relaxed);
        runs.fetch_add(EXECUTIONS, Ordering::Relaxed);
        let found = seen.violation(seed, None)?;
        Some(describe(seed, program, seen, found, &[]))
    });
    let accepted = accepted.into_inner();
    println!("{count} programs, {accepted} accepted, {} executions", runs.into_inner());
    if std::env::var_os("CODES").is_some() {
        let mut codes: Vec<_> = codes.into_inner().expect("no panic").into_iter().collect();
        codes.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        for (code, n) in codes.iter().take(40) {
            println!("{n} {code}");
        }
    }
    if let Some(found) = found {
        panic!("{found}");
    }
    assert!(accepted * 4 >= count, "too few are accepted");
}

/// Makes it smaller, and says what there is to say.
fn describe(seed: u64, program: Program, seen: Seen, found: (u64, Violation), dropped: &[&str]) -> String {
    let rule = found.1.rule;
    let fails = |program: &Program| {
        let seen = see(program);
        let fine = seen.errors().iter().all(|e| dropped.contains(e));
        fine.then(|| seen.violation(seed, Some(rule))).flatten()
    };
    let small = shrink::smaller(program.clone(), &|p| fails(p).is_some());
    match fails(&small) {
        Some((run, violation)) => format!("SEED={seed}\n{}", report(&small, &see(&small), run, &violation)),
        None => format!("SEED={seed}\n{}", report(&program, &seen, found.0, &found.1)),
    }
}

/// Without one of its rules the checker accepts what does harm, and the judge finds it.
#[test]
fn each_rule_is_needed() {
    for rule in ["E0505", "E0506", "E0507", "E0508", "E0509", "E0510", "E0511"] {
        let tried = AtomicU64::new(0);
        let found = search(1_000_000, 4_000, |seed| {
            let program = program(seed);
            let seen = see(&program);
            if seen.errors() != [rule] {
                tried.fetch_add(1, Ordering::Relaxed);
                return None;
            }
            tried.fetch_add(1, Ordering::Relaxed);
            let found = seen.violation(seed, Some(rule))?;
            Some(describe(seed, program, seen, found, &[rule]))
        });
        println!("{rule}: found after {} programs", tried.into_inner());
        let found = found.unwrap_or_else(|| panic!("without {rule} nothing is found"));
        if std::env::var_os("SHOW").is_some() {
            println!("{found}");
        }
    }
}

/// The labelled evaluation and the one that runs workflows ask the same and come to the same end.
#[test]
fn both_evaluations_agree() {
    let count = number("SOUNDNESS", 20_000) / 10;
    let compared = AtomicU64::new(0);
    let found = search(2_000_000, count, |seed| {
        let program = program(seed);
        let text = program.text();
        // Side by side, what happens before a failure is left to threads.
        if text.contains("parallel") {
            return None;
        }
        let seen = see(&program);
        // What only the policy refuses can run, too.
        if seen.errors().iter().any(|e| !e.starts_with("E05")) {
            return None;
        }
        let lowered = Lowered::new(&seen.checked.program);
        let (play, end) = seen.play(&lowered, seed);
        let (main, args, _) = seen.arguments(&lowered, seed)?;
        let plain = Play::new(seed, &seen.policy);
        let root = Root { path: "main".into(), ..Root::default() };
        let other = lowered.run_callable(main, args, &plain, &root);
        compared.fetch_add(1, Ordering::Relaxed);
        let shown = |end: &Result<Value, Stop>| match end {
            Ok(value) => value.to_string(),
            Err(Stop::Failed(failure)) => format!("{} {}", failure.kind, failure.code),
            Err(stop) => format!("{stop:?}"),
        };
        let guards = (play.permitted(), plain.permitted());
        if play.trace() != plain.trace() || shown(&end) != shown(&other) || guards.0 != guards.1 {
            let (ours, theirs) = (play.trace().join("\n"), plain.trace().join("\n"));
            let (a, b) = (shown(&end), shown(&other));
            return Some(format!("SEED={seed}\n{text}\n== labelled\n{ours}\n{a}\n== plain\n{theirs}\n{b}"));
        }
        None
    });
    if let Some(found) = found {
        panic!("{found}");
    }
    println!("{} executions compared", compared.into_inner());
}
