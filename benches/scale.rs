//! Long runs and many runs: resuming to the end of a journal of 100,000 effects, listing 10,000 runs, memory over the
//! length of a run. The targets are in seconds and need a machine that is not busy; the floor beside each is what
//! reading the same bytes, or naming the same files, takes.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use support::{Rounds, folder, line, maybe_measure_peak, peak_mib, rounds, run, shown, time};
use wflow::check::{Environment, check_file};
use wflow::engine::{Options, Start, file_policy, start};
use wflow::interpreter::Lowered;
use wflow::policy::load_project;
use wflow::source::SourceMap;

const WFLOW: &str = env!("CARGO_BIN_EXE_wflow");
const CONFIG: &str = "[policy]\nwrite = [\"out/**\"]\n";
const RUNS: usize = 10_000;
const WAITING: usize = 200;

fn long(effects: usize) -> String {
    format!(
        "workflow w() {{\n    for i in 0..{effects} {{ write(\"out/x.txt\", \"{{i}}\") }}\n    gate g \"Go?\"\n}}\n"
    )
}

fn main() {
    maybe_measure_peak();
    let folder = folder();
    let at = folder.path();
    let effects: usize = std::env::var("EFFECTS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    resume(&at.join("long"), effects);
    list(&at.join("many"));
}

fn project(at: &Path, workflow: &str) {
    std::fs::create_dir(at).expect("the folder is writable");
    std::fs::write(at.join("wflow.toml"), CONFIG).expect("the folder is writable");
    std::fs::write(at.join("w.wflow"), workflow).expect("the folder is writable");
}

/// Ends with exit code 75: the run waits at its gate.
fn suspends(args: &[&str], at: &Path) {
    let mut command = Command::new(WFLOW);
    command.args(args).current_dir(at).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().expect("it starts");
    assert_eq!(status.code(), Some(75), "{args:?}");
}

fn journal(at: &Path) -> std::path::PathBuf {
    let runs = std::fs::read_dir(at.join(".wflow/runs")).expect("there are runs");
    runs.flatten().next().expect("there is one").path().join("journal.jsonl")
}

fn resume(at: &Path, effects: usize) {
    project(at, &long(1000));
    let short = peak_mib(WFLOW, &["run", "w.wflow", "--detach", "--quiet"], at);
    std::fs::remove_dir_all(at).expect("ours");
    project(at, &long(effects));
    let long = peak_mib(WFLOW, &["run", "w.wflow", "--detach", "--quiet"], at);
    let path = journal(at);
    let mut times = Rounds::default();
    for _ in 0..rounds(5) {
        times.add("read", time(|| std::fs::read(&path).expect("it is there").len()));
        times.add("resume", time(|| suspends(&["resume", "--last", "--detach", "--quiet"], at)));
    }
    let resumed = peak_mib(WFLOW, &["resume", "--last", "--detach", "--quiet"], at);
    let bytes = std::fs::metadata(&path).map_or(0, |m| m.len());
    println!(
        "a journal of {effects} effects, {} MiB; reading it takes {}",
        bytes >> 20,
        shown(times.median("read"))
    );
    line("resume to the end of replay", times.median("resume"), "s", Some(1.0), "");
    line("memory of a run of 1,000 effects", short, "MiB", Some(12.0), "");
    line(
        &format!("memory of a run of {effects} effects"),
        long,
        "MiB",
        Some(short * 1.5),
        "flat in its length",
    );
    line("memory of its resume", resumed, "MiB", None, "");
}

fn list(at: &Path) {
    project(at, "workflow done() { say \"\" }\n\nworkflow waits() { gate g \"Go?\" }\n");
    let path = at.join("w.wflow");
    let (project, _) = load_project(&path, &mut SourceMap::new());
    let checked = check_file(&path, &Environment::default()).expect("it can be read");
    let lowered = Lowered::new(&checked.program);
    for i in 0..RUNS {
        let name = if i % (RUNS / WAITING) == 0 { "waits" } else { "done" };
        let workflow = checked.program.workflows().find(|w| &*w.name == name).expect("it is declared").id;
        let run = Start {
            program: &checked.program,
            lowered: &lowered,
            project: &project,
            workflow,
            given: serde_json::Map::new(),
            args: Vec::new(),
            file_policy: file_policy(&checked),
        };
        start(run, &Options { detach: true, ..Options::default() }).expect("it starts");
    }
    let names = || {
        let runs = std::fs::read_dir(at.join(".wflow/runs")).expect("there are runs");
        runs.flatten().filter(|e| e.path().join("journal.jsonl").metadata().is_ok()).count()
    };
    let index = at.join(".wflow/index-1.jsonl");
    let mut times = Rounds::default();
    for _ in 0..rounds(5) {
        let _ = std::fs::remove_file(&index);
        times.add("names", time(names));
        times.add("first", time(|| run(WFLOW, &["runs", "--format", "json"], at)));
        times.add("runs", time(|| run(WFLOW, &["runs"], at)));
        times.add("gates", time(|| run(WFLOW, &["gates"], at)));
    }
    println!(
        "\n{RUNS} runs, {WAITING} of them at a gate; naming their files takes {}",
        shown(times.median("names"))
    );
    line("`wflow runs`", times.median("runs") * 1e3, "ms", Some(200.0), "");
    line("`wflow gates`", times.median("gates") * 1e3, "ms", Some(200.0), "");
    line("`wflow runs` without an index", times.median("first") * 1e3, "ms", None, "once: it makes one");
}
