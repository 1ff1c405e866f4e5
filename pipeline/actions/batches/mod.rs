//! The operator's hand on batches.

pub mod acts;
pub mod plan;
pub mod reach;
pub mod rows;
pub mod split;
