//! Any text may be an AI's answer: it is read as a value of the type, or refused; nothing may panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use wflow::check::{Environment, Memory, check_source};
use wflow::interpreter::Lowered;
use wflow::types::Type;

const DECLARED: &str = "
    enum Risk { Low, Medium = \"so-so\", High { why: Text, also: Risk } }
    type Item { name: Text, count: Int, risk: Risk?, pause: Duration, more: {Text: [Float]} }
    fn wanted(it: [Item]) -> [Item] { it }";

static WANTED: LazyLock<(Lowered, Type)> = LazyLock::new(|| {
    let program = check_source("fuzz.wflow", DECLARED, &Memory::new(), &Environment::default()).program;
    let ty = program.callables[0].signature.result.clone();
    (Lowered::new(&program), ty)
});

fuzz_target!(|text: &str| {
    let (lowered, ty) = &*WANTED;
    let _ = lowered.read_answer(ty, text, false, &|_| false);
    if let Ok(reading) = lowered.read_answer(ty, text, true, &|_| false) {
        assert!(reading.leniencies.is_empty());
    }
});
