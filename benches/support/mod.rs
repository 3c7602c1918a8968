//! What the benchmarks share: interleaved rounds, medians of ratios, and a folder on a real disk.
//!
//! A machine that others use changes its speed by more than half, so no time stands alone: everything is measured in
//! every round, and a ratio is the median of the ratios of the rounds.

#![allow(dead_code)] // each benchmark uses a part of it

pub mod guarded;
pub mod server;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Named times, one a round.
#[derive(Default)]
pub struct Rounds {
    series: Vec<(&'static str, Vec<f64>)>,
}

impl Rounds {
    pub fn add(&mut self, name: &'static str, seconds: f64) {
        match self.series.iter_mut().find(|(n, _)| *n == name) {
            Some((_, times)) => times.push(seconds),
            None => self.series.push((name, vec![seconds])),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.series.iter().any(|(n, _)| *n == name)
    }

    fn of(&self, name: &str) -> &[f64] {
        let found = self.series.iter().find(|(n, _)| *n == name);
        found.map_or_else(|| panic!("`{name}` was not measured"), |(_, times)| times.as_slice())
    }

    pub fn median(&self, name: &str) -> f64 {
        median(self.of(name).to_vec())
    }

    /// The median over the rounds of one time divided by the sum of others.
    pub fn ratio(&self, name: &str, over: &[&str]) -> f64 {
        let floor = |round: usize| over.iter().map(|n| self.of(n)[round]).sum::<f64>();
        median(self.of(name).iter().enumerate().map(|(round, t)| t / floor(round)).collect())
    }

    /// One line: the ratio, its target, and the times behind it.
    pub fn print(&self, what: &str, name: &str, over: &[&str], target: Option<f64>) {
        let floor: f64 = over.iter().map(|n| self.median(n)).sum();
        let times = format!("{} : {}", shown(self.median(name)), shown(floor));
        line(what, self.ratio(name, over), "×", target, &times);
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A figure beside the target that it must not exceed.
pub fn line(what: &str, value: f64, unit: &str, target: Option<f64>, note: &str) {
    let target = match target {
        Some(t) if value <= t => format!("target {t:>7.2}  reached"),
        Some(t) => format!("target {t:>7.2}  MISSED "),
        None => " ".repeat(23),
    };
    println!("{what:<58} {value:>8.2} {unit:<4} {target}  {note}");
}

pub fn shown(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

/// Seconds that something takes.
pub fn time<T>(act: impl FnOnce() -> T) -> f64 {
    let began = Instant::now();
    std::hint::black_box(act());
    began.elapsed().as_secs_f64()
}

/// Seconds that one of `count` takes.
pub fn each(count: usize, mut act: impl FnMut()) -> f64 {
    time(|| (0..count).for_each(|_| act())) / count as f64
}

/// A command in this folder with nothing on its streams.
pub fn quiet(program: impl AsRef<Path>, args: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(args).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs it to its end, which must be a good one.
pub fn run(program: impl AsRef<Path>, args: &[&str], folder: &Path) {
    let status = quiet(&program, args, folder).status();
    let fine = status.as_ref().is_ok_and(|s| s.success());
    assert!(fine, "{} {args:?}: {status:?}", program.as_ref().display());
}

/// The path of a program of the caller's `PATH`.
pub fn on_path(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|p| p.is_file())
}

/// How many rounds: `ROUNDS`, or what is usual.
pub fn rounds(usual: usize) -> usize {
    std::env::var("ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(usual)
}

/// A folder on the disk that the project is built on; a folder of temporary files may be in memory.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the target folder is writable")
}

const PEAK: &str = "--peak-memory-of";

/// Must be the first thing that `main` does: this program is also the small parent whose child is measured, because
/// the kernel counts what a parent held when it started its child as the child's.
pub fn maybe_measure_peak() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).map(String::as_str) != Some(PEAK) {
        return;
    }
    let mut command = Command::new(&args[2]);
    command.args(&args[3..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().expect("the program starts");
    // SAFETY: both are plain structures that the kernel fills.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        libc::wait4(child.id() as libc::pid_t, &mut 0, 0, &mut usage);
        usage
    };
    println!("{}", usage.ru_maxrss);
    std::process::exit(0);
}

/// The most memory that a program held, in MiB.
pub fn peak_mib(program: impl AsRef<Path>, args: &[&str], folder: &Path) -> f64 {
    let me = std::env::current_exe().expect("this program has a file");
    let mut command = Command::new(me);
    command.arg(PEAK).arg(program.as_ref()).args(args).current_dir(folder);
    let out = command.output().expect("this program starts again");
    let kib: f64 = String::from_utf8_lossy(&out.stdout).trim().parse().expect("a number of KiB");
    kib / 1024.0
}

pub fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}
