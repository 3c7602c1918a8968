//! The guard against an overflow of the stack.

use super::*;
use crate::check::{Environment, Memory, check_source};
use crate::interpreter::pure::PureWorld;

/// Runs `main` on a stack of this room plus the reserve.
fn run(text: &str, room: usize) -> Result<Value, String> {
    // The threads of tests are small, and the checker of a debug build is not.
    let (lowered, main) = std::thread::scope(|scope| {
        let check = || {
            let checked = check_source("case.wflow", text, &Memory::default(), &Environment::default());
            assert!(!checked.has_errors(), "{:?}", checked.diagnostics);
            let main = checked.program.workflows().next().expect("a workflow").id;
            (Lowered::new(&checked.program), main)
        };
        let thread = std::thread::Builder::new().stack_size(32 << 20).spawn_scoped(scope, check);
        thread.expect("a thread").join().expect("no panic")
    });
    let world = PureWorld { roles: &|_| false };
    let (lowered, world) = (&lowered, &world);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(room + RESERVE);
        let work = move || {
            let root = Root::default();
            let mut eval = Eval::new(lowered, world, &root, room);
            eval.start(main, Vec::new()).map_err(|stop| match stop {
                Stop::Failed(failure) => failure.to_string(),
                other => format!("{other:?}"),
            })
        };
        thread.spawn_scoped(scope, work).expect("a thread").join().expect("no panic")
    })
}

/// Calls inside of brackets inside of calls; the last function has the deepest expression that the checker takes.
fn chain(calls: usize, depth: usize) -> String {
    let (open, close) = ("1 + (".repeat(depth), ")".repeat(depth));
    let ones = " + 1".repeat(140);
    let sum = format!("(1{ones}){ones}");
    let mut text = format!("fn f{calls}() -> Int {{ {sum} }}\n");
    for i in 0..calls {
        text.push_str(&format!("fn f{i}() -> Int {{ {open}f{}(){close} }}\n", i + 1));
    }
    text + "workflow main() -> Int { f0() }\n"
}

#[test]
fn a_chain_of_calls_ends_before_the_stack_does() {
    let result = run(&chain(40, 80), 1 << 20);
    assert!(result.as_ref().is_err_and(|e| e.contains("[E1011]")), "{result:?}");
    // Wherever the guard is nearly reached, the reserve is enough for what one expression takes.
    for calls in 1..6 {
        let result = run(&chain(calls, 80), 1 << 20);
        assert!(result.is_ok() || result.is_err_and(|e| e.contains("[E1011]")), "{calls}");
    }
}

#[test]
fn the_real_stack_takes_long_chains() {
    assert_eq!(run(&chain(60, 20), 64 << 20), Ok(Value::Int(1481)));
}
