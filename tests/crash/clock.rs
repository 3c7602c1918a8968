//! Clocks that are set forward and back, between and during processes.
