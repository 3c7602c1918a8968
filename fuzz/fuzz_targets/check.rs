//! Any bytes that are UTF-8 are parsed and checked; nothing may panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wflow::check::{Environment, Memory, check_source};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = check_source("fuzz.wflow", text, &Memory::new(), &Environment::default());
    }
});
