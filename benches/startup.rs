//! From nothing to the first result: what a person waits for. Floors: starting a program at all. Peers: `just`, if it
//! is there, and an interpreter that people know.

mod support;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, OFlags};
use std::path::Path;
use std::time::Instant;
use support::{Rounds, each, folder, line, maybe_measure_peak, on_path, peak_mib, quiet, rounds, run};

const WFLOW: &str = env!("CARGO_BIN_EXE_wflow");
const EACH: usize = 20;

const SMALL: &str = r#"//! A small workflow.

type Version = Text where it matches r"^\d+\.\d+\.\d+$"

enum Risk { Low, High { why: Text } }

policy {
    allow `git log *`
    allow `git tag *` after gate ship
}

/// Which word says how bad it is.
fn word(risk: Risk) -> Text {
    match risk {
        .Low => "low",
        .High { why } => "high: {why}",
    }
}

/// Looks at the log, asks, tags.
workflow release(version: Version, dry_run: Bool = false) {
    let log = run `git log --oneline v{version}..HEAD` as Lines
    let risk = if log.len > 20 { Risk.High(why: "{log.len} changes") } else { Risk.Low }
    gate ship "Tag {version}?"
        show { log, risk: word(risk) }
        require "The changes are right"
    if not dry_run {
        step tag "Tag it" {
            run `git tag v{version}`
        } undo {
            run `git tag --delete v{version}`
        }
    }
}

test "a rejected release tags nothing" {
    given run `git log *` -> "abc fix\ndef feature"
    given gate ship -> reject "not today"
    expect release(version: "1.2.0") rejected by ship
    expect not ran `git tag *`
}
"#;
const CONFIG: &str = "[policy]\nallow = [\"git log *\", \"git tag *\", \"tee *\", \"true\"]\n";
/// Its command opens a pipe, and that is seen here at the moment when it does.
const FIRST: &str = "workflow first() {\n    step s { run `tee first` }\n}\n";
const ONE: &str = "workflow one() {\n    step s { run `true` }\n}\n";

fn main() {
    maybe_measure_peak();
    let folder = folder();
    let at = folder.path();
    let write = |name: &str, text: &str| std::fs::write(at.join(name), text).expect("the folder is writable");
    write("wflow.toml", CONFIG);
    write("small.wflow", SMALL);
    write("first.wflow", FIRST);
    write("one.wflow", ONE);
    write("justfile", "first:\n    @tee first\none:\n    @true\n");
    rustix::fs::mknodat(CWD, at.join("first"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
        .expect("the folder takes a pipe");
    let (just, python) = (on_path("just"), on_path("python3"));

    let wflow_memory = peak_mib(WFLOW, &["check", "small.wflow"], at);
    let run_memory = peak_mib(WFLOW, &["run", "one.wflow", "--quiet"], at);
    let just_memory =
        just.as_ref().map(|just| (peak_mib(just, &["--list"], at), peak_mib(just, &["one"], at)));
    let mut times = Rounds::default();
    for _ in 0..rounds(11) {
        times.add("true", each(EACH, || run("/bin/true", &[], at)));
        times.add("version", each(EACH, || run(WFLOW, &["--version"], at)));
        times.add("check", each(EACH, || run(WFLOW, &["check", "small.wflow"], at)));
        times.add(
            "first",
            (0..EACH)
                .map(|_| until_first(WFLOW.as_ref(), &["run", "first.wflow", "--quiet"], at))
                .sum::<f64>()
                / EACH as f64,
        );
        times.add("whole", each(EACH, || run(WFLOW, &["run", "one.wflow", "--quiet"], at)));
        if let Some(python) = &python {
            times.add("python", each(3, || run(python, &["-S", "-c", "pass"], at)));
        }
        if let Some(just) = &just {
            times.add("list", each(EACH, || run(just, &["--list"], at)));
            times.add(
                "just first",
                (0..EACH).map(|_| until_first(just, &["first"], at)).sum::<f64>() / EACH as f64,
            );
            times.add("just whole", each(EACH, || run(just, &["one"], at)));
        }
    }
    times.print("wflow --version × true", "version", &["true"], None);
    times.print("wflow check of a small file × true", "check", &["true"], None);
    times.print("start to first durable step × true", "first", &["true"], None);
    times.print("a run of one step, to its end × true", "whole", &["true"], None);
    if times.has("python") {
        times.print("wflow check of a small file × python3 -S", "check", &["python"], None);
    }
    match just_memory {
        Some((list, one)) => {
            times.print("wflow check of a small file × just --list", "check", &["list"], Some(1.3));
            times.print(
                "start to first durable step × just's first recipe",
                "first",
                &["just first"],
                Some(1.1),
            );
            times.print("a run of one step, to its end × just", "whole", &["just whole"], None);
            line(
                "memory of wflow check × just --list",
                wflow_memory / list,
                "×",
                Some(1.5),
                &mib(wflow_memory, list),
            );
            line(
                "memory of a run of one step × just",
                run_memory / one,
                "×",
                Some(1.5),
                &mib(run_memory, one),
            );
        }
        None => {
            line("memory of wflow check", wflow_memory, "MiB", None, "");
            line("memory of a run of one step", run_memory, "MiB", None, "");
            println!("just is not installed; with it on PATH it is compared, too");
        }
    }
}

fn mib(ours: f64, theirs: f64) -> String {
    format!("{ours:.1} : {theirs:.1} MiB")
}

/// From the start of a program to the moment when the command in it has opened the pipe and let go of it.
fn until_first(program: &Path, args: &[&str], at: &Path) -> f64 {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let pipe = rustix::fs::open(at.join("first"), flags, Mode::empty()).expect("the pipe is there");
    let began = Instant::now();
    let mut child = quiet(program, args, at).spawn().expect("the program starts");
    let limit = Timespec { tv_sec: 10, tv_nsec: 0 };
    let came = poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&limit));
    let took = began.elapsed().as_secs_f64();
    let ended = child.wait().expect("it is a child of ours");
    assert!(came == Ok(1) && ended.success(), "{} {args:?}: {came:?}, {ended}", program.display());
    took
}
