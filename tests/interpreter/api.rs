//! What the engine, the command line and the test runner ask of a lowered program.
