//! Run-time values: built-in methods, equality, order, JSON in and out against a type.
