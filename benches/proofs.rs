//! What the proofs cost: a generated program of 10,000 statements with 200 gates and 500 protected commands is parsed and
//! checked with everything that is proved, and so are programs of half, two, four and eight times its size. Where the cost
//! is linear, a statement costs the same in all of them.

mod support;

use support::guarded::program;
use support::{Rounds, line, rounds, time};
use wflow::check::{Environment, Memory, check_source};
use wflow::source::FileId;
use wflow::syntax::parse;

/// Of the program that the targets speak of.
const TASKS: usize = 100;
const SIZES: [(&str, f64); 5] = [("half", 0.5), ("whole", 1.0), ("two", 2.0), ("four", 4.0), ("eight", 8.0)];

fn main() {
    let programs = SIZES.map(|(name, size)| (name, size, program((TASKS as f64 * size) as usize)));
    let environment = Environment::default();
    let check = |text: &str| {
        let checked = check_source("main.wflow", text, &Memory::new(), &environment);
        assert!(!checked.has_errors(), "{:?}", checked.diagnostics);
    };
    let mut times = Rounds::default();
    let whole = &programs[1].2;
    // Calls go as deep as there are tasks.
    let measure = || {
        for _ in 0..rounds(11) {
            times.add("parse", time(|| parse(FileId(0), whole).file.items.len()));
            for (name, _, text) in &programs {
                times.add(name, time(|| check(text)));
            }
        }
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, measure);
        thread.expect("a thread can start").join().expect("it comes to its end");
    });
    println!("{} lines, {} gates, {} protected commands\n", whole.lines().count(), 2 * TASKS, 5 * TASKS);
    line("check with all proofs", times.median("whole") * 1000.0, "ms", None, "");
    let speed = whole.lines().count() as f64 / times.median("whole") / 1000.0;
    line("check with all proofs", speed, "k/s", None, "thousand lines a second");
    times.print("check × parse", "whole", &["parse"], None);
    for (name, size, _) in programs.iter().filter(|(name, ..)| *name != "whole") {
        let ratio = times.ratio(name, &["whole"]) / size;
        let note = format!("{:.1} ms", times.median(name) * 1000.0);
        line(&format!("a statement of a program {size} × as long"), ratio, "×", None, &note);
    }
}
