//! Errands: what a page asks a worker for, because it takes longer than an answer may.

pub mod ask;
mod carry_out;
pub mod step;

pub use ask::{ErrandError, ErrandRefusal, Wanted, ask};
pub use step::ERRANDS;
