//! The pure part of Cardline: nouns, numbers with a check, lives, rules, layouts.
//!
//! Nothing here does I/O, reads a clock or draws a random number: what it needs is handed in.
//! It compiles and tests in seconds, and every other crate may depend on it.

pub mod batch_kinds;
pub mod domain;
pub mod file_formats;
#[cfg(test)]
mod fuzz_test;
pub mod rules;
pub mod state_machines;
