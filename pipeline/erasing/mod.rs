//! What is destroyed because its purpose is done.
//!
//! Invariant: rows stay. What was destroyed is marked, each mark covered and counted, so that what is purged is
//! never taken for what is missing.

mod destroy;
pub mod due;
pub mod erasure;
mod heaps;
pub mod person;
pub mod purge;
mod rows;
pub mod scan;
