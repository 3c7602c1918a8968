//! Evaluation against python3, in one run and interleaved, so that the machine's changes of speed hit both alike.
//!
//! Each line is one program, the same in both languages: the median of our times, of python3's, their ratio, and the
//! ratio that is the target. Without python3 only our times are printed. `cargo bench --bench eval [NAME]`.

use std::process::Command;
use std::time::Instant;
use wflow::check::{Environment, Memory, check_source};
use wflow::interpreter::{Lowered, PureWorld, Root};

struct Case {
    name: &'static str,
    target: f64,
    ours: &'static str,
    python: &'static str,
}

const CASES: &[Case] = &[
    // The checker refuses recursion; what it found out about types is used all the same.
    Case {
        name: "fib(27)",
        target: 2.0,
        ours: "fn fib(n: Int) -> Int { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
               workflow main() -> Int { fib(27) }",
        python: "
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def main():
    return fib(27)
",
    },
    Case {
        name: "loop 5,000,000",
        target: 1.0,
        ours: "workflow main() -> Int {
                   var sum = 0
                   for i in 0..5_000_000 { sum = sum + i % 7 }
                   sum
               }",
        python: "
def main():
    sum = 0
    for i in range(5_000_000):
        sum = sum + i % 7
    return sum
",
    },
    Case {
        name: "text building 100,000",
        target: 0.9,
        ours: "workflow main() -> Int {
                   var text = \"\"
                   for i in 0..100_000 { text = text + \"item {i}, \" }
                   text.len
               }",
        python: "
def main():
    text = ''
    for i in range(100_000):
        text = text + f'item {i}, '
    return len(text)
",
    },
    Case {
        name: "map/filter/sort of 100,000 Int",
        target: 0.6,
        ours: "workflow main() -> Int {
                   let xs = (0..100_000).to_list()
                   let ys = xs.map(x => x * 7919 % 100_003).filter(x => x % 3 != 0).sort()
                   ys[1000] + ys.len
               }",
        python: "
def main():
    xs = list(range(100_000))
    ys = sorted(filter(lambda x: x % 3 != 0, map(lambda x: x * 7919 % 100_003, xs)))
    return ys[1000] + len(ys)
",
    },
    Case {
        name: "the same on records, with lambdas",
        target: 0.7,
        ours: "type Item { id: Int, score: Int, label: Text }
               workflow main() -> Int {
                   let items = (0..100_000).to_list().map(i => Item(id: i, score: i * 7919 % 100_003, label: \"item\"))
                   let best = items
                       .filter(x => x.score % 3 != 0)
                       .map(x => Item(id: x.id, score: x.score + 1, label: x.label))
                       .sort_by(x => x.score)
                   best[1000].id + best.len
               }",
        python: "
from dataclasses import dataclass
@dataclass
class Item:
    id: int
    score: int
    label: str
def main():
    items = list(map(lambda i: Item(id=i, score=i * 7919 % 100_003, label='item'), range(100_000)))
    best = sorted(
        map(lambda x: Item(id=x.id, score=x.score + 1, label=x.label), filter(lambda x: x.score % 3 != 0, items)),
        key=lambda x: x.score)
    return best[1000].id + len(best)
",
    },
];

const ROUNDS: usize = 7;

fn main() {
    // Cargo passes `--bench`; whatever else comes names the cases.
    let only: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    println!("{:<36} {:>10} {:>10} {:>7} {:>7}", "", "wflow ms", "python ms", "ratio", "target");
    for case in CASES.iter().filter(|c| only.is_empty() || only.iter().any(|o| c.name.contains(o.as_str()))) {
        let (mut ours, mut python) = (Vec::new(), Vec::new());
        let run = prepare(case.ours);
        for _ in 0..ROUNDS {
            let (time, mine) = run();
            ours.push(time);
            if let Some((time, theirs)) = run_python(case.python) {
                assert_eq!(mine, theirs, "{}: the languages disagree", case.name);
                python.push(time);
            }
        }
        let (ours, python) = (median(&mut ours), median(&mut python));
        let ratio = ours / python;
        println!("{:<36} {ours:>10.1} {python:>10.1} {ratio:>7.2} {:>7.1}", case.name, case.target);
    }
}

/// Checks and lowers; gives what runs it once: milliseconds and the result.
fn prepare(text: &'static str) -> impl Fn() -> (f64, String) {
    let program = check_source("bench.wflow", text, &Memory::default(), &Environment::default()).program;
    let main = program.workflows().next().expect("each case has a workflow").id;
    let lowered = Lowered::new(&program);
    move || {
        let world = PureWorld { roles: &|_| false };
        let root = Root::default();
        let start = Instant::now();
        let value = lowered.run_callable(main, Vec::new(), &world, &root).expect("the cases do not fail");
        (start.elapsed().as_secs_f64() * 1000.0, value.to_string())
    }
}

fn run_python(code: &str) -> Option<(f64, String)> {
    let script = format!(
        "{code}\nimport time\nstart = time.perf_counter()\nvalue = main()\n\
         print((time.perf_counter() - start) * 1000, value)"
    );
    let output = Command::new("python3").args(["-c", &script]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (time, value) = text.trim().split_once(' ')?;
    Some((time.parse().ok()?, value.to_owned()))
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
