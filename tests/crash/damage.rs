//! Bytes that change under a run.
