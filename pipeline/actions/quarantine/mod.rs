//! Operations on the quarantine.

pub mod export;
pub mod identity;
pub mod operations;
pub mod refusal;
pub mod repair;
pub mod retry;
pub mod shown;
