//! The `wflow` program. Everything it does is in the library; see `cli/`.

use std::process::ExitCode;

fn main() -> ExitCode {
    wflow::cli::main()
}
