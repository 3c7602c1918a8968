//! Trees as deep as the parser lets through neither overflow a stack nor take long.

use wflow::check::{Environment, Memory, check_source};

fn errors(text: &str) -> Vec<&'static str> {
    let text = text.to_owned();
    // As much stack as a program's main thread has; a test's thread has less.
    let worker = std::thread::Builder::new().stack_size(16 << 20).spawn(move || {
        let checked = check_source("deep.wflow", &text, &Memory::new(), &Environment::default());
        checked.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code.id()).collect()
    });
    worker.expect("a thread can start").join().expect("the check does not panic")
}

#[test]
fn chains_inside_brackets() {
    for (chain, depth) in [(150, 90), (3, 95), (190, 2)] {
        let terms = "1 + ".repeat(chain);
        let text =
            format!("fn f() -> Int {{ {} 1 {} }}", format!("{terms} (").repeat(depth), ")".repeat(depth));
        let found = errors(&text);
        let told = |code: &&str| ["E0416", "E0113", "E0102"].contains(code);
        assert!(found.iter().all(told), "{chain} {depth}: {found:?}");
    }
    let blocks = format!("fn f() -> Int {{ {} 1 {} }}", "if true {".repeat(30), "} else { 2 }".repeat(30));
    assert!(errors(&blocks).is_empty(), "{:?}", errors(&blocks));
    let lists = format!("fn f(x: Int) -> Int {{ let y = {}1{} x }}", "[".repeat(40), "]".repeat(40));
    assert!(errors(&lists).is_empty(), "{:?}", errors(&lists));
    let methods = format!("fn f(x: Text) -> Text {{ x{} }}", ".trim()".repeat(60));
    assert!(errors(&methods).is_empty(), "{:?}", errors(&methods));
}

#[test]
fn long_chains_of_calls_and_many_names() {
    let mut text = String::from("fn f0(x: Int) -> Int { x }\n");
    for i in 1..3_000 {
        text.push_str(&format!("fn f{i}(x: Int) -> Int {{ f{}(x) }}\n", i - 1));
    }
    assert!(errors(&text).is_empty());
    let lets: String = (0..3_000).map(|i| format!("let a{i} = {i}\n")).collect();
    assert!(errors(&format!("fn f() -> Int {{ {lets} a2999 }}")).is_empty());
}
