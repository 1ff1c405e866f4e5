//! What a person must decide: the list, what may be decided of each, and the decision.
//!
//! Invariants: a case is decided once, and the second who tries is told who was first; what cannot be taken back
//! needs two persons; after a decision nothing is left on hold, and the other cases about the same card or file are
//! overtaken. Not here: which role may do it (`people/permits.rs`), and what a case shows of its card (`books`).

pub mod decide;
pub mod list;
pub mod moves;
pub mod offers;
pub mod refusal;
mod rows;
