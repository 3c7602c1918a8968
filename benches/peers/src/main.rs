//! Parsing against rhai: the same programs in both languages, about 5 MB each, in interleaved rounds of one process.
//! Both go the whole way from text to their syntax tree and drop it; neither checks or runs anything, and rhai optimises
//! nothing. Prints MB/s and the median of the rounds' ratios, with the least and the greatest; the target is 2.

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;
use wflow::source::FileId;

const FILES: usize = 160;
const FUNCTIONS: usize = 60;
const ROUNDS: usize = 15;

/// One file of functions with the usual mix: calls, texts with values in them, conditions, loops, lists and records.
fn file(n: usize, wflow: bool) -> String {
    let mut out = String::new();
    for f in 0..FUNCTIONS {
        let _ = if wflow {
            write!(
                out,
                "/// Works out the share of one team.\nfn share_{n}_{f}(total: Int, weights: [Int], name: Text) -> Int {{\n    \
                 // the first weight counts twice\n    let first = weights[0] * 2 + {f}\n    var sum = first\n    \
                 for weight in weights {{\n        if weight > 10 and name != \"none\" {{\n            sum = sum + weight * 3 - 1\n        \
                 }} else {{\n            sum = sum + weight\n        }}\n    }}\n    let row = {{ name: name, sum: sum, all: [1, 2, total] }}\n    \
                 if row.sum >= total {{ total }} else {{ row.sum + other_{n}(name, \"of {{name}}\", {f}) }}\n}}\n\n"
            )
        } else {
            write!(
                out,
                "/// Works out the share of one team.\nfn share_{n}_{f}(total, weights, name) {{\n    \
                 // the first weight counts twice\n    let first = weights[0] * 2 + {f};\n    let sum = first;\n    \
                 for weight in weights {{\n        if weight > 10 && name != \"none\" {{\n            sum = sum + weight * 3 - 1;\n        \
                 }} else {{\n            sum = sum + weight;\n        }}\n    }}\n    let row = #{{ name: name, sum: sum, all: [1, 2, total] }};\n    \
                 if row.sum >= total {{ total }} else {{ row.sum + other_{n}(name, `of ${{name}}`, {f}) }}\n}}\n\n"
            )
        };
    }
    out
}

fn megabytes_a_second(bytes: usize, mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    bytes as f64 / 1e6 / start.elapsed().as_secs_f64()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() {
    let ours: Vec<String> = (0..FILES).map(|n| file(n, true)).collect();
    let theirs: Vec<String> = (0..FILES).map(|n| file(n, false)).collect();
    let size = |files: &[String]| files.iter().map(String::len).sum::<usize>();
    let mut engine = rhai::Engine::new_raw();
    engine.set_optimization_level(rhai::OptimizationLevel::None);
    engine.set_max_functions(usize::MAX);
    engine.set_max_expr_depths(0, 0);
    for (a, b) in ours.iter().zip(&theirs) {
        assert!(wflow::syntax::parse(FileId(0), a).diagnostics.is_empty(), "our program is wrong");
        engine.compile(b).expect("their program is right");
    }
    let (mut mine, mut rhai, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let a = megabytes_a_second(size(&ours), || {
            for text in &ours {
                black_box(wflow::syntax::parse(FileId(0), black_box(text)));
            }
        });
        let b = megabytes_a_second(size(&theirs), || {
            for text in &theirs {
                black_box(engine.compile(black_box(text)).expect("it compiled before"));
            }
        });
        mine.push(a);
        rhai.push(b);
        ratios.push(a / b);
    }
    println!("wflow {:.1} MB/s of {:.1} MB", median(mine), size(&ours) as f64 / 1e6);
    println!("rhai  {:.1} MB/s of {:.1} MB", median(rhai), size(&theirs) as f64 / 1e6);
    ratios.sort_by(f64::total_cmp);
    let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
    println!("ratio {:.2} ({least:.2} to {most:.2}; target 2)", median(ratios));
}
