//! A durable step against what it cannot do without: an append and an fdatasync, and a process where one is started.
//! Peers: `make` and, if it is there, `just`, which record nothing.

mod support;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use support::{Rounds, each, folder, line, maybe_measure_peak, on_path, peak_mib, rounds, run, time};
use wflow::check::{Environment, check_file};
use wflow::engine::{Finished, Options, Outcome, Start, file_policy, start};
use wflow::interpreter::Lowered;
use wflow::policy::load_project;
use wflow::source::SourceMap;

const STEPS: usize = 1000;
const WFLOW: &str = env!("CARGO_BIN_EXE_wflow");

const CONFIG: &str = "[policy]\nallow = [\"true\"]\n";

/// Nothing leaves the engine in it, so it shares the sync of what comes after it.
const EMPTY: &str = "workflow empty() {
    for i in 0..1000 { step s { i } }
}
";
/// The smallest step that must be durable by itself: what it says is on disk before it is shown.
const NO_OP: &str = "workflow no_op() {
    for i in 0..1000 { step s { say \"\" } }
}
";
const RUN: &str = "workflow runs() {
    for i in 0..1000 { step s { run `true` } }
}
";
/// What `make` and `just` do, made durable.
const BARE: &str = "workflow bare() {
    for i in 0..1000 { run `true` }
}
";

fn main() {
    maybe_measure_peak();
    let folder = folder();
    let at = folder.path();
    let write = |name: &str, text: &str| std::fs::write(at.join(name), text).expect("the folder is writable");
    write("wflow.toml", CONFIG);
    for (name, text) in [("empty", EMPTY), ("no_op", NO_OP), ("runs", RUN), ("bare", BARE)] {
        write(&format!("{name}.wflow"), text);
    }
    write("Makefile", &format!("all:\n{}", "\t@true\n".repeat(STEPS)));
    write("justfile", &format!("all:\n{}", "    @true\n".repeat(STEPS)));
    let (make, just) = (on_path("make"), on_path("just"));

    let memory = peak_mib(WFLOW, &["run", "runs.wflow", "--quiet"], at);
    let mut times = Rounds::default();
    let mut finished = Vec::new();
    for _ in 0..rounds(7) {
        let mut file = append_to(&at.join("floor"));
        times.add("sync", each(300, || append_and_sync(&mut file)));
        times.add("spawn", each(300, spawn));
        finished.clear();
        for name in ["empty", "no_op", "runs", "bare"] {
            let mut end = None;
            times.add(
                name,
                time(|| end = Some(library_run(&at.join(format!("{name}.wflow"))))) / STEPS as f64,
            );
            finished.extend(end);
        }
        times.add("binary", time(|| run(WFLOW, &["run", "bare.wflow", "--quiet"], at)));
        if let Some(make) = &make {
            times.add("make", time(|| run(make, &["all"], at)));
        }
        if let Some(just) = &just {
            times.add("just", time(|| run(just, &["all"], at)));
        }
    }

    println!(
        "floors: append of 300 bytes and fdatasync {}, spawn and wait {}\n",
        support::shown(times.median("sync")),
        support::shown(times.median("spawn"))
    );
    times.print("a step with nothing to make durable × (append + fdatasync)", "empty", &["sync"], None);
    times.print("a no-op durable step × (append + fdatasync)", "no_op", &["sync"], Some(1.4));
    times.print("a `run` step × (spawn + append + fdatasync)", "runs", &["spawn", "sync"], Some(1.15));
    times.print("a `run` outside a step × the same", "bare", &["spawn", "sync"], None);
    for (f, (name, bytes)) in
        finished.iter().zip([("empty", Some(400.0)), ("no-op", None), ("`run`", None), ("bare `run`", None)])
    {
        let per = |n: u64| n as f64 / STEPS as f64;
        line(&format!("{name}: syncs a step"), per(f.syncs), "", Some(1.1), "");
        line(&format!("{name}: bytes a step"), per(f.bytes), "", bytes, "");
    }
    line("memory of 1,000 `run` steps", memory, "MiB", Some(12.0), "peak of the program");
    match make {
        Some(_) => times.print("1,000 durable `true` × make", "binary", &["make"], Some(1.4)),
        None => println!("make is not installed"),
    }
    match just {
        Some(_) => times.print("1,000 durable `true` × just", "binary", &["just"], Some(0.6)),
        None => println!("just is not installed; with it on PATH it is compared, too"),
    }
}

fn append_to(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).expect("the folder is writable")
}

fn append_and_sync(file: &mut File) {
    file.write_all(&[b'x'; 300]).and_then(|()| file.sync_data()).expect("the disk takes 300 bytes");
}

fn spawn() {
    run("/bin/true", &[], Path::new("/"));
}

/// A whole run in this process, its start and its end included.
fn library_run(path: &Path) -> Finished {
    let (project, wrong) = load_project(path, &mut SourceMap::new());
    let checked = check_file(path, &Environment::default()).expect("it can be read");
    assert!(wrong.is_empty() && !checked.has_errors(), "{:?}", checked.diagnostics);
    let lowered = Lowered::new(&checked.program);
    let workflow = checked.program.workflows().next().expect("it declares one").id;
    let run = Start {
        program: &checked.program,
        lowered: &lowered,
        project: &project,
        workflow,
        given: serde_json::Map::new(),
        args: Vec::new(),
        file_policy: file_policy(&checked),
    };
    let finished = start(run, &Options::default()).expect("it starts");
    assert!(matches!(finished.outcome, Outcome::Completed { .. }), "{:?}", finished.outcome);
    finished
}
